"""Which analysis versions a version of a result pins, and the digest over them (11.70)."""

from __future__ import annotations

from collections.abc import Sequence

from blotter_records.domain.digests import result_digest
from blotter_records.domain.records import Analysis, Json, Result
from blotter_records.errors import Invalid
from blotter_records.ports.ledger import Revision, UnitOfWork
from blotter_records.services import analyses


def take(work: UnitOfWork, ids: Sequence[str]) -> list[Revision]:
    """Return the revisions of versions like ``ANL-000042.3``, their analyses locked until the transaction ends.

    Raises
    ------
    NotFound
        ``not_found.analysis``, ``not_found.version``.
    Invalid
        ``result.pins`` for two versions of one analysis.
    """
    wanted = [(analysis, int(version)) for analysis, _, version in (one.partition(".") for one in ids)]
    if len({analysis for analysis, _ in wanted}) != len(wanted):
        raise Invalid("result.pins", "A result pins at most one version of each analysis.")
    # Locked in one order, so that two requests cannot wait for each other.
    for analysis, _ in sorted(wanted):
        work.lock(f"analysis:{analysis}")
    return [analyses.version_revision(work, analysis, version) for analysis, version in wanted]


def pins_of(pinned: Sequence[Revision]) -> list[Json]:
    """Return pins as a result holds them."""
    return [
        {"analysis": one.record_id, "version": one.version, "rev": one.rev, "digest": one.content["digest"]}
        for one in pinned
    ]


def images_of(pinned: Sequence[Revision]) -> list[str]:
    """Return the images of pinned versions, each once, sorted."""
    return sorted({Analysis.from_json(one.content).image for one in pinned})


def pinned_by(work: UnitOfWork, content: Result) -> list[Revision]:
    """Return the revisions that a version of a result pins, in the order of the pins."""
    pinned = [work.revision(f"analysis:{pin['analysis']}", pin["rev"]) for pin in content.pins]
    return [revision for revision in pinned if revision is not None]


def digest_of(result: str, version: int, title: str, pinned: Sequence[Revision]) -> str:
    """Return the digest that a signature on this version binds."""
    return result_digest(
        result, version, title, [(one.record_id, one.version or 0, Analysis.from_json(one.content)) for one in pinned]
    )


def computed_digest(work: UnitOfWork, content: Result) -> str:
    """Return the digest of a version of a result, computed again from the records that it pins."""
    return digest_of(content.result, content.version, content.title, pinned_by(work, content))
