"""Checks a Blotter export bundle: that it is whole, genuine and unchanged. Needs Python 3.10 or newer, nothing else.

    python3 verify.py BUNDLE [--key KEYFILE] [--sha256 DIGEST]

BUNDLE is the ZIP file or the folder that it was unpacked into (default: the folder of this file).

    --key      the laboratory's verifier key, got by another way than the bundle (a key that travels only with the
               bundle proves nothing by itself)
    --sha256   the digest of the ZIP file as the trail of the installation has it (entry bundle.export)

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
import io
import json
import re
import struct
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

FORMAT = "blotter-bundle/1"
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

    def _open_zip(self, path: Path) -> None:
        try:
            self._archive = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError, struct.error) as error:
            with path.open("rb") as file:
                if file.read(2) != b"PK":
                    raise CannotCheck(f"{path}: not a ZIP file") from error
            raise Fault(f"{path.name}: the ZIP file is damaged ({error})") from error
        listed = [entry.filename for entry in self._archive.infolist()]
        tops = {name.partition("/")[0] for name in listed}
        if len(tops) != 1 or len(set(listed)) != len(listed):
            raise Fault(f"{path.name}: it must hold one folder, each file once")
        self._inside = tops.pop() + "/"
        self.names = [name[len(self._inside) :] for name in listed if not name.endswith("/")]
        problem = container_problem(path, self._archive)
        if problem:
            self.faults.append(f"{path.name}: the ZIP file itself is not as Blotter wrote it ({problem})")

    def read(self, name: str) -> bytes:
        """Return a file's bytes. Raises ``Fault`` if it is missing or damaged."""
        if name not in self.names:
            raise Fault(f"{name}: missing")
        try:
            if self._archive is not None:
                return self._archive.read(self._inside + name)
            return (self.path / name).read_bytes()
        except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, struct.error) as error:
            raise Fault(f"{name}: cannot be read ({error})") from error

    def text(self, name: str) -> str:
        """Return a file as text."""
        try:
            return self.read(name).decode()
        except UnicodeDecodeError as error:
            raise Fault(f"{name}: not UTF-8") from error

    def json(self, name: str) -> Json:
        """Return a JSON file's object."""
        return parse(self.text(name), name)


