"""Two customers weighed: whether they are one person, or one household, and why.

Each reason brings *points*: how many times (as a power of two) such a likeness is more frequent
among true pairs than among others, after Fellegi and Sunter, "A Theory for Record Linkage"
(1969).  They were set by hand and adjusted on one made-up dealership of benchmarks/suggest.py;
what they are worth is measured on others.  The sum is shown as a score from 1 to 99: of a
hundred pairs with score 80 some eighty are true where customers are like those made up.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import product
from typing import NamedTuple

from conflictctl.matching import blocking
from conflictctl.matching.profile import Number, Profile, heard, surnames
from conflictctl.names import latin
from conflictctl.wording import N_, Day, Sentence, Who

KINDS = ("same", "household")

_PRIOR = {"same": -10.0, "household": -5.0}
_ONE_PERSON = {
    "name": 11.0,
    "sound": 9.0,
    "mobile": 13.5,
    "line": 7.5,
    "extension": 11.0,
    "other_extension": 0.0,
    "swapped_digits": 7.0,
    "near_number": 5.5,
    "other_number": -4.5,
    "second_number": 4.0,
    "named_number": 7.0,
    "typo": 1.5,
    "title": 3.0,
    "surname": -6.0,
    "other_name": -8.0,
    "address": 6.5,
    "same_day": 2.0,
}
_HOUSEHOLD = {
    "mobile": 7.5,
    "line": 7.0,
    "kin_number": 9.0,
    "kin_name": 8.0,
    "kin_word": 1.0,
    "surname": 1.0,
    "other_name": 0.0,
    "address": 8.0,
    "same_day": 2.0,
}
_CROWDED = {"mobile": 1.5, "line": 1.5, "address": 1.5, "name": 1.0, "sound": 1.0, "kin_name": 1.5}
"""What a likeness says less for each doubling of those who share it."""


class Reason(NamedTuple):
    """One likeness: what it is, in words, what it weighs, and the entries it rests on."""

    code: str
    sentence: Sentence
    points: float
    evidence: tuple[str, ...]


class Suggestion(NamedTuple):
    """Two customers who may be one person or one household; `left` is the smaller id."""

    kind: str  # same | household
    left: str
    right: str
    score: int
    reasons: tuple[Reason, ...]

    @property
    def evidence(self) -> tuple[str, ...]:
        """The entries that the reasons rest on, each once."""
        return tuple(dict.fromkeys(ref for reason in self.reasons for ref in reason.evidence))


class Crowd(NamedTuple):
    """How many customers there are, and how many share a key: what a likeness is worth."""

    customers: int
    sharing: Callable[[str], int]


def compared(one: Profile, other: Profile, crowd: Crowd) -> Suggestion | None:
    """What two customers may be to each other; None where nothing speaks for it.

    The answer does not depend on which comes first.  Pairs that are linked, or were said to be
    apart, are nothing to suggest.
    """
    if one.customer == other.customer or other.customer in one.apart:
        return None
    left, right = sorted((one, other), key=lambda profile: profile.customer)
    pair = _Pair(left, right, crowd)
    found = [pair.weighed("same", list(pair.as_one()))]
    if not (left.is_company or right.is_company):
        found.append(pair.weighed("household", list(pair.as_household())))
    return max((one for one in found if one is not None), key=_score, default=None)


def _score(suggestion: Suggestion) -> int:
    return suggestion.score


def alike_names(one: Profile, other: Profile) -> str:
    """How two names compare: name, sound, typo, title, surname or other_name."""
    if one.name == other.name:
        return "name" if not one.title else "title"
    mine, yours = one.bare_name, other.bare_name
    family = not set(surnames(mine)).isdisjoint(surnames(yours))
    if one.title or other.title:
        return "title" if family else "other_name"
    if mine == yours:
        return "name"
    if not set(heard(mine)).isdisjoint(heard(yours)):
        # The same name in the same letters is no other spelling.
        return "name" if latin(mine) and latin(mine) == latin(yours) else "sound"
    if _one_slip(mine, yours):
        return "typo"
    return "surname" if family else "other_name"


def _one_slip(one: str, other: str) -> bool:
    """One other character among three or more, and not the first."""
    return (
        len(one) == len(other) > 2
        and one[0] == other[0]
        and sum(a != b for a, b in zip(one, other, strict=True)) == 1
    )


def alike_numbers(one: Number, other: Number) -> str:
    """How two numbers compare: mobile, extension, other_extension, line, swapped_digits,
    near_number or other_number."""
    if one.key == other.key or _same_line(one, other):
        if one.is_mobile:
            return "mobile"
        if one.extension is None and other.extension is None:
            return "line"
        return "extension" if one.extension == other.extension else "other_extension"
    mine, yours = one.digits, other.digits
    if not (one.is_mobile and other.is_mobile):
        return "other_number"
    wrong = [place for place in range(len(mine)) if mine[place] != yours[place]]
    if len(wrong) == 1:
        return "near_number"
    first = wrong[0]
    if wrong == [first, first + 1] and mine[first : first + 2] == yours[first : first + 2][::-1]:
        return "swapped_digits"
    return "other_number"


def _same_line(one: Number, other: Number) -> bool:
    """Whether one is the other without the area code."""
    if one.is_mobile or other.is_mobile:
        return False
    short, long = sorted((one, other), key=lambda number: len(number.digits))
    return not short.key.startswith("+") and long.digits.endswith(short.digits)


_NUMBERS = (
    "extension",
    "mobile",
    "line",
    "swapped_digits",
    "near_number",
    "other_extension",
    "other_number",
)
"""The likeness that says most comes first."""


class _Pair:
    """Two profiles, and what they have in common."""

    def __init__(self, left: Profile, right: Profile, crowd: Crowd) -> None:
        self.left, self.right, self._crowd = left, right, crowd
        self._cards = (left.ref, right.ref)
        self._names = alike_names(left, right)
        likeness = sorted(
            (
                (_NUMBERS.index(alike_numbers(mine, yours)), mine, yours)
                for mine, yours in product(left.numbers, right.numbers)
            ),
            key=lambda found: (found[0], found[1].key, found[2].key),
        )
        self._numbers = [(_NUMBERS[place], mine, yours) for place, mine, yours in likeness]

    def weighed(self, kind: str, reasons: list[Reason]) -> Suggestion | None:
        if not any(reason.points > 0 for reason in reasons):
            return None
        points = _PRIOR[kind] + sum(reason.points for reason in reasons)
        score = round(100 / (1 + 2.0 ** -max(min(points, 40.0), -40.0)))
        reasons.sort(key=lambda reason: (-reason.points, reason.code))
        return Suggestion(
            kind, self.left.customer, self.right.customer, max(1, min(score, 99)), tuple(reasons)
        )

    # ------------------------------------------------------------------------ one person

    def as_one(self) -> Iterator[Reason]:
        """What speaks for and against one person."""
        yield self._name_of_one()
        yield from self._numbers_of_one()
        yield from self._elsewhere(_ONE_PERSON)
        numbers = {number.key for number in (*self.left.numbers, *self.right.numbers)}
        for profile in (self.left, self.right):
            for mention in profile.mentions:
                if not mention.kin and not numbers.isdisjoint(mention.numbers):
                    mine = {number.key for number in profile.numbers}
                    if set(mention.numbers) & (numbers - mine):
                        yield self._reason(
                            "named_number",
                            Sentence("a note on one holds the other's number"),
                            _ONE_PERSON,
                            mention.ref,
                        )
                        return

    def _name_of_one(self) -> Reason:
        code = self._names
        keys = [blocking.NAME + sound for sound in _common_sounds(self.left, self.right)]
        return self._reason(
            code,
            _NAME_WORDS[code],
            _ONE_PERSON,
            *self._cards,
            sharing=keys if code in _CROWDED else (),
        )

    def _numbers_of_one(self) -> Iterator[Reason]:
        if not self._numbers:
            return
        code, mine, yours = self._numbers[0]
        if code == "other_number" and not _both_have_own(self.left, self.right):
            return
        yield self._number_reason(code, mine, yours, _ONE_PERSON)
        if code in ("mobile", "line", "extension"):
            second = [found for found in self._numbers[1:] if found[0] == code and found[1] != mine]
            if second:
                yield self._reason(
                    "second_number",
                    Sentence("a second number is the same"),
                    _ONE_PERSON,
                    *self._cards,
                )

    def _number_reason(
        self, code: str, mine: Number, yours: Number, weights: Mapping[str, float]
    ) -> Reason:
        key = blocking.NUMBER + mine.key if mine.is_mobile else blocking.line_key(mine)
        sentence = Sentence(_NUMBER_WORDS[code], number=mine.digits, other=yours.digits)
        return self._reason(
            code, sentence, weights, *self._cards, sharing=(key,) if code in _CROWDED else ()
        )

    # ------------------------------------------------------------------------- household

    def as_household(self) -> Iterator[Reason]:
        """What speaks for two people of one household."""
        if self._names in ("name", "sound"):
            return  # that would be one person
        if self._numbers and self._numbers[0][0] in ("mobile", "line", "extension"):
            code, mine, yours = self._numbers[0]
            code = "line" if code == "extension" else code
            yield self._number_reason(code, mine, yours, _HOUSEHOLD)
        yield from self._kin()
        yield from self._elsewhere(_HOUSEHOLD)
        if self._names == "surname":
            yield self._reason("surname", _NAME_WORDS["surname"], _HOUSEHOLD, *self._cards)

    def _kin(self) -> Iterator[Reason]:
        best: Reason | None = None
        for profile, other in ((self.left, self.right), (self.right, self.left)):
            theirs = {number.key for number in other.numbers}
            called = set(heard(other.bare_name)) if not other.title else set()
            for mention in profile.mentions:
                if not mention.kin:
                    continue
                reason = self._kin_reason(mention.kin, mention.ref, other)
                if theirs & set(mention.numbers):
                    reason = self._kin_number(mention.kin, mention.ref, other)
                elif any(called & set(heard(name)[:1]) for name in mention.names):
                    reason = self._kin_name(mention.kin, mention.ref, other)
                if best is None or (reason.points, reason.evidence) > (best.points, best.evidence):
                    best = reason
        if best is not None:
            yield best

    def _kin_number(self, kin: str, ref: str, other: Profile) -> Reason:
        sentence = Sentence(
            'a note speaks of "{kin}" with the number of {customer}',
            kin=kin,
            customer=other.customer,
        )
        return self._reason("kin_number", sentence, _HOUSEHOLD, ref)

    def _kin_name(self, kin: str, ref: str, other: Profile) -> Reason:
        sentence = Sentence(
            'a note speaks of "{kin}" and names {name}', kin=kin, name=other.bare_name
        )
        keys = [blocking.NAME + sound for sound in heard(other.bare_name)[:1]]
        return self._reason("kin_name", sentence, _HOUSEHOLD, ref, other.ref, sharing=keys)

    def _kin_reason(self, kin: str, ref: str, other: Profile) -> Reason:
        sentence = Sentence('a note speaks of "{kin}"', kin=kin)
        return self._reason("kin_word", sentence, _HOUSEHOLD, ref)

    # ------------------------------------------------------------------------------ both

    def _elsewhere(self, weights: Mapping[str, float]) -> Iterator[Reason]:
        if self.left.address and self.left.address == self.right.address:
            yield self._reason(
                "address",
                Sentence("the same address"),
                weights,
                *self._cards,
                sharing=(blocking.ADDRESS + self.left.address,),
            )
        days = {(day, staff): ref for day, staff, ref in self.left.days}
        for day, staff, ref in self.right.days:
            if (day, staff) in days:
                yield self._reason(
                    "same_day",
                    Sentence(
                        "{staff} had contact with both on {day}", staff=Who(staff), day=Day(day)
                    ),
                    weights,
                    days[day, staff],
                    ref,
                )
                return

    def _reason(
        self,
        code: str,
        sentence: Sentence,
        weights: Mapping[str, float],
        *evidence: str,
        sharing: Iterable[str] = (),
    ) -> Reason:
        """A reason; the more share the keys it rests on, the less it says."""
        crowd = max(map(self._crowd.sharing, sharing), default=1)
        points = weights[code] - _CROWDED.get(code, 0.0) * math.log2(max(crowd, 1))
        return Reason(code, sentence, round(points, 2), evidence)


def _common_sounds(left: Profile, right: Profile) -> set[str]:
    return set(heard(left.bare_name)) & set(heard(right.bare_name))


def _both_have_own(left: Profile, right: Profile) -> bool:
    return all(any(number.is_personal for number in one.numbers) for one in (left, right))


_NAME_WORDS = {
    "name": Sentence("the same name"),
    "sound": Sentence("names that sound the same"),
    "typo": Sentence("names that differ in one character"),
    "title": Sentence("the same surname, with a form of address for a name"),
    "surname": Sentence("the same surname, another given name"),
    "other_name": Sentence("another name"),
}
_NUMBER_WORDS = {
    "mobile": N_("the same number {number}"),
    "line": N_("the same line {number}"),
    "extension": N_("the same line and extension {number}"),
    "other_extension": N_("the same line {number}, another extension"),
    "swapped_digits": N_("two digits are swapped: {number}, {other}"),
    "near_number": N_("one digit differs: {number}, {other}"),
    "other_number": N_("other numbers"),
}
