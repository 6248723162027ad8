"""Figures of follow-up discipline: counted dossier by dossier, merged in any order, read off.

A `Tally` holds counts by person, outlet, level and week, and eight bytes for each follow-up that
was made late: no customer stays in memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from conflictctl.cases.period import Period
from conflictctl.cases.spread import Share, Spread
from conflictctl.discipline.followups import LATE, MISSED, Conduct, FollowUp

DIMENSIONS = ("staff", "outlet", "level")
"""What one can ask for the figures by."""


class Selection(NamedTuple):
    """What is counted: what fell into a period, of one outlet, of one person.

    A follow-up falls into the period with its last day, a lapse with its own, an entry with the
    day of the contact.
    """

    period: Period
    outlet: str | None = None
    staff: str | None = None


class Cell(NamedTuple):
    """Where a follow-up is counted; a week is named by the day (ordinal) of its Monday."""

    staff: str
    outlet: str | None
    level: str | None
    week: int
    outcome: str
    open: bool


class Owner(NamedTuple):
    """Whose follow-ups were not made in time, and of what level."""

    staff: str
    outlet: str | None
    level: str | None


class Place(NamedTuple):
    """Where everything else is counted: `what` is a field of `Discipline`."""

    staff: str
    outlet: str | None
    what: str


class Tally:
    """Counts over many dossiers; `merge` of any split in any order gives the same."""

    __slots__ = ("days_late", "follow_ups", "longest", "others")

    def __init__(self) -> None:
        self.follow_ups = Counter[Cell]()
        self.others = Counter[Place]()
        self.days_late: dict[Owner, Spread] = {}
        self.longest: dict[Owner, int] = {}

    def add(self, found: Conduct, chosen: Selection) -> None:
        """Count one dossier in, so far as it was asked for.

        Colleagues of the person asked for are counted, too: he is compared with their outlet.
        """
        holds, outlet = chosen.period.holds, chosen.outlet
        for one in found.follow_ups:
            if holds(one.due_day) and outlet in (None, one.outlet):
                self._follow_up(one)
        for undated in found.undated:
            if holds(undated.day) and outlet in (None, undated.outlet):
                self.others[Place(undated.staff, undated.outlet, "undated")] += 1
        for lapse in found.lapses:
            if holds(lapse.day) and outlet in (None, lapse.outlet):
                self.others[Place(lapse.staff, lapse.outlet, "lapses")] += 1
        for contact in found.contacts:
            if holds(contact.day) and outlet in (None, contact.outlet):
                self.others[Place(contact.staff, contact.outlet, "entered")] += 1
                for what in _FLAWS:
                    if getattr(contact, what):
                        self.others[Place(contact.staff, contact.outlet, f"{what}_entries")] += 1

    def _follow_up(self, one: FollowUp) -> None:
        week = one.due_day - (one.due_day - 1) % 7  # the ordinal 1 was a Monday
        self.follow_ups[Cell(one.staff, one.outlet, one.level, week, one.outcome, one.open)] += 1
        owner = Owner(one.staff, one.outlet, one.level)
        if one.outcome == LATE:
            self.days_late.setdefault(owner, Spread()).add((one.days_late,))
        elif one.outcome == MISSED:
            self.longest[owner] = max(one.days_late, self.longest.get(owner, 0))

    def merge(self, other: Tally) -> None:
        """Count another's dossiers in."""
        self.follow_ups.update(other.follow_ups)
        self.others.update(other.others)
        for owner, days in other.days_late.items():
            self.days_late.setdefault(owner, Spread()).merge(days)
        for owner, longest in other.longest.items():
            self.longest[owner] = max(longest, self.longest.get(owner, 0))


_FLAWS = ("late", "refused", "voided", "corrected")


def tally_of(found: Iterable[Conduct], chosen: Selection) -> Tally:
    """The counts over some dossiers."""
    tally = Tally()
    for one in found:
        tally.add(one, chosen)
    return tally


# ------------------------------------------------------------------------ reading it off


