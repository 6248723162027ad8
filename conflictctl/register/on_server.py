"""A register on a PostgreSQL server, shared by many outlets: opened, written to, watched over.

One log, one chain.  A writer waits for the advisory lock of the register, reads the head, stamps
the time, adds its entries and lets go with the commit; `events_pk` stands behind it.  Readers
never wait: what they see is always the log up to some place.  Why: docs/decisions.
"""

from __future__ import annotations

import re
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from sqlalchemy import (
    BigInteger,
    Connection,
    LargeBinary,
    NullPool,
    Table,
    create_engine,
    make_url,
)
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.types import TypeEngine

from conflictctl.errors import (
    DamagedRegister,
    InputRejected,
    NoRegister,
    StorageFailed,
    WrongUsage,
)
from conflictctl.register import enforcing, places, postgres_schema, schema
from conflictctl.register.postgres_schema import LOCK
from conflictctl.register.server_failures import failure_of, one_line, sqlstate
from conflictctl.wording import Sentence

MANY = 100
"""Rows from which on COPY is worth its own round trips."""

PATIENCE = 30.0
"""Seconds to wait for another writer: an import of one outlet may take a while."""

_DEFAULTS: dict[str, Any] = {
    "application_name": "conflictctl",
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}
"""Seconds: a server that does not answer so long, or is silent for a minute, is not there."""

_SETTINGS = """
SELECT set_config('synchronous_commit', 'on', false)
  WHERE current_setting('synchronous_commit') = 'off';
SET statement_timeout = '10min';
SET idle_in_transaction_session_timeout = '60s'
"""
"""An acknowledged entry is on the disk; who falls asleep while others wait is cut off."""


