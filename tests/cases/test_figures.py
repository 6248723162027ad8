"""Figures over small cases, each worked out by hand in the comments."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conflictctl.adjudication.dossier import events_of
from conflictctl.calendar import HOUR, MINUTE
from conflictctl.cases.figures import (
    DIMENSIONS,
    CaseRow,
    Counted,
    Grown,
    OpenLesson,
    Selection,
    Share,
    Tally,
    Timing,
    Took,
    figures,
    row_of,
    tally_of,
)
from conflictctl.cases.period import Period, compared, month_span
from conflictctl.cases.procedure import Case
from conflictctl.cases.spread import Spread

from .case_lines import SHANGHAI, at, case, moment

ACCEPT = ("accepted", {"handler": "sun"})
SETTLED = ("resolution", {"how": "settled", "text": "…"})
EVER = Selection(Period(), Period(), Period(1, 1))


def day(text: str) -> int:
    return SHANGHAI.day(moment(f"{text} 12:00"))


def counted(*cases: Case, chosen: Selection = EVER, **timings: Timing) -> Any:
    """The figures over some cases; `timings` by the case's id."""
    return figures(tally_of(cases, SHANGHAI, chosen, lambda one: timings.get(one.id, Timing(None))))


# -------------------------------------------------------------------- percentiles and shares


@pytest.mark.parametrize(
    ("values", "median", "p90"),
    [
        # ceil(0.5 * 1) = 1, ceil(0.9 * 1) = 1
        ([7], 7, 7),
        # places ceil(1) = 1 and ceil(1.8) = 2: the lower of two, and the upper
        ([9, 3], 3, 9),
        # places ceil(2.5) = 3 and ceil(4.5) = 5
        ([5, 1, 4, 2, 3], 3, 5),
        # ten values: places 5 and 9
        ([10, 20, 30, 40, 50, 60, 70, 80, 90, 100], 50, 90),
        # eleven: places ceil(5.5) = 6 and ceil(9.9) = 10
        (list(range(11)), 5, 9),
    ],
)
def test_percentiles_are_by_nearest_rank(values: list[int], median: int, p90: int) -> None:
    spread = Spread()
    spread.add(values)
    assert spread.percentiles(50, 90) == (median, p90)


def test_nothing_has_no_percentiles_and_no_share() -> None:
    assert Spread().percentiles(50, 90) == (None, None)
    assert Share(0, 0).value is None
    assert Share(1, 4).value == 0.25


# --------------------------------------------------------------------------- counts and times


def three() -> list[Case]:
    return [
        # answered after 30 min, resolved after 4 h
        case(
            "C1",
            "03-02 09:00",
            ("03-02 09:10", *ACCEPT),
            ("03-02 09:30", "response", {}),
            ("03-02 13:00", *SETTLED),
            cause="service_quality",
            severity=3,
        ),
        # answered after 2 h, resolved after 48 h
        case(
            "C2",
            "03-05 10:00",
            ("03-05 10:30", *ACCEPT),
            ("03-05 12:00", "response", {}),
            ("03-07 10:00", *SETTLED),
            cause="product_quality",
            customer="K2",
            channel="chat",
        ),
        # open, nobody handles it, never answered; in Shanghai it is April already
        case("C3", "04-01 00:30", cause="service_quality", customer="K1", outlet="east"),
    ]


def test_cases_are_counted_by_what_they_are() -> None:
    found = counted(*three())
    assert found.cases == 3
    by = {name: [tuple(one) for one in found.by[name]] for name in DIMENSIONS}
    assert by["month"] == [("2026-03", 2), ("2026-04", 1)]
    assert by["category"] == [("complaint", 3)]
    assert by["cause"] == [("service_quality", 2), ("product_quality", 1)]
    assert by["channel"] == [("phone", 2), ("chat", 1)]
    assert by["outlet"] == [("main", 2), ("east", 1)]
    assert by["handler"] == [("sun", 2), (None, 1)]
    assert by["severity"] == [(2, 2), (3, 1)]
    assert by["how"] == [("settled", 2), (None, 1)]
    assert by["state"] == [("resolved", 2), ("open", 1)]


def test_times_by_the_clock_from_the_opening() -> None:
    # responses 30 min, 2 h: median (place 1) 30 min, p90 (place 2) 2 h; resolutions 4 h, 48 h
    whole = counted(*three()).whole
    assert (whole.response.measured, whole.response.median, whole.response.p90) == (
        2,
        30 * MINUTE,
        2 * HOUR,
    )
    assert (whole.resolution.median, whole.resolution.p90) == (4 * HOUR, 48 * HOUR)


