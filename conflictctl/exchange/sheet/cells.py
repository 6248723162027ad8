"""The cells of a workbook or a CSV file, row by row, as they came.

python-calamine reads workbooks; it is loaded here and nowhere else.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from conflictctl.errors import InputRejected
from conflictctl.exchange.sheet.extent import check_extent, read_apart
from conflictctl.exchange.sheet.words import Cell, is_blank
from conflictctl.exchange.source import LINE_LIMIT, Progress, Source, numbered_lines
from conflictctl.wording import Sentence

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

_RECORD_LINES = 100  # of a CSV row over several lines: more is a quote left open
_MERGED_LIMIT = 1_000_000
_DATE_1904 = re.compile(rb"<workbookPr[^>]*\bdate1904\s*=\s*[\"'](1|true)[\"']")
_DAMAGED = "\ufffd"


class SheetRow(NamedTuple):
    """One row: its number as a spreadsheet (or the line, as an editor) shows it, and its cells.

    `fault` says why the cells cannot be trusted.
    """

    line: int
    cells: list[Cell]
    fault: Sentence | None = None


class Grid:
    """A table that can be read several times.

    `date1904` tells whether bare numbers count days from 1904; `others` are sheets of the
    workbook that hold something and are not read; `merged(line, column)` is whether a cell
    lies under the first one of a merged range.
    """

    date1904 = False
    others: tuple[str, ...] = ()

    def rows(self, progress: Progress | None = None) -> Iterator[SheetRow]:
        """Every row that is not blank, from the top."""
        raise NotImplementedError

    def merged(self, line: int, column: int) -> bool:
        """Whether the cell is blank because the one above it was stretched over it."""
        return False


# -------------------------------------------------------------------------------- CSV


class CsvGrid(Grid):
    """A CSV file whose text the source gives as UTF-8."""

    def __init__(self, source: Source, delimiter: str) -> None:
        self._source = source
        self._delimiter = delimiter

    def rows(self, progress: Progress | None = None) -> Iterator[SheetRow]:
        """See `Grid.rows`.  A quote left open is the fault of its own line alone."""
        csv.field_size_limit(LINE_LIMIT)
        waiting: list[tuple[int, bytes]] = []
        lines = numbered_lines(self._source, progress)
        while True:
            taken: list[tuple[int, bytes]] = []
            row: SheetRow | None = None
            while row is None:
                line = waiting.pop(0) if waiting else next(lines, None)
                if line is not None:
                    taken.append(line)
                if not taken:
                    return
                row = self._parsed(taken, ended=line is None or len(taken) > _RECORD_LINES)
            if row.fault is not None and len(taken) > 1:
                waiting = taken[1:] + waiting
            if not all(map(is_blank, row.cells)):
                yield row

    def _parsed(self, taken: list[tuple[int, bytes]], *, ended: bool) -> SheetRow | None:
        """The row that these lines make; None where it goes on.  With `ended` it must not."""
        number = taken[0][0]
        text = [_decoded(raw) for _, raw in taken]
        fault = None
        try:
            cells: list[Cell] = list(
                next(csv.reader(text, delimiter=self._delimiter, strict=True), [])
            )
        except csv.Error as error:
            if "unexpected end" in str(error) and not ended and len(taken[-1][1]) <= LINE_LIMIT:
                return None
            cells = list(text[0].rstrip("\n").split(self._delimiter))
            fault = Sentence("the quotes of the line are not closed properly")
        if fault is None and any(_DAMAGED in cell for cell in cells if isinstance(cell, str)):
            fault = Sentence("there are bytes that are not of the file's encoding")
        return SheetRow(number, cells, fault)


def _decoded(raw: bytes) -> str:
    return raw[: LINE_LIMIT + 1].decode("utf-8", "replace").removesuffix("\r") + "\n"


def sniffed(head: str, known: frozenset[str]) -> str:
    """The delimiter under which most cells of the first lines are `known` headings."""
    from conflictctl.exchange.sheet.words import heading

    def score(mark: str) -> tuple[int, int]:
        cells = [heading(cell.strip('"')) for cell in re.split(rf"[\n{mark}]", head)]
        return sum(cell in known for cell in cells), head.count(mark)

    return max(",\t;", key=score)


# --------------------------------------------------------------------------- workbooks


class BookGrid(Grid):
    """One sheet of a workbook."""

    def __init__(self, sheet: CalamineSheet, date1904: bool, others: tuple[str, ...]) -> None:
        self._sheet = sheet
        self._left = sheet.start[1] if sheet.start is not None else 0
        self.date1904 = date1904
        self.others = others
        self._inside = _inside(sheet)

    def rows(self, progress: Progress | None = None) -> Iterator[SheetRow]:
        """See `Grid.rows`."""
        indent: list[Cell] = [""] * self._left
        height = self._sheet.total_height
        for number, cells in enumerate(self._sheet.iter_rows(), 1):
            if progress is not None and number % 1024 == 0:
                progress(number, height)
            if not all(map(is_blank, cells)):
                yield SheetRow(number, indent + list(cells))

    def merged(self, line: int, column: int) -> bool:
        """See `Grid.merged`."""
        return (line, column) in self._inside


def _inside(sheet: CalamineSheet) -> frozenset[tuple[int, int]]:
    """Line and column of all cells that lie below the first row of a merged range."""
    found: set[tuple[int, int]] = set()
    bottom = sheet.total_height
    for (top, left), (last, right) in sheet.merged_cell_ranges or ():
        for row in range(top + 1, min(last, bottom) + 1):
            # Only the first column holds a value; the others are blank for another reason.
            found.add((row + 1, left))
        if right < left or len(found) > _MERGED_LIMIT:
            break
    return frozenset(found)


@contextmanager
def open_book(source: Source, wanted: str | None) -> Iterator[BookGrid]:
    """The sheet with this name, or the first visible one that holds something.

    Raises InputRejected for a workbook that is damaged, encrypted or without such a sheet.
    """
    import python_calamine as calamine

    source.stream.seek(0)
    date1904 = _counts_from_1904(source)
    read_apart(partial(_read_all, source, wanted))
    _rewind(source)
    try:
        book = calamine.CalamineWorkbook.from_filelike(source.stream)
    except calamine.PasswordError:
        raise InputRejected(
            Sentence("the workbook is protected by a password"),
            Sentence("save it without one and import that"),
        ) from None
    except BaseException as error:
        raise _unreadable(error) from None
    with book:
        if wanted is not None and wanted not in book.sheet_names:
            raise InputRejected(
                Sentence("the workbook has no sheet {sheet}", sheet=wanted),
                Sentence("its sheets are: {sheets}", sheets=_visible(book)),
            )
        try:
            sheets = _sheets(book, wanted)
        except BaseException as error:
            raise _unreadable(error) from None
        full = [sheet for sheet in sheets if sheet.height]
        if not full:
            raise InputRejected(Sentence("the file is empty"))
        yield BookGrid(full[0], date1904, tuple(sheet.name for sheet in full[1:]))


def _read_all(source: Source, wanted: str | None) -> None:
    """All that is read of a workbook, to see whether it can be."""
    import python_calamine as calamine

    _rewind(source)
    with calamine.CalamineWorkbook.from_filelike(source.stream) as book:
        for sheet in _sheets(book, wanted):
            for _ in BookGrid(sheet, date1904=False, others=()).rows():
                pass


def _rewind(source: Source) -> None:
    # By way of the end: another process may have moved the place at which both read.
    source.stream.seek(0, io.SEEK_END)
    source.stream.seek(0)


def _sheets(book: CalamineWorkbook, wanted: str | None) -> list[CalamineSheet]:
    names = [wanted] if wanted is not None else _visible(book)
    return [book.get_sheet_by_name(name) for name in names]


def _visible(book: CalamineWorkbook) -> list[str]:
    import python_calamine as calamine

    return [
        sheet.name
        for sheet in book.sheets_metadata
        if sheet.visible is calamine.SheetVisibleEnum.Visible
        and sheet.typ is calamine.SheetTypeEnum.WorkSheet
    ]


def _unreadable(error: BaseException) -> BaseException:
    """What stands for an error of the reader; its panics are no `Exception`."""
    if isinstance(error, (KeyboardInterrupt, SystemExit, MemoryError)):
        return error
    return InputRejected(
        Sentence("the workbook is damaged or is none"),
        Sentence("open it, save it as .xlsx or as CSV UTF-8, and import that"),
    )


def _counts_from_1904(source: Source) -> bool:
    """Whether the workbook counts days from 1904, as those of old Macintoshes do.

    Raises InputRejected for one that would take more room in memory than is sensible.
    """
    try:
        with zipfile.ZipFile(source.stream) as packed:
            check_extent(packed)
            with packed.open("xl/workbook.xml") as file:
                return _DATE_1904.search(file.read(1 << 20)) is not None
    except (zipfile.BadZipFile, zlib.error, KeyError, OSError, ValueError, RuntimeError, EOFError):
        return False  # damaged: the reader says so
