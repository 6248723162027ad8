"""The vocabulary of conditions: generic words, none of them made for one clause.

A word takes the case and values, returns a value (or UNKNOWN), and leaves the events the
value rests on in `case.evidence`.  Words that select take a class of entries and filters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

from conflictctl.calendar import HOUR, MINUTE, Moment
from conflictctl.history import Entry, reference
from conflictctl.policy import holding, instances, scorecard
from conflictctl.policy.case import Anchor, Case, is_after, is_before
from conflictctl.policy.emit import Filters
from conflictctl.policy.entry_tests import as_number
from conflictctl.policy.expression import Inline
from conflictctl.policy.grounds import spread
from conflictctl.policy.language import (
    ANY,
    ENTRY,
    FLAG,
    ID,
    LIST,
    NUMBER,
    SPAN,
    TABLE,
    UNKNOWN,
    Filter,
    Thunk,
    Word,
)
from conflictctl.policy.quantity import Quantity

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
    calendar = case.history.calendar
    first = calendar.day(start)
    if spec.limit is not None:
        return first, earliest, case.deadline(start, spec.limit) + spec.hours
    if spec.hours:
        return first, earliest, start + spec.length + 1
    return first, earliest, calendar.start_of(first + spec.days)


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
    granted = not case.program.standing.needs_approval
    for decision in case.decisions_on(entry):
        if decision.get("decision") == "reject":
            case.evidence.append(decision)
            return False
        if decision.get("decision") == "approve" and decision.moment < moment:
            granted = True
            if not case.program.standing.needs_approval:
                continue
            case.evidence.append(decision)
    if not granted:
        return False
    ends = filing_end(case, entry, moment)
    return ends is None or moment < ends


def filing_end(case: Case, filing: Entry, moment: Moment) -> Moment | None:
    """When a filing runs out, extensions recorded before a moment included; None: never."""
    given = filing.get("expires_at")
    ends = _moment(given) if given else None
    limit = case.program.standing.valid
    start = filing.moment
    for decision in case.decisions_on(filing):
        if decision.moment >= moment:
            continue
        until = decision.get("expires_at")
        if decision.get("decision") == "approve" and case.program.standing.needs_approval:
            start = decision.moment
            if until:
                ends = _moment(until)
        if decision.get("decision") == "extend" and until:
            ends = max(ends, _moment(until)) if ends is not None else _moment(until)
    if limit is None:
        return ends
    if ends is None:
        return case.deadline(start, limit)
    return max(ends, case.deadline(start, limit)) if not given else ends


def _moment(text: str) -> Moment:
    from conflictctl.calendar import parse_time

    return parse_time(text)[0]


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


# ------------------------------------------------------------------- selecting words


def _doubtful(
    case: Case, kind: str, filters: Filters, anyone: bool, household: bool
) -> list[Entry]:
    """Entries that would pass, if a person found that they count: what makes an answer unknown."""
    found = case.doubts(kind, anyone, household)
    for filter_, thunk in filters:
        if not found:
            return []
        wanted = thunk(case)
        found = [e for e in found if wanted is not UNKNOWN and filter_.test(case, e, wanted)]
    for entry in found:
        case.evidence.append(entry)
        case.doubt(kind, entry)
    return found


def _refuse(case: Case, kind: str, concerns: Callable[[Entry], bool]) -> None:
    """Where an account is wanted: the flawed entries of a class that would have mattered."""
    if case.explain and kind:
        case.refused += [(e, why) for e, why in case.not_valid(kind) if concerns(e)]


def first(
    case: Case, kind: str, filters: Filters, anyone: bool = False, household: bool = False
) -> Any:
    """The oldest entry of a class that passes the filters."""
    return _end(case, kind, filters, anyone, household, 0)


def last(
    case: Case, kind: str, filters: Filters, anyone: bool = False, household: bool = False
) -> Any:
    """The youngest entry of a class that passes the filters."""
    return _end(case, kind, filters, anyone, household, -1)


def _end(case: Case, kind: str, filters: Filters, anyone: bool, household: bool, place: int) -> Any:
    found = case.select(kind, filters, anyone, household)
    if found is None:
        return UNKNOWN
    if case.program.has_doubts:
        doubts = _doubtful(case, kind, filters, anyone, household)
        if doubts:
            key = case.program.classes[kind].sort_key
            if not found or (key(doubts[place]) < key(found[place])) is (place == 0):
                return UNKNOWN
    if not found:
        return None
    case.evidence.append(found[place])
    return found[place]


def exists(
    case: Case, kind: str, filters: Filters, anyone: bool = False, household: bool = False
) -> Any:
    """Whether any entry of a class passes the filters; the youngest is the evidence."""
    found = case.select(kind, filters, anyone, household)
    if found is None:
        return UNKNOWN
    if found:
        case.evidence.append(found[-1])
        return True
    if case.program.has_doubts and _doubtful(case, kind, filters, anyone, household):
        return UNKNOWN
    return False


def _counted(
    case: Case, kind: str, filters: Filters, anyone: bool, household: bool
) -> list[Entry] | None:
    """All that pass, left as evidence; None where it is not known which do."""
    found = case.select(kind, filters, anyone, household)
    if found is None:
        return None
    if case.program.has_doubts and _doubtful(case, kind, filters, anyone, household):
        return None
    case.evidence.extend(found)
    return found


def once(
    case: Case, kind: str, filters: Filters, anyone: bool = False, household: bool = False
) -> Any:
    """Whether exactly one entry of a class passes the filters."""
    found = _counted(case, kind, filters, anyone, household)
    return UNKNOWN if found is None else len(found) == 1


def count(
    case: Case,
    kind: str,
    filters: Filters,
    anyone: bool = False,
    household: bool = False,
    by_day: bool = False,
) -> Any:
    """How many entries of a class pass the filters; `by_day`, on how many local days any did."""
    found = _counted(case, kind, filters, anyone, household)
    if found is None:
        return UNKNOWN
    return len({case.day(entry) for entry in found}) if by_day else len(found)


def values(
    case: Case,
    kind: str,
    filters: Filters,
    anyone: bool = False,
    household: bool = False,
    field: str = "by",
) -> Any:
    """Whose entries of a class pass the filters, or what another field says there; each once."""
    found = _counted(case, kind, filters, anyone, household)
    if found is None:
        return UNKNOWN
    named: list[Any] = []
    for entry in found:
        named += [entry.by] if field == "by" else _listed(entry, field)
    return list(dict.fromkeys(value for value in named if value is not None))


def greatest(
    case: Case,
    kind: str,
    filters: Filters,
    anyone: bool = False,
    household: bool = False,
    field: str = "rank",
    lowest: bool = False,
) -> Any:
    """The greatest (or `lowest`) number in a field of the entries of a class; None without any."""
    found = _counted(case, kind, filters, anyone, household)
    if found is None:
        return UNKNOWN
    numbers = [n for entry in found if (n := as_number(_field_of(entry, field))) is not None]
    return (min if lowest else max)(numbers) if numbers else None


def greatest_gap(
    case: Case,
    kind: str,
    filters: Filters,
    anyone: bool = False,
    household: bool = False,
    since: Anchor = None,
    until: Anchor = None,
    unit: str = "days",
) -> Any:
    """The longest time without an entry of a class, from an anchor (else the first) to another.

    None where there is nothing to measure from.
    """
    found = case.select(kind, filters, anyone, household)
    if found is None:
        return UNKNOWN
    if case.program.has_doubts and _doubtful(case, kind, filters, anyone, household):
        return UNKNOWN
    points: list[Anchor] = [since] if since is not None else []
    points += [
        e
        for e in found
        if (since is None or is_after(e, since)) and (until is None or is_before(e, until))
    ]
    if until is not None:
        points.append(until)
    best: Any = None
    opened: Anchor = None
    for one, other in pairwise(points):
        length = gap(case, one, other, unit)
        if best is None or length > best:
            best, opened = length, one
    if isinstance(opened, Entry):
        case.evidence.append(opened)
    return best


# ----------------------------------------------------------------------- of entries


def author(case: Case, entry: Entry | None) -> str | None:
    """Who made an entry."""
    return getattr(entry, "by", None)


def field(case: Case, entry: Entry | None, name: str) -> Any:
    """A field of an entry, `by`, `customer` and `place` included; None where there is none."""
    return _field_of(entry, name) if isinstance(entry, Entry) else None


def _field_of(entry: Entry, name: str) -> Any:
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
    return _listed(entry, name) if isinstance(entry, Entry) else []


def _listed(entry: Entry, name: str) -> list[Any]:
    """A field as a list: of the persons named in it, where it names persons."""
    value = _field_of(entry, name)
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


# ------------------------------------------------------------------------ of people


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


def _then(case: Case, at: Anchor) -> Moment:
    if at is not None:
        return holding.moment_of(at)
    return case.anchor.recorded if case.anchor is not None else case.as_of


def role(case: Case, staff: str | None, at: Anchor = None) -> str | None:
    """Somebody's role at a moment, by default at the deal."""
    return case.history.people.role(staff, _then(case, at)) if staff is not None else None


