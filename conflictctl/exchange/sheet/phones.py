"""Telephone numbers as cells hold them: several in one, in full width, with words around."""

from __future__ import annotations

import re
from functools import lru_cache

from conflictctl.events import Problem
from conflictctl.exchange.sheet.words import Cell, text_of
from conflictctl.phones import HOME_CODE, MOBILE, NARROW, WHOLE_NUMBER, national, phone_key
from conflictctl.wording import Sentence

key_of = lru_cache(maxsize=50_000)(phone_key)
"""`phone_key`, remembered: a row asks for the same number several times."""

_MARKS = re.compile(r"[/\\,;、|\n\r\t]+|(?<=\d)\s*(?:或者?|和|及|or|and|&)\s*(?=[+\d(])", re.I)
_GAP = re.compile(r"\s{1,}")
_WORDS = re.compile(
    r"(手机|电话|座机|微信|本人|先生|女士|太太|爱人|家里|公司|tel|mobile|phone|cell)[号码]*\s*[:.]?\s*|[(]\D*[)]|\.0\Z",
    re.I,
)
_ROUNDED = re.compile(r"\d(\.\d+)?E\+?\d+", re.I)
_MOST = 15


def read_phones(cell: Cell) -> list[str]:
    """The numbers in a cell, each in one spelling: `13800138000`, `05332345678`, `+49301234567`.

    Raises Problem for what is no number, or one that a spreadsheet has rounded.
    """
    if isinstance(cell, str) and MOBILE.fullmatch(cell):
        return [cell]
    # Typed before a number, an apostrophe makes it text; not every program takes it off.
    text = text_of(cell).translate(NARROW).lstrip("'")
    if _ROUNDED.fullmatch(text):
        raise Problem(
            Sentence(
                "a spreadsheet rounded the number to {text}; format the column as text", text=text
            )
        )
    found: list[str] = []
    for piece in _MARKS.split(text):
        for number in _split(_WORDS.sub("", piece).strip(" -.")):
            if number:
                found.append(_checked(number))
    return list(dict.fromkeys(found))


def _split(piece: str) -> list[str]:
    """Two numbers with nothing but a space between them; not one number in groups."""
    parts = _GAP.split(piece)
    if len(parts) > 1 and all(sum(map(str.isdigit, part)) >= WHOLE_NUMBER for part in parts):
        return parts
    digits = re.sub(r"[\s\-]", "", piece)
    if re.fullmatch(r"(1[3-9]\d{9}){2,4}", digits):
        return [digits[place : place + 11] for place in range(0, len(digits), 11)]
    return [piece]


def _checked(text: str) -> str:
    key = key_of(text)
    digits = sum(map(str.isdigit, key or ""))
    if key is None or not WHOLE_NUMBER <= digits <= _MOST:
        raise Problem(Sentence("{text} is no telephone number", text=text[:40]))
    if not key.startswith("+") and re.match(r"1[3-9]", key) and len(key) != 11 and len(key) > 8:
        raise Problem(
            Sentence("{text} has {count} digits, a mobile number has 11", text=text, count=len(key))
        )
    if not key.startswith(f"+{HOME_CODE}"):
        return key
    number = national(key)
    return number if MOBILE.fullmatch(number) else f"0{number}"
