"""Analysis protocols and what is made by them; their signed steps go over a signing page as all do."""

from __future__ import annotations

from fastapi import APIRouter

from blotter_records.api.authentication import Caller, Joined
from blotter_records.api.given_text import CheckedRoute
from blotter_records.api.routes.answers import PROBLEMS
from blotter_records.contract.analyses import AnalysisView
from blotter_records.contract.base import ProtocolId, StudyId
from blotter_records.contract.protocols import (
    Application,
    ProtocolApply,
    ProtocolDraftRequest,
    ProtocolRequest,
    ProtocolView,
)
from blotter_records.services.acting.declaring import declares
from blotter_records.vocabulary import Action

router = APIRouter(tags=["protocols"], responses=PROBLEMS, route_class=CheckedRoute)


@router.get("/protocols")
@declares(Action.PROTOCOL_VIEW)
def list_protocols(caller: Caller, services: Joined) -> list[ProtocolView]:
    """Return every analysis protocol with its version in use and its draft."""
    return services.protocols.list(caller)


@router.get("/protocols/{protocol}")
@declares(Action.PROTOCOL_VIEW)
def view_protocol(caller: Caller, services: Joined, protocol: ProtocolId) -> ProtocolView:
    """Return an analysis protocol."""
    return services.protocols.view(caller, protocol)


@router.post("/protocols", status_code=201)
@declares(Action.PROTOCOL_CREATE)
def create_protocol(caller: Caller, services: Joined, request: ProtocolRequest) -> ProtocolView:
    """Write a new protocol: a draft, which two persons make effective by signature."""
    return services.protocols.create(caller, request)


@router.post("/protocols/{protocol}/draft")
@declares(Action.PROTOCOL_EDIT)
def edit_protocol(
    caller: Caller, services: Joined, protocol: ProtocolId, request: ProtocolDraftRequest
) -> ProtocolView:
    """Change the draft, or begin one beside the effective version."""
    return services.protocols.edit(caller, protocol, request)


@router.post("/protocols/{protocol}/applications", status_code=201)
@declares(Action.ANALYSIS_START)
def apply_protocol(caller: Caller, services: Joined, protocol: ProtocolId, request: ProtocolApply) -> AnalysisView:
    """Start an analysis of an image and make it as the protocol says: all of it, or nothing."""
    return services.applying.apply(caller, protocol, request)


@router.get("/protocols/{protocol}/applications/{study}")
@declares(Action.ANALYSIS_VIEW)
def list_applications(caller: Caller, services: Joined, protocol: ProtocolId, study: StudyId) -> list[Application]:
    """Return the analyses of a study that were made by a protocol, oldest first."""
    return services.applying.list(caller, protocol, study)
