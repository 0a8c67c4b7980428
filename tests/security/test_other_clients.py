"""Clients that know nothing of the gate get the same refusals: nbclient, and what papermill does with it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from security.test_kernel_sandbox import HERE, PATH

#: papermill writes such a cell before the others.
PARAMETERS = '# Parameters\nimage = "IMG-000001"\n'


def test_nbclient_runs_commands_and_is_refused_programs(run_dir, ordinary_user):
    script = run_dir / "run_notebook.py"
    shutil.copy(HERE / "run_notebook.py", script)
    sources = [
        "import os",
        "ImageBrowser()",
        PARAMETERS,
        "%%bash\nid",
        "get_ipython()",
        "# nothing",
        "ImageBrowser()\n1",
    ]
    ran = subprocess.run(
        [sys.executable, "-I", str(script)], input=json.dumps(sources), capture_output=True, text=True, timeout=120,
        cwd=run_dir, check=False,
        env={"PATH": PATH, "HOME": str(run_dir / "home"), "BLOTTER_RUN_DIR": str(run_dir)},
        **ordinary_user.drop(),
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-3000:]
    program, command, parameters, magic, ipython, nothing, two = json.loads(ran.stdout.splitlines()[-1])
    assert program.startswith('Not allowed: "import" is not a widget')
    assert command == ["display_data"]
    assert nothing == []
    for refused in (parameters, magic, ipython, two):
        assert refused.startswith("Not allowed: "), refused
    assert Path(script).is_file()
