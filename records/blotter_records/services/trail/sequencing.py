"""The sequencer: gives audit entries their gap-free numbers and stands for the tree over them with signed checkpoints.

The database alone never proves anything against its superuser. So the sequencer keeps its own edge of the tree, from
the last checkpoint that it has signed, and extends it with what the database says came after; it never signs a root
that it has not computed itself, and nothing that does not continue what it signed before (C2SP tlog-checkpoint).
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence as Series
from datetime import datetime, timedelta

from blotter_records.domain.keys import KeyHistory, Predecessor
from blotter_records.domain.merkle import Frontier
from blotter_records.domain.note import BadNote, Checkpoint, SigningKey
from blotter_records.errors import IntegrityBroken
from blotter_records.ports.sequence import CheckpointFolder, Sequence, TreeHead

BATCH = 10_000
#: A new entry is under a checkpoint after this time at the latest; under load there is one checkpoint in this time.
CHECKPOINT_EVERY = timedelta(seconds=1)


class Sequencer:
    """Numbers entries and signs checkpoints, as long as the database continues what was signed before.

    Parameters
    ----------
    sequence : Sequence
        The database.
    folder : CheckpointFolder
        Where checkpoints go.
    key : SigningKey
        The installation's key; its name is the origin of the checkpoints.
    now : callable
        The time of this machine, aware, UTC: signed with each checkpoint, so not the database's.
    predecessors : sequence of Predecessor
        What the installation continues: their last checkpoints are continued like its own.
    """

    def __init__(
        self,
        sequence: Sequence,
        folder: CheckpointFolder,
        key: SigningKey,
        now: Callable[[], datetime],
        predecessors: Series[Predecessor] = (),
    ) -> None:
        self._sequence = sequence
        self._folder = folder
        self._key = key
        self._keys = KeyHistory(key.verifier(), predecessors)
        self._now = now
        self._signed: Frontier | None = None
        self._signed_at: datetime | None = None

    @property
    def size(self) -> int | None:
        """How many entries the newest checkpoint covers; None before the first look."""
        return self._signed.size if self._signed is not None else None

    def step(self, *, is_last: bool = False) -> bool:
        """Do what there is to do; tell whether this is the leading sequencer.

        Parameters
        ----------
        is_last : bool
            Sign at once what was numbered: there will be no next step.

        Raises
        ------
        IntegrityBroken
            ``integrity.checkpoint``: the database does not continue what was signed; nothing is numbered or signed.
        Unavailable
            The database or the folder does not answer.
        """
        if not self._sequence.lead():
            self._signed = None  # another one signs: look again at everything if it ends
            return False
        if self._signed is None:
            self._signed = self._continued()
        while self._sequence.number(BATCH) == BATCH:
            pass
        head = self._sequence.head()
        if head.size > self._signed.size and (is_last or self._is_due()):
            self._sign(head)
        return True

    def forget(self) -> None:
        """Look again at everything at the next step (the connection was lost: another one may have led)."""
        self._signed = None

    def _is_due(self) -> bool:
        return self._signed_at is None or self._now() - self._signed_at >= CHECKPOINT_EVERY

    def _continued(self) -> Frontier:
        """Return the edge of the newest signed tree, computed from the database's leaves and compared."""
        head = self._sequence.head()
        signed = self._newest()
        if signed is None:
            if head.size > 0:
                raise _broken(f"the database has {head.size} numbered entries, but no checkpoint was ever signed")
            tree = Frontier()
            self._write(tree, self._now())
            return tree
        if head.size < signed.size:
            raise _broken(f"the trail has {head.size} numbered entries, but a checkpoint over {signed.size} was signed")
        tree = self._extended(Frontier(), signed.size)
        if tree.root() != signed.root:
            raise _broken(f"the first {signed.size} entries are not those of the signed checkpoint")
        return tree

    def _newest(self) -> Checkpoint | None:
        """Return the larger of the newest checkpoints in folder and database, both checked."""
        found = []
        for place, note in (("the folder", self._folder.newest()), ("the database", self._sequence.newest_note())):
            if note is None:
                continue
            try:
                checkpoint, _ = self._keys.open(note)
            except BadNote as error:
                raise _broken(f"the newest checkpoint in {place} is not ours: {error}") from error
            found.append(checkpoint)
        return max(found, key=lambda checkpoint: checkpoint.size, default=None)

    def _extended(self, tree: Frontier, upto: int) -> Frontier:
        longer = Frontier.from_bytes(tree.size, tree.to_bytes())
        for leaf in self._sequence.leaves(tree.size, upto):
            longer.append(leaf)
        return longer

    def _sign(self, head: TreeHead) -> None:
        if self._signed is None:
            raise AssertionError
        tree = self._extended(self._signed, head.size)
        if tree.root() != head.root:
            raise _broken(f"the tree in the database over {head.size} entries is not the one over its leaves")
        now = self._now()
        self._write(tree, now)
        self._signed, self._signed_at = tree, now

    def _write(self, tree: Frontier, now: datetime) -> None:
        note = self._key.sign(Checkpoint(self._key.name, tree.size, tree.root()), int(now.timestamp()))
        self._folder.write(tree.size, note)
        self._sequence.keep_note(tree.size, note)


def _broken(why: str) -> IntegrityBroken:
    return IntegrityBroken(
        "integrity.checkpoint",
        f"Nothing more is numbered or signed: {why}.",
        "Run blotter verify. An older state of the database goes on only by blotter restore, under a new origin.",
    )
