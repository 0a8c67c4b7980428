"""What somebody with the database superuser's rights and the store's files does, ``verify`` names; others cannot do it.

He has neither the signing key nor the checkpoints outside the database, except where a test says so.
"""

import hashlib
import json
import re
from datetime import timedelta

import psycopg
import pytest
from attacks import (
    ANN,
    ATTACKS,
    DETAILS,
    EDIT,
    KEY,
    NOTED,
    REFUSED_TO_ALL,
    REFUSED_TO_THE_SERVICE,
    SAVED,
    Target,
    recompute_tree,
    rewrite_waiting,
)
from blotter_records.domain.merkle import root_of
from blotter_records.domain.note import Checkpoint, SigningKey, open_checkpoint
from blotter_records.ports.entries import NewEntry
from blotter_records.vocabulary import Event
from tampering_page import PAGE, page


@pytest.fixture
def target(postgres, tmp_path):
    return Target(postgres.new_database(), tmp_path)


def assert_named(lines, patterns):
    for pattern in patterns:
        assert any(re.match(pattern, line) for line in lines), (pattern, lines)
    for line in lines:
        assert any(re.match(pattern, line) for pattern in patterns), f"not expected: {line}"


def test_an_untouched_installation_verifies(target):
    report = target.verify()
    assert report.findings == []
    assert report.is_good
    assert (report.entries, report.files, report.checkpoints) == (12, 2, 4)


@pytest.mark.parametrize("attack", ATTACKS)
def test_tampering_in_the_database_is_named(target, attack):
    steps, patterns = ATTACKS[attack]
    target.attack(*steps)
    assert_named(target.lines(), patterns)


def test_an_entry_that_waits_too_long_is_named(target):
    ledger = target.database.ledger()
    with ledger.begin() as unit:
        unit.note(NewEntry("system", Event.SYSTEM_START, ANN))
        unit.commit()
    ledger.close()
    assert target.lines() == []  # it may wait for a while
    target.attack("UPDATE audit.entry SET at = at - interval '2 minutes' WHERE id = 13")
    assert_named(target.lines(), [r"entry without number \(id 13\): has waited", r".*columns differ .*\(at\)"])


def stored(target, sha256):
    [path] = (target.path / "store").rglob(sha256)
    return path


def test_one_changed_byte_of_a_sealed_file_is_named(target):
    path = stored(target, target.gel)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.chmod(0o600)
    path.write_bytes(data)
    assert target.lines() == [f"file {target.gel}: its bytes are not those that were sealed"]


def test_a_missing_file_is_named_with_its_record(target):
    stored(target, target.gel).unlink()
    stored(target, target.report).unlink()
    assert sorted(target.lines()) == sorted(
        [
            f"file {target.gel}: is missing from the store; it belongs to image IMG-000001",
            f"file {target.report}: is missing from the store; it belongs to export EXP-000001",
        ]
    )


def note_file(target, size):
    return target.path / "checkpoints" / f"{size:020d}.note"


@pytest.mark.parametrize(
    ("tamper", "patterns"),
    [
        (lambda text: text.replace("\n9\n", "\n8\n"), [r"checkpoint 0+9\.note: its signature does not fit its text"]),
        (lambda _: "nothing", [r"checkpoint 0+9\.note: it is not a signed note"]),
        (
            lambda _: SigningKey.make(KEY.name).sign(Checkpoint(KEY.name, 9, bytes(32)), 1),
            [r"checkpoint 0+9\.note: it is not signed by the installation's key"],
        ),
        (
            lambda _: KEY.sign(Checkpoint(KEY.name, 5, bytes(32)), 1),  # a stolen key: a second history
            [r"checkpoint 0+9\.note: contradicts 0+5\.note: two histories of 5 entries were signed"],
        ),
    ],
)
def test_tampered_checkpoints_are_named(target, tamper, patterns):
    note_file(target, 9).write_text(tamper(note_file(target, 9).read_text()))
    assert_named(target.lines(), patterns)


def test_without_checkpoints_nothing_is_said_to_be_good(target):
    for size in (0, 5, 9, 12):
        note_file(target, size).unlink()
    assert_named(target.lines(), [r"checkpoints: there is none outside the database"])


def test_an_entry_that_was_changed_before_its_first_checkpoint_is_not_found(target):
    """The window that docs/explanation/trust.md names: from commit to checkpoint, about a second."""
    ledger = target.database.ledger()
    with ledger.begin() as unit:
        unit.note(NewEntry("system", Event.SYSTEM_START, ANN, reason="honest"))
        unit.commit()
    ledger.close()
    target.attack(rewrite_waiting)
    target.seal()
    assert target.lines() == []
    with target.database.connect("postgres") as superuser:
        [(text,)] = superuser.execute("SELECT entry FROM audit.entry WHERE id = 13").fetchall()
    assert "forged" in text


