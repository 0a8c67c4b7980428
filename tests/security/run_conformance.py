"""Run as an ordinary user: the cases of `jupyter_kernel_test`, and interrupt and restart, on a real sandboxed kernel.

Standard output: JSON, for each case `passed`, or what was said (the last line of the failure, or why it was skipped).
"""

import json
import os
import socketserver
import tempfile
import threading
import unittest
from pathlib import Path
from queue import Empty

import jupyter_kernel_test as suite
import pytest
from blotter_extension.kernels.manager import KERNEL_NAME, OneKernelSpec
from blotter_records.contract.commands import SPECIFICATIONS
from blotter_records.contract.notebooks import NotebookLimit, WidgetsView
from jupyter_client.manager import KernelManager

#: The suite has no form for the messages of widgets.
suite.msgspec_v5.schema_fragments |= {
    "comm_open": {"properties": {"comm_id": {"type": "string"}, "target_name": {"const": "jupyter.widget"},
                                 "data": {"type": "object"}}},
    "comm_msg": {"properties": {"comm_id": {"type": "string"}, "data": {"type": "object"}}},
}  # fmt: skip

WIDGETS = sorted(SPECIFICATIONS)
EVERYTHING = WidgetsView(mine=WIDGETS, notebook=NotebookLimit(widgets=WIDGETS, why_not="")).model_dump_json().encode()
KEPT = b'{"id": 1, "at": "2026-01-01T00:00:00Z"}'


class Records(socketserver.StreamRequestHandler):
    """Answers each request that every widget may be run, one of a widget with nothing to show; waits when told to."""

    is_asked = threading.Event()
    may_answer = threading.Event()

    def handle(self):
        length, asked = 0, self.rfile.readline().split()[1:2]
        while line := self.rfile.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        self.rfile.read(length)
        self.is_asked.set()
        self.may_answer.wait(60)
        body = KEPT if asked == [b"/api/v1/refusals"] else EVERYTHING
        self.wfile.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))


def start():
    """Return the manager of a kernel that runs, and a client without channels."""
    manager = KernelManager(kernel_name=KERNEL_NAME, kernel_spec_manager=OneKernelSpec())
    manager.start_kernel(env={"BLOTTER_RECORDS_SOCKET": RECORDS_SOCKET})
    return manager, manager.client()


