"""What JupyterHub offers and Blotter closes: stock administration, tokens, sharing, groups (11.200(a)(2), 11.10(g))."""

from __future__ import annotations

import re

import pytest
from blotter_hub.pages.routes import GATED, OPEN, OURS, routes
from blotter_records.contract.trail import TrailQuestion
from jupyterhub import apihandlers, handlers
from persons import HubPerson, leads_to, until

CLOSED = [
    "/hub/admin",
    "/hub/token",
    "/hub/accept-share?code=x",
    "/hub/metrics",
    "/hub/api/metrics",
    "/hub/user-redirect/lab",
    "/hub/spawn/somebody/named",
    "/hub/api/users",
    "/hub/api/users/somebody",
    "/hub/api/users/somebody/tokens",
    "/hub/api/users/somebody/servers/named",
    "/hub/api/groups",
    "/hub/api/services",
    "/hub/api/proxy",
    "/hub/api/info",
    "/hub/api/shares/somebody",
    "/hub/api/share-codes/somebody",
]


@pytest.fixture(scope="module", params=["analyst", "system_manager"])
def person(request, running_system):
    with HubPerson(running_system.url) as somebody:
        name, password = running_system.accounts[request.param]
        assert somebody.sign_in(name, password).status_code == 302
        somebody.name = name
        yield somebody


@pytest.mark.parametrize("path", CLOSED)
def test_closed_for_everybody(person, path):
    assert person.get(path).status_code == 403
    assert person.call("POST", path).status_code == 403
    assert person.call("DELETE", path).status_code == 403


@pytest.mark.parametrize("path", CLOSED)
def test_closed_for_strangers(running_system, path):
    with HubPerson(running_system.url) as stranger:
        assert stranger.get(path).status_code == 403


def test_no_token_can_be_made_and_no_hub_shut_down(person):
    assert person.call("POST", f"/hub/api/users/{person.name}/tokens").status_code == 403
    assert person.call("POST", "/hub/api/shutdown").status_code == 403


def test_nobody_is_admin(person):
    told = person.call("GET", "/hub/api/user").json()
    assert told["admin"] is False
    assert {scope.split("!")[0] for scope in told["scopes"]}.isdisjoint(
        {"tokens", "admin:users", "admin:servers", "access:services", "admin-ui", "shares", "inherit"}
    )


def test_other_peoples_servers_cannot_be_started(person):
    assert person.get("/hub/spawn/somebody-else").status_code in {403, 404}
    assert person.call("POST", "/hub/api/users/somebody-else/server").status_code in {403, 404}


def test_every_route_of_jupyterhub_is_ours_gated_open_or_closed():
    theirs = {pattern for pattern, *_ in [*handlers.default_handlers, *apihandlers.default_handlers]}
    assert theirs >= GATED | OPEN, "a name in the lists that JupyterHub does not have"
    decided = [pattern for pattern, *_ in routes()]
    assert theirs <= set(decided)
    kinds = {pattern: handler.__mro__[1].__name__ for pattern, handler, *_ in routes()}
    assert {kinds[pattern] for pattern in theirs - GATED - OPEN - {pattern for pattern, *_ in OURS}} == {"_Closed"}


def test_form_without_its_token_is_refused(person):
    fields = {"current_password": "x", "new_password": "y", "new_password_2": "y"}
    assert person.http.post("/hub/password", data=fields).status_code == 403


def test_stranger_is_sent_to_sign_in(running_system):
    with HubPerson(running_system.url) as stranger:
        for path in ("/hub/home", "/hub/password", "/hub/system/accounts", "/hub/system/user-log", "/hub/spawn"):
            assert leads_to(stranger.get(path)) == "/hub/login", path


@pytest.mark.parametrize("path", ["/hub/admin", "/hub/spawn/somebody-else"])
def test_same_door_tried_again_and_again_is_two_entries_with_the_count(running_system, path):
    name, password = running_system.accounts["reviewer"]
    with running_system.client(*running_system.accounts["auditor"]) as auditor:
        [newest] = auditor.user_trail(asked=TrailQuestion(newest_first=True, limit=1)).entries
        with HubPerson(running_system.url) as somebody:
            assert somebody.sign_in(name, password).status_code == 302
            pages = [somebody.get(path) for _ in range(5)]
            assert {page.status_code for page in pages} <= {403, 404}
            somebody.get("/hub/logout")  # what is counted is written before the session ends
        asked = TrailQuestion(after=newest.id, who=name, action=["action.refused"])
        opening, closing = until(lambda: written(auditor, asked), 10)
    assert (opening.new["count"], closing.new["count"]) == (1, 4)
    assert opening.summary.startswith(f"Refused route: The hub refused GET {path}: ")
    assert closing.summary.startswith(
        f"Refused route: 4 more of this kind followed; the last: The hub refused GET {path}"
    )
    if path == "/hub/admin":
        assert {re.search(r"\(id (\d+)\)", page.text)[1] for page in pages} == {str(opening.id)}


def written(auditor, asked):
    """Return the entries of a question, once there are two."""
    entries = auditor.user_trail(asked=asked).entries
    return entries if len(entries) > 1 else None
