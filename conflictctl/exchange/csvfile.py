"""CSV: one row to one interchange line and back.

The columns are the field names of the interchange format.  An empty cell is an absent
field.  Lists stand as `a;b` or as JSON, shares as `li=60;wang=40`, objects as JSON.  A
cell that a spreadsheet would take for a formula is written behind an apostrophe, which
is taken off again when it is read.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

import orjson

from conflictctl.errors import InputRejected
from conflictctl.events import COMMON, KINDS, Problem
from conflictctl.exchange.jsonl import Row
from conflictctl.exchange.jsonl import parse as parse_json
from conflictctl.exchange.source import LINE_LIMIT
from conflictctl.wording import Sentence

COMMON_COLUMNS = ("kind", "id", "at", "recorded_at", "by", "recorded_by", "customer")
FIELD_COLUMNS = tuple(dict.fromkeys(chain.from_iterable(kind.fields for kind in KINDS.values())))
"""Columns of all the kinds' own fields, each once, in the order of the vocabulary."""

KNOWN_COLUMNS = frozenset(FIELD_COLUMNS) | COMMON
_LISTS = frozenset(
    {
        "customers",
        "phones",
        "parties",
        "strikes",
        "jointly_with",
        "departments",
        "articles",
        "people",
        "evidence",
    }
)
_SHARES = {"shares": "party", "award": "party", "signers": "staff"}
_OBJECTS = frozenset({"changes", "fields", "files"})
_FLAGS = frozenset({"asked", "reached", "final", "confirmed", "accepted"})
_WHOLE = frozenset({"rank", "size", "severity", "score"})
_FREE_TEXT = frozenset(
    {
        "note",
        "grounds",
        "reason",
        "query",
        "demand",
        "facts",
        "said",
        "requirement",
        "change",
        "impact",
        "text",
        "pros",
        "cons",
        "comment",
        "ended",
        "root_cause",
        "improvement",
        "summary",
        "survey_waived",
    }
)
_TRUE = frozenset({"true", "1", "yes", "是"})
_FALSE = frozenset({"false", "0", "no", "否"})
_NOBODY = "none"  # `attested_by`: nobody answers for the entry

_RECORD_LIMIT = 2 * LINE_LIMIT  # bytes of one row, over all the lines it spans

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", *"＝＋－＠")
_GUARDED = (*_FORMULA, "'")
_ROUNDED = re.compile(r"\d(\.\d+)?E\+\d+\Z", re.IGNORECASE)
_INTEGER = re.compile(r"-?\d{1,15}\Z", re.ASCII)


# -------------------------------------------------------------------------- reading


class Table:
    """A CSV file being read: its header line, and one row after the other."""

    def __init__(self, lines: Iterable[tuple[int, bytes]]) -> None:
        """Read the header.  Raises InputRejected for one that names no known columns."""
        self._lines = iter(lines)
        self._taken: list[bytes] = []
        self._first = self._last = self._size = 0
        self._fault: Sentence | None = None
        header = self._text_of_header()
        self.columns = _columns(header)
        self.header = b"\n".join(self._taken)
        csv.field_size_limit(LINE_LIMIT)
        self._reader = csv.reader(self, delimiter=_delimiter(header), strict=True)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        """The next line of text, for the csv reader; what it took is kept for the row."""
        number, raw = next(self._lines)
        if not self._taken:
            self._first = number
        self._last = number
        self._size += len(raw)
        if self._size > _RECORD_LIMIT:
            raise csv.Error
        if len(raw) > LINE_LIMIT:
            self._fault = Sentence("the line is longer than {limit} bytes", limit=LINE_LIMIT)
            return "\n"
        self._taken.append(raw)
        try:
            return raw.decode("utf-8") + "\n"
        except UnicodeDecodeError as error:
            self._fault = Sentence("byte {place} of the line is not UTF-8", place=error.start + 1)
            return raw.decode("utf-8", "replace") + "\n"

    def _text_of_header(self) -> str:
        for text in self:
            if self._fault is not None:
                raise InputRejected(self._fault)
            if text.strip():
                return text
            self._taken.clear()
        raise InputRejected(Sentence("the file is empty"))

    def rows(self) -> Iterator[Row]:
        """Every row that is not blank; one that cannot be read carries its fault."""
        while True:
            self._taken.clear()
            self._size = 0
            self._fault = None
            entry = None
            try:
                cells = next(self._reader)
                if self._fault is None:
                    if not any(map(str.strip, cells)):
                        continue
                    entry = entry_of(self.columns, cells)
            except StopIteration:
                return
            except csv.Error:
                self._fault = self._fault or self._malformed()
            except InputRejected as rejected:
                self._fault = rejected.message
            raw = b"\n".join(self._taken) if self._taken else None
            yield Row(self._first, raw, entry, self._fault)

    def _malformed(self) -> Sentence:
        if b"\r" in self._taken[0].rstrip(b"\r"):
            return Sentence("a line end within the line (CR alone) is not in quotes")
        if len(self._taken) > 1:
            return Sentence(
                "the quotes opened here are not closed properly (read to line {last})",
                last=self._last,
            )
        return Sentence("the quotes of the line are not closed properly")


def entry_of(columns: list[str], cells: list[str]) -> dict[str, Any]:
    """The line that the cells under these columns stand for.  Raises InputRejected."""
    if any(map(str.strip, cells[len(columns) :])):
        raise InputRejected(
            Sentence(
                "the row has {cells} cells under {columns} columns",
                cells=len(cells),
                columns=len(columns),
            )
        )
    given = dict(zip(columns, cells, strict=False))
    kind = given.get("kind", "").strip()
    entry: dict[str, Any] = {}
    for column, cell in given.items():
        if cell == "":
            continue
        try:
            value = read_cell(column, kind, cell)
        except Problem as problem:
            raise InputRejected(
                Sentence("{field}: {problem}", field=column, problem=problem.sentence)
            ) from None
        if value is not ABSENT:
            entry[column] = value
    return entry


