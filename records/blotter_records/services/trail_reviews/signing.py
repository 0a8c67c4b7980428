"""What the signature on a review binds besides the result: the review of its trail, as it stands."""

from __future__ import annotations

from dataclasses import dataclass, replace

from blotter_records.domain.canonical import digest
from blotter_records.domain.policies import Policies
from blotter_records.domain.records import Json, Result, TrailReview
from blotter_records.ports.entries import Revision
from blotter_records.ports.ledger import UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.writing import write
from blotter_records.services.trail_reviews.standing import standing, unfinished
from blotter_records.vocabulary import Action, RecordKind


@dataclass(frozen=True)
class Bound:
    """A review that is complete.

    Parameters
    ----------
    structure : dict
        What the signature binds: result, version and its digest, and the review with its own.
    digest : str
        Of the structure.
    told : str
        In words, for the signing page.
    """

    structure: Json
    digest: str
    told: str


def bound(work: UnitOfWork, content: Result, policies: Policies) -> Bound:
    """Return what the signature on a review binds.

    Raises
    ------
    Conflict
        ``conflict.trail_review``: a group is not ticked, a comment is missing, or the trail went on.
    """
    now = standing(work, content, policies)
    review = now.review
    begun = TrailReview.from_json(review.content) if review is not None else None
    error = unfinished(now, is_begun=begun is not None and begun.reviewer == content.reviewer)
    if error is not None:
        raise error
    assert review is not None
    assert begun is not None
    structure = {
        "record": content.result,
        "version": content.version,
        "result_digest": content.digest,
        "trail_review": {"record": review.record_id, "rev": review.rev, "sha256": review.sha256},
    }
    told = f"{begun.entries} entries in {len(begun.groups)} groups ({review.record_id}.{review.rev})"
    return Bound(structure, digest(structure), told)


def close(work: UnitOfWork, actor: Actor, role: str, content: Result, pin: Json, signature: str) -> Revision:
    """Note in a review under which signature it was signed; what was signed is the revision before."""
    stream = f"{RecordKind.TRAIL_REVIEW}:{pin['record']}"
    before = work.latest(stream)
    assert before is not None
    after = replace(TrailReview.from_json(before.content), signature=signature)
    return write(
        work,
        actor,
        role,
        Action.RESULT_REVIEW_SIGN,
        after,
        record_id=before.record_id,
        expected_rev=before.rev,
        new={"result": content.result, "entries": after.entries, "groups": len(after.groups), "of": pin},
        summary=f"{actor.name()} signed {before.record_id}: {after.entries} entries of {content.result}"
        f".{content.version} in {len(after.groups)} groups",
        signature=signature,
    )


def fits(work: UnitOfWork, structure: Json, content: Result) -> bool:
    """Tell whether what a review's signature binds is what the records hold."""
    pin = structure.get("trail_review") or {}
    review = work.revision(f"{RecordKind.TRAIL_REVIEW}:{pin.get('record')}", int(pin.get("rev", 0)))
    named = (structure.get("record"), structure.get("version"), structure.get("result_digest"))
    return (
        review is not None
        and review.sha256 == pin.get("sha256")
        and review.content.get("result") == content.result
        and named == (content.result, content.version, content.digest)
    )
