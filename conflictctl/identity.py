"""Who a customer is to those who look for him: phones, names and how names sound."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

HOME_COUNTRY = "86"

# Surnames whose reading differs from the character's usual one.
SURNAMES: dict[str, tuple[str, ...]] = {
    "单": ("shan",),
    "曾": ("zeng",),
    "解": ("xie",),
    "仇": ("qiu",),
    "区": ("ou",),
    "查": ("zha",),
    "朴": ("piao",),
    "盖": ("ge",),
    "任": ("ren",),
    "华": ("hua",),
    "翟": ("zhai",),
    "宓": ("mi",),
    "尹": ("yin",),
    "乐": ("yue",),
    "员": ("yun",),
    "召": ("shao",),
    "覃": ("qin",),
    "晟": ("cheng",),
    "冼": ("xian",),
    "折": ("she",),
    "种": ("chong",),
    "秘": ("bi",),
    "缪": ("miao",),
    "繁": ("po",),
    "能": ("nai",),
    "逄": ("pang",),
    "隗": ("wei",),
    "黑": ("he",),
    "牟": ("mu",),
    "洗": ("xian",),
    "葛": ("ge",),
    "燕": ("yan",),
    "宁": ("ning",),
    "过": ("guo",),
    "那": ("na",),
    "哈": ("ha",),
    "句": ("gou",),
    "阚": ("kan",),
    "褚": ("chu",),
    "佴": ("nai",),
    "尉迟": ("yu", "chi"),
    "长孙": ("zhang", "sun"),
    "万俟": ("mo", "qi"),
    "澹台": ("tan", "tai"),
    "令狐": ("ling", "hu"),
    "单于": ("chan", "yu"),
    "夏侯": ("xia", "hou"),
    "鲜于": ("xian", "yu"),
    "赫连": ("he", "lian"),
    "宇文": ("yu", "wen"),
    "亓官": ("qi", "guan"),
    "濮阳": ("pu", "yang"),
}

_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_PHONE_MARKS = re.compile(r"[\s\-‐‑–—.·()/]+")
_NUMBER = re.compile(r"\+?[0-9]+")
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_LETTERS = re.compile(r"[a-z]+")
_SEVERAL = re.compile(r"[/,;、，；|]")
PARTIAL_DIGITS = 4
WHOLE_NUMBER = 7


def phone_key(text: str) -> str | None:
    """One spelling for all spellings of a telephone number; None for what is none.

    `138 0013-8000`, `+86 13800138000`, `0086-138-0013-8000` and `１３８００１３８０００` give
    `+8613800138000`; `0533-2345678` gives `+865332345678`; a local number without area
    code stays as its digits.  Numbers of other countries keep their country code, so the
    same national number in two countries is two numbers.
    """
    plain = text.translate(_NARROW).replace("(0)", "")
    number = _PHONE_MARKS.sub("", plain)
    if not _NUMBER.fullmatch(number):
        return None
    if number.startswith("+"):
        return _international(number[1:])
    if number.startswith("00"):
        return _international(number[2:])
    if number.startswith(HOME_COUNTRY) and _MOBILE.fullmatch(number[2:]):
        return _international(number)
    if _MOBILE.fullmatch(number):
        return f"+{HOME_COUNTRY}{number}"
    if number.startswith("0") and len(number) >= 10:
        return _international(HOME_COUNTRY + number)
    return number


def _international(digits: str) -> str | None:
    if digits.startswith(HOME_COUNTRY):
        # Inside the country numbers are dialled with a leading 0 that abroad is left out.
        return f"+{HOME_COUNTRY}{digits[len(HOME_COUNTRY) :].lstrip('0')}"
    return f"+{digits}" if digits else None


def phone_keys(text: str) -> list[str]:
    """The numbers in a text that may hold several: `13800138000/13900139000`."""
    pieces = _SEVERAL.split(text.translate(_NARROW))
    if len(pieces) > 1 and all(sum(map(str.isdigit, p)) >= WHOLE_NUMBER for p in pieces):
        return [key for piece in pieces if (key := phone_key(piece)) is not None]
    key = phone_key(text)
    return [key] if key is not None else []


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

    def plainly(self, identity: str, name: str, phones: Iterable[str]) -> Match | None:
        """Compare id, name and phones as they are written."""
        if identity == self.text:
            return Match(0, "id")
        wanted = self._folded
        if not wanted:
            return None
        if self._phone is not None:
            match = self._by_phone(phones)
            if match is not None:
                return match
        own = folded(name)
        if own == wanted:
            return Match(2, "name")
        if folded(identity) == wanted:
            return Match(3, "id")
        if wanted in own:
            return Match(5 if own.startswith(wanted) else 6, "name")
        return Match(8, "id") if wanted in folded(identity) else None

    def _by_phone(self, phones: Iterable[str]) -> Match | None:
        best: Match | None = None
        for key in (key for phone in phones for key in phone_keys(phone)):
            if key == self._phone:
                return Match(1, "phone")
            if self._digits and self._digits in _national(key):
                best = Match(7, "phone")
        return best

    def by_sound(self, name: str) -> Match | None:
        """Compare how the name sounds: pinyin typed, or other characters read alike.

        Loads the pinyin tables on first use (a fifth of a second).
        """
        if self._letters:
            left = _spelt(self._letters, 0, readings(name), 0)
            if left is None:
                return None
            return Match(4 if left == 0 else 9, "pinyin")
        if self._sound is None:
            self._sound = tuple(options[0] for options in readings(self.text))
        if self._sound and self._sound == tuple(options[0] for options in readings(name)):
            return Match(9, "sound")
        return None


def _national(key: str) -> str:
    return key.removeprefix(f"+{HOME_COUNTRY}").removeprefix("+")


def folded(text: str) -> str:
    """A text without case, width or spaces, for comparing."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def latin(text: str) -> str:
    """Pinyin as typed, in bare letters: `Wáng Xiǎomíng` is `wangxiaoming`, `lǚ` is `lv`.

    Empty where the text is not pinyin.
    """
    plain = unicodedata.normalize("NFD", text.casefold().replace("u:", "v"))
    plain = plain.replace("u\u0308", "v")
    bare = "".join(char for char in plain if not unicodedata.combining(char))
    bare = re.sub(r"[\s'’\-·]+", "", bare)
    return bare if _LETTERS.fullmatch(bare) else ""


