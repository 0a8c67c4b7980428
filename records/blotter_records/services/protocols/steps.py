"""Signed changes of a protocol, and what a signer reads of them."""

from __future__ import annotations

from typing import Any

from blotter_records.domain.drafts import draft_of
from blotter_records.domain.records import AnalysisProtocol
from blotter_records.services.drafts.steps import DraftStep
from blotter_records.services.protocols.protocols import as_told
from blotter_records.services.signing.steps import Facts
from blotter_records.vocabulary import Action


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


STEPS = {
    action: DraftStep(
        action,
        AnalysisProtocol,
        action is Action.PROTOCOL_EFFECTIVE,
        _differences,
        as_told,
        retired_means="it is applied no more",
    )
    for action in (Action.PROTOCOL_EFFECTIVE, Action.PROTOCOL_RETIRE)
}
