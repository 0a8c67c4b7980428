"""The command log: every cell that was sent to a kernel, and whatever the gate refused (11.10(e), 11.300(d)).

Each cell is an entry of the trail, so that it is numbered, sealed, searched and exported like any other; running a cell
changes no record. What the gate refused is told in bursts: an opening entry at once, a closing one with a count.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from blotter_records.contract.base import EntryRef
from blotter_records.contract.notebooks import CellRun, CellRuns, GateRefusal
from blotter_records.ports.entries import NewEntry, TrailFilter, WrittenEntry
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate
from blotter_records.services.acting.writing import entry_ref
from blotter_records.services.operating.alarms import raise_alarm
from blotter_records.vocabulary import Alarm, Event, Outcome, Severity

#: Refusals are counted over this time.
_WINDOW = timedelta(minutes=10)
#: Characters of a cell that stand in the summary, where words are looked for.
_SHOWN = 300
_OUTCOMES = {"done": Outcome.DONE, "refused": Outcome.REFUSED}


class CommandLog:
    """Writes down which cells were run, and what the gate or the guarded kernel refused."""

    def __init__(self, ledger: Ledger, *, gate: Gate) -> None:
        self._ledger = ledger
        self._gate = gate

    def write(self, actor: Actor, request: CellRuns) -> EntryRef:
        """Write an entry for each cell, in one commit; return the last."""
        with self._gate.serving(actor, Event.CELL_RUN, _stream(actor)), self._ledger.begin() as work:
            for run in request.runs:
                written = work.note(_entry_of(actor, run))
            work.commit()
        return entry_ref(written)

    def note_refusal(self, actor: Actor, refusal: GateRefusal) -> EntryRef:
        """Write down what the gate or the guarded kernel refused; many of them are an alarm."""
        entry = NewEntry(
            stream=_stream(actor),
            action=Event.KERNEL_EXEC_REFUSED if refusal.kind == "cell" else Event.ACTION_REFUSED,
            subject=actor.subject(),
            context=actor.context,
            outcome=Outcome.REFUSED,
            new={
                "kind": refusal.kind,
                "source_sha256": refusal.source_sha256,
                "count": refusal.count,
                "hashes": refusal.hashes,
            },
            summary=f"Refused {refusal.kind}: {refusal.summary}",
        )
        with self._gate.serving(actor, Event.KERNEL_EXEC_REFUSED, entry.stream), self._ledger.begin() as work:
            written = work.note(entry)
            self._watch(work, actor, written)
            work.commit()
        return entry_ref(written)

    def _watch(self, work: UnitOfWork, actor: Actor, newest: WrittenEntry) -> None:
        """Raise an alarm when one person was refused more often than the policy allows."""
        wanted = TrailFilter(
            actions=[Event.KERNEL_EXEC_REFUSED, Event.ACTION_REFUSED],
            account=actor.person(),
            since=newest.at - _WINDOW,
            newest_first=True,
        )
        counted = sum(_count(entry.body.get("new")) for entry in work.entries(wanted))
        if counted < actor.configuration.policies.refusals_alarm:
            return
        work.lock(f"alarm:{Alarm.MANY_REFUSALS.value}")
        raise_alarm(
            work,
            actor,
            Alarm.MANY_REFUSALS,
            Severity.WARNING,
            f"{actor.name()} was refused {counted} times in ten minutes at the gate of the notebook.",
            about=actor.person(),
            facts={"refused": counted},
        )


def _count(new: object) -> int:
    """Return how many refusals of the gate an entry stands for; those of the service itself are not counted."""
    count = new.get("count") if isinstance(new, dict) and "kind" in new else 0
    return count if isinstance(count, int) else 0


def _stream(actor: Actor) -> str:
    if actor.context.notebook:
        return f"notebook:{actor.context.notebook}"
    return f"session:{actor.session}" if actor.session else actor.own_stream()


def _entry_of(actor: Actor, run: CellRun) -> NewEntry:
    how = " when the notebook was opened" if run.is_automatic else ""
    said = f" ({run.said})" if run.said else ""
    return NewEntry(
        stream=_stream(actor),
        action=Event.CELL_RUN,
        subject=actor.subject(),
        context=replace(actor.context, cell=run.cell),
        outcome=_OUTCOMES.get(run.outcome, Outcome.FAILED),
        new=run.model_dump(mode="json"),
        summary=f"Ran{how}, {run.outcome}: {run.source[:_SHOWN]}{said}",
    )
