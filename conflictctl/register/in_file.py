"""A register in an SQLite file: made, opened, written to by one at a time."""

from __future__ import annotations

import os
import sqlite3
import stat
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Table

from conflictctl.errors import DamagedRegister, InputRejected
from conflictctl.register import disk, sqlite, turns
from conflictctl.register.places import Find
from conflictctl.wording import Sentence

if TYPE_CHECKING:
    from conflictctl.register.index_check import IndexCheck

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

IN_MEMORY = 256 << 20
"""Bytes; a larger register is written anew by way of a temporary file."""

_CACHE = 65_536
"""KiB: less than an import has, because the tables of pinyin lie in memory as well."""


def path_of(target: str) -> Path:
    """The file that a target names: a path, or an URL of the form sqlite:///PATH."""
    if target.startswith("sqlite:///"):
        target = target.removeprefix("sqlite:///")
    elif "://" in target:
        raise InputRejected(
            Sentence(
                "{target}: a register lives in an SQLite file or on a PostgreSQL server",
                target=target.partition("://")[0],
            ),
            Sentence("name a file or postgresql+psycopg://SERVER/DATABASE with --db"),
        )
    return Path(target)


class FilePlace:
    """One SQLite file."""

    cards_at_once = 25_000
    entries_at_once = 200  # stay in the cache of a processor
    entries = ("e.rowid", "events AS e INDEXED BY sqlite_autoindex_events_1")
    holds = "instr(p.data, ?) > 0"

    def __init__(self, target: str) -> None:
        self.target = self.shown = target
        self.path = path_of(target)
        self.stem = self.path.stem
        self.home = self.path.absolute().parent

    @contextmanager
    def failures(self) -> Iterator[None]:
        """What SQLite and the system report, as failures of conflictctl.errors."""
        with sqlite.failures(self.target):
            yield

    # ------------------------------------------------------------------ made and opened

    def exists(self) -> bool:
        """Whether something other than an empty file stands at the path."""
        return sqlite.is_present(self.path)

    def create(self, fill: Callable[[Connection], None]) -> None:
        """Make the file; an empty one stays the file it is."""
        sqlite.check_link(self.path)
        path = self.path.resolve()
        with self.failures():
            if path.exists():
                _initialise(path, fill)
            else:
                with sqlite.aside(path) as draft:
                    _initialise(draft, fill)
                    sqlite.publish(draft, path)

    def open(self) -> Connection:
        """A connection to the file; StorageFailed if there is none."""
        sqlite.check_file(self.path)
        return sqlite.connect(self.path)

    def version(self, connection: Connection) -> int:
        """The version in the file's header; DamagedRegister for another program's database."""
        application, version = sqlite.identity(connection)
        if application != sqlite.APPLICATION_ID:
            raise DamagedRegister(
                Sentence(
                    "{path} is a database of another program, not a register", path=self.target
                ),
                Sentence("`conflictctl init` makes one; --db names another"),
            )
        return version

    # ------------------------------------------------------------------------- writing

    @contextmanager
    def alone(self, connection: Connection, patience: float | None) -> Iterator[None]:
        """BEGIN IMMEDIATE in one's turn."""
        patience = sqlite.PATIENCE if patience is None else patience
        started = time.monotonic()
        turn = turns.take(sqlite.journal_of(self.path), patience)
        try:
            with self.failures():
                sqlite.use_truncate_journal(connection)
                sqlite.begin(connection, patience - (time.monotonic() - started))
            try:
                yield
                with self.failures():
                    sqlite.commit(connection)
            except BaseException:
                with self.failures():
                    sqlite.rollback(connection)
                raise
        finally:
            turns.end(turn)

    def finder(self, connection: Connection, statement: str) -> Find:
        """A look-up by the driver's cursor."""
        return sqlite.finder(connection, statement)

    def insert(
        self, connection: Connection, table: Table, statement: str, rows: Sequence[tuple[Any, ...]]
    ) -> None:
        """The statement, by the driver."""
        with self.failures():
            connection.exec_driver_sql(statement, list(rows))

    def before_keys(self, connection: Connection) -> None:
        """Keys come sorted: a smaller cache serves."""
        connection.exec_driver_sql(f"PRAGMA cache_size = -{_CACHE}")

    @contextmanager
    def emptying(self, connection: Connection) -> Iterator[None]:
        """With references off a table is emptied at one stroke, and not key by key."""
        with self.failures():
            connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        try:
            yield
        finally:
            with self.failures():
                connection.exec_driver_sql("PRAGMA foreign_keys = ON")

    @contextmanager
    def sending(self, connection: Connection, patience: float) -> Iterator[bool]:
        """A lock on a file beside the register."""
        with sqlite.failures(str(lock := self.path.with_name(f"{self.path.name}.sending"))):
            handle = os.open(lock, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            deadline = time.monotonic() + patience
            while not (gained := _locked(handle)) and time.monotonic() <= deadline:
                time.sleep(0.05)
            yield gained
        finally:
            os.close(handle)

    # ------------------------------------------------------------------- looking after it

    def differences(self, connection: Connection) -> list[str]:
        """Tables, indexes and triggers that are not as this program makes them."""
        return sqlite.schema_differences(connection)

    def index_check(self, connection: Connection) -> IndexCheck | None:
        """Rows and keys of the file, in short steps."""
        from conflictctl.register.index_check import IndexCheck

        return IndexCheck(connection)

    def self_check(self, connection: Connection) -> str | None:
        """SQLite's own check of the file."""
        return sqlite.self_check(connection)

    def standing(self, connection: Connection) -> tuple[int, str]:
        """Size and rights of the file."""
        state = self.path.stat()
        return state.st_size, f"{stat.S_IMODE(state.st_mode):04o}"

    @contextmanager
    def upgrading(self) -> Iterator[Connection]:
        """A table is rebuilt with its references off; `broken` looks at them before the end."""
        connection = self.open()
        try:
            with self.failures():
                self.version(connection)  # another program's file stays untouched
                connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
                sqlite.use_truncate_journal(connection)
                sqlite.begin(connection)
                yield connection
                sqlite.commit(connection)
        finally:
            # Closing undoes what was not committed.
            connection.close()

    def keep_copy(self, label: str) -> Path | None:
        """A copy of the file beside it."""
        from conflictctl.register.backup import keep_copy

        return keep_copy(self.path, label)

    def check_room(self) -> None:
        """For the copy, and for what SQLite keeps to undo all of it."""
        disk.check_room(self.home, 2 * self.path.stat().st_size)

    def before_erasing(self, connection: Connection) -> None:
        """What is deleted is overwritten."""
        connection.exec_driver_sql("PRAGMA secure_delete = ON")

    def rewrite(self, connection: Connection) -> None:
        """Write the file anew; others wait meanwhile, or are told that it is busy."""
        with self.failures():
            size = self.path.stat().st_size
            # For a copy, and in the register's folder for what it replaces.
            disk.check_room(self.home, size)
            if size > IN_MEMORY:
                disk.check_room(Path(tempfile.gettempdir()), size)
        turn = turns.take(sqlite.journal_of(self.path), sqlite.PATIENCE)
        try:
            with self.failures():
                sqlite.vacuum(connection, in_memory=size <= IN_MEMORY)
        finally:
            turns.end(turn)

    def copies(self) -> list[Path]:
        """Old versions and replaced registers beside it, and what killed commands left."""
        path = self.path.absolute()
        beside = [
            one
            for label in ("schema-", "replaced")
            for one in sorted(path.parent.glob("*"))
            if one.name.startswith(f"{path.name}.{label}")
        ]
        return [*beside, *sqlite.drafts_of(path)]

    def software(self, connection: Connection) -> tuple[str, str]:
        """SQLite, and which."""
        return "SQLite", sqlite3.sqlite_version

    def enforces(self, connection: Connection) -> bool:
        """Never: a file knows no users."""
        return False

    def broken(self, connection: Connection) -> bool:
        """What SQLite finds when it follows all references."""
        return connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None


def _initialise(path: Path, fill: Callable[[Connection], None]) -> None:
    """Turn an empty file into a register; leave it alone if another process did so."""
    connection = sqlite.connect(path)
    try:
        sqlite.use_truncate_journal(connection)
        sqlite.begin(connection)
        if not sqlite.objects(connection):
            sqlite.create_schema(connection)
            fill(connection)
        sqlite.commit(connection)
    finally:
        connection.close()


def _locked(handle: int) -> bool:
    try:
        if fcntl is not None:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    except OSError:
        return False
    return True
