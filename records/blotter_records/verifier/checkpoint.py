"""Merkle tree (RFC 9162) and checkpoints (C2SP)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re

from blotter_records.verifier.ed25519 import ed25519_is_valid
from blotter_records.verifier.faults import Fault, unbase64


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of an entry's bytes as a leaf."""
    return hashlib.sha256(b"\x00" + data).digest()


def is_included(leaf: bytes, index: int, size: int, path: list[bytes], root: bytes) -> bool:
    """Tell whether `path` shows that `leaf` has place `index` (from 0) in the tree of `size` with `root`."""
    if not 0 <= index < size:
        return False
    last, carried = size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if index & 1 or index == last:
            carried = hashlib.sha256(b"\x01" + sibling + carried).digest()
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            carried = hashlib.sha256(b"\x01" + carried + sibling).digest()
        index, last = index >> 1, last >> 1
    return last == 0 and carried == root


def parse_key(text: str) -> tuple[str, bytes, bytes]:
    """Return name, key id and public key of a verifier key ``name+hexid+base64``."""
    name, _, rest = text.strip().partition("+")
    key_id, _, encoded = rest.partition("+")
    try:
        data = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise Fault("verifier key: not base64") from error
    if not name or len(data) != 33 or data[0] != 1:
        raise Fault("verifier key: not an Ed25519 key")
    expected = hashlib.sha256(name.encode() + b"\n" + data).digest()[:4]
    if expected.hex() != key_id:
        raise Fault("verifier key: its id does not belong to it")
    return name, expected, data[1:]


def open_checkpoint(note: str, key: tuple[str, bytes, bytes]) -> tuple[str, int, bytes]:
    """Return origin, size and root of a checkpoint, whose signature by `key` has been checked."""
    name, key_id, public = key
    text, separator, lines = note.rpartition("\n\n")
    text += "\n"
    parts = text.split("\n")
    if not separator or len(parts) != 4 or not re.fullmatch(r"[1-9][0-9]{0,18}", parts[1]):
        raise Fault("checkpoint: malformed")
    is_signed = False
    for line in lines.rstrip("\n").split("\n"):
        found = re.fullmatch(r"— (\S+) ([A-Za-z0-9+/=]+)", line)
        if found is None:
            raise Fault("checkpoint: a signature line is malformed")
        data = unbase64(found[2], "checkpoint: a signature line is malformed")
        if found[1] == name and data[:4] == key_id:
            if not ed25519_is_valid(public, text.encode(), data[4:]):
                raise Fault("checkpoint: the installation's signature does not fit it")
            is_signed = True
    if not is_signed:
        raise Fault("checkpoint: not signed by the installation's key")
    root = unbase64(parts[2], "checkpoint: malformed")
    if len(root) != 32 or parts[0] != name:
        raise Fault("checkpoint: malformed, or of another installation than the key")
    return parts[0], int(parts[1]), root
