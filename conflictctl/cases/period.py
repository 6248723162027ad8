"""Periods of local days, and the one before that a period is compared with."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from conflictctl.calendar import months_after

RECENT_DAYS = 90
"""What counts as the present where no period was asked for."""


class Period(NamedTuple):
    """Local days from `first` to `last`, both included, as ordinals; None: open."""

    first: int | None = None
    last: int | None = None

    def holds(self, day: int) -> bool:
        """Whether a day belongs to it."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


def month_of(day: int) -> str:
    """The month of a day: `2026-03`."""
    return date.fromordinal(day).isoformat()[:7]


def month_span(text: str) -> Period:
    """The days of a month written `2026-03`; ValueError for anything else."""
    first = date.fromisoformat(f"{text}-01").toordinal()
    return Period(first, months_after(first, 1) - 1)


def compared(period: Period, today: int) -> tuple[Period, Period]:
    """The closed period to look at, and the one of the same length before it.

    A period that is open at its end goes up to `today`, one without a beginning over the last
    90 days.  Whole calendar months are compared with as many calendar months, whatever their
    days; everything else with as many days.
    """
    last = period.last if period.last is not None else today
    first = period.first if period.first is not None else last - RECENT_DAYS + 1
    months = _whole_months(first, last)
    before = months_after(first, -months) if months else 2 * first - last - 1
    return Period(first, last), Period(before, first - 1)


def _whole_months(first: int, last: int) -> int:
    begin, after = date.fromordinal(first), date.fromordinal(last + 1)
    if begin.day != 1 or after.day != 1 or last < first:
        return 0
    return (after.year - begin.year) * 12 + after.month - begin.month
