"""Signed notes: the published example, checkpoints of our own, and everything that must be refused."""

import pytest
from blotter_records.domain.note import BadNote, Checkpoint, SigningKey, VerifierKey, open_checkpoint, open_note

# From the documentation of golang.org/x/mod/sumdb/note.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
CHECKPOINT = Checkpoint("blotter/0011223344556677", 42, bytes(range(32)))


@pytest.fixture(scope="module")
def key():
    return SigningKey.make("blotter/0011223344556677")


def test_the_published_note_verifies():
    key = VerifierKey.parse(GO_KEY)
    assert str(key) == GO_KEY
    assert open_note(GO_NOTE, key).text.startswith("If you think")


def test_a_checkpoint_comes_back_with_its_signed_time(key):
    note = key.sign(CHECKPOINT, 1_795_000_000)
    assert note.startswith("blotter/0011223344556677\n42\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\n— ")
    assert open_checkpoint(note, VerifierKey.parse(str(key.verifier()))) == (CHECKPOINT, 1_795_000_000)


def test_a_key_survives_its_file(key):
    again = SigningKey.from_pem(key.name, key.to_pem())
    assert again.verifier() == key.verifier()


def test_a_note_with_another_witness_still_verifies(key):
    note = key.sign(CHECKPOINT, 1)
    witness = SigningKey.make("witness.example").sign(CHECKPOINT, 1).split("\n\n")[1]
    assert open_checkpoint(note + witness, key.verifier())[0] == CHECKPOINT


@pytest.mark.parametrize(
    "change",
    [
        lambda note: note.replace("\n42\n", "\n41\n", 1),
        lambda note: note.replace("AAEC", "AAED", 1),
        lambda note: note.split("\n\n")[0] + "\n\n",
        lambda note: note.rstrip("\n"),
        lambda note: note.replace("— ", "- "),
        lambda note: "\n".join([*note.split("\n")[:4], *note.split("\n")[5:]]),  # only the timed signature is left
        lambda note: note.replace("\n\n", "\r\n\r\n"),
        lambda _: "",
    ],
)
def test_changed_notes_are_refused(key, change):
    with pytest.raises(BadNote):
        open_checkpoint(change(key.sign(CHECKPOINT, 1_795_000_000)), key.verifier())


def test_a_changed_time_is_refused(key):
    import base64

    note = key.sign(CHECKPOINT, 1_795_000_000)
    head, last = note[:-1].rsplit(" ", 1)
    data = bytearray(base64.b64decode(last))
    data[11] ^= 1
    with pytest.raises(BadNote, match="time"):
        open_checkpoint(f"{head} {base64.b64encode(data).decode()}\n", key.verifier())


def test_another_key_of_the_same_name_is_refused(key):
    with pytest.raises(BadNote, match="not signed"):
        open_checkpoint(key.sign(CHECKPOINT, 1), SigningKey.make(key.name).verifier())


@pytest.mark.parametrize("text", ["", "a+b+c", GO_KEY.replace("c74f", "c74e"), GO_KEY[:-4], "a b" + GO_KEY])
def test_malformed_keys_are_refused(text):
    with pytest.raises(BadNote):
        VerifierKey.parse(text)
