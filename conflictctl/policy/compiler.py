"""The texts of a policy compiled under given values of its parameters, and looked up by name."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, TypeVar

from conflictctl.policy import predicates
from conflictctl.policy.anchors import ANCHORS
from conflictctl.policy.emit import kept, tried
from conflictctl.policy.entry_tests import (
    CARD_FIELDS,
    ENTRY_FACTS,
    EntryTest,
    compile_entry_test,
)
from conflictctl.policy.grounds import Grounds
from conflictctl.policy.language import (
    ANY,
    FLAG,
    Expr,
    Scope,
    Thunk,
    compile_expression,
    constant_value,
)
from conflictctl.policy.model import Policy, Question, Rule, located
from conflictctl.policy.parts import Class
from conflictctl.policy.problems import FaultyPolicy, Path, Problem, fault, nearest
from conflictctl.policy.quantity import Quantity, is_time
from conflictctl.wording import Sentence

_T = TypeVar("_T")


class Compiler:
    """The texts of one policy compiled under given values, and the names that they may use.

    `classes` and `scope` are put in once the classes of entries are compiled: what other texts
    speak of stands in them.
    """

    def __init__(
        self,
        policy: Policy,
        settings: Mapping[str, Any],
        problems: list[Problem] | None,
        used: set[str],
    ) -> None:
        self.policy = policy
        self.values = policy.settings(settings)
        self.problems = problems
        self.used = used
        self.constants: dict[str, Any] = {
            **{k: list(v) for k, v in policy.words.items()},
            **{k: policy.parameters[k].constant(v) for k, v in self.values.items()},
        }
        self.findings: dict[str, Question] = dict(policy.findings)
        self.classes: dict[str, Class] = {}
        self._parts = _parts.setdefault(policy.digest, {}) if problems is None else {}
        self._rests: dict[str, set[str]] = {}
        self._lets: dict[str, Expr | None] = {}
        self._under_way: list[str] = []

    def open_scope(self, classes: dict[str, Class]) -> None:
        """From here on texts may speak of these classes, and of named values."""
        self.classes = classes
        self.scope = self._new_scope()

    def lets(self) -> dict[str, Thunk]:
        """The named values that could be compiled, each with its function."""
        for name in self.policy.lets:
            self.attempt(partial(self.named_value, name))
        return {name: found.run for name, found in self._lets.items() if found is not None}

    def attempt(self, make: Callable[[], _T], otherwise: Any = None) -> _T:
        """What `make` makes; when checking, its faults are noted and `otherwise` stands in."""
        try:
            return make()
        except FaultyPolicy as error:
            if self.problems is None:
                raise located(error, self.policy.source_file) from None
            self.problems.extend(self.policy.located(one) for one in error.problems)
            return otherwise  # type: ignore[no-any-return]

    def note(self, error: FaultyPolicy) -> None:
        """Raise a fault, or note it when checking."""

        def refuse() -> None:
            raise error

        self.attempt(refuse)

    def condition(self, text: str, where: Path, wanted: str = ANY, **scope: Any) -> Thunk:
        """A condition as a function of a case that gives its value."""
        return self.value(text, where, wanted, **scope).run

    def value(self, text: str, where: Path, wanted: str = ANY, **scope: Any) -> Expr:
        """A condition compiled: the function of a case that gives its value, and what it is."""

        def make(used: set[str]) -> Expr:
            return compile_expression(text, self.scope._replace(**scope, used=used), where, wanted)

        found = self.attempt(lambda: self.part((text, where, wanted, *scope.items()), make))
        return found if found is not None else _NOTHING

    def test(self, text: str, where: Path) -> Expr:
        """The condition of a rule; its function gives the grounds as well (see `Tried`)."""

        def make(used: set[str]) -> Expr:
            scope = self.scope._replace(used=used)
            return compile_expression(text, scope, where, FLAG, tried)

        found = self.attempt(lambda: self.part((text, where, tried), make))
        return found if found is not None else _NOTHING_TRIED

    def entry_test(self, text: str, where: Path) -> EntryTest:
        """A condition on a single entry."""

        def make(used: set[str]) -> EntryTest:
            return compile_entry_test(text, self.constants, where, used, frozenset(self.findings))

        return self.attempt(lambda: self.part((text, where), make), _NOTHING_OF_ENTRY)

    def part(self, key: tuple[Any, ...], make: Callable[[set[str]], _T]) -> _T:
        """What a text compiles to; made anew only where a parameter it rests on changed.

        The same policy is compiled under many values (contested readings, sensitivity), and
        most of its texts do not speak of the one that changed.
        """
        kept = self._parts.setdefault(key, [])
        for values, names, part in kept:
            if all(self.constants[name] == value for name, value in values.items()):
                self.used |= names
                return part  # type: ignore[no-any-return]
        used: set[str] = set()
        part = make(used)
        for name in used & set(self.policy.lets):  # a named value may be settled by parameters
            used |= self._rests.get(name, set())
        self.used |= used
        if len(kept) > 64:
            kept.clear()
        kept.append((_only(self.constants, used), frozenset(used), part))
        return part

    def _new_scope(self) -> Scope:
        fields = ENTRY_FACTS | {"customer", "place", "kind", "by", "unit", "department"}
        return Scope(
            constants=self.constants,
            lets=self.named_value,
            anchors=ANCHORS,
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
            used=self.used,
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

    def named_value(self, name: str) -> Expr | None:
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
                self._lets[name] = Expr(nothing, ANY)  # said once, not wherever it is used
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

        before, self.used = self.used, rests
        try:
            found = self.part(("let", name), make)
        finally:
            self.used = before
            self.used |= rests
        self._rests[name] = rests
        return found

    def choice(self, table: Mapping[str, Any], where: Path, key: str, default: Any) -> Any:
        """A setting that is a parameter's name or a plain value; an optional parameter's null."""
        value = table.get(key)
        if value is None:
            return default
        if isinstance(value, str) and value in self.values:
            self.used.add(value)
            return self.values[value]
        if value in _PLAIN_CHOICES.get(key, ()):
            return value
        self.note(
            fault(
                (*where, key),
                Sentence("no parameter {name}", name=str(value)),
                nearest(str(value), {*self.values, *map(str, _PLAIN_CHOICES.get(key, ()))}),
            )
        )
        return default

    def parameter(self, name: str, where: Path) -> str:
        """The name of a parameter that there is."""
        if name not in self.values:
            self.note(
                fault(where, Sentence("no parameter {name}", name=name), nearest(name, self.values))
            )
        self.used.add(name)
        return name

    def limit(self, table: Mapping[str, Any], where: Path, key: str) -> Quantity | None:
        """A parameter that is a length of time; None where there is none, or it has no value."""
        if key not in table:
            return None
        name = self.parameter(table[key], (*where, key))
        parameter = self.policy.parameters.get(name)
        if parameter is not None and not is_time(parameter.unit):
            self.note(
                fault(
                    (*where, key),
                    Sentence("{text} is no length of time", text=name),
                    Sentence("give the parameter a unit: days, working_days, hours ..."),
                )
            )
        value = self.constants.get(name)
        return value if isinstance(value, Quantity) else None

    def class_of(self, table: Mapping[str, Any], where: Path, key: str, default: str = "") -> str:
        """The name of a class that there is; "" where there is none."""
        name = table.get(key, default)
        if name not in self.classes:
            self.note(
                fault(
                    (*where, key),
                    Sentence("no class of entries {name}", name=str(name)),
                    nearest(str(name), (one for one in self.classes if one)),
                )
            )
            return ""
        self.used.add(f"class {name}")
        return str(name)

    def present(self, rules: Iterable[Rule]) -> list[Rule]:
        """The rules that the parameters do not leave out."""
        return [rule for rule in rules if self.applies(rule.guard, (*rule.place, "if"))]

    def applies(self, guard: str | None, where: Path) -> bool:
        """Whether the parameters let something apply."""
        if guard is None:
            return True
        scope = self.scope._replace(
            lets=lambda name: None, anchors={}, words={}, let_names=frozenset()
        )

        def make(used: set[str]) -> Expr:
            return compile_expression(guard, scope._replace(used=used), where)

        value = self.attempt(
            lambda: constant_value(self.part(("if", guard, where), make), where), True
        )
        # A policy is checked whole, whatever its parameters say today.
        return bool(value) or self.problems is not None


def _spoken_of_once(policy: Policy) -> frozenset[str]:
    """Named values that stand in one place only of all conditions and sentences."""
    found = _once.get(policy.digest)
    if found is None:
        texts: list[object] = [*policy.lets.values()]
        for rule in (*policy.rules, *policy.fallback):
            texts += [rule.when, rule.unless, rule.party, rule.then, rule.provisional]
            texts += placeholders(rule)
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


_PLAIN_CHOICES: dict[str, tuple[Any, ...]] = {
    "moment": ("order", "close"),
    "restart": ("since_last_deal", "all"),
    "order": ("recorded", "happened"),
    "level_at": ("last_contact", "initial"),
    "clock": ("close", "discovery"),
    "tie": ("shared_unless_all", "none", "all"),
    "needs_approval": ("true", "false", True, False),
}


def _form_fields(make: Compiler) -> set[str]:
    """Fields of a filing's form that the policy speaks of: any name, so that one can be used."""
    return set(re.findall(r"fields\.([A-Za-z0-9_]+)", make.policy.text))


def nothing(case: Any) -> Any:
    """The value of what could not be compiled."""
    return None


_NOTHING_OF_ENTRY = EntryTest(lambda entry, case: None, lambda entries, case: [])


def _nothing_tried(case: Any) -> tuple[Any, Grounds]:
    return None, None


_NOTHING, _NOTHING_TRIED = Expr(nothing, ANY), Expr(_nothing_tried, ANY)


_parts: dict[str, dict[tuple[Any, ...], list[tuple[dict[str, Any], frozenset[str], Any]]]] = {}


def _only(constants: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: constants[name] for name in names if name in constants}


def placeholders(rule: Rule) -> set[str]:
    """What the sentences of a rule name in braces."""
    texts = [rule.why.en, rule.why.zh, rule.why_not.en, rule.why_not.zh]
    if rule.tie is not None:
        texts += [rule.tie.en, rule.tie.zh]
    try:
        return {name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name}
    except ValueError:
        return set()
