"""Signatures as they are shown: manifestation (11.50) and computed state (11.70)."""

from __future__ import annotations

from typing import Literal

from blotter_records.contract.signing import SignatureView
from blotter_records.domain.canonical import digest
from blotter_records.domain.records import Result, Signature
from blotter_records.ports.entries import Revision
from blotter_records.ports.ledger import UnitOfWork
from blotter_records.services.acting.writing import entry_ref
from blotter_records.services.results import pinning
from blotter_records.services.trail_reviews.signing import fits
from blotter_records.vocabulary import Action, Meaning, RecordKind

State = Literal["valid", "outdated", "invalid"]


def signature_views(work: UnitOfWork, content: Result) -> list[SignatureView]:
    """Return every signature on any version of a result, oldest first."""
    found = [work.latest(f"signature:{signature}") for signature in content.signatures or []]
    size = work.tree_size()
    return [signature_view(work, one, content.version, size) for one in found if one is not None]


def signature_view(work: UnitOfWork, revision: Revision, newest_version: int, tree_size: int) -> SignatureView:
    """Return one signature; its state is computed from the records at this moment, never stored."""
    signature = Signature.from_json(revision.content)
    number = revision.entry.number
    return SignatureView(
        signature=signature.signature,
        record=signature.record,
        record_kind=RecordKind(signature.record_kind),
        version=signature.version,
        action=Action(signature.action),
        action_description=signature.action_description,
        meaning=Meaning(signature.meaning),
        printed_name=signature.printed_name,
        user_name=signature.user_name,
        role=signature.role,
        role_label=signature.role_label or signature.role.replace("_", " ").title(),
        signed_at=revision.entry.at,
        zone=signature.zone,
        utc_offset=revision.entry.utc_offset,
        digest=signature.digest,
        comment=signature.comment,
        reason=signature.reason,
        state=_state(work, signature, newest_version),
        seal="sealed" if number is not None and number <= tree_size else "pending",
        entry=entry_ref(revision.entry),
    )


def _state(work: UnitOfWork, signature: Signature, newest_version: int) -> State:
    """Compute the digest of what was signed again and compare.

    ``invalid``: what was signed is not what the records hold. ``outdated``: there is a newer version of the result,
    which this signature does not cover.
    """
    signed = work.revision(f"{signature.record_kind}:{signature.record}", signature.record_rev)
    if signed is None:
        return "invalid"
    if signature.record_kind != RecordKind.RESULT:
        bound = signature.bound
        fits = bound.get("content_sha256") == signed.sha256 and bound.get("record") == signature.record
        return "valid" if fits and digest(bound) == signature.digest else "invalid"
    content = Result.from_json(signed.content)
    if signature.bound:  # of a review: the result's digest, and the review of its trail
        return _state_of_review(work, signature, content, newest_version)
    same = content.version == signature.version and content.digest == signature.digest
    if not same or pinning.computed_digest(work, content) != signature.digest:
        return "invalid"
    return "valid" if signature.version == newest_version else "outdated"


def _state_of_review(work: UnitOfWork, signature: Signature, content: Result, newest_version: int) -> State:
    same = content.version == signature.version and digest(signature.bound) == signature.digest
    if not same or not fits(work, signature.bound, content):
        return "invalid"
    if pinning.computed_digest(work, content) != content.digest:
        return "invalid"
    return "valid" if signature.version == newest_version else "outdated"
