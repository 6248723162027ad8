"""Short lines of the desk: what is read, as what, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conflictctl.calendar import Calendar, parse_time
from conflictctl.cli.desk_lines import ENTRIES, Reading, read_entry, split
from conflictctl.cli.times import read_at, read_leading
from conflictctl.errors import InputRejected
from conflictctl.wording import Sentence

SHANGHAI = Calendar("Asia/Shanghai")
NOW = parse_time("2025-03-20T15:20:30+08:00")[0]


def staff(text: str) -> str:
    known = {"wang": "wang", "王芳": "wang", "sun": "sun"}
    if text not in known:
        raise InputRejected(Sentence("no member of staff {staff}", staff=text))
    return known[text]


READING = Reading(NOW, SHANGHAI, ("H", "A", "B", "C"), staff)

READ: list[tuple[str, str, str, str | None, dict[str, Any]]] = [
    ("visit K1", "visit", "K1", None, {}),
    (
        "visit K1 H 14:30 wants a white one",
        "visit",
        "K1",
        "2025-03-20T14:30:00+08:00",
        {"level": "H", "note": "wants a white one"},
    ),
    (
        "来访 张三 H 今天 09:00 想要白色",
        "visit",
        "张三",
        "2025-03-20T09:00:00+08:00",
        {"direction": "in", "level": "H", "note": "想要白色"},
    ),
    (
        "来访　张三　Ａ级　昨天下午３点半",
        "visit",
        "张三",
        "2025-03-19T15:30:00+08:00",
        {"direction": "in", "level": "A"},
    ),
    ('VISIT "Li Lei" out', "visit", "Li Lei", None, {"direction": "out"}),
    ("上门 “李 雷”", "visit", "李 雷", None, {"direction": "out"}),
    ("visit O'Brien it's late", "visit", "O'Brien", None, {"note": "it's late"}),
    (
        "visit K1 asked none by 王芳",
        "visit",
        "K1",
        None,
        {"asked": True, "answer": "none", "by": "wang"},
    ),
    ("来访 K1 已问 王芳 @sun", "visit", "K1", None,
     {"direction": "in", "asked": True, "answer": "wang", "by": "sun"}),
    ("call K1 out not-reached", "call", "K1", None, {"direction": "out", "reached": False}),
    ("来电 K1 3 hours ago", "call", "K1", "2025-03-20T12:20:30+08:00", {"direction": "in"}),
    ("followup K1 wechat  price  sent", "followup", "K1", None,
     {"channel": "wechat", "note": "price  sent"}),
    ("跟进 K1 10分钟前 微信", "followup", "K1", "2025-03-20T15:10:30+08:00",
     {"channel": "wechat"}),
    ("定级 K1 B", "level", "K1", None, {"level": "B"}),
    ("报备 K1 给 sun 全款", "filing", "K1", None, {"to": "sun", "note": "全款"}),
    ("visit K1 // today he came", "visit", "K1", None, {"note": "today he came"}),
    ("visit K1 A //a white one", "visit", "K1", None, {"level": "A", "note": "a white one"}),
    ("visit K1 2 cars wanted", "visit", "K1", None, {"note": "2 cars wanted"}),
    ("visit K1 wants H", "visit", "K1", None, {"note": "wants H"}),
]  # fmt: skip

REFUSED = [
    ("visit", "which customer"),
    ("来访", "which customer"),
    ("call K1", "did the customer call"),
    ("call K1 A hello", "did the customer call"),
    ("来电 K1 out", "contradicts"),
    ("level K1", "which level"),
    ("level K1 Q", "is no level"),
    ("filing K1", "with whom"),
    ("filing K1 to", "who"),
    ("visit K1 h", "is it the level H"),
    ("visit K1 a white one", "is it the level A"),
    ("visit K1 A B", "says that twice"),
    ("visit K1 14:00 15:00", "says that twice"),
    ("visit K1 by nobody", "no member of staff nobody"),
    ("visit K1 asked", "what was the answer"),
    ("visit K1 9点", "two ways"),
    ("visit K1 今天9点 看车", "two ways"),
    ("visit K1 today", "at what time"),
    ("visit K1 25:00", "no such time"),
    ("visit K1 14:3O", "cannot be read"),
    ("visit K1 14.30", "cannot be read"),
    ("visit K1 昨晚来过", "cannot be read"),
    ("visit K1 周一", "cannot be read"),
    ("visit K1 16:00", "is in the future"),
    ("visit K1 2025-03-20T14:30", "time zone"),
]


@pytest.mark.parametrize(("line", "kind", "customer", "at", "fields"), READ)
def test_read(line: str, kind: str, customer: str, at: str | None, fields: dict[str, Any]) -> None:
    found = read_entry(line, READING)
    assert (found.kind, found.customer, found.fields) == (kind, customer, fields)
    assert found.at == (parse_time(at)[0] if at is not None else None)


@pytest.mark.parametrize(("line", "reason"), REFUSED)
def test_refused_with_the_reason_and_a_hint(line: str, reason: str) -> None:
    with pytest.raises(InputRejected) as refused:
        read_entry(line, READING)
    assert reason in str(refused.value)
    assert refused.value.hint is not None or "no member" in reason


words = st.one_of(
    st.sampled_from([*ENTRIES, "K1", "H", "a", "in", "out", "今天", "昨天下午3点", "14:30", "//",
                     "by", "wang", "已问", "无", "微信", "3", "days", "ago", '"', "”", "@"]),
    st.text(max_size=6),
)  # fmt: skip


@given(st.sampled_from(sorted(ENTRIES)), st.lists(words, max_size=8))
def test_whatever_is_typed_is_read_or_refused(first: str, rest: list[str]) -> None:
    line = " ".join([first, *rest])
    try:
        found = read_entry(line, READING)
    except InputRejected:
        return
    assert found.customer == split(line)[1].text
    note = found.fields.get("note", "")
    assert note == "" or line.rstrip().endswith(note)
    assert found.at is None or found.at <= NOW


@given(st.lists(words, min_size=1, max_size=5))
def test_a_leading_time_is_the_one_that_the_words_alone_are(typed: list[str]) -> None:
    try:
        found = read_leading(typed, NOW, SHANGHAI)
    except InputRejected:
        return
    if found is not None:
        moment, count = found
        text = " ".join(typed[:count])
        try:
            assert read_at(text, NOW, SHANGHAI) == moment
        except InputRejected:
            assert read_at(f"today {text}", NOW, SHANGHAI) == moment
