"""The session as a page's script sees it: how long it lasts, and that the person gave input just now."""

from __future__ import annotations

import json

from jupyterhub.handlers.base import BaseHandler
from jupyterhub.user import User
from tornado import web

from blotter_hub.pages.gate import SignedIn, seconds_left


class SessionPage(SignedIn, BaseHandler):  # type: ignore[misc]
    """Tells the seconds left; looking is no input, posting says that there was some (11.200(a)(1)(ii))."""

    async def get(self) -> None:
        """Tell how long the session lasts."""
        self._tell()

    async def post(self) -> None:
        """Note that keyboard or pointer were used, and tell how long the session lasts now."""
        if isinstance(self.current_user, User):
            await self.note_input()
        self._tell()

    def _tell(self) -> None:
        self.set_header("Cache-Control", "no-store")
        self.set_header("Content-Type", "application/json")
        session = self.session
        if session is None:
            raise web.HTTPError(401)
        self.finish(json.dumps({"left_s": seconds_left(session)}))