class ServerPlace:
    """One schema of one database of a PostgreSQL server."""

    cards_at_once = 2_500
    entries_at_once = 800  # each question is a journey
    entries = ("e.seq", "events AS e")
    holds = "position(?::bytea IN p.data) > 0"

    def __init__(self, target: str) -> None:
        self.target = target
        self.shown = places.shown(target)
        self._options = _options(target, self.shown)
        self.stem = re.sub(r"[^\w-]", "_", str(self._options.get("dbname") or "register"))

    @property
    def home(self) -> Path:
        """The data directory of this machine: a server has no folder for us."""
        from platformdirs import user_data_path

        return user_data_path("conflictctl", appauthor=False)

    @contextmanager
    def failures(self) -> Iterator[None]:
        """What the server reports, as failures of conflictctl.errors."""
        try:
            yield
        except DBAPIError as error:
            self._raise(error.orig or error, error)

    def _raise(self, reported: BaseException, cause: BaseException) -> NoReturn:
        raise failure_of(self.shown, sqlstate(reported), one_line(reported)) from cause

    # ------------------------------------------------------------------ made and opened

    def exists(self) -> bool:
        """Whether there is a register in the schema; DamagedRegister for another program's."""
        connection = self.open()
        try:
            with self.failures():
                self.version(connection)
        except NoRegister:
            return False
        finally:
            connection.close()
        return True

    def create(self, fill: Callable[[Connection], None]) -> None:
        """Make the tables in one transaction, in which no other process does."""
        connection = self.open()
        try:
            with self.failures():
                encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
                if encoding != "UTF8":
                    raise DamagedRegister(
                        Sentence(
                            "{path} holds text as {encoding}, and a register needs UTF8",
                            path=self.shown,
                            encoding=encoding,
                        ),
                        Sentence(
                            "make a database with `createdb --encoding=UTF8 --template=template0`"
                        ),
                    )
                with self.alone(connection, None):
                    try:
                        self.version(connection)
                    except NoRegister:
                        postgres_schema.create_schema(connection)
                        fill(connection)
        finally:
            connection.close()

    def open(self) -> Connection:
        """A connection to the database.  Raises WrongUsage where psycopg is missing."""
        try:
            import psycopg
        except ImportError:
            raise WrongUsage(
                Sentence("a register on a server needs psycopg, which is not installed"),
                Sentence("`pip install 'conflictctl[postgres]'` brings it"),
            ) from None

        def connect() -> Any:
            raw = psycopg.connect(**{**_DEFAULTS, **self._options}, autocommit=True)
            try:
                raw.execute(_SETTINGS)
            except BaseException:
                raw.close()
                raise
            return raw

        engine = create_engine(
            "postgresql+psycopg://",
            creator=connect,
            poolclass=NullPool,
            paramstyle="format",
            # By the engine, and without a last rollback: else a connection that broke off could
            # not be closed.
            isolation_level="AUTOCOMMIT",
            skip_autocommit_rollback=True,
        )
        try:
            with self.failures():
                return engine.connect()
        except psycopg.Error as error:
            self._raise(error, error)

    def version(self, connection: Connection) -> int:
        """The number of the schema's revision.

        Raises NoRegister for an empty schema, DamagedRegister for another program's.
        """
        row = connection.exec_driver_sql(_TABLES).one()
        if row.home is None:
            raise StorageFailed(
                Sentence(
                    "{path}: the user {name} may use no schema there",
                    path=self.shown,
                    name=row.name,
                ),
                Sentence("the owner of the register grants it: `conflictctl database grants`"),
            )
        if row.marks == 3:
            found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
            if isinstance(found, str) and re.fullmatch(r"\d{4}", found):
                return int(found)
        elif row.tables == 0:
            raise NoRegister(
                Sentence("there is no register at {target}", target=self.shown),
                Sentence("`conflictctl init` creates it; --db or CONFLICTCTL_DB names another"),
            )
        raise DamagedRegister(
            Sentence("{path} is a database of another program, not a register", path=self.shown),
            Sentence("`conflictctl init` makes one; --db names another"),
        )

    # ------------------------------------------------------------------------- writing

    @contextmanager
    def alone(self, connection: Connection, patience: float | None) -> Iterator[None]:
        """A transaction that holds the lock of the register; the server queues who waits."""
        patience = PATIENCE if patience is None else patience
        raw: Any = connection.connection.driver_connection
        wait = f"SET LOCAL lock_timeout = {max(int(patience * 1000), 1)}"
        try:
            with self._driver_failures():
                raw.execute(f"BEGIN; {wait}; SELECT pg_advisory_xact_lock({LOCK})")
            yield
            self._commit(raw)
        except BaseException:
            if not raw.closed and raw.info.transaction_status:
                with self._driver_failures():
                    raw.execute("ROLLBACK")
            raise

    def _commit(self, raw: Any) -> None:
        """Raises StorageFailed where the server was lost before it said that it is done."""
        import psycopg

        try:
            raw.execute("COMMIT")
        except psycopg.Error as error:
            if not raw.closed:
                self._raise(error, error)
            raise StorageFailed(
                Sentence(
                    "{path}: the connection broke off while it was being recorded, which may have "
                    "been done or not",
                    path=self.shown,
                ),
                Sentence("look whether it is there before you enter it again"),
            ) from error

    @contextmanager
    def _driver_failures(self) -> Iterator[None]:
        import psycopg

        try:
            yield
        except psycopg.Error as error:
            self._raise(error, error)

    def finder(self, connection: Connection, statement: str) -> places.Find:
        """A look-up that the server has prepared."""
        raw: Any = connection.connection.driver_connection
        cursor = raw.cursor(binary=True)  # bytes as bytes, not twice as long
        statement = statement.replace("?", "%s")

        def find(values: Sequence[Any]) -> list[Any]:
            with self._driver_failures():
                rows: list[Any] = cursor.execute(statement, values, prepare=True).fetchall()
                return rows

        return find

    def insert(
        self, connection: Connection, table: Table, statement: str, rows: Sequence[tuple[Any, ...]]
    ) -> None:
        """Many rows by COPY, which takes half as long; the triggers see each all the same.

        But what is done after a row is done after all of them then, so entries about the staff, on
        whom later ones depend, go by the statement.
        """
        if len(rows) < MANY or _of_people(table, rows):
            with self.failures():
                connection.exec_driver_sql(statement, list(rows))
            return
        raw: Any = connection.connection.driver_connection
        names = ", ".join(column.name for column in table.columns)
        into = f"COPY {table.name} ({names}) FROM STDIN (FORMAT BINARY)"
        with self._driver_failures(), raw.cursor() as cursor, cursor.copy(into) as copying:
            copying.set_types([_binary(column.type) for column in table.columns])
            for row in rows:
                try:
                    copying.write_row(row)
                except (OverflowError, TypeError, struct.error) as error:
                    # As the server itself says of a single row.
                    raise failure_of(self.shown, "22003", one_line(error)) from error

    def before_keys(self, connection: Connection) -> None:
        """Nothing: the server's memory is the server's business."""

    @contextmanager
    def emptying(self, connection: Connection) -> Iterator[None]:
        """Nothing: the transaction does it."""
        yield

    @contextmanager
    def sending(self, connection: Connection, patience: float) -> Iterator[bool]:
        """An advisory lock of the session, which ends with its connection."""
        deadline = time.monotonic() + patience

        def locked() -> bool:
            with self.failures():
                return bool(
                    connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({LOCK} + 1)").scalar()
                )

        while not (gained := locked()) and time.monotonic() <= deadline:
            time.sleep(0.2)
        try:
            yield gained
        finally:
            if gained:
                with self.failures():
                    connection.exec_driver_sql(f"SELECT pg_advisory_unlock({LOCK} + 1)")

    # ------------------------------------------------------------------- looking after it

    def differences(self, connection: Connection) -> list[str]:
        """What of the schema was changed."""
        return postgres_schema.differences(connection)

    def index_check(self, connection: Connection) -> None:
        """None: see `self_check`."""

    def self_check(self, connection: Connection) -> str | None:
        """Nothing: pages and indexes are looked after by the server (`pg_amcheck`)."""
        return None

    def standing(self, connection: Connection) -> tuple[int, str]:
        """What the tables and indexes take, and as whom the server knows this connection."""
        size, name = connection.exec_driver_sql(_STANDING).one()
        return int(size), f"user {name}" if name.isdigit() else name

    @contextmanager
    def upgrading(self) -> Iterator[Connection]:
        """A transaction that holds the lock of the writers: of two upgrades, one waits."""
        connection = self.open()
        try:
            with self.failures(), self.alone(connection, None):
                self.version(connection)  # another program's database stays untouched
                yield connection
        finally:
            connection.close()

    def keep_copy(self, label: str) -> Path | None:
        """None: the transaction undoes what fails, and copies are the business of pg_dump."""
        return None

    def check_room(self) -> None:
        """Nothing: the server's disk is not to be seen from here."""

    def before_erasing(self, connection: Connection) -> None:
        """Nothing: `rewrite` removes what is left."""

    def rewrite(self, connection: Connection) -> None:
        """Write the tables of personal data anew; takes their owner.  WAL and dumps stay."""
        with self.failures():
            # The server would leave tables of another owner out, with a warning.
            if not enforcing.is_owner(connection):
                raise StorageFailed(
                    Sentence("{path}: only its owner writes tables anew", path=self.shown),
                    Sentence("have the owner of the register run the same command again"),
                )
            connection.exec_driver_sql("VACUUM (FULL) personal, lookup_cards, lookups")

    def copies(self) -> list[Path]:
        """None: what the server's own backups hold is not to be seen from here."""
        return []

    def software(self, connection: Connection) -> tuple[str, str]:
        """PostgreSQL, and which."""
        return "PostgreSQL", connection.exec_driver_sql("SHOW server_version").scalar_one()

    def enforces(self, connection: Connection) -> bool:
        """Whether the trigger of the grants is in force."""
        return enforcing.is_enforced(connection)

    def broken(self, connection: Connection) -> bool:
        """Never: the server checks each reference when it is made."""
        return False


