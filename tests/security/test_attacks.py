"""Every attack of a set, run against the running hub.

``pytest tests/security/test_attacks.py`` runs the open set and our own; ``--attacks FILE`` (more than once, if need
be) runs other sets of the same form instead. A table of id, what was sent, what came back and where it was stopped is
written to ``build/attacks/<set>.tsv``. Each channel has its own runner; a channel without one, a frame or a file that
nobody knows how to make is a failure, since what was not run was not stopped.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from blotter_records.vocabulary import Event
from persons import until
from security.attacking.attack_set import MORE, OPEN, Attack, read_set
from security.attacking.environment import Under, run_variable
from security.attacking.exchange import through_the_gate
from security.attacking.files import Planted, run_file
from security.attacking.messages import run_cell, run_comm, run_message
from security.attacking.outcome import Outcome, write_table
from security.attacking.raw_frames import content, v1
from security.attacking.routes import run_contents, run_request
from security.attacking.target import AtWork, open_target
from security.conftest import running_server, sign_in
from security.fakes import FakeHub, FakeRecords
from security.test_kernel_sandbox import HERE, execute, talk
from systems import running_system

__all__ = ["running_system"]

TABLES = Path(__file__).parents[2] / "build" / "attacks"
#: What must pass, so that nothing is refused for the wrong reason.
CONTROLS = {
    'ImageViewer(image="IMG-000001")': "ImageViewerView",
    "ImageViewer(image='IMG-000001')": "ImageViewerView",
    "ImageBrowser()": "ImageBrowserView",
    '# a comment\n\nImageLog(image="IMG-000001",)  # and another': "ImageLogView",
}


def sets(config: pytest.Config) -> list[Path]:
    """Return the files of attacks that were asked for."""
    given = config.getoption("--attacks")
    return [Path(one) for one in given] if given else [OPEN, MORE]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of each attack."""
    if "attack" in metafunc.fixturenames:
        attacks = [(file, one) for file in sets(metafunc.config) for one in read_set(file)]
        metafunc.parametrize(
            "attack", attacks, ids=[f"{file.stem}-{one.id}-{one.channel}" for file, one in attacks], scope="session"
        )


@pytest.fixture(scope="module")
def target(running_system):
    """The running system, with people at work in it."""
    made = open_target(running_system)
    yield made
    made.close()


@pytest.fixture(scope="module")
def rows():
    """Lines of the tables by file; written when the last attack was run."""
    found: dict[Path, list[tuple[str, str, Outcome]]] = {}
    yield found
    for file, lines in found.items():
        write_table(lines, TABLES / f"{file.stem}.tsv")


@pytest.fixture(scope="module")
def all_attacks(request):
    return [one for file in sets(request.config) for one in read_set(file)]


@pytest.fixture(scope="module")
def planted(target, all_attacks, run_dir, ordinary_user):
    """Files of the set in two homes, servers and kernels that started after."""
    folder = Path(tempfile.mkdtemp(prefix="bp"))
    folder.chmod(0o755)
    made = Planted(all_attacks, folder)
    server = target.person.server
    home = Path(server.environment["HOME"])
    made.plant(home, home, home.stat().st_uid)
    target.person.stop_kernels()
    target.person.start_kernel()
    made.look(target.person.kernel_process.pid)
    # Another server, started with the files in place, as if a home outlived its server.
    made.plant(run_dir / "home", run_dir / "home", ordinary_user.uid)
    with closing(FakeHub()) as hub, closing(FakeRecords()) as records, ExitStack() as running:
        browser = sign_in(running.enter_context(running_server(hub, records, run_dir, ordinary_user)), "alice")
        second = AtWork(target.system, "alice", "", target.person.hub, browser)
        body = {"path": "x.ipynb", "name": "x.ipynb", "type": "notebook", "kernel": {"name": "blotter"}}
        assert second.browser.post("api/sessions", json=body).status_code == 201
        browser.close()
    made.clean()
    return made


