"""``blotter backup``, ``restore`` and ``drill`` on a real database and store: whole, or named, or not there."""

from __future__ import annotations

import getpass
import json
import os
import shutil
import signal
import time
from pathlib import Path

import psycopg
import pytest
from blotter_records.adapters.anchors.places import make_places
from blotter_records.adapters.backup_folder import backups, unfinished
from blotter_records.adapters.processes import started_ticks
from blotter_records.domain.backup import Manifest, sign_manifest
from blotter_records.domain.keys import Predecessor
from blotter_records.domain.note import Checkpoint, SigningKey, VerifierKey, open_checkpoint, open_note
from blotter_records.ports.entries import RecordFilter
from blotter_records.services.operating.alarms import waiting_alarms
from blotter_records.vocabulary import Alarm, Event, RecordKind
from installations import Half, command, command_line, folder, half_running

WHY = ["--reason", "The disk of the old one died"]


@pytest.fixture(scope="module")
def place():
    with folder() as path:
        yield path


@pytest.fixture(scope="module")
def half(place):
    with half_running(place / "data") as half:
        yield half


@pytest.fixture(scope="module")
def backup(half, place) -> Path:
    """A backup; tests that tamper copy it."""
    done = command("backup", "--data", half.data, "--into", place / "backups")
    assert done.status == 0, done
    [path] = backups(place / "backups")
    return path


@pytest.fixture
def copy(backup, tmp_path) -> Path:
    return Path(shutil.copytree(backup, tmp_path / backup.name))


@pytest.fixture
def target(place):
    """Where to restore to; as the system users can reach it."""
    path = place / "restored"
    yield path
    shutil.rmtree(path, ignore_errors=True)


def restore(source, target, *more):
    return command("restore", "--from", source, "--data", target, *WHY, *more)


def until(condition, within_s=30):
    deadline = time.monotonic() + within_s
    while not (value := condition()):
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.002)
    return value


def manifest_of(path) -> Manifest:
    return Manifest.from_bytes((path / "manifest.json").read_bytes())


def named_files(half: Half) -> set[str]:
    """Return the sealed files that records name."""
    with half.ledger.begin() as work:
        return {one.revision.content["file_sha256"] for one in work.search(RecordFilter(RecordKind.IMAGE))}


def test_the_role_of_backups_reads_everything_and_changes_nothing(postgres):
    with postgres.connect("postgres", "blotter") as superuser:
        tables = [
            f"{schema}.{table}"
            for schema, table in superuser.execute(
                "SELECT table_schema, table_name FROM information_schema.tables"
                " WHERE table_schema IN ('audit', 'records')"
            )
        ]
        readable = "SELECT count(*) FROM unnest(%s::text[]) AS t WHERE NOT has_table_privilege('blotter_backup', t, %s)"
        assert superuser.execute(readable, [tables, "SELECT"]).fetchone() == (0,)
        for right in ("INSERT", "UPDATE", "DELETE", "TRUNCATE"):
            assert superuser.execute(readable, [tables, right]).fetchone() == (len(tables),)
        role = (
            "SELECT rolsuper, rolcreatedb, rolcreaterole, rolbypassrls FROM pg_roles WHERE rolname = 'blotter_backup'"
        )
        assert superuser.execute(role).fetchone() == (False, False, False, False)
    with postgres.connect("blotter_backup", "blotter") as connection, pytest.raises(psycopg.Error):
        connection.execute("CREATE TABLE audit.mine (x integer)")


def test_a_backup_says_what_is_in_it_and_the_trail_says_who_made_it(half, backup):
    manifest = manifest_of(backup)
    assert manifest.faults == {}
    assert {path.name for path in (backup / "store").rglob("*") if path.is_file()} == named_files(half)
    assert manifest.store_bytes == sum(path.stat().st_size for path in (backup / "store").rglob("*") if path.is_file())
    entry = half.entries(Event.BACKUP_RUN)[0]
    assert entry["new"]["backup"] == backup.name
    assert entry["new"]["tree_root"] == manifest.tree_root
    assert entry["process"].startswith("blotter backup, process ")
    assert (entry["os_user"], entry["initiator"]) == (
        getpass.getuser(),
        os.environ.get("SUDO_USER") or getpass.getuser(),
    )
    assert backup.stat().st_mode & 0o077 == 0
    secrets = [path.read_bytes() for path in (half.data / "secrets").iterdir()]
    for path in (path for path in backup.iterdir() if path.is_file()):
        assert not any(secret in path.read_bytes() for secret in secrets), path


