"""Carries out cells: reads one as a command, asks whether it may be run, makes its widget.

The kernel imports this with its first cell: what it needs (the contract, HTTP, ipywidgets) costs more than all that a
kernel needs to be there.
"""

from __future__ import annotations

import hashlib
import logging
from typing import Any

from blotter_records.client import RecordsClient
from blotter_records.client.transport import Headers
from blotter_records.contract.commands import Command
from blotter_records.contract.configuration import ConfigurationView
from blotter_records.contract.grammar import check_limit, check_widget, completeness, parse
from blotter_records.contract.notebooks import GateRefusal, WidgetsView
from blotter_records.errors import BlotterError, Unauthenticated, Unavailable
from ipywidgets import Widget

from blotter_guard import completion
from blotter_guard.registry import REGISTRY

log = logging.getLogger("blotter.kernel")


class KernelClient(RecordsClient):
    """A kernel's connection. What a revision of the configuration says never changes, so it is asked for once."""

    _configuration: ConfigurationView | None = None

    def configuration(self, revision: int | None = None) -> ConfigurationView:
        """Return roles and policies as they are, or were at a revision."""
        known = self._configuration
        if known is None or revision is None or known.revision != revision:
            known = self._configuration = super().configuration(revision)
        return known


class Cells:
    """What one kernel does with the cells that it is sent.

    Parameters
    ----------
    uds : str
        Path of the records socket.
    headers : mapping or callable
        More headers of each request.
    """

    def __init__(self, uds: str, headers: Headers) -> None:
        self.client = KernelClient(uds=uds, headers=headers)
        self._told: WidgetsView | None = None

    def widget_of(self, code: str) -> Widget | None:
        """Make the widget of a cell; None for a cell without a command.

        Raises
        ------
        Refused
            ``refused.cell``: it is no command of the grammar, or may not be run.
        Unavailable, Unauthenticated
            Nobody has said yet what may be run.
        """
        command = parse(code, REGISTRY.specifications())
        if command is None:
            return None
        self._check(command)
        made: Widget = REGISTRY.build(command, self.client)
        return made

    def _check(self, command: Command) -> None:
        """Check that person and notebook may run a widget: asked each time, since a kernel can change its notebook.

        While the records service does not answer, or the session has ended, the last answer holds: the widget says so
        itself, and gets nothing.
        """
        try:
            self._told = self.client.widgets()
        except (Unavailable, Unauthenticated):
            if self._told is None:
                raise
        check_widget(command, self._told.mine)
        check_limit(command, self._told.notebook.widgets, self._told.notebook.why_not)

    def report(self, kind: Any, summary: str, source: object) -> None:
        """Tell the trail what was refused here; the gate has told it already when the cell came through it."""
        digest = (
            hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest() if isinstance(source, str) else None
        )
        try:
            self.client.report_refusal(GateRefusal(kind=kind, summary=summary[:500], source_sha256=digest, count=1))
        except BlotterError as error:
            log.warning("the refusal could not be reported: %s", error)

    # Help while typing

    @staticmethod
    def complete(code: str, cursor_pos: int) -> dict[str, Any]:
        """Complete widget and argument names from the registry."""
        return completion.complete(code, cursor_pos, REGISTRY.specifications())

    @staticmethod
    def inspect(code: str, cursor_pos: int) -> dict[str, Any]:
        """Explain the widget under the cursor."""
        return completion.inspect(code, cursor_pos, REGISTRY.specifications())

    @staticmethod
    def completeness(code: str) -> str:
        """Say whether a cell is complete, goes on in the next line, or is wrong."""
        return completeness(code, REGISTRY.specifications())
