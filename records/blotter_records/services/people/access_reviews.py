"""Access reviews: who has which access, looked through account by account and signed (11.300(b), 11.10(g))."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from blotter_records.contract.reviews import AccessReviewRow, AccessReviewView
from blotter_records.domain.configuration import Configuration
from blotter_records.domain.records import AccessReview, Json
from blotter_records.errors import Conflict, Invalid
from blotter_records.ports.entries import RecordFilter, Revision
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Acting, Gate, newest_of
from blotter_records.services.acting.writing import write
from blotter_records.services.people.finding import every
from blotter_records.services.signing.steps import Prepared, Signing, prepared_change
from blotter_records.vocabulary import Action, RecordKind

#: Reviews that a list shows, newest first.
_SHOWN = 100


class AccessReviews:
    """Begins and shows access reviews."""

    def __init__(self, ledger: Ledger, *, gate: Gate) -> None:
        self._ledger = ledger
        self._gate = gate

    def begin(self, actor: Actor) -> AccessReviewView:
        """Begin a review: every account as it stands now.

        Raises
        ------
        Conflict
            ``conflict.access_review``: one waits to be signed already.
        """
        action = Action.USER_ACCESS_REVIEW_START
        with self._gate.acting(actor, action, "access_review") as acting, self._ledger.begin() as work:
            work.lock("accounts")
            waiting = _reviews(work, only_open=True)
            if waiting:
                raise Conflict("conflict.access_review", f"{waiting[0].record_id} waits to be signed.")
            review = work.next_id(RecordKind.ACCESS_REVIEW)
            content = AccessReview(review, actor.person(), actor.name(), _rows(work, actor.configuration))
            made = write(
                work,
                actor,
                acting.role,
                Action.USER_ACCESS_REVIEW_START,
                content,
                record_id=review,
                expected_rev=0,
                version=1,
                new={"accounts": len(content.rows)},
                summary=f"{actor.name()} began {review} of {len(content.rows)} accounts",
            )
            view = _view(work, made)
            work.commit()
        return view

    def list(self, actor: Actor) -> list[AccessReviewView]:
        """Return reviews, newest first."""
        with self._gate.acting(actor, Action.USER_VIEW, "access_review"), self._ledger.begin() as work:
            return [_view(work, one) for one in _reviews(work)]

    def view(self, actor: Actor, review: str) -> AccessReviewView:
        """Return a review. Raises ``NotFound('not_found.access_review')``."""
        with self._gate.acting(actor, Action.USER_VIEW, f"access_review:{review}"), self._ledger.begin() as work:
            return _view(work, _found(work, review))


@dataclass(frozen=True)
class AccessReviewStep:
    """Signs a review: a decision for every account that is in it."""

    kind: RecordKind = RecordKind.ACCESS_REVIEW

    def prove(self, actor: Actor, record: str, details: Json) -> None:
        """Nothing of a review lies outside the trail."""

    def prepare(self, work: UnitOfWork, acting: Acting, record: str, details: Json) -> Prepared:
        """Say what was decided.

        Raises
        ------
        NotFound, Conflict, Invalid
            ``not_found.access_review``; ``conflict.access_review``: it is signed; ``access_review.rows``: an account
            is left out, or is not in it.
        """
        before = _found(work, record)
        content = AccessReview.from_json(before.content)
        if content.signature is not None:
            raise Conflict("conflict.access_review", f"{content.signed_by_name} has signed this review.")
        decided = {row["account"]: row for row in details["rows"]}
        if set(decided) != {row["account"] for row in content.rows} or len(decided) != len(details["rows"]):
            raise Invalid("access_review.rows", "A review decides about each of its accounts once, and no other.")
        change = [row for row in content.rows if decided[row["account"]]["decision"] == "change"]
        facts = (
            ("Accounts to keep as they are", "", str(len(content.rows) - len(change))),
            *(
                (f"To change: {row['user_name']}", "", decided[row["account"]]["note"] or "see the review")
                for row in change
            ),
        )
        return prepared_change(
            Action.USER_ACCESS_REVIEW_SIGN,
            before,
            details,
            role=acting.role,
            title=f"Access review of {len(content.rows)} accounts",
            facts=facts,
        )

    def carry_out(self, work: UnitOfWork, actor: Actor, prepared: Prepared, signing: Signing) -> Revision:
        """Write the decisions; what has to change is changed by the actions for it, each on its own."""
        content = AccessReview.from_json(prepared.before.content)
        decided = {row["account"]: row for row in prepared.details["rows"]}
        rows = [
            {**row, "decision": decided[row["account"]]["decision"], "note": decided[row["account"]]["note"]}
            for row in content.rows
        ]
        after = replace(
            content, rows=rows, signed_by=actor.person(), signed_by_name=actor.name(), signature=signing.signature
        )
        return write(
            work,
            actor,
            prepared.role,
            Action.USER_ACCESS_REVIEW_SIGN,
            after,
            record_id=content.review,
            expected_rev=prepared.before.rev,
            version=prepared.before.rev + 1,
            new={"decisions": {row["user_name"]: row["decision"] for row in rows}},
            reason=signing.reason,
            summary=f"{actor.name()} reviewed the access of {len(rows)} accounts",
            signature=signing.signature,
        )


def newest_signed(work: UnitOfWork) -> datetime | None:
    """Return when the newest review was signed; None if never."""
    keys = (("status:signed",),)
    found = work.search(RecordFilter(RecordKind.ACCESS_REVIEW, keys=keys, newest_first=True, limit=1))
    return found[0].revision.entry.at if found else None


def _reviews(work: UnitOfWork, *, only_open: bool = False) -> list[Revision]:
    keys = (("status:open",),) if only_open else ()
    wanted = RecordFilter(RecordKind.ACCESS_REVIEW, keys=keys, newest_first=True, limit=_SHOWN)
    return [one.revision for one in work.search(wanted)]


def _found(work: UnitOfWork, review: str) -> Revision:
    return newest_of(work, f"access_review:{review}")


def _rows(work: UnitOfWork, configuration: Configuration) -> list[Json]:
    return [
        {
            "account": one.account,
            "user_name": one.user_name,
            "printed_name": one.printed_name,
            "status": one.status,
            "roles": one.roles,
            "role_labels": [configuration.label(role) for role in one.roles],
            "last_sign_in_at": _text(work.failures(one.account).last_sign_in_at),
            "expires_on": one.expires_on,
            "decision": "",
            "note": "",
        }
        for one in every(work)
    ]


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None


def _view(work: UnitOfWork, revision: Revision) -> AccessReviewView:
    content = AccessReview.from_json(revision.content)
    first = work.revision(revision.stream, 1) or revision
    return AccessReviewView(
        review=content.review,
        begun_by=content.begun_by_name,
        begun_at=first.entry.at,
        is_signed=content.signature is not None,
        signed_by=content.signed_by_name,
        signature=content.signature,
        rows=[
            AccessReviewRow.model_validate(
                {**row, "expires_on": date.fromisoformat(row["expires_on"]) if row["expires_on"] else None}
            )
            for row in content.rows
        ],
    )
