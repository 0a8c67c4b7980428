"""The system users that the parts run as (architecture, *Who runs as whom*)."""

from __future__ import annotations

import grp
import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from blotter_records.adapters.processes import SystemUser
from blotter_records.errors import Unavailable

#: System user of each part that runs when Blotter is started as root. People's servers have none: ``user_ids``.
USER_NAMES = ("blotter-db", "blotter-records", "blotter-sequencer", "blotter-hub")


@dataclass(frozen=True)
class Users:
    """The system users of the parts; all the same one in an evaluation."""

    database: SystemUser
    records: SystemUser
    sequencer: SystemUser
    hub: SystemUser
    is_evaluation: bool


def starter() -> SystemUser:
    """Return who started Blotter: root, or the one user of an evaluation."""
    return SystemUser(pwd.getpwuid(os.geteuid()).pw_name, os.geteuid(), os.getegid())


def give(path: Path, owner: SystemUser, mode: int) -> None:
    """Set owner and mode of a path."""
    path.chmod(mode)
    if os.geteuid() == 0:
        os.chown(path, owner.uid, owner.gid)


def find_users() -> Users:
    """Return the system users, making missing ones when root; an ordinary user is all of them (an evaluation)."""
    if os.geteuid() != 0:
        me = starter()
        return Users(me, me, me, me, is_evaluation=True)
    for name in USER_NAMES:
        try:
            pwd.getpwnam(name)
        except KeyError:
            _add_user(name)
    ids = {name: pwd.getpwnam(name) for name in USER_NAMES}
    # Members of the database's group reach its socket; the database still asks each for its password (SCRAM).
    database = grp.getgrnam("blotter-db").gr_gid

    def user(name: str, *groups: int) -> SystemUser:
        return SystemUser(name, ids[name].pw_uid, ids[name].pw_gid, groups)

    return Users(
        user("blotter-db"),
        user("blotter-records", database),
        user("blotter-sequencer", database),
        user("blotter-hub", database),
        is_evaluation=False,
    )


def _add_user(name: str) -> None:
    command = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    path = "/usr/sbin:/usr/bin:/sbin:/bin"
    added = subprocess.run(
        [*command, "--shell", "/usr/sbin/nologin", name],
        env={"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if added.returncode != 0:
        raise Unavailable("user.failed", f"could not make the system user {name}: {added.stderr.strip()}")
