"""Going on from a backup under a new origin: what the trail, and the people, are told (C2SP: never two histories).

The restored trail holds what the backup holds. What the old installation recorded after it is not there, and may still
be somewhere: so the old origin's key never signs again. The first entry that the new origin adds says what it
continues, from which size and root on; the checkpoint over it is the first that the new key signs.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

from blotter_records.domain.backup import Manifest
from blotter_records.domain.keys import Predecessor
from blotter_records.domain.reasons import Reason
from blotter_records.ports.entries import NewEntry, WrittenEntry
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.operating.alarms import raise_alarm
from blotter_records.services.people.changing import end_sessions
from blotter_records.services.people.finding import every
from blotter_records.vocabulary import Alarm, Event, Severity

CAUSE = "restored from a backup"


@dataclass(frozen=True)
class Continued:
    """What a restored installation goes on from.

    Parameters
    ----------
    manifest : Manifest
        Of the backup.
    manifest_sha256 : str
    origin, key : str
        The new ones.
    is_key_given : bool
        Whether the backup was checked with a key from elsewhere, not only with the one in it.
    """

    manifest: Manifest
    manifest_sha256: str
    origin: str
    key: str
    is_key_given: bool

    @property
    def before(self) -> Predecessor:
        """The installation that is continued."""
        return self.manifest.history()[-1]

    def statement(self) -> str:
        """Return the signed text that lies beside the checkpoints; no reader can take it for one."""
        before = self.before
        root = base64.b64encode(before.root).decode()
        return f"blotter continuation\n{self.origin}\n{before.origin}\n{before.size}\n{root}\n{before.key}\n"


def continue_trail(ledger: Ledger, actor: Actor, continued: Continued, reason: Reason) -> WrittenEntry:
    """End every session, write the entry of the continuation, tell the System Managers; one transaction."""
    before, manifest = continued.before, continued.manifest
    message = (
        f"Continued from {before.origin} at size {before.size}, root {before.root.hex()}: restored from backup "
        f"{manifest.name} of {manifest.made_at}; from here on {continued.origin} signs"
    )
    with ledger.begin() as work:
        entry = work.note(
            NewEntry(
                stream="system",
                action=Event.BACKUP_RESTORE,
                subject=actor.subject(),
                reason=reason.text,
                old=before.as_json(),
                new={
                    "origin": continued.origin,
                    "key": continued.key,
                    "backup": manifest.name,
                    "manifest_sha256": continued.manifest_sha256,
                    "is_key_given": continued.is_key_given,
                    "entries": manifest.tree_size + manifest.waiting,
                    "files": manifest.store_files,
                    "faults": len(manifest.faults),
                },
                summary=message,
            )
        )
        _end_sessions(work, actor)
        raise_alarm(
            work,
            actor,
            Alarm.RESTORED,
            Severity.CRITICAL,
            f"{message}. What was recorded after the backup is not here. Nothing can be signed until this is "
            "acknowledged.",
            about=manifest.name,
            facts={"entry": entry.id, "reason": reason.text},
        )
        work.commit()
    return entry


def _end_sessions(work: UnitOfWork, actor: Actor) -> None:
    """End the sessions that were open when the backup was made: their tokens belong to another installation."""
    for account in every(work):
        end_sessions(work, actor, account, CAUSE)
