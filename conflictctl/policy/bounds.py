"""What no written policy contains and what would cost much to read: refused unread.

A file may come from anywhere.  Whatever stands in it, reading it takes bounded time, and
never more stack than there is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from conflictctl.policy.problems import Path, Problem
from conflictctl.wording import Sentence

MAX_FILE = 1_000_000
MOST_ITEMS = 1_000
"""More rules, named values or classes than this are no written policy, but an attack."""
MAX_TEXT = 20_000
MAX_NAME = 200
MAX_DEPTH = 12
MAX_NUMBER = 10**15
MOST_DOTS = 20
MOST_DOTS_IN_ALL = 20_000
_FEW_DOTS = 3

_QUOTED = re.compile(r'"(?:[^"\\\n]|\\.)*+"|\'[^\'\n]*+\'|#.*')


def unreadable(text: str) -> tuple[Sentence, int, int] | None:
    """What makes a text unfit to be read as TOML at all, with line and column; else None."""
    if len(text) > MAX_FILE:
        return Sentence("is larger than {limit} bytes", limit=MAX_FILE), 1, 1
    in_all = 0
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > _FEW_DOTS:
            # The reader's work grows with the square of a key's length.
            dots = _QUOTED.sub("", line).count(".")
            in_all += dots
            if dots > MOST_DOTS or in_all > MOST_DOTS_IN_ALL:
                return Sentence("more than {limit} dots in a line", limit=MOST_DOTS), number, 1
        if not line.isascii():
            column = next((c for c, char in enumerate(line) if "\ud800" <= char <= "\udfff"), None)
            if column is not None:
                return Sentence("half a character (a lone surrogate)"), number, column + 1
    return None


def excesses(data: Any) -> Iterator[Problem]:
    """Where a parsed file is deeper, longer or larger than any policy; without recursion."""
    todo: list[tuple[Path, Any]] = [((), data)]
    while todo:
        path, value = todo.pop()
        if isinstance(value, (dict, list)):
            if len(value) > MOST_ITEMS:
                yield Problem(path, None, Sentence("more than {limit} of them", limit=MOST_ITEMS))
                continue
            if len(path) > MAX_DEPTH:
                yield Problem(path, None, Sentence("nested too deeply"))
                continue
            for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
                if isinstance(key, str) and len(key) > MAX_NAME:
                    yield Problem(
                        path, None, Sentence("a name of more than {limit} letters", limit=MAX_NAME)
                    )
                else:
                    todo.append(((*path, key), inner))
        elif isinstance(value, str):
            if len(value) > MAX_TEXT:
                yield Problem(
                    path, None, Sentence("a text of more than {limit} characters", limit=MAX_TEXT)
                )
            elif "\0" in value:
                yield Problem(path, None, Sentence("text cannot contain the character NUL"))
        elif type(value) is int and abs(value) > MAX_NUMBER:
            yield Problem(path, None, Sentence("the number is too large"))
