"""Kernels: their start, a cell's round trip, what an idle person costs, and how these grow; against stock Jupyter.

Peer of a start: `ipykernel`, started by the same kernel manager as the same user. Peer of a round trip and of memory:
`jupyter_server` as it comes, with `ipykernel`, over its websocket. Ours is a real person's server in a running system
(records service, hub, proxy, trail), asked at its own port as the stock server is. A cell of ours and of theirs that
does the same: one with a comment only, one that makes a widget, one that ends with an error.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
from run import Benchmark

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from security.attacking.target import AtWork, at_work
from security.kernel_channel import Channel
from stock import PATH, Stock, as_notebook_user, folder_of_notebook_user, memory_mb, stock_server
from systems import new_data_folder, remove, start

ROUNDS = 7
GROWTH = (1, 10, 30)
CELLS = 40
#: What is run on either side; the gate takes 300 messages in 5 s, so the errors are fewer than that.
CELL_PAIRS = {
    "cell_round_trip, comment": ("# nothing", "# nothing"),
    "cell_round_trip, widget": ("ImportImage()", "import ipywidgets; ipywidgets.IntSlider()"),
    "refused cell": ("import os", "raise ValueError"),
}
_STOCK = "jupyter_server, ipykernel"


def benchmarks() -> Iterator[Benchmark]:
    """Yield start times, round trips, refusals, memory; for one kernel and more."""
    data = new_data_folder()
    try:
        system = start(data)
        person = at_work(system, "analyst")
        person.start_kernel()
        with stock_server() as stock:
            yield from round_trips(person, stock)
            yield memory_of_one(person, stock)
        person.stop_kernels()
        with folder_of_notebook_user() as folder:
            yield from starts_and_growth(folder)
    finally:
        remove(data)


def compared(name: str, unit: str, peer_name: str, ours: float, peer: float) -> Benchmark:
    """Return a comparison."""
    return Benchmark(name=name, ours=ours, peer=peer, ratio=ours / peer, unit=unit, peer_name=peer_name)


def directly(person: AtWork) -> httpx.Client:
    """Return the person's browser at the server's own port: the stock server has no proxy before it either."""
    server = httpx.URL(person.server.environment["JUPYTERHUB_SERVICE_URL"])
    base = person.browser.base_url.copy_with(host="127.0.0.1", port=server.port)
    direct = httpx.Client(base_url=base, timeout=60, trust_env=False)
    for cookie in person.browser.cookies.jar:
        direct.cookies.set(cookie.name, cookie.value or "", path=cookie.path)
    return direct


def round_trips(person: AtWork, stock: Stock) -> Iterator[Benchmark]:
    """Yield the time of each kind of cell, from the request until the reply and idle have come; in turn, medians."""

    async def measure() -> dict[str, tuple[float, float]]:
        direct = directly(person)
        channels = (await Channel.open(direct, person.kernel), await stock.open())
        found = {}
        for name, cells in CELL_PAIRS.items():
            times: tuple[list[float], list[float]] = ([], [])
            for at in range(CELLS + 1):
                for channel, cell, taken in zip(channels, cells, times, strict=True):
                    began = time.perf_counter()
                    answer = await channel.execute(cell)
                    if at:  # the first imports what it needs
                        taken.append(1000 * (time.perf_counter() - began))
                    check(name, answer)
            found[name] = (statistics.median(times[0]), statistics.median(times[1]))
        for channel in channels:
            channel.close()
        direct.close()
        return found

    for name, (ours, peer) in asyncio.run(measure()).items():
        yield compared(name, "ms", _STOCK, ours, peer)


def check(name: str, answer: list[dict[str, object]]) -> None:
    """Make sure that the cell did what it is measured for."""
    kinds = {str(one["msg_type"]) for one in answer}
    assert ("error" in kinds) is (name == "refused cell"), answer
    assert bool(kinds & {"display_data", "execute_result"}) is name.endswith("widget"), answer


def memory_of_one(person: AtWork, stock: Stock) -> Benchmark:
    """Return the memory of an idle person: server and one kernel."""
    ours, peer = memory_mb([person.server.pid]), memory_mb([stock.process.pid])
    return compared("idle_person, memory", "MB", _STOCK, ours, peer)


def starts_and_growth(folder: Path) -> Iterator[Benchmark]:
    """Yield the start of a kernel in turn with the peer's, then start, round trip and memory with 1, 10, 30 of them."""
    script = Path(__file__).with_name("kernels_as_user.py")
    copied = folder / script.name
    copied.write_text(script.read_text())
    with subprocess.Popen(
        [sys.executable, "-I", str(copied)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=folder,
        stderr=subprocess.DEVNULL, env={"HOME": str(folder), "PATH": PATH, "BLOTTER_RUN_DIR": str(folder)},
        **as_notebook_user(),
    ) as process:  # fmt: skip

        def tell(words: str) -> dict[str, list[float]]:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(words + "\n")
            process.stdin.flush()
            for line in process.stdout:  # kernels print as well
                if line.startswith("answer "):
                    return dict(json.loads(line.removeprefix("answer ")))
            raise AssertionError(f"no answer to {words}")

        times: dict[str, list[float]] = {"sandboxed": [], "plain": []}
        for at in range(ROUNDS + 1):
            for kind, taken in times.items():
                started = tell(f"{kind} 1")["started_ms"]
                if at:  # the first reads the files of its packages from the disk
                    taken.extend(started)
                tell("end")
        yield compared("kernel_start", "ms", "ipykernel", *(statistics.median(one) for one in times.values()))
        for number in GROWTH:
            found = {}
            for kind in times:
                said = tell(f"{kind} {number}")
                memory = memory_mb([int(pid) for pid in said["pids"]]) / number
                found[kind] = (statistics.median(said["started_ms"]), said["round_trip_ms"], memory)
                tell("end")
            for what, unit, ours, peer in zip(
                ("start", "round trip", "memory of each"), ("ms", "ms", "MB"), *found.values(), strict=True
            ):
                yield compared(f"{number} kernels, {what}", unit, "ipykernel", ours, peer)
        assert process.stdin is not None
        process.stdin.close()
