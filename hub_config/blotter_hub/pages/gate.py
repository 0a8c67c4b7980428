"""The gate before every page and API of the hub, and the doors that are closed for everybody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

from blotter_records.client import RecordsClient
from blotter_records.contract.sessions import SessionView
from blotter_records.contract.signing import ProposalView
from blotter_records.errors import BlotterError, Unauthenticated
from blotter_records.hosts import is_ours
from blotter_records.vocabulary import Action
from jupyterhub import orm
from jupyterhub.apihandlers.base import APIHandler
from jupyterhub.handlers.base import BaseHandler
from jupyterhub.user import User
from jupyterhub.utils import url_path_join
from tornado.httputil import url_concat

from blotter_hub.pages.navigation import grouped, sections_for
from blotter_hub.shown import ShownError, shown

T = TypeVar("T")

#: Refusals on their way to the trail; kept here so that they are not collected before they arrive.
_telling: set[asyncio.Task[Any]] = set()

CLOSED = "This part of JupyterHub is closed in Blotter, for everybody."


class SignedIn:
    """Mixed into a handler: the person's session as the service sees it, and the first gate.

    * The service or the database does not answer: nothing is shown on an old answer (503).
    * The page was opened under another host name than the published one: sent there, so that the hub's cookies never
      exist under the host name of the signing pages. An API that is asked under a foreign name is refused.
    """

    current_user: Any
    request: Any
    settings: Any
    authenticator: Any
    db: Any
    hub: Any
    redirect: Any
    get_status: Any
    render_template: Any
    _finished: bool
    blotter_problem: BlotterError | None = None
    # JupyterHub 6.1 reads it on pages that take no token, where it never sets it.
    _token_authenticated = False

    async def prepare(self) -> None:
        """Identify the person, then apply the gate."""
        try:
            await self.authenticator.door.check()
        except BlotterError as error:
            raise shown(error) from error
        self._let_go_of_what_broke()
        await super().prepare()  # type: ignore[misc]
        if self._finished:
            return
        if self.blotter_problem is not None:
            raise shown(self.blotter_problem)
        public = self.settings.get("public_url")
        if isinstance(self, APIHandler):
            # People's servers ask it too, on this machine.
            if not is_ours(self.request.host, public.geturl() if public else ""):
                raise ShownError(403, "The hub is not asked under that name.")
        elif public and self.request.host != public.netloc:
            if self.request.method not in {"GET", "HEAD"}:
                raise ShownError(403, f"Blotter is at {public.scheme}://{public.netloc}")
            self.redirect(f"{public.scheme}://{public.netloc}{self.request.uri}")

    def _let_go_of_what_broke(self) -> None:
        """Drop a connection to the hub's database that broke while nobody used it.

        JupyterHub would find it while it looks for the person, and answer that nobody is signed in, or 500.
        """
        try:
            self.db.query(orm.User.id).first()
        except Exception:  # noqa: BLE001 - whatever it was, the request goes on and finds it again
            self.db.rollback()

    @property
    def session(self) -> SessionView | None:
        """What the service last said about the session of the person who asks."""
        user = self.current_user
        return self.authenticator.views.get(user.name) if isinstance(user, User) else None

    @property
    def template_namespace(self) -> dict[str, Any]:
        """Add the session, and the pages it opens, to what every template knows."""
        session = self.session
        sections = sections_for(session)
        more = {
            "session": session,
            "sections": sections,
            "side": grouped(sections),
            "left_s": seconds_left(session),
        }
        return {**super().template_namespace, **more}  # type: ignore[misc]

    async def ask(self, question: Callable[[RecordsClient], T]) -> T:
        """Ask the service as the signed-in person.

        Raises
        ------
        Unauthenticated
            The session has ended.
        """
        token = await self.authenticator.session_token(self.current_user)
        if token is None:
            raise Unauthenticated("session.ended", "Your session has ended.", "Sign in again.")
        return await self.authenticator.door.ask(token, self.request.remote_ip, question)  # type: ignore[no-any-return]

    async def read(self, question: Callable[[RecordsClient], T]) -> T:
        """Ask the service what the page cannot be shown without.

        Raises
        ------
        ShownError
            There is no answer: the hub's page says why.
        """
        try:
            return await self.ask(question)
        except BlotterError as error:
            raise shown(error) from error

    async def note_input(self) -> None:
        """Tell the service that the person gave input just now, and take its answer as the session's state."""
        if self._finished or self.session is None:
            return
        self.authenticator.views[self.current_user.name] = await self.read(lambda client: client.heartbeat())