def test_a_second_backup_leaves_the_first_and_shares_its_files(half, backup):
    half.write(3)
    half.sealed()
    before = {path: path.stat().st_mtime_ns for path in backup.rglob("*")}
    done = command("backup", "--data", half.data, "--into", backup.parent)
    assert done.status == 0, done
    first, second = backups(backup.parent)
    assert first == backup
    assert {path: path.stat().st_mtime_ns for path in backup.rglob("*")} == before
    assert manifest_of(second).tree_size >= manifest_of(first).tree_size + 4
    for path in (path for path in (second / "store").rglob("*") if path.is_file()):
        assert path.samefile(first / path.relative_to(second))
    shutil.rmtree(second)  # a test may; no command does


def test_a_restored_installation_goes_on_under_a_new_key_and_says_so(half, backup, target, tmp_path):
    half.write(2)
    size = half.sealed()
    done = restore(backup, target, "--key", half.key)
    assert done.status == 0, done
    assert "signed until a System Manager has acknowledged" in done.out
    instance = json.loads((target / "instance.json").read_text())
    assert instance["origin"] != half.installation.instance.origin
    manifest = manifest_of(backup)
    before = Predecessor.from_json(instance["predecessors"][0])
    assert (str(before.key), before.size) == (half.key, manifest.checkpoint_size)

    # the new key stands for the old entries and the continuation; the old one cannot be where the new one is
    new = VerifierKey.parse((target / "checkpoints" / "verifier.key").read_text())
    latest = (target / "checkpoints" / "latest").read_text()
    checkpoint, _ = open_checkpoint(latest, new)
    assert checkpoint.origin == instance["origin"] == new.name
    assert checkpoint.size > manifest.tree_size
    assert new.public != before.key.public
    statement = open_note((target / "checkpoints" / "continues.note").read_text(), new).text.split("\n")
    assert statement[:4] == ["blotter continuation", new.name, before.origin, str(before.size)]

    # what the old one signed up to the backup is continued; what it signed later is named as lost
    kept, later = tmp_path / "kept.note", tmp_path / "later.note"
    kept.write_text((half.checkpoints / f"{before.size:020d}.note").read_text())
    later.write_text((half.checkpoints / f"{size:020d}.note").read_text())
    good = command("verify", "--data", target, "--since", kept)
    assert good.status == 0, good
    assert f"continues {kept}: {before.size} entries" in good.out
    bad = command("verify", "--data", target, "--since", later)
    assert bad.status == 1
    assert (
        f"kept checkpoint {later}: it stands for {size} entries of {before.origin}, of which only {before.size}"
        in bad.out
    )

    with half_running(target, is_new=False) as restored:
        [entry] = restored.entries(Event.BACKUP_RESTORE)
        assert entry["old"] == before.as_json()
        assert entry["new"]["key"] == str(new)
        assert entry["new"]["is_key_given"] is True
        assert entry["reason"] == WHY[1]
        assert f"Continued from {before.origin} at size {before.size}, root {before.root.hex()}" in entry["summary"]
        with restored.ledger.begin() as work:
            assert len(waiting_alarms(work, Alarm.RESTORED)) == 1
        restored.write()
        restored.sealed()
        # a backup of the restored one, and a restore of that: two predecessors, each with its own range
        again, third = target.parent / "backups-of-restored", target.parent / "third"
        try:
            assert command("backup", "--data", target, "--into", again).status == 0
            assert restore(again, third, "--key", str(new)).status == 0
            origins = [one["origin"] for one in json.loads((third / "instance.json").read_text())["predecessors"]]
            assert origins == [before.origin, new.name]
            proved = command("verify", "--data", third, "--since", kept)
            assert proved.status == 0, proved
        finally:
            shutil.rmtree(again, ignore_errors=True)
            shutil.rmtree(third, ignore_errors=True)


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.unlink()  # not through a link into another backup
    path.write_bytes(data)


def sealed(path: Path) -> Path:
    return next(one for one in (path / "store").rglob("*") if one.is_file())


