"""A register in an SQLite file: all that is particular to SQLite.

Connections run in the driver's autocommit mode, because Python's sqlite3 would otherwise
begin transactions by its own guess; the store says BEGIN IMMEDIATE itself.
"""

from __future__ import annotations

import os
import random
import re
import secrets
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from sqlalchemy import Connection, NullPool, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateIndex, CreateTable

from conflictctl.errors import (
    Busy,
    DamagedRegister,
    StorageFailed,
)
from conflictctl.register import schema
from conflictctl.wording import Sentence

APPLICATION_ID = 0x43464C54  # "CFLT", at offset 68 of the file
PATIENCE = 5.0
"""Seconds to wait for another process before giving up as Busy."""

_BUSY = frozenset((sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED))
_STORAGE = frozenset(
    (
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_NOLFS,
        sqlite3.SQLITE_AUTH,
    )
)
# Reading past the end of a file is an I/O error to SQLite, and a cut file to us.
_CUT = 522  # SQLITE_IOERR_SHORT_READ, which Python 3.11 does not name

TRIGGERS = (
    """CREATE TRIGGER events_append BEFORE INSERT ON events
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM events WHERE log = NEW.log)
  OR EXISTS (SELECT 1 FROM events WHERE id = NEW.id)
BEGIN SELECT raise(ABORT, 'an entry is only ever added at the end'); END""",
    """CREATE TRIGGER events_update BEFORE UPDATE ON events
BEGIN SELECT raise(ABORT, 'an entry is never changed'); END""",
    """CREATE TRIGGER events_delete BEFORE DELETE ON events
BEGIN SELECT raise(ABORT, 'an entry is never deleted'); END""",
    """CREATE TRIGGER logs_append BEFORE INSERT ON logs
WHEN EXISTS (SELECT 1 FROM logs WHERE name = NEW.name)
BEGIN SELECT raise(ABORT, 'a log is never replaced'); END""",
    """CREATE TRIGGER logs_update BEFORE UPDATE ON logs
BEGIN SELECT raise(ABORT, 'a log is never changed'); END""",
    """CREATE TRIGGER logs_delete BEFORE DELETE ON logs
BEGIN SELECT raise(ABORT, 'a log is never deleted'); END""",
    """CREATE TRIGGER touches_update BEFORE UPDATE ON touches
BEGIN SELECT raise(ABORT, 'an entry is never changed'); END""",
    """CREATE TRIGGER touches_delete BEFORE DELETE ON touches
BEGIN SELECT raise(ABORT, 'an entry is never deleted'); END""",
    """CREATE TRIGGER personal_append BEFORE INSERT ON personal
WHEN EXISTS (SELECT 1 FROM personal WHERE log = NEW.log AND seq = NEW.seq)
BEGIN SELECT raise(ABORT, 'personal data are never replaced'); END""",
    """CREATE TRIGGER personal_update BEFORE UPDATE ON personal
BEGIN SELECT raise(ABORT, 'personal data are never changed'); END""",
    """CREATE TRIGGER personal_delete BEFORE DELETE ON personal
WHEN NOT EXISTS (
  SELECT 1 FROM events AS e JOIN events AS r
    ON r.kind = 'redaction' AND r.log = e.log AND r.seq > e.seq
  WHERE e.log = OLD.log AND e.seq = OLD.seq AND (
    r.subject = e.customer
    OR r.subject IN (SELECT customer FROM touches WHERE log = e.log AND seq = e.seq)))
BEGIN SELECT raise(ABORT, 'personal data go only after a redaction of the customer'); END""",
)


# ------------------------------------------------------------------------- failures


@contextmanager
def failures(target: str) -> Iterator[None]:
    """Turn what SQLite reports about a register into the failures of conflictctl.errors."""
    try:
        yield
    except DBAPIError as error:
        raise_failure(error.orig, target)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        # Python cannot even decode what SQLite says of some damaged schemas.
        raise_failure(error, target)
    except OSError as error:
        raise_os_failure(error, target)


