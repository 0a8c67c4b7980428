"""Who may have signed a checkpoint of this trail: the installation's key, and those of what it continues.

After a restore the installation has a new origin and a new key (never two histories under one key). The checkpoints
that the old origin signed stay good up to the size at which the new one took over, and not one entry further.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from blotter_records.domain.note import BadNote, Checkpoint, VerifierKey, open_checkpoint


@dataclass(frozen=True)
class Predecessor:
    """An origin that this installation continues.

    Parameters
    ----------
    key : VerifierKey
        Its key; the key's name is its origin.
    size : int
        Entries under its last checkpoint that was there when the installation was continued.
    root : bytes
        Root of that checkpoint, 32 bytes.
    """

    key: VerifierKey
    size: int
    root: bytes

    @property
    def origin(self) -> str:
        """Its origin."""
        return self.key.name

    def as_json(self) -> dict[str, Any]:
        """Return it as ``instance.json`` and a backup's manifest hold it."""
        root = base64.b64encode(self.root).decode()
        return {"origin": self.origin, "key": str(self.key), "size": self.size, "root": root}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Predecessor:
        """Read it; raise ``BadNote`` if it is malformed."""
        try:
            root = base64.b64decode(content["root"], validate=True)
            return cls(VerifierKey.parse(content["key"]), int(content["size"]), root)
        except (KeyError, TypeError, ValueError, binascii.Error) as error:
            raise BadNote(f"a predecessor's key is malformed: {error}") from error


class KeyHistory:
    """The installation's key and those of its predecessors.

    Parameters
    ----------
    own : VerifierKey
        Its name is the installation's origin.
    predecessors : sequence of Predecessor
        Oldest first.
    """

    def __init__(self, own: VerifierKey, predecessors: Sequence[Predecessor] = ()) -> None:
        self.own = own
        self.predecessors = tuple(predecessors)

    def open(self, note: str) -> tuple[Checkpoint, int | None]:
        """Return the checkpoint of a note and its signed time (s since 1970, None if the note has none).

        Raises
        ------
        BadNote
            None of the keys has signed it, it is of another installation, or it is of a predecessor and stands for
            what this trail does not hold.
        """
        origin = note.split("\n", 1)[0]
        before = next((one for one in self.predecessors if one.origin == origin), None)
        checkpoint, time_s = open_checkpoint(note, self.own if before is None else before.key)
        if before is None:
            if checkpoint.origin != self.own.name:
                raise BadNote(f"it is of another installation ({checkpoint.origin})")
        elif checkpoint.size > before.size:
            raise BadNote(
                f"it stands for {checkpoint.size} entries of {origin}, of which only {before.size} were restored: "
                "what came after them is not in this trail"
            )
        elif checkpoint.size == before.size and checkpoint.root != before.root:
            raise BadNote(f"it contradicts the checkpoint of {origin} at which this installation continues")
        return checkpoint, time_s
