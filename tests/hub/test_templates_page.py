"""The page of the notebook templates, without JavaScript: list, cells, draft, signatures of two, retired."""

from __future__ import annotations

import re
import secrets

import pytest
from managing import WHY, confirm, manager, note_of, signed
from persons import HubPerson, leads_to
from systems import RunningSystem

SUPERVISOR, APPROVER = "samir.supervisor", "paul.approver"
CELLS = "%% text title\n# Dots on nylon\n\n%% widget browse\nImageBrowser()"


def typed(**values: str | list[str]) -> dict[str, str | list[str]]:
    fields: dict[str, str | list[str]] = {
        "name": f"Dots {secrets.token_hex(4)}",
        "purpose": "For dots",
        "cells": CELLS,
        "widgets": ["ImageBrowser"],
        "roles": ["analyst"],
    }
    return {**fields, **values}


def written(person: HubPerson, **values: str | list[str]) -> str:
    """Write a template in the form; return its page."""
    return leads_to(person.post("/hub/system/templates/new/draft", typed(**values)))


def status(person: HubPerson, page: str) -> str:
    found = re.search(r'id="status"><span class="chip \w+">. (\w+)', person.get(page).text)
    assert found is not None, page
    return found[1]


def test_the_list_has_those_of_the_release_and_says_how_they_stand(samir: HubPerson) -> None:
    text = samir.get("/hub/system/templates").text
    for name in ("Quantify a gel", "Two-colour western", "Dot blot / plate", "Inspector&#39;s view"):
        row = next(part for part in text.split("<tr ") if f">{name}</a>" in part)
        assert "✓ effective" in row
        assert "shipped" in row
    one = samir.get("/hub/system/templates/TPL-000001").text
    assert "ImageViewer(image=&#34;IMG-000001&#34;)" in one
    assert "the installation" in one


def test_a_template_is_written_signed_by_two_and_superseded(samir: HubPerson, paul: HubPerson) -> None:
    page = written(samir)
    assert status(samir, page) == "draft"
    after = signed(samir, SUPERVISOR, page, {"act": "effective"})
    assert "waits for a second person" in after.text
    assert status(samir, page) == "draft"
    confirm(paul, APPROVER, after)
    text = samir.get(page).text
    assert status(samir, page) == "effective"
    assert "Samir Haddad and Paul Okafor" in text
    more = f"{CELLS}\n\n%% locked widget more\nStudies()"
    next_ = {"purpose": "For dots", "cells": more, "widgets": ["ImageBrowser", "Studies"]}
    rev = re.search(r'name="rev" value="(\d+)"', samir.get(f"{page}/draft").text)
    assert rev is not None
    assert leads_to(samir.post(f"{page}/draft", {**typed(**next_), "rev": rev[1], "reason": WHY})) == page
    text = samir.get(page).text
    assert "Version 2: draft" in text
    assert text.count("widget, locked") == 1
    assert more.replace("\n", "") in samir.get(f"{page}/draft").text.replace("\n", "")
    assert "Version 1: in use" in text
    confirm(paul, APPROVER, signed(samir, SUPERVISOR, page, {"act": "effective"}))
    assert "Version 2: in use" in samir.get(page).text


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"cells": "%% widget\nimport os"}, "Cell 1"),
        ({"cells": "%% widget\nStudies()"}, "Studies is not among the template&#39;s widgets"),
        ({"cells": "ImageBrowser()"}, "a cell begins with a line"),
        ({"cells": ""}, "A template needs"),
        ({"roles": []}, "A template needs"),
    ],
)
def test_what_a_template_cannot_say_is_told_and_the_form_kept(
    samir: HubPerson, values: dict[str, str | list[str]], says: str
) -> None:
    answer = samir.post("/hub/system/templates/new/draft", typed(name="Kept in the form", **values))
    assert answer.status_code == 422, note_of(answer)
    assert says in answer.text
    assert 'value="Kept in the form"' in answer.text


def test_an_approver_retires_it_and_a_supervisor_may_not(samir: HubPerson, paul: HubPerson) -> None:
    page = written(samir)
    assert 'id="retire"' not in samir.get(page).text
    token = re.search(r'name="_xsrf" value="([^"]+)"', samir.get(page).text)
    assert token is not None
    refused = samir.http.post(page, data={"act": "retire", "reason": WHY, "_xsrf": token[1]})
    assert refused.status_code == 403
    assert "audit trail" in refused.text
    assert "it has taken effect" in signed(paul, APPROVER, page, {"act": "retire"}).text
    assert status(paul, page) == "retired"
    assert 'id="edit"' not in samir.get(page).text


def test_who_neither_writes_nor_decides_looks_only(running_system: RunningSystem) -> None:
    with manager(running_system) as mia:
        text = mia.get("/hub/system/templates").text
        assert "Quantify a gel" in text
        assert 'id="add-template"' not in text
        assert 'href="/hub/system/templates"' in mia.get("/hub/system").text
        page = mia.get("/hub/system/templates/TPL-000001").text
        assert "<form" not in page.split('<main id="main"')[1]
        refused = mia.post("/hub/system/templates/new/draft", typed())
        assert refused.status_code == 403
