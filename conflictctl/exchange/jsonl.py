"""JSON Lines: one line of bytes to one object, strictly."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import orjson

from conflictctl.errors import InputRejected
from conflictctl.exchange.source import LINE_LIMIT
from conflictctl.wording import Sentence

DEPTH_LIMIT = 32


class Row(NamedTuple):
    """One record of a file: where it stands, its bytes, and what they say or why not.

    Exactly one of `entry` and `fault` is there.  `raw` has no line end; None: too long
    to be kept.  A row of a sheet has its `cells` instead, and may introduce its customer:
    `before` is what is recorded with it, and only with it.
    """

    line: int
    raw: bytes | None
    entry: dict[str, Any] | None
    fault: Sentence | None = None
    before: tuple[dict[str, Any], ...] = ()
    cells: list[Any] | None = None


def rows(lines: Iterable[tuple[int, bytes]]) -> Iterator[Row]:
    """Every line that is not blank; one that cannot be read carries its fault."""
    for number, raw in lines:
        if not raw or raw.isspace():
            continue
        try:
            yield Row(number, raw, parse(raw))
        except InputRejected as rejected:
            yield Row(number, raw if len(raw) <= LINE_LIMIT else None, None, rejected.message)


def parse(raw: bytes) -> dict[str, Any]:
    """The object on one line.

    Raises InputRejected for broken JSON, NaN, bytes that are not UTF-8, a key given
    twice, nesting deeper than DEPTH_LIMIT, a line too long, or anything but an object.
    """
    if len(raw) > LINE_LIMIT:
        raise InputRejected(
            Sentence("the line is longer than {limit} bytes", limit=LINE_LIMIT),
            Sentence("one JSON object a line is expected"),
        )
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise InputRejected(_broken(raw, error.colno)) from None
    if type(value) is not dict:
        raise InputRejected(Sentence("the line is no JSON object"))
    # A plain object whose every key stands once has exactly as many `":` as keys.  Only
    # where that is not so (nesting, `":` within a text, spaces) is the line read again.
    if (
        raw.count(b'":') != len(value)
        or raw.count(b"[") > DEPTH_LIMIT
        or b" :" in raw
        or b"\t:" in raw
        or b"\r:" in raw
    ):
        _check_closely(raw)
    return value


def _broken(raw: bytes, column: int) -> Sentence:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return Sentence("byte {place} of the line is not UTF-8", place=error.start + 1)
    if b"\0" in raw:
        return Sentence("the line holds a NUL byte")
    if raw.startswith(b"["):
        return Sentence("one JSON object a line is expected, not a list")
    return Sentence("the line is broken JSON (at column {column})", column=column)


def _check_closely(raw: bytes) -> None:
    if raw.count(b"{") + raw.count(b"[") > DEPTH_LIMIT and _depth(raw) > DEPTH_LIMIT:
        raise InputRejected(Sentence("the line is nested too deeply"))
    json.loads(raw, object_pairs_hook=_once)


def _depth(raw: bytes) -> int:
    depth = deepest = 0
    quoted = escaped = False
    for byte in raw:
        if quoted:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                quoted = False
        elif byte == 0x22:
            quoted = True
        elif byte in b"{[":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"}]":
            depth -= 1
    return deepest


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InputRejected(Sentence("the key {name} stands twice", name=twice[:40]))
    return result
