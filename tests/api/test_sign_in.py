"""Signing in: who can, who cannot, what is said, what is written; sessions that end; passwords."""

from __future__ import annotations

import statistics
import time
from datetime import timedelta

import httpx
import pytest
from blotter_records.contract.accounts import AccountRequest
from blotter_records.errors import Conflict, Invalid, Refused, Unauthenticated
from blotter_records.services.operating.demo import DEMO_PASSWORD, PEOPLE
from blotter_records.vocabulary import Action, Role
from service_over_http import CHEAP, PLAIN

NEW = "Wide 7 rivers meet here"


def add(service, user_name: str, role: Role = Role.ANALYST):
    return service.add(user_name, "Carla Nowak", role)


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.role)
def test_every_person_of_the_demo_signs_in(service, person):
    view = service.signed_in(person.user_name).session()
    assert view.roles == [person.role]
    assert not view.must_change_password
    assert (Action.ANALYSIS_EDIT in view.actions) == (person.role in {Role.ANALYST, Role.SUPERVISOR})
    assert (Action.USER_CREATE in view.actions) == (person.role is Role.SYSTEM_MANAGER)


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("anna.analyst", "wrong"),
        ("nobody.here", DEMO_PASSWORD),
        ("", ""),
        ("anna.analyst", ""),
        ("ＡＮＮＡ", "x" * 300),
    ],
)
def test_a_failed_sign_in_says_the_same_whatever_was_wrong(service, name, password):
    before = len(service.entries())
    with pytest.raises(Unauthenticated) as failed:
        service.hub.open_session(name, password, "10.0.0.9")
    assert len(service.entries()) == before + 1
    assert failed.value.code == "unauthenticated.credentials"
    assert failed.value.entry is None
    assert failed.value.message == "User name or password is wrong, or the account cannot be used."
    entry = service.entries(action="session.login.failed")[-1]
    assert entry["address"] == "10.0.0.9"
    assert "nobody.here" not in str(entry)


@pytest.mark.parametrize("name", ["anna.analyst", "nobody.here"])
def test_a_nul_in_what_was_typed_is_refused_for_every_name_alike(service, name):
    for user_name, password in ((name, "\0" * 20), (f"{name}\0", DEMO_PASSWORD)):
        with pytest.raises(Invalid) as refused:
            service.hub.open_session(user_name, password, "10.0.0.9")
        assert refused.value.code == "invalid.text"
        assert "nobody" not in refused.value.message


def test_names_are_the_same_whatever_case_and_width(service):
    assert service.hub.open_session(" ＡＮＮＡ.analyst ", DEMO_PASSWORD, "a").view.user_name == "anna.analyst"


def test_only_the_hub_opens_sessions(service):
    for client in (service.cli, service.signed_in(Role.SYSTEM_MANAGER)):
        with pytest.raises(Refused) as refused:
            client.open_session("anna.analyst", DEMO_PASSWORD, "10.0.0.9")
        assert refused.value.code == "refused.service"
    with pytest.raises(Unauthenticated):
        service.client("service:hub:wrong").open_session("anna.analyst", DEMO_PASSWORD, "10.0.0.9")


def test_unknown_and_known_names_take_the_same_time(service):
    """A hash is computed for both; at the tests' low cost the rest of the work is most of the time."""
    credentials = service.services.credentials

    def took(name: str) -> float:
        began = time.perf_counter()
        with pytest.raises(Unauthenticated):
            service.hub.open_session(name, "wrong password", "10.0.0.9")
        return time.perf_counter() - began

    unknown = statistics.median(took(f"nobody.{number}") for number in range(9))
    add(service, "time.taken")
    known = statistics.median(took("time.taken") for _ in range(4))
    assert credentials._nobody[4].startswith("v1$$2b$04$")
    assert 0.2 < unknown / known < 5


