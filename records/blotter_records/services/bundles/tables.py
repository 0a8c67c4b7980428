"""The tables of exports as CSV (RFC 4180, UTF-8); the verifier makes the same rows again from the records."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from blotter_records.domain.canonical import canonical
from blotter_records.ports.entries import Revision, StoredEntry

SIGNATURE_COLUMNS = (
    "signature", "record", "version", "action", "action_description", "meaning", "printed_name", "user_name", "role",
    "signed_at", "zone", "digest", "comment", "reason", "statement",
)  # fmt: skip
MEASUREMENT_COLUMNS = (
    "analysis", "version", "shape", "area", "total", "mean", "minimum", "maximum", "standard_deviation", "median",
    "background", "background_standard_deviation", "background_pixels", "background_excluded", "signal", "snr",
    "saturated", "saturated_fraction", "notes",
)  # fmt: skip
LOG_COLUMNS = (
    "number", "id", "at", "zone", "offset", "stream", "rev", "action", "outcome", "record_id", "record_version",
    "account", "user_name", "printed_name", "role", "service", "session", "address", "process", "os_user", "initiator",
    "notebook", "notebook_version", "notebook_sha256", "cell", "instrument", "reason_code", "reason", "summary", "old",
    "new", "signature", "proposer", "authoriser", "configuration", "software",
)  # fmt: skip

#: With these a spreadsheet program takes a cell for a formula (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def cell(value: Any) -> str:
    """Return a value as a cell: text as it is (an apostrophe before what looks like a formula), the rest as JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    return canonical(value)


class Table:
    """A table that is written row by row.

    Parameters
    ----------
    path : Path
    columns : sequence of str
        The head line.
    """

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self.path = path
        self._columns = columns
        self._file = path.open("w", newline="", encoding="utf-8")
        self._writer = csv.writer(self._file)
        self._writer.writerow(columns)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, row: Mapping[str, Any]) -> None:
        """Write a row."""
        self._writer.writerow([cell(row.get(column)) for column in self._columns])


def log(entries: Iterable[StoredEntry]) -> bytes:
    """Return entries as CSV, by number; those without one come last."""
    ordered = sorted(entries, key=lambda one: (one.written.number is None, one.written.number or one.written.id))
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(LOG_COLUMNS)
    for one in ordered:
        row = log_row(one.body, one.written.number)
        writer.writerow([cell(row.get(column)) for column in LOG_COLUMNS])
    return text.getvalue().encode()


def log_row(body: Mapping[str, Any], number: int | None) -> Mapping[str, Any]:
    """Return an entry as a row of the log."""
    return {**body, "number": number}


def measurement_rows(revision: Revision) -> Iterator[Mapping[str, Any]]:
    """Yield the numbers of a revision of an analysis, if it is a saved version: stored values, not rounded."""
    for saved in revision.content["versions"]:
        if saved["rev"] == revision.rev:
            for row in revision.content["measurements"]:
                yield {"analysis": revision.record_id, "version": saved["version"], **row}
