"""Checked expressions written out as Python functions.

Every node becomes a few statements, and one function comes of each condition and each named
value: where each node is a closure, more goes into calling than into what is called.

Nothing of the policy's text reaches the source.  Its names and values stand in the function's
namespace, under names made here (`k1`, `k2`, ...); what is worked out on the way is `t1`, ...
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from conflictctl.policy.expression import (
    UNKNOWN,
    Called,
    Checked,
    Choice,
    Combined,
    Compared,
    Filter,
    It,
    Listed,
    Named,
    Node,
    Not,
    Point,
    Selected,
    Static,
    Thunk,
)


class Always:
    """An expression whose value the parameters settle."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __call__(self, case: Any) -> Any:
        return self.value


def function_of(node: Node, keep: str | None = None) -> Thunk:
    """A function of a case that works a checked expression out.

    With `keep`, the name of a named value, it also puts the value into the case's memory,
    with what it left in the trace.

    It is written when it is first called, and from then on is what was written: compiling
    Python text is not cheap, and one ruling asks a part of a policy's conditions.
    """
    if isinstance(node, Static) and keep is None:
        return Always(node.value)
    namespace: dict[str, Any] = {}

    def become() -> Thunk:
        writer = _Writer(namespace)
        exec(compile(writer.source(node, keep), "<condition>", "exec"), namespace)
        made.__code__ = namespace.pop("f").__code__
        return made

    namespace |= {**_NAMESPACE, "become": become}
    exec(_UNWRITTEN, namespace)
    made: Thunk = namespace.pop("f")
    return made


_UNWRITTEN = compile("def f(case):\n    return become()(case)", "<condition>", "exec")
_NAMESPACE: dict[str, Any] = {
    "__builtins__": {"len": len, "bool": bool, "getattr": getattr, "dict": dict, "list": list},
    "UNKNOWN": UNKNOWN,
    "NOTHING": {},
}

_CASE_PARTS = {
    "ev": "case.evidence",
    "memo": "case._memo",
    "pools": "case._pools",
    # Without an account nobody asks what was refused.
    "flawed": "case._flawed if case.explain else NOTHING",
}
"""What a function reads off its case once, at its beginning."""

_DEEPEST = 40
"""Python nests blocks 100 deep at most; what stands deeper becomes a function of its own."""

Filters = tuple[tuple[Filter, Thunk], ...]
"""Filters, and the functions that give their values."""


class _Part(NamedTuple):
    """A piece of an expression that has been written out."""

    text: str
    """A name or a literal that holds the value."""
    unknown: bool = False
    """Whether the value may be UNKNOWN."""
    leaves: bool = False
    """Whether working it out may leave anything in the trace."""


