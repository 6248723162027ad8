"""Conditions: a small, closed expression language with three values and provenance.

Syntax is a subset of Python's expressions, parsed by `ast`, checked, and compiled once per
policy into functions (`emit` writes them).  There are no attributes, no subscripts, no
loops, no arithmetic and no bare numbers; names are parameters, named values and the words of
the vocabulary.

Three values: True, False and UNKNOWN, combined by Kleene's rules.  A condition leaves
behind, in the case's trace, the events that its value rests on: for a true conjunction
those of every part, for a false one only those of the part that failed.

Every expression has a type, known when it is compiled; where it is not (`any`), the value
is looked at when it is worked out.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from conflictctl.policy.emit import Always, function_of
from conflictctl.policy.expression import UNKNOWN as UNKNOWN
from conflictctl.policy.expression import (
    Called,
    Checked,
    Choice,
    Combined,
    Compared,
    It,
    Listed,
    Named,
    Node,
    Not,
    Point,
    Selected,
    Static,
    is_certain,
    is_light,
    measures,
)
from conflictctl.policy.expression import Filter as Filter
from conflictctl.policy.expression import Thunk as Thunk
from conflictctl.policy.expression import Word as Word
from conflictctl.policy.problems import FaultyPolicy, Path, fault, nearest
from conflictctl.policy.quantity import is_time, sign_of
from conflictctl.wording import N_, Sentence

MAX_LENGTH = 4_000
MAX_DEPTH = 40
MAX_HEIGHT = 150
"""How deep a condition may nest together with the named values that it rests on."""
MAX_STEPS = 5_000
"""How much work a condition may be to compile: what is compared is looked at more than once."""
MAX_BINDING = 2
"""How deep words that look at everybody (`those`, `top`) may stand within each other."""


# ------------------------------------------------------------------------------- types

FLAG, NUMBER, ID, ENTRY, LIST, SPAN, TABLE, NONE, ANY = (
    "flag",
    "number",
    "id",
    "entry",
    "list",
    "span",
    "table",
    "none",
    "any",
)
"""What a value can be.  An `entry` is an entry or a moment; an `id` a person, outlet or text."""

_TYPE_WORDS = {
    FLAG: N_("yes or no"),
    NUMBER: N_("a number"),
    ID: N_("a person, an outlet or a text"),
    ENTRY: N_("an entry or a moment"),
    LIST: N_("a list"),
    SPAN: N_("a span of time"),
    TABLE: N_("a table"),
    NONE: N_("nothing"),
    ANY: N_("anything"),
}


def _is_of(value: Any, kind: str) -> bool:
    """Whether a value worked out at run time is of a type; None and UNKNOWN are of every type."""
    if value is None or value is UNKNOWN:
        return True
    if kind == FLAG:
        return True
    if kind == NUMBER:
        return isinstance(value, (int, Decimal, Fraction)) and not isinstance(value, bool)
    if kind == ID:
        return isinstance(value, str)
    if kind == LIST:
        return isinstance(value, list)
    if kind == ENTRY:
        return hasattr(value, "key") or (isinstance(value, int) and not isinstance(value, bool))
    return True


class Expr(NamedTuple):
    """A compiled expression: the function written of it, its type and its unit.

    `height`: how deep it nests, the named values it rests on included.  `node` is what was
    compiled.
    """

    run: Callable[[Any], Any]
    type: str
    unit: str | None = None
    height: int = 0
    node: Node | None = None


class _Typed(NamedTuple):
    """A checked expression, its type and its unit."""

    node: Node
    type: str
    unit: str | None = None


class Scope(NamedTuple):
    """What names mean while a policy is compiled."""

    constants: Mapping[str, Any]
    lets: Callable[[str], Expr | None]
    anchors: Mapping[str, Point]
    classes: frozenset[str]
    words: Mapping[str, Word]
    filters: Mapping[str, Filter]
    choices: Mapping[str, tuple[Any, ...]] = {}
    named: Mapping[str, frozenset[str]] = {}
    """Names that stand as text: findings, windows, and the fields of entries."""
    let_names: frozenset[str] = frozenset()
    leaves_out: bool = False
    """Whether the policy may leave the entries of some outlets out."""
    doubtful: frozenset[str] = frozenset()
    """Classes whose entries may wait for a finding, or are told by one."""
    replaced: frozenset[str] = frozenset()
    """Named values in whose place a rule may put another."""
    once: frozenset[str] = frozenset()
    """Named values that are spoken of in one place only."""
    bound: int = 0
    used: set[str] | None = None
    """Takes in every name that was used, to find those that never are."""


def parse(text: Any, where: Path) -> ast.expr:
    """Parse one expression; raises FaultyPolicy at the place of a syntax error.

    The text may run over several lines.
    """
    if not isinstance(text, str) or len(text) > MAX_LENGTH:
        raise fault(
            where, Sentence("a condition is text of at most {limit} characters", limit=MAX_LENGTH)
        )
    if not text.strip():
        raise fault(where, Sentence("the condition is empty"))
    try:
        # In brackets, so that it may run over lines.
        return ast.parse(f"({text}\n)", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        offset = None
        if isinstance(error, SyntaxError) and error.lineno is not None:
            offset = _offset(text, error.lineno, max((error.offset or 1) - 1, 0))
        raise fault(where, _syntax(text, error), _SYNTAX_HINT, offset) from None


_SYNTAX_HINT = Sentence(
    "conditions are written like `not exists(claim, by=original) and count(x) <= limit`"
)


def _syntax(text: str, error: Exception) -> Sentence:
    if isinstance(error, SyntaxError):
        if "=" in text and "invalid syntax. Maybe you meant '=='" in str(error):
            return Sentence("a single = gives a keyword its value; to compare write ==")
        if "never closed" in str(error) or "unmatched" in str(error):
            return Sentence("a bracket is not closed, or closed twice")
        if "unterminated string" in str(error):
            return Sentence("a text in quotes does not end")
        if "&&" in text or "||" in text:
            return Sentence("write `and`, `or`, `not` instead of &&, ||, !")
    return Sentence("no valid condition")


def _offset(text: str, line: int, column: int) -> int:
    """The offset into a condition's text of a place in its bracketed form (column from 0)."""
    lines = text.split("\n")
    line = min(line, len(lines))
    before = sum(len(one) + 1 for one in lines[: line - 1])
    return max(0, min(before + column - (1 if line == 1 else 0), len(text)))


