"""Reasons why a result does not use a scan or an analysis: given before it is submitted, part of what is signed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from blotter_records.contract.results import ResultView
from blotter_records.contract.unused import InventoryItem, ItemPlace, UnusedReason, UnusedReasonRequest
from blotter_records.domain.reasons import Reason
from blotter_records.domain.records import Json
from blotter_records.errors import Invalid
from blotter_records.ports.ledger import Ledger
from blotter_records.services.acting import repeats
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate
from blotter_records.services.acting.stale import check_current
from blotter_records.services.acting.writing import write
from blotter_records.services.results import pinning
from blotter_records.services.results.answering import check_unsigned
from blotter_records.services.results.inventory import inventory, place_of
from blotter_records.services.results.results import opened
from blotter_records.services.results.showing import result_view
from blotter_records.services.studies.versions import with_maker
from blotter_records.vocabulary import Action, ItemKind

#: Items that an entry's summary names; the entry has all.
_NAMED = 5


class UnusedReasons:
    """Takes reasons why a result does not use something, before it is submitted."""

    def __init__(self, ledger: Ledger, *, gate: Gate) -> None:
        self._ledger = ledger
        self._gate = gate

    def give(self, actor: Actor, result: str, request: UnusedReasonRequest) -> ResultView:
        """Keep a reason for items; it becomes part of what a signature binds.

        Raises
        ------
        Conflict
            ``conflict.stale``, ``conflict.status``; ``conflict.signed``: this version bears a signature already;
            ``conflict.idempotency``.
        Invalid
            ``unused.unknown``: nothing of the kind is beside the result, it is used, or the draft has changed since;
            ``reason.*``.
        """
        stream, action = f"result:{result}", Action.RESULT_UNUSED_ANSWER
        with self._gate.acting(actor, action, stream) as acting, self._ledger.begin() as work:
            before, content = opened(work, acting, result)
            answer = repeats.answered(work, actor, request, stream, ResultView)
            if answer is not None:
                return answer
            check_current(work, before, request.expected_rev)
            check_unsigned(work, content)
            reason = acting.reason(request.reason, request.reason_code)
            there = inventory(work, content, actor.configuration.policies)
            given = [_given(place, there, result, reason, actor) for place in request.items]
            named = {_subject(one) for one in given}
            kept = [one for one in content.unused_reasons if _subject(one) not in named]
            after = replace(
                content,
                unused_reasons=[*kept, *{place_of(one): one for one in given}.values()],
                contributors=with_maker(content.contributors, actor),
            )
            after = replace(after, digest=pinning.digest_of(after, pinning.pinned_by(work, content)))
            revision = write(
                work,
                actor,
                acting.role,
                action,
                after,
                record_id=result,
                expected_rev=before.rev,
                version=content.version,
                old={"unused_reasons": [one for one in content.unused_reasons if _subject(one) in named]},
                new={"unused_reasons": given, "digest": after.digest},
                reason=reason,
                summary=f"Said why {result}.{content.version} does not use {_told(request.items)}",
            )
            view = result_view(work, revision, actor)
            repeats.keep(work, actor, request, stream, view)
            work.commit()
        return view


def _subject(one: Json) -> tuple[str, str, int | None]:
    """Return what a reason is about; of a draft, whatever its revision: an older reason is replaced."""
    return (one["kind"], one["record"], None if one["kind"] == ItemKind.DRAFT else one["number"])


def _given(place: ItemPlace, there: Sequence[InventoryItem], result: str, reason: Reason, actor: Actor) -> Json:
    item = next(
        (one for one in there if (one.kind, one.record, one.number) == (place.kind, place.record, place.number)), None
    )
    name = place.record if place.number is None else f"{place.record}.{place.number}"
    if item is None:
        raise Invalid(
            "unused.unknown",
            f"There is no {place.kind} {name} beside {result}, or it has changed since.",
            "Read the result again.",
        )
    if item.used:
        raise Invalid("unused.unknown", f"{result} uses {name}.")
    return UnusedReason(
        **place.model_dump(),
        reason=reason.text,
        reason_code=reason.code,
        given_by=actor.person(),
        given_by_name=actor.name(),
    ).model_dump(mode="json")


def _told(places: Sequence[ItemPlace]) -> str:
    named = [
        f"{one.record}, draft"
        if one.kind is ItemKind.DRAFT
        else one.record
        if one.number is None
        else f"{one.record}.{one.number}"
        for one in places[:_NAMED]
    ]
    more = f" and {len(places) - _NAMED} more" if len(places) > _NAMED else ""
    return ", ".join(named) + more
