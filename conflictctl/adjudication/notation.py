"""The compact notation of histories: one event a line, times in local time.

    2024-03-05 14:00  zhang  visit K1  level=H recorded=+3h id=e5

DATE TIME BY KIND [CUSTOMER] FIELD=VALUE ...; BY is `-` where nobody acts.  A value is true,
false, null, a whole number, a bare word, a "quoted text", or JSON for lists and objects.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from conflictctl.calendar import HOUR, MINUTE, Calendar, Moment
from conflictctl.errors import InputRejected
from conflictctl.wording import Sentence

SHAPE = Sentence(
    "a line of a history reads: {shape}",
    shape="DATE TIME BY KIND [CUSTOMER] FIELD=VALUE ...",
)
_LINE = re.compile(r"(\d{4}-\d\d-\d\d)\s+(\d\d:\d\d(?::\d\d)?)\s+(\S+)\s+([a-z_]+)(?=\s|$)")
_CUSTOMER = re.compile(r"\s+([^\s=]+)(?=\s|$)")
_FIELD = re.compile(r"\s+([A-Za-z_][A-Za-z_0-9]*)=")
_BARE = re.compile(r"\S+")
_NUMBER = re.compile(r"-?\d{1,15}\Z")
_LOCAL = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?\Z")
_AFTER = re.compile(r"\+(\d{1,5})([dhm])\Z")
_WORDS = {"true": True, "false": False, "null": None}
_TIMES = frozenset({"at", "recorded_at", "expires_at", "until"})


def read_line_of_history(text: str, calendar: Calendar) -> dict[str, Any]:
    """The interchange line that one line of a history stands for.

    A line that begins with `{` is an interchange line already.  Raises InputRejected.
    """
    text = text.strip()
    if text.startswith("{"):
        return _json_line(text)
    head = _LINE.match(text)
    if head is None:
        raise InputRejected(Sentence("no line of a history: {text}", text=text[:80]), SHAPE)
    day, time, by, kind = head.groups()
    at = local_moment(f"{day} {time}", calendar)
    line: dict[str, Any] = {"kind": kind, "at": calendar.iso(at)}
    if by != "-":
        line["by"] = by
    place = head.end()
    customer = _CUSTOMER.match(text, place)
    if customer is not None:
        line["customer"] = customer.group(1)
        place = customer.end()
    for name, value in _fields(text, place):
        name = "recorded_at" if name == "recorded" else name
        if name in line:
            raise InputRejected(Sentence("{field} is given twice", field=name), SHAPE)
        line[name] = _in_zone(name, value, at, calendar)
    return line


def local_moment(text: str, calendar: Calendar) -> Moment:
    """The moment of `2024-03-05 14:00` in the calendar's zone; raises InputRejected."""
    try:
        return calendar.moment(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        raise InputRejected(
            Sentence("{text} is no time", text=text[:40]),
            Sentence("times read: {shape}", shape="2024-03-05 14:00"),
        ) from None


def _json_line(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        column = getattr(error, "pos", 0) + 1
        raise InputRejected(
            Sentence("the line is broken JSON (at column {column})", column=column)
        ) from None
    if not isinstance(value, dict):
        raise InputRejected(Sentence("the line is no JSON object"))
    return value


def _fields(text: str, place: int) -> Iterator[tuple[str, Any]]:
    while place < len(text):
        field = _FIELD.match(text, place)
        if field is None:
            raise InputRejected(
                Sentence("FIELD=VALUE is expected, not {text}", text=text[place:].strip()[:40]),
                SHAPE,
            )
        value, place = _value(text, field.end())
        yield field.group(1), value


def _value(text: str, place: int) -> tuple[Any, int]:
    if text[place : place + 1] in ('"', "[", "{"):
        try:
            value, end = json.JSONDecoder().raw_decode(text, place)
        except (ValueError, RecursionError):
            end = -1
        if end < 0 or text[end : end + 1].strip():
            raise InputRejected(
                Sentence("no end of the value {text}", text=text[place:][:40]),
                Sentence("texts, lists and objects are written as in JSON"),
            )
        return value, end
    bare = _BARE.match(text, place)
    if bare is None:
        raise InputRejected(Sentence("FIELD=VALUE is expected, not {text}", text=text[:40]), SHAPE)
    word = bare.group()
    if word in _WORDS:
        return _WORDS[word], bare.end()
    return int(word) if _NUMBER.match(word) else word, bare.end()


def _in_zone(name: str, value: Any, at: Moment, calendar: Calendar) -> Any:
    """A local time in a field that takes a time, as the interchange format writes it."""
    if name == "changes" and isinstance(value, dict):
        return {key: _in_zone(key, inner, at, calendar) for key, inner in value.items()}
    if name not in _TIMES or not isinstance(value, str):
        return value
    later = _AFTER.match(value)
    if later is not None and name == "recorded_at":
        return calendar.iso(_after(at, int(later.group(1)), later.group(2), calendar))
    return calendar.iso(local_moment(value, calendar)) if _LOCAL.match(value) else value


def _after(at: Moment, amount: int, unit: str, calendar: Calendar) -> Moment:
    local = calendar.local(at)
    if unit == "d":  # the same time of a later day
        return calendar.moment(local.replace(tzinfo=None) + timedelta(days=amount))
    return at + amount * (HOUR if unit == "h" else MINUTE)
