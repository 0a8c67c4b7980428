"""Writes docs/validation/tampering.md from the table of attacks that the tests run: python tests/tampering_page.py."""

from __future__ import annotations

import re
from pathlib import Path

from attacks import ATTACKS, REFUSED_TO_ALL, REFUSED_TO_THE_SERVICE

PAGE = Path(__file__).resolve().parents[1] / "docs" / "validation" / "tampering.md"
SUPERUSER = "database superuser, every trigger and constraint off"
ROLES = "records service, sequencer, reader, owner"

#: What other tests of the same module do: who, what, what comes of it.
OUTSIDE = [
    ("somebody with the store's files", "change one byte of a sealed file", "its bytes are not those that were sealed"),
    (
        "somebody with the store's files",
        "delete sealed files",
        "file … is missing from the store; it belongs to image …",
    ),
    ("somebody with the checkpoints' folder", "edit a checkpoint", "its signature does not fit its text"),
    ("somebody with the checkpoints' folder", "sign a checkpoint with another key", "is not signed by …'s key"),
    ("somebody with the checkpoints' folder", "delete all checkpoints", "there is none outside the database"),
    ("somebody with the signing key", "sign a second history", "contradicts …: two histories of 5 entries were signed"),
    (
        "superuser with the signing key and the checkpoints' folder",
        "edit or cut off, recompute everything, sign every checkpoint again",
        "`verify --since` with a checkpoint that somebody kept: not continued",
    ),
]
NOT_FOUND = [
    ("superuser", "change an entry after its commit, before its first checkpoint (about a second)"),
    ("superuser with the signing key and every copy of every checkpoint", "write another history"),
    ("whoever replaces the program of the records service", "write false entries from then on, or none"),
]


def page() -> str:
    """Return the page."""
    lines = [
        "<!-- Written by `python tests/tampering_page.py` from the attacks that the tests run; do not edit. -->",
        "",
        "# Tampering: who tries what, and what comes of it",
        "",
        "Each row is run by `tests/security/test_superuser_tampering.py` on a real PostgreSQL. *Found* is the text",
        "that `blotter verify` prints (… stands for anything); the test fails too if it prints anything else.",
        "",
        f"## Done as {SUPERUSER}, found by `blotter verify`",
        "",
        "| attack | found |",
        "|---|---|",
        *(f"| {name} | {'<br>'.join(readable(one) for one in patterns)} |" for name, (_, patterns) in ATTACKS.items()),
        "",
        "## Done outside the database, found by `blotter verify`",
        "",
        "| who | attack | found |",
        "|---|---|---|",
        *(f"| {who} | {what} | {found} |" for who, what, found in OUTSIDE),
        "",
        "## Refused by the database",
        "",
        "| who | statement | refused by |",
        "|---|---|---|",
        *(f"| {ROLES} | {code(one)} | missing privilege; the owner: trigger, foreign key |" for one in REFUSED_TO_ALL),
        *(f"| records service | {code(one)} | missing privilege |" for one in REFUSED_TO_THE_SERVICE),
        "| records service | a field in an entry's details that is unknown, repeated or missing | trigger |",
        "| records service | a change without its revision, or a revision alone | missing privilege |",
        "| records service | a revision without the one before it | the function that writes it |",
        "| records service | the same revision a second time | primary key |",
        "| superuser with `session_replication_role = replica` | `DELETE` in the trail | trigger (`ENABLE ALWAYS`) |",
        "",
        "## Not found",
        "",
        "| who | attack |",
        "|---|---|",
        *(f"| {who} | {what} |" for who, what in NOT_FOUND),
        "",
        "The first of these has a test that shows it; [trust](../explanation/trust.md) says what follows from them.",
    ]
    return "\n".join(lines) + "\n"


def readable(pattern: str) -> str:
    """Return a regular expression of the table as a person reads it."""
    text = re.sub(r"\[13\]", "1 or 3", pattern).replace("0+", "…").replace(".*", "…")
    return re.sub(r"\\(.)", r"\1", text).replace("|", "\\|")


def code(statement: str) -> str:
    """Return a statement as code in a table."""
    return f"`{statement}`".replace("|", "\\|")


if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
