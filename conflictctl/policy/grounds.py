"""What a value rests on, put together at the price of a tuple and spread out when it is cited.

A condition is asked about every customer, what it rests on is cited of the one rule that
decides.  So conditions hand on references to what their parts found, and nothing is copied.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conflictctl.history import Entry

Grounds = Any
"""None, an entry, or a tuple or list of grounds: the entries in the order they were met in."""

Kept = tuple[Any, Grounds, tuple[Any, Any, str] | None, list[tuple["Entry", str]] | None]
"""A named value as a case remembers it: the value, its grounds, what was measured, and refused
entries with why (None: nothing)."""


def spread(grounds: Grounds, evidence: list[Entry]) -> None:
    """Append to some evidence the entries of grounds, in their order."""
    if grounds.__class__ is not tuple and grounds.__class__ is not list:
        grounds = (grounds,)
    for one in grounds:
        if one.__class__ is tuple or one.__class__ is list:
            spread(one, evidence)
        elif one is not None:
            evidence.append(one)
