"""Files that were made for somebody, handed on as they are."""

from __future__ import annotations

import tempfile
from typing import IO

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
            self.set_header("Content-Type", view.media_type)
            self.set_header("Content-Disposition", f'attachment; filename="{view.file_name}"')
            self.set_header("Content-Length", str(view.bytes))
            self.set_header("Cache-Control", "no-store")
            file.seek(0)
            while piece := file.read(_PIECE):
                self.write(piece)
                await self.flush()


def _take(client: RecordsClient, export: str, file: IO[bytes]) -> ExportView:
    view = client.export(export)
    for piece in client.export_file(export):
        file.write(piece)
    return view
