"""Runs attacks on channel `file`: files planted where Python and Jupyter look when they start, files that are imported.

Planting happens once for a whole set: in the home and the working folder of the person's running server, and in those
of another server that is started with them in place, as if a home outlived its server. A kernel is started afterwards
in each. A file that is carried out leaves a mark.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from blotter_records.services.bundles.tables import cell
from security.attacking.attack_set import Attack
from security.attacking.made_files import file_of
from security.attacking.outcome import Outcome, short
from security.attacking.target import Target

_MEMORY_KIB = 1_500_000


def run_file(target: Target, planted: Planted, attack: Attack) -> Outcome:
    """Look for the mark of a planted file, or import a file."""
    name, content = str(attack.payload["path"]), str(attack.payload["content"])
    if attack.category == "input-file":
        return _import(target, name, content)
    made = Outcome(
        f"{name}: {short(content, 60)}", stopped_at="home is empty at each start; isolated mode; own namespace"
    )
    faults = planted.faults_of(attack.id)
    made.came_back = "no mark" if not faults else "carried out"
    made.faults += faults
    return made


class Planted:
    """Files in two homes, each with a mark that it leaves when it is carried out."""

    def __init__(self, attacks: Sequence[Attack], folder: Path) -> None:
        self.attacks = [one for one in attacks if one.channel == "file" and one.category != "input-file"]
        self.marks = folder / "marks"
        self.marks.mkdir(parents=True)
        self.marks.chmod(0o777)
        self._written: dict[str, list[Path]] = {}
        self._seen_by_kernels: set[str] = set()

    def plant(self, home: Path, working: Path, uid: int) -> None:
        """Write every file as the user who owns the home, who can."""
        begun = sum(map(len, self._written.values()))
        for attack in self.attacks:
            paths = [_place(str(attack.payload["path"]), home, working)]
            if "evil" in attack.payload["content"]:
                paths += [working / "evil.py", home / ".local/lib/python3.11/site-packages/evil.py"]
            for path in paths:
                text = self._text(attack, path)
                given = json.dumps([str(path), text])
                subprocess.run(
                    [sys.executable, "-I", "-c", _WRITE], input=given, text=True, check=False, timeout=30, **_as(uid)
                )
                if path.is_file():
                    self._written.setdefault(attack.id, []).append(path)
        assert sum(map(len, self._written.values())) > begun or not self.attacks, "no file was planted"

    def _text(self, attack: Attack, path: Path) -> str:
        """Return what the set has in the file, and where it is Python, a line that leaves the mark."""
        text, mark = str(attack.payload["content"]), self.marks / attack.id
        if path.suffix == ".pth":
            return text + f"\nimport os; open({str(mark)!r}, 'a').close()\n"
        if path.suffix in (".py", ".pdbrc") or path.name.startswith(".pdbrc"):
            return text + f"\nopen({str(mark)!r}, 'a').close()\n"
        return text

    def look(self, kernel: int) -> None:
        """Note which planted files a kernel can see."""
        root = Path(f"/proc/{kernel}/root")
        for identifier, paths in self._written.items():
            for path in paths:
                if (root / str(path).lstrip("/")).exists():
                    self._seen_by_kernels.add(identifier)

    def faults_of(self, identifier: str) -> list[str]:
        """Return what a planted file did."""
        faults = ["it was carried out"] if (self.marks / identifier).exists() else []
        if identifier in self._seen_by_kernels:
            faults.append("a kernel can see it")
        return faults

    def clean(self) -> None:
        """Take the files away again."""
        for paths in self._written.values():
            for path in paths:
                path.unlink(missing_ok=True)


_WRITE = (
    "import json, pathlib, sys; path, text = json.load(sys.stdin); path = pathlib.Path(path);"
    "path.parent.mkdir(parents=True, exist_ok=True); path.write_text(text)"
)


def _as(uid: int) -> dict[str, int]:
    return {"user": uid} if os.geteuid() == 0 else {}


def _place(path: str, home: Path, working: Path) -> Path:
    if path.startswith("~"):
        return home / path.lstrip("~").lstrip("/")
    return Path(path) if path.startswith("/") else working / path


def _import(target: Target, name: str, content: str) -> Outcome:
    """Import a file; what is taken shows its name as text everywhere, and what is not leaves no image."""
    data = file_of(name, content)
    made = Outcome(f"{short(name, 60)}: {short(content, 60)} ({len(data)} bytes)")
    client = target.person.client
    before, memory = {one.image for one in client.images()}, _peak_memory(target)
    began = time.monotonic()
    answer = target.person.browser.post(
        "blotter/images",
        params={"file_name": name, "study": "STU-000001", "reason": "An attack of the set"},
        content=data,
    )
    took = time.monotonic() - began
    made.came_back = f"{answer.status_code} {short(answer.text, 120)}"
    made.expect(answer.status_code < 500, f"the service failed: {answer.text[:200]}")
    made.expect(took < 30, f"it took {took:.0f} s")
    made.expect(_peak_memory(target) - memory < _MEMORY_KIB, "the service took more memory than it may")
    made.expect("root:" not in answer.text, "a file of the machine came back")
    new = [one for one in client.images() if one.image not in before]
    if not answer.is_success:
        made.stopped_at = "import: refused"
        made.expect(not new, "refused, but there is an image")
        return made
    made.stopped_at = "import: kept as text"
    [image] = new
    target.own_work.append(image.image)
    last = name.replace("\\", "/").rsplit("/", 1)[-1].strip()  # of a path only the name is kept
    made.expect(image.file_name == last, f"another name: {image.file_name!r}")
    log = target.manager.follow("/hub/system/user-log").text
    for page in (log, target.person.hub.follow("/hub/home").text):
        made.expect("<img src=x" not in page and "<svg onload" not in page, "the name is markup in a page")
    made.expect(not cell(image.file_name).startswith(("=", "+", "-", "@")), "the name is a formula in a table")
    return made


def _peak_memory(target: Target) -> int:
    """Return the most memory that the records service ever had, in KiB."""
    status = Path(f"/proc/{target.pids['records']}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))