def _offset_of(text: str, node: ast.AST) -> int | None:
    line, column = getattr(node, "lineno", None), getattr(node, "col_offset", None)
    if line is None or column is None:
        return None
    rows = f"({text}\n)".split("\n")
    if line > len(rows):
        return None
    # ast counts bytes of UTF-8.
    chars = len(rows[line - 1].encode()[:column].decode("utf-8", "ignore"))
    return _offset(text, line, chars)


def compile_expression(
    text: Any,
    scope: Scope,
    where: Path,
    wanted: str = ANY,
    write: Callable[[Node], Callable[[Any], Any]] = function_of,
) -> Expr:
    """Compile an expression to a function of a case; raises FaultyPolicy if it is faulty.

    `wanted` is the type it has to give; `write` makes the function (see `emit`).
    """
    tree = parse(text, where)
    compiler = _Compiler(scope, where, text, _Effort())
    try:
        found = compiler.typed(tree, 0, wanted)
        run = write(found.node)
        return Expr(run, found.type, found.unit, compiler.effort.height, found.node)
    except RecursionError:
        raise fault(where, Sentence("nested too deeply")) from None


def constant_value(expression: Expr, where: Path) -> Any:
    """The value of an expression made of parameters alone; FaultyPolicy if it needs more."""
    if isinstance(expression.run, Always):
        return expression.run.value
    raise fault(
        where,
        Sentence("only parameters can be asked about here"),
        Sentence("what depends on the customer's history belongs into `when`"),
    )


