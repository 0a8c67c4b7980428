"""Acquisitions as people ask for them: ordered, looked at, aborted."""

from __future__ import annotations

from dataclasses import replace

from blotter_records.contract.acquiring import AbortRequest, AcquisitionRequest, OrderView, ScanSettings
from blotter_records.domain.reasons import Reason
from blotter_records.domain.records import Acquisition, Instrument
from blotter_records.errors import Conflict
from blotter_records.ports.clock import Clock
from blotter_records.ports.entries import Revision
from blotter_records.ports.files import Store
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting import repeats
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Acting, Gate, newest_of, no_such
from blotter_records.services.acting.writing import entry_ref, write
from blotter_records.services.instruments.checking import check_settings, check_usable
from blotter_records.services.instruments.register import acquiring_with, found
from blotter_records.services.studies import studies
from blotter_records.services.studies.acquisitions import checked_place, next_exposure
from blotter_records.vocabulary import AcquisitionState, Action, Provenance, RecordKind, ServiceIdentity

AGENT = frozenset({ServiceIdentity.INSTRUMENT})


class Acquiring:
    """Takes orders of acquisitions, shows them, and ends those that will never be whole."""

    def __init__(self, ledger: Ledger, clock: Clock, store: Store, *, gate: Gate, max_bytes: int) -> None:
        self._ledger = ledger
        self._clock = clock
        self._store = store
        self._gate = gate
        self._max_bytes = max_bytes

    def start(self, actor: Actor, instrument: str, request: AcquisitionRequest) -> OrderView:
        """Order an acquisition, which holds the instrument until it is sealed or aborted.

        Raises
        ------
        NotFound
            ``not_found.*``: the study, to who is no member; a membrane that is not in it; the instrument.
        Refused
            ``refused.role``; ``refused.instrument``: the device check, or a value outside the instrument's limits.
        Conflict
            ``conflict.instrument``: it is acquiring already; ``conflict.idempotency``.
        """
        stream = f"instrument:{instrument}"
        with self._gate.acting(actor, Action.IMAGE_ACQUIRE_START, stream) as acting, self._ledger.begin() as work:
            studies.found(work, request.study)
            acting.on(work, request.study)
            membrane, probing = checked_place(work, request.study, request.membrane, request.probing)
            work.lock(f"instrument {instrument}")
            answer = repeats.answered(work, actor, request, stream, OrderView)
            if answer is not None:
                return answer
            device = Instrument.from_json(found(work, instrument).content)
            check_usable(device, self._clock.now().date())
            check_settings(device, request.settings, self._max_bytes)
            held_by = acquiring_with(work, instrument)
            if held_by:
                raise Conflict("conflict.instrument", f"{instrument} is acquiring {held_by}.", "Wait until it is free.")
            content = Acquisition(
                acquisition=work.next_id(RecordKind.ACQUISITION),
                study=request.study,
                membrane=membrane,
                probing=probing,
                exposure=next_exposure(work, request.study, membrane, probing),
                provenance=Provenance.ACQUIRED.value,
                images=[],
                contributors=[actor.person()],
                state=AcquisitionState.ACQUIRING.value,
                instrument=instrument,
                settings=request.settings.model_dump(mode="json"),
                ordered_by=actor.person(),
                ordered_by_name=actor.name(),
            )
            revision = write(
                work,
                actor,
                acting.role,
                Action.IMAGE_ACQUIRE_START,
                content,
                record_id=content.acquisition,
                expected_rev=0,
                version=1,
                new={"instrument": instrument, "device": list(device.device()), **content.settings},
                summary=f"{content.acquisition} of {probing or membrane or request.study}, "
                f"exposure {content.exposure}: ordered on {instrument} “{device.name}”, {_told(request.settings)}",
            )
            work.derive(f"study:{request.study}", revision.stream)
            view = order_view(work, self._store, revision)
            repeats.keep(work, actor, request, stream, view)
            work.commit()
        return view

    def view(self, actor: Actor, acquisition: str) -> OrderView:
        """Return an acquisition on an instrument as it stands. Raises ``NotFound('not_found.acquisition')``."""
        stream = f"acquisition:{acquisition}"
        with self._gate.acting(actor, Action.IMAGE_LIST, stream) as acting, self._ledger.begin() as work:
            revision = newest_of(work, stream)
            acting.on(work, revision.content["study"])
            return order_view(work, self._store, on_instrument(revision))

    def abort(self, actor: Actor, acquisition: str, request: AbortRequest) -> OrderView:
        """End an acquisition: a person who cancels it, or the agent, whose device or line failed.

        Raises
        ------
        NotFound, Invalid
            ``not_found.acquisition``; ``reason.*``.
        Conflict
            ``conflict.acquisition``: it has ended already.
        """
        stream = f"acquisition:{acquisition}"
        with self._gate.acting(actor, Action.IMAGE_ACQUIRE_ABORT, stream, services=AGENT) as acting:
            with self._ledger.begin() as work:
                work.lock(stream)
                before = newest_of(work, stream)
                content = Acquisition.from_json(before.content)
                reason = self._reason(work, acting, content.study, request)
                running(on_instrument(before))
                after = replace(content, state=AcquisitionState.ABORTED.value, ending=reason.text)
                revision = write(
                    work,
                    actor,
                    acting.role,
                    Action.IMAGE_ACQUIRE_ABORT,
                    after,
                    record_id=acquisition,
                    expected_rev=before.rev,
                    version=before.rev + 1,
                    old={"state": content.state},
                    new={"state": after.state, "held": self._store.staged(acquisition)},
                    reason=reason,
                    summary=f"Aborted {acquisition} on {content.instrument}; nothing of it is kept: {reason.text}",
                )
                view = order_view(work, self._store, revision)
                work.commit()
            self._store.drop_staged(acquisition)
        return view

    @staticmethod
    def _reason(work: UnitOfWork, acting: Acting, study: str, request: AbortRequest) -> Reason:
        """Return why: a person's reason by the rules for reasons, the agent's words as they are."""
        if acting.actor.service is not None:
            return Reason(request.reason or "The agent gave no reason.", "")
        acting.on(work, study)
        return acting.reason(request.reason, request.reason_code)


