"""The log of a bundle on paper: PDF volumes of so many entries, one made after the other."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from blotter_records.contract.signing import SignatureView
from blotter_records.domain.canonical import canonical, text_digest
from blotter_records.domain.records import Json, Notebook
from blotter_records.ports.entries import StoredEntry
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.ports.rendering import Fact, LogPart, ReportDocument, ReportRenderer
from blotter_records.ports.seals import Seal
from blotter_records.services.bundles.collecting import Collected
from blotter_records.services.bundles.scopes import Scope
from blotter_records.services.operating.imprint import Imprint
from blotter_records.services.reports.report_document import log_row, seal_facts, signature_part
from blotter_records.services.reports.wording import compact, utc, utc_zone
from blotter_records.services.signing.manifestation import signature_view
from blotter_records.vocabulary import RecordKind

#: Entries of one volume, at most: setting them takes about half a minute, and memory in proportion.
LARGEST = 5_000


@dataclass(frozen=True)
class Printing:
    """What every volume says."""

    scope: Scope
    seal: Seal
    digest: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Volume:
    """A volume that was made; ``file`` is its name in the bundle."""

    file: str
    path: Path
    sha256: str
    volume: int
    entries: int
    first: int
    last: int

    def as_json(self) -> Json:
        """Return what a bundle says of it."""
        names = ("file", "sha256", "volume", "entries", "first", "last")
        return {name: getattr(self, name) for name in names}


class Volumes:
    """Prints logs."""

    def __init__(self, ledger: Ledger, renderer: ReportRenderer, imprint: Imprint, largest: int = LARGEST) -> None:
        self._ledger = ledger
        self._renderer = renderer
        self._imprint = imprint
        self._largest = largest

    def make(self, printing: Printing, collected: Collected, folder: Path) -> list[Volume]:
        """Print the entries by number.

        Raises
        ------
        Unavailable
            ``unavailable.fonts``, ``unavailable.renderer``.
        """
        of = max(1, -(-len(collected) // self._largest))
        made: list[Volume] = []
        with self._ledger.begin() as work:
            names = _notebook_names(work, collected)
        entries = iter(collected)
        for number in range(1, of + 1):
            stored = [one.stored() for one in islice(entries, self._largest)]
            made.append(self._volume(printing, stored, names, (number, of, len(collected)), folder))
        return made

    def _volume(
        self,
        printing: Printing,
        entries: list[StoredEntry],
        names: Mapping[str, str],
        place: tuple[int, int, int],
        folder: Path,
    ) -> Volume:
        number, of, _ = place
        with self._ledger.begin() as work:
            signatures = list(_signatures(work, entries))
        document = self._document(printing, entries, names, place, signatures)
        rendered = self._renderer.render(document, pictures={}, attachments=(), made_at=printing.at)
        name = f"log-{number:03d}-of-{of:03d}.pdf"
        path = folder / name
        path.write_bytes(rendered.pdf)
        numbers = [one.written.number or 0 for one in entries]
        return Volume(
            file=f"data/logs/{name}",
            path=path,
            sha256=hashlib.sha256(rendered.pdf).hexdigest(),
            volume=number,
            entries=len(entries),
            first=min(numbers, default=0),
            last=max(numbers, default=0),
        )

    def _document(
        self,
        printing: Printing,
        entries: list[StoredEntry],
        names: Mapping[str, str],
        place: tuple[int, int, int],
        signatures: list[tuple[SignatureView, int]],
    ) -> ReportDocument:
        number, of, total = place
        scope, seal = printing.scope, printing.seal
        asked = compact(scope.asked) if scope.asked else "none: every entry"
        return ReportDocument(
            title=f"Log, volume {number} of {of}",
            subtitle=scope.title,
            status="Audit trail",
            marks=self._imprint.marks(),
            notice="Static copy. The entries in the bundle's data/trail/entries.jsonl are the dynamic form of it.",
            digest_label="Digest of all entries (SHA-256)",
            digest=printing.digest,
            facts=(
                Fact("Copy of", scope.title),
                Fact("Entries", f"{len(entries)} of {total}, by number; volume {number} of {of}"),
                Fact("Recorded until", f"number {seal.size} of the audit trail; what is not of this copy is left out"),
                Fact("Filter", asked),
            ),
            signatures=tuple(signature_part(view, version) for view, version in signatures),
            no_signatures="No signature was given in the entries of this volume.",
            images=(),
            logs=(
                LogPart(
                    title="Entries",
                    statement=_statement(entries, total),
                    rows=tuple(log_row(entry, names, "data/trail/entries.jsonl") for entry in entries),
                ),
            ),
            seal=seal_facts(seal, self._imprint),
            seal_text="Every entry of this volume is covered by this checkpoint of the whole audit trail.",
            seal_lines=tuple(seal.note.splitlines()),
            copy=(
                Fact("Printed by", printing.by),
                Fact("Printed at", utc_zone(printing.at)),
                Fact("Software", self._imprint.software),
                Fact("Installation", self._imprint.origin),
            ),
            printed=f"Printed {utc(printing.at)} UTC by {printing.by} · {self._imprint.software}",
        )


def logs_digest(volumes: list[Json]) -> str:
    """Return the digest that binds what a bundle says of its volumes."""
    return text_digest(canonical(volumes))


def _statement(entries: list[StoredEntry], total: int) -> str:
    if not entries:
        return "No entry of the audit trail belongs here."
    first, last = entries[0].written, entries[-1].written
    return (
        f"{len(entries)} of {total} entries, numbers {first.number} to {last.number} (those missing between belong to "
        f"other records); none was left out. Hash of the first {first.leaf}, of the last {last.leaf}."
    )


def _signatures(work: UnitOfWork, entries: list[StoredEntry]) -> Iterator[tuple[SignatureView, int]]:
    """Yield the signatures that were given in these entries, each with the newest version of what it is on."""
    size = work.tree_size()
    for one in entries:
        if one.body["record_kind"] == RecordKind.SIGNATURE and one.written.rev is not None:
            revision = work.latest(one.written.stream)
            assert revision is not None
            signed = work.latest(f"{revision.content['record_kind']}:{revision.content['record']}")
            is_result = signed is not None and signed.kind is RecordKind.RESULT
            version = signed.content["version"] if signed is not None and is_result else revision.content["version"]
            yield signature_view(work, revision, version, size), version


def _notebook_names(work: UnitOfWork, collected: Collected) -> dict[str, str]:
    found = {name: work.latest(f"notebook:{name}") for name in sorted({name for name, _ in collected.notebooks})}
    return {
        name: Notebook.from_json(revision.content).called for name, revision in found.items() if revision is not None
    }
