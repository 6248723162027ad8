"""Words that select: they look for entries of a class, by filters."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from conflictctl.history import Entry
from conflictctl.policy.case import Anchor, Case, is_after, is_before
from conflictctl.policy.emit import Filters
from conflictctl.policy.entry_tests import as_number
from conflictctl.policy.language import ENTRY, FLAG, ID, LIST, NUMBER, UNKNOWN, Word
from conflictctl.policy.vocabulary.entries import field_of, gap, listed


def _doubtful(
    case: Case, kind: str, filters: Filters, anyone: bool, household: bool
) -> list[Entry]:
    """Entries that would pass, if a person found that they count: what makes an answer unknown."""
    found = case.doubts(kind, anyone, household)
    for filter_, thunk in filters:
        if not found:
            return []
        wanted = thunk(case)
        found = [e for e in found if wanted is not UNKNOWN and filter_.test(case, e, wanted)]
    for entry in found:
        case.evidence.append(entry)
        case.doubt(kind, entry)
    return found


def first(
    case: Case, kind: str, filters: Filters, anyone: bool = False, household: bool = False
) -> Any:
    """The oldest entry of a class that passes the filters."""
    return _end(case, kind, filters, anyone, household, 0)


def last(
    case: Case, kind: str, filters: Filters, anyone: bool = False, household: bool = False
) -> Any:
    """The youngest entry of a class that passes the filters."""
    return _end(case, kind, filters, anyone, household, -1)


def _end(case: Case, kind: str, filters: Filters, anyone: bool, household: bool, place: int) -> Any:
    found = case.select(kind, filters, anyone, household)
    if found is None:
        return UNKNOWN
    if case.program.has_doubts:
        doubts = _doubtful(case, kind, filters, anyone, household)
        if doubts:
            key = case.program.classes[kind].sort_key
            if not found or (key(doubts[place]) < key(found[place])) is (place == 0):
                return UNKNOWN
    if not found:
        return None
    case.evidence.append(found[place])
    return found[place]


def exists(
    case: Case, kind: str, filters: Filters, anyone: bool = False, household: bool = False
) -> Any:
    """Whether any entry of a class passes the filters; the youngest is the evidence."""
    found = case.select(kind, filters, anyone, household)
    if found is None:
        return UNKNOWN
    if found:
        case.evidence.append(found[-1])
        return True
    if case.program.has_doubts and _doubtful(case, kind, filters, anyone, household):
        return UNKNOWN
    return False


def _counted(
    case: Case, kind: str, filters: Filters, anyone: bool, household: bool
) -> list[Entry] | None:
    """All that pass, left as evidence; None where it is not known which do."""
    found = case.select(kind, filters, anyone, household)
    if found is None:
        return None
    if case.program.has_doubts and _doubtful(case, kind, filters, anyone, household):
        return None
    case.evidence.extend(found)
    return found


def once(
    case: Case, kind: str, filters: Filters, anyone: bool = False, household: bool = False
) -> Any:
    """Whether exactly one entry of a class passes the filters."""
    found = _counted(case, kind, filters, anyone, household)
    return UNKNOWN if found is None else len(found) == 1


def count(
    case: Case,
    kind: str,
    filters: Filters,
    anyone: bool = False,
    household: bool = False,
    by_day: bool = False,
) -> Any:
    """How many entries of a class pass the filters; `by_day`, on how many local days any did."""
    found = _counted(case, kind, filters, anyone, household)
    if found is None:
        return UNKNOWN
    return len({case.day(entry) for entry in found}) if by_day else len(found)


def values(
    case: Case,
    kind: str,
    filters: Filters,
    anyone: bool = False,
    household: bool = False,
    field: str = "by",
) -> Any:
    """Whose entries of a class pass the filters, or what another field says there; each once."""
    found = _counted(case, kind, filters, anyone, household)
    if found is None:
        return UNKNOWN
    named: list[Any] = []
    for entry in found:
        named += [entry.by] if field == "by" else listed(entry, field)
    return list(dict.fromkeys(value for value in named if value is not None))


def greatest(
    case: Case,
    kind: str,
    filters: Filters,
    anyone: bool = False,
    household: bool = False,
    field: str = "rank",
    lowest: bool = False,
) -> Any:
    """The greatest (or `lowest`) number in a field of the entries of a class; None without any."""
    found = _counted(case, kind, filters, anyone, household)
    if found is None:
        return UNKNOWN
    numbers = [n for entry in found if (n := as_number(field_of(entry, field))) is not None]
    return (min if lowest else max)(numbers) if numbers else None


def greatest_gap(
    case: Case,
    kind: str,
    filters: Filters,
    anyone: bool = False,
    household: bool = False,
    since: Anchor = None,
    until: Anchor = None,
    unit: str = "days",
) -> Any:
    """The longest time without an entry of a class, from an anchor (else the first) to another.

    None where there is nothing to measure from.
    """
    found = case.select(kind, filters, anyone, household)
    if found is None:
        return UNKNOWN
    if case.program.has_doubts and _doubtful(case, kind, filters, anyone, household):
        return UNKNOWN
    points: list[Anchor] = [since] if since is not None else []
    points += [
        e
        for e in found
        if (since is None or is_after(e, since)) and (until is None or is_before(e, until))
    ]
    if until is not None:
        points.append(until)
    best: Any = None
    opened: Anchor = None
    for one, other in pairwise(points):
        length = gap(case, one, other, unit)
        if best is None or length > best:
            best, opened = length, one
    if isinstance(opened, Entry):
        case.evidence.append(opened)
    return best


_PLACE = {"anyone": FLAG, "household": FLAG}


def _selects(
    run: Callable[..., Any],
    gives: str,
    source: str | None = None,
    picks: str | None = None,
    unit: str | None = None,
    **more: str,
) -> Word:
    return Word(
        run,
        True,
        keywords={**_PLACE, **more},
        gives=gives,
        unit=unit,
        source=source,
        picks=picks,
    )


WORDS: dict[str, Word] = {
    "first": _selects(first, ENTRY, "{0}", "oldest"),
    "last": _selects(last, ENTRY, "{0}", "youngest"),
    "exists": _selects(exists, FLAG, "{0} is not None", "youngest"),
    "once": _selects(once, FLAG, "len({0}) == 1", "all"),
    "count": _selects(count, NUMBER, "len({0})", "all", "n", by_day=FLAG),
    "values": _selects(
        values,
        LIST,
        "list(dict.fromkeys([e.by for e in {0} if e.by is not None]))",
        "all",
        field="field",
    ),
    "greatest": _selects(greatest, NUMBER, field="field", lowest=FLAG),
    "greatest_gap": Word(
        greatest_gap,
        True,
        keywords={**_PLACE, "since": ENTRY, "until": ENTRY, "unit": ID},
        gives=NUMBER,
        unit="*",
    ),
}
