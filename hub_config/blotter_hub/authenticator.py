"""Signs people in by asking the records service, and asks it again on every request whether the session still lives.

The hub knows nothing of passwords, roles or accounts. It keeps, encrypted in its own database (``auth_state``), the
session token that the service gave, and in memory what the service last said about the session.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

from blotter_records.contract.sessions import EndedSessions, SessionView
from blotter_records.errors import BlotterError, Unauthenticated, Unavailable
from jupyterhub.auth import Authenticator
from jupyterhub.utils import new_token
from traitlets import Unicode

from blotter_hub.door import RecordsDoor
from blotter_hub.pages.routes import routes
from blotter_hub.refusals import HubRefusals
from blotter_hub.shown import ShownError, shown
from blotter_hub.watch import SessionWatch

PENDING_WAIT_S = 60.0


class Standing(Enum):
    """How a session stands at the service."""

    OPEN = "open"
    ENDED = "ended"


class ComplianceAuthenticator(Authenticator):  # type: ignore[misc]
    """Sign-in, re-check and sign-out at the records service (11.10(d), 11.300)."""

    api_url = Unicode(help="Where the records service is.").tag(config=True)
    service_secret_file = Unicode(help="File with the secret of the service identity hub.").tag(config=True)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.views: dict[str, SessionView] = {}
        secret = Path(self.service_secret_file).read_text(encoding="utf-8").strip()
        self.door = RecordsDoor(self.api_url, secret)
        self.refusals = HubRefusals(self)
        self._watching: asyncio.Task[None] | None = None

    # ---- what JupyterHub asks ---------------------------------------------------------------------------------------

    def get_handlers(self, app: Any) -> list[tuple[Any, ...]]:
        """Return our pages, and the hub's own behind the gate or closed; these come before the hub's.

        JupyterHub asks once, while it starts: the watch for ended sessions begins here.
        """
        if self._watching is None:
            self._watching = asyncio.ensure_future(SessionWatch(self, app).run())
            self._watching.add_done_callback(_tell_failure)
        return routes()

    def normalize_username(self, username: str) -> str:
        """Return the name as the service gave it: the service folds names, nobody else."""
        return username

    def is_admin(self, handler: Any, authentication: Any) -> bool:  # noqa: ARG002 - JupyterHub's signature
        """Nobody is the hub's admin: that role may enter other people's servers (11.200(a)(2))."""
        return False

    async def authenticate(self, handler: Any, data: dict[str, str]) -> dict[str, Any] | None:
        """Open a session. None means that the sign-in failed; the service has recorded it and keeps the reason.

        Raises
        ------
        tornado.web.HTTPError
            The service does not answer, or refuses for a reason that the person may know.
        """
        try:
            opened = await self.door.open_session(
                data["username"], data["password"], handler.request.remote_ip, data.get("code", "")
            )
        except Unauthenticated as error:
            if error.code != "unauthenticated.credentials":
                self.log.critical("the records service does not accept the hub: %s", error.code)
            handler.blotter_refusal = error
            return None
        except BlotterError as error:
            raise shown(error) from error
        name = opened.view.user_name
        older = handler.find_user(name)
        if older is not None:
            await self._end_older_session(handler, older)
        self.views[name] = opened.view
        return {"name": name, "admin": False, "auth_state": {"token": opened.token, "session": opened.view.session}}

    async def refresh_user(self, user: Any, handler: Any = None, **_: Any) -> bool:
        """Ask the service whether the session lives; False makes the hub treat the person as not signed in."""
        standing = await self._check(user, handler.request.remote_ip if handler is not None else "")
        if isinstance(standing, BlotterError) and handler is not None:
            # Not the end of the session, but nothing is granted on an old answer; the gate shows why.
            handler.blotter_problem = standing
        if standing is Standing.ENDED and user.spawner.active and not user.spawner.pending:
            # poll() finds the session ended, stops the process, and the hub clears the route.
            task = asyncio.ensure_future(user.spawner.poll_and_notify())
            task.add_done_callback(_tell_failure)
        return standing is Standing.OPEN

    async def pre_spawn_start(self, user: Any, spawner: Any) -> None:  # noqa: ARG002 - JupyterHub's signature
        """Refuse a server to a person with a forced step left (a second fence behind the gate)."""
        view = self.views.get(user.name)
        if view is None or view.must_change_password or view.must_enrol_totp:
            raise ShownError(403, "Finish the steps after sign-in first.")

    # ---- what our spawner and pages ask -----------------------------------------------------------------------------

    async def session_token(self, user: Any) -> str | None:
        """Return the session token of a signed-in person."""
        state = await user.get_auth_state()
        return state.get("token") if state else None

    def account_of(self, user: Any) -> str | None:
        """Return the account of a signed-in person, as the service last said it."""
        view = self.views.get(user.name)
        return view.account if view is not None else None

    async def has_session_ended(self, user: Any) -> bool:
        """Return whether the session is known to have ended; False while the service does not answer."""
        return await self._check(user, "") is Standing.ENDED

    async def ended_sessions(self, after: datetime | None) -> EndedSessions:
        """Ask the service which sessions ended since."""
        return await self.door.as_hub(lambda client: client.ended_sessions(after))

    async def forget_session(self, user: Any, session: str) -> bool:
        """Make what a person holds on a session worthless; tell whether this was the session that the hub knew."""
        state = await user.get_auth_state()
        if not state or state.get("session") != session:
            return False
        await self._close(user, state["token"])
        return True

    async def sign_out(self, user: Any, address: str) -> None:
        """End the session at the service and forget it here."""
        token = await self.session_token(user)
        if token is not None:
            await self.refusals.flush(user.name)
            try:
                await self.door.ask(token, address, lambda client: client.end_session())
            except Unauthenticated:
                pass  # it had ended already
            except Unavailable as error:
                self.log.warning("the session of %s could not be ended at the service: %s", user.name, error)
            await self._close(user, token)

    # ---- parts ------------------------------------------------------------------------------------------------------

    async def _check(self, user: Any, address: str) -> Standing | BlotterError:
        """Return how the session stands at the service; one that has ended is forgotten here."""
        token = await self.session_token(user)
        if token is None:
            self._make_worthless(user)
            return Standing.ENDED
        try:
            view = await self.door.ask(token, address, lambda client: client.session())
        except Unauthenticated:
            await self._close(user, token)
            return Standing.ENDED
        except BlotterError as error:
            return error
        if view.user_name != user.name:
            self.log.error("the session of %s is another person's at the service", user.name)
            await self._close(user, token)
            return Standing.ENDED
        self.views[user.name] = view
        return Standing.OPEN

    async def _end_older_session(self, handler: Any, user: Any) -> None:
        """Stop the server that holds an older session's token, end that session, and its cookies with it."""
        spawner = user.spawner
        loop = asyncio.get_running_loop()
        deadline = loop.time() + PENDING_WAIT_S
        while spawner.pending and loop.time() < deadline:  # noqa: ASYNC110 - JupyterHub gives no event for it
            await asyncio.sleep(0.1)
        if spawner.active and not spawner.pending:
            await (await handler.stop_single_user(user))
        await self.sign_out(user, handler.request.remote_ip)
        self._make_worthless(user)

    async def _close(self, user: Any, token: str) -> None:
        """Forget a session that has ended, unless a newer one has taken its place meanwhile."""
        self.door.forget(token)
        if await self.session_token(user) == token:
            self._make_worthless(user)
            await user.save_auth_state(None)

    def _make_worthless(self, user: Any) -> None:
        """Make every cookie and token of a person worthless, also for the time after a reactivation."""
        self.views.pop(user.name, None)
        user.orm_user.cookie_id = new_token()
        for token in list(user.orm_user.api_tokens):
            user.db.delete(token)
        user.db.commit()


def _tell_failure(task: asyncio.Future[Any]) -> None:
    if not task.cancelled() and task.exception() is not None:
        asyncio.get_running_loop().call_exception_handler(
            {"message": "ending what a session had failed", "exception": task.exception()}
        )