class _Effort:
    """What compiling one condition has taken so far."""

    __slots__ = ("height", "steps")

    def __init__(self) -> None:
        self.steps = 0
        self.height = 0


class _Compiler:
    def __init__(self, scope: Scope, where: Path, text: str, effort: _Effort) -> None:
        self.scope, self.where, self.text, self.effort = scope, where, text, effort

    def fault(self, node: ast.AST, what: Sentence, hint: Sentence | None = None) -> FaultyPolicy:
        return fault(self.where, what, hint, _offset_of(self.text, node))

    def visit(self, node: ast.expr, depth: int) -> _Typed:
        self.effort.steps += 1
        if depth > MAX_DEPTH or self.effort.steps > MAX_STEPS:
            raise self.fault(node, Sentence("nested too deeply"), _NAME_PARTS)
        self.effort.height = max(self.effort.height, depth)
        method = getattr(self, "_" + type(node).__name__.lower(), None)
        if method is None:
            raise self.fault(
                node,
                Sentence("{construct} is not part of the language", construct=_source(node)),
                _CONSTRUCTS.get(type(node).__name__),
            )
        found: _Typed = method(node, depth + 1)
        return found

    def typed(self, node: ast.expr, depth: int, wanted: str) -> _Typed:
        """An expression that must give a type; looked at when run where it cannot be told."""
        found = self.visit(node, depth)
        if wanted in (ANY, FLAG) or found.type in (wanted, NONE):
            return found
        if wanted == ID and found.type == LIST:
            wanted = ANY
        if found.type == ANY or wanted == ANY:
            return self._looked_at(node, found, wanted)
        raise self.fault(
            node,
            Sentence(
                "{text} is {given}; here {wanted} is needed",
                text=_source(node),
                given=_kind(found.type),
                wanted=_kind(wanted),
            ),
            _CONVERSIONS.get((found.type, wanted)),
        )

    def _looked_at(self, node: ast.expr, found: _Typed, wanted: str) -> _Typed:
        if wanted == ANY:
            return found
        error = self.fault(
            node,
            Sentence("{text} did not give {wanted}", text=_source(node), wanted=_kind(wanted)),
        )
        if isinstance(found.node, Static):
            if not _is_of(found.node.value, wanted):
                raise error
            return found

        def check(value: Any) -> None:
            if not _is_of(value, wanted):
                raise FaultyPolicy(error.problems)

        plain = {ID: str, LIST: list}.get(wanted)
        return _Typed(Checked(found.node, check, plain), wanted, found.unit)

    # ------------------------------------------------------------------ leaves

    def _constant(self, node: ast.Constant, depth: int) -> _Typed:
        value = node.value
        if value is None:
            return _Typed(Static(None), NONE)
        if isinstance(value, bool):
            return _Typed(Static(value), FLAG)
        if isinstance(value, str):
            return _Typed(Static(value), ID)
        raise self.fault(
            node,
            Sentence(
                "{number} is a bare number: make it a parameter with its clause", number=str(value)
            ),
            Sentence(
                "add [parameters.NAME] with default = {number} and write NAME here",
                number=str(value),
            ),
        )

    def _name(self, node: ast.Name, depth: int) -> _Typed:
        name, scope = node.id, self.scope
        if scope.used is not None:
            scope.used.add(name)
        if name in scope.constants:
            value = scope.constants[name]
            return _Typed(Static(value), _type_of(value), getattr(value, "measure", None))
        if name in scope.anchors:
            return _Typed(scope.anchors[name], ENTRY)
        if name == "it" and scope.bound:
            return _Typed(It(), ID)
        let = scope.lets(name)
        if let is not None:
            self._rest_on(node, let, depth)
            return _Typed(self._named_value(name, let), let.type, let.unit)
        if name in ("true", "false", "null"):
            right = {"true": "True", "false": "False", "null": "None"}[name]
            raise self.fault(
                node,
                Sentence("unknown name {name}", name=name),
                Sentence("did you mean {name}?", name=right),
            )
        if name in scope.classes:
            raise self.fault(
                node,
                Sentence("{name} is a class of entries, not a value", name=name),
                Sentence("ask exists({name}), first({name}, ...), count({name}, ...)", name=name),
            )
        raise self.fault(
            node,
            Sentence("unknown name {name}", name=name),
            nearest(name, {*scope.constants, *scope.let_names, *scope.anchors}),
        )

    def _named_value(self, name: str, let: Expr) -> Named:
        node, scope = let.node, self.scope
        if node is None:
            return Named(name)
        # Somebody looked at is one of many: what does not rest on him is worked out once.
        alone = name in scope.once and not scope.bound
        if name in scope.replaced:
            return Named(name, let.run, None, measures(node))
        inline = node if alone or is_light(node) else None
        return Named(name, let.run, inline, measures(node), is_certain(node), node)

    def _rest_on(self, node: ast.AST, let: Expr, depth: int) -> None:
        self.effort.height = max(self.effort.height, depth + let.height)
        if self.effort.height > MAX_HEIGHT:
            raise self.fault(
                node,
                Sentence("too many named values rest on each other here"),
                Sentence("let this value rest on fewer others, or on simpler ones"),
            )

    def _list(self, node: ast.List | ast.Tuple, depth: int) -> _Typed:
        items = [self.visit(item, depth).node for item in node.elts]
        settled = [item.value for item in items if isinstance(item, Static)]
        if len(settled) == len(items):
            return _Typed(Static(settled), LIST)
        return _Typed(Listed(tuple(items)), LIST)

    _tuple = _list

    # ------------------------------------------------------------------ logic

    def _unaryop(self, node: ast.UnaryOp, depth: int) -> _Typed:
        if not isinstance(node.op, ast.Not):
            raise self.fault(node, Sentence("arithmetic is not part of the language"), _NO_SUMS)
        inner = self.visit(node.operand, depth).node
        if isinstance(inner, Static):
            return _Typed(Static(not inner.value), FLAG)
        return _Typed(Not(inner), FLAG)

    def _boolop(self, node: ast.BoolOp, depth: int) -> _Typed:
        compiled = [self.visit(part, depth) for part in node.values]
        stop = isinstance(node.op, ast.Or)  # the value that settles the matter
        kind = compiled[0].type
        for one in compiled[1:]:
            kind = _joined(kind, one.type)
        # What parameters alone decide is decided now, not once per customer.
        settled: list[_Typed] = []
        parts: list[_Typed] = []
        for one in compiled:
            if isinstance(one.node, Static):
                if bool(one.node.value) is stop:
                    return one
                settled.append(one)
            else:
                parts.append(one)
        parts = parts or settled[-1:]
        if len(parts) == 1:
            return parts[0]
        return _Typed(Combined(tuple(part.node for part in parts), stop), kind)

    def _ifexp(self, node: ast.IfExp, depth: int) -> _Typed:
        test, then, other = (
            self.visit(part, depth) for part in (node.test, node.body, node.orelse)
        )
        if isinstance(test.node, Static):
            return then if test.node.value else other
        if then.unit and other.unit and then.unit != other.unit:
            raise self.fault(
                node,
                Sentence(
                    "{left} counts {one}, {right} counts {other}",
                    left=_source(node.body),
                    one=then.unit,
                    right=_source(node.orelse),
                    other=other.unit,
                ),
                Sentence("give both the same unit"),
            )
        unit = then.unit or other.unit
        return _Typed(
            Choice(test.node, then.node, other.node), _joined(then.type, other.type), unit
        )

    def _compare(self, node: ast.Compare, depth: int) -> _Typed:
        if len(node.ops) != 1:
            raise self.fault(
                node,
                Sentence("compare two values at a time"),
                Sentence("write `a < b and b < c`"),
            )
        name = type(node.ops[0]).__name__
        test = _COMPARISONS.get(name)
        if test is None:
            raise self.fault(
                node, Sentence("{construct} is not part of the language", construct=name)
            )
        right_node = node.comparators[0]
        right = self.visit(right_node, depth)
        left = self._measured(node.left, right, depth)
        if self._measures(right_node):
            right = self._measured(right_node, left, depth)
        ordered = name in ("Lt", "LtE", "Gt", "GtE")
        self._comparable(node, name, left, right, ordered)
        if isinstance(left.node, Static) and isinstance(right.node, Static):
            return _Typed(Static(test(left.node.value, right.node.value)), FLAG)
        unit = left.unit or right.unit
        sign = sign_of(unit) if ordered and unit is not None else None
        return _Typed(Compared(name, left.node, right.node, sign), FLAG)

    def _measured(self, node: ast.expr, other: _Typed, depth: int) -> _Typed:
        """A side of a comparison; a length of time is counted in the unit of the other side."""
        word = self._measures(node)
        if word is None:
            return self.visit(node, depth)
        assert isinstance(node, ast.Call)
        if other.unit is None and isinstance(other.node, Static) and other.type == NUMBER:
            raise self.fault(
                node,
                Sentence("{text} is compared with a number of no unit", text=_source(node)),
                Sentence("give the parameter a unit: days, working_days, hours ..."),
            )
        return self._called(node, word, depth + 1, other.unit if is_time(other.unit) else None)

    def _measures(self, node: ast.expr) -> Word | None:
        """The word called there, if it measures time in the unit of what it is compared with."""
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and (word := self.scope.words.get(node.func.id)) is not None
            and word.unit == "*"
            and not any(keyword.arg == "unit" for keyword in node.keywords)
        ):
            return word
        return None

    def _comparable(
        self, node: ast.Compare, name: str, left: _Typed, right: _Typed, ordered: bool
    ) -> None:
        kinds = {left.type, right.type}
        if name in ("In", "NotIn"):
            if right.type not in (LIST, ANY):
                raise self.fault(
                    node.comparators[0],
                    Sentence(
                        "{text} is {given}; here {wanted} is needed",
                        text=_source(node.comparators[0]),
                        given=_kind(right.type),
                        wanted=_kind(LIST),
                    ),
                    Sentence("write it in square brackets: x in ['a', 'b']"),
                )
            if isinstance(node.left, ast.Name) and isinstance(right.node, Static):
                for value in right.node.value or ():
                    self._known_choice(node, node.left.id, value)
            return
        if ordered and not kinds <= {NUMBER, ANY, NONE}:
            entries = kinds == {ENTRY}
            raise self.fault(
                node,
                Sentence("only numbers are greater or smaller"),
                Sentence("for two entries ask older(a, b) or before=...")
                if entries
                else Sentence("compare count(...), gap(...) or a number with a parameter"),
            )
        if not kinds & {ANY, NONE} and len(kinds) > 1:
            entry = ENTRY in kinds and ID in kinds
            raise self.fault(
                node,
                Sentence(
                    "{left} is {one}, {right} is {other}: they are never equal",
                    left=_source(node.left),
                    one=_kind(left.type),
                    right=_source(node.comparators[0]),
                    other=_kind(right.type),
                ),
                Sentence("author(entry) is who made an entry") if entry else None,
            )
        if (
            left.unit != right.unit
            and left.unit
            and right.unit
            and (is_time(left.unit) or is_time(right.unit))
        ):
            raise self.fault(
                node,
                Sentence(
                    "{left} counts {one}, {right} counts {other}",
                    left=_source(node.left),
                    one=left.unit,
                    right=_source(node.comparators[0]),
                    other=right.unit,
                ),
                Sentence("give both the same unit"),
            )
        if not ordered:
            sides = (node.left, node.comparators[0])
            for one, other in (sides, sides[::-1]):
                if isinstance(one, ast.Name) and isinstance(other, ast.Constant):
                    self._known_choice(other, one.id, other.value)

    def _known_choice(self, node: ast.AST, name: str, value: Any) -> None:
        choices = self.scope.choices.get(name)
        if choices is not None and value is not None and value not in choices:
            raise self.fault(
                node,
                Sentence(
                    "{value} is no value of the parameter {name}", value=str(value), name=name
                ),
                nearest(str(value), [str(choice) for choice in choices]),
            )

    # ------------------------------------------------------------------ calls

    def _call(self, node: ast.Call, depth: int) -> _Typed:
        if not isinstance(node.func, ast.Name):
            raise self.fault(node, Sentence("only the words of the vocabulary can be called"))
        word = self.scope.words.get(node.func.id)
        if word is None:
            raise self.fault(
                node,
                Sentence("unknown word {name}", name=node.func.id),
                nearest(node.func.id, self.scope.words),
            )
        return self._called(node, word, depth, None)

    def _called(self, node: ast.Call, word: Word, depth: int, unit: str | None) -> _Typed:
        assert isinstance(node.func, ast.Name)
        name = node.func.id
        own: dict[str, Node] = {}
        chosen: list[tuple[Filter, Node]] = []
        for keyword in node.keywords:
            if keyword.arg is None:
                raise self.fault(
                    node, Sentence("{construct} is not part of the language", construct="**")
                )
            if keyword.arg in word.binds:
                own[keyword.arg] = self._binding(keyword.value, depth, word.keywords[keyword.arg])
            elif keyword.arg in word.keywords:
                own[keyword.arg] = self._argument(keyword.value, depth, word.keywords[keyword.arg])
            elif word.selects and keyword.arg in self.scope.filters:
                filter_ = self.scope.filters[keyword.arg]
                chosen.append((filter_, self._argument(keyword.value, depth, filter_.takes)))
            else:
                known = set(word.keywords) | (set(self.scope.filters) if word.selects else set())
                raise self.fault(
                    keyword.value,
                    Sentence("{word} takes no {name}", word=name, name=keyword.arg),
                    nearest(keyword.arg, known)
                    if known
                    else Sentence("{word} takes no keywords", word=name),
                )
        args = list(node.args)
        if any(isinstance(arg, ast.Starred) for arg in args):
            raise self.fault(
                node, Sentence("{construct} is not part of the language", construct="*")
            )
        kind = self._class(node, name, args) if word.selects else None
        if kind is not None:
            args = args[1:]
        positional = self._positional(node, name, word, args, depth)
        if word.unit == "*":
            found = own.setdefault("unit", Static(unit or "days"))
            unit = found.value if isinstance(found, Static) else None
        elif word.gives == ANY and positional and isinstance(positional[0], Static):
            unit = _unit_of_table(positional[0].value)  # a limit looked up in a table
        else:
            unit = word.unit
        if kind is None:
            return _Typed(Called(word, positional, own), word.gives, unit)
        scope = self.scope
        return _Typed(
            Selected(
                word, kind, tuple(chosen), positional, own, scope.leaves_out, kind in scope.doubtful
            ),
            word.gives,
            unit,
        )

    def _class(self, node: ast.Call, name: str, args: list[ast.expr]) -> str:
        if not args or not isinstance(args[0], ast.Name) or args[0].id not in self.scope.classes:
            given = args[0].id if args and isinstance(args[0], ast.Name) else ""
            raise self.fault(
                args[0] if args else node,
                Sentence("{word} needs a class of entries first", word=name),
                nearest(given, self.scope.classes),
            )
        if self.scope.used is not None:
            self.scope.used.add(f"class {args[0].id}")
        return args[0].id

    def _positional(
        self, node: ast.Call, name: str, word: Word, args: list[ast.expr], depth: int
    ) -> tuple[Node, ...]:
        takes = word.takes
        again = bool(takes) and takes[-1].endswith("*")
        if len(args) < word.least or (len(args) > len(takes) and not again):
            raise self.fault(
                node,
                Sentence(
                    "{word} takes {number} values, not {given}",
                    word=name,
                    number=len(takes) if not again else word.least,
                    given=len(args),
                ),
                Sentence("{word} is explained in the guide to policy files", word=name),
            )
        return tuple(
            self._argument(arg, depth, takes[min(number, len(takes) - 1)].removesuffix("*"))
            for number, arg in enumerate(args)
        )

    def _argument(self, node: ast.expr, depth: int, wanted: str) -> Node:
        names = self.scope.named.get(wanted)
        if names is None:
            return self.typed(node, depth, wanted).node
        if not isinstance(node, ast.Constant) or node.value not in names:
            raise self.fault(
                node,
                Sentence("{text} is none of the names that can stand here", text=_source(node)),
                nearest(str(node.value) if isinstance(node, ast.Constant) else "", names),
            )
        if self.scope.used is not None:
            self.scope.used.add(f"{wanted} {node.value}")
        let = self.scope.lets(node.value) if wanted == "let" else None
        if let is not None:
            self._rest_on(node, let, depth)
        return Static(node.value)

    def _binding(self, node: ast.expr, depth: int, wanted: str) -> Node:
        """An expression about `it`: the word is given the function and asks it for everybody."""
        if self.scope.bound >= MAX_BINDING:
            raise self.fault(node, Sentence("nested too deeply"))
        scope = self.scope._replace(bound=self.scope.bound + 1)
        inner = _Compiler(scope, self.where, self.text, self.effort)
        return Static(function_of(inner.typed(node, depth, wanted).node))


