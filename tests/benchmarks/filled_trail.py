"""A trail of any size, put there by the superuser with COPY: what it holds is what the service would have written."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from blotter_records.adapters.checkpoint_folder import FileCheckpointFolder
from blotter_records.domain.canonical import canonical
from blotter_records.domain.merkle import Frontier
from blotter_records.domain.note import Checkpoint, SigningKey
from blotter_records.domain.records import Analysis

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from clusters import Database, running_cluster

KEY = SigningKey.make("blotter/0123456789abcdef")
#: Revisions of an analysis, entries of each kind: one of two entries changes a record.
REVS = 20
BATCH = 1000
_START = datetime(2026, 1, 1, tzinfo=UTC)
_STEP = timedelta(seconds=20)
_NOTES = ("session.login", "image.view", "log.image.view", "action.refused")
_TABLES = ("audit.entry", "audit.leaf", "audit.tree", "audit.checkpoint", "records.revision", "records.current")
_ENTRY_COLUMNS = (
    "id, stream, rev, at, action, outcome, account, record_kind, record_id, record_version, content_sha256, entry, leaf"
)
_FILLED = (f"audit.entry ({_ENTRY_COLUMNS})", "audit.leaf", "records.revision", "records.current")
#: What an analysis says, but for the names and numbers that differ.
_CONTENT = canonical(
    Analysis(
        analysis="{record}", image="IMG-000001", file_sha256="f" * 64, pixels_sha256="e" * 64, shapes=[],
        background={"method": "ring"}, measurements=[{"shape": f"S{n}", "total": 1000 + n} for n in range(6)],
        formula_set="1", next_shape=7, contributors=["ACC-000001"], versions=[], reason="{rev}",
    ).as_json()
)  # fmt: skip
_KEYS = "{image:IMG-000001,person:ACC-000001,status:draft}"


@dataclass(frozen=True)
class FilledTrail:
    """A database with entries, and the folder with checkpoints over them."""

    database: Database
    folder: FileCheckpointFolder
    entries: int
    text_bytes: int
    """Of all entries and revisions."""


@contextmanager
def filled_trail(entries: int, *, is_indexed: bool = True) -> Iterator[FilledTrail]:
    """Fill a new database in a cluster of its own for the time of the block, with the search's indexes or not."""
    with running_cluster(is_durable=False) as cluster, TemporaryDirectory() as folder:
        database = cluster.new_database()
        yield _fill(database, FileCheckpointFolder(Path(folder)), entries, is_indexed)


def _fill(database: Database, folder: FileCheckpointFolder, entries: int, is_indexed: bool) -> FilledTrail:
    tree, text_bytes = Frontier(), 0
    notes: list[tuple[int, str]] = []
    with database.connect("postgres", autocommit=True) as superuser, _bare(superuser, is_indexed):
        for first in range(1, entries + 1, BATCH):
            lines: tuple[list[str], ...] = ([], [], [], [])
            for number in range(first, min(first + BATCH, entries + 1)):
                leaf, size = _write(number, *lines)
                tree.append(leaf)
                text_bytes += size
            for table, column in zip(_FILLED, lines, strict=True):
                with superuser.cursor().copy(f"COPY {table} FROM STDIN") as copy:
                    copy.write("".join(column))
            newest = int((_START + _STEP * tree.size).timestamp()) + 1
            notes.append((tree.size, KEY.sign(Checkpoint(KEY.name, tree.size, tree.root()), newest)))
        with superuser.cursor().copy("COPY audit.checkpoint (size, note) FROM STDIN") as copy:
            for row in notes:
                copy.write_row(row)
        superuser.execute(
            "UPDATE audit.tree SET size = %s, frontier = %s, root = %s", [tree.size, tree.to_bytes(), tree.root()]
        )
        superuser.execute("SELECT setval('audit.entry_id_seq', %s)", [entries])
    for size, note in notes[-50:]:  # a file and an fsync each: the last ones do
        folder.write(size, note)
    return FilledTrail(database, folder, entries, text_bytes)


@contextmanager
def _bare(superuser: psycopg.Connection, is_indexed: bool) -> Iterator[None]:
    """Take triggers and second indexes off the tables for the time of the block."""
    indexes = superuser.execute(
        "SELECT schemaname || '.' || indexname, indexdef FROM pg_indexes"
        " WHERE schemaname = 'audit' AND tablename IN ('entry', 'word') AND indexname ~ '_(by|refused)_'"
    ).fetchall()
    for table in _TABLES:
        superuser.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
    for name, _ in indexes:
        superuser.execute(f"DROP INDEX {name}")
    yield
    superuser.execute("SET maintenance_work_mem = '256MB'")
    if is_indexed:
        superuser.execute("INSERT INTO audit.word SELECT id, audit.words(entry) FROM audit.entry ORDER BY id")
    for _, definition in indexes if is_indexed else ():
        superuser.execute(definition)
    for table in _TABLES:
        superuser.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL")
    superuser.execute("VACUUM ANALYZE")


def _write(
    number: int, entries: list[str], leaves: list[str], revisions: list[str], records: list[str]
) -> tuple[bytes, int]:
    """Add an entry, its number and, for every second one, its revision as lines for COPY; return leaf and bytes."""
    at, changes = (_START + _STEP * number).strftime("%Y-%m-%dT%H:%M:%S.%fZ"), number % 2 == 0
    account = f"ACC-{number % 40:06d}"
    if changes:
        place = number // 2 - 1
        record, rev = f"ANL-{place // REVS:06d}", str(place % REVS + 1)
        content = _CONTENT.replace("{record}", record).replace("{rev}", rev)
        sha256 = hashlib.sha256(content.encode()).hexdigest()
        stream, action, outcome, kind = f"analysis:{record}", "analysis.edit", "done", "analysis"
        revisions.append(f"{stream}\t{rev}\t{kind}\t{record}\t\\N\t{content}\t{sha256}\t{number}\n")
        if rev == "1":
            records.append(f"{stream}\t{kind}\t{record}\t\t{number}\t{at}\t{_KEYS}\n")
    else:
        record, rev, content, sha256, kind = f"IMG-{number % 5000:06d}", "null", "", "", ""
        stream, action = f"image:{record}", _NOTES[number // 2 % len(_NOTES)]
        outcome = "refused" if action == "action.refused" else "done"
    text = (
        f'{{"v" : 1, "id" : {number}, "at" : "{at}", "zone" : "UTC", "offset" : "+00:00", "login" : "blotter_runtime", '
        f'"stream" : "{stream}", "rev" : {rev}, "action" : "{action}", "outcome" : "{outcome}", '
        f'"account" : "{account}", "record_kind" : {_quoted(kind)}, "record_id" : "{record}", '
        f'"record_version" : null, "content_sha256" : {_quoted(sha256)}, "address":"127.0.0.1",'
        f'"printed_name":"Ann Analyst","reason":"","session":"SES-000001","software":"0.1.0",'
        f'"summary":"Did {action} on {record} with number {number}","user_name":"ann"}}'
    )
    leaf = hashlib.sha256(b"\0" + text.encode()).digest()
    row = (str(number), stream, rev, at, action, outcome, account, kind, record, "", sha256, text, f"\\\\x{leaf.hex()}")
    entries.append("\t".join("\\N" if one in ("", "null") else one for one in row) + "\n")
    leaves.append(f"{number}\t{number}\t\\\\x{leaf.hex()}\n")
    return leaf, len(text) + len(content)


def _quoted(text: str) -> str:
    return f'"{text}"' if text else "null"