def container_problem(path: Path, archive: zipfile.ZipFile) -> str:
    """Return what in the ZIP's own structure is not as it was written (stored, fixed times, no gaps), or nothing."""
    with path.open("rb") as file:
        at = 0
        central = b""
        for entry in archive.infolist():
            name = entry.filename.encode()
            if entry.header_offset != at or not name.isascii():
                return f"{entry.filename}: out of place"
            common = struct.pack("<HHHHHLLL", 20, 0, 0, 0, 33, entry.CRC, entry.file_size, entry.file_size)
            file.seek(at)
            header = b"PK\x03\x04" + common + struct.pack("<HH", len(name), 0) + name
            if file.read(len(header)) != header:
                return f"{entry.filename}: its header"
            central += b"PK\x01\x02\x14\x03" + common
            central += struct.pack("<HHHHHLL", len(name), 0, 0, 0, 0, 0o100644 << 16, at) + name
            at += len(header) + entry.file_size
        count = len(archive.infolist())
        end = b"PK\x05\x06" + struct.pack("<HHHHLLH", 0, 0, count, count, len(central), at, 0)
        file.seek(at)
        return "" if file.read() == central + end else "its list of files"


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
        self.entries: dict[int, Json] = {}
        self.changes: dict[tuple[str, int], Json] = {}
        self.records: dict[tuple[str, int], Json] = {}

    def run(self) -> list[str]:
        """Make every check, in order; a fault in one does not stop the others."""
        checks: tuple[Callable[[], Iterator[str]], ...] = (
            self._manifests, self._what_it_is, self._entries, self._complete, self._records,
            self._images, self._results, self._signatures, self._exports, self._notebooks, self._tables,
        )  # fmt: skip
        for check in checks:
            try:
                self.faults.extend(check())
            except Fault as fault:
                self.faults.append(str(fault))
            except (KeyError, TypeError, ValueError, AttributeError, IndexError, struct.error) as error:
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
            try:
                text = self.files.text(manifest)
            except Fault as fault:
                yield str(fault)
                continue
            listed: dict[str, str] = {}
            for line in text.removesuffix("\n").split("\n"):
                found = re.fullmatch(r"([0-9a-f]{64})  ([!-~]+)", line)
                if found is None or found[2] in listed or not text.endswith("\n"):
                    yield f"{manifest}: malformed line {line[:80]!r}"
                else:
                    listed[found[2]] = found[1]
            for name in sorted(wanted - set(listed)):
                yield f"{name}: not in {manifest}"
            for name, digest in sorted(listed.items()):
                try:
                    if sha256(self.files.read(name)) != digest:
                        yield f"{name}: changed (its digest is not the one in {manifest})"
                except Fault as fault:
                    yield str(fault)

    def _what_it_is(self) -> Iterator[str]:
        self.about = self.files.json("data/bundle.json")
        if self.about.get("format") != FORMAT:
            yield f"data/bundle.json: not a bundle of format {FORMAT}"

    def _entries(self) -> Iterator[str]:
        """Check that each entry's exact text has its hash, and its place under the signed checkpoint."""
        key_text = self.files.text("data/trail/verifier-key.txt").strip()
        if self.trusted_key is not None and self.trusted_key.strip() != key_text:
            yield "verifier key: not the one that was given with --key"
        lines = self.files.text("data/trail/entries.jsonl").removesuffix("\n").split("\n")
        rows = [parse(line, f"entries.jsonl, line {at}") for at, line in enumerate(lines, 1)]
        try:
            _, size, root = open_checkpoint(self.files.text("data/trail/checkpoint.txt"), parse_key(key_text))
        except Fault as fault:
            yield str(fault)
            size, root = 0, b""
        seen: set[int] = set()
        for row in rows:
            number, text = row["number"], row["text"]
            leaf = leaf_hash(text.encode())
            if leaf.hex() != row["leaf"]:
                yield f"entry {number}: its text does not have its hash (edited)"
            path = [bytes.fromhex(one) for one in row["proof"]]
            if root and not is_included(leaf, number - 1, size, path, root):
                yield f"entry {number}: not covered by the checkpoint (edited, moved or invented)"
            body = parse(text, f"entry {number}")
            if number in self.entries or body["id"] in seen:
                yield f"entry {number}: occurs twice"
            seen.add(body["id"])
            self.entries[number] = body
            if body["rev"] is not None:
                self.changes[body["stream"], body["rev"]] = {**body, "number": number}

    def _complete(self) -> Iterator[str]:
        """Check that no entry is missing: revisions without gaps, and as many entries as the bundle says."""
        if len(self.entries) != self.about["entries"]:
            yield f"trail: {len(self.entries)} entries, but data/bundle.json says {self.about['entries']}"
        streams = {stream for stream, _ in self.changes} | set(self.about["streams"])
        for stream in sorted(streams):
            revs = sorted(rev for name, rev in self.changes if name == stream)
            last = max([*revs, self.about["streams"].get(stream, 0)])
            for rev in sorted(set(range(1, last + 1)) - set(revs)):
                yield f"{stream}: revision {rev} is missing from the trail"
            if revs and stream not in self.about["streams"]:
                yield f"{stream}: not listed in data/bundle.json"

    def _records(self) -> Iterator[str]:
        """Check that each record's content at each revision has the digest that its entry has."""
        expected = {}
        for (stream, rev), entry in self.changes.items():
            expected[f"data/records/{entry['record_kind']}/{entry['record_id']}/{rev}.json"] = (stream, rev, entry)
        for name in self.files.names:
            if name.startswith("data/records/") and name not in expected:
                yield f"{name}: no entry of the trail belongs to it"
        for name, (stream, rev, entry) in expected.items():
            try:
                text = self.files.text(name)
            except Fault as fault:
                yield str(fault)
                continue
            if sha256(text) != entry["content_sha256"]:
                yield f"{name}: not the content that entry {entry['number']} recorded (edited)"
            self.records[stream, rev] = parse(text, name)

    def _all(self, kind: str) -> Iterator[tuple[str, int, Json]]:
        for (stream, rev), content in sorted(self.records.items()):
            if stream.startswith(f"{kind}:"):
                yield stream.partition(":")[2], rev, content

    def _images(self) -> Iterator[str]:
        """Check the sealed file and its pixels against the image's record."""
        for image, _, content in self._all("image"):
            folder = f"data/images/{image}/"
            originals = [name for name in self.files.names if name.startswith(folder + "original/")]
            if len(originals) != 1:
                yield f"{folder}original: holds {len(originals)} files instead of one"
            elif sha256(self.files.read(originals[0])) != content["file_sha256"]:
                yield f"{originals[0]}: not the file that was sealed as {image}"
            try:
                counts = tiff_counts(self.files.read(folder + "counts.tif"), content["rows"], content["columns"])
            except Fault as fault:
                yield f"{folder}counts.tif: {fault}"
                continue
            if content["bits"] == 8:
                counts = counts[::2] if not any(counts[1::2]) else b""
            if sha256(counts) != content["pixels_sha256"]:
                yield f"{folder}counts.tif: not the pixels that were sealed as {image}"

    def _bound(self, result: str, version: int, content: Json) -> str:
        """Return the digest of everything that a signature on this version of a result binds."""
        analyses = []
        for pin in content["pins"]:
            analysis = self.records.get((f"analysis:{pin['analysis']}", pin["rev"]))
            if analysis is None:
                raise Fault(f"{result}.{version}: the pinned {pin['analysis']}.{pin['version']} is missing")
            covered = {name: analysis[name] for name in VERSION_FIELDS}
            if sha256(canonical(covered)) != pin["digest"]:
                raise Fault(f"{result}.{version}: {pin['analysis']}.{pin['version']} is not the version it pinned")
            image = self.records.get((f"image:{analysis['image']}", 1))
            if image is None or any(image[name] != analysis[name] for name in ("file_sha256", "pixels_sha256")):
                raise Fault(f"{pin['analysis']}.{pin['version']}: not measured on the sealed {analysis['image']}")
            analyses.append({"analysis": pin["analysis"], "version": pin["version"], **covered, **NOT_YET_MADE})
        bound = {"result": result, "version": version, "title": content["title"], "analyses": analyses}
        return sha256(canonical({**bound, "protocol": None}))

    def _results(self) -> Iterator[str]:
        """Check that the digest of each version of a result is that of what it pins."""
        for result, rev, content in self._all("result"):
            try:
                if self._bound(result, content["version"], content) != content["digest"]:
                    yield f"{result}, revision {rev}: its digest is not that of what it pins"
            except Fault as fault:
                yield str(fault)
            for name in content.get("signatures") or []:
                if (f"signature:{name}", 1) not in self.records:
                    yield f"{name}: {result} says it was signed so, but the signature is missing"

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
            result, version = content["result"], content["version"]
            signed = self.records.get((f"result:{result}", content["result_rev"]))
            if signed is None or signed["version"] != version:
                yield f"{name}: the record that it was given on is missing ({result}.{version})"
                continue
            try:
                if self._bound(result, version, signed) != content["digest"]:
                    yield f"{name}: does not belong to {result}.{version} (it binds another digest)"
            except Fault as fault:
                yield f"{name}: {fault}"

    def _exports(self) -> Iterator[str]:
        """Check that a PDF in the bundle is the one that the trail says was made."""
        known = {f"data/reports/{name}.pdf": content for name, _, content in self._all("export")}
        for name in self.files.names:
            if name.startswith("data/reports/"):
                content = known.get(name)
                if content is None or sha256(self.files.read(name)) != content["sha256"]:
                    yield f"{name}: not the report that the trail has under this name"
        if not any(name.startswith("data/reports/") for name in self.files.names):
            yield "data/reports: the PDF report is missing"

    def _notebooks(self) -> Iterator[str]:
        """Check that each notebook file has the cells of the notebook's record."""
        for name in self.files.names:
            if name.startswith("data/notebooks/"):
                found = re.fullmatch(r"data/notebooks/(NBK-[0-9]+)\.([0-9]+)\.ipynb", name)
                wanted = (f"notebook:{found[1]}", int(found[2])) if found else None
                record = next(
                    (
                        self.records.get(key)
                        for key, entry in self.changes.items()
                        if (key[0], entry["record_version"]) == wanted
                    ),
                    None,
                )
                cells = [
                    {"cell_type": cell["cell_type"], "id": cell["id"], "source": "".join(cell["source"])}
                    for cell in self.files.json(name)["cells"]
                ]
                if record is None or cells != record["cells"]:
                    yield f"{name}: not the cells of the notebook's record"

    def _tables(self) -> Iterator[str]:
        """Check that the CSV tables say what the records say."""
        signatures = [
            {**content, "signed_at": self.changes[f"signature:{name}", 1]["at"]}
            for name, _, content in self._all("signature")
        ]
        yield from self._table("signatures", SIGNATURE_COLUMNS, signatures)
        measured = [
            {"analysis": analysis, "version": saved["version"], **row}
            for analysis, rev, content in self._all("analysis")
            for saved in content["versions"]
            if saved["rev"] == rev
            for row in content["measurements"]
        ]
        yield from self._table("measurements", MEASUREMENT_COLUMNS, measured)
        log = [{**body, "number": number} for number, body in sorted(self.entries.items())]
        yield from self._table("log", LOG_COLUMNS, log)

    def _table(self, table: str, columns: tuple[str, ...], rows: list[Json]) -> Iterator[str]:
        name = f"data/tables/{table}.csv"
        given = list(csv.reader(io.StringIO(self.files.text(name), newline="")))
        expected = [list(columns), *([cell(row.get(column)) for column in columns] for row in rows)]
        if given != expected:
            line = next((at for at, pair in enumerate(zip(given, expected), 1) if pair[0] != pair[1]), None)  # noqa: B905
            where = f"line {line}" if line else f"{len(given)} lines instead of {len(expected)}"
            yield f"{name}: not what the records say ({where})"