class _Writer:
    """The statements of one function."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self.namespace = namespace
        self.lines: list[str] = []
        self.depth = 1
        self.temporaries = 0
        self.read: set[str] = set()
        self.names: dict[int, str] = {}

    def source(self, node: Node, keep: str | None) -> str:
        """The text of a function of a case that returns what an expression gives."""
        part = self.visit(node)
        if keep is not None:
            self._keep(keep, part)
        opening = [f"    {name} = {_CASE_PARTS[name]}" for name in sorted(self.read)]
        return "\n".join(["def f(case):", *opening, *self.lines, f"    return {part.text}"])

    def _keep(self, name: str, part: _Part) -> None:
        """Put a named value into the memory: `(value, trace)`, the trace None where it is empty."""
        memo, key = self.part_of_case("memo"), self.held(name)
        if not part.leaves:
            self.line(f"{memo}[{key}] = {part.text}, None")
            return
        # What the value rests on is what it leaves on top of the trace so far.
        ev = self.part_of_case("ev")
        self.lines[:0] = [
            f"    mark, refused, margin = len({ev}), case.refused, case.margin",
            "    mark_refused = len(refused)",
            "    case.margin = None",
        ]
        self.line("own = case.margin")
        with self.block(f"if own is None and len({ev}) == mark and len(refused) == mark_refused:"):
            self.line(f"{memo}[{key}] = {part.text}, None")
        with self.block("else:"):
            trace = f"({ev}[mark:], refused[mark_refused:], own)"
            self.line(f"{memo}[{key}] = {part.text}, {trace}")
        with self.block("if own is None:"):
            self.line("case.margin = margin")

    # ------------------------------------------------------------------ lines and names

    def line(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Statements under a head such as `if t1:`."""
        self.line(head)
        self.depth += 1
        yield
        self.depth -= 1

    def fresh(self) -> str:
        self.temporaries += 1
        return f"t{self.temporaries}"

    def put(self, text: str) -> str:
        """A new variable with this value."""
        name = self.fresh()
        self.line(f"{name} = {text}")
        return name

    def held(self, value: Any) -> str:
        """A name in the namespace for a value from outside."""
        if value is None or value is True or value is False:
            return repr(value)
        name = self.names.get(id(value))
        if name is None:
            name = self.names[id(value)] = f"k{len(self.names) + 1}"
            self.namespace[name] = value
        return name

    def part_of_case(self, name: str) -> str:
        """One of the case's parts, read once at the beginning of the function."""
        self.read.add(name)
        return name

    def chosen(self, unsure: list[str], text: str) -> str:
        """Text that is UNKNOWN where one of some values is, else as it stands."""
        if not unsure:
            return text
        return f"UNKNOWN if {' or '.join(f'{one} is UNKNOWN' for one in unsure)} else {text}"

    # ------------------------------------------------------------------ expressions

    def visit(self, node: Node) -> _Part:
        if self.depth > _DEEPEST:
            return _Part(self.put(f"{self.held(function_of(node))}(case)"), True, True)
        method = getattr(self, "_" + type(node).__name__.lower())
        part: _Part = method(node)
        return part

    def _static(self, node: Static) -> _Part:
        return _Part(self.held(node.value))

    def _point(self, node: Point) -> _Part:
        return _Part(self.put(node.source or f"{self.held(node.run)}(case)"))

    def _it(self, node: It) -> _Part:
        return _Part(self.put("case.it"))

    def _named(self, node: Named) -> _Part:
        """A named value: what it rests on joins the trace each time it is asked for."""
        name = self.held(node.name)
        value, trace = self.fresh(), self.fresh()
        kept = self.put(f"{self.part_of_case('memo')}.get({name})")
        with self.block(f"if {kept} is None:"):
            self.line(f"{value} = case.worked_out({name})")
        with self.block("else:"):
            self.line(f"{value}, {trace} = {kept}")
            with self.block(f"if {trace} is not None:"):  # as `Case.leave` does
                self.line(f"{self.part_of_case('ev')} += {trace}[0]")
                self.line(f"if {trace}[1]: case.refused += {trace}[1]")
                self.line(f"if {trace}[2] is not None: case.margin = {trace}[2]")
        return _Part(value, True, True)

    def _listed(self, node: Listed) -> _Part:
        items = [self.visit(item) for item in node.items]
        text = self.put(f"[{', '.join(item.text for item in items)}]")
        return _Part(text, False, any(item.leaves for item in items))

    def _checked(self, node: Checked) -> _Part:
        inner = self.visit(node.inner)
        return inner._replace(text=self.put(f"{self.held(node.check)}({inner.text})"))

    def _not(self, node: Not) -> _Part:
        inner = self.visit(node.inner)
        unsure = [inner.text] if inner.unknown else []
        return inner._replace(text=self.put(self.chosen(unsure, f"not {inner.text}")))

    def _combined(self, node: Combined) -> _Part:
        """`and`, `or`: one part after the other, as long as none has settled the matter.

        A part that settles it is all that the value rests on: what the ones before it left
        in the trace goes.
        """
        value, unsure, start = self.fresh(), self.fresh(), self.fresh()
        head, indent = len(self.lines), self.depth
        unknown = leaves = False
        last = _Part(value)
        for number, one in enumerate(node.parts):
            if number:
                self.line(f"if {self._undecided(value, node.stop, last.unknown)}:")
                self.depth += 1
            mark = self.put(f"len({self.part_of_case('ev')})") if leaves else None
            last = self.visit(one)
            self.line(f"{value} = {last.text}")
            word = "if"
            if last.unknown:
                with self.block(f"if {value} is UNKNOWN:"):
                    self.line(f"{unsure} = True")
                word = "elif"
            if mark is not None:
                with self.block(f"{word} {value if node.stop else f'not {value}'}:"):
                    self.line(f"del ev[{start}:{mark}]")
            unknown, leaves = unknown or last.unknown, leaves or last.leaves
            self.depth = indent
        opening = []
        if unknown:
            opening.append(f"{unsure} = False")
            with self.block(
                f"if {unsure} and ({self._undecided(value, node.stop, last.unknown)}):"
            ):
                self.line(f"{value} = UNKNOWN")
        if leaves:
            opening.append(f"{start} = len({self.part_of_case('ev')})")
        self.lines[head:head] = ["    " * indent + text for text in opening]
        return _Part(value, unknown, leaves)

    def _undecided(self, value: str, stop: bool, unknown: bool) -> str:
        test = f"not {value}" if stop else value
        return f"{value} is UNKNOWN or {test}" if unknown else test

    def _choice(self, node: Choice) -> _Part:
        test = self.visit(node.test)
        value = self.fresh()
        word = "if"
        if test.unknown:
            with self.block(f"if {test.text} is UNKNOWN:"):
                self.line(f"{value} = UNKNOWN")
            word = "elif"
        with self.block(f"{word} {test.text}:"):
            then = self.visit(node.then)
            self.line(f"{value} = {then.text}")
        with self.block("else:"):
            other = self.visit(node.other)
            self.line(f"{value} = {other.text}")
        parts = (test, then, other)
        return _Part(value, any(p.unknown for p in parts), any(p.leaves for p in parts))

    def _compared(self, node: Compared) -> _Part:
        left, right = self.visit(node.left), self.visit(node.right)
        a, b = left.text, right.text
        unsure = [part.text for part in (left, right) if part.unknown]
        text = _OPERATORS[node.operator].format(a=a, b=b)
        leaves = left.leaves or right.leaves
        if node.sign is None:
            return _Part(self.put(self.chosen(unsure, text)), bool(unsure), leaves)
        value = self.put(self.chosen(unsure, "False"))
        known = [f"{one} is not UNKNOWN" for one in unsure]
        with self.block(f"if {' and '.join([*known, f'{a} is not None', f'{b} is not None'])}:"):
            self.line(f"case.margin = {a}, {b}, {self.held(node.sign)}")
            self.line(f"{value} = {text}")
        return _Part(value, bool(unsure), True)

    def _called(self, node: Called) -> _Part:
        word = node.word
        values = [self.visit(one) for one in node.values]
        named = {name: self.visit(one) for name, one in node.keywords.items()}
        parts = [*values, *named.values()]
        if word.source is not None and not named:
            text = word.source.format(*[part.text for part in values])
        else:
            given = [part.text for part in values]
            given += [f"{name}={part.text}" for name, part in named.items()]
            text = f"{self.held(word.run)}({', '.join(['case', *given])})"
        unsure = [] if word.sees_unknown else [part.text for part in parts if part.unknown]
        return _Part(
            self.put(self.chosen(unsure, text)),
            bool(unsure) or not word.certain,
            not word.free or any(part.leaves for part in parts),
        )

    # ------------------------------------------------------------------ selecting words

    def _selected(self, node: Selected) -> _Part:
        anyone = node.keywords.get("anyone")
        if (
            node.word.source is None
            or node.doubtful
            or node.values
            or not node.keywords.keys() <= {"anyone"}
            or not (anyone is None or isinstance(anyone, Static))
        ):
            return self._selected_by_word(node)
        # Plain: the entries of a class, sieved here; an account of refused ones is rare.
        all_of_them = not node.left_out or (anyone is not None and bool(anyone.value))
        kind, found = self.held(node.kind), self.fresh()
        filters = tuple((filter_, function_of(value)) for filter_, value in node.filters)
        if all_of_them:
            self.line(f"{found} = {self.part_of_case('pools')}.get({kind})")
            with self.block(f"if {found} is None:"):
                self.line(f"{found} = case.pool({kind}, True)")
        else:
            self.line(f"{found} = case.pool({kind})")
        with self.block(f"if {kind} in {self.part_of_case('flawed')}:"):
            self.line(f"{found} = case.select({kind}, {self.held(filters)}, {all_of_them})")
        if filters:
            with self.block("else:"):
                self._sieve(found, node, filters)
        # Where a filter's value is unknown, None were found.
        text = node.word.source.format(found)
        value = self.put(f"UNKNOWN if {found} is None else {text}" if filters else text)
        if node.word.witness is not None:
            self.part_of_case("ev")
            with self.block(f"if {found}:"):
                self.line(node.word.witness.format(found))
        return _Part(value, bool(filters), True)

    def _selected_by_word(self, node: Selected) -> _Part:
        """The word called with its class and its filters, for whatever is not plain."""
        values = [self.visit(one) for one in node.values]
        named = {name: self.visit(one) for name, one in node.keywords.items()}
        filters = tuple((filter_, function_of(value)) for filter_, value in node.filters)
        given = ["case", self.held(node.kind), self.held(filters)]
        given += [part.text for part in values]
        given += [f"{name}={part.text}" for name, part in named.items()]
        unsure = [part.text for part in (*values, *named.values()) if part.unknown]
        text = f"{self.held(node.word.run)}({', '.join(given)})"
        return _Part(self.put(self.chosen(unsure, text)), True, True)

    def _sieve(self, found: str, node: Selected, filters: Filters) -> None:
        """Filters one after the other, each only while there is anything left to filter.

        What no entry was held against is not part of the reason.  Those whose values leave
        nothing in the trace are tried together with the one before them.
        """
        groups: list[list[tuple[Filter, Node, Thunk]]] = []
        for (filter_, value), (_, thunk) in zip(node.filters, filters, strict=True):
            together = (
                groups
                and isinstance(value, (Static, Point))
                and None not in (filter_.inline, groups[-1][-1][0].inline)
            )
            if not together:
                groups.append([])
            groups[-1].append((filter_, value, thunk))
        for group in groups:
            with self.block(f"if {found}:"):
                parts = [self._wanted(value, thunk) for _, value, thunk in group]
                tests = [(one[0], part.text) for one, part in zip(group, parts, strict=True)]
                if not parts[0].unknown:
                    self._pass(found, tests)
                    continue
                with self.block(f"if {parts[0].text} is UNKNOWN:"):
                    self.line(f"{found} = None")
                with self.block("else:"):
                    self._pass(found, tests)

    def _wanted(self, value: Node, thunk: Thunk) -> _Part:
        """The value of a filter; a longer one is a function, which an account asks as well."""
        if isinstance(value, (Static, Point, It, Named)):
            return self.visit(value)
        return _Part(self.put(f"{self.held(thunk)}(case)"), True, True)

    def _pass(self, found: str, tests: list[tuple[Filter, str]]) -> None:
        """Leave of the entries those that pass some tests, each with its value."""
        inline = [(filter_.inline, value) for filter_, value in tests if filter_.inline is not None]
        if not inline:
            self._pass_each(found, tests)
            return
        fits = [f"{value}.__class__ is {self.held(one.of)}" for one, value in inline]
        with self.block(f"if {' and '.join(fits)}:"):
            conditions = [
                one.test.format(self.put(one.once.format(value)) if one.once else value)
                for one, value in inline
            ]
            self.line(f"{found} = [e for e in {found} if {' and '.join(conditions)}]")
        with self.block("else:"):
            self._pass_each(found, tests)

    def _pass_each(self, found: str, tests: list[tuple[Filter, str]]) -> None:
        for filter_, value in tests:
            if filter_.keep is not None:
                self.line(f"{found} = {self.held(filter_.keep)}(case, {found}, {value})")
            else:
                test = self.held(filter_.test)
                self.line(f"{found} = [e for e in {found} if {test}(case, e, {value})]")


_OPERATORS = {
    # A missing fact is no number, and equal to nothing.
    "Lt": "{a} is not None and {b} is not None and {a} < {b}",
    "LtE": "{a} is not None and {b} is not None and {a} <= {b}",
    "Gt": "{a} is not None and {b} is not None and {a} > {b}",
    "GtE": "{a} is not None and {b} is not None and {a} >= {b}",
    "Eq": "{a} is not None and {a} == {b}",
    "NotEq": "{a} is not None and {b} is not None and {a} != {b}",
    "In": "{a} is not None and {b} is not None and {a} in {b}",
    "NotIn": "{a} is not None and ({b} is None or {a} not in {b})",
    "Is": "{a} is {b}",
    "IsNot": "{a} is not {b}",
}
