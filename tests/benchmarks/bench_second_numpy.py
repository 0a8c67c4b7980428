"""Every number again with another numpy and scipy, installed beside the locked ones, and with two threads of BLAS.

What is called exact has to have the same bits; what is fitted may differ by a part in 10^9. This is no time: ``ours``
is the largest difference of a fitted number, and anything that is exact and differs ends the run. It needs PyPI.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from blotter_records.densitometry.synthetic import Recipe, make_blot
from run import Benchmark

OTHER = ("numpy==2.1.3", "scipy==1.14.1")
BOUND = 1e-9
_WORKER = Path(__file__).with_name("every_number.py")


def benchmarks() -> Iterator[Benchmark]:
    """Compare with one thread of the locked libraries."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        counts, _ = make_blot(Recipe(rows=1200, columns=1600, lanes=10, bands=6))
        np.save(folder / "blot.npy", counts)
        here = numbers(folder, threads=1)
        yield compared("two threads of BLAS", here, numbers(folder, threads=2))
        subprocess.run(
            [installer(), "install", "-q", "--no-deps", "--target", str(folder / "other"), *OTHER], check=True
        )
        there = numbers(folder, threads=1, first=folder / "other")
        assert there["numpy"] != here["numpy"]
        assert there["scipy"] != here["scipy"]
        yield compared(f"numpy {there['numpy']}, scipy {there['scipy']}", here, there)


def installer() -> str:
    """Return the installer by which this checkout was set up."""
    setup = Path(__file__).resolve().parents[2] / "records" / "setup" / "setup.sh"
    return subprocess.check_output(["sh", str(setup), "tools"], text=True).strip() + "/bin/pip"


def numbers(folder: Path, *, threads: int, first: Path | None = None) -> dict[str, Any]:
    """Return every number of the blot, made in a process of its own."""
    path = [*([str(first)] if first else []), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path), "OPENBLAS_NUM_THREADS": str(threads)}
    said = subprocess.run(
        [sys.executable, str(_WORKER), str(folder / "blot.npy")], env=environment, check=True, capture_output=True
    )
    return dict(json.loads(said.stdout))


def compared(name: str, here: dict[str, Any], there: dict[str, Any]) -> Benchmark:
    """Return the largest difference of what is fitted, as a part of the bound."""
    assert here["exact"] == there["exact"], f"an exact number differs with {name}"
    largest = difference(here["fitted"], there["fitted"])
    assert largest <= BOUND, f"{largest} with {name}"
    return Benchmark(
        name=f"largest difference of a fitted number, {name}",
        ours=largest,
        peer=BOUND,
        ratio=largest / BOUND,
        unit="parts",
        peer_name="what is allowed",
    )


def difference(here: Any, there: Any) -> float:
    """Return the largest difference of two numbers at the same place, relative to the larger of them and 1."""
    if isinstance(here, dict):
        assert here.keys() == there.keys()
        return max((difference(here[name], there[name]) for name in here), default=0.0)
    if isinstance(here, list):
        assert len(here) == len(there)
        return max((difference(one, other) for one, other in zip(here, there, strict=True)), default=0.0)
    if isinstance(here, float):
        return abs(here - there) / max(abs(here), abs(there), 1.0)
    assert here == there
    return 0.0
