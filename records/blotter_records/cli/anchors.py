"""``blotter anchors``: where checkpoints are kept, what each place has, how old that is; 1 when one has a fault."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from blotter_records.adapters.checkpoint_folder import FileCheckpointFolder
from blotter_records.adapters.installation import Installation, open_existing
from blotter_records.adapters.machine_clock import utc_now
from blotter_records.cli.noticed import read_state


@dataclass(frozen=True)
class Anchor:
    """What a place has: entries under its last checkpoint (None: none), seconds since it took it, what is wrong."""

    name: str
    kind: str
    size: int | None
    age_s: float | None
    fault: str

    def line(self) -> str:
        """Return it for a person."""
        has = f"{self.size:>10} entries" if self.size is not None else "   nothing yet    "
        return f"  {self.name:<16} {self.kind:<13} {has}  {age(self.age_s):<12} {self.fault}".rstrip()


def command(data: Annotated[Path, typer.Option(help="the data directory")]) -> None:
    """Show each place where checkpoints go, the last one that it took, and how old that is."""
    found = anchors(open_existing(data.expanduser().resolve()))
    print("\n".join(one.line() for one in found))
    if any(one.fault for one in found):
        raise typer.Exit(1)


def anchors(installation: Installation) -> list[Anchor]:
    """Return the installation's own folder, then the places of ``anchors.toml``, as the housekeeper saw them last."""
    newest = installation.data / "checkpoints" / "latest"
    note = FileCheckpointFolder(newest.parent).latest()
    now = utc_now()
    own = Anchor(
        "checkpoints",
        "own folder",
        int(note.split("\n")[1]) if note is not None else None,
        now.timestamp() - newest.stat().st_mtime if note is not None else None,
        _refused(newest.parent),
    )
    sent = read_state(installation.data / "housekeeping").get("anchors", {})
    return [own, *(_anchor(name, one, now) for name, one in sent.items())]


def _anchor(name: str, sent: dict[str, Any], now: datetime) -> Anchor:
    size = sent["size"] if sent["size"] >= 0 else None
    return Anchor(name, sent["kind"], size, seconds_since(sent["at"], now), sent["fault"])


def _refused(folder: Path) -> str:
    """Return why nothing is signed; empty when all is well."""
    file = folder / "refused"
    return file.read_text().strip() if file.exists() else ""


def seconds_since(at: str | None, now: datetime) -> float | None:
    """Return the age of a time in the housekeeper's state."""
    return (now - datetime.fromisoformat(at)).total_seconds() if at else None


def age(seconds: float | None) -> str:
    """Return an age for a person."""
    if seconds is None:
        return "never"
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit} ago"
    return f"{max(seconds, 0):.0f} s ago"
