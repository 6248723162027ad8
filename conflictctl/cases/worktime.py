"""Working time: when a limit that began at some moment has run out, and how much has passed.

Working hours are spans of a local day.  They are counted in elapsed time, so that a span in
which clocks are set forward is shorter and one in which they are set back is longer.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import date, datetime, timedelta
from typing import NamedTuple

from conflictctl.calendar import DAY, HOUR, MINUTE, Calendar, Moment, Workdays

UNITS = ("wmin", "wh", "wd", "min", "h", "d")
"""Working minutes, hours and days; minutes and hours of the clock; calendar days."""

Spans = tuple[tuple[int, int], ...]
"""Minutes after local midnight: `((540, 720), (810, 1080))`; ascending, disjoint."""

_LENGTH = {"wmin": MINUTE, "wh": HOUR, "min": MINUTE, "h": HOUR}
_MOST_KEPT = 50_000


class Limit(NamedTuple):
    """A length of time as a policy writes it: `8 wh`, `3 wd`, `7 d`, `48 h`."""

    amount: int
    unit: str

    def plain(self) -> str:
        """As it is written in a file and in JSON: `8 wh`."""
        return f"{self.amount} {self.unit}"


class _Year(NamedTuple):
    """One calendar year: its first day, and working microseconds before each of its days.

    `before` has one more item than the year has days: the last is the whole year's sum.
    """

    first: int
    before: list[int]


class WorkingTime:
    """The working hours of one company in one time zone."""

    __slots__ = ("_days", "_ends", "_years", "calendar", "spans", "workdays")

    def __init__(self, calendar: Calendar, workdays: Workdays, spans: Spans) -> None:
        """At least one span, and one working day in every year, or a limit never runs out."""
        self.calendar, self.workdays, self.spans = calendar, workdays, spans
        self._days: dict[int, tuple[tuple[Moment, Moment], ...]] = {}
        self._years: dict[int, _Year] = {}
        self._ends: dict[tuple[int, int], Moment] = {}

    def end(self, start: Moment, limit: Limit) -> Moment:
        """The moment at which `limit` after `start` has run out.

        Working minutes and hours run only within the hours of working days: a limit that is
        used up at closing time ends then, not on the next morning.  Working days and calendar
        days end at 24:00 of the n-th day after the local day of `start`.
        """
        amount, unit = limit
        if unit in ("min", "h"):
            return start + amount * _LENGTH[unit]
        if unit == "d":
            return self.calendar.start_of(self.calendar.day(start) + amount + 1)
        if unit == "wd":
            return self.end_of_workday(self.calendar.day(start), amount)
        return self._run_out(start, amount * _LENGTH[unit])

    def end_of_workday(self, day: int, number: int) -> Moment:
        """24:00 of the `number`-th working day after a local day."""
        found = self._ends.get((day, number))
        if found is None:
            if len(self._ends) > _MOST_KEPT:
                self._ends.clear()
            found = self.calendar.start_of(self.workdays.after(day, number) + 1)
            self._ends[day, number] = found
        return found

    def elapsed(self, start: Moment, end: Moment) -> int:
        """Working microseconds between two moments; negative if `end` is the earlier one."""
        if end < start:
            return -self.elapsed(end, start)
        first, last = self.calendar.day(start), self.calendar.day(end)
        total = self._passed(last, end) - self._passed(first, start)
        year, until = date.fromordinal(first).year, date.fromordinal(last).year
        if year == until:
            before = self._year(year)
            return total + before.before[last - before.first] - before.before[first - before.first]
        begun, ended = self._year(year), self._year(until)
        total += begun.before[-1] - begun.before[first - begun.first]
        total += sum(self._year(between).before[-1] for between in range(year + 1, until))
        return total + ended.before[last - ended.first]

    def _run_out(self, start: Moment, needed: int) -> Moment:
        day = self.calendar.day(start)
        number = date.fromordinal(day).year
        year = self._year(number)
        needed += year.before[day - year.first] + self._passed(day, start)
        while needed > year.before[-1]:
            needed -= year.before[-1]
            number += 1
            year = self._year(number)
        place = bisect_left(year.before, needed) - 1
        left = needed - year.before[place]
        moment = start
        for begin, end in self._hours(year.first + place):
            moment = begin + left
            if moment <= end:
                break
            left -= end - begin
        return moment

    def _passed(self, day: int, moment: Moment) -> int:
        """Working microseconds of a day until a moment in it."""
        return sum(min(end, moment) - begin for begin, end in self._hours(day) if begin < moment)

    def _year(self, number: int) -> _Year:
        found = self._years.get(number)
        if found is None:
            first = date(number, 1, 1).toordinal()
            before = [0]
            for day in range(first, date(number + 1, 1, 1).toordinal()):
                before.append(before[-1] + sum(end - begin for begin, end in self._hours(day)))
            found = self._years[number] = _Year(first, before)
        return found

    def _hours(self, day: int) -> tuple[tuple[Moment, Moment], ...]:
        """The spans of a day as moments, ascending and disjoint; none on a day off."""
        found = self._days.get(day)
        if found is None:
            if len(self._days) > _MOST_KEPT:
                self._days.clear()
            found = self._days[day] = self._laid_out(day) if self.workdays.is_working(day) else ()
        return found

    def _laid_out(self, day: int) -> tuple[tuple[Moment, Moment], ...]:
        opens, closes = self.calendar.start_of(day), self.calendar.start_of(day + 1)
        if closes - opens == DAY and self._steady(day, opens, closes):
            return tuple((opens + a * MINUTE, opens + b * MINUTE) for a, b in self.spans)
        # Clocks change: local times may be missing, come twice or change places.
        found: list[tuple[Moment, Moment]] = []
        for begin, end in sorted((self._local(day, a), self._local(day, b)) for a, b in self.spans):
            begin, end = max(begin, opens, found[-1][1] if found else opens), min(end, closes)
            if begin < end:
                found.append((begin, end))
        return tuple(found)

    def _steady(self, day: int, opens: Moment, closes: Moment) -> bool:
        """Whether the clocks do not change: a change there and back in one day never was."""
        return self.calendar.offset(opens) == self.calendar.offset(closes - 1)

    def _local(self, day: int, minutes: int) -> Moment:
        if minutes == 24 * 60:
            return self.calendar.start_of(day + 1)
        midnight = datetime.combine(date.fromordinal(day), datetime.min.time())
        return self.calendar.moment(midnight + timedelta(minutes=minutes))
