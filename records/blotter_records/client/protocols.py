"""Analysis protocols and what is made by them."""

from __future__ import annotations

from blotter_records.client.calls import Calls
from blotter_records.contract.analyses import AnalysisView
from blotter_records.contract.protocols import (
    Application,
    ProtocolApply,
    ProtocolDraftRequest,
    ProtocolRequest,
    ProtocolView,
)


class ProtocolCalls(Calls):
    """Calls about protocols."""

    def protocols(self) -> list[ProtocolView]:
        """Return every protocol."""
        return self._list(ProtocolView, "/protocols")

    def protocol(self, protocol: str) -> ProtocolView:
        """Return a protocol."""
        return self._get(ProtocolView, f"/protocols/{protocol}")

    def create_protocol(self, request: ProtocolRequest) -> ProtocolView:
        """Write a new protocol: a draft."""
        return self._send(ProtocolView, "POST", "/protocols", request)

    def edit_protocol(self, protocol: str, request: ProtocolDraftRequest) -> ProtocolView:
        """Change the draft of a protocol, or begin one."""
        return self._send(ProtocolView, "POST", f"/protocols/{protocol}/draft", request)

    def apply_protocol(self, protocol: str, request: ProtocolApply) -> AnalysisView:
        """Make an analysis of an image as a protocol says."""
        return self._send(AnalysisView, "POST", f"/protocols/{protocol}/applications", request)

    def applications(self, protocol: str, study: str) -> list[Application]:
        """Return the analyses of a study that were made by a protocol."""
        return self._list(Application, f"/protocols/{protocol}/applications/{study}")
