"""Roles, actions, steps: the tables, and the rules that no table may break (11.10(g), requirements C2, C4)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from blotter_records.domain import authority, workflow
from blotter_records.domain.policies import DEFAULTS
from blotter_records.vocabulary import Action, ImageStatus, ResultStatus, Role

ANNA, BEN, ROSA, PAUL = "ACC-000001", "ACC-000002", "ACC-000003", "ACC-000004"


def test_every_action_is_somebodys():
    allowed = set().union(*authority.MAY.values())
    assert allowed == set(Action)


def test_a_system_manager_does_nothing_with_data():
    assert not authority.MAY[Role.SYSTEM_MANAGER] & authority.CHANGES_DATA
    assert Action.SIGNATURE_INTEND not in authority.MAY[Role.SYSTEM_MANAGER]
    assert Action.IMAGE_VIEW not in authority.MAY[Role.SYSTEM_MANAGER]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SYSTEM_MANAGER])
def test_nobody_is_system_manager_and_anything_else(role):
    assert authority.excluded([role, Role.SYSTEM_MANAGER]) == {role, Role.SYSTEM_MANAGER}
    verdict = authority.decide([role, Role.SYSTEM_MANAGER], Action.USER_CREATE, DEFAULTS)
    assert verdict.rule == "refused.excluded_roles"


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.APPROVER, Role.AUDITOR, Role.RECORDS_MANAGER])
def test_who_judges_or_reads_never_changes_data(role):
    assert not authority.MAY[role] & authority.CHANGES_DATA


def test_a_temporary_password_allows_only_to_change_it():
    for action in Action:
        verdict = authority.decide([Role.ANALYST], action, DEFAULTS, must_change_password=True)
        assert verdict.is_allowed == (action in {Action.PASSWORD_CHANGE, Action.SESSION_END, Action.SESSION_VIEW})


def test_policy_can_take_importing_from_analysts():
    strict = replace(DEFAULTS, analysts_may_import=False)
    assert not authority.decide([Role.ANALYST], Action.IMAGE_IMPORT, strict).is_allowed
    verdict = authority.decide([Role.ANALYST, Role.SUPERVISOR], Action.IMAGE_IMPORT, strict)
    assert verdict.role is Role.SUPERVISOR


def test_nobody_without_a_role_does_anything():
    assert authority.allowed_actions([], DEFAULTS) == []


def judge(action, status, account, role, *, reviewer=ROSA):
    parties = workflow.Parties({ANNA}, submitter=ANNA, reviewer=reviewer)
    return workflow.step(action, status, parties, account=account, roles=[role], policies=DEFAULTS)


S = ResultStatus
ALLOWED = {
    (Action.RESULT_SUBMIT, S.IN_ANALYSIS, ANNA, Role.ANALYST),
    (Action.RESULT_SUBMIT, S.IN_ANALYSIS, BEN, Role.SUPERVISOR),
    (Action.RESULT_WITHDRAW, S.SUBMITTED, ANNA, Role.ANALYST),
    (Action.RESULT_REVIEW_START, S.SUBMITTED, BEN, Role.SUPERVISOR),
    (Action.RESULT_REVIEW_START, S.SUBMITTED, ROSA, Role.REVIEWER),
    (Action.RESULT_REVIEW_SIGN, S.IN_REVIEW, ROSA, Role.REVIEWER),
    (Action.RESULT_RETURN, S.IN_REVIEW, ROSA, Role.REVIEWER),
    (Action.RESULT_RETURN, S.REVIEWED, PAUL, Role.APPROVER),
    (Action.RESULT_APPROVE, S.REVIEWED, PAUL, Role.APPROVER),
}
PEOPLE = [(ANNA, Role.ANALYST), (BEN, Role.SUPERVISOR), (ROSA, Role.REVIEWER), (PAUL, Role.APPROVER)]


@pytest.mark.parametrize("action", workflow.TRANSITIONS)
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


def test_nothing_leaves_approved():
    assert all(S.APPROVED not in step.sources for step in workflow.TRANSITIONS.values())
    assert S.APPROVED not in workflow.OPEN_FOR_CHANGE


@pytest.mark.parametrize(
    ("results", "has_analysis", "status"),
    [
        ([], False, ImageStatus.ACQUIRED),
        ([], True, ImageStatus.IN_ANALYSIS),
        ([S.IN_ANALYSIS, S.SUBMITTED], True, ImageStatus.SUBMITTED),
        ([S.APPROVED, S.IN_ANALYSIS], True, ImageStatus.APPROVED),
        ([S.RETURNED], True, ImageStatus.RETURNED),
    ],
)
def test_an_image_shows_the_furthest_of_its_results(results, has_analysis, status):
    assert workflow.image_status(results, has_analysis=has_analysis) is status
