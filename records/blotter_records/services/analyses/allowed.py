"""Whether an analysis can be worked on: its image, and what pins it."""

from __future__ import annotations

from blotter_records.domain.records import Analysis, Image
from blotter_records.errors import Conflict
from blotter_records.ports.ledger import UnitOfWork
from blotter_records.services.acting.gate import Acting
from blotter_records.services.analyses.showing import frozen_by
from blotter_records.services.images import images, lineage
from blotter_records.services.images.quantifying import check_quantifiable


def usable(work: UnitOfWork, acting: Acting, image: str) -> Image:
    """Return an image that may be measured, after membership and status. Raises as :meth:`Acting.on`."""
    content = Image.from_json(images.found(work, image).content)
    acting.on(work, content.study, status=lineage.status_of(work, content).value)
    check_quantifiable(acting.actor, content)
    return content


def check_open(work: UnitOfWork, content: Analysis) -> None:
    """Check that nothing that is submitted pins the analysis. Raises ``Conflict('conflict.frozen')``."""
    frozen = frozen_by(work, content)
    if frozen:
        raise Conflict("conflict.frozen", frozen)
