"""The agent: carries out on one instrument what people order at the records service, as long as it runs.

::

    order ─► session, *IDN? ─► the service checks the device ─► scan ─► bytes in pieces ─► digest ─► sealed
                                        │                        │           │                │
                                        └── refused ── fault ────┴── cut ────┴── cancelled ───┴──► aborted

The agent has an identity of its own and no person's authority. It keeps nothing: what it holds is less than a piece. An
agent that was ended begins the transfer of the same scan anew, since the device knows the scan by the order's name.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from urllib.parse import urlsplit

from blotter_records.client import RecordsClient
from blotter_records.contract.acquiring import AbortRequest, DeviceSaid, OrderView, WholeScan
from blotter_records.errors import BlotterError, Conflict, IntegrityBroken, Invalid, NotFound, Refused, Unavailable
from pydantic import ValidationError

from blotter_instrument.driver.imager import ImagerOnLine
from blotter_instrument.ports import Fate, FrameRefused, Line, LineFault
from blotter_instrument.transfer.description import Description, Purpose, Settings
from blotter_instrument.transfer.frames import LONGEST_DATA

#: Bytes that go to the service at once, unless half a second passed before they came.
PIECE, SOON_S = 1 << 20, 0.5
#: Between two questions whether there is an order, or whether it was cancelled, seconds.
POLL_S = 1.0
#: Sessions that a start may take.
TRIES = 4
#: What an acquisition does not survive; anything else is a service that cannot be reached, and is tried again.
_FATAL = (Refused, Conflict, Invalid, NotFound, IntegrityBroken, LineFault)


class ServiceSink:
    """Where a scan goes: to the records service, piece by piece (``ports.Sink``).

    Parameters
    ----------
    records : RecordsClient
    acquisition : str
    description : Description
        What the device said when it started.
    """

    def __init__(self, records: RecordsClient, acquisition: str, description: Description) -> None:
        self._records = records
        self._acquisition = acquisition
        self._description = description
        self._waiting = bytearray()
        self._sent = 0
        self._sent_at = time.monotonic()

    def held(self) -> Iterator[bytes]:
        """Return nothing: a transfer goes on after a cut line with what was given here; a new agent begins anew."""
        return iter(())

    def write(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self._waiting += chunk
        if len(self._waiting) >= PIECE or time.monotonic() - self._sent_at > SOON_S:
            self._send()

    def seal(self, digest: str, size: int) -> None:
        """Have all of it compared and sealed."""
        self._send()
        whole = WholeScan(
            number=self._description.number, saturation=self._description.saturation, bytes=size, sha256=digest
        )
        self._records.seal_acquisition(self._acquisition, whole)

    def abort(self, code: str, reason: str) -> None:
        """Tell that it will never be whole, unless a person did already."""
        with suppress(Conflict):
            told = f"{reason} ({code})"
            self._records.abort_acquisition(self._acquisition, AbortRequest(reason=told[:2000]))

    def _send(self) -> None:
        if self._waiting:
            self._sent = self._records.send_piece(self._acquisition, self._sent, bytes(self._waiting)).held
            self._waiting.clear()
        self._sent_at = time.monotonic()


class Agent:
    """Serves one instrument.

    Parameters
    ----------
    records : RecordsClient
        As the service identity ``instrument``.
    instrument : str
        Its id in the register.
    connect : callable
        Opens the line.
    name, secret : str
        Who we are to the device, and its secret.
    frame : int
        Bytes of a DATA frame.
    """

    def __init__(
        self,
        records: RecordsClient,
        instrument: str,
        connect: Callable[[], Line],
        name: str,
        secret: str,
        *,
        frame: int = LONGEST_DATA,
    ) -> None:
        self._records = records
        self._instrument = instrument
        self._connect = connect
        self._name = name
        self._secret = secret
        self._frame = frame
        self._asked_at = 0.0
        self._is_cancelled = False

    def run(self, stopped: threading.Event, tell: Callable[[str], object] = lambda _text: None) -> None:
        """Carry out orders until stopped; a service that cannot be reached is asked again.

        Raises
        ------
        Unauthenticated, NotFound
            The service does not know this agent, or the instrument.
        """
        is_reached = True
        while not stopped.is_set():
            try:
                for order in self._records.orders(self._instrument):
                    tell(f"{order.acquisition}: {self.carry_out(order)}")
                if not is_reached:
                    tell("the records service answers again")
                is_reached = True
            except Unavailable as error:
                if is_reached:
                    tell(f"the records service cannot be reached; nothing is kept here: {error}")
                is_reached = False
            stopped.wait(POLL_S)

    def carry_out(self, order: OrderView) -> str:
        """Carry out an order; return how it ended, in words.

        Raises
        ------
        Unavailable
            The service cannot be reached; the order stands, and is carried out when it can.
        """
        device = ImagerOnLine(self._connect, self._name, self._secret)
        try:
            description = self._begun(device, order)
        except (*_FATAL, ValidationError) as fault:
            return self._aborted(order, fault)
        self._is_cancelled = False
        receiver = device.receiver(frame=self._frame, is_cancelled=lambda: self._cancelled(order))
        sink = ServiceSink(self._records, order.acquisition, description)
        try:
            outcome = receiver.receive(description.number, sink, description)
        except _FATAL as fault:
            self._stop(device, description.number)
            return self._aborted(order, fault)
        if outcome.fate is Fate.INTERRUPTED:
            sink.abort(outcome.code, outcome.reason)
            self._stop(device, description.number)
        if outcome.fate is not Fate.WHOLE:
            return f"aborted: {outcome.reason}"
        with suppress(BlotterError), device.session() as imager:
            imager.release(description.number)
        return f"sealed, {outcome.size:,} bytes"

    def _begun(self, device: ImagerOnLine, order: OrderView) -> Description:
        """Start the scan; a disturbed line is opened again, which starts no second one."""
        for _ in range(TRIES - 1):
            try:
                return self._started(device, order)
            except (LineFault, FrameRefused):
                time.sleep(0.2)
        return self._started(device, order)

    def _started(self, device: ImagerOnLine, order: OrderView) -> Description:
        """Have the service check the device, then start the scan, or find the one that was started already."""
        with device.session() as imager:
            found = imager.idn()
            said = DeviceSaid(
                maker=found.maker,
                model=found.model,
                serial=found.serial,
                firmware=found.firmware,
                calibration_due_on=imager.calibration_due_on,
            )
            self._records.connect_device(order.acquisition, said)
            return imager.start(settings_of(order), order.acquisition)

    def _cancelled(self, order: OrderView) -> bool:
        """Tell whether somebody aborted the order, asked once in a while."""
        if not self._is_cancelled and time.monotonic() - self._asked_at >= POLL_S:
            there = self._records.orders(self._instrument)
            self._is_cancelled = order.acquisition not in {one.acquisition for one in there}
            self._asked_at = time.monotonic()
        return self._is_cancelled

    def _aborted(self, order: OrderView, fault: BlotterError | ValidationError) -> str:
        told = f"{fault.message} ({fault.code})" if isinstance(fault, BlotterError) else "The device's answer is none."
        with suppress(Conflict):
            self._records.abort_acquisition(order.acquisition, AbortRequest(reason=told[:2000]))
        return f"aborted: {told}"

    @staticmethod
    def _stop(device: ImagerOnLine, number: int) -> None:
        """Stop the scan, as far as the line allows."""
        with suppress(BlotterError), device.session() as imager:
            imager.abort(number)


def settings_of(order: OrderView) -> Settings:
    """Return an order's settings as the driver takes them."""
    said = order.settings
    return Settings(
        Purpose.FINAL,
        tuple(said.channels_nm),
        said.integration_ms,
        said.resolution_um,
        said.focus_mm,
        said.region_um,
    )


def checked_address(url: str) -> str:
    """Return the address of the records service.

    Raises
    ------
    Invalid
        ``serve.tls``: it would be reached over a network without TLS.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1", "::1"}):
        raise Invalid("serve.tls", f"{url} is no https address.", "The agent's secret goes over TLS, or stays here.")
    return url
