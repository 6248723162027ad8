"""What would turn a ruling: one record less, one parameter otherwise; and nothing else."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from conflictctl.adjudication.judge import rule_on
from conflictctl.adjudication.ruling import Ruling, Sensitivity, WhyNot
from conflictctl.adjudication.sensitivity import (
    NOT_TRIED,
    Retrial,
    resting_on,
    sensitivity,
    sensitivity_of,
)
from conflictctl.adjudication.why_not import why_not
from conflictctl.calendar import moment_of
from conflictctl.errors import InputRejected
from conflictctl.events import REFERENCE_FIELDS
from conflictctl.people import People

from . import histories
from .histories import act, claim, close, followup, inform, visit
from .in_memory import (
    LONG_AFTER,
    RENAULT,
    SHANGHAI,
    dossier_of,
    events_of,
    rule,
    staff_events,
)

Lines = list[dict[str, Any]]


def history(*acts: dict[str, Any]) -> Lines:
    return histories.register(list(acts), histories.SHANGHAI, 0)


def question(lines: Lines, **settings: Any) -> tuple[Ruling, Retrial]:
    events = events_of(lines)
    dossier = dossier_of(events, "K1")
    asked: dict[str, Any] = {
        "policy": RENAULT,
        "people": People(staff_events(events)),
        "calendar": SHANGHAI,
        "as_of": moment_of(LONG_AFTER),
        "settings": settings,
    }
    ruling = rule_on(dossier, "K1", **asked)
    return ruling, Retrial(dossier, "K1", **asked, ruling=ruling)


def probed(lines: Lines, *, params: bool = True, **settings: Any) -> Sensitivity:
    return sensitivity_of(question(lines, **settings)[1], params=params)


def refusal(lines: Lines, party: str, limit: int = 20) -> WhyNot:
    """Enough trials for every record of a small history, hardly any for the parameters."""
    retrial = question(lines)[1]
    retrial.left = limit
    return why_not(retrial, party)


def kinds(lines: Lines, found: Sensitivity) -> list[str]:
    by_ref = {event.ref: event.kind for event in events_of(lines)}
    return [by_ref[turn.event] for turn in found.records]


# One colleague files and follows up, another closes; the first claims in time.
IN_TOUCH = history(
    visit(1, "10:00", "wang", level="A"),
    followup(5, "wang"),
    followup(9, "wang"),
    visit(10, "10:00", "li"),
    inform(10, "10:05", "li", "wang"),
    close(10, "li"),
    claim(11, "wang"),
)


def test_the_claim_and_the_file_turn_it_and_one_followup_of_two_does_not() -> None:
    found = probed(IN_TOUCH, params=False)
    assert found.badge == "turns_on_one_record"
    assert kinds(IN_TOUCH, found) == ["visit", "claim"]
    assert all(turn.credit[0].party == "li" for turn in found.records)
    assert [turn.decided_by for turn in found.records] == ["P1", "6.1"]


def test_alone_with_his_customer_nothing_turns_it() -> None:
    lines = history(visit(1, "10:00", "wang", level="A"), close(2, "wang"))
    found = probed(lines, params=False)
    assert found == Sensitivity((), (), complete=True)
    assert found.badge == "robust"


def test_the_close_that_is_the_deal_is_not_left_out() -> None:
    lines = history(close(2, "wang"))
    assert probed(lines, params=False).records == ()


def test_without_the_file_nobody_holds_the_customer() -> None:
    lines = history(visit(1, "10:00", "wang", level="A"))
    (turn,) = probed(lines, params=False).records
    assert (turn.status, turn.holder) == ("unheld", None)


def test_what_speaks_of_a_record_goes_with_it() -> None:
    first = visit(1, "10:00", "wang", level="A")
    lines = history(
        first,
        act(1, "11:00", "void", "wang", voids=first, reason="mistake"),
        followup(2, "wang"),
    )
    events = events_of(lines)
    v = next(e for e in events if e.kind == "visit")
    assert [e.kind for e in resting_on(v, events)] == ["visit", "void"]


@pytest.mark.slow
def test_the_nearest_numbers_that_turn_it() -> None:
    lines = history(
        visit(1, "10:00", "wang", level="A"),
        followup(5, "wang"),
        visit(10, "10:00", "li"),
        inform(10, "10:05", "li", "wang"),
        close(10, "li"),
        claim(12, "wang"),
    )
    turns = {
        contest.param: [turn.value for turn in contest.turns] for contest in probed(lines).params
    }
    assert turns["week_days"] == [4]  # five days before the deal
    assert turns["level_limit_days.A"] == [4]
    assert turns["claim_days"] == [2]  # the third day, the day of the deal counted
    assert "level_limit_days.B" not in turns
    for param, value in (("week_days", 4), ("claim_days", 2)):
        assert rule(lines, **{param: value}).credit[0].party == "li"
        assert rule(lines, **{param: value + 1}).credit[0].party == "wang"


@pytest.mark.slow
def test_the_nearest_number_above_is_found_as_well() -> None:
    found = probed(IN_TOUCH, week_days=0)
    (week,) = [one for one in found.params if one.param == "week_days"]
    assert week.value == 0
    assert [turn.value for turn in week.turns] == [1]


def test_the_limit_cuts_the_search_short_and_says_so() -> None:
    ruling, retrial = question(IN_TOUCH)
    short = sensitivity(
        retrial.events,
        "K1",
        policy=RENAULT,
        people=retrial.people,
        calendar=SHANGHAI,
        as_of=retrial.as_of,
        ruling=ruling,
        limit=2,
    )
    assert not short.complete
    none = sensitivity_of(Retrial(**_asked(retrial), ruling=ruling, limit=0))
    assert (none.complete, none.badge) == (False, None)


def _asked(retrial: Retrial) -> dict[str, Any]:
    names = ("events", "customer", "policy", "people", "calendar", "as_of")
    return {name: getattr(retrial, name) for name in names}


# ---------------------------------------------------------------- against brute force


def outcome(ruling: Ruling) -> tuple[Any, ...]:
    return ruling.status, ruling.credit, ruling.holder


def plain(lines: Lines, **asked: Any) -> tuple[Any, ...]:
    """The outcome without its reasons, which cost most of a ruling and do not change it."""
    return outcome(rule(lines, explain=False, **asked))


def by_brute_force(lines: Lines) -> set[str]:
    """The ids of the lines without which the interchange file rules otherwise."""
    before = plain(lines)
    anchor = question(lines)[1].anchor
    turning = set()
    for line in lines:
        if line["kind"] in NOT_TRIED or line["id"] == anchor or not _about_k1(lines, line["id"]):
            continue
        rest = without(lines, line["id"])
        try:
            after = plain(rest, deal=anchor)
        except InputRejected:
            after = plain(rest, deal="open")
        if after != before:
            turning.add(line["id"])
    return turning


def _about_k1(lines: Lines, ref: str) -> bool:
    return any(event.ref == ref for event in dossier_of(events_of(lines), "K1"))


def without(lines: Sequence[Mapping[str, Any]], ref: str) -> Lines:
    gone = {ref}
    while True:
        more = {
            line["id"]
            for line in lines
            if "id" in line
            and line["id"] not in gone
            and line.get(REFERENCE_FIELDS.get(line["kind"], "")) in gone
        }
        if not more:
            return [dict(line) for line in lines if line.get("id") not in gone]
        gone |= more


@pytest.mark.parametrize("seed", range(60))
def test_just_the_records_that_turn_a_random_history_are_reported(seed: int) -> None:
    lines = histories.random_history(random.Random(seed))
    found = probed(lines, params=False)
    assert {turn.event for turn in found.records} == by_brute_force(lines)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_just_the_numbers_that_turn_a_random_history_are_reported(seed: int) -> None:
    """Every whole number from 0 to beyond the longest gap, one after the other."""
    lines = histories.random_history(random.Random(seed))
    found = {contest.param: contest for contest in probed(lines).params}
    before = plain(lines)
    for name in ("week_days", "claim_days", "short_days", "unfiled_max_followups"):
        default = RENAULT.parameters[name].default
        turning = [value for value in range(45) if plain(lines, **{name: value}) != before]
        below = [value for value in turning if value < default][-1:]
        above = [value for value in turning if value > default][:1]
        contest = found.get(name)
        assert (
            [turn.value for turn in contest.turns if turn.value < 45] == [*below, *above]
            if (contest)
            else not turning
        )


# ---------------------------------------------------------------------------- why not


def test_why_the_closer_does_not_have_it() -> None:
    found = refusal(IN_TOUCH, "li")
    assert not found.has_it
    clauses = {(one.finding.clause, one.reached): one.finding for one in found.clauses}
    lapse = clauses["P3", True]
    assert lapse.outcome == "not_met"
    assert lapse.margin is not None
    assert lapse.margin.measured.amount == 1
    assert ("6.3", False) in clauses
    assert len(found.would_need) == len(found.clauses)
    assert {turn.decided_by for turn in found.records} == {"P1", "6.1"}
    assert not found.complete


@pytest.mark.slow
def test_which_values_would_give_it_to_the_closer() -> None:
    found = refusal(IN_TOUCH, "li", limit=2000)
    assert found.complete
    assert all(turn.credit[0].party == "li" for one in found.params for turn in one.turns)
    values = {one.param: [turn.value for turn in one.turns] for one in found.params}
    assert values["claim_days"] == [1]
    assert values["week_days"] == [0]


def test_who_has_it_is_told_so() -> None:
    found = refusal(IN_TOUCH, "wang")
    assert found.has_it
    assert not found.clauses


def test_somebody_without_any_part_in_it() -> None:
    found = refusal(IN_TOUCH, "zhang")
    assert not found.clauses
    assert "no clause of the policy comes to" in str(found.would_need[0])
    assert not found.records


def test_a_clause_that_speaks_for_him_but_came_too_late() -> None:
    lines = history(
        visit(1, "10:00", "wang", level="H"),
        followup(6, "wang"),
        act(7, "10:00", "followup", "wang", channel="phone", reached=False),
        visit(10, "10:00", "li"),
        inform(10, "10:05", "li", "wang"),
        close(10, "li"),
        claim(11, "wang"),
    )
    found = refusal(lines, "wang")
    late = [one for one in found.clauses if not one.reached and one.finding.outcome == "awards"]
    assert [one.finding.clause for one in late] == ["6.2"]
    assert [entry.why for entry in found.refused] == ["not_reached"]


def test_where_people_ruled_otherwise_the_rule_is_named() -> None:
    lines = history(
        visit(1, "10:00", "wang", level="A"),
        close(2, "wang"),
        act(
            3,
            "10:00",
            "ruling",
            "gm",
            instance="general_manager",
            award=[{"party": "li", "share": "100"}],
            reason="so be it",
        ),
    )
    found = refusal(lines, "wang")
    assert str(found.would_need[0]).startswith("By rule (clause P1)")
    assert [turn.credit[0].party for turn in found.records] == ["wang"]
    assert "would have to be another one" in str(refusal(lines, "zhang").would_need[0])


@pytest.mark.parametrize("seed", range(40))
def test_nobody_is_refused_a_random_deal_without_an_account(seed: int) -> None:
    lines = histories.random_history(random.Random(seed))
    ruling, retrial = question(lines)
    retrial.left = 0
    for party in ("wang", "li", "boshan", "wu"):
        found = why_not(retrial, party)
        assert found.has_it is (party in {*(c.party for c in ruling.credit), ruling.holder})
        assert found.has_it or found.would_need
        reached = [one.finding.outcome for one in found.clauses if one.reached]
        assert "awards" not in reached
