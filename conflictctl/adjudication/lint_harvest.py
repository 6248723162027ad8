"""What is seen while small histories are tried on a policy, each with its smallest history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from conflictctl.adjudication.backtest import Given
from conflictctl.adjudication.clashes import Pair, RuleName
from conflictctl.adjudication.lint_readings import Reading
from conflictctl.adjudication.lint_space import size_of
from conflictctl.adjudication.lint_trial import Seen, winners
from conflictctl.adjudication.small_histories import SmallHistory

_SAME_GAP = {"order": "close"}


class Turn(NamedTuple):
    """Two rulings that differ: on two histories, or on one under two readings."""

    history: SmallHistory
    other: SmallHistory
    before: Given
    after: Given


class Act(NamedTuple):
    """What somebody does alone: `how` is add, omit, level (says another level), or needless (it
    changes the clause and nobody's credit); `closer` whether it is who took or made the deal, None
    where there is none; `late`: not before the day of the deal.  The clauses that decide before
    and after it."""

    how: str
    kind: str
    says: tuple[tuple[str, Any], ...]
    closer: bool | None
    late: bool
    before: str | None
    after: str | None


def telling(turn: Turn) -> tuple[Any, ...]:
    """How telling a turn is, the less the more: from one winner to another, on a small history."""
    return not (winners(turn.before) and winners(turn.after)), size_of(turn.history)


class Edge(NamedTuple):
    """A day on which the ruling turns: what is moved (a kind, or None: the question), and the
    rules that decide before it and after it."""

    kind: str | None
    before: RuleName | None
    after: RuleName | None


class Edged(NamedTuple):
    """A history, the place of the entry that is moved, and the rulings on it as it is and with
    that entry a day later."""

    history: SmallHistory
    place: int
    before: Given
    after: Given


class Harvest:
    """What was seen, each with its smallest history."""

    def __init__(self) -> None:
        self.deals = 0
        self.decided: dict[RuleName, SmallHistory] = {}
        self.applied: dict[RuleName, SmallHistory] = {}
        self.times: Counter[RuleName] = Counter()
        self.together: Counter[tuple[RuleName, RuleName]] = Counter()
        self._clashing: dict[Pair, SmallHistory] = {}
        self._behind: dict[Pair, SmallHistory] = {}
        self.pair_times: Counter[Pair] = Counter()
        self.gaps: dict[tuple[str, frozenset[str]], SmallHistory] = {}
        self.gap_times: Counter[str] = Counter()
        self.edges: dict[Edge, Edged] = {}
        self.acts: dict[Act, Turn] = {}
        self.act_times: Counter[Act] = Counter()
        self.turns: dict[Reading, Turn] = {}
        self.readings: Sequence[Reading] = ()
        self.read: set[Reading] = set()
        """Readings that were tried at all."""
        self.histories = 0
        self.exhausted = 0
        """Every history of up to so many entries was tried."""
        self.complete = True
        """Whether nothing was left untried for want of time."""

    @property
    def pairs(self) -> Mapping[Pair, SmallHistory]:
        """The pairs of rules that name different winners, on a history that the first of them
        decides if there is one."""
        return {**self._behind, **self._clashing}

    def add(self, history: SmallHistory, seen: Seen) -> None:
        """Note what the rules say of one history."""
        self.deals += seen.is_deal
        if seen.rule is not None:
            _keep(self.decided, seen.rule, history)
        names = [name for name, _ in seen.applying]
        for name in (*names, *seen.went_on):
            self.times[name] += 1
            _keep(self.applied, name, history)
        for name in seen.went_on:
            _keep(self.decided, name, history)
        for place, one in enumerate(names):
            for other in names[place + 1 :]:
                self.together[one, other] += 1
        for pair in seen.pairs:
            self.pair_times[pair] += 1
            kept = self._clashing if seen.rule == pair.first else self._behind
            _keep(kept, pair, history)
        gap = "none" if seen.no_rule else "fact" if seen.waits else None
        if gap is not None:
            self.gap_times[gap] += 1
            # An order and a close leave the same gap.
            kinds = frozenset(_SAME_GAP.get(m.kind, m.kind) for m in history.moves)
            _keep(self.gaps, (gap, kinds), history)


def _keep(found: dict[Any, SmallHistory], key: Any, history: SmallHistory) -> None:
    known = found.get(key)
    if known is None or size_of(history) < size_of(known):
        found[key] = history
