"""A result from the first rectangle to the approval, as three people; and every step that is not allowed."""

from __future__ import annotations

import hashlib
import json

import httpx
import pytest
from blotter_records.contract.analyses import SaveRequest
from blotter_records.contract.results import ResultRequest, ResultVersionRequest
from blotter_records.errors import Conflict, Invalid, Refused
from blotter_records.services.operating.demo import DEMO_PASSWORD
from blotter_records.vocabulary import Action, Gesture, ImageStatus, Meaning, ResultStatus, Role
from service_over_http import PLAIN, shape


@pytest.fixture(scope="module")
def people(service):
    return {
        role: service.signed_in(role, **{"X-Blotter-Notebook": "NBK-000001", "X-Blotter-Cell": "c1"})
        for role in (Role.ANALYST, Role.SUPERVISOR, Role.REVIEWER, Role.APPROVER)
    }


def test_a_result_is_submitted_reviewed_and_approved_by_three_people(service, people):
    anna, rosa, paul = people[Role.ANALYST], people[Role.REVIEWER], people[Role.APPROVER]
    result = service.result(anna)
    assert result.status is ResultStatus.IN_ANALYSIS
    assert result.contributors == ["Anna Lindqvist"]

    submitted = service.step(anna, result.result, Action.RESULT_SUBMIT)
    assert submitted.status is ResultStatus.SUBMITTED
    assert [(one.meaning, one.printed_name, one.state) for one in submitted.signatures] == [
        (Meaning.AUTHORSHIP, "Anna Lindqvist", "valid")
    ]
    assert submitted.signatures[0].digest == result.digest

    rosa.start_review(result.result)
    reviewed = service.step(rosa, result.result, Action.RESULT_REVIEW_SIGN)
    assert reviewed.status is ResultStatus.REVIEWED
    approved = service.step(paul, result.result, Action.RESULT_APPROVE)
    assert approved.status is ResultStatus.APPROVED
    assert [one.meaning for one in approved.signatures] == [Meaning.AUTHORSHIP, Meaning.REVIEW, Meaning.APPROVAL]
    assert {one.state for one in approved.signatures} == {"valid"}
    assert [step.action for step in approved.steps] == [
        Action.RESULT_INVALIDATE,
        Action.RESULT_SUPERSEDE,
        Action.RESULT_ARCHIVE,
    ]
    assert anna.image("IMG-000001").status is ImageStatus.APPROVED

    entries = service.entries(record_id=result.result, rev=2)
    assert entries[0]["old"] == {"status": "in_analysis"}
    assert entries[0]["signature"] == submitted.signatures[0].signature
    assert entries[0]["notebook"] == "NBK-000001"
    assert entries[0]["cell"] == "c1"


def test_after_submission_the_analysis_is_frozen(service, people):
    anna = people[Role.ANALYST]
    result = service.result(anna, "IMG-000002")
    service.step(anna, result.result, Action.RESULT_SUBMIT)
    analysis = anna.analysis(result.analyses[0].analysis)
    assert not analysis.is_editable
    assert result.result in analysis.why_not_editable
    with pytest.raises(Conflict) as refused:
        anna.gesture(
            analysis.analysis,
            service.gesture(analysis, [*analysis.shapes, shape("S2", 200, 200, 220, 220)]),
        )
    assert refused.value.code == "conflict.frozen"
    last = service.entries(action="action.refused")[-1]
    assert last["new"]["rule"] == "conflict.frozen"
    assert last["record_id"] == analysis.analysis


def test_the_author_cannot_review_and_the_reviewer_cannot_approve(service, people):
    sam, rosa = people[Role.SUPERVISOR], people[Role.REVIEWER]
    result = service.result(sam, "IMG-000002")
    service.step(sam, result.result, Action.RESULT_SUBMIT)
    with pytest.raises(Refused) as own:
        sam.start_review(result.result)
    assert own.value.code == "refused.independence"
    assert service.entry_id(action="action.refused") == own.value.entry
    entry = service.entries(action="action.refused")[-1]
    assert entry["new"] == {
        "action": "result.review.start",
        "roles": ["supervisor"],
        "rule": "refused.independence",
        "status": "submitted",
    }
    rosa.start_review(result.result)
    with pytest.raises(Refused) as other:
        service.intend(sam, result.result, Action.RESULT_REVIEW_SIGN)
    assert other.value.code == "refused.independence"
    with pytest.raises(Refused) as role:
        service.intend(rosa, result.result, Action.RESULT_APPROVE)
    assert role.value.code == "refused.role"


