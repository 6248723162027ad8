"""Times as people write them: ISO 8601 with an offset, and a few everyday forms.

A wrong time is worse than none, so whatever can be read in two ways is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time

from conflictctl.calendar import (
    HOUR,
    MINUTE,
    Calendar,
    Moment,
    moment_of,
    offset_text,
    parse_time,
)
from conflictctl.errors import InputRejected
from conflictctl.wording import Sentence, When

# Full-width letters, digits, signs and the ideographic space as keyboards for Chinese give them.
_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}

_NUMERALS = {
    "十二": "12",
    "十一": "11",
    "十": "10",
    "零": "0",
    "一": "1",
    "二": "2",
    "两": "2",
    "三": "3",
    "四": "4",
    "五": "5",
    "六": "6",
    "七": "7",
    "八": "8",
    "九": "9",
}
# A numeral is read where it counts something, so that 三十 is not taken for 3 and 10.
_NUMERAL = re.compile(
    r"(?<![零一二两三四五六七八九十])"
    r"(十二|十一|十|零|一|二|两|三|四|五|六|七|八|九)(?=点|天前|个?小时前|分钟前)"
)

_ISO = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?"
    r"(?: ?(?P<offset>Z|[+-][0-9]{2}(?::?[0-9]{2})?))?"
)
_BASIC = re.compile(r"[0-9]{8}T[0-9]{4}(?:[0-9]{2})?(?P<offset>Z|[+-][0-9]{4})?")
_AGO = re.compile(
    r"(?P<count>[0-9]{1,4}) ?(?:(?P<hours>hours? ago|个?小时前)|(?:minutes? ago|分钟前))"
)
_DAY = re.compile(
    r"(?P<word>today|yesterday|今天|昨天|前天)|(?P<count>[0-9]{1,4}) ?(?:days? ago|天前)"
)
_CLOCK = re.compile(
    r" ?(?P<part>凌晨|早上|上午|中午|下午|晚上)? ?(?P<hour>[0-9]{1,2})"
    r"(?::(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}))?"
    r"|点(?:(?P<half>半)|钟|整|(?P<spoken>[0-9]{1,2}分)|(?P<bare>[0-9]{2}))?"
    r"|(?= ?[ap]m))"
    r"(?: ?(?P<meridiem>am|pm))?"
)

_DAYS_BACK = {"today": 0, "今天": 0, "yesterday": 1, "昨天": 1, "前天": 2}

# What each part of the day makes of an hour; an hour not listed is not said with it, or
# could mean two things (晚上12点 is the end of this day or of the one before).
_SAME_MORNING = {hour: hour for hour in range(1, 12)}
_HOURS = {
    "凌晨": {hour: hour for hour in range(6)},
    "早上": {hour: hour for hour in range(4, 12)},
    "上午": _SAME_MORNING,
    "中午": {11: 11, 12: 12, 13: 13, 1: 13},
    "下午": {hour: hour + 12 for hour in range(1, 8)} | {hour: hour for hour in range(12, 20)},
    "晚上": {hour: hour + 12 for hour in range(5, 12)} | {hour: hour for hour in range(17, 24)},
    "am": _SAME_MORNING,
    "pm": {hour: hour + 12 for hour in range(1, 12)},
}


def read_at(text: str, now: Moment, calendar: Calendar, *, allow_future: bool = False) -> Moment:
    """The moment that `text` names, seen from `now` in the calendar's zone.

    Reads ISO 8601 with an offset; `today`, `yesterday`, `今天`, `昨天`, `前天`, `2 days ago`
    and `2天前` with a time of day (`14:30`, `下午3点半`, `3 pm`); `2 days ago` alone for the
    same time two days back; `3 hours ago`, `10分钟前`.  Raises InputRejected with the reason
    for everything else: naive times, times that do not exist or come twice when clocks
    change, the future (unless allowed), and whatever could mean two things.
    """
    plain = " ".join(text.translate(_NARROW).split())
    moment = _iso(plain, text, now, calendar)
    if moment is None:
        moment = _everyday(
            _NUMERAL.sub(lambda m: _NUMERALS[m[1]], plain.lower()), text, now, calendar
        )
    if moment > now and not allow_future:
        raise InputRejected(
            Sentence("{text} is in the future", text=text),
            Sentence("it is {now} now; leave the time out for now", now=When(now)),
        )
    return moment


class Unreadable(InputRejected):
    """A text that is no time at all, as far as can be told."""


_MOST_WORDS = 5
_LIKE_A_TIME = re.compile(
    r"(?:today|yesterday|last|this|今|昨|前天|前晚|凌晨|早上|上午|中午|下午|晚上|刚才)"
    r"|(?:上|本|这)?(?:个)?(?:周|星期|礼拜)[一二三四五六日天]"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day$"
    r"|[0-9]{1,2}[:.,点时h][0-9]{0,2}|[0-9]{4}-[0-9]|[0-9]{8}T|[0-9]{1,2}[月日号]"
    r"|[0-9]{1,4}(?:天|个?小时|分钟)前|[0-9零一二两三四五六七八九十]{1,3}点|[0-9]{1,2} ?[ap]m\b"
)
_LENGTH = re.compile(r"(?:days?|hours?|minutes?|[ap]m)", re.IGNORECASE)


def read_leading(
    words: Sequence[str], now: Moment, calendar: Calendar
) -> tuple[Moment, int] | None:
    """The time that the first words of a line are, and how many words it takes.

    A time of day alone is today's.  None where the line does not begin with a time; raises
    InputRejected where it seems to, and cannot be read with certainty.
    """
    plain = [word.translate(_NARROW) for word in words[:_MOST_WORDS]]
    if not plain or not _begins_like_a_time(plain):
        return None
    problem: InputRejected | None = None
    for count in range(len(plain), 0, -1):
        text = " ".join(plain[:count])
        numbered = _NUMERAL.sub(lambda m: _NUMERALS[m[1]], text.lower())
        try:
            on_day = f"today {text}" if _CLOCK.fullmatch(numbered) else text
            return read_at(on_day, now, calendar), count
        except InputRejected as error:
            if problem is None or isinstance(problem, Unreadable):
                problem = error
    assert problem is not None
    raise problem


def _begins_like_a_time(words: Sequence[str]) -> bool:
    if _LIKE_A_TIME.match(words[0].lower()):
        return True
    return words[0].isdecimal() and len(words) > 1 and bool(_LENGTH.fullmatch(words[1]))


def _iso(plain: str, text: str, now: Moment, calendar: Calendar) -> Moment | None:
    match = _ISO.fullmatch(plain) or _BASIC.fullmatch(plain)
    if match is None:
        return None
    try:
        if match["offset"]:
            return parse_time(plain.replace(" ", "T", 1).replace(" ", ""))[0]
        stamp = datetime.fromisoformat(plain)
        readings = _readings(stamp, calendar)
    except (ValueError, OverflowError):
        raise InputRejected(
            Sentence("{text}: there is no such time", text=text), _forms(now, calendar)
        ) from None
    raise InputRejected(
        Sentence("{text} does not say in which time zone", text=text),
        Sentence("write {forms}", forms=[_with_offset(m, calendar) for m in readings])
        if readings
        else _forms(now, calendar),
    )


def _everyday(plain: str, text: str, now: Moment, calendar: Calendar) -> Moment:
    ago = _AGO.fullmatch(plain)
    if ago:
        return now - int(ago["count"]) * (HOUR if ago["hours"] else MINUTE)
    day = _DAY.match(plain)
    if day is None:
        if _CLOCK.fullmatch(plain):
            raise InputRejected(
                Sentence("{text}: on which day?", text=text),
                Sentence("write today {text} or yesterday {text}", text=text),
            )
        raise _unreadable(text, now, calendar)
    back = _DAYS_BACK[day["word"]] if day["word"] else int(day["count"])
    local = calendar.local(now)
    on = date.fromordinal(calendar.day(now) - back)
    if day.end() == len(plain):
        if day["word"]:
            raise InputRejected(
                Sentence("{text}: at what time?", text=text),
                Sentence("write {text} 14:30", text=text),
            )
        return _only(datetime.combine(on, local.time()), text, calendar)
    clock = _CLOCK.fullmatch(plain, day.end())
    if clock is None:
        raise _unreadable(text, now, calendar)
    return _only(datetime.combine(on, _time_of_day(clock, text)), text, calendar)


def _time_of_day(clock: re.Match[str], text: str) -> time:
    hour = int(clock["hour"])
    minute = (
        30
        if clock["half"]
        else int(clock["minute"] or (clock["spoken"] or "").rstrip("分") or clock["bare"] or 0)
    )
    second = int(clock["second"] or 0)
    part = clock["part"] or clock["meridiem"]
    if minute > 59 or second > 59 or hour > 23 or (clock["part"] and clock["meridiem"]):
        raise InputRejected(
            Sentence("{text}: there is no such time", text=text),
            Sentence("the clock runs from 00:00 to 23:59"),
        )
    if part:
        known = _HOURS[part].get(hour)
        if known is None:
            raise _two_ways(text, hour, minute)
        return time(known, minute, second)
    if clock["minute"]:
        if len(clock["hour"]) == 1:
            raise _two_ways(text, hour, minute)
    elif 0 < hour < 13:
        raise _two_ways(text, hour, minute)
    return time(hour, minute, second)


def _two_ways(text: str, hour: int, minute: int) -> InputRejected:
    if hour in (0, 12):
        return InputRejected(
            Sentence("{text} can be read in two ways", text=text),
            Sentence("write 12:00 for noon, or 00:00 with the day that midnight begins"),
        )
    first = hour % 12
    return InputRejected(
        Sentence("{text} can be read in two ways", text=text),
        Sentence(
            "write {morning} or {evening}",
            morning=f"{first:02d}:{minute:02d}",
            evening=f"{first + 12:02d}:{minute:02d}",
        ),
    )


def _unreadable(text: str, now: Moment, calendar: Calendar) -> InputRejected:
    return Unreadable(
        Sentence("{text} cannot be read as a time with certainty", text=text), _forms(now, calendar)
    )


def _forms(now: Moment, calendar: Calendar) -> Sentence:
    return Sentence(
        "write it as {iso}, today 14:30, yesterday 14:30, 2 days ago 14:30, 3 hours ago, "
        "今天 14:30 or 昨天下午3点",
        iso=_with_offset(now - now % MINUTE, calendar),
    )


def _with_offset(moment: Moment, calendar: Calendar) -> str:
    stamp = calendar.local(moment)
    shape = "%Y-%m-%dT%H:%M:%S" if stamp.second or stamp.microsecond else "%Y-%m-%dT%H:%M"
    return stamp.strftime(shape) + offset_text(calendar.offset(moment))


def _readings(local: datetime, calendar: Calendar) -> list[Moment]:
    """The moments at which the zone's clocks show a naive local time: none, one or two."""
    zone = calendar.local(0).tzinfo
    found = {moment_of(local.replace(tzinfo=zone, fold=fold)) for fold in (0, 1)}
    return sorted(m for m in found if calendar.local(m).replace(tzinfo=None, fold=0) == local)


def _only(local: datetime, text: str, calendar: Calendar) -> Moment:
    readings = _readings(local, calendar)
    if len(readings) == 1:
        return readings[0]
    if not readings:
        raise InputRejected(
            Sentence("{text}: the clocks were put forward and skipped that time", text=text),
            Sentence("look at the time again; it may be an hour later"),
        )
    raise InputRejected(
        Sentence("{text}: the clocks were put back and showed that time twice", text=text),
        Sentence("write {forms}", forms=[_with_offset(m, calendar) for m in readings]),
    )