def test_five_failures_lock_for_a_while_and_locked_attempts_do_not_prolong_it(service):
    made = add(service, "carla.nowak")
    first = service.signed_in("carla.nowak", made.temporary_password)
    first.change_password(made.temporary_password, NEW)
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            service.hub.open_session("carla.nowak", "wrong", "10.0.0.9")
    assert service.entries(action="session.login.failed")[-1]["new"]["locked_now"] is True
    with pytest.raises(Unauthenticated):
        service.hub.open_session("carla.nowak", NEW, "10.0.0.9")
    assert service.entries(action="session.login.failed")[-1]["new"]["why"] == "the account is locked"
    service.clock.offset = timedelta(minutes=16)
    assert service.hub.open_session("carla.nowak", NEW, "10.0.0.9").view.failed_sign_ins_since == 6


def test_a_temporary_password_is_changed_before_anything_else(service):
    made = add(service, "dora.first")
    assert made.account.must_change_password
    dora = service.signed_in("dora.first", made.temporary_password)
    assert dora.session().must_change_password
    for question in (dora.images, dora.notebooks, dora.results, lambda: dora.start_analysis("IMG-000001")):
        with pytest.raises(Refused) as refused:
            question()
        assert refused.value.code == "refused.password_change"
    for bad, code in [
        ("short", "password.length"),
        ("alllowercaseletters", "password.classes"),
        ("Dora-First-12345", "password.name"),
        ("Password12345678!", "password.common"),
        (made.temporary_password, "password.history"),
    ]:
        with pytest.raises(Invalid) as invalid:
            dora.change_password(made.temporary_password, bad)
        assert invalid.value.code == code
    with pytest.raises(Unauthenticated):
        dora.change_password("not the present one", NEW)
    assert not dora.change_password(made.temporary_password, NEW).must_change_password
    assert dora.studies() == []
    with pytest.raises(Invalid) as used:
        dora.change_password(NEW, NEW)
    assert used.value.code == "password.history"


def test_a_temporary_password_opens_one_session_within_a_day(service):
    made = add(service, "emil.late")
    service.clock.offset = timedelta(hours=25)
    with pytest.raises(Unauthenticated):
        service.hub.open_session("emil.late", made.temporary_password, "a")
    service.clock.offset = timedelta()
    service.hub.open_session("emil.late", made.temporary_password, "a")
    with pytest.raises(Unauthenticated):
        service.hub.open_session("emil.late", made.temporary_password, "a")
    assert service.entries(action="session.login.failed")[-1]["new"]["why"] == "the temporary password has been used"


def test_an_old_password_has_to_be_changed(service):
    service.clock.offset = timedelta(days=91)
    view = service.hub.open_session("ruth.records", DEMO_PASSWORD, "a").view
    assert view.must_change_password
    assert service.entries(action="password.expired")[-1]["account"] == view.account


def test_a_second_session_ends_the_first(service):
    first = service.signed_in(Role.AUDITOR)
    second = service.signed_in(Role.AUDITOR)
    with pytest.raises(Unauthenticated):
        first.session()
    assert second.session().last_sign_in_at is not None
    assert service.entries(action="session.terminated")[-1]["new"] == {
        "cause": "replaced",
        "account": second.session().account,
    }


def test_a_session_ends_when_idle_and_after_its_longest_time(service):
    ines = service.signed_in(Role.AUDITOR)
    idle_minutes = CHEAP["session.idle_minutes"]
    service.clock.offset = timedelta(minutes=idle_minutes - 1)
    ines.session()
    service.clock.offset = timedelta(minutes=idle_minutes, seconds=1)
    with pytest.raises(Unauthenticated) as idle:
        ines.session()
    assert idle.value.code == "unauthenticated.idle"
    service.clock.offset = timedelta()
    with pytest.raises(Unauthenticated):
        ines.session()
    assert service.entries(action="session.idle_end")[-1]["user_name"] == "ines.auditor"


def test_input_keeps_a_session_and_asking_does_not(service):
    ines = service.signed_in(Role.AUDITOR)
    before = ines.session().idle_ends_at
    assert ines.session().idle_ends_at == before
    assert ines.heartbeat().idle_ends_at > before


def test_signing_out_ends_it(service):
    ines = service.signed_in(Role.AUDITOR)
    ines.end_session()
    with pytest.raises(Unauthenticated):
        ines.session()


