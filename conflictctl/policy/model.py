"""A policy file, parsed and checked: plain frozen values, nothing compiled yet."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from importlib import resources
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, NamedTuple

from conflictctl.errors import WrongUsage
from conflictctl.policy import bounds, shape
from conflictctl.policy.problems import FaultyPolicy, Problem, fault, nearest
from conflictctl.policy.problems import Path as Place
from conflictctl.policy.quantity import Quantity, is_time
from conflictctl.policy.source import Source
from conflictctl.policy.toml_faults import toml_fault
from conflictctl.wording import Bilingual, Sentence

MOST_PROBLEMS = 200
"""More are not collected: whoever mends so many sees the rest on the next run."""


class Dated(NamedTuple):
    """A parameter's value for deals of some time; `until` is the last day, or None."""

    since: date
    until: date | None
    value: Any
    source: str


class Parameter(NamedTuple):
    """One reading of the text that a company may choose otherwise.

    `type` is choice, boolean, integer, decimal, text or table (of integers by name).
    """

    name: str
    type: str
    default: Any
    values: tuple[Any, ...]
    minimum: int | None
    maximum: int | None
    unit: str | None
    optional: bool
    clause: str | None
    contested: bool
    text: Bilingual
    counting: str = "from_next_day"
    dated: tuple[Dated, ...] = ()

    def constant(self, value: Any) -> Any:
        """A value as conditions see it: numbers know their unit."""
        if self.type == "decimal" and value is not None:
            return Decimal(str(value))
        if type(value) is int and self.unit is not None:
            return Quantity(value, self.unit, self.counting)
        if isinstance(value, Mapping):
            return {key: self.constant(one) for key, one in value.items()}
        return value

    def read(self, value: Any) -> Any:
        """Check a value for this parameter and return it; raises ValueError."""
        if value is None:
            if self.optional:
                return None
            raise ValueError("null")
        if self.type == "boolean":
            if isinstance(value, bool):
                return value
        elif self.type == "integer":
            if type(value) is int and self._in_range(value):
                return value
        elif self.type == "table":
            if (
                isinstance(value, Mapping)
                and value
                and all(type(v) is int and self._in_range(v) for v in value.values())
            ):
                return dict(value)
        elif self.type == "text":
            if isinstance(value, str):
                return value
        elif self.type == "decimal":
            try:
                number = Decimal(str(value)) if not isinstance(value, bool) else None
            except InvalidOperation:
                number = None
            if number is not None and number.is_finite() and self._in_range(number):
                return str(value)
        elif value in self.values and type(value) is type(self.values[0]):
            return value
        raise ValueError(str(value))

    def _in_range(self, number: int | Decimal) -> bool:
        return (self.minimum is None or number >= self.minimum) and (
            self.maximum is None or number <= self.maximum
        )

    def allowed(self) -> str:
        """The allowed values as text, for hints and `policy show`."""
        if self.type == "boolean":
            text = "true, false"
        elif self.type in ("integer", "table", "decimal"):
            low = "" if self.minimum is None else str(self.minimum)
            high = "" if self.maximum is None else str(self.maximum)
            text = f"{low}..{high}"
            if self.type == "table":
                text = ", ".join(f"{key} = {text}" for key in self.default or ("NAME",))
        elif self.type == "text":
            text = "text"
        else:
            text = ", ".join(str(value) for value in self.values)
        return f"{text}, null" if self.optional else text


class EntryClass(NamedTuple):
    """A class of entries: what it is, what it must satisfy, in which order it stands."""

    name: str
    parent: str | None
    kinds: tuple[str, ...]
    when: str | None
    valid: str | None
    order: str | None
    refused: str | None
    doubt: str | None = None
    question: str | None = None
    warn: str | None = None
    warning: Bilingual | None = None


class Question(NamedTuple):
    """A fact that only a person can supply, and the burden of proof: `without` a finding."""

    name: str
    question: str
    entries: str
    without: str  # no | unknown
    supplier: str | None
    minimum: str | None
    maximum: str | None
    clause: str | None
    text: Bilingual


class Row(NamedTuple):
    """One row of the scorecard as the file gives it."""

    id: str
    table: Mapping[str, Any]
    text: Bilingual


class Rule(NamedTuple):
    """One ordered rule.  `then` holds exactly one action and what it needs."""

    clause: str
    name: str | None
    stage: str
    guard: str | None
    when: str
    party: str | None
    then: Mapping[str, Any]
    provisional: Mapping[str, str] | None
    why: Bilingual
    why_not: Bilingual
    tie: Bilingual | None
    unless: str | None = None
    beats: tuple[str, ...] = ()
    final: bool = False
    place: Place = ()


