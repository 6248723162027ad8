"""Words of cells and headings in one spelling, so that they can be compared."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from functools import lru_cache

Cell = str | int | float | bool | datetime | date | time | timedelta

GUARDED = ("=", "+", "-", "@", "\t", "\r", "\n", *"＝＋－＠", "'")
"""What an apostrophe stands before in a cell that was made safe against formulas."""

_SPACE = re.compile(r"[\s\u200b\ufeff]+")
_TAIL = re.compile(r"(\((必填|选填|required|optional)\)|[*:])+\Z")


# The same names, levels and headings come again and again.
@lru_cache(maxsize=50_000)
def folded(text: str) -> str:
    """Full width and half width, capitals and small letters, spaces: all the same.

    >>> folded("Ａ 级")
    'a级'
    """
    return _SPACE.sub("", unicodedata.normalize("NFKC", text)).casefold()


def heading(cell: Cell) -> str:
    """A heading in its one spelling: `客户 电话*` and `客户电话：` are the same."""
    return _TAIL.sub("", folded(text_of(cell)))


def text_of(cell: Cell) -> str:
    """A cell as text, as its writer saw it: whole numbers without a decimal point."""
    if isinstance(cell, str):
        text = cell.strip()
        if len(text) > 1 and text[0] == "'" and text[1] in GUARDED:
            text = text[1:]
        return text
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "seconds")
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    return str(cell)


def is_blank(cell: Cell) -> bool:
    """Whether there is nothing in a cell that anybody could read."""
    return isinstance(cell, str) and not cell.strip(" \t\r\n\u3000\xa0\u200b\ufeff")


def letters(column: int) -> str:
    """The name of a column (from 0) as spreadsheets show it: `A`, `AB`."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name
