"""The register of instruments; its signed steps go over a signing page as all do."""

from __future__ import annotations

from fastapi import APIRouter

from blotter_records.api.authentication import Caller, Joined
from blotter_records.api.given_text import CheckedRoute
from blotter_records.api.routes.answers import PROBLEMS
from blotter_records.contract.base import InstrumentId
from blotter_records.contract.instruments import InstrumentEdit, InstrumentRequest, InstrumentView
from blotter_records.services.acting.declaring import declares
from blotter_records.vocabulary import Action

router = APIRouter(tags=["instruments"], responses=PROBLEMS, route_class=CheckedRoute)


@router.get("/instruments")
@declares(Action.INSTRUMENT_VIEW)
def list_instruments(caller: Caller, services: Joined) -> list[InstrumentView]:
    """Return every instrument, and whether it may be used today."""
    return services.instruments.list(caller)


@router.get("/instruments/{instrument}")
@declares(Action.INSTRUMENT_VIEW)
def view_instrument(caller: Caller, services: Joined, instrument: InstrumentId) -> InstrumentView:
    """Return an instrument."""
    return services.instruments.view(caller, instrument)


@router.post("/instruments", status_code=201)
@declares(Action.INSTRUMENT_EDIT)
def create_instrument(caller: Caller, services: Joined, request: InstrumentRequest) -> InstrumentView:
    """Write down an instrument, which a signature then registers."""
    return services.instruments.create(caller, request)


@router.post("/instruments/{instrument}/description")
@declares(Action.INSTRUMENT_EDIT)
def edit_instrument(
    caller: Caller, services: Joined, instrument: InstrumentId, request: InstrumentEdit
) -> InstrumentView:
    """Change what is written of an instrument."""
    return services.instruments.edit(caller, instrument, request)
