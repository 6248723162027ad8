"""Where a mapping finds its columns in a sheet, and which mapping fits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import NamedTuple

from conflictctl.errors import InputRejected
from conflictctl.exchange.sheet.cells import Grid, SheetRow
from conflictctl.exchange.sheet.mapping import Column, Mapping
from conflictctl.exchange.sheet.words import Cell, heading, is_blank, text_of
from conflictctl.wording import Sentence

HEADER_WITHIN = 15
"""Rows among which the headings are looked for; above them stand titles."""

REASON = "拒绝原因 / reason"
"""The column that a file of rejects has beside the sheet's own; left out when it is read."""


class Layout(NamedTuple):
    """The row of headings and the columns (from 0) of each target; `unused` are headings."""

    line: int
    headings: list[Cell]
    places: dict[str, list[int]]
    unused: list[str]


class _Fit(NamedTuple):
    layout: Layout
    found: int
    missing: list[str]


def top_of(grid: Grid) -> list[SheetRow]:
    """The first rows of a sheet, among which the headings stand."""
    return list(islice(grid.rows(), HEADER_WITHIN))


def fits(mapping: Mapping, top: Sequence[SheetRow]) -> bool:
    """Whether one of the first rows has all headings that the mapping needs."""
    return any(not _fit(mapping, row).missing for row in top)


def find_layout(mapping: Mapping, top: Sequence[SheetRow]) -> Layout:
    """The layout by the first row with all headings needed.

    Raises InputRejected where there is none, or a heading that is used stands twice.
    """
    best: _Fit | None = None
    for row in top:
        fit = _fit(mapping, row)
        if not fit.missing:
            _check_twice(mapping, fit.layout)
            return fit.layout
        if best is None or fit.found > best.found:
            best = fit
    missing = best.missing if best is not None else []
    raise InputRejected(
        Sentence(
            "the sheet has no column for {missing}, which the mapping {mapping} needs",
            missing=missing,
            mapping=mapping.id,
        ),
        Sentence("name its heading in a mapping file of your own: --mapping FILE"),
    )


def _fit(mapping: Mapping, row: SheetRow) -> _Fit:
    names = numbered(row.cells)
    places: dict[str, list[int]] = {}
    for target, column in mapping.columns.items():
        found = [names[name] for name in column.headings if name in names]
        if found:
            places[target] = found if column.join else found[:1]
    missing = [
        column.labels[0]
        for target, column in mapping.columns.items()
        if column.required and target not in places
    ]
    for group in mapping.any_of:
        if not any(target in places for target in group):
            missing += [mapping.columns[t].labels[0] for t in group if t in mapping.columns][:1]
    used = {place for found in places.values() for place in found}
    unused = [
        text_of(cell)
        for place, cell in enumerate(row.cells)
        if place not in used and not is_blank(cell) and text_of(cell) != REASON
    ]
    return _Fit(Layout(row.line, row.cells, places, unused), len(places), missing)


def numbered(cells: Iterable[Cell]) -> dict[str, int]:
    """Headings and their columns; the second `电话` is `电话.2`."""
    names: dict[str, int] = {}
    counts: dict[str, int] = {}
    for place, cell in enumerate(cells):
        name = heading(cell)
        if not name or text_of(cell) == REASON:
            continue
        counts[name] = counts.get(name, 0) + 1
        names.setdefault(name if counts[name] == 1 else f"{name}.{counts[name]}", place)
    return names


def _check_twice(mapping: Mapping, layout: Layout) -> None:
    names = numbered(layout.headings)
    chosen = {name for column in mapping.columns.values() for name in column.headings}
    for target, places in layout.places.items():
        column: Column = mapping.columns[target]
        for name in column.headings:
            second = f"{name}.2"
            if names.get(name) in places and second in names and second not in chosen:
                raise InputRejected(
                    Sentence(
                        "the heading {heading} stands twice, and which one is meant is not certain",
                        heading=text_of(layout.headings[names[name]]),
                    ),
                    Sentence(
                        "rename one, or let a mapping file name {second} for the second",
                        second=f"{text_of(layout.headings[names[name]])}.2",
                    ),
                )
