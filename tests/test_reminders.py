"""Who is reminded of what: dues, people and a day, as cases."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from conflictctl.calendar import Calendar
from conflictctl.deadlines import Due
from conflictctl.events import Event
from conflictctl.people import People
from conflictctl.reminders import Ladder, reminders

CALENDAR = Calendar("Asia/Shanghai")
TODAY = date(2025, 4, 3).toordinal()
NOW = CALENDAR.start_of(TODAY) + 9 * 3_600_000_000
LONG_AGO = CALENDAR.start_of(TODAY - 100)


def people(*rows: tuple[str, ...], more: tuple[dict[str, Any], ...] = ()) -> People:
    """`("wang", "consultant", "shop"[, department])`, and further events of staff."""
    lines: list[dict[str, Any]] = [
        {
            "kind": "staff",
            "staff": row[0],
            "role": row[1],
            "outlet": row[2],
            "department": row[3] if len(row) > 3 else None,
        }
        for row in rows
    ]
    found = People()
    for seq, line in enumerate([*lines, *more], 1):
        fields = {key: value for key, value in line.items() if key != "kind" and value is not None}
        found.learn(
            Event(
                "main", seq, None, line["kind"], LONG_AGO, 480, LONG_AGO, LONG_AGO, None, None,
                None, fields,
            )
        )  # fmt: skip
    return found


SHOP = (
    ("wang", "consultant", "shop"),
    ("zhao", "supervisor", "shop"),
    ("sun", "manager", "shop"),
    ("gm", "general_manager", "head"),
    ("other", "supervisor", "boshan"),
)


def due(days: int | None, type: str = "followup", **fields: Any) -> Due:
    day = None if days is None else TODAY - days
    moment = None if day is None else CALENDAR.start_of(day + 1)
    values = {"customer": "K1", "staff": "wang", "outlet": "shop", **fields}
    return Due(
        type, values["customer"], values["staff"], values["outlet"], "A", None, moment, day, days
    )


def told(found: People, *dues: Due, ladder: Ladder = Ladder()) -> list[tuple[str, str]]:  # noqa: B008
    rows, _ = reminders(dues, found, CALENDAR, NOW, ladder)
    return [(row.to, row.rung) for row in rows]


@pytest.mark.parametrize(
    ("days", "to"),
    [
        (-1, []),
        (0, ["wang"]),
        (1, ["wang"]),
        (2, ["wang", "zhao"]),
        (4, ["wang", "zhao"]),
        (5, ["wang", "zhao", "sun"]),
        (90, ["wang", "zhao", "sun"]),
        (None, ["wang"]),
    ],
)
def test_the_ladder_goes_up_with_the_days(days: int | None, to: list[str]) -> None:
    assert [name for name, _ in told(people(*SHOP), due(days))] == to


def test_the_ladder_is_the_company_s_own() -> None:
    ladder = Ladder(consultant=-1, supervisor=0, manager=1)
    assert [name for name, _ in told(people(*SHOP), due(-1), ladder=ladder)] == ["wang"]
    assert [name for name, _ in told(people(*SHOP), due(0), ladder=ladder)] == ["wang", "zhao"]


@pytest.mark.parametrize("type", ["claim_window", "filing"])
def test_what_ends_by_itself_is_taken_to_nobody_above(type: str) -> None:
    assert told(people(*SHOP), due(9, type)) == [("wang", "consultant")]


def test_a_rung_without_people_passes_up() -> None:
    without = people(*(row for row in SHOP if row[0] != "zhao"))
    assert told(without, due(2)) == [("wang", "consultant"), ("sun", "manager")]
    alone = people(SHOP[0], SHOP[3])
    assert told(alone, due(2)) == [("wang", "consultant"), ("gm", "general_manager")]


def test_what_a_leaver_held_is_told_to_who_is_above_him_at_once() -> None:
    left = people(*SHOP, more=({"kind": "staff_left", "staff": "wang"},))
    assert told(left, due(0)) == [("zhao", "supervisor")]


def test_a_supervisor_s_own_goes_past_himself() -> None:
    assert told(people(*SHOP), due(2, staff="zhao")) == [("zhao", "consultant"), ("sun", "manager")]


def test_a_stand_in_is_told_beside_the_one_away() -> None:
    cover = ("li", "consultant", "shop")
    away = {"kind": "staff_absent", "staff": "wang", "cover": "li", "until": "2025-04-03"}
    assert [name for name, _ in told(people(*SHOP, cover, more=(away,)), due(0))] == ["wang", "li"]
    back = {**away, "until": "2025-04-02"}
    assert [name for name, _ in told(people(*SHOP, cover, more=(back,)), due(0))] == ["wang"]


def test_a_department_has_its_own_supervisor() -> None:
    rows = (
        ("wang", "consultant", "shop", "two"),
        ("one", "supervisor", "shop", "one"),
        ("two", "supervisor", "shop", "two"),
    )
    assert [name for name, _ in told(people(*rows), due(2))] == ["wang", "two"]


def test_what_nobody_can_be_told_of_is_given_back() -> None:
    lost = due(3, "case", staff=None)
    rows, nobody = reminders([lost], people(("desk", "clerk", "shop")), CALENDAR, NOW, Ladder())
    assert (rows, nobody) == ([], [lost])
