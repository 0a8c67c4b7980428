"""Signing in: account state × password state × policy × session, through the real hub, each row with its audit entry.

Every refusal reads the same, whatever its cause (11.300(d)); the cause is in the trail.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pyotp
import pytest
from blotter_records.client import RecordsClient
from blotter_records.contract.trail import TrailEntryView, TrailQuestion
from blotter_records.services.operating.demo import DEMO_PASSWORD
from managing import FIRST, SECOND, WHY, account_of, activate, add_person, change_password, confirm, manager, signed
from managing import temporary_password as shown_password
from persons import HubPerson, leads_to, until
from systems import RunningSystem

HOME, PASSWORD, FACTOR = "/hub/home", "/hub/password", "/hub/second-factor"
#: Where the people of this table sit: failures at one address throttle newcomers there.
ADDRESS = "127.0.0.77"


@dataclass(frozen=True)
class Row:
    """Who signs in how, and what comes of it.

    ``lands`` is the page on which the person ends up, empty for a refusal; ``entry`` and ``words`` are of the entry.
    """

    account: str
    password: str
    policy: str
    session: str
    lands: str
    entry: str
    words: str


TABLE = (
    Row("active", "own", "default", "none", HOME, "session.login", "signed in from"),
    Row("active", "own", "default", "open elsewhere", HOME, "session.terminated", "replaced"),
    Row("active", "wrong", "default", "none", "", "session.login.failed", "password"),
    Row("active", "temporary of before", "default", "none", "", "session.login.failed", "password"),
    Row("active", "own", "code at sign-in", "none", FACTOR, "session.login", "signed in from"),
    Row("active", "own and code", "code at sign-in", "none", HOME, "session.login", "signed in from"),
    Row("active", "own without code", "code at sign-in", "none", "", "session.login.failed", "code"),
    Row("new", "temporary", "default", "none", PASSWORD, "session.login", "signed in from"),
    Row("reset", "own of before", "default", "none", "", "session.login.failed", "password"),
    Row("reset", "temporary", "default", "none", PASSWORD, "session.login", "signed in from"),
    Row("pending", "temporary", "default", "none", "", "session.login.failed", "activated"),
    Row("expired", "own", "default", "none", "", "session.login.failed", "expired"),
    Row("deactivated", "own", "default", "none", "", "session.login.failed", "not active"),
    Row("compromised", "own", "default", "none", "", "session.login.failed", "reported"),
    Row("locked", "own", "default", "none", "", "session.login.failed", "locked"),
    Row("nobody's", "any", "default", "none", "", "session.login.failed", ""),
)


#: Two zones with 26 hours between them: it is never the same day in both.
LAST_TO_END_A_DAY, FIRST_TO_END_A_DAY = "Etc/GMT+12", "Pacific/Kiritimati"


class World:
    """People in every state, made when they are first asked for."""

    def __init__(self, system: RunningSystem, auditor: RecordsClient) -> None:
        self.system = system
        self.auditor = auditor
        self.notes: set[str] = set()
        self._people: dict[str, dict[str, str]] = {}
        self._policy = "default"
        self._managers: list[HubPerson] = []

    def person(self, state: str) -> dict[str, str]:
        """Return user name and passwords of somebody in a state."""
        if state not in self._people:
            self._people[state] = self._made(state)
        return self._people[state]

    def _made(self, state: str) -> dict[str, str]:
        name = f"{state.replace(chr(39), '')}.{secrets.token_hex(3)}"
        if state == "nobody's":
            return {"name": name, "any": "whatever was typed"}
        with manager(self.system) as first:
            temporary = shown_password(add_person(first, name))
            page = f"/hub/system/accounts/{account_of(first, name)}"
        known = {"name": name, "temporary": temporary, "wrong": "not the password", "page": page}
        if state == "pending":
            return known
        activate(self.system, name)
        if state == "new":
            return known
        own = f"a sentence of {secrets.token_hex(5)} words"
        with HubPerson(self.system.url, ADDRESS) as person:
            assert person.sign_in(name, temporary).status_code == 302
            assert leads_to(change_password(person, temporary, own)) == HOME
            if state == "compromised":
                reported = person.post("/hub/account", {"act": "compromise", "reason": WHY})
                assert leads_to(reported) == "/hub/login"
                assert leads_to(person.get(HOME)) == "/hub/login"
        known |= {"own": own, "temporary of before": temporary}
        self._bring_to(state, known)
        return known

    def _bring_to(self, state: str, known: dict[str, str]) -> None:
        if state == "locked":
            with HubPerson(self.system.url, ADDRESS) as person:
                for _ in range(5):
                    assert person.sign_in(known["name"], "not the password").status_code == 403
        if state not in {"reset", "expired", "deactivated"}:
            return
        with manager(self.system) as first:
            if state == "reset":
                known["own of before"] = known["own"]
                known["temporary"] = shown_password(first.post(known["page"], {"act": "reset", "reason": WHY}))
            elif state == "expired":
                self._end(known["page"])
            else:
                after = signed(first, FIRST, known["page"], {"act": "deactivate"})
                with manager(self.system, SECOND) as second:
                    confirm(second, SECOND, after)

    def _end(self, page: str) -> None:
        """Let an account's last day pass: a day that is over where it is latest is set while it is where it is not."""
        self._change("site.zone", LAST_TO_END_A_DAY)
        with manager(self.system) as first:
            today = datetime.now(ZoneInfo(LAST_TO_END_A_DAY)).date().isoformat()  # noqa: TID251 - the real day
            fields = {"act": "expiry", "expires_on": today, "reason": WHY, "expected_version": version(first, page)}
            assert leads_to(first.post(page, fields)) == page
        self._change("site.zone", FIRST_TO_END_A_DAY)

    def _change(self, policy: str, value: str) -> None:
        with manager(self.system) as first, manager(self.system, SECOND) as second:
            confirm(second, SECOND, signed(first, FIRST, "/hub/system/policies/change", {"act": "sign", policy: value}))

    def restore(self) -> None:
        """Let the rules be as they were."""
        self.hold("default")
        if "expired" in self._people:
            self._change("site.zone", "UTC")

    def hold(self, policy: str) -> None:
        """Let a policy hold, by two managers; their sessions, older than a stricter one, are kept to take it back."""
        if policy == self._policy:
            return
        value = "on" if policy == "code at sign-in" else "off"
        if not self._managers:
            self._managers = [manager(self.system), manager(self.system, SECOND)]
        first, second = self._managers
        after = signed(first, FIRST, "/hub/system/policies/change", {"act": "sign", "session.totp": value})
        confirm(second, SECOND, after)
        self._policy = policy
        if policy == "default":
            for one in self._managers:
                one.http.close()
            self._managers = []

    def newest(self, row: Row, name: str) -> TrailEntryView | None:
        """Return the newest entry that a row expects, if it is there."""
        who = None if row.account == "nobody's" else name
        asked = TrailQuestion(who=who, action=[row.entry], newest_first=True, limit=5)
        found = self.auditor.user_trail(asked=asked).entries
        return next((one for one in found if row.words in one.summary and one.address == ADDRESS), None)


