"""Actions on instruments and on what is acquired with them (requirements C3)."""

from __future__ import annotations

from blotter_records.domain.catalogue.rule import EVERYBODY, MAKERS, ActionRule, R, Scope, roles
from blotter_records.vocabulary import Action, Meaning, ReasonRule, RecordKind

_REQUIRED = ReasonRule.REQUIRED
_KEEPS = roles(R.INSTRUMENT_MANAGER)


def _signed(
    action: Action, label: str, description: str, reason: ReasonRule = _REQUIRED, floor: ReasonRule = _REQUIRED
) -> ActionRule:
    return ActionRule(
        action,
        label,
        description,
        Scope.SITE,
        _KEEPS,
        of=RecordKind.INSTRUMENT,
        meaning=Meaning.RESPONSIBILITY,
        reason=reason,
        reason_floor=floor,
    )


ROWS = (
    ActionRule(Action.INSTRUMENT_VIEW, "Show the instruments", "Looked at the instruments", Scope.SELF, EVERYBODY),
    ActionRule(
        Action.INSTRUMENT_EDIT,
        "Change the instrument",
        "Wrote down an instrument, or changed what is written of it",
        Scope.SITE,
        _KEEPS,
        of=RecordKind.INSTRUMENT,
        reason=_REQUIRED,
        reason_floor=_REQUIRED,
    ),
    _signed(Action.INSTRUMENT_REGISTER, "Register", "Registered an instrument for acquisitions"),
    _signed(Action.INSTRUMENT_RETIRE, "Retire", "Took an instrument out of use"),
    _signed(
        Action.INSTRUMENT_CALIBRATION_RECORD,
        "Record a calibration",
        "Recorded a calibration of an instrument",
        ReasonRule.OPTIONAL,
        ReasonRule.NONE,
    ),
    ActionRule(
        Action.IMAGE_ACQUIRE_START,
        "Acquire",
        "Started an acquisition on an instrument",
        Scope.STUDY,
        MAKERS,
        changes_data=True,
    ),
    ActionRule(
        Action.IMAGE_ACQUIRE_ABORT,
        "Abort the acquisition",
        "Aborted an acquisition: nothing of it is kept",
        Scope.STUDY,
        MAKERS,
        of=RecordKind.ACQUISITION,
        reason=_REQUIRED,
        changes_data=True,
    ),
)
