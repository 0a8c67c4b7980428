"""Actions on one's own desk, on people, and on the installation (requirements C3)."""

from __future__ import annotations

from blotter_records.domain.catalogue.rule import EVERYBODY, MANAGERS, ActionRule, R, Scope, Second, roles
from blotter_records.vocabulary import Action, Meaning, ReasonRule, RecordKind, Role

_REQUIRED, _LIST_OF_LOGS = ReasonRule.REQUIRED, roles(R.SYSTEM_MANAGER, R.AUDITOR)
_ALARMS = roles(R.SYSTEM_MANAGER, R.APPROVER, R.RECORDS_MANAGER)


def _own(action: Action, label: str, description: str) -> ActionRule:
    return ActionRule(action, label, description, Scope.SELF, EVERYBODY)


def _managed(action: Action, label: str, description: str, of: RecordKind) -> ActionRule:
    """Return an action of a System Manager that is signed with a reason and confirmed by a second one."""
    return ActionRule(
        action,
        label,
        description,
        Scope.SITE,
        MANAGERS,
        of=of,
        meaning=Meaning.RESPONSIBILITY,
        reason=_REQUIRED,
        reason_floor=_REQUIRED,
        second=Second.FOUR_EYES,
    )


def _reasoned(action: Action, label: str, description: str, of: RecordKind | None = None) -> ActionRule:
    """Return an action of a System Manager that says why."""
    return ActionRule(action, label, description, Scope.SITE, MANAGERS, of=of, reason=_REQUIRED, reason_floor=_REQUIRED)


def _signed(
    action: Action,
    label: str,
    description: str,
    *,
    of: RecordKind = RecordKind.ACCOUNT,
    meaning: Meaning = Meaning.RESPONSIBILITY,
    reason: ReasonRule = ReasonRule.OPTIONAL,
) -> ActionRule:
    """Return an action that one System Manager signs."""
    floor = reason if reason is _REQUIRED else ReasonRule.NONE
    return ActionRule(
        action, label, description, Scope.SITE, MANAGERS, of=of, meaning=meaning, reason=reason, reason_floor=floor
    )


def _seen(action: Action, label: str, description: str, by: frozenset[Role]) -> ActionRule:
    return ActionRule(action, label, description, Scope.SITE, by)


