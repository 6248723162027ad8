"""Upgrades: the same schema as a new register's, and wholly old or wholly new."""

from __future__ import annotations

import gzip
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection

from conflictctl.errors import Busy, DamagedRegister, SchemaMismatch
from conflictctl.events import read_line
from conflictctl.identity import Query
from conflictctl.register import schema, sqlite, upgrade
from conflictctl.register.audit import verify
from conflictctl.register.finding import find
from conflictctl.register.store import Register, create_register, open_register

from .conftest import EVERY_KIND, Clock


@pytest.fixture
def register(tmp_path: Path) -> Register:
    return create_register(str(tmp_path / "new.db"), zone="UTC", clock=Clock())


@pytest.fixture
def empty(path: Path) -> Path:
    """A register of version 0, which has no tables at all."""
    path.touch(mode=0o600)
    connection = sqlite.connect(path)
    sqlite.mark(connection, 0)
    connection.close()
    return path


def definitions(path: Path) -> dict[tuple[str, str], str]:
    connection = sqlite.connect(path)
    try:
        return sqlite.objects(connection)
    finally:
        connection.close()


def test_the_migrations_make_exactly_what_a_new_register_has(
    register: Register, empty: Path
) -> None:
    upgrade.upgrade(str(empty))
    assert definitions(empty) == sqlite.objects(register.connection)
    with closing(sqlite3.connect(empty)) as raw:
        assert raw.execute("SELECT version_num FROM alembic_version").fetchall() == [
            (schema.REVISION,)
        ]
        assert raw.execute("PRAGMA user_version").fetchone() == (schema.VERSION,)
        assert raw.execute("PRAGMA application_id").fetchone() == (sqlite.APPLICATION_ID,)


def test_the_migrations_end_at_the_revision_of_the_program() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(upgrade.scripts()))
    assert ScriptDirectory.from_config(config).get_heads() == [schema.REVISION]


def test_an_upgrade_keeps_a_private_copy_of_the_old(empty: Path) -> None:
    before = definitions(empty)
    done = upgrade.upgrade(str(empty))
    assert (done.before, done.after) == (0, schema.VERSION)
    assert done.copy is not None
    assert done.copy.name == "register.db.schema-0"
    assert definitions(done.copy) == before == {}
    if os.name == "posix":
        assert done.copy.stat().st_mode & 0o777 == 0o600


KEPT = sorted((Path(__file__).parent / "registers").glob("schema-*.db.gz"))
HEADS = {
    "schema-1": (645, "1ad1ba3f552bdddd038e1a4933e8828c6688d05569b0d02ed531ddbadaf6cd2e"),
    "schema-2": (1019, "f3949ea6c9d61630a8e46510b8d956062e1a1e78d75d67dda6057fe657906d94"),
    "schema-3": (1019, "8e7a32c44f4448581c34d19bc8e0e0e530ef0cf738843ba458535c7d42dbc827"),
    "schema-4": (1019, "8e7a32c44f4448581c34d19bc8e0e0e530ef0cf738843ba458535c7d42dbc827"),
}
"""The registers that earlier schemas left behind, and where the chain of each ended."""


def test_there_is_a_register_of_every_earlier_schema() -> None:
    assert [file.name for file in KEPT] == [
        f"schema-{version}.db.gz" for version in range(1, schema.VERSION)
    ]


@pytest.mark.parametrize("kept", KEPT, ids=lambda file: file.name)
def test_a_register_of_an_earlier_schema_upgrades_and_says_the_same(kept: Path, path: Path) -> None:
    path.write_bytes(gzip.decompress(kept.read_bytes()))
    with pytest.raises(SchemaMismatch):
        open_register(str(path))
    done = upgrade.upgrade(str(path))
    assert (done.before, done.after) == (int(kept.name[7:-6]), schema.VERSION)
    with open_register(str(path)) as upgraded:
        head = upgraded.head()
        assert (head.seq, head.hash.hex()) == HEADS[kept.name.removesuffix(".db.gz")]
        assert verify(upgraded).problem is None
        assert sum(1 for _ in upgraded.claims()) == 31
        for card in [*upgraded.customers()][:3]:
            query = Query(card.name)
            found = find(upgraded, query, 20)
            assert card in [hit.card for hit in found.hits]
            assert found == find(upgraded, query, 20, walk=True)


def test_a_register_of_today_needs_no_upgrade(register: Register) -> None:
    before = Path(register.target).read_bytes()
    assert upgrade.upgrade(register.target) == (schema.VERSION, schema.VERSION, None)
    assert Path(register.target).read_bytes() == before


