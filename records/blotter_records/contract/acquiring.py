"""Acquisitions on an instrument: ordered by a person, carried out by the instrument's agent, sealed by the service."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from blotter_records.contract.base import (
    AcquisitionId,
    Day,
    Digest,
    EntryRef,
    IdempotencyKey,
    InstrumentId,
    MembraneId,
    Message,
    ProbingId,
    Reason,
    ReasonCode,
    StudyId,
)
from blotter_records.contract.instruments import Said
from blotter_records.vocabulary import AcquisitionState

#: Micrometres from the upper left corner.
Micrometres = Annotated[int, Field(ge=0, le=1_000_000)]


class ScanSettings(Message):
    """How an instrument scans; each instrument has its limits."""

    purpose: Literal["final"] = "final"
    channels_nm: list[Annotated[int, Field(ge=200, le=2000)]] = Field(min_length=1, max_length=16)
    integration_ms: float = Field(gt=0, le=100_000, allow_inf_nan=False, description="of a line")
    resolution_um: int = Field(ge=1, le=10_000, description="side of a pixel")
    focus_mm: float = Field(0.0, ge=-100, le=100, allow_inf_nan=False, description="above the glass")
    region_um: tuple[Micrometres, Micrometres, Micrometres, Micrometres] = Field(
        description="top, left, bottom, right; half-open, multiples of the resolution"
    )

    def shape(self) -> tuple[int, int, int]:
        """Return rows, channels, columns: the order in which the pixels come, two bytes each."""
        top, left, bottom, right = self.region_um
        return (bottom - top) // self.resolution_um, len(self.channels_nm), (right - left) // self.resolution_um

    def size(self) -> int:
        """Return the bytes of the whole scan."""
        rows, channels, columns = self.shape()
        return 2 * rows * channels * columns


class AcquisitionRequest(Message):
    """Orders an acquisition on an instrument."""

    study: StudyId
    membrane: MembraneId | None = None
    probing: ProbingId | None = None
    settings: ScanSettings
    idempotency_key: IdempotencyKey


class AbortRequest(Message):
    """Aborts an acquisition: nothing of it is kept."""

    reason: Reason
    reason_code: ReasonCode = ""


class DeviceSaid(Message):
    """What a device said of itself over an authenticated session."""

    maker: Said
    model: Said
    serial: Said
    firmware: Said
    calibration_due_on: Day | None = Field(None, description="as the device itself knows it")


class WholeScan(Message):
    """What the device says of the scan whose bytes were sent; the service compares."""

    number: int = Field(ge=0, description="the device's own count of scans")
    saturation: int = Field(ge=1, le=65_535)
    bytes: int = Field(ge=2)
    sha256: Digest


class Held(Message):
    """How many bytes of a scan the service has."""

    held: int


class OrderView(Message):
    """An acquisition on an instrument, from its order to its end."""

    acquisition: AcquisitionId
    version: int
    instrument: InstrumentId
    study: StudyId
    membrane: str | None
    probing: str | None
    exposure: int
    state: AcquisitionState
    settings: ScanSettings
    maker: str = Field(description="maker, model and serial number: the device that must be at the line")
    model: str
    serial: str
    bytes: int = Field(description="of the whole scan")
    is_connected: bool = Field(False, description="the device at the line was checked: it is the registered one")
    held: int = Field(description="bytes that came; nothing of them is an image before all of them are sealed")
    images: list[str] = Field(description="one for each channel, when it is sealed")
    ordered_by: str
    ordered_at: AwareDatetime
    ending: str = Field(description="why it was aborted")
    entry: EntryRef