def raise_failure(error: BaseException | None, target: str) -> NoReturn:
    """Raise the failure that an error of the sqlite3 driver stands for."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    primary = code & 0xFF
    reason = str(error)
    if primary in _BUSY:
        raise Busy(
            Sentence("another process is writing to {path}", path=target),
            Sentence("try again in a moment"),
        ) from error
    if primary == sqlite3.SQLITE_FULL:
        raise StorageFailed(
            Sentence("the disk is full: nothing was written to {path}", path=target),
            Sentence("make room on the disk and try again"),
        ) from error
    if primary in _STORAGE and code != _CUT:
        raise StorageFailed(
            Sentence("{path} cannot be read or written: {reason}", path=target, reason=reason),
            Sentence("check the rights of the file and of its folder, and the disk"),
        ) from error
    raise DamagedRegister(
        Sentence("{path} is damaged or is not a register: {reason}", path=target, reason=reason),
        Sentence("name another file with --db, or restore a backup"),
    ) from error


def raise_os_failure(error: OSError, target: str) -> NoReturn:
    """Raise StorageFailed for what the operating system refused."""
    raise StorageFailed(
        Sentence(
            "{path} cannot be read or written: {reason}",
            path=target,
            reason=error.strerror or str(error),
        ),
        Sentence("check the rights of the file and of its folder, and the disk"),
    ) from error


# ------------------------------------------------------------------------ the file


def is_present(path: Path) -> bool:
    """Whether something other than an empty file stands at the path."""
    with failures(str(path)):
        try:
            state = path.stat()
        except FileNotFoundError:
            return False
        return not stat.S_ISREG(state.st_mode) or state.st_size > 0


def check_file(path: Path) -> None:
    """Refuse what cannot be a register before SQLite touches it.

    Raises StorageFailed (missing, or a link to somebody else's file) and DamagedRegister
    (a folder, a device, an empty file).
    """
    with failures(str(path)):
        try:
            state = path.stat()
        except FileNotFoundError:
            raise StorageFailed(
                Sentence("there is no register at {path}", path=str(path)),
                Sentence("`conflictctl init` makes one; --db names another"),
            ) from None
        check_link(path)
    if not stat.S_ISREG(state.st_mode) or state.st_size == 0:
        raise DamagedRegister(
            Sentence("{path} is not a register", path=str(path)),
            Sentence("`conflictctl init` makes one; --db names another"),
        )


def check_link(path: Path) -> None:
    """Refuse a symbolic link that is somebody else's, or leads to somebody else's file."""
    if not path.is_symlink() or not hasattr(os, "getuid"):
        return
    owners = {path.lstat().st_uid}
    if path.exists():
        owners.add(path.stat().st_uid)
    if owners != {os.getuid()}:
        raise StorageFailed(
            Sentence("{path} is a link that leads to somebody else's file", path=str(path)),
            Sentence("name the file itself instead of the link"),
        )


@contextmanager
def aside(path: Path) -> Iterator[Path]:
    """A new, empty, private file beside `path`, gone with its journal at the end.

    Only its owner may read it, whatever the umask.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        draft.chmod(0o600)
        yield draft
    finally:
        draft.unlink(missing_ok=True)
        journal_of(draft).unlink(missing_ok=True)


def drafts_of(path: Path) -> list[Path]:
    """What `aside` left beside a file when its process was killed, or works on just now."""
    pattern = re.compile(re.escape(f".{path.name}.") + r"[0-9a-f]{8}")
    return sorted(one for one in path.absolute().parent.iterdir() if pattern.fullmatch(one.name))


def publish(draft: Path, path: Path) -> bool:
    """Give a finished file its name, durably; False if something has that name already."""
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    except OSError:  # a file system without links
        if path.exists():
            return False
        draft.rename(path)
    sync_folder(path.parent)
    return True


def journal_of(path: Path) -> Path:
    """The journal that SQLite keeps beside a file."""
    return path.with_name(f"{path.name}-journal")


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable, where the system knows how."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def connect(path: Path, *, read_only: bool = False) -> Connection:
    """A connection to an existing file.  The journal takes over the rights of the file.

    Journal and synchronous mode are those under which an acknowledged entry survives a
    loss of power; see docs/decisions.
    """
    uri = f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rw'}"

    def open_file() -> sqlite3.Connection:
        raw = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=PATIENCE)
        raw.execute("PRAGMA foreign_keys = ON")
        raw.execute("PRAGMA synchronous = EXTRA")
        raw.execute("PRAGMA cache_size = -32768")  # KiB
        # What SQLite must keep to undo one statement stays out of files: of an import it
        # would write forty times the register's size into one.
        raw.execute("PRAGMA temp_store = MEMORY")
        return raw

    engine = create_engine("sqlite://", creator=open_file, poolclass=NullPool)
    with failures(str(path)):
        return engine.connect().execution_options(isolation_level="AUTOCOMMIT")


def identity(connection: Connection) -> tuple[int, int]:
    """The file's application id and schema version; DamagedRegister if it is no database."""
    row = connection.exec_driver_sql(
        "SELECT a.application_id, u.user_version FROM pragma_application_id AS a, "
        "pragma_user_version AS u"
    ).one()
    return row[0], row[1]


def use_truncate_journal(connection: Connection) -> None:
    """Choose the rollback journal that is emptied, not deleted, at each commit."""
    connection.exec_driver_sql("PRAGMA journal_mode = TRUNCATE")


