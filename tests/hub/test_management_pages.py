"""The System Management pages besides accounts: rules by two signatures, logs as files, images for Auditors (11.10)."""

from __future__ import annotations

import csv
import io
import json
import re
import secrets
from collections.abc import Iterator

import pytest
from managing import FIRST, SECOND, WHY, confirm, manager, signed
from persons import HubPerson, leads_to
from PIL import Image
from systems import RunningSystem


@pytest.fixture(scope="module")
def first(running_system: RunningSystem) -> Iterator[HubPerson]:
    with manager(running_system) as somebody:
        yield somebody


@pytest.fixture(scope="module")
def second(running_system: RunningSystem) -> Iterator[HubPerson]:
    with manager(running_system, SECOND) as somebody:
        yield somebody


@pytest.fixture(scope="module")
def auditor(running_system: RunningSystem) -> Iterator[HubPerson]:
    with HubPerson(running_system.url) as somebody:
        assert somebody.sign_in(*running_system.accounts["auditor"]).status_code == 302
        yield somebody


def test_a_policy_is_looked_at_as_old_and_new_and_signed_by_two(first: HubPerson, second: HubPerson) -> None:
    page = "/hub/system/policies/change"
    looked = first.post(page, {"act": "review", "reason.min_chars": "11", "session.max_hours": "12"})
    row = looked.text.split('data-policy="reason.min_chars"')[1].split("</tr>")[0]
    assert "<td>10 characters</td>" in row
    assert "<strong>11 characters</strong>" in row
    assert 'data-policy="session.max_hours"' not in looked.text, "what did not differ"
    after = signed(first, FIRST, page, {"act": "sign", "reason.min_chars": "11"})
    assert "waits for a second person" in after.text
    confirm(second, SECOND, after)
    held = first.get("/hub/system/policies").text.split('data-policy="reason.min_chars"')[1].split("</tr>")[0]
    assert "11 characters" in held
    assert "not the default" in held
    confirm(second, SECOND, signed(first, FIRST, page, {"act": "sign", "reason.min_chars": "10"}))


@pytest.mark.parametrize(
    "values", [{}, {"reason.min_chars": "10"}, {"reason.min_chars": "ten"}, {"reason.min_chars": "-"}]
)
def test_nothing_to_change_or_no_number_is_said(first: HubPerson, values: dict[str, str]) -> None:
    answer = first.post("/hub/system/policies/change", {"act": "review", **values})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_a_value_out_of_range_is_refused_by_the_service_and_kept_in_the_form(first: HubPerson) -> None:
    fields = {"act": "sign", "session.idle_minutes": "600", "reason": WHY}
    answer = first.post("/hub/system/policies/change", fields)
    assert answer.status_code == 422
    assert "1 to 60" in answer.text
    assert 'name="session.idle_minutes" value="600"' in answer.text


def test_a_role_is_added_by_two_and_shown_in_the_table(first: HubPerson, second: HubPerson) -> None:
    name = f"reader_{secrets.token_hex(3)}"
    fields = {"name": name, "label": f"Reader {name[-4:]}", "purpose": "reads", "actions": ["image.list", "image.view"]}
    refused = first.post("/hub/system/roles/new", {**fields, "actions": ["user.create", "image.view"], "reason": WHY})
    assert refused.status_code == 422
    assert "A fixed rule" in refused.text
    confirm(second, SECOND, signed(first, FIRST, "/hub/system/roles/new", fields))
    assert f'data-role="{name}"' in first.get("/hub/system/roles").text
    role = first.get(f"/hub/system/roles/{name}").text
    assert 'value="image.view" checked' in role
    assert 'id="retire"' in role


def test_who_is_told_of_an_alarm_changes_at_once(first: HubPerson) -> None:
    page = "/hub/system/notification-rules/account.locked"
    version = first.get(page).text.split('name="version" value="')[1].split('"')[0]
    fields = {
        "version": version,
        "severity": "critical",
        "roles": ["system_manager"],
        "emails": "qa@lab.example",
        "webhook": "yes",
    }
    assert first.post(page, {**fields, "emails": "no address", "reason": WHY}).status_code == 422
    assert leads_to(first.post(page, {**fields, "reason": WHY})) == "/hub/system/notification-rules"
    row = first.get("/hub/system/notification-rules").text.split('data-alarm="account.locked"')[1].split("</tr>")[0]
    assert "qa@lab.example" in row
    assert "critical" in row


def test_user_log_as_csv_and_json_says_how_many_of_how_many(first: HubPerson) -> None:
    wanted = {"action": "session.login", "who": FIRST}
    about = json.loads(downloaded(first, {**wanted, "form": "json"}).text)
    assert about["about"]["filter"] == {"action": ["session.login"], "who": FIRST}
    assert len(about["entries"]) == about["about"]["entries_here"] < about["about"]["entries_in_all"]
    assert {one["entry"]["action"] for one in about["entries"]} == {"session.login"}
    table = downloaded(first, {**wanted, "form": "csv"})
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert len(rows) == len(about["entries"])
    assert {row["user_name"] for row in rows} == {FIRST}
    listed = first.get("/hub/system/user-log?action=log.user.export").text
    assert "exports the user log as CSV" in listed


