"""Every endpoint declares its action, and every role gets the verdict of the table at every endpoint."""

from __future__ import annotations

import httpx
import pytest
from blotter_records.api.application import PREFIX, ROUTERS, UndeclaredEndpoint, create_app
from blotter_records.api.authentication import Caller
from blotter_records.domain.authority import MAY
from blotter_records.services.declaring import declares, rule_of
from blotter_records.vocabulary import Action, Role
from fastapi import APIRouter

#: What an endpoint of an action is asked with; what is missing here has no body.
BODIES = {
    "/accounts": {"user_name": "role.matrix", "printed_name": "Role Matrix", "roles": ["auditor"], "reason": "x" * 12},
    "/analyses": {"image": "IMG-999999"},
    "/analyses/{analysis}/gestures": {
        "gesture": "shape.add",
        "expected_rev": 1,
        "shapes": [],
        "background": {},
        "idempotency_key": "12345678",
    },
    "/analyses/{analysis}/versions": {"expected_rev": 1, "idempotency_key": "12345678"},
    "/results": {"analyses": ["ANL-999999.1"], "idempotency_key": "12345678"},
    "/results/{result}/versions": {
        "analyses": ["ANL-999999.1"],
        "expected_rev": 1,
        "reason": "Nothing to see here",
        "idempotency_key": "12345678",
    },
    "/signing-intents": {"result": "RES-999999", "action": "result.submit"},
    "/notebooks/{name}": {"expected_version": 7, "cells": []},
    "/account/password": {"current_password": "x", "new_password": "x"},
    "/refusals": {"kind": "cell", "summary": "a = 1"},
    "/sessions": {"user_name": "x", "password": "x", "client_address": "x"},
}
PARTS = {
    "image": "IMG-999999",
    "analysis": "ANL-999999",
    "version": "1",
    "result": "RES-999999",
    "intent": "A" * 43,
    "export": "EXP-999999",
    "name": "Nothing.ipynb",
    "pixels_sha256": "0" * 64,
    "level": "0",
    "row": "0",
    "column": "0",
}
ENDPOINTS = [(route, method) for router in ROUTERS for route in router.routes for method in route.methods]
#: Judged by the step that is asked for, not by the endpoint's own action.
BY_STEP = {"/signing-intents"}


@pytest.fixture(scope="module")
def people(service):
    return {role: service.signed_in(role)._transport._token for role in Role}


#: Signing out would end the session that the other cases use; test_sign_in has it.
LASTING = [(route, method) for route, method in ENDPOINTS if rule_of(route.endpoint).action is not Action.SESSION_END]


@pytest.mark.parametrize(("route", "method"), LASTING, ids=lambda part: getattr(part, "path", part))
@pytest.mark.parametrize("role", Role)
def test_every_endpoint_gives_every_role_the_verdict_of_the_table(service, people, role, route, method):
    action = rule_of(route.endpoint).action
    answer = httpx.request(
        method,
        f"{service.url}{PREFIX}{route.path.format(**PARTS)}",
        json=BODIES.get(route.path),
        params={"file_name": "a.tif", "reason": "Nothing to see here"} if route.path == "/images" else None,
        headers={"Authorization": f"Bearer {people[role]}"},
        trust_env=False,
        timeout=30,
    )
    code = answer.json().get("code", "") if "json" in answer.headers["content-type"] and answer.is_error else ""
    if not isinstance(action, Action):
        assert answer.status_code == (403 if route.path == "/sessions" else 201)
    elif route.path in BY_STEP:
        assert (code == "refused.role") == (Action.RESULT_SUBMIT not in MAY[role])
    else:
        assert (code == "refused.role") == (action not in MAY[role]), answer.text


@pytest.mark.parametrize(("route", "method"), ENDPOINTS, ids=lambda part: getattr(part, "path", part))
def test_without_a_token_no_endpoint_answers(service, route, method):
    url = f"{service.url}{PREFIX}{route.path.format(**PARTS)}"
    for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Bearer service:hub:"}):
        answer = httpx.request(
            method,
            url,
            json=BODIES.get(route.path),
            params={"file_name": "a"},
            headers=headers,
            trust_env=False,
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
    answer = httpx.get(f"{service.url}{PREFIX}/system", headers={"Authorization": f"Bearer {token}"}, trust_env=False)
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal.error"
    assert "inside:" not in answer.text
    incident = answer.json()["detail"].split("incident ")[1].split(")")[0]
    assert incident in caplog.text


def test_too_much_is_refused(service):
    url = f"{service.url}{PREFIX}/sessions"
    size = service.services.settings.max_message_bytes + 1
    assert httpx.post(url, content=b"x" * size, trust_env=False).status_code == 413
    pieces = (b"x" * 65536 for _ in range(size // 65536 + 1))
    assert httpx.post(url, content=pieces, trust_env=False).status_code == 413


def test_there_are_no_pages_of_the_framework(service):
    for path in ("/docs", "/redoc", "/openapi.json", f"{PREFIX}/docs"):
        assert httpx.get(service.url + path, trust_env=False).status_code == 404
    description = httpx.get(f"{service.url}{PREFIX}/openapi.json", trust_env=False).json()
    assert description["paths"][f"{PREFIX}/images"]["post"]["x-blotter-action"] == "image.import"
    assert httpx.get(f"{service.url}{PREFIX}/healthz", trust_env=False).json() == {"answers": True}
