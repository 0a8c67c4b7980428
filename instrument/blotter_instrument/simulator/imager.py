"""The simulated imager: its commands, its warm-up, its scans, its counter."""

from __future__ import annotations

import datetime as dt
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from blotter_records.densitometry.synthetic import WHITE
from blotter_records.errors import Invalid

from blotter_instrument.line import scpi
from blotter_instrument.ports import Identity
from blotter_instrument.simulator.optics import CHANNELS_NM, PITCH_UM, Blot
from blotter_instrument.simulator.scan import Scan, ScanState
from blotter_instrument.transfer.description import Description, Purpose, Settings
from blotter_instrument.transfer.device_end import DataRange

#: Time that a line takes beside its integration time, seconds.
_RETURN_S = 0.005

#: Scans that the device keeps until they are released.
_SCANS = 8

MODEL = "NIR-2 simulator"

#: What is answered without authentication.
_OPEN = ("*IDN", "*TST", "*CLS", "SYSTem:ERRor", "SYSTem:STATe")


class _DeviceError(Exception):
    """An entry of the error queue."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


@dataclass
class Make:
    """What a simulated imager is like.

    Parameters
    ----------
    identity : Identity
    warm_up_s : float
        From power-on to the first scan, seconds.
    speed : float
        1 is real time; infinity makes every line at once.
    counter : int
        Scans that were ever started.
    save : callable
        Keeps the counter, so that it outlives the process.
    calibrated_on, due_on : dt.date
    """

    identity: Identity = field(default_factory=lambda: Identity("Blotter", MODEL, "SIM-0001", "1.0.0"))
    warm_up_s: float = 0.0
    speed: float = math.inf
    counter: int = 0
    save: Callable[[int], None] = lambda _counter: None
    calibrated_on: dt.date = dt.date(2026, 1, 15)
    due_on: dt.date = dt.date(2099, 1, 15)
    blot: Blot = field(default_factory=Blot)


class SimulatedImager:
    """An :class:`~blotter_instrument.transfer.device_end.Interpreter`.

    Parameters
    ----------
    make : Make
    now : callable
        Seconds of a clock that only goes forward.
    """

    def __init__(self, make: Make, now: Callable[[], float]) -> None:
        self._make = make
        self._now = now
        self._scans: dict[int, Scan] = {}
        self._errors: deque[tuple[int, str]] = deque()
        bottom, right = make.blot.extent_um
        self._factory = Settings(Purpose.FINAL, CHANNELS_NM, 10.0, PITCH_UM, 0.0, (0, 0, bottom, right))
        self._power_on()

    def _power_on(self) -> None:
        self._on_since = self._now()
        self._settings = self._factory
        self._errors.clear()

    def restart(self) -> None:
        """Lose power and get it back: settings and the scan under way are gone, finished scans and the counter stay."""
        for number, scan in list(self._scans.items()):
            if scan.state is not ScanState.FINISHED:
                self._forget(number)
        self._power_on()

    # --- what a device's end asks ---------------------------------------------------------------------------------

    def run(self, message: str, *, is_authenticated: bool) -> str | DataRange | None:
        """Carry out a message."""
        try:
            given = scpi.parse(message)
            if is_authenticated or any(scpi.matches(one, given.header) for one in _OPEN):
                return self._carry_out(given)
            self.note(-203, "Command protected")
        except Invalid:
            self.note(-102, "Syntax error")
        except _DeviceError as fault:
            self.note(fault.code, fault.text)
        except IndexError:
            self.note(-109, "Missing parameter")
        except ValueError:
            self.note(-104, "Data type error")
        return "" if message.split(maxsplit=1)[0].endswith("?") else None

    def note(self, code: int, text: str) -> None:
        """Put an error into the queue; a full queue says so instead of its newest."""
        if len(self._errors) >= 16:
            self._errors[-1] = (-350, "Queue overflow")
        else:
            self._errors.append((code, text))

    def read(self, number: int, offset: int, at_most: int) -> bytes:
        """Return bytes of a scan that are there."""
        scan = self._scans.get(number)
        return scan.read(offset, at_most) if scan else b""

    def is_over(self, number: int) -> bool:
        """Return whether a scan has all the lines that it will have."""
        scan = self._scans.get(number)
        if scan is not None and scan.state is ScanState.ABORTED:
            self.note(105, "Acquisition aborted")
        return scan is None or scan.state is not ScanState.SCANNING

    # --- commands -------------------------------------------------------------------------------------------------

    def _carry_out(self, given: scpi.Message) -> str | DataRange | None:
        """Find the command and carry it out."""
        for pattern, query in self._queries().items():
            if given.is_query and scpi.matches(pattern, given.header):
                return query(given.arguments)
        for pattern, command in self._commands().items():
            if not given.is_query and scpi.matches(pattern, given.header):
                return command(given.arguments)
        raise _DeviceError(-113, "Undefined header")

    def _queries(self) -> dict[str, Callable[[tuple[str, ...]], str]]:
        make, one = self._make, self._settings
        who = make.identity
        return {
            "*IDN": lambda _: f"{who.maker},{who.model},{who.serial},{who.firmware}",
            "*TST": lambda _: "0",
            "*OPC": lambda _: "1",
            "SYSTem:ERRor": lambda _: self._error(),
            "SYSTem:STATe": lambda _: self._state(),
            "SYSTem:TEMPerature": lambda _: f"{self._temperature():.2f}",
            "SYSTem:COUNter": lambda _: str(make.counter),
            "SYSTem:CALibration:DATE": lambda _: _day(make.calibrated_on),
            "SYSTem:CALibration:DUE": lambda _: _day(make.due_on),
            "ACQuisition:PURPose": lambda _: one.purpose.value,
            "ACQuisition:CHANnels": lambda _: ",".join(map(str, one.channels_nm)),
            "ACQuisition:INTegration": lambda _: f"{one.integration_ms:g}",
            "ACQuisition:RESolution": lambda _: str(one.resolution_um),
            "ACQuisition:FOCus": lambda _: f"{one.focus_mm:g}",
            "ACQuisition:REGion": lambda _: ",".join(map(str, one.region_um)),
            "ACQuisition:STARt": lambda given: str(self._start(given[0])),
            "ACQuisition:DESCribe": lambda given: self._scan(given[0]).description.written(),
            "ACQuisition:PROGress": lambda given: str(self._advanced(given[0]).lines),
            "ACQuisition:DIGest": lambda given: scpi.quoted(
                self._scan(given[0]).digest(int(given[1]) if len(given) > 1 else None)
            ),
        }

    def _commands(self) -> dict[str, Callable[[tuple[str, ...]], DataRange | None]]:
        return {
            "*CLS": lambda _: self._errors.clear(),
            "ACQuisition:PURPose": lambda given: self._set(purpose=Purpose(given[0].upper())),
            "ACQuisition:CHANnels": self._set_channels,
            "ACQuisition:INTegration": lambda given: self._set(integration_ms=_within(float(given[0]), 0.5, 200)),
            "ACQuisition:RESolution": lambda given: self._set(resolution_um=_among(int(given[0]), (84, 168, 336))),
            "ACQuisition:FOCus": lambda given: self._set(focus_mm=_within(float(given[0]), 0, 4)),
            "ACQuisition:REGion": self._set_region,
            "ACQuisition:ABORt": lambda given: self._scan(given[0]).abort(),
            "ACQuisition:RELease": lambda given: self._release(given[0]),
            "ACQuisition:DATA": self._data,
        }

    def _error(self) -> str:
        code, text = self._errors.popleft() if self._errors else (0, "No error")
        return f"{code},{scpi.quoted(text)}"

    def _state(self) -> str:
        if self._now() - self._on_since < self._make.warm_up_s:
            return "WARM"
        return "SCAN" if any(self._is_scanning(scan) for scan in self._scans.values()) else "IDLE"

    def _temperature(self) -> float:
        """Return the detector's temperature: from 25 °C to within 0.1 °C of -10 °C in the warm-up time."""
        elapsed = self._now() - self._on_since
        fall = math.exp(-5.9 * elapsed / self._make.warm_up_s) if self._make.warm_up_s else 0.0
        return -10.0 + 35.0 * fall

    def _is_scanning(self, scan: Scan) -> bool:
        scan.advance()
        return scan.state is ScanState.SCANNING

    def _set(self, **values: object) -> None:
        self._settings = replace(self._settings, **values)  # type: ignore[arg-type]

    def _set_channels(self, given: tuple[str, ...]) -> None:
        channels = tuple(map(int, given))
        if not channels or list(channels) != [one for one in CHANNELS_NM if one in channels]:
            raise _DeviceError(-222, "Data out of range")
        self._set(channels_nm=channels)

    def _set_region(self, given: tuple[str, ...]) -> None:
        top, left, bottom, right = map(int, given[:4]) if len(given) >= 4 else (0, 0, 0, 0)
        lowest, rightmost = self._make.blot.extent_um
        if len(given) != 4 or not (0 <= top < bottom <= lowest and 0 <= left < right <= rightmost):
            raise _DeviceError(-222, "Data out of range")
        self._set(region_um=(top, left, bottom, right))

    def _start(self, token: str) -> int:
        """Start a scan, or find the one that has this token."""
        for number, scan in self._scans.items():
            if scan.description.token == token:
                return number
        one = self._settings
        state = self._state()
        if not 1 <= len(token) <= 64:
            raise _DeviceError(-222, "Data out of range")
        if state != "IDLE":
            raise _DeviceError(*((101, "Warming up") if state == "WARM" else (102, "Busy")))
        if any(edge % one.resolution_um for edge in one.region_um):
            raise _DeviceError(-221, "Settings conflict; region is no multiple of the resolution")
        if len(self._scans) >= _SCANS:
            raise _DeviceError(106, "Memory full; release acquisitions")
        make = self._make
        make.counter += 1
        make.save(make.counter)  # before the scan: a number is never given twice
        description = Description(make.counter, token, WHITE, one.size, one)
        line_s = (one.integration_ms / 1000 + _RETURN_S) / make.speed
        self._scans[make.counter] = Scan(description, make.blot.expected(one), make.blot.seed, line_s, self._now)
        return make.counter

    def _scan(self, number: str) -> Scan:
        scan = self._scans.get(int(number))
        if scan is None:
            raise _DeviceError(103, "No such acquisition")
        return scan

    def _advanced(self, number: str) -> Scan:
        scan = self._scan(number)
        scan.advance()
        return scan

    def _release(self, number: str) -> None:
        if self._is_scanning(self._scan(number)):
            raise _DeviceError(102, "Busy")
        self._forget(int(number))

    def _forget(self, number: int) -> None:
        self._scans.pop(number).close()

    def _data(self, given: tuple[str, ...]) -> DataRange:
        number, offset, length, frame = map(int, given[:4])
        if not 0 <= offset < offset + length <= self._scan(given[0]).description.size:
            raise _DeviceError(-222, "Data out of range")
        return DataRange(number, offset, length, frame)


def _within(value: float, low: float, high: float) -> float:
    if not low <= value <= high:
        raise _DeviceError(-222, "Data out of range")
    return value


def _among(value: int, allowed: tuple[int, ...]) -> int:
    if value not in allowed:
        raise _DeviceError(-222, "Data out of range")
    return value


def _day(day: dt.date) -> str:
    return f"{day.year},{day.month},{day.day}"
