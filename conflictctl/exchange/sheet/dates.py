"""Days and times of day as sheets hold them: dates, serial numbers, and text in many forms.

What can be read in two ways is refused, unless the mapping says the order.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import NamedTuple

from conflictctl.calendar import Calendar, Moment, moment_of
from conflictctl.events import Problem
from conflictctl.exchange.sheet.words import Cell, text_of
from conflictctl.wording import Sentence

ORDERS = ("ymd", "dmy", "mdy")


class Rules(NamedTuple):
    """How a mapping reads dates.

    `order` of day, month and year where figures alone would leave it open; `alone` is the
    time of a day that has none; `year` that of days written without one; `date1904` the
    system of bare numbers.
    """

    order: str | None = None
    alone: time | None = None
    year: int | None = None
    date1904: bool = False


class Stamp(NamedTuple):
    """A moment in the register's zone, and whether only its day was given."""

    moment: Moment
    offset: int
    alone: bool


_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0x3002: 0x2E}
_WEEKDAY = re.compile(
    r"[\s,(]*(星期|周|礼拜)[一二三四五六日天][)\s]*|\b(mon|tues?|wed(nes)?|thu(rs)?|fri|sat(ur)?|sun)(day)?\b[,.]?",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"(?P<part>凌晨|早上|上午|中午|下午|晚上)?\s*"
    r"(?P<hour>\d{1,2})(?:[:时点](?:(?P<half>半)|(?P<minute>\d{1,2})?分?)(?::(?P<second>\d{2})"
    r"(?:\.\d{1,9})?)?(?:\d{1,2}秒)?)?\s*(?P<meridiem>[ap]\.?m\.?)?\s*"
    r"(?P<zone>Z|UTC|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)
_YMD = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?")
_MD = re.compile(r"(\d{1,2})\s*月\s*(\d{1,2})\s*[日号]?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_THREE = re.compile(r"(\d{1,2})\s*([-/.])\s*(\d{1,2})\s*\2\s*(\d{4}|\d{2})")
_MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
        1,
    )
}
_NAMED = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[\s\-/.]*([a-z]{3,9})\.?[\s\-/.,]*(\d{4})", re.I)
_NAMED_US = re.compile(r"([a-z]{3,9})\.?\s*(\d{1,2})(?:st|nd|rd|th)?,?\s*(\d{4})", re.I)
_NUMBER = re.compile(r"\d{5}(\.\d+)?")
_FRACTION = re.compile(r"0?\.\d+")
_SERIALS = (25_569, 73_050)  # 1970 to 2099, in the system of 1900
_LAG_1904 = 1462  # days by which the system of 1904 is behind
_EPOCH = datetime(1899, 12, 30)
_AFTERNOON = {"中午": (11, 12), "下午": (12, 19), "晚上": (17, 23)}


def read_stamp(day: Cell | None, clock: Cell | None, rules: Rules, calendar: Calendar) -> Stamp:
    """The moment that a cell for the day and one for the time of day name together.

    Either may hold both.  Raises Problem with the reason.
    """
    whole, own, zone = _day_and_clock(day, rules) if day is not None else (None, None, None)
    if clock is not None:
        other, at, other_zone = _day_and_clock(clock, rules, clock_first=True)
        if other is not None and whole is not None and other != whole:
            raise Problem(
                Sentence(
                    "{one} and {other} are two days", one=whole.isoformat(), other=other.isoformat()
                )
            )
        whole = whole or other
        own = at if at is not None else own
        zone = zone if zone is not None else other_zone
    if whole is None:
        raise Problem(Sentence("has no day"))
    alone = own is None
    if own is None:
        if rules.alone is None:
            raise Problem(Sentence("has no time of day"))
        own = rules.alone
    stamp = datetime.combine(whole, own)
    if zone is not None:
        return Stamp(moment_of(stamp.replace(tzinfo=zone)), _minutes(zone), alone)
    moment = calendar.moment(stamp)
    if moment != calendar.moment(stamp.replace(fold=1)):
        raise Problem(
            Sentence("{time} does not exist or comes twice: clocks change", time=stamp.isoformat())
        )
    return Stamp(moment, calendar.offset(moment), alone)


def _minutes(zone: timezone) -> int:
    return zone.utcoffset(None) // timedelta(minutes=1)


_Read = tuple[date | None, time | None, timezone | None]


def _day_and_clock(cell: Cell, rules: Rules, *, clock_first: bool = False) -> _Read:
    if isinstance(cell, bool):
        raise _no_date(cell)
    if isinstance(cell, datetime):
        return _of_datetime(cell)
    if isinstance(cell, date):
        return cell, None, None
    if isinstance(cell, time):
        return None, cell.replace(microsecond=0), None
    if isinstance(cell, timedelta):
        return _of_serial(cell / timedelta(days=1), rules)
    if isinstance(cell, (int, float)):
        if isinstance(cell, int) or cell.is_integer():
            match = _COMPACT.fullmatch(str(int(cell)))
            if match is not None:
                return _made(int(match[1]), int(match[2]), int(match[3]), cell), None, None
        return _of_serial(float(cell), rules)
    return _of_text(cell, rules, clock_first=clock_first)


