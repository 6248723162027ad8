"""An index that does not agree with its table is found, in both directions; others may write."""

from __future__ import annotations

import random
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from conflictctl.calendar import HOUR, SECOND
from conflictctl.errors import DamagedRegister
from conflictctl.events import read_line
from conflictctl.register import index_check, schema
from conflictctl.register.audit import Answer, Piece, Verification, verify
from conflictctl.register.erasing import erase, held
from conflictctl.register.index_check import Index, IndexCheck, Keys, Rows, indexes_of
from conflictctl.register.lookups import catch_up
from conflictctl.register.store import Register, create_register, open_register

from .conftest import EVERY_KIND, Clock

INDEXES = {
    index.name: index for table in schema.metadata.sorted_tables for index in indexes_of(table)
}
OWN = [
    name
    for name, index in INDEXES.items()
    if index.table.dialect_options["sqlite"]["with_rowid"] and name != "alembic_version_pkc"
]
"""Indexes that are not the table itself, of tables that somebody reads by them."""
BY_THE_WALK = {"events_pk", "personal_pk", "touches_place", "logs_pk"}
"""Those by which entries are read when they are checked: the entry is named that is not found."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every kind of entry, the keys by which customers are found, and who is watched."""
    path = tmp_path_factory.mktemp("whole") / "r.db"
    clock = Clock()
    with create_register(str(path), zone="Asia/Shanghai", clock=clock) as register:
        clock.now += HOUR
        with register.writing(clock) as writer:
            for line in EVERY_KIND:
                writer.add(read_line(line))
        catch_up(register)
        with register.alone():
            register.add_rows(schema.watched, [("K1", 0), ("K2", 1)])
            register.add_rows(schema.watch_marks, [("main", 5, clock.now, "policy", "turn")])
    return path


@pytest.fixture
def copy(whole: Path, path: Path) -> Path:
    shutil.copyfile(whole, path)
    return path


@pytest.fixture
def in_small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size in (("STEP", 3), ("LEAP", 4), ("SHARE", 7)):
        monkeypatch.setattr(index_check, name, size)


def audit(path: Path) -> Verification:
    with open_register(str(path)) as register:
        return verify(register)


# ------------------------------------------------------------------- keys changed by hand


