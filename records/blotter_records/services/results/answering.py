"""Reasons for the quality flags of a result: given before it is submitted, part of what is signed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from blotter_records.contract.flags import FlagPlace, FlagReason, FlagReasonRequest, ResultFlag
from blotter_records.contract.results import ResultView
from blotter_records.domain.reasons import Reason
from blotter_records.domain.records import Json, Result
from blotter_records.errors import Conflict, Invalid
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting import repeats
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate
from blotter_records.services.acting.stale import check_current
from blotter_records.services.acting.writing import write
from blotter_records.services.results import pinning
from blotter_records.services.results.flags import place_of, result_flags
from blotter_records.services.results.results import opened
from blotter_records.services.results.showing import result_view
from blotter_records.services.studies.versions import with_maker
from blotter_records.vocabulary import Action

#: Flags that an entry's summary names; the entry has all.
_NAMED = 5


class FlagReasons:
    """Takes reasons for the quality flags of a result, before it is submitted."""

    def __init__(self, ledger: Ledger, *, gate: Gate) -> None:
        self._ledger = ledger
        self._gate = gate

    def give(self, actor: Actor, result: str, request: FlagReasonRequest) -> ResultView:
        """Keep a reason for flags; it becomes part of what a signature binds.

        Raises
        ------
        Conflict
            ``conflict.stale``, ``conflict.status``; ``conflict.signed``: this version bears a signature already;
            ``conflict.idempotency``.
        Invalid
            ``flag.unknown``: the result does not carry the flag there; ``reason.*``.
        """
        stream, action = f"result:{result}", Action.RESULT_FLAG_ANSWER
        with self._gate.acting(actor, action, stream) as acting, self._ledger.begin() as work:
            before, content = opened(work, acting, result)
            answer = repeats.answered(work, actor, request, stream, ResultView)
            if answer is not None:
                return answer
            check_current(work, before, request.expected_rev)
            check_unsigned(work, content)
            reason = acting.reason(request.reason, request.reason_code)
            pinned = pinning.pinned_by(work, content)
            carried = result_flags(work, content, pinned, actor.configuration.policies)
            given = [_given(place, carried, result, reason, actor) for place in request.flags]
            named = {place_of(one) for one in given}
            kept = [one for one in content.flag_reasons if place_of(one) not in named]
            after = replace(
                content,
                flag_reasons=[*kept, *{place_of(one): one for one in given}.values()],
                contributors=with_maker(content.contributors, actor),
            )
            after = replace(after, digest=pinning.digest_of(after, pinned))
            revision = write(
                work,
                actor,
                acting.role,
                action,
                after,
                record_id=result,
                expected_rev=before.rev,
                version=content.version,
                old={"flag_reasons": [one for one in content.flag_reasons if place_of(one) in named]},
                new={"flag_reasons": given, "digest": after.digest},
                reason=reason,
                summary=f"Gave a reason for {_told(request.flags)} of {result}.{content.version}",
            )
            view = result_view(work, revision, actor)
            repeats.keep(work, actor, request, stream, view)
            work.commit()
        return view


def check_unsigned(work: UnitOfWork, content: Result) -> None:
    """Check that nobody has signed this version: a signature would bind other reasons than the record holds."""
    for name in content.signatures or []:
        signature = work.latest(f"signature:{name}")
        if signature is not None and signature.content["version"] == content.version:
            raise Conflict(
                "conflict.signed",
                f"{content.result}.{content.version} was signed with the reasons that it has.",
                "Make another version of the result.",
            )


def _given(place: FlagPlace, carried: Sequence[ResultFlag], result: str, reason: Reason, actor: Actor) -> Json:
    there = any(
        (one.analysis, one.flag, one.shape) == (place.analysis, place.flag, place.shape)
        and (place.shape is not None or one.lane == place.lane)
        for one in carried
    )
    if not there:
        where = place.shape or f"lane {place.lane}"
        raise Invalid("flag.unknown", f"{result} has no flag “{place.flag}” on {where} of {place.analysis}.")
    return FlagReason(
        **place.model_dump(),
        reason=reason.text,
        reason_code=reason.code,
        given_by=actor.person(),
        given_by_name=actor.name(),
    ).model_dump(mode="json")


def _told(places: Sequence[FlagPlace]) -> str:
    named = [f"“{one.flag}” on {one.shape or f'lane {one.lane}'} of {one.analysis}" for one in places[:_NAMED]]
    more = f" and {len(places) - _NAMED} more" if len(places) > _NAMED else ""
    return "; ".join(named) + more
