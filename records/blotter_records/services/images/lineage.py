"""What was made from what: an image, its analyses, the results that pin them, signatures and exports."""

from __future__ import annotations

from blotter_records.domain.records import Image, Result
from blotter_records.domain.workflow import image_status
from blotter_records.ports.entries import RecordFilter, Revision
from blotter_records.ports.ledger import UnitOfWork
from blotter_records.vocabulary import ImageStatus, RecordKind, ResultStatus

#: More records than anything has: read in one go.
_ALL = 2**31 - 1


def analyses_of_image(work: UnitOfWork, image: str) -> list[Revision]:
    """Return the newest revisions of every analysis of an image, oldest first."""
    if work.as_of is not None:
        return _then(work, f"image:{image}", RecordKind.ANALYSIS)
    wanted = RecordFilter(RecordKind.ANALYSIS, keys=((f"image:{image}",),), limit=_ALL)
    return [one.revision for one in work.search(wanted)]


def results_of_image(work: UnitOfWork, image: str) -> list[Result]:
    """Return every result whose newest version pins an analysis of the image."""
    if work.as_of is not None:
        found = [Result.from_json(one.content) for one in _then(work, f"image:{image}", RecordKind.RESULT)]
        return [result for result in found if image in result.images]
    return _results(work, f"image:{image}")


def results_of_analysis(work: UnitOfWork, analysis: str) -> list[Result]:
    """Return every result whose newest version pins a version of the analysis."""
    if work.as_of is not None:
        found = [Result.from_json(one.content) for one in _then(work, f"analysis:{analysis}", RecordKind.RESULT)]
        return [result for result in found if any(pin["analysis"] == analysis for pin in result.pins)]
    return _results(work, f"analysis:{analysis}")


def _then(work: UnitOfWork, stream: str, kind: RecordKind) -> list[Revision]:
    """Return what was made from a record, as it stood then; search keys tell only how it stands now."""
    made = sorted(one for one in work.descendants(stream) if one.startswith(f"{kind.value}:"))
    return [revision for one in made if (revision := work.latest(one)) is not None]


def _results(work: UnitOfWork, key: str) -> list[Result]:
    found = work.search(RecordFilter(RecordKind.RESULT, keys=((key,),), limit=_ALL))
    return [Result.from_json(one.revision.content) for one in found]


def status_of(work: UnitOfWork, image: Image) -> ImageStatus:
    """Return the status of an image, from its results, its analyses, and what is noted at the image itself."""
    results = [ResultStatus(one.status) for one in results_of_image(work, image.image)]
    return image_status(
        results,
        has_analysis=bool(results) or bool(analyses_of_image(work, image.image)),
        is_on_hold=image.hold is not None,
        is_invalidated=image.invalidation is not None,
    )


def image_keys(work: UnitOfWork, image: Image) -> list[str]:
    """Return the search keys of an image: those of its content, and its status."""
    return sorted({*image.keys(), f"status:{status_of(work, image).value}"})


def refresh(work: UnitOfWork, *images: str) -> None:
    """Find images by the status that they have now, after something of theirs has changed."""
    for name in sorted(set(images)):
        revision = work.latest(f"image:{name}")
        if revision is not None:
            image = Image.from_json(revision.content)
            work.index(revision.stream, study=image.study, keys=image_keys(work, image))