def _of_datetime(stamp: datetime) -> _Read:
    # Serial numbers are binary fractions: half past two may come as 14:29:59.999.
    stamp = (stamp + timedelta(milliseconds=500)).replace(microsecond=0)
    clock = stamp.time()
    if stamp.year < 1905:  # a time of day alone, on the day zero of spreadsheets
        return None, clock, None
    return stamp.date(), (clock if clock != time(0) else None), None


def _of_serial(number: float, rules: Rules) -> _Read:
    if 0 <= number < 1:
        return None, (_EPOCH + timedelta(seconds=round(number * 86_400))).time(), None
    if rules.date1904:
        number += _LAG_1904
    if not _SERIALS[0] <= number <= _SERIALS[1]:
        raise _no_date(number)
    return _of_datetime(_EPOCH + timedelta(seconds=round(number * 86_400)))


def _of_text(cell: str, rules: Rules, *, clock_first: bool) -> _Read:
    text = " ".join(text_of(cell).translate(_NARROW).split())
    if _NUMBER.fullmatch(text) or _FRACTION.fullmatch(text):
        return _of_serial(float(text), rules)
    plain = _WEEKDAY.sub(" ", text).strip()
    clock = _clock(plain) if clock_first or ":" in plain[:5] else None
    if clock is not None:
        return None, *clock
    whole, rest = _day(plain, rules, text)
    rest = rest.lstrip("T,; -").strip()
    if not rest:
        return whole, None, None
    clock = _clock(rest)
    if clock is None:
        raise _no_date(text)
    return whole, *clock


def _clock(text: str) -> tuple[time, timezone | None] | None:
    match = _CLOCK.fullmatch(text)
    if match is None or not (
        match["minute"] or match["half"] or match["meridiem"] or "点" in text or "时" in text
    ):
        return None
    hour = int(match["hour"])
    minute = 30 if match["half"] else int(match["minute"] or 0)
    part, meridiem = match["part"], (match["meridiem"] or "").lower()
    if part in _AFTERNOON:
        earliest, latest = _AFTERNOON[part]
        hour = hour + 12 if hour + 12 <= latest else hour
        if not earliest <= hour <= latest:
            raise _no_time(text)
    elif part is not None and hour > 11:
        raise _no_time(text)
    if meridiem:
        if not 1 <= hour <= 12:
            raise _no_time(text)
        hour = hour % 12 + (12 if meridiem.startswith("p") else 0)
    if hour > 23 or minute > 59:
        raise _no_time(text)
    return time(hour, minute, min(int(match["second"] or 0), 59)), _zone(match["zone"])


def _zone(text: str | None) -> timezone | None:
    if text is None:
        return None
    if text.upper() in ("Z", "UTC"):
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def _day(text: str, rules: Rules, original: str) -> tuple[date, str]:
    """The day a text begins with, and what follows it."""
    match = _YMD.match(text) or _match_compact(text)
    if match is not None:
        year, month, day = map(int, match.groups())
        return _made(year, month, day, original), text[match.end() :]
    match = _THREE.match(text)
    if match is not None and not text[match.end() : match.end() + 1].isdigit():
        return _ordered(match, rules, original), text[match.end() :]
    match = _NAMED.match(text)
    if match is not None and match[2].lower()[:3] in _MONTHS:
        month = _MONTHS[match[2].lower()[:3]]
        return _made(int(match[3]), month, int(match[1]), original), text[match.end() :]
    match = _NAMED_US.match(text)
    if match is not None and match[1].lower()[:3] in _MONTHS:
        month = _MONTHS[match[1].lower()[:3]]
        return _made(int(match[3]), month, int(match[2]), original), text[match.end() :]
    match = _MD.match(text)
    if match is not None:
        if rules.year is None:
            raise Problem(Sentence("{text} has no year", text=original[:40]))
        return _made(rules.year, int(match[1]), int(match[2]), original), text[match.end() :]
    raise _no_date(original)


def _match_compact(text: str) -> re.Match[str] | None:
    match = _COMPACT.match(text)
    return (
        match if match is not None and not text[match.end() : match.end() + 1].isdigit() else None
    )


def _ordered(match: re.Match[str], rules: Rules, original: str) -> date:
    """Three figures, the year last or of two digits: read only where one order is possible."""
    first, second, third = int(match[1]), int(match[3]), int(match[4])
    if len(match[4]) == 2:
        if rules.order is None:
            raise Problem(
                Sentence("{text}: which figure is the year is not certain", text=original[:40])
            )
        if rules.order == "ymd":
            return _made(2000 + first, second, third, original)
        third += 2000
    order = rules.order if rules.order in ("dmy", "mdy") else None
    if order is None:
        if first > 12 >= second:
            order = "dmy"
        elif (second > 12 >= first) or first == second:
            order = "mdy"
        else:
            raise Problem(
                Sentence("{text} may be day and month or month and day", text=original[:40])
            )
    day, month = (first, second) if order == "dmy" else (second, first)
    return _made(third, month, day, original)


def _made(year: int, month: int, day: int, original: object) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise Problem(
            Sentence("there is no day {text}", text=text_of(original)[:40])  # type: ignore[arg-type]
        ) from None


def _no_date(cell: Cell) -> Problem:
    return Problem(Sentence("{text} is no date that can be read", text=text_of(cell)[:40]))


def _no_time(text: str) -> Problem:
    return Problem(Sentence("{text} is no time of day", text=text[:40]))
