"""Changing an analysis: the same checks before and the same entry after, whatever the change is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from blotter_records.contract.analyses import AnalysisView, GestureRequest, SaveRequest
from blotter_records.contract.finding import FindRequest
from blotter_records.contract.quantities import QuantitiesRequest
from blotter_records.contract.wells import FindWellsRequest
from blotter_records.domain.records import Analysis, Image, Json
from blotter_records.ports.entries import Revision
from blotter_records.ports.ledger import UnitOfWork
from blotter_records.services.acting import repeats
from blotter_records.services.acting.gate import Acting
from blotter_records.services.acting.stale import check_current
from blotter_records.services.acting.writing import write
from blotter_records.services.analyses.allowed import check_open, usable
from blotter_records.services.analyses.showing import analysis_view, found
from blotter_records.services.studies.versions import with_maker

ChangeRequest = GestureRequest | FindRequest | FindWellsRequest | QuantitiesRequest | SaveRequest


@dataclass(frozen=True)
class Draft:
    """An analysis as it stands, locked until the work ends, and its image."""

    before: Revision
    content: Analysis
    image: Image

    def changed(self, acting: Acting, **fields: Any) -> Analysis:
        """Return the analysis with other fields: changed by who acts, saved as no version yet."""
        by = with_maker(self.content.contributors, acting.actor)
        return replace(self.content, **fields, contributors=by, is_saved=False, digest="", reason="")


def opened(work: UnitOfWork, acting: Acting, analysis: str, request: ChangeRequest) -> Draft | AnalysisView:
    """Lock an analysis and return it to be changed, or the answer that the same request was given before.

    Raises
    ------
    NotFound, Conflict
        No such analysis, or none to see; the status of its image; ``conflict.idempotency``; ``conflict.stale`` with
        what changed meanwhile; ``conflict.frozen`` while a result that pins it is submitted or further.
    """
    stream = f"analysis:{analysis}"
    work.lock(stream)
    before = found(work, analysis)
    content = Analysis.from_json(before.content)
    image = usable(work, acting, content.image)
    answer = repeats.answered(work, acting.actor, request, stream, AnalysisView)
    if answer is not None:
        return answer
    check_current(work, before, request.expected_rev)
    check_open(work, content)
    return Draft(before, content, image)


def write_change(
    work: UnitOfWork,
    acting: Acting,
    draft: Draft,
    after: Analysis,
    request: ChangeRequest,
    *,
    old: Json,
    new: Json,
    summary: str,
) -> AnalysisView:
    """Write the analysis as it stands afterwards, keep the answer for the same request, and commit."""
    revision = write(
        work,
        acting.actor,
        acting.role,
        acting.action,
        after,
        record_id=after.analysis,
        expected_rev=draft.before.rev,
        old=old,
        new=new,
        summary=summary,
    )
    view = analysis_view(work, revision)
    repeats.keep(work, acting.actor, request, draft.before.stream, view)
    work.commit()
    return view
