"""SCRAM-SHA-256 (RFC 5802, RFC 7677), both ends, and the keys of a session.

::

    C → S   n,,n=user,r=cnonce
    S → C   r=cnonce+snonce,s=salt,i=iterations
    C → S   c=biws,r=cnonce+snonce,p=ClientProof
    S → C   v=ServerSignature                      or e=invalid-proof

    SaltedPassword  = PBKDF2-HMAC-SHA-256(secret, salt, i)
    ClientKey       = HMAC(SaltedPassword, "Client Key")      StoredKey = SHA-256(ClientKey)
    ServerKey       = HMAC(SaltedPassword, "Server Key")
    ClientProof     = ClientKey xor HMAC(StoredKey, AuthMessage)
    ServerSignature = HMAC(ServerKey, AuthMessage)
    SessionKey      = HMAC(StoredKey, "GSS-API session key" + ClientKey + AuthMessage)     RFC 5802, section 8

A device keeps StoredKey and ServerKey, never the secret. Names and secrets are ASCII, which SASLprep leaves as it is.
The secret must be random (:func:`new_secret`): who records a session may guess a weak one at leisure.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from blotter_records.errors import Invalid, Refused

#: RFC 7677, section 4: at least 4096. More would only slow a bad secret's finder; ours has 160 bits.
ITERATIONS = 4096
_FEWEST, _MOST = 4096, 1_000_000

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_SECRET = re.compile(r"[!-~]{6,256}")
_NONCE = re.compile(r"[!-+\--~]{16,128}")


def new_secret() -> str:
    """Return a device secret: 160 random bits, 32 letters and digits that can be read out."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


@dataclass(frozen=True, slots=True, repr=False)
class SessionKeys:
    """Keys of one session, one for each direction, so that no frame can be sent back to who made it."""

    host: bytes
    device: bytes
    _session: bytes

    @classmethod
    def derive(cls, session_key: bytes) -> SessionKeys:
        """Derive both from the session key."""
        host, device = (_hmac(session_key, b"blotter 1 " + way) for way in (b"host to device", b"device to host"))
        return cls(host, device, session_key)

    def next_secret(self, name: str) -> str:
        """Return the secret that both ends agree on for a name by having this session; it never passes the line.

        Who knows the old secret and has recorded the session knows the new one: a secret that was betrayed is not
        rotated but set anew, at the device.
        """
        return base64.b32encode(_hmac(self._session, b"blotter 1 next secret " + name.encode())[:20]).decode()


@dataclass(frozen=True, slots=True, repr=False)
class Credential:
    """What a device keeps of a secret: enough to know who has it, not enough to be somebody who has it.

    ``replaces``: the name whose credential goes when this one is first used.
    """

    name: str
    salt: bytes
    iterations: int
    stored_key: bytes
    server_key: bytes
    replaces: str = ""

    @classmethod
    def make(
        cls, name: str, secret: str, *, salt: bytes = b"", iterations: int = ITERATIONS, replaces: str = ""
    ) -> Credential:
        """Make one.

        Raises
        ------
        Invalid
            ``scram.name``, ``scram.secret``.
        """
        salt = salt or secrets.token_bytes(16)
        client_key, server_key = _keys(name, secret, salt, iterations)
        return cls(name, salt, iterations, hashlib.sha256(client_key).digest(), server_key, replaces)


