"""Many inclusion proofs under one checkpoint (RFC 9162, 2.1.3): the tree's levels are made once."""

from __future__ import annotations

from collections.abc import Sequence

from blotter_records.domain.merkle import EMPTY_ROOT, InclusionProof, node_hash


class Prover:
    """A tree over leaf hashes, kept level by level (about 64 bytes a leaf).

    Parameters
    ----------
    leaves : sequence of bytes
        32 bytes each, in order.
    """

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self._levels = [list(leaves)]
        while len(self._levels[-1]) > 1:
            level = self._levels[-1]
            above = [node_hash(left, right) for left, right in zip(level[::2], level[1::2], strict=False)]
            self._levels.append([*above, level[-1]] if len(level) % 2 else above)

    @property
    def root(self) -> bytes:
        """The tree's root."""
        return self._levels[-1][0] if self._levels[0] else EMPTY_ROOT

    def prove(self, index: int) -> InclusionProof:
        """Prove that the leaf with `index` (from 0) is in the tree. Raises ``ValueError`` outside it."""
        size = len(self._levels[0])
        if not 0 <= index < size:
            raise ValueError(f"no leaf {index} in a tree of {size}")
        path, at = [], index
        for level in self._levels[:-1]:
            if at ^ 1 < len(level):
                path.append(level[at ^ 1])
            at //= 2
        return InclusionProof(index, size, tuple(path))
