"""A data directory: what makes it an installation, who may read which file of it, where its sockets lie.

::

    DATA/instance.json   0644  who this installation is; made once, for good a demo or not
    DATA/state.json      0644  process ids and ports of the running system
    DATA/lock                  held by the running supervisor
    DATA/postgres/       0700  database user
    DATA/secrets/        each file 0600, owned by the one system user that needs it
    DATA/store/          0700  records user
    DATA/checkpoints/    0755  sequencer user: signed checkpoints, for everybody to read
    DATA/hub/            0700  hub user
    DATA/housekeeping/   0755  records user: what blotter status shows of backups and anchors, time stamps
    DATA/notify.toml           how notifications leave (docs/how-to/send-notifications.md); written by people
    DATA/anchors.toml          where checkpoints go besides (docs/how-to/anchor-checkpoints.md); written by people
    DATA/logs/           0750
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import stat
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from blotter_records.adapters.machine_clock import utc_now
from blotter_records.adapters.processes import SystemUser
from blotter_records.adapters.system_users import Users, find_users, give, starter
from blotter_records.domain.note import SigningKey
from blotter_records.errors import Conflict, Invalid


@dataclass(frozen=True)
class Instance:
    """What ``instance.json`` says."""

    installation: str
    is_demo: bool
    origin: str
    created_at: str
    predecessors: list[dict[str, Any]] = field(
        default_factory=list
    )  # what it continues (``domain.keys``), by a restore


@dataclass(frozen=True)
class Installation:
    """A prepared data directory."""

    data: Path
    run: Path
    instance: Instance
    users: Users

    @property
    def is_evaluation(self) -> bool:
        """True when every process runs as the one who started it, so that only SCRAM separates them."""
        return self.users.is_evaluation

    def secret(self, name: str) -> Path:
        """Return the path of a secret."""
        return self.data / "secrets" / name

    def make_secret(self, name: str, owner: SystemUser, value: str | None = None) -> str:
        """Make a secret of 256 bits (or keep `value`) unless it is there, give it to `owner`, return it."""
        path = self.secret(name)
        if not path.exists():
            draft = path.with_suffix(".new")
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(value or secrets.token_urlsafe(32))
            draft.replace(path)
        give(path, owner, 0o600)
        return path.read_text()


def default_data(*, is_demo: bool) -> Path:
    """Return where the data lies unless told otherwise."""
    kind = "demo" if is_demo else "main"
    if os.geteuid() == 0:
        return Path("/var/lib/blotter") / kind
    return Path("~/.local/share/blotter").expanduser() / kind


def run_folder(data: Path) -> Path:
    """Return the folder of the sockets: short, since a socket's path may have no more than 107 bytes."""
    short = hashlib.sha256(str(data).encode()).hexdigest()[:8]
    if os.geteuid() == 0:
        return Path("/run/blotter") / short
    return Path(f"/tmp/blotter-{os.getuid()}") / short  # noqa: S108 - owner and mode are checked before use


def prepare(data: Path, *, is_demo: bool) -> Installation:
    """Make a data directory (first time) or check it (later), with its folders, users and secrets.

    Raises
    ------
    Conflict
        ``data.demo``: it was made as a demo and is opened without, or the other way round. ``data.evaluation``: it
        was made by another user.
    Invalid
        ``data.unreadable``: the system users could not reach it.
    """
    check_instance(data, is_demo=is_demo)
    data.mkdir(parents=True, exist_ok=True)
    users = find_users()
    if not users.is_evaluation:
        data.chmod(0o755)
        _check_reachable(data)
        _check_reachable(Path(sys.executable).resolve())
    elif data.stat().st_uid != os.getuid():
        raise Conflict("data.owner", f"{data} belongs to another user", "Start as that user, or name another --data.")
    else:
        data.chmod(0o700)
    _make_folders(data, users)
    instance = _instance(data, is_demo=is_demo)
    installation = Installation(data, make_run_folder(data, users), instance, users)
    _make_secrets(installation)
    return installation


def open_existing(data: Path) -> Installation:
    """Return the installation in `data`, unchanged; raise ``Invalid('data.none')`` when there is none."""
    instance = read_instance(data)
    if instance is None:
        raise Invalid("data.none", f"there is no Blotter in {data}", "Name its folder with --data.")
    return Installation(data, run_folder(data), instance, find_users())


