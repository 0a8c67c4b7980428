"""``blotter breakglass``: a System Manager's account opened on the server, by two people, in the open."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from blotter_records.cli.asking import as_service, request_of
from blotter_records.contract.accounts import BreakglassRequest


def command(
    user_name: Annotated[str, typer.Argument(metavar="USERNAME", help="of a System Manager")],
    *,
    first: Annotated[str, typer.Option(help="printed name of who is at the shell")],
    second: Annotated[str, typer.Option(help="printed name of who watches")],
    reason: Annotated[str, typer.Option(help="why, for the audit trail")],
    data: Annotated[Path, typer.Option(help="the data directory")],
) -> None:
    """Open a System Manager's account when nobody else can: a critical entry and notification that stay."""
    request = request_of(
        BreakglassRequest,
        "breakglass.invalid",
        user_name=user_name,
        first_person=first,
        second_person=second,
        reason=reason,
    )
    opened = as_service(data, "blotter breakglass").open_breakglass(request)
    print(f"opened {opened.account.user_name} ({opened.account.printed_name}); it is in the audit trail as critical")
    print(f"temporary password, shown this one time: {opened.temporary_password}")
    print(f"it ends at {opened.temporary_password_ends_at.isoformat()} and must be changed at first sign-in")
