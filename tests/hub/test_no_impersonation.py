"""Each road by which a System Manager could act as somebody else: closed, each attempt in the trail (11.200(a)(2)(3)).

The victim is signed in and has a notebook server with a kernel running; the System Manager has every right of the role.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from blotter_records.client import RecordsClient
from blotter_records.contract.signing import SigningIntentRequest
from blotter_records.contract.trail import TrailQuestion
from blotter_records.errors import BlotterError, Refused
from blotter_records.services.operating.demo import DEMO_PASSWORD
from blotter_records.vocabulary import Action
from managing import FIRST, SECOND, WHY, manager, sign
from persons import HubPerson, until
from systems import RunningSystem

VICTIM = "anna.analyst"


@dataclass(frozen=True)
class Road:
    """A request to the hub, or to the victim's server, with the System Manager's cookies."""

    method: str
    path: str


#: By which door: JupyterHub's own administration, tokens, sharing, starting and stopping, and the server itself.
ROADS = (
    Road("GET", "/hub/admin"),
    Road("GET", "/hub/token"),
    Road("GET", "/hub/accept-share?code=x"),
    Road("GET", f"/hub/user-redirect/user/{VICTIM}/lab"),
    Road("GET", f"/hub/spawn/{VICTIM}"),
    Road("POST", f"/hub/spawn/{VICTIM}"),
    Road("GET", f"/hub/spawn/{VICTIM}/named"),
    Road("GET", f"/hub/spawn-pending/{VICTIM}"),
    Road("GET", f"/hub/user/{VICTIM}/lab"),
    Road("GET", "/hub/api/users"),
    Road("GET", f"/hub/api/users/{VICTIM}"),
    Road("PATCH", f"/hub/api/users/{VICTIM}"),
    Road("DELETE", f"/hub/api/users/{VICTIM}"),
    Road("GET", f"/hub/api/users/{VICTIM}/tokens"),
    Road("POST", f"/hub/api/users/{VICTIM}/tokens"),
    Road("POST", f"/hub/api/users/{VICTIM}/server"),
    Road("DELETE", f"/hub/api/users/{VICTIM}/server"),
    Road("GET", f"/hub/api/users/{VICTIM}/server/progress"),
    Road("POST", f"/hub/api/users/{VICTIM}/servers/named"),
    Road("POST", f"/hub/api/users/{VICTIM}/activity"),
    Road("POST", f"/hub/api/shares/{VICTIM}/"),
    Road("POST", f"/hub/api/share-codes/{VICTIM}/"),
    Road("GET", "/hub/api/groups"),
    Road("POST", "/hub/api/groups/friends/users"),
    Road("GET", "/hub/api/services"),
    Road("GET", "/hub/api/proxy"),
    Road("POST", "/hub/api/shutdown"),
    Road("GET", f"/hub/api/oauth2/authorize?client_id=jupyterhub-user-{VICTIM}&response_type=code"),
)
#: At the victim's own server, which knows nothing of the System Manager.
SERVER = (
    Road("GET", f"/user/{VICTIM}/api/status"),
    Road("GET", f"/user/{VICTIM}/api/contents"),
    Road("GET", f"/user/{VICTIM}/api/kernels"),
    Road("POST", f"/user/{VICTIM}/api/kernels"),
    Road("GET", f"/user/{VICTIM}/blotter/session"),
)


@pytest.fixture(scope="module")
def victim(running_system: RunningSystem) -> Iterator[HubPerson]:
    """Somebody with a notebook server that runs."""
    with HubPerson(running_system.url) as somebody:
        assert somebody.sign_in(*running_system.accounts["analyst"]).status_code == 302
        somebody.open_server(VICTIM)
        yield somebody


@pytest.fixture(scope="module")
def intruder(running_system: RunningSystem, victim: HubPerson) -> Iterator[HubPerson]:
    """A System Manager at the hub."""
    with manager(running_system, SECOND) as somebody:
        yield somebody


@pytest.fixture(scope="module")
def api(running_system: RunningSystem) -> Iterator[RecordsClient]:
    """The other System Manager, at the records service."""
    with RecordsClient(running_system.signing_url, token=f"service:hub:{running_system.secret('service-hub')}") as hub:
        token = hub.open_session(FIRST, DEMO_PASSWORD, "127.0.0.1").token
    with RecordsClient(running_system.signing_url, token=token) as client:
        yield client


def noted(api: RecordsClient, who: str, words: str) -> bool:
    """Tell whether the user log has a refusal of somebody with these words in it."""
    found = api.user_trail(asked=TrailQuestion(who=who, newest_first=True, limit=200)).entries
    return any(words in entry.summary for entry in found if entry.outcome.value != "done")


@pytest.mark.parametrize("road", ROADS, ids=lambda road: f"{road.method} {road.path}")
def test_hub_refuses_and_writes_it_down(intruder: HubPerson, api: RecordsClient, road: Road) -> None:
    answer = intruder.call(road.method, road.path)
    assert answer.status_code in {403, 404, 405}, answer.text[:300]
    assert "set-cookie" not in answer.headers or VICTIM not in answer.headers["set-cookie"]
    path = road.path.partition("?")[0]
    if answer.status_code != 405:  # a method that does not exist there is nobody's door
        assert until(lambda: noted(api, SECOND, f"{road.method} {path}"), 10)


@pytest.mark.parametrize("road", SERVER, ids=lambda road: f"{road.method} {road.path}")
def test_victims_server_does_not_know_the_manager(intruder: HubPerson, victim: HubPerson, road: Road) -> None:
    answer = intruder.call(road.method, road.path)
    assert answer.status_code in {302, 403, 404}
    if answer.status_code == 302:
        assert "/hub/api/oauth2/authorize" in answer.headers["location"]
    assert victim.call("GET", f"/user/{VICTIM}/api/status").status_code == 200


def test_going_the_whole_way_to_the_victims_notebook_ends_at_the_hub(intruder: HubPerson, api: RecordsClient) -> None:
    page = intruder.follow(f"/user/{VICTIM}/lab")
    assert page.status_code in {403, 404}
    assert "jp-" not in page.text
    assert until(lambda: noted(api, SECOND, "/hub/api/oauth2/authorize"), 10)


def test_nobody_holds_a_scope_on_another(intruder: HubPerson) -> None:
    told = intruder.call("GET", "/hub/api/user").json()
    assert told["admin"] is False
    assert told["name"] == SECOND
    for scope in told["scopes"]:
        assert scope.endswith(f"!user={SECOND}") or "!server=" in scope or scope.startswith("read:users:"), scope


def test_a_signing_page_of_another_cannot_be_signed(running_system: RunningSystem, api: RecordsClient) -> None:
    """With the own password on another's page, and with another's name on the own page."""
    hub_secret = f"service:hub:{running_system.secret('service-hub')}"
    with RecordsClient(running_system.signing_url, token=hub_secret) as hub:
        token = hub.open_session("ruth.records", DEMO_PASSWORD, "127.0.0.1").token
    with RecordsClient(running_system.signing_url, token=token) as ruth:
        details = {"retention_class": "long", "years": 12}
        asked = SigningIntentRequest(
            record="STU-000001", action=Action.RETENTION_EDIT, details=details, reason=WHY, reason_code="other"
        )
        intent = ruth.create_signing_intent(asked)
        assert "Signed:" not in sign(intent.url, FIRST).text
        assert ruth.signing_intent(intent.intent).state != "signed"
    assert until(lambda: noted(api, "ruth.records", "") or noted(api, FIRST, "ign"), 10)
    values = {"values": {"reason.min_chars": 14}}
    asked = SigningIntentRequest(record="CFG-000001", action=Action.POLICY_EDIT, details=values, reason=WHY)
    own = api.create_signing_intent(asked)
    assert "Signed:" not in sign(own.url, VICTIM).text
    assert api.signing_intent(own.intent).state != "signed"


def test_a_manager_cannot_sign_records_or_ask_as_somebody_else(api: RecordsClient) -> None:
    with pytest.raises(BlotterError):
        api.create_signing_intent(SigningIntentRequest(record="RES-000001", action=Action.RESULT_APPROVE, reason=WHY))
    with pytest.raises(Refused):
        api.results()
    assert noted(api, FIRST, "result")


def test_two_steps_alone_take_no_effect(running_system: RunningSystem) -> None:
    """One manager can't be the second person of what the same one proposed."""
    with manager(running_system, SECOND) as alone:
        page = alone.post("/hub/system/policies/change", {"act": "sign", "reason.min_chars": "13", "reason": WHY})
        framed = re.search(r'<iframe id="signing" src="([^"]+)"', page.text)
        assert framed
        assert sign(framed[1], SECOND).status_code == 200
        waiting = re.findall(r'data-proposal="(PRP-\d+)"', alone.get("/hub/proposals").text)
        assert waiting
        refused = alone.post(f"/hub/proposals/{waiting[-1]}", {"act": "sign"})
        assert refused.status_code in {403, 409}
        assert '<iframe id="signing"' not in refused.text
        declined = alone.post(
            f"/hub/proposals/{waiting[-1]}", {"act": "decline", "reason": "Taken back after the test"}
        )
        assert declined.status_code == 302


def test_a_forged_session_or_service_is_nobody(running_system: RunningSystem) -> None:
    for token in ("x" * 43, "service:hub:wrong", "service:cli:", "null"):
        answer = httpx.get(
            f"{running_system.signing_url}/api/v1/session",
            headers={"Authorization": f"Bearer {token}"},
            trust_env=False,
            timeout=30,
        )
        assert answer.status_code == 401, token
