"""Wells that were found without a person, as a report tells of them."""

from __future__ import annotations

from blotter_records.contract.finding import FindingView
from blotter_records.contract.wells import WellGrid
from blotter_records.ports.rendering import Fact
from blotter_records.services.reports.wording import six


def well_facts(finding: FindingView, grid: WellGrid, edits: str) -> list[Fact]:
    """Return how many wells were found by what grid, which of them were not seen, and what people changed."""
    radius = f"radius {six(grid.radius)} px asked for" if grid.radius else "radius measured"
    unseen = [one.label for one in finding.wells if one.is_on_grid]
    return [
        Fact(
            "Found without a person",
            f"{len(finding.wells)} wells in {grid.rows} rows of {grid.columns} ({radius})",
        ),
        *([Fact("Not seen, placed by the grid", ", ".join(unseen))] if unseen else []),
        Fact("Changed by people since", edits or "nothing"),
    ]
