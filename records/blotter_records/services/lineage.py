"""What was made from what: an image, its analyses, the results that pin them, signatures and exports."""

from __future__ import annotations

from blotter_records.domain.records import Result
from blotter_records.ports.ledger import Revision, UnitOfWork
from blotter_records.vocabulary import RecordKind, ResultStatus


def children(work: UnitOfWork, stream: str, kind: RecordKind) -> list[Revision]:
    """Return the newest revisions of the records of a kind that were made directly from a record."""
    found = [work.latest(child) for child in work.derived(stream) if child.startswith(f"{kind.value}:")]
    return [revision for revision in found if revision is not None]


def results_of_image(work: UnitOfWork, image: str) -> list[Result]:
    """Return every result whose newest version pins an analysis of the image."""
    found: dict[str, Result] = {}
    for analysis in children(work, f"image:{image}", RecordKind.ANALYSIS):
        for result in results_of_analysis(work, analysis.record_id):
            found[result.result] = result
    return list(found.values())


def results_of_analysis(work: UnitOfWork, analysis: str) -> list[Result]:
    """Return every result whose newest version pins a version of the analysis."""
    results = [Result.from_json(one.content) for one in children(work, f"analysis:{analysis}", RecordKind.RESULT)]
    return [result for result in results if any(pin["analysis"] == analysis for pin in result.pins)]


def statuses_of_image(work: UnitOfWork, image: str) -> list[ResultStatus]:
    """Return the statuses of the results of an image."""
    return [ResultStatus(result.status) for result in results_of_image(work, image)]


def descendants(work: UnitOfWork, stream: str) -> list[str]:
    """Return the stream and those of everything made from it, each once, nearest first."""
    found = [stream]
    for one in found:
        found.extend(child for child in work.derived(one) if child not in found)
    return found
