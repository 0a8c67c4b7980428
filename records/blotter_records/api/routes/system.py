"""What the installation is, the user log, and whether the service answers."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from blotter_records.api.authentication import Caller, Joined
from blotter_records.api.given_text import CheckedRoute
from blotter_records.api.routes.answers import PROBLEMS
from blotter_records.contract.base import NotificationId
from blotter_records.contract.condition import ConditionView
from blotter_records.contract.configuration import ConfigurationView
from blotter_records.contract.notifications import Acknowledgement, NotificationView
from blotter_records.contract.trail import SystemView, TrailPage, TrailQuestion
from blotter_records.services.acting.declaring import declares
from blotter_records.vocabulary import Action, ServiceIdentity

router = APIRouter(tags=["system"], responses=PROBLEMS, route_class=CheckedRoute)
health = APIRouter(tags=["system"], responses={503: PROBLEMS[503]})


@router.get("/trail/users")
@declares(Action.LOG_USER_VIEW)
def view_user_log(caller: Caller, services: Joined, asked: Annotated[TrailQuestion, Query()]) -> TrailPage:
    """Return a page of the user log."""
    return services.trail.of_users(caller, asked)


@router.get("/trail/commands")
@declares(Action.LOG_USER_VIEW)
def view_command_log(caller: Caller, services: Joined, asked: Annotated[TrailQuestion, Query()]) -> TrailPage:
    """Return a page of the command log: every cell that was sent to a kernel."""
    return services.trail.of_commands(caller, asked)


@router.get("/system")
@declares(Action.SESSION_VIEW, services=(ServiceIdentity.HUB, ServiceIdentity.CLI, ServiceIdentity.INSTRUMENT))
def view_system(caller: Caller, services: Joined) -> SystemView:
    """Return what this installation is."""
    del caller  # anybody who is known may ask
    return services.system.view()


@router.get("/system/condition")
@declares(Action.TASK_VIEW)
def view_condition(caller: Caller, services: Joined) -> ConditionView:
    """Return versions, and how checkpoints, anchors, backups, clock and deliveries stand."""
    return services.conditions.view(caller)


@router.get("/configuration")
@declares(Action.CONFIGURATION_VIEW)
def view_configuration(
    caller: Caller, services: Joined, revision: Annotated[int | None, Query(ge=1, le=10_000_000)] = None
) -> ConfigurationView:
    """Return roles and policies as they are, or were at a revision."""
    return services.manifest.view(caller, revision)


@router.get("/notifications")
@declares(Action.NOTIFICATION_VIEW)
def list_notifications(
    caller: Caller, services: Joined, *, only_open: Annotated[bool, Query()] = True
) -> list[NotificationView]:
    """Return notifications, newest first."""
    return services.notifications.list(caller, only_open=only_open)


@router.post("/notifications/{notification}/acknowledgement")
@declares(Action.NOTIFICATION_ACKNOWLEDGE)
def acknowledge(
    caller: Caller, services: Joined, notification: NotificationId, request: Acknowledgement
) -> NotificationView:
    """Acknowledge a notification, with what was done about it."""
    return services.notifications.acknowledge(caller, notification, request)


@health.get("/healthz")
@declares(open_because="tells a supervisor that the service and its database answer, nothing else")
def answer_health(services: Joined) -> dict[str, bool]:
    """Return that the service and its database answer; 503 otherwise."""
    return {"answers": services.system.is_answering()}
