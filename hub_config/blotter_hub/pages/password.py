"""Changing one's own password: forced after sign-in with a temporary or expired one, or by one's own wish."""

from __future__ import annotations

from blotter_records.errors import BlotterError, Invalid, Unauthenticated
from jupyterhub.utils import url_path_join
from tornado import web

from blotter_hub.pages.gate import BlotterPage, SignedIn, is_local
from blotter_hub.pages.sign_in import SignInPage
from blotter_hub.shown import shown

_FIELD_LIMIT = 1024


class PasswordPage(BlotterPage):
    """The form; it is the one page that a person with a temporary password reaches."""

    async def prepare(self) -> None:
        """Apply the first gate only: this page is where the second one sends people."""
        await SignedIn.prepare(self)
        await self.note_input()

    raw_field = SignInPage.raw_field

    @web.authenticated
    async def get(self) -> None:
        """Show the form."""
        await self._form()

    @web.authenticated
    async def post(self) -> None:
        """Change the password; the service checks the current one, the rules and the history."""
        current, new, again = (self.raw_field(name) for name in ("current_password", "new_password", "new_password_2"))
        if new != again:
            await self._form(Invalid("password.repeat", "The two new passwords differ.", "Type the new one twice."))
            return
        if max(len(current), len(new)) > _FIELD_LIMIT:
            await self._form(Invalid("password.length", "That is longer than any password may be."))
            return
        was_forced = self.session is not None and self.session.must_change_password
        try:
            view = await self.ask(lambda client: client.change_password(current, new))
        except Unauthenticated as error:
            # A wrong current password, or the end of the session: only the service knows, so it is asked.
            if await self.authenticator.has_session_ended(self.current_user):
                raise shown(error) from error
            await self._form(error)
            return
        except BlotterError as error:
            await self._form(error)
            return
        self.authenticator.views[self.current_user.name] = view
        if was_forced:
            self.redirect(self._next())
        else:
            await self._form(changed=True)

    def _next(self) -> str:
        target = str(self.get_argument("next", ""))
        return target if is_local(target) else str(url_path_join(self.hub.base_url, "home"))

    async def _form(self, problem: BlotterError | None = None, *, changed: bool = False) -> None:
        if self.session is None:
            raise web.HTTPError(403, "Sign in again.")
        await self.show(
            "password.html",
            status=problem.status if problem is not None else 200,
            problem=problem,
            changed=changed,
            next=self._next(),
            is_forced=self.session.must_change_password,
        )
