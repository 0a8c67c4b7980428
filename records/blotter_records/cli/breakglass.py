"""``blotter breakglass``: a System Manager's account opened on the server, by two people, in the open."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from blotter_records.adapters.installation import open_existing
from blotter_records.cli import panel
from blotter_records.cli import state as states
from blotter_records.cli.calling import caller_headers
from blotter_records.client import RecordsClient
from blotter_records.contract.accounts import BreakglassRequest
from blotter_records.errors import Invalid, Refused, Unavailable


def command(
    user_name: Annotated[str, typer.Argument(metavar="USERNAME", help="of a System Manager")],
    *,
    first: Annotated[str, typer.Option(help="printed name of who is at the shell")],
    second: Annotated[str, typer.Option(help="printed name of who watches")],
    reason: Annotated[str, typer.Option(help="why, for the audit trail")],
    data: Annotated[Path, typer.Option(help="the data directory")],
) -> None:
    """Open a System Manager's account when nobody else can: a critical entry and notification that stay."""
    data = data.expanduser().resolve()
    installation = open_existing(data)
    state = states.read(data)
    if not state.is_running:
        raise Unavailable("cli.down", "Blotter is not running", f"Start it first: {panel.program()} up --data {data}.")
    try:
        secret = installation.secret("service-cli").read_text()
    except PermissionError as fault:
        raise Refused("refused.cli", "only the user who started Blotter may do this", "Use that account.") from fault
    try:
        request = BreakglassRequest(user_name=user_name, first_person=first, second_person=second, reason=reason)
    except ValidationError as fault:
        said = "; ".join(f"{error['loc'][-1]}: {error['msg']}" for error in fault.errors())
        raise Invalid("breakglass.invalid", said) from fault
    client = RecordsClient(
        state.signing_url, token=f"service:cli:{secret}", headers=caller_headers("blotter breakglass")
    )
    opened = client.open_breakglass(request)
    print(f"opened {opened.account.user_name} ({opened.account.printed_name}); it is in the audit trail as critical")
    print(f"temporary password, shown this one time: {opened.temporary_password}")
    print(f"it ends at {opened.temporary_password_ends_at.isoformat()} and must be changed at first sign-in")
