"""The tree of RFC 6962: its definition once more, known roots, proofs, forgeries."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conflictctl.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_spans,
    inclusion_spans,
    is_consistent,
    leaf_hash,
    nodes,
    root_by_inclusion,
)

# The leaves and roots with which Certificate Transparency's implementations test themselves.
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
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


def by_definition(bodies: list[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1, word for word."""
    if not bodies:
        return sha256(b"").digest()
    if len(bodies) == 1:
        return sha256(b"\x00" + bodies[0]).digest()
    k = 1
    while k * 2 < len(bodies):
        k *= 2
    left, right = by_definition(bodies[:k]), by_definition(bodies[k:])
    return sha256(b"\x01" + left + right).digest()


def path(m: int, bodies: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962, 2.1.1."""
    if len(bodies) == 1:
        return []
    k = 1
    while k * 2 < len(bodies):
        k *= 2
    if m < k:
        return [*path(m, bodies[:k]), by_definition(bodies[k:])]
    return [*path(m - k, bodies[k:]), by_definition(bodies[:k])]


def subproof(m: int, bodies: list[bytes], whole: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962, 2.1.2."""
    if m == len(bodies):
        return [] if whole else [by_definition(bodies)]
    k = 1
    while k * 2 < len(bodies):
        k *= 2
    if m <= k:
        return [*subproof(m, bodies[:k], whole), by_definition(bodies[k:])]
    return [*subproof(m - k, bodies[k:], False), by_definition(bodies[:k])]


def bodies_of(size: int) -> list[bytes]:
    return [b"%d" % number for number in range(size)]


def hashes(bodies: list[bytes]) -> list[bytes]:
    return [leaf_hash(body) for body in bodies]


def frontier(bodies: list[bytes]) -> Frontier:
    tree = Frontier()
    tree.extend(hashes(bodies))
    return tree


def inclusion(index: int, bodies: list[bytes]) -> list[bytes]:
    spans = inclusion_spans(index, len(bodies))
    found = nodes(hashes(bodies), len(bodies), spans)
    return [found[span] for span in spans]


def consistency(old: int, bodies: list[bytes]) -> list[bytes]:
    spans = consistency_spans(old, len(bodies))
    found = nodes(hashes(bodies), len(bodies), spans)
    return [found[span] for span in spans]


@pytest.mark.parametrize(("size", "root"), list(enumerate(ROOTS, 1)))
def test_known_roots(size: int, root: str) -> None:
    assert frontier(LEAVES[:size]).root().hex() == root


def test_a_tree_without_leaves() -> None:
    assert Frontier().root() == EMPTY_ROOT == by_definition([])


SIZES = st.integers(min_value=1, max_value=140)


@given(SIZES, st.data())
def test_roots_and_proofs_are_those_of_the_definition(size: int, data: st.DataObject) -> None:
    bodies = bodies_of(size)
    root = frontier(bodies).root()
    assert root == by_definition(bodies)
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion(index, bodies)
    assert proof == path(index, bodies)
    assert root_by_inclusion(leaf_hash(bodies[index]), index, size, proof) == root
    old = data.draw(st.integers(1, size))
    grown = consistency(old, bodies)
    assert grown == subproof(old, bodies, True)
    assert is_consistent(old, by_definition(bodies[:old]), size, root, grown)


@given(SIZES, st.data())
def test_a_forged_proof_leads_to_another_root(size: int, data: st.DataObject) -> None:
    bodies = bodies_of(size)
    root = frontier(bodies).root()
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion(index, bodies)
    leaf = leaf_hash(bodies[index])
    assert root_by_inclusion(leaf_hash(b"x"), index, size, proof) != root
    for other in {index ^ 1, index // 2, size} - {index}:
        assert root_by_inclusion(leaf, other, size, proof) != root
    if proof:
        place = data.draw(st.integers(0, len(proof) - 1))
        forged = [*proof[:place], leaf_hash(b"y"), *proof[place + 1 :]]
        assert root_by_inclusion(leaf, index, size, forged) != root
        assert root_by_inclusion(leaf, index, size, proof[:-1]) != root
    assert root_by_inclusion(leaf, index, size, [*proof, leaf]) != root


@given(SIZES, st.data())
def test_a_rewritten_past_is_not_consistent(size: int, data: st.DataObject) -> None:
    bodies = bodies_of(size)
    old = data.draw(st.integers(1, size))
    before = by_definition(bodies[:old])
    changed = [*bodies]
    changed[data.draw(st.integers(0, old - 1))] = b"rewritten"
    root = by_definition(changed)
    for proof in (consistency(old, bodies), consistency(old, changed)):
        assert not is_consistent(old, before, size, root, proof)
    assert not is_consistent(old, before, size, before, [leaf_hash(b"z")])


@given(st.integers(0, 140), st.integers(0, 140))
def test_the_work_can_be_taken_up_again(first: int, more: int) -> None:
    bodies = bodies_of(first + more)
    kept = frontier(bodies[:first])
    tree = Frontier(kept.size, kept.hashes)
    tree.extend(hashes(bodies[first:]))
    assert tree.root() == by_definition(bodies)
    assert (tree.size, tree.hashes) == (first + more, frontier(bodies).hashes)


@pytest.mark.parametrize(("size", "count"), [(3, 1), (4, 2), (-1, 0), (0, 1)])
def test_a_frontier_that_fits_no_tree_is_refused(size: int, count: int) -> None:
    with pytest.raises(ValueError, match="no frontier"):
        Frontier(size, [EMPTY_ROOT] * count)


def test_proofs_of_what_is_not_there_are_refused() -> None:
    with pytest.raises(ValueError, match="no leaf"):
        inclusion_spans(3, 3)
    with pytest.raises(ValueError, match="no tree"):
        consistency_spans(4, 3)
    with pytest.raises(ValueError, match="2 leaves of 3"):
        nodes(hashes(bodies_of(2)), 3, [(0, 2)])
    with pytest.raises(ValueError, match="no node"):
        nodes(hashes(bodies_of(4)), 4, [(1, 3)])


@given(st.integers(0, 5), st.integers(0, 12), st.data())
def test_trees_that_grew_apart_join_to_the_one_they_are_parts_of(
    height: int, whole: int, data: st.DataObject
) -> None:
    length = 1 << height
    rest = data.draw(st.integers(0, length))
    leaves = [leaf_hash(number.to_bytes(2)) for number in range(whole * length + rest)]
    joined = Frontier()
    for start in range(0, len(leaves), length):
        part = Frontier()
        part.extend(leaves[start : start + length])
        joined.join(part)
    together = Frontier()
    together.extend(leaves)
    assert (joined.size, joined.hashes) == (together.size, together.hashes)


def test_a_tree_that_would_have_to_be_taken_apart_is_not_joined() -> None:
    tree, other = Frontier(), Frontier()
    tree.extend(map(leaf_hash, LEAVES[:3]))
    other.extend(map(leaf_hash, LEAVES[:2]))
    with pytest.raises(ValueError, match="does not fit"):
        tree.join(other)
