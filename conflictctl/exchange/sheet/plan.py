"""Whether a file is a sheet, and by which mapping it is to be read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from conflictctl.errors import InputRejected
from conflictctl.exchange.csvfile import KNOWN_COLUMNS
from conflictctl.exchange.sheet.cells import CsvGrid, Grid, SheetRow, open_book, sniffed
from conflictctl.exchange.sheet.layout import find_layout, fits, top_of
from conflictctl.exchange.sheet.mapping import Mapping, known_headings, load_mapping, presets
from conflictctl.exchange.sheet.reading import BookTable, Plan
from conflictctl.exchange.sheet.words import heading, text_of
from conflictctl.exchange.source import KnownHead, Source
from conflictctl.wording import Sentence

Planned = Plan | BookTable | None

_HEAD = 1 << 14


def knows(mapping: str | None) -> KnownHead:
    """Whether a text, read in an encoding, begins with at least three known headings.

    English headings read alike in most encodings and settle nothing between those.
    """

    def check(head: str, encoding: str) -> bool:
        known = _headings(mapping)
        cells = _cells(head)
        if {"kind", "at"} <= set(cells):
            return False  # the interchange form, which is strict
        found = [cell for cell in cells if cell in known]
        settles = encoding.startswith("utf-16") or not all(map(str.isascii, found))
        return len(found) >= 3 and settles and "\0" not in head

    return check


def _headings(mapping: str | None) -> frozenset[str]:
    known = known_headings()
    if mapping is not None:
        columns = load_mapping(mapping).columns.values()
        known |= {name for column in columns for name in column.headings}
    return known


def _cells(head: str) -> list[str]:
    for mark in ",;\t":
        head = head.replace(mark, "\n")
    return [heading(cell.strip().strip('"')) for cell in head.split("\n")]


@contextmanager
def planned(source: Source, mapping: str | None, sheet: str | None) -> Iterator[Planned]:
    """How a sheet is to be read; None for a file of the interchange form.

    `mapping` names a mapping or its file; without it the one mapping that fits is taken.
    Raises InputRejected where none or several fit.
    """
    if source.format == "jsonl":
        if mapping is not None:
            raise InputRejected(Sentence("a mapping is for sheets, not for JSON Lines"))
        yield None
        return
    if source.format == "xlsx":
        with open_book(source, sheet) as book:
            yield _plan(book, top_of(book), mapping, book=True)
        return
    source.stream.seek(source.start)
    head = source.stream.read(_HEAD).decode("utf-8", "replace")
    grid = CsvGrid(source, sniffed(head, _headings(mapping) | KNOWN_COLUMNS))
    top = top_of(grid)
    yield _plan(grid, top, mapping, book=False)


def is_interchange(top: list[SheetRow]) -> bool:
    """Whether the first row names columns of the interchange form."""
    names = {text_of(cell) for cell in top[0].cells} if top else set()
    return {"kind", "at"} <= names or not names - {""} - KNOWN_COLUMNS


def _plan(grid: Grid, top: list[SheetRow], mapping: str | None, *, book: bool) -> Planned:
    if mapping is not None:
        chosen = load_mapping(mapping)
    elif is_interchange(top):
        return BookTable(grid, top[0]) if book else None
    else:
        fitting = [preset for preset in presets() if fits(preset, top)]
        if not fitting and not book:
            return None
        chosen = _one(fitting)
    return Plan(grid, chosen, find_layout(chosen, top))


def _one(fitting: list[Mapping]) -> Mapping:
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise InputRejected(
            Sentence(
                "several mappings fit the headings: {mappings}",
                mappings=[mapping.id for mapping in fitting],
            ),
            Sentence("say which one with --mapping"),
        )
    raise InputRejected(
        Sentence("no mapping fits the headings of the sheet"),
        Sentence(
            "`conflictctl import --list-mappings` lists those there are; --mapping FILE takes "
            "one of your own"
        ),
    )
