"""The pages of the instruments, without JavaScript: written down, registered, calibrated, retired by signature."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, date, datetime, timedelta

import pytest
from managing import WHY, manager, note_of, signed
from persons import HubPerson, leads_to
from systems import RunningSystem

MANAGER = "ivan.instruments"


@pytest.fixture(scope="module")
def ivan(running_system: RunningSystem):
    with HubPerson(running_system.url) as person:
        assert person.sign_in(*running_system.accounts["instrument_manager"]).status_code == 302
        yield person


def typed(**values: str) -> dict[str, str]:
    return {
        "name": f"Imager {secrets.token_hex(4)}",
        "maker": "Blotter",
        "model": "NIR-2 simulator",
        "serial": f"SIM-{secrets.randbelow(10**6):06d}",
        "firmware": "1.",
        "channels_nm": "700, 800",
        "integration_ms_low": "0.5",
        "integration_ms_high": "200",
        "resolutions_um": "21 42 84",
        "focus_mm_low": "0",
        "focus_mm_high": "4",
        "bottom_um": "100800",
        "right_um": "134400",
        "reason": WHY,
        **values,
    }


def day(offset: int) -> str:
    today: date = datetime.now(UTC).date()  # noqa: TID251 - the real day
    return (today + timedelta(days=offset)).isoformat()


def test_an_instrument_is_written_down_registered_calibrated_and_retired(ivan: HubPerson) -> None:
    said = typed()
    page = leads_to(ivan.post("/hub/system/instruments/new/form", dict(said)))
    text = ivan.get(page).text
    assert "● not registered" in text
    assert "700, 800 nm" in text
    assert "134.4 × 100.8 mm" in text
    assert 'id="retire"' not in text

    # A form that keeps what was typed: the same again, with another firmware.
    form = ivan.get(f"{page}/form").text
    rev = re.search(r'name="rev" value="(\d+)"', form)
    assert rev is not None
    assert 'value="21 42 84"' in form
    changed = {**said, "firmware": "1.0.", "rev": rev[1]}
    assert leads_to(ivan.post(f"{page}/form", changed)) == page
    stale = ivan.post(f"{page}/form", {**changed, "firmware": "2."})
    assert stale.status_code == 409, note_of(stale)

    assert "has taken effect" in signed(ivan, MANAGER, page, {"act": "register"}).text
    text = ivan.get(page).text
    assert "✓ registered" in text
    assert "begins with 1.0." in text

    late = {"act": "calibrate", "done_on": day(1), "due_on": day(300), "certificate": "CAL 17"}
    refused = ivan.post(page, late)
    assert refused.status_code == 422, note_of(refused)
    assert "A calibration was done by today" in refused.text
    assert 'value="CAL 17"' in refused.text
    assert "has taken effect" in signed(ivan, MANAGER, page, {**late, "done_on": day(-1)}).text
    assert f"holds until {day(300)}; certificate CAL 17" in ivan.get(page).text
    name = page.rsplit("/", 1)[1]
    row = ivan.get("/hub/system/instruments").text.split(f'data-instrument="{name}"')[1].split("</tr>")[0]
    assert "✓ usable" in row

    assert "has taken effect" in signed(ivan, MANAGER, page, {"act": "retire"}).text
    text = ivan.get(page).text
    assert "✕ retired" in text
    assert not re.search('id="(edit|register|calibrate|retire)"', text)


def test_what_cannot_be_is_told_by_field_and_the_form_kept(ivan: HubPerson) -> None:
    for values, says in (
        ({"integration_ms_low": "fast"}, "integration ms low"),
        ({"channels_nm": "800 700"}, "ascending"),
        ({"serial": "a,b"}, "serial"),
        ({"integration_ms_low": "300"}, "a lower limit is above its upper one"),
    ):
        answer = ivan.post("/hub/system/instruments/new/form", typed(maker="Kept in the form", **values))
        assert answer.status_code == 422, note_of(answer)
        assert says in answer.text
        assert 'value="Kept in the form"' in answer.text


def test_who_keeps_no_instruments_looks_only(running_system: RunningSystem) -> None:
    with manager(running_system) as mia:
        text = mia.get("/hub/system/instruments").text
        assert "Instruments" in text
        assert 'id="add-instrument"' not in text
        assert mia.post("/hub/system/instruments/new/form", typed()).status_code == 403