ROWS = (
    ActionRule(
        Action.ACCOUNT_REPORT_COMPROMISE,
        "Report the own password as known to others",
        "Reported the own password as known to others",
        Scope.SELF,
        EVERYBODY,
        reason=_REQUIRED,
        reason_floor=_REQUIRED,
    ),
    _own(Action.CONFIGURATION_VIEW, "Show the configuration", "Looked at roles and policies"),
    _own(Action.NOTEBOOK_SAVE, "Save the notebook", "Saved an own notebook"),
    _own(Action.NOTEBOOK_VIEW, "Open a notebook", "Opened an own notebook"),
    _own(Action.PASSWORD_CHANGE, "Change the password", "Changed the own password"),
    _own(Action.PERSON_VIEW, "Show who works here", "Looked at who works here"),
    _own(Action.PROPOSAL_VIEW, "Show what waits for a second person", "Looked at what waits for a second person"),
    _own(Action.SESSION_END, "Sign out", "Signed out"),
    _own(Action.SESSION_VIEW, "Show the session", "Looked at the own session"),
    _own(Action.SIGNATURE_INTEND, "Open a signing page", "Opened a signing page"),
    _own(Action.TOTP_ENROL, "Enrol a second factor", "Enrolled a second factor"),
    # The first signature of every person, and again when the statement changes (11.10(j)).
    ActionRule(
        Action.POLICY_ACCEPT,
        "Accept the accountability statement",
        "Accepted accountability for actions done under the own electronic signature",
        Scope.SELF,
        EVERYBODY,
        of=RecordKind.ACCOUNT,
        meaning=Meaning.RESPONSIBILITY,
    ),
    # A second person confirms in the role that the confirmed action asks for; that is checked with it.
    ActionRule(
        Action.PROPOSAL_COUNTERSIGN,
        "Confirm as the second person",
        "Confirmed, as the second person, what another person signed",
        Scope.SELF,
        EVERYBODY,
        of=RecordKind.PROPOSAL,
        meaning=Meaning.RESPONSIBILITY,
        reason=ReasonRule.OPTIONAL,
    ),
    ActionRule(
        Action.PROPOSAL_DECLINE,
        "Decline",
        "Declined what another person signed, or took the own proposal back",
        Scope.SELF,
        EVERYBODY,
        of=RecordKind.PROPOSAL,
        reason=_REQUIRED,
        reason_floor=_REQUIRED,
    ),
    _seen(Action.LOG_USER_VIEW, "Show the user log", "Looked at the user log", _LIST_OF_LOGS),
    _seen(Action.LOG_USER_EXPORT, "Export the user log", "Exported the user log", _LIST_OF_LOGS),
    _seen(Action.USER_VIEW, "Show the accounts", "Looked at the accounts", _LIST_OF_LOGS),
    _seen(Action.USER_DOSSIER_EXPORT, "Export a person's dossier", "Exported a person's dossier", _LIST_OF_LOGS),
    _seen(Action.TASK_VIEW, "Show what is due", "Looked at what is due", _ALARMS | roles(R.AUDITOR)),
    _seen(Action.NOTIFICATION_VIEW, "Show notifications", "Looked at the notifications", _ALARMS | roles(R.AUDITOR)),
    ActionRule(
        Action.NOTIFICATION_ACKNOWLEDGE,
        "Acknowledge",
        "Acknowledged a notification",
        Scope.SITE,
        _ALARMS,
        of=RecordKind.NOTIFICATION,
        reason=_REQUIRED,
        reason_floor=_REQUIRED,
    ),
    ActionRule(
        Action.USER_CREATE,
        "Add a person",
        "Added a person",
        Scope.SITE,
        MANAGERS,
        reason=_REQUIRED,
        reason_floor=_REQUIRED,
    ),
    _reasoned(Action.LETTER_RECORD, "Keep the letter", "Kept the certification letter to the agency"),
    _reasoned(Action.NOTIFICATION_RULE_EDIT, "Change who is told", "Changed who is told of an alarm"),
    _reasoned(Action.TOTP_REMOVE, "Remove the second factor", "Removed a person's second factor", RecordKind.ACCOUNT),
    _reasoned(Action.USER_EXPIRY_SET, "Set the last day", "Set the last day of an account", RecordKind.ACCOUNT),
    _reasoned(Action.USER_PASSWORD_RESET, "Reset the password", "Reset a person's password", RecordKind.ACCOUNT),
    _reasoned(Action.USER_PROFILE_EDIT, "Change the profile", "Changed name or e-mail address", RecordKind.ACCOUNT),
    _reasoned(Action.USER_TRAINING_RECORD, "Record a training", "Recorded a training", RecordKind.ACCOUNT),
    _reasoned(Action.USER_UNLOCK, "Unlock", "Unlocked an account", RecordKind.ACCOUNT),
    _signed(Action.USER_IDENTITY_VERIFY, "Verify identity", "Verified a person's identity", reason=_REQUIRED),
    _signed(Action.USER_ACTIVATE, "Activate", "Activated an account that another person added"),
    _seen(Action.USER_ACCESS_REVIEW_START, "Begin an access review", "Began an access review", MANAGERS),
    _signed(
        Action.USER_ACCESS_REVIEW_SIGN,
        "Sign the access review",
        "Reviewed who has which access",
        of=RecordKind.ACCESS_REVIEW,
        meaning=Meaning.REVIEW,
    ),
    _managed(
        Action.SIGNATURE_REQUIREMENT_EDIT,
        "Change what a signature asks for",
        "Changed what the signature of an action asks for",
        RecordKind.CONFIGURATION,
    ),
    _managed(
        Action.WIDGET_WHITELIST_EDIT,
        "Change a role's widgets",
        "Changed which widgets a role may use",
        RecordKind.CONFIGURATION,
    ),
    _managed(Action.USER_DEACTIVATE, "Deactivate", "Deactivated an account", RecordKind.ACCOUNT),
    _managed(Action.USER_REACTIVATE, "Reactivate", "Reactivated an account", RecordKind.ACCOUNT),
    _managed(Action.USER_ROLE_ASSIGN, "Assign a role", "Assigned a role to a person", RecordKind.ACCOUNT),
    _managed(Action.USER_ROLE_REMOVE, "Remove a role", "Removed a role from a person", RecordKind.ACCOUNT),
    _managed(Action.POLICY_EDIT, "Change policies", "Changed system policies", RecordKind.CONFIGURATION),
    _managed(Action.ROLE_CREATE, "Add a role", "Added a role", RecordKind.CONFIGURATION),
    _managed(Action.ROLE_EDIT, "Change a role", "Changed what a role may do", RecordKind.CONFIGURATION),
    _managed(Action.ROLE_RETIRE, "Retire a role", "Retired a role", RecordKind.CONFIGURATION),
)