def department(case: Case, staff: str | None, at: Anchor = None) -> str | None:
    """Somebody's department at a moment, by default at the deal."""
    return case.history.people.department(staff, _then(case, at)) if staff is not None else None


def employed(case: Case, staff: str | None, at: Anchor = None) -> bool:
    """Whether somebody had not left, or was back, at a moment."""
    person = case.history.people.staff.get(staff) if staff is not None else None
    if person is None:
        return False
    for departure in person.departures:
        if departure.cause == "left" and departure.moment <= _then(case, at):
            case.evidence.append(Entry(departure.event, case.history.people))
    return person.employed(_then(case, at))


def absent(case: Case, staff: str | None, at: Anchor = None) -> bool:
    """Whether somebody was recorded as away at a moment."""
    absence = case.absence(staff, _then(case, at)) if staff is not None else None
    if absence is None:
        return False
    case.evidence.append(Entry(absence.event, case.history.people))
    return True


def cover(case: Case, staff: str | None, at: Anchor = None) -> str | None:
    """Who stood in for somebody who was away at a moment; None if nobody was appointed."""
    absence = case.absence(staff, _then(case, at)) if staff is not None else None
    if absence is None:
        return None
    case.evidence.append(Entry(absence.event, case.history.people))
    return absence.cover


def departed(case: Case, staff: str | None, after: Anchor = None, before: Anchor = None) -> bool:
    """Whether somebody left or moved between two moments."""
    if staff is None or after is None or before is None:
        return False
    for departure in holding.departures(case, staff):
        if is_after(departure, after) and is_before(departure, before):
            case.evidence.append(departure)
            return True
    return False