def test_a_returned_result_gets_a_new_version_and_its_old_signatures_are_outdated(service, people):
    anna, rosa = people[Role.ANALYST], people[Role.REVIEWER]
    result = service.result(anna, "IMG-000003")
    service.step(anna, result.result, Action.RESULT_SUBMIT)
    rosa.start_review(result.result)
    with pytest.raises(Invalid) as missing:
        service.intend(rosa, result.result, Action.RESULT_RETURN)
    assert missing.value.code == "reason.missing"
    returned = service.step(rosa, result.result, Action.RESULT_RETURN, "Band two is cut at its left edge")
    assert returned.status is ResultStatus.RETURNED

    analysis = anna.analysis(result.analyses[0].analysis)
    wider = [shape("S1", 100, 90, 120, 160)]
    analysis = anna.gesture(analysis.analysis, service.gesture(analysis, wider, Gesture.SHAPE_RESIZE))
    saved = anna.save_analysis(
        analysis.analysis,
        SaveRequest(expected_rev=analysis.rev, reason="Left edge of the band included", idempotency_key=service.key()),
    )
    again = anna.create_result_version(
        result.result,
        ResultVersionRequest(
            analyses=[saved.versions[-1].id],
            expected_rev=returned.rev,
            reason="Wider rectangle as the reviewer asked",
            idempotency_key=service.key(),
        ),
    )
    assert (again.version, again.status) == (2, ResultStatus.IN_ANALYSIS)
    assert again.digest != result.digest
    assert {one.state for one in again.signatures} == {"outdated"}

    submitted = service.step(anna, result.result, Action.RESULT_SUBMIT)
    assert submitted.status is ResultStatus.SUBMITTED
    assert [(one.version, one.meaning, one.state) for one in submitted.signatures] == [
        (1, Meaning.AUTHORSHIP, "outdated"),
        (1, Meaning.REJECTION, "outdated"),
        (2, Meaning.AUTHORSHIP, "valid"),
    ]
    assert submitted.signatures[-1].digest == again.digest
    rosa.start_review(result.result)
    reviewed = service.step(rosa, result.result, Action.RESULT_REVIEW_SIGN)
    assert (reviewed.version, reviewed.status) == (2, ResultStatus.REVIEWED)


def test_a_stale_or_a_second_version_of_a_result_is_refused(service, people):
    anna, rosa = people[Role.ANALYST], people[Role.REVIEWER]
    result = service.result(anna)
    pins = [result.analyses[0].id]
    request = ResultVersionRequest(
        analyses=pins, expected_rev=result.rev, reason="Pinned once more to see it", idempotency_key=service.key()
    )
    again = anna.create_result_version(result.result, request)
    assert anna.create_result_version(result.result, request) == again  # the answer was lost, it was asked again
    assert anna.result(result.result).version == 2
    with pytest.raises(Conflict) as stale:
        anna.create_result_version(result.result, request.model_copy(update={"idempotency_key": service.key()}))
    assert stale.value.code == "conflict.stale"
    service.step(anna, result.result, Action.RESULT_SUBMIT)
    late = {"expected_rev": anna.result(result.result).rev, "idempotency_key": service.key()}
    with pytest.raises(Conflict) as submitted:
        anna.create_result_version(result.result, request.model_copy(update=late))
    assert submitted.value.code == "conflict.status"
    with pytest.raises(Refused):
        rosa.create_result_version(result.result, request.model_copy(update=late))


