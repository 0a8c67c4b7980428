"""The register of instruments: listed, looked at, written down; a signature registers one (steps.py)."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import date

from blotter_records.contract.instruments import InstrumentEdit, InstrumentLimits, InstrumentRequest, InstrumentView
from blotter_records.domain.records import Acquisition, Instrument
from blotter_records.errors import Conflict, Invalid
from blotter_records.ports.clock import Clock
from blotter_records.ports.entries import RecordFilter, Revision
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate, newest_of
from blotter_records.services.acting.writing import entry_ref, write
from blotter_records.vocabulary import Action, InstrumentStatus, RecordKind


class Instruments:
    """Lists instruments, and writes what is known of them."""

    def __init__(self, ledger: Ledger, clock: Clock, *, gate: Gate) -> None:
        self._ledger = ledger
        self._clock = clock
        self._gate = gate

    def list(self, actor: Actor) -> list[InstrumentView]:
        """Return every instrument, in the order in which they were written down."""
        with self._gate.acting(actor, Action.INSTRUMENT_VIEW, "instrument"), self._ledger.begin() as work:
            return [self._view(work, actor, one) for one in work.records(RecordKind.INSTRUMENT)]

    def view(self, actor: Actor, instrument: str) -> InstrumentView:
        """Return an instrument. Raises ``NotFound('not_found.instrument')``."""
        stream = f"instrument:{instrument}"
        with self._gate.acting(actor, Action.INSTRUMENT_VIEW, stream), self._ledger.begin() as work:
            return self._view(work, actor, found(work, instrument))

    def create(self, actor: Actor, request: InstrumentRequest) -> InstrumentView:
        """Write down an instrument; nothing can be acquired with it before a signature registers it.

        Raises
        ------
        Invalid
            ``instrument.name``, ``reason.*``.
        Conflict
            ``conflict.instrument``: there is one of this maker, model and serial number already.
        """
        with self._gate.acting(actor, Action.INSTRUMENT_EDIT, "instrument") as acting, self._ledger.begin() as work:
            name = _checked_name(request.name)
            reason = acting.reason(request.reason, request.reason_code)
            work.lock("instruments")
            check_free(work, (request.maker, request.model, request.serial))
            content = Instrument(
                work.next_id(RecordKind.INSTRUMENT),
                name,
                request.maker,
                request.model,
                request.serial,
                request.firmware,
                request.limits.model_dump(mode="json"),
                InstrumentStatus.DRAFT.value,
                [],
            )
            revision = write(
                work,
                actor,
                acting.role,
                Action.INSTRUMENT_EDIT,
                content,
                record_id=content.instrument,
                expected_rev=0,
                version=1,
                new=content.as_json(),
                reason=reason,
                summary=f"Wrote down {content.instrument} “{name}”: {' '.join(content.device())}",
            )
            view = self._view(work, actor, revision)
            work.commit()
        return view

    def edit(self, actor: Actor, instrument: str, request: InstrumentEdit) -> InstrumentView:
        """Change what is written of an instrument.

        Raises
        ------
        NotFound, Invalid
            ``not_found.instrument``; ``instrument.name``, ``reason.*``.
        Conflict
            ``conflict.stale``, ``conflict.same``; ``conflict.instrument``: it is retired, it is registered and would
            be another device, or there is one of this maker, model and serial number already.
        """
        stream = f"instrument:{instrument}"
        with self._gate.acting(actor, Action.INSTRUMENT_EDIT, stream) as acting, self._ledger.begin() as work:
            work.lock("instruments")
            before = found(work, instrument)
            if before.rev != request.expected_rev:
                raise Conflict("conflict.stale", f"{instrument} was changed meanwhile.", "Look at it again.")
            content = Instrument.from_json(before.content)
            after = _changed(work, content, request)
            old, new = content.as_json(), after.as_json()
            changed = [name for name in new if old[name] != new[name]]
            if not changed:
                raise Conflict("conflict.same", f"{instrument} says this already.")
            revision = write(
                work,
                actor,
                acting.role,
                Action.INSTRUMENT_EDIT,
                after,
                record_id=instrument,
                expected_rev=before.rev,
                version=before.rev + 1,
                old={name: old[name] for name in changed},
                new={name: new[name] for name in changed},
                reason=acting.reason(request.reason, request.reason_code),
                summary=f"Changed {instrument} “{after.name}”: {', '.join(changed)}",
            )
            view = self._view(work, actor, revision)
            work.commit()
        return view

    def _view(self, work: UnitOfWork, actor: Actor, revision: Revision) -> InstrumentView:
        content, subject = Instrument.from_json(revision.content), revision.subject
        held = _held_for(work, content.instrument)
        why_not = why_not_usable(content, self._clock.now().date())
        return InstrumentView(
            instrument=content.instrument,
            rev=revision.rev,
            name=content.name,
            maker=content.maker,
            model=content.model,
            serial=content.serial,
            firmware=content.firmware,
            limits=InstrumentLimits.model_validate(content.limits),
            status=InstrumentStatus(content.status),
            calibration=content.calibration,
            is_usable=not why_not,
            why_not=why_not,
            acquiring=held.acquisition if held else "",
            held_by=held.ordered_by_name if held else "",
            is_yours=held is not None and actor.service is None and held.ordered_by == actor.person(),
            signatures=content.signatures,
            changed_at=revision.entry.at,
            changed_by=subject.printed_name or (subject.service or ""),
            entry=entry_ref(revision.entry),
        )


def found(work: UnitOfWork, instrument: str) -> Revision:
    """Return the newest revision of an instrument. Raises ``NotFound('not_found.instrument')``."""
    return newest_of(work, f"instrument:{instrument}")


def acquiring_with(work: UnitOfWork, instrument: str) -> str:
    """Return the acquisition that holds an instrument now; empty: it is free."""
    held = _held_for(work, instrument)
    return held.acquisition if held else ""


def _held_for(work: UnitOfWork, instrument: str) -> Acquisition | None:
    wanted = RecordFilter(RecordKind.ACQUISITION, keys=((f"acquiring:{instrument}",),), limit=1)
    return next((Acquisition.from_json(one.revision.content) for one in work.search(wanted)), None)


def check_free(work: UnitOfWork, device: tuple[str, str, str], *, besides: str = "") -> None:
    """Check that no other instrument in use is this device. Raises ``Conflict('conflict.instrument')``."""
    for one in work.records(RecordKind.INSTRUMENT):
        there = Instrument.from_json(one.content)
        if there.instrument != besides and there.device() == device and there.status != InstrumentStatus.RETIRED:
            raise Conflict("conflict.instrument", f"{there.instrument} “{there.name}” is this device already.")


def why_not_usable(content: Instrument, today: date) -> str:
    """Return why nothing may be acquired with an instrument today; empty: it may (11.10(h))."""
    if content.status != InstrumentStatus.REGISTERED:
        return (
            f"{content.instrument} is {'retired' if content.status == InstrumentStatus.RETIRED else 'not registered'}."
        )
    if content.calibration is None:
        return f"No calibration of {content.instrument} is recorded."
    if date.fromisoformat(content.calibration["due_on"]) < today:
        return f"The calibration of {content.instrument} held until {content.calibration['due_on']}."
    return ""


def _changed(work: UnitOfWork, content: Instrument, request: InstrumentEdit) -> Instrument:
    after = replace(
        content,
        name=_checked_name(request.name),
        maker=request.maker,
        model=request.model,
        serial=request.serial,
        firmware=request.firmware,
        limits=request.limits.model_dump(mode="json"),
    )
    if content.status == InstrumentStatus.RETIRED:
        raise Conflict("conflict.instrument", f"{content.instrument} is retired.")
    if content.device() != after.device():
        if content.status == InstrumentStatus.REGISTERED:
            raise Conflict(
                "conflict.instrument",
                f"{content.instrument} is registered as this device: another one is another record.",
            )
        check_free(work, after.device(), besides=content.instrument)
    return after


def _checked_name(given: str) -> str:
    name = " ".join(unicodedata.normalize("NFC", given).split())
    if not 3 <= len(name) <= 80 or any(unicodedata.category(one)[0] == "C" for one in name):
        raise Invalid("instrument.name", "An instrument's name has 3 to 80 characters that can be seen.")
    return name
