"""Accounts, as System Managers and auditors see them, and what is asked of a person about the own account."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import AwareDatetime, Field, SecretStr

from blotter_records.contract.base import (
    AccountId,
    Day,
    EntryRef,
    Json,
    Message,
    Reason,
    ReasonCode,
    RoleName,
    SignatureId,
)
from blotter_records.vocabulary import AccountStatus, Action

Email = Annotated[
    str, Field(max_length=254, pattern=r"^$|^[^@\s,;<>\"]+@[^@\s,;<>\"]+$", description="empty: none is known")
]


class IdentityRequest(Message):
    """How a person's identity was verified (11.100(b))."""

    method: str = Field(min_length=3, max_length=100, description="passport shown in person, staff card …")
    document: str = Field(min_length=1, max_length=200, description="what it was shown by, so that it is found again")
    note: str = Field("", max_length=1000)


class AccountRequest(Message):
    """A System Manager adds a person; for the first two managers the CLI does, and says how identity was verified."""

    user_name: str = Field(min_length=1, max_length=64)
    printed_name: str = Field(min_length=1, max_length=200)
    roles: list[RoleName] = Field(min_length=1, max_length=20)
    reason: Reason
    reason_code: ReasonCode = ""
    email: Email = ""
    expires_on: Day | None = Field(default=None, description="last day on which the account can be used")
    identity: IdentityRequest | None = Field(default=None, description="of the first two System Managers alone")


class IdentityView(Message):
    """Who verified a person's identity, when and how."""

    method: str
    document: str
    note: str
    verified_by: str
    verified_by_name: str
    at: AwareDatetime
    signature: SignatureId | None = None


class TrainingView(Message):
    """A training on record for a role; the role's actions are refused once none of its trainings holds any more."""

    role: str
    role_label: str
    title: str
    document: str
    done_on: date
    expires_on: date | None
    recorded_by: str
    is_lapsed: bool


class AccountView(Message):
    """An account without anything secret."""

    account: AccountId
    user_name: str
    printed_name: str
    email: str
    roles: list[str]
    status: AccountStatus
    version: int = Field(description="to be named when the account is changed")
    expires_on: date | None
    has_ended: bool = Field(description="its last day is over; two System Managers can reactivate it")
    identity: IdentityView | None
    identity_due: bool = Field(description="nothing can be signed until identity is verified again")
    identity_due_because: str
    statement_accepted: SignatureId | None = Field(description="signature under the statement that holds now")
    statement_due: bool = Field(description="the statement that holds now is not accepted: nothing else can be signed")
    trainings: list[TrainingView]
    lapsed_roles: list[str]
    is_locked: bool
    locked_because: str
    locked_until: AwareDatetime | None = Field(description="None: until a System Manager unlocks it")
    cannot_sign_in: str = Field(description="why signing in is refused, for managers; empty if it is not")
    must_change_password: bool
    password_ends_at: AwareDatetime | None
    has_totp: bool
    created_by: str
    created_by_name: str
    created_at: AwareDatetime
    last_reset_by: str
    last_reset_by_name: str
    last_sign_in_at: AwareDatetime | None = None
    last_failed_at: AwareDatetime | None = None
    failed_attempts: int = Field(description="wrong passwords since the last good one, signing in and signing together")


class AccountCreated(Message):
    """An account and its temporary password, shown this one time."""

    account: AccountView
    temporary_password: str
    temporary_password_ends_at: AwareDatetime


class AccountReason(Message):
    """Why an account is unlocked, its password reset, its second factor removed."""

    reason: Reason
    reason_code: ReasonCode = ""


class BreakglassRequest(Message):
    """Opens a System Manager's account from the server's shell: by two people who are named, for a reason."""

    user_name: str = Field(min_length=1, max_length=64)
    first_person: str = Field(min_length=3, max_length=200, description="printed name of who is at the shell")
    second_person: str = Field(min_length=3, max_length=200, description="printed name of who watches")
    reason: Reason


class ProfileRequest(Message):
    """A new printed name, e-mail address or both."""

    printed_name: str = Field(min_length=1, max_length=200)
    email: Email = ""
    expected_version: int = Field(ge=1)
    reason: Reason
    reason_code: ReasonCode = ""


class ExpiryRequest(Message):
    """A new last day of an account; None: it does not expire."""

    expires_on: Day | None
    expected_version: int = Field(ge=1)
    reason: Reason
    reason_code: ReasonCode = ""


class TrainingRequest(Message):
    """A training that a person has had for a role."""

    role: RoleName
    title: str = Field(min_length=3, max_length=200)
    document: str = Field(min_length=1, max_length=200, description="where its record is kept")
    done_on: Day
    expires_on: Day | None = None
    reason: Reason
    reason_code: ReasonCode = ""


class CompromiseReport(Message):
    """Somebody else may know the own password: the account is locked, its sessions end, managers are told."""

    reason: Reason
    reason_code: ReasonCode = ""


class TotpOffer(Message):
    """A second factor that was offered; it holds once a code of it has been proved. Shown this one time."""

    secret: str = Field(description="base32, to be typed into an authenticator app")
    uri: str = Field(description="otpauth:// address, for a picture to scan")


class TotpProof(Message):
    """A code of the offered second factor."""

    code: SecretStr = Field(max_length=16)


class PersonView(Message):
    """Somebody who works here, as everybody may know: name, roles, whether the account is active."""

    account: str
    user_name: str
    printed_name: str
    roles: list[str]
    is_active: bool


class AuthorityRow(Message):
    """What a person could do on a date: roles, and the actions that they had under the configuration of that date."""

    account: AccountId
    user_name: str
    printed_name: str
    status: AccountStatus
    roles: list[str]
    actions: list[Action]


class AuthorityView(Message):
    """Who had which roles and actions at a time."""

    at: AwareDatetime
    configuration: int
    people: list[AuthorityRow]


class DossierView(Message):
    """Everything on record about one person's signatures: account history, identity, statements, signatures."""

    account: AccountView
    history: list[Json] = Field(description="every revision of the account, as stored, oldest first, with its entry")
    statements: list[Json] = Field(description="acceptances of the accountability statement")
    signatures: list[Json] = Field(description="every signature, as stored, oldest first")
    made_at: AwareDatetime
    entry: EntryRef
