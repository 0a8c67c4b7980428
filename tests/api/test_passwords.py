"""Passwords and second factors: cost, block list, age, history, codes that are taken once (11.300)."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pyotp
import pytest
from blotter_records.domain.tasks import Task
from blotter_records.errors import Conflict, Invalid, Refused, Unauthenticated
from blotter_records.services.operating.tasks import due_tasks
from blotter_records.vocabulary import Action, Alarm, Role
from service_over_http import PLAIN

WHY = "Decided by the quality board"
NEW = "Wide 7 rivers meet here"
STEP = timedelta(seconds=30)


@pytest.mark.parametrize(
    "bad", ["Password12345!", "Iloveyou-12345", "Electrophoresis1", "Dragon-dragon-1", "Qwertyuiop-123"]
)
def test_what_is_tried_first_is_refused(service, bad):
    with pytest.raises(Invalid) as refused:
        service.signed_in(Role.ANALYST).change_password(service.password("anna.analyst"), bad)
    assert refused.value.code == "password.common"


def test_a_good_password_is_hashed_again_when_the_cost_changes_and_its_age_stays(service):
    account, _ = service.person("coco.cost")
    with service.services.ports.ledger.begin() as work:
        [before, *_] = work.secrets(account)
    assert before.hashed.startswith("v1$$2b$04$")
    service.set_policies(password__bcrypt_cost=10)
    with pytest.raises(Unauthenticated):
        service.signed_in("coco.cost", "wrong")
    with service.services.ports.ledger.begin() as work:
        assert work.secrets(account)[0] == before
    service.signed_in("coco.cost")
    with service.services.ports.ledger.begin() as work:
        [after, *_] = work.secrets(account)
    assert after.hashed.startswith("v1$$2b$10$")
    assert (after.set_at, after.id) == (before.set_at, before.id)
    assert service.entries(action="password.rehash", account=account)[-1]["new"] == {"cost": 10}
    service.signed_in("coco.cost")
    assert len(service.entries(action="password.rehash", account=account)) == 1


def test_a_password_that_was_just_chosen_stays_for_a_while_so_that_history_means_something(service):
    service.set_policies(password__min_age_hours=24)
    _, mina = service.person("mina.minimum")
    with pytest.raises(Invalid) as early:
        mina.change_password(NEW, NEW + " Two")
    assert early.value.code == "password.too_new"
    service.set_policies(password__min_age_hours=0)
    mina = service.signed_in("mina.minimum")
    assert mina.change_password(NEW, NEW + " Two")
    with pytest.raises(Invalid) as used:
        mina.change_password(NEW + " Two", NEW)
    assert used.value.code == "password.history"


def test_the_end_of_a_password_is_told_before_and_asked_for_after(service):
    _, wanda = service.person("wanda.warned")
    view = wanda.session()
    assert not view.password_warning
    service.clock.offset = timedelta(days=80)
    assert service.hub.open_session("wanda.warned", NEW, "10.0.0.7").view.password_warning
    service.clock.offset = timedelta(days=91)
    assert service.hub.open_session("wanda.warned", NEW, "10.0.0.7").view.must_change_password


def test_a_temporary_password_signs_nothing(service):
    made = service.add("tina.temporary", "Tina Temporary", Role.ANALYST)
    tina = service.signed_in("tina.temporary", made.temporary_password)
    with pytest.raises(Refused) as refused:
        service.intend(tina, made.account.account, Action.POLICY_ACCEPT)
    assert refused.value.code == "refused.password_change"


def test_who_reports_a_compromise_is_out_everywhere_until_a_reset(service):
    account, kim = service.person("kim.compromised")
    mia = service.signed_in(Role.SYSTEM_MANAGER)
    kim.report_compromise("I typed it on a strange computer")
    with pytest.raises(Unauthenticated):
        kim.session()
    with pytest.raises(Unauthenticated):
        service.signed_in("kim.compromised")
    assert mia.account(account).is_locked
    told = next(one for one in mia.notifications() if one.alarm is Alarm.COMPROMISED)
    assert "strange computer" in told.message
    with pytest.raises(Conflict):
        mia.unlock(account, WHY)
    made = mia.reset_password(account, WHY)
    assert service.signed_in("kim.compromised", made.temporary_password).session().must_change_password


def test_signing_asks_for_a_code_where_enrolment_does(service):
    """The network is the one from which the session was opened, at both; nobody's header says another."""
    account, inside = service.person("nina.network")
    rules = {"signature__totp": "outside", "network__listed": ["10.0.0.0/8"]}
    service.set_policies(**rules)
    inside = service.signed_in("nina.network")  # from 10.0.0.7
    assert not inside.session().must_enrol_totp
    service.join(account, Role.ANALYST)
    result = service.result(inside).result
    intent = service.intend(inside, result, Action.RESULT_SUBMIT)
    assert 'name="code"' not in httpx.get(intent.url, trust_env=False, verify=PLAIN).text
    answer = httpx.post(
        intent.url,
        data={"user_name": "nina.network", "password": service.password("nina.network")},
        headers={"Origin": service.url, "X-Forwarded-For": "192.0.2.9"},
        trust_env=False,
        verify=PLAIN,
    )
    assert answer.status_code == 200, answer.text
    assert service.entries(action=Action.RESULT_SUBMIT, record_kind="result")[-1]["address"] == "10.0.0.7"
    token = service.hub.open_session("nina.network", service.password("nina.network"), "192.0.2.9").token
    assert service.client(token).session().must_enrol_totp


