"""Roles and policies: signed by two, old and new in the trail, for sessions that are opened afterwards."""

from __future__ import annotations

import numpy as np
import pytest
from blotter_records.adapters.image_files import to_tiff
from blotter_records.errors import Conflict, Invalid, NotFound, Refused, Unauthenticated
from blotter_records.vocabulary import Action, ProposalStatus, Role

WHY = "Decided by the quality board"
CFG = "CFG-000001"


@pytest.fixture(scope="module")
def mia(service):
    return service.signed_in(Role.SYSTEM_MANAGER)


@pytest.fixture(scope="module")
def max_(service):
    return service.signed_in("max.manager")


def both(service, mia, max_, action, record=CFG, **details):
    first = service.sign(mia, record, action, WHY, **details)
    service.sign(max_, first.proposal, Action.PROPOSAL_COUNTERSIGN)
    return first.proposal


def test_a_policy_is_changed_by_two_and_holds_for_new_sessions(service, mia, max_):
    anna = service.signed_in(Role.ANALYST)
    before = anna.configuration()
    proposal = service.sign(mia, CFG, Action.POLICY_EDIT, WHY, values={"reason.min_chars": 25}).proposal
    waiting = max_.proposal(proposal)
    assert (waiting.status, waiting.may_countersign) == (ProposalStatus.WAITING, True)
    assert [(one.before, one.after) for one in waiting.facts] == [("10", "25")]
    assert anna.configuration().newest == before.revision  # nothing has changed yet
    with pytest.raises(Refused) as own:
        service.intend(mia, proposal, Action.PROPOSAL_COUNTERSIGN)
    assert own.value.code == "refused.independence"
    service.sign(max_, proposal, Action.PROPOSAL_COUNTERSIGN)

    entry = service.entries(action=Action.POLICY_EDIT)[-1]
    assert (list(entry["old"].values()), list(entry["new"].values())) == (["10"], ["25"])
    assert entry["proposer"]["printed_name"] == "Mia Schneider"
    assert entry["authoriser"]["printed_name"] == "Max Tanaka"
    assert entry["signature"].startswith("SIG-")

    def policy(view):
        return next(one.value for one in view.policies if one.name == "reason.min_chars")

    assert policy(anna.configuration(before.revision)) == 10
    assert policy(anna.configuration()) == 25
    # The session that was open goes on under the revision that it was opened with.
    assert anna.session().configuration == before.revision
    study = anna.studies()[0].study
    short = "Twelve chars"
    anna.import_image("short.tif", short, blot(), study=study)
    again = service.signed_in(Role.ANALYST)
    assert again.session().configuration == before.revision + 1
    with pytest.raises(Invalid) as too_short:
        again.import_image("short.tif", short, blot(), study=study)
    assert too_short.value.code == "reason.short"
    imported = service.entries(action=Action.IMAGE_IMPORT)[-1]
    assert imported["configuration"] == before.revision
    both(service, mia, max_, Action.POLICY_EDIT, values={"reason.min_chars": 10})


def blot() -> bytes:
    blot.seed += 1
    return to_tiff(np.full((16, 16), blot.seed, dtype=np.uint16))


blot.seed = 0


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"reason.min_chars": 100_000}, "policy.value"),
        ({"password.max_length": 8}, "policy.fixed"),
        ({"authority.unknown": "allow"}, "policy.fixed"),
        ({"trail.off": True}, "policy.unknown"),
        ({"reason.min_chars": "ten"}, "policy.value"),
        ({"reason.rule.image.import": "none"}, "policy.value"),
    ],
)
def test_what_a_policy_cannot_be_is_refused(service, mia, values, code):
    with pytest.raises(Invalid) as refused:
        service.intend(mia, CFG, Action.POLICY_EDIT, WHY, values=values)
    assert refused.value.code == code


def test_a_proposal_is_declined_or_taken_back_and_stays(service, mia, max_):
    proposal = service.sign(mia, CFG, Action.POLICY_EDIT, WHY, values={"password.history": 12}).proposal
    declined = max_.decline_proposal(proposal, "Not before the audit")
    assert declined.status is ProposalStatus.DECLINED
    with pytest.raises(Conflict):
        service.intend(max_, proposal, Action.PROPOSAL_COUNTERSIGN)
    taken_back = service.sign(mia, CFG, Action.POLICY_EDIT, WHY, values={"password.history": 14}).proposal
    assert mia.decline_proposal(taken_back, "The number was mistyped").status is ProposalStatus.DECLINED
    assert {proposal, taken_back} <= {one.proposal for one in mia.proposals(only_waiting=False)}


