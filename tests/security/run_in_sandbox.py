"""Run as an ordinary user: start a kernel through the real provisioner, send it messages, print what came back.

Arguments: run folder, `guarded` or a path to a kernel module of the test. Standard input: a JSON list of
``[channel, msg_type, content]``. Standard output: a JSON list, one list of ``[msg_type, content]`` for each.
"""

import asyncio
import json
import os
import socketserver
import sys
import tempfile
import threading
from pathlib import Path
from queue import Empty

from blotter_guard.provisioner import SandboxProvisioner
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import KernelProvisionerFactory


class OneSpec(KernelSpecManager):
    def get_kernel_spec(self, _name):
        return KernelSpec(argv=["x"], display_name="x", language="x", interrupt_mode="message",
                          metadata={"kernel_provisioner": {"provisioner_name": "blotter-sandbox"}})  # fmt: skip


class Records(socketserver.StreamRequestHandler):
    def handle(self):
        length = 0
        while line := self.rfile.readline().strip():
            asked.append(line.decode()) if line.split(b" ")[0] in (b"GET", b"POST") else None
            length = int(line.split(b":")[1]) if line.lower().startswith(b"content-length:") else length
        asked.append(self.rfile.read(length).decode())
        self.wfile.write(
            b'HTTP/1.1 200 OK\r\nContent-Length: 39\r\nConnection: close\r\n\r\n{"id": 1, "at": "2026-01-01T00:00:00Z"}'
        )


asked: list[str] = []


def use_kernel_module(path):
    class Probing(SandboxProvisioner):
        def program(self):
            return [sys.executable, "-I", "-B", path, "-f"]

        def read_only(self):
            return (*super().read_only(), Path(path))

    class Entry:
        def load(self):
            return Probing

    KernelProvisionerFactory.instance().provisioners["blotter-sandbox"] = Entry()


async def ask(client, channel, msg_type, content):
    message = client.session.msg(msg_type, content)
    getattr(client, f"{channel}_channel").send(message)
    found = []
    while True:
        got = await client.get_iopub_msg(timeout=30)
        if got["parent_header"].get("msg_id") != message["header"]["msg_id"]:
            continue
        found.append([got["msg_type"], got["content"]])
        if got["content"].get("execution_state") == "idle":
            return found


async def ends(client, manager):
    """Tell the kernel to end, and return whether it did, by itself, within 30 s."""
    client.shutdown()
    for _ in range(300):
        if not await manager.is_alive():
            return True
        await asyncio.sleep(0.1)
    return False


async def main():
    if sys.argv[2] != "guarded":
        use_kernel_module(sys.argv[2])
    socket_path = f"{tempfile.mkdtemp(dir=os.environ['BLOTTER_RUN_DIR'])}/r"
    server = socketserver.ThreadingUnixStreamServer(socket_path, Records)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    manager = AsyncKernelManager(kernel_name="blotter", kernel_spec_manager=OneSpec())
    await manager.start_kernel(env={"BLOTTER_RECORDS_SOCKET": socket_path})
    client = manager.client()
    client.start_channels()
    try:
        await client.wait_for_ready(timeout=60)
        answers = []
        for request in json.load(sys.stdin):
            try:
                is_end = request[:2] == ["control", "shutdown_request"]
                answers.append(await (ends(client, manager) if is_end else ask(client, *request)))
            except Empty:
                sys.exit(f"no answer to {request}; the kernel is alive: {await manager.is_alive()}")
    finally:
        client.stop_channels()
        await manager.shutdown_kernel(now=True)
    print(json.dumps({"answers": answers, "asked": asked}, default=str))


asyncio.run(main())
