"""Readings in the trail: across studies always, of signed records by policy; once for a session and a record.

Widgets read a record again and again; what counts is that a person has looked at it, and in which session.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from blotter_records.domain.configuration import Configuration
from blotter_records.ports.entries import NewEntry
from blotter_records.ports.ledger import Ledger
from blotter_records.services.acting.actor import Actor
from blotter_records.vocabulary import Action, Event

#: Readings that are remembered as written, the newest; an older one may be written a second time.
_REMEMBERED = 20_000
#: What looks at a record, as policy ``audit.log_views`` counts it.
_VIEWS = frozenset(
    {
        Action.ANALYSIS_VIEW,
        Action.COPY_VIEW,
        Action.IMAGE_VIEW,
        Action.RECORD_COMPARE,
        Action.RESULT_VIEW,
        Action.STUDY_VIEW,
    }
)


class Readings:
    """Writes who has read what, each in a transaction of its own."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._written: OrderedDict[tuple[str, str, str], None] = OrderedDict()
        self._lock = threading.Lock()

    def note(
        self, actor: Actor, action: Action, stream: str, role: str | None, *, is_across: bool, is_of_signed: bool
    ) -> None:
        """Write a reading that has to be written and was not yet in this session."""
        if not is_across and not _is_logged(action, actor.configuration, is_of_signed=is_of_signed):
            return
        if not self._is_first((actor.session or "", action.value, stream)):
            return
        kind, _, record_id = stream.partition(":")
        how = ", across studies" if is_across else ""
        entry = NewEntry(
            stream=stream,
            action=Event.STUDY_READ_ACROSS if is_across else action,
            subject=actor.subject(role),
            context=actor.context,
            record_id=record_id or None,
            new={"action": action.value},
            summary=f"{actor.name()} read {record_id or kind} ({action.value}){how}",
        )
        with self._ledger.begin() as work:
            work.note(entry)
            work.commit()

    def _is_first(self, reading: tuple[str, str, str]) -> bool:
        with self._lock:
            if reading in self._written:
                return False
            self._written[reading] = None
            while len(self._written) > _REMEMBERED:
                self._written.popitem(last=False)
        return True


def _is_logged(action: Action, configuration: Configuration, *, is_of_signed: bool) -> bool:
    """Tell whether the policy asks for an entry of this reading."""
    wanted = configuration.policies.logged_views
    return action in _VIEWS and (wanted == "all" or (wanted == "signed" and is_of_signed))
