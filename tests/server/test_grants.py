"""Members of the two groups: what the program can do for them, and what SQL cannot."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from conflictctl.errors import StorageFailed
from conflictctl.register.store import open_register

from .conftest import Invoke, Query, address_of


@pytest.fixture
def granted(invoke: Invoke, query: Query) -> None:
    """A register with its groups, of each of which somebody is a member."""
    invoke("init", "--timezone", "UTC")
    invoke("outlet", "add", "shop", "--name", "店", "--type", "store")
    invoke("staff", "add", "gm", "--name", "总", "--role", "general_manager", "--outlet", "shop")
    invoke("staff", "add", "li", "--name", "李", "--role", "consultant", "--outlet", "shop",
           "--login", "li", "--as", "gm")  # fmt: skip
    assert "test_readers may read" in invoke("database", "grants", "--apply").stdout
    for user, group in (("li", "test_writers"), ("looker", "test_readers")):
        query(f"DROP ROLE IF EXISTS {user}")
        query(f"CREATE ROLE {user} LOGIN IN ROLE {group}")


@pytest.mark.usefixtures("granted")
def test_a_writer_works_and_a_reader_looks(invoke: Invoke, server: str, database: str) -> None:
    writer, reader = (address_of(server, database, user) for user in ("li", "looker"))
    invoke("customer", "add", "K1", "--name", "赵先生", "--phone", "13800138000", "--as", "li",
           db=writer)  # fmt: skip
    invoke("log-visit", "K1", "--as", "li", db=writer)
    for address in (reader, writer):
        assert "K1" in invoke("customer", "find", "赵先生", db=address).stdout
        assert invoke("verdict", "K1", "--policy", "renault-zibo-2013", db=address).stdout
        invoke("audit", "verify", db=address)
    refused = invoke("log-visit", "K1", "--as", "li", db=reader, code=6)
    assert "does not let you do that" in refused.stderr


@pytest.mark.usefixtures("granted")
@pytest.mark.parametrize("user", ["li", "looker"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET kind = 'call'",
        "DELETE FROM events",
        "TRUNCATE events CASCADE",
        "DELETE FROM touches",
        "UPDATE personal SET data = ''",
        "UPDATE logs SET origin = origin",
        "INSERT INTO logs VALUES ('other', repeat('a', 32))",
        "UPDATE alembic_version SET version_num = '0001'",
        "ALTER TABLE events DISABLE TRIGGER events_append",
        "DROP TABLE lookups",
        "CREATE TABLE mine (id int)",
        "CREATE OR REPLACE FUNCTION register_refuse() RETURNS trigger LANGUAGE plpgsql AS ''",
        "SET session_replication_role = replica",
    ],
)
def test_no_member_changes_what_was_recorded(query: Query, user: str, statement: str) -> None:
    with pytest.raises(psycopg.Error, match=r"permission denied|must be owner"):
        query(statement, user=user)


@pytest.mark.usefixtures("granted")
def test_a_table_in_front_of_the_registers_deceives_no_trigger(query: Query) -> None:
    """Else an entry could be added after a made-up one."""
    with pytest.raises(psycopg.Error, match="only ever added at the end"):
        query(
            "CREATE TEMP TABLE events AS SELECT * FROM public.events WHERE false; "
            "INSERT INTO public.events SELECT log, 1, 'x', NULL, kind, at, recorded_at, "
            "appended_at, customer, subject, attestation, body, hash FROM public.events "
            "WHERE seq = 1",
            user="li",
        )


@pytest.mark.usefixtures("granted")
def test_only_the_owner_writes_tables_anew(server: str, database: str) -> None:
    with (
        open_register(address_of(server, database, "li")) as register,
        pytest.raises(StorageFailed, match="only its owner"),
    ):
        register.place.rewrite(register.connection)


@pytest.mark.usefixtures("granted")
def test_what_is_printed_is_what_is_applied(invoke: Invoke, query: Query) -> None:
    printed = invoke("database", "grants").stdout
    query(printed)
    assert "GRANT INSERT ON public.events" in printed


def test_a_file_knows_no_users(invoke: Invoke, tmp_path: Path) -> None:
    path = str(tmp_path / "r.db")
    invoke("init", "--timezone", "UTC", db=path)
    assert "is a file" in invoke("database", "grants", db=path, code=2).stderr
