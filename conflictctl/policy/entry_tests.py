"""Conditions on one entry: what makes it one of a class, what it must satisfy to count.

They are written like other conditions, but look at a single entry: its fields, its author,
how it was recorded.  Here a field that was not filled in is None, and equals nothing else.
The text is checked node by node before it becomes code, so that nothing else can be reached
from it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from conflictctl.events import RULED_KINDS
from conflictctl.history import cancels
from conflictctl.policy.language import UNKNOWN, _offset_of, _source, parse
from conflictctl.policy.problems import Path, fault, nearest
from conflictctl.policy.quantity import TIME_UNITS, Quantity
from conflictctl.wording import Sentence

_PLAIN = frozenset({"kind", "late", "altered", "voided", "struck", "role", "by"})
_DERIVED = frozenset({"unit", "unit_type", "place", "place_type", "department"})
_FIELDS = (
    frozenset(
        name
        for kind in RULED_KINDS.values()
        for name, field in kind.fields.items()
        if field.refers != "case"
    )
    - _DERIVED
)
CARD_FIELDS = frozenset({"segment", "type"})
"""What a customer's card says of him, but for his name, numbers and address."""

ENTRY_FACTS = _PLAIN | _DERIVED | _FIELDS
"""Names of a condition on an entry: marks, facts of its author and place, fields of its kind."""


class EntryCall(NamedTuple):
    """A call of a condition on an entry: its function, and what its values may be.

    `field` is the name of a field in quotes, `text` any text in quotes, `value` anything.
    """

    run: Callable[..., Any]
    takes: tuple[str, ...] = ()
    least: int = 0


class EntryTest(NamedTuple):
    """A compiled condition (or value) about one entry, and the sieve made of it."""

    of: Callable[..., Any]
    """Its value for (entry, case)."""
    keep: Callable[..., list[Any]]
    """Those of (entries, case) for which it is true."""


def compile_entry_test(
    text: Any,
    constants: Mapping[str, Any],
    where: Path,
    used: set[str] | None = None,
    findings: frozenset[str] = frozenset(),
) -> EntryTest:
    """Compile a condition (or value) about one entry.

    Raises FaultyPolicy at the place of what is not part of the language.
    """
    tree = parse(text, where)
    checker = _Checker(text, constants, where, findings)
    try:
        checker.visit(tree)
        rewritten = ast.fix_missing_locations(
            ast.Expression(_Rewriter(frozenset(checker.used)).visit(tree))
        )
    except RecursionError:
        raise fault(where, Sentence("nested too deeply")) from None
    if used is not None:
        used |= checker.used
    pair = ast.parse(
        "(lambda entry, case: None, lambda entries, case: [entry for entry in entries if None])",
        mode="eval",
    )
    test, sieve = pair.body.elts  # type: ignore[attr-defined]
    test.body = rewritten.body
    sieve.body.generators[0].ifs = [rewritten.body]
    ast.fix_missing_locations(pair)
    names = {f"c_{name}": constants[name] for name in checker.used}
    helpers = {f"_{name}": call.run for name, call in ENTRY_CALLS.items()}
    return EntryTest(
        *eval(
            compile(pair, "policy", "eval"),
            {"__builtins__": {}, **names, **helpers, **_HELPERS},
        )
    )


