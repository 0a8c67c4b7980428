"""Reasons that become part of a result before it is submitted: for its quality flags, for what it does not use."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from blotter_records.contract.flags import FlagReasonRequest
from blotter_records.contract.results import ResultView
from blotter_records.contract.unused import UnusedReasonRequest
from blotter_records.domain.reasons import Reason
from blotter_records.domain.records import Json, Result
from blotter_records.errors import Conflict
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting import repeats
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate
from blotter_records.services.acting.stale import check_current
from blotter_records.services.acting.writing import write
from blotter_records.services.results import pinning
from blotter_records.services.results.results import opened
from blotter_records.services.results.showing import result_view
from blotter_records.services.studies.versions import with_maker
from blotter_records.vocabulary import Action

#: So many an entry's summary names; the entry has all.
NAMED = 5


@dataclass(frozen=True)
class Given:
    """Reasons as the record keeps them, and what the entry says of them."""

    reasons: Sequence[Json]
    summary: str


@dataclass(frozen=True)
class ReasonKeeper:
    """Keeps reasons in a field of the result; a newer one for the same replaces the older.

    Parameters
    ----------
    action : Action
    field : str
        Of the result's record: a list of reasons.
    subject : callable
        Returns what a reason is about.
    """

    ledger: Ledger
    gate: Gate
    action: Action
    field: str
    subject: Callable[[Json], Hashable]

    def keep(
        self,
        actor: Actor,
        result: str,
        request: FlagReasonRequest | UnusedReasonRequest,
        give: Callable[[UnitOfWork, Result, Reason], Given],
    ) -> ResultView:
        """Keep what ``give`` makes of the reason; it becomes part of what a signature binds.

        Raises
        ------
        NotFound, Conflict, Invalid
            ``not_found.result``; ``conflict.stale``, ``conflict.status``, ``conflict.idempotency``;
            ``conflict.signed``: this version bears a signature already; ``reason.*``; and what ``give`` raises.
        """
        stream = f"result:{result}"
        with self.gate.acting(actor, self.action, stream) as acting, self.ledger.begin() as work:
            before, content = opened(work, acting, result)
            answer = repeats.answered(work, actor, request, stream, ResultView)
            if answer is not None:
                return answer
            check_current(work, before, request.expected_rev)
            _check_unsigned(work, content)
            reason = acting.reason(request.reason, request.reason_code)
            given = give(work, content, reason)
            newer = {self.subject(one): one for one in given.reasons}
            held: list[Json] = getattr(content, self.field)
            kept = [one for one in held if self.subject(one) not in newer]
            changed: dict[str, Any] = {self.field: [*kept, *newer.values()]}
            after = replace(content, contributors=with_maker(content.contributors, actor), **changed)
            after = replace(after, digest=pinning.digest_of(after, pinning.pinned_by(work, content)))
            revision = write(
                work,
                actor,
                acting.role,
                self.action,
                after,
                record_id=result,
                expected_rev=before.rev,
                version=content.version,
                old={self.field: [one for one in held if self.subject(one) in newer]},
                new={self.field: list(given.reasons), "digest": after.digest},
                reason=reason,
                summary=given.summary,
            )
            view = result_view(work, revision, actor)
            repeats.keep(work, actor, request, stream, view)
            work.commit()
        return view


def said(reason: Reason, actor: Actor) -> dict[str, Any]:
    """Return a reason, and who gave it, as a result keeps it."""
    return {
        "reason": reason.text,
        "reason_code": reason.code,
        "given_by": actor.person(),
        "given_by_name": actor.name(),
    }


def _check_unsigned(work: UnitOfWork, content: Result) -> None:
    """Check that nobody has signed this version: a signature would bind other reasons than the record holds."""
    for name in content.signatures or []:
        signature = work.latest(f"signature:{name}")
        if signature is not None and signature.content["version"] == content.version:
            raise Conflict(
                "conflict.signed",
                f"{content.result}.{content.version} was signed with the reasons that it has.",
                "Make another version of the result.",
            )
