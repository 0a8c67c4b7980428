"""The register of instruments, and acquisitions on them."""

from __future__ import annotations

from blotter_records.client.calls import Calls, read_answer
from blotter_records.contract.acquiring import (
    AbortRequest,
    AcquisitionRequest,
    DeviceSaid,
    Held,
    OrderView,
    WholeScan,
)
from blotter_records.contract.instruments import InstrumentEdit, InstrumentRequest, InstrumentView


class InstrumentCalls(Calls):
    """Calls about instruments."""

    def instruments(self) -> list[InstrumentView]:
        """Return every instrument."""
        return self._list(InstrumentView, "/instruments")

    def instrument(self, instrument: str) -> InstrumentView:
        """Return an instrument."""
        return self._get(InstrumentView, f"/instruments/{instrument}")

    def create_instrument(self, request: InstrumentRequest) -> InstrumentView:
        """Write down an instrument."""
        return self._send(InstrumentView, "POST", "/instruments", request)

    def edit_instrument(self, instrument: str, request: InstrumentEdit) -> InstrumentView:
        """Change what is written of an instrument."""
        return self._send(InstrumentView, "POST", f"/instruments/{instrument}/description", request)

    def acquire(self, instrument: str, request: AcquisitionRequest) -> OrderView:
        """Order an acquisition on an instrument."""
        return self._send(OrderView, "POST", f"/instruments/{instrument}/acquisitions", request)

    def order(self, acquisition: str) -> OrderView:
        """Return an acquisition on an instrument as it stands."""
        return self._get(OrderView, f"/acquisitions/{acquisition}/order")

    def abort_acquisition(self, acquisition: str, request: AbortRequest) -> OrderView:
        """End an acquisition of which nothing is kept."""
        return self._send(OrderView, "POST", f"/acquisitions/{acquisition}/abort", request)

    def orders(self, instrument: str) -> list[OrderView]:
        """Return what is to be acquired on an instrument; for its agent."""
        return self._list(OrderView, f"/instruments/{instrument}/orders")

    def connect_device(self, acquisition: str, said: DeviceSaid) -> OrderView:
        """Have the device at the line checked; for the agent."""
        return self._send(OrderView, "POST", f"/acquisitions/{acquisition}/device", said)

    def send_piece(self, acquisition: str, offset: int, piece: bytes) -> Held:
        """Send the next bytes of a scan; for the agent."""
        path, params = f"/acquisitions/{acquisition}/pieces", {"offset": offset}
        return read_answer(Held, self._transport.send("POST", path, content=piece, params=params).content)

    def seal_acquisition(self, acquisition: str, whole: WholeScan) -> OrderView:
        """Have what came compared and sealed; for the agent."""
        return self._send(OrderView, "POST", f"/acquisitions/{acquisition}/seal", whole, wait_s=300)
