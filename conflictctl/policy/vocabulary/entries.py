"""Words about one entry, and about the time between entries."""

from __future__ import annotations

from typing import Any

from conflictctl.calendar import HOUR, MINUTE, Moment
from conflictctl.history import Entry
from conflictctl.policy import holding
from conflictctl.policy.case import Anchor, Case
from conflictctl.policy.entry_tests import as_number
from conflictctl.policy.language import ANY, ENTRY, FLAG, ID, LIST, NUMBER, SPAN, Word
from conflictctl.policy.quantity import Quantity


def author(case: Case, entry: Entry | None) -> str | None:
    """Who made an entry."""
    return getattr(entry, "by", None)


def field(case: Case, entry: Entry | None, name: str) -> Any:
    """A field of an entry, `by`, `customer` and `place` included; None where there is none."""
    return field_of(entry, name) if isinstance(entry, Entry) else None


def field_of(entry: Entry, name: str) -> Any:
    if name in ("by", "customer", "place", "unit", "department", "kind"):
        return getattr(entry, name)
    if name.startswith("fields."):
        form = entry.get("fields")
        return form.get(name[7:]) if hasattr(form, "get") else None
    return entry.get(name)


def kind_of(case: Case, entry: Entry | None) -> str | None:
    """The kind of an entry."""
    return getattr(entry, "kind", None)


def number(case: Case, value: Any) -> Any:
    """An amount, a rank or an answer as a number; None where it is none."""
    return as_number(value)


def named_in(case: Case, entry: Entry | None, name: str) -> list[str]:
    """Everybody named in a field of an entry: signers, parties, shares, award, jointly_with."""
    return listed(entry, name) if isinstance(entry, Entry) else []


def listed(entry: Entry, name: str) -> list[Any]:
    """A field as a list: of the persons named in it, where it names persons."""
    value = field_of(entry, name)
    rows = value if isinstance(value, list) else [value] if value is not None else []
    return [row.get("staff") or row.get("party") if isinstance(row, dict) else row for row in rows]


def moment(case: Case, entry: Anchor) -> Moment | None:
    """When an entry counts from: its time, or when it was recorded."""
    return None if entry is None else holding.moment_of(entry)


def cut(case: Case, entry: Anchor, grain: str) -> int | None:
    """A moment as a number, cut to the `minute`, `hour` or local `day`: who was first?"""
    if entry is None:
        return None
    if grain == "day":
        return case.day(entry)
    return holding.moment_of(entry) // {"minute": MINUTE, "hour": HOUR}.get(grain, 1)


def gap(case: Case, earlier: Anchor, later: Anchor, unit: str = "days") -> Any:
    """How long it is from one moment to another, in the unit of what it is compared with."""
    if earlier is None or later is None:
        return None
    if unit == "days":
        length = case.day(later) - case.day(earlier)
    else:
        length = case.elapsed(holding.moment_of(earlier), holding.moment_of(later), unit)
    # What comes first is no length of time away: every comparison with it is false.
    return length if length >= 0 else None


def span(
    case: Case,
    limit: Quantity | None,
    after: Anchor = None,
    before: Anchor = None,
    since: Anchor = None,
    until: Anchor = None,
    open: bool = False,
) -> tuple[Moment, Moment] | None:
    """A stretch of time: so long after or before an anchor; `open`, without its very last moment.

    It begins with the anchor and ends with 24:00 of its last day, or by the clock for hours
    and minutes.  `since` and `until` cut it off.
    """
    anchor = after if after is not None else before
    if anchor is None or limit is None:
        return None
    at = holding.moment_of(anchor)
    clock = limit.measure is not None and (
        limit.measure.startswith(("minutes", "hours")) or limit.measure.endswith("/clock")
    )
    if after is not None:
        start, end = at, case.deadline(at, limit) + (clock and not open)
    else:
        start, end = case.stretch_before(at, limit) + (clock and open), at
    if since is not None:
        start = max(start, holding.moment_of(since))
    if until is not None:
        end = min(end, holding.moment_of(until))
    return start, end


def within(case: Case, entry: Anchor, stretch: tuple[Moment, Moment] | None) -> bool:
    """Whether an entry lies in a stretch of time."""
    return (
        entry is not None
        and stretch is not None
        and stretch[0] <= holding.moment_of(entry) < stretch[1]
    )


def older(case: Case, one: Anchor, other: Anchor) -> bool:
    """Whether one comes before another: entries in the order of files, moments in time."""
    if one is None or other is None:
        return False
    if isinstance(one, Entry) and isinstance(other, Entry):
        key = case.program.classes[case.program.holding.opens].sort_key
        return bool(key(one) < key(other))
    return holding.moment_of(one) < holding.moment_of(other)


WORDS: dict[str, Word] = {
    "author": Word(
        author,
        takes=(ENTRY,),
        least=1,
        gives=ID,
        source="getattr({0}, 'by', None)",
        certain=True,
        free=True,
    ),
    "field": Word(field, takes=(ENTRY, "field"), least=2, certain=True, free=True),
    "kind_of": Word(kind_of, takes=(ENTRY,), least=1, gives=ID, certain=True, free=True),
    "number": Word(number, takes=(ANY,), least=1, gives=NUMBER, certain=True, free=True),
    "named_in": Word(
        named_in, takes=(ENTRY, "field"), least=2, gives=LIST, certain=True, free=True
    ),
    "moment": Word(moment, takes=(ENTRY,), least=1, gives=ENTRY, certain=True, free=True),
    "cut": Word(cut, takes=(ENTRY, ID), least=2, gives=NUMBER, certain=True, free=True),
    "gap": Word(
        gap,
        takes=(ENTRY, ENTRY),
        least=2,
        keywords={"unit": ID},
        gives=NUMBER,
        unit="*",
        certain=True,
        free=True,
    ),
    "span": Word(
        span,
        takes=(NUMBER,),
        least=1,
        keywords={"after": ENTRY, "before": ENTRY, "since": ENTRY, "until": ENTRY, "open": FLAG},
        gives=SPAN,
        certain=True,
        free=True,
    ),
    "within": Word(within, takes=(ENTRY, SPAN), least=2, gives=FLAG, certain=True, free=True),
    "older": Word(older, takes=(ENTRY, ENTRY), least=2, gives=FLAG, certain=True, free=True),
}
