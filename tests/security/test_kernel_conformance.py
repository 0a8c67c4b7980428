"""`jupyter_kernel_test`, the suite with which kernels are held against the protocol, on a real sandboxed kernel.

Every case of the suite is run with a sample. What the kernel does not do, by design, stands in `BY_DESIGN` with what
comes instead (and in docs/explanation/kernels.md): a cell that would do it is refused, as an error reply of the
protocol. A case that a later suite adds is in neither list, and fails here until somebody has decided.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest
from security.test_kernel_sandbox import HERE, PATH

#: Cases of the suite that pass.
PASS = [
    "test_completion",
    "test_display_data",
    "test_error",
    "test_inspect",
    "test_is_complete",
    "test_kernel_info",
    "test_recv_iopub_welcome_msg",
]
_REFUSED = "failed: 'error' != 'ok'"
#: Cases of the suite that the kernel does not do: what the suite says then, and why it is so.
BY_DESIGN = {
    "test_execute_stdout": (_REFUSED, "No cell prints: what is shown comes from a widget."),
    "test_execute_stderr": (_REFUSED, "As above."),
    "test_execute_result": (_REFUSED, "No cell has a value: it makes a widget, sent as display_data."),
    "test_clear_output": (_REFUSED, "A cell has one output; running it again replaces it."),
    "test_pager": (
        _REFUSED,
        "A payload lets a kernel write into the page; help comes as the reply of inspect_request.",
    ),
    "test_history": (
        "skipped: History tail not supported",
        "A kernel keeps no cells: the command log has them, with person and outcome.",
    ),
}
#: What the suite has no case for.
OURS = [
    "test_history_is_not_answered",
    "test_interrupt",
    "test_queued_cells_are_aborted_after_an_error",
    "test_restart",
    "test_stdin_is_never_asked",
]


@pytest.fixture(scope="module")
def said(run_dir, ordinary_user):
    """What each case came to."""
    script = run_dir / "run_conformance.py"
    shutil.copy(HERE / script.name, script)
    ran = subprocess.run(
        [sys.executable, "-I", str(script)], capture_output=True, text=True, timeout=200, cwd=run_dir, check=False,
        env={"PATH": PATH, "HOME": str(run_dir / "home"), "BLOTTER_RUN_DIR": str(run_dir)},
        **ordinary_user.drop(),
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-3000:]
    return json.loads(ran.stdout.splitlines()[-1])


def test_every_case_of_the_suite_is_decided(said):
    assert sorted(said["theirs"]) == sorted([*PASS, *BY_DESIGN])
    assert sorted(said["cases"]) == sorted([*PASS, *BY_DESIGN, *OURS])


@pytest.mark.parametrize("case", [*PASS, *OURS])
def test_the_kernel_does_what_the_protocol_says(said, case):
    assert said["cases"][case] == "passed"


@pytest.mark.parametrize("case", BY_DESIGN)
def test_the_kernel_does_not_do_by_design(said, case):
    comes_instead, why = BY_DESIGN[case]
    assert said["cases"][case] == comes_instead, why


def test_its_folder_is_gone_with_each_kernel(said):
    assert said["left"] == []
