"""Reviews of the audit trail of results: begun, ticked group by group, kept as versions of a record."""

from __future__ import annotations

from blotter_records.contract.trail_reviews import (
    GroupPage,
    GroupQuestion,
    PageQuestion,
    TrailReviewBegin,
    TrailReviewTick,
    TrailReviewView,
)
from blotter_records.domain.records import Json, Result, TrailReview
from blotter_records.domain.trail_review import missing
from blotter_records.errors import Conflict, NotFound
from blotter_records.ports.entries import Revision, TrailFilter
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting import repeats
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Acting, Gate
from blotter_records.services.acting.writing import write
from blotter_records.services.results.results import opened
from blotter_records.services.results.showing import found, parties
from blotter_records.services.trail.reading import entry_view
from blotter_records.services.trail_reviews.listing import listed
from blotter_records.services.trail_reviews.showing import recorded, review_view
from blotter_records.services.trail_reviews.standing import Standing, standing
from blotter_records.vocabulary import Action, RecordKind

_FIRST = PageQuestion(skip=0, limit=50)


class TrailReviews:
    """Shows what is to be reviewed of a result, and keeps what a reviewer has looked through.

    The review is signed as the step of the result (``services/results/steps.py``).
    """

    def __init__(self, ledger: Ledger, *, gate: Gate) -> None:
        self._ledger = ledger
        self._gate = gate

    def view(self, actor: Actor, result: str, asked: PageQuestion = _FIRST) -> TrailReviewView:
        """Return what is to be reviewed of a result, and how far that is. Raises ``NotFound``."""
        with self._gate.acting(actor, Action.RESULT_VIEW, f"result:{result}") as acting, self._ledger.begin() as work:
            content = Result.from_json(found(work, result).content)
            acting.on(work, content.study)
            return _view(work, actor, content, asked)

    def entries(self, actor: Actor, result: str, asked: GroupQuestion) -> GroupPage:
        """Return a page of the entries of a group.

        Raises
        ------
        NotFound
            ``not_found.result``; ``not_found.group``: nothing of the kind is to be reviewed.
        """
        with self._gate.acting(actor, Action.RESULT_VIEW, f"result:{result}") as acting, self._ledger.begin() as work:
            content = Result.from_json(found(work, result).content)
            acting.on(work, content.study)
            listing = listed(work, content, actor.configuration.policies)
            group = next((one for one in listing.groups if one.group == asked.group), None)
            if group is None:
                raise NotFound("not_found.group", f"Nothing of {asked.group} is to be reviewed.")
            wanted = TrailFilter(
                streams=[group.stream],
                actions=[recorded(group)],
                after=max(group.first - 1, asked.after or 0),
                limit=asked.limit + 1,
                is_material=True,
            )
            page = [one for one in work.entries(wanted) if one.written.id <= group.last]
            shown = page[: asked.limit]
            return GroupPage(
                entries=[entry_view(one) for one in shown],
                next_after=shown[-1].written.id if len(page) > asked.limit else None,
            )

    def begin(self, actor: Actor, result: str, request: TrailReviewBegin) -> TrailReviewView:
        """Begin the review of a result that this person has taken, or go on with the one that was begun.

        Raises
        ------
        NotFound, Refused, Conflict
            No such result, or none to see; a contributor, or another person than who took it; ``conflict.status``.
        """
        stream, action = f"result:{result}", Action.AUDIT_REVIEW_START
        with self._gate.acting(actor, action, stream) as acting, self._ledger.begin() as work:
            _, content = opened(work, acting, result)
            answer = repeats.answered(work, actor, request, stream, TrailReviewView)
            if answer is not None:
                return answer
            now = standing(work, content, actor.configuration.policies)
            if not _is_of(now.review, actor):
                _write(work, acting, content, now, now.groups, f"{actor.name()} began")
            view = _view(work, actor, content, _FIRST)
            repeats.keep(work, actor, request, stream, view)
            work.commit()
        return view

    def tick(self, actor: Actor, result: str, request: TrailReviewTick) -> TrailReviewView:
        """Tick a group as looked through, or take the tick back; with a comment.

        Raises
        ------
        NotFound, Refused, Conflict
            As :meth:`begin`; ``conflict.trail_review``: the review was not begun, or the group has other entries than
            those that were shown; ``conflict.comment``: a flagged group is ticked without a comment.
        """
        stream, action = f"result:{result}", Action.AUDIT_REVIEW_TICK
        with self._gate.acting(actor, action, stream) as acting, self._ledger.begin() as work:
            _, content = opened(work, acting, result)
            answer = repeats.answered(work, actor, request, stream, TrailReviewView)
            if answer is not None:
                return answer
            now = standing(work, content, actor.configuration.policies)
            if not _is_of(now.review, actor):
                raise Conflict("conflict.trail_review", "Begin the review of the trail first.")
            group = _checked(now, request)
            comment = request.comment.strip()
            after = {**group, "is_ticked": request.is_ticked, "comment": comment}
            groups = [after if one["group"] == request.group else one for one in now.groups]
            did = "looked through" if request.is_ticked else "took back the tick of"
            _write(
                work,
                acting,
                content,
                now,
                groups,
                f"{actor.name()} {did} {group['entries']} × {group['action']} on {group['record']}"
                + (f" “{comment}”" if comment else ""),
                old={name: group[name] for name in ("group", "is_ticked", "comment")},
                new={name: after[name] for name in ("group", "entries", "sha256", "risks", "is_ticked", "comment")},
            )
            view = _view(work, actor, content, _FIRST)
            repeats.keep(work, actor, request, stream, view)
            work.commit()
        return view


