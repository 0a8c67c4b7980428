"""Tells the trail what was refused beside the service; a burst becomes an opening entry and a closing one with a count.

Used by the person's server and by the hub. What the service refuses it writes itself.
"""

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
#: So many bursts are told apart; what is refused besides is one burst for each kind.
_MOST_BURSTS = 100

log = logging.getLogger("blotter.refusals")


@dataclass
class _Burst:
    """An opening entry on its way, and what came after it."""

    context: Context
    opening: asyncio.Task[Any]
    count: int = 0
    last: GateRefusal | None = None
    hashes: dict[str, None] = field(default_factory=dict)


class RefusalReporter:
    """Sends what one person was refused to the records service.

    Parameters
    ----------
    send : callable
        Sends one `GateRefusal` from where it happened; may raise `BlotterError`.
    burst_s : float, optional
        How long it must be quiet for a burst to be over.
    longest_s : float, optional
        When a burst that goes on is told at the latest.
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
        self._bursts: dict[tuple[Kind, str], _Burst] = {}
        self._writing: set[asyncio.Task[Any]] = set()
        self._watching: set[asyncio.Task[Any]] = set()

    def report(
        self, kind: Kind, summary: str, source: object = None, context: Context | None = None, apart: str = ""
    ) -> bool:
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
        apart : str, optional
            Refusals of a kind that differ in it are bursts of their own.

        Returns
        -------
        bool
            Whether this one may be shown by itself elsewhere; not when it is one of very many.
        """
        return self._report(kind, summary, source, context or {}, apart).count < _ONE_BY_ONE

    async def tell(self, kind: Kind, summary: str, context: Context, apart: str) -> Any:
        """Report a refusal; return what `send` returned for the first of its burst, or None if that was not written."""
        burst = self._report(kind, summary, None, context, apart)
        return await asyncio.shield(burst.opening)

    async def flush(self) -> None:
        """Close every burst now: write what is counted and not yet told."""
        for key, burst in list(self._bursts.items()):
            await self._close(key, burst)
        if self._writing:
            await asyncio.wait(self._writing)

    def _report(self, kind: Kind, summary: str, source: object, context: Context, apart: str) -> _Burst:
        digest = None
        if isinstance(source, str):
            digest = hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()
        clean = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in summary)
        refusal = GateRefusal(kind=kind, summary=clean[:500], source_sha256=digest, count=1)
        key = (kind, apart if (kind, apart) in self._bursts or len(self._bursts) < _MOST_BURSTS else "")
        burst = self._bursts.get(key)
        if burst is not None:
            burst.count += 1
            burst.last = refusal
            if digest is not None and len(burst.hashes) < _MOST_HASHES:
                burst.hashes[digest] = None
            return burst
        log.warning("refused a %s: %s", kind, refusal.summary)
        burst = self._bursts[key] = _Burst(context, _run(self._deliver(refusal, context), self._writing))
        _run(self._close_when_quiet(key, burst), self._watching)
        return burst

    async def _close_when_quiet(self, key: tuple[Kind, str], burst: _Burst) -> None:
        seen, waited = -1, 0.0
        while burst.count != seen and waited < self._longest_s:
            seen = burst.count
            await asyncio.sleep(self._burst_s)
            waited += self._burst_s
        await self._close(key, burst)

    async def _close(self, key: tuple[Kind, str], burst: _Burst) -> None:
        """Write the closing entry of a burst, behind its opening one; nothing if that was all."""
        if self._bursts.get(key) is not burst:
            return
        del self._bursts[key]
        await asyncio.shield(burst.opening)
        if burst.last is not None:
            summary = f"{burst.count} more of this kind followed; the last: {burst.last.summary}"[:500]
            change = {"summary": summary, "count": burst.count, "hashes": list(burst.hashes)}
            closing = burst.last.model_copy(update=change)
            await asyncio.shield(_run(self._deliver(closing, burst.context), self._writing))

    async def _deliver(self, refusal: GateRefusal, context: Context) -> Any:
        try:
            return await self._send(refusal, context)
        except BlotterError as error:
            log.error("a refusal could not be written to the trail: %s (%s)", error, refusal.summary)  # noqa: TRY400
            return None


def _run(work: Coroutine[Any, Any, Any], kept: set[asyncio.Task[Any]]) -> asyncio.Task[Any]:
    """Start work, and keep it so that it is not collected before it is done."""
    task = asyncio.get_running_loop().create_task(work)
    kept.add(task)
    task.add_done_callback(kept.discard)
    return task
