"""A JupyterHub spawner that asks the launcher, since the hub may not change user."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from jupyterhub.slugs import safe_slug
from jupyterhub.spawner import Spawner
from jupyterhub.utils import random_port
from traitlets import Unicode

from blotter_hub.launcher_client import LauncherClient, LauncherRefused, LauncherUnavailable
from blotter_hub.servers import ALLOWED_VARIABLES
from blotter_hub.shown import ShownError

SESSION_CHECK_S = 2.0

_clients: dict[str, LauncherClient] = {}


class LauncherSpawner(Spawner):  # type: ignore[misc]
    """Starts a person's server through the launcher and ends it when the person's session has ended."""

    launcher_socket = Unicode(help="Path of the launcher's unix socket.").tag(config=True)

    @property
    def launcher(self) -> LauncherClient:
        """The one connection of this hub to the launcher."""
        return _clients.setdefault(self.launcher_socket, LauncherClient(Path(self.launcher_socket)))

    @property
    def server_key(self) -> str:
        """Name of this person's server at the launcher."""
        return str(safe_slug(self.user.name))

    async def start(self) -> str:
        """Start the server; returns its URL."""
        token = await self.user.authenticator.session_token(self.user)
        account = self.user.authenticator.account_of(self.user)
        if token is None or account is None:
            raise ShownError(403, "Your session has ended. Sign in again.")
        self.ip = "127.0.0.1"
        self.port = random_port()
        self._session_checked_at = time.monotonic()
        variables = {name: value for name, value in self.get_env().items() if name in ALLOWED_VARIABLES}
        try:
            await self.launcher.start(self.server_key, account, self.port, variables, token)
        except LauncherUnavailable as error:
            raise ShownError(503, "The launcher of notebook servers does not answer.") from error
        except LauncherRefused as error:
            raise ShownError(500, f"The notebook server could not be started: {error}") from error
        return f"http://{self.ip}:{self.port}"

    async def poll(self) -> int | None:
        """Return None while the server runs; ends it first if the person's session has ended."""
        try:
            status = await self.launcher.poll(self.server_key)
            if status is None and await self._has_session_ended():
                await self.launcher.stop(self.server_key)
                return 0
        except LauncherUnavailable:
            return 0  # the launcher's servers die with it
        return status

    async def stop(self, now: bool = False) -> None:  # noqa: ARG002 - JupyterHub's signature
        """Stop the server and wait until it is gone."""
        try:
            await self.launcher.stop(self.server_key)
        except LauncherUnavailable as error:
            self.log.warning("stop: %s", error)

    async def _has_session_ended(self) -> bool:
        if await self.user.authenticator.session_token(self.user) is None:
            return True
        now = time.monotonic()
        if now - getattr(self, "_session_checked_at", 0.0) < SESSION_CHECK_S:
            return False
        self._session_checked_at = now
        return bool(await self.user.authenticator.has_session_ended(self.user))

    async def progress(self) -> Any:
        """Yield what the waiting page shows."""
        yield {"progress": 40, "message": "Starting your notebook server"}
