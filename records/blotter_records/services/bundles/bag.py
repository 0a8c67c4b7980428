"""How a bundle lies in its ZIP file: BagIt (RFC 8493), stored uncompressed, the same bytes for the same content.

Files are written one after the other, in pieces: what is in memory does not grow with the bundle. Where 2 GB or 65,535
files are not enough the ZIP file is one of ZIP64, which every program of today reads.
"""

from __future__ import annotations

import hashlib
import struct
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from blotter_records.densitometry.shapes import Counts

_BAGIT = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
#: Bytes that are read or written at a time.
_PIECE = 1 << 20


_README = """\
Blotter export bundle
=====================

{title}

A copy of electronic records with their audit trail and signatures, as of {at} UTC.
To check it you need Python 3.10 or newer and nothing else:

    python3 verify.py

The exit code is 0 only if everything verifies. Get the laboratory's verifier key by another way than this bundle and
give it with --key FILE; a key that came with the bundle proves only that the bundle fits itself. The digest of the ZIP
file stands in the laboratory's audit trail (the entry that made the export); compare it with --sha256 DIGEST.
To be safe from a changed verify.py, use the one from a release of Blotter.

data/bundle.json               what this is a copy of, how many entries and revisions it has
data/images/*/original/        the image files as they were sealed, byte for byte; derived images, too
data/images/*/counts.tif       the counts that were measured, grey TIFF of 16 bits (8-bit images too), of 32 for floats
data/results/*.json            results with numbers, units and signatures in one document each
data/tables/*.csv              measurements, signatures and log for a spreadsheet; values as stored
data/logs/*.pdf                the log on paper, in volumes of at most 5,000 entries
data/reports/*.pdf             the reports that were made of results
data/notebooks/*.ipynb         the versions of notebooks from which something was changed
data/records/KIND/ID/REV.json  the content of each record after each change, exactly as hashed
data/trail/entries.jsonl       every audit entry: the exact hashed text, its hash, its number, its inclusion proof;
                               the last one is the statement by which the installation says what this bundle holds
data/trail/checkpoint.txt      the installation's signed checkpoint (C2SP tlog-checkpoint)
data/trail/verifier-key.txt    the installation's public key
manifest-sha256.txt            SHA-256 of each file under data/ (BagIt, RFC 8493; sha256sum -c checks it too)
"""


class Bag:
    """A bundle that is being written: files of the payload one by one, then :meth:`finish`.

    Parameters
    ----------
    path : Path
        The ZIP file.
    folder : str
        Name of the one folder in it, ASCII.
    """

    def __init__(self, path: Path, folder: str) -> None:
        self._archive = zipfile.ZipFile(path, "w", zipfile.ZIP_STORED)
        self._folder = folder
        self._digests: dict[str, str] = {}
        self._bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._archive.close()

    def add(self, name: str, data: bytes) -> None:
        """Add a file to the payload; ``name`` is its path below ``data/``."""
        self.add_pieces(name, (data,), len(data))

    def add_file(self, name: str, path: Path) -> None:
        """Add a file of the disk to the payload."""
        self.add_pieces(name, pieces_of(path), path.stat().st_size)

    def add_pieces(self, name: str, pieces: Iterable[bytes], size: int) -> None:
        """Add a file to the payload that comes in pieces. Raises ``ValueError`` if they are not ``size`` bytes."""
        self._digests[f"data/{name}"] = self._write(f"data/{name}", pieces, size)
        self._bytes += size

    def finish(self, tags: Mapping[str, bytes], info: Mapping[str, str]) -> None:
        """Write what stands beside the payload, manifests last.

        Parameters
        ----------
        tags : mapping of str to bytes
            Files.
        info : mapping of str to str
            Lines of ``bag-info.txt``.
        """
        lines = {**info, "Payload-Oxum": f"{self._bytes}.{len(self._digests)}"}
        beside = {
            **tags,
            "bagit.txt": _BAGIT.encode(),
            "bag-info.txt": "".join(f"{name}: {' '.join(value.split())}\n" for name, value in lines.items()).encode(),
            "manifest-sha256.txt": _manifest(self._digests),
        }
        digests = {name: self._write(name, (data,), len(data)) for name, data in sorted(beside.items())}
        tagmanifest = _manifest(digests)
        self._write("tagmanifest-sha256.txt", (tagmanifest,), len(tagmanifest))

    def _write(self, name: str, pieces: Iterable[bytes], size: int) -> str:
        """Write one file, return its digest."""
        entry = zipfile.ZipInfo(f"{self._folder}/{name}", date_time=(1980, 1, 1, 0, 0, 0))
        entry.create_system = 3  # Unix, whatever this runs on
        entry.external_attr = 0o100644 << 16
        digest, written = hashlib.sha256(), 0
        with self._archive.open(entry, "w", force_zip64=size > zipfile.ZIP64_LIMIT) as file:
            for piece in pieces:
                digest.update(piece)
                written += len(piece)
                file.write(piece)
        if written != size:
            raise ValueError(f"{name} has {written} bytes instead of {size}")
        return digest.hexdigest()


def _manifest(digests: Mapping[str, str]) -> bytes:
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(digests.items())).encode()


def pieces_of(path: Path) -> Iterator[bytes]:
    """Yield the bytes of a file."""
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def tiff_size(counts: Counts) -> int:
    """Return the bytes that :func:`tiff_pieces` gives."""
    rows, columns = counts.shape
    dtype = _tiff_type(counts)
    return len(_tiff_head(rows, columns, dtype)) + counts.size * dtype.itemsize


def tiff_pieces(counts: Counts) -> Iterator[bytes]:
    """Yield counts as a grey TIFF of 16 bits, of 32 for floats: little-endian, one strip, not compressed.

    Parameters
    ----------
    counts : ndarray of uint8, uint16 or float32, shape (rows, columns)
        More signal is a larger count (BlackIsZero); 8-bit counts keep their values.
    """
    rows, columns = counts.shape
    dtype = _tiff_type(counts)
    yield _tiff_head(rows, columns, dtype)
    step = max(1, _PIECE // (dtype.itemsize * columns))
    for row in range(0, rows, step):
        yield np.ascontiguousarray(counts[row : row + step], dtype=dtype).tobytes()


def _tiff_type(counts: Counts) -> np.dtype[Any]:
    return np.dtype("<f4" if counts.dtype.kind == "f" else "<u2")


def _tiff_head(rows: int, columns: int, dtype: np.dtype[Any]) -> bytes:
    """Return everything before the counts."""
    tags = [
        (256, 4, columns),
        (257, 4, rows),
        (258, 3, 8 * dtype.itemsize),
        (259, 3, 1),
        (262, 3, 1),
        (273, 4, 0),
        (277, 3, 1),
        (278, 4, rows),
        (279, 4, rows * columns * dtype.itemsize),
        (339, 3, 3 if dtype.kind == "f" else 1),
    ]
    at = 8 + 2 + 12 * len(tags) + 4
    directory = b"".join(struct.pack("<HHLL", tag, kind, 1, at if tag == 273 else value) for tag, kind, value in tags)
    return b"II*\x00" + struct.pack("<LH", 8, len(tags)) + directory + struct.pack("<L", 0)


def readme(title: str, at: str) -> bytes:
    """Return ``README.txt``."""
    return _README.format(title=" ".join(title.split()), at=at).encode()
