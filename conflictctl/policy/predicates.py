"""The vocabulary of conditions: generic words, none of them made for one clause.

A word takes the case and values, returns a value (or UNKNOWN), and leaves the events the
value rests on in `case.evidence`.  Words that select take a class of entries and filters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from conflictctl.calendar import DAY, Moment
from conflictctl.history import Entry
from conflictctl.policy import holding
from conflictctl.policy.case import Anchor, Case, is_after, is_before
from conflictctl.policy.language import UNKNOWN, Thunk, Word

Filters = tuple[tuple[Callable[..., bool], Thunk], ...]
"""Tests of (case, entry, value), and the expressions that give the values."""


# -------------------------------------------------------------------------- filters


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


FILTERS: dict[str, Callable[..., bool]] = {
    "by": lambda case, entry, wanted: _among(entry.by, wanted),
    "not_by": lambda case, entry, wanted: (
        wanted is not None and entry.by is not None and not _among(entry.by, wanted)
    ),
    "to": _field("to"),
    "subject": _field("subject"),
    "question": _field("question"),
    "answer": _field("answer"),
    "named": _field("named"),
    "to_unit": _field("to_outlet"),
    "to_holder": lambda case, entry, wanted: (
        (holder(case, at=entry.moment) == entry.fields.get("to")) is bool(wanted)
    ),
    "other_customer": lambda case, entry, wanted: wanted is not None and entry.customer != wanted,
    "unit": lambda case, entry, wanted: _among(entry.unit, wanted),
    "unit_type": lambda case, entry, wanted: _among(
        case.history.people.outlet_type(entry.unit), wanted
    ),
    "parties": _parties,
    "before": lambda case, entry, wanted: is_before(entry, wanted),
    "after": lambda case, entry, wanted: is_after(entry, wanted),
    "on_day": lambda case, entry, wanted: (
        wanted is not None and case.day(entry) == case.day(wanted)
    ),
    "days_before": _within,
    "delay": _delay,
    "in_window": lambda case, entry, wanted: in_window(case, entry, wanted),
    "held_at": lambda case, entry, wanted: (
        wanted is not None and not holding.left_after(case, entry, wanted)
    ),
    "standing_at": lambda case, entry, wanted: standing(case, entry, wanted),
}


def window(case: Case, name: str, staff: str | None) -> tuple[int, Moment | None, Moment]:
    """A window after the deal: first local day, earliest moment (or None), end (exclusive)."""
    spec = case.program.windows[name]
    anchor = case.anchor
    assert anchor is not None
    start = max(anchor.at, anchor.recorded)
    earliest: Moment | None = None
    if spec.from_knowledge and staff is not None:
        learned = next(
            (e for e in case.pool(spec.knowledge) if e.by == staff and e.moment >= anchor.at), None
        )
        if learned is not None:
            start = max(start, learned.moment)
            earliest = learned.moment
    first = case.day(start)
    if spec.hours:
        return first, earliest, start + spec.length + 1
    return first, earliest, case.history.calendar.start_of(first + spec.days)


def in_window(case: Case, entry: Entry, name: str) -> bool:
    """Whether an entry was recorded within a window after the deal."""
    if case.anchor is None:
        return False
    first, earliest, end = window(case, name, entry.by)
    return (
        case.day(entry) >= first
        and entry.moment < end
        and (earliest is None or entry.moment >= earliest)
    )


def standing(case: Case, entry: Entry, anchor: Anchor) -> bool:
    """Whether a filing had been neither rejected nor run out at a moment (end exclusive)."""
    if anchor is None:
        return False
    moment = holding.moment_of(anchor)
    for decision in _decisions(case, entry):
        if decision.get("decision") == "reject":
            case.evidence.append(decision)
            return False
    ends = filing_end(case, entry, moment)
    return ends is None or moment < ends


def _decisions(case: Case, filing: Entry) -> list[Entry]:
    return [
        decision
        for decision in case.pool(case.program.standing.decisions, anyone=True)
        if decision.get("on") in (filing.event.id, filing.seq)
    ]


def filing_end(case: Case, filing: Entry, moment: Moment) -> Moment | None:
    """When a filing runs out, extensions recorded before a moment included; None: never."""
    given = filing.get("expires_at")
    ends = _moment(given) if given else None
    days = case.program.standing.valid_days
    if ends is None and days is not None:
        ends = filing.moment + days * DAY
    for decision in _decisions(case, filing):
        until = decision.get("expires_at")
        if decision.get("decision") == "extend" and decision.moment < moment and until:
            ends = max(ends, _moment(until)) if ends is not None else _moment(until)
    return ends


def _moment(text: str) -> Moment:
    from conflictctl.calendar import parse_time

    return parse_time(text)[0]


# ------------------------------------------------------------------- selecting words


def _select(case: Case, kind: str, filters: Filters, anyone: bool, household: bool) -> list[Entry]:
    # A filter's value is worked out only while there is anything left to filter: what no
    # entry was held against is not part of the reason.
    found = case.pool(kind, anyone, household)
    for test, thunk in filters:
        if not found:
            break
        wanted = thunk(case)
        found = [entry for entry in found if test(case, entry, wanted)]
    if case.explain:
        flawed = case.not_valid(kind)
        if flawed:
            bound = [(test, thunk(case)) for test, thunk in filters]
            for entry, why in flawed:
                if all(test(case, entry, wanted) for test, wanted in bound):
                    case.refused.append((entry, why))
    return found


def _refuse(case: Case, kind: str, concerns: Callable[[Entry], bool]) -> None:
    """Where an account is wanted: the flawed entries of a class that would have mattered."""
    if case.explain:
        case.refused += [(e, why) for e, why in case.not_valid(kind) if concerns(e)]


def first(
    case: Case, kind: str, filters: Filters, anyone: bool = False, household: bool = False
) -> Entry | None:
    """The oldest entry of a class that passes the filters."""
    found = _select(case, kind, filters, anyone, household)
    if not found:
        return None
    case.evidence.append(found[0])
    return found[0]


def last(
    case: Case, kind: str, filters: Filters, anyone: bool = False, household: bool = False
) -> Entry | None:
    """The youngest entry of a class that passes the filters."""
    found = _select(case, kind, filters, anyone, household)
    if not found:
        return None
    case.evidence.append(found[-1])
    return found[-1]


def exists(
    case: Case, kind: str, filters: Filters, anyone: bool = False, household: bool = False
) -> bool:
    """Whether any entry of a class passes the filters; the youngest is the evidence."""
    return last(case, kind, filters, anyone, household) is not None


def once(
    case: Case, kind: str, filters: Filters, anyone: bool = False, household: bool = False
) -> bool:
    """Whether exactly one entry of a class passes the filters."""
    found = _select(case, kind, filters, anyone, household)
    case.evidence.extend(found)
    return len(found) == 1


def count(
    case: Case,
    kind: str,
    filters: Filters,
    anyone: bool = False,
    household: bool = False,
    by_day: bool = False,
) -> int:
    """How many entries of a class pass the filters; `by_day`, on how many local days any did."""
    found = _select(case, kind, filters, anyone, household)
    case.evidence.extend(found)
    return len({case.day(entry) for entry in found}) if by_day else len(found)


def values(
    case: Case,
    kind: str,
    filters: Filters,
    anyone: bool = False,
    household: bool = False,
    field: str = "by",
) -> list[Any]:
    """Whose entries of a class pass the filters, or what another field says there; each once."""
    found = _select(case, kind, filters, anyone, household)
    case.evidence.extend(found)
    named = [entry.by if field == "by" else entry.get(field) for entry in found]
    return list(dict.fromkeys(value for value in named if value is not None))


# ----------------------------------------------------------------------- other words


def author(case: Case, entry: Entry | None) -> str | None:
    """Who made an entry."""
    return entry.by if entry is not None else None


def field(case: Case, entry: Entry | None, name: str) -> Any:
    """A field of an entry, `by`, `customer` and `place` included; None where there is none."""
    if entry is None:
        return None
    if name in ("by", "customer", "place"):
        return getattr(entry, name)
    return entry.get(name)


def kind_of(case: Case, entry: Entry | None) -> str | None:
    """The kind of an entry."""
    return entry.kind if entry is not None else None


def unit(case: Case, what: Entry | str | None, of: str = "id") -> str | None:
    """The outlet of an entry's author, or of a member of staff at the deal; or its `type`."""
    if what is None:
        return None
    people = case.history.people
    if isinstance(what, Entry):
        outlet = what.unit
    else:
        moment = case.anchor.recorded if case.anchor is not None else case.as_of
        outlet = people.outlet(what, moment)
    return people.outlet_type(outlet) if of == "type" else outlet


