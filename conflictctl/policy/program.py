"""A policy compiled under given parameter values: what the judge runs.

Compiled once per (policy, settings); a case only holds its own facts.
"""

from __future__ import annotations

import copy
import json
import re
import string
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple, TypeVar

from conflictctl.calendar import HOUR, Workdays
from conflictctl.events import INSTANCES
from conflictctl.history import DATED_KINDS, Asked, Deal, Entry, Powers
from conflictctl.policy import predicates, scorecard
from conflictctl.policy.case import DEAL_WIDE, shown
from conflictctl.policy.emit import kept, tried
from conflictctl.policy.entry_tests import (
    CARD_FIELDS,
    ENTRY_FACTS,
    EntryTest,
    compile_entry_test,
)
from conflictctl.policy.expression import Point
from conflictctl.policy.grounds import Grounds
from conflictctl.policy.holding import GROUNDS
from conflictctl.policy.instances import ByUnit, Instance, Instances
from conflictctl.policy.language import (
    ANY,
    ENTRY,
    FLAG,
    ID,
    LIST,
    NUMBER,
    UNKNOWN,
    Expr,
    Scope,
    Thunk,
    compile_expression,
    constant_value,
)
from conflictctl.policy.model import RESERVED, Policy, Question, Rule, located
from conflictctl.policy.problems import FaultyPolicy, Path, Problem, fault, nearest
from conflictctl.policy.quantity import Quantity, is_time
from conflictctl.wording import Bilingual, Sentence

_T = TypeVar("_T")

Test = Callable[..., Any]
Tried = Callable[[Any], tuple[Any, Grounds]]
"""A condition that gives its value and its grounds (see `emit.tried`)."""


class Class(NamedTuple):
    """A compiled class of entries."""

    name: str
    parent: str | None
    kinds: frozenset[str]
    kinds_own: frozenset[str] | None
    when: Test | None
    valid: Test | None
    sort_key: Callable[[Entry], tuple[int, ...]]
    refused: str | None
    doubt: Test | None = None
    question: str | None = None
    warn: Test | None = None
    warning: Bilingual | None = None
    keep_when: Callable[..., list[Entry]] | None = None
    keep_valid: Callable[..., list[Entry]] | None = None
    in_order: bool = False
    """Whether its order is that in which entries stand anyhow."""
    deal_wide: bool = False
    """Whether any of its kinds speaks of a deal as a whole."""


class Window(NamedTuple):
    """A window after the deal: in local days, in hours from the moment, or by a limit."""

    days: int
    hours: bool
    length: int
    from_knowledge: bool
    knowledge: str
    limit: Quantity | None


class Holding(NamedTuple):
    """What opens, keeps, moves and ends a holding.  Names of classes are "" where there is none."""

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
    granted_by: str
    extends: str
    releases: str
    lasts: Test | None
    idle: Test | None
    extension: Test | None
    releases_on_lapse: bool
    renews: bool
    queue: str
    anyone_extends: bool
    idle_by_opening: bool

    ends_by_itself: bool
    """Whether anything but transfers and departures moves a holding."""


class Standing(NamedTuple):
    """What makes and ends a filing."""

    decisions: str
    valid: Quantity | None
    needs_approval: bool


class Best(NamedTuple):
    """The action that compares: among whom, who is dropped (if not all are), by what, a tie."""

    of: Thunk
    unless: Thunk | None
    by: Thunk
    tie: str


class Split(NamedTuple):
    """The action that divides: equally, by weights, or a share for each role."""

    among: Thunk | None
    weights: tuple[Decimal, ...]
    roles: tuple[tuple[Thunk, Decimal], ...]
    to_others: bool


class Advice(NamedTuple):
    """The action that recommends somebody, and who decides."""

    party: Thunk
    refer: Thunk


class CompiledRule(NamedTuple):
    """A rule ready to be tried."""

    rule: Rule
    when: Tried
    party: Thunk | None
    action: str
    value: Any
    provisional_window: str | None
    provisional_when: Thunk | None
    names: tuple[str, ...]
    """Named values of which its sentences speak."""
    settled: Mapping[str, object]
    """Parameters of which its sentences speak, as they are shown."""


class Rate(NamedTuple):
    """A part of the usual commission for somebody, in percent."""

    clause: str
    when: Thunk
    party: Thunk
    rate: str


