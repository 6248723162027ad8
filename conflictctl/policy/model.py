"""A policy file, parsed and checked: plain frozen values, nothing compiled yet."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

from conflictctl.errors import InputRejected, WrongUsage
from conflictctl.wording import Bilingual, Sentence

MAX_FILE = 1_000_000


class Parameter(NamedTuple):
    """One reading of the text that a company may choose otherwise.

    `type` is choice, boolean, integer, text or table (of integers by name).
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
        elif value in self.values and type(value) is type(self.values[0]):
            return value
        raise ValueError(str(value))

    def _in_range(self, number: int) -> bool:
        return (self.minimum is None or number >= self.minimum) and (
            self.maximum is None or number <= self.maximum
        )

    def allowed(self) -> str:
        """The allowed values as text, for hints and `policy show`."""
        if self.type == "boolean":
            text = "true, false"
        elif self.type in ("integer", "table"):
            low = "" if self.minimum is None else str(self.minimum)
            high = "" if self.maximum is None else str(self.maximum)
            text = f"{low}..{high}"
            if self.type == "table":
                text = ", ".join(f"{key} = {text}" for key in self.default)
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
    powers: Mapping[str, str]
    instances: Mapping[str, Any]
    text: str

    def clause_title(self, clause: str) -> Bilingual | None:
        """What a clause is called, in both languages."""
        return self.clauses.get(clause)

    def settings(self, overrides: Mapping[str, Any]) -> dict[str, Any]:
        """Every parameter with its value: the default, or the override."""
        values = {name: parameter.default for name, parameter in self.parameters.items()}
        values.update(overrides)
        return values


# ---------------------------------------------------------------------------- reading

_SECTIONS = frozenset(
    {
        "policy",
        "applies_to",
        "words",
        "parameters",
        "entries",
        "deal",
        "holding",
        "windows",
        "standing",
        "powers",
        "instances",
        "let",
        "leave_out",
        "clauses",
        "rule",
        "fallback",
        "no_rule",
        "warning",
        "sanction",
    }
)
_RULE_KEYS = frozenset(
    {
        "clause",
        "name",
        "stage",
        "if",
        "when",
        "party",
        "then",
        "provisional",
        "why",
        "why_not",
        "tie",
    }
)
ACTIONS = ("credit", "outlet", "shares", "hold", "refer", "best", "replace", "note")
INSTANCES = frozenset(
    {"supervisor", "sales_manager", "department_head", "both_heads", "panel", "general_manager"}
)


def _faulty(where: str, problem: Sentence) -> InputRejected:
    return InputRejected(Sentence("policy file, {where}: {problem}", where=where, problem=problem))


def _need(table: Any, key: str, kind: type, where: str) -> Any:
    value = table.get(key) if isinstance(table, dict) else None
    if not isinstance(value, kind):
        raise _faulty(where, Sentence("{key} is missing or of the wrong type", key=key))
    return value


def _both(table: Any, where: str) -> Bilingual:
    return Bilingual(_need(table, "en", str, where), _need(table, "zh", str, where))


def parse_policy(text: str) -> Policy:
    """Parse the text of a policy file; raises InputRejected that says where it is faulty."""
    if len(text) > MAX_FILE:
        raise _faulty("file", Sentence("is larger than {limit} bytes", limit=MAX_FILE))
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise _faulty("TOML", Sentence("{problem}", problem=str(error))) from None
    unknown = sorted(set(data) - _SECTIONS)
    if unknown:
        raise _faulty(
            unknown[0],
            Sentence("unknown section; known are {known}", known=", ".join(sorted(_SECTIONS))),
        )
    head = _need(data, "policy", dict, "policy")
    applies = data.get("applies_to", {})
    words = {name: tuple(value) for name, value in data.get("words", {}).items()}
    return Policy(
        id=_need(head, "id", str, "policy"),
        version=_need(head, "version", str, "policy"),
        digest=_digest(data),
        title=_both(head.get("title"), "policy.title"),
        source=str(head.get("source", "")),
        applies_from=_day(applies.get("from"), "applies_to.from"),
        applies_to=_day(applies.get("to"), "applies_to.to"),
        otherwise=_instance(applies.get("otherwise", "panel"), "applies_to.otherwise"),
        words=words,
        parameters={
            name: _parameter(name, table) for name, table in data.get("parameters", {}).items()
        },
        classes=_classes(_need(data, "entries", dict, "entries")),
        lets=dict(data.get("let", {})),
        leave_out=tuple(data.get("leave_out", ())),
        rules=tuple(
            _rule(table, f"rule {index}")
            for index, table in enumerate(_need(data, "rule", list, "rule"), 1)
        ),
        fallback=tuple(
            _rule(table, f"fallback {index}")
            for index, table in enumerate(data.get("fallback", ()), 1)
        ),
        no_rule=_no_rule(_need(data, "no_rule", dict, "no_rule")),
        clauses={
            name: _both(table, f"clauses.{name}") for name, table in data.get("clauses", {}).items()
        },
        warnings=tuple(
            {**table, "text": _both(table, f"warning {index}")}
            for index, table in enumerate(data.get("warning", ()), 1)
        ),
        sanctions=tuple(data.get("sanction", ())),
        deal=data.get("deal", {}),
        holding=_need(data, "holding", dict, "holding"),
        windows=data.get("windows", {}),
        standing=data.get("standing", {}),
        powers=data.get("powers", {}),
        instances=data.get("instances", {}),
        text=text,
    )


