"""Finding records by kind, study, search keys and time: pages by keyset, each question backed by an index.

Building a statement takes longer than the database takes to answer it, so each form of question is built once.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Executable,
    Select,
    Text,
    bindparam,
    func,
    literal,
    or_,
    select,
    true,
    update,
)

from blotter_records.adapters.postgres import tables
from blotter_records.ports.entries import RecordFilter
from blotter_records.vocabulary import RecordKind

_current, _entry, _revision = tables.current, tables.entry, tables.revision


@dataclass(frozen=True)
class Form:
    """Which conditions a question has; their values are its parameters."""

    newest_first: bool
    names: frozenset[str]
    groups: int

    @classmethod
    def of(cls, wanted: RecordFilter, as_of: datetime | None) -> Form:
        """Return the form of a question."""
        return cls(wanted.newest_first, frozenset(parameters(wanted, as_of)), len(wanted.keys))


def parameters(wanted: RecordFilter, as_of: datetime | None) -> dict[str, Any]:
    """Return the values that a question asks with, by the name that its statement has for them."""
    given: dict[str, Any] = {
        "kind": wanted.kind.value,
        "after": wanted.after,
        "before": wanted.before,
        "studies": None if wanted.studies is None else sorted(wanted.studies),
        "since": wanted.since,
        "until": wanted.until,
        "as_of": as_of,
        "most": wanted.limit,
    }
    given |= {f"keys_{index}": sorted(group) for index, group in enumerate(wanted.keys)}
    return {name: value for name, value in given.items() if value is not None}


@functools.cache
def page(revisions: Select[Any], form: Form) -> Select[Any]:
    """Return the question for a page of records, each with its newest revision; revisions come with their entries."""
    conditions = _conditions(form)
    if "after" in form.names:
        conditions.append(_current.c.made_id > bindparam("after"))
    if "before" in form.names:
        conditions.append(_current.c.made_id < bindparam("before"))
    one = (
        select(_current.c.stream, _current.c.study, _current.c.made_id, _current.c.made_at, _current.c["keys"])
        .where(*conditions)
        .order_by(_current.c.made_id.desc() if form.newest_first else _current.c.made_id.asc())
        .limit(bindparam("most"))
        .subquery("one")
    )
    # What keeps out later revisions, for a question about an earlier time.
    then = [_entry.c.at <= bindparam("as_of")] if "as_of" in form.names else []
    newest = (
        revisions.where(_revision.c.stream == one.c.stream, *then)
        .order_by(_revision.c.rev.desc())
        .limit(1)
        .lateral("newest")
    )
    order = one.c.made_id.desc() if form.newest_first else one.c.made_id.asc()
    return (
        select(newest, one.c.study, one.c.made_id, one.c.made_at, one.c["keys"])
        .select_from(one.join(newest, true()))
        .order_by(order)
    )


def in_study(study: str, kinds: Iterable[RecordKind]) -> Select[Any]:
    """Return the question for the streams of the records of some kinds that are in a study now."""
    of_kind = _current.c.kind.in_(sorted(kind.value for kind in kinds))
    return select(_current.c.stream).where(_current.c.study == study, of_kind).order_by(_current.c.made_id)


@functools.cache
def counted(form: Form) -> Select[Any]:
    """Return the question how many records there are."""
    conditions = _conditions(form)
    if "as_of" in form.names:
        conditions.append(_current.c.made_at <= bindparam("as_of"))
    return select(func.count()).select_from(_current).where(*conditions)


def indexed(stream: str, study: str, keys: Sequence[str]) -> Executable:
    """Return the statement that sets study and keys of a record; it touches nothing where they are right."""
    given = literal(sorted(keys), ARRAY(Text))
    return (
        update(_current)
        .where(_current.c.stream == stream, or_(_current.c["keys"] != given, _current.c.study != study))
        .values(study=study, keys=given)
    )


def _conditions(form: Form) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [_current.c.kind == bindparam("kind")]
    if "studies" in form.names:
        conditions.append(_current.c.study.in_(bindparam("studies", expanding=True)))
    keys = _current.c["keys"]
    conditions += [keys.overlap(bindparam(f"keys_{index}", type_=ARRAY(Text))) for index in range(form.groups)]
    if "since" in form.names:
        conditions.append(_current.c.made_at >= bindparam("since"))
    if "until" in form.names:
        conditions.append(_current.c.made_at < bindparam("until"))
    return conditions
