"""Counting what is due: who has how much, in whatever order it comes."""

from __future__ import annotations

import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conflictctl.board import Load, Owner, Row, board
from conflictctl.deadlines import Due


def due(
    staff: str | None, days: int | None, level: str | None = "A", type: str = "followup"
) -> Due:
    return Due(type, "K1", staff, "shop", level, None, None, None, days)


MORNING = (
    due("li", 2),
    due("wang", 1),
    due("wang", 9, "H"),
    due("wang", 0),
    due("wang", -1, None, "filing"),
    due("li", None, None, "no_level"),
    due(None, 3, None, "case"),
)


def test_a_morning_by_hand() -> None:
    found = board(MORNING)
    assert found.whole == Load(overdue=4, today=1, soon=1, undated=1, worst=9)
    assert found.owners == (
        Row(Owner("shop", "wang"), Load(2, 1, 1, 0, 9)),
        Row(Owner("shop", "li"), Load(1, 0, 0, 1, 2)),
        Row(Owner("shop", None), Load(1, 0, 0, 0, 3)),
    )
    assert found.levels == (
        Row("A", Load(2, 1, 0, 0, 2)),
        Row("H", Load(1, 0, 0, 0, 9)),
        Row(None, Load(0, 0, 0, 1, None)),
    )
    assert [(row.key, row.load.sum) for row in found.kinds] == [
        ("followup", 4),
        ("case", 1),
        ("filing", 1),
        ("no_level", 1),
    ]
    # by who has to act, the longest overdue first; what is nobody's comes last
    assert [(row.staff, row.days) for row in found.rows] == [
        ("li", 2),
        ("li", None),
        ("wang", 9),
        ("wang", 1),
        ("wang", 0),
        ("wang", -1),
        (None, 3),
    ]


def test_of_one_consultant() -> None:
    assert board(MORNING, staff="li").whole == Load(1, 0, 0, 1, 2)
    assert board(MORNING, outlet="boshan").whole == Load()


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.builds(
            due,
            st.sampled_from(["wang", "li", None]),
            st.none() | st.integers(-3, 30),
            st.sampled_from(["H", "A", None]),
            st.sampled_from(["followup", "no_level", "filing", "claim_window", "case"]),
        )
    ),
    st.randoms(use_true_random=False),
)
def test_the_order_makes_no_difference_and_sums_agree(dues: list[Due], dice: random.Random) -> None:
    found = board(dues)
    shuffled = list(dues)
    dice.shuffle(shuffled)
    assert board(shuffled) == found
    assert found.whole.sum == len(dues)
    for rows in (found.owners, found.kinds):
        assert sum(row.load.sum for row in rows) == len(dues)
        assert sum(row.load.overdue for row in rows) == found.whole.overdue
