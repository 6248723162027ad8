"""Counting what became of follow-ups: sums, merging in any order, who is beside whom."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from conflictctl.cases.period import Period
from conflictctl.cases.spread import Share
from conflictctl.discipline.figures import (
    Discipline,
    Figures,
    Named,
    Person,
    Selection,
    Tally,
    figures,
    tally_of,
)
from conflictctl.discipline.followups import (
    OUTCOMES,
    Conduct,
    Contact,
    FollowUp,
    Lapse,
    Undated,
)

MARCH = date(2013, 3, 1).toordinal() - 1
EVER = Selection(Period())


def owed(staff: str, day: int, outcome: str, ended: int = 0, **more: Any) -> FollowUp:
    where = {"outlet": "shop", "level": "A", **more}
    return FollowUp(staff, due_day=MARCH + day, outcome=outcome, ended=MARCH + ended, **where)


def counted(*follow_ups: FollowUp, chosen: Selection = EVER, **others: Any) -> Figures:
    parts = {"undated": [], "lapses": [], "contacts": [], **others}
    return figures(tally_of([Conduct(list(follow_ups), **parts)], chosen), chosen.staff)


WEEK = (
    owed("wang", 4, "in_time", 2),
    owed("wang", 5, "in_time", 5),
    owed("wang", 6, "late", 9, level="H"),
    owed("wang", 12, "late", 13),
    owed("wang", 12, "missed", 30, open=True),
    owed("li", 5, "in_time", 5),
    owed("li", 6, "missed", 8),
    owed("zhou", 6, "in_time", 6, outlet="boshan"),
)


def test_figures_of_a_fortnight_by_hand() -> None:
    found = counted(*WEEK)
    wang = Discipline(in_time=2, late=2, missed=1, open=1, median=1, worst=3, longest=18)
    li = Discipline(in_time=1, missed=1, longest=2)
    assert (wang.due, wang.kept) == (5, Share(2, 5))
    assert found.people == (
        Person("wang", "shop", wang, Share(3, 7)),
        Person("li", "shop", li, Share(3, 7)),
        Person("zhou", "boshan", Discipline(in_time=1), Share(1, 1)),
    )
    assert found.whole.kept == Share(4, 8)
    assert [(one.key, one.figures.due) for one in found.levels] == [("A", 7), ("H", 1)]
    # the 4th and the 11th of March 2013 were Mondays
    assert [(one.key, one.figures.kept) for one in found.weeks] == [
        (MARCH + 4, Share(4, 6)),
        (MARCH + 11, Share(0, 2)),
    ]


def test_one_person_is_shown_beside_all_of_the_outlet() -> None:
    found = counted(*WEEK, chosen=EVER._replace(staff="li"))
    assert [(one.staff, one.outlet_kept) for one in found.people] == [("li", Share(3, 7))]
    assert found.whole == found.people[0].figures
    assert [(one.key, one.figures.due) for one in found.outlets] == [("shop", 7)]
    assert sum(one.figures.due for one in found.weeks) == 2
    assert counted(*WEEK, chosen=EVER._replace(staff="xu")) == Figures(Discipline(), (), (), (), ())


def test_a_follow_up_belongs_to_the_day_on_which_it_fell_due() -> None:
    first = EVER._replace(period=Period(MARCH + 4, MARCH + 6))
    assert counted(*WEEK, chosen=first).whole.due == 6
    boshan = EVER._replace(outlet="boshan")
    assert [one.staff for one in counted(*WEEK, chosen=boshan).people] == ["zhou"]


def test_entries_and_lapses_are_counted_where_they_were() -> None:
    contact = Contact("wang", "shop", MARCH + 3, False, False, False, False)
    found = counted(
        undated=[Undated("wang", "shop", MARCH + 3)],
        lapses=[Lapse("wang", "shop", MARCH + 9), Lapse("wang", "shop", MARCH + 40)],
        contacts=[
            contact,
            contact._replace(late=True, refused=True),
            contact._replace(late=True),
            contact._replace(voided=True),
            contact._replace(corrected=True, day=MARCH + 40),
        ],
        chosen=EVER._replace(period=Period(None, MARCH + 31)),
    )
    assert found.whole == Discipline(
        undated=1, lapses=1, entered=4, late_entries=2, refused_entries=1, voided_entries=1
    )
    assert found.outlets == (Named("shop", found.whole),)
    assert (found.levels, found.weeks) == ((), ())


@st.composite
def conducts(draw: st.DrawFn) -> Conduct:
    staff = st.sampled_from(["wang", "li", "zhou"])
    outlet = st.sampled_from(["shop", "boshan", None])
    day = st.integers(MARCH, MARCH + 30)
    follow_up = st.builds(
        FollowUp,
        staff,
        outlet,
        st.sampled_from(["H", "A", None]),
        day,
        st.sampled_from(OUTCOMES),
        day,
        st.booleans(),
    )
    flag = st.booleans()
    return Conduct(
        draw(st.lists(follow_up, max_size=6)),
        draw(st.lists(st.builds(Undated, staff, outlet, day), max_size=2)),
        draw(st.lists(st.builds(Lapse, staff, outlet, day), max_size=2)),
        draw(st.lists(st.builds(Contact, staff, outlet, day, flag, flag, flag, flag), max_size=3)),
    )


@given(
    st.lists(conducts(), max_size=12),
    st.sampled_from([None, "shop"]),
    st.sampled_from([None, "wang"]),
    st.randoms(use_true_random=False),
)
def test_any_split_in_any_order_gives_the_same(
    found: list[Conduct], outlet: str | None, staff: str | None, dice: random.Random
) -> None:
    chosen = Selection(Period(MARCH + 5, MARCH + 25), outlet, staff)
    whole = figures(tally_of(found, chosen), staff)
    parts: list[list[Conduct]] = [[], [], []]
    for one in found:
        dice.choice(parts).append(one)
    dice.shuffle(parts)
    total = Tally()
    for part in parts:
        dice.shuffle(part)
        total.merge(tally_of(part, chosen))
    assert figures(total, staff) == whole
    # every follow-up is in time, late or missed, and stands under one of each
    asked = [
        one
        for each in found
        for one in each.follow_ups
        if chosen.period.holds(one.due_day)
        and outlet in (None, one.outlet)
        and staff in (None, one.staff)
    ]
    assert whole.whole.due == len(asked)
    for rows in (whole.people, whole.levels, whole.weeks):
        assert sum(row.figures.due for row in rows) == whole.whole.due
        assert sum(row.figures.in_time for row in rows) == whole.whole.in_time
        assert sum(row.figures.missed for row in rows) == whole.whole.missed
    if staff is None:
        assert sum(row.figures.due for row in whole.outlets) == whole.whole.due
        assert sum(row.figures.entered for row in whole.outlets) == whole.whole.entered
