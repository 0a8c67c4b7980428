"""How a part of a study gets its next version: membership, stale saves, reasons and repeats in one place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import BaseModel

from blotter_records.contract.studies import Save
from blotter_records.domain.comparing import differences
from blotter_records.domain.records import Membrane, Probing, Sample
from blotter_records.errors import Conflict, NotFound
from blotter_records.ports.entries import RecordFilter, Revision
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting import repeats
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Acting, Gate, newest_of
from blotter_records.services.acting.stale import check_current
from blotter_records.services.acting.writing import write
from blotter_records.vocabulary import Action, RecordKind

View = TypeVar("View", bound=BaseModel)
Content = TypeVar("Content", Sample, Membrane, Probing)
#: Parts of one kind that a study's page shows.
MOST = 20_000


class Versions:
    """Saves versions of parts of studies."""

    def __init__(self, ledger: Ledger, *, gate: Gate) -> None:
        self._ledger = ledger
        self._gate = gate

    def save(
        self,
        actor: Actor,
        action: Action,
        kind: RecordKind,
        record: str | None,
        study: str,
        request: Save,
        *,
        within: str,
        make: Callable[[UnitOfWork, Acting, str, Revision | None], Content],
        view: Callable[[UnitOfWork, Revision], View],
        answer: type[View],
    ) -> View:
        """Save the next version of a part, or the first one of a new part.

        Parameters
        ----------
        record : str or None
            None for a new one.
        study : str
            Of a new one (empty: there is none to see); a part stays in its study.
        within : str
            Stream of the record in which a new one is made.
        make : callable
            Returns the content, given the id and the revision before.
        view, answer
            How the saved version is shown.

        Raises
        ------
        NotFound
            No such record, or none to see.
        Conflict
            ``conflict.stale`` with what changed meanwhile; ``conflict.same``; ``conflict.idempotency``.
        Invalid
            ``reason.*`` from the second version on, and what ``make`` refuses.
        """
        stream = f"{kind.value}:{record}" if record else within
        with self._gate.acting(actor, action, stream) as acting, self._ledger.begin() as work:
            work.lock(stream)
            before = part(work, kind, record) if record else None
            acting.on(work, before.content["study"] if before else study)
            answered = repeats.answered(work, actor, request, stream, answer)
            if answered is not None:
                return answered
            if before is not None:
                check_current(work, before, request.expected_version)
            elif request.expected_version:
                raise Conflict("conflict.stale", "A new record has no version yet.", "Expect version 0.")
            version = before.rev + 1 if before else 1
            reason = acting.reason(request.reason, request.reason_code, version=version)
            made_id = record or work.next_id(kind)
            content = replace(make(work, acting, made_id, before), reason=reason.text)
            changed = _changed(before, content.as_json())
            if before is not None and not changed:
                raise Conflict("conflict.same", f"Nothing has changed since version {before.rev} of {made_id}.")
            revision = write(
                work,
                actor,
                acting.role,
                action,
                content,
                record_id=made_id,
                expected_rev=before.rev if before else 0,
                version=version,
                old={one.path: one.first for one in changed} if before else None,
                new={one.path: one.second for one in changed} if before else content.as_json(),
                reason=reason,
                summary=f"Saved {made_id}.{version} “{getattr(content, 'name', '') or kind.value}”"
                + (": " + "; ".join(str(one) for one in changed[:4]) if before else ""),
            )
            if before is None:
                work.derive(within, revision.stream)
            shown = view(work, revision)
            repeats.keep(work, actor, request, stream, shown)
            work.commit()
        return shown


def _changed(before: Revision | None, content: dict[str, Any]) -> list[Any]:
    if before is None:
        return []
    said = {"reason", "contributors"}
    return [one for one in differences(before.content, content) if one.path.partition("[")[0] not in said]


def part(work: UnitOfWork, kind: RecordKind, record: str) -> Revision:
    """Return the newest revision of a part of a study. Raises ``NotFound``."""
    return newest_of(work, f"{kind.value}:{record}")


def part_of(work: UnitOfWork, kind: RecordKind, record: str, study: str) -> Revision:
    """Return the newest revision of a part of this study. Raises ``NotFound`` also for one of another study."""
    revision = part(work, kind, record)
    if revision.content["study"] != study:
        raise NotFound(f"not_found.{kind.value}", f"There is no {kind.value} {record}.")
    return revision


def parts(work: UnitOfWork, kind: RecordKind, study: str) -> list[Revision]:
    """Return the newest revisions of the parts of a kind, oldest first."""
    return [one.revision for one in work.search(RecordFilter(kind, studies=[study], limit=MOST))]


def with_maker(contributors: list[str], actor: Actor) -> list[str]:
    """Return the contributors with this person among them."""
    account = actor.person()
    return contributors if account in contributors else [*contributors, account]
