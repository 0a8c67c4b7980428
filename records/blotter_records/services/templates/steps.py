"""Signed changes of a template: a draft made effective by two persons, a template retired (requirements C3)."""

from __future__ import annotations

from dataclasses import dataclass

from blotter_records.domain.records import Json, Template
from blotter_records.domain.templates import Version, draft_of, made_effective, retired
from blotter_records.ports.entries import Revision
from blotter_records.ports.ledger import UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Acting
from blotter_records.services.acting.writing import write
from blotter_records.services.signing.steps import Facts, Prepared, Signing, prepared_change
from blotter_records.services.templates.templates import as_told, found
from blotter_records.vocabulary import Action, RecordKind


@dataclass(frozen=True)
class TemplateStep:
    """One of the signed changes."""

    action: Action
    kind: RecordKind = RecordKind.TEMPLATE

    def prove(self, actor: Actor, record: str, details: Json) -> None:
        """Nothing of a template lies outside the trail."""

    def prepare(self, work: UnitOfWork, acting: Acting, record: str, details: Json) -> Prepared:
        """Say what would change.

        Raises
        ------
        NotFound, Conflict
            ``not_found.template``; ``conflict.template``: there is no draft, or it is retired.
        """
        before = found(work, record)
        content = Template.from_json(before.content)
        if self.action is Action.TEMPLATE_EFFECTIVE:
            number, facts = draft_of(content).version, _differences(content)
        else:
            retired(content)
            number, facts = content.versions, (("Status", content.status.value, "retired"),)
        return prepared_change(
            self.action,
            before,
            details,
            role=acting.role,
            title=f"Template {record}.{number} “{content.name}”",
            facts=facts,
        )

    def carry_out(self, work: UnitOfWork, actor: Actor, prepared: Prepared, signing: Signing) -> Revision:
        """Write what was signed; notebooks that were made before keep the version that they pin."""
        content = Template.from_json(prepared.before.content)
        signers = [one["printed_name"] for one in (signing.proposer,) if one] + [actor.name()]
        if self.action is Action.TEMPLATE_EFFECTIVE:
            after = made_effective(content, signers, signing.signatures())
            told = f"Made {content.template}.{after.versions} “{content.name}” effective"
            old, new = as_told(content.effective), as_told(after.effective)
        else:
            after = retired(content)
            told = f"Retired {content.template} “{content.name}”: no notebook is made from it any more"
            old, new = {"status": content.status.value}, {"status": after.status.value}
        return write(
            work,
            actor,
            prepared.role,
            self.action,
            after,
            record_id=content.template,
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


def _differences(content: Template) -> Facts:
    """Return what the draft says that the version in use does not, cell by cell."""
    after = draft_of(content)
    before = Version.of(content.effective) if content.effective else Version("", [], [], [])
    facts = [("Version", str(before.version or ""), str(after.version))]
    for name, old, new in (
        ("Purpose", before.purpose, after.purpose),
        ("Widgets", ", ".join(before.widgets), ", ".join(after.widgets)),
        ("Roles", ", ".join(before.roles), ", ".join(after.roles)),
        ("Locked cells", ", ".join(before.locked), ", ".join(after.locked)),
    ):
        if old != new:
            facts.append((name, old, new))
    for at in range(max(len(before.cells), len(after.cells))):
        old, new = (version.cells[at]["source"] if at < len(version.cells) else "" for version in (before, after))
        if old != new:
            facts.append((f"Cell {at + 1}", old, new))
    return tuple(facts)


STEPS = {action: TemplateStep(action) for action in (Action.TEMPLATE_EFFECTIVE, Action.TEMPLATE_RETIRE)}
