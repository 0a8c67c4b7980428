"""The trail of a copy: by its own numbers, each entry proven again when it is read."""

from __future__ import annotations

import json
import threading
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from typing import Any

from blotter_records.domain.merkle import InclusionProof, is_included, leaf_hash
from blotter_records.domain.note import BadNote, VerifierKey, open_checkpoint
from blotter_records.errors import NotFound
from blotter_records.services.bundles.collecting import Kept
from blotter_records.services.copies.opened import OpenedBundle, differs

_FILE = "data/trail/entries.jsonl"


class CopiedEntries:
    """Reads the entries of a bundle; where each begins is found out once, when the first is asked for.

    Parameters
    ----------
    bundle : OpenedBundle
    """

    def __init__(self, bundle: OpenedBundle) -> None:
        self._bundle = bundle
        self._numbers, self._places = array("q"), array("q")
        self._changes: dict[tuple[str, int], int] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        self._index()
        return len(self._numbers)

    def page(self, after: int, limit: int) -> tuple[list[Kept], int | None]:
        """Return entries with larger numbers, and after which number the next page goes on.

        Raises
        ------
        IntegrityBroken
            ``integrity.copy``: an entry is not covered by the copy's checkpoint.
        """
        self._index()
        begin = bisect_right(self._numbers, after)
        end = min(begin + limit, len(self._numbers))
        if begin == end:
            return [], None
        upto = self._places[end] if end < len(self._places) else self._bundle.size(_FILE)
        data = self._bundle.part(_FILE, self._places[begin], upto - self._places[begin])
        root, size = self._tree()
        page = [_proven(json.loads(line), root, size) for line in data.decode().split("\n") if line]
        return page, self._numbers[end - 1] if end < len(self._numbers) else None

    def of_change(self, stream: str, rev: int) -> Kept:
        """Return the entry that made a revision. Raises ``NotFound``, and as :meth:`page`."""
        self._index()
        number = self._changes.get((stream, rev))
        page, _ = self.page((number or 0) - 1, 1)
        if number is None or not page:
            raise NotFound("not_found.entry", f"There is no revision {rev} of {stream} in this copy.")
        return page[0]

    def _index(self) -> None:
        with self._lock:
            if self._numbers:
                return
            numbers, places = array("q"), array("q")
            for place, line in _lines(self._bundle.pieces(_FILE)):
                row = json.loads(line)
                body = json.loads(row["text"])
                numbers.append(row["number"])
                places.append(place)
                if body["rev"] is not None:
                    self._changes[body["stream"], body["rev"]] = row["number"]
            self._numbers, self._places = numbers, places

    def _tree(self) -> tuple[bytes, int]:
        """Return root and size of the copy's checkpoint."""
        note = self._bundle.read("data/trail/checkpoint.txt").decode()
        key = self._bundle.read("data/trail/verifier-key.txt").decode()
        try:
            checkpoint, _ = open_checkpoint(note, VerifierKey.parse(key))
        except BadNote as error:
            raise differs("data/trail/checkpoint.txt") from error
        return checkpoint.root, checkpoint.size


def _lines(pieces: Iterator[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield each line with the place where it begins."""
    at, rest = 0, b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield at, line
            at += len(line) + 1


def _proven(row: dict[str, Any], root: bytes, size: int) -> Kept:
    """Return an entry whose text has its hash and its place under the checkpoint."""
    leaf = leaf_hash(row["text"].encode())
    proof = InclusionProof(row["number"] - 1, size, tuple(bytes.fromhex(one) for one in row["proof"]))
    if leaf.hex() != row["leaf"] or not is_included(leaf, proof, root):
        raise differs(f"entry {row['number']}")
    return Kept(row["number"], row["leaf"], row["text"])
