"""How much memory a workbook would take, before its reader asks for it.

The reader lays all cells between the first and the last of a sheet out side by side.  Two cells in
opposite corners are enough: where memory ends, the process is gone.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from typing import IO

from conflictctl.errors import InputRejected
from conflictctl.exchange.source import BLOCK
from conflictctl.wording import Sentence

_UNPACKED_LIMIT = 1 << 30
_CELLS_LIMIT = 32_000_000  # 24 bytes each: a full sheet of 30 columns

# .xlsx: rows, and of cells what is beyond column Z or row 99,999; the others are within what rows
# say.
_PLACE = re.compile(rb"\br\s*=\s*[\"'](?=\d|[A-Za-z]{2}|[A-Za-z]\d{6})([A-Za-z]*)(\d+)")
# .ods: the tags of tables, rows and cells, with their attributes.
_TAG = re.compile(
    rb"<table:(table|table-row|(?:covered-)?table-cell)(?=[\s/>])"
    rb"([^>\"']*(?:(?:\"[^\"]*\"|'[^']*')[^>\"']*)*)>"
)
_TIMES = re.compile(rb"number-(?:rows|columns)-repeated\s*=\s*[\"'](\d+)")
# .xlsb: numbers of records ([MS-XLSB] 2.3).
_ROW_HEADER, _CELLS, _END_OF_CELLS = 0, range(1, 12), 0x92


def check_extent(packed: zipfile.ZipFile) -> None:
    """Raise InputRejected for a workbook that takes more room in memory than is sensible.

    Of a damaged one, whatever zipfile raises.
    """
    if sum(item.file_size for item in packed.infolist()) > _UNPACKED_LIMIT:
        raise _too_large()
    for name in packed.namelist():
        for rows, columns in _extents(packed, name):
            if rows * columns > _CELLS_LIMIT:
                raise _too_large()


def _extents(packed: zipfile.ZipFile, name: str) -> Iterator[tuple[int, int]]:
    """The last rows and columns of the sheets in a part of a workbook."""
    sheet = name.startswith("xl/worksheets/")
    if sheet and name.endswith(".xml"):
        yield _of_xml(packed, name)
    elif sheet and name.endswith(".bin"):
        with packed.open(name) as file:
            yield _of_records(file)
    elif name == "content.xml":
        yield from _of_document(packed, name)


def _too_large() -> InputRejected:
    return InputRejected(
        Sentence("the workbook is too large when unpacked"),
        Sentence("save the sheet as CSV UTF-8 and import that"),
    )


def _of_xml(packed: zipfile.ZipFile, name: str) -> tuple[int, int]:
    """The last row and column of a sheet of an .xlsx."""
    rows, columns = 1, 26
    for letters, row in _matches(packed, name, _PLACE):
        rows = max(rows, int(row[:9] or 1))
        columns = max(columns, _column(letters))
    return rows, columns


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters[:6].upper():
        number = 26 * number + letter - 64
    return number


def _of_document(packed: zipfile.ZipFile, name: str) -> Iterator[tuple[int, int]]:
    """The last row and column that hold something of each sheet of an .ods: it is filled up with
    blank ones, a million of them."""
    last_row = last_column = row = column = 0
    times = 0  # of the row at hand
    for tag, attributes in _matches(packed, name, _TAG):
        repeated = 1
        if b"-repeated" in attributes and (found := _TIMES.search(attributes)):
            repeated = int(found[1][:12])
        if tag == b"table":
            yield last_row, last_column
            last_row = last_column = row = times = 0
            continue
        if tag == b"table-row":
            row, column, times = row + times, 0, repeated
            continue
        column += repeated
        if not attributes.endswith(b"/") or b"value" in attributes:
            last_row, last_column = max(last_row, row + times), max(last_column, column)
    yield last_row, last_column


def _matches(
    packed: zipfile.ZipFile, name: str, pattern: re.Pattern[bytes]
) -> Iterator[tuple[bytes, ...]]:
    """The groups of every match in a part of a workbook, in bounded memory."""
    tail = b""
    with packed.open(name) as file:
        while block := file.read(BLOCK):
            block = tail + block
            end = block.rfind(b"<")  # no attribute is cut in two
            cut = end if end > 0 else len(block)
            for match in pattern.finditer(block, 0, cut):
                yield match.groups(b"")
            tail = block[cut:][-BLOCK:]
        for match in pattern.finditer(tail):
            yield match.groups(b"")


def _of_records(file: IO[bytes]) -> tuple[int, int]:
    """The last row and column of a sheet of an .xlsb."""
    rows = columns = row = 0
    for number, data in _records(file):
        if number == _ROW_HEADER:
            row = int.from_bytes(data[:4], "little") + 1
        elif number in _CELLS:
            rows = max(rows, row)
            columns = max(columns, int.from_bytes(data[:4], "little") + 1)
        elif number == _END_OF_CELLS:
            break
    return rows, columns


def _records(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Number and contents of each record ([MS-XLSB] 2.1.4), until one is cut off."""
    while head := file.read(1):
        number = head[0]
        if number & 0x80:
            number = number & 0x7F | (file.read(1) or b"\0")[0] << 7
        size = 0
        for shift in (0, 7, 14, 21):
            part = (file.read(1) or b"\0")[0]
            size |= (part & 0x7F) << shift
            if not part & 0x80:
                break
        yield number, file.read(size)
