"""Rows of a sheet into interchange lines, by a mapping."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, Literal, NamedTuple

from conflictctl.calendar import Calendar, iso_text
from conflictctl.errors import InputRejected
from conflictctl.events import KINDS, Problem
from conflictctl.exchange.csvfile import ABSENT, checked_columns, entry_of, read_cell
from conflictctl.exchange.jsonl import Row
from conflictctl.exchange.sheet.cells import Grid, SheetRow
from conflictctl.exchange.sheet.dates import Stamp, read_stamp
from conflictctl.exchange.sheet.known import Known, stable_id
from conflictctl.exchange.sheet.layout import REASON, Layout
from conflictctl.exchange.sheet.mapping import SKIP, Column, Mapping
from conflictctl.exchange.sheet.phones import key_of, read_phones
from conflictctl.exchange.sheet.words import (
    GUARDED,
    Cell,
    folded,
    heading,
    is_blank,
    letters,
    text_of,
)
from conflictctl.wording import N_, Sentence

_LAG_1904 = 1462
_TIMES = frozenset({"at", "date", "time", "recorded_at"})
_LINES_NAMED = 5
_STAFF_FIELDS = frozenset(
    name
    for kind in KINDS.values()
    for name, refers in kind.referring
    if refers in ("staff", "staff_or_none")
) | {"by", "recorded_by"}
_OUTLET_FIELDS = frozenset(
    name for kind in KINDS.values() for name, refers in kind.referring if refers == "outlet"
)

# What is worth saying of rows that were taken in, or left out with reason.
TOTALS = N_("{count} rows are totals and left out (lines {lines})")
HEADINGS = N_("{count} rows repeat the headings and are left out (lines {lines})")
SKIPPED = N_(
    "{count} rows tell nothing that happened, by the mapping, and are left out (lines {lines})"
)
NOTHING = N_("{count} rows hold nothing in the columns used and are left out (lines {lines})")
ALONE = N_("{count} rows have a day without a time, taken as {time} (lines {lines})")
CARD = N_(
    "{count} rows name numbers that are not on the customer's card, which stays as it is "
    "(lines {lines})"
)


class Plan(NamedTuple):
    """A sheet, the mapping it is read by, and where the columns are."""

    grid: Grid
    mapping: Mapping
    layout: Layout

    @property
    def of_customers(self) -> Literal[True]:
        """Whether the file tells of customers alone, and introduces no staff."""
        return True


class BookTable:
    """A workbook in the interchange form: the columns of CSV, in cells."""

    of_customers: Literal[False] = False

    def __init__(self, grid: Grid, head: SheetRow) -> None:
        """`head` names the columns.  Raises InputRejected for unknown ones."""
        names = [text_of(cell) for cell in head.cells]
        while names and not names[-1]:
            names.pop()
        self._grid = grid
        self._line = head.line
        self._columns = checked_columns([name for name in names if name != REASON])

    def rows(self, progress: Callable[[int, int], None] | None = None) -> Iterator[Row]:
        """Every row as the line it stands for."""
        width = len(self._columns)
        for row in self._grid.rows(progress):
            if row.line == self._line:
                continue
            try:
                entry = entry_of(self._columns, [_interchange_text(cell) for cell in row.cells])
            except InputRejected as rejected:
                yield Row(row.line, None, None, rejected.message, (), row.cells[:width])
            else:
                yield Row(row.line, None, entry, None, (), row.cells[:width])

    def header(self) -> bytes:
        """The columns, as the rejects begin: a file of the interchange form."""
        return _csv_line(list(self._columns))

    def rejected(self, row: Row, reason: str) -> bytes:
        """The row's own cells; the interchange form has no column for the reason."""
        return _csv_line([_interchange_text(cell) for cell in row.cells or []])

    def remarks(self) -> list[Sentence]:
        """Nothing is left out."""
        return []

    def learn(self, entry: dict[str, Any]) -> None:
        """Customers come as lines of their own."""


def _interchange_text(cell: Cell) -> str:
    # Exact: an apostrophe before a formula is taken off with the other rules of CSV.
    return cell if isinstance(cell, str) else text_of(cell)


