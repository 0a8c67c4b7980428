"""Sessions, the own password, accounts."""

from __future__ import annotations

from fastapi import APIRouter, Response

from blotter_records.api.authentication import Caller, Joined
from blotter_records.api.given_text import CheckedRoute
from blotter_records.api.routes.answers import PROBLEMS
from blotter_records.contract.accounts import AccountCreated, AccountRequest, AccountView, PersonView
from blotter_records.contract.sessions import PasswordChange, SessionOpened, SessionRequest, SessionView
from blotter_records.services.acting.declaring import declares
from blotter_records.vocabulary import Action, Event, ServiceIdentity

router = APIRouter(tags=["people"], responses=PROBLEMS, route_class=CheckedRoute)


@router.post("/sessions", status_code=201)
@declares(Event.SESSION_LOGIN, services=(ServiceIdentity.HUB,))
def open_session(caller: Caller, services: Joined, request: SessionRequest) -> SessionOpened:
    """Sign a person in; only the hub's sign-in page may ask."""
    return services.sign_in.open(caller, request.user_name, request.password.get_secret_value(), request.client_address)


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
    return services.sessions.change_password(
        caller, request.current_password.get_secret_value(), request.new_password.get_secret_value()
    )


@router.get("/accounts")
@declares(Action.USER_VIEW, services=(ServiceIdentity.CLI,))
def list_accounts(caller: Caller, services: Joined) -> list[AccountView]:
    """Return every account."""
    return services.accounts.list(caller)


@router.post("/accounts", status_code=201)
@declares(Action.USER_CREATE, services=(ServiceIdentity.CLI,))
def create_account(caller: Caller, services: Joined, request: AccountRequest) -> AccountCreated:
    """Add a person; the temporary password is in this answer and nowhere else."""
    return services.accounts.create(caller, request)


@router.get("/people")
@declares(Action.PERSON_VIEW)
def list_people(caller: Caller, services: Joined) -> list[PersonView]:
    """Return who works here: what everybody may know."""
    return services.accounts.people(caller)