class Discipline(NamedTuple):
    """The figures of one person, outlet, level, week, or of all.

    `open` are those missed that are still owed.  `median` and `worst` are the days by which those
    made late were late; `longest` those by which one that was missed stayed unmade.
    """

    in_time: int = 0
    late: int = 0
    missed: int = 0
    open: int = 0
    median: int | None = None
    worst: int | None = None
    longest: int | None = None
    undated: int = 0
    lapses: int = 0
    entered: int = 0
    late_entries: int = 0
    refused_entries: int = 0
    voided_entries: int = 0
    corrected_entries: int = 0

    @property
    def due(self) -> int:
        """How many follow-ups were due."""
        return self.in_time + self.late + self.missed

    @property
    def kept(self) -> Share:
        """Those made in time among those due."""
        return Share(self.in_time, self.due)


class Person(NamedTuple):
    """One person in one outlet, beside all of that outlet."""

    staff: str
    outlet: str | None
    figures: Discipline
    outlet_kept: Share


class Named(NamedTuple):
    """An outlet or level (None: none recorded), or a week (the ordinal of its Monday)."""

    key: str | int | None
    figures: Discipline


class Figures(NamedTuple):
    """All figures over some dossiers."""

    whole: Discipline
    people: tuple[Person, ...]
    outlets: tuple[Named, ...]
    levels: tuple[Named, ...]
    weeks: tuple[Named, ...]


def figures(tally: Tally, staff: str | None = None) -> Figures:
    """What the counts say; of one person alone, but for the outlets, which are whole."""
    sums = _summed(tally, staff)
    people = {key: one.figures() for key, one in sums["people"].items()}
    at = {outlet for _, outlet in people}
    outlets = {key: one.figures() for key, one in sums["outlets"].items() if key in at}
    return Figures(
        sums["whole"][None].figures() if people else Discipline(),
        tuple(
            Person(person, outlet, one, outlets[outlet].kept)
            for (person, outlet), one in sorted(people.items(), key=_worst_first)
        ),
        tuple(Named(key, one) for key, one in sorted(outlets.items(), key=_worst_first)),
        tuple(
            Named(key, one.figures()) for key, one in sorted(sums["levels"].items(), key=_by_name)
        ),
        tuple(Named(key, one.figures()) for key, one in sorted(sums["weeks"].items())),
    )


class _Sum:
    """Counts that belong together."""

    __slots__ = ("counts", "days_late", "longest")

    def __init__(self) -> None:
        self.counts = Counter[str]()
        self.days_late = Spread()
        self.longest: int | None = None

    def figures(self) -> Discipline:
        median, worst = self.days_late.percentiles(50, 100)
        return Discipline(**self.counts, median=median, worst=worst, longest=self.longest)


def _summed(tally: Tally, staff: str | None) -> dict[str, dict[Any, _Sum]]:
    """The counts by what they are shown by."""
    sums: dict[str, dict[Any, _Sum]] = {
        name: {} for name in ("whole", "people", "outlets", "levels", "weeks")
    }

    def of(part: Cell | Owner | Place) -> Iterator[_Sum]:
        for name, key in _keys(part, staff):
            yield sums[name].setdefault(key, _Sum())

    for cell, number in tally.follow_ups.items():
        for one in of(cell):
            one.counts[cell.outcome] += number
            if cell.open:
                one.counts["open"] += number
    for owner, days in tally.days_late.items():
        for one in of(owner):
            one.days_late.merge(days)
    for owner, longest in tally.longest.items():
        for one in of(owner):
            one.longest = max(longest, one.longest or 0)
    for place, number in tally.others.items():
        for one in of(place):
            one.counts[place.what] += number
    return sums


def _keys(part: Cell | Owner | Place, staff: str | None) -> Iterator[tuple[str, Any]]:
    yield "outlets", part.outlet
    if staff is None or part.staff == staff:
        yield "whole", None
        yield "people", (part.staff, part.outlet)
        if not isinstance(part, Place):
            yield "levels", part.level
        if isinstance(part, Cell):
            yield "weeks", part.week


def _worst_first(item: tuple[Any, Discipline]) -> tuple[Any, ...]:
    key, one = item
    return one.kept.part - one.kept.whole, -one.due, str(key)


def _by_name(item: tuple[str | None, object]) -> tuple[bool, str]:
    return item[0] is None, item[0] or ""
