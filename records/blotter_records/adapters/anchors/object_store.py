"""A bucket of an object store, through obstore (as the image store).

A checkpoint is put only where there is none of its name (``If-None-Match: *``), and with its MD5, which a bucket
under object lock asks for. How long nobody may delete it is the bucket's own default rule: whoever holds the
credentials here needs no right to set it, and so cannot shorten it either.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import from_url

from blotter_records.adapters.anchors.configuration import ObjectStorePlace
from blotter_records.adapters.anchors.naming import contradiction, path_of, unavailable
from blotter_records.ports.anchors import AnchorPlace

_TIMEOUT = timedelta(seconds=10)


class ObjectStoreAnchor:
    """Puts each checkpoint as an object of its own."""

    kind = "object_store"

    def __init__(self, settings: ObjectStorePlace, origins: Sequence[str]) -> None:
        self.name = settings.name
        self.every = timedelta(hours=settings.every_hours)
        self._settings = settings
        self._origins = origins

    def _open(self, headers: dict[str, str] | None = None) -> Any:
        """Return the store; opened each time, so that a changed secret is taken up."""
        settings = self._settings
        try:
            secret = json.loads(settings.secret_file.read_text()) if settings.secret_file is not None else {}
            options: dict[str, Any] = {**settings.options, **secret}
            plain = any(str(value).startswith("http://") for value in options.values())
            return from_url(  # type: ignore[call-overload]  # options are those of whichever store the URL names
                settings.url,
                config=options,
                client_options={
                    "timeout": _TIMEOUT,
                    "connect_timeout": _TIMEOUT,
                    "allow_http": plain,
                    "default_headers": headers or {},
                },
                retry_config={"max_retries": 1, "retry_timeout": _TIMEOUT},
            )
        except (OSError, ValueError, BaseError) as error:
            raise unavailable(self.name, error) from error

    def send(self, size: int, note: str) -> None:
        """Put a checkpoint; the same one again changes nothing."""
        data, path = note.encode(), path_of(size, note)
        md5 = base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
        headers = {"Content-MD5": md5} if self._settings.url.startswith("s3") else {}
        try:
            obstore.put(self._open(headers), path, data, mode="create", use_multipart=False)
        except AlreadyExistsError:
            if self._get(self._open(), path) != note:
                raise contradiction(self.name, path) from None
        except (OSError, BaseError) as error:
            raise unavailable(self.name, error) from error

    def _get(self, store: Any, path: str) -> str:
        try:
            return bytes(obstore.get(store, path).bytes()).decode(errors="replace")
        except (OSError, BaseError) as error:
            raise unavailable(self.name, error) from error

    def kept(self) -> Iterator[tuple[str, str]]:
        """Yield the checkpoints that are there."""
        store = self._open()
        try:
            for origin in self._origins:
                found = [entry["path"] for batch in obstore.list(store, prefix=origin) for entry in batch]
                for path in sorted(one for one in found if one.endswith(".note")):
                    yield f"{self.name} {path}", self._get(store, path)
        except (OSError, BaseError) as error:
            raise unavailable(self.name, error) from error


def _fits_the_port(place: ObjectStoreAnchor) -> AnchorPlace:
    return place
