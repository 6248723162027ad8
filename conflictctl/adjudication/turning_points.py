"""The moments at which a further entry could begin to count otherwise, in one history.

A policy compares moments with moments: which came first, how long after, on which local day, how
many days or hours apart.  So what an entry does can change only where its own moment passes
another one, a local midnight, or one of these a limit earlier or later.  Between two such
moments every choice of a time is the same choice, and trying one of them tries all.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from conflictctl.calendar import DAY, HOUR, MINUTE, Calendar, Moment, parse_time
from conflictctl.events import Event
from conflictctl.people import People
from conflictctl.policy.program import Program

_BY_THE_CLOCK = {"minutes": MINUTE, "hours": HOUR, "days": DAY}
_WITH_TIMES = ("expires_at", "until")


class Stretch(NamedTuple):
    """Moments, an hour apart, that are all the same choice; the first and the last of them."""

    first: Moment
    last: Moment


def hours_between(first: Moment, last: Moment, calendar: Calendar) -> list[Moment]:
    """Every full hour of the local clock from `first` to `last`, both among them."""
    found: list[Moment] = []
    for day in range(calendar.day(first), calendar.day(last) + 1):
        begin, end = calendar.start_of(day), calendar.start_of(day + 1)
        found += [hour for hour in range(begin, end, HOUR) if first <= hour <= last]
    return found


def stretches(moments: Sequence[Moment], points: Sequence[Moment]) -> Iterator[Stretch]:
    """Moments (ascending) put together wherever no turning point (ascending) parts them."""
    for _, same in groupby(moments, lambda m: (bisect_left(points, m), bisect_right(points, m))):
        together = list(same)
        yield Stretch(together[0], together[-1])


def turning_points(
    events: Iterable[Event],
    people: People,
    program: Program,
    calendar: Calendar,
    first: Moment,
    last: Moment,
) -> list[Moment]:
    """The moments from `first` to `last`, ascending, at which an entry could count otherwise."""
    limits = sorted(_by_the_clock(program))
    # Two limits may follow one another: a term that begins where another one ends.
    reach = 2 * max(limits, default=0)
    days = range(calendar.day(first - reach), calendar.day(last + reach) + 2)
    points = {calendar.start_of(day) for day in days}
    points |= set(_of_people(people))
    for event in events:
        points |= {event.at, event.recorded_at, *_told(event.fields)}
        if event.kind == "correction":
            points |= set(_told(event.fields["changes"]))
    for _ in range(2):
        points |= {point + sign * limit for point in points for limit in limits for sign in (-1, 1)}
        points = {point for point in points if first - reach <= point <= last + reach}
    return sorted(point for point in points if first <= point <= last)


def _of_people(people: People) -> Iterator[Moment]:
    """When somebody came, left, was back, changed his post, or was away."""
    for person in people.staff.values():
        yield from (post.since for post in person.posts)
        yield from (departure.moment for departure in person.departures)
        yield from (moment for moment, _ in person.returns)
        for absence in person.absences:
            yield absence.since
            yield from _told({"until": absence.until})


def _told(fields: Mapping[str, Any]) -> Iterator[Moment]:
    """Moments that an entry names beside its own."""
    for name in (*_WITH_TIMES, "at"):
        value = fields.get(name)
        if isinstance(value, str) and len(value) > len("2013-03-01"):  # a day ends at a midnight
            yield parse_time(value)[0]


def _by_the_clock(program: Program) -> set[Moment]:
    """The limits that are measured by the clock and not by local days."""
    found = set()
    for name, parameter in program.policy.parameters.items():
        value = program.values[name]
        numbers = value.values() if isinstance(value, Mapping) else [value]
        unit = parameter.unit
        if unit in _BY_THE_CLOCK and (unit != "days" or parameter.counting == "clock"):
            found |= {int(n) * _BY_THE_CLOCK[unit] for n in numbers if isinstance(n, int)}
    return found - {0}
