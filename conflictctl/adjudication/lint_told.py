"""Findings put into sentences, each with the histories that show it; nothing is shown twice.

Pairs of rules that one parameter settles the other way are told together, and so are those that
one rule goes before; `minor` ones (exceptions, declared precedence, honest work) are for whoever
asks for everything.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from conflictctl.adjudication.backtest import Given
from conflictctl.adjudication.clashes import RuleName
from conflictctl.adjudication.lint_edges import Turning
from conflictctl.adjudication.lint_findings import (
    HONEST,
    Contradiction,
    Effect,
    Effectless,
    Findings,
    Incentive,
    Shown,
    Unused,
    clauses_of,
    rank,
)
from conflictctl.wording import N_, Sentence, Term, When, Who

SECTIONS = ("contradictions", "unused", "gaps", "turnings", "parameters", "incentives")


class Told(NamedTuple):
    """One finding: its sentences, the histories that show it, and the same for programs."""

    section: str
    says: tuple[Sentence, ...]
    shown: tuple[Shown, ...]
    data: Mapping[str, Any]
    minor: bool = False


_TO_KNOW = frozenset({"turnings"})
"""Sections that tell what a policy does, not what may be wrong with it."""


def worth_a_look(found: Sequence[Told]) -> int:
    """How many of some findings call for a look at the policy's text."""
    return sum(
        not (one.minor or one.section in _TO_KNOW or one.data.get("effect", False)) for one in found
    )


def told(findings: Findings, in_force: Mapping[str, Any]) -> Iterator[Told]:
    """All findings in the order in which they are read; `in_force` are the parameters' values."""
    contested = frozenset(one.name for one in findings.effects if one.contested)
    yield from _by_parameter(findings.contradictions, contested)
    yield from _by_first_rule(findings.contradictions)
    for unused in findings.unused:
        yield _unused(unused)
    for gap in findings.gaps:
        says = {
            "none": Sentence("No rule speaks of this deal: people decide."),
            "fact": Sentence("A rule wants a fact that nobody has supplied: people decide."),
        }[gap.why]
        yield Told("gaps", (says,), (gap.shown,), {"why": gap.why})
    for turning in findings.turnings:
        yield _turning(turning)
    yield from _effectless(findings.effectless)
    for effect in findings.effects:
        yield _effect(effect, in_force)
    for incentive in findings.incentives:
        yield _incentive(incentive)


# ------------------------------------------------------------------- rules against rules


def _by_parameter(found: Sequence[Contradiction], contested: Collection[str]) -> Iterator[Told]:
    """Pairs that another value of a parameter settles the other way, by the parameter: the
    contested ones first, then those with which the fewest pairs go."""
    grouped: dict[str, list[Contradiction]] = {}
    for one in found:
        for name in dict.fromkeys(name for name, _ in one.readings):
            grouped.setdefault(name, []).append(one)
    ordered = sorted(grouped.items(), key=lambda one: (one[0] not in contested, len(one[1])))
    for name, alike in ordered:
        values = dict.fromkeys(
            value for one in alike for parameter, value in one.readings if parameter == name
        )
        yield Told(
            "contradictions",
            (
                Sentence(
                    "{pairs}: both apply and name different winners; how {parameter} is read "
                    "decides between them.",
                    pairs=[_pair(one) for one in alike],
                    parameter=name,
                ),
                Sentence(
                    "The first goes before; with {parameter} = {values} the second does.",
                    parameter=name,
                    values=[_value(value) for value in values],
                ),
            ),
            (alike[0].shown,),
            {"parameter": name, "values": list(values), "pairs": [_pair_data(o) for o in alike]},
        )


_SETTLED = {
    ("order", False): N_(
        "{first} goes before {others}, which name another: only because it stands first."
    ),
    ("order", True): N_("{first} goes before {others}, which name another, as an exception does."),
    ("beats", False): N_("{first} goes before {others}, which name another: that is declared."),
    ("beats", True): N_("{first} goes before {others}, which name another: that is declared."),
    ("referral", False): N_("{first} and {others} name different winners, and nothing settles it."),
    ("referral", True): N_("{first} and {others} name different winners, and nothing settles it."),
}


