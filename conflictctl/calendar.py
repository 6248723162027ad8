"""Business time: moments, local days and the clock's own grammar.

A *moment* is an integer number of microseconds since 1970-01-01T00:00Z.  A *day* is the
proleptic ordinal (`date.toordinal`) of a local calendar day in the register's zone.
Integers keep comparing and replaying cheap, and cannot be naive by accident.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

Moment = int

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_QUARTER = 15 * MINUTE
_EARLIEST = -(60 * 366 * DAY)
_LATEST = 230 * 366 * DAY

# The everyday shape, taken apart without the general parser because imports meet it
# in nearly every line; everything else goes to `datetime.fromisoformat`.
_COMMON = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d):(\d\d):(\d\d)([+-])(\d\d):(\d\d)\Z")
_day_numbers: dict[str, int] = {}


# Most entries were recorded when they happened: the second reading costs nothing.
@lru_cache(maxsize=4096)
def parse_time(text: str) -> tuple[Moment, int]:
    """Read ISO 8601 with an offset; return the moment and the offset in minutes.

    Raises ValueError when the text is no ISO time, has no offset, or lies outside the
    years 1910 to 2200.
    """
    match = _COMMON.match(text)
    if match:
        day_text, hh, mm, ss, sign, oh, om = match.groups()
        day = _day_numbers.get(day_text)
        if day is None:
            day = date.fromisoformat(day_text).toordinal() - _EPOCH_DAY
            if len(_day_numbers) > 50_000:
                _day_numbers.clear()
            _day_numbers[day_text] = day
        hour, minute, second = int(hh), int(mm), int(ss)
        off_h, off_m = int(oh), int(om)
        if hour > 23 or minute > 59 or second > 59 or off_h > 14 or off_m > 59:
            raise ValueError("no such time")
        offset = off_h * 60 + off_m
        if sign == "-":
            offset = -offset
        moment = day * DAY + hour * HOUR + (minute - offset) * MINUTE + second * SECOND
    else:
        stamp = datetime.fromisoformat(text)
        if stamp.tzinfo is None:
            raise ValueError("naive")
        delta = stamp.utcoffset()
        assert delta is not None
        if delta % timedelta(minutes=1):
            raise ValueError("offsets are whole minutes")
        offset = delta // timedelta(minutes=1)
        moment = (stamp - _EPOCH) // timedelta(microseconds=1)
    if not _EARLIEST < moment < _LATEST:
        raise ValueError("year out of range")
    return moment, offset


_utc_texts: dict[Moment, str] = {}
_date_texts: dict[int, str] = {}
_TWO_DIGITS = tuple(f"{number:02d}" for number in range(60))


def utc_text(moment: Moment) -> str:
    """RFC 3339 in UTC, as the canonical body holds it: `2013-03-01T02:00:00Z`."""
    # The entries of one import share many of their times, and neighbours share their days: by
    # `datetime` a text takes seven times as long.
    text = _utc_texts.get(moment)
    if text is not None:
        return text
    minutes = moment // MINUTE
    hours, minute = divmod(minutes, 60)
    day, hour = divmod(hours, 24)
    second, fraction = divmod(moment - minutes * MINUTE, SECOND)
    start = _date_texts.get(day)
    if start is None:
        if len(_date_texts) > 50_000:
            _date_texts.clear()
        start = _date_texts[day] = date.fromordinal(_EPOCH_DAY + day).isoformat()
    two = _TWO_DIGITS
    text = f"{start}T{two[hour]}:{two[minute]}:{two[second]}"
    text = f"{text}.{fraction:06d}Z" if fraction else text + "Z"
    if len(_utc_texts) > 4096:
        _utc_texts.clear()
    _utc_texts[moment] = text
    return text


@lru_cache(maxsize=256)
def offset_text(offset: int) -> str:
    """Minutes east of UTC as `+08:00`."""
    sign = "-" if offset < 0 else "+"
    hours, minutes = divmod(abs(offset), 60)
    return f"{sign}{hours:02d}:{minutes:02d}"


def iso_text(moment: Moment, offset: int) -> str:
    """ISO 8601 at the given offset in minutes: `2013-03-01T10:00:00+08:00`."""
    return (
        (_EPOCH + timedelta(microseconds=moment))
        .astimezone(timezone(timedelta(minutes=offset)))
        .isoformat()
    )


def moment_of(stamp: datetime) -> Moment:
    """The moment of an aware datetime; a naive one raises ValueError."""
    if stamp.tzinfo is None:
        raise ValueError("naive")
    return (stamp - _EPOCH) // timedelta(microseconds=1)


class Workdays:
    """Working days of a country: weekends, public holidays, and China's swapped working days.

    The public holidays come from the `holidays` library, which knows the days that the
    authorities of mainland China declare working days in exchange; `free` and `working` are
    the company's own exceptions.  Days are proleptic ordinals.
    """

    __slots__ = ("_country", "_known", "free", "weekend", "working")

    def __init__(
        self,
        country: str | None = None,
        subdivision: str | None = None,
        weekend: frozenset[int] = frozenset((5, 6)),
        free: frozenset[int] = frozenset(),
        working: frozenset[int] = frozenset(),
    ) -> None:
        """`weekend` counts from Monday 0.  Raises ValueError for a country nobody knows."""
        self.weekend, self.free, self.working = weekend, free, working
        self._known: dict[int, bool] = {}
        self._country = None
        if country is not None:
            import holidays  # loaded here: it knows every country and takes its time

            try:
                self._country = holidays.country_holidays(country, subdiv=subdivision)
            except NotImplementedError as error:
                raise ValueError(str(error)) from None
            self._country.weekend = set(weekend)  # the library's own may be Sunday alone

    def is_working(self, day: int) -> bool:
        """Whether a day is a working day."""
        known = self._known.get(day)
        if known is None:
            known = self._known[day] = self._look_up(day)
        return known

    def _look_up(self, day: int) -> bool:
        if day in self.working:
            return True
        if day in self.free:
            return False
        if self._country is not None:
            return bool(self._country.is_working_day(date.fromordinal(day)))
        return (day - 1) % 7 not in self.weekend  # ordinal 1 was a Monday

    def between(self, first: int, last: int) -> int:
        """How many working days come after `first`, up to and including `last`."""
        if last < first:
            return -self.between(last, first)
        return sum(map(self.is_working, range(first + 1, last + 1)))

    def after(self, day: int, number: int) -> int:
        """The day that is the `number`-th working day after `day` (0: the day itself)."""
        while number > 0:
            day += 1
            number -= self.is_working(day)
        return day

    def before(self, day: int, number: int) -> int:
        """The day that is the `number`-th working day before `day` (0: the day itself)."""
        while number > 0:
            day -= 1
            number -= self.is_working(day)
        return day


def months_after(day: int, number: int) -> int:
    """The same day of the month so many months on; the last of a month that is too short."""
    from calendar import monthrange

    start = date.fromordinal(day)
    year, month = divmod(start.year * 12 + start.month - 1 + number, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1])).toordinal()


class Calendar:
    """Local days of one IANA zone.  `Calendar("Asia/Shanghai").day(moment)` -> ordinal."""

    __slots__ = ("_offsets", "_starts", "_zone", "zone")

    def __init__(self, zone: str) -> None:
        """Raises `zoneinfo.ZoneInfoNotFoundError` or ValueError for an unknown zone."""
        from zoneinfo import ZoneInfo  # loaded here: `--help` needs no time zones

        self.zone = zone
        self._zone: ZoneInfo = ZoneInfo(zone)
        # Offsets change only on quarter hours (every zone since 1972), so one look-up
        # per quarter hour serves all moments within it.
        self._offsets: dict[int, Moment] = {}
        self._starts: dict[int, Moment] = {}

    def _shift(self, moment: Moment) -> Moment:
        quarter = moment // _QUARTER
        shift = self._offsets.get(quarter)
        if shift is None:
            delta = (_EPOCH + timedelta(microseconds=moment)).astimezone(self._zone).utcoffset()
            assert delta is not None
            shift = delta // timedelta(microseconds=1)
            if len(self._offsets) > 200_000:
                self._offsets.clear()
            self._offsets[quarter] = shift
        return shift

    def day(self, moment: Moment) -> int:
        """The local calendar day of a moment, as an ordinal."""
        shift = self._offsets.get(moment // _QUARTER)  # asked for all the time: no call
        if shift is None:
            shift = self._shift(moment)
        return (moment + shift) // DAY + _EPOCH_DAY

    def start_of(self, day: int) -> Moment:
        """The moment at which a local day begins (24:00 of the day before it)."""
        found = self._starts.get(day)
        if found is None:
            midnight = datetime.combine(date.fromordinal(day), datetime.min.time(), self._zone)
            if len(self._starts) > 50_000:
                self._starts.clear()
            found = self._starts[day] = moment_of(midnight)
        return found

    def moment(self, stamp: datetime) -> Moment:
        """The moment of a naive local time; the earlier one where clocks are set back."""
        return moment_of(stamp.replace(tzinfo=self._zone))

    def offset(self, moment: Moment) -> int:
        """Minutes east of UTC in force at a moment."""
        return self._shift(moment) // MINUTE

    def iso(self, moment: Moment) -> str:
        """ISO 8601 with this zone's offset."""
        return iso_text(moment, self.offset(moment))

    def local(self, moment: Moment) -> datetime:
        """The aware local datetime of a moment."""
        return (_EPOCH + timedelta(microseconds=moment)).astimezone(self._zone)
