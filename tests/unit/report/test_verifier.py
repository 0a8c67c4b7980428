"""The verifier's own cryptography, against the published vectors and against ours."""

import hashlib

import pytest
from blotter_records.domain.merkle import leaf_hash, prove_inclusion, root_of
from blotter_records.domain.note import Checkpoint, SigningKey
from blotter_records.domain.proving import Prover
from blotter_records.services.bundles import result_json, tables
from blotter_records.verifier import tables as expected
from blotter_records.verifier.checkpoint import is_included, open_checkpoint, parse_key
from blotter_records.verifier.ed25519 import ed25519_is_valid
from blotter_records.verifier.faults import CannotCheck, Fault
from blotter_records.verifier.main import verify_bundle
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

#: RFC 8032, 7.1: public key, message, signature.
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.mark.parametrize(("public", "message", "signature"), VECTORS)
def test_signatures_of_rfc_8032_are_valid_and_no_changed_bit_is(public, message, signature):
    public, message, signature = map(bytes.fromhex, (public, message, signature))
    assert ed25519_is_valid(public, message, signature)
    assert not ed25519_is_valid(public, message + b"x", signature)
    for at in range(0, 512, 37):
        changed = bytearray(signature)
        changed[at // 8] ^= 1 << at % 8
        assert not ed25519_is_valid(public, message, bytes(changed))


def test_many_keys_agree_with_cryptography():
    for at in range(20):
        private = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(bytes([at])).digest())
        public = private.public_key().public_bytes_raw()
        message = bytes(range(at * 7))
        assert ed25519_is_valid(public, message, private.sign(message))
        assert not ed25519_is_valid(public, message, private.sign(message + b"."))


def test_a_signature_with_s_out_of_range_is_refused():
    public, message, signature = (bytes.fromhex(part) for part in VECTORS[1])
    order = 2**252 + 27742317777372353535851937790883648493
    larger = int.from_bytes(signature[32:], "little") + order
    assert not ed25519_is_valid(public, message, signature[:32] + larger.to_bytes(32, "little"))
    assert not ed25519_is_valid(public[:-1], message, signature)
    assert not ed25519_is_valid(b"\xff" * 32, message, signature)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 33, 64, 70])
def test_proofs_agree_with_the_tree_and_fit_no_other_place(size):
    leaves = [leaf_hash(bytes([at])) for at in range(size)]
    prover = Prover(leaves)
    assert prover.root == root_of(leaves)
    for index in range(size):
        proof = prover.prove(index)
        assert proof == prove_inclusion(index, leaves)
        path = list(proof.path)
        assert is_included(leaves[index], index, size, path, prover.root)
        assert not is_included(leaves[index], index ^ 1, size, path, prover.root)
        assert not is_included(leaves[index], index, size, [*path, leaves[0]], prover.root)
        assert not path or not is_included(leaves[index], index, size, path[:-1], prover.root)


def test_a_checkpoint_opens_only_with_its_key_and_text():
    key = SigningKey.make("lab.example/blotter/1")
    note = key.sign(Checkpoint(key.name, 17, b"r" * 32), 1_700_000_000)
    parsed = parse_key(str(key.verifier()))
    assert open_checkpoint(note, parsed) == (key.name, 17, b"r" * 32)
    for wrong in (note.replace("\n17\n", "\n18\n"), note.replace("lab.", "lob."), note.partition("\n\n")[0], ""):
        with pytest.raises(Fault, match="checkpoint"):
            open_checkpoint(wrong, parsed)
    other = parse_key(str(SigningKey.make(key.name).verifier()))
    with pytest.raises(Fault, match="not signed by the installation's key"):
        open_checkpoint(note, other)


def test_what_is_no_bundle_cannot_be_checked(tmp_path):
    for path in (tmp_path / "missing", tmp_path):
        with pytest.raises(CannotCheck):
            verify_bundle(path)
    (tmp_path / "x.zip").write_bytes(b"hello")
    with pytest.raises(CannotCheck, match="not a ZIP file"):
        verify_bundle(tmp_path / "x.zip")


def test_results_as_json_have_the_fields_that_the_verifier_expects():
    assert dict(result_json.UNITS) == expected.UNITS
    for name in ("RESULT_FIELDS", "ANALYSIS_FIELDS", "SIGNATURE_FIELDS"):
        assert tuple(getattr(result_json, name)) == getattr(expected, name)


def test_tables_have_the_columns_that_the_verifier_expects():
    for name in ("SIGNATURE_COLUMNS", "MEASUREMENT_COLUMNS", "LOG_COLUMNS"):
        assert getattr(tables, name) == getattr(expected, name)
    for value in (None, "text", "=1+1", "+a", "-a", "@a", "\ta", -5, -0.1, [1, "ü"], {"b": 1, "a": None}, True):
        assert tables.cell(value) == expected.cell(value)
    assert tables.cell("=1+1") == "'=1+1"
