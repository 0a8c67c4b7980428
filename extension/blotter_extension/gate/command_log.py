"""Tells the command log which cells were sent to a kernel, and what came of each.

What is told is what the gate saw: the cell as it was forwarded (or refused), when, and the kernel's answer. Cells are
sent in the order in which they ended, a second's worth at a time; what the service does not take is tried again.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from blotter_records.contract.notebooks import CellRun, CellRuns
from blotter_records.errors import BlotterError

Context = Mapping[str, str | None]
Ended = Literal["done", "refused", "failed", "stopped", "unanswered"]

_MOST_AT_ONCE = 100
_MOST_WAITING = 5000
_LONGEST = 4096

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
        text = run.source.encode("utf-8", "replace").decode()
        made = CellRun(
            source=text[:_LONGEST],
            source_sha256=hashlib.sha256(run.source.encode("utf-8", "surrogatepass")).hexdigest(),
            cell=run.cell,
            outcome=outcome,
            said=said[:500],
            duration_ms=int(1000 * (time.monotonic() - run.at)),
            is_automatic=run.is_automatic,
        )
        self._ended.append((run.context, made))
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._deliver())

    async def _deliver(self) -> None:
        while self._ended:
            await asyncio.sleep(self._wait_s)
            context = self._ended[0][0]
            runs: list[CellRun] = []
            for its, run in self._ended[:_MOST_AT_ONCE]:
                if its != context:
                    break
                runs.append(run)
            try:
                await self._send(CellRuns(runs=runs), context)
            except BlotterError as error:
                log.error("cells wait for the command log: %s", error)  # noqa: TRY400
                await asyncio.sleep(10 * self._wait_s)
                continue
            del self._ended[: len(runs)]
