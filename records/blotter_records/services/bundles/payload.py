"""The files of a bundle's payload, one after the other; nothing stays in memory but the record that is written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from blotter_records.domain.canonical import canonical
from blotter_records.domain.records import Export, Image, Json, Letter, Notebook
from blotter_records.ports.entries import Revision
from blotter_records.ports.files import Store
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.bundles import result_json
from blotter_records.services.bundles.bag import Bag, tiff_pieces, tiff_size
from blotter_records.services.bundles.collecting import Collected
from blotter_records.services.bundles.scopes import Scope
from blotter_records.services.bundles.tables import (
    LOG_COLUMNS,
    MEASUREMENT_COLUMNS,
    SIGNATURE_COLUMNS,
    Table,
    log_row,
    measurement_rows,
)
from blotter_records.services.images.pixels import Pixels
from blotter_records.vocabulary import ExportKind, RecordKind


@dataclass
class Payload:
    """Writes records and everything that belongs to them.

    Parameters
    ----------
    ledger : Ledger
    store : Store
    pixels : Pixels
    actor : Actor
        For whom, should an image not verify.
    bag : Bag
    folder : Path
        For tables while they are written.
    """

    ledger: Ledger
    store: Store
    pixels: Pixels
    actor: Actor
    bag: Bag
    folder: Path

    def write(self, scope: Scope, collected: Collected) -> None:
        """Write everything but the trail. Raises ``IntegrityBroken``, ``Unavailable``."""
        measured = Table(self.folder / "measurements.csv", MEASUREMENT_COLUMNS)
        signed = Table(self.folder / "signatures.csv", SIGNATURE_COLUMNS)
        with measured, signed:
            for stream in sorted(collected.streams):
                if not scope.holds(RecordKind(stream.partition(":")[0])):
                    continue
                for revision in self._revisions(stream, collected):
                    self._record(revision, collected)
                    if revision.kind is RecordKind.ANALYSIS:
                        for row in measurement_rows(revision):
                            measured.add(row)
                    if revision.kind is RecordKind.SIGNATURE:
                        signed.add({**revision.content, **collected.signed[revision.record_id]})
        for table in (measured, signed, self._log(collected)):
            self.bag.add_file(f"tables/{table.path.name}", table.path)

    def _revisions(self, stream: str, collected: Collected) -> Iterator[Revision]:
        """Yield the collected revisions of a record."""
        kind, _, record = stream.partition(":")
        with self.ledger.begin() as work:
            if kind == RecordKind.NOTEBOOK:
                wanted = sorted(version for notebook, version in collected.notebooks if notebook == record)
                found = [one for version in wanted if (one := work.revision(stream, version)) is not None]
            else:
                found = work.history(stream)
        yield from (one for one in found if one.entry.number in collected)

    def _record(self, revision: Revision, collected: Collected) -> None:
        """Write a revision; with the first one of an image its file, with the last one of a result its JSON."""
        record = revision.record_id
        self.bag.add(f"records/{revision.kind}/{record}/{revision.rev}.json", canonical(revision.content).encode())
        match revision.kind:
            case RecordKind.IMAGE if revision.rev == 1:
                self._image(Image.from_json(revision.content))
            case RecordKind.LETTER if revision.rev == 1:
                letter = Letter.from_json(revision.content)
                pieces = self.store.open(letter.file_sha256)
                self.bag.add_pieces(f"letters/{record}/{plain(letter.file_name)}", pieces, letter.file_bytes)
            case RecordKind.NOTEBOOK:
                self.bag.add(
                    f"notebooks/{record}.{revision.rev}.ipynb", _notebook(Notebook.from_json(revision.content))
                )
            case RecordKind.EXPORT if revision.content["export_kind"] == ExportKind.REPORT_PDF:
                self._sealed(f"reports/{record}.pdf", Export.from_json(revision.content))
            case RecordKind.RESULT if revision.rev == collected.streams[revision.stream]:
                with self.ledger.begin() as work:
                    made = _result(work, revision, collected)
                self.bag.add(f"results/{record}.json", pretty(made))
            case _:
                pass

    def _image(self, image: Image) -> None:
        folder = f"images/{image.image}"
        original = f"{folder}/original/{plain(image.file_name)}"
        counts = self.pixels.counts(image, self.actor)  # holds the image if its file does not verify
        self.bag.add_pieces(original, self.store.open(image.file_sha256), image.file_bytes)
        self.bag.add_pieces(f"{folder}/counts.tif", tiff_pieces(counts), tiff_size(counts))

    def _sealed(self, name: str, content: Export) -> None:
        self.bag.add_pieces(name, self.store.open(content.sha256), content.bytes)

    def _log(self, collected: Collected) -> Table:
        with Table(self.folder / "log.csv", LOG_COLUMNS) as table:
            for one in collected:
                table.add(log_row(json.loads(one.text), one.number))
        return table


def pretty(value: Json) -> bytes:
    """Return JSON for people to read, in UTF-8."""
    return (json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def plain(file_name: str) -> str:
    """Return a file name that is safe on every system; the image's record has the name as it was."""
    stem = re.sub(r"[^A-Za-z0-9._-]+", "_", file_name).lstrip(".-")[-100:]
    return stem or "image"


def _result(work: UnitOfWork, revision: Revision, collected: Collected) -> Json:
    pinned = [work.revision(f"analysis:{pin['analysis']}", pin["rev"]) for pin in revision.content["pins"]]
    analyses = [one.content for one in pinned if one is not None]
    given = [work.revision(f"signature:{name}", 1) for name in revision.content.get("signatures") or []]
    signatures = [one.content for one in given if one is not None]
    return result_json.document(revision.content, revision.rev, analyses, signatures, collected.signed)


def _notebook(content: Notebook) -> bytes:
    """Return a notebook as a file of nbformat 4.5, without outputs."""
    cells = []
    for cell in content.cells:
        made: Json = {"cell_type": cell["cell_type"], "id": cell["id"], "metadata": {}, "source": cell["source"]}
        if cell["cell_type"] == "code":
            made |= {"execution_count": None, "outputs": []}
        cells.append(made)
    kernel = {"name": "blotter", "display_name": "Blotter"}
    notebook = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return pretty(notebook)
