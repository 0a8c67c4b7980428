"""Wells of a plate on paper: each with its numbers, and the groups."""

from __future__ import annotations

from blotter_records.contract.plates import PlateNumbers
from blotter_records.ports.rendering import Column, Table
from blotter_records.services.reports.wording import six

_WELLS = (
    Column("Well", is_number=False, share=8),
    Column("Taken for", is_number=False, share=12),
    Column("Group", is_number=False, share=14),
    Column("Corrected", "counts·px", share=15),
    Column("Normaliser", "counts·px", share=15),
    Column("Value", share=12),
    Column("Of control", "%", share=10),
    Column("Left out", is_number=False, share=14),
)
_GROUPS = (
    Column("Group", is_number=False, share=24),
    Column("n", share=8),
    Column("Left out", share=10),
    Column("Mean", share=14),
    Column("SD", share=14),
    Column("SEM", share=12),
    Column("CV", "%", share=8),
    Column("Of control", "%", share=10),
)


def plate_tables(plate: PlateNumbers | None) -> list[Table]:
    """Return the tables of wells and groups, six significant digits; none where no plate was set."""
    if plate is None:
        return []
    wells = tuple(
        (
            one.well,
            one.use.value,
            one.group,
            *map(six, (one.corrected, one.normaliser, one.value, one.percent)),
            one.left_out or ("saturated" if one.is_saturated else ""),
        )
        for one in plate.wells
    )
    groups = tuple(
        (
            one.group,
            str(one.n),
            str(one.excluded),
            *map(six, (one.mean, one.standard_deviation, one.standard_error, one.cv, one.percent)),
        )
        for one in plate.groups
    )
    notes = (
        "Corrected, Normaliser = Signal − mean Signal of the background wells, in each channel.",
        "Value = Corrected / Normaliser; without a normaliser it is Corrected.",
        "Of control = 100 · Value / mean Value of the control wells.",
        *([f"Z′ = {six(plate.z_prime)}"] if plate.z_prime is not None else []),
    )
    made = [Table("Wells", _WELLS, wells, notes)]
    if groups:
        made.append(
            Table("Wells by group", _GROUPS, groups, ("n counts wells that have a Value and are not left out.",))
        )
    return made
