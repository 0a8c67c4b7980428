"""Roles, actions, steps: the tables, and the rules that no table may break (11.10(g), requirements C2, C4)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from blotter_records.domain.authority import (
    BEFORE_PASSWORD_CHANGE,
    ON_A_COPY,
    Parties,
    Situation,
    Standing,
    allowed_actions,
    decide,
    decide_second,
    needs_second,
)
from blotter_records.domain.catalogue import CATALOGUE, CHANGES_DATA, STEPS, Scope
from blotter_records.domain.configuration import Configuration
from blotter_records.domain.policies import Policies
from blotter_records.domain.roles import ADMINISTRATION, DATA, DESK, LOG_FILES, SHIPPED, checked_role, excluded
from blotter_records.domain.workflow import OPEN_FOR_CHANGE, image_status
from blotter_records.errors import Invalid
from blotter_records.vocabulary import Action, ImageStatus, ReasonRule, ResultStatus, Role

ANNA, BEN, ROSA, PAUL = "ACC-000001", "ACC-000002", "ACC-000003", "ACC-000004"
SHIPPED_ONES = Configuration()
S = ResultStatus


def ask(action, *roles, configuration=SHIPPED_ONES, account=ANNA, in_study=None, **situation):
    standing = Standing(account, tuple(str(role) for role in roles))
    held = frozenset(str(role) for role in roles) if in_study is None else in_study
    return decide(configuration, action, standing, Situation(held, **situation))


# The catalogue


def test_every_action_has_a_rule_and_is_somebodys():
    assert set(CATALOGUE) == set(Action)
    assert set().union(*(role.actions for role in SHIPPED.values())) | DESK == set(Action)


def test_labels_and_descriptions_are_one_of_a_kind():
    assert len({rule.description for rule in CATALOGUE.values()}) == len(CATALOGUE)
    assert all(rule.label and rule.description[0].isupper() for rule in CATALOGUE.values())


def test_steps_lead_from_and_to_statuses_of_results():
    assert {source for rule in STEPS.values() for source in rule.statuses} <= set(ResultStatus)
    assert all(rule.target is not None for rule in STEPS.values())


def test_what_ends_a_record_is_signed_and_reasoned():
    for action in (Action.RESULT_INVALIDATE, Action.RESULT_SUPERSEDE, Action.RESULT_ARCHIVE, Action.IMAGE_INVALIDATE):
        assert CATALOGUE[action].is_signed
        assert CATALOGUE[action].reason_floor is ReasonRule.REQUIRED


# Roles


@pytest.mark.parametrize("role", SHIPPED.values(), ids=lambda role: role.name)
def test_every_shipped_role_keeps_the_fixed_rules(role):
    assert checked_role(role).actions == role.actions


def test_a_system_manager_does_nothing_with_data():
    manager = SHIPPED[Role.SYSTEM_MANAGER]
    assert manager.administers
    assert manager.actions & DATA == LOG_FILES
    assert not manager.across


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SYSTEM_MANAGER])
def test_nobody_is_system_manager_and_anything_else(role):
    assert excluded([SHIPPED[role], SHIPPED[Role.SYSTEM_MANAGER]]) == ("System Manager", SHIPPED[role].label)
    assert ask(Action.USER_CREATE, role, Role.SYSTEM_MANAGER).rule == "refused.excluded_roles"


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.APPROVER, Role.AUDITOR, Role.RECORDS_MANAGER])
def test_who_judges_or_reads_never_changes_data(role):
    assert not SHIPPED[role].actions & CHANGES_DATA


@pytest.mark.parametrize(
    ("role", "gained"),
    [
        (Role.SYSTEM_MANAGER, Action.IMAGE_VIEW),
        (Role.ANALYST, Action.USER_CREATE),
        (Role.APPROVER, Action.ANALYSIS_EDIT),
        (Role.ANALYST, Action.RESULT_APPROVE),
        (Role.REVIEWER, Action.IMAGE_IMPORT),
        (Role.AUDITOR, Action.RESULT_REVIEW_START),
        (Role.RECORDS_MANAGER, Action.ANALYSIS_SAVE),
        (Role.INSTRUMENT_MANAGER, Action.ANALYSIS_START),
    ],
)
def test_no_shipped_role_can_gain_what_it_may_never_have(role, gained):
    shipped = SHIPPED[role]
    with pytest.raises(Invalid) as broken:
        checked_role(replace(shipped, actions=shipped.actions | {gained}))
    assert broken.value.code == "role.fixed"


def test_a_site_can_define_a_role_within_the_rules():
    helper = SHIPPED[Role.ANALYST]
    made = checked_role(
        replace(helper, name="import_helper", label="  Import   helper ", actions=frozenset({Action.IMAGE_IMPORT}))
    )
    assert made.label == "Import helper"
    configuration = replace(SHIPPED_ONES, roles={**SHIPPED, made.name: made})
    assert ask(Action.IMAGE_IMPORT, "import_helper", configuration=configuration).is_allowed
    assert ask(Action.ANALYSIS_START, "import_helper", configuration=configuration).rule == "refused.role"
    assert ask(Action.PASSWORD_CHANGE, "import_helper", configuration=configuration).is_allowed
    retired = replace(configuration, roles={**SHIPPED, made.name: replace(made, is_retired=True)})
    assert ask(Action.IMAGE_IMPORT, "import_helper", configuration=retired).rule == "refused.role"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": "No Good"}, "role.name"),
        ({"label": "x"}, "role.label"),
        ({"actions": DESK}, "role.actions"),
        ({"actions": frozenset({Action.RESULT_APPROVE, Action.ANALYSIS_SAVE})}, "role.fixed"),
        ({"actions": frozenset({Action.POLICY_EDIT, Action.IMAGE_LIST})}, "role.fixed"),
        ({"across": frozenset({Action.ANALYSIS_SAVE})}, "role.fixed"),
        ({"across": frozenset({Action.USER_VIEW})}, "role.fixed"),
    ],
)
def test_a_role_that_breaks_a_rule_is_refused(changes, code):
    role = replace(SHIPPED[Role.ANALYST], name="site_role", label="Site role")
    with pytest.raises(Invalid) as refused:
        checked_role(replace(role, **changes))
    assert refused.value.code == code


# Authority


def test_a_temporary_password_allows_only_to_change_it():
    for action in Action:
        standing = Standing(ANNA, (Role.ANALYST,), must_change_password=True)
        assert decide(SHIPPED_ONES, action, standing).is_allowed == (action in BEFORE_PASSWORD_CHANGE)


def test_policy_can_take_importing_from_analysts():
    strict = replace(SHIPPED_ONES, policies=Policies({"import.by_analysts": False}))
    assert ask(Action.IMAGE_IMPORT, Role.ANALYST, configuration=strict).rule == "refused.role"
    assert ask(Action.IMAGE_IMPORT, Role.ANALYST, Role.SUPERVISOR, configuration=strict).role == Role.SUPERVISOR


def test_nobody_without_a_role_does_anything_but_at_the_own_desk():
    assert set(allowed_actions(SHIPPED_ONES, Standing(ANNA, ()))) == set()
    assert set(allowed_actions(SHIPPED_ONES, Standing(ANNA, ("no_such_role",)))) == set()


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("action", [action for action, rule in CATALOGUE.items() if rule.scope is Scope.STUDY])
def test_who_is_no_member_sees_nothing_unless_the_role_reaches_across(action, role):
    verdict = ask(action, role, in_study=frozenset())
    assert verdict.is_allowed == (action in SHIPPED[role].across)
    assert verdict.is_across == verdict.is_allowed
    if SHIPPED[role].may(action) and not verdict.is_allowed:
        assert verdict.rule == "refused.membership"


def test_in_a_study_only_the_roles_count_that_the_person_has_there():
    both = (Role.ANALYST, Role.REVIEWER)
    assert ask(Action.ANALYSIS_SAVE, *both, in_study=frozenset({"reviewer"})).rule == "refused.membership"
    assert ask(Action.RESULT_VIEW, *both, in_study=frozenset({"reviewer"})).role == "reviewer"
    # A role in the study that the account no longer holds allows nothing.
    assert ask(Action.ANALYSIS_SAVE, Role.REVIEWER, in_study=frozenset({"analyst", "reviewer"})).rule == "refused.role"


def judge(action, status, account, role, *, reviewer=ROSA, configuration=SHIPPED_ONES):
    parties = Parties({ANNA}, submitter=ANNA, reviewer=reviewer)
    return ask(action, role, account=account, status=status, parties=parties, configuration=configuration)


ALLOWED = {
    (Action.RESULT_SUBMIT, S.IN_ANALYSIS, ANNA, Role.ANALYST),
    (Action.RESULT_SUBMIT, S.IN_ANALYSIS, BEN, Role.SUPERVISOR),
    (Action.RESULT_WITHDRAW, S.SUBMITTED, ANNA, Role.ANALYST),
    (Action.RESULT_REVIEW_START, S.SUBMITTED, BEN, Role.SUPERVISOR),
    (Action.RESULT_REVIEW_START, S.SUBMITTED, ROSA, Role.REVIEWER),
    (Action.RESULT_REVIEW_START, S.REVIEWED, BEN, Role.SUPERVISOR),
    (Action.RESULT_REVIEW_START, S.REVIEWED, ROSA, Role.REVIEWER),
    (Action.RESULT_REVIEW_SIGN, S.IN_REVIEW, ROSA, Role.REVIEWER),
    (Action.RESULT_RETURN, S.IN_REVIEW, ROSA, Role.REVIEWER),
    (Action.RESULT_RETURN, S.REVIEWED, PAUL, Role.APPROVER),
    (Action.RESULT_APPROVE, S.REVIEWED, PAUL, Role.APPROVER),
    (Action.RESULT_RESUME, S.RETURNED, ANNA, Role.ANALYST),
    (Action.RESULT_RESUME, S.RETURNED, BEN, Role.SUPERVISOR),
    (Action.RESULT_SUPERSEDE, S.APPROVED, PAUL, Role.APPROVER),
    *(
        (Action.RESULT_INVALIDATE, status, PAUL, Role.APPROVER)
        for status in (S.IN_ANALYSIS, S.SUBMITTED, S.REVIEWED, S.APPROVED, S.RETURNED)
    ),
}
PEOPLE = [(ANNA, Role.ANALYST), (BEN, Role.SUPERVISOR), (ROSA, Role.REVIEWER), (PAUL, Role.APPROVER)]


@pytest.mark.parametrize("action", STEPS)
@pytest.mark.parametrize("status", ResultStatus)
@pytest.mark.parametrize(("account", "role"), PEOPLE)
def test_every_step_in_every_status_by_every_person(action, status, account, role):
    verdict = judge(action, status, account, role)
    assert verdict.is_allowed == ((action, status, account, role) in ALLOWED), verdict
    assert verdict.is_allowed or verdict.why_not


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.SUPERVISOR])
def test_a_contributor_never_reviews(role):
    assert judge(Action.RESULT_REVIEW_START, S.SUBMITTED, ANNA, role).rule == "refused.independence"
    assert judge(Action.RESULT_REVIEW_SIGN, S.IN_REVIEW, ANNA, role, reviewer=ANNA).rule == "refused.independence"
    assert judge(Action.RESULT_RETURN, S.IN_REVIEW, ANNA, role, reviewer=ANNA).rule == "refused.independence"


@pytest.mark.parametrize("account", [ANNA, ROSA])
def test_neither_a_contributor_nor_the_reviewer_approves(account):
    assert judge(Action.RESULT_APPROVE, S.REVIEWED, account, Role.APPROVER).rule == "refused.independence"


def test_policies_can_ease_independence_only_so_far():
    eased = replace(
        SHIPPED_ONES, policies=Policies({"review.independence": "not_author", "review.approver_distinct": False})
    )
    parties = Parties({ANNA, BEN}, submitter=ANNA, reviewer=BEN)
    asked = {"status": S.SUBMITTED, "parties": parties, "configuration": eased}
    assert ask(Action.RESULT_REVIEW_START, Role.REVIEWER, account=BEN, **asked).is_allowed
    assert not ask(Action.RESULT_REVIEW_START, Role.REVIEWER, account=ANNA, **asked).is_allowed
    asked["status"] = S.REVIEWED
    assert ask(Action.RESULT_APPROVE, Role.APPROVER, account=BEN, **asked).is_allowed
    assert not ask(Action.RESULT_APPROVE, Role.APPROVER, account=ANNA, **asked).is_allowed


@pytest.mark.parametrize("rule", ["strict", "not_author"])
def test_who_submitted_before_the_part_was_given_to_another_still_does_not_review(rule):
    policies = Policies({"review.independence": rule, "review.approver_distinct": False})
    parties = Parties((), submitter=BEN, reviewer=None, former_submitters=[ANNA])
    asked = {"parties": parties, "configuration": replace(SHIPPED_ONES, policies=policies)}
    for account in (ANNA, BEN):
        started = ask(Action.RESULT_REVIEW_START, Role.REVIEWER, account=account, status=S.SUBMITTED, **asked)
        approved = ask(Action.RESULT_APPROVE, Role.APPROVER, account=account, status=S.REVIEWED, **asked)
        assert (started.rule, approved.rule) == ("refused.independence", "refused.independence")


def test_from_approved_nothing_leads_back():
    targets = {rule.target for rule in STEPS.values() if S.APPROVED in rule.statuses}
    assert targets == {S.INVALIDATED, S.SUPERSEDED, S.ARCHIVED}
    assert not OPEN_FOR_CHANGE & {S.APPROVED, *targets}


# Two persons


def test_when_a_second_person_is_needed():
    alone = replace(SHIPPED_ONES, policies=Policies({"admin.four_eyes": False}))
    assert needs_second(SHIPPED_ONES, Action.POLICY_EDIT, active_managers=2)
    assert not needs_second(SHIPPED_ONES, Action.POLICY_EDIT, active_managers=1)
    assert not needs_second(alone, Action.POLICY_EDIT, active_managers=2)
    assert needs_second(SHIPPED_ONES, Action.RESULT_INVALIDATE, status=S.APPROVED)
    assert not needs_second(SHIPPED_ONES, Action.RESULT_INVALIDATE, status=S.REVIEWED)
    assert needs_second(alone, Action.INTEGRITY_RELEASE)
    assert not needs_second(SHIPPED_ONES, Action.RESULT_APPROVE, status=S.REVIEWED)


def second(action, *roles, account=BEN, first_role=Role.APPROVER, **situation):
    standing = Standing(account, tuple(str(role) for role in roles))
    held = situation.pop("in_study", frozenset(str(role) for role in roles))
    return decide_second(
        SHIPPED_ONES, action, standing, Situation(held, **situation), first_account=ANNA, first_role=first_role
    )


def test_who_confirms():
    hold = ImageStatus.INTEGRITY_HOLD
    assert second(Action.RESULT_INVALIDATE, Role.APPROVER, status=S.APPROVED).role == Role.APPROVER
    assert second(Action.RESULT_INVALIDATE, Role.RECORDS_MANAGER, status=S.APPROVED).role == Role.RECORDS_MANAGER
    assert second(Action.RESULT_INVALIDATE, Role.APPROVER, account=ANNA).rule == "refused.independence"
    assert second(Action.RESULT_INVALIDATE, Role.ANALYST).rule == "refused.role"
    assert second(Action.INTEGRITY_RELEASE, Role.RECORDS_MANAGER, status=hold).is_allowed
    assert second(Action.INTEGRITY_RELEASE, Role.APPROVER, status=hold).rule == "refused.role"
    assert second(Action.INTEGRITY_RELEASE, Role.APPROVER, status=hold, first_role=Role.RECORDS_MANAGER).is_allowed
    assert second(Action.POLICY_EDIT, Role.SYSTEM_MANAGER).is_allowed
    assert second(Action.POLICY_EDIT, Role.SYSTEM_MANAGER, account=ANNA).rule == "refused.independence"


def test_administration_is_what_excludes():
    assert not ADMINISTRATION & DATA


# The status of an image


@pytest.mark.parametrize(
    ("results", "has_analysis", "status"),
    [
        ([], False, ImageStatus.ACQUIRED),
        ([], True, ImageStatus.IN_ANALYSIS),
        ([S.IN_ANALYSIS, S.SUBMITTED], True, ImageStatus.SUBMITTED),
        ([S.APPROVED, S.IN_ANALYSIS], True, ImageStatus.APPROVED),
        ([S.RETURNED], True, ImageStatus.RETURNED),
        ([S.SUPERSEDED, S.APPROVED], True, ImageStatus.APPROVED),
        ([S.INVALIDATED], True, ImageStatus.INVALIDATED),
        ([S.ARCHIVED, S.INVALIDATED], True, ImageStatus.ARCHIVED),
    ],
)
def test_an_image_shows_the_furthest_of_its_results(results, has_analysis, status):
    assert image_status(results, has_analysis=has_analysis) is status


def test_what_is_noted_at_the_image_itself_stands_above_its_results():
    assert image_status([S.APPROVED], has_analysis=True, is_on_hold=True) is ImageStatus.INTEGRITY_HOLD
    assert image_status([S.APPROVED], has_analysis=True, is_invalidated=True) is ImageStatus.INVALIDATED


# Copies


@pytest.mark.parametrize("action", sorted(action for action, rule in CATALOGUE.items() if rule.scope is Scope.STUDY))
def test_in_a_study_that_holds_a_copy_everybody_but_reads(action):
    """Whoever may do it elsewhere is told that this is a copy; nothing that changes data is among what may be done."""
    able = [role for role in SHIPPED if SHIPPED[role].may(action)]
    for role in able:
        verdict = ask(action, role, is_copy=True)
        assert verdict.rule in ({""} if action in ON_A_COPY else {"refused.copy"})
    if action in ON_A_COPY:
        assert not CATALOGUE[action].changes_data


def test_who_is_no_member_is_not_told_that_there_is_a_copy():
    assert ask(Action.IMAGE_IMPORT, Role.ANALYST, in_study=frozenset(), is_copy=True).rule == "refused.membership"
