"""Images and the log of each, read without a kernel: for Auditors and whoever may look at images."""

from __future__ import annotations

import io
from urllib.parse import urlencode

import numpy as np
from blotter_records.client import RecordsClient
from blotter_records.contract.images import ImageView
from blotter_records.contract.searching import RecordQuestion
from blotter_records.vocabulary import Outcome, RecordKind
from PIL import Image
from pydantic import ValidationError
from tornado import web

from blotter_hub.pages.gate import BlotterPage
from blotter_hub.pages.system.user_log import LogPage
from blotter_hub.shown import ShownError

PAGE_SIZE = 50
#: The level of the pyramid that is shown: the first that is not wider or higher than this.
PICTURE_PX = 1200
_FILTERS = ("text", "study", "status", "since", "until")


class ImagesPage(LogPage):
    """The images that the person may see."""

    @web.authenticated
    async def get(self) -> None:
        """Show one page of them, newest first."""
        typed = {name: self.get_argument(name, "").strip() for name in _FILTERS}
        given: dict[str, object] = {name: value for name, value in typed.items() if value}
        try:
            for name in ("since", "until"):
                if name in given:
                    given[name] = f"{given[name]}T00:00:00Z" if name == "since" else f"{given[name]}T23:59:59.999999Z"
            asked = RecordQuestion.model_validate(
                {**given, "kind": RecordKind.IMAGE, "before": self._number("before"), "limit": PAGE_SIZE}
            )
        except ValidationError as error:
            raise ShownError(400, "The filter cannot be read. Dates are written as 2026-01-31.") from error
        page = await self.read(lambda client: client.search(asked))
        link = urlencode({name: value for name, value in typed.items() if value})
        await self.show("system/images.html", page=page, asked=asked, typed=typed, link=link)


class ImagePage(LogPage):
    """One image: the picture, what is known of it, and its log."""

    @web.authenticated
    async def get(self, image: str) -> None:
        """Show it with one page of its log, oldest first."""
        typed = self.typed_filter()
        asked = self.question(typed)
        if asked.after is None and asked.before is None:
            asked = asked.model_copy(update={"newest_first": False})
        view = await self.read(lambda client: client.image(image))
        page = await self.read(lambda client: client.image_trail(image, asked=asked))
        link = urlencode({name: value for name, value in typed.items() if value})
        await self.show(
            "system/image.html", image=view, page=page, asked=asked, typed=typed, link=link, outcomes=list(Outcome)
        )


class PicturePage(BlotterPage):
    """An image as a picture of 8 bits for looking at; what is measured are the counts in the file."""

    @web.authenticated
    async def get(self, image: str) -> None:
        """Give the picture."""
        data = await self.read(lambda client: _picture(client, client.image(image)))
        self.set_header("Content-Type", "image/png")
        self.set_header("Cache-Control", "no-store")
        self.finish(data)


def _picture(client: RecordsClient, view: ImageView) -> bytes:
    """Return a PNG of the finest level that fits; dark is more signal, from the 0.1st to the 99.9th percentile."""
    fitting = [one for one in view.levels if max(one.rows, one.columns) <= PICTURE_PX]
    level = fitting[0] if fitting else view.levels[-1]
    counts = np.zeros((level.rows, level.columns), dtype=np.float32)
    size = view.tile_size
    for row in range(-(-level.rows // size)):
        for column in range(-(-level.columns // size)):
            tile = client.tile(view.image, view.pixels_sha256, level.level, row, column)
            part = np.frombuffer(tile.data, dtype="<u2").reshape(tile.rows, tile.columns)
            counts[row * size : row * size + tile.rows, column * size : column * size + tile.columns] = part
    low, high = view.percentile_0_1, max(view.percentile_99_9, view.percentile_0_1 + 1)
    share = np.clip((counts - low) / (high - low), 0, 1)
    grey = (255 * (1 - share)).round().astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(grey).save(file, "PNG")
    return file.getvalue()