class PolicyWarning(NamedTuple):
    """A warning of the policy."""

    when: Thunk
    text: Bilingual
    stage: str | None


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
        self.policy = policy
        self.overrides = dict(overrides)
        self.values = policy.settings({**(dated or {}), **overrides})
        self._problems = problems
        self._used = used if used is not None else set()
        self.constants: dict[str, Any] = {
            **{k: list(v) for k, v in policy.words.items()},
            **{k: policy.parameters[k].constant(v) for k, v in self.values.items()},
        }
        self._parts = _parts.setdefault(policy.digest, {}) if problems is None else {}
        self._rests: dict[str, set[str]] = {}
        self.order_counts = self._choice(policy.deal, ("deal",), "moment", "order") == "order"
        self.restarts = (
            self._choice(policy.deal, ("deal",), "restart", "since_last_deal") == "since_last_deal"
        )
        self.always = policy.applies_from is None and policy.applies_to is None
        self.by_stretch = policy.deal.get("others") == "stretch"
        self.joined = tuple(policy.identity.get("joined", ("same",)))
        self.household = (
            *self.joined,
            *(r for r in policy.identity.get("household", ("household",)) if r not in self.joined),
        )
        self.findings: dict[str, Question] = dict(policy.findings)
        self.classes = self._classes()
        self.warning_classes = [c for c in self.classes.values() if c.warn is not None]
        self.has_doubts = any(spec.doubt is not None for spec in self.classes.values())
        self._workdays: Workdays | None = None
        self._lets: dict[str, Expr | None] = {}
        self._under_way: list[str] = []
        self.scope = self._scope()
        for name in policy.lets:
            self._try(partial(self._let, name))
        self.lets = {name: found.run for name, found in self._lets.items() if found is not None}
        self.holding = self._holding()
        self.windows = {
            name: self._window(table, ("windows", name)) for name, table in policy.windows.items()
        }
        self.standing = self._standing()
        self.leave_out = [
            (
                self._condition(table["when"], ("leave_out", number, "when"), FLAG),
                self._condition(table["units"], ("leave_out", number, "units")),
            )
            for number, table in enumerate(policy.leave_out)
        ]
        self.instances = self._instances()
        self.instance_powers: dict[str, tuple[str, ...]] = {
            name: tuple(roles) for name, roles in policy.instances.get("powers", {}).items()
        }
        self.card = self._card()
        self._check_names()
        rules = self._present(policy.rules)
        self.rules = [self._rule(rule) for rule in rules if rule.stage == "deal"]
        self.open_rules = [self._rule(rule) for rule in rules if rule.stage == "open"]
        self.deciding = [rule for rule in self.rules if rule.action != "note"]
        self.deciding_open = [rule for rule in self.open_rules if rule.action != "note"]
        self.fallback = [self._rule(rule) for rule in self._present(policy.fallback)]
        tried = [one.rule.clause for one in (*self.rules, *self.open_rules, *self.fallback)]
        self.clauses_recur = len(set(tried)) < len(tried)
        self.declared = policy.precedence.get("order") == "declared"
        self.warnings = [
            PolicyWarning(
                self._condition(table["when"], ("warning", number, "when"), FLAG),
                table["text"],
                table.get("stage"),
            )
            for number, table in enumerate(policy.warnings)
        ]
        self.rates = [
            Rate(
                table["clause"],
                self._condition(table["when"], ("rate", number, "when"), FLAG),
                self._condition(table["party"], ("rate", number, "party"), ID),
                self._parameter(table["rate"], ("rate", number, "rate")),
            )
            for number, table in enumerate(policy.rates)
        ]
        self.powers = self._powers()
        self.strikes_until = self._strikes_until()
        self.again = {
            compiled.rule.name: index
            for index, compiled in enumerate(self.rules)
            if compiled.rule.name is not None
        }
        self._check_again()
        self._check_texts()

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

    # ------------------------------------------------------------------- compiling

    def _try(self, make: Callable[[], _T], otherwise: Any = None) -> _T:
        """What `make` makes; when checking, its faults are noted and `otherwise` stands in."""
        try:
            return make()
        except FaultyPolicy as error:
            if self._problems is None:
                raise located(error, self.policy.source_file) from None
            self._problems.extend(self.policy.located(one) for one in error.problems)
            return otherwise  # type: ignore[no-any-return]

    def _note(self, error: FaultyPolicy) -> None:
        def refuse() -> None:
            raise error

        self._try(refuse)

    def _condition(self, text: str, where: Path, wanted: str = ANY, **scope: Any) -> Thunk:
        def make(used: set[str]) -> Expr:
            return compile_expression(text, self.scope._replace(**scope, used=used), where, wanted)

        found = self._try(lambda: self._part((text, where, wanted, *scope.items()), make))
        return found.run if found is not None else _nothing

    def _test(self, text: str, where: Path) -> Tried:
        """A condition of a rule."""

        def make(used: set[str]) -> Expr:
            scope = self.scope._replace(used=used)
            return compile_expression(text, scope, where, FLAG, tried)

        found = self._try(lambda: self._part((text, where, tried), make))
        return found.run if found is not None else _nothing_tried

    def _entry_test(self, text: str, where: Path) -> EntryTest:
        def make(used: set[str]) -> EntryTest:
            return compile_entry_test(text, self.constants, where, used, frozenset(self.findings))

        return self._try(lambda: self._part((text, where), make), _NOTHING_OF_ENTRY)

    def _part(self, key: tuple[Any, ...], make: Callable[[set[str]], _T]) -> _T:
        """What a text compiles to; made anew only where a parameter it rests on changed.

        The same policy is compiled under many values (contested readings, sensitivity), and
        most of its texts do not speak of the one that changed.
        """
        kept = self._parts.setdefault(key, [])
        for values, names, part in kept:
            if all(self.constants[name] == value for name, value in values.items()):
                self._used |= names
                return part  # type: ignore[no-any-return]
        used: set[str] = set()
        part = make(used)
        for name in used & set(self.policy.lets):  # a named value may be settled by parameters
            used |= self._rests.get(name, set())
        self._used |= used
        if len(kept) > 64:
            kept.clear()
        kept.append((_only(self.constants, used), frozenset(used), part))
        return part

    def _scope(self) -> Scope:
        fields = ENTRY_FACTS | {"customer", "place", "kind", "by", "unit", "department"}
        return Scope(
            constants=self.constants,
            lets=self._let,
            anchors=_ANCHORS,
            classes=frozenset(name for name in self.classes if name),
            words=predicates.WORDS,
            filters=predicates.FILTERS,
            choices={
                name: parameter.values
                for name, parameter in self.policy.parameters.items()
                if parameter.values
            },
            named={
                "finding": frozenset(self.findings),
                "window": frozenset(self.policy.windows),
                "let": frozenset(self.policy.lets),
                "card": CARD_FIELDS,
                "field": frozenset(fields) | {f"fields.{name}" for name in _form_fields(self)},
            },
            let_names=frozenset(self.policy.lets),
            leaves_out=bool(self.policy.leave_out),
            doubtful=frozenset(
                name
                for name in self.classes
                if self._may_be_in_doubt(name) or self._told_by_findings(name)
            ),
            replaced=frozenset(
                rule.then["replace"]["value"]
                for rule in self.policy.rules
                if "replace" in rule.then
            ),
            once=_spoken_of_once(self.policy),
            used=self._used,
        )

    def _may_be_in_doubt(self, name: str) -> bool:
        spec = self.classes[name]
        return spec.doubt is not None or (
            spec.parent is not None and self._may_be_in_doubt(spec.parent)
        )

    def _told_by_findings(self, name: str) -> bool:
        """Whether sorting the entries of a class out may ask what a person found."""
        asked = _ASKS.findall(_tests_of(self.policy, name))
        return "found" in asked or (
            bool(asked)
            and any("found" in _ASKS.findall(_tests_of(self.policy, one)) for one in self.classes)
        )

    def _let(self, name: str) -> Expr | None:
        """A named value, compiled when it is first asked for."""
        if name not in self.policy.lets:
            return None
        if name not in self._lets:
            if name in self._under_way:
                circle = [*self._under_way[self._under_way.index(name) :], name]
                raise fault(
                    ("let", name),
                    Sentence("{names}: a value cannot rest on itself", names=" > ".join(circle)),
                )
            self._under_way.append(name)
            try:
                self._lets[name] = self._compiled_let(name)
            except FaultyPolicy:
                self._lets[name] = Expr(_nothing, ANY)  # said once, not wherever it is used
                raise
            finally:
                self._under_way.pop()
        return self._lets[name]

    def _compiled_let(self, name: str) -> Expr:
        rests: set[str] = set()

        def make(used: set[str]) -> Expr:
            return compile_expression(
                self.policy.lets[name],
                self.scope._replace(used=used),
                ("let", name),
                write=partial(kept, name=name),
            )

        before, self._used = self._used, rests
        try:
            found = self._part(("let", name), make)
        finally:
            self._used = before
            self._used |= rests
        self._rests[name] = rests
        return found

    def _choice(self, table: Mapping[str, Any], where: Path, key: str, default: Any) -> Any:
        """A setting that is a parameter's name or a plain value; an optional parameter's null."""
        value = table.get(key)
        if value is None:
            return default
        if isinstance(value, str) and value in self.values:
            self._used.add(value)
            return self.values[value]
        if value in _PLAIN_CHOICES.get(key, ()):
            return value
        self._note(
            fault(
                (*where, key),
                Sentence("no parameter {name}", name=str(value)),
                nearest(str(value), {*self.values, *map(str, _PLAIN_CHOICES.get(key, ()))}),
            )
        )
        return default

    def _parameter(self, name: str, where: Path) -> str:
        if name not in self.values:
            self._note(
                fault(where, Sentence("no parameter {name}", name=name), nearest(name, self.values))
            )
        self._used.add(name)
        return name

    def _limit(self, table: Mapping[str, Any], where: Path, key: str) -> Quantity | None:
        """A parameter that is a length of time; None where there is none, or it has no value."""
        if key not in table:
            return None
        name = self._parameter(table[key], (*where, key))
        parameter = self.policy.parameters.get(name)
        if parameter is not None and not is_time(parameter.unit):
            self._note(
                fault(
                    (*where, key),
                    Sentence("{text} is no length of time", text=name),
                    Sentence("give the parameter a unit: days, working_days, hours ..."),
                )
            )
        value = self.constants.get(name)
        return value if isinstance(value, Quantity) else None

    def _class(self, table: Mapping[str, Any], where: Path, key: str, default: str = "") -> str:
        name = table.get(key, default)
        if name not in self.classes:
            self._note(
                fault(
                    (*where, key),
                    Sentence("no class of entries {name}", name=str(name)),
                    nearest(str(name), (one for one in self.classes if one)),
                )
            )
            return ""
        self._used.add(f"class {name}")
        return str(name)

    def _present(self, rules: Iterable[Rule]) -> list[Rule]:
        return [rule for rule in rules if self._applies(rule.guard, (*rule.place, "if"))]

    def _applies(self, guard: str | None, where: Path) -> bool:
        if guard is None:
            return True
        scope = self.scope._replace(
            lets=lambda name: None, anchors={}, words={}, let_names=frozenset()
        )

        def make(used: set[str]) -> Expr:
            return compile_expression(guard, scope._replace(used=used), where)

        value = self._try(
            lambda: constant_value(self._part(("if", guard, where), make), where), True
        )
        # A policy is checked whole, whatever its parameters say today.
        return bool(value) or self._problems is not None

    def _classes(self) -> dict[str, Class]:
        classes: dict[str, Class] = {
            "": Class("", None, frozenset(), None, None, None, _by_time, None)
        }
        for name, spec in self.policy.classes.items():
            where: Path = ("entries", name)
            kinds = frozenset(spec.kinds)
            parent = classes[spec.parent] if spec.parent else None
            if parent is not None and kinds and not kinds <= parent.kinds:
                self._note(
                    fault(
                        (*where, "kinds"),
                        Sentence(
                            "{kinds}: not among the kinds of {parent}",
                            kinds=", ".join(sorted(kinds - parent.kinds)),
                            parent=parent.name,
                        ),
                    )
                )
            order = self._choice({"order": spec.order} if spec.order else {}, where, "order", None)
            if order is None and parent is not None:
                key = parent.sort_key
            else:
                key = _by_entry if order == "recorded" else _by_time
            if spec.question is not None and spec.question not in self.findings:
                self._note(
                    fault(
                        (*where, "question"),
                        Sentence("no finding {name}", name=spec.question),
                        nearest(spec.question, self.findings),
                    )
                )
            when = self._entry_test(spec.when, (*where, "when")) if spec.when else None
            valid = self._entry_test(spec.valid, (*where, "valid")) if spec.valid else None
            all_kinds = kinds if parent is None else parent.kinds
            classes[name] = Class(
                name,
                spec.parent,
                all_kinds,
                kinds if parent is not None and kinds else None,
                when.of if when is not None else None,
                valid.of if valid is not None else None,
                key,
                spec.refused,
                self._entry_test(spec.doubt, (*where, "doubt")).of if spec.doubt else None,
                spec.question,
                self._entry_test(spec.warn, (*where, "warn")).of if spec.warn else None,
                spec.warning,
                when.keep if when is not None else None,
                valid.keep if valid is not None else None,
                key is _by_time,
                not all_kinds.isdisjoint(DEAL_WIDE),
            )
        return classes

    def _holding(self) -> Holding:
        table = self.policy.holding
        where: Path = ("holding",)
        for cause, ground in table.get("grounds", {}).items():
            assert ground in GROUNDS, (cause, ground)  # the shape of the file says so
        named = {
            key: self._class(table, where, key)
            for key in (
                "opens",
                "keeps",
                "levels",
                "transfers",
                "notices",
                "demands",
                "rulings",
                "granted_by",
                "extends",
                "releases",
            )
        }
        limits = self._choice(table, where, "limits", {})
        lasts, idle = self._length(table, "lasts"), self._length(table, "idle")
        releases_on_lapse = table.get("lapse") == "releases"
        renews = bool(table.get("renews", False))
        return Holding(
            **named,
            limits=limits if isinstance(limits, Mapping) else {},
            first_level_counts=self._choice(table, where, "level_at", "last_contact") == "initial",
            default_level=self._choice(table, where, "default_level", None),
            ends_on=frozenset(table.get("ends_on", ())),
            grounds=dict(table.get("grounds", {})),
            lasts=lasts,
            idle=idle,
            extension=self._length(table, "extension"),
            releases_on_lapse=releases_on_lapse,
            renews=renews,
            queue=table.get("queue", "oldest"),
            anyone_extends=table.get("extended_by") == "anyone",
            idle_by_opening=table.get("idle_of") == "opening",
            ends_by_itself=bool(
                lasts is not None
                or (idle is not None and releases_on_lapse)
                or named["granted_by"]
                or named["releases"]
                or renews
            ),
        )

    def _length(self, table: Mapping[str, Any], key: str) -> Test | None:
        text = table.get(key)
        return self._entry_test(text, ("holding", key)).of if text is not None else None

    def _window(self, table: Mapping[str, str], where: Path) -> Window:
        days = self._choice(table, where, "days", 0)
        count = self._choice(table, where, "count", "closing_day_is_day_1")
        limit = self._limit(table, where, "limit")
        clock = limit is not None and (limit.measure or "").endswith("/clock")
        hours = limit is not None and limit.unit in ("hours", "minutes")
        return Window(
            days + 1 if count == "day_after" else days,
            count == "72h" or clock or hours,
            days * 24 * HOUR,
            self._choice(table, where, "clock", "close") == "discovery",
            self._class(table, where, "knowledge"),
            limit,
        )

    def _standing(self) -> Standing:
        table = self.policy.standing
        where: Path = ("standing",)
        key = "valid" if "valid" in table else "valid_days"
        return Standing(
            self._class(table, where, "decisions"),
            self._limit(table, where, key),
            self._choice(table, where, "needs_approval", False) in (True, "true"),
        )

    def _instances(self) -> Instances:
        table = self.policy.instances
        where: Path = ("instances",)
        powers = table.get("powers", {})
        for name in powers:
            if name not in INSTANCES:
                self._note(
                    fault(
                        (*where, "powers", name),
                        Sentence("{value} cannot stand here", value=name),
                        nearest(name, INSTANCES),
                    )
                )
        by_unit = table.get("by_unit")
        unit = None
        if by_unit is not None:
            unit = ByUnit(
                self._condition(by_unit["parties"], (*where, "by_unit", "parties"), LIST),
                by_unit["unit"],
                by_unit["role"],
                Instance(by_unit["one"]["instance"], by_unit["one"]["clause"]),
                Instance(by_unit["several"]["instance"], by_unit["several"]["clause"]),
                by_unit["final"],
                by_unit["disagreement"],
            )
        self.appeal_within = self._limit(table, where, "appeal_within")
        rulings = (
            self._class(table, where, "rulings")
            if "rulings" in table
            else self.policy.holding.get("rulings", "")
        )
        return Instances(
            table.get("clause", ""),
            rulings,
            {name: index for index, name in enumerate(powers)},
            unit,
            frozenset(table.get("stages", ("deal",))),
            self._condition(table["after"], (*where, "after"), ENTRY) if "after" in table else None,
            self._condition(table["before"], (*where, "before"), ENTRY)
            if "before" in table
            else None,
        )

    def _powers(self) -> Powers:
        table = self.policy.powers
        above = table.get("above_parties", "")
        if above and above not in self.policy.words:
            self._note(
                fault(
                    ("powers", "above_parties"),
                    Sentence("no word {name}", name=above),
                    nearest(above, self.policy.words),
                )
            )
        self._used.add(above)
        text = table.get("strike")
        strike: Callable[[Entry, Asked], bool] | None = None
        if text is not None:
            strike = self._entry_test(text, ("powers", "strike")).of
        return Powers(
            frozenset(self.policy.words.get(above, ())),
            strike,
            bool(table.get("strikes_own", False)),
            (table["mends"]["role"], table["mends"]["unit"]) if "mends" in table else None,
            None if self.policy.deal.get("time") == "happened" else DATED_KINDS,
        )

    def _strikes_until(self) -> Thunk | None:
        text = self.policy.powers.get("strikes_until")
        if text is None:
            return None
        return self._condition(text, ("powers", "strikes_until"), ENTRY)

    def _card(self) -> scorecard.Card | None:
        table = self.policy.scorecard
        if not table:
            return None
        rows = []
        for number, line in enumerate(self.policy.rows):
            where: Path = ("scorecard", "row", number)
            if self._applies(line.table.get("if"), (*where, "if")):
                rows.append(self._row(line.id, line.table, where))
        of = self._condition(table["of"], ("scorecard", "of"), LIST)
        return scorecard.Card(of, tuple(rows))

    def _row(self, identity: str, table: Mapping[str, Any], where: Path) -> scorecard.Row:
        kind = table["kind"]
        needed = {"flag": "when", "best": "by", "unique_best": "by", "set": "points"}[kind]
        if needed not in table or "points" not in table:
            missing = needed if needed not in table else "points"
            self._note(
                fault(
                    where,
                    Sentence("{key} is missing", key=missing),
                    Sentence("a row of the kind {kind} needs {key}", kind=kind, key=missing),
                )
            )

        def part(key: str, wanted: str = ANY) -> Thunk | None:
            if key not in table:
                return None
            return self._condition(table[key], (*where, key), wanted, bound=1)

        return scorecard.Row(
            identity,
            kind,
            part("points", NUMBER if kind != "set" else ANY) or _nothing,
            part("when", FLAG),
            part("by") or (_nothing if needed == "by" else None),
            bool(table.get("lowest", False)),
            self._choice(table, where, "tie", "shared_unless_all"),
            part("times", NUMBER),
            self._condition(table["only_if"], (*where, "only_if"), FLAG)
            if "only_if" in table
            else None,
            table.get("not_for"),
        )

    # ------------------------------------------------------------------------ rules

    def _rule(self, rule: Rule) -> CompiledRule:
        where = rule.place

        def part(text: Any, *keys: str, wanted: str = ANY) -> Thunk:
            return self._condition(text, (*where, *keys), wanted)

        test = self._test(rule.when, (*where, "when"))
        if rule.unless is not None:
            test = _but_not(test, self._test(rule.unless, (*where, "unless")))
        action = "recommend" if "recommend" in rule.then else next(iter(rule.then))
        value: Any = rule.then[action]
        then = (*where, "then", action)
        if action in ("credit", "outlet", "hold", "bar"):
            value = self._condition(value, then, ID)
        elif action == "shares":
            value = self._condition(value, then, ENTRY)
        elif action == "recommend":
            value = Advice(
                self._condition(value, then, ID),
                self._referral(rule.then["refer"], (*where, "then", "refer")),
            )
        elif action == "refer":
            value = self._referral(value, then)
        elif action == "best":
            value = Best(
                self._condition(value["of"], (*then, "of"), LIST),
                self._condition(value["unless"], (*then, "unless"), FLAG, bound=1)
                if "unless" in value
                else None,
                self._condition(value["by"], (*then, "by"), ANY, bound=1),
                value.get("tie") or self.policy.tie.get("refer", "panel"),
            )
        elif action == "split":
            value = self._split(value, then)
        elif action == "replace":
            if rule.stage != "deal":
                self._note(
                    fault(
                        then,
                        Sentence("only a rule about a deal puts another in somebody's place"),
                        Sentence('take away stage = "open"'),
                    )
                )
            if value["value"] not in self.policy.lets:
                self._note(
                    fault(
                        (*then, "value"),
                        Sentence("unknown name {name}", name=value["value"]),
                        nearest(value["value"], self.policy.lets),
                    )
                )
            value = (
                value["value"],
                self._condition(value["by"], (*then, "by"), ID),
                value["again"],
            )
        provisional = rule.provisional or {}
        if provisional and provisional["window"] not in self.policy.windows:
            self._note(
                fault(
                    (*where, "provisional", "window"),
                    Sentence("no window {name}", name=provisional["window"]),
                    nearest(provisional["window"], self.policy.windows),
                )
            )
        spoken_of = _placeholders(rule)
        return CompiledRule(
            rule,
            test,
            part(rule.party, "party", wanted=ID) if rule.party else None,
            action,
            value,
            provisional.get("window"),
            part(provisional["when"], "provisional", "when", wanted=FLAG)
            if "when" in provisional
            else None,
            tuple(sorted(spoken_of & (self.policy.lets.keys() - self.values.keys()))),
            {name: shown(self.values[name]) for name in sorted(spoken_of & self.values.keys())},
        )

    def _referral(self, text: str, where: Path) -> Thunk:
        """Who decides: an instance by its name, or a condition that gives one."""
        if text in INSTANCES:
            return lambda case: text
        if _like_a_name(text) and text not in {*self.policy.lets, *self.constants}:
            self._note(
                fault(where, Sentence("no instance {name}", name=text), nearest(text, INSTANCES))
            )
            return _nothing
        return self._condition(text, where, ID)

    def _split(self, table: Mapping[str, Any], where: Path) -> Split:
        if ("among" in table) is ("roles" in table):
            self._note(
                fault(
                    where,
                    Sentence("a split names `among` or `roles`"),
                    Sentence(
                        "{example} divides equally", example='then.split = { among = "signers" }'
                    ),
                )
            )
        weights = tuple(
            self._decimal(name, (*where, "weights", number))
            for number, name in enumerate(table.get("weights", ()))
        )
        roles = tuple(
            (
                self._condition(row["party"], (*where, "roles", number, "party"), ID),
                self._decimal(row["share"], (*where, "roles", number, "share")),
            )
            for number, row in enumerate(table.get("roles", ()))
        )
        if roles and sum(share for _, share in roles) != 100:
            self._note(
                fault(
                    (*where, "roles"),
                    Sentence(
                        "the shares of the roles sum to {total}, not 100",
                        total=str(sum(share for _, share in roles)),
                    ),
                )
            )
        among = (
            self._condition(table["among"], (*where, "among"), LIST) if "among" in table else None
        )
        return Split(among, weights, roles, table.get("missing") == "others")

    def _decimal(self, name: str, where: Path) -> Decimal:
        value = self.values.get(self._parameter(name, where))
        try:
            return Decimal(str(value))
        except ArithmeticError:
            self._note(fault(where, Sentence("{name} is no number", name=name)))
            return Decimal(0)

    # ------------------------------------------------------- what a compiler cannot miss

    def _check_names(self) -> None:
        """Names that mean two things, and findings whose class is missing."""
        taken: dict[str, str] = {}
        for section, names in (
            ("words", self.policy.words),
            ("parameters", self.policy.parameters),
            ("let", self.policy.lets),
        ):
            for name in names:
                other = taken.setdefault(name, section)
                if other != section or name in RESERVED or name == "it":
                    self._note(
                        fault(
                            (section, name),
                            Sentence("{name} already means something else", name=name),
                            Sentence("give it another name"),
                        )
                    )
        for name in {**self.policy.words, **self.policy.parameters}:
            if name in ENTRY_FACTS:
                section = "words" if name in self.policy.words else "parameters"
                self._note(
                    fault(
                        (section, name),
                        Sentence("{name} is a fact of entries", name=name),
                        Sentence("give it another name"),
                    )
                )
        for name, question in self.findings.items():
            if question.entries not in self.classes:
                self._note(
                    fault(
                        ("findings", name),
                        Sentence("no class of entries {name}", name=question.entries),
                        Sentence('add [entries.finding] with kinds = ["finding"]'),
                    )
                )
            self._used.add(f"class {question.entries}")
            for key in ("minimum", "maximum"):
                limit = getattr(question, key)
                if limit is not None:
                    self._parameter(limit, ("findings", name, key))

    def _check_again(self) -> None:
        """Rules that start again do so at one that there is."""
        for compiled in (*self.rules, *self.open_rules, *self.fallback):
            if compiled.action == "replace" and compiled.value[2] not in self.again:
                self._note(
                    fault(
                        (*compiled.rule.place, "then", "replace", "again"),
                        Sentence("no rule is called {name}", name=compiled.value[2]),
                        nearest(compiled.value[2], filter(None, self.again)),
                    )
                )

    def _check_texts(self) -> None:
        """Sentences name in braces only what there is, and the same in both languages."""
        known = {*self.policy.lets, *self.values}
        for rule in (*self.policy.rules, *self.policy.fallback):
            for key, text in (("why", rule.why), ("why_not", rule.why_not), ("tie", rule.tie)):
                if text is not None:
                    self._text(text, (*rule.place, key), known | _SAID)
        for number, warning in enumerate(self.policy.warnings):
            self._text(warning["text"], ("warning", number), known)
        self._text(self.policy.no_rule["why"], ("no_rule", "why"), set())
        if "why" in self.policy.tie:
            table = self.policy.tie["why"]
            self._text(Bilingual(table["en"], table["zh"]), ("tie", "why"), set())
        for name, spec in self.policy.classes.items():
            if spec.warning is not None:
                self._text(spec.warning, ("entries", name), {"event", "staff"})

    def _text(self, text: Bilingual, where: Path, known: set[str]) -> None:
        found: list[set[str]] = []
        for language, one in zip(("en", "zh"), text, strict=True):
            try:
                fields = [field for field in string.Formatter().parse(one) if field[1] is not None]
            except ValueError:
                self._note(
                    fault(
                        (*where, language),
                        Sentence("a brace is not closed"),
                        Sentence(
                            "a name stands in braces like {example}; for a brace write two",
                            example="{closer}",
                        ),
                    )
                )
                return
            for _, name, form, conversion in fields:
                if form or conversion or not str(name).isidentifier():
                    self._note(
                        fault(
                            (*where, language),
                            Sentence(
                                "{text}: only a name can stand in braces",
                                text=_in_braces(str(name), form, conversion)[:60],
                            ),
                            _PLAIN_NAME,
                        )
                    )
                    return
            names = {str(name) for _, name, _, _ in fields}
            found.append(names)
            for name in sorted(names - known):
                self._note(
                    fault(
                        (*where, language),
                        Sentence("{name}: nothing of this name can be said here", name=name),
                        nearest(name, known),
                    )
                )
        if found[0] != found[1]:
            differ = ", ".join(sorted(found[0] ^ found[1]))
            self._note(
                fault(
                    where,
                    Sentence("{names}: said in one language only", names=differ),
                    Sentence("both languages name the same things in braces"),
                )
            )