def test_a_newer_register_is_not_touched(register: Register) -> None:
    register.close()
    path = Path(register.target)
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    with pytest.raises(SchemaMismatch, match="newer"):
        upgrade.upgrade(register.target)
    assert path.read_bytes() == before


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_what_is_no_register_is_not_upgraded(path: Path, mode: str) -> None:
    with closing(sqlite3.connect(path)) as raw:
        raw.execute(f"PRAGMA journal_mode = {mode}")
        raw.execute("CREATE TABLE t (x)")
    before = path.read_bytes()
    with pytest.raises(DamagedRegister):
        upgrade.upgrade(str(path))
    assert path.read_bytes() == before
    assert not sqlite.journal_of(path).exists()


def test_an_upgrade_that_does_not_end_at_the_schema_is_undone(empty: Path) -> None:
    before = definitions(empty)
    with pytest.raises(DamagedRegister, match="not upgraded"):
        upgrade.upgrade(str(empty), migrate=lambda connection: None)
    assert definitions(empty) == before


def test_an_upgrade_waits_for_a_writer_and_gives_up(
    empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = sqlite.begin
    monkeypatch.setattr(sqlite, "begin", lambda connection: begin(connection, 0.05))
    with closing(sqlite3.connect(empty, isolation_level=None)) as raw:
        raw.execute("BEGIN IMMEDIATE")
        with pytest.raises(Busy):
            upgrade.upgrade(str(empty))


# ------------------------------------------------- an upgrade of a register with entries


def statements(old: Path) -> list[str]:
    """What turns the old register of these tests into one of today: a rebuilt table."""
    with closing(sqlite3.connect(old)) as raw:
        rows = raw.execute(
            "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL"
        ).fetchall()
    (events,) = (sql for kind, name, _, sql in rows if (kind, name) == ("table", "events"))
    return [
        *(
            f"DROP {kind.upper()} {name}"
            for kind, name, table, _ in rows
            if kind == "trigger" or (kind == "index" and table == "events")
        ),
        "PRAGMA legacy_alter_table = ON",
        "ALTER TABLE events RENAME TO old_events",
        events,
        "INSERT INTO events SELECT * FROM old_events",
        "DROP TABLE old_events",
        *(sql for kind, _, table, sql in rows if kind == "index" and table == "events"),
        *sqlite.TRIGGERS,
        f"PRAGMA user_version = {schema.VERSION}",
    ]


@pytest.fixture
def old(register: Register, tmp_path: Path) -> Path:
    """A register with every kind of entry whose schema says it is of version 0."""
    with register.writing(Clock()) as writer:
        for line in EVERY_KIND:
            writer.add(read_line(line))
    register.close()
    path = tmp_path / "old.db"
    shutil.copyfile(register.target, path)
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA user_version = 0")
    return path


def bodies(path: Path) -> list[tuple[int, bytes, bytes]]:
    with closing(sqlite3.connect(path)) as raw:
        return raw.execute("SELECT seq, body, hash FROM events ORDER BY seq").fetchall()


def run(steps: list[str], stop: Callable[[int], None]) -> Callable[[Connection], None]:
    def migrate(connection: Connection) -> None:
        for number, step in enumerate(steps):
            stop(number)
            connection.exec_driver_sql(step)
        stop(len(steps))

    return migrate


def test_entries_are_byte_identical_after_an_upgrade(old: Path) -> None:
    before = bodies(old)
    done = upgrade.upgrade(str(old), migrate=run(statements(old), lambda number: None))
    assert done.copy is not None
    assert bodies(old) == bodies(done.copy) == before
    with open_register(str(old)) as register:
        assert verify(register).ok


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_killed_at_any_statement_an_upgrade_leaves_the_old_register(
    old: Path, tmp_path: Path
) -> None:
    before, was = bodies(old), definitions(old)
    steps = statements(old)
    for last in range(len(steps) + 1):
        path = tmp_path / f"killed-{last}.db"
        shutil.copyfile(old, path)

        def stop(number: int, last: int = last) -> None:
            if number == last:
                os._exit(9)

        child = os.fork()
        if child == 0:
            try:
                upgrade.upgrade(str(path), migrate=run(steps, stop))
            finally:
                os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
        with pytest.raises(SchemaMismatch):
            open_register(str(path))
        assert bodies(path) == before
        assert definitions(path) == was
        upgrade.upgrade(str(path), migrate=run(steps, lambda number: None))
        with open_register(str(path)) as register:
            assert verify(register).ok


def test_nothing_is_written_to_a_register_of_another_schema(old: Path) -> None:
    before = old.read_bytes()
    with pytest.raises(SchemaMismatch):
        open_register(str(old))
    assert old.read_bytes() == before