def test_in_time_counts_only_what_is_decided() -> None:
    # C1 in time, C2 late, C3 still running: 1 of 2; of the resolutions C1 alone is decided
    whole = counted(
        *three(),
        C1=Timing(20 * MINUTE, True, 3 * HOUR, True),
        C2=Timing(90 * MINUTE, False, None, None),
    ).whole
    assert whole.response.share == Share(1, 2)
    assert whole.resolution.share == Share(1, 1)
    assert (whole.response.work_median, whole.response.work_p90) == (20 * MINUTE, 90 * MINUTE)
    assert whole.resolution.work_median == 3 * HOUR


# --------------------------------------------------------------------- first contact and rates


@pytest.mark.parametrize(
    ("steps", "first"),
    [
        # one answer, then the resolution
        ([("03-02 10:00", "response", {}), ("03-02 11:00", *SETTLED)], True),
        # resolved without another word
        ([("03-02 11:00", *SETTLED)], True),
        # one contact and one answer: two interactions
        (
            [
                ("03-02 10:00", "contact", {"said": "…"}),
                ("03-02 10:30", "response", {}),
                ("03-02 11:00", *SETTLED),
            ],
            False,
        ),
        # spoken with again only after the resolution
        (
            [
                ("03-02 10:00", "response", {}),
                ("03-02 11:00", *SETTLED),
                ("03-03 11:00", "contact", {"said": "thanks"}),
            ],
            True,
        ),
        # escalated
        (
            [
                ("03-02 10:00", "escalated", {"to": "supervisor", "reason": "…"}),
                ("03-02 11:00", *SETTLED),
            ],
            False,
        ),
        # reopened and resolved again
        (
            [
                ("03-02 11:00", *SETTLED),
                ("03-03 11:00", "reopened", {"reason": "…"}),
                ("03-03 12:00", *SETTLED),
            ],
            False,
        ),
        # not resolved: no first contact to speak of
        ([("03-02 10:00", "response", {})], None),
    ],
)
def test_first_contact_resolution(steps: list[Any], first: bool | None) -> None:
    one = case("C1", "03-02 09:00", ("03-02 09:10", *ACCEPT), *steps)
    assert row_of(one, SHANGHAI).first_contact is first
    whole = counted(one).whole
    assert whole.first_contact == Share(int(bool(first)), int(first is not None))


def test_rates_of_escalation_and_reopening() -> None:
    accepted = ("03-02 09:10", *ACCEPT)
    up = ("03-02 10:00", "escalated", {"to": "supervisor", "reason": "…"})
    whole = counted(
        case("C1", "03-02 09:00", accepted, up, ("03-02 11:00", *SETTLED)),
        case("C2", "03-02 09:00", accepted, ("03-02 11:00", *SETTLED)),
        case(
            "C3",
            "03-02 09:00",
            accepted,
            ("03-02 11:00", *SETTLED),
            ("03-04 11:00", "reopened", {"reason": "…"}),
        ),
        # rejected: finished, so that it could be reopened
        case("C4", "03-02 09:00", ("03-02 10:00", "rejected", {"reason": "…"}), handler="gao"),
        # open: could not be reopened
        case("C5", "03-02 09:00"),
    ).whole
    assert whole.escalation == Share(1, 5)
    assert whole.reopening == Share(1, 4)


def test_a_reopened_case_takes_until_it_is_resolved_again() -> None:
    again = case(
        "C1",
        "03-02 09:00",
        ("03-02 09:10", *ACCEPT),
        ("03-02 11:00", *SETTLED),
        ("03-03 09:00", "reopened", {"reason": "…"}),
        ("03-03 19:00", *SETTLED),
    )
    assert counted(again).whole.resolution.median == 34 * HOUR


# ------------------------------------------------------------------------------ satisfaction


def test_every_attempt_to_ask_counts_and_every_answer() -> None:
    resolved = [("03-02 09:10", *ACCEPT), ("03-02 11:00", *SETTLED)]
    found = counted(
        # not reached, then 2, then 5 after another talk: three attempts, two answers
        case(
            "C1",
            "03-02 09:00",
            *resolved,
            ("03-05 09:00", "survey", {"reached": False}),
            ("03-06 09:00", "survey", {"score": 2}),
            ("03-13 09:00", "survey", {"score": 5}),
        ),
        # 4 at once
        case("C2", "03-02 09:00", *resolved, ("03-05 09:00", "survey", {"score": 4})),
        C1=Timing(satisfied_from=4),
        C2=Timing(satisfied_from=4),
    )
    asked = found.whole.satisfaction
    # attempts 4, answers 3 of mean (2 + 5 + 4) / 3, satisfied 2
    assert (asked.asked, asked.answered) == (4, 3)
    assert asked.scores == (0, 1, 0, 1, 1)
    assert asked.mean == pytest.approx(11 / 3)
    assert asked.response == Share(3, 4)
    assert asked.satisfied_share == Share(2, 3)


