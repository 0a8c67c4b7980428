"""Quality flags of an analysis on paper: each with the number behind it and the reason that was given."""

from __future__ import annotations

from collections.abc import Sequence

from blotter_records.domain.flags import FLAGS
from blotter_records.domain.records import Analysis, Image, Json
from blotter_records.ports.rendering import Column, Fact, Table
from blotter_records.services.analyses.flags import flags_of
from blotter_records.services.reports.wording import NONE
from blotter_records.services.results.flags import place_of

_COLUMNS = (
    Column("Flag", is_number=False, share=16),
    Column("On", is_number=False, share=9),
    Column("What is so", is_number=False, share=34),
    Column("Reason given", is_number=False, share=26),
    Column("By", is_number=False, share=15),
)


def flag_fact(content: Analysis, image: Image) -> Fact:
    """Return how many flags there are."""
    count = len(flags_of(content, image))
    return Fact("Quality flags", f"{count}, each in its table" if count else "none")


def flag_tables(name: str, content: Analysis, image: Image, reasons: Sequence[Json]) -> list[Table]:
    """Return the flags of a version as a table; nothing where there is none.

    Parameters
    ----------
    name : str
        ``ANL-000001.1``.
    content : Analysis
    image : Image
    reasons : sequence of dict
        ``flag_reasons`` of the result that pins it.
    """
    flags = flags_of(content, image)
    given = {place_of(one): one for one in reasons}
    rows = []
    for one in flags:
        reason = given.get((name, one.flag.value, one.shape, one.lane if one.shape is None else None), {})
        code = f"{reason['reason_code']}: " if reason.get("reason_code") else ""
        told = f"{code}{reason['reason']}" if reason else NONE
        rows.append(
            (one.flag.value, one.shape or f"lane {one.lane}", one.text, told, reason.get("given_by_name", NONE))
        )
    carried = list(dict.fromkeys(one.flag for one in flags))
    notes = (
        *(f"{one.value[0].upper()}{one.value[1:]}: {FLAGS[one].meaning}" for one in carried),
        "A flag changes no number. What each asks for is a policy; reasons are part of what is signed.",
    )
    return [Table("Quality flags", _COLUMNS, tuple(rows), notes=notes)] if flags else []
