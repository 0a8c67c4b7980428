"""The pages of the analysis protocols, without JavaScript: written, signed by two, followed by a version, retired."""

from __future__ import annotations

import re
import secrets

from managing import WHY, confirm, manager, note_of, signed
from persons import HubPerson, leads_to
from systems import RunningSystem

SUPERVISOR, APPROVER = "samir.supervisor", "paul.approver"


def typed(**values: str | list[str]) -> dict[str, str | list[str]]:
    fields: dict[str, str | list[str]] = {
        "name": f"p53 over actin {secrets.token_hex(4)}",
        "purpose": "p53 over actin",
        "background": "median",
        "width": "3",
        "sides": "all",
        "ladder": "Bio-Rad Precision Plus Protein",
        "fit": "linear",
        "weights": "100 50 25",
        "bands": "target p53: 50 to 60 kDa\ncontrol: band 2",
        "normalisation": "housekeeping",
        "columns": ["Signal", "SNR"],
    }
    return {**fields, **values}


def test_a_protocol_is_written_signed_by_two_superseded_and_retired(samir: HubPerson, paul: HubPerson) -> None:
    page = leads_to(samir.post("/hub/system/protocols/new/draft", typed()))
    text = samir.get(page).text
    assert "Version 1: draft" in text
    assert "target p53: 50 to 60 kDa" in text
    assert "Signal, SNR" in text
    after = signed(samir, SUPERVISOR, page, {"act": "effective"})
    assert "waits for a second person" in after.text
    confirm(paul, APPROVER, after)
    assert "Version 1: in use" in samir.get(page).text
    form = samir.get(f"{page}/draft").text
    rev = re.search(r'name="rev" value="(\d+)"', form)
    assert rev is not None
    assert '<option value="housekeeping" selected>' in form
    changed = {**typed(sensitivity="8", lanes="4"), "rev": rev[1], "reason": WHY}
    assert leads_to(samir.post(f"{page}/draft", changed)) == page
    text = samir.get(page).text
    assert "Version 2: draft" in text
    assert "8 × the noise" in text
    assert 'id="retire"' not in text
    assert "it has taken effect" in signed(paul, APPROVER, page, {"act": "retire"}).text
    assert "✕ retired" in samir.get("/hub/system/protocols").text


def test_what_a_protocol_cannot_say_is_told_and_the_form_kept(samir: HubPerson) -> None:
    for values, says in (
        ({"bands": "target p53 at 50"}, "Bands, line 1"),
        ({"weights": "100 51"}, "has bands of"),
        ({"name": "x"}, "A protocol needs a name"),
    ):
        answer = samir.post("/hub/system/protocols/new/draft", typed(purpose="Kept in the form", **values))
        assert answer.status_code == 422, note_of(answer)
        assert says in answer.text
        assert 'value="Kept in the form"' in answer.text


def test_who_neither_writes_nor_decides_looks_only(running_system: RunningSystem) -> None:
    with manager(running_system) as mia:
        text = mia.get("/hub/system/protocols").text
        assert "Analysis protocols" in text
        assert 'id="add-protocol"' not in text
        assert mia.post("/hub/system/protocols/new/draft", typed()).status_code == 403
