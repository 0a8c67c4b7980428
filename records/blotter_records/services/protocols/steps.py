"""Signed changes of a protocol: a draft made effective by two persons, a protocol retired (requirements C3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from blotter_records.domain.protocols import draft_of, made_effective, retired
from blotter_records.domain.records import AnalysisProtocol, Json
from blotter_records.ports.entries import Revision
from blotter_records.ports.ledger import UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Acting
from blotter_records.services.acting.writing import write
from blotter_records.services.protocols.protocols import found
from blotter_records.services.signing.steps import Facts, Prepared, Signing, prepared_change
from blotter_records.vocabulary import Action, RecordKind


@dataclass(frozen=True)
class ProtocolStep:
    """One of the signed changes."""

    action: Action
    kind: RecordKind = RecordKind.PROTOCOL

    def prove(self, actor: Actor, record: str, details: Json) -> None:
        """Nothing of a protocol lies outside the trail."""

    def prepare(self, work: UnitOfWork, acting: Acting, record: str, details: Json) -> Prepared:
        """Say what would change.

        Raises
        ------
        NotFound, Conflict
            ``not_found.protocol``; ``conflict.protocol``: there is no draft, or it is retired.
        """
        before = found(work, record)
        content = AnalysisProtocol.from_json(before.content)
        if self.action is Action.PROTOCOL_EFFECTIVE:
            number, facts = draft_of(content)["version"], _differences(content)
        else:
            retired(content)
            number, facts = content.versions, (("Status", content.status.value, "retired"),)
        title = f"Protocol {record}.{number} “{content.name}”"
        return prepared_change(self.action, before, details, role=acting.role, title=title, facts=facts)

    def carry_out(self, work: UnitOfWork, actor: Actor, prepared: Prepared, signing: Signing) -> Revision:
        """Write what was signed; analyses that were made before keep the version that they name."""
        content = AnalysisProtocol.from_json(prepared.before.content)
        signers = [one["printed_name"] for one in (signing.proposer,) if one] + [actor.name()]
        old: Json | None
        new: Json | None
        if self.action is Action.PROTOCOL_EFFECTIVE:
            after = made_effective(content, signers, signing.signatures())
            told = f"Made {content.protocol}.{after.versions} “{content.name}” effective"
            old, new = content.effective, after.effective
        else:
            after = retired(content)
            told = f"Retired {content.protocol} “{content.name}”: it is applied no more"
            old, new = {"status": content.status.value}, {"status": after.status.value}
        return write(
            work,
            actor,
            prepared.role,
            self.action,
            after,
            record_id=content.protocol,
            expected_rev=prepared.before.rev,
            version=prepared.before.rev + 1,
            old=old,
            new=new,
            reason=signing.reason,
            summary=told,
            signature=signing.signature,
            proposer=signing.proposer,
            authoriser=signing.authoriser,
        )


def _differences(content: AnalysisProtocol) -> Facts:
    """Return what the draft says that the version in use does not, part by part."""
    after, before = draft_of(content), content.effective or {"version": "", "method": {}}
    facts = [("Version", str(before["version"]), str(after["version"]))]
    for name, new in after["method"].items():
        old = before["method"].get(name)
        if old != new:
            facts.append((name.replace("_", " ").capitalize(), in_words(old), in_words(new)))
    return tuple(facts)


def in_words(value: Any) -> str:
    """Return a value of a method as people read it before they sign."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {in_words(one)}" for name, one in value.items() if one not in (None, "", []))
    if isinstance(value, list):
        return "; ".join(in_words(one) for one in value)
    return "" if value is None else str(value).replace("_", " ")


STEPS = {action: ProtocolStep(action) for action in (Action.PROTOCOL_EFFECTIVE, Action.PROTOCOL_RETIRE)}
