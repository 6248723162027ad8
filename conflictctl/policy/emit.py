"""Checked expressions written out as Python functions.

Every node becomes a few statements, and one function comes of each condition and each named
value: where each node is a closure, more goes into calling than into what is called.

Nothing of the policy's text reaches the source.  Its names and values stand in the function's
namespace, under names made here (`k1`, `k2`, ...); what is worked out on the way is `t1`, ...

What a value rests on is known by name where the function is written: its grounds (`grounds`)
are put together from variables, once, at the end.  Words called as they are leave entries in
`case.evidence`, from where they are taken at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
    Inline,
    It,
    Listed,
    Named,
    Node,
    Not,
    Point,
    Selected,
    Static,
    Thunk,
    is_plain,
    measures,
)
from conflictctl.policy.grounds import Grounds, Kept, spread


class Always:
    """An expression whose value the parameters settle."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __call__(self, case: Any) -> Any:
        return self.value


def function_of(node: Node) -> Thunk:
    """A function of a case that gives the value and leaves in the case what it rests on."""
    if isinstance(node, Static):
        return Always(node.value)
    return _written(lambda writer: writer.value(node))


def tried(node: Node) -> Callable[[Any], tuple[Any, Grounds]]:
    """A function of a case that gives value and grounds; what else it rests on stays there."""
    return _written(lambda writer: writer.tried(node))


def kept(node: Node, name: str) -> Callable[[Any], Kept]:
    """A function of a case that works a named value out and puts it into the case's memory."""
    return _written(lambda writer: writer.kept(node, name))


def _written(write: Callable[[Writer], str]) -> Callable[[Any], Any]:
    """The function whose text a writer gives.

    It is written when it is first called, and from then on is what was written: compiling
    Python text is not cheap, and one ruling asks a part of a policy's conditions.
    """
    namespace: dict[str, Any] = {}

    def become() -> Callable[[Any], Any]:
        exec(compile(write(Writer(namespace)), "<condition>", "exec"), namespace)
        made.__code__ = namespace.pop("f").__code__
        return made

    namespace |= {**NAMESPACE, "become": become}
    exec(_UNWRITTEN, namespace)
    made: Callable[[Any], Any] = namespace.pop("f")
    return made


def _accounted(
    case: Any, kind: str, filters: Filters, anyone: bool
) -> tuple[list[Any] | None, list[Any]]:
    """What `Case.select` selects and what it left in the evidence: where entries were refused."""
    mark = len(case.evidence)
    found = case.select(kind, filters, anyone)
    left = case.evidence[mark:]
    del case.evidence[mark:]
    return found, left


def _refused(case: Any, mark: int) -> list[Any]:
    """The refused entries that were noted since a mark, taken out of the case's trace."""
    refused: list[Any] = case.refused[mark:]
    del case.refused[mark:]
    return refused


_UNWRITTEN = compile("def f(case):\n    return become()(case)", "<condition>", "exec")
NAMESPACE: dict[str, Any] = {
    "__builtins__": {
        "len": len,
        "bool": bool,
        "getattr": getattr,
        "dict": dict,
        "list": list,
        "reversed": reversed,
    },
    "UNKNOWN": UNKNOWN,
    "spread": spread,
    "accounted": _accounted,
    "refused": _refused,
}

_CASE_PARTS = {"ev": "case.evidence", "memo": "case._memo", "pools": "case._pools"}
"""What a function reads off its case once, at its beginning."""

_DEEPEST = 40
"""Python nests blocks 100 deep at most; what stands deeper becomes a function of its own."""

Filters = tuple[tuple[Filter, Thunk], ...]
"""Filters, and the functions that give their values."""


class Part(NamedTuple):
    """A piece of an expression that has been written out."""

    text: str
    """A name or a literal that holds the value."""
    unknown: bool = False
    """Whether the value may be UNKNOWN."""
    grounds: str | None = None
    """What holds the grounds of the value; None where it never has any."""
    of: type | None = None
    """The class that the value surely is of, where that is known."""


def joined(grounds: list[str | None]) -> str | None:
    """Grounds one after the other."""
    given = [one for one in grounds if one is not None]
    if len(given) < 2:
        return given[0] if given else None
    return f"({', '.join(given)})"


