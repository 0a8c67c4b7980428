"""The server extension that makes a Jupyter server a person's Blotter server."""

from __future__ import annotations

from typing import Any

from jupyter_server.extension.application import ExtensionApp

from blotter_extension import bytes as byte_routes
from blotter_extension import habits, routes
from blotter_extension.person import person


class BlotterExtension(ExtensionApp):
    """Adds our handlers, and the list of routes in front of all."""

    name = "blotter"

    def initialize_handlers(self) -> None:
        """Add the handlers for bytes and the session, and those that only satisfy a habit."""
        self.handlers.extend([*byte_routes.HANDLERS, *habits.HANDLERS])

    def initialize_settings(self) -> None:
        """Put the list of routes in front; blank the hub's token in JupyterLab's page."""
        assert self.serverapp is not None
        application = self.serverapp.web_app
        provider: Any = self.serverapp.identity_provider
        provider.page_config_hook = without_token(provider.page_config_hook)
        routes.install(application, application.settings["base_url"])

    async def stop_extension(self) -> None:
        """Send what the trail has not been told yet."""
        await person().refusals.flush()
        await person().commands.flush()


def without_token(hook: Any) -> Any:
    """Wrap JupyterHub's page hook: the page gets no token (requests with one are not checked for XSRF) and our name."""

    def page_config(handler: Any, config: dict[str, Any]) -> dict[str, Any]:
        config = hook(handler, config)
        config.update(token="", appName="Blotter", buildAvailable=False)
        config.update(blotterSigningOrigin=person().signing_origin, blotterIsDemo=person().is_demo)
        return config

    return page_config
