"""Disputes about deals, counted: by clause and outcome, departures, what was overturned."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from conflictctl.adjudication.dossier import dossier_of, events_of
from conflictctl.calendar import Calendar, parse_time
from conflictctl.cases.disputes import (
    Bench,
    Dispute,
    DisputeTally,
    Docket,
    Found,
    PersonsRuling,
    StandIn,
    covers_of,
    dispute_figures,
    found_in,
)
from conflictctl.cases.period import Period, month_span
from conflictctl.cases.spread import Share
from conflictctl.events import Event
from conflictctl.mending import staff_entries
from conflictctl.people import People
from conflictctl.policy.model import load_policy

SAMPLES = Path(__file__).resolve().parent.parent.parent / "sample_data"
LINES: list[Mapping[str, Any]] = [
    json.loads(line)
    for line in (SAMPLES / "dealership.jsonl").read_text(encoding="utf-8").splitlines()
]
SHANGHAI = Calendar("Asia/Shanghai")
AS_OF = parse_time("2025-04-03T20:00:00+08:00")[0]


@pytest.fixture(scope="module")
def month() -> list[Event]:
    """The entries of the dealership's month."""
    return events_of(LINES)


def bench(month: list[Event], as_of: int = AS_OF) -> Bench:
    people = People(staff_entries(month))
    return Bench(load_policy("renault-zibo-2013"), people, SHANGHAI, as_of, {})


def of(month: list[Event], customer: str, as_of: int = AS_OF) -> Found:
    """What the dossier of one customer of the month holds."""
    judged = bench(month, as_of)
    return found_in(
        dossier_of(month, customer), [customer], judged, covers_of(judged.people), lambda case: ()
    )


def test_a_dispute_decided_by_the_rules(month: list[Event]) -> None:
    # C-011: claimed in time, followed up in the last week: clause 6.2 gives it to Luo
    (dispute,) = of(month, "C-011").disputes
    assert (dispute.clause, dispute.outcome, dispute.rulings) == ("6.2", "rule", ())
    assert "luo" in dispute.parties


def test_an_agreement_and_a_claim_taken_back(month: list[Event]) -> None:
    assert [d.outcome for d in of(month, "C-036").disputes] == ["agreement"]
    assert [d.outcome for d in of(month, "C-052").disputes] == ["withdrawn"]


def test_what_the_rules_leave_to_people_is_referred(month: list[Event]) -> None:
    (dispute,) = of(month, "C-034").disputes
    assert (dispute.clause, dispute.outcome) == ("K1", "referred")


def test_a_ruling_overturned_on_appeal_and_two_departures(month: list[Event]) -> None:
    """C-066: by rule (P3) Shi has all.

    The manager gives it to Song: a departure, appealed against, and overturned by the general
    manager, whose 70/30 is a departure again and stands.
    """
    (dispute,) = of(month, "C-066").disputes
    assert (dispute.clause, dispute.outcome) == ("P3", "person")
    first, second = dispute.rulings
    assert (first.by, first.instance) == ("jiang", "sales_manager")
    assert (first.departs, first.appealed, first.overturned) == (True, True, True)
    assert (second.by, second.instance) == ("bai", "general_manager")
    assert (second.departs, second.appealed, second.overturned) == (True, False, False)


def test_before_the_appeal_is_decided_nothing_is_overturned(month: list[Event]) -> None:
    final = next(e for e in month if e.kind == "ruling" and e.by == "bai")
    (dispute,) = of(month, "C-066", final.at - 1).disputes
    assert [(one.by, one.overturned) for one in dispute.rulings] == [("jiang", False)]


def test_each_deal_of_a_customer_is_a_dispute_of_its_own(month: list[Event]) -> None:
    # C-004 bought twice; only the second car is claimed, and 6.2 decides that one
    (dispute,) = of(month, "C-004").disputes
    assert dispute.clause == "6.2"


def test_service_by_a_stand_in_is_that_of_the_cover_during_the_absence(
    month: list[Event],
) -> None:
    # Fang is away from 17 to 28 March with Luo as cover; Luo received C-060 in that time
    (contact,) = of(month, "C-060").contacts
    assert (contact.cover, contact.holder) == ("luo", "fang")
    # Luo's own customers, and others' whose holder was there, are no stand-in service
    assert of(month, "C-011").contacts == ()


def ruling(by: str, departs: bool | None, *, reasoned: bool = True) -> PersonsRuling:
    return PersonsRuling(by, "sales_manager", departs, reasoned, False, False)


def dispute(day: int, *rulings: PersonsRuling, outlet: str = "main") -> Dispute:
    return Dispute("A-1", "K1", day, outlet, "6.2", "rule", ("li", "wang"), rulings)


def test_departures_by_manager_leave_out_where_the_rules_name_nobody() -> None:
    """gao: three rulings, the rules naming somebody in two, one departs, without a reason."""
    tally = DisputeTally()
    found = Found(
        (
            dispute(1, ruling("gao", True, reasoned=False), ruling("gao", False)),
            dispute(1, ruling("gao", None), ruling("bai", False)),
        ),
        (),
    )
    tally.add(found, Docket(Period()))
    figures = dispute_figures(tally)
    bai, gao = figures.judged
    assert (bai.by, bai.rulings, bai.departures) == ("bai", 1, 0)
    assert (gao.rulings, gao.comparable, gao.departures, gao.unexplained) == (3, 2, 1, 1)
    assert figures.departures == Share(1, 3)
    assert figures.by["party"] == (("li", 2), ("wang", 2))


def test_only_those_of_the_period_and_the_outlet() -> None:
    march = month_span("2025-03")
    assert march.first is not None
    assert march.last is not None
    found = Found(
        (
            dispute(march.first),
            dispute(march.last, outlet="east"),
            dispute(march.last + 1),
        ),
        (StandIn(march.first, "luo", "fang", "main"), StandIn(march.first - 1, "a", "b", "main")),
    )
    tally = DisputeTally()
    tally.add(found, Docket(march))
    assert (tally.disputes, sum(tally.stand_ins.values())) == (2, 1)
    tally = DisputeTally()
    tally.add(found, Docket(march, "east"))
    assert (tally.disputes, sum(tally.stand_ins.values())) == (1, 0)


def test_any_split_in_any_order_gives_the_same(month: list[Event]) -> None:
    names = ["C-011", "C-034", "C-036", "C-052", "C-060", "C-066"]
    found = [of(month, name) for name in names]
    whole = DisputeTally()
    for one in found:
        whole.add(one, Docket(Period()))
    for seed in range(5):
        random.Random(seed).shuffle(found)
        merged = DisputeTally()
        for part in (found[:2], found[2:3], found[3:]):
            tally = DisputeTally()
            for one in part:
                tally.add(one, Docket(Period()))
            merged.merge(tally)
        assert dispute_figures(merged) == dispute_figures(whole)
