"""Finding entries of the trail: filters, both directions, exact totals, each backed by an index.

A filter by streams, records or actions is asked value by value and merged (each value's newest entries come straight
from its index), because one question over many values would walk through everything that lies between them.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Executable,
    Row,
    Select,
    and_,
    func,
    literal,
    literal_column,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, TEXT

from blotter_records.adapters.postgres import tables
from blotter_records.ports.entries import TrailFilter

Rows = Callable[[Executable], list[Row[Any]]]
_entry, _word = tables.entry, tables.word
#: Filters of which one value after the other is asked; the first that is given, the most telling one.
_MANY = {"streams": _entry.c.stream, "record_ids": _entry.c.record_id, "actions": _entry.c.action}
#: No transaction of the service lasts that long (``transaction_timeout``, cluster.py): among the ids up to this one
#: nothing will appear any more, and all of them have their words.
_SETTLED = text(
    "SELECT least((SELECT max(id) FROM audit.entry WHERE at < clock_timestamp() - interval '10 minutes'),"
    " (SELECT min(id) - 1 FROM audit.pending))"
)
_SIMPLE: ColumnElement[str] = literal_column("'pg_catalog.simple'::regconfig")
_MOST_TOTALS = 256
#: Entries that are few enough to be looked at before a page of them is chosen.
_SHORT = 5_000
#: Entries after which a total is carried forward.
_OFTEN = 10_000


def found_ids(rows: Rows, wanted: TrailFilter) -> Select[Any]:
    """Return the question for the ids of one page; `rows` answers what has to be known before."""
    conditions = [*_conditions(wanted), *_within(rows, wanted)]
    if wanted.after is not None:
        conditions.append(_entry.c.id > wanted.after)
    if wanted.before is not None:
        conditions.append(_entry.c.id < wanted.before)
    page = select(_entry.c.id).where(*conditions).order_by(_ordered(_entry.c.id, wanted)).limit(wanted.limit)
    given = _given(wanted)
    if wanted.words:
        conditions += [_MANY[name].in_(values) for name, values in given.items()]
        return page.where(_is_one_of(_with_words(rows, wanted, conditions)))
    if not given:
        return page
    first, values = next(iter(given.items()))
    value = func.unnest(literal(values, ARRAY(TEXT))).table_valued("value").render_derived("one")
    rest = (_MANY[name].in_(others) for name, others in given.items() if name != first)
    each = page.where(_MANY[first] == value.c.value, *rest).lateral("each")
    merged = select(each.c.id).select_from(value.join(each, true()))
    return merged.order_by(_ordered(each.c.id, wanted)).limit(wanted.limit)


def _with_words(rows: Rows, wanted: TrailFilter, conditions: list[ColumnElement[bool]]) -> list[int]:
    """Return ids among which the page of a question with words lies.

    PostgreSQL cannot tell a rare word from a common one. A common one fills a page from the entries nearest to where
    the page begins; if it does not, the index of the words tells where the others are.
    """
    waiting = rows(select(_entry.c.id).where(*conditions, _waiting(rows, wanted)))
    near = select(_word).order_by(_ordered(_word.c.entry_id, wanted)).limit(_SHORT)
    if wanted.after is not None:
        near = near.where(_word.c.entry_id > wanted.after)
    if wanted.before is not None:
        near = near.where(_word.c.entry_id < wanted.before)
    walked = near.subquery("near")
    page = select(_entry.c.id).where(*conditions).order_by(_ordered(_entry.c.id, wanted)).limit(wanted.limit)
    found = rows(page.where(_entry.c.id.in_(select(walked.c.entry_id).where(_holds(walked.c.words, wanted)))))
    if len(found) < wanted.limit:
        matching = select(_word.c.entry_id).where(_holds(_word.c.words, wanted))
        few = rows(matching.limit(_SHORT + 1))
        found = rows(
            page.where(_is_one_of(row.entry_id for row in few) if len(few) <= _SHORT else _entry.c.id.in_(matching))
        )
    return [row.id for row in (*waiting, *found)]


def _is_one_of(ids: Iterable[int]) -> ColumnElement[bool]:
    return _entry.c.id == func.any(literal(list(ids), ARRAY(BigInteger)))


def _query(wanted: TrailFilter) -> ColumnElement[Any]:
    return func.to_tsquery(_SIMPLE, " & ".join(f"{word}:*" for word in wanted.words))


def _holds(words: ColumnElement[Any], wanted: TrailFilter) -> ColumnElement[bool]:
    """Return the condition that an entry's words are those asked for."""
    return words.bool_op("@@")(_query(wanted))