class _Checker(ast.NodeVisitor):
    """Refuses whatever is not part of the language; notes which constants are used."""

    def __init__(
        self, text: str, constants: Mapping[str, Any], where: Path, findings: frozenset[str]
    ) -> None:
        self.text, self.constants, self.where = text, constants, where
        self.findings = findings
        self.used: set[str] = set()
        self.depth = 0

    def _fault(self, node: ast.AST, what: Sentence, hint: Sentence | None = None) -> Exception:
        return fault(self.where, what, hint, _offset_of(self.text, node))

    def visit(self, node: ast.AST) -> Any:
        self.depth += 1
        if self.depth > 80:
            raise self._fault(node, Sentence("nested too deeply"))
        super().visit(node)
        self.depth -= 1

    def generic_visit(self, node: ast.AST) -> None:
        if not isinstance(node, _ALLOWED):
            raise self._fault(
                node, Sentence("{construct} is not part of the language", construct=_source(node))
            )
        super().generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        if node.id in self.constants:
            self.used.add(node.id)
        elif node.id not in ENTRY_FACTS:
            raise self._fault(
                node,
                Sentence("unknown name {name}", name=node.id),
                nearest(node.id, ENTRY_FACTS | set(self.constants)),
            )

    def visit_Constant(self, node: ast.Constant) -> None:
        if not (node.value is None or isinstance(node.value, (str, bool))):
            raise self._fault(
                node,
                Sentence(
                    "{number} is a bare number: make it a parameter with its clause",
                    number=str(node.value),
                ),
                Sentence(
                    "add [parameters.NAME] with default = {number} and write NAME here",
                    number=str(node.value),
                ),
            )

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        call = ENTRY_CALLS.get(name)
        if call is None or node.keywords:
            raise self._fault(
                node,
                Sentence("{text} cannot be asked about an entry", text=_source(node)),
                nearest(name, ENTRY_CALLS),
            )
        if not call.least <= len(node.args) <= len(call.takes):
            raise self._fault(
                node,
                Sentence(
                    "{word} takes {number} values, not {given}",
                    word=name,
                    number=len(call.takes),
                    given=len(node.args),
                ),
            )
        for arg, wanted in zip(node.args, call.takes, strict=False):
            if wanted == "value":
                self.visit(arg)
            elif wanted == "unit":
                self.visit(arg)
                if not (
                    isinstance(arg, ast.Name)
                    and isinstance(value := self.constants.get(arg.id), Quantity)
                    and value.unit in TIME_UNITS
                ):
                    raise self._fault(
                        arg,
                        Sentence("{text} is no length of time", text=_source(arg)),
                        Sentence(
                            "name a parameter whose unit is one of {units}",
                            units=", ".join(TIME_UNITS),
                        ),
                    )
            else:
                self._named(arg, wanted)

    def _named(self, arg: ast.expr, wanted: str) -> None:
        known = {
            "field": _FIELDS | _PLAIN | _DERIVED | {"recorded_by"},
            "finding": self.findings,
            "card": CARD_FIELDS,
        }
        if not isinstance(arg, ast.Constant) or not isinstance(arg.value, str):
            raise self._fault(arg, Sentence("{text} must be a name in quotes", text=_source(arg)))
        name = arg.value.partition(".")[0]
        if wanted in known and name not in known[wanted]:
            raise self._fault(
                arg,
                Sentence("{text} is none of the names that can stand here", text=_source(arg)),
                nearest(arg.value, known[wanted]),
            )


_ALLOWED = (
    ast.BoolOp,
    ast.UnaryOp,
    ast.Not,
    ast.And,
    ast.Or,
    ast.Compare,
    ast.cmpop,
    ast.Load,
    ast.Tuple,
    ast.List,
    ast.IfExp,
)

_ORDERED = {"Lt": "<", "LtE": "<=", "Gt": ">", "GtE": ">="}


class _Rewriter(ast.NodeTransformer):
    """Turns facts into look-ups on the entry, and calls into calls of helpers."""

    def __init__(self, constants: frozenset[str]) -> None:
        self.constants = constants

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self.constants:
            return ast.Name(f"c_{node.id}", ast.Load())
        entry = ast.Name("entry", ast.Load())
        if node.id == "struck":
            struck = ast.Attribute(entry, "struck", ast.Load())
            return ast.BoolOp(
                ast.And(), [struck, _call("_struck", entry, ast.Name("case", ast.Load()))]
            )
        if node.id in _PLAIN or node.id in ("unit", "place", "department"):
            return ast.Attribute(entry, node.id, ast.Load())
        if node.id in ("unit_type", "place_type"):
            return _call("_outlet_type", entry, ast.Attribute(entry, node.id[:-5], ast.Load()))
        return ast.Call(
            ast.Attribute(ast.Attribute(entry, "fields", ast.Load()), "get", ast.Load()),
            [ast.Constant(node.id)],
            [],
        )

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.generic_visit(node)
        sign = _ORDERED.get(type(node.ops[0]).__name__)
        if sign is None or len(node.ops) != 1:
            return node
        return _call("_ordered", ast.Constant(sign), node.left, node.comparators[0])

    def visit_Call(self, node: ast.Call) -> ast.expr:
        assert isinstance(node.func, ast.Name)
        if node.func.id == "given" and isinstance(node.args[0], ast.Constant):
            name = node.args[0].value
            if name in _FIELDS:  # asked of nearly every entry: no call
                return ast.Compare(
                    ast.Call(
                        ast.parse("entry.fields.get", mode="eval").body, [ast.Constant(name)], []
                    ),
                    [ast.NotIn()],
                    [ast.Tuple([ast.Constant(None), ast.Constant("")], ast.Load())],
                )
        args = [self.visit(arg) for arg in node.args]
        entry, case = ast.Name("entry", ast.Load()), ast.Name("case", ast.Load())
        return _call("_" + node.func.id, entry, case, *args)


