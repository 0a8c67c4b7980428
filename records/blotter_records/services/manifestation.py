"""Signatures as they are shown: manifestation (11.50) and computed state (11.70)."""

from __future__ import annotations

from typing import Literal

from blotter_records.contract.results import SignatureView
from blotter_records.domain.records import Result, Signature
from blotter_records.ports.ledger import Revision, UnitOfWork
from blotter_records.services import pinning
from blotter_records.services.writing import entry_ref
from blotter_records.vocabulary import Action, Meaning, Role


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
        result=signature.result,
        version=signature.version,
        action=Action(signature.action),
        action_description=signature.action_description,
        meaning=Meaning(signature.meaning),
        printed_name=signature.printed_name,
        user_name=signature.user_name,
        role=Role(signature.role),
        signed_at=revision.entry.at,
        zone=signature.zone,
        digest=signature.digest,
        comment=signature.comment,
        reason=signature.reason,
        state=_state(work, signature, newest_version),
        seal="sealed" if number is not None and number <= tree_size else "pending",
        entry=entry_ref(revision.entry),
    )


def _state(work: UnitOfWork, signature: Signature, newest_version: int) -> Literal["valid", "outdated", "invalid"]:
    """Compute the digest of the signed version again and compare.

    ``invalid``: what was signed is not what the records hold. ``outdated``: there is a newer version, which this
    signature does not cover.
    """
    signed = work.revision(f"result:{signature.result}", signature.result_rev)
    if signed is None:
        return "invalid"
    content = Result.from_json(signed.content)
    same = content.version == signature.version and content.digest == signature.digest
    if not same or pinning.computed_digest(work, content) != signature.digest:
        return "invalid"
    return "valid" if signature.version == newest_version else "outdated"
