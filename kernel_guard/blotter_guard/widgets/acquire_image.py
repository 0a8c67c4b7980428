"""`AcquireImage()`: orders an acquisition on an instrument, and shows how far it is.

The instrument's agent carries the order out and sends the bytes to the records service; this half sees none of them. An
acquisition goes on when the notebook is closed: opened again, the widget finds it by the instrument that it holds.
"""

from __future__ import annotations

from typing import Any

from blotter_records.contract.acquiring import AbortRequest, AcquisitionRequest, OrderView
from blotter_records.contract.base import AcquisitionId, EntryRef, InstrumentId
from blotter_records.contract.instruments import InstrumentView
from blotter_records.vocabulary import Action, InstrumentStatus

from blotter_guard.registry import widget
from blotter_guard.widgets.base import BlotterWidget
from blotter_guard.widgets.places import StudyNamed, places_in
from blotter_guard.widgets.reasons import reasons_of
from blotter_guard.widgets.requests import Given, answers

#: What the browser is told of an instrument: what it is, its limits, whether it may be used now.
_SHOWN = {
    "instrument", "name", "maker", "model", "serial", "limits", "calibration", "is_usable", "why_not", "acquiring",
    "held_by", "is_yours",
}  # fmt: skip


class Ordered(Given):
    """Names an instrument, and what is to be acquired on it."""

    instrument: InstrumentId
    request: AcquisitionRequest


class OrderNamed(Given):
    """Names an acquisition on an instrument."""

    acquisition: AcquisitionId


class Cancelled(OrderNamed):
    """Names an acquisition that is to end, and why."""

    request: AbortRequest


@widget
class AcquireImage(BlotterWidget):
    """Asks for an instrument, its settings and where in a study the image belongs; follows the acquisition."""

    def read(self) -> dict[str, Any]:
        """Return the instruments with their state, the studies to acquire for, and what this person acquires now."""
        session = self._client.session()
        studies = [study for study in self._client.studies() if Action.IMAGE_ACQUIRE_START in study.actions]
        there = [one for one in self._client.instruments() if one.status is not InstrumentStatus.RETIRED]
        return {
            "instruments": [_instrument(one) for one in there],
            "studies": [{"study": study.study, "title": study.title, "kind": study.kind} for study in studies],
            "running": [self._client.order(one.acquiring) for one in there if one.is_yours],
            "reasons": reasons_of(self._client, session, Action.IMAGE_ACQUIRE_ABORT),
            "why_not": _why_not(studies, there),
        }

    @answers(StudyNamed)
    def places(self, given: StudyNamed) -> dict[str, Any]:
        """Return the membranes and probing rounds of a study, to say what the image will be of."""
        return places_in(self._client, given.study)

    @answers(Ordered)
    def acquire(self, given: Ordered) -> OrderView:
        """Order an acquisition; the same key twice is one order."""
        return self._client.acquire(given.instrument, given.request)

    @answers(OrderNamed)
    def progress(self, given: OrderNamed) -> OrderView:
        """Return an acquisition as it stands."""
        return self._client.order(given.acquisition)

    @answers(Cancelled)
    def cancel(self, given: Cancelled) -> OrderView:
        """End an acquisition; nothing of it is kept."""
        return self._client.abort_acquisition(given.acquisition, given.request)

    def _entries_of(self, record: str) -> list[EntryRef]:
        """Read an acquisition again for its entry's number."""
        return [self._client.order(record).entry] if record.startswith("ACQ-") else super()._entries_of(record)


def _instrument(one: InstrumentView) -> dict[str, Any]:
    return one.model_dump(mode="json", include=_SHOWN)


def _why_not(studies: list[Any], instruments: list[InstrumentView]) -> str:
    if not studies:
        return "There is no study in which you may acquire images. Studies() makes one."
    if not instruments:
        return "No instrument is in the register. An Instrument Manager writes one down; until then, ImportImage()."
    return ""
