"""``records/setup/setup.sh``: what an ordinary user is told, and where things go. Nothing is installed here."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "records" / "setup" / "setup.sh"


@pytest.fixture
def checkout():
    """A folder with a space in its name that holds only the script, owned by an ordinary user."""
    root = Path(tempfile.mkdtemp(prefix="bl-"))
    folder = root / "my gels"
    (folder / "records" / "setup").mkdir(parents=True)
    shutil.copy(SCRIPT, folder / "records" / "setup")
    (root / "bin").mkdir()
    root.chmod(0o755)
    yield folder
    shutil.rmtree(root)


def run(checkout, *arguments, user=None):
    account = pwd.getpwnam(user) if user and os.geteuid() == 0 else None
    return subprocess.run(
        ["sh", "records/setup/setup.sh", *arguments],
        cwd=checkout,
        env={"PATH": f"{checkout.parent / 'bin'}:/usr/bin:/bin"},  # no HOME
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        user=account and account.pw_uid,
        group=account and account.pw_gid,
        extra_groups=None if account is None else [],
    )


def pretend_missing(checkout, *missing):
    """Put a `dpkg-query` first on the path that does not know some packages."""
    tool = checkout.parent / "bin" / "dpkg-query"
    cases = "|".join(missing)
    tool.write_text(
        f'#!/bin/sh\nfor last; do :; done\ncase $last in {cases}) exit 1 ;; *) echo "install ok installed" ;; esac\n'
    )
    tool.chmod(0o755)


def test_an_ordinary_user_gets_one_line_with_what_is_missing_and_the_command(checkout):
    if os.geteuid() == 0:
        os.chown(checkout, pwd.getpwnam("nobody").pw_uid, -1)
    pretend_missing(checkout, "bubblewrap", "chromium")
    done = run(checkout, "test", user="nobody")
    assert done.returncode == 1
    assert done.stderr == (
        "setup: these system packages are missing; ask for 'sudo apt-get install bubblewrap chromium', "
        "then run make again\n"
    )
    assert not (checkout / ".venv").exists()


def test_running_needs_no_browser(checkout):
    pretend_missing(checkout, "bubblewrap", "chromium")
    done = run(checkout, "run", user="nobody")
    assert "'sudo apt-get install bubblewrap'" in done.stderr


def test_the_environment_of_root_is_outside_the_checkout(checkout):
    told = run(checkout, "where").stdout.strip()
    if os.geteuid() == 0:
        assert told.startswith("/opt/blotter/")
        assert " " not in told
    assert run(checkout, "where", user="nobody").stdout.strip() == f"{checkout}/.venv"


def test_an_unknown_word_is_refused(checkout):
    done = run(checkout, "all")
    assert done.returncode == 2
    assert "'all'?" in done.stderr