def _by_first_rule(found: Sequence[Contradiction]) -> Iterator[Told]:
    """The other pairs, by the rule that goes before and what settles it."""
    grouped: dict[tuple[str, bool, RuleName], list[Contradiction]] = {}
    for one in found:
        if not one.readings:
            grouped.setdefault((one.pair.settled, one.special, one.pair.first), []).append(one)
    for (settled, special, first), alike in grouped.items():
        yield Told(
            "contradictions",
            (
                Sentence(
                    _SETTLED[settled, special],
                    first=_rule(first),
                    others=[_rule(one.pair.second) for one in alike],
                ),
            ),
            (alike[0].shown,),
            {"parameter": None, "values": [], "pairs": [_pair_data(one) for one in alike]},
            minor=settled == "beats" or (settled == "order" and special),
        )


def _pair(one: Contradiction) -> str:
    return f"{_rule(one.pair.first)} / {_rule(one.pair.second)}"


def _pair_data(one: Contradiction) -> dict[str, Any]:
    pair = one.pair
    return {
        "first": pair.first._asdict(),
        "second": pair.second._asdict(),
        "settled": pair.settled,
        "exception": one.special,
        "count": one.times,
    }


def _rule(name: RuleName) -> str:
    return f"{name.clause} #{name.number}"


def _unused(one: Unused) -> Told:
    rule = _rule(one.rule)
    if one.wakes:
        values = [f"{name} = {_value(value)}" for name, value in one.wakes]
        says = Sentence("{rule} decides only with {values}.", rule=rule, values=values)
    elif one.untried:
        says = Sentence(
            "{rule} decided nothing; it speaks of what is not tried ({words}).",
            rule=rule,
            words=list(one.untried),
        )
    elif one.behind is not None:
        says = Sentence(
            "{rule} decides nothing: where it applies, {other} has decided.",
            rule=rule,
            other=_rule(one.behind),
        )
    elif one.applied is not None:
        says = Sentence("{rule} applies, but decides nothing.", rule=rule)
    else:
        says = Sentence("{rule} never applies.", rule=rule)
    data = {
        "rule": one.rule._asdict(),
        "behind": None if one.behind is None else one.behind._asdict(),
        "only_with": [{"parameter": name, "value": value} for name, value in one.wakes],
        "not_tried": list(one.untried),
    }
    shown = () if one.applied is None else (one.applied,)
    return Told("unused", (says,), shown, data, minor=bool(one.wakes or one.untried))


# ------------------------------------------------------------------------ days and values


def _turning(one: Turning) -> Told:
    last, first = one.moments
    asked = one.place == len(one.history.moves)
    pattern = (
        N_("Asked until {last}: {before}; from {first} on: {after}.")
        if asked
        else N_("{kind} until {last}: {before}; from {first} on: {after}.")
    )
    values: dict[str, object] = {
        "last": When(last),
        "first": When(first),
        "before": outcome(one.before),
        "after": outcome(one.after),
    }
    if not asked:
        move = one.history.moves[one.place]
        values["kind"] = Sentence("{kind} by {who}", kind=Term(move.kind), who=Who(move.by))
    says = [Sentence(pattern, **values)]
    if one.limit is not None:
        name, key, value = one.limit
        says.append(
            Sentence(
                "The limit is {parameter} = {value}.",
                parameter=_name(name, key),
                value=_value(value),
            )
        )
    return Told(
        "turnings",
        tuple(says),
        (Shown(one.history, one.before), Shown(one.later, one.after)),
        {
            "parameter": None if one.limit is None else _name(*one.limit[:2]),
            "value": None if one.limit is None else one.limit[2],
            "clauses": [one.before.decided_by, one.after.decided_by],
            "moved": None if asked else one.history.moves[one.place].kind,
        },
    )