@pytest.mark.parametrize(
    ("tamper", "named"),
    [
        (lambda path: flip(path / "database.dump"), "database.dump: it is not the file that the manifest names"),
        (lambda path: (path / "database.dump").unlink(), "database.dump: No such file"),
        (lambda path: flip(path / "checkpoints.jsonl"), "checkpoints.jsonl: it is not the file"),
        (lambda path: flip(path / "store.txt"), "store.txt: it is not the file"),
        (lambda path: flip(path / "manifest.note"), "manifest.json"),
        (
            lambda path: (path / "manifest.json").write_bytes(
                (path / "manifest.json").read_bytes().replace(b'"waiting":0', b'"waiting":7')
            ),
            "manifest.json: the signature is of another manifest",
        ),
        (lambda path: flip(sealed(path)), "its bytes are not those that were sealed"),
        (lambda path: sealed(path).unlink(), "it is missing"),
    ],
)
def test_a_tampered_backup_is_named_and_nothing_is_restored(copy, target, tamper, named):
    tamper(copy)
    done = restore(copy, target)
    assert done.status == 1, done
    assert named in done.err
    assert not target.exists()
    assert list(target.parent.glob(".restored*")) == []


def test_a_backup_that_somebody_else_signed_is_refused_by_who_has_the_key(half, copy, target):
    forged = SigningKey.make(half.installation.instance.origin)
    content = json.loads((copy / "manifest.json").read_text())
    content["key"] = str(forged.verifier())
    data = Manifest.from_bytes(json.dumps(content).encode()).to_bytes()
    (copy / "manifest.json").write_bytes(data)
    (copy / "manifest.note").write_text(sign_manifest(data, forged))
    done = restore(copy, target, "--key", half.key)
    assert done.status == 1
    assert "it is not signed by the installation's key" in done.err
    # without the key the forgery still does not verify: its checkpoints are not by the key that it names
    done = restore(copy, target)
    assert done.status == 1
    assert not target.exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema": "9999"}, "which is newer than this"),
        ({"format": 2}, "The backup has format 2, this release reads 1."),
        ({"postgres": "99"}, "the backup is of PostgreSQL 99"),
    ],
)
def test_what_another_release_made_is_refused(half, copy, target, change, said):
    content = {**json.loads((copy / "manifest.json").read_text()), **change}
    data = json.dumps(content).encode()
    pem = half.installation.secret("checkpoint-key").read_bytes()
    key = SigningKey.from_pem(half.installation.instance.origin, pem)
    (copy / "manifest.json").write_bytes(data)
    (copy / "manifest.note").write_text(sign_manifest(data, key))
    done = restore(copy, target)
    assert done.status == 2
    assert said in done.err
    assert not target.exists()


def test_nothing_is_written_over_and_a_reason_is_asked_for(half, backup, target):
    before = (half.data / "instance.json").read_text()
    done = restore(backup, half.data)
    assert done.status == 2
    assert "is not empty; nothing is ever written over" in done.err
    assert (half.data / "instance.json").read_text() == before
    done = command("restore", "--from", backup, "--data", target, "--reason", "x")
    assert done.status == 2
    assert not target.exists()
    assert command("backup", "--data", half.data, "--into", half.data / "backups").status == 2
    assert not (half.data / "backups").exists()


def test_a_damaged_file_does_not_keep_the_rest_from_being_saved(half, place, target):
    file = next(one for one in (half.data / "store").rglob("*") if one.is_file())
    good = file.read_bytes()
    file.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    into = place / "with-a-fault"
    try:
        done = command("backup", "--data", half.data, "--into", into)
    finally:
        file.write_bytes(good)
    assert done.status == 1
    assert "NOT COMPLETE: 1 sealed files could not be taken" in done.out
    [path] = backups(into)
    assert list(manifest_of(path).faults) == [file.name]
    entry = half.entries(Event.BACKUP_FAILED)[-1]
    assert entry["outcome"] == "failed"
    assert entry["new"]["backup"] == path.name
    with half.ledger.begin() as work:
        assert len(waiting_alarms(work, Alarm.BACKUP_FAILED)) == 1
    done = restore(path, target)
    assert done.status == 0, done
    assert file.name[:12] in done.out
    assert {one.name for one in (target / "store").rglob("*") if one.is_file()} == named_files(half) - {file.name}
    shutil.rmtree(into)


def test_a_backup_that_cannot_be_written_is_told(half, place):
    (place / "a-file").write_text("no folder")
    before = len(half.entries(Event.BACKUP_FAILED))
    done = command("backup", "--data", half.data, "--into", place / "a-file")
    assert done.status == 2
    assert done.err.startswith("no backup: ")
    assert len(half.entries(Event.BACKUP_FAILED)) == before + 1
    with half.ledger.begin() as work:
        assert len(waiting_alarms(work, Alarm.BACKUP_FAILED)) == 1


