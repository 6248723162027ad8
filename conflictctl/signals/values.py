"""A hint, the limits from which on one is given, and the kinds there are."""

from __future__ import annotations

from typing import NamedTuple

from conflictctl.calendar import Moment
from conflictctl.wording import Sentence, Span

CODES = (
    "late_file",
    "other_name",
    "changed_phone",
    "swapped_phone",
    "same_notes",
    "entry_burst",
    "longest_level",
)


class Signal(NamedTuple):
    """One hint: who is concerned, what was seen, the number it rests on, and the entries."""

    code: str
    at: Moment
    staff: tuple[str, ...]
    customers: tuple[str, ...]
    sentence: Sentence
    measured: Span
    limit: Span
    evidence: tuple[str, ...]


class Limits(NamedTuple):
    """From where on something is a hint.

    The defaults are kept wide enough that a month of an ordinary outlet shows none: what a
    manager is told too often she no longer reads.
    """

    file_days: int = 14
    """A second file is opened at most so many days before the deal."""
    phone_days: int = 7
    """A number is replaced at most so many days before or after the deal."""
    likeness: int = 60
    """Two files belong together from this score of `customer suggest` on, or if linked."""
    notes: int = 5
    """So many customers have the same note, each entered soon after the one before."""
    notes_minutes: int = 60
    note_length: int = 4
    """Shorter notes (`ok`, `已回访` has three) are everybody's."""
    burst: int = 8
    """So many follow-ups are entered, each soon after the one before, half on the last day."""
    burst_minutes: int = 2
    level_count: int = 15
    """Fewer levels of somebody, or of his colleagues, say nothing about him."""
    level_share: int = 60
    """Percent of his customers that have the level with the longest time, at least."""
    level_more: int = 30
    """Percentage points more than among his colleagues of the outlet, at least."""


MOST_EVIDENCE = 20
"""More entries are not listed: the first ones lead to the others."""