class Conformance(suite.KernelTests):
    """The suite's cases; every sample is given, also for what the kernel does not do."""

    language_name = "blotter"
    file_extension = ".txt"
    code_hello_world = "print('hello, world')"
    code_stderr = "import sys; print('test', file=sys.stderr)"
    code_page_something = "print?"
    code_clear_output = "from IPython.display import clear_output; clear_output()"
    code_generate_error = "raise"
    code_execute_result = ({"code": "6*7", "result": "42"},)
    code_display_data = ({"code": "ImageBrowser()", "mime": "application/vnd.jupyter.widget-view+json"},)
    code_inspect_sample = "ImageBrowser"
    completion_samples = (
        {"text": "ImageV", "matches": {"ImageViewer"}},
        {"text": "ImageViewer(", "matches": {"image="}},
        {"text": "Stu", "matches": {"Studies", "Study"}},
        {"text": "import o", "matches": set()},
    )
    complete_code_samples = ("", "# a comment", "ImageBrowser()", 'ImageViewer(\n  image="IMG-000001",\n)')
    incomplete_code_samples = (
        "ImageBrowser", "ImageBrowser(", "ImageBrowser(  # later", "ImageViewer(image=", "ImageViewer(image=[1",
        'ImageViewer(image="IMG-000001"', 'ImageViewer(image="IMG-000001",',
    )  # fmt: skip
    invalid_code_samples = (
        "import os", "ImageBrowser())", "ImageBrowser() ImageBrowser()", "1", "%time", "for x in y:", "x = 'a\n",
        'ImageViewer(image="IMG', "ImageViewer(image=Maybe)", "ImageViewer()",
    )  # fmt: skip

    @classmethod
    def setUpClass(cls):
        cls.km, cls.kc = start()
        cls.kc.start_channels()
        cls.kc.wait_for_ready(timeout=60)

    def setUp(self):
        Records.is_asked.clear()
        Records.may_answer.set()

    # what the suite has no case for

    def test_history_is_not_answered(self):
        self.flush_channels()
        self.kc.history(hist_access_type="tail", n=5)
        asked = self.kc.complete("Ima")
        assert self.get_non_kernel_info_reply(timeout=suite.TIMEOUT)["parent_header"]["msg_id"] == asked

    def test_interrupt(self):
        self.flush_channels()
        Records.may_answer.clear()
        asked = self.kc.execute("ImageBrowser()")
        assert Records.is_asked.wait(suite.TIMEOUT)
        self.km.interrupt_kernel()
        reply = self.get_non_kernel_info_reply(timeout=suite.TIMEOUT)
        suite.validate_message(reply, "execute_reply", asked)
        assert (reply["content"]["status"], reply["content"]["ename"]) == ("error", "Interrupted")
        Records.may_answer.set()
        self.flush_channels()
        reply, shown = self.execute_helper("ImageBrowser()")
        assert reply["content"]["status"] == "ok"
        assert "display_data" in [message["msg_type"] for message in shown]

    def test_queued_cells_are_aborted_after_an_error(self):
        self.flush_channels()
        self.kc.execute("import os")
        asked = self.kc.execute("ImageBrowser()")
        assert self.get_non_kernel_info_reply(timeout=suite.TIMEOUT)["content"]["status"] == "error"
        reply = self.get_non_kernel_info_reply(timeout=suite.TIMEOUT)
        assert (reply["parent_header"]["msg_id"], reply["content"]["status"]) == (asked, "aborted")

    def test_restart(self):
        self.flush_channels()
        reply, _ = self.execute_helper("ImageBrowser()")
        before = reply["header"]["session"]
        self.km.restart_kernel(now=False)
        self.kc.wait_for_ready(timeout=60)
        self.flush_channels()
        reply, _ = self.execute_helper("ImageBrowser()")
        assert reply["content"]["status"] == "ok"
        assert reply["header"]["session"] != before

    def test_stdin_is_never_asked(self):
        self.flush_channels()
        self.kc.execute("input()", allow_stdin=True)
        assert self.get_non_kernel_info_reply(timeout=suite.TIMEOUT)["content"]["status"] == "error"
        with pytest.raises(Empty):
            self.kc.get_stdin_msg(timeout=0.1)


class Welcome(suite.IopubWelcomeTests):
    """The suite's question whether the kernel greets who subscribes."""

    support_iopub_welcome = True

    @classmethod
    def setUpClass(cls):
        cls.km, cls.kc = start()


class Said(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.cases = {}

    def addSuccess(self, test):
        self.cases.setdefault(test.id().split(".")[-1], "passed")

    def addSubTest(self, test, _subtest, error):
        if error is not None:
            self.addFailure(test, error)

    def addSkip(self, test, reason):
        case = getattr(test, "test_case", test)  # the suite skips inside of parts of a case
        self.cases.setdefault(case.id().split(".")[-1], f"skipped: {reason}")

    def addFailure(self, test, error):
        self.cases[test.id().split(".")[-1]] = f"failed: {(str(error[1]) or repr(error[1])).splitlines()[0]}"

    addError = addFailure


if __name__ == "__main__":
    RECORDS_SOCKET = f"{tempfile.mkdtemp(dir=os.environ['BLOTTER_RUN_DIR'])}/r"
    server = socketserver.ThreadingUnixStreamServer(RECORDS_SOCKET, Records)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    said = Said()
    load = unittest.defaultTestLoader.loadTestsFromTestCase
    unittest.TestSuite(load(case) for case in (Conformance, Welcome)).run(said)
    theirs = [
        name for case in (suite.KernelTests, suite.IopubWelcomeTests) for name in dir(case) if name[:5] == "test_"
    ]
    left = [folder.name for folder in (Path(os.environ["BLOTTER_RUN_DIR"]) / "k").iterdir()]
    print(json.dumps({"cases": said.cases, "theirs": theirs, "left": left}))