def units(case: Case, of_type: str, but: str | None = None) -> list[str]:
    """All outlets of a type, but one."""
    return [
        outlet
        for outlet, kind in case.history.people.outlet_types.items()
        if kind == of_type and outlet != but
    ]


def gap(case: Case, earlier: Anchor, later: Anchor) -> int | None:
    """Local calendar days from one moment to another."""
    if earlier is None or later is None:
        return None
    return case.day(later) - case.day(earlier)


def older(case: Case, one: Entry | None, other: Entry | None) -> bool:
    """Whether one entry comes before another in the order in which files count."""
    if one is None or other is None:
        return False
    key = case.program.classes[case.program.holding.opens].sort_key
    return bool(key(one) < key(other))


def union(case: Case, *values: Any) -> list[Any]:
    """All the values, lists flattened, each once, without the missing ones."""
    result: dict[Any, None] = {}
    for value in values:
        for one in value if isinstance(value, list) else [value]:
            if one is not None and one is not UNKNOWN:
                result[one] = None
    return list(result)


def without(case: Case, values: list[Any], *others: Any) -> list[Any]:
    """The values of a list but for some."""
    return [value for value in values if value not in others]


def several(case: Case, values: Iterable[Any]) -> bool:
    """Whether there are at least two different values."""
    return len(set(values)) > 1


