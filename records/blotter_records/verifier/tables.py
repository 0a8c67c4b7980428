"""What the records say in other forms: results as JSON, tables as CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from itertools import chain, zip_longest
from typing import Any

from blotter_records.verifier.bundle import Bundle
from blotter_records.verifier.entries import rows_of
from blotter_records.verifier.faults import Fault, Json, canonical, parse
from blotter_records.verifier.files import Files

#: A result as JSON.
RESULT_FIELDS = (
    "result", "version", "title", "study", "status", "digest", "images", "layers", "supersedes", "successor",
    "deviation", "flag_reasons", "unused_reasons", "contributors", "created_by", "created_by_name", "reason",
)  # fmt: skip
ANALYSIS_FIELDS = ("image", "file_sha256", "pixels_sha256", "background", "formula_set")
SIGNATURE_FIELDS = (
    "signature", "version", "action", "action_description", "meaning", "printed_name", "user_name", "role", "digest",
    "comment", "reason", "reason_code", "statement",
)  # fmt: skip
UNITS = {
    "area": "px", "total": "counts·px", "mean": "counts", "minimum": "counts", "maximum": "counts",
    "standard_deviation": "counts", "median": "counts", "background": "counts",
    "background_standard_deviation": "counts", "background_pixels": "px", "background_excluded": "px",
    "signal": "counts·px", "snr": "1", "saturated": "px", "saturated_fraction": "1",
}  # fmt: skip
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


def check_result_files(bundle: Bundle) -> Iterator[str]:
    """Check that the JSON of each result is what the records say."""
    newest: dict[str, int] = {}
    for stream, rev in bundle.records.digests:
        kind, _, record = stream.partition(":")
        if kind == "result":
            newest[record] = max(rev, newest.get(record, 0))
    for name in bundle.files.below("data/results/"):
        if name.removeprefix("data/results/").removesuffix(".json") not in newest:
            yield f"{name}: no result of the records belongs to it"
    for result, rev in newest.items():
        name = f"data/results/{result}.json"
        try:
            if canonical(bundle.files.json(name)) != canonical(result_as_json(bundle, f"result:{result}", rev)):
                yield f"{name}: not what the records say"
        except Fault as fault:
            yield str(fault)


def result_as_json(bundle: Bundle, stream: str, rev: int) -> Json:
    """Return the JSON of a result as it follows from the records (format blotter-result/1)."""
    records = bundle.records
    content = records.get(stream, rev)
    analyses = []
    for pin in content["pins"]:
        analysis = records.get(f"analysis:{pin['analysis']}", pin["rev"])
        numbers = {
            row["shape"]: {name: value for name, value in row.items() if name != "shape"}
            for row in analysis["measurements"]
        }
        quantities = {} if analysis.get("quantities") is None else {"quantities": analysis["quantities"]}
        analyses.append({
            **{name: pin[name] for name in ("analysis", "version", "digest")},
            **{name: analysis[name] for name in ANALYSIS_FIELDS},
            "shapes": [{**one, "measurements": numbers.get(one["shape"])} for one in analysis["shapes"]],
            **quantities,
        })  # fmt: skip
    signatures = [
        {**{name: one.get(name) for name in SIGNATURE_FIELDS}, **bundle.trail.signed_at(one["signature"])}
        for one in (records.get(f"signature:{name}", 1) for name in content.get("signatures") or [])
    ]
    return {
        "format": "blotter-result/1",
        "revision": rev,
        **{name: content.get(name) for name in RESULT_FIELDS},
        "units": UNITS,
        "analyses": analyses,
        "signatures": signatures,
    }


def check_tables(bundle: Bundle) -> Iterator[str]:
    """Check that the CSV tables say what the records say."""
    files, records = bundle.files, bundle.records
    signatures = ({**content, **bundle.trail.signed_at(name)} for name, _, content in records.every("signature"))
    yield from _table(files, "signatures", SIGNATURE_COLUMNS, signatures)
    measured = (
        {"analysis": analysis, "version": saved["version"], **row}
        for analysis, rev, content in records.every("analysis")
        for saved in content["versions"]
        if saved["rev"] == rev
        for row in content["measurements"]
    )
    yield from _table(files, "measurements", MEASUREMENT_COLUMNS, measured)
    log = (
        {**parse(row["text"], f"entry {number}"), "number": number}
        for number, row in rows_of(files)
        if number != bundle.about.get("statement")
    )
    yield from _table(files, "log", LOG_COLUMNS, log)


def _table(files: Files, table: str, columns: tuple[str, ...], rows: Iterable[Json]) -> Iterator[str]:
    """Check that a table has these rows."""
    name = f"data/tables/{table}.csv"
    given = csv.reader(files.lines(name))
    expected = chain([list(columns)], ([cell(row.get(column)) for column in columns] for row in rows))
    for at, (said, right) in enumerate(zip_longest(given, expected), 1):
        if said != right:
            what = "it ends too early" if said is None else "it goes on" if right is None else f"line {at}"
            yield f"{name}: not what the records say ({what})"
            return


def cell(value: Any) -> str:
    """Return a value as a CSV cell; text that a spreadsheet would take for a formula gets an apostrophe before it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return "'" + value if value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value
    return canonical(value)