def test_a_result_asked_for_twice_is_made_once(service, people):
    anna, sam = people[Role.ANALYST], people[Role.SUPERVISOR]
    pins = [service.saved(anna).versions[-1].id]
    request = ResultRequest(title="Bands", analyses=pins, idempotency_key=service.key())
    made = anna.create_result(request)
    count = len(anna.results())
    assert anna.create_result(request) == made
    assert len(anna.results()) == count
    assert len(service.entries(record_id=made.result)) == 1
    with pytest.raises(Conflict) as reused:
        anna.create_result(request.model_copy(update={"title": "Others"}))
    assert reused.value.code == "conflict.idempotency"
    assert sam.create_result(request).result != made.result  # a key is a person's own


def test_a_key_stands_for_one_record(service, people):
    anna = people[Role.ANALYST]
    first, second = anna.start_analysis("IMG-000001"), anna.start_analysis("IMG-000001")
    request = service.gesture(first, [shape("S1", 100, 100, 120, 160)])
    anna.gesture(first.analysis, request)
    with pytest.raises(Conflict) as other:
        anna.gesture(second.analysis, request)
    assert other.value.code == "conflict.idempotency"


def test_only_the_submitter_withdraws_and_only_before_review(service, people):
    anna, sam = people[Role.ANALYST], people[Role.SUPERVISOR]
    result = service.result(anna, "IMG-000003")
    service.step(anna, result.result, Action.RESULT_SUBMIT)
    with pytest.raises(Refused):
        service.intend(sam, result.result, Action.RESULT_WITHDRAW, "Submitted by a colleague")
    back = service.step(anna, result.result, Action.RESULT_WITHDRAW, "One more band has to be measured")
    assert back.status is ResultStatus.IN_ANALYSIS


def test_a_signing_page_signs_once_only_for_its_person_and_only_from_its_own_page(service, people):
    anna = people[Role.ANALYST]
    result = service.result(anna)
    intent = service.intend(anna, result.result, Action.RESULT_SUBMIT)
    assert service.post(intent, "anna.analyst", origin="http://localhost:8000").status_code == 403
    other = service.post(intent, "rosa.reviewer")
    assert other.status_code == 401
    assert anna.result(result.result).signatures == []
    assert service.post(intent, "anna.analyst").status_code == 200
    assert anna.signing_intent(intent.intent).state == "signed"
    again = service.post(intent, "anna.analyst")
    assert again.status_code in {200, 409}
    assert len(anna.result(result.result).signatures) == 1
    assert service.entries(action="signature.failed")[-1]["new"]["why"] == "another user name was typed"


def test_a_signing_page_closes_after_a_minute_without_input(service, people):
    from datetime import timedelta

    anna = people[Role.ANALYST]
    result = service.result(anna)
    intent = service.intend(anna, result.result, Action.RESULT_SUBMIT)
    service.clock.offset = timedelta(seconds=61)
    assert anna.signing_intent(intent.intent).state == "ended"
    assert service.post(intent, "anna.analyst").status_code in {403, 409}
    assert anna.result(result.result).signatures == []


def test_what_changed_after_the_page_was_opened_is_not_signed(service, people):
    anna = people[Role.ANALYST]
    result = service.result(anna)
    intent = service.intend(anna, result.result, Action.RESULT_SUBMIT)
    anna.create_result_version(
        result.result,
        ResultVersionRequest(
            analyses=[result.analyses[0].id],
            expected_rev=result.rev,
            reason="Another version in between",
            idempotency_key=service.key(),
        ),
    )
    assert httpx.get(intent.url, trust_env=False, verify=PLAIN).status_code == 409
    assert service.post(intent, "anna.analyst").status_code == 409
    assert anna.result(result.result).signatures == []


def test_a_report_is_made_kept_and_downloaded(service, people):
    anna = people[Role.ANALYST]
    made = anna.make_report(service.result(anna).result)
    data = b"".join(anna.export_file(made.export))
    assert data.startswith(b"%PDF-")
    assert (len(data), hashlib.sha256(data).hexdigest()) == (made.bytes, made.sha256)
    assert anna.export(made.export) == made
    entries = service.entries(record_id=made.export)
    assert [one["action"] for one in entries] == ["report.generate", "export.download"]


