"""Sign-in, forced password change, sign-out and the end of a session (11.10(d), 11.300), at the real hub."""

from __future__ import annotations

import secrets

import pytest
from managing import change_password, taken_in
from persons import HubPerson, leads_to, until

NEW_PASSWORD = f"a sentence of {secrets.token_hex(6)} words"
FORCED = "/hub/password"
ELSEWHERE = ["/hub/home", "/hub/", "/hub/spawn", "/hub/system/accounts", "/hub/user/somebody/lab"]


@pytest.fixture
def person(running_system):
    with HubPerson(running_system.url) as somebody:
        yield somebody


@pytest.fixture
def newcomer(running_system):
    """A new analyst, whose identity was verified and who was activated: user name and temporary password."""
    name = f"new-{secrets.token_hex(4)}"
    return name, taken_in(running_system, name)


def test_good_password_opens_home(running_system, person):
    answer = person.sign_in(*running_system.accounts["analyst"])
    assert leads_to(answer) == "/hub/home"
    assert 'id="start"' in person.get("/hub/home").text


def test_bad_password_and_unknown_name_get_the_same_answer(running_system, person):
    name, _ = running_system.accounts["analyst"]
    wrong = person.sign_in(name, "not the password")
    unknown = person.sign_in("nobody-has-this-name", "not the password")
    assert wrong.status_code == unknown.status_code == 403
    assert note(wrong) == note(unknown)
    assert leads_to(person.get("/hub/home")) == "/hub/login"


def note(answer):
    return answer.text.split('role="alert"')[1].split("</div>")[0]


def test_typed_password_is_not_shown_again(person):
    assert "s3cret-typed-here" not in person.sign_in("somebody", "s3cret-typed-here").text


def test_name_in_other_case_is_the_same_person(running_system, person):
    name, password = running_system.accounts["analyst"]
    assert person.sign_in(f" {name.upper()} ", password).status_code == 302
    assert f"<dd>{name}</dd>" in person.get("/hub/home").text


def test_temporary_password_reaches_nothing_but_the_change(person, newcomer):
    name, temporary = newcomer
    person.sign_in(name, temporary)
    assert {path: leads_to(person.get(path)) for path in ELSEWHERE} == dict.fromkeys(ELSEWHERE, FORCED)
    assert person.get("/hub/token").status_code == 403
    assert person.call("GET", "/hub/api/user").status_code == 403
    assert person.call("POST", f"/hub/api/users/{name}/server").status_code == 403
    assert person.call("POST", f"/hub/api/users/{name}/tokens").status_code == 403


def test_new_password_opens_the_rest_and_the_old_one_is_gone(running_system, person, newcomer):
    name, temporary = newcomer
    person.sign_in(name, temporary)
    differs = person.post(FORCED, {"current_password": temporary, "new_password": "a", "new_password_2": "b"})
    assert differs.status_code == 422
    assert change_password(person, temporary, "short").status_code == 422
    assert change_password(person, "not the temporary one", NEW_PASSWORD).status_code in {401, 403}
    assert leads_to(person.get("/hub/home")) == FORCED
    assert leads_to(change_password(person, temporary, NEW_PASSWORD)) == "/hub/home"
    assert person.get("/hub/home").status_code == 200
    with HubPerson(running_system.url) as again:
        assert again.sign_in(name, temporary).status_code == 403
        assert again.sign_in(name, NEW_PASSWORD).status_code == 302


def test_change_leads_on_to_what_was_asked_for_but_never_off_the_hub(person, newcomer):
    name, temporary = newcomer
    person.sign_in(name, temporary)
    asked = person.get("/hub/spawn").headers["location"]
    assert 'name="next" value="/hub/spawn"' in person.get(asked).text
    for outside in ("//evil.example/", "https://evil.example/", "/\\evil.example"):
        assert 'name="next" value="/hub/home"' in person.http.get(FORCED, params={"next": outside}).text


def test_signing_out_makes_the_cookies_worthless(running_system, person):
    person.sign_in(*running_system.accounts["reviewer"])
    assert person.get("/hub/home").status_code == 200
    kept = dict(person.http.cookies.items())
    assert leads_to(person.get("/hub/logout")) == "/hub/login"
    with HubPerson(running_system.url) as thief:
        thief.http.cookies.update(kept)
        assert leads_to(thief.get("/hub/home")) == "/hub/login"


def test_signing_in_elsewhere_ends_the_older_session(running_system, person):
    person.sign_in(*running_system.accounts["reviewer"])
    with HubPerson(running_system.url) as elsewhere:
        assert elsewhere.sign_in(*running_system.accounts["reviewer"]).status_code == 302
        assert leads_to(person.get("/hub/home")) == "/hub/login"
        assert elsewhere.get("/hub/home").status_code == 200


def test_other_host_name_is_led_to_the_published_one(running_system, person):
    port = person.http.base_url.port
    answer = person.http.get(f"http://127.0.0.1:{port}/hub/login")
    assert answer.headers["location"].startswith(f"http://localhost:{port}/hub/login")


def test_the_hubs_api_is_not_asked_under_a_foreign_name(running_system, person):
    person.sign_in(*running_system.accounts["reviewer"])
    assert person.call("GET", "/hub/api/user").status_code == 200
    refused = person.http.get("/hub/api/user", headers={"Host": "evil.example"})
    assert refused.status_code == 403
    assert "under that name" in refused.text


def test_pages_allow_no_inline_script_and_no_cache(running_system, person):
    person.sign_in(*running_system.accounts["analyst"])
    answer = person.get("/hub/home")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert "<script>" not in answer.text


def test_session_that_ends_takes_the_server_with_it(running_system, person):
    name, password = running_system.accounts["analyst"]
    person.sign_in(name, password)
    person.open_server(name)
    api = f"/user/{name}/api/status"
    assert until(lambda: person.call("GET", api).status_code == 200, 10)
    with HubPerson(running_system.url) as elsewhere:  # one session for each person: this one ends the other
        elsewhere.sign_in(name, password)
        until(lambda: person.call("GET", api).status_code not in {200, 204}, 5)
        assert leads_to(person.get("/hub/home")) == "/hub/login"
        assert "Open the notebooks" in elsewhere.get("/hub/home").text