class ScramClient:
    """The end that has the secret: the host.

    Parameters
    ----------
    name, secret : str
        Who it says it is; the secret.
    nonce : str, optional
        Only for test vectors; otherwise random.
    """

    def __init__(self, name: str, secret: str, *, nonce: str = "") -> None:
        _checked(name, secret)
        self._name = name
        self._secret = secret
        self._nonce = nonce or secrets.token_urlsafe(24)
        self._signature = b""
        self._keys = b""

    def first(self) -> str:
        """Return the first message."""
        return f"n,,n={self._name},r={self._nonce}"

    def final(self, server_first: str) -> str:
        """Return the message with the proof.

        Raises
        ------
        Refused
            ``scram.server``: the other end did not take up our nonce, or asks for fewer iterations than RFC 7677 has.
        """
        found = re.fullmatch(r"r=([^,]+),s=([A-Za-z0-9+/=]+),i=([1-9][0-9]{0,6})", server_first)
        if found is None:
            raise Refused("scram.server", "The device's first message is not one of SCRAM.")
        nonce, salt, iterations = found[1], _decoded(found[2]), int(found[3])
        fresh = nonce.startswith(self._nonce) and len(nonce) > len(self._nonce) and _NONCE.fullmatch(nonce)
        if not fresh or len(salt) < 8 or not _FEWEST <= iterations <= _MOST:
            raise Refused("scram.server", "The device answers another session, or asks for too few or many iterations.")
        client_key, server_key = _keys(self._name, self._secret, salt, iterations)
        stored_key = hashlib.sha256(client_key).digest()
        without_proof = f"c=biws,r={nonce}"
        message = f"{self.first()[3:]},{server_first},{without_proof}".encode()
        self._signature = _hmac(server_key, message)
        self._keys = _hmac(stored_key, b"GSS-API session key" + client_key + message)
        return f"{without_proof},p={_encoded(_xor(client_key, _hmac(stored_key, message)))}"

    def verify(self, server_final: str) -> SessionKeys:
        """Return the session's keys, if the other end has shown that it knows the secret, too.

        Raises
        ------
        Refused
            ``scram.refused``: the device refuses us. ``scram.server``: it does not know the secret.
        """
        if server_final.startswith("e="):
            raise Refused("scram.refused", "The device refuses the name or the secret.")
        shown = _decoded(server_final[2:]) if server_final.startswith("v=") else b""
        if not self._signature or not hmac.compare_digest(shown, self._signature):
            raise Refused("scram.server", "The device does not know the secret: it is not the one that it says it is.")
        return SessionKeys.derive(self._keys)


class ScramServer:
    """The end that keeps credentials: the device.

    An unknown name gets a salt like a known one and fails at the proof, so that nobody learns which names there are.
    """

    def __init__(self, credentials: dict[str, Credential], *, nonce: str = "") -> None:
        self._credentials = credentials
        self._nonce = nonce or secrets.token_urlsafe(24)
        self._credential: Credential | None = None
        self._bare = ""
        self._first = ""
        self.name = ""

    def first(self, client_first: str) -> str:
        """Return the answer to the first message.

        Raises
        ------
        Refused
            ``scram.client``: it is none.
        """
        found = re.fullmatch(r"n,,(n=([A-Za-z0-9._-]{1,64}),r=([!-+\--~]{16,128}))", client_first)
        if found is None:
            raise Refused("scram.client", "The first message is not one of SCRAM.")
        self._bare, self.name = found[1], found[2]
        self._credential = self._credentials.get(self.name) or _nobody(self.name)
        salt = _encoded(self._credential.salt)
        self._nonce = found[3] + self._nonce
        self._first = f"r={self._nonce},s={salt},i={self._credential.iterations}"
        return self._first

    def final(self, client_final: str) -> tuple[str, SessionKeys]:
        """Return the last message and the session's keys.

        Raises
        ------
        Refused
            ``scram.client``: the proof is wrong, of another session, or of nobody we know.
        """
        found = re.fullmatch(r"(c=biws,r=([^,]+)),p=([A-Za-z0-9+/=]+)", client_final)
        credential = self._credential
        if found is None or credential is None or not hmac.compare_digest(found[2].encode(), self._nonce.encode()):
            raise Refused("scram.client", "The last message is not of this session.")
        self._credential = None  # one proof for each nonce
        message = f"{self._bare},{self._first},{found[1]}".encode()
        proof = _decoded(found[3])
        expected = _hmac(credential.stored_key, message)
        client_key = _xor(proof, expected) if len(proof) == len(expected) else b""
        if not hmac.compare_digest(hashlib.sha256(client_key).digest(), credential.stored_key):
            raise Refused("scram.client", "The proof is wrong.")
        session_key = _hmac(credential.stored_key, b"GSS-API session key" + client_key + message)
        return f"v={_encoded(_hmac(credential.server_key, message))}", SessionKeys.derive(session_key)


_SALTS = secrets.token_bytes(32)


def _nobody(name: str) -> Credential:
    """Return what no secret fits, with a salt that stays the same while the process lives."""
    return Credential(name, _hmac(_SALTS, name.encode())[:16], ITERATIONS, secrets.token_bytes(32), b"")


def _checked(name: str, secret: str) -> None:
    if not _NAME.fullmatch(name):
        raise Invalid("scram.name", "A name has 1 to 64 letters, digits, dots, dashes or underscores.")
    if not _SECRET.fullmatch(secret):
        raise Invalid("scram.secret", "A secret has 6 to 256 printable ASCII characters without blanks.")


def _keys(name: str, secret: str, salt: bytes, iterations: int) -> tuple[bytes, bytes]:
    _checked(name, secret)
    salted = hashlib.pbkdf2_hmac("sha256", secret.encode(), salt, iterations)
    return _hmac(salted, b"Client Key"), _hmac(salted, b"Server Key")


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""
