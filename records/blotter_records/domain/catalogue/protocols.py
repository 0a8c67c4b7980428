"""Actions on analysis protocols (requirements C3): as on notebook templates. To apply one is to start an analysis."""

from __future__ import annotations

from blotter_records.domain.catalogue.rule import EVERYBODY, ActionRule, R, Scope, Second, roles
from blotter_records.vocabulary import Action, Meaning, ReasonRule, RecordKind

_REQUIRED = ReasonRule.REQUIRED
_WRITES, _DECIDES = roles(R.SUPERVISOR), roles(R.APPROVER)

ROWS = (
    ActionRule(Action.PROTOCOL_VIEW, "Show the protocols", "Looked at the protocols", Scope.SELF, EVERYBODY),
    ActionRule(Action.PROTOCOL_CREATE, "Write a protocol", "Wrote a new analysis protocol", Scope.SITE, _WRITES),
    ActionRule(
        Action.PROTOCOL_EDIT,
        "Change the draft",
        "Changed the draft of an analysis protocol",
        Scope.SITE,
        _WRITES,
        of=RecordKind.PROTOCOL,
        reason=_REQUIRED,
        reason_floor=_REQUIRED,
    ),
    ActionRule(
        Action.PROTOCOL_EFFECTIVE,
        "Make effective",
        "Made a version of an analysis protocol effective",
        Scope.SITE,
        _WRITES | _DECIDES,
        of=RecordKind.PROTOCOL,
        meaning=Meaning.APPROVAL,
        reason=ReasonRule.OPTIONAL,
        second=Second.OTHER_ROLE,
    ),
    ActionRule(
        Action.PROTOCOL_RETIRE,
        "Retire",
        "Retired an analysis protocol",
        Scope.SITE,
        _DECIDES,
        of=RecordKind.PROTOCOL,
        meaning=Meaning.RESPONSIBILITY,
        reason=_REQUIRED,
        reason_floor=_REQUIRED,
    ),
)
