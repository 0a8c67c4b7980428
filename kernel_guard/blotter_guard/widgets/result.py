"""`Result(image=...)`: makes results from saved analyses of an image, and shows where they stand."""

from __future__ import annotations

from typing import Any

from blotter_records.client import RecordsClient
from blotter_records.contract.analyses import AnalysisVersionView
from blotter_records.contract.base import ResultId
from blotter_records.contract.flags import FlagReasonRequest
from blotter_records.contract.results import ResultRequest, ResultVersionRequest, ResultView, ResumeRequest
from blotter_records.contract.searching import RecordQuestion
from blotter_records.contract.unused import UnusedReasonRequest
from blotter_records.vocabulary import Action, RecordKind, ResultStatus

from blotter_guard.registry import widget
from blotter_guard.widgets.base import BlotterWidget
from blotter_guard.widgets.reasons import reasons_of
from blotter_guard.widgets.requests import Given, answers

#: Approved results that are offered to be replaced, newest first.
_OFFERED = 100


class Pins(ResultRequest, Given):
    """Makes a result of these analysis versions."""


class NewPins(ResultVersionRequest, Given):
    """Makes the next version of a result."""

    result: ResultId


class Resumed(ResumeRequest, Given):
    """Takes a returned result back into analysis."""

    result: ResultId


class Answered(FlagReasonRequest, Given):
    """Gives a reason for quality flags of a result."""

    result: ResultId


class Unused(UnusedReasonRequest, Given):
    """Says why a result does not use scans or analyses."""

    result: ResultId


class Which(Given):
    """Names a result."""

    result: ResultId


def version_row(version: AnalysisVersionView) -> dict[str, Any]:
    """Return what a list says about an analysis version (the numbers are on the viewer and in the report)."""
    return {
        "id": version.id,
        "version": version.version,
        "saved_by": version.saved_by,
        "saved_at": version.saved_at.isoformat(),
        "reason": version.reason,
        "digest": version.digest,
        "shapes": len(version.shapes),
        "results": version.results,
    }


def result_row(result: ResultView) -> dict[str, Any]:
    """Return a result with its pins shortened; ``is_open``: it can get another version."""
    row: dict[str, Any] = result.model_dump(mode="json", exclude={"analyses"})
    row["is_open"] = result.status in (ResultStatus.IN_ANALYSIS, ResultStatus.RETURNED)
    row["analyses"] = [version_row(version) for version in result.analyses]
    return row


@widget
class Result(BlotterWidget):
    """Makes and shows the results of an image.

    Parameters
    ----------
    client : RecordsClient
        The kernel's connection.
    image : str
        ``IMG-...``.
    """

    def __init__(self, client: RecordsClient, *, image: str) -> None:
        self._image = image
        super().__init__(client)

    def record(self) -> str:
        """Return the image's id."""
        return self._image

    def read(self) -> dict[str, Any]:
        """Return the image, its saved analysis versions, and its results (newest first)."""
        image = self._client.image(self._image)
        session = self._client.session()
        analyses = self._client.analyses_of_image(self._image)
        results = self._client.results(image=self._image)
        return {
            "image": {"image": image.image, "study": image.study, "status": image.status, "file_name": image.file_name},
            "versions": [version_row(version) for analysis in analyses for version in analysis.versions],
            "results": [result_row(row) for row in reversed(results)],
            "replaceable": self._replaceable(image.study, may_search=Action.RECORD_SEARCH in session.actions),
            "may_create": Action.RESULT_CREATE in session.actions,
            "reasons": reasons_of(
                self._client,
                session,
                Action.RESULT_VERSION_ADD,
                Action.RESULT_FLAG_ANSWER,
                Action.RESULT_UNUSED_ANSWER,
                Action.RESULT_RESUME,
            ),
        }

    def _replaceable(self, study: str, *, may_search: bool) -> list[dict[str, str]]:
        """Return the approved results of the study: a new one may be made to replace one of them."""
        if not may_search:
            return []
        asked = RecordQuestion(kind=RecordKind.RESULT, study=study, status=ResultStatus.APPROVED.value, limit=_OFFERED)
        return [{"result": row.record, "title": row.title} for row in self._client.search(asked).records]

    @answers(Pins)
    def create(self, given: Pins) -> dict[str, Any]:
        """Make a result; return it."""
        made = self._client.create_result(ResultRequest(**given.model_dump()))
        self.reload()
        return result_row(made)

    @answers(NewPins)
    def create_version(self, given: NewPins) -> dict[str, Any]:
        """Make the next version of a result; return it."""
        request = ResultVersionRequest(**given.model_dump(exclude={"result"}))
        made = self._client.create_result_version(given.result, request)
        self.reload()
        return result_row(made)

    @answers(Answered)
    def give_flag_reason(self, given: Answered) -> dict[str, Any]:
        """Give a reason for quality flags of a result; return it."""
        request = FlagReasonRequest(**given.model_dump(exclude={"result"}))
        made = self._client.give_flag_reason(given.result, request)
        self.reload()
        return result_row(made)

    @answers(Unused)
    def give_unused_reason(self, given: Unused) -> dict[str, Any]:
        """Keep why a result does not use scans or analyses; return it."""
        request = UnusedReasonRequest(**given.model_dump(exclude={"result"}))
        made = self._client.give_unused_reason(given.result, request)
        self.reload()
        return result_row(made)

    @answers(Resumed)
    def resume(self, given: Resumed) -> dict[str, Any]:
        """Take a returned result back into analysis; return it."""
        resumed = self._client.resume_result(given.result, ResumeRequest(**given.model_dump(exclude={"result"})))
        self.reload()
        return result_row(resumed)

    @answers(Which)
    def take_for_review(self, given: Which) -> dict[str, Any]:
        """Take a submitted result for review; return it."""
        taken = self._client.start_review(given.result)
        self.reload()
        return result_row(taken)