def _spoken_of_once(policy: Policy) -> frozenset[str]:
    """Named values that stand in one place only of all conditions and sentences."""
    found = _once.get(policy.digest)
    if found is None:
        texts: list[object] = [*policy.lets.values()]
        for rule in (*policy.rules, *policy.fallback):
            texts += [rule.when, rule.unless, rule.party, rule.then, rule.provisional]
            texts += _placeholders(rule)
        texts += [policy.leave_out, policy.warnings, policy.rates, policy.scorecard, policy.rows]
        texts += [policy.instances, policy.powers, policy.no_rule, policy.tie]
        mentions = Counter(_WORD.findall("\n".join(map(str, texts))))
        found = frozenset(name for name in policy.lets if mentions[name] == 1)
        if len(_once) > 256:
            _once.clear()
        _once[policy.digest] = found
    return found


_once: dict[str, frozenset[str]] = {}
_WORD = re.compile(r"\w+")

_ASKS = re.compile(r"\b(found|decided|level_then)\(")
"""Words on entries that ask for findings, or for entries of another class."""


def _tests_of(policy: Policy, name: str | None) -> str:
    """The tests by which entries come into a class, those of the classes that it narrows too."""
    texts: list[str] = []
    while name:
        spec = policy.classes[name]
        texts += filter(None, (spec.when, spec.valid, spec.doubt))
        name = spec.parent
    return "\n".join(texts)