def readings(name: str) -> Sequence[tuple[str, ...]]:
    """How each Chinese character of a name may be read, the likeliest reading first."""
    characters = [char for char in name if "\u3400" <= char <= "\u9fff"]
    found = [_readings_of(char) for char in characters]
    surname = _surname("".join(characters[:2]))
    for index, reading in enumerate(surname):
        rest = tuple(other for other in found[index] if other != reading)
        found[index] = (reading, *rest)
    return found


def _surname(beginning: str) -> tuple[str, ...]:
    return SURNAMES.get(beginning) or SURNAMES.get(beginning[:1], ())


@lru_cache(maxsize=30_000)
def _readings_of(char: str) -> tuple[str, ...]:
    from pypinyin import Style, pinyin

    return tuple(pinyin(char, style=Style.NORMAL, heteronym=True)[0])


def _spelt(letters: str, start: int, name: Sequence[tuple[str, ...]], index: int) -> int | None:
    """How many characters of a name the letters leave over, or None where they differ.

    Each character is spelt in full, with u for v if the writer has no better, or by its
    first letter; the last may be unfinished.
    """
    if start == len(letters):
        return len(name) - index
    if index == len(name):
        return None
    best: int | None = None
    rest = letters[start:]
    for reading in name[index]:
        for spelling in {reading, reading.replace("v", "u"), reading.replace("v", "yu")}:
            if rest.startswith(spelling):
                left = _spelt(letters, start + len(spelling), name, index + 1)
            elif rest[0] == spelling[0]:
                left = _spelt(letters, start + 1, name, index + 1)
                left = None if left is None else left + 1
                if spelling.startswith(rest):
                    left = len(name) - index if left is None else min(left, len(name) - index)
            else:
                left = None
            if left is not None and (best is None or left < best):
                best = left
    return best
