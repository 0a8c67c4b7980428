"""What is known of an action: one row of the catalogue (requirements C2 and C3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from blotter_records.vocabulary import Action, ImageStatus, Meaning, ReasonRule, RecordKind, ResultStatus, Role


class Scope(Enum):
    """What an action is about."""

    SELF = "self"  # the person's own desk: every role has it, no role can lose it
    SITE = "site"  # the installation: people, roles, policies, logs
    STUDY = "study"  # data of a study: only its members, or roles that reach across studies


class Second(Enum):
    """When an action needs a second person before it takes effect."""

    FOUR_EYES = "four_eyes"  # policy admin.four_eyes, as soon as there are two active System Managers
    APPROVED = "approved"  # the record is approved
    OTHER_ROLE = "other_role"  # always, and the second person acts in another of the action's roles


@dataclass(frozen=True)
class ActionRule:
    """One action.

    Parameters
    ----------
    action : Action
    label : str
        On the button.
    description : str
        What the person did; stored verbatim with a signature (11.50(a)(3)).
    scope : Scope
    roles : frozenset of Role
        Shipped roles that have it by default (requirements C4).
    across : frozenset of Role
        Roles that may do it in studies of which the person is no member; each use is written to the trail.
    of : RecordKind or None
        Whose status decides.
    statuses : frozenset of str or None
        Statuses in which it may be done; None where the status does not matter.
    target : ResultStatus or None
        Status of the result afterwards, for a step of the workflow.
    meaning : Meaning or None
        Meaning of the signature; None for an action that is not signed.
    reason : ReasonRule
        Whether it asks why, unless a policy says more (or, down to ``reason_floor``, less).
    reason_floor : ReasonRule
    reason_from : int
        First version of the record for which the rule holds.
    changes_data : bool
        Whoever did it is a contributor of everything made from the record.
    second : Second or None
    second_roles : frozenset of Role
        Roles that may confirm besides those that may do it.
    """

    action: Action
    label: str
    description: str
    scope: Scope
    roles: frozenset[Role]
    across: frozenset[Role] = frozenset()
    of: RecordKind | None = None
    statuses: frozenset[str] | None = None
    target: ResultStatus | None = None
    meaning: Meaning | None = None
    reason: ReasonRule = ReasonRule.NONE
    reason_floor: ReasonRule = ReasonRule.NONE
    reason_from: int = 1
    changes_data: bool = False
    second: Second | None = None
    second_roles: frozenset[Role] = frozenset()

    @property
    def is_signed(self) -> bool:
        """Whether it takes an electronic signature: exactly the actions that have a meaning."""
        return self.meaning is not None


R = Role
EVERYBODY = frozenset(Role)
MAKERS = frozenset({R.ANALYST, R.SUPERVISOR})
READERS = frozenset({R.ANALYST, R.SUPERVISOR, R.REVIEWER, R.APPROVER, R.AUDITOR, R.RECORDS_MANAGER})
#: QA and auditors read across studies (requirements C4); each such reading is written down.
ACROSS = frozenset({R.APPROVER, R.AUDITOR})
MANAGERS = frozenset({R.SYSTEM_MANAGER})

S = ResultStatus
#: Image statuses in which something may still be made from the image.
USABLE = frozenset(
    {
        ImageStatus.ACQUIRED,
        ImageStatus.IN_ANALYSIS,
        ImageStatus.SUBMITTED,
        ImageStatus.IN_REVIEW,
        ImageStatus.REVIEWED,
        ImageStatus.APPROVED,
        ImageStatus.RETURNED,
    }
)
#: Image statuses in which what belongs to the image may change: not while a result of it is being reviewed.
OPEN = frozenset({ImageStatus.ACQUIRED, ImageStatus.IN_ANALYSIS, ImageStatus.APPROVED, ImageStatus.RETURNED})
#: Image statuses in which its pixels are shown.
SHOWN = frozenset(ImageStatus) - {ImageStatus.ACQUIRING, ImageStatus.INTEGRITY_HOLD}


def roles(*given: Role) -> frozenset[Role]:
    """Return roles as a set."""
    return frozenset(given)


def by_action(rows: Iterable[ActionRule]) -> dict[Action, ActionRule]:
    """Return rows by their action. Raises ``ValueError`` if an action has two."""
    found: dict[Action, ActionRule] = {}
    for row in rows:
        if row.action in found:
            raise ValueError(f"{row.action} has two rows")
        found[row.action] = row
    return found
