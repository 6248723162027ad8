"""Words about lists, about everybody in one, and about what is unknown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from conflictctl.policy import scorecard
from conflictctl.policy.case import Case
from conflictctl.policy.language import ANY, FLAG, ID, LIST, NUMBER, TABLE, UNKNOWN, Thunk, Word


def union(case: Case, *values: Any) -> list[Any]:
    """All the values, lists flattened, each once, without the missing ones."""
    result: dict[Any, None] = {}
    for value in values:
        for one in value if isinstance(value, list) else [value]:
            if one is not None:
                result[one] = None
    return list(result)


def without(case: Case, values: list[Any] | None, *others: Any) -> list[Any]:
    """The values of a list but for some (each a value or a list of them)."""
    gone: list[Any] = []
    for other in others:
        gone += other if isinstance(other, list) else [other]
    return [value for value in values or () if value not in gone]


def common(case: Case, one: list[Any] | None, other: list[Any] | None) -> list[Any]:
    """The values that two lists share, in the order of the first."""
    return [value for value in one or () if value in (other or ())]


def several(case: Case, values: Iterable[Any] | None) -> bool:
    """Whether there are at least two different values."""
    return len(set(values or ())) > 1


def size(case: Case, values: Iterable[Any] | None) -> int:
    """How many different values there are."""
    return len(set(values or ()))


def only(case: Case, values: list[Any] | None) -> Any:
    """The value of a list that holds just one; None for an empty list or a longer one."""
    different = list(dict.fromkeys(values or ()))
    return different[0] if len(different) == 1 else None


def those(case: Case, persons: list[str] | None, when: Thunk) -> Any:
    """The persons for whom something is true."""
    found = _of_each(case, persons, when)
    if any(value is UNKNOWN for _, value in found):
        return UNKNOWN
    return [person for person, value in found if value]


def top(case: Case, persons: list[str] | None, by: Thunk, lowest: bool = False) -> Any:
    """The one person with the greatest figure (or `lowest`); None where several share it."""
    found = tops(case, persons, by, lowest)
    return found if found is UNKNOWN else only(case, found)


def tops(case: Case, persons: list[str] | None, by: Thunk, lowest: bool = False) -> Any:
    """All persons who share the greatest figure (or `lowest`); who has no figure is left out."""
    found = [(person, value) for person, value in _of_each(case, persons, by) if value is not None]
    if any(value is UNKNOWN for _, value in found):
        return UNKNOWN
    if not found:
        return []
    figures = [(scorecard.figure(value), person) for person, value in found]
    best = (min if lowest else max)(figure for figure, _ in figures)
    return [person for figure, person in figures if figure == best]


def map_(case: Case, persons: list[str] | None, by: Thunk) -> Any:
    """What something is for each of several persons; each value once, without the missing ones."""
    found = [value for _, value in _of_each(case, persons, by)]
    return UNKNOWN if UNKNOWN in found else union(case, found)


def _of_each(case: Case, persons: list[str] | None, thunk: Thunk) -> list[tuple[str, Any]]:
    case.spend(len(persons or ()))
    outer = case.it
    found = []
    for person in persons or ():
        case.it = person
        found.append((person, thunk(case)))
    case.it = outer
    return found


def sure(case: Case, value: Any) -> bool:
    """Unknown taken as no, where the policy puts the burden of proof so."""
    return False if value is UNKNOWN else bool(value)


def known(case: Case, value: Any) -> bool:
    """Whether a value is not unknown."""
    return value is not UNKNOWN


def lookup(case: Case, table: Any, key: Any) -> Any:
    """The value of a table parameter for a key; None where it has none."""
    return table.get(key) if table is not None and key is not None else None


WORDS: dict[str, Word] = {
    "union": Word(union, takes=("any*",), least=1, gives=LIST, certain=True, free=True),
    "without": Word(without, takes=(LIST, "any*"), least=2, gives=LIST, certain=True, free=True),
    "common": Word(common, takes=(LIST, LIST), least=2, gives=LIST, certain=True, free=True),
    "several": Word(several, takes=(LIST,), least=1, gives=FLAG, certain=True, free=True),
    "size": Word(size, takes=(LIST,), least=1, gives=NUMBER, unit="n", certain=True, free=True),
    "only": Word(only, takes=(LIST,), least=1, gives=ID),
    "those": Word(
        those,
        takes=(LIST,),
        least=1,
        keywords={"when": FLAG},
        binds=frozenset({"when"}),
        gives=LIST,
    ),
    "top": Word(
        top,
        takes=(LIST,),
        least=1,
        keywords={"by": ANY, "lowest": FLAG},
        binds=frozenset({"by"}),
        gives=ID,
    ),
    "tops": Word(
        tops,
        takes=(LIST,),
        least=1,
        keywords={"by": ANY, "lowest": FLAG},
        binds=frozenset({"by"}),
        gives=LIST,
    ),
    "map": Word(
        map_, takes=(LIST,), least=1, keywords={"by": ANY}, binds=frozenset({"by"}), gives=LIST
    ),
    "sure": Word(
        sure,
        takes=(ANY,),
        least=1,
        gives=FLAG,
        sees_unknown=True,
        source="{0} is not UNKNOWN and bool({0})",
        certain=True,
        free=True,
    ),
    "known": Word(
        known,
        takes=(ANY,),
        least=1,
        gives=FLAG,
        sees_unknown=True,
        source="{0} is not UNKNOWN",
        certain=True,
        free=True,
    ),
    "lookup": Word(lookup, takes=(TABLE, ID), least=2, gives=ANY, certain=True, free=True),
}
