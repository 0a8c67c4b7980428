"""`Study(study=...)`: a study with its members, and what its images are of."""

from __future__ import annotations

from typing import Any

from blotter_records.client import RecordsClient
from blotter_records.contract.accounts import PersonView
from blotter_records.contract.base import AcquisitionId, EntryRef, MembraneId, ProbingId, SampleId
from blotter_records.contract.configuration import RoleView
from blotter_records.contract.lane_text import lanes_of
from blotter_records.contract.searching import RecordQuestion
from blotter_records.contract.studies import (
    AcquisitionEdit,
    AcquisitionView,
    LaneLoad,
    MembraneRequest,
    MembraneView,
    ProbingRequest,
    ProbingView,
    SampleRequest,
    SampleView,
    StudyEdit,
    StudyView,
)
from blotter_records.vocabulary import Action, LoadKind, MembraneKind, ProbingKind, RecordKind
from pydantic import Field

from blotter_guard.registry import widget
from blotter_guard.widgets.reasons import reasons
from blotter_guard.widgets.requests import Given, answers
from blotter_guard.widgets.signing import SigningWidget

#: Images whose names are shown, newest first.
_IMAGES = 500
#: Actions on a study for which the widget asks why.
_ASK_WHY = (
    Action.STUDY_EDIT,
    Action.SAMPLE_SAVE,
    Action.MEMBRANE_SAVE,
    Action.PROBING_SAVE,
    Action.ACQUISITION_EDIT,
    Action.STUDY_MEMBER_ADD,
    Action.STUDY_MEMBER_REMOVE,
    Action.RECORD_HOLD_SET,
    Action.RECORD_HOLD_RELEASE,
    Action.RETENTION_EDIT,
)


class DescriptionSaved(Given):
    """Changes title and purpose of the study."""

    request: StudyEdit


class SampleSaved(Given):
    """Saves a sample, a new one or the next version."""

    record: SampleId | None = None
    request: SampleRequest


class MembraneSaved(Given):
    """Saves a membrane, a new one or the next version."""

    record: MembraneId | None = None
    request: MembraneRequest


class LanesPasted(Given):
    """Holds lanes as a spreadsheet or a CSV file has them."""

    text: str = Field(max_length=200_000)


class ProbingSaved(Given):
    """Saves a probing round, a new one or the next version."""

    record: ProbingId | None = None
    request: ProbingRequest


class AcquisitionPlaced(Given):
    """Says of which membrane and probing round an acquisition is."""

    record: AcquisitionId
    request: AcquisitionEdit


def people_rows(people: list[PersonView], roles: list[RoleView]) -> list[dict[str, Any]]:
    """Return who could be a member: active people, with the roles that they could have in a study."""
    useful = {role.name for role in roles if not role.is_retired and not role.administers}
    return [
        {"account": one.account, "name": one.printed_name, "user_name": one.user_name, "roles": held}
        for one in people
        if one.is_active and (held := [role for role in one.roles if role in useful])
    ]


@widget
class Study(SigningWidget):
    """Shows a study, and changes it as far as the person may.

    Parameters
    ----------
    client : RecordsClient
        The kernel's connection.
    study : str
        ``STU-...``.
    """

    def __init__(self, client: RecordsClient, *, study: str) -> None:
        self._study = study
        super().__init__(client)

    def record(self) -> str:
        """Return the study's id."""
        return self._study

    def read(self) -> dict[str, Any]:
        """Return the study with everything in it, who could be a member, and how each action asks why."""
        study = self._client.study(self._study)
        session = self._client.session()
        configuration = self._client.configuration(session.configuration)
        may_lead = Action.STUDY_MEMBER_ADD.value in study.actions
        return {
            "study": study,
            "contents": self._client.study_contents(self._study),
            "images": self._images() if Action.RECORD_SEARCH.value in study.actions else {},
            "me": session.account,
            "people": people_rows(self._client.people(), configuration.roles) if may_lead else [],
            "roles": {role.name: role.label for role in configuration.roles},
            "labels": {row.action.value: row.label for row in configuration.actions if row.action in _ASK_WHY},
            "choices": {
                "membrane": [kind.value for kind in MembraneKind],
                "probing": [kind.value for kind in ProbingKind],
                "load": [kind.value for kind in LoadKind],
            },
            "reasons": reasons(session, configuration, *_ASK_WHY),
            "signing_origin": self.signing_origin(),
        }

    def _images(self) -> dict[str, dict[str, str]]:
        found = self._client.search(RecordQuestion(kind=RecordKind.IMAGE, study=self._study, limit=_IMAGES)).records
        return {row.record: {"title": row.title, "status": row.status} for row in found}

    def _entries_of(self, record: str) -> list[EntryRef]:
        """Return the entries of the study or of a part of it, read again."""
        if record == self._study or record.startswith("IMG-"):
            return super()._entries_of(record)
        contents = self._client.study_contents(self._study)
        named: list[tuple[str, EntryRef]] = [
            *((one.sample, one.entry) for one in contents.samples),
            *((one.membrane, one.entry) for one in contents.membranes),
            *((one.probing, one.entry) for one in contents.probings),
            *((one.acquisition, one.entry) for one in contents.acquisitions),
        ]
        return [entry for name, entry in named if name == record]

    @answers(DescriptionSaved)
    def save_description(self, given: DescriptionSaved) -> StudyView:
        """Change title and purpose; return the study."""
        saved = self._client.edit_study(self._study, given.request)
        self.reload()
        return saved

    @answers(SampleSaved)
    def save_sample(self, given: SampleSaved) -> SampleView:
        """Save a sample; return it."""
        saved = self._client.save_sample(given.request, given.record)
        self.reload()
        return saved

    @answers(MembraneSaved)
    def save_membrane(self, given: MembraneSaved) -> MembraneView:
        """Save a membrane with its lanes; return it."""
        saved = self._client.save_membrane(given.request, given.record)
        self.reload()
        return saved

    @answers(LanesPasted)
    def read_lanes(self, given: LanesPasted) -> list[LaneLoad]:
        """Return the lanes that a text holds, for the form; nothing is saved. Raises ``Invalid('lanes.text')``."""
        return lanes_of(given.text, self._client.study_contents(self._study).samples)

    @answers(ProbingSaved)
    def save_probing(self, given: ProbingSaved) -> ProbingView:
        """Save a probing round; return it."""
        saved = self._client.save_probing(given.request, given.record)
        self.reload()
        return saved

    @answers(AcquisitionPlaced)
    def place_acquisition(self, given: AcquisitionPlaced) -> AcquisitionView:
        """Say where an acquisition belongs; return it."""
        saved = self._client.edit_acquisition(given.record, given.request)
        self.reload()
        return saved
