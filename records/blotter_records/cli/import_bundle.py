"""``blotter import-bundle``: brings a bundle of another installation in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from blotter_records.client import RecordsClient
from blotter_records.errors import Invalid, Refused

_PIECE = 1 << 20
_SESSION_FILE = "BLOTTER_SESSION_TOKEN_FILE"


def command(
    bundle: Annotated[Path, typer.Argument(help="the ZIP file")],
    *,
    reason: Annotated[str, typer.Option(help="why, for the audit trail")],
    url: Annotated[str, typer.Option(envvar="BLOTTER_API_URL", help="address of the records service")],
    key: Annotated[Path | None, typer.Option(help="the other laboratory's verifier key, got by another way")] = None,
) -> None:
    """Bring in a bundle of another installation, in the session of a Records Manager.

    The session's token is read from the file that BLOTTER_SESSION_TOKEN_FILE names.
    """
    if not bundle.is_file():
        raise Invalid("bundle.missing", f"there is no file {bundle}")
    session_file = os.environ.get(_SESSION_FILE, "")
    if not session_file:
        raise Refused(
            "refused.session", "nobody is signed in", f"Name the file of a session's token in {_SESSION_FILE}."
        )
    with RecordsClient(url, token=Path(session_file).read_text().strip()) as records:
        given = key.read_text().strip() if key else ""
        made = records.import_bundle(bundle.name, reason, _pieces(bundle), verifier_key=given)
    numbers = made.numbers
    said = "all reproduced" if numbers.is_reproduced else f"{numbers.differing} differ"
    print(f"brought in as {made.copy_id}, read in {made.study}: {made.title} of {made.installation}")
    print(f"{made.bundle_bytes} bytes, SHA-256 {made.bundle_sha256}; {made.entries} entries")
    print(f"{numbers.numbers} numbers of {numbers.analyses} analyses computed again: {said}")
    for difference in numbers.differences:
        print(difference)
    if not made.is_key_confirmed:
        print(f"The key was the bundle's own: compare it with the other laboratory's: {made.verifier_key}")


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece
