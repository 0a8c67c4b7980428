"""The person's server: JupyterLab with a gate in front of the kernel, notebooks as records, and no way around."""

from __future__ import annotations

from typing import Any


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """Say to jupyter_server which extension this package is."""
    from blotter_extension.app import BlotterExtension  # noqa: PLC0415  only a server needs it

    return [{"module": "blotter_extension.app", "app": BlotterExtension}]