def _call(name: str, *args: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(args), [])


# --------------------------------------------------------------------------- the calls


def _value(entry: Any, field: str) -> Any:
    if field == "by":
        return entry.by
    if field == "recorded_by":
        return entry.event.recorded_by
    if field in _DERIVED or field in _PLAIN:
        return getattr(entry, field)
    if field.startswith("fields."):
        form = entry.fields.get("fields")
        return form.get(field[7:]) if isinstance(form, Mapping) else None
    if "." in field:  # a part of every row: the shares of all signers
        name, _, part = field.partition(".")
        rows = entry.fields.get(name) or ()
        found = [row.get(part) for row in rows if isinstance(row, Mapping)]
        return found if found and None not in found else None
    return entry.fields.get(field)


def _given(entry: Any, case: Any, field: str) -> bool:
    value = _value(entry, field)
    return value is not None and value != ""


def _vouched(entry: Any, case: Any, field: str) -> bool:
    value = entry.fields.get(field)
    if isinstance(value, list):
        return bool(value) and all(entry.vouched(one) for one in value)
    return bool(entry.vouched(value))


def _role_of(entry: Any, case: Any, field: str) -> Any:
    staff = _value(entry, field)
    return entry.people.role(staff, entry.recorded) if isinstance(staff, str) else None


def _unit_of(entry: Any, case: Any, field: str) -> Any:
    staff = _value(entry, field)
    return entry.people.outlet(staff, entry.recorded) if isinstance(staff, str) else None


def _department_of(entry: Any, case: Any, field: str) -> Any:
    staff = _value(entry, field)
    return entry.people.department(staff, entry.recorded) if isinstance(staff, str) else None


def _absent(entry: Any, case: Any, field: str = "by") -> bool:
    """Whether a person named in an entry was recorded as away when it happened."""
    staff = _value(entry, field)
    return isinstance(staff, str) and case.absence(staff, entry.moment) is not None


def _above_parties(entry: Any, case: Any, field: str = "by") -> bool:
    return bool(case.history.manages(_value(entry, field), entry))


def _has_power(entry: Any, case: Any) -> bool:
    """Whether a ruling was made by somebody of its instance who is no party."""
    roles = case.program.instance_powers.get(entry.fields.get("instance"), ())
    return entry.role in roles and not case.history.is_party(entry.by, entry)


def _no_party(entry: Any, case: Any, field: str = "by") -> bool:
    """Whether a person was no party when the entry was recorded."""
    return not case.history.is_party(_value(entry, field), entry)


def actors(entry: Any) -> list[str]:
    """Who made an entry: its author, and those named `jointly_with` who stand by it."""
    joint = entry.fields.get("jointly_with") or ()
    return [one for one in (entry.by, *joint) if one == entry.by or entry.vouched(one)]


def _made_by(entry: Any, case: Any, role: str, field: str, units: str) -> bool:
    """Whether anyone who made the entry jointly has a role and stands in a relation to another.

    `units` is `same` (of the department of the person named in `field`) or `other`.
    """
    people, moment = entry.people, entry.recorded
    staff = _value(entry, field)
    home = people.department(staff, moment) if isinstance(staff, str) else None
    return any(
        people.role(one, moment) == role
        and people.department(one, moment) is not None
        and (people.department(one, moment) == home) is (units == "same")
        for one in actors(entry)
    )


