"""`Studies()`: the studies that this person may see, making one, and searching the records."""

from __future__ import annotations

from typing import Any

from blotter_records.contract.searching import SEARCHED, RecordPage, RecordQuestion
from blotter_records.contract.studies import StudyRequest, StudyView
from blotter_records.vocabulary import Action, ImageStatus, RecordKind, ResultStatus, StudyKind

from blotter_guard.registry import widget
from blotter_guard.widgets.base import BlotterWidget
from blotter_guard.widgets.reasons import reasons_of
from blotter_guard.widgets.requests import Given, Nothing, answers

#: Samples that are offered to choose from, newest first.
_OFFERED = 500
#: Statuses for which records of a kind can be searched.
_STATUSES = {
    RecordKind.IMAGE: [status.value for status in ImageStatus],
    RecordKind.RESULT: [status.value for status in ResultStatus],
    RecordKind.ANALYSIS: ["draft", "saved"],
}


class StudyAsked(Given):
    """Makes a study."""

    request: StudyRequest


class Searched(Given):
    """Asks for a page of records."""

    request: RecordQuestion


def study_row(study: StudyView) -> dict[str, Any]:
    """Return what a list says about a study."""
    row: dict[str, Any] = study.model_dump(
        mode="json", include={"study", "title", "kind", "images", "results", "created_by", "created_at", "actions"}
    )
    return {**row, "members": [one.printed_name for one in study.members], "is_held": study.hold is not None}


@widget
class Studies(BlotterWidget):
    """Lists studies, newest first, and searches in them."""

    def read(self) -> dict[str, Any]:
        """Return the studies, who works here, and what can be searched for."""
        session = self._client.session()
        may_list = Action.STUDY_VIEW in session.actions
        return {
            "studies": [study_row(one) for one in self._client.studies()] if may_list else [],
            "people": [{"account": one.account, "name": one.printed_name} for one in self._client.people()],
            "kinds": [kind.value for kind in StudyKind if kind is not StudyKind.COPY],
            "searched": [{"kind": kind.value, "statuses": _STATUSES.get(kind, [])} for kind in SEARCHED],
            "may_create": Action.STUDY_CREATE in session.actions,
            "may_search": Action.RECORD_SEARCH in session.actions,
            "reasons": reasons_of(self._client, session, Action.STUDY_CREATE),
        }

    @answers(StudyAsked)
    def create(self, given: StudyAsked) -> StudyView:
        """Make a study; return it."""
        made = self._client.create_study(given.request)
        self.reload()
        return made

    @answers(Searched)
    def search(self, given: Searched) -> RecordPage:
        """Return a page of records; the view stays as it is."""
        return self._client.search(given.request)

    @answers(Nothing)
    def samples(self, _given: Nothing) -> list[dict[str, str]]:
        """Return the newest samples that this person may see, to choose one from."""
        found = self._client.search(RecordQuestion(kind=RecordKind.SAMPLE, limit=_OFFERED)).records
        return [{"sample": row.record, "name": row.title, "study": row.study} for row in found]