def _delimiter(header: str) -> str:
    """The one under which most of the header's cells are known columns."""
    return max(",\t;", key=lambda mark: sum(name in KNOWN_COLUMNS for name in _names(header, mark)))


def _names(header: str, delimiter: str) -> list[str]:
    names = [cell.strip().strip('"').strip() for cell in header.split(delimiter)]
    while names and not names[-1]:  # spreadsheets keep columns that were emptied
        names.pop()
    return names


def _columns(header: str) -> list[str]:
    return checked_columns(_names(header, _delimiter(header)))


def checked_columns(names: list[str]) -> list[str]:
    """The columns, if they are those of the interchange form; else raises InputRejected."""
    for name in names:
        if name not in KNOWN_COLUMNS:
            raise InputRejected(
                Sentence("the header names an unknown column {column}", column=name[:40]),
                _suggestion(name),
            )
        if names.count(name) > 1:
            raise InputRejected(Sentence("the header names the column {column} twice", column=name))
    for name in ("kind", "at"):
        if name not in names:
            raise InputRejected(
                Sentence("the header has no column {column}", column=name),
                Sentence("the first line names the columns; kind and at are always needed"),
            )
    return names


def _suggestion(name: str) -> Sentence:
    from difflib import get_close_matches

    close = get_close_matches(name.lower(), sorted(KNOWN_COLUMNS), n=1, cutoff=0.6)
    if close:
        return Sentence("did you mean {column}?", column=close[0])
    return Sentence(
        "the first line must name columns of the interchange format: {columns} …",
        columns=", ".join(COMMON_COLUMNS),
    )


ABSENT = object()


def read_cell(column: str, kind: str, cell: str) -> Any:
    """The value a cell stands for; ABSENT for a blank one.  Raises Problem.

    What is no proper flag, number or time is left as it is: the vocabulary refuses it,
    with its own words.
    """
    if cell.startswith("'") and (cell == "'" or cell[1] in _GUARDED):
        cell = cell[1:]
    if column in _FREE_TEXT:
        return cell
    text = cell.strip()
    if not text and cell:
        return ABSENT
    if column == "attested_by":
        return None if text == _NOBODY else text
    if column in _FLAGS:
        return _flag(text)
    if column in _WHOLE:
        return int(text) if _INTEGER.match(text) else text
    if column in _LISTS:
        return _list(column, text)
    if column in _SHARES:
        return _shares(_SHARES[column], text)
    if column in _OBJECTS:
        return _json(text)
    if column == "value" or (column == "answer" and kind == "finding"):
        return _scalar(text)
    return text


def _flag(text: str) -> bool | str:
    word = text.lower()
    return True if word in _TRUE else False if word in _FALSE else text


def _scalar(text: str) -> Any:
    """A flag by word, a whole number, JSON, or the text itself."""
    if text in ("1", "0"):
        return int(text)
    flag = _flag(text)
    if isinstance(flag, bool):
        return flag
    if _INTEGER.match(text):
        return int(text)
    return _json(text) if text.startswith(('"', "[", "{")) else text


def _json(text: str) -> Any:
    # Wrapped into an object, so that keys given twice are found by the same check.
    try:
        return parse_json(b'{"cell":' + text.encode("utf-8") + b"}")["cell"]
    except InputRejected as rejected:
        raise Problem(Sentence("is no JSON: {problem}", problem=rejected.message)) from None


def _list(column: str, text: str) -> Any:
    if text.startswith("["):
        return _json(text)
    items = [item.strip() for item in re.split("[;；]", text)]
    if column == "phones" and any(map(_ROUNDED.match, items)):
        raise Problem(
            Sentence(
                "a spreadsheet rounded the number to {text}; format the column as text", text=text
            )
        )
    return [item for item in items if item]


def _shares(key: str, text: str) -> Any:
    if text.startswith("["):
        return _json(text)
    rows = []
    for item in re.split("[;；]", text):
        party, _, share = item.partition("=")
        if party.strip():
            rows.append({key: party.strip(), "share": share.strip() or None})
    return rows


# -------------------------------------------------------------------------- writing


def write_cell(column: str, kind: str, value: Any) -> str:
    """The cell from which `read_cell` reads the value back."""
    text = _cell_text(column, kind, value)
    return "'" + text if text == "" or text.startswith(_GUARDED) else text


def _cell_text(column: str, kind: str, value: Any) -> str:
    if value is None:
        return _NOBODY
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if column in _LISTS:
        return _joined(value)
    if column in _SHARES:
        return _joined_shares(_SHARES[column], value)
    if isinstance(value, str):
        ambiguous = column == "value" or (column == "answer" and kind == "finding")
        return _dumped(value) if ambiguous and _misread(value) else value
    return _dumped(value)


def _misread(text: str) -> bool:
    return text != text.strip() or text == "" or text[0] in '"[{' or _scalar(text) != text


def _joined(items: list[Any]) -> str:
    plain = all(
        isinstance(item, str) and item == item.strip() and item and not re.search("[;；]", item)
        for item in items
    )
    text = ";".join(items) if plain else ""
    return text if text and not text.startswith("[") else _dumped(items)


def _joined_shares(key: str, rows: list[Mapping[str, str]]) -> str:
    if any(re.search("[;；=]", row[key]) for row in rows) or rows[0][key].startswith("["):
        return _dumped(rows)
    return ";".join(f"{row[key]}={row['share']}" if "share" in row else row[key] for row in rows)


def _dumped(value: Any) -> str:
    return orjson.dumps(value).decode("utf-8")
