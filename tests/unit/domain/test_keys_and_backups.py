"""Whose checkpoints are good after a restore, and what a manifest's signature binds."""

from __future__ import annotations

import pytest
from blotter_records.domain.backup import (
    FileFact,
    Manifest,
    check_manifest,
    is_backup_name,
    read_store_list,
    sign_manifest,
    store_list,
)
from blotter_records.domain.keys import KeyHistory, Predecessor
from blotter_records.domain.merkle import root_of
from blotter_records.domain.note import BadNote, Checkpoint, SigningKey, open_checkpoint
from blotter_records.errors import Invalid

OLD, NEW, OTHER = (SigningKey.make(f"blotter/{name}") for name in ("old", "new", "other"))
ROOT = root_of([bytes(32)] * 7)
HISTORY = KeyHistory(NEW.verifier(), [Predecessor(OLD.verifier(), 7, ROOT)])


def note(key, size, root=ROOT, origin=None):
    return key.sign(Checkpoint(origin or key.name, size, root), 1_700_000_000)


def test_own_checkpoints_and_those_of_a_predecessor_up_to_its_size_are_good():
    assert HISTORY.open(note(NEW, 9))[0].size == 9
    assert HISTORY.open(note(OLD, 7))[0].origin == "blotter/old"
    assert HISTORY.open(note(OLD, 3, bytes(32)))[1] == 1_700_000_000


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (note(OLD, 8), "stands for 8 entries of blotter/old, of which only 7 were restored"),
        (note(OLD, 7, bytes(32)), "contradicts the checkpoint of blotter/old at which this installation continues"),
        (note(OTHER, 7), "not signed by the installation's key"),
        (note(OTHER, 7, origin="blotter/old"), "not signed by the installation's key"),
        (note(NEW, 7, origin="blotter/other"), r"of another installation \(blotter/other\)"),
        (note(NEW, 7, origin="blotter/old"), "not signed by the installation's key"),
        (note(OLD, 7, origin="blotter/new"), "not signed by the installation's key"),
    ],
)
def test_nobody_else_signs_for_the_trail(bad, why):
    with pytest.raises(BadNote, match=why):
        HISTORY.open(bad)


def test_a_predecessor_reads_back_as_it_was_written():
    [before] = HISTORY.predecessors
    assert Predecessor.from_json(before.as_json()) == before
    with pytest.raises(BadNote, match="malformed"):
        Predecessor.from_json({**before.as_json(), "key": "blotter/old+00000000+AAAA"})


def manifest(**changed):
    given = {
        "name": "blotter-20261126T071500Z-7", "made_at": "2026-11-26T07:15:00+00:00", "software": "0.1.0",
        "schema": "0005", "postgres": "18", "installation": "old", "is_demo": False, "origin": OLD.name,
        "key": str(OLD.verifier()), "predecessors": [], "tree_size": 8, "tree_root": "00" * 32, "waiting": 1,
        "checkpoint_size": 7, "checkpoint": note(OLD, 7), "files": {"database.dump": FileFact(3, "ab" * 32)},
        "store_files": 0, "store_bytes": 0,
    }  # fmt: skip
    return Manifest(**{**given, **changed})


def test_a_manifest_reads_back_and_its_signature_binds_every_byte():
    data = manifest().to_bytes()
    assert Manifest.from_bytes(data) == manifest()
    signed = sign_manifest(data, OLD)
    check_manifest(data, signed, OLD.verifier())
    with pytest.raises(BadNote, match="of another manifest"):
        check_manifest(manifest(waiting=2).to_bytes(), signed, OLD.verifier())
    with pytest.raises(BadNote, match="not signed"):
        check_manifest(data, signed, OTHER.verifier())


def test_the_signature_of_a_manifest_is_no_checkpoint_and_no_checkpoint_signs_a_manifest():
    data = manifest().to_bytes()
    with pytest.raises(BadNote, match="not a checkpoint"):
        open_checkpoint(sign_manifest(data, OLD), OLD.verifier())
    with pytest.raises(BadNote, match="of another manifest"):
        check_manifest(data, note(OLD, 7), OLD.verifier())


def test_an_installation_made_from_it_continues_its_last_checkpoint():
    assert manifest().history() == (Predecessor(OLD.verifier(), 7, ROOT),)
    before = HISTORY.predecessors[0].as_json()
    chain = manifest(key=str(NEW.verifier()), predecessors=[before], checkpoint=note(NEW, 9), checkpoint_size=9)
    assert [one.origin for one in chain.history()] == ["blotter/old", "blotter/new"]


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"format": 1}', b'{"format": 1, "files": {"a": 3}}'])
def test_what_is_no_manifest_is_told(data):
    with pytest.raises(Invalid):
        Manifest.from_bytes(data)


def test_the_list_of_sealed_files_reads_back():
    files = {"ab" * 32: 12, "cd" * 32: 0}
    assert read_store_list(store_list(files)) == files
    with pytest.raises(Invalid):
        read_store_list(b"no list\n")


def test_only_whole_backups_are_called_so():
    assert is_backup_name("blotter-20261126T071500Z-4711")
    assert not is_backup_name(".blotter-20261126T071500Z-4711-unfinished-0a1b2c3d")
