"""The system of record: what is written comes back, and who comes second is told so."""

from datetime import timedelta

import pytest
from blotter_records.domain.canonical import digest
from blotter_records.domain.merkle import leaf_hash
from blotter_records.errors import Conflict, IntegrityBroken, Invalid
from blotter_records.ports.entries import Context, NewEntry, Subject, TrailFilter
from blotter_records.vocabulary import Action, Event, Outcome, RecordKind, Role

ANN = Subject("ACC-000001", "ann", "Ann Analyst", Role.ANALYST, None, "SES-000001", "127.0.0.1")


def new_image(unit, content, *, rev=0, stream=None, action=Action.IMAGE_IMPORT, reason="first gel of the run"):
    image = stream.partition(":")[2] if stream else unit.next_id(RecordKind.IMAGE)
    entry = NewEntry(f"image:{image}", action, ANN, Context("NBK-000001", 3, "c1", "k1"), new=content, reason=reason)
    return unit.change(
        entry, expected_rev=rev, kind=RecordKind.IMAGE, record_id=image, version=rev + 1, content=content
    )


def test_a_change_and_its_entry_come_back(ledger):
    content = {"title": "Gel é", "mean": 0.1 + 0.2, "rows": [1, 2]}
    before = ledger.now()
    with ledger.begin() as unit:
        made = new_image(unit, content)
        unit.commit()
    with ledger.begin() as unit:
        found = unit.latest(made.stream)
        [entry] = unit.entries(TrailFilter(streams=[made.stream]))
    assert found == made
    assert found.sha256 == digest(content) == entry.body["content_sha256"]
    assert found.subject == ANN
    assert found.content["mean"] == 0.1 + 0.2
    assert before <= entry.written.at <= ledger.now()
    assert entry.body["at"] == entry.written.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert (entry.body["zone"], entry.body["offset"], entry.body["login"]) == ("UTC", "+00:00", "blotter_runtime")
    assert entry.body["user_name"] == "ann"
    assert entry.body["reason"] == "first gel of the run"
    assert entry.body["new"] == content
    assert entry.body["cell"] == "c1"
    assert entry.written.number is None
    assert leaf_hash(entry.text.encode()).hex() == entry.written.leaf


def test_what_is_not_committed_is_not_there(ledger):
    with ledger.begin() as unit:
        made = new_image(unit, {"a": 1})
        unit.note(NewEntry(made.stream, Action.IMAGE_VIEW, ANN))
    with ledger.begin() as unit:
        assert unit.latest(made.stream) is None
        assert unit.count(TrailFilter(streams=[made.stream])) == 0
        assert unit.next_id(RecordKind.IMAGE) == made.record_id  # no gap


def test_the_second_of_two_savers_is_told(ledger):
    with ledger.begin() as unit:
        made = new_image(unit, {"a": 1})
        unit.commit()
    with ledger.begin() as unit:
        new_image(unit, {"a": 2}, rev=1, stream=made.stream)
        unit.commit()
    with ledger.begin() as unit, pytest.raises(Conflict) as caught:
        new_image(unit, {"a": 3}, rev=1, stream=made.stream)
    assert caught.value.code == "conflict.stale"
    with ledger.begin() as unit, pytest.raises(Conflict) as caught:
        new_image(unit, {"a": 3}, rev=7, stream=made.stream)  # revisions have no gaps
    assert caught.value.code == "conflict.stale"
    with ledger.begin() as unit:
        assert [one.content for one in unit.history(made.stream)] == [{"a": 1}, {"a": 2}]
        assert unit.revision(made.stream, 1).content == {"a": 1}
        assert unit.revision(made.stream, 3) is None
        assert unit.records(RecordKind.IMAGE)[-1].rev == 2


def test_looking_makes_nobodys_save_stale(ledger):
    with ledger.begin() as unit:
        made = new_image(unit, {"a": 1})
        unit.note(NewEntry(made.stream, Action.IMAGE_VIEW, ANN, record_kind=RecordKind.IMAGE, record_id=made.record_id))
        refused = NewEntry(made.stream, Event.ACTION_REFUSED, ANN, outcome=Outcome.REFUSED, summary="role")
        unit.note(refused)
        new_image(unit, {"a": 2}, rev=1, stream=made.stream)
        unit.commit()
    with ledger.begin() as unit:
        wanted = TrailFilter(streams=[made.stream])
        found = unit.entries(wanted)
        assert [one.written.rev for one in found] == [1, None, None, 2]
        assert unit.count(wanted) == 4
        page = unit.entries(TrailFilter(streams=[made.stream], after=found[1].written.id, limit=1))
        assert [one.written.id for one in page] == [found[2].written.id]
        assert unit.count(TrailFilter(record_ids=[made.record_id], actions=[Action.IMAGE_VIEW])) == 1
        assert unit.count(TrailFilter(streams=[made.stream], account="ACC-000099")) == 0


@pytest.mark.parametrize("text", ["nul \0", "surrogate \ud800"])
def test_text_that_cannot_be_kept_is_refused_before_it_is_written(ledger, text):
    with ledger.begin() as unit, pytest.raises(Invalid):
        unit.note(NewEntry("system", Action.IMAGE_VIEW, ANN, reason=text))


