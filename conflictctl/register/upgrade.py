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
from conflictctl.register import schema
from conflictctl.register.places import Place, place_of
from conflictctl.wording import Sentence


class Upgraded(NamedTuple):
    """The schema versions before and after; `copy` is the old register, where a copy is kept."""

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
    place = place_of(target)
    with place.upgrading() as connection:
        before = place.version(connection)
        if before > schema.VERSION:
            raise SchemaMismatch(
                Sentence(
                    "{path} was made by a newer version of conflictctl (schema {found}, "
                    "not {wanted})",
                    path=place.shown,
                    found=before,
                    wanted=schema.VERSION,
                ),
                Sentence("install that version: `pip install --upgrade conflictctl`"),
            )
        if before == schema.VERSION:
            return Upgraded(before, before, None)
        place.check_room()
        if hear is not None:
            hear(before, schema.VERSION)
        copy = place.keep_copy(f"schema-{before}")
        (migrate or _migrate)(connection)
        _check(place, connection)
    return Upgraded(before, schema.VERSION, copy)


def _migrate(connection: Connection) -> None:
    run_scripts(connection, scripts())


def run_scripts(connection: Connection, folder: Path, revision: str = "head") -> None:
    """Run the migrations of a folder inside the transaction of a connection."""
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _check(place: Place, connection: Connection) -> None:
    """Refuse to commit what is not exactly the schema of this program."""
    broken = place.broken(connection)
    differing = place.differences(connection)
    if not broken and not differing and place.version(connection) == schema.VERSION:
        return
    raise DamagedRegister(
        Sentence(
            "{path} was not upgraded: {names} would not be as they must",
            path=place.shown,
            names=differing or ["logs", "events"],
        ),
        Sentence("the register is as it was; restore a backup if it was changed by hand"),
    )
