"""Reasons for the quality flags of a result."""

from __future__ import annotations

from collections.abc import Sequence

from blotter_records.contract.flags import FlagPlace, FlagReason, FlagReasonRequest, ResultFlag
from blotter_records.contract.results import ResultView
from blotter_records.domain.enumerating import first_few
from blotter_records.domain.reasons import Reason
from blotter_records.domain.records import Result
from blotter_records.errors import Invalid
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate
from blotter_records.services.results import pinning
from blotter_records.services.results.flags import place_of, result_flags
from blotter_records.services.results.reasons import NAMED, Given, ReasonKeeper, said
from blotter_records.vocabulary import Action


class FlagReasons:
    """Takes reasons for the quality flags of a result, before it is submitted."""

    def __init__(self, ledger: Ledger, *, gate: Gate) -> None:
        self._keeper = ReasonKeeper(ledger, gate, Action.RESULT_FLAG_ANSWER, "flag_reasons", place_of)

    def give(self, actor: Actor, result: str, request: FlagReasonRequest) -> ResultView:
        """Keep a reason for flags.

        Raises
        ------
        NotFound, Conflict, Invalid
            As :meth:`ReasonKeeper.keep`; ``flag.unknown``: the result does not carry the flag there.
        """

        def given(work: UnitOfWork, content: Result, reason: Reason) -> Given:
            pinned = pinning.pinned_by(work, content)
            carried = result_flags(work, content, pinned, actor.configuration.policies)
            for place in request.flags:
                _check(place, carried, result)
            why = said(reason, actor)
            kept = [FlagReason(**one.model_dump(), **why).model_dump(mode="json") for one in request.flags]
            named = first_few([f"“{one.flag}” on {_where(one)} of {one.analysis}" for one in request.flags], NAMED)
            return Given(kept, f"Gave a reason for {named} of {result}.{content.version}")

        return self._keeper.keep(actor, result, request, given)


def _check(place: FlagPlace, carried: Sequence[ResultFlag], result: str) -> None:
    there = any(
        (one.analysis, one.flag, one.shape) == (place.analysis, place.flag, place.shape)
        and (place.shape is not None or one.lane == place.lane)
        for one in carried
    )
    if not there:
        raise Invalid("flag.unknown", f"{result} has no flag “{place.flag}” on {_where(place)} of {place.analysis}.")


def _where(place: FlagPlace) -> str:
    return place.shape or f"lane {place.lane}"
