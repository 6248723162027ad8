"""Checkpoints that somebody kept, held against the entries of a register."""

from __future__ import annotations

from collections.abc import Sequence

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
