"""What does not verify, and JSON in the one form that is hashed."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterable
from typing import Any

Json = dict[str, Any]


class CannotCheck(Exception):
    """What was given is no bundle, or cannot be read."""


class Fault(Exception):
    """Something does not verify; the message says what."""


def parse(text: str, what: str) -> Json:
    """Return the JSON object in `text`. Raises ``Fault``; also when a name occurs twice in an object."""

    def once(pairs: list[tuple[str, Any]]) -> Json:
        if len({name for name, _ in pairs}) != len(pairs):
            raise Fault(f"{what}: a name occurs twice")
        return dict(pairs)

    try:
        value = json.loads(text, object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise Fault(f"{what}: not JSON") from error
    if not isinstance(value, dict):
        raise Fault(f"{what}: not a JSON object")
    return value


def canonical(value: Any) -> str:
    """Return the canonical JSON of a value: sorted keys, no spaces, floats as their shortest repr."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def sha256(data: bytes | str) -> str:
    """Return the SHA-256 of bytes, or of a text's UTF-8, in hexadecimal."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def sha256_of(pieces: Iterable[bytes]) -> str:
    """Return the SHA-256 of what comes in pieces, in hexadecimal."""
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()


def unbase64(text: str, message: str) -> bytes:
    """Return the bytes of base64. Raises ``Fault`` with the message."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise Fault(message) from error
