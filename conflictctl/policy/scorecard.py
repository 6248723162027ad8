"""The scorecard: rows of points for everybody who competes, then a total.

A row is one of

* `flag`: everybody for whom a condition is true;
* `best`: everybody who shares the greatest (or, `lowest`, the smallest) figure, if there is
  anybody below, or nobody to compare with has a figure at all;
* `unique_best`: the greatest figure, if just one has it;
* `set`: a number that a person supplied.

A fact that nobody supplied gives no points where the policy lays the burden of proof so;
else the row, and the total, stay unknown.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from conflictctl.policy.language import UNKNOWN, Thunk

if TYPE_CHECKING:
    from conflictctl.history import Entry
    from conflictctl.policy.case import Case


class Row(NamedTuple):
    """One compiled row.  `points` is a number, or an expression about `it` for the kind `set`."""

    id: str
    kind: str
    points: Thunk
    when: Thunk | None
    by: Thunk | None
    lowest: bool
    tie: str
    times: Thunk | None
    only_if: Thunk | None
    not_for: str | None
    """The id of another row: who got points there gets none here."""


class Card(NamedTuple):
    """The compiled scorecard: who competes, and the rows."""

    of: Thunk
    rows: tuple[Row, ...]


class Score(NamedTuple):
    """One contender's points by row, without the rows that gave none, and their sum.

    The total is UNKNOWN where a row is.
    """

    total: Any
    rows: dict[str, Any]
    evidence: list[Entry]
    unknown: tuple[str, ...] = ()


def figure(value: Any) -> Any:
    """What values are compared by: entries by the declared order, numbers as they are."""
    return value.key if hasattr(value, "key") else value


def scores_of(case: Case, card: Card) -> dict[str, Score]:
    """The scorecard of one deal: contender to score, in the order in which they compete."""
    contenders = card.of(case)
    if contenders is UNKNOWN or not contenders:
        return {}
    table: dict[str, dict[str, Any]] = {person: {} for person in contenders}
    evidence: dict[str, list[Entry]] = {person: [] for person in contenders}
    for row in card.rows:
        for person, points in _row(case, row, list(table), evidence).items():
            if points is UNKNOWN or points:
                table[person][row.id] = points
    for row in card.rows:
        if row.not_for is not None:
            for rows in table.values():
                if rows.get(row.not_for):
                    rows.pop(row.id, None)
    return {
        person: Score(_total(rows), rows, evidence[person], _unknown(rows))
        for person, rows in table.items()
    }


def _total(rows: dict[str, Any]) -> Any:
    if UNKNOWN in rows.values():
        return UNKNOWN
    total = sum(rows.values(), Decimal(0))
    return int(total) if total == int(total) else total


def _unknown(rows: dict[str, Any]) -> tuple[str, ...]:
    return tuple(name for name, points in rows.items() if points is UNKNOWN)


def _row(
    case: Case,
    row: Row,
    contenders: list[str],
    evidence: dict[str, list[Entry]],
) -> dict[str, Any]:
    if row.only_if is not None:
        applies = row.only_if(case)
        if applies is UNKNOWN or not applies:
            return {}
    asked = row.when if row.kind == "flag" else row.by if row.kind != "set" else row.points
    assert asked is not None
    found: dict[str, Any] = {}
    for person in contenders:
        found[person] = _about(case, person, asked, evidence[person])
    if row.kind == "set":
        return found
    winners = (
        {person: value for person, value in found.items() if value is UNKNOWN or value}
        if row.kind == "flag"
        else _best(row, found)
    )
    if row.when is not None and row.kind != "flag":
        for person in list(winners):
            holds = _about(case, person, row.when, evidence[person])
            if holds is UNKNOWN or not holds:
                del winners[person]
    given: dict[str, Any] = {}
    for person, value in winners.items():
        if value is UNKNOWN:
            given[person] = UNKNOWN
            continue
        points = _about(case, person, row.points, evidence[person])
        if row.times is not None:
            # Where an answer is only supposed there is no entry to count: it is one.
            points = points * max(_about(case, person, row.times, evidence[person]), 1)
        given[person] = points
    return given


def _best(row: Row, found: dict[str, Any]) -> dict[str, Any]:
    if UNKNOWN in found.values():
        return dict.fromkeys(found, UNKNOWN)
    figures = {p: figure(v) for p, v in found.items() if v is not None}
    if not figures:
        return {}
    best = (min if row.lowest else max)(figures.values())
    sharing = [person for person, value in figures.items() if value == best]
    below = len(sharing) < len(found)
    if row.kind == "unique_best":
        return {sharing[0]: True} if len(sharing) == 1 else {}
    if row.tie == "all":
        return dict.fromkeys(sharing, True)
    if not below or (row.tie == "none" and len(sharing) > 1):
        return {}
    return dict.fromkeys(sharing, True)


def _about(case: Case, person: str, thunk: Thunk, evidence: list[Entry]) -> Any:
    outer, outer_evidence = case.it, case.evidence
    case.it, case.evidence = person, evidence
    value = thunk(case)
    case.it, case.evidence = outer, outer_evidence
    return value
