"""Who a customer is to those who look for him: what he answers to, and by which keys he is found.

A *key* is a text under which a register keeps a customer so that he is found without a walk
through all of them; its first letter says what it is a key of.  Keys only propose: whether
somebody answers, and how well, is said by comparing the card itself.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from conflictctl.names import (
    SURNAMES,
    latin,
    readings,
    sounds,
    spelt,
    syllables,
)
from conflictctl.phones import (
    HOME_CODE,
    WHOLE_NUMBER,
    masked_phone,
    national,
    phone_key,
    phone_keys,
)

__all__ = [
    "KEYS_VERSION",
    "PARTIAL_DIGITS",
    "SURNAMES",
    "Match",
    "Probe",
    "Query",
    "folded",
    "keys_of",
    "latin",
    "masked_name",
    "masked_text",
    "names",
    "names_one",
    "phone_key",
    "phone_keys",
    "plain_keys",
    "probes",
    "readings",
]

PARTIAL_DIGITS = 4
"""With fewer digits of a number too many would answer."""

KEYS_VERSION = 1
"""Counts the ways keys were made; a register with keys of another is indexed anew."""

_LONGEST_KEY = 48
_MOST_PARTS = 12
_COMPARED = 3
"""Syllables compared among the keys, where those of a long name are cut off."""

_END = "\U0010ffff"
_HAN = ("\u3400", "\u9fff")


class Match(NamedTuple):
    """How well a customer answers a query; the smallest rank is the best."""

    rank: int
    by: str
    """`id`, `name`, `phone`, `pinyin` or `sound`."""


class Query:
    """A text to find customers by, prepared once."""

    __slots__ = ("_digits", "_folded", "_letters", "_phone", "_sound", "text")

    def __init__(self, text: str) -> None:
        self.text = text.strip()
        self._folded = folded(self.text)
        self._phone = phone_key(self.text) if self.text else None
        # A number with its country is whole: it equals another, or is a different one.
        key = self._phone or "+"
        self._digits = key if not key.startswith("+") and len(key) >= PARTIAL_DIGITS else ""
        self._letters = latin(self.text)
        self._sound: tuple[str, ...] | None = None

    @property
    def is_spelt(self) -> bool:
        """Whether the text is letters that may be pinyin."""
        return bool(self._letters)

    @property
    def letters(self) -> str:
        """The text as bare letters, if it may be pinyin; else empty."""
        return self._letters

    @property
    def phone(self) -> str | None:
        """The number that the text is, in its one spelling."""
        return self._phone

    @property
    def digits(self) -> str:
        """The part of a number that the text may be; empty for a whole one."""
        return self._digits

    @property
    def folded(self) -> str:
        """The text without case, width and spaces."""
        return self._folded

    def plainly(self, identity: str, name: str, phones: Iterable[str]) -> Match | None:
        """Compare id, name and phones as they are written.

        A part of a name or an id is one that begins where a reader may begin to type: at a
        word, a Chinese character, a number.  A part of a telephone number is its beginning
        or its end.
        """
        if identity == self.text:
            return Match(0, "id")
        wanted = self._folded
        if not wanted:
            return None
        match = self._by_phone(phones) if self._phone is not None else None
        if match is not None and match.rank == 1:
            return match
        own = folded(name)
        if own == wanted:
            return Match(2, "name")
        if folded(identity) == wanted:
            return Match(3, "id")
        if own.startswith(wanted):
            return Match(5, "name")
        if any(part.startswith(wanted) for part in _parts(name)):
            return Match(6, "name")
        if match is not None:
            return match
        own_id = _parts(identity)
        return Match(8, "id") if any(part.startswith(wanted) for part in own_id) else None

    def _by_phone(self, phones: Iterable[str]) -> Match | None:
        best: Match | None = None
        for key in (key for phone in phones for key in phone_keys(phone)):
            if key == self._phone:
                return Match(1, "phone")
            if self._digits and _begins_or_ends(national(key), self._digits):
                best = Match(7, "phone")
        return best

    def by_sound(self, name: str) -> Match | None:
        """Compare how the name sounds: pinyin typed, or other characters read alike.

        Loads the pinyin tables on first use (a fifth of a second).
        """
        if self._letters:
            matches = filter(None, map(self.by_syllables, sounds(name)))
            return min(matches, default=None)
        if self._sound is None:
            self._sound = tuple(options[0] for options in readings(self.text))
        if self._sound and self._sound == tuple(options[0] for options in readings(name)):
            return Match(9, "sound")
        return None

    def by_syllables(self, syllables: Sequence[str]) -> Match | None:
        """Compare pinyin typed with one way a name is read, which the caller has at hand."""
        if not self._letters:
            return None
        left = spelt(self._letters, 0, [(one,) for one in syllables], 0)
        return None if left is None else Match(4 if left == 0 else 9, "pinyin")


def _begins_or_ends(number: str, digits: str) -> bool:
    return number.startswith(digits) or number.endswith(digits)


def folded(text: str) -> str:
    """A text without case, width or spaces, for comparing."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def is_chinese(char: str) -> bool:
    """Whether a character is a Chinese one."""
    return _HAN[0] <= char <= _HAN[1]


