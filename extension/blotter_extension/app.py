"""The server extension that makes a Jupyter server a person's Blotter server."""

from __future__ import annotations

from typing import Any

from jupyter_server.base.handlers import APIHandler
from jupyter_server.extension.application import ExtensionApp
from tornado import web

from blotter_extension import routes
from blotter_extension.bytes import HANDLERS
from blotter_extension.person import person


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


class BlotterExtension(ExtensionApp):
    """Adds our handlers, and the list of routes in front of all."""

    name = "blotter"

    def initialize_handlers(self) -> None:
        """Add the handlers for bytes and the session."""
        self.handlers.extend(HANDLERS)
        self.handlers.append((r"/lab/api/workspaces/([A-Za-z0-9_-]+)", ForgottenWorkspace))

    def initialize_settings(self) -> None:
        """Put the list of routes in front; blank the hub's token in JupyterLab's page."""
        assert self.serverapp is not None
        application = self.serverapp.web_app
        provider: Any = self.serverapp.identity_provider
        provider.page_config_hook = without_token(provider.page_config_hook)
        routes.install(application, application.settings["base_url"])


def without_token(hook: Any) -> Any:
    """Wrap JupyterHub's page hook: the page gets no token (requests with one are not checked for XSRF)."""

    def page_config(handler: Any, config: dict[str, Any]) -> dict[str, Any]:
        config = hook(handler, config)
        config.update(token="", blotterSigningOrigin=person().signing_origin, blotterIsDemo=person().is_demo)
        return config

    return page_config