def test_a_drill_restores_verifies_compares_and_cleans_up(half, backup, tmp_path):
    tmp_path.chmod(0o755)
    scratch = Path("/tmp") / f"bl-scratch-{os.getpid()}"
    scratch.mkdir(mode=0o755)
    try:
        done = command("drill", "--data", half.data, "--scratch", scratch)
        assert done.status == 0, done
        assert list(scratch.iterdir()) == []
    finally:
        shutil.rmtree(scratch)
    [entry] = half.entries(Event.RESTORE_DRILL)
    assert entry["outcome"] == "done"
    said = entry["new"]
    assert (said["backup"], said["tree_size"]) == (backup.name, manifest_of(backup).tree_size)
    assert said["files"] == 3
    assert said["live_size"] >= said["tree_size"]
    assert said["duration_s"] > 0
    assert entry["process"].startswith("blotter drill, process ")


def test_a_drill_that_fails_is_told(half, copy):
    flip(sealed(copy))
    done = command("drill", "--data", half.data, "--from", copy)
    assert done.status == 1
    assert done.out.splitlines()[-1].startswith("FAILED: ")
    entry = half.entries(Event.RESTORE_DRILL)[-1]
    assert entry["outcome"] == "failed"
    assert any("its bytes are not those that were sealed" in fault for fault in entry["new"]["faults"])
    with half.ledger.begin() as work:
        assert len(waiting_alarms(work, Alarm.DRILL_FAILED)) == 1


def test_killed_in_the_middle_a_backup_leaves_nothing_that_looks_whole(half, place, target):
    into = place / "killed"
    process = command_line("backup", "--data", half.data, "--into", into)
    until(lambda: unfinished(into))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert backups(into) == []
    assert command("restore", "--from", into, "--data", target, *WHY).status == 2
    assert not target.exists()
    done = command("backup", "--data", half.data, "--into", into)
    assert done.status == 0
    assert "left by a backup that was killed, or one at work: " in done.out
    assert len(backups(into)) == 1


def server_below(place: Path) -> tuple[int, str] | None:
    """Return the server of a restore that is at work; none while initdb, whose servers name a negative pid."""
    for file in place.glob(".restored-unfinished-*/postgres/postmaster.pid"):
        try:
            pid = int(file.read_text().split("\n")[0])
        except (OSError, ValueError):
            continue
        started = started_ticks(pid) if pid > 0 else None
        if started is not None:
            return pid, started
    return None


def test_killed_in_the_middle_a_restore_leaves_no_installation_and_no_server(backup, target):
    process = command_line("restore", "--from", backup, "--data", target, *WHY)
    pid, started = until(lambda: server_below(target.parent))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not target.exists()
    until(lambda: started_ticks(pid) != started)
    done = restore(backup, target)
    assert done.status == 0, done
    assert "left by a restore that was killed: " in done.out
    for left in target.parent.glob(".restored-unfinished-*"):
        shutil.rmtree(left)


def test_verify_asks_the_other_places_too(half, place):
    disk, file = place / "disk", half.data / "anchors.toml"
    disk.mkdir()
    file.write_text(f'[[place]]\nname = "disk"\nkind = "folder"\npath = "{disk}"\n')
    origins = [half.installation.instance.origin]
    [anchor] = make_places(file, origins, place)
    size = half.sealed()
    anchor.send(size, (half.checkpoints / f"{size:020d}.note").read_text())
    try:
        done = command("verify", "--data", half.data, "--anchors")
        assert done.status == 0, done
        assert "continues 1 checkpoints of other places" in done.out
        pem = half.installation.secret("checkpoint-key").read_bytes()
        forked = SigningKey.from_pem(origins[0], pem).sign(Checkpoint(origins[0], 3, bytes(32)), 1)
        anchor.send(3, forked)
        done = command("verify", "--data", half.data, "--anchors")
        assert done.status == 1
        assert f"kept checkpoint disk {3:020d}.note: not continued: the first 3 entries are not those" in done.out
        shutil.rmtree(disk)
        file.write_text(file.read_text().replace("folder", "pigeon"))
        assert command("verify", "--data", half.data, "--anchors").status == 2
    finally:
        file.unlink()
