"""The rules of a policy compiled: what each asks, and what follows where it applies."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from conflictctl.events import INSTANCES
from conflictctl.policy.case import shown
from conflictctl.policy.compiler import Compiler, nothing, placeholders
from conflictctl.policy.grounds import Grounds
from conflictctl.policy.language import ANY, ENTRY, FLAG, ID, LIST, UNKNOWN, Thunk
from conflictctl.policy.model import Rule
from conflictctl.policy.parts import Advice, Best, CompiledRule, Split, Tried
from conflictctl.policy.problems import Path, fault, nearest
from conflictctl.wording import Sentence


def compiled_rule(make: Compiler, rule: Rule) -> CompiledRule:
    """One rule, ready to be tried."""
    where = rule.place

    condition = make.test(rule.when, (*where, "when"))
    test: Tried = condition.run
    exception = None
    if rule.unless is not None:
        exception = make.test(rule.unless, (*where, "unless"))
        test = _but_not(test, exception.run)
    gives = None
    action = "recommend" if "recommend" in rule.then else next(iter(rule.then))
    value: Any = rule.then[action]
    then = (*where, "then", action)
    if action in ("credit", "outlet", "hold", "bar"):
        given = make.value(value, then, ID)
        value, gives = given.run, given.node
    elif action == "shares":
        value = make.condition(value, then, ENTRY)
    elif action == "recommend":
        value = Advice(
            make.condition(value, then, ID),
            _referral(make, rule.then["refer"], (*where, "then", "refer")),
        )
    elif action == "refer":
        value = _referral(make, value, then)
    elif action == "best":
        value = Best(
            make.condition(value["of"], (*then, "of"), LIST),
            make.condition(value["unless"], (*then, "unless"), FLAG, bound=1)
            if "unless" in value
            else None,
            make.condition(value["by"], (*then, "by"), ANY, bound=1),
            value.get("tie") or make.policy.tie.get("refer", "panel"),
        )
    elif action == "split":
        value = _split(make, value, then)
    elif action == "replace":
        if rule.stage != "deal":
            make.note(
                fault(
                    then,
                    Sentence("only a rule about a deal puts another in somebody's place"),
                    Sentence('take away stage = "open"'),
                )
            )
        if value["value"] not in make.policy.lets:
            make.note(
                fault(
                    (*then, "value"),
                    Sentence("unknown name {name}", name=value["value"]),
                    nearest(value["value"], make.policy.lets),
                )
            )
        value = (
            value["value"],
            make.condition(value["by"], (*then, "by"), ID),
            value["again"],
        )
    provisional = rule.provisional or {}
    if provisional and provisional["window"] not in make.policy.windows:
        make.note(
            fault(
                (*where, "provisional", "window"),
                Sentence("no window {name}", name=provisional["window"]),
                nearest(provisional["window"], make.policy.windows),
            )
        )
    spoken_of = placeholders(rule)
    party = make.value(rule.party, (*where, "party"), ID) if rule.party else None
    return CompiledRule(
        rule,
        test,
        party.run if party is not None else None,
        action,
        value,
        provisional.get("window"),
        make.condition(provisional["when"], (*where, "provisional", "when"), FLAG)
        if "when" in provisional
        else None,
        tuple(sorted(spoken_of & (make.policy.lets.keys() - make.values.keys()))),
        {name: shown(make.values[name]) for name in sorted(spoken_of & make.values.keys())},
        condition.node,
        exception.node if exception is not None else None,
        gives,
        party.node if party is not None else None,
    )


def _referral(make: Compiler, text: str, where: Path) -> Thunk:
    """Who decides: an instance by its name, or a condition that gives one."""
    if text in INSTANCES:
        return lambda case: text
    if _like_a_name(text) and text not in {*make.policy.lets, *make.constants}:
        make.note(fault(where, Sentence("no instance {name}", name=text), nearest(text, INSTANCES)))
        return nothing
    return make.condition(text, where, ID)


def _split(make: Compiler, table: Mapping[str, Any], where: Path) -> Split:
    if ("among" in table) is ("roles" in table):
        make.note(
            fault(
                where,
                Sentence("a split names `among` or `roles`"),
                Sentence("{example} divides equally", example='then.split = { among = "signers" }'),
            )
        )
    weights = tuple(
        _decimal(make, name, (*where, "weights", number))
        for number, name in enumerate(table.get("weights", ()))
    )
    roles = tuple(
        (
            make.condition(row["party"], (*where, "roles", number, "party"), ID),
            _decimal(make, row["share"], (*where, "roles", number, "share")),
        )
        for number, row in enumerate(table.get("roles", ()))
    )
    if roles and sum(share for _, share in roles) != 100:
        make.note(
            fault(
                (*where, "roles"),
                Sentence(
                    "the shares of the roles sum to {total}, not 100",
                    total=str(sum(share for _, share in roles)),
                ),
            )
        )
    among = make.condition(table["among"], (*where, "among"), LIST) if "among" in table else None
    return Split(among, weights, roles, table.get("missing") == "others")


def _decimal(make: Compiler, name: str, where: Path) -> Decimal:
    value = make.values.get(make.parameter(name, where))
    try:
        return Decimal(str(value))
    except ArithmeticError:
        make.note(fault(where, Sentence("{name} is no number", name=name)))
        return Decimal(0)


def _like_a_name(text: str) -> bool:
    """Whether a text is words only, as names of instances are, not a condition."""
    words = text.split()
    return all(word.isidentifier() for word in words) and not {"if", "or", "and"} & set(words)


def _but_not(when: Tried, unless: Tried) -> Tried:
    """`when`, unless an exception is true; unknown where either is and matters."""

    def test(case: Any) -> tuple[Any, Grounds]:
        value, grounds = when(case)
        if value is not UNKNOWN and not value:
            return value, grounds
        exception, against = unless(case)
        if exception is UNKNOWN:
            return UNKNOWN, (grounds, against)
        if exception:
            return False, (grounds, against)
        return value, grounds

    return test
