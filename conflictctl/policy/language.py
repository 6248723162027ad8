"""Conditions: a small, closed expression language with three values and provenance.

Syntax is a subset of Python's expressions, parsed by `ast` and compiled once per policy
into closures.  There are no attributes, no subscripts, no loops, no arithmetic and no
bare numbers; names are parameters, named values and the words of the vocabulary.

Three values: True, False and UNKNOWN, combined by Kleene's rules.  A condition leaves
behind, in the case's trace, the events that its value rests on: for a true conjunction
those of every part, for a false one only those of the part that failed.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from conflictctl.errors import InputRejected
from conflictctl.wording import Sentence

if TYPE_CHECKING:
    from conflictctl.policy.case import Case

Thunk = Callable[["Case"], Any]


class _Unknown:
    """A fact that nobody has supplied.  Neither true nor false."""

    __slots__ = ()

    def __bool__(self) -> bool:
        raise TypeError("unknown is neither true nor false")

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Any = _Unknown()


class _Always:
    """An expression whose value the parameters settle."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __call__(self, case: Case) -> Any:
        return self.value


MAX_LENGTH = 2_000
MAX_DEPTH = 40


class Word(NamedTuple):
    """One function of the vocabulary.

    `selects`: its first argument is a class of entries, and it takes the filters.
    `keywords`: further keywords of its own.  `unit`: of the number it returns, if any.
    """

    run: Callable[..., Any]
    selects: bool = False
    keywords: frozenset[str] = frozenset()
    most: int = 1
    unit: str | None = None


class Scope(NamedTuple):
    """What names mean while a policy is compiled."""

    constants: Mapping[str, Any]
    lets: frozenset[str]
    anchors: Mapping[str, Thunk]
    classes: frozenset[str]
    words: Mapping[str, Word]
    filters: Mapping[str, Callable[..., bool]]


def fault(where: str, text: str, problem: Sentence) -> InputRejected:
    """The error of a faulty expression: where it stands, what it says, what is wrong."""
    return InputRejected(
        Sentence("{where}: {problem}", where=where, problem=problem),
        Sentence("the condition reads: {text}", text=text[:200]),
    )


