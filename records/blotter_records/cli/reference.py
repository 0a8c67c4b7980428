"""The reference pages as Markdown, made from the tables that the program itself decides by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from blotter_records.contract.commands import SPECIFICATIONS
from blotter_records.domain.authority import CHANGES_DATA, MAY, ROLE_NAMES
from blotter_records.domain.workflow import TRANSITIONS
from blotter_records.vocabulary import Action, Event, ImageStatus, Meaning, ResultStatus, Role

_HEAD = "<!-- Written by `make docs`; do not edit. -->\n"


def pages() -> dict[str, str]:
    """Return every generated page: file name within ``docs/reference`` to its text."""
    return {
        "README.md": _index(),
        "authority.md": _authority(),
        "vocabulary.md": _vocabulary(),
        "widgets.md": _widgets(),
        "workflow.md": _workflow(),
    }


def _page(title: str, *parts: str) -> str:
    return "\n".join([_HEAD, f"# {title}", "", *parts]).rstrip() + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _index() -> str:
    return _page(
        "Reference",
        "Made from the code by `make docs`.\n",
        "- [vocabulary.md](vocabulary.md): actions, events, statuses, roles, meanings",
        "- [authority.md](authority.md): which role may do what",
        "- [workflow.md](workflow.md): the steps of a result",
        "- [widgets.md](widgets.md): what a cell may say",
        "- The API's own description is served by the records service at `/api/v1/openapi.json`.",
    )


def _authority() -> str:
    head = ["action", *(ROLE_NAMES[role] for role in Role), "changes data"]
    rows = [
        [
            f"`{action}`",
            *("yes" if action in MAY[role] else "" for role in Role),
            "yes" if action in CHANGES_DATA else "",
        ]
        for action in Action
    ]
    return _page(
        "Authority",
        "Everything that is not *yes* is refused and written to the audit trail (11.10(g)). A System Manager may hold",
        "no other role. Whoever took an action that changes data is a contributor: neither reviews nor approves.\n",
        _table(head, rows),
    )


def _workflow() -> str:
    rows = [
        [
            step.label,
            f"`{step.action}`",
            ", ".join(sorted(source.value for source in step.sources)),
            step.target.value,
            step.meaning.value if step.meaning else "not signed",
            "required" if step.needs_reason else "",
            ", ".join(ROLE_NAMES[role] for role in Role if step.action in MAY[role]),
        ]
        for step in TRANSITIONS.values()
    ]
    return _page(
        "Workflow of a result",
        "Every step that exists (11.10(f)); everything else is refused. No step leads away from *approved*.\n",
        _table(["step", "action", "from", "to", "signature's meaning", "reason", "roles"], rows),
    )


def _vocabulary() -> str:
    parts = []
    for title, words in (
        ("Actions", Action),
        ("Events", Event),
        ("Image status", ImageStatus),
        ("Result status", ResultStatus),
        ("Roles", Role),
        ("Meanings of a signature", Meaning),
    ):
        parts += [f"## {title}\n", *(f"- `{word.value}`" for word in words), ""]
    return _page("Vocabulary", *parts)


def _widgets() -> str:
    rows = [
        [
            f"`{row.name}`",
            row.summary,
            ", ".join(f"`{name}`" for name in row.arguments.model_fields) or "none",
            f"`{row.example}`",
        ]
        for row in SPECIFICATIONS.values()
    ]
    return _page(
        "Widgets",
        "A cell is one call, keyword arguments only, literal values only; nothing else is run.\n",
        _table(["widget", "what it does", "arguments", "example"], rows),
    )
