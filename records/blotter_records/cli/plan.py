"""What the system consists of, in the order in which it starts; stopping goes backwards.

Each part gets exactly the variables listed here. Passwords are in files; what stands in a variable is a path.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from blotter_records.adapters.embedded_postgres import EmbeddedPostgres
from blotter_records.adapters.installation import Installation
from blotter_records.adapters.processes import Part, Supervisor, python
from blotter_records.adapters.user_ids import Claim
from blotter_records.cli import database, demo
from blotter_records.cli.state import Ports
from blotter_records.cli.status import answers

Step = Callable[[Supervisor], None]


def steps(installation: Installation, ports: Ports, people: Claim | None) -> Iterator[Step]:
    """Yield what has to be done, one thing after the other.

    ``people`` are the user ids of people's servers; None in an evaluation.
    """
    postgres = database.server(installation)
    yield lambda _: check_anchors(installation)
    yield lambda _: database.initialise(installation, postgres)
    yield lambda supervisor: supervisor.start(database_part(installation, postgres))
    yield lambda _: database.upgrade(installation, postgres)
    # Before the sequencer, and so stopped after it: its last checkpoint goes out too.
    yield lambda supervisor: supervisor.start(housekeeper_part(installation))
    yield lambda supervisor: supervisor.start(sequencer_part(installation))
    if installation.instance.is_demo:
        yield lambda _: demo.fill(installation, records_environment(installation, ports))
    yield lambda supervisor: supervisor.start(records_part(installation, ports))
    yield lambda supervisor: supervisor.start(launcher_part(installation, people))
    yield lambda supervisor: supervisor.start(hub_part(installation, ports))


def database_part(installation: Installation, postgres: EmbeddedPostgres) -> Part:
    """Describe PostgreSQL; SIGINT is its fast shutdown: it ends sessions and writes a clean checkpoint."""
    return Part(
        name="postgres",
        argv=postgres.command(),
        environment=_base(),
        is_ready=postgres.is_ready,
        user=installation.users.database,
        stop_signal=signal.SIGINT,
        stop_within_s=20.0,
        restarts=3,
    )


def records_part(installation: Installation, ports: Ports) -> Part:
    """Describe the records service."""
    origin = signing_origin(ports)
    return Part(
        name="records",
        argv=python("-m", "blotter_records.api"),
        environment=records_environment(installation, ports),
        is_ready=lambda: answers(f"{origin}/api/v1/healthz"),
        user=installation.users.records,
    )


def records_environment(installation: Installation, ports: Ports) -> dict[str, str]:
    """Return the variables of the records service."""
    return {
        **_base(),
        **_flags(installation),
        "BLOTTER_DATABASE_URL": database.url(installation, "blotter_runtime", "blotter"),
        "BLOTTER_DATABASE_PASSWORD_FILE": str(installation.secret("db-runtime")),
        "BLOTTER_STORE_URL": (installation.data / "store").as_uri(),
        "BLOTTER_SIGNING_ORIGIN": signing_origin(ports),
        "BLOTTER_HUB_ORIGINS": f"http://localhost:{ports.public}",
        "BLOTTER_SERVICE_SECRETS_FILE": str(installation.secret("services.json")),
        "BLOTTER_CHECKPOINT_KEY": str(installation.data / "checkpoints" / "verifier.key"),
        "BLOTTER_INSTALLATION": installation.instance.installation,
        "BLOTTER_PORT": str(ports.records),
    }


def check_anchors(installation: Installation) -> None:
    """Refuse to start with an ``anchors.toml`` or ``notify.toml`` that cannot be followed.

    Raises ``Invalid('anchors.invalid' | 'notify.invalid')``.
    """
    from blotter_records.adapters.anchors.configuration import read_places  # noqa: PLC0415
    from blotter_records.adapters.notifying.configuration import read_notify  # noqa: PLC0415

    read_places(installation.data / "anchors.toml")
    read_notify(installation.data / "notify.toml")


def housekeeper_part(installation: Installation) -> Part:
    """Describe the housekeeper: watches clock, backups and drills, sends checkpoints away; has no port."""
    folder = installation.data / "housekeeping"
    return Part(
        name="housekeeper",
        argv=python("-m", "blotter_records.cli.housekeeper"),
        environment={
            **_base(),
            "BLOTTER_DATABASE_URL": database.url(installation, "blotter_runtime", "blotter"),
            "BLOTTER_DATABASE_PASSWORD_FILE": str(installation.secret("db-runtime")),
            "BLOTTER_CHECKPOINT_DIR": str(installation.data / "checkpoints"),
            "BLOTTER_INSTANCE_FILE": str(installation.data / "instance.json"),
            "BLOTTER_ANCHORS_FILE": str(installation.data / "anchors.toml"),
            "BLOTTER_NOTIFY_FILE": str(installation.data / "notify.toml"),
            "BLOTTER_HOUSEKEEPING_DIR": str(folder),
        },
        is_ready=(folder / "state.json").exists,
        user=installation.users.records,
        stop_within_s=20.0,  # the last checkpoint goes out
        umask=0o022,  # everybody may read what it noticed
    )


def sequencer_part(installation: Installation) -> Part:
    """Describe the sequencer: numbers entries, signs checkpoints, has no port."""
    checkpoints = installation.data / "checkpoints"
    return Part(
        name="sequencer",
        argv=python("-m", "blotter_records.cli.sequencer"),
        environment={
            **_base(),
            "BLOTTER_DATABASE_URL": database.url(installation, "blotter_sequencer", "blotter"),
            "BLOTTER_DATABASE_PASSWORD_FILE": str(installation.secret("db-sequencer")),
            "BLOTTER_CHECKPOINT_DIR": str(checkpoints),
            "BLOTTER_SIGNING_KEY_FILE": str(installation.secret("checkpoint-key")),
            "BLOTTER_INSTALLATION": installation.instance.installation,
            "BLOTTER_INSTANCE_FILE": str(installation.data / "instance.json"),
        },
        is_ready=(checkpoints / "verifier.key").exists,
        user=installation.users.sequencer,
        umask=0o022,  # everybody may read checkpoints
    )


def launcher_part(installation: Installation, people: Claim | None) -> Part:
    """Describe the launcher of people's servers: the one part that keeps root, to give each server its own user id."""
    socket = installation.run / "launcher.sock"
    own_ids = [] if people is None else [f"--first-uid={people.ids.first}", f"--last-uid={people.ids.last}"]
    return Part(
        name="launcher",
        argv=python(
            "-m",
            "blotter_hub.launcher",
            f"--socket={socket}",
            f"--run-dir={installation.run}",
            f"--hub-user={installation.users.hub.uid}",
            f"--log-dir={installation.data / 'logs'}",
            *own_ids,
        ),
        environment=_base(),
        is_ready=socket.is_socket,
        umask=0o022,  # people's servers pass through a folder that it makes
        descriptors=() if people is None else (people.descriptor,),
    )


