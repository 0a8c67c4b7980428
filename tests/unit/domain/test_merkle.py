"""The tree against the published vectors of certificate-transparency, and proofs against every other tree."""

import pytest
from blotter_records.domain.merkle import (
    EMPTY_ROOT,
    Frontier,
    InclusionProof,
    is_consistent,
    is_included,
    leaf_hash,
    prove_consistency,
    prove_inclusion,
    root_of,
)

# Inputs and roots for sizes 1 to 8: certificate-transparency, merkletree test vectors.
INPUTS = [bytes.fromhex(x) for x in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657",
                                     "606162636465666768696a6b6c6d6e6f")]  # fmt: skip
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [leaf_hash(data) for data in INPUTS]


def many(count):
    return [leaf_hash(str(index).encode()) for index in range(count)]


def test_roots_are_the_published_ones():
    tree = Frontier()
    assert tree.root() == EMPTY_ROOT
    for size, (leaf, root) in enumerate(zip(LEAVES, ROOTS, strict=True), 1):
        tree.append(leaf)
        assert tree.root().hex() == root
        assert root_of(LEAVES[:size]).hex() == root
        assert Frontier.from_bytes(size, tree.to_bytes()).root().hex() == root


@pytest.mark.parametrize(
    ("index", "size", "path"),
    [
        (0, 1, []),
        (0, 8, ["96a296d224f285c6", "5f083f0a1a33ca07", "6b47aaf29ee3c2af"]),
        (5, 8, ["bc1a0643b12e4d2d", "ca854ea128ed050b", "d37ee418976dd957"]),
        (2, 3, ["fac54203e7cc696c"]),
    ],
)
def test_inclusion_paths_are_the_published_ones(index, size, path):
    assert [value.hex()[:16] for value in prove_inclusion(index, LEAVES[:size]).path] == path


@pytest.mark.parametrize(
    ("first", "second", "path"),
    [
        (1, 8, ["96a296d224f285c6", "5f083f0a1a33ca07", "6b47aaf29ee3c2af"]),
        (6, 8, ["0ebc5d3437fbe2db", "ca854ea128ed050b", "d37ee418976dd957"]),
        (2, 5, ["5f083f0a1a33ca07", "bc1a0643b12e4d2d"]),
    ],
)
def test_consistency_paths_are_the_published_ones(first, second, path):
    assert [value.hex()[:16] for value in prove_consistency(first, LEAVES[:second])] == path


def test_every_inclusion_proof_holds_for_its_own_leaf_index_and_tree_only():
    for size in range(1, 34):
        leaves = many(size)
        root = root_of(leaves)
        for index, leaf in enumerate(leaves):
            proof = prove_inclusion(index, leaves)
            assert is_included(leaf, proof, root)
            assert not is_included(leaf_hash(b"other"), proof, root)
            assert not is_included(leaf, proof, root_of([*leaves, leaf]))
            moved = InclusionProof((index + 1) % size, size, proof.path)
            assert size == 1 or not is_included(leaf, moved, root)
            assert not is_included(leaf, InclusionProof(index, size, (*proof.path, leaf)), root)
            assert not proof.path or not is_included(leaf, InclusionProof(index, size, proof.path[:-1]), root)


def test_every_consistency_proof_holds_for_its_own_trees_only():
    leaves = many(40)
    roots = [root_of(leaves[:size]) for size in range(41)]
    for second in range(1, 41):
        for first in range(1, second + 1):
            proof = prove_consistency(first, leaves[:second])
            assert is_consistent(first, roots[first], second, roots[second], proof)
            assert not is_consistent(first, roots[first - 1], second, roots[second], proof)
            assert not is_consistent(first, roots[first], second, roots[second - 1], proof)
            assert first == second or not is_consistent(first, roots[first], second, roots[second], proof[:-1])


def test_an_edge_that_does_not_fit_its_size_is_refused():
    with pytest.raises(ValueError, match="edge of 2"):
        Frontier.from_bytes(3, LEAVES[0])
