"""System pages: accounts and the user log, for those whom the service lets (11.10(g), 11.300(a))."""

from __future__ import annotations

import re
import secrets

import pytest
from persons import HubPerson


@pytest.fixture(scope="module")
def manager(running_system):
    with HubPerson(running_system.url) as somebody:
        somebody.sign_in(*running_system.accounts["system_manager"])
        yield somebody


@pytest.fixture(scope="module")
def analyst(running_system):
    with HubPerson(running_system.url) as somebody:
        somebody.sign_in(*running_system.accounts["analyst"])
        yield somebody


def fields(**changed):
    return {
        "user_name": f"new-{secrets.token_hex(4)}",
        "printed_name": "Nora Newcomer",
        "roles": ["analyst", "reviewer"],
        "reason": "New in the lab",
        **changed,
    }


def test_manager_adds_a_person_and_sees_the_password_once(manager, running_system):
    new = fields()
    added = manager.post("/hub/system/accounts/new", new)
    assert added.status_code == 200
    assert added.headers["cache-control"] == "no-store"
    password = added.text.split('id="temporary-password">')[1].split("<")[0]
    later = manager.get("/hub/system/accounts").text
    assert new["user_name"] in later
    assert password not in later
    assert password not in manager.get("/hub/system/user-log").text
    for log in (running_system.data / "logs").glob("*.log"):
        assert password not in log.read_text(errors="replace"), log.name


def test_name_that_was_used_is_refused_and_nothing_typed_is_lost(manager):
    new = fields(printed_name="Nora <b>Newcomer</b>")
    assert manager.post("/hub/system/accounts/new", new).status_code == 200
    again = manager.post("/hub/system/accounts/new", new)
    assert again.status_code == 409
    assert 'role="alert"' in again.text
    assert 'value="Nora &lt;b&gt;Newcomer&lt;/b&gt;"' in again.text
    assert "<b>Newcomer" not in again.text


@pytest.mark.parametrize("changed", [{"roles": []}, {"roles": ["king"]}, {"printed_name": ""}, {"user_name": ""}])
def test_form_with_something_missing_is_refused(manager, changed):
    answer = manager.post("/hub/system/accounts/new", fields(**changed))
    assert answer.status_code == 422
    assert "Nothing was added." in answer.text


def test_missing_reason_is_refused(manager):
    assert manager.post("/hub/system/accounts/new", fields(reason="")).status_code == 422


def test_user_log_shows_sign_ins(manager, running_system):
    name, _ = running_system.accounts["system_manager"]
    page = manager.get("/hub/system/user-log")
    assert page.status_code == 200
    assert 'data-action="session.login"' in page.text
    assert name in page.text


@pytest.mark.parametrize("after", ["x", "-1", "1;drop", "²"])
def test_user_log_page_number_must_be_a_number(manager, after):
    assert manager.http.get("/hub/system/user-log", params={"after": after}).status_code == 400


@pytest.mark.parametrize("path", ["/hub/system/accounts", "/hub/system/user-log"])
def test_others_are_refused_by_the_service(analyst, path):
    answer = analyst.get(path)
    assert answer.status_code == 403
    assert "Traceback" not in answer.text
    assert "This refusal is in the audit trail (id " in answer.text


def test_others_cannot_add_a_person(analyst):
    token = analyst.cookie("_xsrf", "/hub/")
    answer = analyst.http.post("/hub/system/accounts/new", data={**fields(), "_xsrf": token})
    assert answer.status_code == 403


def test_navigation_shows_only_what_the_roles_open(manager, analyst):
    assert 'href="/hub/system"' in manager.get("/hub/home").text
    assert "/hub/system" not in analyst.get("/hub/home").text
    assert analyst.get("/hub/system").status_code == 403


def test_demo_is_marked_on_every_page(manager, running_system):
    with HubPerson(running_system.url) as stranger:
        assert 'id="demo-banner"' in stranger.get("/hub/login").text
        assert 'id="demo-banner"' in stranger.get("/hub/no-such-page").text
    for path in ("/hub/home", "/hub/password", "/hub/system/accounts", "/hub/system/user-log", "/hub/admin"):
        assert 'id="demo-banner"' in manager.get(path).text, path


def test_user_log_can_be_read_from_the_beginning(manager):
    latest = manager.get("/hub/system/user-log").text
    first = manager.get("/hub/system/user-log?after=0").text
    assert "newest first" in latest
    assert "Oldest first" in first
    assert entries(first) == sorted(entries(first))
    assert entries(latest) == sorted(entries(latest), reverse=True)


def test_user_log_is_filtered_and_keeps_the_filter_on_the_next_page(manager, running_system):
    name, password = running_system.accounts["reviewer"]
    for _ in range(2):
        with HubPerson(running_system.url) as somebody:
            somebody.sign_in(name, password)
    logins = manager.get("/hub/system/user-log?action=session.login&who=" + name).text
    assert set(re.findall('data-action="([^"]+)"', logins)) == {"session.login"}
    assert f'value="{name}"' in logins
    second = entries(logins)[1]
    later = manager.get(f"/hub/system/user-log?before={second}&action=session.login").text
    assert max(entries(later), default=0) < second
    assert "action=session.login" in later.split('id="first-page"')[1].split(">")[0]
    assert entries(manager.get("/hub/system/user-log?since=2999-01-01").text) == []
    assert manager.get("/hub/system/user-log?until=yesterday").status_code == 400
    assert manager.get("/hub/system/user-log?outcome=splendid").status_code == 400


def entries(page):
    return [int(part.split('"')[0]) for part in page.split('data-entry="')[1:]]


def test_client_address_in_the_log_cannot_be_forged_by_headers(running_system):
    with HubPerson(running_system.url) as somebody:
        somebody.http.headers.update({"X-Real-Ip": "203.0.113.9", "X-Forwarded-For": "203.0.113.8"})
        assert somebody.sign_in(*running_system.accounts["system_manager"]).status_code == 302
        page = somebody.get("/hub/system/user-log").text
    assert "203.0.113" not in page
    assert "127.0.0.1" in page
