"""The tables of exports as CSV (RFC 4180, UTF-8); the verifier makes the same rows again from the records."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from blotter_records.domain.canonical import canonical
from blotter_records.ports.ledger import StoredEntry
from blotter_records.services.dossier import Dossier
from blotter_records.vocabulary import RecordKind

SIGNATURE_COLUMNS = (
    "signature", "result", "version", "action", "action_description", "meaning", "printed_name", "user_name", "role",
    "signed_at", "zone", "digest", "comment", "reason", "statement",
)  # fmt: skip
MEASUREMENT_COLUMNS = (
    "analysis", "version", "shape", "area", "total", "mean", "minimum", "maximum", "standard_deviation", "median",
    "background", "background_standard_deviation", "background_pixels", "background_excluded", "signal", "snr",
    "saturated", "saturated_fraction", "notes",
)  # fmt: skip
LOG_COLUMNS = (
    "number", "id", "at", "zone", "stream", "rev", "action", "outcome", "record_id", "record_version", "account",
    "user_name", "printed_name", "role", "service", "session", "address", "notebook", "notebook_version", "cell",
    "reason", "summary", "old", "new", "signature", "software",
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


def table(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Return rows as CSV with a head line."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([cell(row.get(column)) for column in columns] for row in rows)
    return text.getvalue().encode()


def log(entries: Iterable[StoredEntry]) -> bytes:
    """Return entries as CSV, by number; those without one come last."""
    ordered = sorted(entries, key=lambda one: (one.written.number is None, one.written.number or one.written.id))
    return table(LOG_COLUMNS, ({**one.body, "number": one.written.number} for one in ordered))


def signatures(dossier: Dossier) -> bytes:
    """Return every signature with its manifestation as CSV, by its name."""
    bodies = {one.written.id: one.body for one in dossier.entries}
    given = sorted((one for one in dossier.revisions if one.kind is RecordKind.SIGNATURE), key=_place)
    return table(SIGNATURE_COLUMNS, ({**one.content, "signed_at": bodies[one.entry.id]["at"]} for one in given))


def measurements(dossier: Dossier) -> bytes:
    """Return the numbers of every saved version of every analysis as CSV: stored values, not rounded."""
    saved = [
        (one, version["version"])
        for one in sorted((one for one in dossier.revisions if one.kind is RecordKind.ANALYSIS), key=_place)
        for version in one.content["versions"]
        if version["rev"] == one.rev
    ]
    return table(
        MEASUREMENT_COLUMNS,
        (
            {"analysis": one.record_id, "version": version, **row}
            for one, version in saved
            for row in one.content["measurements"]
        ),
    )


def _place(revision: Any) -> tuple[str, int]:
    return revision.stream, revision.rev
