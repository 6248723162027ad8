"""Rules that can never decide, and `beats` that lead nowhere or in a circle.

What parameters alone decide is tried under every value they may have: a rule that no value
of a parameter brings to life is dead, one that sleeps under the defaults is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from conflictctl.policy.language import UNKNOWN, compile_expression, constant_value
from conflictctl.policy.model import Parameter, Policy, Rule
from conflictctl.policy.problems import FaultyPolicy, Path, Problem, nearest
from conflictctl.policy.program import Program
from conflictctl.wording import Sentence

_GOES_ON = frozenset({"note", "bar", "replace"})
"""Actions after which the next rules are tried."""
_MOST_COMBINATIONS = 64


def dead_rules(program: Program) -> Iterator[Problem]:
    """Rules that never apply, or always stand behind one that decides."""
    policy = program.policy
    ordered = [
        [rule for rule in policy.rules if rule.stage == "deal"],
        [rule for rule in policy.rules if rule.stage == "open"],
    ]
    if policy.precedence.get("order") == "declared":
        for rules in ordered:
            yield from _never(program, rules)
    else:
        for rules in ordered:
            yield from _in_order(program, rules)
    yield from _in_order(program, policy.fallback)


def _never(program: Program, rules: Sequence[Rule]) -> Iterator[Problem]:
    for rule in rules:
        if settled(program, rule) is False:
            yield _never_applies(rule)


def _in_order(program: Program, rules: Sequence[Rule]) -> Iterator[Problem]:
    certain: Rule | None = None
    tried: dict[tuple[str | None, ...], Rule] = {}
    for rule in rules:
        always = settled(program, rule)
        if always is False:
            yield _never_applies(rule)
            continue
        notes = "note" in rule.then
        texts = tuple(_plain(text) for text in (rule.when, rule.unless))
        same = tried.get((None, *texts)) or tried.get((_plain(rule.guard), *texts))
        if certain is not None and not notes:
            yield Problem(
                (*rule.place, "when"),
                None,
                Sentence(
                    "never reached: {other} always applies and stands before it",
                    other=rule_name(certain),
                ),
                Sentence(
                    "put it before {other}, or give that rule a condition", other=certain.clause
                ),
                severe=False,
            )
        elif same is not None and not notes:
            yield Problem(
                (*rule.place, "when"),
                None,
                Sentence(
                    "never decides: {other} before it has the same condition",
                    other=rule_name(same),
                ),
                Sentence("take one of the two out, or let their conditions differ"),
                severe=False,
            )
        if _GOES_ON.isdisjoint(rule.then):
            tried.setdefault((_plain(rule.guard), *texts), rule)
            if always and certain is None:
                certain = rule


def _never_applies(rule: Rule) -> Problem:
    return Problem(
        (*rule.place, "when"),
        None,
        Sentence("never applies: its condition is false whatever happened"),
        Sentence("mend the condition, or take the rule out"),
        severe=False,
    )


def rule_name(rule: Rule) -> Sentence:
    """A rule as messages call it: `rule 3 (P2)`."""
    return Sentence("rule {number} ({clause})", number=int(rule.place[1]) + 1, clause=rule.clause)


def _plain(text: str | None) -> str | None:
    return None if text is None else " ".join(text.split())


def settled(program: Program, rule: Rule) -> bool | None:
    """Whether a rule applies whatever the history and the parameters; None: it depends."""
    parts = [f"({rule.when}\n)"]
    if rule.guard is not None:
        parts.insert(0, f"({rule.guard}\n)")
    if rule.unless is not None:
        parts.append(f"not ({rule.unless}\n)")
    text = " and ".join(parts)
    used: set[str] = set()
    value = _value(program, text, rule.place, program.constants, used)
    if value is None:
        return None
    parameters = [
        program.policy.parameters[name] for name in sorted(used) if name in program.values
    ]
    choices = [_choices(parameter) for parameter in parameters]
    number = 1
    for one in choices:
        number *= len(one)
    if not 0 < number <= _MOST_COMBINATIONS:
        return None
    for values in product(*choices):
        constants = dict(program.constants)
        for parameter, one in zip(parameters, values, strict=True):
            constants[parameter.name] = parameter.constant(one)
        if _value(program, text, rule.place, constants, set()) is not value:
            return None
    return value


def _choices(parameter: Parameter) -> Sequence[Any]:
    """Every value a parameter may have; none where they are too many to try."""
    if parameter.values:
        found: list[Any] = list(parameter.values)
    elif parameter.type == "boolean":
        found = [True, False]
    else:
        return ()
    return [*found, None] if parameter.optional else found


def _value(
    program: Program, text: str, where: Path, constants: Mapping[str, Any], used: set[str]
) -> bool | None:
    scope = program.scope._replace(constants=constants, used=used)
    try:
        found = constant_value(compile_expression(text, scope, where), where)
    except FaultyPolicy:
        return None
    return None if found is UNKNOWN else bool(found)


# ------------------------------------------------------------------------------- beats


def beaten_in_vain(policy: Policy) -> Iterator[Problem]:
    """`beats` that name no rule, stand in a listed order, or go round in a circle."""
    by_name: dict[str, list[int]] = {}
    for number, rule in enumerate(policy.rules):
        for name in {rule.clause, rule.name} - {None}:
            by_name.setdefault(str(name), []).append(number)
    for number, rule in enumerate(policy.rules):
        for place, name in enumerate(rule.beats):
            where = (*rule.place, "beats", place)
            others = [one for one in by_name.get(name, ()) if one != number]
            if not others:
                yield Problem(
                    where,
                    None,
                    Sentence("no other rule has the name or clause {name}", name=name),
                    nearest(name, set(by_name) - {rule.name, rule.clause}),
                )
        if rule.beats and policy.precedence.get("order") == "listed":
            yield Problem(
                (*rule.place, "beats"),
                None,
                Sentence("`beats` counts for nothing where the rules stand in a listed order"),
                Sentence('take it out, or write order = "declared" in [precedence]'),
                severe=False,
            )
    circle = _circle(policy, by_name)
    if circle:
        yield Problem(
            (*policy.rules[circle[0]].place, "beats"),
            None,
            Sentence(
                "a circle of `beats`: {rules}",
                rules=" > ".join(_called(policy.rules[number]) for number in circle),
            ),
            Sentence("take one of these `beats` out: of two rules only one can go first"),
        )


def _called(rule: Rule) -> str:
    return rule.name or rule.clause


def _circle(policy: Policy, by_name: Mapping[str, Sequence[int]]) -> list[int]:
    """The numbers of rules that beat each other in a circle, the first one again at the end."""
    stages = [rule.stage for rule in policy.rules]
    loses = [
        sorted(
            {
                other
                for name in rule.beats
                for other in by_name.get(name, ())
                if other != number and stages[other] == stages[number]
            }
        )
        for number, rule in enumerate(policy.rules)
    ]
    done: set[int] = set()
    for start in range(len(loses)):
        if start in done:
            continue
        way, open_at, rest = [start], {start}, [iter(loses[start])]
        while rest:
            following = next(rest[-1], None)
            if following is None:
                rest.pop()
                gone = way.pop()
                open_at.discard(gone)
                done.add(gone)
            elif following in open_at:
                return [*way[way.index(following) :], following]
            elif following not in done:
                way.append(following)
                open_at.add(following)
                rest.append(iter(loses[following]))
    return []
