"""Which cell a command came from, as executed through the gate.

The kernel names only the message that it is handling; the cell comes from this table, which the gate fills while
messages pass. A kernel cannot name a cell that the person did not run in it.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

_MAX_MESSAGES = 5000
_MAX_COMMS = 2000


@dataclass(frozen=True)
class Origin:
    """Where a message came from."""

    cell: str | None
    address: str | None


class CellTable:
    """Messages that were forwarded to one kernel, and the widgets that its cells opened."""

    def __init__(self) -> None:
        self._messages: OrderedDict[str, Origin] = OrderedDict()
        self._comms: OrderedDict[str, str | None] = OrderedDict()

    def forwarded_cell(self, message: str, cell: str | None, address: str | None) -> None:
        """Note that a cell was sent to the kernel."""
        self._note(message, Origin(cell, address))

    def forwarded_widget_message(self, message: str, comm: str, address: str | None) -> None:
        """Note that a message of a widget was sent to the kernel; its cell is the one that opened the widget."""
        self._note(message, Origin(self._comms.get(comm), address))

    def opened(self, comm: str, parent: str) -> None:
        """Note that the kernel opened a widget while it handled a message."""
        origin = self._messages.get(parent)
        self._comms[comm] = origin.cell if origin else None
        while len(self._comms) > _MAX_COMMS:
            self._comms.popitem(last=False)

    def knows(self, comm: str) -> bool:
        """Return whether a widget was opened through the gate."""
        return comm in self._comms

    def cell_of(self, comm: str) -> str | None:
        """Return the cell that opened a widget; None if it is unknown."""
        return self._comms.get(comm)

    def origin(self, message: str) -> Origin | None:
        """Return where a message came from; None if it did not come through the gate."""
        return self._messages.get(message)

    def _note(self, message: str, origin: Origin) -> None:
        self._messages[message] = origin
        while len(self._messages) > _MAX_MESSAGES:
            self._messages.popitem(last=False)
