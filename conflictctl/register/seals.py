"""Checkpoints that somebody kept, held against the entries of a register."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from conflictctl.checkpoint import Checkpoint
from conflictctl.merkle import Frontier, leaf_hash
from conflictctl.wording import Sentence


class Seals:
    """Checkpoints held against the entries as they are walked through, the smallest first.

    The tree and the chain are each compared by itself.
    """

    def __init__(self, checkpoints: Sequence[Checkpoint]) -> None:
        self.waiting = sorted(checkpoints, key=lambda one: -one.size)
        self.tree = Frontier()
        self.held: int | None = None
        self.problem: Sentence | None = None

    @property
    def first_doubted(self) -> int:
        """The first entry that no checkpoint which holds vouches for."""
        return (self.held or 0) + 1

    def take(self, body: bytes, link_hash: bytes) -> None:
        """The next entry; `problem` says which checkpoint does not hold."""
        self.tree.extend((leaf_hash(body),))
        while self.waiting and self.waiting[-1].size <= self.tree.size:
            checkpoint = self.waiting.pop()
            if checkpoint.root != self.tree.root() or checkpoint.head not in (None, link_hash):
                self.problem = Sentence(
                    "entries #{first} to #{last} are not those that the checkpoint of {size} "
                    "entries vouches for",
                    first=self.first_doubted,
                    last=checkpoint.size,
                    size=checkpoint.size,
                )
                return
            self.held = checkpoint.size

    def join(self, marks: Marks) -> bool:
        """A stretch of entries that was walked by itself; whether all checkpoints in it hold.

        If not, those before the first that does not are taken for held, and the tree stands as
        before, so that the stretch can be walked again.
        """
        before = self.tree
        for mark in marks.found:
            whole = Frontier(before.size, before.hashes)
            whole.join(Frontier(mark.size - before.size, mark.hashes))
            while self.waiting and self.waiting[-1].size == mark.size:
                checkpoint = self.waiting[-1]
                if checkpoint.root != whole.root() or checkpoint.head not in (None, mark.head):
                    return False
                self.held = self.waiting.pop().size
        if self.waiting:
            if self.waiting[-1].size <= before.size + marks.tree.size:
                return False
            before.join(marks.tree)
        return True

    def cut_off(self, count: int) -> Sentence | None:
        """What is missing at the end of the register, of which there are `count` entries."""
        if not self.waiting:
            return None
        return Sentence(
            "the register ends at #{last}, and a checkpoint vouches for {size} entries: entries "
            "were cut off",
            last=count,
            size=self.waiting[0].size,
        )


class Mark(NamedTuple):
    """Where a checkpoint ends in a stretch: the size of the whole log there, and its head.

    `hashes` are the frontier of the stretch's own tree up to there.
    """

    size: int
    hashes: list[bytes]
    head: bytes


class Marks:
    """The tree over one stretch of entries, and how it stood where checkpoints end.

    The stretch begins after `start` entries, a multiple of its length.
    """

    problem: Sentence | None = None
    held: int | None = None
    """Only the whole tree can tell."""

    def __init__(self, start: int, sizes: Sequence[int]) -> None:
        self.start = start
        self.waiting = sorted({size for size in sizes if size > start}, reverse=True)
        self.tree = Frontier()
        self.found: list[Mark] = []

    def take(self, body: bytes, link_hash: bytes) -> None:
        """The next entry."""
        self.tree.extend((leaf_hash(body),))
        size = self.start + self.tree.size
        if self.waiting[-1] == size:
            self.waiting.pop()
            self.found.append(Mark(size, list(self.tree.hashes), link_hash))