NAME_CHARACTERS, NAME_LETTERS = 2, 4
"""With less of a name too many would answer."""


def names_one(query: Query) -> bool:
    """Whether a text is enough to mean one person: a number, or a name that is not a surname.

    Seven digits, two Chinese characters or four letters; an id is for the register to know.
    """
    if query.phone is not None:
        return sum(map(str.isdigit, query.phone)) >= WHOLE_NUMBER
    if any(map(is_chinese, query.folded)):
        return len(query.folded) >= NAME_CHARACTERS
    return sum(map(str.isalpha, query.folded)) >= NAME_LETTERS


def names(query: Query, match: Match, phones: Iterable[str]) -> bool:
    """Whether the whole of an id, a name or a number answered, and not a part of it.

    Of a number its end counts, from seven digits on: so people write lines of their own town.
    """
    if match.by == "phone" and query.digits:
        found = (national(key) for phone in phones for key in phone_keys(phone))
        return any(number.endswith(query.digits) for number in found)
    return match.rank <= _WHOLE


_WHOLE = 4
"""The last rank of `Match` at which the whole answers: a name as it is read, spelt in full."""


# ------------------------------------------------------------------------------- masking

_DOUBLE_SURNAMES = (
    " 欧阳 司马 上官 诸葛 慕容 东方 皇甫 司徒 司空 公孙 轩辕 钟离 端木 百里 东郭 南宫 西门 "
    "呼延 闻人 太史 公羊 申屠 拓跋 独孤 第五 左丘 谷梁 梁丘 宰父 淳于 太叔 公冶 "
)
"""Of two characters, and read as usual; those read otherwise are in `SURNAMES`."""


def masked_name(name: str) -> str:
    """A name that its owner recognises: `李**`, `欧阳*`, `S***`; whoever sees it learns little."""
    plain = name.strip()
    if not plain:
        return ""
    double = plain[:2] in SURNAMES or f" {plain[:2]} " in _DOUBLE_SURNAMES
    shown = 2 if len(plain) > 2 and double else 1
    return plain[:shown] + "*" * max(min(len(plain) - shown, 3), 1)


def masked_text(text: str) -> str:
    """What somebody looked for, masked as a number or as a name."""
    key = phone_key(text)
    if key is not None and sum(map(str.isdigit, text)) >= PARTIAL_DIGITS:
        return masked_phone(key)
    return masked_name(text)


# ---------------------------------------------------------------------------------- keys
#
#   i  an id without case                   j  the same from each later part of it
#   n  a name without case and spaces       m  the same from each later word or character
#   p  a number, whole: `p+8613800138000`
#   r  the digits of a number from the end, for those who know the last four
#   s  how a name is read, in one: `swangxiaoming`
#   y  the first letters and then the syllables: `ywxm wang xiao ming`


def plain_keys(customer: str, name: str | None, phones: Iterable[str]) -> Iterator[str]:
    """The keys of a card that need no pinyin; with repetitions."""
    yield from _part_keys("i", "j", customer)
    if name is not None:
        yield from _part_keys("n", "m", name)
    for text in phones:
        for key in phone_keys(text):
            yield f"p{key}"
            yield f"r{national(key)[::-1]}"


def sound_keys(name: str) -> Iterator[str]:
    """The keys of how a name may be read.  Loads the pinyin tables."""
    if any(map(is_chinese, name)):
        for read in sounds(name):
            yield "s" + "".join(read)[: _LONGEST_KEY - 1]
            yield f"y{''.join(one[0] for one in read)} {' '.join(read)}"[:_LONGEST_KEY]


def keys_of(customer: str, name: str | None, phones: Iterable[str]) -> set[str]:
    """All keys under which a card is found."""
    found = set(plain_keys(customer, name, phones))
    if name is not None:
        found.update(sound_keys(name))
    return found


def _part_keys(first: str, later: str, text: str) -> Iterator[str]:
    for place, part in enumerate(_parts(text)):
        yield f"{later if place else first}{part}"[:_LONGEST_KEY]


