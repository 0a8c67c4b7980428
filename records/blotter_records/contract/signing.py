"""Signing: an action is prepared, shown on a page of the records service, and carried out when it is signed there."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from pydantic import AwareDatetime, Field

from blotter_records.contract.base import (
    AccountId,
    AnyId,
    Day,
    Digest,
    EntryRef,
    ExportId,
    Json,
    Message,
    ProposalId,
    Reason,
    ReasonCode,
    ResultId,
    RoleName,
    SignatureId,
)
from blotter_records.vocabulary import Action, Meaning, ProposalStatus, RecordKind


class NoDetails(Message):
    """An action that needs nothing but the record."""


class InvalidationDetails(Message):
    """Declares a record not to be used."""

    deviation: str = Field(min_length=1, max_length=60, title="Deviation", description="its id in the quality system")


class SuccessorDetails(Message):
    """Replaces a result."""

    successor: ResultId = Field(title="Successor", description="the approved result that replaces this one")


class ArchiveDetails(Message):
    """Archives a result."""

    bundle: ExportId = Field(title="Bundle", description="an export bundle of the result as it stands")


class ReassignmentDetails(Message):
    """Gives an absent person's part in a result to another member of the study."""

    part: Literal["reviewer", "submitter"] = Field(title="Part", description="reviewer or submitter")
    account: AccountId = Field(title="To", description="account id of the person who takes it over")


class MemberDetails(Message):
    """Adds a member to a study, or sets the roles that a member has in it."""

    account: AccountId = Field(title="Person", description="account id")
    roles: list[RoleName] = Field(min_length=1, max_length=20, title="Roles", description="in the study")


class FormerMemberDetails(Message):
    """Takes a member out of a study."""

    account: AccountId = Field(title="Person", description="account id")


class RetentionDetails(Message):
    """How long a study is kept after it ends."""

    retention_class: str = Field(min_length=2, max_length=60, title="Class", description="as the laboratory names it")
    years: int = Field(ge=1, le=99, title="Years")


class PolicyDetails(Message):
    """New values of policies, by name."""

    values: dict[str, bool | int | str | list[str]] = Field(min_length=1, max_length=100, title="Policies")


class RoleDetails(Message):
    """A role as it shall be."""

    name: RoleName = Field(title="Name")
    label: str = Field(min_length=2, max_length=60, title="Label")
    purpose: str = Field("", max_length=200, title="Purpose")
    actions: list[Action] = Field(min_length=1, title="Actions")
    across: list[Action] = Field([], title="Across studies")


class RoleNamed(Message):
    """Names a role of the site."""

    name: RoleName = Field(title="Name")


class RoleHeld(Message):
    """Names a role that a person gets or loses."""

    role: RoleName = Field(title="Role")


class IdentityDetails(Message):
    """How a person's identity was verified (11.100(b))."""

    method: str = Field(
        min_length=3, max_length=100, title="Method", description="passport shown in person, staff card …"
    )
    document: str = Field(min_length=1, max_length=200, title="Document", description="so that it is found again")
    note: str = Field("", max_length=1000, title="Note")


class ReviewedAccess(Message):
    """What was decided about an account in an access review."""

    account: AccountId
    decision: Literal["keep", "change"]
    note: str = Field("", max_length=500)


class AccessReviewDetails(Message):
    """What was decided about every account of an access review."""

    rows: list[ReviewedAccess] = Field(min_length=1, max_length=10_000, title="Decisions")


class SignatureRequirementDetails(Message):
    """What the signature of an action asks for besides user name and password."""

    action: Action = Field(title="Action")
    comment: bool = Field(False, title="Comment")
    code: bool = Field(False, title="One-time code")


class CalibrationDetails(Message):
    """A calibration of an instrument, and until when it holds."""

    done_on: Day = Field(title="Done on")
    due_on: Day = Field(title="Due on", description="the last day on which the instrument may be used")
    certificate: str = Field(min_length=1, max_length=100, title="Certificate", description="so that it is found again")


class WhitelistDetails(Message):
    """Widgets that a role may use in notebooks."""

    role: RoleName = Field(title="Role")
    widgets: list[str] = Field(max_length=100, title="Widgets")