def sure(case: Case, value: Any) -> bool:
    """Unknown taken as no, where the policy puts the burden of proof so."""
    return False if value is UNKNOWN else bool(value)


def known(case: Case, value: Any) -> bool:
    """Whether a value is not unknown."""
    return value is not UNKNOWN


def holder(case: Case, at: Anchor = None, unit_type: str | None = None) -> str | None:
    """Who held the customer at a moment, by files, transfers and departures before it."""
    if at is None:
        return None
    _refuse(case, case.program.holding.opens, lambda entry: is_before(entry, at))
    tenures = holding.timeline(case, at, unit_type)
    if not tenures:
        return None
    case.evidence.append(tenures[-1].entry)
    return tenures[-1].staff


def clock(case: Case, staff: str | None, at: Anchor = None) -> Anchor:
    """From when somebody's holding counts: his file, his transfer, or a departure."""
    if staff is None or at is None:
        return None
    tenure = holding.tenure_of(case, staff, at)
    if tenure is None:
        return None
    return tenure.entry if tenure.via == "file" else tenure.since


def overdue(
    case: Case, staff: str | None, at: Any = None, throughout: bool = False, household: bool = False
) -> Any:
    """Whether somebody was overdue at one of some moments (or, `throughout`, ever before it)."""
    unknown = False
    _refuse(case, case.program.holding.keeps, lambda entry: entry.by == staff)
    anchors = [one for one in (at if isinstance(at, list) else [at]) if one is not None]
    start = len(case.evidence)
    for anchor in anchors:
        mark = len(case.evidence)
        value = holding.overdue(case, staff, anchor, household=household, throughout=throughout)
        if value is UNKNOWN:
            unknown = True
        elif value:
            del case.evidence[start:mark]
            if isinstance(anchor, Entry):
                case.evidence.append(anchor)
            return True
    return UNKNOWN if unknown else False


