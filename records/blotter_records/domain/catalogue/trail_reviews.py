"""Actions of the audit-trail review (requirements C3, ``audit.review``); the review is signed as the result's."""

from __future__ import annotations

from blotter_records.domain.catalogue.rule import ActionRule, R, S, Scope, roles
from blotter_records.vocabulary import Action, RecordKind

_REVIEWS, _IN_REVIEW = roles(R.REVIEWER, R.SUPERVISOR), frozenset({S.IN_REVIEW})

ROWS = (
    ActionRule(
        Action.AUDIT_REVIEW_START,
        "Begin the trail review",
        "Began the review of a result's audit trail",
        Scope.STUDY,
        _REVIEWS,
        of=RecordKind.RESULT,
        statuses=_IN_REVIEW,
    ),
    ActionRule(
        Action.AUDIT_REVIEW_TICK,
        "Tick a group of entries",
        "Looked through a group of audit entries of a result",
        Scope.STUDY,
        _REVIEWS,
        of=RecordKind.RESULT,
        statuses=_IN_REVIEW,
    ),
)
