"""The Merkle tree of RFC 6962 over the bodies of a log, and proofs about it.

A root stands for the bodies of the first `size` entries in their order.  An *inclusion proof*
shows that a body is one of them, a *consistency proof* that a larger tree begins with all of a
smaller one; both take some log2(size) hashes, and neither needs the register to be checked.

Hashes are SHA-256, 32 bytes; entries count from 0 here, as in RFC 6962 (`seq` - 1).  The tree is
separate from the chain of `register.chain`: no proof uses both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()
"""The root of a tree without leaves (RFC 6962, 2.1)."""

Span = tuple[int, int]
"""The leaves from the first, to before the second: a node of the tree."""


def leaf_hash(body: bytes) -> bytes:
    """The hash of a leaf: SHA-256(0x00 || body)."""
    return sha256(b"\x00" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node: SHA-256(0x01 || left || right)."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """A tree that grows at its right end, in memory that grows with its logarithm.

    What is kept are the roots of the complete subtrees, the largest first; from them and the
    size (`hashes`, `size`) the work can be taken up again.  Raises ValueError if they do not fit.
    """

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        if size < 0 or size.bit_count() != len(hashes) or any(len(h) != 32 for h in hashes):
            raise ValueError(f"no frontier of a tree of {size} leaves")
        self.size = size
        self.hashes = list(hashes)

    def add(self, leaf: bytes) -> Iterator[tuple[Span, bytes]]:
        """Add the hash of a leaf; gives every node that it completes, the smallest first."""
        self.size += 1
        start, rest = self.size - 1, self.size
        yield (start, self.size), leaf
        while not rest & 1:
            left = self.hashes.pop()
            leaf = node_hash(left, leaf)
            rest >>= 1
            start = self.size - (self.size // rest)
            yield (start, self.size), leaf
        self.hashes.append(leaf)

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Add the hashes of many leaves."""
        size, hashes = self.size, self.hashes
        for leaf in leaves:
            size += 1
            rest = size
            node = leaf
            while not rest & 1:
                node = sha256(b"\x01" + hashes.pop() + node).digest()
                rest >>= 1
            hashes.append(node)
        self.size = size

    def join(self, other: Frontier) -> None:
        """Add all leaves of another tree, whose subtrees must fit in here as they are.

        They do where this one's size is a multiple of a power of two that holds the other's.
        Raises ValueError where they do not.
        """
        for place, node in zip(_bits(other.size), other.hashes, strict=True):
            if self.size % (1 << place):
                raise ValueError(f"a tree of {other.size} leaves does not fit behind {self.size}")
            self.size += 1 << place
            rest = self.size >> place
            while not rest & 1:
                node = node_hash(self.hashes.pop(), node)
                rest >>= 1
            self.hashes.append(node)

    def root(self, start: int = 0) -> bytes:
        """The root of the tree, or of its node from leaf `start` to the end."""
        if self.size == 0:
            return EMPTY_ROOT
        found: bytes | None = None
        end, first = self.size, self.size
        for node in reversed(self.hashes):
            first -= end & -end
            end &= end - 1
            if first < start:
                break
            found = node if found is None else node_hash(node, found)
        if found is None:
            raise ValueError(f"no node of the tree begins at leaf {start}")
        return found


def _bits(number: int) -> list[int]:
    """The places of the bits that are set, the highest first."""
    return [place for place in reversed(range(number.bit_length())) if number >> place & 1]


def inclusion_spans(index: int, size: int) -> list[Span]:
    """The nodes of an inclusion proof (RFC 6962, 2.1.1), from the leaf up to the root."""
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    spans = []
    first, end = 0, size
    while end - first > 1:
        middle = first + _largest_power_below(end - first)
        if index < middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((first, middle))
            first = middle
    return spans[::-1]


def consistency_spans(old: int, new: int) -> list[Span]:
    """The nodes of a consistency proof (RFC 6962, 2.1.2) from a tree of `old` leaves to `new`."""
    if not 0 < old <= new:
        raise ValueError(f"no tree of {old} leaves grows to one of {new}")
    spans: list[Span] = []
    first, end, whole = 0, new, True
    while old != end:
        middle = first + _largest_power_below(end - first)
        if old <= middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((first, middle))
            first, whole = middle, False
    if not whole:
        spans.append((first, end))
    return spans[::-1]


def nodes(leaves: Iterable[bytes], size: int, wanted: Iterable[Span]) -> dict[Span, bytes]:
    """The hashes of nodes of a tree of `size` leaves, in one pass over the hashes of its leaves.

    Raises ValueError if there are fewer leaves.
    """
    sought = set(wanted)
    found: dict[Span, bytes] = {}
    tree = Frontier()
    for leaf in leaves:
        for span, node in tree.add(leaf):
            if span in sought:
                found[span] = node
        if tree.size == size:
            break
    if tree.size < size:
        raise ValueError(f"{tree.size} leaves of {size}")
    for span in sought - found.keys():
        if span[1] != size:
            raise ValueError(f"no node {span} in a tree of {size}")
        found[span] = tree.root(span[0])
    return found


def root_by_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes | None:
    """The root that an inclusion proof leads to (RFC 9162, 2.1.3.2); None if it fits no tree."""
    if not 0 <= index < size:
        return None
    sides = _sides(index, size - 1, proof)
    if sides is None:
        return None
    node = leaf
    for step, left in sides:
        node = node_hash(step, node) if left else node_hash(node, step)
    return node


def is_consistent(
    old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether a proof shows that one tree begins with the other (RFC 9162, 2.1.4.2)."""
    if not 0 < old <= new:
        return old == 0 and old_root == EMPTY_ROOT and not proof
    if old == new:
        return old_root == new_root and not proof
    steps = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not steps:
        return False
    place, last = old - 1, new - 1
    while place & 1:
        place >>= 1
        last >>= 1
    sides = _sides(place, last, steps[1:])
    if sides is None:
        return False
    before = after = steps[0]
    for step, left in sides:
        if left:
            before, after = node_hash(step, before), node_hash(step, after)
        else:
            after = node_hash(after, step)
    return before == old_root and after == new_root


def _sides(place: int, last: int, steps: Sequence[bytes]) -> list[tuple[bytes, bool]] | None:
    """The steps from a node up to the root, each with whether it stands to the left.

    `place` is the node's place in its row, `last` that of the row's last one.  None if the steps
    do not end at the root.
    """
    found = []
    for step in steps:
        if last == 0:
            return None
        left = bool(place & 1) or place == last
        found.append((step, left))
        while left and not place & 1 and place:
            place >>= 1
            last >>= 1
        place >>= 1
        last >>= 1
    return found if last == 0 else None


def _largest_power_below(number: int) -> int:
    """The largest power of two smaller than a number above 1."""
    return 1 << (number - 1).bit_length() - 1