def _unit_of_table(table: Any) -> str | None:
    """The measure that all numbers of a table share; None where there is none."""
    if not isinstance(table, Mapping):
        return None
    units = {getattr(value, "measure", None) for value in table.values()}
    return units.pop() if len(units) == 1 else None


def _type_of(value: Any) -> str:
    if value is None:
        return NONE
    if isinstance(value, bool):
        return FLAG
    if isinstance(value, (int, Decimal)):
        return NUMBER
    if isinstance(value, list):
        return LIST
    if isinstance(value, Mapping):
        return TABLE
    return ID


def _joined(one: str, other: str) -> str:
    if one == other or other == NONE:
        return one
    return other if one == NONE else ANY


def _kind(kind: str) -> Sentence:
    return Sentence(_TYPE_WORDS.get(kind, kind))


def _source(node: ast.AST) -> str:
    try:
        text = ast.unparse(node)
    except (RecursionError, ValueError):
        return type(node).__name__
    return text if len(text) <= 60 else text[:57] + "..."


_NAME_PARTS = Sentence("give parts of it a name in [let]")
_NO_SUMS = Sentence("let a word count: count(...), gap(a, b); a sum of two parameters is a third")
_CONSTRUCTS = {
    "BinOp": _NO_SUMS,
    "Attribute": Sentence("a field of an entry is field(entry, 'name')"),
    "Subscript": Sentence("a value of a table is lookup(table, key)"),
    "Dict": Sentence("tables are parameters of the type table"),
    "Set": Sentence("write a list in square brackets"),
    "NamedExpr": Sentence("a value is named in [let]"),
}
_CONVERSIONS = {
    (ENTRY, ID): Sentence(
        "author(entry) is who made an entry, field(entry, 'to') one of its fields"
    ),
    (ID, ENTRY): Sentence("first(CLASS, by=person) is an entry of a person"),
    (ID, LIST): Sentence("write it in square brackets, or use union(...)"),
    (ENTRY, LIST): Sentence("values(CLASS, ...) gives everybody who made an entry"),
}

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "Eq": lambda a, b: a is not None and a == b,
    "NotEq": lambda a, b: a is not None and b is not None and a != b,
    "Lt": lambda a, b: bool(a < b),
    "LtE": lambda a, b: bool(a <= b),
    "Gt": lambda a, b: bool(a > b),
    "GtE": lambda a, b: bool(a >= b),
    "In": lambda a, b: a is not None and b is not None and a in b,
    "NotIn": lambda a, b: a is not None and (b is None or a not in b),
    "Is": lambda a, b: a is b,
    "IsNot": lambda a, b: a is not b,
}
