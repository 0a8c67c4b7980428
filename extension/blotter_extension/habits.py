"""What JupyterLab asks for out of habit and we have nothing for: answered, so that it does not ask again and again."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from tornado import web
from tornado.websocket import WebSocketHandler


class ForgottenWorkspace(APIHandler):
    """PUT lab/api/workspaces/...: JupyterLab's layout is taken and not kept."""

    @web.authenticated
    async def put(self, _name: str) -> None:
        """Answer that it is done."""
        self.set_status(204)
        self.finish()

    @web.authenticated
    async def get(self, name: str) -> None:
        """Answer with an empty layout."""
        self.finish({"data": {}, "metadata": {"id": name}})


class NoEvents(JupyterHandler, WebSocketHandler):
    """GET api/events/subscribe: a websocket on which nothing is ever said, nor heard.

    It stands in front of Jupyter's own, which would tell every event of the server.
    """

    auth_resource = "api"

    @ws_authenticated
    async def get(self, *args: Any, **kwargs: Any) -> None:
        """Open the connection for this server's person."""
        if not self.authorizer.is_authorized(self, self.current_user, "read", "api"):
            raise web.HTTPError(403)
        await WebSocketHandler.get(self, *args, **kwargs)

    def open(self, *_args: str, **_kwargs: str) -> None:
        """Say nothing."""

    def on_message(self, message: str | bytes) -> None:
        """Close: nothing is to be said here."""
        del message
        self.close(1008, "nothing is taken here")


HANDLERS = [
    (r"/lab/api/workspaces/([A-Za-z0-9_-]+)", ForgottenWorkspace),
    (r"/api/events/subscribe", NoEvents),
]
