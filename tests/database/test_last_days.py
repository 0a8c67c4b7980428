"""Last days: none lies behind or brings an account back, and two System Managers are left at any time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from blotter_records.contract.accounts import ExpiryRequest
from blotter_records.domain.records import Account
from blotter_records.errors import Conflict, Invalid, Refused, Unauthenticated
from blotter_records.services.acting.actor import system_actor
from blotter_records.services.people.changing import change_account
from blotter_records.services.people.finding import found
from blotter_records.vocabulary import Action, Event, RecordKind, Role
from laboratory import HUB, PASSWORD, PEOPLE, open_laboratory

WHY = "Decided by the head of the laboratory"


@pytest.fixture
def lab(postgres, tmp_path, monkeypatch):
    monkeypatch.setitem(PEOPLE, "mo", ("Mo Manager", Role.SYSTEM_MANAGER))
    lab = open_laboratory(postgres.new_database(), tmp_path)
    yield lab
    lab.ledger.close()


def set_last_day(lab, of: str, day: date | None):
    account = lab.people[of].account
    version = lab.services.accounts.view(lab.people["mia"], account).version
    request = ExpiryRequest(expires_on=day, expected_version=version, reason=WHY)
    return lab.services.profiles.set_expiry(lab.people["mia"], account, request)


def ended(lab, of: str) -> None:
    """Let an account's last day have been yesterday."""
    with lab.ledger.begin() as work:
        before = found(work, lab.people[of].account)
        day = (lab.ledger.now() - timedelta(days=2)).date().isoformat()
        after = replace(Account.from_json(before.content), expires_on=day)
        change_account(work, system_actor("a test"), None, Event.ACCOUNT_DISABLE, before, after, summary="Ended")
        work.commit()


def test_no_last_day_lies_behind(lab):
    today = lab.ledger.now().date()
    with pytest.raises(Invalid) as behind:
        set_last_day(lab, "ana", today - timedelta(days=2))
    assert behind.value.code == "account.last_day"
    assert set_last_day(lab, "ana", today).status == "active"
    with pytest.raises(Conflict):
        lab.sign("mia", lab.people["ana"].account, Action.USER_REACTIVATE, reason=WHY)


def test_an_account_that_has_ended_comes_back_by_two_signatures_alone(lab):
    ended(lab, "ana")
    for day in (None, lab.ledger.now().date() + timedelta(days=30)):
        with pytest.raises(Conflict) as over:
            set_last_day(lab, "ana", day)
        assert over.value.code == "conflict.account"
    ana = lab.people["ana"].account
    lab.sign("mia", ana, Action.USER_REACTIVATE, reason=WHY)
    with pytest.raises(Unauthenticated):
        lab.services.sign_in.open(HUB, "ana", PASSWORD, "127.0.0.1")
    with lab.ledger.begin() as work:
        [proposal] = work.records(RecordKind.PROPOSAL)
    lab.sign("max", proposal.record_id, Action.PROPOSAL_COUNTERSIGN)
    assert lab.services.accounts.view(lab.people["mia"], ana).expires_on is None
    assert lab.services.sign_in.open(HUB, "ana", PASSWORD, "127.0.0.1").view.account == ana


def test_no_last_day_leaves_fewer_than_two(lab):
    soon, later = (lab.ledger.now().date() + timedelta(days=days) for days in (30, 60))
    assert set_last_day(lab, "max", soon).expires_on == soon
    with pytest.raises(Refused) as refused:
        set_last_day(lab, "mo", later)
    assert refused.value.code == "refused.last_managers"
    assert set_last_day(lab, "max", later).expires_on == later
    assert set_last_day(lab, "mo", later - timedelta(days=31)).expires_on is not None


def test_a_manager_whose_last_day_is_over_is_none_that_is_left(lab):
    ended(lab, "mo")
    for action, details in ((Action.USER_DEACTIVATE, {}), (Action.USER_ROLE_REMOVE, {"role": "system_manager"})):
        with pytest.raises(Refused) as refused:
            lab.sign("mia", lab.people["max"].account, action, reason=WHY, **details)
        assert refused.value.code == "refused.last_managers"
    # The one that has ended is not missed.
    proposal = lab.sign("mia", lab.people["mo"].account, Action.USER_DEACTIVATE, reason=WHY)
    assert proposal.startswith("SIG-")


def test_four_eyes_stay_when_the_last_day_of_the_other_is_over(lab):
    for name in ("mo", "max"):
        ended(lab, name)
    ana = lab.people["ana"].account
    lab.sign("mia", ana, Action.USER_DEACTIVATE, reason=WHY)
    assert lab.services.accounts.view(lab.people["mia"], ana).status == "active"
