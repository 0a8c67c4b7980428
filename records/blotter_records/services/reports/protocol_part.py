"""The analysis protocol on paper: which version made an analysis, what differs from it, and its report columns."""

from __future__ import annotations

from dataclasses import replace

from blotter_records.domain.records import Analysis
from blotter_records.ports.rendering import Fact, Table
from blotter_records.services.analyses.departures import protocol_view

#: Columns that stand in a table whatever a protocol chooses: they say of which shape a row is.
_ALWAYS = {"Shape", "Label", "Where"}


def protocol_facts(content: Analysis) -> list[Fact]:
    """Return by which version of which protocol an analysis was made, and everything that differs from it."""
    made = protocol_view(content)
    if made is None:
        return [Fact("Protocol", "none: analysed by hand")]
    return [
        Fact("Protocol", f"{made.protocol}.{made.version} “{made.name}” (SHA-256 {made.sha256[:12]}…)"),
        Fact("Differs from the protocol", "; ".join(made.differences) or "in nothing"),
    ]


def chosen_columns(table: Table, content: Analysis) -> tuple[Table, ...]:
    """Return a table of numbers with the columns that the protocol chose; nothing where none of them is in it."""
    columns = (content.protocol or {}).get("columns", [])
    if not columns:
        return (table,)
    kept = [at for at, one in enumerate(table.columns) if one.name in _ALWAYS or one.name in columns]
    if all(table.columns[at].name in _ALWAYS for at in kept):
        return ()
    left = [one.name for at, one in enumerate(table.columns) if at not in kept]
    note = f"Columns by the protocol; left out: {', '.join(left)}. They are in the attached data.json."
    return (
        replace(
            table,
            columns=tuple(table.columns[at] for at in kept),
            rows=tuple(tuple(row[at] for at in kept) for row in table.rows),
            notes=(*table.notes, *((note,) if left else ())),
        ),
    )
