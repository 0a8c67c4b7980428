"""Records and images against the entries and records that sealed them."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from itertools import chain

from blotter_records.verifier.bundle import Bundle
from blotter_records.verifier.faults import Fault, Json

_TIFF_HEAD = 8 + 2 + 12 * 10 + 4


def check_records(bundle: Bundle) -> Iterator[str]:
    """Check that each record's content at each revision has the digest that its entry has."""
    expected = {
        f"data/records/{entry['record_kind']}/{entry['record_id']}/{rev}.json": (stream, rev, entry)
        for (stream, rev), entry in bundle.trail.changes.items()
        if bundle.holds(stream.partition(":")[0])
    }
    for name in bundle.files.below("data/records/"):
        if name not in expected:
            yield f"{name}: no entry of the trail belongs to it"
    for name, (stream, rev, entry) in expected.items():
        try:
            digest = bundle.files.digest(name)
        except Fault as fault:
            yield str(fault)
            continue
        if digest != entry["content_sha256"]:
            yield f"{name}: not the content that entry {entry['number']} recorded (edited)"
        if f"{entry['record_kind']}:{entry['record_id']}" != stream:
            yield f"entry {entry['number']}: is about another record than its stream"
        bundle.records.digests[stream, rev] = digest


def check_images(bundle: Bundle) -> Iterator[str]:
    """Check the sealed file and its pixels against the image's record."""
    files, records = bundle.files, bundle.records
    for image, _, content in records.every("image"):
        folder = f"data/images/{image}/"
        originals = files.below(folder + "original/")
        if len(originals) != 1:
            yield f"{folder}original: holds {len(originals)} files instead of one"
        elif files.digest(originals[0]) != content["file_sha256"]:
            yield f"{originals[0]}: not the file that was sealed as {image}"
        if content.get("parent") and (f"image:{content['parent']}", 1) not in records.digests:
            yield f"{image}: the image that it was made from is missing ({content['parent']})"
        try:
            found = pixels_digest(files.pieces(folder + "counts.tif"), content)
        except Fault as fault:
            yield f"{folder}counts.tif: {fault}"
            continue
        if found != content["pixels_sha256"]:
            yield f"{folder}counts.tif: not the pixels that were sealed as {image}"
    known = {image for stream, _ in records.digests for image in [stream.removeprefix("image:")] if image != stream}
    for name in files.below("data/images/"):
        if name.split("/")[2] not in known:
            yield f"{name}: no image of the records belongs to it"


def pixels_digest(pieces: Iterator[bytes], image: Json) -> str:
    """Return the SHA-256 of the counts in an uncompressed one-strip grey TIFF (8-bit images: one byte a pixel).

    The TIFF has 16 bits a pixel, of an image of 32-bit floats 32.

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
    bits = 32 if image["bits"] == 32 else 16
    at = tiff_start(head, image["rows"], image["columns"], bits)
    digest, left = hashlib.sha256(), image["rows"] * image["columns"] * bits // 8
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


def tiff_start(head: bytes, rows: int, columns: int, bits: int) -> int:
    """Return where the counts (little-endian, row by row; whole of 16 bits, floats of 32) of a TIFF begin."""
    if head[:4] != b"II*\x00":
        raise Fault("not a little-endian TIFF")
    (at,) = struct.unpack_from("<L", head, 4)
    (count,) = struct.unpack_from("<H", head, at)
    tags = {}
    for index in range(count):
        tag, kind, amount, value = struct.unpack_from("<HHLL", head, at + 2 + 12 * index)
        tags[tag] = value & 0xFFFF if kind == 3 and amount == 1 else value
    wanted = {256: columns, 257: rows, 258: bits, 259: 1, 262: 1, 277: 1, 278: rows, 279: rows * columns * bits // 8}
    if any(tags.get(tag) != value for tag, value in wanted.items()) or tags.get(339, 1) != (3 if bits == 32 else 1):
        raise Fault(f"not a {bits}-bit grey TIFF of the image's size")
    return int(tags[273])
