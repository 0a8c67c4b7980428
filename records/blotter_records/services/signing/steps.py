"""What is signed: each signed action has a step that says what it would do, and does it once it is signed.

A step is asked twice: when the signing page is prepared, and again in the transaction of the signature, so that what
is carried out is what was shown. It never knows whether a second person was needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from pydantic import ValidationError

from blotter_records.contract.base import Message
from blotter_records.contract.signing import DETAILS, NoDetails
from blotter_records.domain.canonical import digest
from blotter_records.domain.reasons import Reason
from blotter_records.domain.records import Json
from blotter_records.errors import Invalid
from blotter_records.ports.entries import Revision
from blotter_records.ports.ledger import UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Acting
from blotter_records.vocabulary import Action, RecordKind

Facts = tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Prepared:
    """What a signed action would do.

    Parameters
    ----------
    before : Revision
        The record as it stands.
    version : int
        The version that people know.
    study : str
        Empty where the record belongs to none.
    status : str or None
        Of the record; decides whether a second person is needed.
    digest : str
        What the signature binds.
    bound : dict
        The structure under the digest; empty for a result, whose structure follows from what it pins.
    role : str
        The role in effect.
    title : str
        What the record is, for the page.
    facts : tuple of (name, before, after)
        What changes, readable.
    details : dict
        Validated.
    """

    before: Revision
    version: int
    study: str
    status: str | None
    digest: str
    bound: Json
    role: str
    title: str
    facts: Facts = ()
    details: Json = field(default_factory=dict)

    @property
    def kind(self) -> RecordKind:
        """Kind of the record."""
        return self.before.kind

    @property
    def record(self) -> str:
        """Id of the record."""
        return self.before.record_id


@dataclass(frozen=True)
class Signing:
    """Under which signature an action is carried out; where a second person was needed, who both were."""

    signature: str
    reason: Reason
    proposer: Json | None = None
    authoriser: Json | None = None
    first_signature: str | None = None

    def signatures(self) -> list[str]:
        """Return the signatures under which it is done, in their order."""
        return [one for one in (self.first_signature, self.signature) if one]


class Step(Protocol):
    """A signed action."""

    @property
    def kind(self) -> RecordKind:
        """Return which kind of record it is about."""

    def prove(self, actor: Actor, record: str, details: Json) -> None:
        """Check, before anything is signed, that what is signed verifies. Raises ``IntegrityBroken``."""

    def prepare(self, work: UnitOfWork, acting: Acting, record: str, details: Json) -> Prepared:
        """Say what it would do now. Raises whatever does not allow it."""

    def carry_out(self, work: UnitOfWork, actor: Actor, prepared: Prepared, signing: Signing) -> Revision:
        """Do it, in the transaction of the signature."""


class Steps:
    """The steps by their action."""

    def __init__(self, steps: Mapping[Action, Step]) -> None:
        self._steps = dict(steps)

    def add(self, action: Action, step: Step) -> None:
        """Add a step that itself needs the others."""
        self._steps[action] = step

    def of(self, action: Action) -> Step:
        """Return the step of an action. Raises ``Invalid('signature.action')`` for one that is not signed."""
        step = self._steps.get(action)
        if step is None:
            raise Invalid("signature.action", f"{action.value} is not an action that is signed.")
        return step

    def actions(self) -> frozenset[Action]:
        """Return every action that has a step."""
        return frozenset(self._steps)


def checked_details(action: Action, details: Json) -> Json:
    """Return the details of an action as they are stored. Raises ``Invalid('signature.details')`` naming the field."""
    model: type[Message] = DETAILS.get(action, NoDetails)
    try:
        return model.model_validate(details).model_dump(mode="json")
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "details"
        raise Invalid("signature.details", f"{action.value} needs other details: {where}: {first['msg']}.") from error


def prepared_change(
    action: Action,
    before: Revision,
    details: Json,
    *,
    role: str | None,
    title: str,
    facts: Facts,
    study: str = "",
    status: str | None = None,
) -> Prepared:
    """Return what an action on anything but a result would do: its signature binds record, content and change."""
    bound: Json = {
        "action": action.value,
        "record_kind": before.kind.value,
        "record": before.record_id,
        "record_rev": before.rev,
        "content_sha256": before.sha256,
        "details": details,
    }
    return Prepared(
        before=before,
        version=before.rev,
        study=study,
        status=status,
        digest=digest(bound),
        bound=bound,
        role=role or "",
        title=title,
        facts=facts,
        details=details,
    )
