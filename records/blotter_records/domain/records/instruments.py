"""Instruments: what may acquire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from blotter_records.domain.records.content import Json, RecordContent, keyed, words_of
from blotter_records.vocabulary import InstrumentStatus, RecordKind


@dataclass(frozen=True)
class Instrument(RecordContent):
    """An instrument of the register (11.10(h)).

    ``maker``, ``model``, ``serial`` are what the device says of itself; ``firmware`` is how its firmware begins.
    ``limits`` are ``contract.instruments.InstrumentLimits``. ``calibration`` is ``{"done_on", "due_on", "certificate",
    "by", "signature"}`` of the last one; the earlier ones stand in the record's earlier revisions. ``signatures``:
    under which it was registered, and retired.
    """

    kind: ClassVar[RecordKind] = RecordKind.INSTRUMENT

    instrument: str
    name: str
    maker: str
    model: str
    serial: str
    firmware: str
    limits: Json
    status: str
    signatures: list[str]
    calibration: Json | None = None

    def device(self) -> tuple[str, str, str]:
        """Return what makes it this device and no other."""
        return self.maker, self.model, self.serial

    def keys(self) -> list[str]:
        """Return status, serial number, words."""
        return keyed(
            status=InstrumentStatus(self.status).value,
            serial=self.serial,
            word=words_of(self.name, self.maker, self.model),
        )