class Forced(SignedIn):
    """The second gate: nothing is reached before the forced steps after sign-in are done."""

    async def prepare(self) -> None:
        """Send the person to the forced step, or refuse."""
        await super().prepare()
        if self._finished or not isinstance(self.current_user, User):
            return
        if self.session is None:
            # The end of an older session, told while this one was opened, takes what was known of both.
            await self.authenticator.has_session_ended(self.current_user)
        view = self.session
        if view is None:
            raise ShownError(403, "Sign in again.")
        if not (view.must_change_password or view.must_enrol_totp):
            return
        step = "Change your password first." if view.must_change_password else "Enrol a second factor first."
        if isinstance(self, APIHandler) or self.request.method not in {"GET", "HEAD"}:
            raise ShownError(403, step)
        page = url_path_join(self.hub.base_url, "password" if view.must_change_password else "second-factor")
        self.redirect(url_concat(page, {"next": self.request.uri}))

    def on_finish(self) -> None:
        """Tell the trail what JupyterHub itself refused, such as another person's server."""
        super().on_finish()  # type: ignore[misc]
        is_theirs = not isinstance(self, BlotterPage)
        if is_theirs and self.get_status() in {403, 404} and isinstance(self.current_user, User):
            why = "it is not this person's, or a step after sign-in is missing."
            task = asyncio.ensure_future(self.authenticator.refusals.tell(self, why))
            _telling.add(task)
            task.add_done_callback(_telling.discard)


class BlotterPage(Forced, BaseHandler):  # type: ignore[misc]
    """Base of our own pages."""

    async def prepare(self) -> None:
        """Tell the service that the person gave input: these pages are only asked for by hand."""
        await super().prepare()
        await self.note_input()

    async def show(self, template: str, status: int = 200, **values: Any) -> None:
        """Render a page that no cache keeps, with the number of what waits in its navigation."""
        counts = {"open_notifications": 0, "open_proposals": 0}
        session = self.session
        if session is not None and not (session.must_change_password or session.must_enrol_totp):
            # A page is shown without the numbers rather than not at all.
            with suppress(BlotterError):
                counts = await self.ask(lambda client: _counts(client, session, values.get("proposals")))
        self.set_status(status)
        self.set_header("Cache-Control", "no-store")
        self.finish(await self.render_template(template, **counts, **values))


def seconds_left(session: SessionView | None) -> int:
    """Return the seconds until the session ends without input, by this machine's clock."""
    if session is None:
        return 0
    ends_at = min(session.idle_ends_at, session.ends_at)
    return max(0, int((ends_at - datetime.now(UTC)).total_seconds()))  # noqa: TID251 - shown only; the service ends it


def _counts(client: RecordsClient, session: SessionView, proposals: list[ProposalView] | None) -> dict[str, int]:
    """Count what waits; ``proposals``: those that the page has asked for already."""
    may_see = Action.NOTIFICATION_VIEW in session.actions
    known = client.proposals() if proposals is None else proposals
    return {
        "open_notifications": len(client.notifications()) if may_see else 0,
        "open_proposals": sum(one.may_countersign for one in known),
    }


class _Closed:
    """Refuses whatever is asked, signed in or not; of a signed-in person it is written to the trail."""

    current_user: Any
    authenticator: Any
    _finished: bool

    async def prepare(self) -> None:
        """Refuse."""
        await super().prepare()  # type: ignore[misc]
        if self._finished:
            return
        entry = None
        if isinstance(self.current_user, User):
            entry = await self.authenticator.refusals.tell(self, CLOSED)
        written = f" This refusal is in the audit trail (id {entry})." if entry is not None else ""
        raise ShownError(403, CLOSED + written)


class ClosedPage(_Closed, SignedIn, BaseHandler):  # type: ignore[misc]
    """A page of JupyterHub that is closed."""


class ClosedApi(_Closed, SignedIn, APIHandler):  # type: ignore[misc]
    """An API of JupyterHub that is closed."""


def is_local(target: str) -> bool:
    """Return whether a ``next`` address is a path of this host."""
    parts = urlsplit(target)
    return target.startswith("/") and not target.startswith("//") and not parts.netloc and "\\" not in target
