"""Signed changes of what is drafted: a draft made effective by two persons, a record retired (requirements C3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from blotter_records.domain.drafts import draft_of, made_effective, retired
from blotter_records.domain.records import Json
from blotter_records.domain.records.drafted import Drafted
from blotter_records.ports.entries import Revision
from blotter_records.ports.ledger import UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Acting, newest_of
from blotter_records.services.acting.writing import write
from blotter_records.services.signing.steps import Facts, Prepared, Signing, prepared_change
from blotter_records.vocabulary import Action, RecordKind


@dataclass(frozen=True)
class DraftStep:
    """One of the signed changes.

    Parameters
    ----------
    action : Action
    content : type of Drafted
    is_effective : bool
        It makes the draft effective; otherwise it retires the record.
    differences : callable
        Returns what the draft says that the version in use does not, as a signer reads it.
    as_told : callable
        Returns a version, or None, as an entry tells it.
    retired_means : str
        What follows from retiring, for the entry's summary.
    """

    action: Action
    content: type[Drafted]
    is_effective: bool
    differences: Callable[[Any], Facts]
    as_told: Callable[[Json | None], Json | None]
    retired_means: str

    @property
    def kind(self) -> RecordKind:
        """What it changes."""
        return self.content.kind

    def prove(self, actor: Actor, record: str, details: Json) -> None:
        """Nothing of it lies outside the trail."""

    def prepare(self, work: UnitOfWork, acting: Acting, record: str, details: Json) -> Prepared:
        """Say what would change.

        Raises
        ------
        NotFound, Conflict
            ``not_found.<kind>``; ``conflict.<kind>``: there is no draft, or it is retired.
        """
        before = newest_of(work, f"{self.kind.value}:{record}")
        content = self.content.from_json(before.content)
        if self.is_effective:
            number, facts = draft_of(content)["version"], self.differences(content)
        else:
            retired(content)
            number, facts = content.versions, (("Status", content.status.value, "retired"),)
        title = f"{self.kind.value.capitalize()} {record}.{number} “{content.name}”"
        return prepared_change(self.action, before, details, role=acting.role, title=title, facts=facts)

    def carry_out(self, work: UnitOfWork, actor: Actor, prepared: Prepared, signing: Signing) -> Revision:
        """Write what was signed; what was made by an earlier version keeps the version that it pins."""
        before = prepared.before
        content = self.content.from_json(before.content)
        signers = [one["printed_name"] for one in (signing.proposer,) if one] + [actor.name()]
        if self.is_effective:
            after = made_effective(content, signers, signing.signatures())
            told = f"Made {before.record_id}.{after.versions} “{content.name}” effective"
            old, new = self.as_told(content.effective), self.as_told(after.effective)
        else:
            after = retired(content)
            told = f"Retired {before.record_id} “{content.name}”: {self.retired_means}"
            old, new = {"status": content.status.value}, {"status": after.status.value}
        return write(
            work,
            actor,
            prepared.role,
            self.action,
            after,
            record_id=before.record_id,
            expected_rev=before.rev,
            version=before.rev + 1,
            old=old,
            new=new,
            reason=signing.reason,
            summary=told,
            signature=signing.signature,
            proposer=signing.proposer,
            authoriser=signing.authoriser,
        )