def _of_people(table: Table, rows: Sequence[tuple[Any, ...]]) -> bool:
    if table is not schema.events:
        return False
    kind = table.columns.keys().index("kind")
    return any(row[kind] in enforcing.FOLLOWED_KINDS for row in rows)


def _binary(kind: TypeEngine[Any]) -> str:
    """What a column holds, as COPY is told."""
    if isinstance(kind, BigInteger):
        return "int8"
    return "bytea" if isinstance(kind, LargeBinary) else "text"


def _options(target: str, shown: str) -> dict[str, Any]:
    """What an address says to the driver.  Raises InputRejected for one that cannot be read."""
    try:
        url = make_url(target)
        if "@" in (url.host or ""):
            raise ValueError("a password is written with %40 for @")
    except (ArgumentError, ValueError) as error:
        raise InputRejected(
            Sentence("{target} is no address of a database", target=shown),
            Sentence(
                "it reads like postgresql+psycopg://USER@SERVER/DATABASE; a password belongs into "
                "~/.pgpass"
            ),
        ) from error
    given = url.translate_connect_args(username="user", database="dbname")
    # Several servers stand one after the other, as the driver takes them.
    asked = {
        name: value if isinstance(value, str) else ",".join(value)
        for name, value in url.query.items()
    }
    return {**given, **asked}


_TABLES = """
SELECT current_schema() AS home, session_user AS name,
  count(*) FILTER (WHERE relkind IN ('r', 'p')) AS tables,
  count(*) FILTER (WHERE relname IN ('logs', 'events', 'alembic_version')) AS marks
FROM pg_class WHERE relnamespace = current_schema()::regnamespace
"""

_STANDING = """
SELECT coalesce(sum(pg_total_relation_size(oid)), 0), session_user FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
"""
