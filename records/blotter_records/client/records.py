"""Every endpoint of the records service as a method."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from blotter_records.client.accounts import AccountCalls
from blotter_records.client.analyses import AnalysisCalls
from blotter_records.client.copies import CopyCalls
from blotter_records.client.exports import ExportCalls
from blotter_records.client.images import ImageCalls, Tile
from blotter_records.client.instruments import InstrumentCalls
from blotter_records.client.people import PeopleCalls
from blotter_records.client.protocols import ProtocolCalls
from blotter_records.client.studies import StudyCalls
from blotter_records.client.trail_reviews import TrailReviewCalls
from blotter_records.client.transport import Headers, Transport

__all__ = ["RecordsClient", "Tile"]


class RecordsClient(
    PeopleCalls,
    AccountCalls,
    StudyCalls,
    ImageCalls,
    AnalysisCalls,
    ProtocolCalls,
    TrailReviewCalls,
    ExportCalls,
    CopyCalls,
    InstrumentCalls,
):
    """A connection to the records service as one person, or as a service.

    Every method raises the errors of ``errors.py`` as the service raised them, and ``Unavailable`` when it does not
    answer. Use it in a ``with`` block or call :meth:`close`. It may be used by several threads.

    Parameters
    ----------
    base_url : str
        ``http://127.0.0.1:8001``; over a unix socket any host name.
    uds : str, optional
        Path of a unix socket.
    token : str, optional
        Session token, or ``service:<name>:<secret>``.
    headers : mapping or callable, optional
        More headers (``X-Blotter-...``); a callable is asked before each request.
    """

    def __init__(
        self,
        base_url: str = "http://records",
        uds: str | None = None,
        token: str | None = None,
        headers: Headers | None = None,
    ) -> None:
        self._transport = Transport(base_url, uds, token, headers)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()
