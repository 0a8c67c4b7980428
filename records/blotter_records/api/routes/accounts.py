"""Accounts: what System Managers do to them without a signature, and what auditors read of them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from blotter_records.api.authentication import Caller, Joined
from blotter_records.api.given_text import CheckedRoute
from blotter_records.api.routes.answers import PROBLEMS
from blotter_records.contract.accounts import (
    AccountCreated,
    AccountReason,
    AccountRequest,
    AccountView,
    AuthorityView,
    BreakglassRequest,
    DossierView,
    ExpiryRequest,
    PersonView,
    ProfileRequest,
    TrainingRequest,
)
from blotter_records.contract.base import AccountId, Moment
from blotter_records.contract.exports import ExportView
from blotter_records.services.acting.declaring import declares
from blotter_records.vocabulary import Action, Event, ServiceIdentity

router = APIRouter(tags=["accounts"], responses=PROBLEMS, route_class=CheckedRoute)


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


@router.get("/accounts/authority")
@declares(Action.USER_VIEW)
def view_authority(
    caller: Caller, services: Joined, at: Annotated[Moment | None, Query(description="None: now")] = None
) -> AuthorityView:
    """Return who has, or had at a time, which roles and actions."""
    return services.dossiers.authority(caller, at)


@router.post("/accounts/breakglass", status_code=201)
@declares(Event.BREAKGLASS_OPEN, services=(ServiceIdentity.CLI,))
def open_breakglass(caller: Caller, services: Joined, request: BreakglassRequest) -> AccountCreated:
    """Open a System Manager's account from the server's shell; it cannot be done unseen."""
    return services.breakglass.open(caller, request)


@router.get("/accounts/{account}")
@declares(Action.USER_VIEW)
def view_account(caller: Caller, services: Joined, account: AccountId) -> AccountView:
    """Return an account."""
    return services.accounts.view(caller, account)


@router.post("/accounts/{account}/unlock")
@declares(Action.USER_UNLOCK)
def unlock_account(caller: Caller, services: Joined, account: AccountId, request: AccountReason) -> AccountView:
    """Unlock an account whose password was wrong too often."""
    return services.unlocking.unlock(caller, account, request.reason, request.reason_code)


@router.post("/accounts/{account}/password-reset", status_code=201)
@declares(Action.USER_PASSWORD_RESET)
def reset_password(caller: Caller, services: Joined, account: AccountId, request: AccountReason) -> AccountCreated:
    """Give a person a temporary password, which is in this answer and nowhere else."""
    return services.resetting.reset(caller, account, request.reason, request.reason_code)


@router.put("/accounts/{account}/profile")
@declares(Action.USER_PROFILE_EDIT)
def edit_profile(caller: Caller, services: Joined, account: AccountId, request: ProfileRequest) -> AccountView:
    """Change printed name or e-mail address."""
    return services.profiles.edit(caller, account, request)


@router.put("/accounts/{account}/expiry")
@declares(Action.USER_EXPIRY_SET)
def set_expiry(caller: Caller, services: Joined, account: AccountId, request: ExpiryRequest) -> AccountView:
    """Set the last day of an account."""
    return services.profiles.set_expiry(caller, account, request)


@router.post("/accounts/{account}/trainings", status_code=201)
@declares(Action.USER_TRAINING_RECORD)
def record_training(caller: Caller, services: Joined, account: AccountId, request: TrainingRequest) -> AccountView:
    """Record a training for a role."""
    return services.trainings.record(caller, account, request)


@router.post("/accounts/{account}/totp-removal")
@declares(Action.TOTP_REMOVE)
def remove_totp(caller: Caller, services: Joined, account: AccountId, request: AccountReason) -> AccountView:
    """Remove a person's second factor; identity has to be verified again before anything is signed."""
    return services.totp.remove(caller, account, request.reason, request.reason_code)


@router.get("/accounts/{account}/dossier")
@declares(Action.USER_DOSSIER_EXPORT)
def view_dossier(caller: Caller, services: Joined, account: AccountId) -> DossierView:
    """Return everything on record about a person's signatures (11.100(c)(2))."""
    return services.dossiers.view(caller, account)


@router.post("/accounts/{account}/dossier", status_code=201)
@declares(Action.USER_DOSSIER_EXPORT)
def make_dossier(caller: Caller, services: Joined, account: AccountId) -> ExportView:
    """Make the dossier as PDF, its data attached as JSON."""
    return services.dossiers.make(caller, account)


@router.get("/people")
@declares(Action.PERSON_VIEW)
def list_people(caller: Caller, services: Joined) -> list[PersonView]:
    """Return who works here: what everybody may know."""
    return services.accounts.people(caller)
