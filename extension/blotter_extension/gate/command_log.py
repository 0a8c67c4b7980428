"""Tells the command log which cells were sent to a kernel, and what came of each.

What is told is what the gate saw: the cell as it was forwarded (or refused), when, and the kernel's answer. Cells are
sent in the order in which they ended, half a second's worth at a time. What the service does not answer is tried again;
a cell that it will never take is told to the server's log, and keeps none of the others waiting.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Literal

from blotter_records.contract.notebooks import CellRun, CellRuns
from blotter_records.errors import BlotterError, Unavailable

Context = Mapping[str, str | None]
Ended = Literal["done", "refused", "failed", "stopped", "unanswered"]

_MOST_AT_ONCE = 100
_MOST_WAITING = 5000
_LONGEST = 4096
#: The end of a server waits so long for the command log; the launcher grants it five seconds (s).
FLUSH_S = 3.0

log = logging.getLogger("blotter.commands")


@dataclass(frozen=True)
class Started:
    """A cell that was sent to the kernel and has no answer yet."""

    source: str
    cell: str | None
    context: Context
    is_automatic: bool
    at: float


class CommandLog:
    """Collects cells and sends them to the records service.

    Parameters
    ----------
    send : callable
        Sends `CellRuns` from one context; may raise `BlotterError`.
    wait_s : float, optional
        How long cells are collected before they are sent.
    """

    def __init__(self, send: Callable[[CellRuns, Context], Awaitable[Any]], wait_s: float = 0.5) -> None:
        self._send = send
        self._wait_s = wait_s
        self._ended: list[tuple[Context, CellRun]] = []
        self._task: asyncio.Task[None] | None = None

    @staticmethod
    def started(source: str, cell: str | None, context: Context, *, is_automatic: bool) -> Started:
        """Return what is kept of a cell until the kernel answers."""
        return Started(source, cell, context, is_automatic, time.monotonic())

    def ended(self, run: Started, outcome: Ended, said: str = "") -> None:
        """Log a cell."""
        if len(self._ended) >= _MOST_WAITING:
            log.error("the command log is full; a cell is lost: %.200s", run.source)
            return
        made = CellRun(
            source=_storable(run.source)[:_LONGEST],
            source_sha256=hashlib.sha256(run.source.encode("utf-8", "surrogatepass")).hexdigest(),
            cell=run.cell,
            outcome=outcome,
            said=_storable(said)[:500],
            duration_ms=int(1000 * (time.monotonic() - run.at)),
            is_automatic=run.is_automatic,
        )
        self._ended.append((run.context, made))
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._deliver())

    async def _deliver(self) -> None:
        alone = 0  # so many are sent one by one, to find the one that is not taken
        while self._ended:
            await asyncio.sleep(self._wait_s if not alone else 0)
            context, runs = self._next(1 if alone else _MOST_AT_ONCE)
            try:
                await self._send(CellRuns(runs=runs), context)
            except Unavailable as error:
                log.error("cells wait for the command log: %s", error)  # noqa: TRY400
                await asyncio.sleep(10 * self._wait_s)
                continue
            except BlotterError as error:
                if len(runs) > 1:
                    alone = len(runs)
                    continue
                log.error("the command log does not take a cell: %s (%.200r)", error, runs[0].source)  # noqa: TRY400
            del self._ended[: len(runs)]
            alone = max(0, alone - 1)

    def _next(self, most: int) -> tuple[Context, list[CellRun]]:
        """Return the cells that are sent next: those of one context."""
        context = self._ended[0][0]
        same = takewhile(lambda one: one[0] == context, self._ended[:most])
        return context, [run for _, run in same]

    async def flush(self) -> None:
        """Wait until everything was sent, or for three seconds; for the end of the server."""
        if self._task is not None:
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._task, FLUSH_S)


def _storable(text: str) -> str:
    """Return a text without what no record can hold; the digest beside it is that of the original."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
