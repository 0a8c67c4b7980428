"""Signed notes and checkpoints as C2SP publishes them (c2sp.org/signed-note, tlog-checkpoint, tlog-cosignature).

A checkpoint is a note of three lines (origin, size, root in base64) with two signatures by the installation's Ed25519
key: the plain one (type 0x01) and one that also binds the time of signing (``cosignature/v1``, type 0x04). A reader
that knows only the first ignores the second.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = 0x01
COSIGNATURE = 0x04
_KEY_BYTES = 32
_TIME_BYTES = 8
_NAME = re.compile(r"[^\s+]+")
_SIGNATURE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/=]+)")


class BadNote(ValueError):
    """A note or key that is malformed, not signed by the key, or not a checkpoint; the message says which."""


@dataclass(frozen=True)
class Checkpoint:
    """A tree head that an installation stands for.

    Parameters
    ----------
    origin : str
        The log's name.
    size : int
        Number of entries covered.
    root : bytes
        32 bytes.
    """

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def _key_id(name: str, kind: int, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


@dataclass(frozen=True)
class VerifierKey:
    """A name and the public key that belongs to it; its text form is ``name+hexkeyid+base64``."""

    name: str
    public: bytes

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """Read the text form; raise ``BadNote`` if it is malformed or its key id is not the key's."""
        name, _, rest = text.strip().partition("+")
        key_id, _, encoded = rest.partition("+")
        try:
            data = base64.b64decode(encoded, validate=True)
        except binascii.Error as error:
            raise BadNote("the verifier key is not base64") from error
        if not _NAME.fullmatch(name) or len(data) != _KEY_BYTES + 1 or data[0] != ED25519:
            raise BadNote("the verifier key is not an Ed25519 key")
        if _key_id(name, ED25519, data[1:]).hex() != key_id:
            raise BadNote("the verifier key's id does not belong to it")
        return cls(name, data[1:])

    def __str__(self) -> str:
        encoded = base64.b64encode(bytes([ED25519]) + self.public).decode()
        return f"{self.name}+{_key_id(self.name, ED25519, self.public).hex()}+{encoded}"

    def check(self, signature: bytes, message: bytes) -> bool:
        """Tell whether the signature is the key's."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True)
class SigningKey:
    """The installation's Ed25519 key under its origin's name."""

    name: str
    private: Ed25519PrivateKey

    @classmethod
    def make(cls, name: str) -> SigningKey:
        """Make a new key."""
        return cls(name, Ed25519PrivateKey.generate())

    @classmethod
    def from_pem(cls, name: str, pem: bytes) -> SigningKey:
        """Read a key from PKCS #8 PEM; raise ``BadNote`` if it is no Ed25519 key."""
        try:
            private = serialization.load_pem_private_key(pem, password=None)
        except (ValueError, TypeError) as error:
            raise BadNote("the signing key cannot be read") from error
        if not isinstance(private, Ed25519PrivateKey):
            raise BadNote("the signing key is not an Ed25519 key")
        return cls(name, private)

    def to_pem(self) -> bytes:
        """Return the key as PKCS #8 PEM, not encrypted (the file's mode protects it)."""
        return self.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def verifier(self) -> VerifierKey:
        """Return the public half."""
        raw = self.private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return VerifierKey(self.name, raw)

    def sign_text(self, text: str) -> str:
        """Return a text as a signed note. It must be none that a reader takes for a checkpoint (``domain.backup``)."""
        signature = _key_id(self.name, ED25519, self.verifier().public) + self.private.sign(text.encode())
        return f"{text}\n— {self.name} {base64.b64encode(signature).decode()}\n"

    def sign(self, checkpoint: Checkpoint, time_s: int) -> str:
        """Return the checkpoint as a signed note.

        Parameters
        ----------
        checkpoint : Checkpoint
            What is stood for.
        time_s : int
            Time of signing, seconds since 1970-01-01 UTC.
        """
        text = checkpoint.text()
        public = self.verifier().public
        plain = _key_id(self.name, ED25519, public) + self.private.sign(text.encode())
        timed = (
            _key_id(self.name, COSIGNATURE, public)
            + time_s.to_bytes(_TIME_BYTES, "big")
            + self.private.sign(_timed_message(text, time_s))
        )
        lines = "".join(f"— {self.name} {base64.b64encode(value).decode()}\n" for value in (plain, timed))
        return f"{text}\n{lines}"


@dataclass(frozen=True)
class OpenedNote:
    """A note whose signature was checked. ``time_s`` is the signed time, None if the note has none."""

    text: str
    time_s: int | None


def _timed_message(text: str, time_s: int) -> bytes:
    return f"cosignature/v1\ntime {time_s}\n{text}".encode()


def open_note(note: str, key: VerifierKey) -> OpenedNote:
    """Check a note's signature by `key`; signatures by others are passed over.

    Raises
    ------
    BadNote
        It is malformed, or `key` has not signed it, or a signature by `key` does not fit the text.
    """
    head, separator, tail = note.rpartition("\n\n")
    if not separator or not tail.endswith("\n") or _has_control(note):
        raise BadNote("it is not a signed note")
    text = head + "\n"
    is_signed, time_s = False, None
    for key_id, value in _signatures_by(key.name, tail):
        if key_id == _key_id(key.name, ED25519, key.public):
            if not key.check(value, text.encode()):
                raise BadNote("its signature does not fit its text")
            is_signed = True
        elif key_id == _key_id(key.name, COSIGNATURE, key.public):
            time_s = int.from_bytes(value[:_TIME_BYTES], "big")
            if not key.check(value[_TIME_BYTES:], _timed_message(text, time_s)):
                raise BadNote("its signature with the time does not fit its text")
    if not is_signed:
        raise BadNote("it is not signed by the installation's key")
    return OpenedNote(text, time_s)


def _signatures_by(name: str, lines: str) -> list[tuple[bytes, bytes]]:
    """Return key id and signature of every signature line under a name."""
    signatures = []
    for line in lines[:-1].split("\n"):
        found = _SIGNATURE.fullmatch(line)
        if found is None:
            raise BadNote("a signature line is malformed")
        try:
            data = base64.b64decode(found[2], validate=True)
        except binascii.Error as error:
            raise BadNote("a signature line is malformed") from error
        if found[1] == name:
            signatures.append((data[:4], data[4:]))
    return signatures


def _has_control(note: str) -> bool:
    return any(ord(character) < 0x20 and character != "\n" for character in note)


def open_checkpoint(note: str, key: VerifierKey) -> tuple[Checkpoint, int | None]:
    """Return the checkpoint of a signed note and its signed time (s since 1970, None if the note has none).

    Raises
    ------
    BadNote
        See :func:`open_note`; also when the text is no checkpoint.
    """
    opened = open_note(note, key)
    lines = opened.text.split("\n")
    if len(lines) != 4 or not lines[0] or not re.fullmatch(r"0|[1-9][0-9]{0,18}", lines[1]):
        raise BadNote("it is not a checkpoint")
    try:
        root = base64.b64decode(lines[2], validate=True)
    except binascii.Error as error:
        raise BadNote("it is not a checkpoint") from error
    if len(root) != _KEY_BYTES:
        raise BadNote("its root is not 32 bytes")
    return Checkpoint(lines[0], int(lines[1]), root), opened.time_s