class Policy(NamedTuple):
    """One edition of a written policy."""

    id: str
    version: str
    digest: str
    title: Bilingual
    source: str
    applies_from: date | None
    applies_to: date | None
    otherwise: str
    words: Mapping[str, tuple[str, ...]]
    parameters: Mapping[str, Parameter]
    classes: Mapping[str, EntryClass]
    lets: Mapping[str, str]
    leave_out: tuple[Mapping[str, str], ...]
    rules: tuple[Rule, ...]
    fallback: tuple[Rule, ...]
    no_rule: Mapping[str, Any]
    clauses: Mapping[str, Bilingual]
    warnings: tuple[Mapping[str, Any], ...]
    sanctions: tuple[Mapping[str, str], ...]
    deal: Mapping[str, str]
    holding: Mapping[str, Any]
    windows: Mapping[str, Mapping[str, str]]
    standing: Mapping[str, str]
    powers: Mapping[str, Any]
    instances: Mapping[str, Any]
    text: str
    calendar: Mapping[str, Any] = {}
    identity: Mapping[str, Any] = {}
    names: Mapping[str, Bilingual] = {}
    findings: Mapping[str, Question] = {}
    says: Mapping[str, Bilingual] = {}
    precedence: Mapping[str, Any] = {}
    scorecard: Mapping[str, Any] = {}
    rows: tuple[Row, ...] = ()
    tie: Mapping[str, Any] = {}
    rates: tuple[Mapping[str, Any], ...] = ()
    counterfactual: Mapping[str, Any] = {}
    source_file: Source | None = None
    editions: tuple[Any, ...] = ()
    """The other editions of the policy, this one among them, oldest first; empty: only this."""

    def in_force(self, day: int) -> Policy | None:
        """The edition for deals of a day (proleptic ordinal); None where there is none."""
        found = None
        for edition in self.editions or (self,):
            if (edition.applies_from is None or day >= edition.applies_from.toordinal()) and (
                edition.applies_to is None or day <= edition.applies_to.toordinal()
            ):
                found = edition
        return found

    def dated(self, day: int) -> dict[str, Any]:
        """The parameters that have another value than their default for deals of a day."""
        return {
            name: one.value
            for name, parameter in self.parameters.items()
            for one in parameter.dated
            if one.since.toordinal() <= day and (one.until is None or day <= one.until.toordinal())
        }

    def located(self, problem: Problem) -> Problem:
        """A problem with its line and column, where the text of the file is at hand."""
        return _located(problem, self.source_file)

    def row_titles(self) -> dict[str, Bilingual]:
        """What each row of the scorecard gives points for, in both languages, in their order."""
        return {row.id: row.text for row in self.rows}

    def clause_title(self, clause: str) -> Bilingual | None:
        """What a clause is called, in both languages."""
        return self.clauses.get(clause)

    def settings(self, overrides: Mapping[str, Any]) -> dict[str, Any]:
        """Every parameter with its value: the default, or the override."""
        values = {name: parameter.default for name, parameter in self.parameters.items()}
        values.update(overrides)
        return values


# ---------------------------------------------------------------------------- reading

ACTIONS = (
    "credit",
    "outlet",
    "shares",
    "split",
    "hold",
    "recommend",
    "refer",
    "best",
    "bar",
    "replace",
    "nobody",
    "note",
)
"""What a rule can do; `recommend` and `refer` go together."""


def _located(problem: Problem, source: Source | None) -> Problem:
    if source is None or problem.line:
        return problem
    if problem.offset is None:
        line, column = source.position(problem.path)
    else:
        line, column = source.within(problem.path, problem.offset)
    return problem._replace(file=source.name, line=line, column=column)


def located(error: FaultyPolicy, source: Source | None) -> FaultyPolicy:
    """The error with a line and column for each problem, in the order of the file."""
    problems = [_located(problem, source) for problem in error.problems]
    return FaultyPolicy(sorted(problems, key=lambda problem: (problem.line, problem.column)))


def parse_policy(text: str, name: str = "policy file") -> Policy:
    """Parse the text of a policy file; raises FaultyPolicy that says where it is faulty.

    `name` is what the file is called in messages.  Conditions are not looked at yet.
    """
    data, source = read_toml(text, name)
    problems = list(islice(shape.faults(data), MOST_PROBLEMS))
    try:
        if problems:
            raise FaultyPolicy(problems)
        return policy_from(data, text, source)
    except FaultyPolicy as error:
        raise located(error, source) from None


