"""``python -m blotter_hub``: JupyterHub with Blotter's configuration. Environment: see ``settings.py``."""

from __future__ import annotations

import sys
from pathlib import Path

from blotter_records.errors import BlotterError
from blotter_records.installed.checking import of_this_process
from jupyterhub.app import JupyterHub

CONFIGURATION_FILE = Path(__file__).with_name("loaded_by_jupyterhub.py")


class Hub(JupyterHub):  # type: ignore[misc]
    """JupyterHub that tells the trail what it has not told yet before it stops."""

    async def cleanup(self) -> None:
        """Write the refusals that are counted; then stop servers and proxy, and write what was refused meanwhile."""
        await self.authenticator.refusals.flush()
        await super().cleanup()
        await self.authenticator.refusals.flush()


if __name__ == "__main__":
    try:
        of_this_process()
    except BlotterError as error:
        sys.exit(f"hub: {error} {error.diagnostics()}")
    Hub.launch_instance(["--config", str(CONFIGURATION_FILE), *sys.argv[1:]])
