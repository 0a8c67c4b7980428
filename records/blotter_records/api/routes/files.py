"""Files as answers: streamed, as a download, with their digest; tiles of images."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from fastapi.responses import Response, StreamingResponse

from blotter_records.ports.files import TileBytes


def attached(pieces: Iterator[bytes], file_name: str, media_type: str, size: int, sha256: str) -> StreamingResponse:
    """Return a file as a download under its name."""
    return StreamingResponse(
        pieces,
        media_type=media_type,
        headers={
            "Content-Length": str(size),
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file_name)}",
            "ETag": f'"{sha256}"',
        },
    )


def tile_answer(tile: TileBytes) -> Response:
    """Return a tile; its address names its pixels, so that it never changes."""
    return Response(
        tile.data,
        media_type="application/octet-stream",
        headers={
            "X-Blotter-Rows": str(tile.rows),
            "X-Blotter-Columns": str(tile.columns),
            "Cache-Control": "private, max-age=31536000, immutable",
        },
    )
