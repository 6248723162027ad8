"""The morning's board: what is due, counted by who has to act, by level and by kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from conflictctl.deadlines import Due


class Load(NamedTuple):
    """How much there is to do: past its day, on its last day, soon, and without a day.

    `worst` is the longest overdue, in days; None where nothing is.
    """

    overdue: int = 0
    today: int = 0
    soon: int = 0
    undated: int = 0
    worst: int | None = None

    @property
    def sum(self) -> int:
        """Everything together."""
        return self.overdue + self.today + self.soon + self.undated


class Row(NamedTuple):
    """One line of the board; what `key` is depends on what is counted by."""

    key: Any
    load: Load


class Owner(NamedTuple):
    """Who has to act, and where; without a person it is for the outlet to find one."""

    outlet: str | None
    staff: str | None


class Board(NamedTuple):
    """Everything due, and how much of it; `rows` are in the order of a list by who has to act."""

    rows: tuple[Due, ...]
    whole: Load
    owners: tuple[Row, ...]
    levels: tuple[Row, ...]
    """Of follow-ups; a key of None is for those without a level."""
    kinds: tuple[Row, ...]
    reassignable: int


def board(dues: Iterable[Due], outlet: str | None = None, staff: str | None = None) -> Board:
    """Count what is due, in any order; of one outlet or one person if asked for."""
    rows = sorted(
        (due for due in dues if outlet in (None, due.outlet) and staff in (None, due.staff)),
        key=listed,
    )
    return Board(
        tuple(rows),
        _load(rows),
        _by(rows, owner_of),
        _by([due for due in rows if due.type in ("followup", "no_level")], lambda due: due.level),
        _by(rows, lambda due: due.type),
        sum(due.may_be_reassigned for due in rows),
    )


def owner_of(due: Due) -> Owner:
    """Who has to act on something."""
    return Owner(due.outlet, due.staff)


def listed(due: Due) -> tuple[Any, ...]:
    """The place in a list: by who has to act, the longest overdue first."""
    return (
        due.outlet or "",
        due.staff is None,
        due.staff or "",
        due.days is None,
        -(due.days or 0),
        due.type,
        due.customer or "",
        due.case or "",
        due.level or "",
        due.what or "",
        due.task or "",
    )


def _by(rows: Iterable[Due], key: Callable[[Due], Any]) -> tuple[Row, ...]:
    parts: dict[Any, list[Due]] = {}
    for due in rows:
        parts.setdefault(key(due), []).append(due)
    found = [Row(name, _load(part)) for name, part in parts.items()]
    return tuple(sorted(found, key=lambda row: (-row.load.overdue, -row.load.sum, str(row.key))))


def _load(rows: Iterable[Due]) -> Load:
    days = [due.days for due in rows]
    known = [day for day in days if day is not None]
    late = [day for day in known if day > 0]
    return Load(
        len(late),
        known.count(0),
        len(known) - len(late) - known.count(0),
        len(days) - len(known),
        max(late, default=None),
    )