class Remark(NamedTuple):
    """Something worth knowing about several rows: a template, how many, and the first lines."""

    template: str
    rows: int
    lines: list[int]

    def sentence(self, mapping: Mapping) -> Sentence:
        """In words."""
        more = ["…"] if self.rows > len(self.lines) else []
        at = mapping.dates.alone
        return Sentence(
            self.template,
            count=self.rows,
            lines=[*map(str, self.lines), *more],
            time=at.isoformat("minutes") if at is not None else "",
        )


class Reader:
    """One sheet being read; it counts what it leaves out."""

    def __init__(
        self,
        plan: Plan,
        known: Known,
        calendar: Calendar,
        recorded: Callable[[str], str | None],
    ) -> None:
        """`recorded` says which customer the entry with an id concerns, if it is there."""
        self._grid, self._mapping, self._layout = plan
        self._known = known
        self._calendar = calendar
        self._recorded = recorded
        self._counts: dict[str, Remark] = {}
        self._above: dict[int, Cell] = {}
        self._rules = self._mapping.dates._replace(
            date1904=self._mapping.dates.date1904 or self._grid.date1904
        )
        self._heads = [heading(cell) for cell in self._layout.headings]
        self._used = sorted({place for places in self._layout.places.values() for place in places})
        self._filled = [
            (place, column.fill)
            for target, column in self._mapping.columns.items()
            if column.fill is not None
            for place in self._layout.places.get(target, ())
        ]

    def rows(self, progress: Callable[[int, int], None] | None = None) -> Iterator[Row]:
        """Every row that tells something; one that cannot be understood carries its fault."""
        for row in self._grid.rows(progress):
            if row.line <= self._layout.line:
                continue
            left_out = self._left_out(row)
            if left_out is not None:
                self._remark(left_out, row.line)
                continue
            cells = self._fill(row)
            if row.fault is not None:
                yield Row(row.line, None, None, row.fault, (), cells)
                continue
            try:
                entry, before = self._entry(row.line, cells)
            except _Skipped:
                self._remark(SKIPPED, row.line)
            except Problem as problem:
                yield Row(row.line, None, None, problem.sentence, (), cells)
            else:
                yield Row(row.line, None, entry, None, before, cells)

    def remarks(self) -> list[Sentence]:
        """What is worth saying of the rows read so far."""
        return [remark.sentence(self._mapping) for remark in self._counts.values()]

    def _remark(self, template: str, line: int) -> None:
        old = self._counts.get(template) or Remark(template, 0, [])
        lines = [*old.lines, line] if len(old.lines) < _LINES_NAMED else old.lines
        self._counts[template] = Remark(template, old.rows + 1, lines)

    # -------------------------------------------------------------- rows that do not count

    def _left_out(self, row: SheetRow) -> str | None:
        first = next(cell for cell in row.cells if not is_blank(cell))
        if isinstance(first, str):
            word = folded(first).rstrip(":")
            # A customer may be called so; a row of totals has no other words.
            if self._is_total(word) and not self._names_somebody(row.cells):
                return TOTALS
            if (
                heading(first) in self._heads
                and [heading(cell) for cell in row.cells[: len(self._heads)]]
                == self._heads[: len(row.cells)]
            ):
                return HEADINGS
        if row.fault is None and all(
            is_blank(row.cells[place]) for place in self._used if place < len(row.cells)
        ):
            return NOTHING
        return None

    def _is_total(self, word: str) -> bool:
        return any(
            word == total or (word.startswith(total) and word[len(total)] in ":(0123456789共")
            for total in self._mapping.totals
        )

    def _names_somebody(self, cells: list[Cell]) -> bool:
        for target in ("phones", "by"):
            for place in self._layout.places.get(target, ()):
                cell = cells[place] if place < len(cells) else ""
                if isinstance(cell, str) and not is_blank(cell) and not folded(cell)[0].isdigit():
                    return not self._is_total(folded(cell))
        return False

    def _fill(self, row: SheetRow) -> list[Cell]:
        """The row's cells, blanks filled from above where the mapping says so."""
        width = len(self._layout.headings)
        cells = row.cells + [""] * (width - len(row.cells))
        for place, always in self._filled:
            if not is_blank(cells[place]):
                self._above[place] = cells[place]
            elif place in self._above and (always or self._grid.merged(row.line, place)):
                cells[place] = self._above[place]
        return cells

    # ------------------------------------------------------------------------- one row

    def _entry(
        self, line: int, cells: list[Cell]
    ) -> tuple[dict[str, Any], tuple[dict[str, Any], ...]]:
        """The row's entry, and the customer to be introduced before it.  Raises Problem."""
        fields: dict[str, Any] = dict(self._mapping.fixed)
        for target, places in self._layout.places.items():
            if target not in _TIMES and target != "phones":
                self._take(self._mapping.columns[target], places, cells, fields)
        if fields.pop(SKIP, False):
            raise _Skipped
        stamp = self._stamp(line, cells)
        phones = self._phones(cells)
        kind = fields.pop("kind", None)
        if kind not in KINDS:
            raise Problem(
                Sentence("{field}: {problem}", field="kind", problem=Sentence("is missing"))
            )
        at = iso_text(stamp.moment, stamp.offset)
        entry: dict[str, Any] = {"kind": kind, "at": at}
        self._recorded_at(cells, at, entry)
        for name in ("by", "recorded_by"):
            if name in fields:
                entry[name] = fields.pop(name)
        if "by" not in entry:
            raise self._about("by", Sentence("is missing"))
        name = fields.pop("name", None)
        identity = fields.pop("customer", None)
        own = fields.pop("id", None)
        outlet = fields.get("outlet")
        if identity is None and not phones and name is None:
            raise Problem(Sentence("neither a name nor a telephone number"))
        who: str = (key_of(phones[0]) or "") if phones else folded(name or identity or "")
        address = fields.pop("address", None)
        known = KINDS[kind].fields
        entry |= {field: value for field, value in fields.items() if field in known}
        entry["id"] = self._id(own, entry, who, stamp, outlet)
        found = self._known.customer(
            identity, phones, name, outlet, lambda: self._recorded(entry["id"])
        )
        entry["customer"] = found.id
        if stamp.alone:
            self._remark(ALONE, line)
        if not found.new:
            if found.unlisted:
                self._remark(CARD, line)
            return entry, ()
        called = name or self._mapping.unnamed
        if called is None:
            raise self._about("name", Sentence("is missing"))
        card: dict[str, Any] = {
            "kind": "customer",
            "id": f"{self._mapping.prefix}-{stable_id('customer', found.id)}",
            "at": at,
            "by": entry["by"],
            "customer": found.id,
            "name": called,
        }
        if "recorded_at" in entry:
            card["recorded_at"] = entry["recorded_at"]
        if "recorded_by" in entry:
            card["recorded_by"] = entry["recorded_by"]
        if phones:
            card["phones"] = phones
        if address is not None:
            card["address"] = address
        return entry, (card,)

    def _id(
        self, own: str | None, entry: dict[str, Any], who: str, stamp: Stamp, outlet: str | None
    ) -> str:
        prefix = self._mapping.prefix
        if own is not None:
            plain = "".join(own.split())
            whole = f"{prefix}-{plain}"
            return whole if len(whole) <= 100 else f"{prefix}-{stable_id('id', plain)}"
        parts = {"at": str(stamp.moment), "who": who, "outlet": outlet or ""}
        return f"{prefix}-" + stable_id(
            *(f"{part}={parts.get(part, entry.get(part, ''))}" for part in self._mapping.key)
        )

    def _stamp(self, line: int, cells: list[Cell]) -> Stamp:
        day = self._cell("at", cells)
        day = self._cell("date", cells) if day is None else day
        clock = self._cell("time", cells)
        if day is None and clock is None:
            raise self._about(
                "at" if "at" in self._layout.places else "date", Sentence("is missing")
            )
        try:
            return read_stamp(day, clock, self._rules, self._calendar)
        except Problem as problem:
            target = next(t for t in ("at", "date", "time") if self._cell(t, cells) is not None)
            raise self._about(target, problem.sentence) from None

    def _recorded_at(self, cells: list[Cell], at: str, entry: dict[str, Any]) -> None:
        cell = self._cell("recorded_at", cells)
        if cell is None:
            return
        try:
            stamp = read_stamp(cell, None, self._rules, self._calendar)
        except Problem as problem:
            raise self._about("recorded_at", problem.sentence) from None
        if not stamp.alone:  # a day alone cannot say that it was entered after it happened
            entry["recorded_at"] = iso_text(stamp.moment, stamp.offset)

    def _phones(self, cells: list[Cell]) -> list[str]:
        found: list[str] = []
        for place in self._layout.places.get("phones", ()):
            if not self._blank(cells[place]):
                try:
                    found += read_phones(cells[place])
                except Problem as problem:
                    raise self._about("phones", problem.sentence, place) from None
        return list(dict.fromkeys(found))

    def _cell(self, target: str, cells: list[Cell]) -> Cell | None:
        for place in self._layout.places.get(target, ()):
            if not self._blank(cells[place]):
                return cells[place]
        return None

    def _blank(self, cell: Cell) -> bool:
        return is_blank(cell) or (isinstance(cell, str) and folded(cell) in self._mapping.blank)

    def _take(
        self, column: Column, places: list[int], cells: list[Cell], fields: dict[str, Any]
    ) -> None:
        """Add what a column says to the fields; what is there already by a word stays."""
        given = [(place, cells[place]) for place in places if not self._blank(cells[place])]
        if not given:
            return
        place = given[0][0]
        if column.join and len(given) > 1:
            text = "\n".join(
                f"{text_of(self._layout.headings[at])}: {text_of(cell)}" for at, cell in given
            )
        else:
            text = text_of(given[0][1])
        if column.values:
            meaning = column.values.get(folded(text))
            if meaning is not None:
                fields.update(meaning)
                return
            if column.otherwise == "refuse":
                raise self._about(
                    column.target,
                    Sentence("the mapping does not know {word}", word=text[:40]),
                    place,
                )
            if column.otherwise == "drop":
                return
        try:
            value = self._value(column.target, text)
        except Problem as problem:
            raise self._about(column.target, problem.sentence, place) from None
        if value is not ABSENT:
            fields[column.target] = value

    def _value(self, target: str, text: str) -> Any:
        if target in _STAFF_FIELDS:
            return text if target == "answer" and text == "none" else self._known.staff(text)
        if target in _OUTLET_FIELDS:
            return self._known.outlet(text)
        return read_cell(target, "", text)

    def _about(self, target: str, problem: Sentence, place: int | None = None) -> Problem:
        """The problem with the heading and column it stands under."""
        if place is None:
            place = next(iter(self._layout.places.get(target, ())), None)
        if place is None:
            return Problem(Sentence("{field}: {problem}", field=target, problem=problem))
        return Problem(
            Sentence(
                "{heading} (column {column}): {problem}",
                heading=text_of(self._layout.headings[place]),
                column=letters(place),
                problem=problem,
            )
        )

    def learn(self, entry: dict[str, Any]) -> None:
        """A customer was introduced."""
        self._known.learn(entry["customer"], entry["name"], entry.get("phones", ()))

    # ---------------------------------------------------------------------- the rejects

    def header(self) -> bytes:
        """The headings and the column of reasons, as the rejects begin."""
        return _csv_line([*map(_plain, self._kept(self._layout.headings)), REASON])

    def rejected(self, row: Row, reason: str) -> bytes:
        """The row's own cells and why it was refused."""
        cells = list(self._kept(row.cells or []))
        for target in _TIMES:
            for place in self._layout.places.get(target, ()):
                if self._grid.date1904 and place < len(cells):
                    cells[place] = _from_1904(cells[place])
        return _csv_line([*map(_plain, cells), reason])

    def _kept(self, cells: list[Cell]) -> Iterator[Cell]:
        """The cells under the headings; of an earlier file of rejects, without its reasons."""
        for place, head in enumerate(self._layout.headings):
            if text_of(head) != REASON:
                yield cells[place] if place < len(cells) else ""


class _Skipped(Exception):
    """The mapping says that the row tells nothing that happened."""


def _from_1904(cell: Cell) -> Cell:
    if isinstance(cell, (int, float)) and not isinstance(cell, bool) and cell >= 1:
        return cell + _LAG_1904
    return cell


def _plain(cell: Cell) -> str:
    if isinstance(cell, str):
        text = cell
    elif isinstance(cell, (datetime, date, time, timedelta, bool, int, float)):
        text = text_of(cell)
    return "'" + text if text.startswith(GUARDED) and not text.startswith("'") else text


def _csv_line(cells: list[str]) -> bytes:
    block = io.StringIO(newline="")
    csv.writer(block, lineterminator="").writerow(cells)
    return block.getvalue().encode("utf-8", "replace")