# A checkpoint that somebody kept (blotter verify --since)


def kept_note(target, size):
    return (f"mine-{size}.note", note_file(target, size).read_text())


def sign_again(target):
    """Replace every checkpoint outside the database, as somebody who also has the signing key does."""
    with target.database.connect("postgres") as superuser:
        leaves = [leaf for (leaf,) in superuser.execute("SELECT leaf FROM audit.leaf ORDER BY number").fetchall()]
        superuser.execute("DELETE FROM audit.checkpoint")
        times = {}
        for size in (0, 5, 9, 12, 14):
            if note_file(target, size).exists():
                times[size] = open_checkpoint(note_file(target, size).read_text(), KEY.verifier())[1]
                note_file(target, size).unlink()
        for size in [one for one in times if one <= len(leaves)]:
            note = KEY.sign(Checkpoint(KEY.name, size, root_of(leaves[:size])), times[size])
            superuser.execute("INSERT INTO audit.checkpoint (size, note) VALUES (%s, %s)", [size, note])
            target.folder.write(size, note)


def test_a_kept_checkpoint_is_continued_by_a_trail_that_grew(target):
    kept = [kept_note(target, size) for size in (0, 5, 9, 12)]
    target.grow()
    report = target.verify(kept)
    assert report.findings == []
    assert [(size, one.name) for size, one in report.continued] == [
        (size, f"mine-{size}.note") for size in (0, 5, 9, 12)
    ]
    assert report.entries == 14


@pytest.mark.parametrize("size", [9, 12])
def test_a_rewritten_past_does_not_continue_a_kept_checkpoint(target, size):
    kept = [kept_note(target, size)]
    target.grow()
    target.attack(EDIT, recompute_tree)
    lines = target.lines(kept)
    assert any(line.startswith(f"kept checkpoint mine-{size}.note: not continued: ") for line in lines), lines
    assert target.verify(kept).continued == []


@pytest.mark.parametrize(
    ("steps", "size", "why"),
    [
        ([EDIT], 5, "the first 5 entries are not those"),
        ([EDIT], 12, "the first 12 entries are not those"),
        (["DELETE FROM audit.leaf WHERE number > 10", "DELETE FROM audit.entry WHERE id > 10"], 12, "has 10"),
    ],
)
def test_a_kept_checkpoint_shows_what_a_stolen_key_hides(target, steps, size, why):
    kept = [kept_note(target, size)]
    target.grow()
    target.attack(*steps, recompute_tree)
    sign_again(target)
    lines = [line for line in target.lines() if "no entry of the trail" not in line]
    assert [line for line in lines if "checkpoint" in line or "edited" in line] == []  # the database and folder agree
    found = [line for line in target.lines(kept) if line.startswith("kept checkpoint")]
    assert len(found) == 1
    assert found[0].startswith(f"kept checkpoint mine-{size}.note: not continued: ")
    assert why in found[0]


@pytest.mark.parametrize(
    ("note", "why"),
    [
        ("nothing", "it is not a signed note"),
        (SigningKey.make(KEY.name).sign(Checkpoint(KEY.name, 5, bytes(32)), 1), "it is not signed by"),
        (KEY.sign(Checkpoint("blotter/other", 5, bytes(32)), 1), "is of another installation"),
        (KEY.sign(Checkpoint(KEY.name, 99, bytes(32)), 1), "it stands for 99 entries, the trail has 12"),
    ],
)
def test_what_is_no_checkpoint_of_this_trail_is_never_continued(target, note, why):
    [line] = target.lines([("mine", note)])
    assert line.startswith("kept checkpoint mine: ")
    assert why in line
    assert target.verify([("mine", note)]).continued == []


# What the database refuses


@pytest.fixture(scope="module")
def refusing(postgres, tmp_path_factory):
    return Target(postgres.new_database(), tmp_path_factory.mktemp("t")).database


