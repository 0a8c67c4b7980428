"""Traefik as JupyterHub's proxy, not outliving the hub."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from jupyterhub_traefik_proxy.fileprovider import TraefikFileProviderProxy

from blotter_hub.leash import die_with_parent


class LeashedTraefik(TraefikFileProviderProxy):
    """Traefik with routes in a file; dies with the hub, so that a killed hub leaves no port taken."""

    def _start_traefik(self) -> None:
        environment = {
            name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR", "TZ"}
        }
        self.traefik_process = subprocess.Popen(  # noqa: S603 - fixed command
            ["traefik", "--configfile", str(Path(self.static_config_file).absolute())],  # noqa: S607 - PATH is ours
            env=environment | self.traefik_env,
            preexec_fn=die_with_parent,
        )
