"""Mutants of a policy: the same file with one thing changed, which some worked case must notice.

A number one off, a default turned, a comparison shifted, `and` for `or`, a rule gone: if every
case still passes, no case says what that place of the policy is for.
"""

from __future__ import annotations

import ast
import copy
import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from conflictctl.adjudication.worked_cases import EXPLAINED, WorkedCase, try_case
from conflictctl.errors import InputRejected
from conflictctl.policy.model import Policy, parse_policy
from conflictctl.policy.program import compiled

Place = tuple[str | int, ...]

_COMPARISONS: dict[type, tuple[type, ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE,),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE,),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
_FOR_PEOPLE = frozenset({"en", "zh", "source", "title"})
_WITHOUT: dict[Place, str] = {("rule",): "rule", ("fallback",): "rule", ("scorecard", "row"): "row"}


class Mutant(NamedTuple):
    """A policy with one thing changed: what kind of change, where, from what to what."""

    kind: str  # number | default | comparison | logic | rule | row | side | date
    where: str
    change: str
    data: Mapping[str, Any]
    clause: str | None
    words: frozenset[str]

    def __str__(self) -> str:
        return f"{self.kind}: {self.where}: {self.change}"

    def unlikely(self, case: WorkedCase) -> int:
        """How unlikely a case is to notice this mutant, for the time that trying it takes.

        A case with settings needs a compilation of its own, a full account one for every
        contested reading.  It is worth it where the changed place speaks of a setting.
        """
        if not case.expect.keys().isdisjoint(EXPLAINED):
            return 4
        if case.settings:
            masked = self.kind in ("number", "default")
            return 3 if masked or self.words.isdisjoint(case.settings) else 0
        return 1 if self.clause is not None and case.expect.get("decided_by") == self.clause else 2


def mutants(policy_text: str) -> Iterator[Mutant]:
    """Every mutant of a policy file."""
    data = tomllib.loads(policy_text)
    yield from _of_parameters(data)
    yield from _of_dates(data)
    yield from _of_conditions(data)
    yield from _without_one(data)


def survivors(
    policy_text: str,
    cases: Sequence[WorkedCase],
    which: Callable[[Mutant], bool] = lambda mutant: True,
) -> list[Mutant]:
    """The mutants under which every case still passes.

    One that the checker refuses, or that can give no ruling, is noticed.
    """
    order = list(cases)
    found = []
    for mutant in filter(which, mutants(policy_text)):
        try:
            policy = policy_of(mutant.data)
            compiled(policy, {})
        except InputRejected:
            continue
        killer = next(
            (case for case in sorted(order, key=mutant.unlikely) if _notices(case, policy)), None
        )
        if killer is None:
            found.append(mutant)
        else:
            # What noticed one change is likely to notice the next, which stands nearby.
            order.remove(killer)
            order.insert(0, killer)
    return found


def _notices(case: WorkedCase, policy: Policy) -> bool:
    try:
        return not try_case(case, policy).passed
    except InputRejected:
        return True


def policy_of(data: Mapping[str, Any]) -> Policy:
    """The policy that a file with these data would hold."""
    return parse_policy(toml_of(data))


# ------------------------------------------------------------------------- mutating


def _of_parameters(data: Mapping[str, Any]) -> Iterator[Mutant]:
    for name, table in data.get("parameters", {}).items():
        dated = enumerate(table.get("dated", ()))
        values: list[tuple[Place, Any]] = [
            (("default",), table.get("default")),
            *((("dated", index, "value"), one.get("value")) for index, one in dated),
        ]
        for inner, value in values:
            path = ("parameters", name, *inner)
            for place, number in _numbers(path, value):
                for other in _neighbours(number):
                    yield _changed(data, "number", place, number, other)
            for other in (not value,) if isinstance(value, bool) else table.get("values", ()):
                if value is not None and other != value:
                    yield _changed(data, "default", path, value, other)


