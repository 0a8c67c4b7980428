"""The demo's people and blots: made once, by the records service's own code and as its user."""

from __future__ import annotations

import json
import os
import subprocess

from blotter_records.adapters.installation import Installation, write_json
from blotter_records.adapters.processes import python
from blotter_records.errors import Unavailable

FILL_WITHIN_S = 120.0


def fill(installation: Installation, environment: dict[str, str]) -> None:
    """Make people and blots on the first start; raise ``Unavailable('demo.failed')``.

    Only names and roles are kept in ``demo.json``: the password is published in the documentation and in the panel,
    and is written nowhere in the data.
    """
    if (installation.data / "demo.json").exists():
        return
    user = installation.users.records
    as_user = {"user": user.uid, "group": user.gid, "extra_groups": list(user.groups)} if os.geteuid() == 0 else {}
    made = subprocess.run(
        python("-m", "blotter_records.bootstrap", "demo"),
        env=environment,
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=FILL_WITHIN_S,
        check=False,
        **as_user,  # type: ignore[call-overload]
    )
    if made.returncode != 0:
        last = (made.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise Unavailable("demo.failed", f"the demo could not be filled: {last}")
    people = [line.split() for line in made.stdout.splitlines() if line.strip()]
    write_json(installation.data / "demo.json", {"people": [{"user_name": one[0], "role": one[-1]} for one in people]})


def accounts(installation: Installation) -> dict[str, tuple[str, str]]:
    """Return user name and published password of the demo's first person of each role; empty when it is no demo."""
    from blotter_records.services.operating.demo import DEMO_PASSWORD  # noqa: PLC0415 - only a demo needs what it imports

    try:
        people = json.loads((installation.data / "demo.json").read_text())["people"]
    except FileNotFoundError:
        return {}
    return {one["role"]: (one["user_name"], DEMO_PASSWORD) for one in reversed(people)}
