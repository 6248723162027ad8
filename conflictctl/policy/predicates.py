"""The vocabulary of conditions: generic words, none of them made for one clause.

A word takes the case and values, returns a value (or UNKNOWN), and leaves the events the
value rests on in `case.evidence`.  Words that select take a class of entries and filters.
"""

from __future__ import annotations

from conflictctl.policy.language import Filter, Word
from conflictctl.policy.vocabulary import (
    entries,
    filters,
    holders,
    judged,
    linked,
    lists,
    people,
    selecting,
)

FILTERS: dict[str, Filter] = filters.FILTERS

WORDS: dict[str, Word] = {
    **selecting.WORDS,
    **entries.WORDS,
    **people.WORDS,
    **lists.WORDS,
    **holders.WORDS,
    **linked.WORDS,
    **judged.WORDS,
}
"""What conditions can ask.  Every word is explained in docs/policy-guide.md."""
