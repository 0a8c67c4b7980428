"""Importing a 4000 x 3000 16-bit TIFF (digest of the file, decode, digest of the pixels) against tifffile.imread."""

from __future__ import annotations

import hashlib
import io
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tifffile
from blotter_records.adapters.image_files import ImageFiles, to_tiff
from blotter_records.adapters.store import ObjectStore
from blotter_records.densitometry.synthetic import Recipe, make_blot
from run import Benchmark, compare


def benchmarks() -> Iterator[Benchmark]:
    """Compare."""
    counts, _ = make_blot(Recipe(rows=3000, columns=4000, lanes=12, bands=6, sigma=14))
    reader = ImageFiles()
    for compression in ("none", "lzw", "deflate"):
        data = to_tiff(counts, compression=compression)

        def ours(data: bytes = data) -> tuple[str, str]:
            image = reader.read(data, file_name="blot.tif")
            return hashlib.sha256(data).hexdigest(), hashlib.sha256(image.counts).hexdigest()  # type: ignore[arg-type]

        def peer(data: bytes = data) -> tuple[str, str]:
            image = tifffile.imread(io.BytesIO(data))
            return hashlib.sha256(data).hexdigest(), hashlib.sha256(np.ascontiguousarray(image)).hexdigest()  # type: ignore[arg-type]

        assert ours() == peer()
        yield compare(f"import 24 MB of pixels, TIFF {compression}", "tifffile.imread and hashlib", ours, peer, runs=5)

    blobs = [data + bytes([at]) for at in range(20)]
    with tempfile.TemporaryDirectory() as folder:
        store = ObjectStore((Path(folder) / "store").as_uri())
        plain = Path(folder) / "plain"
        plain.mkdir()
        new = iter(blobs)
        old = iter(blobs)
        yield compare(
            f"store {len(data) / 1e6:.0f} MB (synced to disk, named by digest)",
            "hashlib and write_bytes, no sync",
            lambda: store.put(next(new)),
            lambda: (plain / hashlib.sha256(blob := next(old)).hexdigest()).write_bytes(blob),
            runs=5,
        )
