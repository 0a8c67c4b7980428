"""`Sign(result=...)`: the workflow actions on a result that need a signature."""

from __future__ import annotations

from typing import Any

from blotter_records.client import RecordsClient
from blotter_records.contract.results import ResultView, ResumeRequest
from blotter_records.contract.searching import RecordQuestion
from blotter_records.vocabulary import Action, RecordKind, ResultStatus

from blotter_guard.registry import widget
from blotter_guard.widgets.base import plain
from blotter_guard.widgets.reasons import reasons_of
from blotter_guard.widgets.requests import Given, answers
from blotter_guard.widgets.result import result_row
from blotter_guard.widgets.signing import SigningWidget

#: Results and exports that are offered to choose from, newest first.
_OFFERED = 100


class ResumeAsked(ResumeRequest, Given):
    """Takes the result back into analysis, on top of the revision that the person saw."""


@widget
class Sign(SigningWidget):
    """Signs the next step of a result.

    Parameters
    ----------
    client : RecordsClient
        The kernel's connection.
    result : str
        ``RES-...``.
    """

    def __init__(self, client: RecordsClient, *, result: str) -> None:
        self._result = result
        super().__init__(client)

    def record(self) -> str:
        """Return the result's id."""
        return self._result

    def read(self) -> dict[str, Any]:
        """Return the result with signatures and steps, what waits on it, and the origin of the signing page."""
        result = self._client.result(self._result)
        session = self._client.session()
        actions = [step.action for step in result.steps]
        second = (Action.PROPOSAL_COUNTERSIGN, Action.PROPOSAL_DECLINE)
        return {
            "result": result_row(result),
            "signing_origin": self.signing_origin(),
            "reasons": reasons_of(self._client, session, *actions, *second),
            "proposals": self.waiting() if result.waiting else [],
            "choices": self._choices(result, may_search=Action.RECORD_SEARCH in session.actions),
        }

    def _choices(self, result: ResultView, *, may_search: bool) -> dict[str, list[dict[str, str]]]:
        """Return what may be chosen for the details of the steps that this person may take, by the detail's name."""
        asked = {one.name for step in result.steps if step.allowed for one in step.asks}
        choices: dict[str, list[dict[str, str]]] = {}
        if "part" in asked:
            parts = (("submitter", result.submitter), ("reviewer", result.reviewer))
            choices["part"] = [{"value": name, "label": f"{name}, now {who}"} for name, who in parts if who]
        if "account" in asked:
            members = self._client.study(result.study).members
            choices["account"] = [
                {"value": one.account, "label": f"{one.printed_name} ({one.user_name})"}
                for one in members
                if one.is_active
            ]
        if "successor" in asked and may_search:
            choices["successor"] = self._found(result, RecordKind.RESULT, status=ResultStatus.APPROVED.value)
        if "bundle" in asked and may_search:
            bundles = f"{result.result}.{result.version}-bundle"  # as the service names the file
            found = self._found(result, RecordKind.EXPORT)
            choices["bundle"] = [one for one in found if bundles in one["label"]]
        return choices

    def _found(self, result: ResultView, kind: RecordKind, status: str | None = None) -> list[dict[str, str]]:
        asked = RecordQuestion(kind=kind, study=result.study, status=status, limit=_OFFERED)
        return [
            {"value": row.record, "label": f"{row.record} {row.title}".strip()}
            for row in self._client.search(asked).records
            if row.record != result.result
        ]

    @answers()
    def take_for_review(self, _given: object) -> dict[str, Any]:
        """Take the result for review (no signature is needed for that)."""
        taken = self._client.start_review(self._result)
        self.reload()
        return result_row(taken)

    @answers(ResumeAsked)
    def resume(self, given: ResumeAsked) -> dict[str, Any]:
        """Take a returned result back into analysis (no signature is needed for that)."""
        resumed = self._client.resume_result(self._result, ResumeRequest(**plain(given)))
        self.reload()
        return result_row(resumed)
