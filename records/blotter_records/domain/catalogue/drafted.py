"""Actions on what is drafted (requirements C3): written by one role, made effective by two persons."""

from __future__ import annotations

from blotter_records.domain.catalogue.rule import EVERYBODY, ActionRule, R, Scope, Second, roles
from blotter_records.vocabulary import Action, Meaning, ReasonRule, RecordKind

_REQUIRED = ReasonRule.REQUIRED
_WRITES, _DECIDES = roles(R.SUPERVISOR), roles(R.APPROVER)


def _rows(kind: RecordKind, called: str) -> tuple[ActionRule, ...]:
    """Return the rules of a kind; ``called``: its whole name, with an article before it."""
    word, name = kind.value, called.partition(" ")[2]
    view, create, edit, effective, retire = (
        Action(f"{word}.{verb}") for verb in ("view", "create", "edit", "effective", "retire")
    )
    return (
        ActionRule(view, f"Show the {word}s", f"Looked at the {name}s", Scope.SELF, EVERYBODY),
        ActionRule(create, f"Write a {word}", f"Wrote a new {name}", Scope.SITE, _WRITES),
        ActionRule(
            edit,
            "Change the draft",
            f"Changed the draft of {called}",
            Scope.SITE,
            _WRITES,
            of=kind,
            reason=_REQUIRED,
            reason_floor=_REQUIRED,
        ),
        # Two persons, whatever policy says: who writes it and who approves results (C3, C4).
        ActionRule(
            effective,
            "Make effective",
            f"Made a version of {called} effective",
            Scope.SITE,
            _WRITES | _DECIDES,
            of=kind,
            meaning=Meaning.APPROVAL,
            reason=ReasonRule.OPTIONAL,
            second=Second.OTHER_ROLE,
        ),
        ActionRule(
            retire,
            "Retire",
            f"Retired {called}",
            Scope.SITE,
            _DECIDES,
            of=kind,
            meaning=Meaning.RESPONSIBILITY,
            reason=_REQUIRED,
            reason_floor=_REQUIRED,
        ),
    )


#: To apply a protocol is to start an analysis: no action of its own.
ROWS = (*_rows(RecordKind.TEMPLATE, "a notebook template"), *_rows(RecordKind.PROTOCOL, "an analysis protocol"))
