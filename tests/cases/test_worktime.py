"""Working time: weekends, China's swapped days, lunch breaks, and days on which clocks change."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conflictctl.calendar import HOUR, MINUTE, Calendar, Moment, Workdays
from conflictctl.cases.worktime import Limit, Spans, WorkingTime

OFFICE = ((540, 720), (810, 1080))
"""09:00-12:00 and 13:30-18:00: seven and a half hours."""

SHANGHAI = Calendar("Asia/Shanghai")
CHINA = WorkingTime(SHANGHAI, Workdays("CN"), OFFICE)


def at(text: str, calendar: Calendar = SHANGHAI) -> Moment:
    return calendar.moment(datetime.fromisoformat(text))


def limit(text: str) -> Limit:
    amount, unit = text.split()
    return Limit(int(amount), unit)


def end(time: WorkingTime, start: str, span: str) -> str:
    """Local time at which a limit has run out, to the minute."""
    moment = time.end(at(start, time.calendar), limit(span))
    return time.calendar.local(moment).strftime("%Y-%m-%d %H:%M")


# ---------------------------------------------------------------------------- an office day


@pytest.mark.parametrize(
    ("start", "span", "expected"),
    [
        ("2025-11-03 09:00", "2 wh", "2025-11-03 11:00"),  # a Monday
        ("2025-11-03 07:15", "2 wh", "2025-11-03 11:00"),  # before opening: begins at nine
        ("2025-11-03 11:00", "2 wh", "2025-11-03 14:30"),  # over the lunch break
        ("2025-11-03 12:00", "1 wh", "2025-11-03 14:30"),  # the morning's exact end
        ("2025-11-03 12:40", "30 wmin", "2025-11-03 14:00"),  # in the lunch break
        ("2025-11-03 13:30", "1 wh", "2025-11-03 14:30"),  # the afternoon's exact beginning
        ("2025-11-03 10:00", "2 wh", "2025-11-03 12:00"),  # used up at noon: ends at noon
        ("2025-11-03 16:00", "2 wh", "2025-11-03 18:00"),  # used up at closing time
        ("2025-11-03 16:01", "2 wh", "2025-11-04 09:01"),
        ("2025-11-03 18:00", "2 wh", "2025-11-04 11:00"),  # the day's exact end
        ("2025-11-03 23:59", "2 wh", "2025-11-04 11:00"),
        ("2025-11-03 09:00", "8 wh", "2025-11-04 09:30"),
        ("2025-11-03 09:00", "15 wh", "2025-11-04 18:00"),  # two whole days
        ("2025-11-07 17:00", "8 wh", "2025-11-10 17:30"),  # over a weekend
        ("2025-11-08 10:00", "8 wh", "2025-11-11 09:30"),  # from a Saturday
        ("2025-11-03 17:59", "90 wmin", "2025-11-04 10:29"),
    ],
)
def test_working_hours_run_only_while_people_work(start: str, span: str, expected: str) -> None:
    assert end(CHINA, start, span) == expected


@pytest.mark.parametrize(
    ("start", "span", "expected"),
    [
        ("2025-11-03 09:00", "1 wd", "2025-11-05 00:00"),  # 24:00 of Tuesday
        ("2025-11-03 23:59", "1 wd", "2025-11-05 00:00"),
        ("2025-11-07 09:00", "1 wd", "2025-11-11 00:00"),  # a Friday: 24:00 of Monday
        ("2025-11-08 09:00", "1 wd", "2025-11-11 00:00"),
        ("2025-11-03 09:00", "10 wd", "2025-11-18 00:00"),
        ("2025-11-03 09:00", "3 d", "2025-11-07 00:00"),  # 24:00 of Thursday
        ("2025-11-07 09:00", "3 d", "2025-11-11 00:00"),  # weekends count
        ("2025-11-07 09:30", "48 h", "2025-11-09 09:30"),
        ("2025-11-07 23:45", "30 min", "2025-11-08 00:15"),
    ],
)
def test_days_end_at_midnight_and_clock_time_never_stops(
    start: str, span: str, expected: str
) -> None:
    assert end(CHINA, start, span) == expected


# ------------------------------------------------------------------ China's declared days


@pytest.mark.parametrize(
    ("start", "span", "expected"),
    [
        # National Day and Mid-Autumn 2025: off from 1 to 8 October; worked for it are
        # Sunday 28 September and Saturday 11 October.
        ("2025-09-30 17:00", "1 wh", "2025-09-30 18:00"),
        ("2025-09-30 17:00", "2 wh", "2025-10-09 10:00"),
        ("2025-09-30 10:00", "1 wd", "2025-10-10 00:00"),
        ("2025-10-04 12:00", "2 wh", "2025-10-09 11:00"),
        ("2025-09-26 17:00", "2 wh", "2025-09-28 10:00"),  # Friday: on with Sunday
        ("2025-09-26 17:00", "1 wd", "2025-09-29 00:00"),
        ("2025-10-10 17:00", "2 wh", "2025-10-11 10:00"),  # Friday: on with Saturday
        ("2025-10-10 17:00", "2 wd", "2025-10-14 00:00"),  # Saturday and Monday, no Sunday
        # Spring Festival 2025: off from 28 January to 4 February; 26 January and 8 February
        # are worked.
        ("2025-01-24 17:30", "1 wh", "2025-01-26 09:30"),
        ("2025-01-27 17:30", "1 wh", "2025-02-05 09:30"),
        ("2025-02-07 17:30", "1 wh", "2025-02-08 09:30"),
        # Labour Day 2025: off from 1 to 5 May; Sunday 27 April is worked.
        ("2025-04-25 17:30", "1 wh", "2025-04-27 09:30"),
        ("2025-04-30 17:30", "1 wh", "2025-05-06 09:30"),
        # New Year 2026: off from 1 to 3 January; Sunday 4 January is worked.
        ("2025-12-31 17:30", "1 wh", "2026-01-04 09:30"),
        # Spring Festival 2026: off from 15 to 23 February; Saturdays 14 and 28 February are worked.
        ("2026-02-13 17:30", "1 wh", "2026-02-14 09:30"),
        ("2026-02-14 17:30", "1 wh", "2026-02-24 09:30"),
        ("2026-02-27 17:30", "1 wh", "2026-02-28 09:30"),
        # National Day 2026: off from 1 to 7 October; 20 September and 10 October are worked.
        ("2026-09-30 17:30", "1 wh", "2026-10-08 09:30"),
        ("2026-09-18 17:30", "1 wh", "2026-09-20 09:30"),
        ("2026-10-09 17:30", "1 wh", "2026-10-10 09:30"),
    ],
)
def test_days_off_and_weekends_worked_for_them(start: str, span: str, expected: str) -> None:
    assert end(CHINA, start, span) == expected


def test_a_company_has_days_off_and_working_days_of_its_own() -> None:
    sunday, monday = date(2025, 11, 9).toordinal(), date(2025, 11, 10).toordinal()
    time = WorkingTime(
        SHANGHAI,
        Workdays("CN", free=frozenset((monday,)), working=frozenset((sunday,))),
        OFFICE,
    )
    assert end(time, "2025-11-07 17:30", "1 wh") == "2025-11-09 09:30"
    assert end(time, "2025-11-09 17:30", "1 wh") == "2025-11-11 09:30"


def test_elapsed_skips_nights_weekends_and_holidays() -> None:
    assert CHINA.elapsed(at("2025-11-07 17:00"), at("2025-11-10 10:30")) == 2 * HOUR + 30 * MINUTE
    assert CHINA.elapsed(at("2025-09-30 18:00"), at("2025-10-09 09:00")) == 0
    assert CHINA.elapsed(at("2025-12-31 17:00"), at("2026-01-04 10:00")) == 2 * HOUR
    assert CHINA.elapsed(at("2026-01-04 10:00"), at("2025-12-31 17:00")) == -2 * HOUR
    workdays = Workdays("CN").between(date(2025, 1, 1).toordinal(), date(2025, 12, 31).toordinal())
    year = CHINA.elapsed(at("2025-01-01 00:00"), at("2026-01-01 00:00"))
    assert year == workdays * 450 * MINUTE
    two = CHINA.elapsed(at("2024-06-03 09:00"), at("2026-06-03 09:00"))
    assert two == sum(
        CHINA.elapsed(at(a), at(b))
        for a, b in (
            ("2024-06-03 09:00", "2025-02-01 09:00"),
            ("2025-02-01 09:00", "2025-12-31 23:00"),
            ("2025-12-31 23:00", "2026-06-03 09:00"),
        )
    )


# --------------------------------------------------------------------- clocks that change

NEW_YORK = Calendar("America/New_York")
BERLIN = Calendar("Europe/Berlin")
EVERY_DAY = Workdays(weekend=frozenset())


@pytest.mark.parametrize(
    ("calendar", "spans", "start", "span", "expected"),
    [
        # New York: 2025-03-09 02:00 becomes 03:00; the span is an hour shorter.
        (NEW_YORK, ((60, 300),), "2025-03-09 01:00", "3 wh", "2025-03-09 05:00"),
        (NEW_YORK, ((60, 300),), "2025-03-09 00:30", "2 wh", "2025-03-09 04:00"),
        (NEW_YORK, ((60, 300),), "2025-03-09 04:00", "2 wh", "2025-03-10 02:00"),
        (NEW_YORK, ((540, 1020),), "2025-03-08 16:00", "2 wh", "2025-03-09 10:00"),  # around it
        # 2025-11-02 02:00 becomes 01:00; the span is an hour longer.
        (NEW_YORK, ((0, 240),), "2025-11-02 00:00", "4 wh", "2025-11-02 03:00"),
        (NEW_YORK, ((0, 240),), "2025-11-02 00:00", "5 wh", "2025-11-02 04:00"),
        (NEW_YORK, ((540, 1020),), "2025-11-01 16:00", "2 wh", "2025-11-02 10:00"),
        # Berlin: 2025-03-30 02:00 becomes 03:00, 2025-10-26 03:00 becomes 02:00.
        (BERLIN, ((0, 360),), "2025-03-30 00:00", "5 wh", "2025-03-30 06:00"),
        (BERLIN, ((0, 360),), "2025-10-26 00:00", "7 wh", "2025-10-26 06:00"),
        (BERLIN, ((0, 1440),), "2025-03-30 00:00", "23 wh", "2025-03-31 00:00"),
        (BERLIN, ((0, 1440),), "2025-10-26 00:00", "25 wh", "2025-10-27 00:00"),
        (BERLIN, ((480, 720),), "2025-10-25 11:00", "2 wh", "2025-10-26 09:00"),
        # A span that lies wholly in the hour that does not exist is worked an hour later by
        # the new clock.
        (NEW_YORK, ((135, 165),), "2025-03-09 00:00", "30 wmin", "2025-03-09 03:45"),
        (NEW_YORK, ((120, 180),), "2025-03-09 00:00", "30 wmin", "2025-03-10 02:30"),
        # The clock's own hours pass as they pass, days are local.
        (BERLIN, ((0, 1440),), "2025-03-29 12:00", "24 h", "2025-03-30 13:00"),
        (BERLIN, ((0, 1440),), "2025-03-29 12:00", "1 d", "2025-03-31 00:00"),
        (BERLIN, ((0, 1440),), "2025-10-25 12:00", "1 wd", "2025-10-27 00:00"),
    ],
)
def test_spans_in_which_clocks_change(
    calendar: Calendar, spans: Spans, start: str, span: str, expected: str
) -> None:
    assert end(WorkingTime(calendar, EVERY_DAY, spans), start, span) == expected


def test_a_span_that_clocks_shorten_or_lengthen_is_counted_as_it_passed() -> None:
    time = WorkingTime(NEW_YORK, EVERY_DAY, ((0, 360),))
    for day, hours in (("2025-03-08", 6), ("2025-03-09", 5), ("2025-11-02", 7), ("2025-11-03", 6)):
        start = at(f"{day} 00:00", NEW_YORK)
        assert time.elapsed(start, at(f"{day} 12:00", NEW_YORK)) == hours * HOUR


# -------------------------------------------------------------------- against a slow model


def minutes_worked(time: WorkingTime, start: Moment, number: int) -> list[bool]:
    """For each minute from `start`: whether it lies in a span of a working day."""
    calendar = time.calendar
    first = calendar.day(start) - 1
    last = calendar.day(start + number * MINUTE) + 1
    worked: set[int] = set()
    for day in filter(time.workdays.is_working, range(first, last + 1)):
        midnight = datetime.combine(date.fromordinal(day), datetime.min.time())
        for begin, close in time.spans:
            opens = calendar.moment(midnight + timedelta(minutes=begin))
            closes = calendar.moment(midnight + timedelta(minutes=close))
            span = range(opens // MINUTE, closes // MINUTE)
            # A local day that a place skipped was no working day.
            worked.update(one for one in span if calendar.day(one * MINUTE) == day)
    return [start // MINUTE + minute in worked for minute in range(number)]


CHANGES = (
    (SHANGHAI, "2025-09-26"),
    (SHANGHAI, "2025-12-31"),
    (NEW_YORK, "2025-03-07"),
    (NEW_YORK, "2025-10-31"),
    (BERLIN, "2025-03-28"),
    (BERLIN, "2025-10-24"),
    (Calendar("Australia/Lord_Howe"), "2025-04-04"),  # half an hour
    (Calendar("Pacific/Apia"), "2011-12-28"),  # the 30th never was
    (Calendar("America/Sao_Paulo"), "2018-11-02"),  # midnight never was
)


@st.composite
def spans(draw: st.DrawFn) -> Spans:
    edges = draw(
        st.lists(st.integers(0, 96), min_size=2, max_size=6, unique=True).filter(
            lambda edges: len(edges) % 2 == 0
        )
    )
    edges = [edge * 15 for edge in sorted(edges)]
    return tuple(zip(edges[::2], edges[1::2], strict=True))


@settings(deadline=None, max_examples=100)
@given(
    place=st.sampled_from(CHANGES),
    spans=spans(),
    weekend=st.sampled_from([(5, 6), (4, 5), ()]),
    minute=st.integers(0, 4 * 24 * 60),
    amount=st.integers(1, 900),
)
def test_agrees_with_counting_minute_by_minute(
    place: tuple[Calendar, str],
    spans: Spans,
    weekend: tuple[int, ...],
    minute: int,
    amount: int,
) -> None:
    calendar, day = place
    country = "CN" if calendar is SHANGHAI and weekend == (5, 6) else None
    time = WorkingTime(calendar, Workdays(country, weekend=frozenset(weekend)), spans)
    start = at(f"{day} 00:00", calendar) + minute * MINUTE
    worked = minutes_worked(time, start, 9 * 24 * 60)
    counted = 0
    for number, works in enumerate(worked, 1):
        counted += works
        if counted == amount:
            found = time.end(start, Limit(amount, "wmin"))
            assert (found - start) // MINUTE == number
            assert found % MINUTE == 0
            break
    for number in (1, 700, len(worked) // 2, len(worked)):
        assert time.elapsed(start, start + number * MINUTE) == sum(worked[:number]) * MINUTE


@settings(deadline=None, max_examples=100)
@given(
    place=st.sampled_from(CHANGES),
    spans=spans(),
    seconds=st.integers(0, 10 * 24 * 3600),
    amount=st.integers(1, 100),
    unit=st.sampled_from(["wmin", "wh"]),
)
def test_what_has_elapsed_at_the_end_is_the_limit_itself(
    place: tuple[Calendar, str], spans: Spans, seconds: int, amount: int, unit: str
) -> None:
    calendar, day = place
    time = WorkingTime(calendar, EVERY_DAY, spans)
    start = at(f"{day} 00:00", calendar) + seconds * 1_000_003
    moment = time.end(start, Limit(amount, unit))
    assert time.elapsed(start, moment) == amount * (MINUTE if unit == "wmin" else HOUR)
    assert time.elapsed(start, moment - 1) == time.elapsed(start, moment) - 1
    assert time.elapsed(moment, start) == -time.elapsed(start, moment)
