"""Actions on notebook templates (requirements C3): written by one role, made effective by two persons."""

from __future__ import annotations

from blotter_records.domain.catalogue.rule import EVERYBODY, ActionRule, R, Scope, Second, roles
from blotter_records.vocabulary import Action, Meaning, ReasonRule, RecordKind

_REQUIRED = ReasonRule.REQUIRED
_WRITES, _DECIDES = roles(R.SUPERVISOR), roles(R.APPROVER)

ROWS = (
    ActionRule(Action.TEMPLATE_VIEW, "Show the templates", "Looked at the notebook templates", Scope.SELF, EVERYBODY),
    ActionRule(Action.TEMPLATE_CREATE, "Write a template", "Wrote a new notebook template", Scope.SITE, _WRITES),
    ActionRule(
        Action.TEMPLATE_EDIT,
        "Change the draft",
        "Changed the draft of a notebook template",
        Scope.SITE,
        _WRITES,
        of=RecordKind.TEMPLATE,
        reason=_REQUIRED,
        reason_floor=_REQUIRED,
    ),
    # Two persons, whatever policy says: who writes templates and who approves results (C3, C4).
    ActionRule(
        Action.TEMPLATE_EFFECTIVE,
        "Make effective",
        "Made a version of a notebook template effective",
        Scope.SITE,
        _WRITES | _DECIDES,
        of=RecordKind.TEMPLATE,
        meaning=Meaning.APPROVAL,
        reason=ReasonRule.OPTIONAL,
        second=Second.OTHER_ROLE,
    ),
    ActionRule(
        Action.TEMPLATE_RETIRE,
        "Retire",
        "Retired a notebook template",
        Scope.SITE,
        _DECIDES,
        of=RecordKind.TEMPLATE,
        meaning=Meaning.RESPONSIBILITY,
        reason=_REQUIRED,
        reason_floor=_REQUIRED,
    ),
)
