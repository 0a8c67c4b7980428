"""Many inclusion proofs under one checkpoint (RFC 9162, 2.1.3): the tree's levels are made once."""

from __future__ import annotations

from collections.abc import Iterable

from blotter_records.domain.merkle import EMPTY_ROOT, HASH_BYTES, InclusionProof, node_hash


class Prover:
    """A tree over leaf hashes, kept level by level: 64 bytes a leaf.

    Parameters
    ----------
    leaves : iterable of bytes
        32 bytes each, in order.
    """

    def __init__(self, leaves: Iterable[bytes]) -> None:
        first = bytearray()
        for leaf in leaves:
            first += leaf
        self._levels = [first]
        while len(self._levels[-1]) > HASH_BYTES:
            self._levels.append(_above(self._levels[-1]))

    @property
    def root(self) -> bytes:
        """The tree's root."""
        return bytes(self._levels[-1]) or EMPTY_ROOT

    def prove(self, index: int) -> InclusionProof:
        """Prove that the leaf with `index` (from 0) is in the tree. Raises ``ValueError`` outside it."""
        size = len(self._levels[0]) // HASH_BYTES
        if not 0 <= index < size:
            raise ValueError(f"no leaf {index} in a tree of {size}")
        path, at = [], index
        for level in self._levels[:-1]:
            sibling = bytes(level[(at ^ 1) * HASH_BYTES : ((at ^ 1) + 1) * HASH_BYTES])
            if sibling:
                path.append(sibling)
            at //= 2
        return InclusionProof(index, size, tuple(path))


def _above(level: bytearray) -> bytearray:
    """Return the next level; a last hash without a sibling goes up as it is."""
    pair = 2 * HASH_BYTES
    whole = len(level) - len(level) % pair
    above = bytearray()
    for at in range(0, whole, pair):
        above += node_hash(bytes(level[at : at + HASH_BYTES]), bytes(level[at + HASH_BYTES : at + pair]))
    return above + level[whole:]
