"""What is wrong with a text that is no TOML, in words for people who do not know TOML.

tomllib says what it expected; here stands what was probably meant.
"""

from __future__ import annotations

import re

from conflictctl.policy.problems import Problem
from conflictctl.wording import Sentence

_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*+"|\'[^\']*+\'|#.*')
_LONGEST_LINE = 2_000
_WIDE = {
    **dict.fromkeys("“”「」『』＂", '"'),
    **dict.fromkeys("‘’＇", "'"),
    **dict.fromkeys("，、；", ","),
    **dict.fromkeys("【［〔", "["),
    **dict.fromkeys("】］〕", "]"),
    "＝": "=",
    "：": "=",
    "｛": "{",
    "｝": "}",
    "＃": "#",
    "。": ".",
    "．": ".",
    "\u3000": "' '",
    "\u00a0": "' '",
}
"""Characters of Chinese keyboards and text processors, and what TOML has in their place."""

_MEANT = (
    (
        r"Expected '=' after a key",
        Sentence("a key without = and a value"),
        Sentence('write KEY = "text"; a comment begins with #'),
    ),
    (
        r"Invalid value",
        Sentence("this is no value"),
        Sentence('text stands in quotes: KEY = "text"; yes and no are written true and false'),
    ),
    (
        r"Cannot declare|Cannot overwrite|Cannot mutate|Duplicate inline table key|Cannot redefine",
        Sentence("this is said twice"),
        Sentence("keep one of the two; of several rules, each begins with [[rule]]"),
    ),
    (
        r"Unclosed array",
        Sentence("a list is not closed, or a comma is missing in it"),
        Sentence('write ["first", "second"]'),
    ),
    (
        r"Unclosed inline table",
        Sentence("a table in braces is not closed, or a comma is missing in it"),
        Sentence('write {{ en = "...", zh = "..." }}, with a comma between the parts'),
    ),
    (
        r"Unterminated string|Illegal character '\\n'|Expected \"'",
        Sentence("a text in quotes does not end"),
        Sentence('add the closing quote; a text of several lines stands between """ and """'),
    ),
    (
        r"Unescaped '\\'",
        Sentence("a backslash in a text has to be written twice"),
        Sentence("write \\\\ for \\, or put the text between single quotes"),
    ),
    (
        r"Expected newline or end of document",
        Sentence("something stands behind the value"),
        Sentence(
            'a quote within a text is written \\", a day 2024-05-31, and a number has no unit '
            "behind it"
        ),
    ),
    (
        r"Expected '\]+' at the end",
        Sentence("the bracket of a section is not closed"),
        Sentence("write [section], or [[rule]] with two brackets on either side"),
    ),
    (
        r"Invalid statement|Invalid initial character",
        Sentence("nothing can begin so"),
        Sentence("a line is KEY = value, [section], [[rule]], or a comment that begins with #"),
    ),
    (
        r"Invalid date|must be in|out of range",
        Sentence("there is no such day"),
        Sentence("a day is written 2024-05-31, without quotes"),
    ),
    (
        r"recursion",
        Sentence("nested too deeply"),
        Sentence("no policy needs lists in lists in lists"),
    ),
    (r"Exceeds the limit", Sentence("the number is too large"), Sentence("write fewer digits")),
)
"""What tomllib says, what is wrong, and the mend."""


def toml_fault(error: Exception, text: str, name: str) -> Problem:
    """The problem behind an error of the TOML reader, with its place in the text."""
    match = _PLACE.search(str(error))
    said = _PLACE.sub("", str(error)) or type(error).__name__
    lines = text.split("\n")
    if match is not None and match[1]:
        line, column = int(match[1]), int(match[2])
    else:
        line, column = len(lines), len(lines[-1]) + 1
        while line > 1 and not lines[line - 1].strip():
            line -= 1
            column = len(lines[line - 1]) + 1
    row = lines[line - 1] if line <= len(lines) else ""
    what, hint = next(
        ((what, hint) for pattern, what, hint in _MEANT if re.search(pattern, said)),
        (
            Sentence("this is no TOML: {problem}", problem=said[:200]),
            Sentence("text stands in quotes, lists in [ ], a comment begins with #"),
        ),
    )
    if what.template == "this is said twice":
        column = len(row) - len(row.lstrip()) + 1
    elif "Unescaped" in said:
        column -= 2  # the reader has gone past the backslash and its letter
    wide = _wide_in(row)
    if wide is not None:
        column, char = wide
        what = Sentence("the full-width character {char} cannot stand here", char=char)
        hint = Sentence("write {plain} instead", plain=_WIDE[char])
    return Problem((), None, what, hint, file=name, line=line, column=column)


def _wide_in(line: str) -> tuple[int, str] | None:
    """The first wide character outside of a text in quotes, if there is one in the line."""
    if len(line) > _LONGEST_LINE:
        return None
    bare = _STRINGS.sub(lambda match: "x" * len(match[0]), line)
    return next(((place, char) for place, char in enumerate(bare, 1) if char in _WIDE), None)
