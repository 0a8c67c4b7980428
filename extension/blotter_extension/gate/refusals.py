"""Tells the trail what was refused here; a burst becomes an opening entry and a closing one with a count."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from blotter_records.contract.notebooks import GateRefusal
from blotter_records.errors import BlotterError

Kind = Literal["cell", "message", "route", "notebook", "kernel"]
Context = Mapping[str, str | None]

BURST_S = 10.0
#: A burst that does not end is told in between, so that what it says is never older.
LONGEST_S = 60.0
_MOST_HASHES = 100
#: So many of a burst are shown one by one in the command log, then only counted.
_ONE_BY_ONE = 20

log = logging.getLogger("blotter.refusals")


@dataclass
class _Burst:
    """What came after a burst's opening entry."""

    context: Context
    count: int = 0
    last: GateRefusal | None = None
    hashes: dict[str, None] = field(default_factory=dict)


class RefusalReporter:
    """Sends refusals to the records service.

    Parameters
    ----------
    send : callable
        Sends one `GateRefusal` from where it happened; may raise `BlotterError`.
    burst_s : float, optional
        How long it must be quiet for a burst to be over.
    """

    def __init__(
        self,
        send: Callable[[GateRefusal, Context], Awaitable[Any]],
        burst_s: float = BURST_S,
        longest_s: float = LONGEST_S,
    ) -> None:
        self._send = send
        self._burst_s = burst_s
        self._longest_s = longest_s
        self._bursts: dict[Kind, _Burst] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def report(self, kind: Kind, summary: str, source: object = None, context: Context | None = None) -> bool:
        """Report a refusal: at once when it is the first of a burst, else in the burst's closing entry.

        Parameters
        ----------
        kind : str
            What was refused.
        summary : str
            What and why, as the person saw it.
        source : object, optional
            The refused text; only its SHA-256 is sent.
        context : mapping, optional
            Notebook, cell, kernel and address, as `Person.headers` takes them.

        Returns
        -------
        bool
            Whether this one may be shown by itself elsewhere; not when it is one of very many.
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
            if digest is not None and len(burst.hashes) < _MOST_HASHES:
                burst.hashes[digest] = None
            return burst.count < _ONE_BY_ONE
        log.warning("refused a %s: %s", kind, refusal.summary)
        self._bursts[kind] = _Burst(context or {})
        self._run(self._deliver(refusal, context or {}))
        self._run(self._close_when_quiet(kind))
        return True

    async def _close_when_quiet(self, kind: Kind) -> None:
        burst = self._bursts[kind]
        seen, waited = -1, 0.0
        while burst.count != seen and waited < self._longest_s:
            seen = burst.count
            await asyncio.sleep(self._burst_s)
            waited += self._burst_s
        del self._bursts[kind]
        if burst.last is not None:
            summary = f"{burst.count} more of this kind followed; the last: {burst.last.summary}"[:500]
            change = {"summary": summary, "count": burst.count, "hashes": list(burst.hashes)}
            await self._deliver(burst.last.model_copy(update=change), burst.context)

    async def _deliver(self, refusal: GateRefusal, context: Context) -> None:
        try:
            await self._send(refusal, context)
        except BlotterError as error:
            log.error("a refusal could not be written to the trail: %s (%s)", error, refusal.summary)  # noqa: TRY400

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
