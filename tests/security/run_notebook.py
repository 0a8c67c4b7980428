"""Run as an ordinary user: start a kernel through the real provisioner and run a notebook's cells with nbclient.

Argument: the records socket. Standard input: a JSON list of sources. Standard output: JSON, what nbclient says of each.
"""

import asyncio
import json
import os
import sys
import tempfile

import nbformat
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError


class OneSpec(KernelSpecManager):
    def get_kernel_spec(self, _name):
        return KernelSpec(argv=["x"], display_name="x", language="x", interrupt_mode="message",
                          metadata={"kernel_provisioner": {"provisioner_name": "blotter-sandbox"}})  # fmt: skip


async def main():
    sources = json.load(sys.stdin)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    manager = AsyncKernelManager(kernel_name="blotter", kernel_spec_manager=OneSpec())
    await manager.start_kernel(env={"BLOTTER_RECORDS_SOCKET": sys.argv[1]})
    client = NotebookClient(notebook, km=manager, timeout=60, store_widget_state=False)
    said = []
    try:
        async with client.async_setup_kernel(cleanup_kc=False):
            for index, cell in enumerate(notebook.cells):
                try:
                    await client.async_execute_cell(cell, index)
                    said.append([one["output_type"] for one in cell.outputs])
                except CellExecutionError as error:
                    said.append(f"{error.ename}: {error.evalue}")
    finally:
        await manager.shutdown_kernel(now=True)
    print(json.dumps(said))


if __name__ == "__main__":
    os.chdir(tempfile.gettempdir())
    asyncio.run(main())