#: What the digest of an analysis version covers, and what a result's digest covers besides.
VERSION_FIELDS = ("image", "file_sha256", "pixels_sha256", "shapes", "background", "measurements", "formula_set")
NOT_YET_MADE: Json = {
    "lanes": [], "samples": [], "membranes": [], "exclusions": [], "overrides": [], "display": None, "charts": [],
}  # fmt: skip
SIGNATURE_COLUMNS = (
    "signature", "result", "version", "action", "action_description", "meaning", "printed_name", "user_name", "role",
    "signed_at", "zone", "digest", "comment", "reason", "statement",
)  # fmt: skip
MEASUREMENT_COLUMNS = (
    "analysis", "version", "shape", "area", "total", "mean", "minimum", "maximum", "standard_deviation", "median",
    "background", "background_standard_deviation", "background_pixels", "background_excluded", "signal", "snr",
    "saturated", "saturated_fraction", "notes",
)  # fmt: skip
LOG_COLUMNS = (
    "number", "id", "at", "zone", "stream", "rev", "action", "outcome", "record_id", "record_version", "account",
    "user_name", "printed_name", "role", "service", "session", "address", "notebook", "notebook_version", "cell",
    "reason", "summary", "old", "new", "signature", "software",
)  # fmt: skip


def cell(value: Any) -> str:
    """Return a value as a CSV cell; text that a spreadsheet would take for a formula gets an apostrophe before it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return "'" + value if value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value
    return canonical(value)


def tiff_counts(data: bytes, rows: int, columns: int) -> bytes:
    """Return the counts (2 bytes, little-endian, row by row) of an uncompressed one-strip 16-bit grey TIFF."""
    if data[:4] != b"II*\x00":
        raise Fault("not a little-endian TIFF")
    (at,) = struct.unpack_from("<L", data, 4)
    (count,) = struct.unpack_from("<H", data, at)
    tags = {}
    for index in range(count):
        tag, kind, amount, value = struct.unpack_from("<HHLL", data, at + 2 + 12 * index)
        tags[tag] = value & 0xFFFF if kind == 3 and amount == 1 else value
    wanted = {256: columns, 257: rows, 258: 16, 259: 1, 262: 1, 277: 1, 278: rows, 279: rows * columns * 2}
    if any(tags.get(tag) != value for tag, value in wanted.items()) or tags.get(339, 1) != 1:
        raise Fault("not a 16-bit grey TIFF of the image's size")
    counts = data[tags[273] : tags[273] + rows * columns * 2]
    if len(counts) != rows * columns * 2:
        raise Fault("cut off")
    return counts


def verify_bundle(path: str | Path, trusted_key: str | None = None) -> list[str]:
    """Check a bundle (ZIP file or folder) and return its faults, one line each; none means that everything verifies.

    Raises
    ------
    CannotCheck
        There is no bundle at `path`.
    """
    try:
        files = Files(Path(path))
    except Fault as fault:
        return [str(fault)]
    if not files.faults and "data/bundle.json" not in files.names and "bagit.txt" not in files.names:
        raise CannotCheck(f"{path}: not a Blotter bundle")
    return Bundle(files, trusted_key).run()


def main(arguments: list[str] | None = None) -> int:
    """Check the bundle of the command line; return the exit code."""
    parser = argparse.ArgumentParser(description="Check a Blotter export bundle.")
    parser.add_argument("bundle", nargs="?", default=str(Path(__file__).resolve().parent))
    parser.add_argument("--key", help="file with the laboratory's verifier key, got by another way")
    parser.add_argument("--sha256", help="digest of the ZIP file, from the entry bundle.export")
    given = parser.parse_args(arguments)
    try:
        key = Path(given.key).read_text(encoding="utf-8") if given.key else None
        faults = verify_bundle(given.bundle, key)
        if given.sha256 and sha256(Path(given.bundle).read_bytes()) != given.sha256.strip().lower():
            faults.append("the ZIP file does not have the digest that was given with --sha256")
    except (CannotCheck, OSError) as error:
        print(f"cannot check: {error}", file=sys.stderr)
        return 2
    for fault in faults:
        print(f"FAULT {fault}")
    if faults:
        print(f"{len(faults)} fault(s): do not rely on this bundle.")
        return 1
    print("Everything verifies: files, records, entries, checkpoint, signatures.")
    if key is None:
        print("The checkpoint was checked with the key in the bundle. Compare data/trail/verifier-key.txt with the")
        print("laboratory's key, or give that key with --key: a false bundle would bring a false key.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
