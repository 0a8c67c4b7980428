"""Acquisitions on an instrument: for people, and for the instrument's agent."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool

from blotter_records.api.authentication import Caller, Joined
from blotter_records.api.given_text import CheckedRoute
from blotter_records.api.routes.answers import PROBLEMS
from blotter_records.contract.acquiring import (
    AbortRequest,
    AcquisitionRequest,
    DeviceSaid,
    Held,
    OrderView,
    WholeScan,
)
from blotter_records.contract.base import AcquisitionId, InstrumentId
from blotter_records.services.acting.declaring import declares
from blotter_records.vocabulary import Action, Event, ServiceIdentity

router = APIRouter(tags=["instruments"], responses=PROBLEMS, route_class=CheckedRoute)

_AGENT = (ServiceIdentity.INSTRUMENT,)


@router.post("/instruments/{instrument}/acquisitions", status_code=201)
@declares(Action.IMAGE_ACQUIRE_START)
def start_acquisition(
    caller: Caller, services: Joined, instrument: InstrumentId, request: AcquisitionRequest
) -> OrderView:
    """Order an acquisition; the instrument's agent carries it out."""
    return services.acquiring.start(caller, instrument, request)


@router.get("/acquisitions/{acquisition}/order")
@declares(Action.IMAGE_LIST)
def view_order(caller: Caller, services: Joined, acquisition: AcquisitionId) -> OrderView:
    """Return an acquisition on an instrument, and how far it is."""
    return services.acquiring.view(caller, acquisition)


@router.post("/acquisitions/{acquisition}/abort")
@declares(Action.IMAGE_ACQUIRE_ABORT, services=_AGENT)
def abort_acquisition(caller: Caller, services: Joined, acquisition: AcquisitionId, request: AbortRequest) -> OrderView:
    """End an acquisition that is not sealed; nothing of it is kept but that it was."""
    return services.acquiring.abort(caller, acquisition, request)


@router.get("/instruments/{instrument}/orders")
@declares(Event.INSTRUMENT_CONNECT, services=_AGENT)
def list_orders(caller: Caller, services: Joined, instrument: InstrumentId) -> list[OrderView]:
    """Return what is to be acquired on an instrument: one order, or none."""
    return services.receiving.orders(caller, instrument)


@router.post("/acquisitions/{acquisition}/device")
@declares(Event.INSTRUMENT_CONNECT, services=_AGENT)
def connect_device(caller: Caller, services: Joined, acquisition: AcquisitionId, request: DeviceSaid) -> OrderView:
    """Check the device at the line against the register; what came of the scan before begins anew."""
    return services.receiving.connect(caller, acquisition, request)


@router.post("/acquisitions/{acquisition}/pieces")
@declares(Event.IMAGE_ACQUIRE_SEAL, services=_AGENT)
async def send_piece(
    request: Request,
    caller: Caller,
    services: Joined,
    acquisition: AcquisitionId,
    offset: Annotated[int, Query(ge=0, le=2**40, description="of the first byte in the scan")],
) -> Held:
    """Take the next bytes of a scan; the body is the bytes."""
    piece = await request.body()
    return await run_in_threadpool(services.receiving.take, caller, acquisition, offset, piece)


@router.post("/acquisitions/{acquisition}/seal")
@declares(Event.IMAGE_ACQUIRE_SEAL, services=_AGENT)
def seal_acquisition(caller: Caller, services: Joined, acquisition: AcquisitionId, request: WholeScan) -> OrderView:
    """Compare the bytes with the device's digest, and seal an image for each channel."""
    return services.receiving.seal(caller, acquisition, request)