def read_toml(text: str, name: str) -> tuple[dict[str, Any], Source]:
    """The data of a policy file and the places in its text.

    Raises FaultyPolicy for what is no TOML, or larger and deeper than any policy.
    """
    unfit = bounds.unreadable(text)
    if unfit is not None:
        what, line, column = unfit
        raise FaultyPolicy([Problem((), None, what, None, True, name, line, column)])
    try:
        data = tomllib.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise FaultyPolicy([toml_fault(error, text, name)]) from None
    source = Source(text, name)
    problems = list(islice(bounds.excesses(data), MOST_PROBLEMS))
    if problems:
        raise located(FaultyPolicy(problems), source)
    return data, source


def policy_from(data: Mapping[str, Any], text: str, source: Source) -> Policy:
    """The policy in data that fits the shape; raises FaultyPolicy (without lines) at the first
    value that cannot be."""
    head = data["policy"]
    applies = data.get("applies_to", {})
    scorecard = data.get("scorecard", {})
    rules = [_rule(table, ("rule", number)) for number, table in enumerate(data["rule"])]
    fallback = [
        _rule(table, ("fallback", number)) for number, table in enumerate(data.get("fallback", ()))
    ]
    return Policy(
        id=head["id"],
        version=head["version"],
        digest=_digest(data),
        title=_both(head["title"]),
        source=head.get("source", ""),
        applies_from=applies.get("from"),
        applies_to=applies.get("to"),
        otherwise=applies.get("otherwise", "panel"),
        words={name: tuple(value) for name, value in data.get("words", {}).items()},
        parameters={
            name: _parameter(name, table) for name, table in data.get("parameters", {}).items()
        },
        classes=_classes(data["entries"]),
        lets=dict(data.get("let", {})),
        leave_out=tuple(data.get("leave_out", ())),
        rules=tuple(rules),
        fallback=tuple(fallback),
        no_rule={**data["no_rule"], "why": _both(data["no_rule"]["why"])},
        clauses={name: _both(table) for name, table in data.get("clauses", {}).items()},
        warnings=tuple({**table, "text": _both(table)} for table in data.get("warning", ())),
        sanctions=tuple(data.get("sanction", ())),
        deal=data.get("deal", {}),
        holding=data.get("holding", {}),
        windows=data.get("windows", {}),
        standing=data.get("standing", {}),
        powers=data.get("powers", {}),
        instances=data.get("instances", {}),
        text=text,
        calendar=data.get("calendar", {}),
        identity=data.get("identity", {}),
        names={name: _both(table) for name, table in data.get("names", {}).items()},
        findings={name: _question(name, table) for name, table in data.get("findings", {}).items()},
        says={
            name: _both(table["says"])
            for name, table in data.get("clauses", {}).items()
            if "says" in table
        },
        precedence=data.get("precedence", {}),
        scorecard=scorecard,
        rows=tuple(Row(table["id"], table, _both(table)) for table in scorecard.get("row", ())),
        tie=data.get("tie", {}),
        rates=tuple(data.get("rate", ())),
        counterfactual=data.get("counterfactual", {}),
        source_file=source,
    )


def _both(table: Mapping[str, Any]) -> Bilingual:
    return Bilingual(table["en"], table["zh"])


def _digest(data: Mapping[str, Any]) -> str:
    canonical = json.dumps(
        data, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str
    )
    return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()


def _parameter(name: str, table: Mapping[str, Any]) -> Parameter:
    where: Place = ("parameters", name)
    values = tuple(table.get("values", ()))
    kind = table.get("type", "choice" if values else None)
    if kind is None or (kind == "choice" and not values):
        raise fault(
            where,
            Sentence("{key} is missing", key="type"),
            Sentence(
                "add values = [...], or type = boolean, integer, decimal, text or table in quotes"
            ),
        )
    if name in ("it", "true", "false", "null") or name in RESERVED:
        raise fault(
            where,
            Sentence("{name} is a word of the language", name=name),
            Sentence("give the parameter another name"),
        )
    count = table.get("count", "from_next_day")
    if "count" in table and not is_time(table.get("unit")):
        raise fault(
            (*where, "count"),
            Sentence("only a length of time is counted in days"),
            Sentence('add unit = "days" or "working_days"'),
        )
    parameter = Parameter(
        name,
        kind,
        None,
        values,
        table.get("minimum"),
        table.get("maximum"),
        table.get("unit"),
        bool(table.get("optional", False)),
        table.get("clause"),
        bool(table.get("contested", False)),
        _both(table),
        count,
    )
    default = _value(parameter, table.get("default"), (*where, "default"), "default" in table)
    dated = tuple(
        Dated(
            one["from"],
            one.get("to"),
            _value(parameter, one["value"], (*where, "dated", number, "value"), True),
            one.get("source", ""),
        )
        for number, one in enumerate(table.get("dated", ()))
    )
    return parameter._replace(default=default, dated=dated)


