"""Signed changes of a template, and what a signer reads of them."""

from __future__ import annotations

from blotter_records.domain.drafts import draft_of
from blotter_records.domain.records import Template
from blotter_records.domain.templates import Version
from blotter_records.services.drafts.steps import DraftStep
from blotter_records.services.signing.steps import Facts
from blotter_records.services.templates.templates import as_told
from blotter_records.vocabulary import Action


def _differences(content: Template) -> Facts:
    """Return what the draft says that the version in use does not, cell by cell."""
    after = Version.of(draft_of(content))
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


STEPS = {
    action: DraftStep(
        action,
        Template,
        action is Action.TEMPLATE_EFFECTIVE,
        _differences,
        as_told,
        retired_means="no notebook is made from it any more",
    )
    for action in (Action.TEMPLATE_EFFECTIVE, Action.TEMPLATE_RETIRE)
}
