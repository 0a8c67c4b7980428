"""Reasons why a result does not use a scan or an analysis."""

from __future__ import annotations

from collections.abc import Sequence

from blotter_records.contract.results import ResultView
from blotter_records.contract.unused import InventoryItem, ItemPlace, UnusedReason, UnusedReasonRequest
from blotter_records.domain.enumerating import first_few
from blotter_records.domain.reasons import Reason
from blotter_records.domain.records import Json, Result
from blotter_records.errors import Invalid
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate
from blotter_records.services.results.inventory import inventory
from blotter_records.services.results.reasons import NAMED, Given, ReasonKeeper, said
from blotter_records.vocabulary import Action, ItemKind


class UnusedReasons:
    """Takes reasons why a result does not use something, before it is submitted."""

    def __init__(self, ledger: Ledger, *, gate: Gate) -> None:
        self._keeper = ReasonKeeper(ledger, gate, Action.RESULT_UNUSED_ANSWER, "unused_reasons", _subject)

    def give(self, actor: Actor, result: str, request: UnusedReasonRequest) -> ResultView:
        """Keep a reason for items.

        Raises
        ------
        NotFound, Conflict, Invalid
            As :meth:`ReasonKeeper.keep`; ``unused.unknown``: nothing of the kind is beside the result, it is used, or
            the draft has changed since.
        """

        def given(work: UnitOfWork, content: Result, reason: Reason) -> Given:
            there = inventory(work, content, actor.configuration.policies)
            for place in request.items:
                _check(place, there, result)
            why = said(reason, actor)
            kept = [UnusedReason(**one.model_dump(), **why).model_dump(mode="json") for one in request.items]
            named = first_few([_told(one) for one in request.items], NAMED, ", ")
            return Given(kept, f"Said why {result}.{content.version} does not use {named}")

        return self._keeper.keep(actor, result, request, given)


def _subject(one: Json) -> tuple[str, str, int | None]:
    """Return what a reason is about; of a draft, whatever its revision: an older reason is replaced."""
    return (one["kind"], one["record"], None if one["kind"] == ItemKind.DRAFT else one["number"])


def _check(place: ItemPlace, there: Sequence[InventoryItem], result: str) -> None:
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


def _told(place: ItemPlace) -> str:
    """Return an item as people say it: of a draft no revision, which nobody has seen."""
    if place.kind is ItemKind.DRAFT:
        return f"{place.record}, draft"
    return place.record if place.number is None else f"{place.record}.{place.number}"
