"""Which entries are reviewed, how they are grouped, what flags them, and in which order they come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from blotter_records.domain.policies import Policies
from blotter_records.domain.policy_table import DEFAULT_VALUES
from blotter_records.domain.trail_review import (
    REOPENING,
    RISKS,
    TrailEntry,
    entry_risks,
    grouped,
    is_listed,
    missing,
    ranked,
)
from blotter_records.vocabulary import Action, TrailRisk

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
POLICIES = Policies(dict(DEFAULT_VALUES))


def entry(number: int, action: str, *, rev: int | None = 1, stream: str = "analysis:ANL-000001", **body) -> TrailEntry:
    filled = {
        "outcome": "done",
        "account": "ACC-000001",
        "printed_name": "Anna",
        "zone": "UTC",
        "reason": "Because",
        **body,
    }
    at = filled.pop("at", NOON + timedelta(seconds=number))
    return TrailEntry(number, stream, rev, at, f"leaf {number}", {"action": action, **filled})


def refused(number: int, action: str, rule: str, **more) -> TrailEntry:
    new = {"action": action, "rule": rule}
    return entry(number, "action.refused", rev=None, outcome="refused", new=more.pop("new", new), **more)


@pytest.mark.parametrize(
    ("one", "is_shown"),
    [
        (entry(1, "analysis.edit"), True),
        (entry(1, "analysis.view", rev=None), False),
        (entry(1, "signature.intend", rev=None), False),
        (entry(1, "result.review.start"), False),
        (entry(1, "result.return"), True),
        (refused(1, "analysis.edit", "conflict.frozen"), True),
        (refused(1, "result.review.start", "refused.independence"), True),
        # Signing before everything is ticked is no attempt at anything: it would have to be ticked, too, for ever.
        (refused(1, "result.review.sign", "conflict.trail_review"), False),
        (refused(1, "result.approve", "conflict.trail_review"), False),
        (refused(1, "audit.review.tick", "conflict.comment"), False),
        (entry(1, "signature.failed", rev=None, outcome="failed", new={"action": "result.submit"}), True),
        (entry(1, "signature.failed", rev=None, outcome="failed", new={"action": "result.review.sign"}), False),
        (entry(1, "integrity.failed", rev=None, outcome="failed", new={"rule": "integrity.digest"}), True),
    ],
)
def test_changes_refusals_and_failures_are_listed_and_nothing_else(one, is_shown):
    assert is_listed(one) is is_shown


def test_entries_of_one_record_by_one_action_are_one_group_bound_by_the_hashes_of_all():
    one, two, three = (
        entry(1, "analysis.edit", rev=2),
        entry(2, "analysis.save", rev=3),
        entry(3, "analysis.edit", rev=4),
    )
    other = entry(4, "analysis.edit", stream="analysis:ANL-000002")
    groups = grouped([one, two, three, other], POLICIES)
    assert list(groups) == [
        "analysis:ANL-000001/analysis.edit/done",
        "analysis:ANL-000001/analysis.save/done",
        "analysis:ANL-000002/analysis.edit/done",
    ]
    first = groups["analysis:ANL-000001/analysis.edit/done"]
    assert (first.entries, first.first, first.last, first.first_rev, first.last_rev) == (2, 1, 3, 2, 4)
    assert first.sha256 != grouped([one], POLICIES)["analysis:ANL-000001/analysis.edit/done"].sha256
    assert first.sha256 == grouped([one, two, three], POLICIES)[first.group].sha256


def test_what_people_did_is_told_against_what_was_found_without_them():
    found = entry(1, "analysis.edit", rev=2, new={"gesture": "bands.find"})
    by_hand = entry(2, "analysis.edit", rev=3, new={"gesture": "shape.resize"})
    [both] = grouped([found, by_hand], POLICIES).values()
    [alone] = grouped([found], POLICIES).values()
    [later] = grouped([by_hand], POLICIES).values()
    [made] = grouped([entry(1, "analysis.start", rev=1)], POLICIES).values()
    assert [one.before_rev for one in (both, alone, later, made)] == [2, 1, 2, 0]


def test_the_closing_entry_of_a_burst_is_in_the_group_of_what_was_refused():
    opening = refused(1, "analysis.edit", "conflict.frozen")
    closing = refused(
        2,
        "",
        "",
        new={"refused": {"action": "analysis.edit", "rule": "conflict.frozen"}, "count": 40, "opening_entry": 1},
    )
    [group] = grouped([opening, closing], POLICIES).values()
    assert (group.group, group.entries) == ("analysis:ANL-000001/analysis.edit/refused", 2)


@pytest.mark.parametrize(
    ("one", "risks"),
    [
        (entry(1, "analysis.edit"), []),
        (refused(1, "analysis.edit", "conflict.frozen"), [TrailRisk.REFUSED]),
        (entry(1, "integrity.failed", rev=None, outcome="failed"), [TrailRisk.FAILED]),
        (entry(1, "image.invalidate"), [TrailRisk.INVALIDATION]),
        (entry(1, "result.flag.answer"), [TrailRisk.FLAG_REASON]),
        (entry(1, "analysis.save", record_version=1, reason=""), []),
        (entry(1, "analysis.save", record_version=2, reason=""), [TrailRisk.NO_REASON]),
        (entry(1, "analysis.save", record_version=2, reason="", reason_code="typo"), []),
    ],
)
def test_an_entry_is_flagged_for_what_it_is(one, risks):
    assert entry_risks(one, POLICIES) == risks


@pytest.mark.parametrize(
    ("hour", "zone", "is_flagged"),
    [(6, "UTC", False), (5, "UTC", True), (19, "UTC", False), (20, "UTC", True), (19, "Europe/Vienna", True)],
)
def test_work_outside_the_laboratorys_hours_is_flagged_by_the_laboratorys_clock(hour, zone, is_flagged):
    policies = Policies({**DEFAULT_VALUES, "review.work_from": 6, "review.work_until": 20})
    one = entry(1, "analysis.edit", at=NOON.replace(hour=hour), zone=zone)
    assert (TrailRisk.AFTER_HOURS in entry_risks(one, policies)) is is_flagged
    assert TrailRisk.AFTER_HOURS not in entry_risks(
        entry(1, "analysis.edit", at=NOON.replace(hour=hour), account=None), policies
    )


def test_the_riskiest_group_comes_first_and_equals_as_they_began():
    plain = [entry(1, "analysis.start"), entry(2, "analysis.edit")]
    risky = [refused(3, "analysis.edit", "conflict.frozen"), entry(4, "image.invalidate", stream="image:IMG-000001")]
    order = [one.action for one in ranked(grouped([*plain, *risky], POLICIES).values())]
    assert order == ["image.invalidate", "analysis.edit", "analysis.start", "analysis.edit"]


def test_what_is_missing_is_said_group_by_group():
    groups = [
        one.as_json(is_ticked=False, comment="") for one in grouped([entry(1, "analysis.edit")], POLICIES).values()
    ]
    assert missing(groups) == ["“Change the analysis” on ANL-000001 is not ticked"]
    assert missing([{**groups[0], "is_ticked": True}]) == []
    flagged = {**groups[0], "is_ticked": True, "risks": ["override"]}
    assert missing([flagged]) == ["“Change the analysis” on ANL-000001 is flagged and has no comment"]
    assert missing([{**flagged, "comment": "Right so"}]) == []


def test_every_risk_has_a_weight_of_its_own_and_words():
    assert set(RISKS) == set(TrailRisk)
    assert len({weight for weight, _ in RISKS.values()}) == len(RISKS)
    assert all(words for _, words in RISKS.values())


def test_looking_and_ticking_reopen_nothing():
    assert {Action.SAMPLE_SAVE, Action.ANALYSIS_EDIT, Action.IMAGE_INVALIDATE} <= REOPENING
    assert (
        not {Action.RESULT_VIEW, Action.AUDIT_REVIEW_TICK, Action.RESULT_APPROVE, Action.IMAGE_DISPLAY_SAVE} & REOPENING
    )
