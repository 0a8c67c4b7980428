"""Which entries of a trail a reviewer looks through, how they are grouped, and by which risk they are ranked (A2).

Changing entries and refusals, nothing else: looking, opening a signing page and exporting change no data.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from blotter_records.domain.catalogue import CATALOGUE, CHANGES_DATA
from blotter_records.domain.policies import Policies
from blotter_records.domain.records.content import Json
from blotter_records.vocabulary import Action, Event, Gesture, Outcome, ReasonRule, TrailRisk

#: Each risk with its weight (the largest comes first) and what it means.
RISKS: Mapping[TrailRisk, tuple[int, str]] = MappingProxyType(
    {
        TrailRisk.INVALIDATION: (90, "a record was declared not to be used, or was on hold"),
        TrailRisk.OVERRIDE: (80, "what was found automatically was changed by hand"),
        TrailRisk.EXCLUSION: (70, "lanes were left out"),
        TrailRisk.FLAG_REASON: (60, "a quality flag was answered with a reason"),
        TrailRisk.REFUSED: (50, "something was tried that is not allowed"),
        TrailRisk.FAILED: (45, "something was tried that failed"),
        TrailRisk.MANY_VERSIONS: (40, "an analysis was saved many times"),
        TrailRisk.NO_REASON: (30, "a change without a reason"),
        TrailRisk.AFTER_HOURS: (20, "work outside the laboratory's hours"),
    }
)
#: The reviewers' own steps: they change the result's status, not what is reviewed.
_OWN_STEPS = frozenset({Action.RESULT_REVIEW_START, Action.RESULT_REVIEW_SIGN})
#: What is refused of these because something is missing yet is no attempt at anything.
_UNFINISHED = _OWN_STEPS | {Action.AUDIT_REVIEW_START, Action.AUDIT_REVIEW_TICK, Action.RESULT_APPROVE}
#: A wrong password of who reviews, returns or approves stands in the user log, and says nothing about the data.
_SIGNED_BY_OTHERS = frozenset({Action.RESULT_REVIEW_SIGN, Action.RESULT_RETURN, Action.RESULT_APPROVE})
_INVALIDATING = frozenset(
    {Action.IMAGE_INVALIDATE, Action.RESULT_INVALIDATE, Event.INTEGRITY_HOLD, Action.INTEGRITY_RELEASE}
)
_RULES = {action.value: rule for action, rule in CATALOGUE.items()}
_FOUND = frozenset({Gesture.BANDS_FIND, Gesture.WELLS_FIND})
#: What reopens a review that was signed: data that changed, or that may not be used any more.
REOPENING = frozenset({one.value for one in (*CHANGES_DATA, *_INVALIDATING)})


_LABELS = {action.value: rule.label for action, rule in CATALOGUE.items()}


@dataclass(frozen=True)
class TrailEntry:
    """What of an entry counts here."""

    id: int
    stream: str
    rev: int | None
    at: datetime
    leaf: str
    body: Mapping[str, Any]

    @property
    def outcome(self) -> Outcome:
        """How it ended."""
        return Outcome(self.body["outcome"])

    @property
    def action(self) -> str:
        """What was done, or tried: of a refusal the action that was refused."""
        return str(self._tried().get("action") or self.body["action"])

    @property
    def rule(self) -> str:
        """Which rule refused it; empty where none did."""
        return str(self._tried().get("rule") or "")

    def _tried(self) -> Mapping[str, Any]:
        if self.body["action"] not in (Event.ACTION_REFUSED, Event.SIGNATURE_FAILED):
            return {}
        new: Json = self.body.get("new") or {}
        inside: Json = new.get("refused", new)
        return inside  # the closing entry of a burst has the refusal inside


@dataclass
class TrailGroup:
    """Entries of one record by one action, as many as there are.

    ``first_rev`` and ``last_rev`` are the revisions that the first and last changing entry made, ``found_rev`` the last
    one in which lanes, bands or wells were found without a person.
    """

    group: str
    stream: str
    action: str
    outcome: Outcome
    first: int
    first_at: datetime
    last: int
    last_at: datetime
    first_rev: int | None = None
    last_rev: int | None = None
    found_rev: int | None = None
    entries: int = 0
    people: dict[str, None] = field(default_factory=dict)
    risks: dict[TrailRisk, int] = field(default_factory=dict)
    _leaves: Any = field(default_factory=hashlib.sha256)

    @property
    def record(self) -> str:
        """Id of the record."""
        return self.stream.partition(":")[2] or self.stream

    @property
    def sha256(self) -> str:
        """SHA-256 over the hashes of its entries, in hexadecimal, a line each, oldest first."""
        return str(self._leaves.hexdigest())

    @property
    def before_rev(self) -> int:
        """The revision with which what it did is compared; 0: there is none.

        What was found without a person says little; what people made of it is told against that.
        """
        if self.found_rev and self.last_rev and self.found_rev < self.last_rev:
            return self.found_rev
        return (self.first_rev or 1) - 1

    @property
    def is_flagged(self) -> bool:
        """Whether its reviewer has to write a comment."""
        return bool(self.risks)

    def add(self, entry: TrailEntry, risks: Iterable[TrailRisk]) -> None:
        """Take in the next entry."""
        self.entries += 1
        self.last, self.last_at = entry.id, entry.at
        if entry.rev is not None:
            self.first_rev = entry.rev if self.first_rev is None else self.first_rev
            self.last_rev = entry.rev
            if (entry.body.get("new") or {}).get("gesture") in _FOUND:
                self.found_rev = entry.rev
        self.people[entry.body.get("printed_name") or entry.body.get("service") or "nobody signed in"] = None
        self._leaves.update(f"{entry.leaf}\n".encode())
        for risk in risks:
            self.risks[risk] = self.risks.get(risk, 0) + 1

    def as_json(self, *, is_ticked: bool, comment: str) -> Json:
        """Return it as a review record holds it."""
        return {
            "group": self.group,
            "record": self.record,
            "action": self.action,
            "outcome": self.outcome.value,
            "entries": self.entries,
            "first": self.first,
            "last": self.last,
            "sha256": self.sha256,
            "risks": [one.value for one in self.ranked_risks()],
            "is_ticked": is_ticked,
            "comment": comment,
        }

    def ranked_risks(self) -> list[TrailRisk]:
        """Return its risks, the heaviest first."""
        return sorted(self.risks, key=lambda one: -RISKS[one][0])


def is_listed(entry: TrailEntry) -> bool:
    """Tell whether a reviewer has to look at an entry."""
    if entry.outcome is Outcome.REFUSED:
        return not (entry.action in _UNFINISHED and entry.rule.startswith("conflict."))
    if entry.outcome is Outcome.FAILED:
        return entry.action not in _SIGNED_BY_OTHERS
    return entry.rev is not None and entry.action not in _OWN_STEPS


def grouped(entries: Iterable[TrailEntry], policies: Policies) -> dict[str, TrailGroup]:
    """Return the groups of listed entries, oldest first, by ``stream/action/outcome``."""
    groups: dict[str, TrailGroup] = {}
    for entry in entries:
        name = f"{entry.stream}/{entry.action}/{entry.outcome.value}"
        group = groups.get(name)
        if group is None:
            group = groups[name] = TrailGroup(
                name, entry.stream, entry.action, entry.outcome, entry.id, entry.at, entry.id, entry.at
            )
        group.add(entry, entry_risks(entry, policies))
    return groups


def entry_risks(entry: TrailEntry, policies: Policies) -> list[TrailRisk]:
    """Return the risks that an entry has by itself."""
    found = []
    if entry.outcome is Outcome.REFUSED:
        found.append(TrailRisk.REFUSED)
    elif entry.outcome is Outcome.FAILED:
        found.append(TrailRisk.FAILED)
    elif entry.action in _INVALIDATING:
        found.append(TrailRisk.INVALIDATION)
    elif entry.action == Action.RESULT_FLAG_ANSWER:
        found.append(TrailRisk.FLAG_REASON)
    if entry.outcome is Outcome.DONE and _lacks_reason(entry):
        found.append(TrailRisk.NO_REASON)
    hour = entry.at.astimezone(ZoneInfo(entry.body.get("zone") or policies.zone)).hour
    begin, end = policies.work_hours
    if entry.body.get("account") and not begin <= hour < end:
        found.append(TrailRisk.AFTER_HOURS)
    return found


def _lacks_reason(entry: TrailEntry) -> bool:
    rule = _RULES.get(entry.action)
    if rule is None or rule.reason is not ReasonRule.REQUIRED:
        return False
    is_asked = (entry.body.get("record_version") or entry.rev or 1) >= rule.reason_from
    return is_asked and not (entry.body.get("reason") or entry.body.get("reason_code"))


def ranked(groups: Iterable[TrailGroup]) -> list[TrailGroup]:
    """Return groups with the riskiest first; among equals as they began."""

    def order(group: TrailGroup) -> tuple[int, int, int]:
        weights = [RISKS[risk][0] for risk in group.risks]
        return -max(weights, default=0), -sum(weights), group.first

    return sorted(groups, key=order)


def label_of(action: str) -> str:
    """Return an action as people read it; what nobody asks for has its own name."""
    return _LABELS.get(action, action)


def missing(groups: Sequence[Json]) -> list[str]:
    """Return what is left to do before a review can be signed, in words, one for each group."""
    left = []
    for one in groups:
        name = f"“{label_of(one['action'])}” on {one['record']}"
        if not one["is_ticked"]:
            left.append(f"{name} is not ticked")
        elif one["risks"] and not one["comment"]:
            left.append(f"{name} is flagged and has no comment")
    return left
