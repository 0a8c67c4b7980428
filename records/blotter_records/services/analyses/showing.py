"""Analyses and their versions as the contract shows them."""

from __future__ import annotations

from collections.abc import Sequence

from blotter_records.contract.analyses import AnalysisVersionView, AnalysisView, Background, Measurement
from blotter_records.contract.quantities import Quantities
from blotter_records.contract.shapes import Shape
from blotter_records.domain.records import Analysis, Image, Result
from blotter_records.domain.workflow import OPEN_FOR_CHANGE
from blotter_records.errors import NotFound
from blotter_records.ports.entries import Revision
from blotter_records.ports.ledger import UnitOfWork
from blotter_records.services.acting.gate import newest_of
from blotter_records.services.acting.writing import entry_ref
from blotter_records.services.analyses.departures import protocol_view
from blotter_records.services.analyses.edits import finding_view
from blotter_records.services.analyses.flags import flags_of
from blotter_records.services.images import images, lineage
from blotter_records.vocabulary import ResultStatus


def found(work: UnitOfWork, analysis: str) -> Revision:
    """Return the newest revision of an analysis. Raises ``NotFound('not_found.analysis')``."""
    return newest_of(work, f"analysis:{analysis}")


def version_revision(work: UnitOfWork, analysis: str, version: int) -> Revision:
    """Return the revision that is a saved version. Raises ``NotFound('not_found.version')``."""
    versions = Analysis.from_json(found(work, analysis).content).versions
    if not 1 <= version <= len(versions):
        raise NotFound("not_found.version", f"There is no version {analysis}.{version}.")
    revision = work.revision(f"analysis:{analysis}", versions[version - 1]["rev"])
    assert revision is not None
    return revision


def version_view(work: UnitOfWork, revision: Revision) -> AnalysisVersionView:
    """Return a saved version as the contract shows it."""
    image = Image.from_json(images.found(work, str(revision.content["image"])).content)
    return _version_view(revision, image, lineage.results_of_analysis(work, revision.record_id))


def _version_view(revision: Revision, image: Image, results: Sequence[Result]) -> AnalysisVersionView:
    """Return a saved version, given its image and the results that pin any of the analysis."""
    content = Analysis.from_json(revision.content)
    version = content.versions[-1]["version"]
    pinned = [
        result.result
        for result in results
        if any(pin["analysis"] == content.analysis and pin["version"] == version for pin in result.pins)
    ]
    return AnalysisVersionView(
        id=f"{content.analysis}.{version}",
        analysis=content.analysis,
        version=version,
        image=content.image,
        shapes=[Shape.model_validate(shape) for shape in content.shapes],
        background=Background.model_validate(content.background),
        measurements=[Measurement.model_validate(one) for one in content.measurements],
        digest=content.digest,
        formula_set=content.formula_set,
        saved_by=revision.subject.printed_name or "",
        saved_at=revision.entry.at,
        reason=content.reason,
        results=pinned,
        finding=finding_view(content),
        quantities=quantities_view(content),
        flags=flags_of(content, image),
        protocol=protocol_view(content),
    )


def analysis_view(work: UnitOfWork, revision: Revision) -> AnalysisView:
    """Return an analysis as it stands: three questions more, however many versions it has."""
    content = Analysis.from_json(revision.content)
    image = Image.from_json(images.found(work, content.image).content)
    results = lineage.results_of_analysis(work, content.analysis)
    frozen = _frozen_by(results)
    versions = work.history(revision.stream, [one["rev"] for one in content.versions])
    return AnalysisView(
        analysis=content.analysis,
        image=content.image,
        study=content.study,
        rev=revision.rev,
        shapes=[Shape.model_validate(shape) for shape in content.shapes],
        background=Background.model_validate(content.background),
        measurements=[Measurement.model_validate(one) for one in content.measurements],
        formula_set=content.formula_set,
        is_saved=content.is_saved,
        is_editable=not frozen,
        why_not_editable=frozen,
        versions=[_version_view(one, image, results) for one in versions],
        next_shape=f"S{content.next_shape}",
        finding=finding_view(content),
        quantities=quantities_view(content),
        flags=flags_of(content, image),
        protocol=protocol_view(content),
        entry=entry_ref(revision.entry),
    )


def quantities_view(content: Analysis) -> Quantities | None:
    """Return the quantities of an analysis; None where none were set."""
    return None if content.quantities is None else Quantities.model_validate(content.quantities)


def frozen_by(work: UnitOfWork, content: Analysis) -> str:
    """Return why the analysis may not be changed, or nothing."""
    return _frozen_by(lineage.results_of_analysis(work, content.analysis))


def _frozen_by(results: Sequence[Result]) -> str:
    for result in results:
        if ResultStatus(result.status) not in OPEN_FOR_CHANGE:
            shown = result.status.replace("_", " ")
            return f"{result.result} pins this analysis and is {shown}. Start another analysis of the image instead."
    return ""
