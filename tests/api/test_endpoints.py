"""Every endpoint declares its action, and every role gets the verdict of the table at every endpoint."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from blotter_records.api.application import PREFIX, ROUTERS, UndeclaredEndpoint, create_app
from blotter_records.api.authentication import Caller
from blotter_records.domain.roles import SHIPPED
from blotter_records.services.acting.declaring import declares, rule_of
from blotter_records.vocabulary import Action, Role
from fastapi import APIRouter
from fastapi.testclient import TestClient
from requests_of_endpoints import BODIES, PARAMETERS, PARTS
from service_over_http import CLI_SECRET, HUB_SECRET, INSTRUMENT_SECRET, PLAIN

ENDPOINTS = [(route, method) for router in ROUTERS for route in router.routes for method in route.methods]
#: Judged by the step that is asked for, not by the endpoint's own action.
BY_STEP = {"/signing-intents"}


@pytest.fixture(scope="module")
def people(service):
    return {role: service.signed_in(role)._transport._token for role in Role}


#: What would end the session that the other cases use; test_sign_in and test_accounts have it.
ENDING = {Action.ACCOUNT_REPORT_COMPROMISE, Action.SESSION_END}
LASTING = [(route, method) for route, method in ENDPOINTS if rule_of(route.endpoint).action not in ENDING]


@pytest.mark.parametrize(("route", "method"), LASTING, ids=lambda part: getattr(part, "path", part))
@pytest.mark.parametrize("role", Role)
def test_every_endpoint_gives_every_role_the_verdict_of_the_table(service, people, role, route, method):
    rule = rule_of(route.endpoint)
    action = rule.action
    answer = httpx.request(
        method,
        f"{service.url}{PREFIX}{route.path.format(**PARTS)}",
        json=BODIES.get(route.path),
        params=PARAMETERS.get(route.path),
        headers={"Authorization": f"Bearer {people[role]}"},
        trust_env=False,
        verify=PLAIN,
        timeout=30,
    )
    code = answer.json().get("code", "") if "json" in answer.headers.get("content-type", "") and answer.is_error else ""
    if not isinstance(action, Action):
        assert answer.status_code == (403 if rule.services else 201)
    elif route.path in BY_STEP:
        assert (code == "refused.role") == (not SHIPPED[role].may(Action.RESULT_SUBMIT))
    else:
        assert (code == "refused.role") == (not SHIPPED[role].may(action)), answer.text


@pytest.mark.parametrize(("route", "method"), ENDPOINTS, ids=lambda part: getattr(part, "path", part))
def test_without_a_token_no_endpoint_answers(service, route, method):
    url = f"{service.url}{PREFIX}{route.path.format(**PARTS)}"
    for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Bearer service:hub:"}):
        answer = httpx.request(
            method,
            url,
            json=BODIES.get(route.path),
            params=PARAMETERS.get(route.path),
            headers=headers,
            trust_env=False,
            verify=PLAIN,
        )
        assert answer.status_code == 401, answer.text


def test_an_endpoint_without_an_action_keeps_the_service_from_starting(service):
    router = APIRouter()

    @router.get("/back-door")
    def back_door(caller: Caller) -> str:
        return "hello"

    with pytest.raises(UndeclaredEndpoint, match="/back-door declares no action"):
        create_app(service.services, [*ROUTERS, router])


def test_an_endpoint_that_asks_nobody_who_calls_keeps_the_service_from_starting(service):
    router = APIRouter()

    @router.get("/open-door")
    @declares(Action.IMAGE_LIST)
    def open_door() -> str:
        return "hello"

    with pytest.raises(UndeclaredEndpoint, match="/open-door does not ask who calls"):
        create_app(service.services, [*ROUTERS, router])


def test_unexpected_errors_say_nothing_of_the_inside(service, monkeypatch, caplog):
    def broken():
        raise RuntimeError("the inside: secret-of-the-inside")

    monkeypatch.setattr(service.services.system, "view", broken)
    token = service.signed_in(Role.AUDITOR)._transport._token
    answer = httpx.get(
        f"{service.url}{PREFIX}/system", headers={"Authorization": f"Bearer {token}"}, trust_env=False, verify=PLAIN
    )
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal.error"
    assert "inside:" not in answer.text
    incident = answer.json()["detail"].split("incident ")[1].split(")")[0]
    assert incident in caplog.text


def test_too_much_is_refused(service):
    url = f"{service.url}{PREFIX}/sessions"
    size = service.services.settings.max_message_bytes + 1
    assert httpx.post(url, content=b"x" * size, trust_env=False, verify=PLAIN).status_code == 413
    pieces = (b"x" * 65536 for _ in range(size // 65536 + 1))
    assert httpx.post(url, content=pieces, trust_env=False, verify=PLAIN).status_code == 413


def test_there_are_no_pages_of_the_framework(service):
    for path in ("/docs", "/redoc", "/openapi.json", f"{PREFIX}/docs"):
        assert httpx.get(service.url + path, trust_env=False, verify=PLAIN).status_code == 404
    # Made when it is first asked for, which takes its time.
    description = httpx.get(f"{service.url}{PREFIX}/openapi.json", trust_env=False, verify=PLAIN, timeout=60).json()
    assert description["paths"][f"{PREFIX}/images"]["post"]["x-blotter-action"] == "image.import"
    assert httpx.get(f"{service.url}{PREFIX}/healthz", trust_env=False, verify=PLAIN).json() == {"answers": True}


@pytest.mark.parametrize(("route", "method"), ENDPOINTS, ids=lambda part: getattr(part, "path", part))
def test_whatever_is_refused_is_in_the_trail_whoever_asked(service, people, route, method):
    """People at what services alone may ask, services at what people alone may do."""
    tokens = {"hub": f"service:hub:{HUB_SECRET}", "cli": f"service:cli:{CLI_SECRET}", "auditor": people[Role.AUDITOR]}
    tokens["instrument"] = f"service:instrument:{INSTRUMENT_SECRET}"
    rule = rule_of(route.endpoint)
    for who, token in tokens.items():
        if who in rule.services or (who == "auditor" and rule.action in ENDING):
            continue
        answer = httpx.request(
            method,
            f"{service.url}{PREFIX}{route.path.format(**PARTS)}",
            json=BODIES.get(route.path),
            params=PARAMETERS.get(route.path),
            headers={"Authorization": f"Bearer {token}"},
            trust_env=False,
            verify=PLAIN,
            timeout=30,
        )
        assert answer.status_code == 403 or who == "auditor", answer.text
        if answer.status_code == 403:
            assert answer.json()["entry"] is not None, (who, answer.text)


FIRST, LAST = "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"


@pytest.mark.parametrize("moment", [FIRST, LAST])
@pytest.mark.parametrize(
    ("path", "name", "who"),
    [
        ("/accounts/authority", "at", Role.SYSTEM_MANAGER),
        ("/sessions/ended", "after", "hub"),
        ("/images/IMG-000001", "as_of", Role.AUDITOR),
        ("/trail/users", "since", Role.AUDITOR),
        ("/trail/users", "until", Role.AUDITOR),
        ("/records?kind=image", "since", Role.AUDITOR),
    ],
)
def test_times_at_the_ends_of_the_calendar_are_no_question(service, path, name, who, moment):
    token = f"service:hub:{HUB_SECRET}" if who == "hub" else service.signed_in(who)._transport._token
    url = httpx.URL(f"{service.url}{PREFIX}{path}").copy_merge_params({name: moment})
    answer = httpx.get(url, headers={"Authorization": f"Bearer {token}"}, trust_env=False, verify=PLAIN, timeout=30)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid.request"), answer.text


def test_a_signing_form_with_a_field_too_many_is_refused(service):
    anna = service.signed_in(Role.ANALYST)
    intent = service.intend(anna, service.result(anna).result, Action.RESULT_SUBMIT)
    fields = dict.fromkeys(("user_name", "password", "code", "fourth", "fifth"), "x")
    answer = httpx.post(
        intent.url, data=fields, headers={"Origin": service.url}, trust_env=False, verify=PLAIN, timeout=30
    )
    assert (answer.status_code, "more fields" in answer.text) == (403, True), answer.text


def test_a_start_removes_what_interrupted_imports_left(service):
    incoming = Path(urlsplit(service.services.settings.store_url).path) / "incoming"
    incoming.mkdir(exist_ok=True)
    (incoming / "0123").write_bytes(b"half an image")
    with TestClient(create_app(service.services)):
        assert list(incoming.iterdir()) == []