def check_instance(data: Path, *, is_demo: bool) -> None:
    """Refuse a demo on data that were made without it, and the other way round."""
    instance = read_instance(data)
    if instance is None:
        if data.exists() and any(path.name not in {"logs", "lock"} for path in data.iterdir()):
            raise Conflict("data.foreign", f"{data} holds something that is not Blotter's", "Name an empty folder.")
        return
    if instance.is_demo != is_demo:
        made, flag = ("as a demo", "with") if instance.is_demo else ("without --demo", "without")
        raise Conflict(
            "data.demo", f"{data} was made {made}, for good", f"Start it {flag} --demo, or name other --data."
        )


def read_instance(data: Path) -> Instance | None:
    """Return what ``instance.json`` says; None when there is none."""
    try:
        content = json.loads((data / "instance.json").read_text())
    except FileNotFoundError:
        return None
    return Instance(**content)


def _instance(data: Path, *, is_demo: bool) -> Instance:
    found = read_instance(data)
    if found is not None:
        return found
    return new_instance(data, is_demo=is_demo, predecessors=[])


def new_instance(data: Path, *, is_demo: bool, predecessors: list[dict[str, Any]]) -> Instance:
    """Write who a new installation is: a name that no other one has, and what it continues."""
    installation = secrets.token_hex(8)
    origin = f"blotter/{installation}"  # of its checkpoints
    made = Instance(installation, is_demo, origin, utc_now().isoformat(), predecessors)
    write_json(data / "instance.json", asdict(made))
    return made


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a small public file in one step: a reader sees the old content or the new one."""
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(content, indent=2) + "\n")
    draft.chmod(0o644)
    draft.replace(path)


def hold_lock(data: Path) -> int | None:
    """Take the data directory's lock; return its descriptor, or None when a running supervisor holds it."""
    descriptor = os.open(data / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _check_reachable(path: Path) -> None:
    """Refuse a path that other users cannot reach (a private folder stands above it)."""
    for folder in path.parents:
        if not folder.stat().st_mode & stat.S_IXOTH:
            raise Invalid(
                "data.unreadable",
                f"the services' system users cannot reach {path}: {folder} is private",
                "Choose a place below /var/lib or /srv, or start Blotter as an ordinary user.",
            )


def _make_folders(data: Path, users: Users) -> None:
    root = starter()
    for name, owner, mode in (
        ("postgres", users.database, 0o700),
        ("secrets", root, 0o711),
        ("store", users.records, 0o700),
        ("checkpoints", users.sequencer, 0o755),
        ("housekeeping", users.records, 0o755),
        ("hub", users.hub, 0o700),
        ("logs", root, 0o750),
    ):
        (data / name).mkdir(exist_ok=True)
        give(data / name, owner, mode)


def make_run_folder(data: Path, users: Users) -> Path:
    """Make the folder of the sockets (a reboot empties ``/run``); raise ``Invalid('run.foreign')``."""
    run = run_folder(data)
    # As root: people's servers pass through to their own folders, and see no names of others.
    mode = 0o711 if os.geteuid() == 0 else 0o700
    run.parent.mkdir(mode=mode, exist_ok=True)
    about = run.parent.lstat()
    if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.geteuid():
        raise Invalid("run.foreign", f"{run.parent} belongs to somebody else", "Remove it.")
    root = starter()
    for folder, owner, its_mode in ((run.parent, root, mode), (run, root, mode), (run / "pg", users.database, 0o750)):
        folder.mkdir(exist_ok=True)
        give(folder, owner, its_mode)
    return run


def _make_secrets(installation: Installation) -> None:
    """Make the secrets that no other part makes: database passwords and the service identities."""
    users = installation.users
    root = starter()
    for name, owner in (
        ("db-superuser", root),
        ("db-owner", root),
        ("db-reader", root),
        ("db-backup", root),
        ("db-runtime", users.records),
        ("db-sequencer", users.sequencer),
        ("db-hub", users.hub),
        ("service-hub", users.hub),
        ("service-cli", root),
        ("service-instrument", root),
    ):
        installation.make_secret(name, owner)
    if not installation.secret("checkpoint-key").exists():
        key = SigningKey.make(installation.instance.origin).to_pem().decode()
        installation.make_secret("checkpoint-key", users.sequencer, key)
    digests = {
        name: hashlib.sha256(installation.secret(f"service-{name}").read_text().encode()).hexdigest()
        for name in ("hub", "cli", "instrument")
    }
    known = installation.secret("services.json")
    if known.exists() and known.read_text() != json.dumps(digests):
        known.unlink()  # an earlier release knew fewer services
    installation.make_secret("services.json", users.records, json.dumps(digests))