def parse(text: str, where: str) -> ast.expr:
    """Parse one expression; raises InputRejected with the column of a syntax error."""
    if not isinstance(text, str) or len(text) > MAX_LENGTH:
        raise fault(
            where,
            str(text),
            Sentence("a condition is text of at most {limit} characters", limit=MAX_LENGTH),
        )
    try:
        return ast.parse(" ".join(text.split()), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        column = getattr(error, "offset", None) or 1
        raise fault(
            where, text, Sentence("no valid condition, at column {column}", column=column)
        ) from None


def compile_expression(text: str, scope: Scope, where: str) -> Thunk:
    """Compile an expression to a function of a case; raises InputRejected if it is faulty."""
    return _Compiler(scope, where, text).visit(parse(text, where), 0)


def constant_value(thunk: Thunk, where: str, text: str) -> Any:
    """The value of an expression made of parameters alone; InputRejected if it needs more."""
    if isinstance(thunk, _Always):
        return thunk.value
    raise fault(where, text, Sentence("only parameters can be asked about here"))


class _Compiler:
    def __init__(self, scope: Scope, where: str, text: str) -> None:
        self.scope, self.where, self.text = scope, where, text

    def _fault(self, problem: Sentence) -> InputRejected:
        return fault(self.where, self.text, problem)

    def visit(self, node: ast.expr, depth: int) -> Thunk:
        if depth > MAX_DEPTH:
            raise self._fault(Sentence("nested too deeply"))
        method = getattr(self, "_" + type(node).__name__.lower(), None)
        if method is None:
            raise self._fault(
                Sentence("{construct} is not part of the language", construct=type(node).__name__)
            )
        thunk: Thunk = method(node, depth + 1)
        return thunk

    def _constant(self, node: ast.Constant, depth: int) -> Thunk:
        value = node.value
        if value is None or isinstance(value, (str, bool)):
            return _Always(value)
        raise self._fault(
            Sentence(
                "{number} is a bare number: make it a parameter with its clause", number=str(value)
            )
        )

    def _name(self, node: ast.Name, depth: int) -> Thunk:
        name, scope = node.id, self.scope
        if name in scope.constants:
            return _Always(scope.constants[name])
        if name in scope.lets:
            return lambda case: case.value(name)
        if name in scope.anchors:
            return scope.anchors[name]
        raise self._fault(
            Sentence(
                "unknown name {name}; known are {known}",
                name=name,
                known=", ".join(sorted({*scope.constants, *scope.lets, *scope.anchors})),
            )
        )

    def _list(self, node: ast.List | ast.Tuple, depth: int) -> Thunk:
        items = [self.visit(item, depth) for item in node.elts]
        settled = [item.value for item in items if isinstance(item, _Always)]
        if len(settled) == len(items):
            return _Always(settled)
        return lambda case: [item(case) for item in items]

    _tuple = _list

    def _unaryop(self, node: ast.UnaryOp, depth: int) -> Thunk:
        if not isinstance(node.op, ast.Not):
            raise self._fault(Sentence("arithmetic is not part of the language"))
        inner = self.visit(node.operand, depth)
        if isinstance(inner, _Always):
            return _Always(not inner.value)

        def negate(case: Case) -> Any:
            value = inner(case)
            return UNKNOWN if value is UNKNOWN else not value

        return negate

    def _boolop(self, node: ast.BoolOp, depth: int) -> Thunk:
        parts = [self.visit(part, depth) for part in node.values]
        stop = isinstance(node.op, ast.Or)  # the value that settles the matter
        # What parameters alone decide is decided now, not once per customer.
        settled: list[Thunk] = []
        for part in parts:
            if isinstance(part, _Always):
                if bool(part.value) is stop:
                    return part
                settled.append(part)
        parts = [part for part in parts if not isinstance(part, _Always)] or settled[-1:]
        if len(parts) == 1:
            return parts[0]

        def combine(case: Case) -> Any:
            evidence = case.evidence
            start = len(evidence)
            unknown = False
            value: Any = None
            for part in parts:
                mark = len(evidence)
                value = part(case)
                if value is UNKNOWN:
                    unknown = True
                elif bool(value) is stop:
                    del evidence[start:mark]
                    return value
            return UNKNOWN if unknown else value

        return combine

    def _ifexp(self, node: ast.IfExp, depth: int) -> Thunk:
        test, then, other = (
            self.visit(part, depth) for part in (node.test, node.body, node.orelse)
        )
        if isinstance(test, _Always):
            return then if test.value else other

        def choose(case: Case) -> Any:
            value = test(case)
            if value is UNKNOWN:
                return UNKNOWN
            return then(case) if value else other(case)

        return choose

    def _compare(self, node: ast.Compare, depth: int) -> Thunk:
        if len(node.ops) != 1:
            raise self._fault(Sentence("compare two values at a time"))
        left, right = self.visit(node.left, depth), self.visit(node.comparators[0], depth)
        name = type(node.ops[0]).__name__
        test = _COMPARISONS.get(name)
        if test is None:
            raise self._fault(Sentence("{construct} is not part of the language", construct=name))
        if isinstance(left, _Always) and isinstance(right, _Always):
            return _Always(test(left.value, right.value))
        unit = None
        if isinstance(node.left, ast.Call) and isinstance(node.left.func, ast.Name):
            word = self.scope.words.get(node.left.func.id)
            unit = word.unit if word else None
        ordered = name in ("Lt", "LtE", "Gt", "GtE")

        def compare(case: Case) -> Any:
            a, b = left(case), right(case)
            if a is UNKNOWN or b is UNKNOWN:
                return UNKNOWN
            if ordered:
                # A missing fact is no number: it never compares as if it were one.
                if a is None or b is None:
                    return False
                if unit is not None:
                    case.margin = (a, b, unit)
            return test(a, b)

        return compare

    def _call(self, node: ast.Call, depth: int) -> Thunk:
        if not isinstance(node.func, ast.Name):
            raise self._fault(Sentence("only the words of the vocabulary can be called"))
        word = self.scope.words.get(node.func.id)
        if word is None:
            raise self._fault(
                Sentence(
                    "unknown word {name}; known are {known}",
                    name=node.func.id,
                    known=", ".join(sorted(self.scope.words)),
                )
            )
        if any(keyword.arg is None for keyword in node.keywords):
            raise self._fault(Sentence("{construct} is not part of the language", construct="**"))
        args = list(node.args)
        run = word.run
        own: dict[str, Thunk] = {}
        chosen: list[tuple[Callable[..., bool], Thunk]] = []
        for keyword in node.keywords:
            assert keyword.arg is not None
            if keyword.arg in word.keywords:
                own[keyword.arg] = self.visit(keyword.value, depth)
            elif word.selects and keyword.arg in self.scope.filters:
                chosen.append((self.scope.filters[keyword.arg], self.visit(keyword.value, depth)))
            else:
                known = set(word.keywords) | (set(self.scope.filters) if word.selects else set())
                raise self._fault(
                    Sentence(
                        "{word} takes no {name}; it takes {known}",
                        word=node.func.id,
                        name=keyword.arg,
                        known=", ".join(sorted(known)),
                    )
                )
        if word.selects:
            if (
                len(args) != 1
                or not isinstance(args[0], ast.Name)
                or args[0].id not in self.scope.classes
            ):
                raise self._fault(
                    Sentence(
                        "{word} needs a class of entries first: one of {known}",
                        word=node.func.id,
                        known=", ".join(sorted(self.scope.classes)),
                    )
                )
            kind = args[0].id
            constant = {
                keyword.arg: keyword.value.value
                for keyword in node.keywords
                if keyword.arg in own and isinstance(keyword.value, ast.Constant)
            }
            keywords = tuple((name, thunk) for name, thunk in own.items() if name not in constant)
            filters = tuple(chosen)

            if keywords:

                def select(case: Case) -> Any:
                    rest = {name: thunk(case) for name, thunk in keywords}
                    return run(case, kind, filters, **constant, **rest)

                return select
            return lambda case: run(case, kind, filters, **constant)
        if len(args) > word.most:
            raise self._fault(
                Sentence("{word} takes at most {most} values", word=node.func.id, most=word.most)
            )
        thunks = [self.visit(arg, depth) for arg in args]

        if not own:
            if len(thunks) == 1:
                only = thunks[0]
                return lambda case: run(case, only(case))
            return lambda case: run(case, *[thunk(case) for thunk in thunks])

        def call(case: Case) -> Any:
            return run(
                case,
                *[thunk(case) for thunk in thunks],
                **{name: thunk(case) for name, thunk in own.items()},
            )

        return call


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "Eq": lambda a, b: a is not None and a == b,
    "NotEq": lambda a, b: a is not None and b is not None and a != b,
    "Lt": lambda a, b: bool(a < b),
    "LtE": lambda a, b: bool(a <= b),
    "Gt": lambda a, b: bool(a > b),
    "GtE": lambda a, b: bool(a >= b),
    "In": lambda a, b: a is not None and a in b,
    "NotIn": lambda a, b: a is not None and a not in b,
    "Is": lambda a, b: a is b,
    "IsNot": lambda a, b: a is not b,
}


