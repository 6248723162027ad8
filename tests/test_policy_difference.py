"""What differs between two policies: every section, every kind of change."""

from __future__ import annotations

import itertools

import pytest

from conflictctl.policy.difference import Change, difference
from conflictctl.policy.model import Policy, load_policy, parse_policy, preset_ids
from conflictctl.render.language import set_language
from conflictctl.render.policy_difference import difference_data, difference_lines
from tests.policy_frame import HEAD, LET, LISTED, a_rule, parameter

FIRST = a_rule("1", "first_file", 'credit = "author(first_file)"')
SECOND = a_rule("2", "closer", 'credit = "closer"')
THIRD = a_rule("3", "closer", 'refer = "panel"')


def small(*rules: str, more: str = "", days: int = 3) -> Policy:
    head = HEAD.format(parameters=parameter("days", days, "days"))
    return parse_policy(head + LET + LISTED + "".join(rules) + more, "small")


def told(changes: tuple[Change, ...]) -> list[tuple[str, str, str]]:
    return [(change.section, change.key, change.change) for change in changes]


@pytest.mark.parametrize("name", preset_ids())
def test_a_policy_does_not_differ_from_itself(name: str) -> None:
    assert difference(load_policy(name), load_policy(name)) == ()


def test_a_number_that_changed() -> None:
    (change,) = difference(small(FIRST), small(FIRST, days=5))
    assert (change.section, change.key, change.change) == ("parameters", "days", "changed")
    assert (change.a.default, change.b.default) == (3, 5)


def test_rules_added_removed_changed_and_moved() -> None:
    a = small(FIRST, SECOND, THIRD)
    assert told(difference(a, small(FIRST, SECOND))) == [("rule", "3", "removed")]
    assert told(difference(small(FIRST, SECOND), a)) == [("rule", "3", "added")]
    (moved,) = difference(a, small(THIRD, FIRST, SECOND))
    assert (moved.key, moved.change, moved.places) == ("3", "moved", (3, 1))
    other = a_rule("2", "closer or first_file", 'credit = "closer"')
    (changed,) = difference(a, small(FIRST, other, THIRD))
    assert (changed.key, changed.change, changed.places) == ("2", "changed", (2, 2))
    assert changed.b.when == "closer or first_file"


def test_of_several_rules_of_a_clause_the_likest_are_matched() -> None:
    again = a_rule("1", "first_file and closer", 'credit = "closer"')
    changed = a_rule("1", "first_file and closer", 'refer = "panel"')
    (found,) = difference(small(FIRST, again), small(changed, FIRST))
    assert (found.change, found.places) == ("changed", (2, 1))


def test_windows_instances_words_and_lets() -> None:
    window = '[windows.claim]\ndays = "days"\n'
    a, b = small(FIRST), small(FIRST, more=window)
    assert told(difference(a, b)) == [("windows", "claim", "added")]
    text = HEAD.format(parameters=parameter("days", 3, "days")) + LET + LISTED + FIRST
    other = parse_policy(
        text.replace('above_parties = "heads"', 'above_parties = "sellers"').replace(
            "author(delivery)", "author(order)"
        ),
        "small",
    )
    assert told(difference(a, other)) == [
        ("let", "closer", "changed"),
        ("powers", "above_parties", "changed"),
    ]


def test_swapping_the_two_swaps_added_and_removed() -> None:
    names = preset_ids()
    opposite = {"added": "removed", "removed": "added", "changed": "changed", "moved": "moved"}
    for one, other in itertools.pairwise(names):
        a, b = load_policy(one), load_policy(other)
        there = {(s, k, c) for s, k, c in told(difference(a, b)) if s != "rule"}
        back = {(s, k, opposite[c]) for s, k, c in told(difference(b, a)) if s != "rule"}
        assert there == back


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_item_of_every_preset_can_be_read(lang: str) -> None:
    names = preset_ids()
    set_language(lang)
    try:
        for one, other in itertools.pairwise(names):
            a, b = load_policy(one), load_policy(other)
            changes = difference(a, b)
            lines = list(difference_lines(changes, a, b, width=80, fold=True))
            assert len(lines) > len(changes)
            assert len(difference_data(changes)) == len(changes)
            assert not any("NamedTuple" in line or "Bilingual" in line for line in lines)
    finally:
        set_language("en")
