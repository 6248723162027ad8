"""Where things stand in a TOML text: tomllib reads values and forgets their places.

One pass over the text builds a tree of places in the shape of the parsed data.  It checks
nothing: tomllib has read the same text before and refused it if it was faulty.  Should it
be faulty all the same, what stood before the fault has its place and the rest falls back.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property

KeyPath = tuple[str | int, ...]
"""The way to a value in the parsed data: `("rule", 3, "when")`."""

_BLANK = re.compile(r"(?:[ \t\n]++|#[^\n]*+)*+")
_SPACE = re.compile(r"[ \t]*+")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]++")
# No number, date or word contains one of these; a date may contain a space.
_BARE_VALUE = re.compile(r"[^,\[\]{}#\n\"']++")
_STRINGS = {
    '"': re.compile(r'"(?:[^"\\\n]|\\.)*+"'),
    "'": re.compile(r"'[^'\n]*+'"),
}
_LONG_STRINGS = {  # may end with one or two quotes of their own
    '"': re.compile(r'"""(?:[^"\\]|\\.|"(?!""))*+"{3,5}', re.DOTALL),
    "'": re.compile(r"'''(?:[^']|'(?!''))*+'{3,5}"),
}
_CONTINUATION = re.compile(r"\\[ \t]*+\n[ \t\n]*+")
_HEX_DIGITS = {"x": 2, "u": 4, "U": 8}
_SHORT = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b"}


class _Lost(Exception):
    """The text is no TOML from here on."""


class _Node:
    """A value, where it begins, and what is in it: `items` is None for a plain value."""

    __slots__ = ("items", "offset")

    def __init__(self, offset: int, items: dict[str, _Node] | list[_Node] | None = None) -> None:
        self.offset = offset
        self.items = items


class Source:
    """The places of the values of one TOML text.

    `name` is what the text is called, a file or a preset.  Lines and columns count from 1,
    columns in characters; a byte order mark takes none.
    """

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        # As tomllib does; a carriage return only ever ends a line, so columns stay the same.
        self._text = text.removeprefix("\ufeff").replace("\r\n", "\n")
        self._line_starts = [0, *(m.end() for m in re.finditer("\n", self._text))]
        self._characters: dict[int, list[int]] = {}

    @cached_property
    def _root(self) -> _Node:
        # Only where something is wrong does anybody ask for a place.
        return _read(self._text)

    def position(self, path: KeyPath) -> tuple[int, int]:
        """Line and column of the value at a path.

        A table begins at its header, its brace, or the part of a dotted key that names it.
        Of a path that leads nowhere, the nearest table or list around it counts; (1, 1) for
        the whole text.
        """
        return self._place(self._find(path)[0].offset)

    def within(self, path: KeyPath, offset: int) -> tuple[int, int]:
        """Line and column of the character `offset` (from 0) of the text value at a path.

        Escapes, line continuations and the new line after opening quotes are allowed for.
        Past the end it is the closing quote; for anything but text, as `position`.
        """
        node, found = self._find(path)
        quoted = self._text.startswith(('"', "'"), node.offset)
        if not (found and quoted and node.items is None):
            return self._place(node.offset)
        places = self._characters.get(node.offset)
        if places is None:
            try:
                places = [place for place, _ in _characters(self._text, node.offset)]
            except _Lost:
                places = [node.offset]
            self._characters[node.offset] = places
        return self._place(places[min(max(offset, 0), len(places) - 1)])

    def excerpt(self, line: int) -> str:
        """The text of a line without its end; empty for one that is not there."""
        if not 0 < line <= len(self._line_starts):
            return ""
        start = self._line_starts[line - 1]
        end = self._line_starts[line] - 1 if line < len(self._line_starts) else len(self._text)
        return self._text[start:end]

    def _find(self, path: KeyPath) -> tuple[_Node, bool]:
        """The value at a path and whether it is that one, not merely around it."""
        node = self._root
        for step in path:
            inner: _Node | None = None
            if isinstance(node.items, dict):
                inner = node.items.get(step) if isinstance(step, str) else None
            elif node.items is not None and type(step) is int and 0 <= step < len(node.items):
                inner = node.items[step]
            if inner is None:
                return node, False
            node = inner
        return node, True

    def _place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1


def _read(text: str) -> _Node:
    root = _Node(0, {})
    table = root
    place = 0
    try:
        while (place := _skip(_BLANK, text, place)) < len(text):
            if text[place] == "[":
                table, place = _header(text, place, root)
            else:
                place = _pair(text, place, table)
    except _Lost:
        pass
    return root


def _skip(pattern: re.Pattern[str], text: str, place: int) -> int:
    match = pattern.match(text, place)
    assert match is not None, "blanks may be empty"
    return match.end()


