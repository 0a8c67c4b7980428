"""Acquisitions as the agent carries them out: the device is checked, bytes come in order, the whole is sealed."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from blotter_records.contract.acquiring import DeviceSaid, Held, OrderView, ScanSettings, WholeScan
from blotter_records.densitometry.shapes import Counts
from blotter_records.domain.reasons import Reason
from blotter_records.domain.records import Acquisition, Image, Instrument
from blotter_records.errors import Conflict
from blotter_records.ports.clock import Clock
from blotter_records.ports.entries import RecordFilter
from blotter_records.ports.files import ImageReader, Store
from blotter_records.ports.ledger import Ledger
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate, newest_of
from blotter_records.services.acting.writing import write
from blotter_records.services.images.pixels import pixels_digest
from blotter_records.services.images.sealing import content_of, write_image
from blotter_records.services.instruments.acquiring import AGENT, on_instrument, order_view, running
from blotter_records.services.instruments.checking import check_device, check_usable
from blotter_records.services.instruments.register import found
from blotter_records.vocabulary import AcquisitionState, Event, Provenance, RecordKind


class Receiving:
    """Serves the agent of an instrument; nothing here is done for a person."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        store: Store,
        reader: ImageReader,
        *,
        gate: Gate,
        write_tiff: Callable[[Counts], bytes],
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._store = store
        self._reader = reader
        self._gate = gate
        self._write_tiff = write_tiff
        self._sealing = threading.Lock()

    def orders(self, actor: Actor, instrument: str) -> list[OrderView]:
        """Return what is to be acquired on an instrument: one, or nothing."""
        stream = f"instrument:{instrument}"
        with self._gate.serving(actor, Event.INSTRUMENT_CONNECT, stream, services=AGENT), self._ledger.begin() as work:
            found(work, instrument)
            wanted = RecordFilter(RecordKind.ACQUISITION, keys=((f"acquiring:{instrument}",),), limit=1)
            return [order_view(work, self._store, one.revision) for one in work.search(wanted)]

    def connect(self, actor: Actor, acquisition: str, said: DeviceSaid) -> OrderView:
        """Check the device at the line (11.10(h)); what came of the scan before begins anew.

        Raises
        ------
        Refused
            ``refused.instrument``: it is another device, has another firmware, or may not be used any more.
        Conflict
            ``conflict.acquisition``: the acquisition has ended.
        """
        stream = f"acquisition:{acquisition}"
        with self._gate.serving(actor, Event.INSTRUMENT_CONNECT, stream, services=AGENT), self._ledger.begin() as work:
            work.lock(stream)
            before = on_instrument(newest_of(work, stream))
            content = running(before)
            device = Instrument.from_json(found(work, content.instrument).content)
            today = self._clock.now().date()
            check_usable(device, today)
            check_device(device, said, today)
            self._store.drop_staged(acquisition)
            revision = write(
                work,
                _for(actor, content, device),
                None,
                Event.INSTRUMENT_CONNECT,
                replace(content, device=said.model_dump(mode="json")),
                record_id=acquisition,
                expected_rev=before.rev,
                version=before.rev + 1,
                old=content.device,
                new=said.model_dump(mode="json"),
                summary=f"{acquisition}: at the line is {' '.join(device.device())}, firmware {said.firmware}",
            )
            view = order_view(work, self._store, revision)
            work.commit()
        return view

    def take(self, actor: Actor, acquisition: str, offset: int, piece: bytes) -> Held:
        """Take the next bytes of a scan.

        Raises
        ------
        Conflict
            ``conflict.acquisition``: it has ended, or no device was checked; ``conflict.offset``: other bytes are
            due; ``conflict.size``: the scan has fewer bytes.
        """
        stream = f"acquisition:{acquisition}"
        with self._gate.serving(actor, Event.IMAGE_ACQUIRE_SEAL, stream, services=AGENT), self._ledger.begin() as work:
            work.lock(stream)
            content = _connected(on_instrument(newest_of(work, stream)).content)
            held = self._store.staged(acquisition)
            if offset != held:
                raise Conflict("conflict.offset", f"Byte {held:,} of {acquisition} is due, not byte {offset:,}.")
            if held + len(piece) > ScanSettings.model_validate(content.settings).size():
                raise Conflict("conflict.size", f"More bytes came than {acquisition} has.")
            if piece:
                self._store.stage(acquisition, offset, piece)
            return Held(held=held + len(piece))

    def seal(self, actor: Actor, acquisition: str, whole: WholeScan) -> OrderView:
        """Compare what came with the device's own digest, and seal an image for each channel, in one commit.

        Raises
        ------
        Conflict
            ``conflict.acquisition``: it has ended; ``conflict.digest``: what came is not what the device scanned.
        """
        stream = f"acquisition:{acquisition}"
        # Decoding takes memory: one scan at a time.
        with self._gate.serving(actor, Event.IMAGE_ACQUIRE_SEAL, stream, services=AGENT), self._sealing:
            with self._ledger.begin() as work:
                work.lock(stream)
                before = on_instrument(newest_of(work, stream))
                there = Acquisition.from_json(before.content)
                if there.state == AcquisitionState.SEALED and there.facts.get("sha256") == whole.sha256:
                    return order_view(work, self._store, before)  # its answer was lost
                content = _connected(before.content)
                settings = ScanSettings.model_validate(content.settings)
                data = self._whole(acquisition, settings, whole)
                device = Instrument.from_json(found(work, content.instrument).content)
                by = _for(actor, content, device)
                names = [work.next_id(RecordKind.IMAGE) for _ in settings.channels_nm]
                after = replace(
                    content,
                    state=AcquisitionState.SEALED.value,
                    images=names,
                    facts={"scan": whole.number, "sha256": whole.sha256, "bytes": whole.bytes},
                )
                taken = write(
                    work,
                    by,
                    None,
                    Event.IMAGE_ACQUIRE_SEAL,
                    after,
                    record_id=acquisition,
                    expected_rev=before.rev,
                    version=before.rev + 1,
                    old={"state": content.state},
                    new={"state": after.state, "images": names, **after.facts},
                    summary=f"Sealed {acquisition}, scan {whole.number} of {content.instrument}: "
                    f"{whole.bytes:,} bytes, as the device's digest says",
                )
                for image in self._images(after, settings, data, whole.saturation):
                    write_image(work, by, None, Event.IMAGE_ACQUIRE_SEAL, taken, image, Reason())
                view = order_view(work, self._store, taken)
                work.commit()
            self._store.drop_staged(acquisition)
        return view

    def _whole(self, acquisition: str, settings: ScanSettings, whole: WholeScan) -> bytes:
        """Return the bytes of a scan. Raises ``Conflict('conflict.digest')``."""
        data = self._store.read_staged(acquisition)
        digest = hashlib.sha256(data).hexdigest()
        if (len(data), digest) != (whole.bytes, whole.sha256) or len(data) != settings.size():
            raise Conflict(
                "conflict.digest",
                f"{len(data):,} bytes of {acquisition} came with the digest {digest[:12]}…; the device scanned "
                f"{whole.bytes:,} with {whole.sha256[:12]}….",
            )
        return data

    def _images(self, acquisition: Acquisition, settings: ScanSettings, data: bytes, saturation: int) -> list[Image]:
        """Return an image for each channel, each in a file of its own that anybody can read."""
        lines = np.frombuffer(data, dtype="<u2").reshape(settings.shape())
        person = Actor(account=acquisition.ordered_by, printed_name=acquisition.ordered_by_name)
        made = []
        for at, (name, wavelength) in enumerate(zip(acquisition.images, settings.channels_nm, strict=True)):
            counts = np.ascontiguousarray(lines[:, at, :]).astype(np.uint16)
            file_name = f"{acquisition.acquisition}_{wavelength}_nm.tif"
            stored = self._store.put(self._write_tiff(counts))
            read = self._reader.read(self._store.get(stored.sha256), file_name=file_name).channels[0]
            if not np.array_equal(read.counts, counts):
                raise Conflict("conflict.pixels", f"{file_name} does not hold what was scanned.")
            content = content_of(name, file_name, stored, read, pixels_digest(read.counts), person, reason="")
            made.append(
                replace(
                    content,
                    provenance=Provenance.ACQUIRED.value,
                    study=acquisition.study,
                    acquisition=acquisition.acquisition,
                    membrane=acquisition.membrane,
                    probing=acquisition.probing,
                    channel=f"{wavelength} nm",
                    file_channel=f"{wavelength} nm",
                    file_images=[name],
                    saturation_level=saturation,
                    pixel_um=float(settings.resolution_um),
                )
            )
        return made


def _connected(content: Mapping[str, Any]) -> Acquisition:
    """Return an acquisition whose device was checked. Raises ``Conflict('conflict.acquisition')``."""
    acquisition = Acquisition.from_json(content)
    if acquisition.state != AcquisitionState.ACQUIRING:
        raise Conflict("conflict.acquisition", f"{acquisition.acquisition} is {acquisition.state} already.")
    if acquisition.device is None:
        raise Conflict("conflict.acquisition", f"The device of {acquisition.acquisition} was not checked yet.")
    return acquisition


def _for(actor: Actor, acquisition: Acquisition, device: Instrument) -> Actor:
    """Return the agent, on whose order it acts and with which device (11.10(e))."""
    instrument = f"{device.instrument} {' '.join(device.device())}"
    initiator = f"{acquisition.ordered_by_name} ({acquisition.ordered_by}), by ordering {acquisition.acquisition}"
    return replace(actor, initiator=initiator, context=replace(actor.context, instrument=instrument))
