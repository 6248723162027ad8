"""A stored ruling beside the one that was just given, value by value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

WORDED = frozenset({"reason", "warnings"})
"""Keys whose values are sentences: another version may put the same into other words."""


class Difference(NamedTuple):
    """Where two rulings differ: `findings[2].margin.limit`.

    `how` is `worded` (sentences alone), `added` (a key the stored one lacks) or `other`.
    """

    where: str
    how: str


def differences(stored: Any, given: Any, where: str = "") -> Iterator[Difference]:
    """Where the JSON of a stored ruling differs from one given now, in their own order."""
    if isinstance(stored, dict) and isinstance(given, dict):
        for name in sorted(stored.keys() | given.keys()):
            place = f"{where}.{name}" if where else name
            if name not in given:
                yield Difference(place, "other")
            elif name not in stored:
                yield Difference(place, "added")
            elif name in WORDED and stored[name] != given[name]:
                yield Difference(place, "worded")
            else:
                yield from differences(stored[name], given[name], place)
    elif isinstance(stored, list) and isinstance(given, list) and len(stored) == len(given):
        for number, (one, other) in enumerate(zip(stored, given, strict=True)):
            yield from differences(one, other, f"{where}[{number}]")
    elif stored != given or type(stored) is not type(given):
        yield Difference(where, "other")