def vacuum(connection: Connection, *, in_memory: bool) -> None:
    """Write the whole file anew: what was deleted is in no free part of it any more.

    Outside of a transaction.  The copy on the way is in memory, or in a temporary file that
    no name leads to.
    """
    use_truncate_journal(connection)
    connection.exec_driver_sql("PRAGMA secure_delete = ON")
    connection.exec_driver_sql(f"PRAGMA temp_store = {'MEMORY' if in_memory else 'FILE'}")
    try:
        connection.exec_driver_sql("VACUUM")
    finally:
        connection.exec_driver_sql("PRAGMA temp_store = MEMORY")


# -------------------------------------------------------------------- transactions


def begin(connection: Connection, patience: float = PATIENCE) -> None:
    """BEGIN IMMEDIATE: wait for the one writer's place, then read and write alone.

    Raises a busy driver error after `patience` seconds.  Asking at random moments, and the
    more often the longer one has waited, leaves nobody behind for long; SQLite's own
    waiting does the reverse.
    """
    # The driver's own connection: a refusal costs a tenth of what it costs through Core,
    # and many may be waiting.
    raw: Any = connection.connection.driver_connection
    raw.execute("PRAGMA busy_timeout = 0")
    # A transaction that outgrows the cache locks readers out; up to 128 MiB it does not.
    raw.execute("PRAGMA cache_size = -131072")  # KiB
    try:
        _begin(raw, patience)
    finally:
        raw.execute(f"PRAGMA busy_timeout = {int(PATIENCE * 1000)}")


def _begin(raw: sqlite3.Connection, patience: float) -> None:
    started = time.monotonic()
    while True:
        try:
            raw.execute("BEGIN IMMEDIATE")
            return
        except sqlite3.OperationalError as error:
            waited = time.monotonic() - started
            if error.sqlite_errorcode & 0xFF not in _BUSY or waited > patience:
                raise
            time.sleep(random.uniform(0.001, 0.02 / (1 + 2 * waited)))


def commit(connection: Connection) -> None:
    """COMMIT: on return the transaction is on the disk."""
    connection.exec_driver_sql("COMMIT")


def rollback(connection: Connection) -> None:
    """ROLLBACK, unless SQLite has rolled back by itself already."""
    raw: Any = connection.connection.driver_connection
    if raw.in_transaction:
        connection.exec_driver_sql("ROLLBACK")


Find = Callable[[Sequence[Any]], list[Any]]


def finder(connection: Connection, statement: str) -> Find:
    """A fast look-up of a few rows, for those made once for every line of an import.

    It uses the driver's cursor: inside a transaction this costs 1.5 microseconds, a tenth
    of the same through a Core result.
    """
    raw: Any = connection.connection.driver_connection
    cursor = raw.cursor()

    def find(values: Sequence[Any]) -> list[Any]:
        rows: list[Any] = cursor.execute(statement, values).fetchall()
        return rows

    return find


# -------------------------------------------------------------------------- schema


def create_schema(connection: Connection) -> None:
    """Make the tables, indexes and triggers, and mark the file as a register.

    Runs inside a transaction of the caller's; equals what Alembic makes of an empty file.
    """
    for table in schema.metadata.sorted_tables:
        connection.execute(CreateTable(table))
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            connection.execute(CreateIndex(index))
    for trigger in TRIGGERS:
        connection.exec_driver_sql(trigger)
    connection.execute(schema.revision_table.insert(), {"version_num": schema.REVISION})
    mark(connection, schema.VERSION)


def mark(connection: Connection, version: int) -> None:
    """Write application id and schema version into the file's header."""
    connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.exec_driver_sql(f"PRAGMA user_version = {version}")


def objects(connection: Connection) -> dict[tuple[str, str], str]:
    """The definition of every table, index and trigger, by (type, name)."""
    rows = connection.exec_driver_sql(
        "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"
    )
    return {(kind, name): sql for kind, name, sql in rows}


def schema_differences(connection: Connection) -> list[str]:
    """The names of tables, indexes and triggers that are not as this program makes them."""
    found = objects(connection)
    return sorted({name for (_, name), _ in _as_made().items() ^ found.items()})


@cache
def _as_made() -> dict[tuple[str, str], str]:
    """The definitions in a new file."""
    engine = create_engine("sqlite://", poolclass=NullPool)
    with engine.connect() as pattern:
        create_schema(pattern)
        return objects(pattern)


def self_check(connection: Connection) -> str | None:
    """What SQLite finds wrong with the pages and indexes of the file; None if nothing.

    Nobody can commit meanwhile: for files that nobody else uses (`index_check` is for the others).
    """
    answer: str = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one()
    return None if answer == "ok" else answer
