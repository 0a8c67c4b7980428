"""What the installation is, the user log, and whether the service answers."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from blotter_records.api.authentication import Caller, Joined
from blotter_records.contract.trail import SystemView, TrailPage, TrailQuestion
from blotter_records.services.declaring import declares
from blotter_records.vocabulary import Action, ServiceIdentity

router = APIRouter(tags=["system"])
health = APIRouter(tags=["system"])


@router.get("/trail/users")
@declares(Action.LOG_USER_VIEW)
def view_user_log(caller: Caller, services: Joined, asked: Annotated[TrailQuestion, Query()]) -> TrailPage:
    """Return a page of the user log."""
    return services.trail.of_users(caller, asked)


@router.get("/system")
@declares(Action.SESSION_VIEW, services=(ServiceIdentity.HUB, ServiceIdentity.CLI))
def view_system(caller: Caller, services: Joined) -> SystemView:
    """Return what this installation is."""
    del caller  # anybody who is known may ask
    return services.system.view()


@health.get("/healthz")
@declares(open_because="tells a supervisor that the service and its database answer, nothing else")
def answer_health(services: Joined) -> dict[str, bool]:
    """Return that the service and its database answer; 503 otherwise."""
    return {"answers": services.system.is_answering()}
