"""Signing pages, and what waits for a second person."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from blotter_records.api.authentication import Caller, Joined
from blotter_records.api.given_text import CheckedRoute
from blotter_records.api.routes.answers import PROBLEMS
from blotter_records.contract.base import ProposalId
from blotter_records.contract.signing import ProposalDecline, ProposalView, SigningIntentRequest, SigningIntentView
from blotter_records.services.acting.declaring import declares
from blotter_records.vocabulary import Action

router = APIRouter(tags=["signing"], responses=PROBLEMS, route_class=CheckedRoute)


@router.post("/signing-intents", status_code=201)
@declares(Action.SIGNATURE_INTEND)
def create_intent(caller: Caller, services: Joined, request: SigningIntentRequest) -> SigningIntentView:
    """Prepare a signing page."""
    return services.intents.intend(caller, request)


@router.get("/signing-intents/{intent}")
@declares(Action.SIGNATURE_INTEND)
def view_intent(
    caller: Caller, services: Joined, intent: Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{20,100}$")]
) -> SigningIntentView:
    """Return how a signing page ended."""
    return services.intents.view(caller, intent)


@router.get("/proposals")
@declares(Action.PROPOSAL_VIEW)
def list_proposals(
    caller: Caller, services: Joined, *, only_waiting: Annotated[bool, Query()] = True
) -> list[ProposalView]:
    """Return the proposals that you made or could confirm."""
    return services.proposals.list(caller, only_waiting=only_waiting)


@router.get("/proposals/{proposal}")
@declares(Action.PROPOSAL_VIEW)
def view_proposal(caller: Caller, services: Joined, proposal: ProposalId) -> ProposalView:
    """Return one proposal."""
    return services.proposals.view(caller, proposal)


@router.post("/proposals/{proposal}/decline")
@declares(Action.PROPOSAL_DECLINE)
def decline_proposal(caller: Caller, services: Joined, proposal: ProposalId, request: ProposalDecline) -> ProposalView:
    """Decline a proposal, or take the own one back."""
    return services.proposals.decline(caller, proposal, request)