def test_periodic_surveys_are_counted_apart() -> None:
    tally = Tally()
    rows: list[dict[str, Any]] = [
        {"campaign": "annual", "score": 3},
        {"campaign": "annual", "score": 5},
        {"campaign": "annual", "reached": False},
        {"campaign": "autumn", "score": 4},
    ]
    for event in events_of(
        [
            {"kind": "survey", "at": at("03-02 09:00"), "by": "sun", "customer": "K1", **row}
            for row in rows
        ]
    ):
        tally.add_survey(event)
    (annual, first), (autumn, second) = figures(tally).campaigns
    assert (annual, first.asked, first.answered, first.mean) == ("annual", 3, 2, 4.0)
    assert first.satisfied_share == Share(1, 2)
    assert (autumn, second.response) == ("autumn", Share(1, 1))


# ------------------------------------------------------- periods, growth, repeats, lessons


def test_a_period_is_compared_with_as_long_a_one_before() -> None:
    march = month_span("2026-03")
    # a whole month with the month before, whatever its days
    assert compared(march, 0) == (march, month_span("2026-02"))
    # a quarter with the quarter before
    quarter = Period(month_span("2026-01").first, march.last)
    assert compared(quarter, 0)[1] == Period(
        month_span("2025-10").first, month_span("2025-12").last
    )
    # ten days with the ten days before
    days = Period(day("03-11"), day("03-20"))
    assert compared(days, 0)[1] == Period(day("03-01"), day("03-10"))
    # without a beginning, the last 90 days up to today
    now, before = compared(Period(), day("06-30"))
    assert now == Period(day("06-30") - 89, day("06-30"))
    assert before == Period(day("06-30") - 179, day("06-30") - 90)


def test_causes_that_grow_come_first_with_both_counts() -> None:
    march = month_span("2026-03")
    now, before = compared(march, 0)
    found = counted(
        case("C1", "03-02 09:00", cause="service_quality"),
        case("C2", "03-09 09:00", cause="service_quality"),
        case("C3", "02-09 09:00", cause="service_quality"),
        case("C4", "02-10 09:00", cause="product_quality"),
        case("C5", "03-10 09:00"),
        case("C6", "01-10 09:00", cause="product_quality"),
        chosen=Selection(march, now, before),
    )
    assert found.causes == (
        Grown("service_quality", 2, 1),
        Grown(None, 1, 0),
        Grown("product_quality", 0, 1),
    )
    assert found.cases == 3  # those of March alone


def test_the_edges_of_a_period_belong_to_it() -> None:
    one = Period(day("03-02"), day("03-02"))
    chosen = Selection(one, one, Period(1, 1))
    found = counted(
        case("C1", "03-02 00:00"),
        case("C2", "03-02 23:59"),
        case("C3", "03-03 00:00"),
        case("C4", "03-01 23:59"),
        chosen=chosen,
    )
    assert found.cases == 2


def test_only_those_asked_for() -> None:
    ours = [
        case("C1", "03-02 09:00", ("03-02 09:10", *ACCEPT)),
        case("C2", "03-02 09:00", outlet="east"),
        case("C3", "03-02 09:00", category="internal"),
    ]
    assert counted(*ours, chosen=EVER._replace(handler="sun")).cases == 1
    assert counted(*ours, chosen=EVER._replace(outlet="east")).cases == 1
    assert counted(*ours, chosen=EVER._replace(category="internal")).cases == 1
    assert counted(*ours, chosen=EVER._replace(category="internal", outlet="east")).cases == 0


def test_customers_who_complain_again() -> None:
    # K1 three times, K2 once; the internal conflict has no customer
    found = counted(
        *three(), case("C4", "03-09 09:00"), case("C5", "03-09 09:00", category="internal")
    )
    assert found.repeat.customers == Share(1, 2)
    assert found.repeat.most == (("K1", 3),)


def test_open_lessons_of_every_period_those_due_first() -> None:
    lesson = {"root_cause": "…", "improvement": "…", "owner": "gao"}
    old = case(
        "C1",
        "01-02 09:00",
        ("01-02 10:00", *ACCEPT),
        ("01-03 10:00", "lesson", {"lesson": "L1", **lesson}),
        ("01-03 10:00", "lesson", {"lesson": "L2", "due": "2026-04-01", **lesson}),
        ("01-03 10:00", "lesson", {"lesson": "L3", "due": "2026-03-01", **lesson}),
        ("02-03 10:00", "lesson_done", {"lesson": "L3"}),
    )
    march = month_span("2026-03")
    found = counted(old, chosen=Selection(march, march, Period(1, 1)))
    assert found.cases == 0
    assert found.lessons.open == 2
    assert found.lessons.owners == (("gao", 2),)
    assert found.lessons.listed == (
        OpenLesson("C1", "L2", "gao", "2026-04-01"),
        OpenLesson("C1", "L1", "gao", None),
    )


