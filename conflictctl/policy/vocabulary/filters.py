"""The tests by which words that select keep or drop the entries of a class."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conflictctl.history import Entry, reference
from conflictctl.policy import holding
from conflictctl.policy.case import Anchor, Case, is_after, is_before
from conflictctl.policy.expression import Filter, Inline
from conflictctl.policy.language import ANY, ENTRY, FLAG, ID, LIST, SPAN
from conflictctl.policy.vocabulary.holders import holder
from conflictctl.policy.vocabulary.periods import in_window, standing


def _among(value: Any, wanted: Any) -> bool:
    if wanted is None or value is None:
        return False
    return (
        value in wanted if isinstance(wanted, (list, tuple, frozenset)) else bool(value == wanted)
    )


def _field(name: str) -> Callable[..., bool]:
    return lambda case, entry, wanted: _among(entry.fields.get(name), wanted)


def _parties(case: Case, entry: Entry, wanted: Any) -> bool:
    named = entry.fields.get("parties") or ()
    return all(one is not None and one in named for one in wanted)


def _within(case: Case, entry: Entry, wanted: Any) -> bool:
    anchor, days = wanted
    return anchor is not None and 0 <= case.day(anchor) - case.day(entry) <= days


def _delay(case: Case, entry: Entry, wanted: Any) -> bool:
    since, days = wanted
    return days is None or (since is not None and case.day(entry) - case.day(since) <= days)


def _exactly(case: Case, entry: Entry, wanted: Any) -> bool:
    return wanted is not None and set(entry.fields.get("parties") or ()) == set(wanted)


def _spans(case: Case, entry: Entry, wanted: Any) -> bool:
    return wanted is not None and wanted[0] <= entry.moment < wanted[1]


def _speaks_of(case: Case, entry: Entry, wanted: Any) -> bool:
    named = reference(entry)
    return wanted is not None and named is not None and named in (wanted.event.id, wanted.seq)


def _keep_by(case: Case, entries: list[Entry], wanted: Any) -> list[Entry]:
    if wanted is None:
        return []
    if isinstance(wanted, str):
        return [entry for entry in entries if entry.by == wanted]
    return [entry for entry in entries if entry.by is not None and entry.by in wanted]


def _keep_before(case: Case, entries: list[Entry], anchor: Anchor) -> list[Entry]:
    if anchor is None:
        return []
    if isinstance(anchor, int):
        return [entry for entry in entries if entry.moment < anchor]
    key = anchor.key
    return [entry for entry in entries if entry.key < key]


def _of_field(name: str, takes: str = ID) -> Filter:
    return Filter(_field(name), takes)


FILTERS: dict[str, Filter] = {
    "by": Filter(
        lambda case, entry, wanted: _among(entry.by, wanted),
        ID,
        _keep_by,
        Inline("e.by == {0}", str),
    ),
    "not_by": Filter(
        lambda case, entry, wanted: (
            wanted is not None and entry.by is not None and not _among(entry.by, wanted)
        ),
        ID,
        inline=Inline("e.by != {0} and e.by is not None", str),
    ),
    "to": _of_field("to"),
    "subject": _of_field("subject"),
    "question": _of_field("question"),
    "answer": _of_field("answer", ANY),
    "named": _of_field("named"),
    "level": _of_field("level"),
    "channel": _of_field("channel"),
    "direction": _of_field("direction"),
    "decision": _of_field("decision"),
    "cause": _of_field("cause"),
    "instance": _of_field("instance"),
    "to_unit": _of_field("to_outlet"),
    "to_holder": Filter(
        lambda case, entry, wanted: (
            (holder(case, at=entry.moment) == entry.fields.get("to")) is bool(wanted)
        ),
        FLAG,
    ),
    "on": Filter(_speaks_of, ENTRY),
    "entry": Filter(lambda case, entry, wanted: entry is wanted, ENTRY),
    "other_customer": Filter(
        lambda case, entry, wanted: wanted is not None and entry.customer != wanted, ID
    ),
    "unit": Filter(
        lambda case, entry, wanted: _among(entry.unit, wanted),
        ID,
        inline=Inline("e.unit == {0}", str),
    ),
    "unit_type": Filter(
        lambda case, entry, wanted: _among(case.history.people.outlet_type(entry.unit), wanted),
        ID,
    ),
    "department": Filter(lambda case, entry, wanted: _among(entry.department, wanted), ID),
    "parties": Filter(_parties, LIST),
    "exactly": Filter(_exactly, LIST),
    "before": Filter(
        lambda case, entry, wanted: is_before(entry, wanted),
        ENTRY,
        _keep_before,
        Inline("e.key < {0}", Entry, once="{0}.key"),
    ),
    "after": Filter(
        lambda case, entry, wanted: is_after(entry, wanted),
        ENTRY,
        inline=Inline("e.key > {0}", Entry, once="{0}.key"),
    ),
    "recorded_before": Filter(
        lambda case, entry, wanted: (
            wanted is not None and entry.recorded < holding.moment_of(wanted)
        ),
        ENTRY,
    ),
    "on_day": Filter(
        lambda case, entry, wanted: wanted is not None and case.day(entry) == case.day(wanted),
        ENTRY,
    ),
    "within": Filter(_spans, SPAN),
    "days_before": Filter(_within, LIST),
    "delay": Filter(_delay, LIST),
    "in_window": Filter(in_window, "window"),
    "held_at": Filter(
        lambda case, entry, wanted: (
            wanted is not None and not holding.left_after(case, entry, wanted)
        ),
        ENTRY,
    ),
    "standing_at": Filter(standing, ENTRY),
}
