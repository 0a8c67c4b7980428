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
from blotter_records.contract.trail import TrailEntryView, TrailQuestion
from blotter_records.errors import Refused
from blotter_records.services.operating.demo import DEMO_PASSWORD
from blotter_records.vocabulary import Action, Event
from managing import FIRST, SECOND, WHY, framed, manager, sign
from persons import HubPerson, until
from systems import RunningSystem

VICTIM, RECORDS = "anna.analyst", "ruth.records"


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
def auditor(running_system: RunningSystem) -> Iterator[RecordsClient]:
    """Who reads the user log."""
    with running_system.client(*running_system.accounts["auditor"]) as client:
        yield client


class Written:
    """What the user log gets inside of a block: nothing of before counts."""

    def __init__(self, auditor: RecordsClient) -> None:
        self._auditor = auditor
        [newest] = auditor.user_trail(asked=TrailQuestion(newest_first=True, limit=1)).entries
        self._after = newest.id

    def of(self, who: str, event: Event) -> list[TrailEntryView]:
        """Wait for what was written of somebody since, and return it."""
        asked = TrailQuestion(after=self._after, who=who, action=[event.value])
        return until(lambda: self._auditor.user_trail(asked=asked).entries, 10)


def refused_by_the_hub(written: Written, who: str, method: str, path: str) -> None:
    """Fail unless the hub has told the trail of one refusal, and of this one."""
    [entry] = written.of(who, Event.ACTION_REFUSED)
    assert entry.summary.startswith(f"Refused route: The hub refused {method} {path}: ")
    assert entry.new["count"] == 1


@pytest.mark.parametrize("road", ROADS, ids=lambda road: f"{road.method} {road.path}")
def test_hub_refuses_and_writes_it_down(intruder: HubPerson, auditor: RecordsClient, road: Road) -> None:
    written = Written(auditor)
    answer = intruder.call(road.method, road.path)
    assert answer.status_code in {403, 404, 405}, answer.text[:300]
    assert "set-cookie" not in answer.headers or VICTIM not in answer.headers["set-cookie"]
    if answer.status_code != 405:  # a method that does not exist there is nobody's door
        refused_by_the_hub(written, SECOND, road.method, road.path.partition("?")[0])


@pytest.mark.parametrize("road", SERVER, ids=lambda road: f"{road.method} {road.path}")
def test_victims_server_does_not_know_the_manager(intruder: HubPerson, victim: HubPerson, road: Road) -> None:
    answer = intruder.call(road.method, road.path)
    assert answer.status_code in {302, 403, 404}
    if answer.status_code == 302:
        assert "/hub/api/oauth2/authorize" in answer.headers["location"]
    assert victim.call("GET", f"/user/{VICTIM}/api/status").status_code == 200


def test_going_the_whole_way_to_the_victims_notebook_ends_at_the_hub(
    running_system: RunningSystem, victim: HubPerson, auditor: RecordsClient
) -> None:
    with manager(running_system) as other:  # the hub counts what one person repeats within a minute
        written = Written(auditor)
        page = other.follow(f"/user/{VICTIM}/lab")
        assert page.status_code in {403, 404}
        assert "jp-" not in page.text
        refused_by_the_hub(written, FIRST, "GET", "/hub/api/oauth2/authorize")


def test_nobody_holds_a_scope_on_another(intruder: HubPerson) -> None:
    told = intruder.call("GET", "/hub/api/user").json()
    assert told["admin"] is False
    assert told["name"] == SECOND
    for scope in told["scopes"]:
        assert scope.endswith(f"!user={SECOND}") or "!server=" in scope or scope.startswith("read:users:"), scope


#: Whose page it is, whose name is typed, and what would be signed.
PAGES = (
    (RECORDS, FIRST, "STU-000001", Action.RETENTION_EDIT, {"retention_class": "long", "years": 12}),
    (FIRST, VICTIM, "CFG-000001", Action.POLICY_EDIT, {"values": {"reason.min_chars": 14}}),
)


@pytest.mark.parametrize(("owner", "typed", "record", "action", "details"), PAGES)
def test_a_signing_page_is_signed_by_nobody_but_its_owner(
    running_system: RunningSystem, auditor: RecordsClient, owner: str, typed: str, record: str, action: Action,
    details: dict[str, object],
) -> None:  # fmt: skip
    """With the own name and password on another's page, and with another's name on the own page."""
    with running_system.client(owner, DEMO_PASSWORD) as client:
        asked = SigningIntentRequest(record=record, action=action, details=details, reason=WHY, reason_code="other")
        intent = client.create_signing_intent(asked)
        written = Written(auditor)
        assert "Signed:" not in sign(intent.url, typed).text
        assert client.signing_intent(intent.intent).state == "open"
    [entry] = written.of(owner, Event.SIGNATURE_FAILED)
    assert (entry.record_id, entry.new["action"]) == (record, action.value)
    assert entry.new["why"] == "another user name was typed"


def test_a_manager_cannot_sign_records_or_ask_as_somebody_else(
    running_system: RunningSystem, auditor: RecordsClient
) -> None:
    with running_system.client(FIRST, DEMO_PASSWORD) as client:
        written = Written(auditor)
        approval = SigningIntentRequest(record="RES-000001", action=Action.RESULT_APPROVE, reason=WHY)
        with pytest.raises(Refused):
            client.create_signing_intent(approval)
        with pytest.raises(Refused):
            client.results()
    entries = written.of(FIRST, Event.ACTION_REFUSED)
    assert [(one.new["action"], one.record_id) for one in entries] == [
        ("result.approve", "RES-000001"),
        ("result.view", None),
    ]


def test_two_steps_alone_take_no_effect(running_system: RunningSystem, auditor: RecordsClient) -> None:
    """One manager can't be the second person of what the same one proposed."""
    with manager(running_system, SECOND) as alone:
        page = alone.post("/hub/system/policies/change", {"act": "sign", "reason.min_chars": "13", "reason": WHY})
        assert sign(framed(page), SECOND).status_code == 200
        waiting = re.findall(r'data-proposal="(PRP-\d+)"', alone.get("/hub/proposals").text)
        assert waiting
        written = Written(auditor)
        refused = alone.post(f"/hub/proposals/{waiting[-1]}", {"act": "sign"})
        assert refused.status_code == 403
        assert '<iframe id="signing"' not in refused.text
        [entry] = written.of(SECOND, Event.ACTION_REFUSED)
        assert (entry.record_id, entry.new["action"]) == (waiting[-1], "proposal.countersign")
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
