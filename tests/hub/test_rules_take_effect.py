"""Rules that two System Managers change on the pages hold for the next session: at the gate, at signing (11.10(g))."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pyotp
import pytest
from managing import FIRST, SECOND, change_password, confirm, framed, manager, sign, signed, taken_in
from persons import HubPerson, leads_to
from security.kernel_channel import V1, Channel, of_type
from systems import RunningSystem
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

WIDGETS = "/hub/system/widgets/reviewer"
ACCEPTING = "/hub/system/signature-requirements/policy.accept"
POLICIES = "/hub/system/policies/change"


@contextmanager
def changed(system: RunningSystem, page: str, fields: dict[str, str | list[str]], back: dict[str, str | list[str]]):
    """Change a rule on its page as two System Managers; change it back in the end."""

    def change(to: dict[str, str | list[str]]) -> None:
        with manager(system) as first, manager(system, SECOND) as second:
            confirm(second, SECOND, signed(first, FIRST, page, to))

    change(fields)
    try:
        yield
    finally:
        change(back)


@pytest.fixture(scope="module")
def newcomer(running_system: RunningSystem) -> Iterator[tuple[str, str]]:
    """User name and password of somebody new, a reviewer."""
    name, password = f"rules-{secrets.token_hex(4)}", f"a sentence of {secrets.token_hex(5)} words"
    temporary = taken_in(running_system, name, ("reviewer",))
    with HubPerson(running_system.url) as person:
        person.sign_in(name, temporary)
        assert leads_to(change_password(person, temporary, password)) == "/hub/home"
    return name, password


def ran(person: HubPerson, user_name: str, *sources: str) -> list[str]:
    """Run cells in a new kernel of the person; return what went wrong with each, empty for nothing."""
    person.open_server(user_name)
    root = f"/user/{user_name}/"
    kernel = person.call("POST", f"{root}api/kernels").json()["id"]

    cookies = "; ".join(f"{one.name}={one.value}" for one in person.http.cookies.jar if root.startswith(one.path))
    query = urlencode({"session_id": "test", "_xsrf": person.cookie("_xsrf", root)})
    address = f"{person.url.replace('http', 'ws', 1)}{root}api/kernels/{kernel}/channels?{query}"
    request = HTTPRequest(address, headers={"Cookie": cookies, "Origin": person.url})

    async def run() -> list[str]:
        channel = Channel(await websocket_connect(request, subprotocols=[V1]), V1)
        answers = [await channel.execute(source) for source in sources]
        channel.close()
        return ["".join(error["evalue"] for error in of_type(found, "error")) for found in answers]

    return asyncio.run(run())


def test_a_widget_taken_from_a_role_is_refused_at_the_gate_of_a_new_session(
    running_system: RunningSystem, newcomer: tuple[str, str]
) -> None:
    name, _ = newcomer
    with manager(running_system) as first:
        had = re.findall(r'name="widgets" value="(\w+)" checked', first.get(WIDGETS).text)
    assert {"ImageBrowser", "Studies"} <= set(had)
    fewer = [one for one in had if one != "ImageBrowser"]
    with (
        changed(running_system, WIDGETS, {"widgets": fewer}, {"widgets": had}),
        HubPerson(running_system.url) as person,
    ):
        assert person.sign_in(*newcomer).status_code == 302
        refused, taken = ran(person, name, "ImageBrowser()", "Studies()")
        assert "ImageBrowser" in refused
        assert taken == ""
    with HubPerson(running_system.url) as person:
        assert person.sign_in(*newcomer).status_code == 302
        assert ran(person, name, "ImageBrowser()") == [""]


@pytest.mark.parametrize("most", ["1", "2"])
def test_at_the_hub_the_newest_sign_in_ends_the_session_before_whatever_the_policy(
    running_system: RunningSystem, newcomer: tuple[str, str], most: str
) -> None:
    """The policy counts sessions of the service; the hub has one server, one cookie and one session of a person."""

    def alive(person: HubPerson) -> bool:
        return person.get("/hub/home").status_code == 200

    to, back = ({"act": "sign", "session.concurrent": one} for one in (most, "1"))
    rule = changed(running_system, POLICIES, to, back) if most != "1" else nullcontext()
    with rule, HubPerson(running_system.url) as first, HubPerson(running_system.url, "127.0.0.9") as second:
        assert first.sign_in(*newcomer).status_code == 302
        assert alive(first)
        assert second.sign_in(*newcomer).status_code == 302
        assert leads_to(first.get("/hub/home")) == "/hub/login"
        assert first.call("GET", "/hub/session").status_code == 401, "its page says that the session has ended"
        assert "Your session has ended" in first.get("/hub/login?ended=yes").text
        assert alive(second)


def test_a_signature_asks_for_the_comment_and_the_code_that_its_rule_demands(
    running_system: RunningSystem, newcomer: tuple[str, str]
) -> None:
    name, password = newcomer
    demanding: dict[str, str | list[str]] = {"asks_comment": "yes", "asks_code": "yes"}
    with changed(running_system, ACCEPTING, demanding, {}), HubPerson(running_system.url) as person:
        assert person.sign_in(name, password).status_code == 302
        silent = person.post("/hub/account", {"act": "accept"})
        assert silent.status_code == 422
        assert "comment" in silent.text.split('role="alert"')[1].split("</div>")[0]
        page = person.post("/hub/account", {"act": "accept", "comment": "I have read it"})
        assert sign(framed(page), name, password).status_code == 403, "no second factor is enrolled"

        offered = person.post("/hub/second-factor", {"act": "offer"}).text
        factor = pyotp.TOTP(offered.split('name="secret" value="')[1].split('"')[0])
        # The code of the step before: none is taken twice, and that of now signs.
        earlier = factor.at(datetime.now(UTC) - timedelta(seconds=30))  # noqa: TID251 - the real time
        assert 'id="enrolled"' in person.post("/hub/second-factor", {"act": "prove", "code": earlier}).text
        page = person.post("/hub/account", {"act": "accept", "comment": "I have read it"})
        without = sign(framed(page), name, password)
        assert without.status_code == 401
        assert 'name="code"' in without.text
        assert sign(framed(page), name, password, code=factor.now()).status_code == 200
        assert 'id="accept"' not in person.get("/hub/account").text
        assert 'id="test"' in person.get("/hub/second-factor").text, "from now on it is tested there each year"