def test_the_page_shows_the_record_and_cannot_be_framed_by_strangers(service, people):
    anna = people[Role.ANALYST]
    result = service.result(anna)
    intent = service.intend(anna, result.result, Action.RESULT_SUBMIT)
    page = httpx.get(intent.url, trust_env=False, verify=PLAIN)
    assert page.status_code == 200
    assert "set-cookie" not in page.headers
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors http://localhost:8000" in policy
    assert page.headers["referrer-policy"] == "same-origin"
    assert "x-frame-options" not in page.headers
    text = page.text
    assert result.result in text
    assert "Anna Lindqvist" in text
    assert "authorship" in text
    assert all(result.digest[at : at + 8] in text for at in range(0, 64, 8))
    picture = httpx.get(f"{intent.url}/pictures/0.png", trust_env=False, verify=PLAIN)
    assert picture.content.startswith(b"\x89PNG")


def test_numbers_that_were_changed_in_the_database_are_not_signed(service, people, database):
    anna = people[Role.ANALYST]
    result = service.result(anna, "IMG-000002")
    intent = service.intend(anna, result.result, Action.RESULT_SUBMIT)
    stream = f"analysis:{result.analyses[0].analysis}"
    forge(database, stream, lambda content: content["measurements"][0].update(total=1))
    assert service.post(intent, "anna.analyst").status_code == 500
    forge(database, stream, lambda content: content["measurements"][0].update(result_before(result)))
    assert anna.result(result.result).signatures == []


def result_before(result):
    return result.analyses[0].measurements[0].model_dump(mode="json")


def forge(database, stream, change):
    """Edit a record's newest revision as the database's superuser would."""
    with database.connect("postgres") as connection:
        connection.execute("ALTER TABLE records.revision DISABLE TRIGGER append_only")
        where = "stream = %s AND rev = (SELECT max(rev) FROM records.revision WHERE stream = %s)"
        found = connection.execute(f"SELECT content FROM records.revision WHERE {where}", [stream, stream]).fetchone()
        content = json.loads(found[0])
        change(content)
        forged = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        connection.execute("SET session_replication_role = replica")  # no foreign key looks
        connection.execute(
            "UPDATE records.revision SET content = %s, sha256 = encode(sha256(convert_to(%s, 'UTF8')), 'hex')"
            f" WHERE {where}",
            [forged, forged, stream, stream],
        )
        connection.execute("SET session_replication_role = origin")
        connection.execute("ALTER TABLE records.revision ENABLE ALWAYS TRIGGER append_only")


def test_too_many_wrong_passwords_while_signing_lock_and_end_the_session(service):
    from datetime import timedelta

    account, ben = service.person("ben.signer")
    service.join(account, Role.ANALYST)
    result = service.result(ben)
    intent = service.intend(ben, result.result, Action.RESULT_SUBMIT)
    answers = [service.post(intent, "ben.signer", "wrong password 1").status_code for _ in range(5)]
    assert answers == [401] * 5
    with pytest.raises(Refused) as ended:
        ben.session()
    assert ended.value.status == 401
    with pytest.raises(Refused):
        service.signed_in("ben.signer", "Wide 7 rivers meet here")
    service.clock.offset = timedelta(minutes=16)
    opened = service.hub.open_session("ben.signer", "Wide 7 rivers meet here", "10.0.0.7")
    assert opened.view.failed_sign_ins_since == 1


def test_the_demo_password_is_published_and_still_nowhere(service, database, caplog):
    with database.connect("postgres") as connection:
        tables = connection.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN ('audit', 'records')"
        ).fetchall()
        for (table,) in tables:
            rows = connection.execute(f"SELECT t::text FROM {table} AS t").fetchall()
            assert not any(DEMO_PASSWORD in row[0] for row in rows), table


@pytest.mark.parametrize(
    "typed", ["anna.analyst\0", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "x" * 3_000]
)
def test_what_no_name_can_be_is_refused_on_the_signing_page(service, people, typed):
    anna = people[Role.ANALYST]
    result = service.result(anna)
    intent = service.intend(anna, result.result, Action.RESULT_SUBMIT)
    answer = service.post(intent, typed)
    assert 400 <= answer.status_code < 500, answer.text
    assert "Traceback" not in answer.text
    assert anna.result(result.result).status is ResultStatus.IN_ANALYSIS
