"""How a bundle lies in its ZIP file: BagIt (RFC 8493), stored uncompressed, the same bytes for the same content."""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from blotter_records.errors import TooLarge

#: A ZIP file of the plain kind (no ZIP64) holds at most this many bytes.
LARGEST = 2**32 - 2**20

_BAGIT = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


def pack(folder: str, payload: Mapping[str, bytes], tags: Mapping[str, bytes], info: Mapping[str, str]) -> bytes:
    """Return a bundle as a ZIP file with one folder.

    Parameters
    ----------
    folder : str
        Name of the folder, ASCII.
    payload : mapping of str to bytes
        Files under ``data/``, by name without it.
    tags : mapping of str to bytes
        Files beside it.
    info : mapping of str to str
        Lines of ``bag-info.txt``.

    Raises
    ------
    TooLarge
        ``bundle.size``.
    """
    files = {f"data/{name}": data for name, data in payload.items()}
    total = sum(len(data) for data in files.values())
    if total > LARGEST:
        raise TooLarge("bundle.size", "The bundle would be larger than 4 GB.", "Export fewer images in one result.")
    lines = {**info, "Payload-Oxum": f"{total}.{len(files)}"}
    beside = {
        **tags,
        "bagit.txt": _BAGIT.encode(),
        "bag-info.txt": "".join(f"{name}: {' '.join(value.split())}\n" for name, value in lines.items()).encode(),
        "manifest-sha256.txt": _manifest(files),
    }
    beside["tagmanifest-sha256.txt"] = _manifest(beside)
    return _zip(folder, {**beside, **files})


def _manifest(files: Mapping[str, bytes]) -> bytes:
    return "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items())).encode()


def _zip(folder: str, files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in sorted(files.items()):
            entry = zipfile.ZipInfo(f"{folder}/{name}", date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 3  # Unix, whatever this runs on
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, data)
    return buffer.getvalue()


def tiff(counts: NDArray[np.uint8 | np.uint16]) -> bytes:
    """Return counts as a 16-bit grey TIFF (TIFF 6.0 baseline): little-endian, one strip, not compressed.

    Parameters
    ----------
    counts : ndarray of uint8 or uint16, shape (rows, columns)
        More signal is a larger count (BlackIsZero); 8-bit counts keep their values.
    """
    rows, columns = counts.shape
    strip = np.ascontiguousarray(counts, dtype="<u2").tobytes()
    tags = [
        (256, 4, columns),
        (257, 4, rows),
        (258, 3, 16),
        (259, 3, 1),
        (262, 3, 1),
        (273, 4, 0),
        (277, 3, 1),
        (278, 4, rows),
        (279, 4, len(strip)),
        (339, 3, 1),
    ]
    at = 8 + 2 + 12 * len(tags) + 4
    directory = b"".join(struct.pack("<HHLL", tag, kind, 1, at if tag == 273 else value) for tag, kind, value in tags)
    return b"II*\x00" + struct.pack("<LH", 8, len(tags)) + directory + struct.pack("<L", 0) + strip
