"""The small histories on which a policy is tried, and how a larger one grows out of another.

A history grows by one entry: on the day of any other, before or after it, or at a limit of
time of the policy, or a day beyond it, from the deal (or from the question) and from the first
entry.  Of two histories that differ only in which of the two consultants is which, one is kept.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from conflictctl.adjudication import small_histories
from conflictctl.adjudication.lint_moves import further_moves
from conflictctl.adjudication.small_histories import (
    TWINS,
    Move,
    Rows,
    SmallHistory,
    Stage,
)
from conflictctl.calendar import Calendar
from conflictctl.policy.model import Policy
from conflictctl.policy.program import Program
from conflictctl.policy.quantity import is_time

Limits = Mapping[str | None, frozenset[int]]

_BY_PEOPLE = frozenset({"ruling"})
"""Kinds that end a dispute whatever the rules say."""
_TO_PLACES = frozenset({"to_outlet"})
_PLACES = frozenset(
    {"second_tier", "place", "place_type", "unit", "unit_type", "units", "department"}
)
_DEALS = frozenset({"order", "close"})
_COUNTED = frozenset({"visit", "call", "followup"})
MOST_OFTEN = 4
"""An entry is repeated up to so many times where a policy counts entries."""
MOST_LIMITS = 8
"""So many limits of time are tried from the deal and from the first entry."""


class Space(NamedTuple):
    """What small histories of one policy are made of.

    `levels` are the level with the shortest limit and that with the longest; `often` are numbers
    of entries that exceed a number to which the policy counts.
    """

    policy: Policy
    stage: Stage
    moves: tuple[Move, ...]
    limits: Limits
    levels: tuple[str, ...]
    often: tuple[int, ...]


def space_of(program: Program, calendar: Calendar) -> Space:
    """The space of a policy under its settings."""
    policy = program.policy
    levels = _levels(program)
    words = condition_words(policy)
    moves = [
        move
        for move in dict.fromkeys([*small_histories.alphabet([policy]), *further_moves(policy)])
        if _worth_trying(move, words, levels, program)
    ]
    often = {
        value + 1
        for name, value in program.values.items()
        if type(value) is int
        and not is_time(policy.parameters[name].unit)
        and 0 < value < MOST_OFTEN
    }
    return Space(
        policy,
        small_histories.stage_for([policy], calendar),
        tuple(sorted(moves, key=lambda move: (len(move.marks), move.kind == "order"))),
        small_histories.constants([program]),
        levels,
        tuple(sorted(often)),
    )


def condition_words(policy: Policy) -> frozenset[str]:
    """All words of the file but those of its texts for people and of its comments."""
    found: set[str] = set()
    for line in policy.text.splitlines():
        key = line.partition("=")[0].strip()
        if not key.startswith(("#", "title", "why", "tie.", "en", "zh", "source", "says")):
            found |= set(small_histories.WORD.findall(line))
    return frozenset(found)


def _levels(program: Program) -> tuple[str, ...]:
    limits: dict[str, int] = {}
    for name, value in program.values.items():
        parameter = program.policy.parameters[name]
        if parameter.type == "table" and is_time(parameter.unit) and value:
            for key, amount in value.items():
                limits.setdefault(key, int(amount))
    ordered = sorted(limits, key=lambda key: limits[key])
    return tuple(dict.fromkeys([*ordered[:1], *ordered[-1:]]))


def _worth_trying(
    move: Move, words: frozenset[str], levels: Sequence[str], program: Program
) -> bool:
    if move.kind in _BY_PEOPLE:
        return False
    if move.kind == "order":
        return program.order_counts or bool(words & {"orderer", "order"} - {"order"})
    if "outlet" in move.marks or (move.by == small_histories.OUTSIDER and move.marks - _TO_PLACES):
        return False
    if (move.by == small_histories.OUTSIDER or move.marks & _TO_PLACES) and not words & _PLACES:
        return move.by == small_histories.OUTSIDER and move.kind == "visit" and not move.marks
    level = dict(move.fields).get("level")
    return level is None or level in levels


# ------------------------------------------------------------------------------- growth


def grown(history: SmallHistory, move: Move, space: Space) -> Iterator[SmallHistory]:
    """A history with one more entry, wherever and whenever it may make a difference."""
    if not may_be_added(history, move):
        return
    for day in sorted(_days_about(history, move, space.limits)):
        for place in _places_on(history, day):
            one = _with_entry(history, move, place, day)
            if makes_sense(one):
                yield one


def likely(history: SmallHistory, move: Move) -> Iterator[SmallHistory]:
    """Those of `_likely` that make sense."""
    return filter(makes_sense, _likely(history, move))


def makes_sense(history: SmallHistory) -> bool:
    """Whether there is at most one order and one close, and a filing before each decision on
    one."""
    kinds = [move.kind for move in history.moves]
    if kinds.count("order") > 1 or kinds.count("close") > 1:
        return False
    return "decision" not in kinds or "filing" in kinds[: kinds.index("decision")]


def _likely(history: SmallHistory, move: Move) -> Iterator[SmallHistory]:
    """The few of those that first show whether an entry can make a difference at all: just
    before the deal, and the day before everything; what is no contact, between order and close
    and after the deal, too."""
    if not may_be_added(history, move):
        return
    deal = deal_place(history)
    last = len(history.moves)
    if deal is None or move.kind in _DEALS:
        yield _with_entry(history, move, last, history.days[-1])
    if deal is not None and move.kind not in _COUNTED:
        yield _with_entry(history, move, last, history.days[-1])
    if deal is not None:
        yield _with_entry(history, move, deal, history.days[deal])
        if history.moves[deal].kind == "order" and move.kind not in _COUNTED:
            for place in range(deal + 1, last):
                if history.moves[place].kind == "close":
                    yield _with_entry(history, move, place, history.days[place])
    yield _with_entry(history, move, 0, -1)


def repeated(history: SmallHistory, move: Move, space: Space) -> Iterator[SmallHistory]:
    """A history with an entry as often as exceeds what the policy counts to, a day apart."""
    if move.kind not in _COUNTED or not may_be_added(history, move):
        return
    for often in space.often:
        one = history
        for _ in range(often):
            deal = deal_place(one)
            place = len(one.moves) if deal is None else deal
            before = bisect_left(one.days, one.days[place - 1 if deal is None else place])
            day = one.days[before] - 1
            one = _with_entry(one, move, bisect_right(one.days, day), day)
        yield one


def asked_otherwise(history: SmallHistory, space: Space) -> Iterator[SmallHistory]:
    """The same entries, asked about at each limit of time after the last and the first."""
    if history.asked is None:
        return
    last = history.days[-1]
    days = {base + gap for base in (0, last) for gap in (0, *_gaps(history, None, space.limits))}
    for day in sorted(days):
        if day >= last and day != history.asked:
            yield history._replace(asked=day)


def shifted(history: SmallHistory, place: int, step: int) -> SmallHistory | None:
    """A history with one entry some days later or earlier; None where it would change places.

    The place after the last entry is that of the question.
    """
    if place == len(history.moves):
        if history.asked is None or history.asked + step < history.days[-1]:
            return None
        return history._replace(asked=history.asked + step)
    day = history.days[place] + step
    days = (*history.days[:place], day, *history.days[place + 1 :])
    if list(days) != sorted(days) or (history.asked is not None and days[-1] > history.asked):
        return None
    return _begun(history.moves, days, history.asked)


def with_other_levels(history: SmallHistory, space: Space) -> Iterator[tuple[int, SmallHistory]]:
    """A history with one recorded level as another, and the place of the entry."""
    for place, move in enumerate(history.moves):
        fields = dict(move.fields)
        for level in space.levels if "level" in fields else ():
            said = {**fields, "level": level}
            for other in space.moves:
                alike = (other.kind, other.by, other.late) == (move.kind, move.by, move.late)
                if other != move and alike and dict(other.fields) == said:
                    moves = (*history.moves[:place], other, *history.moves[place + 1 :])
                    yield place, history._replace(moves=moves)


def deal_place(history: SmallHistory) -> int | None:
    """Where the entry stands that is the deal: the order if there is one, else the close."""
    kinds = [move.kind for move in history.moves]
    for kind in ("order", "close"):
        if kind in kinds:
            return kinds.index(kind)
    return None


def may_be_added(history: SmallHistory, move: Move) -> bool:
    """At most one order and one close."""
    return move.kind not in _DEALS or all(one.kind != move.kind for one in history.moves)


def _days_about(history: SmallHistory, move: Move, limits: Limits) -> set[int]:
    deal = deal_place(history)
    days = set(history.days)
    first = history.days[0]
    if deal is None:
        assert history.asked is not None
        anchor = history.asked
    else:
        anchor = history.days[deal]
    days.add(anchor)
    for gap in _gaps(history, move, limits):
        days |= {anchor - gap, first + gap}
        if deal is not None:
            days.add(anchor + gap)
        elif move.kind in _DEALS:
            days.add(history.days[-1] + gap)
    if deal is None and move.kind not in _DEALS:
        days = {day for day in days if day <= anchor}
    return days


def _gaps(history: SmallHistory, move: Move | None, limits: Limits) -> set[int]:
    """A day, each limit, and a day more; limits of a table where their key is said."""
    moves = history.moves if move is None else (*history.moves, move)
    said = {value for one in moves for _, value in one.fields if isinstance(value, str)}
    keyed = set().union(*(limits.get(key, frozenset()) for key in said))
    days = sorted(keyed) + sorted(limits.get(None, frozenset()) - keyed)
    return {1, *(day + step for day in days[:MOST_LIMITS] for step in (0, 1))} - {0}


def _places_on(history: SmallHistory, day: int) -> range:
    return range(bisect_left(history.days, day), bisect_right(history.days, day) + 1)


def _with_entry(history: SmallHistory, move: Move, place: int, day: int) -> SmallHistory:
    moves = (*history.moves[:place], move, *history.moves[place:])
    days = (*history.days[:place], day, *history.days[place:])
    asked = None if move.kind in _DEALS else history.asked
    return _begun(moves, days, asked)


def _begun(moves: tuple[Move, ...], days: Sequence[int], asked: int | None) -> SmallHistory:
    first = days[0]
    return SmallHistory(
        moves, tuple(day - first for day in days), None if asked is None else asked - first
    )


# ------------------------------------------------------------------------- who is who


def canonical(history: SmallHistory) -> SmallHistory:
    """The same with the two consultants named in the order in which they appear."""
    for move in history.moves:
        for name in named_in(move):
            if name == TWINS[0]:
                return history
            if name == TWINS[1]:
                return exchanged(history)
    return history


def exchanged(history: SmallHistory) -> SmallHistory:
    """The same with each of the two consultants in the place of the other."""
    return history._replace(moves=tuple(exchanged_move(one) for one in history.moves))


def exchanged_name(name: str) -> str:
    """The other of the two consultants; anybody else stays who he is."""
    first, second = TWINS
    return {first: second, second: first}.get(name, name)


@lru_cache(maxsize=4096)
def named_in(move: Move) -> tuple[str, ...]:
    """Everybody an entry names, its author first."""
    names = [move.by]
    for _, value in move.fields:
        if isinstance(value, Rows):
            names += [name for name in TWINS if f'"{name}"' in value.text]
        elif isinstance(value, str):
            names.append(value)
    return tuple(names)


@lru_cache(maxsize=4096)
def exchanged_move(move: Move) -> Move:
    """An entry with each of the two consultants in the place of the other."""
    return move._replace(
        by=_other(move.by), fields=tuple((name, _other(value)) for name, value in move.fields)
    )


def _other(value: Any) -> Any:
    if isinstance(value, Rows):
        first, second = TWINS
        text = value.text.replace(f'"{first}"', '"\0"').replace(f'"{second}"', f'"{first}"')
        return Rows(text.replace('"\0"', f'"{second}"'))
    return exchanged_name(value) if isinstance(value, str) else value


def size_of(history: SmallHistory) -> tuple[int, ...]:
    """How small a history is, for choosing the smallest: entries, what they say, days."""
    marks = sum(len(move.marks) + move.late + (move.kind == "order") for move in history.moves)
    span = history.days[-1] if history.asked is None else history.asked
    return len(history.moves), marks, span
