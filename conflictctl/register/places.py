"""Where a register lives, and what is asked of every kind of database it may live in."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection, Table

    from conflictctl.register.index_check import IndexCheck

Find = Callable[[Sequence[Any]], list[Any]]
"""A fast look-up of a few rows by values."""

_SERVER = re.compile(r"postgres(?:ql)?(?:\+\w+)?://")
# A password may hold anything: whatever stands between the first colon and the last @ may be one.
_USER = re.compile(r"(://[^:/@?]*):.*@", re.DOTALL)
_SECRET = re.compile(r"(?<=[?&])(?:ssl)?password=[^&]*&?", re.IGNORECASE)


class Place(Protocol):
    """The database of one register: what is particular to its kind.

    Connections are in autocommit mode; the transactions of writers are those of `alone`.
    """

    target: str
    """As it was named, with a password if there is one."""
    shown: str
    """As it may be shown."""
    stem: str
    """What its copies are called."""
    entries_at_once: int
    """Entries that are read for checking by one question: their memory is used again and again."""
    entries: tuple[str, str]
    """SQL: the number at which a row `e` of `events` lies (its `seq` where there is none), and
    `e` itself, found by the primary key."""
    holds: str
    """SQL: whether the bytes `p.data` hold those of the one parameter."""
    cards_at_once: int
    """Cards whose keys are written in one transaction: fewer, and a file would be rewritten as a
    whole for little; more, and other writers would wait too long for it."""

    @property
    def home(self) -> Path:
        """The folder in which the folders of its copies lie if nobody says."""

    def failures(self) -> AbstractContextManager[None]:
        """Turn what the database reports into the failures of conflictctl.errors."""

    def exists(self) -> bool:
        """Whether something stands there already."""

    def create(self, fill: Callable[[Connection], None]) -> None:
        """Make the empty tables and `fill` them, wholly or not at all.

        Left alone where another process does so at the same moment.
        """

    def open(self) -> Connection:
        """A connection to what stands there, which is not yet known to be a register.

        Raises StorageFailed, DamagedRegister for what cannot be one, Busy.
        """

    def version(self, connection: Connection) -> int:
        """The schema version; DamagedRegister for another program's database."""

    def alone(self, connection: Connection, patience: float | None) -> AbstractContextManager[None]:
        """A transaction in which nobody else writes, undone if the block raises.

        Raises Busy after `patience` seconds of waiting (None: as long as this kind waits).
        """

    def finder(self, connection: Connection, statement: str) -> Find:
        """A look-up without SQLAlchemy's overhead; `?` stands for a value."""

    def insert(
        self, connection: Connection, table: Table, statement: str, rows: Sequence[tuple[Any, ...]]
    ) -> None:
        """Add rows (tuples in the order of the table's columns) by an INSERT, or what does the same
        faster."""

    def differences(self, connection: Connection) -> list[str]:
        """What of the schema is not as this program makes it, by name."""

    def index_check(self, connection: Connection) -> IndexCheck | None:
        """What holds the indexes against their tables while others write; None where that is the
        business of the server."""

    def self_check(self, connection: Connection) -> str | None:
        """What the database itself finds wrong with its pages and indexes; None if nothing.

        Whoever writes waits for it, and it takes some ten microseconds for every entry.
        """

    def before_keys(self, connection: Connection) -> None:
        """Called inside a transaction in which many keys will be written."""

    def emptying(self, connection: Connection) -> AbstractContextManager[None]:
        """Around a transaction that empties the tables of keys."""

    def sending(self, connection: Connection, patience: float) -> AbstractContextManager[bool]:
        """One run sends at a time; False if another one still was after `patience` seconds.

        Writers do not wait for it; the system lets go of it when the process ends.
        """

    def standing(self, connection: Connection) -> tuple[int, str]:
        """Bytes, and the rights: of the file (`0600`), or the user whose grants hold there."""

    def upgrading(self) -> AbstractContextManager[Connection]:
        """A connection in a transaction of its own, in which the schema may be changed."""

    def keep_copy(self, label: str) -> Path | None:
        """A copy of the register beside it, where there is such a thing."""

    def check_room(self) -> None:
        """Refuse an upgrade that would fill the disk, where that can be known."""

    def before_erasing(self, connection: Connection) -> None:
        """Called inside a transaction that erases personal data."""

    def rewrite(self, connection: Connection) -> None:
        """Outside of a transaction: leave nothing of what was erased in free parts of pages.

        Raises StorageFailed where the disk has no room for it, Busy.
        """

    def copies(self) -> list[Path]:
        """Copies of the register that lie where this program puts them by itself."""

    def software(self, connection: Connection) -> tuple[str, str]:
        """The name and the version of the database."""

    def enforces(self, connection: Connection) -> bool:
        """Whether the database itself keeps to the roles of the staff."""

    def broken(self, connection: Connection) -> bool:
        """Whether a change of the schema left references that lead nowhere."""


def on_server(target: str) -> bool:
    """Whether a target is the URL of a PostgreSQL database."""
    return _SERVER.match(target) is not None


def place_of(target: str) -> Place:
    """The place that a target names: a path, `sqlite:///PATH`, or `postgresql+psycopg://...`.

    Raises InputRejected for the URL of anything else.
    """
    if on_server(target):
        from conflictctl.register.on_server import ServerPlace

        return ServerPlace(target)
    from conflictctl.register.in_file import FilePlace

    return FilePlace(target)


def shown(target: str) -> str:
    """A target without the passwords that it may hold: an address that leads there all the same
    where they stand in a file of the user's (`~/.pgpass`)."""
    if "://" not in target or target.startswith("sqlite:///"):
        return target
    return _SECRET.sub("", _USER.sub(r"\1@", target)).rstrip("?&")
