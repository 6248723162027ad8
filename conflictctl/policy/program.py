"""A policy compiled under given parameter values: what the judge runs.

Compiled once per (policy, settings); a case only holds its own facts.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from conflictctl.calendar import Workdays
from conflictctl.history import Deal, Entry
from conflictctl.policy import consistency, sections
from conflictctl.policy.anchors import PASSING
from conflictctl.policy.compiler import Compiler
from conflictctl.policy.deciding import InOrder
from conflictctl.policy.language import FLAG, ID
from conflictctl.policy.model import Policy
from conflictctl.policy.parts import PolicyWarning, Rate
from conflictctl.policy.problems import Problem
from conflictctl.policy.rule_parts import compiled_rule


class Program:
    """A policy under given values of its parameters.

    Raises FaultyPolicy at the first fault; with `problems` given, all of them are put there
    and what is faulty is left out: for checking, not for judging.
    """

    def __init__(
        self,
        policy: Policy,
        overrides: Mapping[str, Any],
        *,
        dated: Mapping[str, Any] | None = None,
        problems: list[Problem] | None = None,
        used: set[str] | None = None,
    ) -> None:
        make = Compiler(
            policy, {**(dated or {}), **overrides}, problems, used if used is not None else set()
        )
        self.policy = policy
        self.written: dict[str, Any] = {}
        """Functions that others wrote of this program, kept as long as it is."""
        self.overrides = dict(overrides)
        self.values = make.values
        self.constants = make.constants
        self.order_counts = make.choice(policy.deal, ("deal",), "moment", "order") == "order"
        self.restarts = (
            make.choice(policy.deal, ("deal",), "restart", "since_last_deal") == "since_last_deal"
        )
        self.always = policy.applies_from is None and policy.applies_to is None
        self.by_stretch = policy.deal.get("others") == "stretch"
        self.joined = tuple(policy.identity.get("joined", ("same",)))
        self.household = (
            *self.joined,
            *(r for r in policy.identity.get("household", ("household",)) if r not in self.joined),
        )
        self.findings = make.findings
        self.classes = sections.classes(make)
        self.warning_classes = [c for c in self.classes.values() if c.warn is not None]
        self.has_doubts = any(spec.doubt is not None for spec in self.classes.values())
        self._workdays: Workdays | None = None
        make.open_scope(self.classes)
        self.scope = make.scope
        self.lets = make.lets()
        self.holding = sections.holding(make)
        self.windows = {
            name: sections.window(make, table, ("windows", name))
            for name, table in policy.windows.items()
        }
        self.standing = sections.standing(make)
        self.leave_out = [
            (
                make.condition(table["when"], ("leave_out", number, "when"), FLAG),
                make.condition(table["units"], ("leave_out", number, "units")),
            )
            for number, table in enumerate(policy.leave_out)
        ]
        self.instances = sections.instances(make)
        self.appeal_within = sections.appeal_within(make)
        self.instance_powers: dict[str, tuple[str, ...]] = {
            name: tuple(roles) for name, roles in policy.instances.get("powers", {}).items()
        }
        self.card = sections.card(make)
        consistency.check_names(make)
        rules = make.present(policy.rules)
        self.rules = [compiled_rule(make, rule) for rule in rules if rule.stage == "deal"]
        self.open_rules = [compiled_rule(make, rule) for rule in rules if rule.stage == "open"]
        self.deciding = InOrder(
            [rule for rule in self.rules if rule.action != "note"],
            deal=True,
            leaves_out=bool(self.leave_out),
        )
        self.deciding_open = InOrder(
            [rule for rule in self.open_rules if rule.action != "note"],
            deal=False,
            leaves_out=bool(self.leave_out),
        )
        self.fallback = [compiled_rule(make, rule) for rule in make.present(policy.fallback)]
        tried = [one.rule.clause for one in (*self.rules, *self.open_rules, *self.fallback)]
        self.clauses_recur = len(set(tried)) < len(tried)
        self.declared = policy.precedence.get("order") == "declared"
        self.warnings = [
            PolicyWarning(
                make.condition(table["when"], ("warning", number, "when"), FLAG),
                table["text"],
                table.get("stage"),
            )
            for number, table in enumerate(policy.warnings)
        ]
        self.rates = [
            Rate(
                table["clause"],
                make.condition(table["when"], ("rate", number, "when"), FLAG),
                make.condition(table["party"], ("rate", number, "party"), ID),
                make.parameter(table["rate"], ("rate", number, "rate")),
            )
            for number, table in enumerate(policy.rates)
        ]
        self.powers = sections.powers(make)
        self.asks_for_now = not make.used.isdisjoint(PASSING)
        """Whether a ruling on a deal may change by the mere passing of time."""
        self.strikes_until = sections.strikes_until(make)
        self.again = {
            compiled.rule.name: index
            for index, compiled in enumerate(self.rules)
            if compiled.rule.name is not None
        }
        consistency.check_again(make, (*self.rules, *self.open_rules, *self.fallback), self.again)
        consistency.check_texts(make)

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

    @property
    def workdays(self) -> Workdays:
        """The working days of the policy's calendar; Monday to Friday without one."""
        if self._workdays is None:
            self._workdays = _workdays(self.policy.calendar)
        return self._workdays


def _workdays(table: Mapping[str, Any]) -> Workdays:
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    weekend = table.get("weekend")

    def days(key: str) -> frozenset[int]:
        return frozenset(day.toordinal() for day in table.get(key, ()) if type(day) is date)

    return Workdays(
        table.get("country"),
        table.get("subdivision"),
        frozenset((5, 6)) if weekend is None else frozenset(map(names.index, weekend)),
        days("holidays"),
        days("working"),
    )


def compiled(policy: Policy, overrides: Mapping[str, Any], day: int | None = None) -> Program:
    """The program of a policy under overrides, from the cache if it was compiled before.

    `day` (proleptic ordinal) chooses values that hold for deals of some time only.
    """
    dated = policy.dated(day) if day is not None else {}
    key = (
        policy.digest,
        json.dumps([dict(overrides), dated], sort_keys=True) if overrides or dated else "",
    )
    program = _programs.get(key)
    if program is None:
        if len(_programs) > 256:
            _programs.clear()
        program = _programs[key] = Program(policy, overrides, dated=dated)
    return program


_programs: dict[tuple[str, str], Program] = {}
