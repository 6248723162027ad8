"""A small history as text: its lines in the compact notation, and a file of worked cases."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from conflictctl.adjudication.backtest import Given
from conflictctl.adjudication.small_histories import (
    CUSTOMER,
    SmallHistory,
    Stage,
    asked_at,
    events_of_small,
    fields_of,
)
from conflictctl.calendar import Calendar, Moment

_BARE = re.compile(r"[^\s\"'\[{=\\]+\Z")


def history_lines(history: SmallHistory, stage: Stage) -> list[str]:
    """Each entry as a line of `notation`: `2024-01-08 10:00  li  visit K1  level=H`."""
    lines = []
    for move, event in zip(history.moves, events_of_small(history, stage), strict=True):
        leaving = move.kind == "staff_left"
        by = (event.by or "-") if leaving else move.by
        fields = {"staff": move.by} if leaving else fields_of(move)
        if event.recorded_at != event.at:
            fields["recorded"] = _local(event.recorded_at, stage.calendar)
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


def case_file(
    policy: str,
    history: SmallHistory,
    stage: Stage,
    expected: Given,
    *,
    identity: str,
    title: tuple[str, str],
    cites: str,
    settings: Mapping[str, Any],
) -> str:
    """A file that `policy test` reads, with this one case; `title` in English and Chinese.

    The ruling expected is that of `expected`.
    """
    lines = [f"policy = {_toml(policy)}", f"timezone = {_toml(stage.calendar.zone)}", ""]
    lines += _cast(stage)
    lines += [
        "[[case]]",
        f"id = {_toml(identity)}",
        f"title.en = {_toml(title[0])}",
        f"title.zh = {_toml(title[1])}",
        f"cites = {_toml(cites)}",
        "history = '''",
        *history_lines(history, stage),
        "'''",
        f"ask = {_toml(CUSTOMER)}",
    ]
    if history.asked is not None:
        lines += [f"as_of = {_toml(_local(asked_at(history, stage), stage.calendar))}"]
    if settings:
        lines.append(f"set = {_toml(settings)}")
    lines.append(f"expect = {_toml(_expected(expected))}")
    return "\n".join(lines) + "\n"


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
