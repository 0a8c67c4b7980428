"""The accounts as a list, and the form that adds a person (11.100(a), 11.300(a))."""

from __future__ import annotations

from blotter_records.contract.accounts import AccountCreated, AccountRequest, AccountView
from blotter_records.contract.configuration import RoleView
from blotter_records.errors import BlotterError, Invalid, Refused
from blotter_records.vocabulary import AccountStatus
from pydantic import ValidationError
from tornado import web

from blotter_hub.pages.signing import SignedPage
from blotter_hub.shown import shown

_FILTERS = ("text", "role", "standing")
#: What the list can be narrowed to: a status, or something that needs a manager.
STANDINGS = (*(one.value for one in AccountStatus), "locked", "identity due", "training lapsed")
_LABELS = {
    "user_name": "the user name",
    "printed_name": "the printed name",
    "email": "the e-mail address",
    "expires_on": "the last day",
    "roles": "the roles",
    "reason": "the reason",
    "title": "the title",
    "document": "the document",
    "done_on": "the day of the training",
    "method": "the method",
}


class AccountsPage(SignedPage):
    """The accounts."""

    @web.authenticated
    async def get(self) -> None:
        """List those that the filter leaves."""
        typed = {name: self.get_query_argument(name, "").strip()[:200] for name in _FILTERS}
        accounts = await self.read(lambda client: client.accounts())
        configuration = await self.configuration()
        found = [one for one in accounts if _fits(one, typed)]
        await self.show(
            "system/accounts.html",
            accounts=found,
            total=len(accounts),
            typed=typed,
            roles=configuration.roles,
            standings=STANDINGS,
            standing=standing,
        )


class NewAccountPage(SignedPage):
    """The form that adds a person."""

    @web.authenticated
    async def get(self) -> None:
        """Show the form."""
        await self._page()

    @web.authenticated
    async def post(self) -> None:
        """Add a person; the temporary password is shown in this answer and nowhere else."""
        names = ("user_name", "printed_name", "email", "expires_on")
        typed = {**{name: self.get_argument(name, "") for name in names}, **self.typed_reason()}
        chosen = self.get_arguments("roles")
        try:
            request = AccountRequest.model_validate(
                {**typed, "expires_on": typed["expires_on"] or None, "roles": chosen}
            )
        except ValidationError as error:
            await self._page(problem=told(error), typed=typed, chosen=chosen)
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
        roles: list[RoleView] = []
        try:
            configuration = await self.ask(lambda client: client.configuration())
            roles = [role for role in configuration.roles if not role.is_retired]
        except BlotterError as error:
            if created is None:  # a password shown once must reach the person even if nothing else can be read
                raise shown(error) from error
            problem = error
        await self.show(
            "system/account_new.html",
            status=problem.status if problem is not None and created is None else 200,
            problem=problem,
            created=created,
            typed=typed or {},
            chosen=set(chosen or []),
            roles=roles,
        )


def standing(account: AccountView) -> list[tuple[str, str]]:
    """Return how an account stands: what kind of note each is, and its words with a sign of their own."""
    found = {
        AccountStatus.PENDING: [("warn", "● pending")],
        AccountStatus.ACTIVE: [("good", "✓ active")],
        AccountStatus.DEACTIVATED: [("bad", "✕ deactivated")],
    }[account.status]
    if account.is_locked:
        found = [*found, ("bad", "✕ locked")]
    if account.identity_due:
        found = [*found, ("warn", "● identity due")]
    if account.lapsed_roles:
        found = [*found, ("warn", "● training lapsed")]
    if account.must_change_password:
        found = [*found, ("", "must change password")]
    return found


def _fits(account: AccountView, typed: dict[str, str]) -> bool:
    """Tell whether an account is among those asked for."""
    words = f"{account.account} {account.user_name} {account.printed_name} {account.email}".casefold()
    if typed["text"].casefold() not in words:
        return False
    if typed["role"] and typed["role"] not in account.roles:
        return False
    wanted = typed["standing"]
    return not wanted or any(wanted in text for _, text in standing(account))


def told(error: ValidationError) -> Invalid:
    """Say in words what is missing or wrong in a form about an account."""
    fields = [_LABELS.get(str(item["loc"][0]), str(item["loc"][0])) for item in error.errors() if item["loc"]]
    return Invalid("account.form", f"Check {' and '.join(dict.fromkeys(fields))}.")