_PLAIN_NAME = Sentence(
    "write {example}: no dot, bracket, colon or exclamation mark", example="{closer}"
)


def _in_braces(name: str, form: str | None, conversion: str | None) -> str:
    """What stood in braces, as it was written."""
    return f"{{{name}{'!' + conversion if conversion else ''}{':' + form if form else ''}}}"


def _like_a_name(text: str) -> bool:
    """Whether a text is words only, as names of instances are, not a condition."""
    words = text.split()
    return all(word.isidentifier() for word in words) and not {"if", "or", "and"} & set(words)


_SAID = {"party", "measured", "limit", "window_end", "needs"}

_PLAIN_CHOICES: dict[str, tuple[Any, ...]] = {
    "moment": ("order", "close"),
    "restart": ("since_last_deal", "all"),
    "order": ("recorded", "happened"),
    "level_at": ("last_contact", "initial"),
    "clock": ("close", "discovery"),
    "tie": ("shared_unless_all", "none", "all"),
    "needs_approval": ("true", "false", True, False),
}


def _form_fields(program: Program) -> set[str]:
    """Fields of a filing's form that the policy speaks of: any name, so that one can be used."""
    return set(re.findall(r"fields\.([A-Za-z0-9_]+)", program.policy.text))


def _nothing(case: Any) -> Any:
    return None


