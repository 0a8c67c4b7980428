"""What the hub itself refuses a signed-in person, told to the trail: closed doors, others' servers (11.10(d)).

What the records service refuses it writes itself. The first of a kind is told at once; the same again within a minute
is counted, and told with the next one.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from blotter_records.contract.notebooks import GateRefusal
from blotter_records.errors import BlotterError

BURST_S = 60.0
#: Kinds that are remembered; more are told each time.
_MOST = 10_000


@dataclass
class _Burst:
    opened: float
    entry: int
    more: int = 0


class RefusalNotes:
    """Tells the records service what the hub refused."""

    def __init__(self) -> None:
        self._bursts: dict[tuple[str, str], _Burst] = {}

    async def tell(self, handler: Any, why: str) -> int | None:
        """Write the refusal of a request; return the trail's id of it, or None where nobody could write it.

        Parameters
        ----------
        handler : SignedIn
            The request of a signed-in person.
        why : str
            Which door it was.
        """
        request, name = handler.request, handler.current_user.name
        what = f"The hub refused {request.method} {request.path}: {why}"[:480]
        now = time.monotonic()
        burst = self._bursts.get((name, what))
        if burst is not None and now - burst.opened < BURST_S:
            burst.more += 1
            return burst.entry
        refusal = GateRefusal(kind="route", summary=what, count=1 + (burst.more if burst else 0))
        try:
            entry = await handler.ask(lambda client: client.report_refusal(refusal))
        except BlotterError as error:
            handler.log.warning("a refusal could not be written to the trail: %s of %s: %s", what, name, error)
            return None
        if len(self._bursts) >= _MOST:
            self._bursts.clear()
        self._bursts[name, what] = _Burst(now, entry.id)
        return int(entry.id)
