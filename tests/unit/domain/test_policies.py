"""Policies: defaults lie in their ranges, what is fixed stays, what is set is checked (requirements C5)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from blotter_records.domain.catalogue import CATALOGUE
from blotter_records.domain.policies import Policies
from blotter_records.domain.policy_table import DEFAULT_VALUES, POLICIES
from blotter_records.domain.policy_values import checked_policy
from blotter_records.errors import Invalid
from blotter_records.vocabulary import Action, ReasonRule


@pytest.mark.parametrize("name", [name for name, rule in POLICIES.items() if not rule.is_fixed])
def test_every_default_is_a_value_that_could_be_set(name):
    assert checked_policy(name, DEFAULT_VALUES[name]) == DEFAULT_VALUES[name]


@pytest.mark.parametrize("name", [name for name, rule in POLICIES.items() if rule.is_fixed])
def test_what_is_fixed_cannot_be_set_and_is_never_read_from_what_was_stored(name):
    with pytest.raises(Invalid) as refused:
        checked_policy(name, DEFAULT_VALUES[name])
    assert refused.value.code == "policy.fixed"
    stored = not DEFAULT_VALUES[name] if isinstance(DEFAULT_VALUES[name], bool) else DEFAULT_VALUES[name] * 2
    assert Policies({name: stored}).values[name] == DEFAULT_VALUES[name]


@pytest.mark.parametrize(
    "name", [name for name, rule in POLICIES.items() if isinstance(rule.default, int) and rule.most]
)
def test_both_ends_of_a_range_are_allowed_and_nothing_beyond(name):
    rule = POLICIES[name]
    for value in (rule.least, rule.most):
        assert checked_policy(name, value) == value
    for value in (rule.least - 1, rule.most + 1, True, str(rule.least), float(rule.least)):
        with pytest.raises(Invalid) as refused:
            checked_policy(name, value)
        assert refused.value.code == "policy.value"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("audit.log_views", "sometimes"),
        ("admin.four_eyes", 1),
        ("site.zone", "Mars/Olympus"),
        ("site.zone", "../etc/passwd"),
        ("signature.statement", "too short"),
        ("reason.codes", []),
        ("reason.codes", ["no meaning"]),
        ("reason.codes", ["twice: it is", "twice: it is"]),
        ("reason.codes", "correction: a mistake"),
        ("no.such.policy", True),
    ],
)
def test_what_does_not_fit_is_refused(name, value):
    with pytest.raises(Invalid):
        checked_policy(name, value)


def test_a_reason_rule_is_never_weaker_than_the_catalogue_demands():
    for action, rule in CATALOGUE.items():
        name = f"reason.rule.{action.value}"
        assert (name in POLICIES) == (rule.reason is not ReasonRule.NONE)
        order = list(ReasonRule)
        for wanted in order if name in POLICIES else ():
            if order.index(wanted) < order.index(rule.reason_floor):
                with pytest.raises(Invalid):
                    checked_policy(name, wanted.value)
            else:
                assert checked_policy(name, wanted.value) == wanted


def test_values_are_read_in_their_units():
    policies = Policies({"session.idle_minutes": 5, "password.max_age_days": 0, "reason.rule.analysis.save": "list"})
    assert policies.session_idle == timedelta(minutes=5)
    assert policies.password_max_age is None
    assert policies.reason_rule(Action.ANALYSIS_SAVE) is ReasonRule.LIST
    assert policies.reason_rule(Action.IMAGE_VIEW) is ReasonRule.NONE
    assert policies.lockout_attempts == 5