def caseload(case: Case, staff: str | None) -> Any:
    """How many customers somebody holds now; UNKNOWN where nobody counted them."""
    if staff is None:
        return None
    held = case.history.caseloads
    return UNKNOWN if held is None else held.get(staff, 0)


# ------------------------------------------------------------------------- of lists


def union(case: Case, *values: Any) -> list[Any]:
    """All the values, lists flattened, each once, without the missing ones."""
    result: dict[Any, None] = {}
    for value in values:
        for one in value if isinstance(value, list) else [value]:
            if one is not None:
                result[one] = None
    return list(result)


def without(case: Case, values: list[Any] | None, *others: Any) -> list[Any]:
    """The values of a list but for some (each a value or a list of them)."""
    gone: list[Any] = []
    for other in others:
        gone += other if isinstance(other, list) else [other]
    return [value for value in values or () if value not in gone]


def common(case: Case, one: list[Any] | None, other: list[Any] | None) -> list[Any]:
    """The values that two lists share, in the order of the first."""
    return [value for value in one or () if value in (other or ())]


def several(case: Case, values: Iterable[Any] | None) -> bool:
    """Whether there are at least two different values."""
    return len(set(values or ())) > 1


def size(case: Case, values: Iterable[Any] | None) -> int:
    """How many different values there are."""
    return len(set(values or ()))


