"""Bundles of other installations: brought in, and read."""

from __future__ import annotations

from collections.abc import Iterator

from blotter_records.client.calls import Calls, read_answer
from blotter_records.client.images import Tile, tile_of
from blotter_records.client.transport import LONG_S
from blotter_records.contract.copies import (
    CopiedAnalysis,
    CopiedHistory,
    CopiedImage,
    CopiedRecord,
    CopiedResult,
    CopiedTrail,
    CopyNumbers,
    CopyView,
)


class CopyCalls(Calls):
    """Calls about copies."""

    def import_bundle(
        self,
        file_name: str,
        reason: str,
        content: Iterator[bytes] | bytes,
        *,
        verifier_key: str = "",
        reason_code: str = "",
    ) -> CopyView:
        """Bring in a bundle; ``verifier_key`` is the other laboratory's, got by another way than the bundle."""
        params = {"file_name": file_name, "reason": reason, "verifier_key": verifier_key, "reason_code": reason_code}
        given = {name: value or None for name, value in params.items()}
        answer = self._transport.send("POST", "/copies", content=content, params=given, wait_s=LONG_S)
        return read_answer(CopyView, answer.content)

    def copies(self) -> list[CopyView]:
        """Return the copies that you may see, newest first."""
        return self._list(CopyView, "/copies")

    def copy(self, copy: str) -> CopyView:
        """Return what a copy is."""
        return self._get(CopyView, f"/copies/{copy}")

    def copy_file(self, copy: str) -> Iterator[bytes]:
        """Yield the bytes of the bundle as it was brought in."""
        with self._transport.stream(f"/copies/{copy}/file") as answer:
            yield from answer.iter_bytes()

    def copied_records(self, copy: str) -> list[CopiedRecord]:
        """Return every record of a copy."""
        return self._list(CopiedRecord, f"/copies/{copy}/records")

    def copied_history(self, copy: str, kind: str, record: str) -> CopiedHistory:
        """Return every revision of a record of a copy."""
        return self._get(CopiedHistory, f"/copies/{copy}/records/{kind}/{record}")

    def copied_image(self, copy: str, image: str) -> CopiedImage:
        """Return an image of a copy."""
        return self._get(CopiedImage, f"/copies/{copy}/images/{image}")

    def copied_tile(self, copy: str, image: CopiedImage, level: int, row: int, column: int) -> Tile:
        """Return the counts of one tile of an image of a copy."""
        path = f"/copies/{copy}/images/{image.image}/tiles/{image.pixels_sha256}/{level}/{row}/{column}"
        return tile_of(self._transport.send("GET", path))

    def copied_analysis(self, copy: str, analysis: str) -> CopiedAnalysis:
        """Return an analysis of a copy."""
        return self._get(CopiedAnalysis, f"/copies/{copy}/analyses/{analysis}")

    def copied_result(self, copy: str, result: str) -> CopiedResult:
        """Return a result of a copy."""
        return self._get(CopiedResult, f"/copies/{copy}/results/{result}")

    def copied_trail(self, copy: str, after: int = 0, limit: int = 500) -> CopiedTrail:
        """Return a page of the trail of a copy, by its own numbers."""
        return self._get(CopiedTrail, f"/copies/{copy}/trail", after=after, limit=limit)

    def recompute_copy(self, copy: str) -> CopyNumbers:
        """Compute the numbers of a copy again."""
        return self._send(CopyNumbers, "POST", f"/copies/{copy}/recomputation", wait_s=LONG_S)