def _taken_back(entry: Any, case: Any) -> bool:
    """Whether the author withdrew a claim: by name, or as his latest one by then."""
    for other in case.entries:
        if (
            other.kind != "withdraw_claim"
            or other.by != entry.by
            or other.flaw in ("voided", "struck")
        ):
            continue
        named = other.fields.get("on")
        if named is not None:
            if named in (entry.event.id, entry.seq):
                return True
            continue
        latest = max(
            (
                one
                for one in case.entries
                if one.kind == "claim" and one.by == entry.by and one.key < other.key
            ),
            key=lambda one: one.key,
            default=None,
        )
        if latest is entry:
            return True
    return False


def _cancelled(entry: Any, case: Any) -> bool:
    """Whether an order was cancelled."""
    orders = [one for one in case.entries if one.kind == "order"]
    return entry.kind == "order" and any(
        cancels(one, entry, orders)
        for one in case.entries
        if one.kind == "cancel_order" and one.flaw not in ("voided", "struck")
    )


def _entered_within(entry: Any, case: Any, limit: Quantity) -> bool:
    """Whether an entry was recorded no later than so long after it happened."""
    return bool(case.elapsed(entry.at, entry.recorded, limit.measure) <= limit)


def _attribute(entry: Any, case: Any, name: str) -> Any:
    """An attribute of the customer's card when the entry was recorded."""
    return case.attribute(name, entry.recorded + 1)


def _level_then(entry: Any, case: Any) -> Any:
    """The level or stage that was in force when an entry was made, its own included."""
    levels = [one for one in case.pool(case.program.holding.levels) if one.key <= entry.key]
    return levels[-1].get("level") if levels else None


def _lookup(entry: Any, case: Any, table: Any, key: Any) -> Any:
    return table.get(key) if isinstance(table, Mapping) and key is not None else None


def _number(entry: Any, case: Any, field: str) -> Any:
    return as_number(_value(entry, field))


def as_number(value: Any) -> Any:
    """A field as a number: an amount, a rank, an answer; None where it is none."""
    from decimal import Decimal, InvalidOperation

    if isinstance(value, bool) or value is None or value is UNKNOWN:
        return None
    if isinstance(value, (int, Decimal)):
        return value
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _decided(entry: Any, case: Any, decision: str) -> bool:
    """Whether a filing got a decision of this sort."""
    return any(one.get("decision") == decision for one in case.decisions_on(entry))


def _found(entry: Any, case: Any, name: str) -> bool:
    """Whether a person found something true of the entry's author."""
    return case.finding_about(name, entry.by) is True


ENTRY_CALLS: dict[str, EntryCall] = {
    "given": EntryCall(_given, ("field",), 1),
    "vouched": EntryCall(_vouched, ("field",), 1),
    "role_of": EntryCall(_role_of, ("field",), 1),
    "unit_of": EntryCall(_unit_of, ("field",), 1),
    "department_of": EntryCall(_department_of, ("field",), 1),
    "absent": EntryCall(_absent, ("field",)),
    "above_parties": EntryCall(_above_parties, ("field",)),
    "no_party": EntryCall(_no_party, ("field",)),
    "has_power": EntryCall(_has_power),
    "made_by": EntryCall(_made_by, ("text", "field", "text"), 3),
    "taken_back": EntryCall(_taken_back),
    "cancelled": EntryCall(_cancelled),
    "entered_within": EntryCall(_entered_within, ("unit",), 1),
    "attribute": EntryCall(_attribute, ("card",), 1),
    "level_then": EntryCall(_level_then),
    "lookup": EntryCall(_lookup, ("value", "value"), 2),
    "number": EntryCall(_number, ("field",), 1),
    "decided": EntryCall(_decided, ("text",), 1),
    "found": EntryCall(_found, ("finding",), 1),
}


def _ordered(sign: str, left: Any, right: Any) -> bool:
    """A comparison of numbers; what is no number compares with nothing."""
    left, right = as_number(left), as_number(right)
    if left is None or right is None:
        return False
    if sign == "<":
        return bool(left < right)
    if sign == "<=":
        return bool(left <= right)
    return bool(left > right) if sign == ">" else bool(left >= right)


_HELPERS: dict[str, Any] = {
    "_ordered": _ordered,
    "_outlet_type": lambda entry, outlet: entry.people.outlet_type(outlet),
    "_struck": lambda entry, case: case.stays_struck(entry),
}