def only(case: Case, values: list[Any] | None) -> Any:
    """The value of a list that holds just one; None for an empty list or a longer one."""
    different = list(dict.fromkeys(values or ()))
    return different[0] if len(different) == 1 else None


def those(case: Case, persons: list[str] | None, when: Thunk) -> Any:
    """The persons for whom something is true."""
    found = _of_each(case, persons, when)
    if any(value is UNKNOWN for _, value in found):
        return UNKNOWN
    return [person for person, value in found if value]


def top(case: Case, persons: list[str] | None, by: Thunk, lowest: bool = False) -> Any:
    """The one person with the greatest figure (or `lowest`); None where several share it."""
    found = tops(case, persons, by, lowest)
    return found if found is UNKNOWN else only(case, found)


def tops(case: Case, persons: list[str] | None, by: Thunk, lowest: bool = False) -> Any:
    """All persons who share the greatest figure (or `lowest`); who has no figure is left out."""
    found = [(person, value) for person, value in _of_each(case, persons, by) if value is not None]
    if any(value is UNKNOWN for _, value in found):
        return UNKNOWN
    if not found:
        return []
    figures = [(scorecard.figure(value), person) for person, value in found]
    best = (min if lowest else max)(figure for figure, _ in figures)
    return [person for figure, person in figures if figure == best]


def map_(case: Case, persons: list[str] | None, by: Thunk) -> Any:
    """What something is for each of several persons; each value once, without the missing ones."""
    found = [value for _, value in _of_each(case, persons, by)]
    return UNKNOWN if UNKNOWN in found else union(case, found)


def _of_each(case: Case, persons: list[str] | None, thunk: Thunk) -> list[tuple[str, Any]]:
    case.spend(len(persons or ()))
    outer = case.it
    found = []
    for person in persons or ():
        case.it = person
        found.append((person, thunk(case)))
    case.it = outer
    return found


def sure(case: Case, value: Any) -> bool:
    """Unknown taken as no, where the policy puts the burden of proof so."""
    return False if value is UNKNOWN else bool(value)


def known(case: Case, value: Any) -> bool:
    """Whether a value is not unknown."""
    return value is not UNKNOWN


def lookup(case: Case, table: Any, key: Any) -> Any:
    """The value of a table parameter for a key; None where it has none."""
    return table.get(key) if table is not None and key is not None else None


# ----------------------------------------------------------------------- of holding


def holder(case: Case, at: Anchor = None, unit_type: str | None = None) -> Any:
    """Who held the customer at a moment, by files, transfers and departures before it."""
    if at is None:
        return None
    _refuse(case, case.program.holding.opens, lambda entry: is_before(entry, at))
    if case.program.has_doubts and holding.in_doubt(case, at, unit_type):
        return UNKNOWN
    tenures = holding.timeline(case, at, unit_type)
    if not tenures:
        return None
    case.evidence.append(tenures[-1].entry)
    return tenures[-1].staff


def in_line(case: Case, at: Anchor = None) -> Any:
    """Everybody whose opening stands at a moment, the oldest first: who holds, and who waits."""
    if at is None:
        return []
    if case.program.has_doubts and holding.in_doubt(case, at):
        return UNKNOWN
    files = holding.in_line(case, at)
    case.evidence.extend(files)
    return list(dict.fromkeys(file.by for file in files if file.by is not None))


def former(case: Case, at: Anchor = None) -> Any:
    """Who held the customer last before whoever held it at a moment; None if nobody did."""
    if at is None:
        return None
    if case.program.has_doubts and holding.in_doubt(case, at):
        return UNKNOWN
    tenures = holding.timeline(case, at)
    now = tenures[-1].staff if tenures else None
    for tenure in reversed(tenures):
        if tenure.staff is not None and tenure.staff != now:
            case.evidence.append(tenure.entry)
            return tenure.staff
    return None


