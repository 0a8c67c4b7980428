"""Checks a Blotter export bundle: that it is whole, genuine and unchanged. Needs Python 3.10 or newer, nothing else.

    python3 verify.py BUNDLE [--key KEYFILE] [--sha256 DIGEST]

BUNDLE is the ZIP file or the folder that it was unpacked into (default: the folder of this file).

    --key      the laboratory's verifier key, got by another way than the bundle (a key that travels only with the
               bundle proves nothing by itself)
    --sha256   the digest of the ZIP file as the trail of the installation has it (the entry that made the export)

Each fault is one line. The exit code is 0 only if everything verifies, 1 if there are faults, 2 if it could not check.

Standards: BagIt (RFC 8493), Merkle inclusion proofs (RFC 9162, 2.1.3.2), Ed25519 (RFC 8032, 5.1.7),
signed notes and checkpoints (c2sp.org/signed-note, c2sp.org/tlog-checkpoint).
"""

from __future__ import annotations

import argparse
import base64
import binascii
import csv
import hashlib
import json
import re
import struct
import sys
import zipfile
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

FORMAT = "blotter-bundle/2"
Json = dict[str, Any]


class CannotCheck(Exception):
    """What was given is no bundle, or cannot be read."""


class Fault(Exception):
    """Something does not verify; the message says what."""


# --- Ed25519 (RFC 8032, 5.1.7). Verification handles nothing secret, so it need not be of constant time. -----------

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
Point = tuple[int, int, int, int]


def _add(a: Point, b: Point) -> Point:
    """Add in extended coordinates (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z."""
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % _P, (a[1] + a[0]) * (b[1] + b[0]) % _P
    g, h = 2 * a[3] * b[3] * _D % _P, 2 * a[2] * b[2] % _P
    i, j, k, m = f - e, h - g, h + g, f + e
    return i * j % _P, k * m % _P, j * k % _P, i * m % _P


def _times(factor: int, point: Point) -> Point:
    total: Point = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            total = _add(total, point)
        point = _add(point, point)
        factor >>= 1
    return total


