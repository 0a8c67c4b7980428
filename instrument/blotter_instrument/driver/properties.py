"""Properties of an instrument, in the manner of pymeasure: a header, a type, a unit, limits, one sentence.

A class of properties is a device's driver::

    class Imager(ScpiInstrument):
        focus_mm = Control("ACQuisition:FOCus", NUMBER, strict_range(0, 4, "mm"), "Control the focus (mm).")

Reading asks ``ACQuisition:FOCus?``. Setting checks the limits, sends ``ACQuisition:FOCus 1.5``, and reads the
device's error queue until it is empty: what the device refused is an error here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar, overload

from blotter_records.errors import Refused

from blotter_instrument.driver.validators import Validator
from blotter_instrument.line import scpi
from blotter_instrument.ports import Connection, FrameRefused, Identity

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Codec(Generic[T]):
    """How a value is written in a message and read from an answer."""

    read: Callable[[str], T]
    write: Callable[[T], str]


NUMBER: Codec[float] = Codec(float, lambda value: f"{value:g}")
WHOLE: Codec[int] = Codec(int, str)
WHOLES: Codec[tuple[int, ...]] = Codec(
    lambda text: tuple(map(int, scpi.arguments(text))), lambda values: ",".join(map(str, values))
)
DATE: Codec[dt.date] = Codec(
    lambda text: dt.date(*map(int, scpi.arguments(text))), lambda day: f"{day.year},{day.month},{day.day}"
)


class ScpiInstrument:
    """An instrument that speaks SCPI over a connection."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def errors(self) -> list[tuple[int, str]]:
        """Return what is in the device's error queue, oldest first, and empty it."""
        return scpi.errors(self.connection)

    def command(self, message: str) -> None:
        """Send a message and see that the device accepts it.

        Raises
        ------
        Refused
            ``instrument.refused``, with what the device said.
        """
        self.connection.write(message)
        said = self.errors()
        if said:
            raise Refused("instrument.refused", f"The instrument refuses {message!r}: {scpi.listed(said)}.")

    def idn(self) -> Identity:
        """Get maker, model, serial number, firmware (``*IDN?``).

        Raises
        ------
        FrameRefused
            ``device.identity``: the answer has not these four fields.
        """
        return scpi.identity(self.connection)

    def self_test(self) -> int:
        """Have the device test itself (``*TST?``); return 0 if it is well, its own code if not."""
        return read_answer(WHOLE, "*TST?", self.connection.ask("*TST?"))

    def clear(self) -> None:
        """Empty the device's error queue (``*CLS``)."""
        self.connection.write("*CLS")


class Measurement(Generic[T]):
    """A property that is read.

    Parameters
    ----------
    header : str
        SCPI header in its long form.
    codec : Codec
    sentence : str
        What it is, with its unit: the property's documentation.
    """

    def __init__(self, header: str, codec: Codec[T], sentence: str) -> None:
        self.header = header
        self.codec = codec
        self.__doc__ = sentence

    @overload
    def __get__(self, instance: None, owner: type) -> Measurement[T]: ...
    @overload
    def __get__(self, instance: ScpiInstrument, owner: type) -> T: ...
    def __get__(self, instance: ScpiInstrument | None, owner: type) -> T | Measurement[T]:
        if instance is None:
            return self
        return read_answer(self.codec, self.header, instance.connection.ask(f"{self.header}?"))

    def __set__(self, instance: ScpiInstrument, value: T) -> None:
        # A data descriptor: otherwise an assignment would hide the device behind a number of the caller's.
        raise AttributeError(f"{self.header} is measured, not set.")


class Control(Measurement[T]):
    """A property that is read and set, within limits."""

    def __init__(self, header: str, codec: Codec[T], limits: Validator[T], sentence: str) -> None:
        super().__init__(header, codec, sentence)
        self.limits = limits

    def __set__(self, instance: ScpiInstrument, value: T) -> None:
        self.limits(value)
        instance.command(f"{self.header} {self.codec.write(value)}")


def read_answer(codec: Codec[T], header: str, answer: str) -> T:
    """Read an answer.

    Raises
    ------
    FrameRefused
        ``device.answer``: it is none of this type.
    """
    try:
        return codec.read(answer)
    except (ValueError, TypeError) as fault:
        raise FrameRefused("device.answer", f"The instrument answers {header} with {answer!r}.") from fault
