"""Traefik as JupyterHub's proxy, not outliving the hub."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from jupyterhub_traefik_proxy.fileprovider import TraefikFileProviderProxy

LEASH = (sys.executable, "-I", "-m", "blotter_hub.leash")
KEPT_VARIABLES = frozenset({"HOME", "LANG", "PATH", "TMPDIR", "TZ"})


class LeashedTraefik(TraefikFileProviderProxy):  # type: ignore[misc]
    """Traefik with routes in a file; dies with the hub, so that a killed hub leaves no port taken."""

    async def start(self) -> None:
        """Start Traefik with no routes; the hub adds those of the servers that run.

        What a killed hub left in the file would be taken over, its password of Traefik's API too: not ours any more.
        """
        Path(self.dynamic_config_file).unlink(missing_ok=True)  # noqa: ASYNC240 - one small file, before anybody waits
        await super().start()

    def _start_traefik(self) -> None:
        environment = {name: value for name, value in os.environ.items() if name in KEPT_VARIABLES}
        self.traefik_process = subprocess.Popen(
            # Through a program, not preexec_fn: the hub has threads.
            [*LEASH, "traefik", "--configfile", str(Path(self.static_config_file).absolute())],
            env=environment | self.traefik_env,
        )