def _parts(text: str) -> Iterator[str]:
    """A text folded, from its beginning and from wherever a reader may begin to type it."""
    words = unicodedata.normalize("NFKC", text).casefold().split()
    joined = "".join(words)
    begins = set()
    place = 0
    for word in words:
        begins.add(place)
        place += len(word)
    kinds = [_kind(char) for char in joined]
    starts = [
        index
        for index, kind in enumerate(kinds)
        if index in begins or kind == "h" or (kind != "-" and kinds[index - 1] != kind)
    ]
    for start in starts[:_MOST_PARTS]:
        yield joined[start:]


def _kind(char: str) -> str:
    if is_chinese(char):
        return "h"
    if char.isdecimal():
        return "0"
    return "a" if char.isalpha() else "-"


# -------------------------------------------------------------------------------- probes


class Probe(NamedTuple):
    """One look into the keys: those from `low` to below `high`, and like `like` (a LIKE).

    Whom it finds answers with `rank` (see `Match`), or with a better one.
    """

    low: str
    high: str
    like: str | None = None
    rank: int = 9


def probes(query: Query) -> Iterator[Probe]:
    """Where customers who answer a query are found among the keys, the best first."""
    wanted = query.folded
    if not wanted:
        return
    if query.phone is not None:
        yield _equal(f"p{query.phone}", 1)
    yield _equal(f"n{wanted}", 2)
    yield _equal(f"i{wanted}", 3)
    spellings = _spellings(query.letters) if query.is_spelt else []
    for letters in spellings:
        yield _equal(f"s{letters}", 4)
    yield _beginning(f"n{wanted}", 5)
    yield _beginning(f"m{wanted}", 6)
    if query.digits:
        yield _beginning(f"p+{HOME_CODE}{query.digits}", 7)
        yield _beginning(f"p+{query.digits}", 7)
        yield _beginning(f"p{query.digits}", 7)
        yield _beginning(f"r{query.digits[::-1]}", 7)
    yield _beginning(f"i{wanted}", 8)
    yield _beginning(f"j{wanted}", 8)
    for letters in spellings:
        yield _beginning(f"s{letters}", 9)
    for way in dict.fromkeys(way for letters in spellings for way in _ways(letters)):
        # One part alone is the beginning of how a name is read in one.
        if len(way) > 1:
            initials = "".join(one[0] for one in way)
            like = f"y{initials}% {' '.join(f'{one}%' for one in way[:_COMPARED])}"
            yield _beginning(f"y{initials}", 9, like)


def sound_probes(text: str) -> Iterator[Probe]:
    """Where names that sound like a Chinese one are found.  Loads the pinyin tables."""
    read = "".join(options[0] for options in readings(text))
    if read:
        yield _equal(f"s{read}", 9)


def _equal(key: str, rank: int) -> Probe:
    key = key[:_LONGEST_KEY]
    return Probe(key, f"{key}\x01", None, rank)


def _beginning(start: str, rank: int, like: str | None = None) -> Probe:
    start = start[:_LONGEST_KEY]
    return Probe(start, f"{start}{_END}", like, rank)


def _spellings(letters: str) -> list[str]:
    """The letters as the keys have them: ü is v there, for which many type u or yu."""
    letters = letters.replace("lyu", "lv").replace("nyu", "nv")
    found = [letters]
    for plain, exact in (("lu", "lv"), ("nu", "nv")):
        found += [one.replace(plain, exact) for one in found if plain in one]
    return list(dict.fromkeys(found))


_MOST_WAYS = 24


def _ways(letters: str) -> list[tuple[str, ...]]:
    """The ways to take letters as syllables and first letters, with one of the latter at least.

    `wangxm` is `wang x m`, and `w a n g x m`.  Those of the fewest parts come first.
    """
    found: list[tuple[str, ...]] = []
    frontier: list[tuple[int, tuple[str, ...]]] = [(0, ())]
    while frontier and len(found) < _MOST_WAYS:
        following: list[tuple[int, tuple[str, ...]]] = []
        for place, way in frontier:
            if place == len(letters):
                if way and any(one not in syllables() for one in way):
                    found.append(way)
                continue
            if len(way) == _MOST_PARTS:
                continue
            for length in range(min(6, len(letters) - place), 0, -1):
                piece = letters[place : place + length]
                whole = piece in syllables()
                last = place + length == len(letters)
                # The last syllable may be unfinished.
                if length == 1 or whole or (last and _begins_syllable(piece)):
                    following.append((place + length, (*way, piece)))
        frontier = following[:200]
    return found


def _begins_syllable(piece: str) -> bool:
    return any(one.startswith(piece) for one in syllables())
