"""Clients that know nothing of the gate get the same refusals: nbclient, and what papermill does with it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from socketserver import StreamRequestHandler, ThreadingUnixStreamServer

import pytest
from security.test_fuzz import EVERYTHING
from security.test_kernel_sandbox import HERE, PATH

#: papermill writes such a cell before the others.
PARAMETERS = '# Parameters\nimage = "IMG-000001"\n'


class Records(StreamRequestHandler):
    """Answers each request, also that a refusal be kept, as the service answers who may run every widget."""

    def handle(self) -> None:
        length = 0
        while line := self.rfile.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        self.rfile.read(length)
        body = EVERYTHING.model_dump_json().encode()
        self.wfile.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))


@pytest.fixture
def records_socket(run_dir, ordinary_user) -> Iterator[str]:
    """A records socket of a kernel, of which only the question for the widgets is answered."""
    path = str(run_dir / "records.socket")
    with ThreadingUnixStreamServer(path, Records) as server:
        os.chown(path, ordinary_user.uid, ordinary_user.gid)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield path
        server.shutdown()


def run(run_dir, ordinary_user, records_socket, sources):
    """Run a notebook of these cells with nbclient; return what came of each."""
    script = run_dir / "run_notebook.py"
    shutil.copy(HERE / "run_notebook.py", script)
    ran = subprocess.run(
        [sys.executable, "-I", str(script), records_socket],
        input=json.dumps(sources), capture_output=True, text=True, timeout=120, cwd=run_dir, check=False,
        env={"PATH": PATH, "HOME": str(run_dir / "home"), "BLOTTER_RUN_DIR": str(run_dir)},
        **ordinary_user.drop(),
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-3000:]
    return json.loads(ran.stdout.splitlines()[-1])


def test_nbclient_runs_commands_and_is_refused_programs(run_dir, ordinary_user, records_socket):
    sources = [
        "import os",
        "ImageBrowser()",
        PARAMETERS,
        "%%bash\nid",
        "get_ipython()",
        "# nothing",
        "ImageBrowser()\n1",
    ]
    program, command, parameters, magic, ipython, nothing, two = run(run_dir, ordinary_user, records_socket, sources)
    assert program.startswith('Not allowed: "import" is not a widget')
    assert command == ["display_data"]
    assert nothing == []
    for refused in (parameters, magic, ipython, two):
        assert refused.startswith("Not allowed: "), refused


def test_no_widget_runs_where_no_service_says_who_may(run_dir, ordinary_user):
    program, command = run(run_dir, ordinary_user, "", ["import os", "ImageBrowser()"])
    assert program.startswith("Not allowed: ")
    assert command.startswith("Unavailable: The records service does not answer")
