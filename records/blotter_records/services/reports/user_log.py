"""The user log as one file: a table (CSV), data (JSON) or on paper (PDF), with its filter and *n of N* (11.10(b)).

The bundle of the user log is the copy that verifies without this installation; these are for reading and sorting.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from blotter_records.contract.exports import ExportView, UserLogFileRequest
from blotter_records.contract.trail import TrailQuestion
from blotter_records.domain.canonical import canonical, text_digest
from blotter_records.errors import Invalid
from blotter_records.ports.entries import NewEntry, StoredEntry, TrailFilter
from blotter_records.ports.ledger import Ledger
from blotter_records.ports.rendering import Fact, LogPart, ReportDocument, ReportRenderer
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Acting, Gate
from blotter_records.services.bundles import tables
from blotter_records.services.copies.exports import Exports, MadeFile
from blotter_records.services.operating.imprint import Imprint
from blotter_records.services.reports.report_document import LONGEST_LOG, log_row
from blotter_records.services.reports.wording import compact, utc, utc_zone
from blotter_records.services.trail import reading
from blotter_records.vocabulary import Action, ExportKind

#: Entries that are read at a time.
_PAGE = 1000
_MEDIA = {"csv": "text/csv; charset=utf-8", "json": "application/json", "pdf": "application/pdf"}


@dataclass(frozen=True)
class Asked:
    """What is written: the filter in words, how many entries fit it, and how many the whole log has."""

    form: str
    filter: dict[str, Any]
    wanted: TrailFilter
    count: int
    total: int
    by: str
    at: datetime

    @property
    def n_of_n(self) -> str:
        """How many of how many."""
        return f"{self.count} of {self.total} entries"


class UserLogFiles:
    """Makes the user log, or what a filter leaves of it, as a file."""

    def __init__(
        self, ledger: Ledger, renderer: ReportRenderer, *, exports: Exports, gate: Gate, imprint: Imprint
    ) -> None:
        self._ledger = ledger
        self._renderer = renderer
        self._exports = exports
        self._gate = gate
        self._imprint = imprint

    def make(self, actor: Actor, request: UserLogFileRequest) -> ExportView:
        """Make the file, keep it, and record who made it with which filter.

        Raises
        ------
        Invalid
            ``trail.text``; ``user_log.long``: more entries than a PDF prints.
        Unavailable
            ``unavailable.fonts``, ``unavailable.renderer``.
        """
        with self._gate.acting(actor, Action.LOG_USER_EXPORT, "system") as acting:
            asked = self._asked(actor, request)
            if asked.form == "pdf" and asked.count > LONGEST_LOG:
                raise Invalid(
                    "user_log.long",
                    f"{asked.n_of_n} fit: a PDF prints at most {LONGEST_LOG}.",
                    "Narrow the filter, or make the bundle, which prints them in volumes.",
                )
            self._state(acting, asked)
            with tempfile.TemporaryDirectory(prefix="blotter-user-log-") as folder:
                path = Path(folder) / f"user-log.{asked.form}"
                pages = self._write(asked, path)
                made = MadeFile(
                    kind=ExportKind.USER_LOG,
                    record="users",
                    record_version=0,
                    made_from="system",
                    study="",
                    file_name=f"user-log-{asked.at:%Y%m%dT%H%M%SZ}.{asked.form}",
                    media_type=_MEDIA[asked.form],
                    pages=pages,
                    entries=asked.count,
                )
                return self._exports.keep(actor, acting.role, Action.LOG_USER_EXPORT, made, path)

    def _asked(self, actor: Actor, request: UserLogFileRequest) -> Asked:
        given = request.model_dump(exclude={"form"})
        question = TrailQuestion(**given)
        shown = [one.value for one in reading.USER_LOG if question.action is None or one.value in question.action]
        with self._ledger.begin() as work:
            wanted = reading.filter_of(work, question, actions=shown)
            total = work.count(
                reading.filter_of(work, TrailQuestion(), actions=[one.value for one in reading.USER_LOG])
            )
            return Asked(
                form=request.form,
                filter=request.model_dump(mode="json", exclude={"form"}, exclude_none=True),
                wanted=wanted,
                count=work.count(wanted),
                total=total,
                by=f"{actor.name()} ({actor.user_name})",
                at=self._ledger.now(),
            )

    def _state(self, acting: Acting, asked: Asked) -> None:
        """Write who exports what, before anything leaves."""
        actor = acting.actor
        said = f"filter {compact(asked.filter)}" if asked.filter else "no filter"
        with self._ledger.begin() as work:
            work.note(
                NewEntry(
                    stream="system",
                    action=Action.LOG_USER_EXPORT,
                    subject=actor.subject(acting.role),
                    context=actor.context,
                    new={"form": asked.form, "filter": asked.filter, "entries": asked.count, "of": asked.total},
                    summary=f"{actor.name()} exports the user log as {asked.form.upper()}: {asked.n_of_n}, {said}",
                )
            )
            work.commit()

    def _entries(self, asked: Asked) -> Iterator[StoredEntry]:
        """Yield what fits, oldest first; what is written meanwhile is not among it."""
        left, after = asked.count, asked.wanted.after
        while left > 0:
            with self._ledger.begin() as work:
                wanted = replace(asked.wanted, after=after, before=None, newest_first=False, limit=min(_PAGE, left))
                found = work.entries(wanted)
            if not found:
                return
            yield from found
            left -= len(found)
            after = found[-1].written.id

    def _write(self, asked: Asked, path: Path) -> int | None:
        """Write the file; return the number of pages of a PDF."""
        if asked.form == "csv":
            with tables.Table(path, tables.LOG_COLUMNS) as table:
                for one in self._entries(asked):
                    table.add(tables.log_row(one.body, one.written.number))
            return None
        if asked.form == "json":
            self._write_json(asked, path)
            return None
        rendered = self._renderer.render(self._document(asked), pictures={}, attachments=(), made_at=asked.at)
        path.write_bytes(rendered.pdf)
        return rendered.pages

    def _write_json(self, asked: Asked, path: Path) -> None:
        about = {
            "filter": asked.filter,
            "entries_here": asked.count,
            "entries_in_all": asked.total,
            "made_by": asked.by,
            "made_at": utc(asked.at),
            "installation": self._imprint.origin,
            "software": self._imprint.software,
            "marks": list(self._imprint.marks()),
        }
        with path.open("w", encoding="utf-8") as file:
            file.write('{"about":' + json.dumps(about, ensure_ascii=False) + ',"entries":[')
            for at, one in enumerate(self._entries(asked)):
                row = {"number": one.written.number, "leaf": one.written.leaf, "entry": dict(one.body)}
                file.write((",\n" if at else "\n") + json.dumps(row, ensure_ascii=False))
            file.write("\n]}\n")

    def _document(self, asked: Asked) -> ReportDocument:
        entries = list(self._entries(asked))
        said = f"{asked.n_of_n} of the user log, oldest first."
        if entries:
            said += f" Hash of the first {entries[0].written.leaf}, of the last {entries[-1].written.leaf}."
        return ReportDocument(
            title="User log",
            subtitle=asked.n_of_n,
            status="Audit trail",
            marks=self._imprint.marks(),
            notice="Static copy. The audit trail in the system prevails.",
            digest_label="Digest of the hashes below (SHA-256)",
            digest=text_digest(canonical([one.written.leaf for one in entries])),
            facts=(
                Fact("Entries", asked.n_of_n),
                Fact("Filter", compact(asked.filter) if asked.filter else "none: every entry of the user log"),
            ),
            signatures=(),
            no_signatures="A log is not signed.",
            images=(),
            logs=(LogPart("Entries", said, tuple(log_row(one, {}, "the JSON export") for one in entries)),),
            seal=(),
            seal_text="A bundle of the user log carries the checkpoint that covers it; this copy carries the hashes.",
            seal_lines=(),
            copy=(
                Fact("Printed by", asked.by),
                Fact("Printed at", utc_zone(asked.at)),
                Fact("Software", self._imprint.software),
                Fact("Installation", self._imprint.origin),
            ),
            printed=f"Printed {utc(asked.at)} UTC by {asked.by} · {asked.n_of_n} · {self._imprint.software}",
        )
