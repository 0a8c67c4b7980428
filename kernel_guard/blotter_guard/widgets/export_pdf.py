"""`ExportPdf(result=...)`: the PDF report and the export bundle of a result, made by the records service."""

from __future__ import annotations

from typing import Any

from blotter_records.client import RecordsClient
from blotter_records.contract.exports import ExportView
from blotter_records.vocabulary import Action

from blotter_guard.registry import widget
from blotter_guard.widgets.base import BlotterWidget
from blotter_guard.widgets.requests import Nothing, answers
from blotter_guard.widgets.result import result_row


@widget
class ExportPdf(BlotterWidget):
    """Makes a report or a bundle; the browser downloads it by its id.

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
        """Return the result and what this person may make of it."""
        actions = self._client.session().actions
        return {
            "result": result_row(self._client.result(self._result)),
            "may_report": Action.REPORT_GENERATE in actions,
            "may_bundle": Action.BUNDLE_EXPORT in actions,
            "may_download": Action.EXPORT_DOWNLOAD in actions,
        }

    @answers(Nothing)
    def make_report(self, _given: Nothing) -> ExportView:
        """Make the PDF report."""
        return self._client.make_report(self._result)

    @answers(Nothing)
    def make_bundle(self, _given: Nothing) -> ExportView:
        """Make the export bundle."""
        return self._client.make_bundle(self._result)