@pytest.fixture(scope="module")
def world(running_system: RunningSystem) -> Iterator[World]:
    """The people; at the end the policy is as it was."""
    with running_system.client(*running_system.accounts["auditor"]) as auditor:
        made = World(running_system, auditor)
        try:
            yield made
        finally:
            made.restore()


def version(person: HubPerson, page: str) -> str:
    """Return the version of an account that its page names."""
    return person.get(page).text.split('name="expected_version" value="')[1].split('"')[0]


@pytest.mark.timeout(900)
def test_every_combination(world: World) -> None:
    """The whole table in its order; a row that is wrong is named."""
    wrong = [
        f"{row.account}, {row.password}, {row.policy}, {row.session}: {said}"
        for row in TABLE
        if (said := tried(world, row))
    ]
    world.hold("default")
    assert wrong == []
    assert len(world.notes) == 1, "a refusal tells its cause"


def tried(world: World, row: Row) -> str:
    """Try a row; return what is wrong with what came of it."""
    world.hold(row.policy)  # first: under a stricter one the managers could not make people
    known = world.person(row.account)
    before = world.newest(row, known["name"])
    with HubPerson(world.system.url, ADDRESS) as elsewhere, HubPerson(world.system.url, ADDRESS) as person:
        if row.session == "open elsewhere":
            assert elsewhere.sign_in(known["name"], known["own"]).status_code == 302
        answer = sign_in(person, known, row)
        said = came_of(world, row, person, answer)
        if row.session == "open elsewhere" and leads_to(elsewhere.get(HOME)) != "/hub/login":
            said += "the older session lives; "
        if row.lands == FACTOR:
            enrol(person, known)
    after = until(lambda: world.newest(row, known["name"]), 10)
    if before is not None and after.id == before.id:
        said += f"no new entry {row.entry} with “{row.words}”; "
    return said


def sign_in(person: HubPerson, known: dict[str, str], row: Row) -> object:
    """Fill in the form of the sign-in page as the row says."""
    fields = {"username": known["name"], "password": known[row.password.split(" and ")[0].split(" without ")[0]]}
    if row.policy == "code at sign-in":
        assert 'name="code"' in person.get("/hub/login").text
        is_given = row.password == "own and code"
        fields["code"] = pyotp.TOTP(known["secret"]).now() if is_given else ""
    return person.post("/hub/login", fields)


def came_of(world: World, row: Row, person: HubPerson, answer) -> str:
    """Return what differs from what the row expects."""
    if not row.lands:
        world.notes.add(answer.text.split('role="alert"')[1].split("</div>")[0])
        is_out = answer.status_code == 403 and leads_to(person.get(HOME)) == "/hub/login"
        return "" if is_out else f"not refused: {answer.status_code}; "
    if answer.status_code != 302:
        return f"not let in: {answer.status_code}; "
    at = person.follow(HOME).url.path
    return "" if at == row.lands else f"lands at {at}; "


def enrol(person: HubPerson, known: dict[str, str]) -> None:
    """Enrol the second factor that is asked for: nothing else opens before."""
    assert leads_to(person.get("/hub/spawn")) == FACTOR
    page = person.post(FACTOR, {"act": "offer"}).text
    known["secret"] = page.split('name="secret" value="')[1].split('"')[0]
    # The code of the step before: that of now is used to sign in next, and none is taken twice.
    earlier = pyotp.TOTP(known["secret"]).at(datetime.now(UTC) - timedelta(seconds=30))  # noqa: TID251 - the real time
    done = person.post(FACTOR, {"act": "prove", "code": earlier})
    assert 'id="enrolled"' in done.text
    assert person.get(HOME).status_code == 200
    assert DEMO_PASSWORD not in page
