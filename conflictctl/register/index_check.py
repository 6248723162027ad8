"""The indexes of an SQLite file held against their tables, in steps that nobody waits for.

Every row is looked up in every index that should hold it, and the keys of every index are
counted.  Where each row is found and there are no more keys than rows, index and table agree; and
an index in which every key is found by its value is in order.  `PRAGMA integrity_check` tells the
same, and the state of the pages besides, but holds one lock from beginning to end.

What is looked up stands in the schema, so a new table or index is looked at without a word here.

Entries are not looked up in their primary key where whoever checks them has gone by it.

Others write meanwhile.  A step is one transaction, in which rows and keys are those of one moment.
Rows added since the start are known by their rowids and not counted.  Counts are of different
moments, so that those which differ are no finding yet: the index is then gone through key by key.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table
from sqlalchemy.dialects.sqlite import dialect

from conflictctl.register import schema
from conflictctl.wording import Sentence

STEP = 4096
"""Rows that are looked up in one transaction: some hundredths of a second."""
LEAP = 1 << 16
"""Keys that are counted by one statement."""
SHARE = 1 << 16
"""Rows of a piece of the work."""
_SHORTEST_ROW = 8  # bytes
_NEVER_LESS = (schema.events, schema.touches)
"""Tables from which nothing is deleted: rows and keys up to one place are as many at any moment."""


class Index(NamedTuple):
    """An index as it is declared; `stored` is what SQLite calls it, `where` which rows it holds."""

    name: str
    stored: str
    table: Table
    columns: tuple[str, ...]
    where: str


class Rows(NamedTuple):
    """The rows of a table after one rowid up to another; of a table without rowids, all.

    An entry of the log `gone_by` whose rowid is its `seq`, 1 or more, is not looked up in the
    primary key: for whoever has gone by that key from 1 to `last`, and always come to that rowid.
    """

    table: str
    after: int | None
    last: int | None
    gone_by: str | None = None


class Keys(NamedTuple):
    """The keys of an index that lead to rows up to a rowid; without rowids, all."""

    of: str
    last: int | None


Part = Rows | Keys
"""A piece of the work, for any process."""


class Tally(NamedTuple):
    """How many rows each index should hold, or how many keys it has; and what is wrong with one."""

    counts: dict[str, int]
    problem: Sentence | None = None


@cache
def indexes_of(table: Table) -> tuple[Index, ...]:
    """The indexes of a table, the primary key first."""
    key = str(table.primary_key.name)
    columns = tuple(column.name for column in table.primary_key.columns)
    found = [Index(key, f"sqlite_autoindex_{table.name}_1", table, columns, "1")]
    for index in sorted(table.indexes, key=lambda index: str(index.name)):
        where = index.dialect_options["sqlite"]["where"]
        condition = "1"
        if where is not None:
            more = {"literal_binds": True, "include_table": False}
            condition = str(where.compile(dialect=dialect(), compile_kwargs=more))
        names = tuple(column.name for column in index.columns)
        found.append(Index(str(index.name), str(index.name), table, names, condition))
    return tuple(found)


class IndexCheck:
    """All indexes of a file, in pieces that any process may look at, each in short transactions.

    Raises what the driver raises for damage.
    """

    def __init__(self, connection: Connection) -> None:
        # The driver's own connection: nothing here is for another kind of database.
        self._raw: Any = connection.connection.driver_connection

    def parts(self, gone_by: str | None = None) -> list[Part]:
        """The whole work; what is added to the file from now on is no part of it.

        `gone_by` is a log whose entries are gone through by their primary key (see `Rows`).
        """
        (size,) = _one(self._raw, _SIZE)
        found: list[Part] = []
        for table in schema.metadata.sorted_tables:
            last: int | None = None
            if _has_rowid(table):
                (last,) = _one(self._raw, f"SELECT coalesce(max(rowid), 0) FROM {table.name}")
            found += (Keys(index.name, last) for index in _beside(table))
            shares = _shares(table.name, last, size // _SHORTEST_ROW)
            if table is schema.events:
                shares = [share._replace(gone_by=gone_by) for share in shares]
            found += shares
        return found

    def look(self, part: Part) -> Tally:
        """Look at one piece."""
        if isinstance(part, Rows):
            return _look_up(self._raw, part)
        return _count(self._raw, _named(part.of), part.last)

    def odd(self, tallies: Iterable[tuple[Part, Tally]]) -> Sentence | None:
        """What is wrong with the first index that does not agree, from the looks at all pieces."""
        rows: Counter[str] = Counter()
        keys: Counter[str] = Counter()
        for part, tally in tallies:
            if tally.problem is not None:
                return tally.problem
            (rows if isinstance(part, Rows) else keys).update(tally.counts)
        for name, count in keys.items():
            if count != rows[name]:
                index = _named(name)
                problem = _key_by_key(self._raw, index)
                if problem is None and index.table in _NEVER_LESS:
                    problem = _disagrees(index)
                if problem is not None:
                    return problem
        return None


def _shares(table: str, last: int | None, most: int) -> list[Rows]:
    """The rows of a table in shares: no more of them than `most` rows make, whatever the rowids."""
    if last is None:
        return [Rows(table, None, None)]
    number = 1 + max(0, min(last, most)) // SHARE
    ends = [last * place // number for place in range(1, number + 1)]
    return list(map(Rows, [table] * number, [None, *ends[:-1]], ends))


# -------------------------------------------------------------------- every row looked up


def _look_up(raw: Any, part: Rows) -> Tally:
    table = schema.metadata.tables[part.table]
    indexes = indexes_of(table)
    place = _place(table)
    # One bound on each side: SQLite goes by the first that it meets, not by the narrowest.
    begin = _ALL if part.after is None else _compared(place, ">", (part.after,))
    limit = _ALL if part.last is None else _compared(place, "<=", (part.last,))
    counts = dict.fromkeys((index.name for index in indexes), 0)
    tests = _tests(indexes, part.gone_by)
    counted = ", ".join(
        # CASE, because only in a condition SQLite leaves out the second side of an AND.
        f"count(CASE WHEN {index.where} THEN 1 END), "
        f"count(CASE WHEN {index.where} AND {holds} THEN 1 END)"
        for index, holds in zip(indexes, tests, strict=True)
    )
    while True:
        rest = _and(begin, limit)
        with _reading(raw):
            # Steps end where rows stand.  To count up to there, and again within, shows rows that
            # are not in order, which one of the two does not meet.
            end = _one_or_none(
                raw,
                f"SELECT {_list(place)} FROM {_scanned(table)} WHERE {rest.text} "
                f"ORDER BY {_list(place)} LIMIT 1 OFFSET {STEP}",
                rest.values,
            )
            step = rest if end is None else _and(begin, _compared(place, "<", end))
            count, *found = _one(
                raw,
                f"SELECT count(*), {counted} FROM {_scanned(table)} WHERE {step.text}",
                step.values,
            )
            pairs = list(zip(indexes, found[::2], found[1::2], strict=True))
            if any(should != does for _, should, does in pairs):
                return Tally({}, _first_lacking(raw, table, step))
        if end is not None and count != STEP:
            return Tally({}, _disagrees(indexes[0]))
        for index, should, _ in pairs:
            counts[index.name] += should
        if end is None:
            return Tally(counts)
        begin = _compared(place, ">=", end)


def _first_lacking(raw: Any, table: Table, step: _Condition) -> Sentence | None:
    """The first row of a step that an index lacks."""
    place = _list(_place(table))
    shown = "seq" if "seq" in table.c else "NULL"
    found = []
    for number, index in enumerate(indexes_of(table)):
        row = _one_or_none(
            raw,
            f"SELECT {place}, {number}, {shown} FROM {_scanned(table)} WHERE {step.text} "
            f"AND {index.where} AND NOT {_holds(index)} ORDER BY {place} LIMIT 1",
            step.values,
        )
        if row is not None:
            found.append(row)
    if not found:
        return None
    *_, number, seq = min(found)
    index = indexes_of(table)[number]
    if type(seq) is not int:
        return _disagrees(index)
    return Sentence(
        "the file is damaged: index {index} lacks #{seq} of {table}",
        index=index.name,
        seq=seq,
        table=table.name,
    )


def _tests(indexes: Sequence[Index], gone_by: str | None) -> list[str]:
    """SQL for each index: whether it holds a key for the row `t`."""
    tests = [_holds(index) for index in indexes]
    if gone_by is not None:
        log = gone_by.replace("'", "''")
        placed = f"t.rowid > 0 AND t.seq = t.rowid AND t.log = '{log}'"
        tests[0] = f"CASE WHEN {placed} THEN 1 ELSE {tests[0]} END"
    return tests


def _holds(index: Index) -> str:
    """SQL: whether an index holds a key for the row `t`, by the shortest way to it."""
    columns = [*index.columns, *_place(index.table)]
    same = " AND ".join(
        f"i.{_quoted(name)} {'IS' if _may_be_null(index, name) else '='} t.{_quoted(name)}"
        for name in dict.fromkeys(columns)
    )
    return (
        f"EXISTS (SELECT 1 FROM {index.table.name} AS i INDEXED BY {index.stored} "
        f"WHERE {index.where} AND {same})"
    )


# --------------------------------------------------------------------- every key counted


class _Run(NamedTuple):
    """Keys of an index that can be gone through by comparing them: no column of `key` is NULL."""

    where: str
    key: tuple[str, ...]


def _runs(index: Index) -> list[_Run]:
    """All keys of an index; those without a value come first, and are none that compare."""
    key = tuple(dict.fromkeys((*index.columns, *_place(index.table))))
    first = index.columns[0]
    if not _may_be_null(index, first):
        return [_Run(index.where, key)]
    name = _quoted(first)
    return [
        _Run(f"{index.where} AND {name} IS NULL", key[1:]),
        _Run(f"{index.where} AND {name} IS NOT NULL", key),
    ]


def _count(raw: Any, index: Index, last: int | None) -> Tally:
    """Count the keys that lead to rows up to a rowid; one that leads further must lead to a row."""
    later, lost = "0", "0"
    if last is not None:
        later, lost = f"k.rowid > {last}", f"k.rowid > {last} AND NOT {_leads(index)}"
    count = 0
    for run in _runs(index):
        source = f"FROM {index.table.name} AS k INDEXED BY {index.stored} WHERE {run.where} AND"
        begin = _ALL
        while True:
            with _reading(raw):
                end = _one_or_none(
                    raw,
                    f"SELECT {_list(run.key)} {source} {begin.text} "
                    f"ORDER BY {_list(run.key)} LIMIT 1 OFFSET {LEAP}",
                    begin.values,
                )
                step = begin if end is None else _and(begin, _compared(run.key, "<", end))
                statement = f"SELECT count(*), total({later}) {source} {step.text}"
                number, beyond = _one(raw, statement, step.values)
                if beyond:
                    (astray,) = _one(
                        raw, f"SELECT count(*) {source} {step.text} AND {lost}", step.values
                    )
                    if astray:
                        return Tally({}, _astray(index))
            if end is not None and number != LEAP:
                return Tally({}, _astray(index))
            count += int(number - beyond)
            if end is None:
                break
            begin = _compared(run.key, ">=", end)
    return Tally({index.name: count})


def _leads(index: Index) -> str:
    """SQL: whether there is a row that `k` is the key of."""
    table = index.table
    same = " AND ".join(
        f"t.{_quoted(name)} IS k.{_quoted(name)}"
        for name in dict.fromkeys((*index.columns, *_place(table)))
    )
    return f"EXISTS (SELECT 1 FROM {_scanned(table)} WHERE {same} AND {index.where})"


# --------------------------------------------------------------------------- key by key


def _key_by_key(raw: Any, index: Index) -> Sentence | None:
    """What is wrong with the first key that leads to no such row, or is not in order."""
    for run in _runs(index):
        begin = _ALL
        every = _list(dict.fromkeys((*index.columns, *_place(index.table))))
        while True:
            keys = (
                f"SELECT {every} FROM {index.table.name} INDEXED BY {index.stored} "
                f"WHERE {run.where} AND {begin.text} ORDER BY {_list(run.key)} LIMIT {STEP}"
            )
            rows = raw.execute(
                f"SELECT {_list(run.key)}, {_leads(index)} FROM ({keys}) AS k", begin.values
            ).fetchall()
            found = [row[:-1] for row in rows]
            if not all(row[-1] for row in rows) or not _ascend(found):
                return _astray(index)
            if len(rows) < STEP:
                break
            # Once more from the last: nothing beside it is missed.
            begin = _compared(run.key, ">=", found[-1])
    return None


def _ascend(keys: Sequence[Any]) -> bool:
    try:
        return all(one < other for one, other in pairwise(keys))
    except TypeError:  # of other types than the columns have
        return False


# ------------------------------------------------------------------------- what SQL says


class _Condition(NamedTuple):
    """Text of SQL with its values."""

    text: str
    values: tuple[Any, ...]


_ALL = _Condition("1", ())


def _and(*conditions: _Condition) -> _Condition:
    text = " AND ".join(one.text for one in conditions)
    return _Condition(text, tuple(value for one in conditions for value in one.values))


def _compared(names: Sequence[str], operator: str, values: Sequence[Any]) -> _Condition:
    marks = ", ".join("?" * len(values))
    return _Condition(f"({_list(names)}) {operator} ({marks})", tuple(values))


def _has_rowid(table: Table) -> bool:
    return bool(table.dialect_options["sqlite"]["with_rowid"])


def _place(table: Table) -> tuple[str, ...]:
    """The columns by which SQLite finds a row."""
    return ("rowid",) if _has_rowid(table) else indexes_of(table)[0].columns


def _beside(table: Table) -> tuple[Index, ...]:
    """The indexes that are not the table itself."""
    return indexes_of(table)[0 if _has_rowid(table) else 1 :]


def _scanned(table: Table) -> str:
    """SQL: the rows of a table `t`, gone through in the table itself."""
    own = "NOT INDEXED" if _has_rowid(table) else f"INDEXED BY {indexes_of(table)[0].stored}"
    return f"{table.name} AS t {own}"


def _may_be_null(index: Index, name: str) -> bool:
    if name == "rowid" or f"{name} IS NOT NULL" in index.where:
        return False
    return bool(index.table.c[name].nullable)


@cache
def _named(name: str) -> Index:
    return next(
        index
        for table in schema.metadata.sorted_tables
        for index in indexes_of(table)
        if index.name == name
    )


def _quoted(name: str) -> str:
    return name if name == "rowid" else f'"{name}"'


def _list(names: Iterable[str]) -> str:
    return ", ".join(map(_quoted, names))


def _astray(index: Index) -> Sentence:
    return Sentence(
        "the file is damaged: index {index} holds what no row of {table} says",
        index=index.name,
        table=index.table.name,
    )


def _disagrees(index: Index) -> Sentence:
    return Sentence(
        "the file is damaged: index {index} does not agree with {table}",
        index=index.name,
        table=index.table.name,
    )


# ------------------------------------------------------------------------- reading


_SIZE = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"


@contextmanager
def _reading(raw: Any) -> Iterator[None]:
    """Statements that see the file as of one moment."""
    raw.execute("BEGIN")
    try:
        yield
    finally:
        if raw.in_transaction:
            raw.execute("ROLLBACK")


def _one(raw: Any, statement: str, values: Sequence[Any] = ()) -> Any:
    # All of it: a statement that was not read to its end would go on holding the file.
    return raw.execute(statement, values).fetchall()[0]


def _one_or_none(raw: Any, statement: str, values: Sequence[Any]) -> tuple[Any, ...] | None:
    rows = raw.execute(statement, values).fetchall()
    return rows[0] if rows else None
