"""Small literal cases: interchange lines replayed into cases, what does not matter filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conflictctl.adjudication.dossier import events_of
from conflictctl.calendar import Calendar, parse_time
from conflictctl.cases.procedure import Case, replayed
from conflictctl.events import Event
from conflictctl.mending import staff_entries
from conflictctl.people import People

SHANGHAI = Calendar("Asia/Shanghai")

STAFF: list[dict[str, Any]] = [
    {"kind": "outlet", "outlet": "main", "name": "一店", "type": "store"},
    {"kind": "outlet", "outlet": "east", "name": "东店", "type": "store"},
    {"kind": "staff", "staff": "gao", "name": "高峰", "role": "manager", "outlet": "main"},
    {"kind": "staff", "staff": "sun", "name": "孙静", "role": "supervisor", "outlet": "main"},
    {"kind": "staff", "staff": "wu", "name": "吴敏", "role": "supervisor", "outlet": "east"},
]


def at(text: str) -> str:
    """`03-02 09:00` of 2026 in Shanghai as an ISO time."""
    day, hour = text.split()
    return f"2026-{day}T{hour}:00+08:00"


def moment(text: str) -> int:
    """The same as a moment."""
    return parse_time(at(text))[0]


def people() -> People:
    """The staff of all these cases."""
    return People(staff_entries(events_of([{"at": at("01-01 08:00"), **row} for row in STAFF])))


def case(
    name: str,
    opened: str,
    *steps: tuple[str, str, Mapping[str, Any]],
    levels: tuple[str, ...] | None = None,
    handler: str = "sun",
    **fields: Any,
) -> Case:
    """A complaint opened at a time, and its steps: time, kind without `case_`, fields.

    All is done by the handler.
    """
    opening = {
        "kind": "case_opened",
        "category": "complaint",
        "customer": "K1",
        "channel": "phone",
        "demand": "…",
        **fields,
    }
    if opening["category"] == "internal":
        opening = {**opening, "customer": None, "channel": None, "parties": ["gao", "wu"]}
    lines = [{"at": at(opened), "by": handler, "case": name, **opening}]
    for when, kind, more in steps:
        full = kind if kind == "sanction" else f"case_{kind}"
        lines.append({"at": at(when), "by": handler, "case": name, "kind": full, **more})
    events: list[Event] = events_of(lines)
    return replayed(Case(events[0], people()), events[1:], levels)