def downloaded(person: HubPerson, fields: dict[str, str]):
    """Make an export of the user log and download it."""
    made = person.post("/hub/system/user-log", fields)
    answer = person.get(leads_to(made))
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith("attachment")
    return answer


def test_user_log_is_sorted_as_asked(first: HubPerson) -> None:
    def ids(order: str) -> list[int]:
        text = first.get(f"/hub/system/user-log?order={order}").text
        return [int(part.split('"')[0]) for part in text.split('data-entry="')[1:]]

    assert ids("oldest") == sorted(ids("oldest"))
    assert ids("newest") == sorted(ids("newest"), reverse=True)


def test_auditors_read_images_and_both_logs_without_a_form(auditor: HubPerson) -> None:
    assert "IMG-000001" in auditor.get("/hub/system/images").text
    page = auditor.get("/hub/system/images/IMG-000001").text
    assert 'data-action="image.import"' in page
    picture = auditor.get("/hub/system/images/IMG-000001/picture")
    assert Image.open(io.BytesIO(picture.content)).format == "PNG"
    for path in ("accounts/ACC-000001", "policies", "roles/analyst", "widgets", "access-reviews", "letters"):
        text = auditor.get(f"/hub/system/{path}").text
        assert 'name="reason"' not in text, path
    assert auditor.get("/hub/system/user-log").status_code == 200


def test_a_letter_that_is_kept_is_given_back_byte_for_byte_and_never_shown(
    first: HubPerson, auditor: HubPerson
) -> None:
    name, data = "Brief an die Behörde.pdf", b"%PDF-1.7\n<script>alert(1)</script>"
    typed = {"sent_on": "2026-11-02", "address": "FDA, Rockville", "reason": WHY}
    assert first.post("/hub/system/letters", typed, {"letter": (name, data)}).status_code == 302
    row = re.search(
        r'href="(/hub/system/letters/LET-\d+/file)" download>([^<]+)</a>', auditor.get("/hub/system/letters").text
    )
    assert row is not None
    assert row[2] == name
    file = auditor.get(row[1])
    assert file.content == data
    assert file.headers["content-type"] == "application/octet-stream"
    assert file.headers["content-disposition"].startswith("attachment;")
    assert auditor.get("/hub/system/letters/LET-999999/file").status_code == 404


def test_status_page_says_of_each_thing_whether_it_is_fine(first: HubPerson, running_system: RunningSystem) -> None:
    page = first.get("/hub/system/status").text
    rows = dict(re.findall(r'<tr data-part="(\w+)" data-state="(\w+)">', page))
    assert set(rows) == {"checkpoint", "queue", "anchor", "backup", "drill", "clock", "deliveries"}
    assert {rows[name] for name in ("checkpoint", "queue", "clock", "deliveries")} == {"fine"}
    assert rows["anchor"] == "none", "a demo sends its checkpoints nowhere"
    assert "✓ fine" in page
    assert "<dt>fastapi</dt><dd>" in page
    with running_system.client(*running_system.accounts["auditor"]) as auditor:
        told = auditor.condition()
    assert {one.part for one in told.parts} == set(rows) - {"anchor"}
    assert f"<dt>Blotter</dt><dd>{told.software}</dd>" in page


def test_managers_see_no_images(first: HubPerson) -> None:
    assert first.get("/hub/system/images").status_code == 403
    assert first.get("/hub/system/images/IMG-000001/picture").status_code == 403
    assert "system/images" not in first.get("/hub/system").text


def test_manifest_has_every_revision_with_its_digest(first: HubPerson) -> None:
    newest = first.get("/hub/system/manifest.json")
    assert newest.headers["content-disposition"].startswith("attachment")
    told = newest.json()
    assert len(told["digest"]) == 64
    assert told["digest"] in first.get(f"/hub/system/manifest?revision={told['revision']}").text
    assert first.get("/hub/system/manifest?revision=1").status_code == 200
    assert first.get("/hub/system/manifest?revision=0").status_code == 400
    assert first.get("/hub/system/manifest?revision=9999").status_code == 404


def test_who_could_do_what_on_a_day(first: HubPerson) -> None:
    now = first.get("/hub/system/authority").text
    assert "Anna Lindqvist" in now
    assert "analysis.save" in now.split("Anna Lindqvist")[1].split("</tr>")[0]
    before = first.get("/hub/system/authority?on=2001-01-01")
    assert before.status_code == 200
    assert "There was no account yet." in before.text
    assert "data-account=" not in before.text
    assert first.get("/hub/system/authority?on=yesterday").status_code == 400


def test_others_are_led_nowhere(running_system: RunningSystem) -> None:
    with HubPerson(running_system.url) as analyst:
        analyst.sign_in(*running_system.accounts["analyst"])
        for path in ("", "/accounts", "/accounts/ACC-000001", "/user-log", "/tasks", "/access-reviews", "/letters"):
            assert analyst.get(f"/hub/system{path}").status_code == 403, path
