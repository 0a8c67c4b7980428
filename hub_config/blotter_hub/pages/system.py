"""System pages for System Managers. The service decides who may; these pages only show what it answers."""

from __future__ import annotations

from collections import deque

from blotter_records.client import RecordsClient
from blotter_records.contract.accounts import AccountCreated, AccountRequest, AccountView
from blotter_records.contract.trail import TrailEntryView, TrailPage
from blotter_records.errors import BlotterError, Invalid, Refused
from blotter_records.vocabulary import Role
from pydantic import ValidationError
from tornado import web

from blotter_hub.pages.gate import BlotterPage
from blotter_hub.shown import ShownError, shown

PAGE_SIZE = 100
#: Entries asked for at once on the way to the last ones.
WALK_SIZE = 1000

#: What each role is for, beside its name in the form.
ROLES: dict[Role, str] = {
    Role.ANALYST: "imports and analyses images, submits results",
    Role.SUPERVISOR: "analyst who may also withdraw others' results",
    Role.REVIEWER: "reviews results that others made",
    Role.APPROVER: "approves reviewed results",
    Role.AUDITOR: "reads everything, changes nothing",
    Role.INSTRUMENT_MANAGER: "registers and maintains instruments",
    Role.RECORDS_MANAGER: "archives, holds and exports records",
    Role.SYSTEM_MANAGER: "administers accounts and settings; no data actions",
}


class AccountsPage(BlotterPage):
    """The accounts, and the form that adds a person."""

    @web.authenticated
    async def get(self) -> None:
        """List the accounts."""
        await self._page()

    @web.authenticated
    async def post(self) -> None:
        """Add a person; the temporary password is shown in this answer and nowhere else."""
        typed = {name: self.get_argument(name, "") for name in ("user_name", "printed_name", "reason")}
        chosen = self.get_arguments("roles")
        try:
            request = AccountRequest.model_validate({**typed, "roles": chosen})
        except ValidationError as error:
            await self._page(problem=_told(error), typed=typed, chosen=chosen)
            return
        try:
            created = await self.ask(lambda client: client.create_account(request))
        except Refused as error:
            raise shown(error) from error
        except BlotterError as error:
            await self._page(problem=error, typed=typed, chosen=chosen)
            return
        await self._page(created=created)

    async def _page(
        self,
        problem: BlotterError | None = None,
        created: AccountCreated | None = None,
        typed: dict[str, str] | None = None,
        chosen: list[str] | None = None,
    ) -> None:
        accounts: list[AccountView] = []
        try:
            accounts = await self.ask(lambda client: client.accounts())
        except BlotterError as error:
            if created is None:  # a password shown once must reach the person even if the list can't be read
                raise shown(error) from error
            problem = error
        await self.show(
            "accounts.html",
            status=problem.status if problem is not None and created is None else 200,
            accounts=accounts,
            problem=problem,
            created=created,
            typed=typed or {},
            chosen=set(chosen or []),
            roles=ROLES,
        )


class UserLogPage(BlotterPage):
    """The user log: sign-ins, failed ones, accounts, sessions, refusals."""

    @web.authenticated
    async def get(self) -> None:
        """Show one page of the log."""
        after = self.get_argument("after", "")
        if after and not (after.isascii() and after.isdigit()):
            raise ShownError(400, "The page's number is not a number.")
        try:
            page = await self.ask(lambda client: _page_after(client, int(after)) if after else _latest(client))
        except BlotterError as error:
            raise shown(error) from error
        await self.show("user_log.html", page=page, is_latest=not after)


def _page_after(client: RecordsClient, after: int) -> TrailPage:
    return client.user_trail(after=after, limit=PAGE_SIZE)


def _latest(client: RecordsClient) -> TrailPage:
    """Return the last entries, newest first; the service gives them oldest first, so all are walked through."""
    kept: deque[TrailEntryView] = deque(maxlen=PAGE_SIZE)
    after: int | None = None
    while True:
        page = client.user_trail(after=after, limit=WALK_SIZE)
        kept.extend(page.entries)
        if page.next_after is None:
            return TrailPage(entries=list(reversed(kept)), total=page.total)
        after = page.next_after


def _told(error: ValidationError) -> Invalid:
    """Say in words what is missing or wrong in the form."""
    labels = {
        "user_name": "the user name",
        "printed_name": "the printed name",
        "roles": "the roles",
        "reason": "the reason",
    }
    fields = [labels.get(str(item["loc"][0]), str(item["loc"][0])) for item in error.errors() if item["loc"]]
    return Invalid("account.form", f"Check {' and '.join(dict.fromkeys(fields))}.", "Nothing was added.")