def _value(parameter: Parameter, value: Any, where: Place, given: bool) -> Any:
    if isinstance(value, float):
        value = str(value)
    try:
        return parameter.read(value)
    except ValueError:
        if not given:
            raise fault(
                where[:-1],
                Sentence("{key} is missing", key="default"),
                Sentence("add default = ..., or optional = true if it may have no value"),
            ) from None
        raise fault(
            where,
            Sentence("the default is not an allowed value"),
            Sentence("allowed: {values}", values=parameter.allowed()),
        ) from None


def _classes(tables: Mapping[str, Any]) -> dict[str, EntryClass]:
    classes: dict[str, EntryClass] = {}
    for name, table in tables.items():
        where: Place = ("entries", name)
        parent = table.get("of")
        if parent is not None and parent not in classes:
            raise fault(
                (*where, "of"),
                Sentence("the class {name} must stand before it", name=parent),
                nearest(parent, classes),
            )
        if parent is None and not table.get("kinds"):
            raise fault(
                where,
                Sentence("{key} is missing", key="kinds"),
                Sentence('add kinds = ["visit", ...], or of = an earlier class'),
            )
        if ("doubt" in table) is not ("question" in table):
            raise fault(
                where,
                Sentence("`doubt` and `question` go together"),
                Sentence("`question` names the finding of [findings] that settles the doubt"),
            )
        if "warn" in table and not {"en", "zh"} <= set(table):
            raise fault(where, Sentence("a warning needs its text in `en` and `zh`"))
        classes[name] = EntryClass(
            name,
            parent,
            tuple(table.get("kinds", ())),
            table.get("when"),
            table.get("valid"),
            table.get("order"),
            table.get("refused"),
            table.get("doubt"),
            table.get("question"),
            table.get("warn"),
            _both(table) if "warn" in table else None,
        )
    return classes


def _question(name: str, table: Mapping[str, Any]) -> Question:
    return Question(
        name,
        table.get("question", name),
        table.get("entries", "finding"),
        table["without"],
        table.get("from"),
        table.get("minimum"),
        table.get("maximum"),
        table.get("clause"),
        _both(table),
    )


NOT_MET = Bilingual("This clause does not apply.", "本条不适用。")
"""What is said of a rule that does not apply and does not say why itself."""


def _rule(table: Mapping[str, Any], place: Place) -> Rule:
    then = table["then"]
    actions = [action for action in ACTIONS if action in then]
    if actions not in ([action] for action in ACTIONS) and actions != ["recommend", "refer"]:
        raise fault(
            (*place, "then"),
            Sentence("a rule does one thing, not {actions}", actions=", ".join(actions)),
            Sentence("then takes one of {actions}", actions=", ".join(ACTIONS)),
        )
    if actions == ["recommend"]:
        raise fault(
            (*place, "then"),
            Sentence("{key} is missing", key="refer"),
            Sentence("a recommendation needs `then.refer`: who decides"),
        )
    why = _both(table["why"])
    return Rule(
        table["clause"],
        table.get("name"),
        table.get("stage", "deal"),
        table.get("if"),
        table["when"],
        table.get("party"),
        then,
        table.get("provisional"),
        why,
        _both(table["why_not"]) if "why_not" in table else NOT_MET,
        _both(table["tie"]) if "tie" in table else None,
        table.get("unless"),
        tuple(table.get("beats", ())),
        bool(table.get("final", False)),
        place,
    )


RESERVED = frozenset({"deal", "order", "delivery", "now", "next_deal", "previous_deal"})
"""Moments that every policy knows by these names."""


# ---------------------------------------------------------------------------- loading


def _presets() -> list[str]:
    folder = resources.files("conflictctl.policy").joinpath("presets")
    return sorted(
        item.name.removesuffix(".toml")
        for item in folder.iterdir()
        if item.name.endswith(".toml") and not item.name.endswith(".cases.toml")
    )


def preset_ids() -> list[str]:
    """The policies that come with the program; an edition is a file `ID@VERSION.toml` beside it."""
    return sorted({name.partition("@")[0] for name in _presets()})


def preset_text(name: str) -> str:
    """The text of a file that comes with the program: a preset, or its worked cases."""
    folder = resources.files("conflictctl.policy").joinpath("presets")
    return folder.joinpath(name).read_text(encoding="utf-8")