class Writer:
    """The statements of one function."""

    refusals = True
    """Whether the function is also asked about cases where entries were refused."""
    margin: str | None = "case.margin"
    """Where it is put what was measured; None: nobody asks."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self.namespace = namespace
        self.lines: list[str] = []
        self._depth = 1
        self.temporaries = 0
        self.read: set[str] = set()
        self.names: dict[int, str] = {}

    # ------------------------------------------------------------------ whole functions

    def value(self, node: Node) -> str:
        """The text of a function that returns the value and leaves the grounds in the case."""
        part = self.visit(node)
        if part.grounds is not None:
            self.line(f"spread({part.grounds}, {self.part_of_case('ev')})")
        return self._function(part.text)

    def tried(self, node: Node) -> str:
        """The text of a function that returns value and grounds."""
        part = self.visit(node)
        return self._function(f"{part.text}, {part.grounds}")

    def kept(self, node: Node, name: str) -> str:
        """The text of a function that keeps what it returns (see `Kept`)."""
        part = self.visit(node)
        opening, own, refused = [], "None", "None"
        if measures(node):
            opening = ["margin = case.margin", "case.margin = None"]
            own = self.put("case.margin")
            self.line("case.margin = margin")
        if part.grounds is not None:  # what has no grounds refuses nothing
            opening.append("mark = len(case.refused)")
            refused = "None if len(case.refused) == mark else refused(case, mark)"
        self.lines[:0] = [f"    {line}" for line in opening]
        found = self.put(f"{part.text}, {part.grounds}, {own}, {refused}")
        self.line(f"{self.part_of_case('memo')}[{self.held(name)}] = {found}")
        return self._function(found)

    def _function(self, result: str) -> str:
        opening = [f"    {name} = {_CASE_PARTS[name]}" for name in sorted(self.read)]
        return "\n".join(["def f(case):", *opening, *self.lines, f"    return {result}"])

    # ------------------------------------------------------------------ lines and names

    @property
    def depth(self) -> int:
        """How deep the next statement stands."""
        return self._depth

    @depth.setter
    def depth(self, depth: int) -> None:
        if depth < self._depth:
            self.leave(depth)
        self._depth = depth

    def leave(self, depth: int) -> None:
        """Blocks deeper than this end here."""

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

    def picked(self) -> str:
        """A new variable for the entry that is picked; None as long as there is none."""
        return self.put("None")

    def rest_on(self, grounds: str) -> list[str]:
        """New variables for grounds that stand in a block which may not be gone through."""
        return [self.put(grounds)]

    def once(self, text: str) -> str:
        """What is read off a value before several entries are held against it."""
        return self.put(text)

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

    def visit(self, node: Node) -> Part:
        if self.depth > _DEEPEST:
            return self._left(f"{self.held(function_of(node))}(case)")
        method = getattr(self, "_" + type(node).__name__.lower())
        part: Part = method(node)
        return part

    def _left(self, text: str) -> Part:
        """A call that leaves what it rests on in the evidence: taken from there at once."""
        mark = self.mark()
        value = self.fresh()
        self.call(f"{value} = {text}")
        return Part(value, True, self.taken(mark))

    def call(self, statement: str) -> None:
        """A statement that calls what may leave a margin in the case."""
        self.line(statement)

    def mark(self) -> str:
        """How much stands in the evidence before a call."""
        return self.put(f"len({self.part_of_case('ev')})")

    def taken(self, mark: str) -> str:
        """What was left in the evidence since a mark."""
        grounds = self.put("None")
        with self.block(f"if len(ev) > {mark}:"):
            self.line(f"{grounds} = ev[{mark}:]")
            self.line(f"del ev[{mark}:]")
        return grounds

    def _static(self, node: Static) -> Part:
        return Part(self.held(node.value), of=type(node.value))

    def _point(self, node: Point) -> Part:
        return Part(self.put(node.source or f"{self.held(node.run)}(case)"))

    def _it(self, node: It) -> Part:
        return Part(self.put("case.it"))

    def _named(self, node: Named) -> Part:
        """A named value: what it rests on joins the trace each time it is asked for."""
        if node.inline is not None:
            return self.visit(node.inline)
        name = self.held(node.name)
        value, grounds, margin, refused = [self.fresh() for _ in range(4)]
        memo = self.part_of_case("memo")
        run = f"case.worked_out({name})" if node.run is None else f"{self.held(node.run)}(case)"
        self.line(f"{value}, {grounds}, {margin}, {refused} = {memo}.get({name}) or {run}")
        if node.measures:
            self.line(f"if {margin} is not None: case.margin = {margin}")
        self.line(f"if {refused} is not None: case.refused += {refused}")
        return Part(value, not node.certain, grounds)

    def _listed(self, node: Listed) -> Part:
        items = [self.visit(item) for item in node.items]
        text = self.put(f"[{', '.join(item.text for item in items)}]")
        return Part(text, False, joined([item.grounds for item in items]))

    def _checked(self, node: Checked) -> Part:
        inner = self.visit(node.inner)
        value = self.put(inner.text)
        test = (
            "" if node.plain is None else f"if {value}.__class__ is not {self.held(node.plain)}: "
        )
        self.line(f"{test}{self.held(node.check)}({value})")
        return inner._replace(text=value)

    def _not(self, node: Not) -> Part:
        inner = self.visit(node.inner)
        unsure = [inner.text] if inner.unknown else []
        return inner._replace(text=self.put(self.chosen(unsure, f"not {inner.text}")))

    def _combined(self, node: Combined) -> Part:
        """`and`, `or`: one part after the other, as long as none has settled the matter.

        A part that settles it is all that the value rests on.
        """
        value, unsure, grounds = self.fresh(), self.fresh(), self.fresh()
        head, indent = len(self.lines), self.depth
        unknown = grounded = False
        last = Part(value)
        for number, one in enumerate(node.parts):
            if number:
                self.line(f"if {self._undecided(value, node.stop, last.unknown)}:")
                self.depth += 1
            last = self.visit(one)
            self.line(f"{value} = {last.text}")
            word = "if"
            if last.unknown:
                with self.block(f"if {value} is UNKNOWN:"):
                    self.line(f"{unsure} = True")
                    if grounded and last.grounds is not None:
                        self.line(f"{grounds} = ({grounds}, {last.grounds})")
                word = "elif"
            if grounded:
                with self.block(f"{word} {value if node.stop else f'not {value}'}:"):
                    self.line(f"{grounds} = {last.grounds}")
                if last.grounds is not None:
                    with self.block("else:"):
                        self.line(f"{grounds} = ({grounds}, {last.grounds})")
            elif last.grounds is not None:
                self.line(f"{grounds} = {last.grounds}")
            unknown = unknown or last.unknown
            grounded = grounded or last.grounds is not None
            self.depth = indent
        opening = []
        if unknown:
            opening.append(f"{unsure} = False")
            with self.block(
                f"if {unsure} and ({self._undecided(value, node.stop, last.unknown)}):"
            ):
                self.line(f"{value} = UNKNOWN")
        if grounded:
            opening.append(f"{grounds} = None")
        self.lines[head:head] = ["    " * indent + text for text in opening]
        return Part(value, unknown, grounds if grounded else None)

    def _undecided(self, value: str, stop: bool, unknown: bool) -> str:
        test = f"not {value}" if stop else value
        return f"{value} is UNKNOWN or {test}" if unknown else test

    def _choice(self, node: Choice) -> Part:
        test = self.visit(node.test)
        value, grounds = self.fresh(), self.put(str(test.grounds))
        word = "if"
        if test.unknown:
            with self.block(f"if {test.text} is UNKNOWN:"):
                self.line(f"{value} = UNKNOWN")
            word = "elif"
        with self.block(f"{word} {test.text}:"):
            then = self._branch(node.then, value, test.grounds, grounds)
        with self.block("else:"):
            other = self._branch(node.other, value, test.grounds, grounds)
        parts = (test, then, other)
        grounded = any(p.grounds is not None for p in parts)
        return Part(value, any(p.unknown for p in parts), grounds if grounded else None)

    def _branch(self, node: Node, value: str, before: str | None, grounds: str) -> Part:
        part = self.visit(node)
        self.line(f"{value} = {part.text}")
        if part.grounds is not None:
            self.line(f"{grounds} = {joined([before, part.grounds])}")
        return part

    def _compared(self, node: Compared) -> Part:
        left, right = self.visit(node.left), self.visit(node.right)
        a, b = left.text, right.text
        unsure = [part.text for part in (left, right) if part.unknown]
        text = _OPERATORS[node.operator].format(a=a, b=b)
        grounds = joined([left.grounds, right.grounds])
        if node.sign is None or self.margin is None:
            return Part(self.put(self.chosen(unsure, text)), bool(unsure), grounds)
        value = self.put(self.chosen(unsure, "False"))
        known = [f"{one} is not UNKNOWN" for one in unsure]
        with self.block(f"if {' and '.join([*known, f'{a} is not None', f'{b} is not None'])}:"):
            self.line(f"{self.margin} = {a}, {b}, {self.held(node.sign)}")
            self.line(f"{value} = {text}")
        return Part(value, bool(unsure), grounds)

    def _called(self, node: Called) -> Part:
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
        text = self.chosen(unsure, text)
        found = Part(self.put(text)) if word.free else self._left(text)
        return Part(
            found.text,
            bool(unsure) or not word.certain,
            joined([*[part.grounds for part in parts], found.grounds]),
        )

    # ------------------------------------------------------------------ selecting words

    def _selected(self, node: Selected) -> Part:
        if not is_plain(node):
            return self._selected_by_word(node)
        # The entries of a class, sieved here; an account of refused ones is rare.
        anyone = node.keywords.get("anyone")
        all_of_them = not node.left_out or (isinstance(anyone, Static) and bool(anyone.value))
        kind, found = self.held(node.kind), self.pool(node.kind, all_of_them)
        filters = self._functions(node) if self.refusals else ()
        account = self.put("None") if self.refusals else None
        assert node.word.picks is not None
        sieve = _Sieve(self, node.word.picks, found)
        word = "if"
        if account is not None:
            with self.block(f"if {self.were_refused(kind)}:"):
                self.call(
                    f"{found}, {account} = "
                    f"accounted(case, {kind}, {self.held(filters)}, {all_of_them})"
                )
                sieve.pick()
            word = "elif"
        if node.filters or sieve.result != found:
            with self.block(f"{word} {found}:"):
                sieve.write(node, filters)
        text = node.word.source
        assert text is not None
        # Where a filter's value is unknown, None were found.
        text = text.format(sieve.result)
        own = joined([*sieve.grounds, sieve.result])
        return Part(
            self.put(f"UNKNOWN if {found} is None else {text}") if sieve.unknown else text,
            sieve.unknown,
            own if account is None else self.with_account(account, own, sieve.result),
        )

    def were_refused(self, kind: str) -> str:
        """Whether an account is wanted and entries of a class were refused."""
        return f"case.explain and {kind} in case._flawed"

    def with_account(self, account: str, own: str | None, picked: str) -> str:
        """The grounds of what was picked: as sieved here, or as an account left them."""
        return f"({own} if {account} is None else ({account}, {picked}))"

    def pool(self, name: str, all_of_them: bool) -> str:
        """A new variable with the entries of a class, `all_of_them` or those that are not left
        out of the contest."""
        kind = self.held(name)
        if not all_of_them:
            return self.put(f"case.pool({kind})")
        found = self.put(f"{self.part_of_case('pools')}.get({kind})")
        with self.block(f"if {found} is None:"):
            self.line(f"{found} = case.pool({kind}, True)")
        return found

    def _functions(self, node: Selected) -> Filters:
        """The filters of a word with functions that give their values."""
        return tuple((filter_, function_of(value)) for filter_, value in node.filters)

    def _selected_by_word(self, node: Selected) -> Part:
        """The word called with its class and its filters, for whatever is not plain."""
        values = [self.visit(one) for one in node.values]
        named = {name: self.visit(one) for name, one in node.keywords.items()}
        given = ["case", self.held(node.kind), self.held(self._functions(node))]
        given += [part.text for part in values]
        given += [f"{name}={part.text}" for name, part in named.items()]
        parts = [*values, *named.values()]
        unsure = [part.text for part in parts if part.unknown]
        found = self._left(self.chosen(unsure, f"{self.held(node.word.run)}({', '.join(given)})"))
        return found._replace(grounds=joined([*[part.grounds for part in parts], found.grounds]))


class _Sieve:
    """Filters one after the other, each only while there is anything left to filter.

    What no entry was held against is not part of the reason.
    """

    def __init__(self, writer: Writer, picks: str, found: str) -> None:
        self.writer, self.picks, self.found = writer, picks, found
        self.result = found if picks == "all" else writer.picked()
        """What holds the entry that is picked, or all of them."""
        self.grounds: list[str] = []
        """What the filters' values rest on."""
        self.unknown = False
        """Whether any of the filters' values may be unknown."""
        self.opening = len(writer.lines), writer.depth

    def pick(self) -> None:
        """Take the oldest or the youngest of what is left."""
        if self.result != self.found:
            place = "0" if self.picks == "oldest" else "-1"
            self.writer.line(f"if {self.found}: {self.result} = {self.found}[{place}]")

    def write(self, node: Selected, filters: Filters) -> None:
        """The filters, and the picking."""
        groups = _groups(node, filters)
        if not groups:
            self.pick()
        for number, group in enumerate(groups):
            if not number:
                self._group(group, last=len(groups) == 1)
                continue
            with self.writer.block(f"if {self.found}:"):
                self._group(group, last=number == len(groups) - 1)
        head, indent = self.opening
        self.writer.lines[head:head] = [
            "    " * indent + f"{grounds} = None" for grounds in self.grounds
        ]

    def _group(self, group: list[_Filtering], last: bool) -> None:
        parts = [self._wanted(one) for one in group]
        tests = [(one.filter, part) for one, part in zip(group, parts, strict=True)]
        if not parts[0].unknown:
            self._pass(tests, last)
            return
        self.unknown = True
        with self.writer.block(f"if {parts[0].text} is UNKNOWN:"):
            self.writer.line(f"{self.found} = None")
        with self.writer.block("else:"):
            self._pass(tests, last)

    def _wanted(self, one: _Filtering) -> Part:
        """The value of a filter; a longer one is a function, which an account asks as well."""
        if isinstance(one.value, (Static, Point, It, Named)) or not self.writer.refusals:
            part = self.writer.visit(one.value)
        else:
            part = self.writer._left(f"{self.writer.held(one.thunk)}(case)")
        self._rest_on(part.grounds)
        return part

    def _rest_on(self, grounds: str | None) -> None:
        """Note grounds under a name that holds None where the filter was not reached."""
        if grounds is not None:
            self.grounds += self.writer.rest_on(grounds)

    def _pass(self, tests: list[tuple[Filter, Part]], last: bool) -> None:
        """Leave of the entries those that pass some tests, each with its value."""
        inline = [(filter_.inline, part) for filter_, part in tests if filter_.inline is not None]
        if not inline:
            self._pass_each(tests, last)
            return
        fits = [
            f"{part.text}.__class__ is {self.writer.held(one.of)}"
            for one, part in inline
            if part.of is not one.of
        ]
        if not fits:
            self._pass_inline(inline, last)
            return
        with self.writer.block(f"if {' and '.join(fits)}:"):
            self._pass_inline(inline, last)
        with self.writer.block("else:"):
            self._pass_each(tests, last)

    def _pass_inline(self, tests: list[tuple[Inline, Part]], last: bool) -> None:
        writer, found = self.writer, self.found
        condition = " and ".join(
            one.test.format(writer.once(one.once.format(part.text)) if one.once else part.text)
            for one, part in tests
        )
        if last and self.result != found:
            # The first that passes is the one: the others need not be looked at.
            order = found if self.picks == "oldest" else f"reversed({found})"
            with writer.block(f"for e in {order}:"), writer.block(f"if {condition}:"):
                writer.line(f"{self.result} = e")
                writer.line("break")
        else:
            writer.line(f"{found} = [e for e in {found} if {condition}]")

    def _pass_each(self, tests: list[tuple[Filter, Part]], last: bool) -> None:
        writer, found = self.writer, self.found
        # What stands in the source is known to leave nothing; any other test may.
        leaves = any(filter_.inline is None for filter_, _ in tests)
        mark = writer.mark() if leaves else None
        for filter_, part in tests:
            value = part.text
            if filter_.keep is not None:
                writer.line(f"{found} = {writer.held(filter_.keep)}(case, {found}, {value})")
            else:
                test = writer.held(filter_.test)
                writer.line(f"{found} = [e for e in {found} if {test}(case, e, {value})]")
        if mark is not None:
            self._rest_on(writer.taken(mark))
        if last:
            self.pick()


class _Filtering(NamedTuple):
    """A filter with its value, and the function that gives it."""

    filter: Filter
    value: Node
    thunk: Thunk | None
    """None where no account is asked for."""


def _groups(node: Selected, filters: Filters) -> list[list[_Filtering]]:
    """Filters to be tried together: those whose values are at hand, with the one before them."""
    groups: list[list[_Filtering]] = []
    thunks: list[Thunk | None] = [thunk for _, thunk in filters]
    thunks = thunks or [None] * len(node.filters)
    for (filter_, value), thunk in zip(node.filters, thunks, strict=True):
        together = (
            groups
            and isinstance(value, (Static, Point))
            and None not in (filter_.inline, groups[-1][-1].filter.inline)
        )
        if not together:
            groups.append([])
        groups[-1].append(_Filtering(filter_, value, thunk))
    return groups


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