def test_obstructions_and_commendations_by_whom() -> None:
    found = counted(
        case(
            "C1",
            "03-02 09:00",
            ("03-02 09:10", *ACCEPT),
            ("03-02 10:00", "obstruction", {"party": "wu", "how": "delay", "said": "…"}),
            ("03-02 11:00", "obstruction", {"party": "wu", "how": "delay", "said": "…"}),
            ("03-02 12:00", "obstruction", {"party": "gao", "how": "no_show", "said": "…"}),
            ("03-02 13:00", "sanction", {"staff": "sun", "measure": "commendation"}),
            ("03-02 14:00", "sanction", {"staff": "wu", "measure": "fine", "amount": "100"}),
            category="internal",
        )
    )
    assert found.obstructions == (("wu", "delay", 2), ("gao", "no_show", 1))
    assert found.commended == (("sun", 1),)


def test_months_say_what_became_of_the_cases_opened_in_them() -> None:
    march, april = counted(*three()).months
    assert (march.month, march.cases, march.resolved) == ("2026-03", 2, 2)
    assert (april.month, april.cases, april.resolved) == ("2026-04", 1, 0)
    assert april.response.median is None


# -------------------------------------------------------------------------------- merging

spans = st.integers(0, 10**12)
tooks = st.builds(Took, st.none() | spans, st.none() | spans, st.none() | st.booleans())


@st.composite
def rows(draw: st.DrawFn) -> CaseRow:
    of_day = draw(st.integers(739_000, 739_200))
    keys = [draw(st.sampled_from([None, "a", "b"])) for _ in DIMENSIONS]
    keys[0] = draw(st.sampled_from(["2026-01", "2026-02", "2026-03"]))
    number = st.integers(0, 3)
    return CaseRow(
        of_day,
        tuple(keys),
        draw(st.sampled_from([None, "K1", "K2", "K3"])),
        draw(tooks),
        draw(tooks),
        draw(st.booleans()),
        draw(st.none() | st.booleans()),
        draw(st.booleans()),
        draw(st.booleans()),
        draw(st.booleans()),
        draw(number),
        tuple(draw(st.lists(st.integers(1, 5), max_size=3))),
        draw(number),
        tuple(
            OpenLesson(
                f"C{draw(number)}", f"L{n}", "gao", draw(st.sampled_from([None, "2026-01-01"]))
            )
            for n in range(draw(number))
        ),
        tuple(("wu", "delay") for _ in range(draw(number))),
        tuple("sun" for _ in range(draw(number))),
    )


@given(st.lists(rows(), max_size=30), st.randoms(use_true_random=False), st.integers(0, 5))
def test_any_split_in_any_order_gives_the_same(
    found: list[CaseRow], chance: random.Random, cuts: int
) -> None:
    chosen = Selection(Period(739_020, 739_180), Period(739_100, 739_200), Period(739_000, 739_099))
    whole = Tally()
    whole.add(found, chosen)
    shuffled = found.copy()
    chance.shuffle(shuffled)
    places = sorted(chance.randrange(len(found) + 1) for _ in range(cuts))
    parts = [shuffled[a:b] for a, b in pairwise([0, *places, len(found)])]
    chance.shuffle(parts)
    merged = Tally()
    for part in parts:
        tally = Tally()
        tally.add(part, chosen)
        merged.merge(tally)
    assert figures(merged) == figures(whole)


def test_a_long_list_of_lessons_keeps_those_due_first() -> None:
    # 1000 lessons in four parts: all are counted, and the 100 that are due first are listed
    base = row_of(case("C1", "03-02 09:00"), SHANGHAI)
    lessons = [OpenLesson(f"C{n:04d}", "L", "gao", "2026-05-01") for n in range(1000)]
    random.Random(1).shuffle(lessons)
    merged = Tally()
    for start in range(0, 1000, 250):
        tally = Tally()
        tally.add([base._replace(lessons=(one,)) for one in lessons[start : start + 250]], EVER)
        merged.merge(tally)
    found = figures(merged).lessons
    assert found.open == 1000
    assert [one.case for one in found.listed] == [f"C{n:04d}" for n in range(100)]


def test_nothing_at_all() -> None:
    found = figures(Tally())
    assert found.cases == 0
    assert found.whole.response.share == Share(0, 0)
    assert found.by["cause"] == ()
    assert Counted("x", 1) not in found.by["state"]
