"""Rules that apply at once and name different winners, on histories told in a few lines."""

from __future__ import annotations

import random
from typing import Any

import pytest

from conflictctl.adjudication.backtest import Ruler
from conflictctl.adjudication.clashes import Bench, Clash, RuleName, Tally, examined
from conflictctl.adjudication.dossier import dossier_of, events_of
from conflictctl.calendar import moment_of
from conflictctl.mending import staff_entries
from conflictctl.people import People
from conflictctl.policy.model import parse_policy
from tests.histories import random_history
from tests.in_memory import LONG_AFTER, SHANGHAI
from tests.policy_frame import HEAD, LET, LISTED, a_rule
from tests.test_backtest import LAPSED, Line, renault, told

DECLARED = '[precedence]\norder = "declared"\nwhy = { en = "So.", zh = "如此。" }\n'
TWO = told(
    ("03-01 10:00", "wang", "visit", {}),
    ("03-05 15:00", "li", "close", {}),
)


def clash_of(lines: list[Line], ruler: Ruler, customer: str = "K1") -> Clash:
    events = events_of(lines)
    bench = Bench(ruler, People(staff_entries(events)), SHANGHAI, moment_of(LONG_AFTER))
    (found,) = examined(dossier_of(events, customer), [customer], bench)
    return found


def small(precedence: str, *rules: str) -> Ruler:
    return Ruler(parse_policy(HEAD.format(parameters="") + LET + precedence + "".join(rules)), {})


FILER = a_rule("1", "first_file", 'credit = "author(first_file)"')
CLOSER = a_rule("2", "closer", 'credit = "closer"')


def test_a_lapse_and_a_contact_in_the_week_are_settled_by_the_order_alone() -> None:
    clash = clash_of(LAPSED, renault())
    assert [(pair.first.clause, pair.second.clause, pair.settled) for pair in clash.pairs] == [
        ("P3", "6.2", "order")
    ]
    winners = {name.clause: credit[0].party for name, credit, _ in clash.winners}
    assert winners == {"P3": "li", "6.2": "wang"}


@pytest.mark.parametrize(
    ("precedence", "more", "settled"),
    [
        (LISTED, {}, "order"),
        (DECLARED, {}, "referral"),
        (DECLARED, {"beats": '["2"]'}, "beats"),
    ],
)
def test_what_settles_it(precedence: str, more: dict[str, Any], settled: str) -> None:
    filer = a_rule("1", "first_file", 'credit = "author(first_file)"', **more)
    (pair,) = clash_of(TWO, small(precedence, filer, CLOSER)).pairs
    assert pair == (RuleName("1", 1), RuleName("2", 2), settled)


def test_rules_that_give_the_same_do_not_clash() -> None:
    again = a_rule("3", "first_file", 'credit = "author(first_file)"')
    assert clash_of(TWO, small(LISTED, FILER, again)).pairs == ()


def test_a_rule_that_refers_names_nobody() -> None:
    refers = a_rule("3", "first_file", 'refer = "panel"')
    assert clash_of(TWO, small(LISTED, refers, CLOSER)).pairs == ()


def test_whoever_is_barred_is_out_of_the_contest() -> None:
    bars = a_rule("3", "first_file", 'bar = "author(first_file)"')
    assert clash_of(TWO, small(LISTED, bars, FILER, CLOSER)).pairs == ()
    assert len(clash_of(TWO, small(LISTED, FILER, bars, CLOSER)).pairs) == 1


def test_a_customer_without_a_deal_is_examined_too() -> None:
    holds = [
        a_rule("1", "first_file", 'hold = "author(first_file)"', stage='"open"'),
        a_rule("2", "first_file", 'hold = "author(last(file, before=deal))"', stage='"open"'),
    ]
    lines = told(("03-01 10:00", "wang", "visit", {}), ("03-05 15:00", "li", "visit", {}))
    clash = clash_of(lines, small(LISTED, *holds, CLOSER))
    assert clash.deal is None
    assert [holder for _, _, holder in clash.winners] == ["wang", "li"]
    assert len(clash.pairs) == 1


def test_tallies_merge_in_any_order() -> None:
    found = []
    for seed in range(120):
        lines = random_history(random.Random(seed))
        events = events_of(lines)
        bench = Bench(renault(), People(staff_entries(events)), SHANGHAI, moment_of(LONG_AFTER))
        found += examined(dossier_of(events, "K1"), ["K1"], bench)
    whole = Tally()
    for clash in found:
        whole.add(clash)
    assert whole.clashing[True] > 5
    assert whole.settled == {"order": whole.clashing.total()}
    dice = random.Random(7)
    dice.shuffle(found)
    parts = [Tally() for _ in range(4)]
    for clash in found:
        dice.choice(parts).add(clash)
    merged = Tally()
    for part in parts:
        merged.merge(part)
    assert {k: v for k, v in vars(merged).items() if k != "examples"} == {
        k: v for k, v in vars(whole).items() if k != "examples"
    }
    assert {pair: len(some) for pair, some in merged.examples.items()} == {
        pair: len(some) for pair, some in whole.examples.items()
    }
