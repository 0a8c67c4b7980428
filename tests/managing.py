"""System Managers at work in the hub without a browser: forms, signing pages, second signatures."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import httpx
from blotter_records.services.operating.demo import DEMO_PASSWORD
from persons import HubPerson
from systems import RunningSystem

FIRST, SECOND = "mia.manager", "max.manager"
WHY = "As the laboratory asked for it"
IDENTITY = {"method": "passport shown in person", "document": "note 12 in the personnel file"}


def manager(system: RunningSystem, user_name: str = FIRST) -> HubPerson:
    """Return a System Manager who has signed in; close it after use."""
    person = HubPerson(system.url)
    assert person.sign_in(user_name, DEMO_PASSWORD).status_code == 302
    return person


def sign(url: str, user_name: str, password: str = DEMO_PASSWORD, *, code: str = "") -> httpx.Response:
    """Fill in the signing page's form, as its own page would send it."""
    parts = urlsplit(url)
    headers = {"Origin": f"{parts.scheme}://{parts.netloc}"}
    fields = {"user_name": user_name, "password": password, "code": code}
    return httpx.post(url, data=fields, headers=headers, trust_env=False, timeout=30)


def framed(page: httpx.Response) -> str:
    """Return the address of the signing page that a page frames."""
    found = re.search(r'<iframe id="signing" src="([^"]+)"', page.text)
    assert found is not None, note_of(page)
    return found[1]


def signed(person: HubPerson, user_name: str, path: str, fields: dict[str, str | list[str]]) -> httpx.Response:
    """Send a form that leads to a signature, sign, and return the page that follows."""
    page = person.post(path, {"reason": WHY, **fields})
    answer = sign(framed(page), user_name)
    assert answer.status_code == 200, answer.text
    after = re.search(r'data-after="([^"]+)"', page.text)
    assert after is not None
    return person.get(after[1].replace("&amp;", "&"))


def confirm(person: HubPerson, user_name: str, after: httpx.Response) -> None:
    """Sign, as the second person, what the page of the first one says is waiting."""
    proposal = re.search(r"PRP-\d+", after.text)
    assert proposal is not None, note_of(after)
    done = signed(person, user_name, f"/hub/proposals/{proposal[0]}", {"act": "sign"})
    assert "it has taken effect" in done.text


def add_person(person: HubPerson, user_name: str, roles: tuple[str, ...] = ("analyst",), **more: str) -> httpx.Response:
    """Fill in the form that adds a person."""
    fields = {"user_name": user_name, "printed_name": "Nora Newcomer", "roles": list(roles), "reason": WHY, **more}
    return person.post("/hub/system/accounts/new", fields)


def temporary_password(page: httpx.Response) -> str:
    """Return the temporary password that a page shows."""
    return page.text.split('id="temporary-password">')[1].split("<")[0]


def account_of(person: HubPerson, user_name: str) -> str:
    """Return the account id of a user name."""
    found = re.search(r'data-account="(ACC-\d+)"', person.get(f"/hub/system/accounts?text={user_name}").text)
    assert found is not None, user_name
    return found[1]


def taken_in(system: RunningSystem, user_name: str, roles: tuple[str, ...] = ("analyst",)) -> str:
    """Add a person, verify identity, activate; return the temporary password."""
    with manager(system) as first:
        added = add_person(first, user_name, roles)
        assert added.status_code == 200, note_of(added)
    activate(system, user_name)
    return temporary_password(added)


def activate(system: RunningSystem, user_name: str) -> None:
    """Verify identity and activate, as the manager who has not added the person."""
    with manager(system, SECOND) as second:
        page = f"/hub/system/accounts/{account_of(second, user_name)}"
        signed(second, SECOND, page, {"act": "verify", **IDENTITY})
        assert "it has taken effect" in signed(second, SECOND, page, {"act": "activate"}).text


def change_password(person: HubPerson, old: str, new: str) -> httpx.Response:
    """Fill in the form that changes the own password."""
    fields = {"current_password": old, "new_password": new, "new_password_2": new}
    return person.post("/hub/password", fields)


def note_of(page: httpx.Response) -> str:
    """Return what a page says went wrong, for a failing test's message."""
    found = re.findall(r'role="(?:alert|status)"[^>]*>(.*?)</div>', page.text, re.DOTALL)
    return f"{page.status_code} {page.url}: " + " ".join(re.sub(r"<[^>]+>", " ", one).strip() for one in found)[:600]
