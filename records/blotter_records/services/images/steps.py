"""Signed actions on an image: invalidate it, release it from an integrity hold."""

from __future__ import annotations

from dataclasses import dataclass, replace

from blotter_records.domain.records import Image, Json
from blotter_records.errors import Conflict, IntegrityBroken
from blotter_records.ports.entries import Revision
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Acting
from blotter_records.services.acting.writing import write
from blotter_records.services.images.images import found
from blotter_records.services.images.lineage import image_keys, status_of
from blotter_records.services.images.pixels import Pixels
from blotter_records.services.signing.steps import Facts, Prepared, Signing, prepared_change
from blotter_records.vocabulary import Action, RecordKind


@dataclass(frozen=True)
class ImageStep:
    """One of the signed actions on an image.

    Parameters
    ----------
    action : Action
    ledger : Ledger
    pixels : Pixels
        Reads and verifies the sealed file again before a hold is released.
    """

    action: Action
    ledger: Ledger
    pixels: Pixels
    kind: RecordKind = RecordKind.IMAGE

    def prove(self, actor: Actor, record: str, details: Json) -> None:  # noqa: ARG002 - a step's signature
        """Check, for a release, that the sealed file and its pixels verify now.

        Raises
        ------
        Conflict
            ``conflict.integrity``: they do not.
        """
        if self.action is not Action.INTEGRITY_RELEASE:
            return
        with self.ledger.begin() as work:
            image = Image.from_json(found(work, record).content)
        try:
            self.pixels.verified(image, again=True)
        except IntegrityBroken as error:
            raise Conflict(
                "conflict.integrity",
                f"{record} still does not verify: {error.message}",
                "Its bytes have to come back from a backup first.",
            ) from error

    def prepare(self, work: UnitOfWork, acting: Acting, record: str, details: Json) -> Prepared:
        """Say what would change. Raises ``NotFound``, ``Conflict('conflict.status')``."""
        before = found(work, record)
        image = Image.from_json(before.content)
        status = status_of(work, image).value
        role = acting.on(work, image.study, status=status)
        return prepared_change(
            self.action,
            before,
            details,
            role=role,
            title=f"{record}: {image.title or image.file_name}",
            facts=self._facts(image, status, details),
            study=image.study,
            status=status,
        )

    def _facts(self, image: Image, status: str, details: Json) -> Facts:
        if self.action is Action.INTEGRITY_RELEASE:
            return (("Integrity hold", (image.hold or {}).get("message", ""), "none: its bytes verify again"),)
        return (("Status", status.replace("_", " "), "invalidated"), ("Deviation", "", details["deviation"]))

    def carry_out(self, work: UnitOfWork, actor: Actor, prepared: Prepared, signing: Signing) -> Revision:
        """Write the image's next version."""
        image = Image.from_json(prepared.before.content)
        if self.action is Action.INTEGRITY_RELEASE:
            after = replace(image, hold=None)
        else:
            invalidation = {
                "reason": signing.reason.text,
                "deviation": prepared.details["deviation"],
                "by": actor.name(),
                "signature": signing.signature,
            }
            after = replace(image, invalidation=invalidation)
        facts = prepared.facts
        return write(
            work,
            actor,
            prepared.role,
            self.action,
            after,
            record_id=image.image,
            expected_rev=prepared.before.rev,
            version=prepared.before.rev + 1,
            old={name: before for name, before, _ in facts},
            new={name: now for name, _, now in facts},
            reason=signing.reason,
            summary=f"{image.image}: "
            + "; ".join(f"{name}: {before or 'none'} → {now}" for name, before, now in facts),
            signature=signing.signature,
            proposer=signing.proposer,
            authoriser=signing.authoriser,
            keys=image_keys(work, after),
        )


def steps(ledger: Ledger, pixels: Pixels) -> dict[Action, ImageStep]:
    """Return the steps by their action."""
    actions = (Action.IMAGE_INVALIDATE, Action.INTEGRITY_RELEASE)
    return {action: ImageStep(action, ledger, pixels) for action in actions}