def _point(data: bytes) -> Point | None:
    """Decode a point; None if the bytes are none (5.1.3), also when y is not below p."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * pow(2, (_P - 1) // 4, _P) % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    x = _P - x if x & 1 != sign else x
    return x, y, 1, x * y % _P


_B = _point((4 * pow(5, -1, _P) % _P).to_bytes(32, "little"))


def ed25519_is_valid(public: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether `signature` (64 bytes) on `message` is by the key `public` (32 bytes)."""
    if len(public) != 32 or len(signature) != 64 or _B is None:
        return False
    a, r, s = _point(public), _point(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= _L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % _L
    left, right = _times(s, _B), _add(r, _times(k, a))
    return (left[0] * right[2] - right[0] * left[2]) % _P == 0 and (left[1] * right[2] - right[1] * left[2]) % _P == 0


# --- Merkle tree (RFC 9162) and checkpoints (C2SP) -----------------------------------------------------------------


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
        data = _unbase64(found[2], "checkpoint: a signature line is malformed")
        if found[1] == name and data[:4] == key_id:
            if not ed25519_is_valid(public, text.encode(), data[4:]):
                raise Fault("checkpoint: the installation's signature does not fit it")
            is_signed = True
    if not is_signed:
        raise Fault("checkpoint: not signed by the installation's key")
    root = _unbase64(parts[2], "checkpoint: malformed")
    if len(root) != 32 or parts[0] != name:
        raise Fault("checkpoint: malformed, or of another installation than the key")
    return parts[0], int(parts[1]), root


def _unbase64(text: str, message: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise Fault(message) from error


# --- The bundle's files --------------------------------------------------------------------------------------------

_PIECE = 1 << 20
_ZIP64_LIMIT = (1 << 31) - 1
_MOST_NAMES = 1 << 28  # bytes of a ZIP file's list of files: far more than any bundle has
_NAME = re.compile(r"(?!/)(?:(?!\.{1,2}/)[!-.0-9;-\[\]-~]+/)*(?!\.{1,2}$)[!-.0-9;-\[\]-~]+")
_UNREADABLE = (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError, struct.error)


class Files:
    """The files of a bundle by name, from a folder or a ZIP file; nothing is unpacked.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self.faults: list[str] = []
        self.names: list[str] = []
        self.path = path
        self._archive: zipfile.ZipFile | None = None
        self._inside = ""
        if path.is_dir():
            inner = [one for one in path.iterdir() if (one / "bagit.txt").is_file()]
            self.path = path if (path / "bagit.txt").exists() or len(inner) != 1 else inner[0]
            for one in sorted(self.path.rglob("*")):
                if one.is_symlink() or not (one.is_file() or one.is_dir()):
                    self.faults.append(f"{one.relative_to(self.path)}: not an ordinary file")
                elif one.is_file():
                    self.names.append(one.relative_to(self.path).as_posix())
        elif path.is_file():
            self._open_zip(path)
        else:
            raise CannotCheck(f"{path}: no such file or folder")
        self._known = frozenset(self.names)

    def _open_zip(self, path: Path) -> None:
        try:
            if directory_bytes(path) > _MOST_NAMES:
                raise Fault(f"{path.name}: its list of files is larger than that of any bundle")
            self._archive = zipfile.ZipFile(path)
        except _UNREADABLE as error:
            with path.open("rb") as file:
                if file.read(2) != b"PK":
                    raise CannotCheck(f"{path}: not a ZIP file") from error
            raise Fault(f"{path.name}: the ZIP file is damaged ({error})") from error
        entries = self._archive.infolist()
        for entry in entries:
            if not _NAME.fullmatch(entry.orig_filename):
                raise Fault(f"{path.name}: a file has a name that no bundle has ({entry.orig_filename[:200]!r})")
            if entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits or entry.external_attr != 0o100644 << 16:
                raise Fault(f"{path.name}: {entry.filename[:200]} is not a plain file, stored as it is")
        listed = [entry.filename for entry in entries]
        tops = {name.partition("/")[0] for name in listed}
        if len(tops) != 1 or len(set(listed)) != len(listed):
            raise Fault(f"{path.name}: it must hold one folder, each file once")
        self._inside = tops.pop() + "/"
        self.names = [name[len(self._inside) :] for name in listed]
        problem = container_problem(path, self._archive)
        if problem:
            self.faults.append(f"{path.name}: the ZIP file itself is not as Blotter wrote it ({problem})")

    def __contains__(self, name: str) -> bool:
        return name in self._known

    def below(self, folder: str) -> list[str]:
        """Return the names of the files in a folder, sorted."""
        return sorted(name for name in self.names if name.startswith(folder))

    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield a file's bytes. Raises ``Fault`` if it is missing or damaged."""
        if name not in self._known:
            raise Fault(f"{name}: missing")
        try:
            inside = self._archive.open(self._inside + name) if self._archive is not None else None
            with inside or (self.path / name).open("rb") as file:
                while piece := file.read(_PIECE):
                    yield piece
        except _UNREADABLE as error:
            raise Fault(f"{name}: cannot be read ({error})") from error

    def digest(self, name: str) -> str:
        """Return the SHA-256 of a file. Raises ``Fault``."""
        digest = hashlib.sha256()
        for piece in self.pieces(name):
            digest.update(piece)
        return digest.hexdigest()

    def read(self, name: str) -> bytes:
        """Return a file's bytes. Raises ``Fault`` if it is missing or damaged."""
        return b"".join(self.pieces(name))

    def text(self, name: str) -> str:
        """Return a file as text."""
        try:
            return self.read(name).decode()
        except UnicodeDecodeError as error:
            raise Fault(f"{name}: not UTF-8") from error

    def lines(self, name: str) -> Iterator[str]:
        """Yield the lines of a file, each with its line feed."""
        rest = b""
        try:
            for piece in self.pieces(name):
                *whole, rest = (rest + piece).split(b"\n")
                for line in whole:
                    yield line.decode() + "\n"
            if rest:
                yield rest.decode()
        except UnicodeDecodeError as error:
            raise Fault(f"{name}: not UTF-8") from error

    def json(self, name: str) -> Json:
        """Return a JSON file's object."""
        return parse(self.text(name), name)


def directory_bytes(path: Path) -> int:
    """Return how long a ZIP file says that its list of files is, so that no huge one is read."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 98))
        end = file.read()
    if len(end) < 22 or end[-22:-18] != b"PK\x05\x06":
        raise zipfile.BadZipFile("it does not end as a ZIP file does")
    if end[-42:-38] == b"PK\x06\x07" and end[:4] == b"PK\x06\x06":
        return int(struct.unpack_from("<Q", end, 40)[0])
    return int(struct.unpack_from("<L", end, len(end) - 10)[0])


def container_problem(path: Path, archive: zipfile.ZipFile) -> str:
    """Return what in the ZIP's own structure is not as it was written (stored, fixed times, no gaps), or nothing."""
    with path.open("rb") as file:
        at = 0
        central = hashlib.sha256()
        length = 0
        for entry in archive.infolist():
            name = entry.filename.encode()
            if entry.header_offset != at or not name.isascii():
                return f"{entry.filename}: out of place"
            header, listed = _as_written(name, entry.CRC, entry.file_size, at)
            file.seek(at)
            if file.read(len(header)) != header:
                return f"{entry.filename}: its header"
            central.update(listed)
            length += len(listed)
            at += len(header) + entry.file_size
        file.seek(at)
        found = hashlib.sha256()
        left = length
        while left and (piece := file.read(min(left, _PIECE))):
            found.update(piece)
            left -= len(piece)
        end = _end(len(archive.infolist()), length, at)
        return "" if found.digest() == central.digest() and file.read(len(end) + 1) == end else "its list of files"


def _as_written(name: bytes, crc: int, size: int, at: int) -> tuple[bytes, bytes]:
    """Return the header before a file and its line in the list, with ZIP64 where 2 GB are not enough."""
    large, far = size > _ZIP64_LIMIT, at > _ZIP64_LIMIT
    told = 0xFFFFFFFF if large else size
    version, listed_version = (45 if large else 20), (45 if large or far else 20)
    extra = struct.pack("<HHQQ", 1, 16, size, size) if large else b""
    header = b"PK\x03\x04" + struct.pack("<HHHHHLLL", version, 0, 0, 0, 33, crc, told, told)
    header += struct.pack("<HH", len(name), len(extra)) + name + extra
    more = ([size, size] if large else []) + ([at] if far else [])
    extra = struct.pack("<HH" + "Q" * len(more), 1, 8 * len(more), *more) if more else b""
    listed = b"PK\x01\x02" + bytes([listed_version, 3])
    listed += struct.pack("<HHHHHLLL", listed_version, 0, 0, 0, 33, crc, told, told)
    listed += struct.pack("<HHHHHLL", len(name), len(extra), 0, 0, 0, 0o100644 << 16, 0xFFFFFFFF if far else at)
    return header, listed + name + extra


def _end(count: int, length: int, at: int) -> bytes:
    """Return how the list of files ends."""
    end = b""
    if count > 0xFFFF or at > _ZIP64_LIMIT or length > _ZIP64_LIMIT:
        end = b"PK\x06\x06" + struct.pack("<QHHLLQQQQ", 44, 45, 45, 0, 0, count, count, length, at)
        end += b"PK\x06\x07" + struct.pack("<LQL", 0, at + length, 1)
        count, length, at = min(count, 0xFFFF), min(length, 0xFFFFFFFF), min(at, 0xFFFFFFFF)
    return end + b"PK\x05\x06" + struct.pack("<HHHHLLH", 0, 0, count, count, length, at, 0)


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


# --- The checks ----------------------------------------------------------------------------------------------------

#: What a bundle can be a copy of.
SCOPES = ("image", "result", "study", "users")
#: Kinds of record that go with a user log, and those of them that are in it from their first revision.
USER_KINDS = (
    "access_review", "account", "configuration", "export", "letter", "notification", "proposal", "signature",
)  # fmt: skip
WHOLE_IN_USERS = ("access_review", "account", "configuration", "letter", "notification", "proposal", "signature")
#: Entries of a printed volume, at most.
LARGEST_VOLUME = 5000


class Bundle:
    """The checks of one bundle; ``faults`` collects what does not verify.

    Parameters
    ----------
    files : Files
    trusted_key : str, optional
        The verifier key from elsewhere.
    """

    def __init__(self, files: Files, trusted_key: str | None = None) -> None:
        self.files = files
        self.faults = list(files.faults)
        self.trusted_key = trusted_key
        self.about: Json = {}
        self.statement: Json | None = None
        self.numbers: array[int] = array("q")
        self.entries_sha256 = hashlib.sha256()
        self.changes: dict[tuple[str, int], Json] = {}
        self.digests: dict[tuple[str, int], str] = {}

    def run(self) -> list[str]:
        """Make every check, in order; a fault in one does not stop the others."""
        checks: tuple[Callable[[], Iterator[str]], ...] = (
            self._manifests, self._only_known, self._what_it_is, self._entries, self._stated, self._complete,
            self._records, self._images, self._results, self._result_files, self._signatures, self._reports,
            self._letters, self._logs,
            self._notebooks, self._tables,
        )  # fmt: skip
        for check in checks:
            try:
                self.faults.extend(check())
            except Fault as fault:
                self.faults.append(str(fault))
            except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, struct.error) as error:
                name = check.__name__.strip("_").replace("_", " ")
                self.faults.append(f"{name}: malformed ({type(error).__name__}: {error})")
        return list(dict.fromkeys(self.faults))

    def _manifests(self) -> Iterator[str]:
        """Check that every file is listed once and has its digest (RFC 8493)."""
        if self.files.text("bagit.txt") != "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n":
            yield "bagit.txt: changed"
        payload = {name for name in self.files.names if name.startswith("data/")}
        tags = set(self.files.names) - payload - {"tagmanifest-sha256.txt"}
        for manifest, wanted in (("tagmanifest-sha256.txt", tags), ("manifest-sha256.txt", payload)):
            listed: dict[str, str] = {}
            try:
                for line in self.files.lines(manifest):
                    found = re.fullmatch(r"([0-9a-f]{64})  ([!-~]+)\n", line)
                    if found is None or found[2] in listed:
                        yield f"{manifest}: malformed line {line[:80]!r}"
                    else:
                        listed[found[2]] = found[1]
            except Fault as fault:
                yield str(fault)
                continue
            for name in sorted(wanted - set(listed)):
                yield f"{name}: not in {manifest}"
            for name, digest in sorted(listed.items()):
                try:
                    if self.files.digest(name) != digest:
                        yield f"{name}: changed (its digest is not the one in {manifest})"
                except Fault as fault:
                    yield str(fault)

    def _only_known(self) -> Iterator[str]:
        """Check that there is no file of which nothing else here would say what it is."""
        for name in self.files.names:
            if not _KNOWN.fullmatch(name):
                yield f"{name}: no file of a bundle"

    def _what_it_is(self) -> Iterator[str]:
        self.about = self.files.json("data/bundle.json")
        if self.about.get("format") != FORMAT:
            yield f"data/bundle.json: not a bundle of format {FORMAT}"
        if self.about.get("scope") not in SCOPES:
            yield "data/bundle.json: does not say of what this is a copy"

    def _entries(self) -> Iterator[str]:
        """Check that each entry's exact text has its hash, and its place under the signed checkpoint."""
        key_text = self.files.text("data/trail/verifier-key.txt").strip()
        if self.trusted_key is not None and self.trusted_key.strip() != key_text:
            yield "verifier key: not the one that was given with --key"
        try:
            origin, size, root = open_checkpoint(self.files.text("data/trail/checkpoint.txt"), parse_key(key_text))
        except Fault as fault:
            yield str(fault)
            origin, size, root = "", 0, b""
        if origin and (origin, size) != (self.about.get("installation"), self.about.get("checkpoint_size")):
            yield "data/bundle.json: names another installation or size than the checkpoint"
        seen: set[int] = set()
        last = 0
        for number, row in self._rows():
            leaf = leaf_hash(row["text"].encode())
            if leaf.hex() != row["leaf"]:
                yield f"entry {number}: its text does not have its hash (edited)"
            path = [bytes.fromhex(one) for one in row["proof"]]
            if root and not is_included(leaf, number - 1, size, path, root):
                yield f"entry {number}: not covered by the checkpoint (edited, moved or invented)"
            body = parse(row["text"], f"entry {number}")
            if number == last or body["id"] in seen:
                yield f"entry {number}: occurs twice"
            elif number < last:
                yield f"entry {number}: out of order, it stands after entry {last}"
            seen.add(body["id"])
            last = number
            self._take(number, leaf.hex(), body)

    def _rows(self) -> Iterator[tuple[int, Json]]:
        """Yield the lines of the trail's file, each with its number."""
        for at, line in enumerate(self.files.lines("data/trail/entries.jsonl"), 1):
            row = parse(line, f"entries.jsonl, line {at}")
            yield row["number"], row

    def _take(self, number: int, leaf: str, body: Json) -> None:
        """Keep what later checks need of an entry."""
        if number == self.about.get("statement"):
            self.statement = body
            return
        self.numbers.append(number)
        self.entries_sha256.update(f"{number} {leaf}\n".encode())
        if body["rev"] is not None:
            self.changes[body["stream"], body["rev"]] = {
                **{name: body.get(name) for name in _OF_A_CHANGE},
                "number": number,
            }

    def _stated(self) -> Iterator[str]:
        """Check that the bundle holds what the installation wrote down in the trail before it was packed."""
        if self.statement is None:
            yield "statement: the entry is missing by which the installation says what this bundle holds"
            return
        said, action = self.statement["new"], self.statement["action"]
        if action != ("log.user.export" if self.about["scope"] == "users" else "bundle.export"):
            yield f"statement: its entry is one of {action}"
        if said["entries_sha256"] != self.entries_sha256.hexdigest() or said["entries"] != len(self.numbers):
            yield (
                f"statement: the trail says that this bundle holds {said['entries']} entries up to number "
                f"{said['upto']}; it holds {len(self.numbers)}, or others (added, removed or exchanged)"
            )
        if said["logs_sha256"] != sha256(canonical(self.about["logs"])):
            yield "statement: the printed volumes are not those that it names"
        for name, value in said.items():
            if name != "logs_sha256" and self.about.get(name) != value:
                yield f"data/bundle.json: its {name.replace('_', ' ')} is not the one that the statement names"

    def _complete(self) -> Iterator[str]:
        """Check that no entry is missing: revisions without gaps, and as many entries as the bundle says."""
        if len(self.numbers) != self.about["entries"]:
            yield f"trail: {len(self.numbers)} entries, but data/bundle.json says {self.about['entries']}"
        listed = self.about["streams"]
        revs: dict[str, set[int]] = {stream: set() for stream in listed}
        for stream, rev in self.changes:
            revs.setdefault(stream, set()).add(rev)
        for stream in sorted(revs):
            last = max([*revs[stream], listed.get(stream, 0)])
            gaps = set(range(1, last)) - revs[stream] if self._is_whole(stream.partition(":")[0]) else set()
            for rev in sorted(gaps | ({last} - revs[stream])):
                yield f"{stream}: revision {rev} is missing from the trail"
            if listed.get(stream) != last:
                yield f"{stream}: not listed in data/bundle.json as it is"

    def _is_whole(self, kind: str) -> bool:
        """Tell whether records of a kind are in the bundle from their first revision on."""
        if self.about["scope"] == "users":
            return not self.about["filter"] and kind in WHOLE_IN_USERS
        return kind != "notebook"

    def _holds(self, kind: str) -> bool:
        """Tell whether contents of records of a kind are in the bundle."""
        return self.about["scope"] != "users" or kind in USER_KINDS

    def _records(self) -> Iterator[str]:
        """Check that each record's content at each revision has the digest that its entry has."""
        expected = {
            f"data/records/{entry['record_kind']}/{entry['record_id']}/{rev}.json": (stream, rev, entry)
            for (stream, rev), entry in self.changes.items()
            if self._holds(stream.partition(":")[0])
        }
        for name in self.files.below("data/records/"):
            if name not in expected:
                yield f"{name}: no entry of the trail belongs to it"
        for name, (stream, rev, entry) in expected.items():
            try:
                digest = self.files.digest(name)
            except Fault as fault:
                yield str(fault)
                continue
            if digest != entry["content_sha256"]:
                yield f"{name}: not the content that entry {entry['number']} recorded (edited)"
            if f"{entry['record_kind']}:{entry['record_id']}" != stream:
                yield f"entry {entry['number']}: is about another record than its stream"
            self.digests[stream, rev] = digest

    def record(self, stream: str, rev: int) -> Json | None:
        """Return a record's content at a revision, None where it is not in the bundle. Raises ``Fault``."""
        if (stream, rev) not in self.digests:
            return None
        kind, _, record = stream.partition(":")
        return self.files.json(f"data/records/{kind}/{record}/{rev}.json")

    def _all(self, kind: str) -> Iterator[tuple[str, int, Json]]:
        """Yield id, revision and content of every record of a kind, in order."""
        for stream, rev in sorted(place for place in self.digests if place[0].startswith(f"{kind}:")):
            content = self.record(stream, rev)
            assert content is not None
            yield stream.partition(":")[2], rev, content

    def _images(self) -> Iterator[str]:
        """Check the sealed file and its pixels against the image's record."""
        for image, _, content in self._all("image"):
            folder = f"data/images/{image}/"
            originals = self.files.below(folder + "original/")
            if len(originals) != 1:
                yield f"{folder}original: holds {len(originals)} files instead of one"
            elif self.files.digest(originals[0]) != content["file_sha256"]:
                yield f"{originals[0]}: not the file that was sealed as {image}"
            if content.get("parent") and (f"image:{content['parent']}", 1) not in self.digests:
                yield f"{image}: the image that it was made from is missing ({content['parent']})"
            try:
                found = pixels_digest(self.files.pieces(folder + "counts.tif"), content)
            except Fault as fault:
                yield f"{folder}counts.tif: {fault}"
                continue
            if found != content["pixels_sha256"]:
                yield f"{folder}counts.tif: not the pixels that were sealed as {image}"
        known = {image for stream, _ in self.digests for image in [stream.removeprefix("image:")] if image != stream}
        for name in self.files.below("data/images/"):
            if name.split("/")[2] not in known:
                yield f"{name}: no image of the records belongs to it"

    def _bound(self, result: str, version: int, content: Json) -> str:
        """Return the digest of everything that a signature on this version of a result binds."""
        analyses = []
        for pin in content["pins"]:
            analysis = self.record(f"analysis:{pin['analysis']}", pin["rev"])
            if analysis is None:
                raise Fault(f"{result}.{version}: the pinned {pin['analysis']}.{pin['version']} is missing")
            covered = {name: analysis[name] for name in VERSION_FIELDS}
            if sha256(canonical(covered)) != pin["digest"]:
                raise Fault(f"{result}.{version}: {pin['analysis']}.{pin['version']} is not the version it pinned")
            image = self.record(f"image:{analysis['image']}", 1)
            if image is None or any(image[name] != analysis[name] for name in ("file_sha256", "pixels_sha256")):
                raise Fault(f"{pin['analysis']}.{pin['version']}: not measured on the sealed {analysis['image']}")
            analyses.append({"analysis": pin["analysis"], "version": pin["version"], **covered, **NOT_YET_MADE})
        for layer in content["layers"]:
            for name, pins in layer.items():
                for pin in pins if isinstance(pins, list) else [pins]:
                    kind = "sample" if name == "samples" else name
                    if pin and self.digests.get((f"{kind}:{pin['record']}", pin["rev"])) != pin["sha256"]:
                        raise Fault(f"{result}.{version}: {pin['record']} is not, or not as it was, among the records")
        bound = {"result": result, "version": version, "title": content["title"], "study": content["study"]}
        return sha256(canonical({**bound, "analyses": analyses, "layers": content["layers"], "protocol": None}))

    def _results(self) -> Iterator[str]:
        """Check that the digest of each version of a result is that of what it pins."""
        for result, rev, content in self._all("result"):
            try:
                if self._bound(result, content["version"], content) != content["digest"]:
                    yield f"{result}, revision {rev}: its digest is not that of what it pins"
            except Fault as fault:
                yield str(fault)
            for name in content.get("signatures") or []:
                if (f"signature:{name}", 1) not in self.digests:
                    yield f"{name}: {result} says it was signed so, but the signature is missing"

    def _result_files(self) -> Iterator[str]:
        """Check that the JSON of each result is what the records say."""
        newest: dict[str, int] = {}
        for stream, rev in self.digests:
            kind, _, record = stream.partition(":")
            if kind == "result":
                newest[record] = max(rev, newest.get(record, 0))
        for name in self.files.below("data/results/"):
            if name.removeprefix("data/results/").removesuffix(".json") not in newest:
                yield f"{name}: no result of the records belongs to it"
        for result, rev in newest.items():
            name = f"data/results/{result}.json"
            try:
                if canonical(self.files.json(name)) != canonical(self._as_json(f"result:{result}", rev)):
                    yield f"{name}: not what the records say"
            except Fault as fault:
                yield str(fault)

    def _as_json(self, stream: str, rev: int) -> Json:
        """Return the JSON of a result as it follows from the records (format blotter-result/1)."""
        content = self._there(stream, rev)
        analyses = []
        for pin in content["pins"]:
            analysis = self._there(f"analysis:{pin['analysis']}", pin["rev"])
            numbers = {
                row["shape"]: {name: value for name, value in row.items() if name != "shape"}
                for row in analysis["measurements"]
            }
            analyses.append({
                **{name: pin[name] for name in ("analysis", "version", "digest")},
                **{name: analysis[name] for name in ANALYSIS_FIELDS},
                "shapes": [{**one, "measurements": numbers.get(one["shape"])} for one in analysis["shapes"]],
            })  # fmt: skip
        signatures = [
            {**{name: one.get(name) for name in SIGNATURE_FIELDS}, **self._signed_at(one["signature"])}
            for one in (self._there(f"signature:{name}", 1) for name in content.get("signatures") or [])
        ]
        return {
            "format": "blotter-result/1",
            "revision": rev,
            **{name: content.get(name) for name in RESULT_FIELDS},
            "units": UNITS,
            "analyses": analyses,
            "signatures": signatures,
        }

    def _there(self, stream: str, rev: int) -> Json:
        """Return a record's content. Raises ``Fault`` if it is not in the bundle."""
        content = self.record(stream, rev)
        if content is None:
            raise Fault(f"{stream}, revision {rev}: missing")
        return content

    def _signed_at(self, signature: str) -> Json:
        """Return when a signature was given, as its entry has it."""
        entry = self.changes[f"signature:{signature}", 1]
        return {
            "signed_at": entry["at"],
            "zone": entry["zone"],
            "utc_offset": entry["offset"],
            "entry": entry["number"],
        }

    def _signatures(self) -> Iterator[str]:
        """Check that each signature binds the record that it was given on, and has all of its manifestation."""
        for name, _, content in self._all("signature"):
            for field in ("printed_name", "user_name", "role", "meaning", "action_description", "zone", "statement"):
                if not content.get(field):
                    yield f"{name}: its manifestation has no {field.replace('_', ' ')}"
            entry = self.changes[f"signature:{name}", 1]
            for field in ("account", "user_name", "printed_name", "role"):
                if entry.get(field) != content[field]:
                    yield f"{name}: {field.replace('_', ' ')} is not that of who made entry {entry['number']}"
            yield from self._signed(name, content)

    def _signed(self, name: str, content: Json) -> Iterator[str]:
        """Check that a signature binds the record on which it was given."""
        record, version = content["record"], content["version"]
        place = (f"{content['record_kind']}:{record}", content["record_rev"])
        signed = self.record(*place)
        if signed is None:
            if not self.about["filter"]:
                yield f"{name}: the record that it was given on is missing ({record}.{version})"
            return
        if content["record_kind"] != "result":
            bound = content["bound"]
            wanted = {"record": record, "record_rev": place[1], "content_sha256": self.digests[place]}
            if sha256(canonical(bound)) != content["digest"] or any(bound.get(key) != wanted[key] for key in wanted):
                yield f"{name}: does not belong to {record}.{version} (it binds something else)"
            return
        try:
            if signed["version"] != version or self._bound(record, version, signed) != content["digest"]:
                yield f"{name}: does not belong to {record}.{version} (it binds another digest)"
        except Fault as fault:
            yield f"{name}: {fault}"

    def _reports(self) -> Iterator[str]:
        """Check that the PDF reports are those, and all of those, that the trail says were made."""
        known = {f"data/reports/{name}.pdf": one for name, _, one in self._all("export") if _is_report(one)}
        for name in self.files.below("data/reports/"):
            if name not in known or self.files.digest(name) != known[name]["sha256"]:
                yield f"{name}: not the report that the trail has under this name"
        for name in known:
            if name not in self.files:
                yield f"{name}: the PDF report is missing"

    def _letters(self) -> Iterator[str]:
        """Check that the files of letters are those, and all of those, that were kept."""
        kept = {name: content["file_sha256"] for name, _, content in self._all("letter")}
        there = {name.split("/")[2]: name for name in self.files.below("data/letters/")}
        for letter, name in there.items():
            if kept.get(letter) != self.files.digest(name):
                yield f"{name}: not the letter that the trail has under this name"
        for letter in sorted(set(kept) - set(there)):
            yield f"data/letters/{letter}: the letter is missing"

    def _logs(self) -> Iterator[str]:
        """Check that the printed volumes are those that were made, and that together they hold every entry."""
        at = 0
        volumes = self.about["logs"]
        for volume, told in enumerate(volumes, 1):
            name = told["file"]
            try:
                if self.files.digest(name) != told["sha256"]:
                    yield f"{name}: not the volume that was printed"
            except Fault as fault:
                yield str(fault)
            numbers = self.numbers[at : at + told["entries"]]
            ends = (numbers[0], numbers[-1]) if numbers else (0, 0)
            if (told["volume"], told["first"], told["last"]) != (volume, *ends) or told["entries"] > LARGEST_VOLUME:
                yield f"{name}: does not go on where the volume before it ends"
            at += told["entries"]
        if at != len(self.numbers):
            yield f"data/logs: the volumes hold {at} entries of {len(self.numbers)}"
        for name in sorted(set(self.files.below("data/logs/")) - {told["file"] for told in volumes}):
            yield f"{name}: not among the volumes in data/bundle.json"

    def _notebooks(self) -> Iterator[str]:
        """Check that each notebook from which something was changed is there, with the cells of its record."""
        used = {
            (one["notebook"], one["notebook_version"])
            for one in self.changes.values()
            if one["notebook"] and one["notebook_version"] and self._holds("notebook")
        }
        wanted = {f"data/notebooks/{notebook}.{version}.ipynb": (notebook, version) for notebook, version in used}
        for name, (notebook, version) in sorted(wanted.items()):
            try:
                record = self._there(f"notebook:{notebook}", version)
                cells = [
                    {"cell_type": cell["cell_type"], "id": cell["id"], "source": "".join(cell["source"])}
                    for cell in self.files.json(name)["cells"]
                ]
            except Fault as fault:
                yield str(fault)
                continue
            if cells != record["cells"]:
                yield f"{name}: not the cells of the notebook's record"
        for name in self.files.below("data/notebooks/"):
            if name not in wanted:
                yield f"{name}: nothing in the trail was changed from it"

    def _tables(self) -> Iterator[str]:
        """Check that the CSV tables say what the records say."""
        signatures = ({**content, **self._signed_at(name)} for name, _, content in self._all("signature"))
        yield from self._table("signatures", SIGNATURE_COLUMNS, signatures)
        measured = (
            {"analysis": analysis, "version": saved["version"], **row}
            for analysis, rev, content in self._all("analysis")
            for saved in content["versions"]
            if saved["rev"] == rev
            for row in content["measurements"]
        )
        yield from self._table("measurements", MEASUREMENT_COLUMNS, measured)
        log = (
            {**parse(row["text"], f"entry {number}"), "number": number}
            for number, row in self._rows()
            if number != self.about.get("statement")
        )
        yield from self._table("log", LOG_COLUMNS, log)

    def _table(self, table: str, columns: tuple[str, ...], rows: Iterable[Json]) -> Iterator[str]:
        name = f"data/tables/{table}.csv"
        given = csv.reader(self.files.lines(name))
        expected = chain([list(columns)], ([cell(row.get(column)) for column in columns] for row in rows))
        for at, (said, right) in enumerate(zip_longest(given, expected), 1):
            if said != right:
                what = "it ends too early" if said is None else "it goes on" if right is None else f"line {at}"
                yield f"{name}: not what the records say ({what})"
                return


#: Names of the files of a bundle.
_KNOWN = re.compile(
    r"README\.txt|bag-info\.txt|bagit\.txt|manifest-sha256\.txt|tagmanifest-sha256\.txt|verify\.py|data/bundle\.json"
    r"|data/images/[^/]+/(original/[^/]+|counts\.tif)|data/(logs|reports)/[^/]+\.pdf|data/notebooks/[^/]+\.ipynb"
    r"|data/letters/[^/]+/[^/]+|data/records/[a-z_]+/[^/]+/[0-9]+\.json|data/results/[^/]+\.json"
    r"|data/tables/(log|measurements|signatures)\.csv|data/trail/(entries\.jsonl|checkpoint\.txt|verifier-key\.txt)"
)
#: What is kept of an entry that changed a record.
_OF_A_CHANGE = (
    "record_kind", "record_id", "content_sha256", "at", "zone", "offset", "account", "user_name", "printed_name",
    "role", "notebook", "notebook_version",
)  # fmt: skip
#: What the digest of an analysis version covers, and what a result's digest covers besides.
VERSION_FIELDS = ("image", "file_sha256", "pixels_sha256", "shapes", "background", "measurements", "formula_set")
NOT_YET_MADE: Json = {"lanes": [], "exclusions": [], "overrides": [], "charts": []}
#: A result as JSON.
RESULT_FIELDS = (
    "result", "version", "title", "study", "status", "digest", "images", "layers", "supersedes", "successor",
    "deviation", "contributors", "created_by", "created_by_name", "reason",
)  # fmt: skip
ANALYSIS_FIELDS = ("image", "file_sha256", "pixels_sha256", "background", "formula_set")
SIGNATURE_FIELDS = (
    "signature", "version", "action", "action_description", "meaning", "printed_name", "user_name", "role", "digest",
    "comment", "reason", "reason_code", "statement",
)  # fmt: skip
UNITS = {
    "area": "px", "total": "counts·px", "mean": "counts", "minimum": "counts", "maximum": "counts",
    "standard_deviation": "counts", "median": "counts", "background": "counts",
    "background_standard_deviation": "counts", "background_pixels": "px", "background_excluded": "px",
    "signal": "counts·px", "snr": "1", "saturated": "px", "saturated_fraction": "1",
}  # fmt: skip
SIGNATURE_COLUMNS = (
    "signature", "record", "version", "action", "action_description", "meaning", "printed_name", "user_name", "role",
    "signed_at", "zone", "digest", "comment", "reason", "statement",
)  # fmt: skip
MEASUREMENT_COLUMNS = (
    "analysis", "version", "shape", "area", "total", "mean", "minimum", "maximum", "standard_deviation", "median",
    "background", "background_standard_deviation", "background_pixels", "background_excluded", "signal", "snr",
    "saturated", "saturated_fraction", "notes",
)  # fmt: skip
LOG_COLUMNS = (
    "number", "id", "at", "zone", "offset", "stream", "rev", "action", "outcome", "record_id", "record_version",
    "account", "user_name", "printed_name", "role", "service", "session", "address", "process", "os_user", "initiator",
    "notebook", "notebook_version", "notebook_sha256", "cell", "instrument", "reason_code", "reason", "summary", "old",
    "new", "signature", "proposer", "authoriser", "configuration", "software",
)  # fmt: skip


def cell(value: Any) -> str:
    """Return a value as a CSV cell; text that a spreadsheet would take for a formula gets an apostrophe before it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return "'" + value if value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value
    return canonical(value)


def _is_report(export: Json) -> bool:
    return bool(export["export_kind"] == "report_pdf")


def pixels_digest(pieces: Iterator[bytes], image: Json) -> str:
    """Return the SHA-256 of the counts in an uncompressed one-strip 16-bit grey TIFF (8-bit images: one byte a pixel).

    Parameters
    ----------
    pieces : iterator of bytes
        The file.
    image : dict
        The image's record: ``rows``, ``columns``, ``bits``.
    """
    head = b""
    while len(head) < _TIFF_HEAD and (piece := next(pieces, b"")):
        head += piece
    at = tiff_start(head, image["rows"], image["columns"])
    digest, left = hashlib.sha256(), image["rows"] * image["columns"] * 2
    for piece in chain([head[at:]], pieces):
        counts = piece[:left]
        left -= len(counts)
        if image["bits"] == 8:
            if len(counts) % 2 or any(counts[1::2]):
                raise Fault("has counts that an 8-bit image cannot have")
            counts = counts[::2]
        digest.update(counts)
    if left:
        raise Fault("cut off")
    return digest.hexdigest()


_TIFF_HEAD = 8 + 2 + 12 * 10 + 4


def tiff_start(head: bytes, rows: int, columns: int) -> int:
    """Return where the counts (2 bytes, little-endian, row by row) of a TIFF begin."""
    if head[:4] != b"II*\x00":
        raise Fault("not a little-endian TIFF")
    (at,) = struct.unpack_from("<L", head, 4)
    (count,) = struct.unpack_from("<H", head, at)
    tags = {}
    for index in range(count):
        tag, kind, amount, value = struct.unpack_from("<HHLL", head, at + 2 + 12 * index)
        tags[tag] = value & 0xFFFF if kind == 3 and amount == 1 else value
    wanted = {256: columns, 257: rows, 258: 16, 259: 1, 262: 1, 277: 1, 278: rows, 279: rows * columns * 2}
    if any(tags.get(tag) != value for tag, value in wanted.items()) or tags.get(339, 1) != 1:
        raise Fault("not a 16-bit grey TIFF of the image's size")
    return int(tags[273])


def verify_bundle(path: str | Path, trusted_key: str | None = None) -> list[str]:
    """Check a bundle (ZIP file or folder) and return its faults, one line each; none means that everything verifies.

    Raises
    ------
    CannotCheck
        There is no bundle at `path`.
    """
    return check(path, trusted_key)[0]


def check(path: str | Path, trusted_key: str | None = None) -> tuple[list[str], Bundle | None]:
    """Check a bundle; return its faults, and what was read of it (None where it could not be opened)."""
    try:
        files = Files(Path(path))
    except Fault as fault:
        return [str(fault)], None
    if not files.faults and "data/bundle.json" not in files and "bagit.txt" not in files:
        raise CannotCheck(f"{path}: not a Blotter bundle")
    bundle = Bundle(files, trusted_key)
    return bundle.run(), bundle


def told(bundle: Bundle) -> str:
    """Return in some lines what a bundle that verifies holds."""
    about = bundle.about
    kinds = Counter(stream.partition(":")[0] for stream, rev in bundle.digests if rev == 1)
    held = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    lines = [
        f"Copy of: {about['title']}",
        f"Made {about['made_at']} UTC by {about['made_by']}, installation {about['installation']}",
        f"Entries: {about['entries']}, up to number {about['upto']} of the trail; records: {held or 'none'}",
    ]
    if about["filter"]:
        lines.append(f"Filtered: {canonical(about['filter'])}. Records need not be whole; that was not checked.")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Check the bundle of the command line; return the exit code."""
    parser = argparse.ArgumentParser(description="Check a Blotter export bundle.")
    parser.add_argument("bundle", nargs="?", default=str(Path(__file__).resolve().parent))
    parser.add_argument("--key", help="file with the laboratory's verifier key, got by another way")
    parser.add_argument("--sha256", help="digest of the ZIP file, from the entry that made the export")
    given = parser.parse_args(arguments)
    try:
        key = Path(given.key).read_text(encoding="utf-8") if given.key else None
        faults, bundle = check(given.bundle, key)
        if given.sha256 and _digest_of(Path(given.bundle)) != given.sha256.strip().lower():
            faults.append("the ZIP file does not have the digest that was given with --sha256")
    except (CannotCheck, OSError) as error:
        print(f"cannot check: {error}", file=sys.stderr)
        return 2
    for fault in faults:
        print(f"FAULT {fault}")
    if faults or bundle is None:
        print(f"{len(faults)} fault(s): do not rely on this bundle.")
        return 1
    print(told(bundle))
    print("Everything verifies: files, records, entries, checkpoint, signatures.")
    if key is None:
        print("The checkpoint was checked with the key in the bundle. Compare data/trail/verifier-key.txt with the")
        print("laboratory's key, or give that key with --key: a false bundle would bring a false key.")
    return 0


def _digest_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


if __name__ == "__main__":
    sys.exit(main())
