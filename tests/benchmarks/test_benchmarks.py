"""Lets ``make bench`` run the benchmarks through pytest; not part of ``make test``."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest


@pytest.mark.timeout(1800)
def test_benchmarks_are_run_and_written() -> None:
    path = Path(__file__).with_name("run.py")
    spec = importlib.util.spec_from_file_location("run", path)
    assert spec is not None
    assert spec.loader is not None
    run = importlib.util.module_from_spec(spec)
    sys.modules["run"] = run
    print()
    try:
        spec.loader.exec_module(run)
        results = run.main()
    finally:
        del sys.modules["run"]
    assert results == json.loads(run.RESULTS.read_text())
    assert all(one.keys() == {"ours", "peer", "ratio", "unit", "peer_name"} for one in results.values())
