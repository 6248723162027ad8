"""The scorecard of a ruling: rows of points, a column for everybody who competes, the totals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from conflictctl.adjudication.ruling import Scored
from conflictctl.render.language import shown, tr
from conflictctl.render.layout import cells, pad, pad_left, wrap
from conflictctl.render.safe import safe
from conflictctl.render.sheet import Sheet

_COLUMN = 8
"""The narrowest a contender's column is."""


def print_scores(sheet: Sheet) -> None:
    """Print the scorecard, if there is one: every row that gave anybody points, and the totals."""
    scores = sheet.ruling.scores
    if not scores:
        return
    sheet.heading(tr("Scorecard"))
    people = list(scores)
    names = [sheet.people.name(person) for person in people]
    lines = [
        (safe(row), title, _points(scores, people, row))
        for row, title in sheet.row_titles().items()
        if any(row in score.rows for score in scores.values())
    ]
    widths = [max(_COLUMN, cells(safe(name))) for name in names]
    number = max((cells(line[0]) for line in lines), default=0)
    room = sheet.width - 2 - number - 2 - sum(width + 2 for width in widths)
    if room < 16:
        _one_by_one(sheet, scores, people)
        return
    totals = [_number(scores[person].total) for person in people]
    _line(sheet, number, room, "", "", [safe(name) for name in names], widths)
    for row, title, points in lines:
        first, *rest = wrap(title, room, fold=sheet.fold) or [""]
        _line(sheet, number, room, row, first, points, widths)
        for text in rest:
            _line(sheet, number, room, "", text, [""] * len(points), widths)
    _line(sheet, number, room, "", tr("total"), totals, widths)


def _points(scores: Mapping[str, Scored], people: Sequence[str], row: str) -> list[str]:
    return [
        _number(scores[person].rows[row], sign=True) if row in scores[person].rows else "-"
        for person in people
    ]


def _number(value: object, *, sign: bool = False) -> str:
    if value is None:
        return "?"
    text = shown(value)
    return f"+{text}" if sign and not text.startswith("-") else text


def _line(
    sheet: Sheet,
    number: int,
    room: int,
    row: str,
    title: str,
    values: Sequence[str],
    widths: Sequence[int],
) -> None:
    cells_ = "  ".join(pad_left(v, w) for v, w in zip(values, widths, strict=True))
    sheet.line(f"  {pad(row, number)}  {pad(title, room)}  {cells_}")


def _one_by_one(sheet: Sheet, scores: Mapping[str, Scored], people: Sequence[str]) -> None:
    """On a narrow page, or with many who compete: a paragraph for each."""
    for person in people:
        score = scores[person]
        rows = [f"{safe(row)} {_number(points, sign=True)}" for row, points in score.rows.items()]
        head = tr("{who}: {total}").format(who=sheet.person(person), total=_number(score.total))
        sheet.prose(head, 2, style="bold")
        if rows:
            sheet.phrases(rows, 4)