def ended(case: Case, staff: str | None, at: Anchor = None) -> Any:
    """When somebody's holding ended, before a moment; None where it did not, or never was."""
    if staff is None or at is None:
        return None
    if case.program.has_doubts and holding.in_doubt(case, at):
        return UNKNOWN
    tenures = holding.timeline(case, at)
    for number in range(len(tenures) - 1, 0, -1):
        if tenures[number - 1].staff == staff and tenures[number].staff != staff:
            case.evidence.append(tenures[number].entry)
            return tenures[number].since
    return None


def ends(case: Case, staff: str | None, at: Anchor = None) -> Any:
    """When the holding that somebody had at a moment runs out; None where it has no end."""
    if staff is None or at is None:
        return None
    if case.program.has_doubts and holding.in_doubt(case, at):
        return UNKNOWN
    tenures = holding.timeline(case, at)
    if not tenures or tenures[-1].staff != staff:
        return None
    return holding.end_of(case, tenures[-1], holding.moment_of(at))


def clock(case: Case, staff: str | None, at: Anchor = None) -> Any:
    """From when somebody's holding counts: his file, his transfer, or a departure."""
    if staff is None or at is None:
        return None
    if case.program.has_doubts and holding.in_doubt(case, at):
        return UNKNOWN
    tenure = holding.tenure_of(case, staff, at)
    if tenure is None:
        return None
    return tenure.entry if tenure.via == "file" else tenure.since


def overdue(
    case: Case, staff: str | None, at: Any = None, throughout: bool = False, household: bool = False
) -> Any:
    """Whether somebody was overdue at one of some moments (or, `throughout`, ever before it)."""
    if case.explain:
        _refuse(case, case.program.holding.keeps, lambda entry: entry.by == staff)
    if isinstance(at, Entry):
        value = holding.overdue(case, staff, at, household=household, throughout=throughout)
        if value is True:
            case.evidence.append(at)
        return value
    anchors = [one for one in (at if isinstance(at, list) else [at]) if one is not None]
    unknown = False
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


def level(case: Case, at: Anchor = None, by: str | None = None) -> str | None:
    """The level or stage of the customer at a moment: the last one recorded (by somebody)."""
    entry = level_set(case, at, by)
    return None if entry is None else str(entry.get("level"))


def level_set(case: Case, at: Anchor = None, by: str | None = None) -> Entry | None:
    """The entry since which the customer has had its present level or stage."""
    moments = [
        e
        for e in case.pool(case.program.holding.levels)
        if (at is None or is_before(e, at)) and (by is None or e.by == by)
    ]
    if not moments:
        return None
    now = moments[-1].get("level")
    since = moments[-1]
    for entry in reversed(moments):
        if entry.get("level") != now:
            break
        since = entry
    case.evidence.append(since)
    return since


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


# ---------------------------------------------------------- of households and customers


def attribute(case: Case, name: str, at: Anchor = None) -> Any:
    """What the customer's card says of something (`segment`, `type`) at a moment."""
    moment = case.anchor if at is None else at
    return case.attribute(name, case.as_of + 1 if moment is None else holding.moment_of(moment) + 1)


