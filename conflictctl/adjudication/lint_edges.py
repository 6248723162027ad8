"""The hour at which a ruling turns, and which limit of the policy it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from conflictctl.adjudication import small_histories
from conflictctl.adjudication.backtest import Given
from conflictctl.adjudication.lint_harvest import Edged
from conflictctl.adjudication.lint_readings import Reading
from conflictctl.adjudication.lint_space import shifted
from conflictctl.adjudication.lint_trial import Trial
from conflictctl.adjudication.small_histories import SmallHistory
from conflictctl.calendar import Moment

_HOURS = 24


class Turning(NamedTuple):
    """A ruling that one hour turns.

    `history` as it is last ruled `before`, `later` as it is first ruled `after`: the entry at
    `place` (or the question, behind the last entry) is at one of the two `moments`.  `limit` is
    the parameter, the key of its table and its value, where a day more or less of it undoes
    the turn.
    """

    history: SmallHistory
    later: SmallHistory
    place: int
    moments: tuple[Moment, Moment]
    before: Given
    after: Given
    limit: tuple[str, str | None, Any] | None


def turning_of(trial: Trial, readings: Sequence[Reading], edged: Edged) -> Turning:
    """The hour at which a day's turn comes about, and the limit behind it."""
    history, place = edged.history, edged.place
    later = shifted(history, place, 1)
    assert later is not None
    limit = _limit(trial, readings, (history, later), (edged.before, edged.after))
    if place < len(history.moves) and not history.moves[place].late:
        history, later = _hour(trial, edged)
    return Turning(
        history,
        later,
        place,
        (_moment(trial, history, place), _moment(trial, later, place)),
        trial.given(history),
        trial.given(later),
        limit,
    )


def _limit(
    trial: Trial,
    readings: Sequence[Reading],
    histories: tuple[SmallHistory, SmallHistory],
    givens: tuple[Given, Given],
) -> tuple[str, str | None, Any] | None:
    """The limit which, a day longer or shorter, gives the one what the other has."""
    for reading in readings:
        if not reading.is_time:
            continue
        for history, other in zip(histories, reversed(givens), strict=True):
            if trial.given(history, reading.program).gives == other.gives:
                value = trial.program.values[reading.name]
                return (
                    reading.name,
                    reading.key,
                    value if reading.key is None else value[reading.key],
                )
    return None


def _hour(trial: Trial, edged: Edged) -> tuple[SmallHistory, SmallHistory]:
    """The last full hour at which the ruling is as before, and the next, by halving a day."""
    low, high = 0, _HOURS
    while high - low > 1:
        middle = (low + high) // 2
        one = _hours_later(edged, middle)
        if trial.given(one).gives == edged.before.gives:
            low = middle
        else:
            high = middle
    return _hours_later(edged, low), _hours_later(edged, high)


def _hours_later(edged: Edged, hours: int) -> SmallHistory:
    later = [0] * len(edged.history.moves)
    later[edged.place] = 60 * hours
    return edged.history._replace(later=tuple(later) if hours else ())


def _moment(trial: Trial, history: SmallHistory, place: int) -> Moment:
    if place == len(history.moves):
        return small_histories.asked_at(history, trial.space.stage)
    return small_histories.events_of_small(history, trial.space.stage)[place].at
