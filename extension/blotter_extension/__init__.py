"""The person's server: JupyterLab with a gate in front of the kernel, notebooks as records, and no way around."""

from __future__ import annotations

import sys
from typing import Any

# httpx brings a command-line program where rich and click are installed, and loads them: 5 MB of each person's server.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # None: an import of it fails, which httpx expects


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """Say to jupyter_server which extension this package is."""
    from blotter_extension.app import BlotterExtension  # noqa: PLC0415  only a server needs it

    return [{"module": "blotter_extension.app", "app": BlotterExtension}]
