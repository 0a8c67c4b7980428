"""One person's account: everything on record, and every step that a manager can take with it.

Steps that are signed open the records service's own page; the others are carried out at once, with a reason.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from blotter_records.contract.accounts import (
    AccountCreated,
    AccountView,
    ExpiryRequest,
    ProfileRequest,
    TrainingRequest,
)
from blotter_records.contract.configuration import RoleView
from blotter_records.errors import BlotterError
from blotter_records.vocabulary import Action
from jupyterhub.utils import url_path_join
from pydantic import ValidationError
from tornado import web
from tornado.httputil import url_concat

from blotter_hub.pages.people.accounts import standing, told
from blotter_hub.pages.signing import SignedPage
from blotter_hub.shown import ShownError

#: Signed steps by the form's word, with the fields that each needs.
SIGNED = {
    "verify": (Action.USER_IDENTITY_VERIFY, ("method", "document", "note")),
    "activate": (Action.USER_ACTIVATE, ()),
    "deactivate": (Action.USER_DEACTIVATE, ()),
    "reactivate": (Action.USER_REACTIVATE, ()),
    "assign": (Action.USER_ROLE_ASSIGN, ("role",)),
    "remove": (Action.USER_ROLE_REMOVE, ("role",)),
}
#: What a step that is not signed has done, as the page says it afterwards.
DONE = {
    "unlock": "The account is unlocked.",
    "profile": "Name and e-mail address are changed.",
    "expiry": "The last day is set.",
    "training": "The training is on record.",
    "totp": "The second factor is removed.",
}
_FIELDS = ("printed_name", "email", "expires_on", "role", "title", "document", "done_on", "method", "note")


class AccountPage(SignedPage):
    """One account with its forms."""

    @web.authenticated
    async def get(self, account: str) -> None:
        """Show it."""
        await self._page(await self._account(account))

    @web.authenticated
    async def post(self, account: str) -> None:
        """Take a step, or open the signing page for one."""
        act = self.get_argument("act", "")
        try:
            if act in SIGNED:
                await self._sign(account, act)
                return
            if act == "reset":
                why = self.typed_reason()
                reset = await self.ask(lambda client: client.reset_password(account, **why))
                await self._page(reset.account, reset=reset)
                return
            if act == "dossier":
                export = await self.ask(lambda client: client.make_dossier(account))
                self.redirect(url_path_join(self.hub.base_url, "system/exports", export.export))
                return
            await self._take(account, act)
        except BlotterError as error:
            await self._page(await self._account(account), problem=error, act=act)
        except ValidationError as error:
            await self._page(await self._account(account), problem=told(error), act=act)

    async def _sign(self, account: str, act: str) -> None:
        action, fields = SIGNED[act]
        details: dict[str, object] = {name: self.get_argument(name, "") for name in fields}
        intent = await self.prepare_signing(account, action, details)
        view = await self._account(account)
        label = {one.action: one.label for one in (await self.ask(lambda client: client.configuration())).actions}
        title = f"{label.get(action, action.value)}: {view.printed_name}"
        await self.show_signing(intent, title=title, back=f"system/accounts/{account}", here="accounts")

    async def _take(self, account: str, act: str) -> None:
        steps: dict[str, Callable[[str], Awaitable[AccountView]]] = {
            "unlock": self._unlock,
            "profile": self._edit_profile,
            "expiry": self._set_expiry,
            "training": self._record_training,
            "totp": self._remove_totp,
        }
        if act not in steps:
            raise ShownError(400, "This form cannot be read.")
        await steps[act](account)
        page = url_path_join(self.hub.base_url, "system/accounts", account)
        self.redirect(url_concat(page, {"done": act}))

    async def _unlock(self, account: str) -> AccountView:
        why = self.typed_reason()
        return await self.ask(lambda client: client.unlock(account, **why))

    async def _remove_totp(self, account: str) -> AccountView:
        why = self.typed_reason()
        return await self.ask(lambda client: client.remove_totp(account, **why))

    async def _edit_profile(self, account: str) -> AccountView:
        request = ProfileRequest.model_validate({**self._given("printed_name", "email"), **self._version()})
        return await self.ask(lambda client: client.edit_profile(account, request))

    async def _set_expiry(self, account: str) -> AccountView:
        day = self.get_argument("expires_on", "") or None
        request = ExpiryRequest.model_validate({"expires_on": day, **self._given(), **self._version()})
        return await self.ask(lambda client: client.set_expiry(account, request))

    async def _record_training(self, account: str) -> AccountView:
        given: dict[str, object] = dict(self._given("role", "title", "document", "done_on"))
        request = TrainingRequest.model_validate({**given, "expires_on": self.get_argument("expires_on", "") or None})
        return await self.ask(lambda client: client.record_training(account, request))

    def _given(self, *names: str) -> dict[str, str]:
        return {**{name: self.get_argument(name, "") for name in names}, **self.typed_reason()}

    def _version(self) -> dict[str, str]:
        return {"expected_version": self.get_argument("expected_version", "")}

    async def _account(self, account: str) -> AccountView:
        return await self.read(lambda client: client.account(account))

    async def _page(
        self,
        account: AccountView,
        *,
        problem: BlotterError | None = None,
        act: str = "",
        reset: AccountCreated | None = None,
    ) -> None:
        roles: list[RoleView] = []
        try:
            roles = (await self.ask(lambda client: client.configuration())).roles
        except BlotterError as error:
            problem = problem or error  # a password shown once must reach the person all the same
        typed = {name: self.get_argument(name, "") for name in _FIELDS} if problem is not None else {}
        await self.show(
            "system/account.html",
            status=problem.status if problem is not None and reset is None else 200,
            account=account,
            standing=standing(account),
            labels={one.name: one.label for one in roles},
            free=[one for one in roles if not one.is_retired and one.name not in account.roles],
            problem=problem,
            act=act,
            typed={**typed, **self.typed_why()} if problem is not None else {},
            reset=reset,
            signed=await self.signed(),
            done=DONE.get(self.get_query_argument("done", ""), ""),
        )