_NOTHING_OF_ENTRY = EntryTest(lambda entry, case: None, lambda entries, case: [])


def _nothing_tried(case: Any) -> tuple[Any, Grounds]:
    return None, None


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


def _by_time(entry: Entry) -> tuple[int, ...]:
    return entry.key


def _by_entry(entry: Entry) -> tuple[int, ...]:
    return (entry.recorded, entry.seq)


def _placeholders(rule: Rule) -> set[str]:
    texts = [rule.why.en, rule.why.zh, rule.why_not.en, rule.why_not.zh]
    if rule.tie is not None:
        texts += [rule.tie.en, rule.tie.zh]
    try:
        return {name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name}
    except ValueError:
        return set()


def _previous_deal(case: Any) -> Entry | None:
    """The latest close before this deal's history began; None for a first deal."""
    limit = case.anchor.key if case.anchor is not None else None
    closes = [
        deal.close
        for deal in case.deals
        if deal.close is not None
        and deal is not case.deal
        and (limit is None or deal.close.key < limit)
    ]
    return max(closes, key=lambda entry: entry.key, default=None)


def _next_deal(case: Any) -> Any:
    """The close of the deal after this one; now, where there is none."""
    if case.anchor is not None:
        later = [
            deal.close
            for deal in case.deals
            if deal.close is not None and deal is not case.deal and deal.close.key > case.anchor.key
        ]
        if later:
            return min(later, key=lambda entry: entry.key)
    return case.as_of + 1


def _point(source: str) -> Point:
    """A moment that is read off the case: as a function, and as the text of it."""
    return Point(eval(f"lambda case: {source}", {"__builtins__": {}}), source)


_ANCHORS: dict[str, Point] = {
    "deal": _point("case.anchor if case.anchor is not None else case.as_of + 1"),
    "order": _point("case.deal.order if case.deal is not None else None"),
    "delivery": _point("case.deal.close if case.deal is not None else None"),
    "now": _point("case.as_of + 1"),
    "next_deal": Point(_next_deal),
    "previous_deal": Point(_previous_deal),
}


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

_parts: dict[str, dict[tuple[Any, ...], list[tuple[dict[str, Any], frozenset[str], Any]]]] = {}


def _only(constants: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: constants[name] for name in names if name in constants}