def _header(text: str, start: int, root: _Node) -> tuple[_Node, int]:
    """The table that `[a.b]` or `[[a.b]]` opens, and where the header ends."""
    several = text.startswith("[[", start)
    key, place = _key(text, start + (2 if several else 1))
    closing = "]]" if several else "]"
    if not text.startswith(closing, place):
        raise _Lost
    around = _descend(root, key[:-1])
    name = key[-1][0]
    node = around.get(name)
    if node is None:
        node = around[name] = _Node(start, [] if several else {})
    elif not several:
        node.offset = start  # until now only known as the way to another table
    if several:
        if not isinstance(node.items, list):
            raise _Lost
        node.items.append(_Node(start, {}))
        node = node.items[-1]
    return node, place + len(closing)


def _descend(table: _Node, key: list[tuple[str, int]]) -> dict[str, _Node]:
    """The contents of the table at a dotted key, made where they are not there yet."""
    node = table
    for name, offset in key:
        inside = _inside(node)
        if name not in inside:
            inside[name] = _Node(offset, {})
        node = inside[name]
    return _inside(node)


def _inside(node: _Node) -> dict[str, _Node]:
    """What is in a table; of a list of tables, in the last one."""
    items = node.items[-1].items if isinstance(node.items, list) and node.items else node.items
    if not isinstance(items, dict):
        raise _Lost
    return items


def _pair(text: str, place: int, table: _Node) -> int:
    """Read `key = value` into a table; return where it ends.

    Values within values are kept on a list, not on the call stack: their depth is the
    author's choice.
    """
    key, place = _assigned(text, place)
    inside, name = _descend(table, key[:-1]), key[-1][0]
    node = inside[name] = _Node(place)
    opened: list[_Node] = []
    while True:
        if text.startswith("[", place):
            node.items = []
        elif text.startswith("{", place):
            node.items = {}
        if node.items is None:
            place = _plain_end(text, place)
        else:
            opened.append(node)
            place += 1
        place = _closed(text, place, opened)
        if not opened:
            return place
        around = opened[-1]
        if isinstance(around.items, list):
            node = _Node(place)
            around.items.append(node)
        else:
            key, place = _assigned(text, place)
            node = _Node(place)
            _descend(around, key[:-1])[key[-1][0]] = node


def _closed(text: str, place: int, opened: list[_Node]) -> int:
    """Where the next value within values begins; those that end before it are dropped."""
    while opened:
        place = _skip(_BLANK, text, place)
        mark = text[place : place + 1]
        if mark in ("]", "}"):
            opened.pop()
        elif mark != ",":
            break
        place += 1
    return place


def _assigned(text: str, place: int) -> tuple[list[tuple[str, int]], int]:
    """A key with its equals sign, and where its value begins."""
    key, place = _key(text, place)
    if not text.startswith("=", place):
        raise _Lost
    return key, _skip(_SPACE, text, place + 1)


def _key(text: str, place: int) -> tuple[list[tuple[str, int]], int]:
    """The parts of a dotted key with their places, and where it ends, spaces included."""
    parts: list[tuple[str, int]] = []
    while True:
        place = _skip(_SPACE, text, place)
        bare = _BARE_KEY.match(text, place)
        if bare is not None:
            parts.append((bare.group(), place))
            end = bare.end()
        elif text.startswith(('"', "'"), place):
            end = _string_end(text, place)
            parts.append(("".join(char for _, char in _characters(text, place)), place))
        else:
            raise _Lost
        place = _skip(_SPACE, text, end)
        if not text.startswith(".", place):
            return parts, place
        place += 1


def _plain_end(text: str, place: int) -> int:
    if text.startswith(('"', "'"), place):
        return _string_end(text, place)
    match = _BARE_VALUE.match(text, place)
    if match is None:
        raise _Lost
    return match.end()


def _string_end(text: str, place: int) -> int:
    quote = text[place]
    long = text.startswith(quote * 3, place)
    match = (_LONG_STRINGS if long else _STRINGS)[quote].match(text, place)
    if match is None:
        raise _Lost
    return match.end()


def _characters(text: str, start: int) -> Iterator[tuple[int, str]]:
    """The characters of the string that begins at `start`, each with its place.

    Last comes the closing quote, with an empty character.
    """
    quote = text[start]
    long = text.startswith(quote * 3, start)
    quotes = 3 if long else 1
    end = _string_end(text, start) - quotes
    place = start + quotes
    if long and text.startswith("\n", place):
        place += 1
    while place < end:
        char, after = text[place], place + 1
        if char == "\\" and quote == '"':
            gap = _CONTINUATION.match(text, place) if long else None
            if gap is not None:
                place = gap.end()
                continue
            char, after = _escaped(text, place)
        yield place, char
        place = after
    yield end, ""


def _escaped(text: str, place: int) -> tuple[str, int]:
    """The character an escape stands for, and where the escape ends."""
    letter = text[place + 1]
    digits = _HEX_DIGITS.get(letter, 0)
    after = place + 2 + digits
    if not digits:
        return _SHORT.get(letter, letter), after
    try:
        return chr(int(text[place + 2 : after], 16)), after
    except (ValueError, OverflowError):
        raise _Lost from None
