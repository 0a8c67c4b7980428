"""`BandTable(analysis=...)`: an analysis as a table, its quantities, its charts, and files of them.

Every number and every picture is the records service's; charts go from the person's server to the browser.
"""

from __future__ import annotations

from typing import Any

from blotter_records.client import RecordsClient
from blotter_records.contract.analyses import SaveRequest
from blotter_records.contract.exports import ExportView
from blotter_records.contract.quantities import QuantitiesRequest
from blotter_records.contract.tables import AnalysisFileRequest
from blotter_records.vocabulary import Action
from pydantic import Field

from blotter_guard.registry import widget
from blotter_guard.widgets.base import BlotterWidget, plain
from blotter_guard.widgets.reasons import reasons_of
from blotter_guard.widgets.requests import Given, answers
from blotter_guard.widgets.result import version_row


class VersionShown(Given):
    """Which version is shown; None: the draft."""

    version: int | None = Field(None, ge=1)


class QuantitiesSet(Given):
    """Sets the quantities of the draft."""

    request: QuantitiesRequest


class Saved(Given):
    """Saves the draft as the next version."""

    request: SaveRequest


class FileAsked(Given):
    """Asks for a file of a saved version."""

    version: int = Field(ge=1)
    request: AnalysisFileRequest


@widget
class BandTable(BlotterWidget):
    """Shows one analysis: the draft, or a version that was chosen.

    Parameters
    ----------
    client : RecordsClient
        The kernel's connection.
    analysis : str
        ``ANL-...``.
    """

    def __init__(self, client: RecordsClient, *, analysis: str) -> None:
        self._analysis = analysis
        self._version: int | None = None
        super().__init__(client)

    def record(self) -> str:
        """Return the analysis' id."""
        return self._analysis

    def read(self) -> dict[str, Any]:
        """Return the table that is shown, the quantities behind it, what can be chosen, and what may be done."""
        analysis = self._client.analysis(self._analysis)
        session = self._client.session()
        shown = analysis if self._version is None else self._client.analysis_version(self._analysis, self._version)
        return {
            "analysis": plain(analysis.model_copy(update={"versions": [], "measurements": []})),
            "versions": [version_row(one) for one in analysis.versions],
            "version": self._version,
            "quantities": shown.quantities,
            "table": self._client.analysis_table(self._analysis, self._version),
            "help": self._client.quantities_help(self._analysis),
            "reasons": reasons_of(self._client, session, Action.ANALYSIS_SAVE),
            "may_edit": Action.ANALYSIS_EDIT in session.actions,
            "may_export": Action.ANALYSIS_EXPORT in session.actions,
            "may_download": Action.EXPORT_DOWNLOAD in session.actions,
        }

    @answers(VersionShown)
    def show_version(self, given: VersionShown) -> dict[str, Any]:
        """Show the draft or a saved version."""
        self._version = given.version
        return self.reload()

    @answers(QuantitiesSet)
    def set_quantities(self, given: QuantitiesSet) -> dict[str, Any]:
        """Set the quantities of the draft, or take them away; return its revision and the entry."""
        return self._changed(self._client.set_quantities(self._analysis, given.request))

    @answers(Saved)
    def save_version(self, given: Saved) -> dict[str, Any]:
        """Save the draft as the next version; return its revision and the entry."""
        return self._changed(self._client.save_analysis(self._analysis, given.request))

    @answers(FileAsked)
    def make_file(self, given: FileAsked) -> ExportView:
        """Make a file of a saved version: its table, or a chart."""
        return self._client.make_analysis_file(self._analysis, given.version, given.request)

    def _changed(self, analysis: Any) -> dict[str, Any]:
        self._version = None
        self.reload()
        return {"rev": analysis.rev, "versions": len(analysis.versions), "entry": plain(analysis.entry)}
