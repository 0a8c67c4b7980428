"""`ReviewTrail(result=...)`: the audit trail of a result, looked through group by group before the review is signed."""

from __future__ import annotations

from typing import Any

from blotter_records.client import RecordsClient
from blotter_records.contract.base import EntryRef
from blotter_records.contract.trail_reviews import GroupQuestion, TrailReviewBegin, TrailReviewTick
from blotter_records.vocabulary import Action
from pydantic import Field

from blotter_guard.registry import widget
from blotter_guard.widgets.reasons import reasons_of
from blotter_guard.widgets.requests import Given, answers
from blotter_guard.widgets.result import result_row
from blotter_guard.widgets.signing import SigningWidget

#: Groups that the screen has at once, and entries of one that are read at once.
GROUPS, ENTRIES = 25, 50


class BeginAsked(Given):
    """Begins the review, or goes on with it."""

    request: TrailReviewBegin


class TickAsked(Given):
    """Says of a group that it was looked through, or not yet."""

    request: TrailReviewTick


class MoreAsked(Given):
    """Which groups: those after the first `skip`."""

    skip: int = Field(ge=0, le=100_000)


class EntriesAsked(Given):
    """Which entries of a group: those after an id."""

    group: str = Field(min_length=1, max_length=160)
    after: int | None = Field(None, ge=0)


@widget
class ReviewTrail(SigningWidget):
    """Shows what is to be reviewed of the trail of a result, takes ticks and comments, and lets the review be signed.

    Parameters
    ----------
    client : RecordsClient
        The kernel's connection.
    result : str
        ``RES-...``.
    """

    def __init__(self, client: RecordsClient, *, result: str) -> None:
        self._result = result
        self._shown = GROUPS
        super().__init__(client)

    def record(self) -> str:
        """Return the result's id."""
        return self._result

    def read(self) -> dict[str, Any]:
        """Return the result, the review of its trail with the groups on the screen, and the signing page's origin."""
        session = self._client.session()
        return {
            "result": result_row(self._client.result(self._result)),
            "review": self._client.trail_review(self._result, limit=self._shown),
            "signing_origin": self.signing_origin(),
            "reasons": reasons_of(self._client, session, Action.RESULT_REVIEW_SIGN),
        }

    def _entries_of(self, record: str) -> list[EntryRef]:
        entry = self._client.trail_review(self._result, limit=1).entry if record == self._result else None
        return [*([entry] if entry else []), *super()._entries_of(record)]

    @answers()
    def take_for_review(self, _given: object) -> dict[str, Any]:
        """Take the result for review, or take it again after its trail went on."""
        taken = self._client.start_review(self._result)
        self.reload()
        return result_row(taken)

    @answers(BeginAsked)
    def begin(self, given: BeginAsked) -> Any:
        """Begin the review; return how it stands."""
        return self._written(self._client.begin_trail_review(self._result, given.request))

    @answers(TickAsked)
    def tick(self, given: TickAsked) -> Any:
        """Tick a group, or take the tick back; return how the review stands."""
        return self._written(self._client.tick_trail_group(self._result, given.request))

    def _written(self, review: Any) -> dict[str, Any]:
        self.reload()
        told: dict[str, Any] = review.model_dump(mode="json", include={"review", "rev", "ticked", "total", "entry"})
        return told

    @answers(MoreAsked)
    def more(self, given: MoreAsked) -> int:
        """Show more groups; return how many are shown at most."""
        self._shown = min(200, given.skip + GROUPS)
        self.reload()
        return self._shown

    @answers(EntriesAsked)
    def entries(self, given: EntriesAsked) -> Any:
        """Return a page of the entries of a group; the view stays as it is."""
        asked = GroupQuestion(group=given.group, after=given.after, limit=ENTRIES)
        return self._client.trail_review_entries(self._result, asked)
