"""What a search of small histories comes to, for the person who writes the policy.

Ranked and put together, so that the few findings that matter come first: a pair of rules that
some reading of the policy settles the other way before one that is merely an order of rules, a
turn by a word before one by an honest day's work.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from conflictctl.adjudication.backtest import Given
from conflictctl.adjudication.clashes import Pair, RuleName
from conflictctl.adjudication.lint_acts import FORMAL
from conflictctl.adjudication.lint_edges import Turning, turning_of
from conflictctl.adjudication.lint_harvest import Act, Harvest, Turn
from conflictctl.adjudication.lint_readings import Reading
from conflictctl.adjudication.lint_search import UNTRIED
from conflictctl.adjudication.lint_space import size_of
from conflictctl.adjudication.lint_trial import Trial
from conflictctl.adjudication.small_histories import SmallHistory
from conflictctl.policy.program import Program


class Shown(NamedTuple):
    """A history and the present ruling on it."""

    history: SmallHistory
    given: Given


class Contradiction(NamedTuple):
    """Two rules that apply at once and name different winners.

    `special`: the first applies only where the second does, too, as an exception does.
    `readings`: other values of parameters under which the second decides.
    """

    pair: Pair
    shown: Shown
    times: int
    special: bool
    readings: tuple[tuple[str, Any], ...]


class Unused(NamedTuple):
    """A rule that decided nothing.  `applied`: where it applies, but another decides (`behind`);
    `wakes`: values under which its clause decides; `untried`: words of it that no small history
    can meet."""

    rule: RuleName
    applied: Shown | None
    behind: RuleName | None
    wakes: tuple[tuple[str, Any], ...]
    untried: tuple[str, ...]


class Gap(NamedTuple):
    """A deal on which no rule decides: `none` applies, or a `fact` is wanted."""

    why: str
    shown: Shown


class Effect(NamedTuple):
    """A parameter that turns a ruling: for each other value the smallest history on which."""

    name: str
    contested: bool
    turns: tuple[tuple[Reading, Turn], ...]


class Effectless(NamedTuple):
    """A parameter that turned nothing: `side` (no ruling rests on it), `untried` (its `words`
    look at what no small history contains), `free` (its values cannot be tried) or `none`."""

    name: str
    why: str
    words: tuple[str, ...] = ()


class Incentive(NamedTuple):
    """What one contender can do alone: `acts` are alike but for the clauses they lead from and to.
    `turn` is the smallest, without and with the act."""

    acts: tuple[Act, ...]
    turn: Turn
    times: int


class Findings(NamedTuple):
    """Everything that was found, most telling first, and how far the search came."""

    contradictions: tuple[Contradiction, ...]
    unused: tuple[Unused, ...]
    gaps: tuple[Gap, ...]
    gap_times: Mapping[str, int]
    turnings: tuple[Turning, ...]
    effects: tuple[Effect, ...]
    effectless: tuple[Effectless, ...]
    incentives: tuple[Incentive, ...]
    histories: int
    rulings: int
    deals: int
    exhausted: int
    most: int
    complete: bool


def findings_of(trial: Trial, harvest: Harvest, most: int) -> Findings:
    """Put together what a search has seen."""
    return Findings(
        tuple(_contradictions(trial, harvest)),
        tuple(_unused(trial, harvest)),
        tuple(_gaps(trial, harvest)),
        dict(harvest.gap_times),
        tuple(_turnings(trial, harvest)),
        tuple(_effects(trial, harvest)),
        tuple(_effectless(trial, harvest)),
        tuple(_incentives(trial, harvest)),
        harvest.histories,
        trial.tried,
        harvest.deals,
        harvest.exhausted,
        most,
        harvest.complete,
    )


# ------------------------------------------------------------------- rules against rules


def _contradictions(trial: Trial, harvest: Harvest) -> list[Contradiction]:
    found = []
    for pair, history in harvest.pairs.items():
        both = harvest.together[pair.first, pair.second]
        found.append(
            Contradiction(
                pair,
                Shown(history, trial.given(history)),
                harvest.pair_times[pair],
                both == harvest.times[pair.first],
                tuple(_read_for_second(trial, harvest, pair, history)),
            )
        )
    order = {"referral": 0, "order": 1, "beats": 2}
    found.sort(
        key=lambda one: (
            not one.readings,
            one.special,
            order[one.pair.settled],
            size_of(one.shown.history),
            one.pair.first.number,
            one.pair.second.number,
        )
    )
    return found


def _read_for_second(
    trial: Trial, harvest: Harvest, pair: Pair, history: SmallHistory
) -> Iterator[tuple[str, Any]]:
    """The readings under which the second of a pair has its way against the first."""
    clauses = pair.first.clause, pair.second.clause
    if clauses[0] == clauses[1]:
        return
    seen = trial.see(history)
    decides = seen.rule == pair.first
    gives = dict(seen.applying)[pair.second]
    for reading in harvest.readings:
        if reading.is_step or not reading.is_choice:
            continue
        turn = harvest.turns.get(reading)
        between = None if turn is None else (turn.before.decided_by, turn.after.decided_by)
        if between == clauses:
            yield reading.name, reading.value
        elif decides:
            other = trial.given(history, reading.program)
            if other.decided_by == clauses[1] and other.gives == gives:
                yield reading.name, reading.value


def _unused(trial: Trial, harvest: Harvest) -> Iterator[Unused]:
    open_still = [name for name in trial.rules if name not in harvest.decided]
    woken: dict[RuleName | None, list[tuple[str, Any]]] = {}
    if open_still:
        for reading, turn in harvest.turns.items():
            rule = trial.see(turn.history, reading.program).rule
            woken.setdefault(rule, []).append((reading.name, reading.value))
    for name in open_still:
        history = harvest.applied.get(name)
        behind = None if history is None else trial.see(history).rule
        yield Unused(
            name,
            None if history is None else Shown(history, trial.given(history)),
            behind,
            tuple(woken.get(name, ())),
            tuple(sorted(trial.words_of(name) & UNTRIED)) if history is None else (),
        )


def _gaps(trial: Trial, harvest: Harvest) -> list[Gap]:
    """The smallest deals on which nothing decides; of two with the same kinds of entries one,
    and none that only has more of them."""
    found: list[tuple[frozenset[str], Gap]] = []
    for (why, kinds), history in sorted(harvest.gaps.items(), key=lambda one: size_of(one[1])):
        if not any(one.why == why and smaller <= kinds for smaller, one in found):
            found.append((kinds, Gap(why, Shown(history, trial.given(history)))))
    return [gap for _, gap in found]


# ------------------------------------------------------------------------ days and values


def _turnings(trial: Trial, harvest: Harvest) -> list[Turning]:
    """The days on which a ruling turns, one for each limit and pair of clauses."""
    found: dict[Any, Turning] = {}
    for edged in sorted(harvest.edges.values(), key=lambda one: size_of(one.history)):
        one = turning_of(trial, harvest.readings, edged)
        clauses = frozenset((edged.before.decided_by, edged.after.decided_by))
        key = (one.limit and one.limit[:2], clauses if one.limit is None else None)
        found.setdefault(key, one)
    return sorted(found.values(), key=lambda one: (one.limit is None, size_of(one.history)))


def _effects(trial: Trial, harvest: Harvest) -> list[Effect]:
    found = []
    for name, parameter in trial.space.policy.parameters.items():
        turns = [(one, turn) for one, turn in harvest.turns.items() if one.name == name]
        turns.sort(key=lambda one: (str(one[0].key), str(one[0].value)))
        if turns:
            found.append(Effect(name, parameter.contested, tuple(turns)))
    found.sort(key=lambda one: (not one.contested, all(r.is_step for r, _ in one.turns)))
    return found


def _effectless(trial: Trial, harvest: Harvest) -> Iterator[Effectless]:
    turning = {reading.name for reading in harvest.turns}
    tried = {reading.name for reading in harvest.read}
    policy = trial.space.policy
    used: set[str] = set()
    Program(policy._replace(warnings=(), sanctions=(), rates=()), trial.settings, used=used)
    for name in policy.parameters:
        if name in turning:
            continue
        words = {
            word for reading in harvest.readings if reading.name == name for word in reading.words
        }
        untried = tuple(sorted(words & UNTRIED))
        if name not in used:
            yield Effectless(name, "side")
        elif name not in tried:
            yield Effectless(name, "free")
        else:
            yield Effectless(name, "untried" if untried else "none", untried)


# ------------------------------------------------------------------------------ incentives


def _incentives(trial: Trial, harvest: Harvest) -> list[Incentive]:
    """Acts put together that are alike but for the clauses; what a plain entry of the kind does
    just as well is no matter of what the entry says."""
    acts = harvest.acts
    grouped: dict[tuple[Any, ...], list[Act]] = {}
    for act in acts:
        if act.how != "level" and act.says and _plain_does(act, acts):
            continue
        says = () if act.how == "omit" else act.says
        grouped.setdefault((act.how, act.kind, says, act.closer), []).append(act)
    found = []
    for alike in grouped.values():
        # What is done on the last day is told first: it costs the least.
        alike.sort(key=lambda act: (not act.late, size_of(acts[act].history), str(act)))
        times = sum(harvest.act_times[act] for act in alike)
        turn = acts[alike[0]]
        # The two consultants may have changed places since it was ruled on.
        turn = turn._replace(before=trial.given(turn.history), after=trial.given(turn.other))
        found.append(Incentive(tuple(alike), turn, times))
    found.sort(key=lambda one: (rank(one), size_of(one.turn.history)))
    return found


def _plain_does(act: Act, acts: Mapping[Act, Turn]) -> bool:
    return any(act._replace(says=(), late=late) in acts for late in (False, True))


HONEST = 5
"""From this rank on an act is what the rules want of people."""


def rank(one: Incentive) -> int:
    """How cheap the act is: a word, an entry left out, a call on the last day come first."""
    act = one.acts[0]
    if act.how == "level":
        return 0
    if act.how == "omit":
        return 1
    if act.how == "needless":
        return 4
    if act.kind in ("call", "followup"):
        return 2 if act.late else 5
    if act.says:
        return 3
    if act.kind in FORMAL:
        return 5
    return 6 if act.kind == "visit" else 7


def clauses_of(acts: Sequence[Act]) -> list[tuple[str | None, str | None]]:
    """From which clauses to which the acts lead, each once."""
    return list(dict.fromkeys((act.before, act.after) for act in acts))
