"""A policy compiled under given parameter values: what the judge runs.

Compiled once per (policy, settings); a case only holds its own facts.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from conflictctl.calendar import HOUR
from conflictctl.errors import InputRejected
from conflictctl.events import KINDS
from conflictctl.history import Deal, Entry, Powers
from conflictctl.policy import predicates
from conflictctl.policy.holding import GROUNDS
from conflictctl.policy.language import (
    Scope,
    Thunk,
    compile_entry_test,
    compile_expression,
    constant_value,
)
from conflictctl.policy.model import Policy, Rule
from conflictctl.wording import Sentence


class Class(NamedTuple):
    """A compiled class of entries."""

    name: str
    parent: str | None
    kinds: frozenset[str]
    kinds_own: frozenset[str] | None
    when: Callable[..., bool] | None
    valid: Callable[..., bool] | None
    sort_key: Callable[[Entry], tuple[int, ...]]
    refused: str | None


class Window(NamedTuple):
    """A window after the deal: in local days, or in hours from the moment."""

    days: int
    hours: bool
    length: int
    from_knowledge: bool
    knowledge: str


class Holding(NamedTuple):
    """What opens, keeps, moves and ends a holding."""

    opens: str
    keeps: str
    levels: str
    limits: Mapping[str, int]
    first_level_counts: bool
    default_level: str | None
    transfers: str
    notices: str
    demands: str
    rulings: str
    ends_on: frozenset[str]
    grounds: Mapping[str, str]


class Standing(NamedTuple):
    """What ends a filing."""

    decisions: str
    valid_days: int | None


class Best(NamedTuple):
    """The action that compares: among whom, who is dropped (if not all are), by what, a tie."""

    of: Thunk
    unless: Thunk | None
    by: Thunk
    tie: str


class CompiledRule(NamedTuple):
    """A rule ready to be tried."""

    rule: Rule
    when: Thunk
    party: Thunk | None
    action: str
    value: Any
    provisional_window: str | None
    provisional_when: Thunk | None
    names: frozenset[str]


class Program:
    """A policy under given values of its parameters."""

    def __init__(self, policy: Policy, overrides: Mapping[str, Any]) -> None:
        self.policy = policy
        self.overrides = dict(overrides)
        self.values = policy.settings(overrides)
        constants: dict[str, Any] = {**{k: list(v) for k, v in policy.words.items()}, **self.values}
        self.constants = constants
        self.order_counts = self._setting(policy.deal, "moment", "order") == "order"
        self.restarts = (
            self._setting(policy.deal, "restart", "since_last_deal") == "since_last_deal"
        )
        self.classes = self._classes()
        scope = Scope(
            constants,
            frozenset(policy.lets),
            _ANCHORS,
            frozenset(self.classes),
            predicates.WORDS,
            predicates.FILTERS,
        )
        self.scope = scope
        self.lets = {
            name: compile_expression(text, scope, f"let.{name}")
            for name, text in policy.lets.items()
        }
        self.holding = self._holding()
        self.windows = {name: self._window(table) for name, table in policy.windows.items()}
        self.standing = Standing(
            policy.standing.get("decisions", ""), self._setting(policy.standing, "valid_days", None)
        )
        self.leave_out = [
            (
                compile_expression(table["when"], scope, "leave_out.when"),
                compile_expression(table["units"], scope, "leave_out.units"),
            )
            for table in policy.leave_out
        ]
        self.rules = [
            self._rule(rule)
            for rule in policy.rules
            if rule.stage == "deal" and self._applies(rule)
        ]
        self.open_rules = [
            self._rule(rule)
            for rule in policy.rules
            if rule.stage == "open" and self._applies(rule)
        ]
        self.fallback = [self._rule(rule) for rule in policy.fallback if self._applies(rule)]
        self.warnings = [
            (compile_expression(table["when"], scope, "warning.when"), table["text"])
            for table in policy.warnings
        ]
        above = policy.powers.get("above_parties", "")
        self.powers = Powers(frozenset(policy.words.get(above, ())))
        self.instance_powers: dict[str, tuple[str, ...]] = {
            name: tuple(roles) for name, roles in policy.instances.get("powers", {}).items()
        }
        self.rank = {name: index for index, name in enumerate(self.instance_powers)}
        self.again = {
            compiled.rule.name: index
            for index, compiled in enumerate(self.rules)
            if compiled.rule.name is not None
        }

    def whole_history(self) -> Program:
        """The same program, looking at all deals' histories at once."""
        other = copy.copy(self)
        other.restarts = False
        return other

    def moment_entry(self, deal: Deal) -> Entry | None:
        """The entry that is the deal: the standing order, else the close."""
        if self.order_counts and deal.order is not None:
            return deal.order
        return deal.close

    # ------------------------------------------------------------------- compiling

    def _setting(self, table: Mapping[str, Any], key: str, default: Any) -> Any:
        name = table.get(key)
        if name is None:
            return default
        if name not in self.values:
            raise InputRejected(
                Sentence("policy file, {where}: no parameter {name}", where=key, name=str(name))
            )
        return self.values[name]

    def _applies(self, rule: Rule) -> bool:
        if rule.guard is None:
            return True
        scope = Scope(self.constants, frozenset(), {}, frozenset(), {}, {})
        where = f"rule {rule.clause}, if"
        return bool(constant_value(compile_expression(rule.guard, scope, where), where, rule.guard))

    def _classes(self) -> dict[str, Class]:
        classes: dict[str, Class] = {}
        for name, spec in self.policy.classes.items():
            where = f"entries.{name}"
            for kind in spec.kinds:
                if kind not in KINDS:
                    raise InputRejected(
                        Sentence("policy file, {where}: no kind {kind}", where=where, kind=kind)
                    )
            kinds = frozenset(spec.kinds)
            parent = classes[spec.parent] if spec.parent else None
            order = self._setting({"order": spec.order} if spec.order else {}, "order", None)
            if order is None and parent is not None:
                key = parent.sort_key
            else:
                key = _by_entry if order == "recorded" else _by_time
            classes[name] = Class(
                name,
                spec.parent,
                kinds if parent is None else parent.kinds,
                kinds if parent is not None and kinds else None,
                compile_entry_test(spec.when, self.constants, where) if spec.when else None,
                compile_entry_test(spec.valid, self.constants, where) if spec.valid else None,
                key,
                spec.refused,
            )
        return classes

    def _holding(self) -> Holding:
        table = self.policy.holding
        grounds = table.get("grounds", {})
        for cause, ground in grounds.items():
            if ground not in GROUNDS:
                raise InputRejected(
                    Sentence(
                        "policy file, {where}: {problem}",
                        where=f"holding.grounds.{cause}",
                        problem=Sentence(
                            "must be one of {values}", values=", ".join(sorted(GROUNDS))
                        ),
                    )
                )
        named = {}
        for key in ("opens", "keeps", "levels", "transfers", "notices", "demands", "rulings"):
            named[key] = table.get(key, "")
            if named[key] not in self.classes:
                raise InputRejected(
                    Sentence(
                        "policy file, {where}: no class of entries {name}",
                        where=f"holding.{key}",
                        name=str(named[key]),
                    )
                )
        return Holding(
            **named,
            limits=self._setting(table, "limits", {}),
            first_level_counts=self._setting(table, "level_at", "last_contact") == "initial",
            default_level=self._setting(table, "default_level", None),
            ends_on=frozenset(table.get("ends_on", ())),
            grounds=dict(grounds),
        )

    def _window(self, table: Mapping[str, str]) -> Window:
        days = self._setting(table, "days", 0)
        count = self._setting(table, "count", "closing_day_is_day_1")
        return Window(
            days + 1 if count == "day_after" else days,
            count == "72h",
            days * 24 * HOUR,
            self._setting(table, "clock", "close") == "discovery",
            table.get("knowledge", ""),
        )

    def _rule(self, rule: Rule) -> CompiledRule:
        where = f"rule {rule.clause}"

        def compiled(text: Any, what: str, scope: Scope = self.scope) -> Thunk:
            return compile_expression(text, scope, f"{where}, {what}")

        action = next(iter(rule.then))
        value: Any = rule.then[action]
        if action in ("credit", "outlet", "shares", "hold"):
            value = compiled(value, action)
        elif action == "best":
            inner = self.scope._replace(
                anchors={**_ANCHORS, "it": lambda case: case.overrides["it"]}
            )
            value = Best(
                compiled(value["of"], "best.of"),
                compiled(value["unless"], "best.unless", inner) if "unless" in value else None,
                compiled(value["by"], "best.by", inner),
                value["tie"],
            )
        elif action == "replace":
            value = (value["value"], compiled(value["by"], "replace.by"), value["again"])
        provisional = rule.provisional or {}
        return CompiledRule(
            rule,
            compiled(rule.when, "when"),
            compiled(rule.party, "party") if rule.party else None,
            action,
            value,
            provisional.get("window"),
            compiled(provisional["when"], "provisional") if "when" in provisional else None,
            frozenset(_placeholders(rule) & (set(self.policy.lets) | set(self.values))),
        )


def _by_time(entry: Entry) -> tuple[int, ...]:
    return entry.key


def _by_entry(entry: Entry) -> tuple[int, ...]:
    return (entry.recorded, entry.seq)


def _placeholders(rule: Rule) -> set[str]:
    import string

    texts = [rule.why.en, rule.why.zh, rule.why_not.en, rule.why_not.zh]
    if rule.tie is not None:
        texts += [rule.tie.en, rule.tie.zh]
    return {name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name}


_ANCHORS: dict[str, Thunk] = {
    "deal": lambda case: case.anchor if case.anchor is not None else case.as_of + 1,
    "order": lambda case: case.deal.order if case.deal is not None else None,
    "delivery": lambda case: case.deal.close if case.deal is not None else None,
    "now": lambda case: case.as_of + 1,
}


def compiled(policy: Policy, overrides: Mapping[str, Any]) -> Program:
    """The program of a policy under overrides, from the cache if it was compiled before."""
    key = (policy.digest, json.dumps(dict(overrides), sort_keys=True) if overrides else "")
    program = _programs.get(key)
    if program is None:
        if len(_programs) > 256:
            _programs.clear()
        program = _programs[key] = Program(policy, overrides)
    return program


_programs: dict[tuple[str, str], Program] = {}
