"""Run as an ordinary user: starts kernels, sandboxed or plain, one after the other, as it is told on standard input.

Each line of input is a kind (`sandboxed`, `plain`) and a number: so many kernels then run. Answer: JSON with the time
each new one took from the call to its first `kernel_info_reply`, the ids of the first processes of all, and the times
of round trips of a cell with a comment to one of them. `end` ends them all.
"""

import asyncio
import json
import os
import socketserver
import statistics
import sys
import tempfile
import threading
import time

from blotter_extension.kernels.manager import KERNEL_NAME, OneKernelSpec
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager

CELLS = 30


class Silent(socketserver.StreamRequestHandler):
    """The records socket, which no cell of these asks anything."""


class Kernels:
    def __init__(self, records_socket):
        self.environment = {**os.environ, "BLOTTER_RECORDS_SOCKET": records_socket}
        self.running = []

    async def start(self, kind):
        """Start a kernel; return the time until it has said what it is, in ms."""
        specs = OneKernelSpec() if kind == "sandboxed" else KernelSpecManager()
        name = KERNEL_NAME if kind == "sandboxed" else "python3"
        manager = AsyncKernelManager(kernel_name=name, kernel_spec_manager=specs)
        began = time.perf_counter()
        await manager.start_kernel(env=self.environment)
        client = manager.client()
        client.start_channels()
        await client.wait_for_ready(timeout=120)
        took = 1000 * (time.perf_counter() - began)
        self.running.append((manager, client))
        return took

    async def round_trip(self):
        """Return the time of a cell with a comment, from request to reply and idle, in ms: the median of many."""
        _, client = self.running[0]
        times = []
        for _ in range(CELLS):
            began = time.perf_counter()
            sent = client.execute("# nothing")
            await self.idle(client, sent)
            await client.get_shell_msg(timeout=30)
            times.append(1000 * (time.perf_counter() - began))
        return statistics.median(times)

    async def idle(self, client, sent):
        while True:
            got = await client.get_iopub_msg(timeout=30)
            if got["parent_header"].get("msg_id") == sent and got["content"].get("execution_state") == "idle":
                return

    async def end(self):
        """End them all."""
        for manager, client in self.running:
            client.stop_channels()
            await manager.shutdown_kernel(now=True)
        self.running = []

    async def carry_out(self, words):
        if words == ["end"]:
            await self.end()
            return {}
        kind, number = words[0], int(words[1])
        started = [await self.start(kind) for _ in range(number - len(self.running))]
        pids = [manager.provisioner.pid for manager, _ in self.running]
        return {"started_ms": started, "pids": pids, "round_trip_ms": await self.round_trip()}


async def main(folder):
    with socketserver.ThreadingUnixStreamServer(f"{folder}/r", Silent) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        kernels = Kernels(f"{folder}/r")
        try:
            while line := await asyncio.to_thread(sys.stdin.readline):
                print("answer", json.dumps(await kernels.carry_out(line.split())), flush=True)
        finally:
            await kernels.end()
            server.shutdown()


with tempfile.TemporaryDirectory(dir=os.environ["BLOTTER_RUN_DIR"]) as made:
    asyncio.run(main(made))