def present(case: Case, on_day: Anchor = None, linked_before: Entry | None = None) -> list[Case]:
    """The persons of this customer's household who were together on a day.

    With `linked_before`, only those whose link was on record before that entry.
    """
    family = case.household()
    if len(family) < 2 or on_day is None:
        return []
    if linked_before is not None:
        linked = case.history.links.component(
            min(case.members), case.program.household, linked_before.key
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


def together(
    case: Case, after: Anchor = None, before: Anchor = None, household: bool = False
) -> Entry | None:
    """The latest record, between two moments, that several were there together.

    Several of the files that the policy takes for this one customer; with `household`, of
    everyone linked to him as a household.
    """
    family = case.members
    if household:
        family = frozenset().union(*(one.members for one in case.household()))
    found: Entry | None = None
    for entry in case.history.entries if len(family) > 1 else ():
        if (
            entry.kind == "together"
            and entry.flaw not in ("voided", "struck")
            and len(family & set(entry.fields["customers"])) > 1
            and (after is None or is_after(entry, after))
            and (before is None or is_before(entry, before))
            and (found is None or found.key < entry.key)
        ):
            found = entry
    if found is not None:
        case.evidence.append(found)
    return found


def each(case: Case, name: str, of: list[Case] | None = None) -> Any:
    """A named value worked out for each of several persons of a household."""
    values = []
    for one in of or ():
        if one is case:
            value = case.value(name)
        else:
            value, grounds, _, _ = one.kept(name)
            spread(grounds, case.evidence)
        if value is UNKNOWN:
            return UNKNOWN
        if value is not None:
            values.append(value)
    return values


# ------------------------------------------------------ of findings, scores and rulings


def found(case: Case, name: str, subject: str | None = None, before: Anchor = None) -> Any:
    """What a person found on a question about somebody; else, by the burden of proof."""
    return case.finding_about(name, subject, before)


def score(case: Case, staff: str | None) -> Any:
    """Somebody's total on the scorecard; None for who does not compete."""
    card = case.scores()
    if staff is None or staff not in card:
        return None
    case.evidence.extend(card[staff].evidence)
    return card[staff].total


def ruled(case: Case) -> Entry | None:
    """The ruling by people that stands; None where there is none."""
    stands = instances.standing_ruling(case)
    return stands.entry if stands is not None else None


def instance(case: Case) -> str | None:
    """Who decides between the parties: by whether they belong to one unit or to several."""
    found = instances.instance_for(case)
    return found.instance if found is not None else None


def barred(case: Case) -> list[str]:
    """Everybody whom an earlier rule took out of the contest."""
    return list(case.barred)


_PLACE = {"anyone": FLAG, "household": FLAG}
_AT = {"at": ENTRY}


def _selects(
    run: Callable[..., Any],
    gives: str,
    source: str | None = None,
    picks: str | None = None,
    unit: str | None = None,
    **more: str,
) -> Word:
    return Word(
        run,
        True,
        keywords={**_PLACE, **more},
        gives=gives,
        unit=unit,
        source=source,
        picks=picks,
    )


WORDS: dict[str, Word] = {
    "first": _selects(first, ENTRY, "{0}", "oldest"),
    "last": _selects(last, ENTRY, "{0}", "youngest"),
    "exists": _selects(exists, FLAG, "{0} is not None", "youngest"),
    "once": _selects(once, FLAG, "len({0}) == 1", "all"),
    "count": _selects(count, NUMBER, "len({0})", "all", "n", by_day=FLAG),
    "values": _selects(
        values,
        LIST,
        "list(dict.fromkeys([e.by for e in {0} if e.by is not None]))",
        "all",
        field="field",
    ),
    "greatest": _selects(greatest, NUMBER, field="field", lowest=FLAG),
    "greatest_gap": Word(
        greatest_gap,
        True,
        keywords={**_PLACE, "since": ENTRY, "until": ENTRY, "unit": ID},
        gives=NUMBER,
        unit="*",
    ),
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
    "unit": Word(unit, takes=(ANY, ID), least=1, gives=ID, certain=True, free=True),
    "units": Word(
        units, takes=(ID,), least=1, keywords={"but": ID}, gives=LIST, certain=True, free=True
    ),
    "role": Word(role, takes=(ID,), least=1, keywords=_AT, gives=ID, certain=True, free=True),
    "department": Word(
        department, takes=(ID,), least=1, keywords=_AT, gives=ID, certain=True, free=True
    ),
    "employed": Word(employed, takes=(ID,), least=1, keywords=_AT, gives=FLAG),
    "absent": Word(absent, takes=(ID,), least=1, keywords=_AT, gives=FLAG),
    "cover": Word(cover, takes=(ID,), least=1, keywords=_AT, gives=ID),
    "departed": Word(
        departed, takes=(ID,), least=1, keywords={"after": ENTRY, "before": ENTRY}, gives=FLAG
    ),
    "caseload": Word(caseload, takes=(ID,), least=1, gives=NUMBER, unit="n"),
    "union": Word(union, takes=("any*",), least=1, gives=LIST, certain=True, free=True),
    "without": Word(without, takes=(LIST, "any*"), least=2, gives=LIST, certain=True, free=True),
    "common": Word(common, takes=(LIST, LIST), least=2, gives=LIST, certain=True, free=True),
    "several": Word(several, takes=(LIST,), least=1, gives=FLAG, certain=True, free=True),
    "size": Word(size, takes=(LIST,), least=1, gives=NUMBER, unit="n", certain=True, free=True),
    "only": Word(only, takes=(LIST,), least=1, gives=ID),
    "those": Word(
        those,
        takes=(LIST,),
        least=1,
        keywords={"when": FLAG},
        binds=frozenset({"when"}),
        gives=LIST,
    ),
    "top": Word(
        top,
        takes=(LIST,),
        least=1,
        keywords={"by": ANY, "lowest": FLAG},
        binds=frozenset({"by"}),
        gives=ID,
    ),
    "tops": Word(
        tops,
        takes=(LIST,),
        least=1,
        keywords={"by": ANY, "lowest": FLAG},
        binds=frozenset({"by"}),
        gives=LIST,
    ),
    "map": Word(
        map_, takes=(LIST,), least=1, keywords={"by": ANY}, binds=frozenset({"by"}), gives=LIST
    ),
    "sure": Word(
        sure,
        takes=(ANY,),
        least=1,
        gives=FLAG,
        sees_unknown=True,
        source="{0} is not UNKNOWN and bool({0})",
        certain=True,
        free=True,
    ),
    "known": Word(
        known,
        takes=(ANY,),
        least=1,
        gives=FLAG,
        sees_unknown=True,
        source="{0} is not UNKNOWN",
        certain=True,
        free=True,
    ),
    "lookup": Word(lookup, takes=(TABLE, ID), least=2, gives=ANY, certain=True, free=True),
    "holder": Word(holder, keywords={"at": ENTRY, "unit_type": ID}, gives=ID),
    "in_line": Word(in_line, keywords=_AT, gives=LIST),
    "former": Word(former, keywords=_AT, gives=ID),
    "ended": Word(ended, takes=(ID,), least=1, keywords=_AT, gives=ENTRY),
    "ends": Word(ends, takes=(ID,), least=1, keywords=_AT, gives=ENTRY),
    "clock": Word(clock, takes=(ID,), least=1, keywords=_AT, gives=ENTRY),
    "overdue": Word(
        overdue,
        takes=(ID,),
        least=1,
        keywords={"at": ANY, "throughout": FLAG, "household": FLAG},
        gives=FLAG,
    ),
    "level": Word(level, keywords={"at": ENTRY, "by": ID}, gives=ID),
    "level_set": Word(level_set, keywords={"at": ENTRY, "by": ID}, gives=ENTRY),
    "transfer": Word(transfer, keywords={"of": ID, "after": ENTRY, "before": ENTRY}, gives=ENTRY),
    "next_in_line": Word(next_in_line, gives=ID),
    "attribute": Word(attribute, takes=("card",), least=1, keywords=_AT),
    "present": Word(present, keywords={"on_day": ENTRY, "linked_before": ENTRY}, gives=LIST),
    "together": Word(
        together, keywords={"after": ENTRY, "before": ENTRY, "household": FLAG}, gives=ENTRY
    ),
    "each": Word(each, takes=("let",), least=1, keywords={"of": LIST}, gives=LIST),
    "found": Word(found, takes=("finding",), least=1, keywords={"subject": ID, "before": ENTRY}),
    "score": Word(score, takes=(ID,), least=1, gives=NUMBER, unit="points"),
    "ruled": Word(ruled, gives=ENTRY),
    "instance": Word(instance, gives=ID),
    "barred": Word(barred, gives=LIST),
}
"""What conditions can ask.  Every word is explained in docs/policy-guide.md."""
