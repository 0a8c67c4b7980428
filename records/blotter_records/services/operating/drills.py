"""The restore drill: a backup that nobody has restored is only believed to be one (A11 7.2).

Besides what every restore verifies, the restored trail is compared with the one that is alive: a proof over the live
leaves (RFC 9162, 2.1.4) shows that the live trail continues the restored one, entry by entry.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from blotter_records.domain.backup import Manifest
from blotter_records.domain.keys import KeyHistory
from blotter_records.domain.merkle import is_consistent, prove_consistency
from blotter_records.domain.note import BadNote
from blotter_records.ports.entries import NewEntry, TrailFilter
from blotter_records.ports.ledger import Ledger
from blotter_records.ports.seals import Seals
from blotter_records.services.acting.actor import Actor
from blotter_records.services.operating.alarms import raise_alarm
from blotter_records.vocabulary import Alarm, Event, Outcome, Severity

#: Backups that are looked for in the trail.
_BACK = 1_000
#: Faults that the trail's entry names.
_NAMED = 20


@dataclass
class Drill:
    """A drill: which backup, what was looked at, what was found."""

    folder: str
    manifest: Manifest | None = None
    manifest_sha256: str = ""
    entries: int = 0
    files: int = 0
    numbers: int = 0
    live_size: int = 0
    duration_s: float = 0.0
    faults: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Whether everything was as it should be."""
        return not self.faults

    def counted(self) -> str:
        """Return in one line what was looked at."""
        name = self.manifest.name if self.manifest is not None else f"no backup in {self.folder}"
        return (
            f"{name}: {self.entries} entries, {self.files} files, {self.numbers} numbers recomputed, compared with "
            f"{self.live_size} live entries, {self.duration_s:.1f} s"
        )


def compare_with_live(
    ledger: Ledger, seals: Seals, keys: KeyHistory, manifest: Manifest, manifest_sha256: str
) -> tuple[int, list[str]]:
    """Return how many live entries were compared, and what does not fit.

    Raises
    ------
    Unavailable
        The live database does not answer.
    """
    faults = []
    with ledger.begin() as work:
        wanted = TrailFilter(actions=[Event.BACKUP_RUN, Event.BACKUP_FAILED], newest_first=True, limit=_BACK)
        known = {(one.body.get("new") or {}).get("manifest_sha256") for one in work.entries(wanted)}
    if manifest_sha256 not in known:
        faults.append(f"backup {manifest.name}: the live trail knows of no backup with this manifest")
    seal = seals.newest()
    try:
        live, _ = keys.open(seal.note if seal is not None else "")
    except BadNote as error:
        return 0, [*faults, f"the newest live checkpoint: {error}"]
    fault = _not_continued(manifest, live.size, live.root, list(seals.leaves(live.size)))
    return live.size, [*faults, *([fault] if fault else [])]


def _not_continued(manifest: Manifest, size: int, root: bytes, leaves: Sequence[bytes]) -> str:
    first, first_root = manifest.tree_size, bytes.fromhex(manifest.tree_root)
    if first > size:
        return f"the backup holds {first} numbered entries, the live trail's newest checkpoint covers {size}"
    if len(leaves) != size:
        return f"the live trail has {len(leaves)} of the {size} entries that its newest checkpoint covers"
    if not is_consistent(first, first_root, size, root, prove_consistency(first, leaves)):
        return f"the live trail does not continue the restored one: its first {first} entries are not those"
    return ""


def note_drill(ledger: Ledger, actor: Actor, drill: Drill) -> None:
    """Write the result in the live trail; a failed drill is also a notification."""
    manifest = drill.manifest
    with ledger.begin() as work:
        entry = work.note(
            NewEntry(
                stream="system",
                action=Event.RESTORE_DRILL,
                subject=actor.subject(),
                outcome=Outcome.DONE if drill.is_good else Outcome.FAILED,
                new={
                    "folder": drill.folder,
                    "backup": manifest.name if manifest is not None else None,
                    "manifest_sha256": drill.manifest_sha256,
                    "tree_size": manifest.tree_size if manifest is not None else None,
                    "tree_root": manifest.tree_root if manifest is not None else None,
                    "checkpoint_size": manifest.checkpoint_size if manifest is not None else None,
                    "entries": drill.entries,
                    "files": drill.files,
                    "numbers": drill.numbers,
                    "live_size": drill.live_size,
                    "duration_s": round(drill.duration_s, 1),
                    "faults": drill.faults[:_NAMED],
                },
                summary=f"Restore drill {'passed' if drill.is_good else 'FAILED'}: {drill.counted()}"
                + "".join(f"; {fault}" for fault in drill.faults[:3])[:1000],
            )
        )
        if not drill.is_good:
            raise_alarm(
                work,
                actor,
                Alarm.DRILL_FAILED,
                Severity.CRITICAL,
                f"The restore drill failed: {drill.faults[0]}",
                about="drill",
                facts={"entry": entry.id, "faults": len(drill.faults)},
            )
        work.commit()
