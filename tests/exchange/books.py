"""Workbooks as they should not be: damaged, lying about themselves, or larger than they look."""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Callable
from functools import cache

import xlsxwriter

from tests.exchange.malformed import csv_rows

SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
_ODS = """<?xml version="1.0"?><office:document-content
 xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>
<table:table table:name="events">{rows}</table:table>
</office:spreadsheet></office:body></office:document-content>"""


@cache
def whole() -> bytes:
    """The rows of `malformed` as an .xlsx."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("events")
        for row, cells in enumerate(csv_rows()):
            for column, cell in enumerate(cells):
                sheet.write_string(row, column, cell)
    return out.getvalue()


@cache
def open_document(row: str = "") -> bytes:
    """The same as an .ods, with one more row of XML."""
    rows = (
        "<table:table-row>"
        + "".join(
            '<table:table-cell office:value-type="string"><text:p>'
            f"{cell.replace('&', '&amp;').replace('<', '&lt;')}</text:p></table:table-cell>"
            for cell in cells
        )
        + "</table:table-row>"
        for cells in csv_rows()
    )
    return _packed(
        {
            "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": _ODS.format(rows="".join(rows) + row).encode(),
            "META-INF/manifest.xml": b'<manifest:manifest xmlns:manifest="urn:oasis:names:tc:'
            b'opendocument:xmlns:manifest:1.0"/>',
        }
    )


def open_document_filled_up() -> bytes:
    """The same as an office program leaves it: blank cells and rows to the end of the sheet."""
    blank = '<table:table-cell table:number-columns-repeated="16384"/>'
    return open_document(
        f'<table:table-row table:number-rows-repeated="1048500">{blank}</table:table-row>'
    )


_RELATIONS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
    'relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/'
    '2006/relationships/worksheet" Target="worksheets/sheet1.bin"/></Relationships>'
)


@cache
def binary(*more: tuple[int, int]) -> bytes:
    """The same as an .xlsb, with more cells at these places ([MS-XLSB] 2.3)."""
    cells = [
        (row, column, cell)
        for row, values in enumerate(csv_rows())
        for column, cell in enumerate(values)
    ]
    content, last = _record(0x81) + _record(0x94, bytes(16)) + _record(0x91), -1
    for row, column, cell in [*cells, *((row, column, "x") for row, column in more)]:
        if row != last:
            content += _record(0, row.to_bytes(4, "little") + bytes(13))
            last = row
        content += _record(6, column.to_bytes(4, "little") + bytes(4) + _wide(cell))
    sheet = bytes(8) + _wide("rId1") + _wide("events")
    return _packed(
        {
            "xl/_rels/workbook.bin.rels": _RELATIONS.encode(),
            "xl/workbook.bin": b"".join(
                _record(*one)
                for one in ((0x83,), (0x8F,), (0x9C, sheet), (0x90,), (0x9D, bytes(26)), (0x84,))
            ),
            "xl/worksheets/sheet1.bin": content + _record(0x92) + _record(0x82),
        }
    )


def _record(number: int, data: bytes = b"") -> bytes:
    size, length = len(data), b""
    while size > 0x7F:
        length, size = length + bytes([size & 0x7F | 0x80]), size >> 7
    name = bytes([number]) if number < 0x80 else bytes([number & 0x7F | 0x80, number >> 7])
    return name + length + bytes([size]) + data


def _wide(text: str) -> bytes:
    return len(text).to_bytes(4, "little") + text.encode("utf-16-le")


def _packed(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in parts.items():
            packed.writestr(name, data)
    return out.getvalue()


def _parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def changed(part: str, old: bytes, new: bytes, data: bytes | None = None) -> bytes:
    """The workbook with something else in one part, wherever `old` (a pattern) stands."""
    parts = _parts(data or whole())
    parts[part] = re.sub(old, lambda match: new, parts[part])
    return _packed(parts)


def sheets_within_bounds() -> bytes:
    """Sheets each of which could be read, and not all."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        for _ in range(4):
            sheet = book.add_worksheet()
            sheet.write_string(0, 0, "kind")
            sheet.write_string(400_000, 29, "x")
    return out.getvalue()


