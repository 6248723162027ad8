"""Who is compared with whom: those who share a key, and never everybody with everybody.

A key that many share tells nothing, and would make more pairs than anybody reads: it is left
out, and said to be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, product
from typing import NamedTuple

from conflictctl.matching.profile import Number, Profile, heard, surnames

MOST_SHARING = 40
"""A number or an address that more share is a firm's, or the outlet's own."""
MOST_NAMESAKES = 3
"""Of a name that more bear, the bearers are compared only where something else is near."""

NUMBER, LINE, ADDRESS, NAME = "p", "l", "a", "n"
_SWAPPED, _NEAR, _SAME_DAY = "t", "d", "v"
COUNTED = frozenset((NUMBER, LINE, NAME, ADDRESS))
"""Keys of which it is asked how many share them."""
TOLD = frozenset((NUMBER, ADDRESS))
"""Keys of which it is said that too many share them."""

_LINE = 7
"""Digits of a line without its area code."""


class Shared(NamedTuple):
    """One who has a key of his own, or whose note speaks of it."""

    place: int
    mentioned: bool


def line_key(number: Number) -> str:
    """The end of a land line: what is left of it where the area code is not written."""
    return LINE + number.digits[-_LINE:]


def keys_of(profile: Profile) -> Iterator[tuple[str, bool]]:
    """The keys of a profile, and whether they are only mentioned in a note; no repetitions."""
    seen: set[tuple[str, bool]] = set()
    for pair in _all_keys(profile):
        if pair not in seen and (pair[0], False) not in seen:
            seen.add(pair)
            yield pair


def _all_keys(profile: Profile) -> Iterator[tuple[str, bool]]:
    sounds = heard(profile.bare_name)
    for number in profile.numbers:
        yield NUMBER + number.key, False
        if not number.is_mobile:
            yield line_key(number), False
            continue
        digits = number.digits
        in_order = "".join(sorted(digits))
        for surname in surnames(profile.bare_name):
            yield f"{_SWAPPED}{surname} {in_order}", False
        if not profile.title:
            for sound in sounds:
                # One wrong digit leaves one of two parts as it was.
                yield f"{_NEAR}{sound} {digits[3:7]}", False
                yield f"{_NEAR}{sound} {digits[7:]} .", False
    if profile.address:
        yield ADDRESS + profile.address, False
    if not profile.title:
        for sound in sounds:
            yield NAME + sound, False
            for day, staff, _ in profile.days:
                yield f"{_SAME_DAY}{sound} {day} {staff}", False
    for mention in profile.mentions:
        for key in mention.numbers:
            yield NUMBER + key, True
        for name in mention.names:
            for sound in heard(name)[:1]:
                yield NAME + sound, True


def pairs_of(key: str, sharing: Sequence[Shared]) -> Iterator[tuple[int, int]] | None:
    """The pairs to compare of those who share a key, the smaller place first.

    None where too many share it and somebody should be told.
    """
    own = [one.place for one in sharing if not one.mentioned]
    mentioning = [one.place for one in sharing if one.mentioned]
    if key[0] == NAME:
        if len(own) * len(mentioning) > MOST_SHARING:
            return iter(())
        alike = combinations(own, 2) if len(own) <= MOST_NAMESAKES else iter(())
    elif len(sharing) > MOST_SHARING:
        return None if key[0] in TOLD else iter(())
    else:
        alike = combinations(own, 2)
    return _ordered((*alike, *product(own, mentioning)))


def _ordered(pairs: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    return ((min(pair), max(pair)) for pair in pairs if pair[0] != pair[1])
