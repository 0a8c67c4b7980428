"""`ImageBrowser()`: the images that this person may see."""

from __future__ import annotations

from typing import Any

from blotter_guard.registry import widget
from blotter_guard.widgets.base import BlotterWidget


@widget
class ImageBrowser(BlotterWidget):
    """Lists images, newest first, with a small picture, status, who and when."""

    def read(self) -> dict[str, Any]:
        """Return the images, newest first."""
        return {"images": list(reversed(self._client.images()))}
