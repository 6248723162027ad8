"""Small histories: that they are all there, and that the smallest difference is one."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conflictctl.adjudication.backtest import Ruler, laid_over
from conflictctl.adjudication.case_text import CaseText, case_file, history_lines
from conflictctl.adjudication.notation import read_line_of_history
from conflictctl.adjudication.small_histories import (
    Move,
    SmallHistory,
    alphabet,
    asked_at,
    constants,
    events_of_small,
    gaps,
    histories,
    spreads,
    stage_for,
)
from conflictctl.adjudication.smallest_difference import Search, Searcher
from conflictctl.adjudication.worked_cases import parse_cases, try_case
from conflictctl.events import read_line
from conflictctl.policy.model import Policy, load_policy, parse_policy, preset_ids
from tests.in_memory import RENAULT, SHANGHAI
from tests.policy_frame import HEAD, LET, LISTED, a_rule, parameter

WEEK = parameter("days", 2, "days", minimum=0) + parameter("late_days", 4, "days", minimum=0)
RULES = (
    a_rule("1", "first_file and gap(first_file, deal) <= days", 'credit = "author(first_file)"'),
    a_rule("2", "first_file and gap(first_file, deal) >= late_days", 'refer = "panel"'),
    a_rule("3", "closer", 'credit = "closer"'),
)


# Fewer kinds of entries than the usual small policy has: all pairs of entries are tried here.
_SPOKEN_OF = HEAD.replace('["visit", "call", "followup"]', '["visit"]')
for _kind in ("filing", "decision", "finding", "claim"):
    _SPOKEN_OF = _SPOKEN_OF.replace(f'kinds = ["{_kind}"]', 'kinds = ["visit"]')


def small(*rules: str) -> Policy:
    text = _SPOKEN_OF.format(parameters=WEEK) + LET + LISTED + "".join(rules)
    return parse_policy(text, "small")


SMALL = small(*RULES)


def searcher(a: Policy, b: Policy, **settings: Any) -> Searcher:
    return Searcher(Ruler(laid_over(a), {}), Ruler(laid_over(b), settings), SHANGHAI)


def always(share: float) -> bool:
    return True


def search(a: Policy, b: Policy, most: int = 2, **settings: Any) -> Search:
    return searcher(a, b, **settings).search(most, always)


# ------------------------------------------------------------------------------- the days


@settings(max_examples=40, deadline=None)
@given(
    st.sets(st.integers(1, 6), min_size=1, max_size=2),
    st.lists(st.integers(0, 9), min_size=1, max_size=2),
)
def test_every_order_of_days_against_every_constant_is_there(
    limits: set[int], more: list[int]
) -> None:
    """Whatever the days, some spread lies on the same side of every constant everywhere."""
    days = [0]
    for step in more:
        days.append(days[-1] + step)

    def sides(row: tuple[int, ...]) -> list[tuple[bool, bool]]:
        distances = [b - a for n, a in enumerate(row) for b in row[n + 1 :]]
        return [(d < limit, d > limit) for d in distances for limit in (0, *limits)]

    known = [sides(spread) for spread in spreads(len(days), gaps(limits))]
    assert sides(tuple(days)) in known


def test_days_do_not_fall_and_none_stands_twice() -> None:
    found = spreads(3, gaps({2}))
    assert len(set(found)) == len(found)
    assert all(days[0] == 0 and list(days) == sorted(days) for days in found)


def test_a_limit_by_level_is_tried_where_the_level_is_said() -> None:
    stage = laid_over(RENAULT)
    limits = constants([Ruler(stage, {}).program])
    assert limits["C"] == {30}
    visits = [Move("visit", "li"), Move("visit", "li", (("level", "C"),))]
    close = Move("close", "li")
    spans = {
        fields: {
            history.days[-1]
            for history in histories(2, [*visits, close], limits)
            if history.moves[0] == visit and history.moves[1] == close
        }
        for visit in visits
        for fields in [dict(visit.fields).get("level")]
    }
    assert {29, 30, 31} <= spans["C"]
    assert not {29, 30, 31} & spans[None]


# --------------------------------------------------------------------------- the alphabet


@pytest.mark.parametrize("name", preset_ids())
def test_every_entry_of_every_preset_is_a_valid_event(name: str) -> None:
    policy = load_policy(name)
    stage = stage_for([policy], SHANGHAI)
    moves = alphabet([policy])
    assert len(moves) == len(set(moves))
    kinds = {kind for one in policy.classes.values() for kind in one.kinds}
    assert {"close", "order"} | (kinds & {"visit", "call", "followup"}) <= {
        move.kind for move in moves
    }
    for move in moves:
        history = SmallHistory((move,), (0,), None)
        (event,) = events_of_small(history, stage)
        assert event.recorded_at >= event.at
        (line,) = history_lines(history, stage)
        draft = read_line(read_line_of_history(line, SHANGHAI))
        assert (draft.kind, draft.by, draft.at) == (event.kind, event.by, event.at)
        assert dict(draft.fields) == dict(event.fields)


def test_of_two_that_differ_only_in_who_is_who_one_is_enough() -> None:
    moves = [Move(kind, by) for kind in ("visit", "close") for by in ("li", "wang")]
    pairs = {history.moves for history in histories(2, moves, {None: frozenset({1})})}
    assert len(pairs) == 8
    assert all(pair[0].by == "li" for pair in pairs)


# ------------------------------------------------------------------ the smallest difference


@pytest.mark.parametrize(
    ("rules", "values", "entries"),
    [
        (RULES, {"days": 3}, 2),  # a file three days before the close
        (RULES, {"late_days": 5}, 2),
        ((a_rule("3", "closer", 'refer = "panel"'),), {}, 1),
        ((RULES[1], RULES[0], RULES[2]), {}, None),  # neither can apply with the other
        ((RULES[2], RULES[0], RULES[1]), {}, 2),
    ],
)
def test_a_smallest_history_differs_and_no_smaller_does(
    rules: tuple[str, ...], values: dict[str, Any], entries: int | None
) -> None:
    other = small(*rules)
    found = search(SMALL, other, **values)
    if entries is None:
        assert found.found is None
        assert found.exhausted == 2
        return
    assert found.found is not None
    assert found.smallest
    assert len(found.found.history.moves) == entries
    trial = searcher(SMALL, other, **values)
    assert trial.differs(found.found.history) is not None
    # By brute force: nothing smaller differs, on any day up to a week.
    for size in range(1, entries):
        for moves in product(trial.moves, repeat=size):
            for day in (0, 2, 3, 4, 5):
                has_deal = any(move.kind in ("close", "order") for move in moves)
                one = SmallHistory(moves, (0,) * size, None if has_deal else day)
                assert trial.differs(one) is None


def test_the_limit_that_changed_is_found_on_its_very_day() -> None:
    found = search(SMALL, SMALL, days=3).found
    assert found is not None
    assert found.history.days == (0, 3)
    assert [move.kind for move in found.history.moves] == ["visit", "close"]


def test_a_policy_does_not_differ_from_itself() -> None:
    found = search(SMALL, SMALL)
    assert found.found is None
    assert found.exhausted == 2
    assert not found.smallest


def test_time_that_is_up_ends_the_search_and_it_says_how_far_it_came() -> None:
    found = searcher(SMALL, SMALL).search(4, lambda share: False)
    assert found.found is None
    assert found.exhausted == 1  # single entries are fewer than are tried between two looks
    assert found.tried < 200


def test_the_preset_with_a_longer_interval() -> None:
    longer = {"level_limit_days": {"H": 5, "A": 7, "B": 15, "C": 30}}
    left = iter([True] * 100)
    trial = searcher(RENAULT, RENAULT, **longer)
    found = trial.search(3, lambda share: next(left, False))
    assert found.found is not None
    assert [(m.by, m.kind) for m in found.found.history.moves] == [
        ("li", "visit"),
        ("wang", "close"),
        ("li", "claim"),
    ]
    result = found.found.result
    assert result.a is not None
    assert result.b is not None
    assert (result.a.decided_by, result.b.decided_by) == ("P3", "6.2")


def test_what_is_saved_passes_as_a_worked_case() -> None:
    for values in ({"days": 3}, {"late_days": 5}):
        trial = searcher(SMALL, SMALL, **values)
        found = trial.search(2, always).found
        assert found is not None
        assert found.result.b is not None
        differs = CaseText(
            "differs",
            ("It differs", "不同"),
            'policy "diff"',
            found.history,
            found.result.b,
            values,
        )
        text = case_file("small", trial.stage, [differs])
        (case,) = parse_cases(text, policy=SMALL, file="differs.cases.toml")
        assert try_case(case, SMALL).differences == ()
        assert len(case.events) >= len(found.history.moves)


def test_a_question_without_a_deal_is_asked_when_it_differs() -> None:
    holds = a_rule("1", "first_file and gap(first_file, now) <= days", "X", stage='"open"')
    holds = holds.replace("then.X", 'then.hold = "author(first_file)"')
    policy = small(holds, RULES[2])
    found = search(policy, policy, days=3)
    assert found.found is not None
    history = found.found.history
    assert (len(history.moves), history.asked) == (1, 3)
    stage = stage_for([policy], SHANGHAI)
    assert SHANGHAI.day(asked_at(history, stage)) == stage.first_day + 3
