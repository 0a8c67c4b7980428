"""Merkle tree of RFC 6962, section 2.1 (RFC 9162, sections 2.1.1 to 2.1.4): heads, proofs and how they are checked.

Leaves are numbered from 0 here; the number of an audit entry that people see is its leaf's index + 1, so that a tree of
size *n* covers the entries 1 to *n*. Hashes are 32 bytes of SHA-256.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of an entry's bytes as a leaf."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a growing tree: enough to append and to give the root, at most 64 hashes.

    ``hashes`` are the roots of the perfect subtrees that the size's binary digits stand for, largest first.

    Examples
    --------
    >>> tree = Frontier()
    >>> tree.append(leaf_hash(b""))
    >>> tree.root().hex()[:16]
    '6e340b9cffb37a98'
    """

    __slots__ = ("_hashes", "size")

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        if len(hashes) != size.bit_count() or any(len(value) != HASH_BYTES for value in hashes):
            raise ValueError(f"a tree of size {size} has an edge of {size.bit_count()} hashes")
        self.size = size
        self._hashes = list(hashes)

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        size, carried = self.size, leaf
        while size & 1:
            carried = node_hash(self._hashes.pop(), carried)
            size >>= 1
        self._hashes.append(carried)
        self.size += 1

    def root(self) -> bytes:
        """Return the tree's root."""
        if not self._hashes:
            return EMPTY_ROOT
        carried = self._hashes[-1]
        for left in reversed(self._hashes[:-1]):
            carried = node_hash(left, carried)
        return carried

    def to_bytes(self) -> bytes:
        """Return the edge as bytes, for storing beside the size."""
        return b"".join(self._hashes)

    @classmethod
    def from_bytes(cls, size: int, data: bytes) -> Frontier:
        """Return the edge that :meth:`to_bytes` gave; raise ``ValueError`` if it does not fit the size."""
        return cls(size, [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)])


@dataclass(frozen=True)
class InclusionProof:
    """That the leaf with ``index`` is in the tree of ``size`` (RFC 9162, 2.1.3); siblings from the leaf upwards."""

    index: int
    size: int
    path: tuple[bytes, ...]


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes, level by level."""
    if not leaves:
        return EMPTY_ROOT
    level = list(leaves)
    while len(level) > 1:
        above = [node_hash(left, right) for left, right in zip(level[::2], level[1::2], strict=False)]
        if len(level) % 2:
            above.append(level[-1])
        level = above
    return level[0]


def prove_inclusion(index: int, leaves: Sequence[bytes]) -> InclusionProof:
    """Prove that the leaf with `index` is in the tree over `leaves`."""
    size = len(leaves)
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    path: list[bytes] = []
    at, level = index, list(leaves)
    while len(level) > 1:
        sibling = at ^ 1
        if sibling < len(level):
            path.append(level[sibling])
        above = [node_hash(left, right) for left, right in zip(level[::2], level[1::2], strict=False)]
        if len(level) % 2:
            above.append(level[-1])
        at, level = at // 2, above
    return InclusionProof(index, size, tuple(path))


def is_included(leaf: bytes, proof: InclusionProof, root: bytes) -> bool:
    """Tell whether `proof` shows that `leaf` is in the tree with `root` (RFC 9162, 2.1.3.2)."""
    if not 0 <= proof.index < proof.size:
        return False
    index, last, carried = proof.index, proof.size - 1, leaf
    for sibling in proof.path:
        if last == 0:
            return False
        if index & 1 or index == last:
            carried = node_hash(sibling, carried)
            while index and not index & 1:  # levels on which the right-most node has no sibling
                index >>= 1
                last >>= 1
        else:
            carried = node_hash(carried, sibling)
        index >>= 1
        last >>= 1
    return last == 0 and carried == root


def prove_consistency(first: int, leaves: Sequence[bytes]) -> tuple[bytes, ...]:
    """Prove that the tree over `leaves` continues its own first `first` leaves (RFC 9162, 2.1.4.1)."""
    if not 0 < first <= len(leaves):
        raise ValueError(f"no tree of {first} within {len(leaves)}")
    return tuple(_subproof(first, leaves, is_whole=True))


def _subproof(first: int, leaves: Sequence[bytes], *, is_whole: bool) -> list[bytes]:
    size = len(leaves)
    if first == size:
        return [] if is_whole else [root_of(leaves)]
    middle = 1 << ((size - 1).bit_length() - 1)
    if first <= middle:
        return [*_subproof(first, leaves[:middle], is_whole=is_whole), root_of(leaves[middle:])]
    return [*_subproof(first - middle, leaves[middle:], is_whole=False), root_of(leaves[:middle])]


def is_consistent(first: int, first_root: bytes, second: int, second_root: bytes, proof: Iterable[bytes]) -> bool:
    """Tell whether `proof` shows that the tree of size `second` continues that of size `first` (RFC 9162, 2.1.4.2)."""
    path = list(proof)
    if first == second:
        return not path and first_root == second_root
    if not 0 < first < second or not path:
        return False
    if first & (first - 1) == 0:
        path.insert(0, first_root)
    index, last = first - 1, second - 1
    while index & 1:
        index >>= 1
        last >>= 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if index & 1 or index == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while index and not index & 1:
                index >>= 1
                last >>= 1
        else:
            new = node_hash(new, sibling)
        index >>= 1
        last >>= 1
    return last == 0 and old == first_root and new == second_root
