"""Signed changes of an instrument: registered, its calibration recorded, retired (requirements C3)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from blotter_records.domain.records import Instrument, Json
from blotter_records.errors import Conflict, Invalid
from blotter_records.ports.clock import Clock
from blotter_records.ports.entries import Revision
from blotter_records.ports.ledger import UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Acting
from blotter_records.services.acting.writing import write
from blotter_records.services.instruments.register import acquiring_with, found
from blotter_records.services.signing.steps import Facts, Prepared, Signing, prepared_change
from blotter_records.vocabulary import Action, InstrumentStatus, RecordKind


@dataclass(frozen=True)
class InstrumentStep:
    """One of the signed changes."""

    action: Action
    clock: Clock
    kind: RecordKind = RecordKind.INSTRUMENT

    def prove(self, actor: Actor, record: str, details: Json) -> None:
        """Nothing of an instrument lies outside the trail."""

    def prepare(self, work: UnitOfWork, acting: Acting, record: str, details: Json) -> Prepared:
        """Say what would change.

        Raises
        ------
        NotFound, Conflict, Invalid
            ``not_found.instrument``; ``conflict.instrument``: it stands elsewhere, or is acquiring;
            ``instrument.calibration``: its days cannot be.
        """
        before = found(work, record)
        content = Instrument.from_json(before.content)
        if self.action is Action.INSTRUMENT_CALIBRATION_RECORD:
            facts = self._calibrated(content, details)
        else:
            work.lock(f"instrument {record}")
            facts = _moved(content, self.action, acquiring_with(work, record))
        return prepared_change(
            self.action,
            before,
            details,
            role=acting.role,
            title=f"{record} “{content.name}”: {' '.join(content.device())}",
            facts=facts,
        )

    def _calibrated(self, content: Instrument, details: Json) -> Facts:
        done, due = date.fromisoformat(details["done_on"]), date.fromisoformat(details["due_on"])
        if content.status == InstrumentStatus.RETIRED:
            raise Conflict("conflict.instrument", f"{content.instrument} is retired.")
        if done > self.clock.now().date() or due < done:
            raise Invalid("instrument.calibration", "A calibration was done by today, and holds from then on.")
        old = content.calibration or {}
        return tuple(
            (label, old.get(name, ""), details[name])
            for label, name in (("Calibrated", "done_on"), ("Due", "due_on"), ("Certificate", "certificate"))
        )

    def carry_out(self, work: UnitOfWork, actor: Actor, prepared: Prepared, signing: Signing) -> Revision:
        """Write what was signed."""
        content = Instrument.from_json(prepared.before.content)
        if self.action is Action.INSTRUMENT_CALIBRATION_RECORD:
            calibration = {**prepared.details, "by": actor.name(), "signature": signing.signature}
            after = replace(content, calibration=calibration)
            told = f"calibrated {calibration['done_on']}, holds until {calibration['due_on']}"
        else:
            status = _STATUS[self.action].value
            after = replace(content, status=status, signatures=[*content.signatures, *signing.signatures()])
            told = f"{content.status} → {status}"
        return write(
            work,
            actor,
            prepared.role,
            self.action,
            after,
            record_id=content.instrument,
            expected_rev=prepared.before.rev,
            version=prepared.before.rev + 1,
            old={name: before for name, before, _ in prepared.facts},
            new={name: now for name, _, now in prepared.facts},
            reason=signing.reason,
            summary=f"{content.instrument} “{content.name}”: {told}",
            signature=signing.signature,
            proposer=signing.proposer,
            authoriser=signing.authoriser,
        )


_STATUS = {
    Action.INSTRUMENT_REGISTER: InstrumentStatus.REGISTERED,
    Action.INSTRUMENT_RETIRE: InstrumentStatus.RETIRED,
}


def _moved(content: Instrument, action: Action, acquiring: str) -> Facts:
    """Return what changes when an instrument is registered, or retired."""
    if action is Action.INSTRUMENT_REGISTER and content.status != InstrumentStatus.DRAFT:
        raise Conflict("conflict.instrument", f"{content.instrument} is {content.status} already.")
    if content.status == InstrumentStatus.RETIRED:
        raise Conflict("conflict.instrument", f"{content.instrument} is retired already.")
    if acquiring:
        raise Conflict("conflict.instrument", f"{content.instrument} is acquiring {acquiring}.", "Wait, or abort it.")
    limits = ", ".join(f"{name} {value}" for name, value in content.limits.items())
    shown = (
        (("Maker", "", content.maker), ("Model", "", content.model), ("Serial", "", content.serial),
         ("Firmware", "", f"{content.firmware}…"), ("Limits", "", limits))
        if action is Action.INSTRUMENT_REGISTER
        else ()
    )  # fmt: skip
    return (("Status", content.status, _STATUS[action].value), *shown)


def steps(clock: Clock) -> dict[Action, InstrumentStep]:
    """Return the steps by their action."""
    actions = (*_STATUS, Action.INSTRUMENT_CALIBRATION_RECORD)
    return {action: InstrumentStep(action, clock) for action in actions}