# ------------------------------------------------------------- conditions on one entry

ENTRY_FACTS = frozenset(
    {
        "kind",
        "late",
        "altered",
        "voided",
        "struck",
        "role",
        "unit_type",
        "place_type",
        "direction",
        "reached",
        "channel",
        "level",
        "asked",
        "answer",
        "named",
        "witness",
        "by",
        "to",
        "relation",
        "cause",
        "decision",
        "question",
        "scope",
        "result",
        "rank",
    }
)
ENTRY_CALLS = frozenset({"vouched", "role_of", "above_parties", "given", "has_power", "taken_back"})


def compile_entry_test(text: str, constants: Mapping[str, Any], where: str) -> Callable[..., bool]:
    """Compile a two-valued condition on one entry into a Python function.

    The names are the facts of an entry and the parameters; the calls are `vouched(field)`,
    `role_of(field)`, `given(field)`, `above_parties()`, `has_power()` and `taken_back()`.
    The text is checked node by node before it becomes code, so that nothing else can be
    reached from it.
    """
    tree = parse(text, where)
    used: dict[str, Any] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            if node.id in constants:
                used[node.id] = constants[node.id]
            elif node.id not in ENTRY_FACTS and node.id not in ENTRY_CALLS:
                raise fault(
                    where,
                    text,
                    Sentence(
                        "unknown name {name}; known are {known}",
                        name=node.id,
                        known=", ".join(sorted(ENTRY_FACTS | ENTRY_CALLS | set(constants))),
                    ),
                )
        elif isinstance(node, ast.Constant):
            if not (node.value is None or isinstance(node.value, (str, bool))):
                raise fault(
                    where,
                    text,
                    Sentence(
                        "{number} is a bare number: make it a parameter with its clause",
                        number=str(node.value),
                    ),
                )
        elif isinstance(node, ast.Call):
            if (
                not isinstance(node.func, ast.Name)
                or node.func.id not in ENTRY_CALLS
                or node.keywords
            ):
                raise fault(where, text, Sentence("only the words of the vocabulary can be called"))
        elif not isinstance(
            node,
            (
                ast.BoolOp,
                ast.UnaryOp,
                ast.Not,
                ast.And,
                ast.Or,
                ast.Compare,
                ast.Eq,
                ast.NotEq,
                ast.In,
                ast.NotIn,
                ast.Is,
                ast.IsNot,
                ast.Load,
                ast.Tuple,
                ast.List,
            ),
        ):
            raise fault(
                where,
                text,
                Sentence("{construct} is not part of the language", construct=type(node).__name__),
            )
    rewritten = ast.fix_missing_locations(ast.Expression(_EntryNames(set(used)).visit(tree)))
    function = ast.parse("lambda entry, case: None", mode="eval")
    assert isinstance(function.body, ast.Lambda)
    function.body.body = rewritten.body
    ast.fix_missing_locations(function)
    test: Callable[..., bool] = eval(
        compile(function, where, "eval"), {"__builtins__": {}, **used, **_ENTRY_HELPERS}
    )
    return test


