"""Bringing a register to the schema of this program; the only room that knows Alembic."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

import conflictctl
from conflictctl.errors import DamagedRegister, SchemaMismatch
from conflictctl.register import backup, disk, schema, sqlite
from conflictctl.register.store import check_identity, path_of
from conflictctl.wording import Sentence


class Upgraded(NamedTuple):
    """The schema versions before and after; `copy` is the old register, if there was work."""

    before: int
    after: int
    copy: Path | None


def scripts() -> Path:
    """The folder of the migrations: beside the package in a checkout, inside it in a wheel."""
    package = Path(conflictctl.__file__).parent
    inside = package / "_migrations"
    return inside if inside.is_dir() else package.parent / "migrations"


def upgrade(
    target: str,
    *,
    migrate: Callable[[Connection], None] | None = None,
    hear: Callable[[int, int], None] | None = None,
) -> Upgraded:
    """Bring an older register up to date, in one transaction, and keep a copy of the old.

    Killed at any moment, it leaves the old register or the new one.  `migrate` does the
    work on a connection inside a transaction; without it, the migrations shipped do.
    `hear` is told the versions before work begins.  Raises SchemaMismatch for a newer
    register, DamagedRegister, StorageFailed (no room for the copy, too), Busy.
    """
    path = path_of(target)
    sqlite.check_file(path)
    connection = sqlite.connect(path)
    try:
        with sqlite.failures(target):
            check_identity(connection, target)  # another program's file stays untouched
            # A table is rebuilt with its references off; they are checked before the end.
            connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
            sqlite.use_truncate_journal(connection)
            sqlite.begin(connection)
            before = check_identity(connection, target)
            if before > schema.VERSION:
                raise SchemaMismatch(
                    Sentence(
                        "{path} was made by a newer version of conflictctl (schema {found}, "
                        "not {wanted})",
                        path=target,
                        found=before,
                        wanted=schema.VERSION,
                    ),
                    Sentence("install that version: `pip install --upgrade conflictctl`"),
                )
            if before == schema.VERSION:
                sqlite.rollback(connection)
                return Upgraded(before, before, None)
            # The copy, and what SQLite keeps to undo all of it.
            disk.check_room(path.absolute().parent, 2 * path.stat().st_size)
            if hear is not None:
                hear(before, schema.VERSION)
            copy = backup.keep_copy(path, f"schema-{before}")
            (migrate or _migrate)(connection)
            _check(connection, target)
            sqlite.commit(connection)
    finally:
        # Closing undoes what was not committed.
        connection.close()
    return Upgraded(before, schema.VERSION, copy)


def _migrate(connection: Connection) -> None:
    run_scripts(connection, scripts())


def run_scripts(connection: Connection, folder: Path, revision: str = "head") -> None:
    """Run the migrations of a folder inside the transaction of a connection."""
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _check(connection: Connection, target: str) -> None:
    """Refuse to commit what is not exactly the schema of this program."""
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    differing = sqlite.schema_differences(connection)
    if broken is None and not differing and sqlite.identity(connection)[1] == schema.VERSION:
        return
    raise DamagedRegister(
        Sentence(
            "{path} was not upgraded: {names} would not be as they must",
            path=target,
            names=differing or ["logs", "events"],
        ),
        Sentence("the register is as it was; restore a backup if it was changed by hand"),
    )
