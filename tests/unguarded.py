"""A register's file changed as by one who knows SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from conflictctl.register import sqlite


@contextmanager
def unguarded(path: Path) -> Iterator[sqlite3.Connection]:
    """The file without what guards it, in one transaction; the triggers are put back at the end."""
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        for pragma in (
            "foreign_keys = OFF",
            "ignore_check_constraints = ON",
            "synchronous = OFF",
        ):
            raw.execute(f"PRAGMA {pragma}")
        raw.execute("BEGIN")
        names = raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in names:
            raw.execute(f"DROP TRIGGER {name}")
        yield raw
        for trigger in sqlite.TRIGGERS:
            raw.execute(trigger)
        raw.execute("COMMIT")