#: What an action that is signed needs besides the record; what is not here needs nothing.
DETAILS: Mapping[Action, type[Message]] = MappingProxyType(
    {
        Action.IMAGE_INVALIDATE: InvalidationDetails,
        Action.INSTRUMENT_CALIBRATION_RECORD: CalibrationDetails,
        Action.POLICY_EDIT: PolicyDetails,
        Action.RESULT_ARCHIVE: ArchiveDetails,
        Action.RESULT_INVALIDATE: InvalidationDetails,
        Action.RESULT_REASSIGN: ReassignmentDetails,
        Action.RESULT_SUPERSEDE: SuccessorDetails,
        Action.RETENTION_EDIT: RetentionDetails,
        Action.ROLE_CREATE: RoleDetails,
        Action.ROLE_EDIT: RoleDetails,
        Action.ROLE_RETIRE: RoleNamed,
        Action.SIGNATURE_REQUIREMENT_EDIT: SignatureRequirementDetails,
        Action.STUDY_MEMBER_ADD: MemberDetails,
        Action.STUDY_MEMBER_REMOVE: FormerMemberDetails,
        Action.USER_ACCESS_REVIEW_SIGN: AccessReviewDetails,
        Action.USER_IDENTITY_VERIFY: IdentityDetails,
        Action.USER_ROLE_ASSIGN: RoleHeld,
        Action.USER_ROLE_REMOVE: RoleHeld,
        Action.WIDGET_WHITELIST_EDIT: WhitelistDetails,
    }
)


class Asked(Message):
    """A field that a form has to ask for, before an action can be prepared."""

    name: str
    label: str
    hint: str = ""


def asked_for(action: Action) -> list[Asked]:
    """Return what a form asks for, for the actions whose details are plain texts."""
    model = DETAILS.get(action, NoDetails)
    return [
        Asked(name=name, label=field.title or name, hint=field.description or "")
        for name, field in model.model_fields.items()
        if field.annotation is str or name == "part"
    ]


class SigningIntentRequest(Message):
    """Asks to sign an action on a record; the service answers with a page of its own to sign on."""

    record: AnyId
    action: Action
    details: Json = Field({}, description="what the action needs besides the record (see DETAILS)")
    reason: Reason = ""
    reason_code: ReasonCode = ""
    comment: str = Field("", max_length=2000)


class SigningIntentView(Message):
    """A signing page that was prepared; single use, bound to the digest shown."""

    intent: str
    url: str
    record: AnyId
    record_kind: RecordKind
    version: int
    action: Action
    meaning: Meaning
    digest: Digest
    ends_at: AwareDatetime
    state: Literal["open", "signed", "ended"]
    signature: SignatureId | None = None
    proposal: ProposalId | None = Field(None, description="where a second person has to sign before it takes effect")


class SignatureView(Message):
    """An electronic signature with its manifestation (11.50) and its computed state (11.70)."""

    signature: SignatureId
    record: AnyId
    record_kind: RecordKind
    version: int
    action: Action
    action_description: str
    meaning: Meaning
    printed_name: str
    user_name: str
    role: str
    role_label: str
    signed_at: AwareDatetime
    zone: str
    utc_offset: str
    digest: Digest
    comment: str
    reason: str
    state: Literal["valid", "outdated", "invalid"]
    seal: Literal["sealed", "pending"]
    entry: EntryRef


class Fact(Message):
    """What a signed action changes: a name, before and after."""

    name: str
    before: str = ""
    after: str = ""


class ProposalView(Message):
    """A signed change that waits for a second person, and what became of it."""

    proposal: ProposalId
    version: int
    action: Action
    label: str
    record: AnyId
    record_kind: RecordKind
    facts: list[Fact]
    status: ProposalStatus
    proposer: str
    proposed_at: AwareDatetime
    reason: str
    second: str = ""
    ending: str = ""
    may_countersign: bool
    why_not: str = ""
    entry: EntryRef


class ProposalDecline(Message):
    """Declines a proposal, or takes the own one back."""

    reason: Reason
    reason_code: ReasonCode = ""