class _EntryNames(ast.NodeTransformer):
    """Turns facts into look-ups on the entry, and calls into helper calls."""

    _PLAIN = frozenset({"kind", "late", "altered", "voided", "struck", "role", "by"})

    def __init__(self, constants: set[str]) -> None:
        self.constants = constants

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self.constants:
            return node
        entry = ast.Name("entry", ast.Load())
        if node.id in self._PLAIN:
            return ast.Attribute(entry, node.id, ast.Load())
        if node.id in ("unit_type", "place_type"):
            place = "unit" if node.id == "unit_type" else "place"
            return ast.Call(
                ast.Name("_outlet_type", ast.Load()),
                [entry, ast.Attribute(entry, place, ast.Load())],
                [],
            )
        return ast.Call(
            ast.Attribute(ast.Attribute(entry, "fields", ast.Load()), "get", ast.Load()),
            [ast.Constant(node.id)],
            [],
        )

    def visit_Call(self, node: ast.Call) -> ast.expr:
        assert isinstance(node.func, ast.Name)
        arguments: list[ast.expr] = [ast.Name("entry", ast.Load()), ast.Name("case", ast.Load())]
        return ast.Call(ast.Name("_" + node.func.id, ast.Load()), arguments + list(node.args), [])


def _entry_vouched(entry: Any, case: Any, field: str) -> bool:
    value = entry.fields.get(field)
    if isinstance(value, list):
        return bool(value) and all(entry.vouched(one) for one in value)
    return bool(entry.vouched(value))


def _entry_role_of(entry: Any, case: Any, field: str) -> Any:
    staff = entry.event.recorded_by if field == "recorded_by" else entry.fields.get(field)
    return entry.people.role(staff, entry.recorded) if staff is not None else None


def _entry_above_parties(entry: Any, case: Any, field: str = "by") -> bool:
    staff = entry.by if field == "by" else entry.fields.get(field)
    return bool(case.history.manages(staff, entry))


def _entry_has_power(entry: Any, case: Any) -> bool:
    """Whether a ruling was made by somebody of its instance who is no party."""
    roles = case.program.instance_powers.get(entry.fields.get("instance"), ())
    return entry.role in roles and not case.history.is_party(entry.by, entry)


def _entry_taken_back(entry: Any, case: Any) -> bool:
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


_ENTRY_HELPERS: dict[str, Any] = {
    "_has_power": _entry_has_power,
    "_taken_back": _entry_taken_back,
    "_vouched": _entry_vouched,
    "_role_of": _entry_role_of,
    "_above_parties": _entry_above_parties,
    "_given": lambda entry, case, field: entry.fields.get(field) is not None,
    "_outlet_type": lambda entry, outlet: entry.people.outlet_type(outlet),
}
