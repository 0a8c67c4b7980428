"""``blotter users``: the first System Managers of an installation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from blotter_records.cli.asking import as_service, request_of
from blotter_records.contract.accounts import AccountRequest

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
    request = request_of(
        AccountRequest,
        "account.invalid",
        user_name=user_name,
        printed_name=name,
        roles=role,
        reason=reason,
        email=email,
        identity={"method": identity, "document": document, "note": ""},
    )
    created = as_service(data, "blotter users add").create_account(request)
    account = created.account
    print(f"added {account.user_name} ({account.printed_name}), {', '.join(account.roles)}")
    print(f"temporary password, shown this one time: {created.temporary_password}")
    print(f"it ends at {created.temporary_password_ends_at.isoformat()} and must be changed at first sign-in")
