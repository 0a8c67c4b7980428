"""Authority checks (11.10(g)): which role may do which action, and which roles no one person may hold together.

One pure function, :func:`decide`, over tables that are data. What is in no table is refused. Whether the *person* may
act on this one record (contributor, reviewer, approver) is in ``workflow.py``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from blotter_records.domain.policies import Policies
from blotter_records.vocabulary import Action, Role

_OWN = frozenset({Action.PASSWORD_CHANGE, Action.SESSION_END, Action.SESSION_VIEW})

# A notebook is its owner's desk: a list of commands, no data. Everybody has one, so that everybody can look at what
# his or her role allows; nobody has anybody else's.
_DESK = _OWN | {Action.NOTEBOOK_SAVE, Action.NOTEBOOK_VIEW}

_READ = frozenset(
    {Action.ANALYSIS_VIEW, Action.IMAGE_LIST, Action.IMAGE_VIEW, Action.LOG_IMAGE_VIEW, Action.RESULT_VIEW}
)
_EXPORT = frozenset({Action.BUNDLE_EXPORT, Action.EXPORT_DOWNLOAD, Action.REPORT_GENERATE})

_MAKE = frozenset(
    {
        Action.ANALYSIS_EDIT,
        Action.ANALYSIS_SAVE,
        Action.ANALYSIS_START,
        Action.IMAGE_IMPORT,
        Action.RESULT_CREATE,
        Action.RESULT_SUBMIT,
        Action.RESULT_WITHDRAW,
        Action.SIGNATURE_INTEND,
    }
)
_REVIEW = frozenset(
    {Action.RESULT_RETURN, Action.RESULT_REVIEW_SIGN, Action.RESULT_REVIEW_START, Action.SIGNATURE_INTEND}
)
_APPROVE = frozenset({Action.RESULT_APPROVE, Action.RESULT_RETURN, Action.SIGNATURE_INTEND})

#: What each of the shipped roles may do (requirements C4).
MAY: Mapping[Role, frozenset[Action]] = MappingProxyType(
    {
        Role.ANALYST: _DESK | _READ | _EXPORT | _MAKE,
        Role.SUPERVISOR: _DESK | _READ | _EXPORT | _MAKE | _REVIEW,
        Role.REVIEWER: _DESK | _READ | _EXPORT | _REVIEW,
        Role.APPROVER: _DESK | _READ | _EXPORT | _APPROVE,
        Role.AUDITOR: _DESK | _READ | _EXPORT | {Action.LOG_USER_VIEW, Action.USER_VIEW},
        Role.INSTRUMENT_MANAGER: _DESK | {Action.IMAGE_LIST, Action.IMAGE_VIEW},
        Role.RECORDS_MANAGER: _DESK | _READ | _EXPORT,
        Role.SYSTEM_MANAGER: _DESK | {Action.LOG_USER_VIEW, Action.USER_CREATE, Action.USER_VIEW},
    }
)

#: What may be done before a temporary or expired password has been changed.
BEFORE_PASSWORD_CHANGE = _OWN

#: Actions that change data: whoever did one is a *contributor* of everything made from it.
CHANGES_DATA = frozenset(
    {
        Action.ANALYSIS_EDIT,
        Action.ANALYSIS_SAVE,
        Action.ANALYSIS_START,
        Action.IMAGE_IMPORT,
        Action.RESULT_CREATE,
        Action.RESULT_SUBMIT,
    }
)

#: Roles that no one person may hold together: who administers people touches no data (requirements C4).
EXCLUDED_PAIRS: frozenset[frozenset[Role]] = frozenset(
    frozenset({Role.SYSTEM_MANAGER, role}) for role in Role if role is not Role.SYSTEM_MANAGER
)

ROLE_NAMES: Mapping[Role, str] = MappingProxyType({role: role.value.replace("_", " ").title() for role in Role})


@dataclass(frozen=True)
class Verdict:
    """The answer of an authority check.

    Parameters
    ----------
    role : Role or None
        The role in effect: the one that allowed it. None when refused.
    rule : str
        Which rule refused (an error code), empty when allowed.
    why_not : str
        One sentence for the person, empty when allowed.
    """

    role: Role | None
    rule: str = ""
    why_not: str = ""

    @property
    def is_allowed(self) -> bool:
        """Whether it may be done."""
        return self.role is not None


def excluded(roles: Collection[Role]) -> frozenset[Role] | None:
    """Return a pair of roles that may not be held together, or None."""
    held = frozenset(roles)
    return next((pair for pair in sorted(EXCLUDED_PAIRS, key=sorted) if pair <= held), None)


def allowed_actions(roles: Collection[Role], policies: Policies) -> list[Action]:
    """Return every action that these roles allow, whatever the status of a record, sorted."""
    return [action for action in Action if decide(roles, action, policies).is_allowed]


def decide(
    roles: Collection[Role],
    action: Action,
    policies: Policies,
    *,
    must_change_password: bool = False,
    status: str | None = None,
    statuses: Collection[str] | None = None,
) -> Verdict:
    """Decide whether roles allow an action in a status (role × action × status × policy).

    Parameters
    ----------
    roles : collection of Role
        The roles that the person holds.
    action : Action
    policies : Policies
    must_change_password : bool
        The password is temporary or has expired: nothing but changing it is allowed (11.300(b), draft Annex 11 11.4).
    status : str, optional
        Status of the record.
    statuses : collection of str, optional
        Statuses in which the action may be done; None where the status does not matter.

    Returns
    -------
    Verdict
        With the first role, in the order of the vocabulary, that allows it.
    """
    if must_change_password and action not in BEFORE_PASSWORD_CHANGE:
        return Verdict(None, "refused.password_change", "Change your password first; nothing else can be done before.")
    if excluded(roles) is not None:
        return Verdict(None, "refused.excluded_roles", "These roles may not be held by one person.")
    by = [role for role in Role if role in roles and action in MAY[role]]
    if action is Action.IMAGE_IMPORT and not policies.analysts_may_import:
        by = [role for role in by if role is not Role.ANALYST]
    if not by:
        return Verdict(None, "refused.role", _role_text(roles, action))
    if statuses is not None and status not in statuses:
        wanted = " or ".join(sorted(text.replace("_", " ") for text in statuses))
        shown = "none" if status is None else status.replace("_", " ")
        return Verdict(None, "refused.status", f"The status is {shown}; this can be done only when it is {wanted}.")
    return Verdict(by[0])


def _role_text(roles: Collection[Role], action: Action) -> str:
    able = [ROLE_NAMES[role] for role in Role if action in MAY[role]]
    held = " and ".join(ROLE_NAMES[role] for role in Role if role in roles) or "nobody"
    return f"As {held} you may not do this ({action.value}). Roles that may: {', '.join(able) or 'none'}."
