"""A package is added to a real environment: no kernel starts any more, and no service (11.10(a))."""

from __future__ import annotations

import site
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from persons import until
from security.conftest import running_server, sign_in

SEALING = """
import sys
from pathlib import Path
from blotter_records.installed.checking import LOCKS
from blotter_records.installed.sealing import write
write(Path(sys.prefix), LOCKS / "requirements.lock", 0)
"""


def run(python: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the copied environment's interpreter."""
    return subprocess.run([python, "-I", "-B", *arguments], capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture
def python(run_dir):
    """Return the interpreter of a small environment that finds the packages of this one, sealed as it is."""
    folder = run_dir / "environment"
    venv.create(folder, symlinks=True)
    for packages in (one for one in site.getsitepackages() if Path(one).is_dir()):
        (folder / Path(packages).relative_to(sys.prefix) / "packages.pth").write_text(packages + "\n")
    made = folder / "bin" / "python"
    sealed = run(made, "-c", SEALING)
    assert sealed.returncode == 0, sealed.stderr
    return made


def test_after_a_package_was_added_nothing_starts(python, hub, records, run_dir, ordinary_user):
    with running_server(hub, records, run_dir, ordinary_user, python=str(python)) as server:
        browser = sign_in(server, "alice")
        first = browser.post("api/kernels", json={"name": "blotter"})
        assert first.status_code == 201, first.text
        added = python.parents[1] / "lib" / f"python3.{sys.version_info.minor}" / "site-packages" / "added.py"
        added.write_text("print('mine')\n")

        second = browser.post("api/kernels", json={"name": "blotter"})
        assert second.status_code == 503, second.text
        assert f"{added.relative_to(python.parents[1])} was added" in second.json()["message"]
        assert "Traceback" not in second.text
        [told] = until(lambda: [one for one in records.refusals if one["kind"] == "kernel"], 10)
        assert "added.py was added" in told["summary"]
        browser.close()
    for part in (
        "blotter_extension.server",
        "blotter_hub",
        "blotter_records.cli.sequencer",
        "blotter_records.cli.housekeeper",
    ):
        refused = run(python, "-m", part)
        assert refused.returncode != 0
        assert "added.py was added" in refused.stderr, refused.stderr
        assert "Traceback" not in refused.stderr
    shown = run(python, "-m", "blotter_records.cli", "packages")
    assert (shown.returncode, "added.py was added" in shown.stderr) == (1, True)
