"""Finding records by kind, study, search keys and time: pages by keyset, each question backed by an index."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Executable, Select, Text, func, literal, or_, select, true, update

from blotter_records.adapters.postgres import tables
from blotter_records.ports.entries import RecordFilter
from blotter_records.vocabulary import RecordKind

_current, _revision = tables.current, tables.revision


def page(revisions: Select[Any], wanted: RecordFilter, then: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """Return the question for a page of records, each with its newest revision.

    Parameters
    ----------
    revisions : Select
        Revisions with their entries.
    wanted : RecordFilter
    then : sequence of conditions
        What keeps out later revisions, for a question about an earlier time.
    """
    chosen = _current.c.made_id.desc() if wanted.newest_first else _current.c.made_id.asc()
    conditions = _conditions(wanted)
    if wanted.after is not None:
        conditions.append(_current.c.made_id > wanted.after)
    if wanted.before is not None:
        conditions.append(_current.c.made_id < wanted.before)
    one = (
        select(_current.c.stream, _current.c.study, _current.c.made_id, _current.c.made_at, _current.c["keys"])
        .where(*conditions)
        .order_by(chosen)
        .limit(wanted.limit)
        .subquery("one")
    )
    newest = (
        revisions.where(_revision.c.stream == one.c.stream, *then)
        .order_by(_revision.c.rev.desc())
        .limit(1)
        .lateral("newest")
    )
    order = one.c.made_id.desc() if wanted.newest_first else one.c.made_id.asc()
    return (
        select(newest, one.c.study, one.c.made_id, one.c.made_at, one.c["keys"])
        .select_from(one.join(newest, true()))
        .order_by(order)
    )


def in_study(study: str, kinds: Iterable[RecordKind]) -> Select[Any]:
    """Return the question for the streams of the records of some kinds that are in a study now."""
    of_kind = _current.c.kind.in_(sorted(kind.value for kind in kinds))
    return select(_current.c.stream).where(_current.c.study == study, of_kind).order_by(_current.c.made_id)


def counted(wanted: RecordFilter, as_of: datetime | None) -> Select[Any]:
    """Return the question how many records there are."""
    conditions = _conditions(wanted)
    if as_of is not None:
        conditions.append(_current.c.made_at <= as_of)
    return select(func.count()).select_from(_current).where(*conditions)


def indexed(stream: str, study: str, keys: Sequence[str]) -> Executable:
    """Return the statement that sets study and keys of a record; it touches nothing where they are right."""
    given = literal(sorted(keys), ARRAY(Text))
    return (
        update(_current)
        .where(_current.c.stream == stream, or_(_current.c["keys"] != given, _current.c.study != study))
        .values(study=study, keys=given)
    )


def _conditions(wanted: RecordFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [_current.c.kind == wanted.kind.value]
    if wanted.studies is not None:
        conditions.append(_current.c.study.in_(sorted(wanted.studies)))
    conditions += [_current.c["keys"].overlap(literal(sorted(group), ARRAY(Text))) for group in wanted.keys]
    if wanted.since is not None:
        conditions.append(_current.c.made_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(_current.c.made_at < wanted.until)
    return conditions
