"""Who acts, with what authority, and how it ended."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """The eight shipped roles (requirements C4); a site may define more, which are names like these."""

    ANALYST = "analyst"
    SUPERVISOR = "supervisor"
    REVIEWER = "reviewer"
    APPROVER = "approver"
    AUDITOR = "auditor"
    INSTRUMENT_MANAGER = "instrument_manager"
    RECORDS_MANAGER = "records_manager"
    SYSTEM_MANAGER = "system_manager"


class AccountStatus(StrEnum):
    """Where an account stands: added, identity verified and activated, taken out of use (never deleted)."""

    PENDING = "pending"
    ACTIVE = "active"
    DEACTIVATED = "deactivated"


class ServiceIdentity(StrEnum):
    """Machine identities; none can sign or sign in."""

    CLI = "cli"
    HUB = "hub"
    INSTRUMENT = "instrument"
    SYSTEM = "system"


class Meaning(StrEnum):
    """Meaning of an electronic signature (11.50(a)(3))."""

    AUTHORSHIP = "authorship"
    REVIEW = "review"
    APPROVAL = "approval"
    RESPONSIBILITY = "responsibility"
    REJECTION = "rejection"
    INVALIDATION = "invalidation"


class Outcome(StrEnum):
    """How an entry ended."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


class ReasonRule(StrEnum):
    """Whether an action asks why (policy ``reason.rule.<action>``), weakest first."""

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"
    LIST = "list"


class ProposalStatus(StrEnum):
    """Where a change stands that needs a second person."""

    WAITING = "waiting"
    CARRIED_OUT = "carried_out"
    DECLINED = "declined"
