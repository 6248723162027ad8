"""Earlier rulings by people on the same clauses: which are named, and what departs from them."""

from __future__ import annotations

from typing import Any

import pytest

from conflictctl.adjudication.backtest import Ruler
from conflictctl.adjudication.clashes import Bench
from conflictctl.adjudication.dossier import dossier_of, events_of
from conflictctl.adjudication.judge import rule_on
from conflictctl.adjudication.precedents import Group, precedents
from conflictctl.adjudication.ruling import Precedents
from conflictctl.calendar import moment_of
from conflictctl.events import Event
from conflictctl.mending import staff_entries
from conflictctl.people import People
from tests.in_memory import LONG_AFTER, RENAULT, SHANGHAI
from tests.test_backtest import Line, told

FIRST = ("03-01 10:00", "wang", "visit", {"level": "A"})
LAPSE = (
    FIRST,
    ("03-20 14:00", "li", "visit", {}),
    ("03-20 15:00", "li", "close", {}),
    ("03-21 09:00", "wang", "claim", {}),
)
"""Wang's follow-up lapsed (P3): the rules give the deal to Li, who closed."""

KEPT = (
    FIRST,
    ("03-07 10:00", "wang", "followup", {"channel": "phone", "reached": True}),
    ("03-10 14:00", "li", "visit", {}),
    ("03-10 15:00", "li", "close", {}),
    ("03-11 09:00", "wang", "claim", {}),
)
"""Wang was in time (P2): the rules give the deal to Wang."""


def ruled(at: str, by: str = "sun", instance: str = "sales_manager", **award: str) -> Any:
    rows = [{"party": party, "share": share} for party, share in award.items()]
    return (at, by, "ruling", {"instance": instance, "award": rows, "reason": "heard both"})


def found_in(histories: dict[str, tuple[Any, ...]], customer: str) -> Precedents:
    """The precedents of a customer among histories told one after the other."""
    lines: list[Line] = []
    for name, acts in histories.items():
        for line in told(*acts, customer=name):
            if "id" in line:
                line["id"] = f"{name}-{line['id']}"
            if line not in lines:
                lines.append(line)
    lines.sort(key=lambda line: str(line.get("recorded_at") or line.get("at") or ""))
    events = events_of(lines)
    bench = Bench(
        Ruler(RENAULT, {}), People(staff_entries(events)), SHANGHAI, moment_of(LONG_AFTER)
    )

    def find(name: str) -> Group:
        return dossier_of(events, name), (name,)

    ruling = rule_on(
        find(customer)[0],
        customer,
        policy=RENAULT,
        people=bench.people,
        calendar=SHANGHAI,
        as_of=bench.as_of,
    )
    rulings: list[Event] = [event for event in reversed(events) if event.kind == "ruling"]
    return precedents(ruling, find(customer), rulings, find, bench)


def test_an_earlier_ruling_on_the_same_clauses_is_named() -> None:
    found = found_in({"K1": (*LAPSE, ruled("03-25 10:00", wang="100")), "K2": LAPSE}, "K2")
    assert [step.clause for step in found.path] == ["P3"]
    (one,) = found.rulings
    assert (one.customer, one.by, one.instance) == ("K1", "sun", "sales_manager")
    assert [(part.party, part.share) for part in one.credit] == [("wang", "100")]
    assert one.follows_rule is False
    assert one.same_roles
    assert one.agrees is None  # nobody has ruled on K2
    assert found.departs_from == ()


def test_a_ruling_where_another_clause_decided_is_none() -> None:
    found = found_in({"K1": (*LAPSE, ruled("03-25 10:00", wang="100")), "K2": KEPT}, "K2")
    assert [step.clause for step in found.path] == ["P2"]
    assert found.rulings == ()


def test_a_later_ruling_that_gives_the_same_roles_otherwise_departs() -> None:
    histories = {
        "K1": (*LAPSE, ruled("03-25 10:00", wang="50", li="50")),
        "K2": (*LAPSE, ruled("03-26 10:00", li="100")),
    }
    later = found_in(histories, "K2")
    assert [(one.customer, one.agrees) for one in later.rulings] == [("K1", False)]
    assert later.departs_from == (later.rulings[0].event,)
    assert later.rulings[0].follows_rule is False
    # The earlier one had nothing before it.
    assert found_in(histories, "K1").rulings == ()


def test_it_goes_by_roles_and_not_by_names() -> None:
    other_way_round = tuple(
        (at, {"wang": "li", "li": "wang"}[by], kind, fields) for at, by, kind, fields in LAPSE
    )
    agreeing = found_in(
        {
            "K1": (*LAPSE, ruled("03-25 10:00", wang="70", li="30")),
            "K2": (*other_way_round, ruled("03-26 10:00", li="70", wang="30")),
        },
        "K2",
    )
    assert [one.agrees for one in agreeing.rulings] == [True]
    assert agreeing.departs_from == ()


def test_where_people_stood_otherwise_nothing_is_compared() -> None:
    """Under P1 both: one had filed the customer and closed, of the other nobody had a file."""
    filed = (FIRST, ("03-05 15:00", "wang", "close", {}), ruled("03-25 10:00", li="100"))
    unfiled = (("03-05 15:00", "wang", "close", {}), ruled("03-26 10:00", wang="100"))
    found = found_in({"K1": filed, "K2": unfiled}, "K2")
    (one,) = found.rulings
    assert (one.customer, one.same_roles, one.agrees) == ("K1", False, None)
    assert found.departs_from == ()


@pytest.mark.parametrize(
    "without_effect",
    [
        (ruled("03-25 10:00", "zhou", "panel", wang="100"),),  # a consultant has no power
        (  # overruled
            ruled("03-25 10:00", wang="100"),
            ruled("03-27 10:00", "gao", "general_manager", li="100"),
        ),
    ],
)
def test_only_what_stands_is_a_precedent(without_effect: tuple[Any, ...]) -> None:
    found = found_in({"K1": (*LAPSE, *without_effect), "K2": LAPSE}, "K2")
    assert [one.by for one in found.rulings] == ["gao"] * (len(without_effect) - 1)


def test_the_path_is_that_of_what_was_known_when_the_person_ruled() -> None:
    """A follow-up told of only after the ruling does not change what the ruling was about."""
    late = ("03-28 09:00", "wang", "followup", {"channel": "phone", "reached": True})
    found = found_in({"K1": (*LAPSE, ruled("03-25 10:00", wang="100"), late), "K2": LAPSE}, "K2")
    assert [one.customer for one in found.rulings] == ["K1"]


def test_one_s_own_deal_is_no_precedent_of_itself() -> None:
    twice = (
        *LAPSE,
        ruled("03-25 10:00", wang="100"),
        ruled("03-27 10:00", "gao", "general_manager", li="100"),
    )
    assert found_in({"K1": twice}, "K1").rulings == ()
