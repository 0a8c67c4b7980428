"""System pages for System Managers. The service decides who may; these pages only show what it answers."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode

from blotter_records.contract.accounts import AccountCreated, AccountRequest, AccountView
from blotter_records.contract.configuration import RoleView
from blotter_records.contract.trail import TrailQuestion
from blotter_records.errors import BlotterError, Invalid, Refused
from blotter_records.vocabulary import Outcome
from pydantic import TypeAdapter, ValidationError
from tornado import web

from blotter_hub.pages.gate import BlotterPage
from blotter_hub.shown import ShownError, shown

PAGE_SIZE = 100
#: What the form above the user log asks for.
FILTERS = ("who", "action", "outcome", "since", "until", "text")
_DIGITS = 19


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
        roles: list[RoleView] = []
        try:
            accounts = await self.ask(lambda client: client.accounts())
            configuration = await self.ask(lambda client: client.configuration())
            roles = [role for role in configuration.roles if not role.is_retired]
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
            roles=roles,
        )


class UserLogPage(BlotterPage):
    """The user log: sign-ins, failed ones, accounts, sessions, refusals."""

    @web.authenticated
    async def get(self) -> None:
        """Show one page of the log."""
        typed = {name: self.get_argument(name, "").strip() for name in FILTERS}
        try:
            asked = _question(typed, after=self._number("after"), before=self._number("before"))
        except ValidationError as error:
            raise ShownError(400, "The filter cannot be read. Dates are written as 2026-01-31.") from error
        try:
            page = await self.ask(lambda client: client.user_trail(asked=asked))
        except BlotterError as error:
            raise shown(error) from error
        link = urlencode({name: value for name, value in typed.items() if value})
        await self.show("user_log.html", page=page, asked=asked, typed=typed, link=link, outcomes=list(Outcome))

    def _number(self, name: str) -> int | None:
        given = self.get_argument(name, "")
        if given and not (given.isascii() and given.isdigit() and len(given) < _DIGITS):
            raise ShownError(400, "The page's number is not a number.")
        return int(given) if given else None


def _question(typed: dict[str, str], *, after: int | None, before: int | None) -> TrailQuestion:
    """Return what the page's form asks for; a day counts as a whole, in UTC. Raises ``ValidationError``."""
    given = {name: value for name, value in typed.items() if value}
    days = {name: TypeAdapter(date).validate_python(given.pop(name)) for name in ("since", "until") if name in given}
    times = {name: datetime.combine(day, time(), UTC) for name, day in days.items()}
    if "until" in times:
        times["until"] += timedelta(days=1)
    action = [given.pop("action")] if "action" in given else None
    return TrailQuestion.model_validate(
        {**given, **times, "action": action, "after": after, "before": before, "limit": PAGE_SIZE,
         "newest_first": after is None}
    )  # fmt: skip


def _told(error: ValidationError) -> Invalid:
    """Say in words what is missing or wrong in the form."""
    labels = {
        "user_name": "the user name",
        "printed_name": "the printed name",
        "roles": "the roles",
        "reason": "the reason",
    }
    fields = [labels.get(str(item["loc"][0]), str(item["loc"][0])) for item in error.errors() if item["loc"]]
    return Invalid("account.form", f"Check {' and '.join(dict.fromkeys(fields))}.")
