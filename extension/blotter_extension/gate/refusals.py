"""Tells the trail what was refused here; a burst becomes an opening entry and a closing one with a count."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Literal

from blotter_records.contract.notebooks import GateRefusal
from blotter_records.errors import BlotterError

Kind = Literal["cell", "message", "route", "notebook"]

BURST_S = 10.0

log = logging.getLogger("blotter.refusals")


@dataclass
class _Burst:
    """What came after a burst's opening entry."""

    count: int = 0
    last: GateRefusal | None = None


class RefusalReporter:
    """Sends refusals to the records service.

    Parameters
    ----------
    send : callable
        Sends one `GateRefusal`; may raise `BlotterError`.
    burst_s : float, optional
        How long it must be quiet for a burst to be over.
    """

    def __init__(self, send: Callable[[GateRefusal], Awaitable[Any]], burst_s: float = BURST_S) -> None:
        self._send = send
        self._burst_s = burst_s
        self._bursts: dict[Kind, _Burst] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def report(self, kind: Kind, summary: str, source: object = None) -> None:
        """Report a refusal: at once when it is the first of a burst, else in the burst's closing entry.

        Parameters
        ----------
        kind : str
            What was refused.
        summary : str
            What and why, as the person saw it.
        source : object, optional
            The refused text; only its SHA-256 is sent.
        """
        digest = None
        if isinstance(source, str):
            digest = hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()
        clean = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in summary)
        refusal = GateRefusal(kind=kind, summary=clean[:500], source_sha256=digest, count=1)
        burst = self._bursts.get(kind)
        if burst is not None:
            burst.count += 1
            burst.last = refusal
            return
        log.warning("refused a %s: %s", kind, refusal.summary)
        self._bursts[kind] = _Burst()
        self._run(self._deliver(refusal))
        self._run(self._close_when_quiet(kind))

    async def _close_when_quiet(self, kind: Kind) -> None:
        burst = self._bursts[kind]
        seen = -1
        while burst.count != seen:
            seen = burst.count
            await asyncio.sleep(self._burst_s)
        del self._bursts[kind]
        if burst.last is not None:
            summary = f"{burst.count} more of this kind followed; the last: {burst.last.summary}"[:500]
            await self._deliver(burst.last.model_copy(update={"summary": summary, "count": burst.count}))

    async def _deliver(self, refusal: GateRefusal) -> None:
        try:
            await self._send(refusal)
        except BlotterError as error:
            log.error("a refusal could not be written to the trail: %s (%s)", error, refusal.summary)  # noqa: TRY400

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
