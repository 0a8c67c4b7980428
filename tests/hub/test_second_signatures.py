"""Second signatures and notifications on the hub's pages (11.10(g), 11.300(d))."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from blotter_records.adapters.image_files import to_tiff
from blotter_records.contract.signing import SigningIntentRequest
from blotter_records.densitometry.synthetic import Recipe, make_blot
from blotter_records.errors import IntegrityBroken
from blotter_records.services.operating.demo import DEMO_PASSWORD
from blotter_records.vocabulary import Action
from managing import FIRST, SECOND, framed, manager, sign
from persons import HubPerson, leads_to
from systems import RunningSystem

CONFIGURATION = "CFG-000001"
WHY = "Our rule for reasons was changed"


@pytest.fixture(scope="module")
def second(running_system: RunningSystem) -> Iterator[HubPerson]:
    """The second System Manager, at the hub."""
    with manager(running_system, SECOND) as somebody:
        yield somebody


def propose(system: RunningSystem, **values: object) -> str:
    """Sign a change of policies as the first System Manager; return the proposal."""
    with system.client(FIRST, DEMO_PASSWORD) as first:
        asked = SigningIntentRequest(
            record=CONFIGURATION, action=Action.POLICY_EDIT, details={"values": values}, reason=WHY
        )
        intent = first.create_signing_intent(asked)
        assert sign(intent.url, FIRST).status_code == 200
        seen = first.signing_intent(intent.intent)
    assert seen.proposal
    return seen.proposal


def altered_image(system: RunningSystem) -> str:
    """Import an image, alter a byte of its file behind the service's back, open it, and put the byte back."""
    with system.client(*system.accounts["analyst"]) as anna:
        counts, _truth = make_blot(Recipe(seed=41, rows=400, columns=500))
        image = anna.import_image("altered.tif", "To be altered in its file", to_tiff(counts), study="STU-000001")
        file = next(path for path in (system.data / "store").rglob("*") if path.name == image.file_sha256)
        good = file.read_bytes()
        mode = file.stat().st_mode
        file.chmod(0o600)
        try:
            file.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
            with pytest.raises(IntegrityBroken):
                anna.image(image.image)
        finally:
            file.write_bytes(good)
            file.chmod(mode)
    return image.image


def test_a_second_manager_sees_old_and_new_and_signs_on_the_records_services_page(
    running_system: RunningSystem, second: HubPerson
) -> None:
    proposal = propose(running_system, **{"reason.codes": ["typo: a typing error", "other: what the text says"]})
    page = f"/hub/proposals/{proposal}"
    home = second.get("/hub/home").text
    assert page in home
    assert re.search(r'class="badge">\d+<', home)
    shown = second.get(page).text
    assert "typo: a typing error" in shown
    assert WHY in shown
    assert "Mia Schneider" in shown
    signing = second.post(page, {"act": "sign", "comment": "as agreed"})
    assert signing.status_code == 200
    origin = urlsplit(running_system.signing_url)
    assert signing.headers["content-security-policy"].endswith(f"; frame-src {origin.scheme}://{origin.netloc}")
    assert "password" not in re.findall(r'type="(\w+)"', signing.text)
    assert sign(framed(signing), SECOND).status_code == 200
    assert "Confirmed by Max Tanaka: it has taken effect." in second.get(page).text
    assert proposal not in second.get("/hub/proposals").text


def test_a_proposal_is_declined_with_a_reason_or_nothing_happens(
    running_system: RunningSystem, second: HubPerson
) -> None:
    proposal = propose(running_system, **{"reason.min_chars": 12})
    page = f"/hub/proposals/{proposal}"
    refused = second.post(page, {"act": "decline", "reason": "no"})
    assert refused.status_code == 422
    assert "The reason needs at least 10 characters." in refused.text
    assert "Go to the signing page" in refused.text
    declined = second.post(page, {"act": "decline", "reason": "Ten characters are enough for us"})
    assert leads_to(declined) == page
    assert "Declined by Max Tanaka: nothing of it takes effect." in second.get(page).text


def test_who_has_nothing_to_do_with_a_proposal_sees_none(running_system: RunningSystem) -> None:
    proposal = propose(running_system, **{"reason.min_chars": 11})
    with HubPerson(running_system.url) as analyst:
        analyst.sign_in(*running_system.accounts["analyst"])
        assert analyst.get(f"/hub/proposals/{proposal}").status_code == 404
        assert proposal not in analyst.get("/hub/proposals").text
        assert 'class="badge"' not in analyst.get("/hub/home").text
    with manager(running_system) as first:
        own = first.get(f"/hub/proposals/{proposal}").text
        assert "Take it back" in own
        assert "Go to the signing page" not in own
        first.post(f"/hub/proposals/{proposal}", {"act": "decline", "reason": "Taken back after the test"})


def test_a_notification_is_acknowledged_with_what_was_done(running_system: RunningSystem, second: HubPerson) -> None:
    image = altered_image(running_system)
    listed = second.get("/hub/notifications").text
    found = re.search(r'data-notification="(NTF-\d+)"', listed)
    assert found
    assert f"{image} does not verify and is on integrity hold." in listed
    assert second.post("/hub/notifications", {"notification": "NTF-1/../x", "comment": "x"}).status_code == 400
    short = second.post("/hub/notifications", {"notification": found[1], "comment": "ok"})
    assert short.status_code == 422
    assert "The reason needs at least" in short.text
    done = second.post("/hub/notifications", {"notification": found[1], "comment": "Seen, and told the laboratory"})
    assert f"{found[1]} was acknowledged by Max Tanaka." in done.text
    assert f'data-notification="{found[1]}"' not in second.get("/hub/notifications").text
    assert "Seen, and told the laboratory" in second.get("/hub/notifications?all=yes").text


def test_who_may_only_look_has_no_form_and_others_see_nothing(running_system: RunningSystem) -> None:
    with HubPerson(running_system.url) as auditor:
        auditor.sign_in(*running_system.accounts["auditor"])
        page = auditor.get("/hub/notifications?all=yes")
        assert page.status_code == 200
        assert "What was done about it" not in page.text
    with HubPerson(running_system.url) as analyst:
        analyst.sign_in(*running_system.accounts["analyst"])
        assert analyst.get("/hub/notifications").status_code == 403
        assert "/hub/notifications" not in analyst.get("/hub/home").text