def _effect(one: Effect, in_force: Mapping[str, Any]) -> Told:
    says = []
    for reading, turn in one.turns:
        current = in_force[one.name]
        now = current if reading.key is None else current[reading.key]
        says.append(
            Sentence(
                "{parameter} = {value} instead of {now}: {after} instead of {before}.",
                parameter=_name(one.name, reading.key),
                value=_value(reading.value),
                now=_value(now),
                after=outcome(turn.after),
                before=outcome(turn.before),
            )
        )
    return Told(
        "parameters",
        tuple(says),
        tuple(Shown(turn.history, turn.before) for _, turn in one.turns),
        {
            "parameter": one.name,
            "contested": one.contested,
            "effect": True,
            "turns": [
                {
                    "key": reading.key,
                    "value": reading.value,
                    "clauses": [turn.before.decided_by, turn.after.decided_by],
                }
                for reading, turn in one.turns
            ],
        },
        minor=all(reading.is_step for reading, _ in one.turns),
    )


_WHY = {
    "none": N_("No other value turned a ruling: {parameters}."),
    "untried": N_("Not tried, as they speak of what no small history contains: {parameters}."),
    "free": N_("Not tried, as their values are free: {parameters}."),
    "side": N_("No ruling rests on them, only what goes beside: {parameters}."),
}


def _effectless(found: Sequence[Effectless]) -> Iterator[Told]:
    for why, pattern in _WHY.items():
        names = [one.name for one in found if one.why == why]
        if names:
            yield Told(
                "parameters",
                (Sentence(pattern, parameters=names),),
                (),
                {"parameters": names, "effect": False, "why": why},
                minor=why != "none",
            )


def _name(name: str, key: str | None) -> str:
    return name if key is None else f"{name}.{key}"


def _value(value: Any) -> str:
    """A value as `--set` writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return "null" if value is None else str(value)


# ------------------------------------------------------------------------------ incentives

_ACTS = {
    "level": N_("{who} says another level ({says}) and has it: {clauses}."),
    "omit": N_("{who} leaves an entry out ({kind}) and has it: {clauses}."),
    "needless": N_(
        "{who} need not make an entry ({kind}): the clause changes, the credit does not: {clauses}."
    ),
    "late": N_(
        "{who} makes one entry more on the day of the deal or after it ({kind}) and has it: "
        "{clauses}."
    ),
    "add": N_("{who} makes one entry more ({kind}) and has it: {clauses}."),
}


def _incentive(one: Incentive) -> Told:
    act = one.acts[0]
    how = "late" if act.how == "add" and act.late else act.how
    says = act.says if len({other.says for other in one.acts}) == 1 else ()
    said = [f"{name}={_value(value)}" for name, value in says]
    kind: object = Term(act.kind)
    if said:
        kind = Sentence("{kind} {fields}", kind=kind, fields=" ".join(said))
    pairs = clauses_of(one.acts)
    clauses = [
        Sentence(
            "{after} instead of {before}",
            after=after,
            before=[before or "-" for before, other in pairs if (other or "-") == after],
        )
        for after in dict.fromkeys(after or "-" for _, after in pairs)
    ]
    who = {
        True: Sentence("Whoever made the deal"),
        False: Sentence("Whoever did not make the deal"),
        None: Sentence("One of those who compete"),
    }[act.closer]
    values = {"who": who, "kind": kind, "says": " ".join(said), "clauses": clauses}
    turn = one.turn
    return Told(
        "incentives",
        (Sentence(_ACTS[how], **values),),
        (Shown(turn.history, turn.before), Shown(turn.other, turn.after)),
        {
            "act": act.how,
            "kind": act.kind,
            "fields": dict(says),
            "by_closer": act.closer,
            "late": act.late,
            "clauses": [list(pair) for pair in clauses_of(one.acts)],
            "count": one.times,
        },
        minor=rank(one) >= HONEST,
    )


def outcome(given: Given) -> Sentence:
    """What a ruling comes to: who has it, or who decides, and by which clause."""
    clause = given.decided_by or "-"
    if given.parties:
        parties = [Who(party) for party in given.parties]
        return Sentence("{parties} ({clause})", parties=parties, clause=clause)
    if given.referred_to is not None:
        return Sentence(
            "left to {instance} ({clause})", instance=Term(given.referred_to), clause=clause
        )
    return Sentence("nobody")
