"""A small history as text: its lines in the compact notation, and a file of worked cases."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from conflictctl.adjudication.backtest import Given
from conflictctl.adjudication.small_histories import (
    CUSTOMER,
    SmallHistory,
    Stage,
    asked_at,
    events_of_small,
    fields_of,
    filing_before,
    name_at,
)
from conflictctl.calendar import Calendar, Moment

_BARE = re.compile(r"[^\s\"'\[{=\\]+\Z")


def history_lines(history: SmallHistory, stage: Stage) -> list[str]:
    """Each entry as a line of `notation`: `2024-01-08 10:00  li  visit K1  level=H`."""
    lines = []
    named = {filing_before(history, place) for place in range(len(history.moves))}
    events = events_of_small(history, stage)
    for place, (move, event) in enumerate(zip(history.moves, events, strict=True)):
        leaving = move.kind == "staff_left"
        by = (event.by or "-") if leaving else move.by
        fields = {"staff": move.by} if leaving else fields_of(move)
        if event.recorded_at != event.at:
            fields["recorded"] = _local(event.recorded_at, stage.calendar)
        decided = filing_before(history, place)
        if decided is not None:
            fields["on"] = name_at(decided)
        if place in named:
            fields["id"] = name_at(place)
        customer = "" if leaving else f" {CUSTOMER}"
        said = " ".join(f"{name}={_value(value)}" for name, value in fields.items())
        text = f"{_local(event.at, stage.calendar)}  {by}  {move.kind}{customer}  {said}"
        lines.append(text.rstrip())
    return lines


def _local(moment: Moment, calendar: Calendar) -> str:
    return calendar.local(moment).strftime("%Y-%m-%d %H:%M")


def _value(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    reads_otherwise = value in ("true", "false", "null") or value.lstrip("-").isdigit()
    plain = _BARE.match(value) is not None and not reads_otherwise
    return value if plain else json.dumps(value, ensure_ascii=False)


class CaseText(NamedTuple):
    """One worked case: what it is called in English and Chinese, the history, and the ruling
    that it must give, with some parameters read otherwise.  `notes` are lines of comment."""

    identity: str
    title: tuple[str, str]
    cites: str
    history: SmallHistory
    expected: Given
    settings: Mapping[str, Any] = {}
    notes: Sequence[str] = ()


def case_file(policy: str, stage: Stage, cases: Iterable[CaseText]) -> str:
    """A file of worked cases that `policy test` reads."""
    lines = [f"policy = {_toml(policy)}", f"timezone = {_toml(stage.calendar.zone)}", ""]
    lines += _cast(stage)
    for case in cases:
        lines += [*_case_lines(case, stage), ""]
    return "\n".join(lines).rstrip() + "\n"


def _case_lines(case: CaseText, stage: Stage) -> Iterator[str]:
    for note in case.notes:
        yield f"# {_in_a_comment(note)}"
    yield "[[case]]"
    yield f"id = {_toml(case.identity)}"
    yield f"title.en = {_toml(case.title[0])}"
    yield f"title.zh = {_toml(case.title[1])}"
    yield f"cites = {_toml(case.cites)}"
    yield "history = '''"
    yield from history_lines(case.history, stage)
    yield "'''"
    yield f"ask = {_toml(CUSTOMER)}"
    if case.history.asked is not None:
        yield f"as_of = {_toml(_local(asked_at(case.history, stage), stage.calendar))}"
    if case.settings:
        yield f"set = {_toml(case.settings)}"
    yield f"expect = {_toml(_expected(case.expected))}"


def _in_a_comment(text: str) -> str:
    """Text without what would end a comment, or may not stand in one."""
    return "".join(char if char.isprintable() else " " for char in text)


def _cast(stage: Stage) -> Iterator[str]:
    for section in ("outlet", "staff"):
        yield f"[{section if section == 'staff' else 'outlets'}]"
        for line in stage.people_lines:
            if line["kind"] == section:
                rest = {k: v for k, v in line.items() if k not in ("kind", "at", section)}
                yield f"{line[section]} = {_toml(rest)}"
        yield ""


def _expected(given: Given) -> dict[str, Any]:
    found: dict[str, Any] = {"status": given.status}
    if given.credit:
        found["credit"] = {part.party: part.share for part in given.credit}
    for name in ("holder", "decided_by", "referred_to"):
        value = getattr(given, name)
        if value is not None:
            found[name] = value
    return found


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_toml(k)} = {_toml(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if value is None:
        return '"null"'
    # A basic string of TOML takes the escapes of JSON, but not a bare DEL.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