def _digest(data: Mapping[str, Any]) -> str:
    canonical = json.dumps(
        data, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str
    )
    return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()


def _day(value: Any, where: str) -> date | None:
    if value is None or type(value) is date:
        return value
    raise _faulty(where, Sentence("must be a date"))


def _instance(value: Any, where: str) -> str:
    if value in INSTANCES:
        return str(value)
    raise _faulty(where, Sentence("must be one of {values}", values=", ".join(sorted(INSTANCES))))


def _parameter(name: str, table: Any) -> Parameter:
    where = f"parameters.{name}"
    optional = bool(table.get("optional", False))
    values = tuple(table.get("values", ()))
    kind = table.get("type", "choice" if values else None)
    if kind not in ("choice", "boolean", "integer", "text", "table"):
        raise _faulty(where, Sentence("{key} is missing or of the wrong type", key="type"))
    parameter = Parameter(
        name,
        kind,
        None,
        values,
        table.get("minimum"),
        table.get("maximum"),
        table.get("unit"),
        optional,
        table.get("clause"),
        bool(table.get("contested", False)),
        _both(table, where),
    )
    try:
        return parameter._replace(default=parameter.read(table.get("default")))
    except ValueError:
        raise _faulty(where, Sentence("the default is not an allowed value")) from None


def _classes(tables: Mapping[str, Any]) -> dict[str, EntryClass]:
    classes: dict[str, EntryClass] = {}
    for name, table in tables.items():
        where = f"entries.{name}"
        parent = table.get("of")
        if parent is not None and parent not in classes:
            raise _faulty(where, Sentence("the class {name} must stand before it", name=parent))
        if parent is None and not table.get("kinds"):
            raise _faulty(where, Sentence("{key} is missing or of the wrong type", key="kinds"))
        classes[name] = EntryClass(
            name,
            parent,
            tuple(table.get("kinds", ())),
            table.get("when"),
            table.get("valid"),
            table.get("order"),
            table.get("refused"),
        )
    return classes


def _rule(table: Mapping[str, Any], where: str) -> Rule:
    clause = _need(table, "clause", str, where)
    where = f"{where} ({clause})"
    for key in table:
        if key not in _RULE_KEYS:
            raise _faulty(
                where,
                Sentence(
                    "unknown key {key}; known are {known}",
                    key=key,
                    known=", ".join(sorted(_RULE_KEYS)),
                ),
            )
    then = _need(table, "then", dict, where)
    if len([action for action in ACTIONS if action in then]) != 1 or set(then) - set(ACTIONS):
        raise _faulty(where, Sentence("then takes one of {actions}", actions=", ".join(ACTIONS)))
    if "refer" in then:
        _instance(then["refer"], where)
    why = _both(table.get("why"), f"{where}.why")
    return Rule(
        clause,
        table.get("name"),
        table.get("stage", "deal"),
        table.get("if"),
        _need(table, "when", str, where),
        table.get("party"),
        then,
        table.get("provisional"),
        why,
        _both(table["why_not"], f"{where}.why_not") if "why_not" in table else why,
        _both(table["tie"], f"{where}.tie") if "tie" in table else None,
    )


def _no_rule(table: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "clause": _need(table, "clause", str, "no_rule"),
        "refer": _instance(table.get("refer"), "no_rule.refer"),
        "why": _both(table.get("why"), "no_rule.why"),
    }


# ---------------------------------------------------------------------------- loading


def preset_ids() -> list[str]:
    """The policies that come with the program."""
    folder = resources.files("conflictctl.policy").joinpath("presets")
    return sorted(
        item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml")
    )


def load_policy(id_or_path: str) -> Policy:
    """The policy with this id, or in this file.

    Raises WrongUsage for an unknown id or an unreadable file, InputRejected for a faulty one.
    """
    if id_or_path in preset_ids():
        return _preset(id_or_path)
    path = Path(id_or_path)
    if path.suffix == ".toml" or path.is_file():
        try:
            return parse_policy(path.read_text(encoding="utf-8-sig"))
        except (OSError, UnicodeDecodeError) as error:
            problem = error.strerror if isinstance(error, OSError) else "not UTF-8"
            raise WrongUsage(
                Sentence(
                    "cannot read the policy file {path}: {problem}",
                    path=id_or_path,
                    problem=problem or "",
                )
            ) from None
    raise WrongUsage(
        Sentence("no policy {id}", id=id_or_path),
        Sentence("known are {known}, or the path of a policy file", known=", ".join(preset_ids())),
    )


@lru_cache(maxsize=32)
def _preset(identity: str) -> Policy:
    folder = resources.files("conflictctl.policy").joinpath("presets")
    return parse_policy(folder.joinpath(f"{identity}.toml").read_text(encoding="utf-8"))


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
