"""Sessions, the own password, the own second factor."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from blotter_records.api.authentication import Caller, Joined
from blotter_records.api.given_text import CheckedRoute
from blotter_records.api.routes.answers import PROBLEMS
from blotter_records.contract.accounts import CompromiseReport, TotpOffer, TotpProof
from blotter_records.contract.base import Moment
from blotter_records.contract.sessions import (
    EndedSessions,
    PasswordChange,
    SessionOpened,
    SessionRequest,
    SessionView,
    SignInRules,
)
from blotter_records.services.acting.declaring import declares
from blotter_records.vocabulary import Action, Event, ServiceIdentity

router = APIRouter(tags=["people"], responses=PROBLEMS, route_class=CheckedRoute)


@router.post("/sessions", status_code=201)
@declares(Event.SESSION_LOGIN, services=(ServiceIdentity.HUB,))
def open_session(caller: Caller, services: Joined, request: SessionRequest) -> SessionOpened:
    """Sign a person in; only the hub's sign-in page may ask."""
    return services.sign_in.open(
        caller,
        request.user_name,
        request.password.get_secret_value(),
        request.client_address,
        code=request.code.get_secret_value(),
    )


@router.get("/sessions/ended")
@declares(Event.SESSION_TERMINATED, services=(ServiceIdentity.HUB,))
def list_ended_sessions(
    caller: Caller, services: Joined, after: Annotated[Moment | None, Query()] = None
) -> EndedSessions:
    """Return the sessions that ended, for the hub; those whose time is over are ended by this question."""
    return services.ended.since(caller, after)


@router.get("/sessions/rules")
@declares(Event.SESSION_LOGIN, services=(ServiceIdentity.HUB,))
def view_sign_in_rules(
    caller: Caller, services: Joined, client_address: Annotated[str, Query(max_length=64)]
) -> SignInRules:
    """Return what the sign-in page has to ask for at an address."""
    return services.sign_in.rules(caller, client_address)


@router.get("/session")
@declares(Action.SESSION_VIEW)
def view_session(caller: Caller, services: Joined) -> SessionView:
    """Return the present session."""
    return services.sessions.view(caller)


@router.post("/session/heartbeat")
@declares(Action.SESSION_VIEW)
def heartbeat(caller: Caller, services: Joined) -> SessionView:
    """Note that the person gave input just now."""
    return services.sessions.heartbeat(caller)


@router.delete("/session", status_code=204)
@declares(Action.SESSION_END)
def end_session(caller: Caller, services: Joined) -> Response:
    """Sign out."""
    services.sessions.end(caller)
    return Response(status_code=204)


@router.post("/account/password")
@declares(Action.PASSWORD_CHANGE)
def change_password(caller: Caller, services: Joined, request: PasswordChange) -> SessionView:
    """Change the own password."""
    return services.own_password.change(
        caller, request.current_password.get_secret_value(), request.new_password.get_secret_value()
    )


@router.post("/account/compromise", status_code=204)
@declares(Action.ACCOUNT_REPORT_COMPROMISE)
def report_compromise(caller: Caller, services: Joined, request: CompromiseReport) -> Response:
    """Report that somebody else may know the own password: the account is locked and every session of it ends."""
    services.resetting.report_compromise(caller, request.reason, request.reason_code)
    return Response(status_code=204)


@router.post("/account/totp", status_code=201)
@declares(Action.TOTP_ENROL)
def offer_totp(caller: Caller, services: Joined) -> TotpOffer:
    """Offer a second factor; it holds once a code of it has been proved."""
    return services.totp.offer(caller)


@router.post("/account/totp/proof")
@declares(Action.TOTP_ENROL)
def prove_totp(caller: Caller, services: Joined, request: TotpProof) -> SessionView:
    """Prove a code of the offered second factor, which holds from now on; or test again the one that is held."""
    services.totp.prove(caller, request.code.get_secret_value())
    return services.sessions.view(caller)
