"""The smallest history on which two policies rule differently, by trying them in order of size.

After single entries come the histories that most likely show it: simple entries, and those of
which the changed parts of the policies speak, at the limits that changed.  What is found there
is a difference, but perhaps not a smallest one; then everything with fewer entries is tried.
`exhausted` says up to how many entries that was done.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from conflictctl.adjudication import small_histories
from conflictctl.adjudication.backtest import Compared, Court, Ruler, compared
from conflictctl.adjudication.small_histories import Move, SmallHistory, Stage, fields_of
from conflictctl.calendar import Calendar
from conflictctl.events import Event
from conflictctl.policy.model import Policy
from conflictctl.policy.program import Program

_WORD = re.compile(r"[A-Za-z_]\w*")
_PLAIN = frozenset({"visit", "followup", "claim", "close"})
_LIKELY_SHARE = 0.5
"""What part of the time goes to the likely histories."""

Limits = Mapping[str | None, frozenset[int]]
Left = Callable[[float], bool]
"""Whether less than a share of the time is spent."""


class Found(NamedTuple):
    """A history on which the two differ, with its events, and both rulings on it."""

    history: SmallHistory
    events: tuple[Event, ...]
    result: Compared


class Search(NamedTuple):
    """What came of it.  Every history of at most `exhausted` entries was tried, or all those
    smaller than the one found; `tried` counts all of them."""

    found: Found | None
    tried: int
    exhausted: int

    @property
    def smallest(self) -> bool:
        """Whether nothing smaller can show a difference."""
        return self.found is not None and self.exhausted >= len(self.found.history.moves) - 1


class Searcher:
    """Two policies and the stage on which small histories are tried on them."""

    def __init__(self, a: Ruler, b: Ruler, calendar: Calendar) -> None:
        self.a, self.b = a, b
        self.policies: tuple[Policy, Policy] = (a.policy, b.policy)
        self.programs: tuple[Program, Program] = (a.program, b.program)
        self.stage: Stage = small_histories.stage_for(self.policies, calendar)
        self.moves: list[Move] = small_histories.alphabet(self.policies)
        self.limits: Limits = small_histories.constants(self.programs)
        self.tried = 0

    def search(self, most: int, left: Left) -> Search:
        """Try histories of up to `most` entries while there is time."""
        exhausted = 0
        found = None
        for size in range(1, most + 1):
            if size == 2:  # single entries are few; then what most likely shows it
                found = self._likely(most, left)
            if found is not None and size >= len(found.history.moves):
                break
            for history in small_histories.histories(size, self.moves, self.limits):
                smaller = self.differs(history)
                if smaller is not None:
                    return Search(smaller, self.tried, size - 1)
                if self.tried % _LOOK == 0 and not left(1):
                    return Search(found, self.tried, exhausted)
            exhausted = size
        return Search(found, self.tried, exhausted)

    def differs(self, history: SmallHistory) -> Found | None:
        """Both rulings on a history, if they differ."""
        self.tried += 1
        stage = self.stage
        events = small_histories.events_of_small(history, stage)
        court = Court(
            self.a,
            self.b,
            small_histories.people_of(history, events, stage),
            stage.calendar,
            small_histories.asked_at(history, stage),
        )
        for result in compared(events, [small_histories.CUSTOMER], court):
            if result.flipped:
                return Found(history, tuple(events), result)
        return None

    # ------------------------------------------------------------------- what is likely

    def _likely(self, most: int, left: Left) -> Found | None:
        parameters = self._changed_values()
        words = changed_words(self.policies, parameters)
        near = changed_words(self.policies, parameters, follow=False)
        changed = self._limits_of(parameters) or self._limits_in(near)
        levels = small_histories.levels_of(self.policies)
        keys = {key for key in levels if key in changed} or set(levels[:1])
        moves = [move for move in self.moves if _simple(move, words, keys)]
        # What the change speaks of comes first, then what every history has.
        moves.sort(key=lambda move: not move.marks)
        plain = [move for move in moves if move.kind in _PLAIN and move.marks <= {"level"}]
        for some, limits, largest in (
            (plain, changed, min(most, 3)),
            (moves, changed, most),
            (moves, self.limits, most),
        ):
            for size in range(1, largest + 1):
                for with_deal in (True, False):
                    found = self._among(size, some, limits, with_deal, left)
                    if found is not None or not left(_LIKELY_SHARE):
                        return found
        return None

    def _among(
        self, size: int, moves: Sequence[Move], limits: Limits, with_deal: bool, left: Left
    ) -> Found | None:
        """The first difference among histories of a size with or without a deal."""
        for history in small_histories.histories(size, moves, limits, _telling):
            if (history.asked is None) is not with_deal:
                continue
            found = self.differs(history)
            if found is not None:
                return found
            if self.tried % _LOOK == 0 and not left(_LIKELY_SHARE):
                return None
        return None

    def _changed_values(self) -> set[str]:
        """The parameters that have another value, or that only one policy has."""
        a, b = (program.values for program in self.programs)
        missing = object()
        return {
            name for name in a.keys() | b.keys() if a.get(name, missing) != b.get(name, missing)
        }

    def _limits_of(self, parameters: set[str]) -> Limits:
        """The limits that changed, as either policy has them."""
        found: dict[str | None, frozenset[int]] = {}
        for name in parameters:
            one, other = (small_histories.limits_of(p, name) for p in self.programs)
            for key in one.keys() | other.keys():
                if one.get(key) != other.get(key):
                    days = one.get(key, frozenset()) | other.get(key, frozenset())
                    found[key] = found.get(key, frozenset()) | days
        return found

    def _limits_in(self, words: set[str]) -> Limits:
        """The limits that some words name, under either policy."""
        found: dict[str | None, frozenset[int]] = {}
        for program in self.programs:
            for name in words & program.values.keys():
                for key, days in small_histories.limits_of(program, name).items():
                    found[key] = found.get(key, frozenset()) | days
        return found


_LOOK = 64
"""So many histories are tried between two looks at the clock."""

_OF_PLACES = frozenset({"outlet", "to_outlet"})


def _simple(move: Move, words: set[str], keys: set[str]) -> bool:
    """Whether an entry is one of the plain ones, or one that the change speaks of."""
    if move.by == small_histories.OUTSIDER or move.marks & _OF_PLACES:
        if not words & {"second_tier", "place", "place_type", "unit"}:
            return False
    elif "level" in move.marks:
        return move.kind == "visit" and fields_of(move)["level"] in keys
    if move.kind in _PLAIN and not move.marks:
        return True
    return move.marks <= words and (bool(move.marks) or move.kind in words)


def _telling(moves: Sequence[Move]) -> bool:
    """At most one deal, nobody claims before it, and nobody enters the same twice running."""
    closed = False
    for place, move in enumerate(moves):
        if move.kind == "close":
            if closed:
                return False
            closed = True
        elif (move.kind == "claim" and not closed) or (place and move == moves[place - 1]):
            return False
    return True


def changed_words(
    policies: Sequence[Policy], parameters: set[str], *, follow: bool = True
) -> set[str]:
    """The words of all conditions that differ or that rest on something changed.

    With `follow`, also those of the named values and classes that these name, and so on.
    """
    texts = [dict(_texts(policy)) for policy in policies]
    one, other = texts
    words = set(parameters)
    for name in one.keys() | other.keys():
        if one.get(name) != other.get(name):
            words |= _words(f"{one.get(name, '')} {other.get(name, '')}")
            words.add(name.partition(" ")[2])
    for table in texts:
        for text in table.values():
            if parameters & _words(text):
                words |= _words(text)
    return _followed(words, texts) if follow else words


def words_of(policy: Policy, texts: Iterable[str | None]) -> set[str]:
    """The words of some conditions, and those of the named values and classes they name."""
    return _followed(_words(" ".join(filter(None, texts))), [dict(_texts(policy))])


def _followed(words: set[str], texts: Sequence[Mapping[str, str]]) -> set[str]:
    """The words, and those of the named values and classes that they name, and so on."""
    done: set[str] = set()
    while todo := words - done:
        done |= todo
        for name in todo:
            for table in texts:
                for section in ("let", "entries"):
                    words = words | _words(table.get(f"{section} {name}", ""))
    return words


def _texts(policy: Policy) -> Iterator[tuple[str, str]]:
    for name, text in policy.lets.items():
        yield f"let {name}", text
    for name, one in policy.classes.items():
        parts = (*one.kinds, one.when, one.valid, one.doubt)
        yield f"entries {name}", " ".join(filter(None, parts))
    for number, rule in enumerate((*policy.rules, *policy.fallback)):
        parts = (rule.guard, rule.when, rule.unless, _plain(rule.then))
        yield f"rule {number}", " ".join(filter(None, parts))
    for section in ("holding", "deal", "standing", "windows", "instances", "precedence"):
        for key, value in getattr(policy, section).items():
            yield f"{section} {key}", _plain(value)


def _plain(value: Any) -> str:
    return str(dict(value)) if isinstance(value, Mapping) else str(value)


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text))
