"""Instruments: the register of what may acquire."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AwareDatetime, Field, model_validator

from blotter_records.contract.base import EntryRef, InstrumentId, Json, Message, Reason, ReasonCode
from blotter_records.vocabulary import InstrumentStatus

#: As a device says it in its answer to ``*IDN?``: plain characters without a comma, no blank at either end.
Said = Annotated[
    str,
    Field(
        max_length=64,
        pattern=r"^[\x21-\x2b\x2d-\x7e]([\x20-\x2b\x2d-\x7e]*[\x21-\x2b\x2d-\x7e])?$",
        examples=["Imager 2"],
    ),
]


class InstrumentLimits(Message):
    """What may be set at an instrument, the ends included."""

    channels_nm: list[Annotated[int, Field(ge=200, le=2000)]] = Field(min_length=1, max_length=16)
    integration_ms_low: float = Field(gt=0, le=100_000, allow_inf_nan=False)
    integration_ms_high: float = Field(gt=0, le=100_000, allow_inf_nan=False)
    resolutions_um: list[Annotated[int, Field(ge=1, le=10_000)]] = Field(min_length=1, max_length=32)
    focus_mm_low: float = Field(ge=-100, le=100, allow_inf_nan=False)
    focus_mm_high: float = Field(ge=-100, le=100, allow_inf_nan=False)
    bottom_um: int = Field(ge=1, le=1_000_000, description="the largest region reaches from 0 to here, downwards")
    right_um: int = Field(ge=1, le=1_000_000, description="the largest region reaches from 0 to here, to the right")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.integration_ms_low > self.integration_ms_high or self.focus_mm_low > self.focus_mm_high:
            raise ValueError("a lower limit is above its upper one")
        for values in (self.channels_nm, self.resolutions_um):
            if values != sorted(set(values)):
                raise ValueError("channels and resolutions stand in ascending order, each once")
        return self


class InstrumentRequest(Message):
    """Writes down an instrument; a signature registers it."""

    name: str = Field(min_length=3, max_length=80, description="as people call it")
    maker: Said
    model: Said
    serial: Said
    firmware: Said = Field(description="how the firmware's version begins that may be used, such as 1.4.")
    limits: InstrumentLimits
    reason: Reason
    reason_code: ReasonCode = ""


class InstrumentEdit(InstrumentRequest):
    """Changes what is written of an instrument. A stale revision is refused (409)."""

    expected_rev: int = Field(ge=1, description="revision of the instrument that was read")


class InstrumentView(Message):
    """An instrument of the register."""

    instrument: InstrumentId
    rev: int
    name: str
    maker: str
    model: str
    serial: str
    firmware: str
    limits: InstrumentLimits
    status: InstrumentStatus
    calibration: Json | None = Field(description="the last one: done_on, due_on, certificate, by, signature")
    is_usable: bool = Field(description="registered, and its calibration holds today")
    why_not: str
    acquiring: str = Field(description="the acquisition that holds it now; empty: it is free")
    held_by: str = Field("", description="who ordered that acquisition")
    is_yours: bool = Field(False, description="whether that is the person who asks")
    signatures: list[str]
    changed_at: AwareDatetime
    changed_by: str
    entry: EntryRef
