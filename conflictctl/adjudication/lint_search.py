"""Small histories tried on a policy in order of size, and what is seen on the way.

First everything of so few entries that all of it can be tried; then histories grow by an entry
at a time.  One from which others grow is one to which the rules answer in a way not seen before,
or, after those, one with entries not seen together under the rule that decides it; the rules take
turns.  What grows is exhausted up to the bound if the time suffices; the harvest says how far it
came.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from heapq import heappop, heappush
from itertools import chain, count
from typing import Any

from conflictctl.adjudication import small_histories
from conflictctl.adjudication.clashes import RuleName
from conflictctl.adjudication.lint_acts import note_level, note_one_more
from conflictctl.adjudication.lint_harvest import Edge, Edged, Harvest, Turn, telling
from conflictctl.adjudication.lint_readings import Reading, kinds_of, readings_of, speaks_of
from conflictctl.adjudication.lint_space import (
    asked_otherwise,
    canonical,
    exchanged,
    exchanged_move,
    grown,
    likely,
    makes_sense,
    repeated,
    shifted,
    size_of,
    with_other_levels,
)
from conflictctl.adjudication.lint_trial import Seen, Trial
from conflictctl.adjudication.small_histories import Move, SmallHistory

ALL_AT_ONCE = 3000
"""Up to so many histories of a size, all of them are tried."""
_DAYS_EACH = 8
"""About so many ways there are to lay the days of two entries."""
_GROWN, _TRIED_IN_PAIRS, _SOUGHT = 0.4, 0.55, 0.85
"""Up to which share of the time histories grow, rules are sought, and turns by readings are."""

_LESS_NEW = 1.5
"""A history with entries not seen together waits as if it had so many entries more than one
with a new answer."""

_LONG, _NOW_AND_THEN = 8, 4
"""What made no difference to so many histories running is tried on every fourth."""

UNTRIED = frozenset(
    {
        "household",
        "present",
        "together",
        "other_customer",
        "linked_before",
        "caseload",
        "cover",
        "absent",
        "attribute",
        "ruled",
    }
)
"""Words that look at what no small history contains."""

Left = Callable[[float], bool]
"""Whether less than a share of the time is spent."""


class Search:
    """Histories of up to `most` entries, tried while there is time."""

    def __init__(self, trial: Trial, most: int, left: Left) -> None:
        self.trial = trial
        self.space = trial.space
        self.most = most
        self.harvest = Harvest()
        self._left = left
        self._share = 1.0
        self._known: dict[SmallHistory, Seen] = {}
        self._waiting: dict[RuleName | None, list[tuple[float, int, SmallHistory]]] = {}
        """Histories from which others may grow, by the rule that decides them."""
        self._grown: Counter[RuleName | None] = Counter()
        self._counter = count()
        self._answers: set[Any] = set()
        self._inert: Counter[Move] = Counter()
        self._passed: Counter[Move] = Counter()
        self._combined: list[SmallHistory] = []
        self._answered: list[SmallHistory] = []
        self._combinations: set[Any] = set()
        self._readings = self.harvest.readings = readings_of(trial)

    def run(self) -> Harvest:
        """Try all there is time for."""
        steps = (
            (self._grow, _GROWN),
            (self._seek, _TRIED_IN_PAIRS),
            (self._find_edges, 1),
            (self._read_otherwise, 1),
        )
        for step, share in steps:
            self._share = share
            with self._slice():
                step()
        self.harvest.histories = len(self._known)
        return self.harvest

    @contextmanager
    def _slice(self) -> Iterator[None]:
        """What is done while its share of the time lasts; if that ends, not all was tried."""
        try:
            yield
        except _TimeIsUp:
            self.harvest.complete = False

    def _grow(self) -> None:
        self._all_of_few_entries()
        while self._waiting:
            rule = min(self._waiting, key=self._turn_of)
            _, _, history = heappop(self._waiting[rule])
            if not self._waiting[rule]:
                del self._waiting[rule]
            self._grown[rule] += 1
            self._expand(history)

    def _turn_of(self, rule: RuleName | None) -> tuple[float, ...]:
        """Whose turn it is: the rule of whose deals the fewest have grown, the smallest first."""
        return self._grown[rule], self._waiting[rule][0][0], self._waiting[rule][0][1]

    def _wait(self, history: SmallHistory, rule: RuleName | None, size: float) -> None:
        heappush(self._waiting.setdefault(rule, []), (size, next(self._counter), history))

    # -------------------------------------------------------------------------- trying

    def _all_of_few_entries(self) -> None:
        moves = len(self.space.moves)
        for size in range(1, self.most + 1):
            if size > 1 and (moves * _DAYS_EACH) ** size // 2 > ALL_AT_ONCE * _DAYS_EACH:
                return
            for history in small_histories.histories(size, self.space.moves, self.space.limits):
                if makes_sense(history):
                    self._look(history)
            self.harvest.exhausted = size

    def _look(self, history: SmallHistory) -> Seen:
        """Try one history, once; it may be one from which others grow."""
        history = canonical(history)
        seen = self._known.get(history)
        if seen is not None:
            return seen
        if not self._left(self._share):
            raise _TimeIsUp
        seen = self._known[history] = self.trial.see(history)
        self.harvest.add(history, seen)
        answer = (seen.rule, seen.given.gives, seen.applying, seen.scores)
        combination = (seen.rule, frozenset((m.by, m.kind, m.marks) for m in history.moves))
        size = len(history.moves)
        if answer not in self._answers:
            self._answers.add(answer)
            self._combinations.add(combination)
            self._answered.append(history)
            self._wait(history, seen.rule, size)
        elif combination not in self._combinations:
            self._combinations.add(combination)
            self._combined.append(history)
            self._wait(history, seen.rule, size + _LESS_NEW)
        return seen

    # ------------------------------------------------------------------- other readings

    def _read_otherwise(self) -> None:
        """Try every reading where the ruling turns, then on a history of each answer, then on
        one of each combination of entries, first on those of which the reading speaks."""
        edges = [canonical(one) for edged in self.harvest.edges.values() for one in _both(edged)]
        for history in sorted(dict.fromkeys([*edges, *self._answered]), key=size_of):
            for reading in self._readings:
                self._read(history, reading)
        open_still = [one for one in self._readings if one not in self.harvest.turns]
        for number, one in enumerate(open_still, 1):
            self._share = _SOUGHT - 0.15 * (1 - number / len(open_still))
            with self._slice():
                self._seek_turn(one)
        self._share = 1.0
        rest = sorted(self._combined, key=size_of)
        open_still = [one for one in self._readings if one not in self.harvest.turns]
        ordered = [sorted(rest, key=partial(_passed_by, one)) for one in open_still]
        for histories in zip(*ordered, strict=True):
            for reading, history in zip(open_still, histories, strict=True):
                if reading not in self.harvest.turns:
                    self._read(history, reading)

    def _seek_turn(self, reading: Reading) -> None:
        """Two entries at once of which a reading speaks, on the smallest deals of each rule."""
        moves = [move for move in self.space.moves if reading.speaks_of(move)]
        for history in self._one_of_each_rule():
            for first in moves:
                for one in grown(history, first, self.space):
                    for two in (one, *(t for second in moves for t in likely(one, second))):
                        if self._turns(canonical(two), reading):
                            return

    def _one_of_each_rule(self) -> list[SmallHistory]:
        """Of each rule the smallest deal that it decides and that has room for another entry."""
        found: dict[RuleName | None, SmallHistory] = {}
        for history in sorted(self._answered, key=size_of):
            seen = self._known[history]
            if seen.is_deal and len(history.moves) < self.most:
                found.setdefault(seen.rule, history)
        return list(found.values())

    def _turns(self, history: SmallHistory, reading: Reading) -> bool:
        if not self._left(self._share):
            raise _TimeIsUp
        self.trial.tried += 1
        self.harvest.read.add(reading)
        after = self.trial.given(history, reading.program)
        seen = self._known.get(history)
        before = self.trial.given(history) if seen is None else seen.given
        if before.gives == after.gives:
            return False
        turn = Turn(history, history, before, after)
        known = self.harvest.turns.get(reading)
        if known is None or telling(turn) < telling(known):
            self.harvest.turns[reading] = turn
        return True

    def _read(self, history: SmallHistory, reading: Reading) -> None:
        """Try a reading where it is not known to turn anything as telling and as small."""
        known = self.harvest.turns.get(reading)
        if known is None or telling(known)[0] or size_of(history) < size_of(known.history):
            self._turns(history, reading)

    # -------------------------------------------------------------------------- growing

    def _expand(self, history: SmallHistory) -> None:
        seen = self._known[history]
        self._move_entries(history)
        self._say_other_levels(history, seen)
        for one in asked_otherwise(history, self.space):
            self._look(one)
        if len(history.moves) >= self.most:
            return
        plain: dict[tuple[str, str], list[Any]] = {}
        for move in self.space.moves:  # the plain entries of a kind come first
            if self._idle(move):
                continue
            answers = [self._follow(history, seen, one, move) for one in likely(history, move)]
            self._inert[move] = 0 if any(answers) else self._inert[move] + 1
            as_plain = answers == plain.setdefault((move.kind, move.by), answers)
            if any(answers) and not (as_plain and move.marks - {"level"}):
                for one in grown(history, move, self.space):
                    self._follow(history, seen, one, move)
            for one in repeated(history, move, self.space):
                if len(one.moves) <= self.most:
                    self._look(one)

    def _idle(self, move: Move) -> bool:
        """Whether to pass over an entry that made no difference for long: mostly."""
        if self._inert[move] < _LONG:
            return False
        self._passed[move] += 1
        return self._passed[move] % _NOW_AND_THEN != 0

    def _follow(self, history: SmallHistory, seen: Seen, larger: SmallHistory, move: Move) -> Any:
        """Try a history that has one entry more; what the rules answer, if otherwise."""
        after = self._look(larger)
        if canonical(larger) is not larger:  # as it was ruled on, the consultants change places
            pair = exchanged(history), exchanged(larger)
            note_one_more(self.harvest, pair, (seen.exchanged(), after), exchanged_move(move))
        else:
            note_one_more(self.harvest, (history, larger), (seen, after), move)
        was, now = (
            (s.is_deal, s.rule, s.given.status, frozenset(n for n, _ in s.applying), s.scores)
            for s in (seen, after)
        )
        return None if was == now else now

    # ------------------------------------------------------------ rules not seen to decide

    def _seek(self) -> None:
        """Entries of which a rule speaks that has not decided yet, one more and two at once:
        where it takes both, neither alone shows anything."""
        open_still = [
            name
            for name in self.trial.rules
            if name not in self.harvest.decided and not self.trial.words_of(name) & UNTRIED
        ]
        width = _TRIED_IN_PAIRS - _GROWN
        for number, name in enumerate(open_still, 1):
            words = self.trial.words_of(name)
            kinds = kinds_of(self.space.policy, words)
            moves = [move for move in self.space.moves if speaks_of(move, words, kinds)]
            self._share = _GROWN + width * number / len(open_still)
            with self._slice():
                for one in chain(self._one_more(name, moves), self._two_more(moves)):
                    self._look(one)
                    if name in self.harvest.decided:
                        break

    def _one_more(self, name: RuleName, moves: Sequence[Move]) -> Iterator[SmallHistory]:
        """One entry more, first where rules decide that have most words in common with a rule."""
        own = self.trial.own_words_of
        near = own(name)

        def far(history: SmallHistory) -> tuple[int, tuple[int, ...]]:
            rule = self._known[history].rule
            return 0 if rule is None else -len(near & own(rule)), size_of(history)

        for history in sorted(self._one_of_each_rule(), key=far):
            for move in moves:
                yield from grown(history, move, self.space)

    def _two_more(self, moves: Sequence[Move]) -> Iterator[SmallHistory]:
        for history in sorted(self._one_of_each_rule(), key=size_of):
            if len(history.moves) < self.most - 1:
                for first in moves:
                    for one in likely(history, first):
                        for second in moves:
                            yield from likely(one, second)

    # ------------------------------------------------------------------ days and levels

    def _say_other_levels(self, history: SmallHistory, seen: Seen) -> None:
        """Each level recorded as another one."""
        for place, one in with_other_levels(history, self.space):
            note_level(self.harvest, (history, one), (seen, self._look(one)), place)

    def _move_entries(self, history: SmallHistory) -> None:
        """Each entry, and the question, a day earlier and later."""
        for place in range(len(history.moves) + 1):
            for step in (-1, 1):
                one = shifted(history, place, step)
                if one is not None:
                    self._look(one)

    def _find_edges(self) -> None:
        """Where the ruling turns from one day to the next, among all that was tried."""
        for history, seen in self._known.items():
            for place in range(len(history.moves) + 1):
                later = shifted(history, place, 1)
                other = None if later is None else self._known.get(later)
                if other is None or other.given.gives == seen.given.gives:
                    continue
                kind = history.moves[place].kind if place < len(history.moves) else None
                edge = Edge(kind, seen.rule, other.rule)
                known = self.harvest.edges.get(edge)
                if known is None or size_of(history) < size_of(known.history):
                    self.harvest.edges[edge] = Edged(history, place, seen.given, other.given)


def _both(edged: Edged) -> Iterator[SmallHistory]:
    yield edged.history
    later = shifted(edged.history, edged.place, 1)
    if later is not None:
        yield later


def _passed_by(reading: Reading, history: SmallHistory) -> bool:
    return not any(map(reading.speaks_of, history.moves))


class _TimeIsUp(Exception):
    """There is no time left."""
