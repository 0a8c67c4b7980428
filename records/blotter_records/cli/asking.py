"""Asking a running records service, as the command line's own identity."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from blotter_records.adapters.installation import open_existing
from blotter_records.cli import panel
from blotter_records.cli import state as states
from blotter_records.cli.calling import caller_headers
from blotter_records.client import RecordsClient
from blotter_records.errors import Invalid, Refused, Unavailable

M = TypeVar("M", bound=BaseModel)


def as_service(data: Path, command: str) -> RecordsClient:
    """Return a connection of the command line's own identity to a running system.

    Raises
    ------
    Unavailable
        ``cli.down``: nothing runs in this data directory.
    Refused
        ``refused.cli``: its secret is for the user who started it.
    """
    data = data.expanduser().resolve()
    installation, state = open_existing(data), states.read(data)
    if not state.is_running:
        raise Unavailable("cli.down", "Blotter is not running", f"Start it first: {panel.program()} up --data {data}.")
    try:
        secret = installation.secret("service-cli").read_text()
    except PermissionError as fault:
        raise Refused("refused.cli", "only the user who started Blotter may do this", "Use that account.") from fault
    return RecordsClient(state.signing_url, token=f"service:cli:{secret}", headers=caller_headers(command))


def request_of(model: type[M], code: str, **given: Any) -> M:
    """Return a request of what was typed. Raises ``Invalid`` with this code, naming what is wrong."""
    try:
        return model(**given)
    except ValidationError as fault:
        said = "; ".join(f"{error['loc'][-1]}: {error['msg']}" for error in fault.errors())
        raise Invalid(code, said) from fault