def test_a_second_factor_is_tested_again_each_year(service):
    account, tess = service.person("tess.tested")
    with pytest.raises(Conflict):
        tess.prove_totp("000000")
    factor = pyotp.TOTP(tess.offer_totp().secret)
    tess.prove_totp(factor.at(service.clock.now() - STEP))

    def due(days: int) -> list[Task]:
        with service.services.ports.ledger.begin() as work:
            rules = service.services.configurations.current(work)
            found = due_tasks(work, rules, service.clock.now() + timedelta(days=days))
        return [one for one in found if (one.task, one.about) == ("totp", account)]

    assert due(300) == []
    [first] = due(367)
    assert first.state == "overdue"
    with pytest.raises(Invalid):
        tess.prove_totp("123")
    tess.prove_totp(factor.at(service.clock.now()))
    [second] = due(367)
    assert second.due_at > first.due_at, "counted from the newest test"
    assert "tested the second factor again" in service.entries(action="totp.enrol")[-1]["summary"]


def test_a_code_is_asked_for_proved_and_taken_once(service):
    _, otto = service.person("otto.otp")
    offer = otto.offer_totp()
    factor = pyotp.TOTP(offer.secret)
    assert offer.uri.startswith("otpauth://totp/")
    with pytest.raises(Invalid):
        otto.prove_totp("000000" if factor.at(service.clock.now()) != "000000" else "111111")
    otto.prove_totp(factor.at(service.clock.now() - STEP))
    with pytest.raises(Conflict):
        otto.offer_totp()
    service.set_policies(session__totp="on")
    assert service.hub.sign_in_rules("10.0.0.7").asks_for_code
    for code in ("", "123", factor.at(service.clock.now() - STEP)):
        with pytest.raises(Unauthenticated) as wrong:
            service.hub.open_session("otto.otp", NEW, "10.0.0.7", code)
        assert wrong.value.code == "unauthenticated.credentials"
    assert service.entries(action="session.login.failed")[-1]["new"]["why"] == "wrong one-time code"
    now = factor.at(service.clock.now())
    assert service.hub.open_session("otto.otp", NEW, "10.0.0.7", now).view.has_totp
    with pytest.raises(Unauthenticated):
        service.hub.open_session("otto.otp", NEW, "10.0.0.7", now)
    # Who has none yet may do nothing but enrol one.
    ivan = service.signed_in("ivan.instruments")
    assert ivan.session().must_enrol_totp
    with pytest.raises(Refused) as first:
        ivan.images()
    assert first.value.code == "refused.totp"
    assert ivan.offer_totp().secret


def test_inside_the_laboratory_no_code_is_asked_for(service):
    rules = service.services.configurations
    with service.services.ports.ledger.begin() as work:
        policies = rules.current(work).policies
    outside = type(policies)({**policies.values, "session.totp": "outside", "network.listed": ["10.0.0.0/8"]})
    assert not outside.asks_code("session", "10.1.2.3")
    assert outside.asks_code("session", "192.0.2.1")
    assert outside.asks_code("session", "no address")
