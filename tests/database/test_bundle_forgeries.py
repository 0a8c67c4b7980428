"""Whatever is done to a bundle of any scope, the verifier names it, even when the manifests were made to fit."""

from __future__ import annotations

import shutil

import pytest
from blotter_records.domain.note import SigningKey
from blotter_records.verifier.main import verify_bundle
from bundle_forgeries import CASES, EVERY, FORGERIES, first, flip, remake_manifests


@pytest.fixture(scope="module")
def unpacked(world, tmp_path_factory):
    return {name: world.unpack(name, tmp_path_factory.mktemp(name)) for name in EVERY}


@pytest.fixture
def folder(unpacked, tmp_path):
    """Return a function that gives a bundle, unpacked, to change something in it."""
    return lambda scope: shutil.copytree(unpacked[scope], tmp_path / "bundle")


@pytest.mark.parametrize("scope", EVERY)
def test_what_nobody_touched_verifies(unpacked, scope):
    assert verify_bundle(unpacked[scope]) == []


@pytest.mark.parametrize(("scope", "name"), CASES)
def test_a_forgery_is_named_even_when_the_manifests_fit(folder, scope, name):
    forgery, bundle = FORGERIES[name], folder(scope)
    forgery.forge(bundle)
    remake_manifests(bundle)
    faults = verify_bundle(bundle)
    assert any(forgery.said in fault for fault in faults), faults


@pytest.mark.parametrize("scope", EVERY)
def test_the_wrong_key_is_named(unpacked, world, scope):
    other = str(SigningKey.make(world.lab.key.name).verifier())
    assert verify_bundle(unpacked[scope], other) == ["verifier key: not the one that was given with --key"]


@pytest.mark.parametrize("scope", EVERY)
@pytest.mark.parametrize("name", ["README.txt", "verify.py", "bag-info.txt", "bagit.txt", "data/bundle.json"])
def test_a_flipped_byte_in_any_file_is_named(folder, scope, name):
    bundle = folder(scope)
    flip(first(bundle, name), 10)
    assert any(fault.startswith(f"{name}: changed") for fault in verify_bundle(bundle))


def test_an_unknown_or_missing_file_is_named(folder):
    bundle = folder("study")
    (bundle / "data/extra.txt").write_text("x")
    (bundle / "README.txt").unlink()
    assert verify_bundle(bundle) == [
        "README.txt: missing",
        "data/extra.txt: not in manifest-sha256.txt",
        "data/extra.txt: no file of a bundle",
    ]