def departed(case: Case, staff: str | None, after: Anchor = None, before: Anchor = None) -> bool:
    """Whether somebody left or moved between two moments."""
    if staff is None or after is None or before is None:
        return False
    for departure in holding.departures(case, staff):
        if is_after(departure, after) and is_before(departure, before):
            case.evidence.append(departure)
            return True
    return False


def transfer(
    case: Case, of: str | None = None, after: Anchor = None, before: Anchor = None
) -> Entry | None:
    """The latest transfer between two moments that had its ground against somebody."""
    for entry in reversed(case.pool(case.program.holding.transfers)):
        if is_after(entry, after) and is_before(entry, before):
            refusal = holding.unjustified(case, entry, of, [])
            if refusal is None:
                case.evidence.append(entry)
                return entry
            case.warn(refusal)
    return None


def next_in_line(case: Case) -> str | None:
    """The holder of the next oldest file who is still here and was not displaced before."""
    tenures = holding.timeline(case, case.anchor)
    displaced = {tenure.staff for tenure in tenures} | case.displaced
    for file in case.pool(case.program.holding.opens):
        if (
            is_before(file, case.anchor)
            and file.by not in displaced
            and not holding.left_after(case, file, case.anchor)
        ):
            case.evidence.append(file)
            return file.by
    return None


def present(case: Case, on_day: Anchor = None, linked_before: Entry | None = None) -> list[Case]:
    """The persons of this customer's household who were together on a day.

    With `linked_before`, only those whose link was on record before that entry.
    """
    family = case.household()
    if len(family) < 2 or on_day is None:
        return []
    if linked_before is not None:
        linked = case.history.links.component(
            min(case.members), ("same", "household"), linked_before.key
        )
        family = [one for one in family if one.members & linked]
    day = case.day(on_day)
    found: list[Case] = []
    for entry in case.history.entries:
        if entry.kind != "together" or entry.voided or entry.struck or case.day(entry) != day:
            continue
        there = [one for one in family if one.members & set(entry.fields["customers"])]
        if len(there) > 1:
            case.evidence.append(entry)
            found += [one for one in there if one not in found]
    return found


def each(case: Case, name: str, of: list[Case] | None = None) -> list[Any]:
    """A named value worked out for each of several persons."""
    values = []
    for one in of or ():
        if one is case:
            value = case.value(name)
        else:
            value = one.value(name)
            case.evidence.extend(one._memo[name][1])
        if value is not None and value is not UNKNOWN:
            values.append(value)
    return values


_PLACE = frozenset({"anyone", "household"})

WORDS: dict[str, Word] = {
    "first": Word(first, True, _PLACE),
    "last": Word(last, True, _PLACE),
    "exists": Word(exists, True, _PLACE),
    "once": Word(once, True, _PLACE),
    "count": Word(count, True, _PLACE | {"by_day"}, unit="n"),
    "values": Word(values, True, _PLACE | {"field"}),
    "author": Word(author),
    "field": Word(field, most=2),
    "kind_of": Word(kind_of),
    "unit": Word(unit, most=2),
    "units": Word(units, keywords=frozenset({"but"})),
    "gap": Word(gap, most=2, unit="d"),
    "older": Word(older, most=2),
    "union": Word(union, most=9),
    "without": Word(without, most=9),
    "several": Word(several),
    "sure": Word(sure),
    "known": Word(known),
    "holder": Word(holder, keywords=frozenset({"at", "unit_type"}), most=0),
    "clock": Word(clock, keywords=frozenset({"at"})),
    "overdue": Word(overdue, keywords=frozenset({"at", "throughout", "household"})),
    "departed": Word(departed, keywords=frozenset({"after", "before"})),
    "transfer": Word(transfer, keywords=frozenset({"of", "after", "before"}), most=0),
    "next_in_line": Word(next_in_line, most=0),
    "present": Word(present, keywords=frozenset({"on_day", "linked_before"}), most=0),
    "each": Word(each, keywords=frozenset({"of"})),
}