def _checked(now: Standing, request: TrailReviewTick) -> Json:
    """Return the group that is ticked, if it is still the one that the person saw."""
    group = next((one for one in now.groups if one["group"] == request.group), None)
    if group is None or group["sha256"] != request.sha256:
        raise Conflict(
            "conflict.trail_review",
            "This group has other entries than those that were shown.",
            "Read the review again and look at what is new.",
        )
    if request.is_ticked and group["risks"] and not request.comment.strip():
        raise Conflict(
            "conflict.comment", "This group is flagged: write what you found before you tick it.", "Type a comment."
        )
    return group


def _is_of(review: Revision | None, actor: Actor) -> bool:
    return review is not None and TrailReview.from_json(review.content).reviewer == actor.person()


def _view(work: UnitOfWork, actor: Actor, content: Result, asked: PageQuestion) -> TrailReviewView:
    acting = Acting(actor, Action.AUDIT_REVIEW_TICK, f"result:{content.result}", None)
    verdict = acting.verdict(work, content.study, status=content.status, parties=parties(work, content))
    now = standing(work, content, actor.configuration.policies)
    return review_view(work, content, now, verdict, asked)


def _write(
    work: UnitOfWork,
    acting: Acting,
    content: Result,
    now: Standing,
    groups: list[Json],
    told: str,
    old: Json | None = None,
    new: Json | None = None,
) -> Revision:
    """Write the review as it stands: everything that is to be reviewed at this moment, with ticks and comments."""
    actor, before, listing = acting.actor, now.review, now.listing
    made = TrailReview(
        review=before.record_id if before is not None else work.next_id(RecordKind.TRAIL_REVIEW),
        result=content.result,
        version=content.version,
        study=content.study,
        reviewer=actor.person(),
        reviewer_name=actor.name(),
        groups=groups,
        covered=listing.covered,
        settled=listing.settled,
        recent=listing.recent,
        follows=content.trail_review,
    )
    left = len(missing(groups))
    revision = write(
        work,
        actor,
        acting.role,
        acting.action,
        made,
        record_id=made.review,
        expected_rev=before.rev if before is not None else 0,
        old=old,
        new=new or {"result": content.result, "entries": made.entries, "groups": len(groups)},
        summary=f"{told}: {made.review} of {content.result}.{content.version}, {made.entries} entries in "
        f"{len(groups)} groups, {left} left",
    )
    work.derive(f"result:{content.result}", revision.stream)
    return revision