@pytest.fixture(scope="module")
def under(all_attacks, run_dir, ordinary_user):
    """A kernel that was started by a process with every variable of the set in its environment."""
    variables = {
        one.payload["var"]: one.payload["value"]
        for one in all_attacks
        if one.channel == "env" and one.payload["var"] not in ("HOME", "PATH")
    }
    code = execute("import os, json; print(json.dumps(dict(os.environ)))")
    said = talk(run_dir, ordinary_user, [code], str(HERE / "probe_kernel.py"), variables)
    return Under("".join(given["text"] for kind, given in said["answers"][0] if kind == "stream"))


@pytest.fixture(scope="module")
def runners(request, target) -> dict[str, Callable[[Attack], Outcome]]:
    """Who runs the attacks of each channel."""
    return {
        "comm": lambda attack: run_comm(target, attack),
        "contents": lambda attack: run_contents(target, attack),
        "env": lambda attack: run_variable(target, request.getfixturevalue("under"), attack),
        "execute": lambda attack: run_cell(target, attack),
        "file": lambda attack: run_file(target, request.getfixturevalue("planted"), attack),
        "rest": lambda attack: run_request(target, attack),
        "ws": lambda attack: run_message(target, attack),
    }


def test_commands_pass(target):
    for source, view in CONTROLS.items():
        came = through_the_gate(target.person, [v1(body=content(source))])
        [opened] = [one["content"] for one in came.messages if one["msg_type"] == "comm_open"]
        assert opened["data"]["state"]["_view_name"] == view, source
        assert opened["data"]["state"]["view"]["state"] == "ready", source
        assert [one for one in came.messages if one["msg_type"] == "display_data"]
    for source in ("", "# nothing but a comment"):
        came = through_the_gate(target.person, [v1(body=content(source))])
        assert came.errors() == [], source


def runner_of(runners, attack: Attack) -> Callable[[Attack], Outcome]:
    """Return who runs an attack. Raises ``LookupError`` where nobody does: what was not run was not stopped."""
    if attack.channel not in runners:
        raise LookupError(f"{attack.id}: there is no runner for the channel {attack.channel!r}")
    return runners[attack.channel]


def test_attack(attack, target, rows, runners):
    file, one = attack
    before = target.newest()
    try:
        made = runner_of(runners, one)(one)
    except Exception as error:
        made = Outcome(json.dumps(one.payload, default=str)[:200], faults=[f"not run: {error!r}"])
        raise
    finally:
        rows.setdefault(file, []).append((one.id, one.channel, made))
    for entry in target.entries(before):
        # That many are refused is told; nothing else may come of an attack.
        is_told = entry["action"] == Event.NOTIFICATION_RAISE.value
        if entry.get("rev") and not is_told and one.channel in ("execute", "ws", "comm", "env") and not one.when:
            made.faults.append(f"a record changed: {entry['action']} {entry['record_id']}")
    target.person.heartbeat()
    assert not made.faults, f"{one.id} {one.success}\nsent {made.sent}\ncame back {made.came_back}"


def test_what_was_refused_is_in_the_trail(target, all_attacks):
    """The trail counts as many refusals as there were cells that are none; bursts stand in it with a count."""
    refused = [one for one in all_attacks if one.channel == "execute" and one.expect == "refused"]

    def counted() -> int:
        entries = target.entries(target.first_entry)
        return sum(one["new"]["count"] for one in entries if one["action"] == "kernel.exec.refused")

    until(lambda: counted() >= len(refused), 40)
    kinds = {one["new"].get("kind") for one in target.entries(target.first_entry) if one["outcome"] == "refused"}
    assert "cell" in kinds


def test_an_attack_of_an_unknown_channel_fails_and_stands_in_the_table_as_not_run(target, runners):
    unknown, rows = Attack("X-1", "telepathy", "none", {}), {}
    with pytest.raises(LookupError, match="X-1: there is no runner for the channel 'telepathy'"):
        test_attack((OPEN, unknown), target, rows, runners)
    [(name, channel, made)] = rows[OPEN]
    assert (name, channel) == ("X-1", "telepathy")
    assert made.faults[0].startswith("not run: ")


def test_the_open_set_is_whole():
    attacks = read_set(OPEN)
    assert len(attacks) == 308
    assert {one.channel for one in attacks} == {"comm", "contents", "env", "execute", "file", "rest", "ws"}
