"""Watches for sessions that the records service has ended: what the hub grants on them ends within seconds.

Deactivation, a change of roles, a reported password, idle time and the longest time all end the session there first.
Here the cookies and tokens become worthless at once; the notebook server with its kernels is stopped a moment later, so
that its pages can still be told why.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from blotter_records.contract.sessions import EndedSession, EndedSessions
from blotter_records.errors import BlotterError

#: So often the service is asked, seconds.
EVERY_S = 1.0
#: A notebook server's own watch looks each second and closes its sockets with a reason; then the server is stopped.
TOLD_S = 1.5

log = logging.getLogger("blotter.hub.watch")


class Ends(Protocol):
    """What the watch needs of the authenticator."""

    async def ended_sessions(self, after: datetime | None) -> EndedSessions:
        """Ask the service which sessions ended."""

    async def forget_session(self, user: Any, session: str) -> bool:
        """Make what a person holds on a session worthless; tell whether there was anything."""


class SessionWatch:
    """Asks the service again and again, as long as the hub lives.

    Parameters
    ----------
    authenticator : Ends
    app : JupyterHub
        Its table of users is read anew each time: it does not exist when the hub begins.
    """

    def __init__(self, authenticator: Ends, app: Any) -> None:
        self._authenticator = authenticator
        self._app = app
        self._stopping: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Watch for ever."""
        after: datetime | None = None
        is_told = False
        while True:
            await asyncio.sleep(EVERY_S)
            users = getattr(self._app, "users", None)
            if users is None:
                continue
            try:
                ended = await self._authenticator.ended_sessions(after)
            except BlotterError as error:
                # Nothing is granted meanwhile: every request of a person asks the service, too.
                if not is_told:
                    log.warning("the records service does not say which sessions ended: %s", error.message)
                is_told = True
                continue
            is_told = False
            for session in ended.sessions:
                await self._end(users, session)
            after = ended.as_of

    async def _end(self, users: Mapping[str, Any], ended: EndedSession) -> None:
        """End what the hub grants on a session that has ended."""
        # JupyterHub's table of users has no ``get`` that knows names.
        user = users[ended.user_name] if ended.user_name in users else None  # noqa: SIM401
        if user is None or not await self._authenticator.forget_session(user, ended.session):
            return
        log.info("session %s of %s has ended: %s", ended.session, ended.user_name, ended.cause)
        task = asyncio.ensure_future(self._stop(user))
        self._stopping.add(task)
        task.add_done_callback(self._stopping.discard)

    @staticmethod
    async def _stop(user: Any) -> None:
        """Stop the person's server, unless a newer session has taken its place meanwhile."""
        await asyncio.sleep(TOLD_S)
        spawner = user.spawner
        if spawner.active and not spawner.pending:
            await spawner.poll_and_notify()
