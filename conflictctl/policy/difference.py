"""What differs between two policies, item by item: parameters, classes, rules and all the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from conflictctl.policy.model import Policy, Rule

ADDED, REMOVED, CHANGED, MOVED = "added", "removed", "changed", "moved"

_TABLES = {
    "words": "words",
    "parameters": "parameters",
    "entries": "classes",
    "findings": "findings",
    "let": "lets",
    "deal": "deal",
    "holding": "holding",
    "windows": "windows",
    "standing": "standing",
    "identity": "identity",
    "calendar": "calendar",
    "powers": "powers",
    "instances": "instances",
    "precedence": "precedence",
    "tie": "tie",
    "no_rule": "no_rule",
    "names": "names",
    "clauses": "clauses",
    "says": "says",
}
"""Sections of a file that are tables, and where a policy keeps them, in the order shown."""

_LISTS = {"warning": "warnings", "sanction": "sanctions", "rate": "rates", "leave_out": "leave_out"}
_HEAD = ("id", "version", "title", "source", "applies_from", "applies_to", "otherwise")


class Change(NamedTuple):
    """One item that differs.  `change` is added, removed, changed or moved.

    `a` and `b` are the item in either policy (None where it has none): a plain value, or the
    part of the policy as `model` keeps it.  Rules have their numbers, from 1, as `places`.
    """

    section: str
    key: str
    change: str
    a: Any
    b: Any
    places: tuple[int | None, int | None] = (None, None)


def difference(a: Policy, b: Policy) -> tuple[Change, ...]:
    """All items that differ, in the order of a policy file; empty for the same policy."""
    head = [{name: getattr(policy, name) for name in _HEAD} for policy in (a, b)]
    found = [*_of_tables("policy", head[0], head[1])]
    for section, name in _TABLES.items():
        found += _of_tables(section, getattr(a, name), getattr(b, name))
    found += _of_rules("rule", a.rules, b.rules)
    found += _of_rules("fallback", a.fallback, b.fallback)
    found += _of_scorecard(a, b)
    for section, name in _LISTS.items():
        found += _of_lists(section, getattr(a, name), getattr(b, name))
    return tuple(found)


def _of_tables(section: str, a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[Change]:
    for key in dict.fromkeys([*a, *b]):
        one, other = a.get(key), b.get(key)
        if one != other:
            change = ADDED if key not in a else REMOVED if key not in b else CHANGED
            yield Change(section, key, change, one, other)


def _of_lists(section: str, a: Sequence[Any], b: Sequence[Any]) -> Iterator[Change]:
    rest = list(b)
    for one in a:
        if one in rest:
            rest.remove(one)
        else:
            yield Change(section, "", REMOVED, one, None)
    for one in rest:
        yield Change(section, "", ADDED, None, one)


def _of_scorecard(a: Policy, b: Policy) -> Iterator[Change]:
    cards = [
        {key: value for key, value in policy.scorecard.items() if key != "row"} for policy in (a, b)
    ]
    yield from _of_tables("scorecard", cards[0], cards[1])
    rows = [{row.id: row for row in policy.rows} for policy in (a, b)]
    yield from _of_tables("scorecard.row", rows[0], rows[1])


# ------------------------------------------------------------------------------- rules


def _of_rules(section: str, a: Sequence[Rule], b: Sequence[Rule]) -> Iterator[Change]:
    pairs = _matched(a, b)
    kept = _longest_rising([other for _, other in pairs])
    partner_of_b = {other: one for one, other in pairs}
    partner_of_a = dict(pairs)
    for one, rule in enumerate(a):
        other = partner_of_a.get(one)
        if other is None:
            yield Change(section, rule.clause, REMOVED, rule, None, (one + 1, None))
            continue
        places = (one + 1, other + 1)
        if _plain(rule) != _plain(b[other]):
            yield Change(section, rule.clause, CHANGED, rule, b[other], places)
        elif other not in kept:
            yield Change(section, rule.clause, MOVED, rule, b[other], places)
    for other, rule in enumerate(b):
        if other not in partner_of_b:
            yield Change(section, rule.clause, ADDED, None, rule, (None, other + 1))


def _plain(rule: Rule) -> Rule:
    """A rule without its place in the file, which is shown beside it."""
    return rule._replace(place=())


def _matched(a: Sequence[Rule], b: Sequence[Rule]) -> list[tuple[int, int]]:
    """Which rule of B is which of A: the same, of the same name, or the likest of its clause."""
    free_a, free_b = list(range(len(a))), list(range(len(b)))
    pairs: list[tuple[int, int]] = []

    def pair(one: int, other: int) -> None:
        pairs.append((one, other))
        free_a.remove(one)
        free_b.remove(other)

    for one in list(free_a):
        same = [other for other in free_b if _plain(a[one]) == _plain(b[other])]
        if same:
            pair(one, same[0])
    for one in list(free_a):
        named = [other for other in free_b if a[one].name and a[one].name == b[other].name]
        if named:
            pair(one, named[0])
    likeness = sorted(
        (-_alike(a[one], b[other]), one, other)
        for one in free_a
        for other in free_b
        if a[one].clause == b[other].clause and a[one].stage == b[other].stage
    )
    for _, one, other in likeness:
        if one in free_a and other in free_b:
            pair(one, other)
    return sorted(pairs)


def _alike(one: Rule, other: Rule) -> float:
    return SequenceMatcher(None, str(_plain(one)), str(_plain(other)), autojunk=False).ratio()


def _longest_rising(numbers: Sequence[int]) -> set[int]:
    """A longest rising part of a list of different numbers: what did not move."""
    nothing: list[int] = []
    best = [nothing]
    for number in numbers:
        _, before = max((len(part), part) for part in best if not part or part[-1] < number)
        best.append([*before, number])
    return set(max((len(part), part) for part in best)[1])
