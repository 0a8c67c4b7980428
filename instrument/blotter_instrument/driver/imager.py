"""The driver of the near-infrared imager: one file of commands."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from typing import Any

from blotter_records.errors import Invalid, Refused

from blotter_instrument.driver.properties import (
    DATE,
    NUMBER,
    WHOLE,
    WHOLES,
    Codec,
    Control,
    Measurement,
    ScpiInstrument,
    read_answer,
)
from blotter_instrument.driver.validators import strict_range, strict_rectangle, strict_set, strict_subset
from blotter_instrument.line import scpi
from blotter_instrument.ports import FrameRefused, Identity, Line, Outcome, Provenance, Sink
from blotter_instrument.transfer.description import Description, Purpose, Settings
from blotter_instrument.transfer.frames import LONGEST_DATA
from blotter_instrument.transfer.receiver import Receiver
from blotter_instrument.transfer.session import Session

#: The largest region, µm: a membrane of 90.72 mm x 120.96 mm.
BOTTOM_UM, RIGHT_UM = 90_720, 120_960


def _region(text: str) -> tuple[int, int, int, int]:
    top, left, bottom, right = WHOLES.read(text)
    return top, left, bottom, right


class Imager(ScpiInstrument):
    """The imager's commands, over any connection; what must be authentic goes over a session's."""

    state = Measurement("SYSTem:STATe", Codec(str, str), "Get WARM, IDLE, SCAN or FAUL.")
    temperature_c = Measurement("SYSTem:TEMPerature", NUMBER, "Get the detector's temperature (°C).")
    counter = Measurement("SYSTem:COUNter", WHOLE, "Get how many scans were ever started; it never goes back.")
    calibrated_on = Measurement("SYSTem:CALibration:DATE", DATE, "Get the day of the last calibration.")
    calibration_due_on = Measurement("SYSTem:CALibration:DUE", DATE, "Get the last day on which it is valid.")
    purpose = Control(
        "ACQuisition:PURPose",
        Codec(Purpose, lambda purpose: purpose.value),
        strict_set(tuple(Purpose)),
        "Control what the next scan is for: preview or final.",
    )
    channels_nm = Control(
        "ACQuisition:CHANnels", WHOLES, strict_subset((700, 800), "nm"), "Control the channels (nm), ascending."
    )
    integration_ms = Control(
        "ACQuisition:INTegration", NUMBER, strict_range(0.5, 200, "ms"), "Control the integration time of a line (ms)."
    )
    resolution_um = Control(
        "ACQuisition:RESolution", WHOLE, strict_set((84, 168, 336), "µm"), "Control the side of a pixel (µm)."
    )
    focus_mm = Control("ACQuisition:FOCus", NUMBER, strict_range(0, 4, "mm"), "Control the focus above the glass (mm).")
    region_um = Control(
        "ACQuisition:REGion",
        Codec(_region, WHOLES.write),
        strict_rectangle(BOTTOM_UM, RIGHT_UM, "µm"),
        "Control the region: top, left, bottom, right (µm), half-open, multiples of the resolution.",
    )

    def configure(self, settings: Settings) -> None:
        """Set all of it.

        Raises
        ------
        Invalid
            ``instrument.limits``: a value is outside this model's limits. Nothing was sent then.
        Refused
            ``instrument.refused``: the device has narrower ones.
        """
        controls: dict[str, Control[Any]] = {one.name: vars(Imager)[one.name] for one in fields(settings)}
        for name, control in controls.items():
            control.limits(getattr(settings, name))
        if any(edge % settings.resolution_um for edge in settings.region_um):
            raise Invalid("instrument.limits", f"The region is no multiple of {settings.resolution_um} µm.")
        for name in controls:
            setattr(self, name, getattr(settings, name))

    def start(self, settings: Settings, token: str = "") -> Description:
        """Start a scan; return what the device says it is doing.

        Parameters
        ----------
        settings : Settings
        token : str
            Our own name for it. Starting again with the same token returns the scan that was started, so that a lost
            answer makes no second one.

        Raises
        ------
        Invalid, Refused
            As :meth:`configure`; also warming up, busy.
        FrameRefused
            ``device.description``: the device does something else than was set.
        """
        self.configure(settings)
        token = token or secrets.token_hex(8)
        number = self.connection.ask(f"ACQuisition:STARt? {scpi.quoted(token)}")
        if not number:
            raise Refused("instrument.refused", f"The instrument does not start: {scpi.listed(self.errors())}.")
        description = Description.read(self.connection.ask(f"ACQuisition:DESCribe? {number}"))
        if (str(description.number), description.token, description.settings) != (number, token, settings):
            raise FrameRefused("device.description", f"The instrument does not what was set: {description}.")
        return description

    def lines_done(self, number: int) -> int:
        """Get how many lines of a scan are done."""
        query = f"ACQuisition:PROGress? {number}"
        return read_answer(WHOLE, query, self.connection.ask(query))

    def abort(self, number: int) -> None:
        """Stop a scan."""
        self.command(f"ACQuisition:ABORt {number}")

    def release(self, number: int) -> None:
        """Let the device forget a scan: only after what was received is sealed."""
        self.command(f"ACQuisition:RELease {number}")


class ImagerOnLine:
    """The imager at the end of a line, as an :class:`~blotter_instrument.ports.Instrument`.

    Parameters
    ----------
    connect : callable
        Opens the line.
    name, secret : str
        Who we are to the device, and its secret.
    expected : Identity, optional
        The device that it must be; without, the one that the first session found.
    pause : callable
        Waits so many seconds between two sessions of a transfer.
    """

    provenance = Provenance.ACQUIRED

    def __init__(
        self,
        connect: Callable[[], Line],
        name: str,
        secret: str,
        expected: Identity | None = None,
        *,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._connect = connect
        self._name = name
        self._secret = secret
        self._expected = expected
        self._pause = pause

    @contextmanager
    def session(self) -> Iterator[Imager]:
        """Open a session and give the commands; close both at the end.

        Raises
        ------
        Refused
            ``scram.refused``, ``scram.server``; ``instrument.identity``: it is another device than the expected.
        LineFault, FrameRefused
            The line is disturbed.
        """
        line = self._connect()
        try:
            session = Session.open(line, self._name, self._secret)
            imager = Imager(session)
            found = imager.idn()
            if self._expected not in {None, found}:
                raise Refused("instrument.identity", f"Expected {self._expected}, found {found}.")
            self._expected = found
            yield imager
            session.close()
        finally:
            line.close()

    def identity(self) -> Identity:
        """Return what the device says of itself over an authenticated session."""
        with self.session() as imager:
            return imager.idn()

    def receiver(
        self,
        *,
        frame: int = LONGEST_DATA,
        progress: Callable[[int, int], None] = lambda _held, _size: None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> Receiver:
        """Return a receiver of this device's images; see there for the parameters."""
        expected = self._expected or self.identity()
        return Receiver(
            self._connect,
            self._name,
            self._secret,
            expected,
            frame=frame,
            pause=self._pause,
            progress=progress,
            is_cancelled=is_cancelled,
        )

    def deliver(self, name: str, sink: Sink) -> Outcome:
        """Bring a scan, named by its number, into a sink."""
        return self.receiver().receive(int(name), sink)
