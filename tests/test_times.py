"""`--at`: what is read, as what, and what is refused."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conflictctl.calendar import (
    DAY,
    HOUR,
    MINUTE,
    Calendar,
    Moment,
    moment_of,
    parse_time,
    utc_text,
)
from conflictctl.cli.times import read_at
from conflictctl.errors import InputRejected

SHANGHAI = Calendar("Asia/Shanghai")
BERLIN = Calendar("Europe/Berlin")


def moment(text: str) -> Moment:
    return parse_time(text)[0]


# A Thursday afternoon.
NOW = moment("2025-03-20T15:20:30+08:00")

READ = [
    # ISO 8601 with an offset
    ("2025-03-20T14:30:00+08:00", "2025-03-20T14:30:00+08:00"),
    ("2025-03-20T14:30+08:00", "2025-03-20T14:30:00+08:00"),
    ("2025-03-20 14:30+08:00", "2025-03-20T14:30:00+08:00"),
    ("2025-03-20 14:30 +08:00", "2025-03-20T14:30:00+08:00"),
    ("2025-03-20T14:30+0800", "2025-03-20T14:30:00+08:00"),
    ("2025-03-20T14:30+08", "2025-03-20T14:30:00+08:00"),
    ("2025-03-20T06:30Z", "2025-03-20T14:30:00+08:00"),
    ("2025-03-20T06:30:15Z", "2025-03-20T14:30:15+08:00"),
    ("2025-03-20T06:30:15.250000Z", "2025-03-20T14:30:15.250000+08:00"),
    ("2025-03-20T01:30-05:00", "2025-03-20T14:30:00+08:00"),
    ("20250320T143000+0800", "2025-03-20T14:30:00+08:00"),
    ("20250320T1430+0800", "2025-03-20T14:30:00+08:00"),
    ("２０２５-０３-２０ １４：３０ +08:00", "2025-03-20T14:30:00+08:00"),
    ("  2025-03-20T14:30+08:00 ", "2025-03-20T14:30:00+08:00"),
    ("2024-02-29T00:00+08:00", "2024-02-29T00:00:00+08:00"),
    ("1999-12-31T23:59:59+08:00", "1999-12-31T23:59:59+08:00"),
    # today, yesterday and their like with a time
    ("today 14:30", "2025-03-20T14:30:00+08:00"),
    ("Today 14:30", "2025-03-20T14:30:00+08:00"),
    ("TODAY 00:00", "2025-03-20T00:00:00+08:00"),
    ("today 09:05", "2025-03-20T09:05:00+08:00"),
    ("today 15:20:30", "2025-03-20T15:20:30+08:00"),
    ("yesterday 23:59", "2025-03-19T23:59:00+08:00"),
    ("yesterday  08:00", "2025-03-19T08:00:00+08:00"),
    ("今天 14:30", "2025-03-20T14:30:00+08:00"),
    ("今天14:30", "2025-03-20T14:30:00+08:00"),
    ("今天14：30", "2025-03-20T14:30:00+08:00"),
    ("今天　１４：３０", "2025-03-20T14:30:00+08:00"),
    ("昨天 09:00", "2025-03-19T09:00:00+08:00"),
    ("昨天20:15", "2025-03-19T20:15:00+08:00"),
    ("前天 12:00", "2025-03-18T12:00:00+08:00"),
    ("前天 12:00:01", "2025-03-18T12:00:01+08:00"),
    # parts of the day
    ("今天上午9点", "2025-03-20T09:00:00+08:00"),
    ("今天上午9点半", "2025-03-20T09:30:00+08:00"),
    ("今天上午 9:45", "2025-03-20T09:45:00+08:00"),
    ("今天早上8点", "2025-03-20T08:00:00+08:00"),
    ("今天凌晨1点", "2025-03-20T01:00:00+08:00"),
    ("今天凌晨0点10分", "2025-03-20T00:10:00+08:00"),
    ("昨天中午12点", "2025-03-19T12:00:00+08:00"),
    ("昨天中午12点半", "2025-03-19T12:30:00+08:00"),
    ("昨天中午11点50分", "2025-03-19T11:50:00+08:00"),
    ("昨天中午1点", "2025-03-19T13:00:00+08:00"),
    ("昨天下午3点", "2025-03-19T15:00:00+08:00"),
    ("昨天下午３点", "2025-03-19T15:00:00+08:00"),
    ("昨天下午三点", "2025-03-19T15:00:00+08:00"),
    ("昨天下午两点半", "2025-03-19T14:30:00+08:00"),
    ("昨天 下午 3点", "2025-03-19T15:00:00+08:00"),
    ("昨天下午3点钟", "2025-03-19T15:00:00+08:00"),
    ("昨天下午3点整", "2025-03-19T15:00:00+08:00"),
    ("昨天下午3点20分", "2025-03-19T15:20:00+08:00"),
    ("昨天下午3点5分", "2025-03-19T15:05:00+08:00"),
    ("昨天下午3点20", "2025-03-19T15:20:00+08:00"),
    ("昨天下午3:20", "2025-03-19T15:20:00+08:00"),
    ("昨天下午15:20", "2025-03-19T15:20:00+08:00"),
    ("昨天下午12点半", "2025-03-19T12:30:00+08:00"),
    ("前天晚上8点", "2025-03-18T20:00:00+08:00"),
    ("前天晚上8点半", "2025-03-18T20:30:00+08:00"),
    ("前天晚上十一点", "2025-03-18T23:00:00+08:00"),
    ("前天晚上20:45", "2025-03-18T20:45:00+08:00"),
    ("昨天15点", "2025-03-19T15:00:00+08:00"),
    ("昨天15点半", "2025-03-19T15:30:00+08:00"),
    ("昨天0点", "2025-03-19T00:00:00+08:00"),
    ("昨天23点59分", "2025-03-19T23:59:00+08:00"),
    ("yesterday 3pm", "2025-03-19T15:00:00+08:00"),
    ("yesterday 3 pm", "2025-03-19T15:00:00+08:00"),
    ("yesterday 3:30 PM", "2025-03-19T15:30:00+08:00"),
    ("today 9:05 am", "2025-03-20T09:05:00+08:00"),
    # counted back
    ("2 days ago", "2025-03-18T15:20:30+08:00"),
    ("1 day ago", "2025-03-19T15:20:30+08:00"),
    ("2天前", "2025-03-18T15:20:30+08:00"),
    ("2 days ago 14:30", "2025-03-18T14:30:00+08:00"),
    ("2 days ago 2:30 pm", "2025-03-18T14:30:00+08:00"),
    ("3天前 09:00", "2025-03-17T09:00:00+08:00"),
    ("两天前下午3点", "2025-03-18T15:00:00+08:00"),
    ("十天前 10:00", "2025-03-10T10:00:00+08:00"),
    ("0 days ago 10:00", "2025-03-20T10:00:00+08:00"),
    ("3 hours ago", "2025-03-20T12:20:30+08:00"),
    ("1 hour ago", "2025-03-20T14:20:30+08:00"),
    ("3小时前", "2025-03-20T12:20:30+08:00"),
    ("3个小时前", "2025-03-20T12:20:30+08:00"),
    ("三小时前", "2025-03-20T12:20:30+08:00"),
    ("20 hours ago", "2025-03-19T19:20:30+08:00"),
    ("10 minutes ago", "2025-03-20T15:10:30+08:00"),
    ("10分钟前", "2025-03-20T15:10:30+08:00"),
]

REFUSED = [
    # no offset
    ("2025-03-20T14:30", "time zone"),
    ("2025-03-20 14:30", "time zone"),
    ("2025-03-20T14:30:00", "time zone"),
    ("20250320T1430", "time zone"),
    # no such time
    ("2025-13-20T14:30+08:00", "no such time"),
    ("2025-02-29T14:30+08:00", "no such time"),
    ("2025-03-20T24:00+08:00", "no such time"),
    ("2025-03-20T14:60+08:00", "no such time"),
    ("2025-03-20T14:30+99:00", "no such time"),
    ("2025-02-30 10:00", "no such time"),
    ("today 24:00", "no such time"),
    ("today 25:10", "no such time"),
    ("today 14:60", "no such time"),
    ("昨天下午3点60分", "no such time"),
    # the future
    ("today 15:21", "future"),
    ("今天 23:00", "future"),
    ("今天晚上8点", "future"),
    ("2025-03-21T00:00+08:00", "future"),
    ("2025-03-20T15:20:31+08:00", "future"),
    ("2199-01-01T00:00Z", "future"),
    # two readings
    ("today 9:05", "two ways"),
    ("yesterday 3:30", "two ways"),
    ("昨天3点", "two ways"),
    ("昨天3点半", "two ways"),
    ("昨天12点", "two ways"),
    ("昨天八点", "two ways"),
    ("昨天晚上12点", "two ways"),
    ("昨天晚上2点", "two ways"),
    ("昨天上午12点", "two ways"),
    ("昨天上午15点", "two ways"),
    ("昨天中午5点", "two ways"),
    ("昨天下午9点", "two ways"),
    ("yesterday 12pm", "two ways"),
    ("yesterday 12:30 am", "two ways"),
    ("yesterday 15:30 pm", "two ways"),
    # half of it missing
    ("14:30", "which day"),
    ("下午3点", "which day"),
    ("3pm", "which day"),
    ("today", "what time"),
    ("昨天", "what time"),
    ("yesterday", "what time"),
    # dates without a year, weekdays, other words
    ("11/12", "certainty"),
    ("11/12 14:30", "certainty"),
    ("03/20/2025 14:30", "certainty"),
    ("20.03.2025 14:30", "certainty"),
    ("2025/03/20 14:30", "certainty"),
    ("11月20日 14:30", "certainty"),
    ("2025年3月20日14点30分", "certainty"),
    ("2025-03-20", "certainty"),
    ("2025-03-20x14:30+08:00", "certainty"),
    ("2025-3-20T14:30+08:00", "certainty"),
    ("2025-W12-4T14:30+08:00", "certainty"),
    ("1742455230", "certainty"),
    ("上周五", "certainty"),
    ("上周五 14:30", "certainty"),
    ("星期三 14:30", "certainty"),
    ("last friday 14:30", "certainty"),
    ("monday 10:00", "certainty"),
    ("tomorrow 10:00", "certainty"),
    ("明天 10:00", "certainty"),
    ("大前天 10:00", "certainty"),
    ("now", "certainty"),
    ("刚才", "certainty"),
    ("", "certainty"),
    ("   ", "certainty"),
    ("昨天下午", "certainty"),
    ("昨天下午3点5", "certainty"),
    ("昨天三十点", "certainty"),
    ("昨天下午3点左右", "certainty"),
    ("about yesterday 14:30", "certainty"),
    ("yesterday 14:30 or so", "certainty"),
    ("yesterday 1430", "certainty"),
    ("yesterday 14.30", "certainty"),
    ("two days ago 14:30", "certainty"),
    ("-2 days ago 14:30", "certainty"),
    ("2.5 hours ago", "certainty"),
    ("99999 hours ago", "certainty"),
    ("today ١٤:٣٠", "certainty"),
    ("today ²²:30", "certainty"),
    ("today 14:30\u202e", "certainty"),
    ("\x1b[31mtoday 14:30", "certainty"),
    ("today 14:30; rm -rf /", "certainty"),
    ("{text}", "certainty"),
    ("x" * 10_000, "certainty"),
]


@pytest.mark.parametrize(("text", "expected"), READ)
def test_is_read_as(text: str, expected: str) -> None:
    assert read_at(text, NOW, SHANGHAI) == moment(expected)


@pytest.mark.parametrize(("text", "reason"), REFUSED, ids=lambda value: repr(value)[:40])
def test_is_refused_with_a_reason_and_a_way_out(text: str, reason: str) -> None:
    with pytest.raises(InputRejected) as refused:
        read_at(text, NOW, SHANGHAI)
    assert reason in str(refused.value)
    assert refused.value.hint is not None


def test_a_naive_time_is_answered_with_the_zones_offset() -> None:
    with pytest.raises(InputRejected) as refused:
        read_at("2025-03-20 14:30", NOW, SHANGHAI)
    assert "2025-03-20T14:30+08:00" in str(refused.value.hint)


def test_the_future_is_read_where_it_is_asked_for() -> None:
    assert read_at("2025-03-21T00:00+08:00", NOW, SHANGHAI, allow_future=True) == moment(
        "2025-03-21T00:00+08:00"
    )


def test_yesterday_is_the_registers_day_and_not_that_of_utc() -> None:
    just_after_midnight = moment("2025-03-20T00:10:00+08:00")
    assert read_at("yesterday 23:00", just_after_midnight, SHANGHAI) == moment(
        "2025-03-19T23:00:00+08:00"
    )
    assert read_at("today 00:05", just_after_midnight, SHANGHAI) == moment(
        "2025-03-20T00:05:00+08:00"
    )


# Berlin: on 30 March 2025 the clocks go from 02:00 to 03:00, on 26 October back from 03:00.
AFTER_SPRING = moment("2025-03-30T12:00:00+02:00")
AFTER_AUTUMN = moment("2025-10-26T12:00:00+01:00")


@pytest.mark.parametrize(
    ("text", "now", "reason"),
    [
        ("today 02:30", AFTER_SPRING, "skipped"),
        ("today 02:00", AFTER_SPRING, "skipped"),
        ("yesterday 02:30", AFTER_SPRING + DAY, "skipped"),
        ("today 02:30", AFTER_AUTUMN, "twice"),
        ("today 02:00", AFTER_AUTUMN, "twice"),
        ("yesterday 02:59", AFTER_AUTUMN + DAY, "twice"),
        ("1 day ago", moment("2025-03-31T02:30:00+02:00"), "skipped"),
    ],
)
def test_times_that_clocks_skipped_or_showed_twice_are_refused(
    text: str,
    now: Moment,
    reason: str,
) -> None:
    with pytest.raises(InputRejected, match=reason):
        read_at(text, now, BERLIN)


@pytest.mark.parametrize(
    ("text", "now", "expected"),
    [
        ("today 01:59", AFTER_SPRING, "2025-03-30T01:59:00+01:00"),
        ("today 03:00", AFTER_SPRING, "2025-03-30T03:00:00+02:00"),
        ("today 01:59", AFTER_AUTUMN, "2025-10-26T01:59:00+02:00"),
        ("today 03:00", AFTER_AUTUMN, "2025-10-26T03:00:00+01:00"),
        ("yesterday 12:00", AFTER_AUTUMN, "2025-10-25T12:00:00+02:00"),
        ("12 hours ago", AFTER_AUTUMN, "2025-10-26T01:00:00+02:00"),
        ("2025-10-26T02:30+02:00", AFTER_AUTUMN, "2025-10-26T02:30:00+02:00"),
    ],
)
def test_the_days_on_which_clocks_change(text: str, now: Moment, expected: str) -> None:
    assert read_at(text, now, BERLIN) == moment(expected)


def test_a_doubled_time_is_offered_with_both_offsets() -> None:
    with pytest.raises(InputRejected) as refused:
        read_at("today 02:30", AFTER_AUTUMN, BERLIN)
    hint = str(refused.value.hint)
    assert "2025-10-26T02:30+02:00" in hint
    assert "2025-10-26T02:30+01:00" in hint


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(InputRejected):
        assert read_at(text, NOW, SHANGHAI) <= NOW


@given(st.integers(0, 60 * 24 * 60))
def test_what_is_printed_is_read_back(minutes: int) -> None:
    then = NOW - NOW % MINUTE - minutes * MINUTE
    assert read_at(SHANGHAI.iso(then), NOW, SHANGHAI) == then
    assert read_at(SHANGHAI.local(then).strftime("%Y-%m-%d %H:%M +08:00"), NOW, SHANGHAI) == then


@given(st.integers(0, 23), st.integers(0, 59), st.integers(1, 40))
def test_english_and_chinese_say_the_same(hour: int, minute: int, days: int) -> None:
    clock = f"{hour:02d}:{minute:02d}"
    english = read_at(f"{days} days ago {clock}", NOW, SHANGHAI)
    assert english == read_at(f"{days}天前{clock}", NOW, SHANGHAI)
    start = SHANGHAI.start_of(SHANGHAI.day(NOW) - days)
    assert english == start + hour * HOUR + minute * MINUTE


@given(st.datetimes(datetime(1911, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC)))
def test_the_text_of_a_moment_is_that_of_datetime(stamp: datetime) -> None:
    moments = (moment_of(stamp), moment_of(stamp) // 1_000_000 * 1_000_000)
    for one, text in zip(moments, (stamp, stamp.replace(microsecond=0)), strict=True):
        assert utc_text(one) == text.replace(tzinfo=None).isoformat() + "Z"
