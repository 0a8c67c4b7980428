"""What the simulated imager keeps without power: its use counter, and who may open a session."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from blotter_records.errors import Invalid

from blotter_instrument.transfer.scram import Credential

_HEX = ("salt", "stored_key", "server_key")


class Kept:
    """A file that only its owner reads; a kill leaves the old or the new one.

    Parameters
    ----------
    path : Path, optional
        Without one, nothing outlives the process.

    Raises
    ------
    Invalid
        ``simulate.state``: the file is something else.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.counter = 0
        self.credentials: dict[str, Credential] = {}
        if path is not None and path.exists():
            try:
                found = json.loads(path.read_text(encoding="utf-8"))
                self.counter = int(found["counter"])
                self.credentials = {one["name"]: _read(one) for one in found["credentials"]}
            except (ValueError, KeyError, TypeError) as fault:
                raise Invalid("simulate.state", f"{path} is not what a simulator keeps.") from fault

    def save_counter(self, counter: int) -> None:
        """Keep the counter."""
        self.counter = counter
        self._save()

    def save_credentials(self, credentials: dict[str, Credential]) -> None:
        """Keep the credentials."""
        self.credentials = credentials
        self._save()

    def _save(self) -> None:
        if self._path is None:
            return
        new = self._path.with_name(self._path.name + ".new")
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(
                {"counter": self.counter, "credentials": [_write(one) for one in self.credentials.values()]}, file
            )
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path)


def _write(credential: Credential) -> dict[str, Any]:
    written: dict[str, Any] = {key: getattr(credential, key).hex() for key in _HEX}
    return written | {key: getattr(credential, key) for key in ("name", "iterations", "replaces")}


def _read(written: dict[str, Any]) -> Credential:
    return Credential(
        name=written["name"],
        iterations=int(written["iterations"]),
        replaces=written["replaces"],
        **{key: bytes.fromhex(written[key]) for key in _HEX},
    )