def _more_rows(rows: str) -> bytes:
    return changed(SHEET, b"</sheetData>", rows.encode() + b"</sheetData>")


TOO_LARGE: dict[str, Callable[[], bytes]] = {
    "a cell in the last corner": lambda: _more_rows(
        '<row r="1048576"><c r="XFD1048576" t="s"><v>0</v></c></row>'
    ),
    "a cell beyond every sheet": lambda: _more_rows(
        '<row r="99999999999"><c r="A99999999999" t="s"><v>0</v></c></row>'
    ),
    "a corner without its row": lambda: _more_rows("<row><c r = 'xfd1048576'><v>0</v></c></row>"),
    "rows without end": lambda: open_document(
        '<table:table-row table:number-rows-repeated="2000000000"><table:table-cell '
        'office:value-type="string"><text:p>x</text:p></table:table-cell></table:table-row>'
    ),
    "many rows as wide as a sheet": lambda: open_document(
        '<table:table-row table:number-rows-repeated="+5500"><table:table-cell '
        'table:number-columns-repeated="16000" office:value-type="float" office:value="1"/>'
        "</table:table-row>"
    ),
    "formulas side by side": lambda: open_document(
        '<table:table-row table:number-rows-repeated="&#53;500"><table:table-cell '
        'table:number-columns-repeated="16000" table:formula="of:=1"/></table:table-row>'
    ),
    "spaces without end": lambda: open_document(
        "<table:table-row>"
        + '<table:table-cell office:value-type="string"><text:p><text:s text:c="200000000"/>'
        "</text:p></table:table-cell>" * 12 + "</table:table-row>"
    ),
    "sheets each within bounds": sheets_within_bounds,
    "a binary one": lambda: binary((0x0F_FFFF, 0x3FFF)),
    "a binary one with corners": lambda: binary((20, 0x3FFF), (0x0F_FFFF, 0)),
}
"""Small files whose reader would need more memory than there is."""


def spoiled_book(chance: random.Random) -> tuple[str, bytes]:
    """A workbook spoiled in some way, and its suffix.  It may still be good."""
    if chance.random() < 0.2:
        data, suffix = open_document(), ".ods"
    else:
        data, suffix = whole(), chance.choice((".xlsx", ".xlsx", ".xlsm", ".xlsb", ".xls"))
    way = chance.randrange(9)
    if way == 0:
        return suffix, chance.choice(list(TOO_LARGE.values()))()
    if way == 1:
        return suffix, data[: chance.randrange(len(data))]
    if way == 2:
        return suffix, _bytes_changed(chance, data)
    if way == 3:
        return suffix, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + chance.randbytes(
            chance.choice((8, 4096))
        )
    parts = _parts(data)
    name = chance.choice(list(parts))
    if way == 4:
        del parts[name]
    elif way == 5:
        parts[name] = b"<a>" * 100_000
    elif way == 6:
        parts[name] = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "%s">]><a>&b;</a>' % (b"x" * 9)
    elif way == 7:
        parts[name] = _bytes_changed(chance, parts[name])
    else:
        found = list(re.finditer(rb'"[^"]{1,20}"|>[^<>]{1,40}<', parts[name]))
        if found:
            place = chance.choice(found)
            new = chance.choice(_VALUES)
            inner = slice(place.start() + 1, place.end() - 1)
            part = bytearray(parts[name])
            part[inner] = new
            parts[name] = bytes(part)
    return suffix, _packed(parts)


_VALUES = (
    *(b"", b"-1", b"99999999999999999999", b"NaN", b"1e999", b"&#0;", b"&amp;", b"A1:B2", b"inf"),
    *(b"\xff\xfe", b"\x00", b"2013-13-45", b"s", b"e", b"b", b"d", b"n", b"../../etc/passwd"),
)


def _bytes_changed(chance: random.Random, data: bytes) -> bytes:
    spoilt = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        if spoilt:
            spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
    return bytes(spoilt)
