"""Verifies a whole installation, read-only, and names every fault in one line.

1. Checkpoints outside the database: signed by the installation's key, none contradicts another.
2. Numbers: 1, 2, 3 and so on, none missing, none twice, each with its entry.
3. Entries: the text has its hash (in the row and in the tree), the columns say what the text says, the text was
   written through the records service's database login.
4. Tree: its root is that of each checkpoint; it is not shorter than any of them.
   With kept checkpoints (``kept_notes``): the tree over as many entries as each covers has its root, so the trail of
   today is that of then with entries added at the end (the recomputation that RFC 9162, 2.1.4, has a proof for).
5. Times: each entry lies between the checkpoints that frame it.
6. Waiting entries: none without a number for longer than a minute.
7. Records: revisions without gaps, each with the content that its entry's hashed text names, and the other way round;
   each signature binds a version of its result that exists.
8. Files: each sealed file has the bytes that its name says; no record's file is missing.

What this cannot show: an entry changed before its first checkpoint was made (about a second), a history rewritten by
somebody who has the database, the signing key and every copy of the checkpoints, and what was never recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from blotter_records.domain.keys import KeyHistory
from blotter_records.errors import IntegrityBroken, Unavailable
from blotter_records.ports.files import Store
from blotter_records.ports.trail_reader import TrailReader
from blotter_records.services.trail.verifying_checkpoints import Checkpoints, Finding, Signed
from blotter_records.services.trail.verifying_records import RecordCheck
from blotter_records.services.trail.verifying_trail import TrailCheck


@dataclass
class VerificationReport:
    """What was found, and how much was looked at; ``continued`` are size and kept checkpoint that were confirmed."""

    findings: list[Finding] = field(default_factory=list)
    entries: int = 0
    files: int = 0
    checkpoints: int = 0
    continued: list[tuple[int, Signed]] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """True when there is no finding."""
        return not self.findings


def verify_installation(
    reader: TrailReader,
    store: Store,
    checkpoint_notes: Iterable[tuple[str, str]],
    keys: KeyHistory,
    kept_notes: Iterable[tuple[str, str]] = (),
) -> VerificationReport:
    """Verify everything.

    Parameters
    ----------
    reader : TrailReader
        The database, in one snapshot.
    store : Store
        The sealed files.
    checkpoint_notes : iterable of (name, text)
        The checkpoints kept outside the database; the more copies from other places, the stronger.
    keys : KeyHistory
        The installation's public key, best from a place of one's own, and those of what it continues.
    kept_notes : iterable of (name, text)
        Checkpoints that somebody took away earlier: today's trail has to continue each of them.

    Raises
    ------
    Unavailable
        The database or the store cannot be read: then nothing is said.
    """
    notes = list(checkpoint_notes)  # before the snapshot, so that the database is never behind them
    report = VerificationReport()
    now = reader.now()
    checkpoints = Checkpoints(keys)
    report.findings += checkpoints.read(notes)
    report.findings += checkpoints.keep(kept_notes)
    report.findings += checkpoints.compare(reader.notes(), now)
    report.checkpoints = len(checkpoints.outside)
    trail = TrailCheck(checkpoints, now, reader.entry)
    report.findings += trail.check(reader.numbered(), reader.head())
    report.entries, report.continued = trail.entries, trail.continued
    records = RecordCheck()
    report.findings += records.check(reader.changes(), reader.current())
    files: set[str] = set()
    report.findings += _check_files(store, files)
    report.files = len(files)
    for sha256, owner in records.files.items():
        if sha256 not in files:
            report.findings.append(Finding(f"file {sha256}", f"is missing from the store; it belongs to {owner}"))
    return report


def _check_files(store: Store, seen: set[str]) -> Iterator[Finding]:
    for sha256 in store.names():
        seen.add(sha256)
        try:
            for _ in store.open(sha256):
                pass
        except IntegrityBroken:
            yield Finding(f"file {sha256}", "its bytes are not those that were sealed")
        except Unavailable as error:
            yield Finding(f"file {sha256}", f"cannot be read: {error.message}")
