"""Studies and what belongs to them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from blotter_records.api.authentication import Caller, Joined
from blotter_records.api.given_text import CheckedRoute
from blotter_records.api.routes.answers import PROBLEMS
from blotter_records.contract.base import AcquisitionId, MembraneId, ProbingId, SampleId, StudyId
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
from blotter_records.services.acting.declaring import declares
from blotter_records.vocabulary import Action

router = APIRouter(tags=["studies"], responses=PROBLEMS, route_class=CheckedRoute)


@router.post("/studies", status_code=201)
@declares(Action.STUDY_CREATE)
def create_study(caller: Caller, services: Joined, request: StudyRequest) -> StudyView:
    """Make a study."""
    return services.studies.create(caller, request)


@router.get("/studies")
@declares(Action.STUDY_VIEW)
def list_studies(caller: Caller, services: Joined) -> list[StudyView]:
    """Return the studies that you may see, newest first."""
    return services.studies.list(caller)


@router.get("/studies/{study}")
@declares(Action.STUDY_VIEW)
def view_study(caller: Caller, services: Joined, study: StudyId) -> StudyView:
    """Return a study."""
    return services.studies.view(caller, study)


@router.post("/studies/{study}/description")
@declares(Action.STUDY_EDIT)
def edit_study(caller: Caller, services: Joined, study: StudyId, request: StudyEdit) -> StudyView:
    """Change title and purpose of a study."""
    return services.studies.edit(caller, study, request)


@router.get("/studies/{study}/contents")
@declares(Action.STUDY_VIEW)
def view_contents(caller: Caller, services: Joined, study: StudyId) -> StudyContents:
    """Return samples, membranes, probing rounds and acquisitions of a study."""
    return services.parts.contents(caller, study)


@router.get("/studies/{study}/trail")
@declares(Action.LOG_STUDY_VIEW)
def view_study_trail(
    caller: Caller, services: Joined, study: StudyId, asked: Annotated[TrailQuestion, Query()]
) -> TrailPage:
    """Return a page of the log of a study: the study and everything that belongs to it."""
    return services.trail.of_study(caller, study, asked)


@router.post("/samples", status_code=201)
@declares(Action.SAMPLE_SAVE)
def create_sample(caller: Caller, services: Joined, request: SampleRequest) -> SampleView:
    """Save the first version of a sample."""
    return services.parts.save_sample(caller, request)


@router.post("/samples/{sample}/versions")
@declares(Action.SAMPLE_SAVE)
def save_sample(caller: Caller, services: Joined, sample: SampleId, request: SampleRequest) -> SampleView:
    """Save the next version of a sample."""
    return services.parts.save_sample(caller, request, sample)


@router.post("/membranes", status_code=201)
@declares(Action.MEMBRANE_SAVE)
def create_membrane(caller: Caller, services: Joined, request: MembraneRequest) -> MembraneView:
    """Save the first version of a gel, membrane or plate with its lanes."""
    return services.parts.save_membrane(caller, request)


@router.post("/membranes/{membrane}/versions")
@declares(Action.MEMBRANE_SAVE)
def save_membrane(caller: Caller, services: Joined, membrane: MembraneId, request: MembraneRequest) -> MembraneView:
    """Save the next version of a gel, membrane or plate with its lanes."""
    return services.parts.save_membrane(caller, request, membrane)


@router.post("/probings", status_code=201)
@declares(Action.PROBING_SAVE)
def create_probing(caller: Caller, services: Joined, request: ProbingRequest) -> ProbingView:
    """Save the first version of a probing round."""
    return services.parts.save_probing(caller, request)


@router.post("/probings/{probing}/versions")
@declares(Action.PROBING_SAVE)
def save_probing(caller: Caller, services: Joined, probing: ProbingId, request: ProbingRequest) -> ProbingView:
    """Save the next version of a probing round."""
    return services.parts.save_probing(caller, request, probing)


@router.post("/acquisitions/{acquisition}/place")
@declares(Action.ACQUISITION_EDIT)
def edit_acquisition(
    caller: Caller, services: Joined, acquisition: AcquisitionId, request: AcquisitionEdit
) -> AcquisitionView:
    """Say of which membrane and probing round an acquisition is."""
    return services.acquisitions.edit(caller, acquisition, request)
