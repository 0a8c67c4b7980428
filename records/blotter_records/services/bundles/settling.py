"""Waiting until what was written is under a signed checkpoint."""

from __future__ import annotations

import time
from collections.abc import Callable

from blotter_records.domain.note import BadNote, Checkpoint, VerifierKey, open_checkpoint
from blotter_records.errors import IntegrityBroken, Unavailable
from blotter_records.ports.seals import Seal, Seals

#: How often is looked, seconds.
STEP_S = 0.05


def settle(seals: Seals, *, wait_s: float, sleep: Callable[[float], None] = time.sleep) -> Seal:
    """Return a checkpoint that covers every entry written until now.

    Raises
    ------
    Unavailable
        ``unavailable.sequencer``: there is none after ``wait_s`` seconds.
    """
    newest = seals.newest_entry()
    size: int | None = None
    for _ in range(max(1, round(wait_s / STEP_S))):
        size = seals.numbered_until(newest) if size is None else size
        seal = seals.newest()
        if size is not None and seal is not None and seal.size >= size:
            return seal
        sleep(STEP_S)
    raise Unavailable(
        "unavailable.sequencer",
        "The bundle was not made: the newest entries are not sealed yet, the sequencer does not answer.",
        "Try again in a minute; if it stays so, tell a System Manager.",
    )


def opened(seal: Seal, verifier_key: str) -> Checkpoint:
    """Return a checkpoint whose signature fits. Raises ``IntegrityBroken('integrity.checkpoint')``."""
    try:
        checkpoint, _ = open_checkpoint(seal.note, VerifierKey.parse(verifier_key))
    except BadNote as error:
        raise IntegrityBroken("integrity.checkpoint", f"The newest checkpoint does not verify: {error}.") from error
    return checkpoint
