"""Analyses, results and signing."""

from __future__ import annotations

from datetime import datetime

from blotter_records.client.calls import Calls, new_key
from blotter_records.contract.analyses import (
    AnalysisStart,
    AnalysisVersionView,
    AnalysisView,
    GestureRequest,
    Recomputation,
    SaveRequest,
)
from blotter_records.contract.exports import ExportView
from blotter_records.contract.finding import FindRequest
from blotter_records.contract.flags import FlagReasonRequest
from blotter_records.contract.quantities import QuantitiesHelp, QuantitiesRequest
from blotter_records.contract.results import ResultRequest, ResultVersionRequest, ResultView, ResumeRequest
from blotter_records.contract.signing import ProposalDecline, ProposalView, SigningIntentRequest, SigningIntentView
from blotter_records.contract.tables import AnalysisFileRequest, AnalysisTable, LaneProfile
from blotter_records.contract.unused import UnusedReasonRequest
from blotter_records.contract.wells import FindWellsRequest
from blotter_records.vocabulary import ChartKind


class AnalysisCalls(Calls):
    """Calls about analyses, results and signatures."""

    def start_analysis(self, image: str, idempotency_key: str = "") -> AnalysisView:
        """Start an analysis of an image; with the key of a request whose answer was lost, only once."""
        request = AnalysisStart(image=image, idempotency_key=idempotency_key or new_key())
        return self._send(AnalysisView, "POST", "/analyses", request)

    def analysis(self, analysis: str, *, as_of: datetime | None = None) -> AnalysisView:
        """Return an analysis as it stands, or stood."""
        return self._get(AnalysisView, f"/analyses/{analysis}", as_of=_time(as_of))

    def gesture(self, analysis: str, request: GestureRequest) -> AnalysisView:
        """Send one finished gesture; the numbers come back."""
        return self._send(AnalysisView, "POST", f"/analyses/{analysis}/gestures", request)

    def find_bands(self, analysis: str, request: FindRequest) -> AnalysisView:
        """Find lanes and bands without a person; a shape is made of each band."""
        return self._send(AnalysisView, "POST", f"/analyses/{analysis}/finding", request)

    def find_wells(self, analysis: str, request: FindWellsRequest) -> AnalysisView:
        """Find the wells of a plate, or the dots of a blot, without a person; an ellipse is made of each."""
        return self._send(AnalysisView, "POST", f"/analyses/{analysis}/wells", request)

    def quantities_help(self, analysis: str) -> QuantitiesHelp:
        """Return what can be chosen for quantities: ladders, lanes of the membrane, a proposal of bands."""
        return self._get(QuantitiesHelp, f"/analyses/{analysis}/quantities")

    def set_quantities(self, analysis: str, request: QuantitiesRequest) -> AnalysisView:
        """Set the quantities of an analysis, or take them away; the numbers come back."""
        return self._send(AnalysisView, "POST", f"/analyses/{analysis}/quantities", request)

    def analysis_table(self, analysis: str, version: int | None = None) -> AnalysisTable:
        """Return an analysis, or one of its versions, as a table."""
        return self._get(AnalysisTable, f"/analyses/{analysis}/table", version=version)

    def lane_profile(self, analysis: str, lane: int, version: int | None = None) -> LaneProfile:
        """Return the profile of a lane that was found, with the limits of its bands."""
        return self._get(LaneProfile, f"/analyses/{analysis}/profiles/{lane}", version=version)

    def analysis_chart(
        self, analysis: str, chart: ChartKind, *, version: int | None = None, lane: int | None = None
    ) -> bytes:
        """Return a chart of an analysis, or of one of its versions, as SVG."""
        params = {"version": version, "lane": lane}
        return self._transport.send("GET", f"/analyses/{analysis}/charts/{chart.value}", params=params).content

    def make_analysis_file(self, analysis: str, version: int, request: AnalysisFileRequest) -> ExportView:
        """Make a file of a version: its table as CSV or XLSX, or a chart as SVG or PNG."""
        return self._send(ExportView, "POST", f"/analyses/{analysis}/versions/{version}/files", request)

    def save_analysis(self, analysis: str, request: SaveRequest) -> AnalysisView:
        """Save the draft as the next version."""
        return self._send(AnalysisView, "POST", f"/analyses/{analysis}/versions", request)

    def analysis_version(self, analysis: str, version: int) -> AnalysisVersionView:
        """Return one immutable version."""
        return self._get(AnalysisVersionView, f"/analyses/{analysis}/versions/{version}")

    def recompute(self, analysis: str, version: int | None = None) -> Recomputation:
        """Measure an analysis, or one of its versions, again from the sealed pixels."""
        query = "" if version is None else f"?version={version}"
        return self._send(Recomputation, "POST", f"/analyses/{analysis}/recomputation{query}")

    def create_result(self, request: ResultRequest) -> ResultView:
        """Make a result that pins analysis versions."""
        return self._send(ResultView, "POST", "/results", request)

    def results(self, *, image: str | None = None) -> list[ResultView]:
        """Return every result that you may see, of an image or of all."""
        return self._list(ResultView, "/results", image=image)

    def result(self, result: str, *, as_of: datetime | None = None) -> ResultView:
        """Return one result with its signatures and the steps that this person may take; as it stands, or stood."""
        return self._get(ResultView, f"/results/{result}", as_of=_time(as_of))

    def create_result_version(self, result: str, request: ResultVersionRequest) -> ResultView:
        """Make the next version of a result: other pins, with a reason."""
        return self._send(ResultView, "POST", f"/results/{result}/versions", request)

    def give_flag_reason(self, result: str, request: FlagReasonRequest) -> ResultView:
        """Give a reason for quality flags of a result."""
        return self._send(ResultView, "POST", f"/results/{result}/flags", request)

    def give_unused_reason(self, result: str, request: UnusedReasonRequest) -> ResultView:
        """Say why a result does not use a scan or an analysis."""
        return self._send(ResultView, "POST", f"/results/{result}/unused", request)

    def start_review(self, result: str) -> ResultView:
        """Take a submitted result for review."""
        return self._send(ResultView, "POST", f"/results/{result}/review")

    def create_signing_intent(self, request: SigningIntentRequest) -> SigningIntentView:
        """Prepare a signing page; it is open for a minute and signs once."""
        return self._send(SigningIntentView, "POST", "/signing-intents", request)

    def signing_intent(self, intent: str) -> SigningIntentView:
        """Return how a signing page ended."""
        return self._get(SigningIntentView, f"/signing-intents/{intent}")

    def resume_result(self, result: str, request: ResumeRequest) -> ResultView:
        """Take a returned result back into analysis."""
        return self._send(ResultView, "POST", f"/results/{result}/resumption", request)

    def proposals(self, *, only_waiting: bool = True) -> list[ProposalView]:
        """Return the proposals that you made or could confirm."""
        return self._list(ProposalView, "/proposals", only_waiting=only_waiting)

    def proposal(self, proposal: str) -> ProposalView:
        """Return one proposal."""
        return self._get(ProposalView, f"/proposals/{proposal}")

    def decline_proposal(self, proposal: str, reason: str, reason_code: str = "") -> ProposalView:
        """Decline a proposal, or take the own one back."""
        request = ProposalDecline(reason=reason, reason_code=reason_code)
        return self._send(ProposalView, "POST", f"/proposals/{proposal}/decline", request)


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
