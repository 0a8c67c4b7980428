"""Studies and what belongs to them; searching and comparing."""

from __future__ import annotations

from blotter_records.client.calls import Calls
from blotter_records.client.calls import asked as asked_for
from blotter_records.contract.searching import Comparison, ComparisonQuestion, RecordPage, RecordQuestion
from blotter_records.contract.studies import (
    AcquisitionEdit,
    AcquisitionView,
    MembraneRequest,
    MembraneView,
    ProbingRequest,
    ProbingView,
    SampleRequest,
    SampleView,
    StudyContents,
    StudyEdit,
    StudyRequest,
    StudyView,
)
from blotter_records.contract.trail import TrailPage, TrailQuestion


class StudyCalls(Calls):
    """Calls about studies."""

    def create_study(self, request: StudyRequest) -> StudyView:
        """Make a study."""
        return self._send(StudyView, "POST", "/studies", request)

    def studies(self) -> list[StudyView]:
        """Return the studies that you may see, newest first."""
        return self._list(StudyView, "/studies")

    def study(self, study: str) -> StudyView:
        """Return a study."""
        return self._get(StudyView, f"/studies/{study}")

    def edit_study(self, study: str, request: StudyEdit) -> StudyView:
        """Change title and purpose of a study."""
        return self._send(StudyView, "POST", f"/studies/{study}/description", request)

    def study_contents(self, study: str) -> StudyContents:
        """Return samples, membranes, probing rounds and acquisitions of a study."""
        return self._get(StudyContents, f"/studies/{study}/contents")

    def study_trail(self, study: str, asked: TrailQuestion) -> TrailPage:
        """Return a page of the log of a study."""
        return self._get(TrailPage, f"/studies/{study}/trail", **asked_for(asked))

    def save_sample(self, request: SampleRequest, sample: str | None = None) -> SampleView:
        """Save a sample: a new one, or the next version."""
        return self._send(SampleView, "POST", _version("/samples", sample), request)

    def save_membrane(self, request: MembraneRequest, membrane: str | None = None) -> MembraneView:
        """Save a gel, membrane or plate with its lanes: a new one, or the next version."""
        return self._send(MembraneView, "POST", _version("/membranes", membrane), request)

    def save_probing(self, request: ProbingRequest, probing: str | None = None) -> ProbingView:
        """Save a probing round: a new one, or the next version."""
        return self._send(ProbingView, "POST", _version("/probings", probing), request)

    def edit_acquisition(self, acquisition: str, request: AcquisitionEdit) -> AcquisitionView:
        """Say of which membrane and probing round an acquisition is."""
        return self._send(AcquisitionView, "POST", f"/acquisitions/{acquisition}/place", request)

    def search(self, asked: RecordQuestion) -> RecordPage:
        """Return a page of records."""
        return self._get(RecordPage, "/records", **asked_for(asked))

    def compare(self, first: str, second: str) -> Comparison:
        """Return what differs between two versions."""
        return self._get(Comparison, "/comparison", **asked_for(ComparisonQuestion(first=first, second=second)))


def _version(path: str, record: str | None) -> str:
    return path if record is None else f"{path}/{record}/versions"
