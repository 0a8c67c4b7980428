"""What the database holds, looked at by its superuser: records and entries belong together, numbers have no gap."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from faults.killed_system import BACK_WITHIN_S, KilledSystem

#: Each statement returns what is wrong: a sentence and where. All of them look at everything.
_FAULTS = """
SELECT 'entry without its change', entry.id::text
FROM audit.entry AS entry LEFT JOIN records.revision AS revision
     ON revision.entry_id = entry.id AND revision.stream = entry.stream AND revision.rev = entry.rev
WHERE entry.rev IS NOT NULL AND revision.stream IS NULL
UNION ALL
SELECT 'change without its entry', revision.stream || ' ' || revision.rev
FROM records.revision AS revision LEFT JOIN audit.entry AS entry
     ON entry.id = revision.entry_id AND entry.stream = revision.stream AND entry.rev = revision.rev
        AND entry.content_sha256 = revision.sha256
WHERE entry.id IS NULL
UNION ALL
SELECT 'two changes of one entry', entry_id::text FROM records.revision GROUP BY entry_id HAVING count(*) > 1
UNION ALL
SELECT 'gap in the revisions', stream FROM records.revision GROUP BY stream HAVING max(rev) <> count(*)
UNION ALL
SELECT 'record that no list has', stream FROM records.revision AS revision
WHERE rev = 1 AND NOT EXISTS (SELECT FROM records.current AS known WHERE known.stream = revision.stream)
UNION ALL
SELECT 'entry without a number', entry.id::text
FROM audit.entry AS entry LEFT JOIN audit.leaf AS leaf ON leaf.entry_id = entry.id WHERE leaf.number IS NULL
UNION ALL
SELECT 'number without its entry', leaf.number::text
FROM audit.leaf AS leaf LEFT JOIN audit.entry AS entry ON entry.id = leaf.entry_id AND entry.leaf = leaf.leaf
WHERE entry.id IS NULL
UNION ALL
SELECT 'gap in the log', max(number)::text || ' numbers, ' || count(*)::text || ' entries'
FROM audit.leaf HAVING max(number) <> count(*) OR min(number) <> 1
UNION ALL
SELECT 'entry with two numbers', entry_id::text FROM audit.leaf GROUP BY entry_id HAVING count(*) > 1
UNION ALL
SELECT 'tree of another size', tree.size::text FROM audit.tree AS tree
WHERE tree.size <> (SELECT count(*) FROM audit.leaf)
"""
_SETTLED = """
SELECT (SELECT count(*) FROM audit.pending)
     + (SELECT count(*) FROM pg_stat_activity WHERE usename = 'blotter_runtime' AND xact_start IS NOT NULL)
"""
_NEW = """
SELECT entry.id, entry.entry, revision.content, revision.sha256
FROM audit.entry AS entry LEFT JOIN records.revision AS revision ON revision.entry_id = entry.id
WHERE entry.id > %s ORDER BY entry.id
"""
_MARK = re.compile(r"mark-\d+-\d{6}")


@dataclass
class Books:
    """What was found so far; each look reads what is new since the last one."""

    system: KilledSystem
    newest: int = 0
    entries: int = 0
    changes: int = 0
    marks: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    """Ids of the entries of a request's change, by its mark; of a refusal, by the record that was asked for."""

    def look(self) -> list[str]:
        """Wait until nothing is under way, read what is new, return what is wrong."""
        deadline = time.monotonic() + BACK_WITHIN_S
        with self.system.superuser() as connection:
            connection.autocommit = True
            while connection.execute(_SETTLED).fetchone() != (0,):
                assert time.monotonic() < deadline, "entries wait for their numbers"
                time.sleep(0.05)
            faults = [f"{what}: {where}" for what, where in connection.execute(_FAULTS)]
            for entry_id, entry, content, sha256 in connection.execute(_NEW, [self.newest]).fetchall():
                faults += self._read(entry_id, json.loads(entry), content, sha256)
        return faults

    def kept_answers(self) -> set[str]:
        """Return the keys of the requests whose answers are kept, for a repeated request."""
        with self.system.superuser() as connection:
            return {key for (key,) in connection.execute("SELECT key FROM records.answer")}

    def _read(self, entry_id: int, entry: dict[str, Any], content: str | None, sha256: str | None) -> list[str]:
        self.newest = entry_id
        self.entries += 1
        if content is None:
            if entry["outcome"] == "refused" and entry["record_id"]:
                self.marks[entry["record_id"]].append(entry_id)
            return []
        self.changes += 1
        mark = _mark_of(entry["action"], json.loads(content))
        if mark is not None:
            self.marks[mark].append(entry_id)
        digest = hashlib.sha256(content.encode()).hexdigest()
        return [] if digest == sha256 == entry["content_sha256"] else [f"digest of another content: entry {entry_id}"]


def _mark_of(action: str, content: dict[str, Any]) -> str | None:
    """Return the mark of the request that made a content; what it took over from the one before is not looked at."""
    said = {
        "notebook.save": lambda: content["cells"][-1]["source"],
        "sample.save": lambda: content["note"],
        "analysis.edit": lambda: content["shapes"][-1]["label"],
        "analysis.save": lambda: content["reason"],
        "result.create": lambda: content["title"],
    }.get(action)
    found = _MARK.search(said()) if said is not None else None
    return found[0] if found else None
