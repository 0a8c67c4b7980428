"""How an attack ended: a line of the table."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Outcome:
    """What was sent, what came back, and where it was stopped."""

    sent: str
    came_back: str = ""
    stopped_at: str = ""
    #: Why the attack had success, in words; empty when it was stopped.
    faults: list[str] = field(default_factory=list)

    def expect(self, is_so: object, otherwise: str) -> None:
        """Note a fault unless something is so."""
        if not is_so:
            self.faults.append(otherwise)

    def add(self, other: Outcome) -> None:
        """Join what another try of the same attack showed."""
        for name in ("came_back", "stopped_at"):
            known, new = getattr(self, name), getattr(other, name)
            if new and new not in known.split(" · "):
                setattr(self, name, f"{known} · {new}" if known else new)
        self.faults += other.faults


def short(value: Any, length: int = 100) -> str:
    """Return a value on one line of a table."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    clean = "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in text[: 2 * length])
    return clean if len(clean) <= length and len(text) <= 2 * length else clean[: length - 1] + "…"


def write_table(rows: Iterable[tuple[str, str, Outcome]], file: Path) -> None:
    """Write id, channel, what was sent, what came back and where it was stopped, separated by tabs."""
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = ["id\tchannel\tsent\tcame back\tstopped at\tverdict"]
    for identifier, channel, made in rows:
        verdict = "NOT STOPPED: " + "; ".join(made.faults) if made.faults else "stopped"
        cells = (identifier, channel, made.sent, made.came_back, made.stopped_at, verdict)
        lines.append("\t".join(short(cell, 240) for cell in cells))
    file.write_text("\n".join(lines) + "\n", "utf-8")