def _waiting(rows: Rows, wanted: TrailFilter) -> ColumnElement[bool]:
    """Return the condition for entries that the sequencer has not numbered, whose words are cut now."""
    ids = [row.id for row in rows(select(tables.pending.c.id))]
    return and_(_is_one_of(ids), _holds(func.audit.words(_entry.c.entry), wanted))


def _ordered(column: ColumnElement[int], wanted: TrailFilter) -> ColumnElement[int]:
    return column.desc() if wanted.newest_first else column.asc()


def _given(wanted: TrailFilter) -> dict[str, list[str]]:
    """Return the filters by several values; each value once, or an entry would be found twice."""
    found = {name: getattr(wanted, name) for name in _MANY}
    return {name: sorted({str(one) for one in values}) for name, values in found.items() if values is not None}


def _conditions(wanted: TrailFilter) -> list[ColumnElement[bool]]:
    """Return the conditions that every entry of the answer meets."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.account is not None:
        conditions.append(_entry.c.account == wanted.account)
    if wanted.outcome is not None:
        conditions.append(_entry.c.outcome == wanted.outcome)
        if wanted.outcome != "done":
            conditions.append(
                _entry.c.outcome != literal("done", literal_execute=True)
            )  # lets the partial index be used
    if wanted.is_material:
        conditions.append(or_(_entry.c.rev.is_not(None), _entry.c.outcome != "done"))
    return [*conditions, *_times(wanted)]


def _times(wanted: TrailFilter) -> list[ColumnElement[bool]]:
    times = []
    if wanted.since is not None:
        times.append(_entry.c.at >= wanted.since)
    if wanted.until is not None:
        times.append(_entry.c.at < wanted.until)
    return times


def _within(rows: Rows, wanted: TrailFilter) -> list[ColumnElement[bool]]:
    """Return the range of ids that a short range of time means, so that nothing outside it is walked through."""
    times = _times(wanted)
    if not times:
        return []
    # LIMIT also keeps PostgreSQL from walking along the ids to find the first.
    within = select(_entry.c.id).where(*times).limit(_SHORT + 1).subquery()
    known = rows(select(func.count(), func.min(within.c.id).label("first"), func.max(within.c.id).label("last")))[0]
    return [_entry.c.id.between(known.first or 0, known.last or 0)] if known[0] <= _SHORT else []


class Totals:
    """Counts entries exactly without counting old ones again: what is settled stays as it was counted."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[TrailFilter, tuple[int, int]] = OrderedDict()

    def total(self, rows: Rows, wanted: TrailFilter) -> int:
        """Return how many entries match, whatever ``after``, ``before`` and ``limit`` say."""
        given: dict[str, Any] = {name: tuple(values) for name, values in _given(wanted).items()}
        question = replace(wanted, **given, after=None, before=None, limit=0, newest_first=False)
        conditions = _conditions(question)
        conditions += [_MANY[name].in_(values) for name, values in given.items()]
        with self._lock:
            upto, settled = self._known.get(question, (0, 0))
        newest = rows(_SETTLED)[0][0] or 0
        if newest - upto >= (_OFTEN if upto else 1):
            settled += _counted(
                rows,
                question,
                conditions,
                _word.c.entry_id.between(upto + 1, newest),
                _entry.c.id.between(upto + 1, newest),
            )
            upto = newest
            self._keep(question, upto, settled)
        return settled + _counted(rows, question, conditions, _word.c.entry_id > upto, _entry.c.id > upto)

    def _keep(self, question: TrailFilter, upto: int, settled: int) -> None:
        with self._lock:
            self._known[question] = (upto, settled)
            self._known.move_to_end(question)
            while len(self._known) > _MOST_TOTALS:
                self._known.popitem(last=False)


def _counted(
    rows: Rows,
    wanted: TrailFilter,
    conditions: list[ColumnElement[bool]],
    words_within: ColumnElement[bool],
    within: ColumnElement[bool],
) -> int:
    """Count entries in a range of ids; with words, those that have theirs and those that wait for a number."""
    entries = select(func.count()).select_from(_entry).where(*conditions, within)
    if not wanted.words:
        return int(rows(entries)[0][0])
    cut = select(func.count()).select_from(_word).where(_holds(_word.c.words, wanted), words_within)
    if conditions:
        cut = cut.join(_entry, _entry.c.id == _word.c.entry_id).where(*conditions)
    return int(rows(cut)[0][0]) + int(rows(entries.where(_waiting(rows, wanted)))[0][0])
