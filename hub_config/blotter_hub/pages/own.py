"""The own account: statement, second factor, and reporting that others may know the password."""

from __future__ import annotations

from blotter_records.contract.accounts import TotpOffer
from blotter_records.errors import BlotterError
from blotter_records.vocabulary import Action
from jupyterhub.utils import url_path_join
from tornado import web

from blotter_hub.pages.gate import SignedIn
from blotter_hub.pages.signing import SignedPage
from blotter_hub.shown import ShownError, shown


class OwnAccountPage(SignedPage):
    """What a person knows and does about the own account."""

    @web.authenticated
    async def get(self) -> None:
        """Show it."""
        await self._page()

    @web.authenticated
    async def post(self) -> None:
        """Open the signing page for the statement, or report the password as known to others."""
        session = self.session
        if session is None:
            raise ShownError(403, "Sign in again.")
        act = self.get_argument("act", "")
        try:
            if act == "accept":
                intent = await self.prepare_signing(session.account, Action.POLICY_ACCEPT)
                title = "Accept the accountability statement"
                await self.show_signing(intent, title=title, back="account", here="own")
                return
            if act != "compromise":
                raise ShownError(400, "This form cannot be read.")
            why = self.typed_reason()
            await self.ask(lambda client: client.report_compromise(**why))
        except BlotterError as error:
            await self._page(problem=error, act=act)
            return
        # The session ended with it; the hub forgets it at the next look.
        await self.authenticator.has_session_ended(self.current_user)
        self.redirect(url_path_join(self.hub.base_url, "login") + "?reported=yes")

    async def _page(self, problem: BlotterError | None = None, act: str = "") -> None:
        await self.show(
            "own_account.html",
            status=problem.status if problem is not None else 200,
            problem=problem,
            act=act,
            typed=self.typed_why() if problem is not None else {},
            signed=await self.signed(),
        )


class SecondFactorPage(SignedPage):
    """Enrolling an authenticator app; forced where the policy asks for it at sign-in."""

    async def prepare(self) -> None:
        """Apply the first gate only: this page is where the second one sends people."""
        await SignedIn.prepare(self)
        await self.note_input()
        if not self._finished and self.session is not None and self.session.must_change_password:
            raise ShownError(403, "Change your password first.")

    @web.authenticated
    async def get(self) -> None:
        """Show how things stand."""
        await self._page()

    @web.authenticated
    async def post(self) -> None:
        """Show a new secret, or prove a code of it."""
        try:
            if self.get_argument("act", "") == "offer":
                await self._page(offer=await self.ask(lambda client: client.offer_totp()))
                return
            code = self.get_argument("code", "").replace(" ", "")[:16]
            await self.ask(lambda client: client.prove_totp(code))
            view = await self.ask(lambda client: client.session())  # as it stands after the proof
        except BlotterError as error:
            if await self.authenticator.has_session_ended(self.current_user):
                raise shown(error) from error
            secret, uri = self.get_argument("secret", "")[:200], self.get_argument("uri", "")[:1000]
            await self._page(problem=error, offer=TotpOffer(secret=secret, uri=uri) if secret else None)
            return
        self.authenticator.views[self.current_user.name] = view
        await self._page(is_done=True)

    async def _page(
        self, problem: BlotterError | None = None, offer: TotpOffer | None = None, *, is_done: bool = False
    ) -> None:
        await self.show(
            "second_factor.html",
            status=problem.status if problem is not None else 200,
            problem=problem,
            offer=offer,
            is_done=is_done,
        )
