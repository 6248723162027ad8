"""Which other values the parameters of a policy may be given, one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conflictctl.adjudication.lint_trial import Trial
from conflictctl.adjudication.small_histories import Move
from conflictctl.adjudication.smallest_difference import changed_words
from conflictctl.policy.model import Parameter, Policy
from conflictctl.policy.program import Program
from conflictctl.policy.quantity import is_time


class Reading:
    """One parameter with another value.  `key` is that of a table, None of others.

    `is_step`: a number one more or less than it is, `is_time` one of time;
    `is_choice`: one reading of several.
    """

    __slots__ = (
        "_kinds",
        "is_choice",
        "is_step",
        "is_time",
        "key",
        "name",
        "program",
        "value",
        "words",
    )

    def __init__(
        self,
        name: str,
        key: str | None,
        value: Any,
        *,
        is_step: bool,
        program: Program,
        words: frozenset[str],
        kinds: frozenset[str],
    ) -> None:
        self.is_time = is_step and is_time(program.policy.parameters[name].unit)
        self.is_choice = isinstance(value, str | bool)
        self.name, self.key, self.value, self.is_step = name, key, value, is_step
        self.program = program
        self.words, self._kinds = words, kinds

    def speaks_of(self, move: Move) -> bool:
        """Whether what rests on the parameter looks at such entries in particular."""
        return speaks_of(move, self.words, self._kinds)


_KINDS_OF_WORDS = {"transfer": "reassign", "departed": "staff_left", "employed": "staff_left"}
"""Words that look at entries of a kind without naming a class of them."""

_COMMON = frozenset({"visit", "call", "followup", "order", "close", "level"})


def speaks_of(move: Move, words: frozenset[str], kinds: frozenset[str]) -> bool:
    """Whether conditions of some words, and of classes of some kinds, look at such entries in
    particular: not merely at any contact."""
    if move.marks - {"level", "direction"} & words:
        return True
    return move.kind in kinds and move.kind not in _COMMON


def readings_of(trial: Trial) -> list[Reading]:
    """Every other reading of one parameter that small histories are tried on."""
    policy = trial.space.policy
    found = []
    for parameter in policy.parameters.values():
        words = frozenset(changed_words((policy, policy), {parameter.name}))
        kinds = kinds_of(policy, words)
        current = trial.program.values[parameter.name]
        for key, value, is_step in _others(parameter, current, trial):
            setting = {**current, key: value} if key is not None else value
            found.append(
                Reading(
                    parameter.name,
                    key,
                    value,
                    is_step=is_step,
                    program=trial.under(parameter.name, setting),
                    words=words,
                    kinds=kinds,
                )
            )
    return found


def _others(
    parameter: Parameter, current: Any, trial: Trial
) -> Iterator[tuple[str | None, Any, bool]]:
    if parameter.type == "boolean" or parameter.values:
        for value in parameter.values or (True, False):
            if value != current:
                yield None, value, False
    elif parameter.type == "integer":
        numbers = [1, 0] if current is None else [current - 1, current + 1]
        for number in numbers:
            if _allowed(parameter, number):
                yield None, number, current is not None
    elif parameter.type == "table":
        for key in trial.space.levels:
            if key in (current or {}):
                for number in (current[key] - 1, current[key] + 1):
                    if _allowed(parameter, number):
                        yield key, number, True
    elif parameter.type == "text" and parameter.optional and current is None:
        for level in trial.space.levels:
            yield None, level, False
    if parameter.optional and current is not None:
        yield None, None, False


def _allowed(parameter: Parameter, number: int) -> bool:
    low = parameter.minimum
    if low is None:
        low = 0 if is_time(parameter.unit) else number
    return low <= number and (parameter.maximum is None or number <= parameter.maximum)


def kinds_of(policy: Policy, words: frozenset[str]) -> frozenset[str]:
    """The kinds of entries of the classes and windows that some words name."""
    known = {kind for word, kind in _KINDS_OF_WORDS.items() if word in words}
    names = set(words) | {name for name, table in policy.windows.items() if words & _texts(table)}
    return frozenset(
        kind for name in policy.classes if name in names for kind in _all(policy, name)
    ).union(known)


def _texts(table: Any) -> set[str]:
    return {str(value) for value in table.values()}


def _all(policy: Policy, name: str) -> tuple[str, ...]:
    """The kinds of a class, or of the one that it is part of."""
    one = policy.classes[name]
    return one.kinds or (() if one.parent is None else _all(policy, one.parent))
