"""Runs every benchmark, prints a line for each, writes ``build/benchmarks.json``.

A module ``bench_*.py`` beside this file has a function ``benchmarks()`` that yields :class:`Benchmark`. ``ratio`` is
ours / peer: below 1 we are faster (or smaller). Times are medians of several runs that alternate between the two, so
that a busy moment of the machine hits both.
"""

from __future__ import annotations

import importlib.util
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import TypedDict

HERE = Path(__file__).resolve().parent
RESULTS = HERE.parents[1] / "build" / "benchmarks.json"


class Benchmark(TypedDict):
    """One comparison."""

    name: str
    ours: float
    peer: float
    ratio: float
    unit: str
    peer_name: str


def compare(
    name: str, peer_name: str, ours: Callable[[], object], peer: Callable[[], object], runs: int = 7
) -> Benchmark:
    """Time two functions in turn, after one run of each to warm up; medians in ms."""
    times: tuple[list[float], list[float]] = ([], [])
    for at in range(runs + 1):
        for taken, function in zip(times, (ours, peer), strict=True):
            start = time.perf_counter()
            function()
            if at:
                taken.append(1000 * (time.perf_counter() - start))
    ours_ms, peer_ms = (statistics.median(taken) for taken in times)
    return Benchmark(name=name, ours=ours_ms, peer=peer_ms, ratio=ours_ms / peer_ms, unit="ms", peer_name=peer_name)


def modules() -> Iterator[ModuleType]:
    """Import the benchmark modules of this folder."""
    for path in sorted(HERE.glob("bench_*.py")):
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield module


def main() -> dict[str, dict[str, float | str]]:
    """Run all of them."""
    # The modules import this one by name, however it was started itself.
    sys.modules.setdefault("run", sys.modules[__name__])
    sys.path.insert(0, str(HERE))
    results: dict[str, dict[str, float | str]] = {}
    try:
        for module in modules():
            for one in module.benchmarks():
                line = f"{one['ours']:>10.3f} {one['unit']} ours {one['peer']:>10.3f} {one['unit']} {one['peer_name']}"
                print(f"{one['name']:<48}{line:<64} ratio {one['ratio']:.2f}", flush=True)
                results[one["name"]] = {key: value for key, value in one.items() if key != "name"}  # type: ignore[misc]
    finally:
        sys.path.remove(str(HERE))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    return results


if __name__ == "__main__":
    main()
