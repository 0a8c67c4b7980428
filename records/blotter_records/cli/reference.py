"""The reference pages as Markdown, made from the tables that the program itself decides by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from blotter_records.contract.commands import SPECIFICATIONS
from blotter_records.contract.image_formats import IMAGE_FORMATS
from blotter_records.domain.authority import ON_A_COPY
from blotter_records.domain.catalogue import CATALOGUE, STEPS, Scope
from blotter_records.domain.flags import FLAGS
from blotter_records.domain.policy_table import POLICIES, PolicyRule
from blotter_records.domain.roles import DESK, READING, SHIPPED
from blotter_records.services.bundles import result_json
from blotter_records.vocabulary import (
    Action,
    Alarm,
    Event,
    ImageStatus,
    Meaning,
    ReasonRule,
    RecordKind,
    ResultStatus,
    Role,
)

_HEAD = "<!-- Written by `make docs`; do not edit. -->\n"


def pages() -> dict[str, str]:
    """Return every generated page: file name within ``docs/reference`` to its text."""
    return {
        "README.md": _index(),
        "authority.md": _authority(),
        "image-files.md": _image_files(),
        "policies.md": _policies(),
        "quality-flags.md": _quality_flags(),
        "result-json.md": _result_json(),
        "roles.md": _roles(),
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
        "- [authority.md](authority.md): which role may do what, in which status, signed and reasoned how",
        "- [roles.md](roles.md): the shipped roles, and the rules that none can weaken",
        "- [policies.md](policies.md): defaults and ranges",
        "- [quality-flags.md](quality-flags.md): what a reader of a number must be careful about, and what it asks for",
        "- [image-files.md](image-files.md): which image files are read, and what is refused",
        "- [workflow.md](workflow.md): the steps of a result",
        "- [result-json.md](result-json.md): results as JSON, in every bundle",
        "- [widgets.md](widgets.md): what a cell may say",
        "- The API's own description is served by the records service at `/api/v1/openapi.json`.",
    )


def _image_files() -> str:
    rows = [
        [f"`{one.name}`", one.label, ", ".join(one.endings), "yes" if one.is_picture else "", one.reads, one.refuses]
        for one in IMAGE_FORMATS
    ]
    return _page(
        "Image files",
        "A file is known by its first bytes, never by its name. It is sealed as it came; nothing is kept of one that",
        "is refused. An image has at most 20,000 rows and columns, file and decoded pixels have at most",
        "`max_image_bytes` (1 GiB unless set otherwise), and from 64 MiB on a file may not grow more than 200 times:",
        "all that is looked at before anything is decoded. What was done on the way to the counts is in the image's",
        "notes: on the import, the view and the report.\n",
        "A file of several channels becomes one acquisition with as many images, sealed together; they share it.\n",
        "*Picture*: not for quantification. Policy `image.pictures` says whether pictures are imported to be looked",
        "at (`view`), not at all (`refuse`), or may be measured (`measure`); a TIFF file in colour is one, too.\n",
        _table(["format", "of", "usual endings", "picture", "read", "refused"], rows),
    )


def _mark(action: Action, role: str) -> str:
    """Return how a role may do an action."""
    definition = SHIPPED[role]
    if not definition.may(action):
        return ""
    return "across" if action in definition.across else "yes"


def _authority() -> str:
    labels = [SHIPPED[role].label for role in Role]
    head = ["action", *labels, "in status", "signed as", "reason", "second", "changes data"]
    titles = {Scope.STUDY: "In studies", Scope.SITE: "On the installation", Scope.SELF: "One's own desk"}
    parts = []
    for scope, title in titles.items():
        rows = [
            [
                f"`{action}`",
                *(_mark(action, role) for role in Role),
                ", ".join(sorted(one.replace("_", " ") for one in rule.statuses)) if rule.statuses else "",
                rule.meaning.value if rule.meaning else "",
                "" if rule.reason is ReasonRule.NONE else _reason(rule.reason, rule.reason_from),
                rule.second.value.replace("_", " ") if rule.second else "",
                "yes" if rule.changes_data else "",
            ]
            for action, rule in CATALOGUE.items()
            if rule.scope is scope
        ]
        parts += [f"## {title}\n", _table(head, rows)]
    return _page(
        "Authority",
        "Everything that is not *yes* is refused and written to the audit trail (11.10(g)). In a study it holds for",
        "members, with the roles that they have in it; *across* reaches into studies of which somebody is no",
        "member, and each such reading is an entry. Who administers people, roles or policies holds no role on",
        "data. Whoever took an action that changes data is a contributor: neither reviews nor approves. *Second*:",
        "takes effect when a second person has signed, too (*four eyes*: as soon as there are two active System",
        "Managers; *approved*: for an approved record; *other role*: always, in another of the roles).\n",
        "A site may add roles and change these, within the [fixed rules](roles.md).\n",
        "A study that holds a [copy](../decisions/0011-copies.md) from another installation is read only, whatever the",
        f"role: beyond reading there are {', '.join(f'`{one}`' for one in sorted(ON_A_COPY - READING))}.\n",
        *parts,
    )


def _reason(rule: ReasonRule, first: int) -> str:
    return rule.value if first == 1 else f"{rule.value} from version {first}"


def _roles() -> str:
    rows = [[f"`{role.name}`", role.label, role.purpose] for role in SHIPPED.values()]
    return _page(
        "Roles",
        "Eight roles are shipped. A role is a set of actions; a site may add roles and change what a role may do,",
        "by a signed change that a second System Manager confirms. It holds for sessions that are opened afterwards.\n",
        _table(["role", "label", "what for"], rows),
        "## Fixed rules\n",
        "No role, shipped or added, can weaken these:\n",
        "- Who administers people, roles or policies has no action on data.",
        "- Who approves or invalidates makes no data.",
        "- Reviewer, Approver and Records Manager change no data; Auditor does nothing but read and export.",
        "- Only actions that the catalogue lets reach across studies can do so.",
        "- A shipped role cannot be retired, a name is never used again, a role cannot begin or cease to administer.",
        f"- Everybody keeps the own desk: {', '.join(f'`{action}`' for action in sorted(DESK))}.",
        "- Two active System Managers have to be left at any time.",
    )


def _policies() -> str:
    rows = [[f"`{rule.name}`", _value(rule), _range(rule), rule.meaning] for rule in POLICIES.values()]
    return _page(
        "Policies",
        "A change is signed, confirmed by a second System Manager, and holds for sessions that are opened afterwards.",
        "A fixed policy has this value in every installation.\n",
        _table(["policy", "default", "range", "what it decides"], rows),
    )


def _value(rule: PolicyRule) -> str:
    if isinstance(rule.default, bool):
        return "on" if rule.default else "off"
    if isinstance(rule.default, list):
        return "; ".join(rule.default)
    return f"{rule.default} {rule.unit}".strip()


def _range(rule: PolicyRule) -> str:
    if rule.is_fixed:
        return "fixed"
    if rule.choices:
        return ", ".join(rule.choices)
    if isinstance(rule.default, bool):
        return "on, off"
    return f"{rule.least}-{rule.most}" + (" characters" if isinstance(rule.default, str) else "")


def _quality_flags() -> str:
    rows = [[row.flag.value, row.meaning, row.number, f"`{row.policy}`", row.default.value] for row in FLAGS.values()]
    return _page(
        "Quality flags",
        "The records service tells them for each draft and version of an analysis, from what its record and its",
        "image say: in the viewer, the table of bands and its CSV and XLSX files, on the result, the signing page and",
        "the report. A flag changes no number, and nothing is stored of it: a version carries the same flags later.\n",
        "What a flag asks for before a result is submitted is a policy: *noted* (nothing), *reason* (one for this",
        "flag on this shape or lane, given in `Result`), *blocks* (the result cannot be submitted). It is looked at",
        "when the signing page is prepared and again when it is signed; a refusal names flag and shape, and is in the",
        "trail. Reasons are part of what a signature binds; a version that was signed keeps those that it has.\n",
        "Saturated pixels are noted up to `saturation.per_mille` of a shape's pixels; in a control, total or standard,",
        "by which others are told, one is enough. A shape that is background carries no flag. *As it was found*: by",
        "the search for bands, as long as nobody has changed the shape.\n",
        _table(["flag", "what it means", "number behind it", "policy", "default"], rows),
    )


def _workflow() -> str:
    rows = [
        [
            step.label,
            f"`{step.action}`",
            ", ".join(sorted(step.statuses or ())),
            step.target.value if step.target else "",
            step.meaning.value if step.meaning else "not signed",
            "" if step.reason is ReasonRule.NONE else step.reason.value,
            ", ".join(SHIPPED[role].label for role in Role if SHIPPED[role].may(step.action)),
        ]
        for step in STEPS.values()
    ]
    return _page(
        "Workflow of a result",
        "Every step that exists (11.10(f)); everything else is refused. No step leads away from *approved* but",
        "*invalidate*, *supersede* and *archive*; none leads back to analysis.\n",
        _table(["step", "action", "from", "to", "signature's meaning", "reason", "roles"], rows),
    )


def _result_json() -> str:
    def fields(rows: Mapping[str, str]) -> str:
        return _table(["field", "what it is"], [[f"`{name}`", said] for name, said in rows.items()])

    signed = {
        "signed_at": "time of the signature's entry, UTC",
        "zone": "time zone of the laboratory (IANA)",
        "utc_offset": "what the laboratory's clock was ahead of UTC",
        "entry": "number of the signature's entry in the audit trail",
    }
    return _page(
        "Results as JSON",
        "Every bundle holds `data/results/ID.json` for each of its results: numbers, units and signatures in one",
        f"document, format `{result_json.FORMAT}`. Fields are only ever added; a format with others gets another name.",
        "The document follows from the records of the bundle alone, and `verify.py` makes it again and compares.\n",
        fields({"format": f"`{result_json.FORMAT}`", "revision": "revision of the record that this is"}),
        fields(result_json.RESULT_FIELDS),
        "## `units`\n",
        "Of every number, by its name.\n",
        _table(["number", "unit"], [[f"`{name}`", unit] for name, unit in result_json.UNITS.items()]),
        "## `analyses`\n",
        "Each pinned version, in the order of the pins: `analysis`, `version`, `digest`, and\n",
        fields(result_json.ANALYSIS_FIELDS),
        "`shapes` are the shapes of the version: `shape` (its id), `label`, one of `rectangle` (half-open, px),",
        "`ellipse` (centre, half axes, degrees turned), `polygon` and `freehand` (corners: row, column; centres of",
        "pixels are whole numbers), and",
        "`measurements`: the numbers above as stored, not rounded, null where one is not defined, and `notes`.\n",
        "`quantities`, only where they were set: what was `chosen`, the `inputs` (lanes, bands of others), and the",
        "`numbers` with their `notes`, as stored.\n",
        "## `signatures`\n",
        "Every signature on any version of the result, oldest first.\n",
        fields({**result_json.SIGNATURE_FIELDS, **signed}),
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
        ("Kinds of record", RecordKind),
        ("Notifications", Alarm),
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
