"""The Python halves of the widgets, each in the module that is named after it; importing one puts it on the whitelist.

A Python half asks the records service and shows what came back; it computes nothing and holds no pixels. Its
JavaScript half is in ``blotter_extension/labextension``.
"""

from __future__ import annotations

from typing import Any

from blotter_guard.registry import imported


def __getattr__(name: str) -> Any:
    """Return a widget class; its module is imported when somebody asks for it."""
    return imported(__name__, name)
