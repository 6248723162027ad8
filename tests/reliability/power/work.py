"""A day's work on a register, told to a tape, and what is there after each transaction."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection

from conflictctl.errors import InputRejected
from conflictctl.events import read_line
from conflictctl.register import sqlite
from conflictctl.register.store import create_register, open_register
from tests.reliability.power.disk import Tape
from tests.reliability.power.vfs import recorded
from tests.reliability.showroom import SHOWROOM, call, now

NAME = "register.db"


class Settings(NamedTuple):
    """How SQLite keeps its promise: journal mode and synchronous."""

    journal: str
    synchronous: str


OURS = None
"""The program's own settings, as it makes them."""


class Told(NamedTuple):
    """A tape, and the state of the register after each step by its digest; None: no register.

    `states[n]` is what is there after n acknowledged steps.
    """

    tape: Tape
    states: list[str | None]


def digest(path: Path) -> str:
    """Everything a register holds, in one number: every row of every table, and the schema."""
    found = sha256()
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True)) as raw:
        damage = raw.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if damage != "ok":
            raise sqlite3.DatabaseError(damage)
        tables = raw.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
        found.update(repr(tables).encode())
        found.update(repr(raw.execute("PRAGMA user_version").fetchone()).encode())
        for name, sql in tables:
            if sql and sql.startswith("CREATE TABLE"):
                rows = raw.execute(f"SELECT * FROM {name}").fetchall()
                found.update(repr(sorted(rows, key=repr)).encode())
    return found.hexdigest()


@contextmanager
def _set(settings: Settings | None) -> Iterator[None]:
    """The program with other settings than its own."""
    if settings is None:
        yield
        return
    own = sqlite.connect, sqlite.use_truncate_journal

    def connect(path: Path, *, read_only: bool = False) -> Connection:
        connection = own[0](path, read_only=read_only)
        connection.exec_driver_sql(f"PRAGMA synchronous = {settings.synchronous}")
        return connection

    def use_journal(connection: Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA journal_mode = {settings.journal}")

    sqlite.connect, sqlite.use_truncate_journal = connect, use_journal
    try:
        yield
    finally:
        sqlite.connect, sqlite.use_truncate_journal = own


def told(folder: Path, chance: random.Random, steps: int, settings: Settings | None = OURS) -> Told:
    """Make a register and do `steps` pieces of work on it."""
    tape = Tape()
    states: list[str | None] = [None]
    path = folder / NAME

    def done(work: Callable[[], object]) -> None:
        with recorded(folder, tape):
            work()
            tape.mark()
        states.append(digest(path))

    with _set(settings):
        done(lambda: create_register(str(path), zone="Asia/Shanghai", clock=now).close())
        done(lambda: _write(path, [*SHOWROOM]))
        for number in range(steps):
            for transaction in _piece(path, chance, number):
                done(transaction)
    return Told(tape, states)


def _piece(path: Path, chance: random.Random, number: int) -> list[Callable[[], object]]:
    """One entry mostly; now and then many, long ones, a spilled cache, an erasure, a refusal."""
    kind = chance.random()
    if kind < 0.5:
        return [lambda: _write(path, [call(f"e{number}", chance)])]
    if kind < 0.65:
        return [lambda: _write(path, [call(f"e{number}-{n}", chance) for n in range(20)])]
    if kind < 0.75:
        return [lambda: _write(path, [call(f"e{number}", chance, note="长" * 6000)])]
    if kind < 0.85:
        return [lambda: _write(path, [call(f"e{number}-{n}", chance) for n in range(40)], cache=8)]
    if kind < 0.93:
        card = {"kind": "customer", "customer": f"X{number}", "name": "孙女士", "by": "wang"}
        return [lambda: _write(path, [card]), lambda: _erase(path, f"X{number}")]
    return [lambda: _refused(path, chance, number)]


def _write(path: Path, lines: list[dict[str, object]], cache: int | None = None) -> None:
    """Lines in one transaction; with a cache of so many pages SQLite spills it into the file."""
    with open_register(str(path)) as register, register.writing(now) as writer:
        if cache is not None:
            register.connection.exec_driver_sql(f"PRAGMA cache_size = {cache}")
        for line in lines:
            writer.add(read_line(line))
            if cache is not None:
                writer.flush()


def _erase(path: Path, customer: str) -> None:
    """A customer whose personal data go, with the entry that says so."""
    redaction = {"kind": "redaction", "customer": customer, "by": "sun", "reason": "asked"}
    with open_register(str(path)) as register, register.writing(now) as writer:
        writer.add(read_line(redaction))
        writer.flush()
        register.connection.exec_driver_sql(
            "DELETE FROM personal WHERE (log, seq) IN (SELECT log, seq FROM events "
            "WHERE kind = 'customer' AND customer = ?)",
            (customer,),
        )


def _refused(path: Path, chance: random.Random, number: int) -> None:
    """A transaction that is undone after it has begun to write."""
    try:
        _write(
            path,
            [call(f"r{number}-{n}", chance) for n in range(30)]
            + [{"kind": "call", "customer": "nobody", "by": "wang", "direction": "in"}],
            cache=8,
        )
    except InputRejected:
        return
    raise AssertionError("an unknown customer was accepted")