def hub_part(installation: Installation, ports: Ports) -> Part:
    """Describe JupyterHub and, as its child, the proxy."""
    home = installation.data / "hub"
    return Part(
        name="hub",
        argv=python("-m", "blotter_hub"),
        environment={
            **_base(),
            **_flags(installation),
            "HOME": str(home),
            "BLOTTER_PORT": str(ports.public),
            "BLOTTER_HUB_API_PORT": str(ports.hub),
            "BLOTTER_PROXY_API_PORT": str(ports.proxy),
            "BLOTTER_API_URL": signing_origin(ports),
            "BLOTTER_SIGNING_ORIGIN": signing_origin(ports),
            "BLOTTER_HUB_SECRET_FILE": str(installation.secret("service-hub")),
            "BLOTTER_DATA_DIR": str(installation.data),
            "BLOTTER_RUN_DIR": str(installation.run),
            "BLOTTER_HUB_DATABASE_URL": database.url(installation, "blotter_hub", "hub"),
            "BLOTTER_HUB_DATABASE_PASSWORD_FILE": str(installation.secret("db-hub")),
        },
        is_ready=lambda: answers(f"http://127.0.0.1:{ports.public}/hub/health"),
        user=installation.users.hub,
        folder=home,
        ready_within_s=60.0,
        stop_within_s=15.0,
    )


def signing_origin(ports: Ports) -> str:
    """Return the origin of the signing pages: a host name other than the hub's, so another origin."""
    return f"http://127.0.0.1:{ports.records}"


def _base() -> dict[str, str]:
    binaries = Path(sys.executable).parent
    return {"PATH": f"{binaries}:/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC", "HOME": "/nonexistent"}


def _flags(installation: Installation) -> dict[str, str]:
    return {
        "BLOTTER_IS_DEMO": str(int(installation.instance.is_demo)),
        "BLOTTER_IS_EVALUATION": str(int(installation.is_evaluation)),
    }
