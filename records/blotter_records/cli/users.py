"""``blotter users``: the first System Managers of an installation."""

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
from blotter_records.contract.accounts import AccountRequest, IdentityRequest
from blotter_records.errors import Invalid, Refused, Unavailable

app = typer.Typer(help="People.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """People who may sign in."""


@app.command("add")
def add(
    user_name: Annotated[str, typer.Argument(metavar="USERNAME")],
    *,
    name: Annotated[str, typer.Option(help="printed name, as it stands beside signatures")],
    role: Annotated[list[str], typer.Option(help="may be given more than once")],
    reason: Annotated[str, typer.Option(help="why, for the audit trail")],
    identity: Annotated[str, typer.Option(help="how the person's identity was verified: passport, staff card …")],
    document: Annotated[str, typer.Option(help="which document or record shows it")],
    email: Annotated[str, typer.Option(help="where the person is told of things")] = "",
    data: Annotated[Path, typer.Option(help="the data directory")],
) -> None:
    """Add a person (the first two System Managers; later ones are added by a System Manager in Blotter)."""
    data = data.expanduser().resolve()
    installation = open_existing(data)
    state = states.read(data)
    if not state.is_running:
        raise Unavailable("cli.down", "Blotter is not running", f"Start it first: {panel.program()} up --data {data}.")
    try:
        secret = installation.secret("service-cli").read_text()
    except PermissionError as fault:
        raise Refused("refused.cli", "only the user who started Blotter may add people", "Use that account.") from fault
    try:
        request = AccountRequest(
            user_name=user_name,
            printed_name=name,
            roles=role,
            reason=reason,
            email=email,
            identity=IdentityRequest(method=identity, document=document, note=""),
        )
    except ValidationError as fault:
        said = "; ".join(f"{error['loc'][-1]}: {error['msg']}" for error in fault.errors())
        raise Invalid("account.invalid", said) from fault
    headers = caller_headers("blotter users add")
    client = RecordsClient(state.signing_url, token=f"service:cli:{secret}", headers=headers)
    created = client.create_account(request)
    account = created.account
    print(f"added {account.user_name} ({account.printed_name}), {', '.join(account.roles)}")
    print(f"temporary password, shown this one time: {created.temporary_password}")
    print(f"it ends at {created.temporary_password_ends_at.isoformat()} and must be changed at first sign-in")