def load_policy(id_or_path: str) -> Policy:
    """The policy with this id, or in this file, or whose editions lie in this folder.

    Raises WrongUsage for an unknown id or an unreadable file, FaultyPolicy for a faulty one.
    """
    if id_or_path in preset_ids():
        return _preset(id_or_path)
    return policy_of_texts(policy_texts(id_or_path))


def policy_texts(id_or_path: str) -> list[tuple[str, str]]:
    """Name and text of every edition of the policy; raises WrongUsage as `load_policy`."""
    if id_or_path in preset_ids():
        return [
            (f"{name}.toml", preset_text(f"{name}.toml"))
            for name in _presets()
            if name.partition("@")[0] == id_or_path
        ]
    path = Path(id_or_path)
    if path.is_dir():
        files = [file for file in sorted(path.glob("*.toml")) if not _is_cases(file)]
        if files:
            return [(str(file), _read(str(file))) for file in files]
    elif path.suffix == ".toml" or path.is_file():
        return [(id_or_path, _read(id_or_path))]
    raise WrongUsage(
        Sentence("no policy {id}", id=id_or_path),
        Sentence("known are {known}, or the path of a policy file", known=", ".join(preset_ids())),
    )


def policy_of_texts(texts: Sequence[tuple[str, str]]) -> Policy:
    """The policy whose editions these are: names of files and their texts.

    Raises FaultyPolicy for a faulty one.
    """
    return edited([parse_policy(text, name) for name, text in texts])


def _is_cases(path: Path) -> bool:
    return path.name.endswith(".cases.toml")


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        problem = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise WrongUsage(
            Sentence(
                "cannot read the policy file {path}: {problem}", path=path, problem=problem or ""
            )
        ) from None


def edited(editions: Sequence[Policy]) -> Policy:
    """The latest edition, knowing the others.

    Raises FaultyPolicy where two are of different policies, or for the same deals.
    """
    ordered = sorted(editions, key=lambda one: one.applies_from or date.min)
    for one, other in pairwise(ordered):
        if one.id != other.id:
            raise located(
                fault(
                    ("policy", "id"),
                    Sentence("the editions of one policy share its id, {id}", id=one.id),
                ),
                other.source_file,
            )
        if other.applies_from is None or other.applies_from == one.applies_from:
            raise located(
                fault(
                    ("applies_to", "from"),
                    Sentence("two editions begin on the same day"),
                    Sentence("`from` says from which day on an edition is in force"),
                ),
                other.source_file,
            )
    if len(ordered) == 1:
        return ordered[0]
    return ordered[-1]._replace(editions=tuple(ordered))


@lru_cache(maxsize=32)
def _preset(identity: str) -> Policy:
    return edited([parse_policy(text, name) for name, text in policy_texts(identity)])


def settings_from(policy: Policy, assignments: list[str]) -> dict[str, Any]:
    """Parse `--set NAME=VALUE` and `--set NAME.KEY=VALUE` into checked overrides."""
    overrides: dict[str, Any] = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        name, _, key = name.strip().partition(".")
        parameter = policy.parameters.get(name)
        if not equals or parameter is None:
            raise WrongUsage(
                Sentence(
                    "--set {text}: no parameter {name} in {policy}",
                    text=assignment,
                    name=name,
                    policy=policy.id,
                ),
                Sentence("parameters are: {names}", names=", ".join(policy.parameters)),
            )
        value = _plain_value(parameter, text.strip())
        if key:
            if parameter.type != "table":
                raise WrongUsage(
                    Sentence("--set {text}: {name} is no table", text=assignment, name=name)
                )
            value = {
                **overrides.get(name, parameter.default),
                key: _plain_value(parameter, text.strip()),
            }
        try:
            overrides[name] = parameter.read(value)
        except ValueError:
            raise WrongUsage(
                Sentence("--set {text}: not a value of {name}", text=assignment, name=name),
                Sentence("allowed: {values}", values=parameter.allowed()),
            ) from None
    return overrides


def _plain_value(parameter: Parameter, text: str) -> Any:
    if text in ("null", "none") and parameter.optional:
        return None
    if parameter.type == "boolean":
        return {
            "true": True,
            "yes": True,
            "on": True,
            "false": False,
            "no": False,
            "off": False,
        }.get(text.lower(), text)
    if parameter.type == "choice":
        # Choices may be numbers or flags as well as words.
        return next((one for one in parameter.values if str(one).lower() == text.lower()), text)
    if parameter.type in ("integer", "table"):
        digits = text.removeprefix("-")
        if digits.isascii() and digits.isdigit() and len(digits) < 10:
            return int(text)
        if parameter.type == "table" and text.startswith("{"):
            try:
                return json.loads(text)
            except ValueError:
                return text
    return text