def test_the_command_line_adds_only_the_first_two_managers(service):
    request = AccountRequest(
        user_name="third.manager",
        printed_name="Third Manager",
        roles=[Role.SYSTEM_MANAGER],
        reason="One more, quietly",
    )
    with pytest.raises(Refused) as refused:
        service.cli.create_account(request)
    assert refused.value.code == "refused.first_managers"
    assert service.entries(action="action.refused")[-1]["service"] == "cli"


@pytest.mark.parametrize(
    ("user_name", "printed_name", "roles", "reason", "code"),
    [
        ("ａｎｎａ.analyst", "Anna Other", [Role.ANALYST], "Same name in wide letters", "conflict.user_name"),
        ("Anna.Analyst", "Anna Other", [Role.ANALYST], "Same name in capitals", "user_name.form"),
        ("admin", "Anna Other", [Role.ANALYST], "A name that is nobody's", "user_name.generic"),
        ("new.one", "Anna", [Role.ANALYST], "Only one name was given", "printed_name.form"),
        ("new.one", "New One", [Role.ANALYST, Role.SYSTEM_MANAGER], "Both at the same time", "account.roles"),
        ("new.one", "New One", [Role.ANALYST], "x", "reason.short"),
        ("new.one", "New One", [Role.ANALYST], "aaaaaaaaaaaaaaaa", "reason.junk"),
        ("new.one", "New One", [Role.ANALYST], "asdfasdfasdfasdf", "reason.junk"),
        ("new.one", "New One", [Role.ANALYST], "", "reason.missing"),
    ],
)
def test_accounts_that_cannot_be(service, user_name, printed_name, roles, reason, code):
    manager = service.signed_in(Role.SYSTEM_MANAGER)
    with pytest.raises((Invalid, Conflict)) as refused:
        manager.create_account(
            AccountRequest(user_name=user_name, printed_name=printed_name, roles=roles, reason=reason)
        )
    assert refused.value.code == code


def test_nobody_else_adds_people(service):
    anna = service.signed_in(Role.ANALYST)
    request = AccountRequest(
        user_name="my.friend", printed_name="My Friend", roles=[Role.APPROVER], reason="To approve my results"
    )
    with pytest.raises(Refused) as refused:
        anna.create_account(request)
    assert refused.value.code == "refused.role"


def test_without_a_token_nothing_answers_and_the_burst_is_two_entries(service):
    service.services.refusals.close_bursts(everything=True)
    before = len(service.entries(action="api.unauthorised"))
    for _ in range(40):
        answer = httpx.get(f"{service.url}/api/v1/images", trust_env=False, verify=PLAIN)
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
    service.services.refusals.close_bursts(everything=True)
    written = service.entries(action="api.unauthorised")[before:]
    assert len(written) == 2
    assert written[1]["new"]["count"] == 39


def test_no_password_is_in_the_database_or_in_an_answer(service, database):
    made = add(service, "fina.hidden")
    fina = service.signed_in("fina.hidden", made.temporary_password)
    fina.change_password(made.temporary_password, NEW + " Fjord")
    with pytest.raises(Unauthenticated):
        service.hub.open_session("fina.hidden", "a wrong Password 99", "10.0.0.9")
    too_long = httpx.post(
        f"{service.url}/api/v1/account/password",
        json={"current_password": NEW + " Fjord", "new_password": "Lang" * 400, "x": "Extra 1 secret"},
        headers={"Authorization": f"Bearer {fina._transport._token}"},
        trust_env=False,
        verify=PLAIN,
    )
    assert too_long.status_code == 422
    for secret in (made.temporary_password, NEW + " Fjord", "LangLang", "Extra 1 secret", "a wrong Password 99"):
        assert secret not in too_long.text
        with database.connect("postgres") as connection:
            tables = connection.execute(
                "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN ('audit', 'records')"
            ).fetchall()
            for (table,) in tables:
                count = connection.execute(
                    f"SELECT count(*) FROM {table} AS t WHERE position(%s IN t::text) > 0", [secret]
                ).fetchone()
                assert count == (0,), table
