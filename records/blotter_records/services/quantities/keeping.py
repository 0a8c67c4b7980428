"""Quantities of an analysis that changes or is saved: computed again with every change, whole in every version."""

from __future__ import annotations

from dataclasses import replace

from blotter_records.domain.records import Analysis, Image
from blotter_records.errors import Conflict
from blotter_records.ports.ledger import UnitOfWork
from blotter_records.services.quantities.computing import again
from blotter_records.services.quantities.inputs import membrane_of


def check_whole(work: UnitOfWork, content: Analysis, image: Image) -> None:
    """Check, before a version is saved, that its quantities are whole and of the membrane as it is now.

    Raises
    ------
    Conflict
        ``conflict.quantities``.
    """
    if content.quantities is None:
        return
    what = "Set the quantities again, or take them away."
    if content.quantities["problem"]:
        raise Conflict(
            "conflict.quantities", f"The quantities cannot be computed: {content.quantities['problem']}", what
        )
    membrane = membrane_of(work, image)
    pin, was = membrane.sha256 if membrane else None, content.quantities["inputs"]["membrane"]
    if pin != (was and was["sha256"]):
        raise Conflict("conflict.quantities", "The image's membrane has changed since the quantities were set.", what)


def requantified(content: Analysis) -> Analysis:
    """Return an analysis whose shapes or numbers have changed with its quantities computed again."""
    if content.quantities is None:
        return content
    return replace(content, quantities=again(content.quantities, content.shapes, content.measurements))
