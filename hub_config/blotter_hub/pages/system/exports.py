"""Files that were made for somebody, handed on as they are."""

from __future__ import annotations

import os
import tempfile
from typing import IO
from urllib.parse import quote

from blotter_records.client import RecordsClient
from blotter_records.contract.exports import ExportView
from tornado import web

from blotter_hub.pages.gate import BlotterPage

_PIECE = 1 << 18
_IN_MEMORY = 1 << 22


class ExportPage(BlotterPage):
    """The file of an export; the service checks who may have it, and writes that it was taken."""

    @web.authenticated
    async def get(self, export: str) -> None:
        """Give it."""
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
            view = await self.read(lambda client: _take(client, export, file))
            await _hand_on(self, file, view.file_name, view.media_type)


class LetterFilePage(BlotterPage):
    """The file of a certification letter, as it was kept: to be saved, never shown as a page of this host."""

    @web.authenticated
    async def get(self, letter: str) -> None:
        """Give it."""
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
            name = await self.read(lambda client: _take_letter(client, letter, file))
            await _hand_on(self, file, name, "application/octet-stream")


def _take(client: RecordsClient, export: str, file: IO[bytes]) -> ExportView:
    view = client.export(export)
    for piece in client.export_file(export):
        file.write(piece)
    return view


def _take_letter(client: RecordsClient, letter: str, file: IO[bytes]) -> str:
    for piece in client.letter_file(letter):
        file.write(piece)
    return next(one.file_name for one in client.letters() if one.letter == letter)


async def _hand_on(page: BlotterPage, file: IO[bytes], name: str, media_type: str) -> None:
    """Send a file that is whole already, so that nothing can fail in the middle of the answer."""
    page.set_header("Content-Type", media_type)
    page.set_header("Content-Disposition", f"attachment; filename*=UTF-8''{quote(name)}")
    page.set_header("Content-Length", str(file.seek(0, os.SEEK_END)))
    page.set_header("Cache-Control", "no-store")
    file.seek(0)
    while piece := file.read(_PIECE):
        page.write(piece)
        await page.flush()