@contextmanager
def schema_changed(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        raw.execute("PRAGMA writable_schema = ON")
        yield raw


@contextmanager
def rows_of(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        for pragma in ("foreign_keys = OFF", "ignore_check_constraints = ON"):
            raw.execute(f"PRAGMA {pragma}")
        yield raw


@contextmanager
def without(path: Path, index: Index | None) -> Iterator[sqlite3.Connection]:
    """The file's rows to be changed, and neither a trigger nor the index knows of it."""
    hidden = "type = 'trigger'"
    if index is not None:
        hidden += f" OR name = '{index.stored}'"
    with schema_changed(path) as raw:
        before = raw.execute("SELECT * FROM sqlite_master").fetchall()
        raw.execute(f"DELETE FROM sqlite_master WHERE {hidden}")
        if index is not None and index.stored != index.name:
            raw.execute(
                "UPDATE sqlite_master SET sql = ? WHERE name = ?",
                (keyless(path, index), index.table.name),
            )
    with rows_of(path) as raw:
        yield raw
    with schema_changed(path) as raw:
        raw.execute("DELETE FROM sqlite_master")
        raw.executemany("INSERT INTO sqlite_master VALUES (?, ?, ?, ?, ?)", before)


def keyless(path: Path, index: Index) -> str:
    """The definition of a table without its primary key."""
    with closing(sqlite3.connect(path)) as raw:
        (sql,) = raw.execute(
            "SELECT sql FROM sqlite_master WHERE name = ?", (index.table.name,)
        ).fetchone()
    found, number = re.subn(rf",\s*CONSTRAINT {index.name} PRIMARY KEY \([^)]*\)", "", sql)
    assert number == 1
    return found


def row_in(raw: sqlite3.Connection, index: Index) -> dict[str, Any]:
    """The last row that an index holds."""
    raw.row_factory = sqlite3.Row
    row = raw.execute(
        f"SELECT rowid, * FROM {index.table.name} WHERE {index.where} ORDER BY rowid DESC"
    ).fetchone()
    return dict(row)


def remove(raw: sqlite3.Connection, index: Index, row: dict[str, Any]) -> None:
    raw.execute(f"DELETE FROM {index.table.name} WHERE rowid = ?", (row["rowid"],))


def put(raw: sqlite3.Connection, index: Index, row: dict[str, Any]) -> None:
    names, marks = ", ".join(row), ", ".join("?" * len(row))
    raw.execute(f"INSERT INTO {index.table.name} ({names}) VALUES ({marks})", tuple(row.values()))


def other_than(row: dict[str, Any], index: Index) -> dict[str, Any]:
    """A row with another key."""
    free = {"kind", "log"} if index.where.startswith("kind =") else {"kind"}
    changes = {
        name: row[name] + 4711 if isinstance(row[name], int) else f"{row[name]}-other"
        for name in index.columns
        if name not in free or index.columns == ("log",)
    }
    return {**row, **changes}


def a_key_is_missing(path: Path, index: Index) -> None:
    with without(path, None) as raw:
        row = row_in(raw, index)
        remove(raw, index, row)
    with without(path, index) as raw:
        put(raw, index, row)


def a_key_too_many(path: Path, index: Index) -> None:
    with without(path, None) as raw:
        row = other_than(row_in(raw, index), index)
        row["rowid"] += 1000
        if index.table is schema.events:
            row |= {"seq": row["seq"] + 1000, "id": row["id"] and f"{row['id']}-more"}
        put(raw, index, row)
    with without(path, index) as raw:
        remove(raw, index, row)


def a_key_of_another_row(path: Path, index: Index) -> None:
    with without(path, None) as raw:
        row = row_in(raw, index)
        remove(raw, index, row)
        put(raw, index, other_than(row, index))
    with without(path, index) as raw:
        remove(raw, index, row)
        put(raw, index, row)


DAMAGE: dict[str, Callable[[Path, Index], None]] = {
    "missing": a_key_is_missing,
    "too many": a_key_too_many,
    "of another row": a_key_of_another_row,
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("name", OWN)
def test_a_changed_key_is_found_and_its_index_named(copy: Path, name: str, damage: str) -> None:
    DAMAGE[damage](copy, INDEXES[name])
    try:
        found = audit(copy)
    except DamagedRegister:
        assert name == "logs_pk"  # by which a register is opened
        return
    assert not found.ok
    assert name in str(found.problem) or name in BY_THE_WALK, found.problem


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("name", ["events_customer", "events_id", "touches_pk"])
@pytest.mark.usefixtures("in_small_steps")
def test_in_whatever_steps(copy: Path, name: str, damage: str) -> None:
    DAMAGE[damage](copy, INDEXES[name])
    assert name in str(audit(copy).problem)


def test_a_missing_key_is_told_with_its_entry(copy: Path) -> None:
    a_key_is_missing(copy, INDEXES["events_rulings"])
    with closing(sqlite3.connect(copy)) as raw:
        (seq,) = raw.execute("SELECT max(seq) FROM events WHERE +kind = 'ruling'").fetchone()
    found = audit(copy)
    assert str(found.problem) == (
        f"the file is damaged: index events_rulings lacks #{seq} of events"
    )
    assert found.first_bad is None


@pytest.mark.parametrize("table", ["lookups", "lookup_cards"])
def test_rows_of_a_table_without_rowids_that_are_not_in_order(copy: Path, table: str) -> None:
    with closing(sqlite3.connect(copy)) as raw:
        (root,) = raw.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)
        ).fetchone()
    content = bytearray(copy.read_bytes())
    start = (root - 1) * 4096
    assert content[start] == 10  # a leaf with all rows of the table
    first, second = start + 8, start + 10
    content[first : first + 2], content[second : second + 2] = (
        content[second : second + 2],
        content[first : first + 2],
    )
    copy.write_bytes(content)
    assert f"{table}_pk" in str(audit(copy).problem)


# ------------------------------------------------- entries that do not lie at their places


def moved(path: Path) -> dict[str, Any]:
    """An entry at the end of its table, and all indexes know; as it is there."""
    with without(path, None) as raw:
        (last,) = raw.execute("SELECT max(rowid) FROM events").fetchone()
        raw.execute("UPDATE events SET rowid = ? WHERE kind = 'inform'", (last + 1,))
        return row_in(raw, INDEXES["events_pk"])


def test_where_an_entry_lies_is_no_finding(copy: Path) -> None:
    row = moved(copy)
    assert row["rowid"] != row["seq"]
    found = audit(copy)
    assert found.ok, found.problem


@pytest.mark.parametrize("change", [{}, {"customer": "K9"}])
def test_a_second_row_where_the_moved_one_lay(copy: Path, change: dict[str, Any]) -> None:
    """By the primary key one comes to the entry as it was, by other indexes to either."""
    row = moved(copy)
    with without(copy, INDEXES["events_pk"]) as raw:
        other = {**row, "id": None, "content": 1, "rowid": row["seq"], **change}
        put(raw, INDEXES["events_pk"], other)
    assert str(audit(copy).problem) == (
        f"the file is damaged: index events_pk lacks #{row['seq']} of events"
    )


def test_a_row_at_its_place_that_no_key_leads_to(copy: Path) -> None:
    with without(copy, INDEXES["events_pk"]) as raw:
        row = row_in(raw, INDEXES["events_pk"])
        assert row["rowid"] == row["seq"]
        place = row["seq"] + 1
        more = {"rowid": place, "seq": place, "id": None, "content": 1}
        put(raw, INDEXES["events_pk"], {**row, **more})
    assert str(audit(copy).problem) == (
        f"the file is damaged: index events_pk lacks #{place} of events"
    )


@pytest.mark.parametrize("place", [0, -7])
def test_a_row_before_the_first_that_no_key_leads_to(copy: Path, place: int) -> None:
    """At its place, and where nobody comes by who begins with 1."""
    with without(copy, INDEXES["events_pk"]) as raw:
        row = row_in(raw, INDEXES["events_pk"])
        more = {"rowid": place, "seq": place, "id": None, "content": 1, "customer": "K1"}
        put(raw, INDEXES["events_pk"], {**row, **more})
    assert str(audit(copy).problem) == (
        f"the file is damaged: index events_pk lacks #{place} of events"
    )


def test_two_rows_with_one_number(copy: Path) -> None:
    """Each is found by keys that lead to that number: only how many there are tells of two."""
    with without(copy, INDEXES["events_pk"]) as raw:
        row = row_in(raw, INDEXES["events_pk"])
        last, more = row["seq"], row["seq"] + 1
        bare = dict.fromkeys(("id", "content", "customer", "subject"))
        put(raw, INDEXES["events_pk"], {**row, **bare, "kind": "inform", "rowid": more})
    assert more < 0x80  # one byte in the file
    with closing(sqlite3.connect(copy)) as raw:
        roots = dict(raw.execute("SELECT name, rootpage FROM sqlite_master").fetchall())
    content = bytearray(copy.read_bytes())
    page = (roots["events"] - 1) * 4096
    while content[page] == 5:  # inner pages end with where their last leaf is
        page = (int.from_bytes(content[page + 8 : page + 12]) - 1) * 4096
    last_cell = page + 6 + 2 * int.from_bytes(content[page + 3 : page + 5])
    cell = page + int.from_bytes(content[last_cell : last_cell + 2])
    while content[cell] & 0x80:  # its length
        cell += 1
    key = content.index(bytes([3, 0, 1, more]), (roots["events_id"] - 1) * 4096)
    assert (content[cell + 1], content[key + 3]) == (more, more)
    content[cell + 1] = content[key + 3] = last
    copy.write_bytes(content)
    with closing(sqlite3.connect(copy)) as raw:
        assert "out of order" in str(raw.execute("PRAGMA integrity_check").fetchall())
    assert str(audit(copy).problem) == (
        "the file is damaged: index events_pk does not agree with events"
    )


def test_a_row_of_another_log_that_no_key_leads_to(copy: Path) -> None:
    """One that says another log than the key by which it is read."""
    with without(copy, INDEXES["events_pk"]) as raw:
        raw.execute("UPDATE events SET log = 'other' WHERE kind = 'inform'")
    assert "events_pk" in str(audit(copy).problem)


# ----------------------------------------------------------------------- what is looked at


def test_every_index_of_a_register_is_looked_at(whole: Path) -> None:
    with closing(sqlite3.connect(whole)) as raw:
        stored = {
            name
            for (table,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            for _, name, *_ in raw.execute(f"PRAGMA index_list({table})")
        }
    assert {index.stored for index in INDEXES.values()} == stored
    with open_register(str(whole)) as register:
        check = IndexCheck(register.connection)
        looked = [(part, check.look(part)) for part in check.parts()]
    counted = {name for part, tally in looked for name in tally.counts}
    assert counted == set(INDEXES)


@pytest.mark.usefixtures("in_small_steps")
def test_every_step_goes_by_an_index_and_sorts_nothing(whole: Path) -> None:
    issued: set[str] = set()
    with open_register(str(whole)) as register:
        raw: Any = register.connection.connection.driver_connection
        raw.set_trace_callback(issued.add)
        check = IndexCheck(register.connection)
        for part in check.parts():
            check.look(part)
        for index in INDEXES.values():
            assert index_check._key_by_key(raw, index) is None
        raw.set_trace_callback(None)
        statements = [one for one in issued if one.startswith("SELECT") and "pragma" not in one]
        assert len(statements) > 100
        for statement in statements:
            plan = [row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {statement}")]
            assert not any("TEMP B-TREE" in step or "AUTOMATIC" in step for step in plan), plan


# ------------------------------------------------------------------------ others at work


class Others:
    """Somebody writes, somebody erases, somebody looks for a customer; in turn, when asked."""

    def __init__(self, path: Path) -> None:
        self.path, self.number = path, 0
        self.clock = Clock()
        self.clock.now += 2 * HOUR

    def work(self) -> None:
        self.number += 1
        with open_register(str(self.path)) as register:
            (self._write, self._erase, self._write, self._find)[self.number % 4](register)

    def _write(self, register: Register) -> None:
        customer = f"N{self.number}"
        lines = (
            {"kind": "customer", "customer": customer, "name": "新客", "by": "wang"},
            {"kind": "link", "customers": ["K1", customer], "relation": "household", "by": "sun"},
            {"kind": "check", "by": "wang", "query": "新", "result": "free"},
        )
        self._record(register, *lines)

    def _erase(self, register: Register) -> None:
        customer = f"N{self.number - 1}" if self.number > 4 else "K1"
        places = [one.seq for one in held(register, customer)]
        self.clock.now += SECOND
        with register.writing(self.clock) as writer:
            writer.add(
                read_line(
                    {"kind": "redaction", "customer": customer, "by": "sun", "reason": "asked"}
                )
            )
            writer.flush()
            erase(register, places)
        register.place.rewrite(register.connection)

    def _find(self, register: Register) -> None:
        catch_up(register)

    def _record(self, register: Register, *lines: dict[str, Any]) -> None:
        self.clock.now += SECOND
        with register.writing(self.clock) as writer:
            for line in lines:
                writer.add(read_line(line))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.usefixtures("in_small_steps")
def test_others_raise_no_alarm(copy: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """They work between any two steps of it, in whatever order the pieces are looked at."""
    others = Others(copy)
    chance = random.Random(seed)
    reading = index_check._reading

    def between(raw: Any) -> Any:
        if chance.random() < 0.3 and others.number < 24:
            others.work()
        return reading(raw)

    monkeypatch.setattr(index_check, "_reading", between)

    def spread(
        register: Register, task: Callable[[Register, Piece], Answer], pieces: Sequence[Piece]
    ) -> Iterator[Answer]:
        for piece in chance.sample(pieces, len(pieces)):
            yield task(register, piece)

    with open_register(str(copy)) as register:
        found = verify(register, spread=spread)
    assert found.ok, found.problem
    assert others.number > 8


def test_counts_that_differ_because_of_an_erasure_are_no_finding(copy: Path) -> None:
    with open_register(str(copy)) as register:
        check = IndexCheck(register.connection)
        work = check.parts()
        looked = [(part, check.look(part)) for part in work if isinstance(part, Rows)]
        others = Others(copy)
        for _ in range(4):
            others.work()
        looked += [(part, check.look(part)) for part in work if isinstance(part, Keys)]
        counts = [tally.counts.get("personal_pk") for _, tally in looked]
        assert len({count for count in counts if count is not None}) == 2
        assert check.odd(looked) is None
