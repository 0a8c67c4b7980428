"""Run as an ordinary user in a delegated control group: start and end kernels, say which processes were where.

Argument: a file whose first line is written when the server is ready to be killed (or `-`: it ends by itself).
Standard output: JSON.
"""

import asyncio
import json
import logging
import signal
import sys
from pathlib import Path

from blotter_extension.kernels.manager import KERNEL_NAME, OneKernelSpec
from jupyter_client.manager import AsyncKernelManager


def group_of(pid):
    return Path(f"/proc/{pid}/cgroup").read_text().strip().rpartition("0::")[2].splitlines()[0]


def family(pid):
    """Return a process and all that it has started."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


async def start():
    manager = AsyncKernelManager(kernel_name=KERNEL_NAME, kernel_spec_manager=OneKernelSpec())
    await manager.start_kernel(env={})
    client = manager.client()
    client.start_channels()
    await client.wait_for_ready(timeout=60)
    client.stop_channels()
    return manager


def groups(manager):
    return sorted({group_of(pid) for pid in family(manager.provisioner.pid)})


def wait_to_be_killed(said):
    Path(sys.argv[1]).write_text(json.dumps(said))
    signal.pause()


async def main():
    logging.basicConfig(level=logging.INFO)
    managers = [await start(), await start()]
    said = {"kernels": [groups(manager) for manager in managers], "server": group_of("self"),
            "tasks": [len(family(manager.provisioner.pid)) for manager in managers]}  # fmt: skip
    if sys.argv[1] != "-":
        wait_to_be_killed(said)
    await managers[0].restart_kernel(now=True)
    said["restarted"] = groups(managers[0])
    for manager in managers:
        await manager.shutdown_kernel(now=True)
    print(json.dumps(said))


asyncio.run(main())
