"""`ImageLog(image=...)`: the audit trail of an image and of everything made from it."""

from __future__ import annotations

from typing import Any

from blotter_records.client import RecordsClient
from pydantic import Field

from blotter_guard.registry import widget
from blotter_guard.widgets.base import BlotterWidget
from blotter_guard.widgets.requests import Given, answers

#: Entries of one page on the screen.
PAGE = 100


class PageAsked(Given):
    """Which page: entries after this id (None: from the first one)."""

    after: int | None = Field(None, ge=0)


@widget
class ImageLog(BlotterWidget):
    """Shows the trail, a page at a time.

    Parameters
    ----------
    client : RecordsClient
        The kernel's connection.
    image : str
        ``IMG-...``.
    """

    def __init__(self, client: RecordsClient, *, image: str) -> None:
        self._image = image
        super().__init__(client)

    def record(self) -> str:
        """Return the image's id."""
        return self._image

    def read(self) -> dict[str, Any]:
        """Return the image and the first page of its trail."""
        return {"image": self._client.image(self._image), "page": self._page(None)}

    def _page(self, after: int | None) -> Any:
        return self._client.image_trail(self._image, after=after, limit=PAGE)

    @answers(PageAsked)
    def page(self, given: PageAsked) -> Any:
        """Return another page of the trail; the view stays as it is."""
        return self._page(given.after)