def _numbers(path: Place, value: Any) -> Iterator[tuple[Place, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _numbers((*path, key), inner)
    elif list(_neighbours(value)):
        yield path, value


def _neighbours(value: Any) -> list[Any]:
    """One more and one less of a number, a text that is one included."""
    if isinstance(value, bool):
        return []
    if isinstance(value, (int, float)):
        return [value + 1, value - 1]
    try:
        number = Decimal(value)
    except (InvalidOperation, TypeError, ValueError):
        return []
    return [str(number + 1), str(number - 1)] if number.is_finite() else []


def _of_dates(data: Mapping[str, Any]) -> Iterator[Mutant]:
    for path, day in _leaves(data, ()):
        if isinstance(day, date):
            for other in (day + timedelta(days=1), day - timedelta(days=1)):
                yield _changed(data, "date", path, day, other)


def _of_conditions(data: Mapping[str, Any]) -> Iterator[Mutant]:
    for path, text in _leaves(data, ()):
        if not isinstance(text, str) or path[-1] in _FOR_PEOPLE:
            continue
        try:
            tree = ast.parse(" ".join(text.split()), mode="eval")
        except (SyntaxError, ValueError):
            continue
        for kind, other in _turned(tree):
            yield _changed(data, kind, path, ast.unparse(tree), other)


def _leaves(value: Any, path: Place) -> Iterator[tuple[Place, Any]]:
    """Everything that is neither table nor list, with its place."""
    if isinstance(value, (dict, list)):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _leaves(inner, (*path, key))
    else:
        yield path, value


def _turned(tree: ast.Expression) -> Iterator[tuple[str, str]]:
    """Every expression that differs from this one in one operator, with the kind of change."""
    for place, node in enumerate(ast.walk(tree)):
        if isinstance(node, ast.Compare):
            for index, operator in enumerate(node.ops):
                for other in _COMPARISONS.get(type(operator), ()):
                    turned, twin = _twin(tree, place)
                    twin.ops[index] = other()
                    yield "comparison", ast.unparse(turned)
        elif isinstance(node, ast.BoolOp):
            turned, twin = _twin(tree, place)
            twin.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            yield "logic", ast.unparse(turned)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            turned, twin = _twin(tree, place)
            yield "logic", ast.unparse(_Without(twin).visit(turned))


def _twin(tree: ast.Expression, place: int) -> tuple[ast.Expression, Any]:
    """A copy of the tree, and its node at a place of the walk."""
    other = copy.deepcopy(tree)
    return other, list(ast.walk(other))[place]


class _Without(ast.NodeTransformer):
    """Takes away one `not`."""

    def __init__(self, negation: ast.UnaryOp) -> None:
        self.negation = negation

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        self.generic_visit(node)
        return node.operand if node is self.negation else node


def _without_one(data: Mapping[str, Any]) -> Iterator[Mutant]:
    """The policy without one rule, row, warning: without one table of any list of tables."""
    for path, tables in _lists(data, ()):
        kind = _WITHOUT.get(path, "side")
        for index in range(len(tables)):
            rest = _with(data, path, [*tables[:index], *tables[index + 1 :]])
            yield _mutant(kind, (*path, index), "deleted", data, rest)


def _lists(value: Any, path: Place) -> Iterator[tuple[Place, list[Any]]]:
    if isinstance(value, list):
        if all(isinstance(item, dict) for item in value):
            yield path, value
        for index, item in enumerate(value):
            yield from _lists(item, (*path, index))
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _lists(inner, (*path, key))


def _changed(data: Mapping[str, Any], kind: str, path: Place, old: Any, new: Any) -> Mutant:
    return _mutant(kind, path, f"{old} -> {new}", data, _with(data, path, new))


def _mutant(
    kind: str, path: Place, change: str, data: Mapping[str, Any], changed: Mapping[str, Any]
) -> Mutant:
    table = data[str(path[0])]
    table = table[path[1]] if len(path) > 1 else table
    clause = table.get("clause") if isinstance(table, dict) else None
    words = frozenset(re.findall(r"\w+", json.dumps(table, default=str)))
    return Mutant(kind, _told(path, data), change, changed, clause, words)


def _with(value: Any, path: Place, new: Any) -> Any:
    if not path:
        return new
    other = copy.copy(value)
    other[path[0]] = _with(value[path[0]], path[1:], new)
    return other


def _told(path: Place, data: Any) -> str:
    """`rule 17 (K2).when`: where in the file, for people; counted from 1."""
    told = ""
    for step in path:
        data = data[step]
        if isinstance(step, int):
            clause = data.get("clause") if isinstance(data, dict) else None
            told += f" {step + 1}" + (f" ({clause})" if clause else "")
        else:
            told += f".{step}" if told else step
    return told


# --------------------------------------------------------------------------- writing


def toml_of(data: Mapping[str, Any]) -> str:
    """TOML of plain data, a top-level key a line."""
    return "".join(f"{json.dumps(key)} = {_toml(value)}\n" for key, value in data.items())


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        inner = ", ".join(
            f"{json.dumps(k, ensure_ascii=False)} = {_toml(v)}" for k, v in value.items()
        )
        return f"{{{inner}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return value.isoformat() if isinstance(value, date) else str(value)
