"""Checked expressions: what the compiler of `language` hands to `emit`, and the third value.

Parts that the parameters settle are `Static` already; names, types and units have been looked
at.  What is left is to be worked out for each case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

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


# --------------------------------------------------------------- what the vocabulary gives


class Word(NamedTuple):
    """One function of the vocabulary.

    `selects`: its first argument is a class of entries, and it takes the filters.
    `takes`: the types of its values in order, the first `least` of them needed; a last type
    ending in `*` may come again and again.  `keywords`: further keywords and their types.
    `binds`: keywords worked out for one person after the other, called `it` there.
    `gives`: the type of its value; `unit` that of a number (`*`: by what it is compared with).
    """

    run: Callable[..., Any]
    selects: bool = False
    takes: tuple[str, ...] = ()
    least: int = 0
    keywords: Mapping[str, str] = {}
    binds: frozenset[str] = frozenset()
    gives: str = "any"
    unit: str | None = None
    sees_unknown: bool = False
    """Whether it is given UNKNOWN itself; the others answer UNKNOWN to it unasked."""
    source: str | None = None
    """The same as Python text over its values ({0}, {1}), or over what is picked ({0})."""
    picks: str | None = None
    """With the source of a selecting word: what of the entries that pass it looks at and rests
    on, the `oldest`, the `youngest` (None where there is none) or `all` of them."""
    certain: bool = False
    """Whether it never answers UNKNOWN of its own."""
    free: bool = False
    """Whether it leaves nothing in the trace."""


class Filter(NamedTuple):
    """A test of (case, entry, value) that keeps or drops an entry, and the type it takes.

    `keep`, of (case, entries, value), does the same for a list at once.  `inline` is the test
    as Python text of an entry `e`, for values of the commonest class; such a test leaves
    nothing in the trace.
    """

    test: Callable[..., bool]
    takes: str
    keep: Callable[..., list[Any]] | None = None
    inline: Inline | None = None


class Inline(NamedTuple):
    """A filter's test as text over `e` and the value ({0}), right for values of one class."""

    test: str
    of: type
    once: str | None = None
    """What of the value is read once, before the entries are looked at; else the value is."""


# ----------------------------------------------------------------------------- the nodes


class Static(NamedTuple):
    """A value that the parameters settle."""

    value: Any


class Point(NamedTuple):
    """A moment or an entry of the case that has a name of its own; `source` is it as text."""

    run: Thunk
    source: str | None = None
    of_deal: str | None = None
    """The text for a case that has a deal."""
    entry: bool = False
    """Whether it surely is an entry then."""


class It(NamedTuple):
    """The person looked at by a word that looks at everybody."""


class Named(NamedTuple):
    """A named value of the policy.

    `run` works it out and keeps it; None: the case knows how.  `inline` is what it stands for,
    where that is better worked out on the spot than remembered; `whole` is what it stands for
    in any case, unless a rule can put something else in its place.  `measures` tells whether
    working it out may leave a margin, `certain` that it is never UNKNOWN.
    """

    name: str
    run: Thunk | None = None
    inline: Node | None = None
    measures: bool = True
    certain: bool = False
    whole: Node | None = None


class Listed(NamedTuple):
    """A list."""

    items: tuple[Node, ...]


class Checked(NamedTuple):
    """A value that is looked at when it is worked out; `check` raises.

    What is of the class `plain` need not be looked at.
    """

    inner: Node
    check: Callable[[Any], None]
    plain: type | None = None


class Not(NamedTuple):
    """Negation."""

    inner: Node


class Combined(NamedTuple):
    """`and` (`stop` is False) or `or` (True) of two parts and more."""

    parts: tuple[Node, ...]
    stop: bool


class Choice(NamedTuple):
    """`then if test else other`."""

    test: Node
    then: Node
    other: Node


class Compared(NamedTuple):
    """A comparison, by the name of its operator in `ast`; `sign` is the unit of its margin."""

    operator: str
    left: Node
    right: Node
    sign: str | None


class Called(NamedTuple):
    """A word of the vocabulary with its values."""

    word: Word
    values: tuple[Node, ...]
    keywords: Mapping[str, Node]


class Selected(NamedTuple):
    """A word that selects: from which class, by which filters.

    `left_out`: the policy may leave outlets out.  `doubtful`: whether an entry is of the class
    may wait for a finding.
    """

    word: Word
    kind: str
    filters: tuple[tuple[Filter, Node], ...]
    values: tuple[Node, ...]
    keywords: Mapping[str, Node]
    left_out: bool
    doubtful: bool


Node = (
    Static
    | Point
    | It
    | Named
    | Listed
    | Checked
    | Not
    | Combined
    | Choice
    | Compared
    | Called
    | Selected
)


def is_light(node: Node) -> bool:
    """Whether an expression is worked out as quickly as it is remembered."""
    if isinstance(node, Called):
        word, values = node.word, node.values
        plain = word.source is not None and word.free and len(values) == 1 and not node.keywords
        return plain and is_light(values[0])
    if isinstance(node, Named):
        return node.inline is None or is_light(node.inline)
    return isinstance(node, (Static, Point))


def measures(node: Node) -> bool:
    """Whether working an expression out may leave a margin."""
    if isinstance(node, Named):
        return node.measures
    if isinstance(node, Compared) and node.sign is not None:
        return True
    if isinstance(node, Called) and not node.word.free:
        return True
    return any(map(measures, _parts(node)))


def is_certain(node: Node) -> bool:
    """Whether an expression never gives UNKNOWN."""
    if isinstance(node, Named):
        return node.certain
    if isinstance(node, Called):
        if not node.word.certain or node.word.sees_unknown:
            return node.word.certain
    elif isinstance(node, Selected):
        if not is_plain(node):
            return False
    elif isinstance(node, Listed):
        return True  # a list of what is not known is a list
    return all(map(is_certain, _parts(node)))


def is_plain(node: Selected) -> bool:
    """Whether a word that selects does no more than sieve a class and pick."""
    anyone = node.keywords.get("anyone")
    return (
        node.word.picks is not None
        and not node.doubtful
        and not node.values
        and node.keywords.keys() <= {"anyone"}
        and (anyone is None or isinstance(anyone, Static))
    )


def _parts(node: Node) -> tuple[Node, ...]:
    if isinstance(node, Listed):
        return node.items
    if isinstance(node, (Checked, Not)):
        return (node.inner,)
    if isinstance(node, Combined):
        return node.parts
    if isinstance(node, Compared):
        return (node.left, node.right)
    if isinstance(node, Choice):
        return (node.test, node.then, node.other)
    if isinstance(node, Called):
        return (*node.values, *node.keywords.values())
    if isinstance(node, Selected):
        filtered = [value for _, value in node.filters]
        return (*node.values, *node.keywords.values(), *filtered)
    return ()