def test_an_entry_that_is_too_long_is_refused(ledger):
    with ledger.begin() as unit, pytest.raises(Invalid) as caught:
        unit.note(NewEntry("system", Action.IMAGE_VIEW, ANN, new="x" * 66_000))
    assert caught.value.code == "invalid.entry_size"


def test_odd_texts_come_back_as_they_were(ledger):
    odd = '\\u0000 "}, {"at": 1} \u2028 \x01 😀'
    with ledger.begin() as unit:
        made = unit.note(NewEntry("system", Action.IMAGE_VIEW, ANN, reason=odd))
        unit.commit()
    with ledger.begin() as unit:
        [entry] = unit.entries(TrailFilter(streams=["system"], after=made.id - 1))
    assert entry.body["reason"] == odd


def test_an_edited_revision_is_never_shown(postgres):
    database = postgres.new_database()
    ledger = database.ledger()
    with ledger.begin() as unit:
        made = new_image(unit, {"a": 1})
        unit.commit()
    with database.connect("postgres") as attack:
        attack.execute("ALTER TABLE records.revision DISABLE TRIGGER ALL")
        attack.execute("UPDATE records.revision SET content = '{\"a\":2}' WHERE stream = %s", [made.stream])
    with ledger.begin() as unit, pytest.raises(IntegrityBroken):
        unit.latest(made.stream)
    ledger.close()


def test_names_are_taken_once(ledger):
    with ledger.begin() as unit:
        assert unit.claim_name("user_name", "ann", "ACC-000001")
        assert not unit.claim_name("user_name", "ann", "ACC-000002")
        assert unit.record_of_name("user_name", "ann") == "ACC-000001"
        assert unit.record_of_name("user_name", "bob") is None


def test_secrets_newest_first_and_failures_since_the_last_good_attempt(ledger):
    with ledger.begin() as unit:
        entry = unit.note(NewEntry("account:ACC-000001", Action.PASSWORD_CHANGE, ANN))
        for hashed in ("one", "two"):
            ends_at = ledger.now() + timedelta(hours=24)
            unit.put_secret("ACC-000001", hashed, is_temporary=True, ends_at=ends_at, entry_id=entry.id)
        assert [one.hashed for one in unit.secrets("ACC-000001")] == ["two", "one"]
        assert unit.secrets("ACC-000009") == []
        assert (unit.failures("ACC-000001").count, unit.failures("ACC-000001").last_good_at) == (0, None)
        for is_good in (False, True, False, False):
            unit.count_attempt("ACC-000001", is_good=is_good, is_sign_in=is_good)
        failures = unit.failures("ACC-000001")
        assert failures.count == 2
        assert failures.last_good_at == failures.last_sign_in_at < failures.last_at


def test_a_session_from_opening_to_end(ledger):
    token = "a" * 64
    with ledger.begin() as unit:
        account = NewEntry("account:ACC-000001", Action.USER_CREATE, ANN)
        unit.change(account, expected_rev=0, kind=RecordKind.ACCOUNT, record_id="ACC-000001", version=1, content={})
        unit.open_session("SES-1", "ACC-000001", token, "127.0.0.1")
        found = unit.signed_in(token_sha256=token)
        opened = found.session
        assert opened.last_input_at == opened.opened_at <= found.now
        assert (found.account.rev, found.secret) == (1, None)
        unit.touch_session("SES-1")
        unit.touch_session("SES-1")
        assert unit.signed_in(session="SES-1").session.last_input_at > opened.opened_at
        assert [one.session for one in unit.sessions_of("ACC-000001")] == ["SES-1"]
        assert unit.end_session("SES-1", "logout")
        assert not unit.end_session("SES-1", "idle")
        assert unit.signed_in(token_sha256=token).session.cause == "logout"
        assert unit.sessions_of("ACC-000001") == []
        assert unit.signed_in(token_sha256="b" * 64) is None


def test_an_intent_is_used_once(ledger):
    with ledger.begin() as unit:
        unit.put_intent("int-1", {"result": "RES-000001"}, ledger.now())
        assert unit.intent("int-1").used_at is None
        unit.touch_intent("int-1")
        assert unit.intent("int-1").last_input_at is not None
        assert unit.use_intent("int-1", "signed")
        assert not unit.use_intent("int-1", "ended")
        assert unit.intent("int-1").outcome == "signed"
        assert unit.intent("int-2") is None


def test_answers_and_derivations(ledger):
    with ledger.begin() as unit:
        unit.remember("key-1", "ACC-000001", {"a": 1})
        assert unit.remembered("key-1", "ACC-000001") == {"a": 1}
        assert unit.remembered("key-1", "ACC-000002") is None
        with pytest.raises(Conflict):
            unit.remember("key-1", "ACC-000001", {"a": 2})
        unit.derive("image:IMG-000001", "analysis:ANL-000002")
        unit.derive("image:IMG-000001", "analysis:ANL-000001")
        unit.derive("image:IMG-000001", "analysis:ANL-000002")
        assert unit.derived("image:IMG-000001") == ["analysis:ANL-000002", "analysis:ANL-000001"]
