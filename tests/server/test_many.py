"""Several at once: writers in a queue, one chain, one of two upgrades."""

from __future__ import annotations

import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection

from conflictctl.events import read_line
from conflictctl.register import schema
from conflictctl.register.audit import verify
from conflictctl.register.places import place_of
from conflictctl.register.store import create_register, open_register
from conflictctl.register.upgrade import Upgraded, run_scripts, scripts, upgrade

from .conftest import Query

WRITERS, ENTRIES = 8, 12


def clock() -> int:
    return time.time_ns() // 1000


def test_what_many_connections_write_is_one_gapless_chain(address: str) -> None:
    with create_register(address, zone="UTC", clock=clock) as register:
        with register.writing(clock) as writer:
            writer.add(read_line({"kind": "outlet", "outlet": "o", "name": "o", "type": "store"}))
        first = register.head().seq

    def write(number: int) -> list[int]:
        seqs = []
        with open_register(address) as mine:
            for entry in range(ENTRIES):
                name = f"s{number}-{entry}"
                line = {"kind": "staff", "staff": name, "name": name, "outlet": "o"}
                with mine.writing(clock) as writer:
                    seqs.append(writer.add(read_line({**line, "role": "consultant"})).seq)
        return seqs

    with ThreadPoolExecutor(WRITERS) as pool:
        places = [seq for seqs in pool.map(write, range(WRITERS)) for seq in seqs]
    assert sorted(places) == list(range(first + 1, first + 1 + WRITERS * ENTRIES))
    with open_register(address) as register:
        found = verify(register)
        assert found.ok
        assert found.clock_back == 0  # the time is read where no other writer can be
        assert len(register.people().staff) == WRITERS * ENTRIES


def test_everybody_at_once_makes_one_register(address: str) -> None:
    def make(number: int) -> str:
        try:
            with create_register(address, zone="UTC", clock=clock) as register:
                return register.origin
        except Exception as refused:
            return type(refused).__name__

    with ThreadPoolExecutor(4) as pool:
        origins = set(pool.map(make, range(4))) - {"InputRejected"}
    assert len(origins) == 1
    with open_register(address) as register:
        assert register.head().seq == 1


def test_of_two_upgrades_one_does_it_and_the_other_finds_it_done(
    address: str, query: Query
) -> None:
    create_register(address, zone="UTC", clock=clock).close()
    older = f"{schema.VERSION - 1:04d}"
    query("UPDATE alembic_version SET version_num = %s", older)
    query("DROP INDEX events_rulings")

    def migrate(connection: Connection) -> None:
        time.sleep(0.2)
        connection.exec_driver_sql("SELECT 1 FROM events")
        connection.exec_driver_sql(
            "CREATE INDEX events_rulings ON events (log, seq) WHERE kind = 'ruling'"
        )
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{schema.REVISION}'")

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda _: upgrade(address, migrate=migrate), range(2)))
    assert sorted(done) == [
        Upgraded(schema.VERSION - 1, schema.VERSION, None),
        Upgraded(schema.VERSION, schema.VERSION, None),
    ]


def test_a_register_of_schema_4_gets_its_tables_and_their_grants(
    address: str, query: Query
) -> None:
    create_register(address, zone="UTC", clock=clock).close()
    query("CREATE ROLE keeps_keys NOLOGIN")
    query("DROP TABLE watched, watch_marks")
    query("UPDATE alembic_version SET version_num = '0004'")
    query("GRANT SELECT, INSERT, DELETE ON lookups TO keeps_keys")
    assert upgrade(address) == Upgraded(4, schema.VERSION, None)
    rights = """
        SELECT table_name || ' ' || privilege_type FROM information_schema.role_table_grants
        WHERE grantee = 'keeps_keys' AND table_name IN ('watched', 'watch_marks') ORDER BY 1
    """
    assert [row[0] for row in query(rights)] == [
        f"{table} {right}"
        for table in ("watch_marks", "watched")
        for right in ("DELETE", "INSERT", "SELECT")
    ]
    query("DROP OWNED BY keeps_keys")
    query("DROP ROLE keeps_keys")


def test_an_upgrade_that_fails_leaves_the_register_as_it_was(address: str, query: Query) -> None:
    create_register(address, zone="UTC", clock=clock).close()
    query("UPDATE alembic_version SET version_num = '0001'")

    def migrate(connection: Connection) -> None:
        connection.exec_driver_sql("DROP TABLE lookups")
        raise KeyboardInterrupt

    with suppress(KeyboardInterrupt):
        upgrade(address, migrate=migrate)
    assert query("SELECT version_num FROM alembic_version") == [("0001",)]
    assert query("SELECT count(*) FROM lookups") == [(0,)]


MIGRATION = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "0006", "0005"

def upgrade():
    op.add_column("lookup_marks", sa.Column("words", sa.Text))
"""


def test_a_migration_is_part_of_the_upgrades_transaction(
    address: str, query: Query, tmp_path: Path
) -> None:
    create_register(address, zone="UTC", clock=clock).close()
    folder = shutil.copytree(scripts(), tmp_path / "migrations")
    (folder / "versions" / "0006_words.py").write_text(MIGRATION)
    for outcome, version in ((KeyboardInterrupt, "0005"), (None, "0006")):
        with suppress(KeyboardInterrupt), place_of(address).upgrading() as connection:
            run_scripts(connection, folder)
            if outcome is not None:
                raise outcome
        assert query("SELECT version_num FROM alembic_version") == [(version,)]
        assert query(
            "SELECT count(*) FROM pg_attribute WHERE attname = 'words' AND "
            "attrelid = 'lookup_marks'::regclass"
        ) == [(int(version == "0006"),)]
