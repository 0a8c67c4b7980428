"""The register of instruments."""

from __future__ import annotations

from blotter_records.client.calls import Calls
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