@pytest.mark.parametrize("statement", REFUSED_TO_ALL)
@pytest.mark.parametrize("role", ["blotter_runtime", "blotter_sequencer", "blotter_reader", "blotter_owner"])
def test_nobody_changes_or_deletes(refusing, role, statement):
    with refusing.connect(role) as connection, pytest.raises(psycopg.Error) as caught:
        connection.execute(statement)
    if role == "blotter_owner":
        refused_by_trigger = caught.value.sqlstate == "BL002"
        is_referenced = "referenced in a foreign key" in str(caught.value)
        assert refused_by_trigger or is_referenced
    else:
        assert isinstance(caught.value, psycopg.errors.InsufficientPrivilege | psycopg.errors.ReadOnlySqlTransaction)


@pytest.mark.parametrize("statement", REFUSED_TO_THE_SERVICE)
def test_the_records_service_is_refused_the_rest(refusing, statement):
    with refusing.connect("blotter_runtime") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)


@pytest.mark.parametrize("table", ["audit.entry", "audit.leaf", "records.revision"])
def test_replication_mode_does_not_help_the_superuser(refusing, table):
    with refusing.connect("postgres") as superuser:
        superuser.execute("SET session_replication_role = replica")
        with pytest.raises(psycopg.Error, match="append-only"):
            superuser.execute(f"DELETE FROM {table}")


@pytest.mark.parametrize(
    "details",
    [
        '\'{"software": "0", "at": "1999-01-01"}\'',
        '\'{"software": "0", "reason": "a", "reason": "b"}\'',
        '\'{"software": "0", "new": {"a": 1, "a": 2}}\'',
        "'{}'",
        "NULL",
        "'[1]'",
    ],
)
def test_the_service_cannot_smuggle_fields_into_the_text(refusing, details):
    with (
        refusing.connect("blotter_runtime") as connection,
        pytest.raises(psycopg.Error, match="unknown, repeated or missing"),
    ):
        connection.execute(NOTED.format(details))


def test_what_the_service_writes_is_stamped_with_its_login_and_the_time(refusing):
    with refusing.connect("blotter_runtime") as connection:
        connection.execute(NOTED.format(DETAILS))
        text, at = connection.execute("SELECT entry, at FROM audit.entry ORDER BY id DESC LIMIT 1").fetchone()
        now = connection.execute("SELECT clock_timestamp()").fetchone()[0]
    body = json.loads(text)
    assert (body["login"], body["zone"], body["offset"]) == ("blotter_runtime", "UTC", "+00:00")
    assert timedelta(0) <= now - at < timedelta(seconds=10)


@pytest.mark.parametrize(
    ("stream", "record", "rev"),
    [
        ("'image:IMG-000777'", "'IMG-000778'", "1"),  # of another record
        ("'image:IMG-000777'", "'IMG-000777'", "2"),  # no revision before it
        ("'image:IMG-000777'", "'IMG-000777'", "0"),
        ("'image:IMG-000777'", "'IMG-000777'", "NULL"),
        ("'image:IMG-000001'", "'IMG-000001'", "1"),  # taken
    ],
)
def test_a_revision_comes_only_where_it_belongs(refusing, stream, record, rev):
    count = "SELECT (SELECT count(*) FROM audit.entry), (SELECT count(*) FROM records.revision)"
    with refusing.connect("postgres") as superuser:
        before = superuser.execute(count).fetchone()
    with refusing.connect("blotter_runtime") as connection, pytest.raises(psycopg.Error) as caught:
        connection.execute(SAVED.format(stream=stream, record=record, rev=rev))
    assert caught.value.sqlstate in {"BL001", "BL003", "23505", "23514"}
    with refusing.connect("postgres") as superuser:
        assert superuser.execute(count).fetchone() == before


def test_entry_and_revision_come_together_and_the_digest_is_the_databases(refusing):
    with refusing.connect("blotter_runtime") as connection:
        connection.execute(SAVED.format(stream="'image:IMG-000900'", record="'IMG-000900'", rev="1"))
        row = connection.execute(
            "SELECT r.sha256, e.content_sha256, e.rev, c.record_id FROM records.revision AS r"
            " JOIN audit.entry AS e ON e.id = r.entry_id JOIN records.current AS c ON c.stream = r.stream"
            " WHERE r.stream = 'image:IMG-000900'"
        ).fetchone()
        connection.rollback()
    digest = hashlib.sha256(b"{}").hexdigest()
    assert row == (digest, digest, 1, "IMG-000900")


def test_the_page_about_tampering_is_up_to_date():
    """Written by: python tests/tampering_page.py."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_the_reader_sees_no_secrets(refusing):
    for table in ("records.secret", "records.session", "records.signing_intent", "records.answer"):
        with refusing.connect("blotter_reader") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(f"SELECT FROM {table}")
    with refusing.connect("blotter_sequencer") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT FROM audit.entry")