def on_instrument(revision: Revision) -> Revision:
    """Return a revision of an acquisition on an instrument. Raises ``NotFound`` for one that was imported."""
    if not revision.content.get("instrument"):
        raise no_such(revision.stream)
    return revision


def running(revision: Revision) -> Acquisition:
    """Return an acquisition that has not ended. Raises ``Conflict('conflict.acquisition')``."""
    content = Acquisition.from_json(revision.content)
    if content.state != AcquisitionState.ACQUIRING:
        raise Conflict("conflict.acquisition", f"{content.acquisition} is {content.state} already.")
    return content


def order_view(work: UnitOfWork, store: Store, revision: Revision) -> OrderView:
    """Return an acquisition on an instrument as the contract shows it."""
    content = Acquisition.from_json(revision.content)
    device = Instrument.from_json(found(work, content.instrument).content)
    settings = ScanSettings.model_validate(content.settings)
    first = work.revision(revision.stream, 1) or revision
    is_running = content.state == AcquisitionState.ACQUIRING
    whole = settings.size() if content.state == AcquisitionState.SEALED else 0
    return OrderView(
        acquisition=content.acquisition,
        version=revision.rev,
        instrument=content.instrument,
        study=content.study,
        membrane=content.membrane,
        probing=content.probing,
        exposure=content.exposure,
        state=AcquisitionState(content.state),
        settings=settings,
        maker=device.maker,
        model=device.model,
        serial=device.serial,
        bytes=settings.size(),
        is_connected=content.device is not None,
        held=store.staged(content.acquisition) if is_running else whole,
        images=content.images,
        ordered_by=content.ordered_by_name,
        ordered_at=first.entry.at,
        ending=content.ending,
        entry=entry_ref(revision.entry),
    )


def _told(settings: ScanSettings) -> str:
    channels = " and ".join(map(str, settings.channels_nm))
    return f"{channels} nm, {settings.integration_ms:g} ms, {settings.resolution_um} µm"
