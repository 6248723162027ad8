"""What a verification confirmed and what it did not, in the order in which it was looked at."""

from __future__ import annotations

from typing import NamedTuple

from conflictctl.wording import Sentence


class Statement(NamedTuple):
    """One thing that was confirmed, or that was not: a word for programs and a sentence."""

    what: str
    sentence: Sentence


class Account:
    """The statements so far."""

    def __init__(self) -> None:
        self.confirmed: list[Statement] = []
        self.unconfirmed: list[Statement] = []

    def confirm(self, what: str, sentence: Sentence) -> None:
        """This holds."""
        self.confirmed.append(Statement(what, sentence))

    def leave_open(self, what: str, sentence: Sentence) -> None:
        """This the bundle does not show, whether it is so or not."""
        self.unconfirmed.append(Statement(what, sentence))
