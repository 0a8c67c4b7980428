"""Sign-in and sign-out."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from blotter_records.errors import BlotterError
from jupyterhub.handlers.login import LoginHandler, LogoutHandler
from tornado import web

from blotter_hub.pages.gate import SignedIn


class SignInPage(SignedIn, LoginHandler):  # type: ignore[misc]
    """The one page of the hub where a password is typed to sign in.

    What it says after a failure is the service's own text, the same for every reason: unknown name, wrong password,
    locked, expired or inactive account (11.300(d)).
    """

    blotter_refusal: BlotterError | None = None
    _asks_for_code = False

    async def prepare(self) -> None:
        """Ask what the page has to know before anybody is signed in; a form that comes back was told already."""
        self._asks_for_code = "code" in self.request.body_arguments
        await super().prepare()
        if self.request.method != "POST":
            await self._ask_rules()

    async def _ask_rules(self) -> None:
        address = str(self.request.remote_ip)[:64]
        with suppress(BlotterError):  # signing in will say that the service does not answer
            rules = await self.authenticator.door.as_hub(lambda client: client.sign_in_rules(address))
            self._asks_for_code = rules.asks_for_code

    async def post(self) -> None:
        """Open a session with the user name and password typed."""
        typed = {
            "username": self.get_argument("username", ""),
            "password": self.raw_field("password"),
            "code": self.get_argument("code", "").replace(" ", ""),
        }
        user = await self.login_user(typed)
        if user:
            self._jupyterhub_user = user
            self.redirect(self.get_next_url(user))
            return
        await self._ask_rules()
        self.set_status(403)
        self.set_header("Cache-Control", "no-store")
        self.finish(await self._render(refusal=self.blotter_refusal, username=typed["username"][:64]))

    def _render(self, login_error: str | None = None, username: str | None = None, **kwargs: Any) -> Any:
        """Add what the page says besides; the error page of a failed form comes through here, too."""
        said = {name: self.get_query_argument(name, "") == "yes" for name in ("ended", "reported")}
        return super()._render(login_error, username, asks_for_code=self._asks_for_code, **said, **kwargs)

    def raw_field(self, name: str) -> str:
        """Return a field as it was typed: tornado would strip and replace characters, and a password may hold any."""
        values = self.request.body_arguments.get(name, [b""])
        try:
            return str(values[-1].decode("utf-8"))
        except UnicodeDecodeError as error:
            raise web.HTTPError(400, "The form is not UTF-8.") from error


class SignOutPage(SignedIn, LogoutHandler):  # type: ignore[misc]
    """Ends the session at the service, the server, and every cookie and token."""

    async def handle_logout(self) -> None:
        """End the session; the server was stopped just before."""
        user: Any = self.current_user
        if user:
            await self.authenticator.sign_out(user, self.request.remote_ip)
