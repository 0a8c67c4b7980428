"""A real kernel in the real sandbox: what it refuses, and what arbitrary code in it cannot do."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PATH = f"{Path(sys.executable).parent}:/usr/bin:/bin"


def talk(run_dir, ordinary_user, requests, kernel="guarded", environment=None):
    script = run_dir / "run_in_sandbox.py"
    shutil.copy(HERE / "run_in_sandbox.py", script)
    if kernel != "guarded":
        copied = run_dir / Path(kernel).name
        shutil.copy(kernel, copied)
        kernel = str(copied)
    ran = subprocess.run(
        [sys.executable, "-I", str(script), str(run_dir), kernel],
        input=json.dumps(requests), capture_output=True, text=True, timeout=120, cwd=run_dir, check=False,
        env={"PATH": PATH, "HOME": str(run_dir / "home"), "BLOTTER_RUN_DIR": str(run_dir), **(environment or {})},
        **ordinary_user.drop(),
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-3000:]
    return json.loads(ran.stdout.splitlines()[-1])


def execute(code, **more):
    content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
    return ["shell", "execute_request", {**content, **more}]


REFUSED = [
    execute("import os"),
    execute("ImageBrowser()", user_expressions={"x": "1"}),
    ["control", "execute_request", execute("ImageBrowser()")[2]],
    ["control", "comm_open", {"comm_id": "c1", "target_name": "jupyter.widget", "data": {}}],
    ["control", "debug_request", {"type": "request", "seq": 1, "command": "initialize"}],
    ["control", "create_subshell_request", {}],
    ["control", "usage_request", {}],
    ["shell", "history_request", {"hist_access_type": "tail", "n": 5, "output": False, "raw": True}],
    ["shell", "connect_request", {}],
    ["shell", "shutdown_request", {"restart": False}],
    ["shell", "comm_open", {"comm_id": "c2", "target_name": "jupyter.widget",
                            "data": {"state": {"_model_name": "DropdownModel"}}}],
    ["shell", "comm_msg", {"comm_id": "c2", "data": {"method": "update", "state": {"view": {}}}}],
    ["shell", "comm_msg", {"comm_id": ["c2"], "data": None}],
]  # fmt: skip


def test_the_kernel_refuses_by_itself(run_dir, ordinary_user):
    said = talk(run_dir, ordinary_user, [*REFUSED, execute("# only a comment"), execute("")])
    *refused, comment, empty = said["answers"]
    for request, answer in zip(REFUSED, refused, strict=True):
        kinds = {kind for kind, _ in answer}
        assert not kinds & {"display_data", "execute_result", "comm_open", "comm_msg", "stream"}, (request, answer)
    for answer in refused[:2]:
        assert [content["ename"] for kind, content in answer if kind == "error"] == ["Not allowed"]
    assert [kind for kind, _ in refused[2]] == ["status", "status"]  # on control nothing is executed at all
    assert ["comm_close", {"comm_id": "c2", "data": {}}] in refused[10]
    for answer in (comment, empty):
        assert [kind for kind, _ in answer] == ["status", "execute_input", "status"]
    told = [json.loads(text) for text in said["asked"] if text.startswith("{")]
    assert [refusal["kind"] for refusal in told] == ["cell", "cell", "message", "message", "message"]


def test_a_kernel_ends_when_it_is_told_even_if_a_thread_of_it_does_not(run_dir, ordinary_user):
    endless = execute("import threading, time; threading.Thread(target=time.sleep, args=(600,)).start()")
    said = talk(run_dir, ordinary_user, [endless, ["control", "shutdown_request", {}]], str(HERE / "probe_kernel.py"))
    assert said["answers"][1] is True


FORBIDDEN = {
    "internet": "import socket; socket.socket(socket.AF_INET)",
    "internet 6": "import socket; socket.socket(socket.AF_INET6)",
    "netlink": "import socket; socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
    "packets": "import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
    "vsock": "import socket; socket.socket(socket.AF_VSOCK)",
    "program": "import subprocess; subprocess.run(['/usr/bin/true'])",
    "exec": "import os; os.execv('/usr/bin/true', ['true'])",
    "fork": "import os; os.fork()",
    "spawn": "import os; os.posix_spawn('/usr/bin/true', ['true'], {})",
    "listen": "import socket; s = socket.socket(socket.AF_UNIX); s.bind('/tmp/x')",
    "namespace": "import ctypes, os; l = ctypes.CDLL(None, use_errno=True); r = l.unshare(0x10000000); "
    "raise OSError(ctypes.get_errno(), 'x') if r else SystemExit('done')",
    "mount": "import ctypes; l = ctypes.CDLL(None, use_errno=True); "
    "r = l.mount(b'none', b'/tmp', b'tmpfs', 0, 0);"
    "raise OSError(ctypes.get_errno(), 'x') if r else SystemExit('done')",
    "ptrace": "import ctypes; l = ctypes.CDLL(None, use_errno=True); "
    "r = l.ptrace(16, 1, 0, 0); raise OSError(ctypes.get_errno(), 'x') if r else SystemExit('done')",
    "keyring": "import ctypes; l = ctypes.CDLL(None, use_errno=True); "
    "r = l.syscall(250, 0, -3, 0); raise OSError(ctypes.get_errno(), 'x') if r < 0 else SystemExit('done')",
    "i386 calls": "import ctypes; l = ctypes.CDLL(None, use_errno=True); "
    "r = l.syscall(0x40000000 | 41, 2, 1, 0); raise OSError(ctypes.get_errno(), 'x') if r < 0 else SystemExit('done')",
    "passwords": "open('/etc/shadow')",
    "accounts": "open('/etc/passwd')",
    "home": "import os; os.listdir('/root')",
    "write usr": "open('/usr/x', 'w')",
    "write root": "open('/x', 'w')",
    "write connection": "import sys; open(sys.argv[-1], 'w')",
    "write code": "import blotter_guard.kernel as k; open(k.__file__, 'a')",
    "core pattern": "open('/proc/sys/kernel/core_pattern', 'w')",
    "abstract socket": "import socket; s = socket.socket(socket.AF_UNIX); s.connect('\\0/tmp/.X11-unix/X0')",
    "much memory": "b = bytearray(8 << 30)",
    "large file": "f = open('/tmp/x', 'wb'); [f.write(bytes(1 << 20)) for _ in range(100)]",
    "set uid": "import os; os.setuid(0)",
}
EXPECTED = {"OSError", "PermissionError", "FileNotFoundError", "MemoryError", "ConnectionRefusedError",
            "BlockingIOError"}  # fmt: skip


def test_arbitrary_code_gets_out_nowhere(run_dir, ordinary_user):
    secret = {"JUPYTERHUB_API_TOKEN": "secret-of-the-hub", "BLOTTER_SESSION_TOKEN": "secret-of-the-session"}
    looks = {
        "environment": "import os; print(sorted(os.environ.items()), open('/proc/self/environ').read())",
        "processes": "import os; print(sorted(int(p) for p in os.listdir('/proc') if p.isdigit()))",
        "others": "import os; print(sorted(os.listdir('/')), os.listdir('/run'), os.listdir('/run/blotter'), "
        "os.listdir('/home'), os.listdir('/tmp'))",
        "identity": "import os; print(os.getuid(), os.geteuid(), open('/proc/self/status').read())",
        "interfaces": "print(open('/proc/net/dev').read())",
        "records": "print(kernel.cells.client._transport.send('GET', '/images').status_code)",
    }
    codes = {**FORBIDDEN, **looks}
    said = talk(
        run_dir, ordinary_user, [execute(code) for code in codes.values()], str(HERE / "probe_kernel.py"), secret
    )
    printed = {
        name: "".join(content["text"] for kind, content in answer if kind == "stream")
        for name, answer in zip(codes, said["answers"], strict=True)
    }
    for name in FORBIDDEN:
        assert printed[name].split(" ")[0] in EXPECTED, (name, printed[name])
    assert "secret" not in printed["environment"]
    assert "TOKEN" not in printed["environment"]
    assert len(json.loads(printed["processes"])) <= 3
    assert "'blotter'" in printed["others"]
    assert "records.sock" in printed["others"]
    assert "CapEff:\t0000000000000000" in printed["identity"]
    assert "NoNewPrivs:\t1" in printed["identity"]
    assert "Seccomp:\t2" in printed["identity"]
    assert {line.split(":")[0].strip() for line in printed["interfaces"].strip().splitlines()[2:]} <= {"lo"}
    assert printed["records"] == "200\n"  # the one thing it may reach


def test_two_kernels_do_not_see_each_other(run_dir, ordinary_user):
    code = f"import os; print(os.listdir({str(run_dir)!r}), os.listdir({str(run_dir / 'k')!r}))"
    said = talk(run_dir, ordinary_user, [execute(code)], str(HERE / "probe_kernel.py"))
    [text] = [content["text"] for kind, content in said["answers"][0] if kind == "stream"]
    folders, kernels = (part for part in text.replace("] [", "]|[").split("|"))
    assert "home" not in folders
    assert kernels.count("'") == 2  # its own only


@pytest.mark.parametrize("tool", ["bwrap", "prlimit"])
def test_it_fails_closed_without_a_tool(tool, monkeypatch, tmp_path):
    from blotter_guard import sandbox

    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(shutil, "which", lambda name: None if name == tool else f"/usr/bin/{name}")
    with pytest.raises(sandbox.SandboxUnavailable, match=f"{tool} is not installed"):
        sandbox.check()


def test_it_fails_closed_when_bubblewrap_cannot(monkeypatch):
    from blotter_guard import sandbox

    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(sandbox, "_ISOLATION", ("--no-such-namespace",))
    with pytest.raises(sandbox.SandboxUnavailable, match="no-such-namespace"):
        sandbox.check()


@pytest.mark.parametrize(
    ("restricted", "helps"), [("1\n", "AppArmor keeps user namespaces"), ("0\n", "namespaces must be allowed")]
)
def test_it_says_what_the_machine_has_to_allow(monkeypatch, tmp_path, restricted, helps):
    from blotter_guard import sandbox

    (tmp_path / "setting").write_text(restricted)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(sandbox, "_ISOLATION", ("--no-such-namespace",))
    monkeypatch.setattr(sandbox, "_APPARMOR", tmp_path / "setting")
    with pytest.raises(sandbox.SandboxUnavailable) as refused:
        sandbox.check()
    assert helps in refused.value.diagnostics()
    assert "docs/how-to/confine-kernels.md" in refused.value.diagnostics()


def test_it_never_starts_as_root(monkeypatch):
    from blotter_guard import sandbox

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(sandbox.SandboxUnavailable, match="never started as root"):
        sandbox.check()