def test_a_change_that_was_overtaken_is_not_confirmed(service, mia, max_):
    slow = service.sign(mia, CFG, Action.POLICY_EDIT, WHY, values={"password.history": 15}).proposal
    role = {"name": "overtaker", "label": "Overtaker", "actions": ["image.list", "study.view"]}
    both(service, max_, mia, Action.ROLE_CREATE, **role)
    with pytest.raises(Conflict) as changed:
        service.intend(max_, slow, Action.PROPOSAL_COUNTERSIGN)
    assert changed.value.code == "conflict.changed"
    mia.decline_proposal(slow, "Overtaken by another change")


def test_a_site_defines_a_role_and_it_works(service, mia, max_):
    actions = ["study.view", "image.list", "image.view", "record.search"]
    both(service, mia, max_, Action.ROLE_CREATE, name="visitor", label="Visitor", actions=actions)
    view = mia.configuration()
    visitor = next(one for one in view.roles if one.name == "visitor")
    assert (visitor.is_shipped, visitor.is_retired, sorted(visitor.actions)) == (False, False, sorted(actions))
    account = next(one.account for one in mia.accounts() if one.user_name == "ivan.instruments")
    # Account and role are changed by people whose sessions know the new role.
    mia2, max2 = service.signed_in(Role.SYSTEM_MANAGER), service.signed_in("max.manager")
    both(service, mia2, max2, Action.USER_ROLE_ASSIGN, record=account, role="visitor")
    ivan = service.signed_in("ivan.instruments")
    assert "visitor" in ivan.session().roles
    assert Action.IMAGE_VIEW in ivan.session().actions
    with pytest.raises(Refused):
        ivan.start_analysis("IMG-000001")
    both(service, mia2, max2, Action.ROLE_RETIRE, name="visitor")
    assert next(one for one in mia2.configuration().roles if one.name == "visitor").is_retired
    mia3 = service.signed_in(Role.SYSTEM_MANAGER)
    with pytest.raises((Invalid, NotFound, Conflict)):
        service.intend(mia3, account, Action.USER_ROLE_ASSIGN, WHY, role="visitor")


@pytest.mark.parametrize(
    ("details", "why"),
    [
        ({"name": "boss", "label": "Boss", "actions": ["policy.edit", "image.import"]}, "administers and has data"),
        ({"name": "both", "label": "Both", "actions": ["result.approve", "analysis.save"]}, "makes and approves"),
        ({"name": "analyst", "label": "Analyst", "actions": ["image.list"]}, "a shipped name"),
        ({"name": "none", "label": "None", "actions": ["image.erase"]}, "an unknown action"),
        (
            {"name": "wide", "label": "Wide", "actions": ["image.list"], "across": ["analysis.save"]},
            "across it has not",
        ),
    ],
)
def test_no_role_weakens_a_fixed_rule(service, details, why):
    mia = service.signed_in(Role.SYSTEM_MANAGER)
    with pytest.raises((Invalid, Conflict)):
        service.intend(mia, CFG, Action.ROLE_CREATE, WHY, **details)
    assert not [one for one in service.entries(action=Action.ROLE_CREATE) if details["name"] in str(one["new"])], why


def test_a_role_on_data_and_system_manager_exclude_each_other(service):
    mia = service.signed_in(Role.SYSTEM_MANAGER)
    account = next(one.account for one in mia.accounts() if one.user_name == "anna.analyst")
    with pytest.raises((Refused, Invalid, Conflict)) as excluded:
        service.intend(mia, account, Action.USER_ROLE_ASSIGN, WHY, role="system_manager")
    assert "system" in excluded.value.message.lower()


def test_two_active_system_managers_remain(service):
    mia = service.signed_in(Role.SYSTEM_MANAGER)
    account = next(one.account for one in mia.accounts() if one.user_name == "max.manager")
    for action, details in (
        (Action.USER_DEACTIVATE, {}),
        (Action.USER_ROLE_REMOVE, {"role": "system_manager"}),
    ):
        with pytest.raises((Refused, Invalid, Conflict)) as refused:
            service.intend(mia, account, action, WHY, **details)
        assert "two" in refused.value.message.lower()


def test_a_deactivated_person_is_out_at_once_and_comes_back_with_the_same_account(service):
    mia, max_ = service.signed_in(Role.SYSTEM_MANAGER), service.signed_in("max.manager")
    ruth = service.signed_in(Role.RECORDS_MANAGER)
    account = next(one.account for one in mia.accounts() if one.user_name == "ruth.records")
    both(service, mia, max_, Action.USER_DEACTIVATE, record=account)
    with pytest.raises(Unauthenticated):
        ruth.session()
    with pytest.raises(Unauthenticated):
        service.signed_in(Role.RECORDS_MANAGER)
    both(service, mia, max_, Action.USER_REACTIVATE, record=account)
    assert service.signed_in(Role.RECORDS_MANAGER).session().account == account
