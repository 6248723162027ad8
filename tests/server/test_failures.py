"""What can go wrong with a register on a server: two lines and the right exit code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import psycopg
import pytest

from conflictctl.errors import (
    Busy,
    ConflictctlError,
    InputRejected,
    NoRegister,
    NotPermitted,
    StorageFailed,
)
from conflictctl.events import read_line
from conflictctl.register.on_server import MANY
from conflictctl.register.places import shown
from conflictctl.register.schema import events
from conflictctl.register.server_failures import failure_of
from conflictctl.register.store import create_register, open_register

from .conftest import Invoke, Query, address_of, new_user

UTC = ("init", "--timezone", "UTC")


def test_an_empty_database_is_no_register_and_reading_makes_none(
    invoke: Invoke, query: Query
) -> None:
    result = invoke("customer", "list", code=7)
    assert "there is no register at postgresql" in result.stderr
    assert "conflictctl init" in result.stderr
    assert query("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace") == [
        (0,)
    ]


def test_the_first_write_makes_the_register_and_says_so(invoke: Invoke) -> None:
    result = invoke("outlet", "add", "shop", "--name", "店", "--type", "store")
    assert "created the register postgresql" in result.stderr
    assert "shop" in invoke("outlet", "list").stdout


def test_init_refuses_what_is_a_register_already(invoke: Invoke) -> None:
    invoke(*UTC)
    assert "exists already" in invoke(*UTC, code=3).stderr


def test_another_programs_database_is_refused_and_left_alone(invoke: Invoke, query: Query) -> None:
    query("CREATE TABLE events (id int)")
    for command in (UTC, ("status",), ("upgrade",)):
        assert "of another program" in invoke(*command, code=7).stderr
    query("CREATE TABLE alembic_version (version_num text)")
    query("CREATE TABLE logs (name text)")
    query("INSERT INTO alembic_version VALUES ('3f2a')")
    assert "of another program" in invoke("status", code=7).stderr
    assert query("SELECT count(*) FROM events") == [(0,)]


def test_a_newer_register_is_refused(invoke: Invoke, query: Query) -> None:
    invoke(*UTC)
    query("UPDATE alembic_version SET version_num = '0999'")
    for command in ("status", "upgrade"):
        assert "newer version" in invoke(command, code=8).stderr


def test_no_server_no_database_no_password_shown(invoke: Invoke, server: str) -> None:
    nobody = "postgresql+psycopg://me:secret@/db?host=/nowhere&connect_timeout=2"
    result = invoke("status", db=nobody, code=6)
    assert "cannot be reached" in result.stderr
    assert "secret" not in result.output
    assert "postgresql+psycopg://me@/db" in result.stderr
    missing = invoke("status", db=address_of(server, "no_such_database"), code=6)
    assert "does not exist" in missing.stderr


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("postgresql://me:secret@h/d", "postgresql://me@h/d"),
        ("postgresql://me:sec/ret@h/d", "postgresql://me@h/d"),
        ("postgresql://me:sec?r#et@h/d?sslmode=require", "postgresql://me@h/d?sslmode=require"),
        ("postgresql://me:se@cret@h/d", "postgresql://me@h/d"),
        ("postgresql://me@/d?password=secret&host=h", "postgresql://me@/d?host=h"),
        ("postgresql://me@/d?host=h&sslpassword=secret", "postgresql://me@/d?host=h"),
        ("postgresql://me@h:5432/d", "postgresql://me@h:5432/d"),
        ("postgresql:///d?service=secret", "postgresql:///d?service=secret"),
        ("mysql://me:secret@h/d", "mysql://me@h/d"),
        ("a:b@c.db", "a:b@c.db"),
        ("sqlite:////a:b@c.db", "sqlite:////a:b@c.db"),
    ],
)
def test_an_address_is_shown_without_its_password(target: str, told: str) -> None:
    assert shown(target) == told


def test_no_command_tells_a_password(
    invoke: Invoke, server: str, database: str, tmp_path: Path
) -> None:
    address = f"postgresql+psycopg://owner:ge/heim@/{database}?{server}&sslpassword=geheim"
    copy = str(tmp_path / "copy.db")
    for command, code in (
        (UTC, 0),
        (UTC, 3),
        (("outlet", "add", "o", "--name", "o", "--type", "store"), 0),
        (("staff", "add", "gm", "--name", "x", "--role", "manager", "--outlet", "o"), 0),
        (("status",), 0),
        (("status", "--format", "json"), 0),
        (("upgrade",), 0),
        (("copy", address, copy), 0),
        (("copy", copy, address), 3),
        (("backup", copy), 3),
        (("restore", copy), 3),
        (("schedule", "show", "--kind", "cron", "--as", "gm"), 0),
        (("database", "grants"), 0),
        (("customer", "show", "K1"), 3),
    ):
        assert "heim" not in invoke(*command, db=address, code=code).output
    told = invoke("schedule", "show", "--kind", "cron", "--as", "gm", db=address)
    assert f"owner@/{database}" in told.stdout
    assert "~/.pgpass" in told.stderr
    for wrong in (f"postgresql://me:ge@heim@/{database}?{server}", "postgresql://me:geheim@h:p/d"):
        assert "heim" not in invoke("status", db=wrong, code=3).output


def test_of_several_servers_the_first_that_answers_is_asked(
    invoke: Invoke, server: str, database: str
) -> None:
    host, port = (part.split("=")[1] for part in server.split("&"))
    two = f"postgresql://owner@/{database}?host=/nowhere&host={host}&port={port}&port={port}"
    invoke(*UTC, db=two)


def test_no_entry_has_a_place_beyond_what_a_database_counts(invoke: Invoke, tmp_path: Path) -> None:
    for db in (None, str(tmp_path / "r.db")):
        invoke(*UTC, db=db)
        for place in (2**63 - 1, 2**63, 10**40):
            told = invoke("audit", "receipt", str(place), db=db, code=3).stderr
            assert f"no entry {place}" in told


def test_a_connection_lost_while_recording_leaves_it_open(address: str, query: Query) -> None:
    with (
        create_register(address, zone="UTC", clock=lambda: 0) as register,
        pytest.raises(StorageFailed, match="may have been done or not"),
        register.alone(),
    ):
        query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'conflictctl'"
        )


def test_an_address_that_is_none(invoke: Invoke) -> None:
    result = invoke("status", db="postgresql://host:port:port/x", code=3)
    assert "no address of a database" in result.stderr
    assert (
        "SQLite file or on a PostgreSQL server" in invoke("status", db="mysql://x/y", code=3).stderr
    )


def test_a_writer_waits_and_gives_up(address: str) -> None:
    with (
        create_register(address, zone="UTC", clock=lambda: 0) as one,
        open_register(address) as two,
    ):
        with one.alone(), pytest.raises(Busy), two.alone(0.05):
            pass
        with two.alone(0.05):
            pass


def test_a_user_without_grants_may_neither_read_nor_write(
    invoke: Invoke, query: Query, server: str, database: str
) -> None:
    invoke(*UTC)
    address = new_user(server, database, "stranger")
    assert "may use no schema there" in invoke("status", db=address, code=6).stderr
    query("GRANT USAGE ON SCHEMA public TO stranger")
    result = invoke("status", db=address, code=6)
    assert "does not let you" in result.stderr
    assert "conflictctl database grants" in result.stderr


@pytest.mark.parametrize(
    ("code", "exit_code", "said"),
    [
        ("55P03", 5, "others are writing"),
        ("53300", 5, "others are writing"),
        ("53100", 6, "the disk is full"),
        ("25006", 6, "a copy that may only be read"),
        ("57P01", 6, "cannot be reached"),
        ("28P01", 6, "cannot be reached"),
        ("22003", 3, "cannot take a value"),
        ("3D000", 7, "no register"),
        ("42P01", 7, "is damaged or is not a register"),
        ("XX001", 7, "is damaged or is not a register"),
        ("CF001", 4, "the database refuses it"),
    ],
)
def test_what_the_server_reports_ends_with_its_exit_code(
    code: str, exit_code: int, said: str
) -> None:
    failure = failure_of("postgresql://x/y", code, "why")
    assert failure.exit_code == exit_code
    assert said in str(failure)
    assert failure.hint is not None


def test_a_connection_that_breaks_is_no_traceback(address: str, query: Query) -> None:
    with create_register(address, zone="UTC", clock=lambda: 0) as register:
        query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        )
        with pytest.raises(Exception, match="cannot be reached"):
            register.head()


def test_the_session_is_set_up_to_lose_nothing_and_block_nobody(address: str) -> None:
    with create_register(address, zone="UTC", clock=lambda: 0) as register:
        shown = {
            name: register.connection.exec_driver_sql(f"SHOW {name}").scalar_one()
            for name in ("idle_in_transaction_session_timeout", "synchronous_commit")
        }
    assert shown == {"idle_in_transaction_session_timeout": "1min", "synchronous_commit": "on"}


def test_two_registers_in_two_schemas_of_one_database(address: str, query: Query) -> None:
    for name in ("one", "other"):
        query(f"CREATE SCHEMA {name}")
        target = f"{address}&options=-csearch_path%3D{name}"
        with create_register(target, zone="UTC", clock=lambda: 0) as register, register.alone():
            assert register.head().seq == 1
    with pytest.raises(NoRegister):
        open_register(address)


TAMPERING: list[tuple[str, Any]] = [
    ("UPDATE events SET kind = 'call'", "is refused"),
    ("DELETE FROM events", "is refused"),
    ("TRUNCATE events CASCADE", "is refused"),
    ("UPDATE logs SET origin = origin", "is refused"),
    ("TRUNCATE personal CASCADE", "is refused"),
    ("DELETE FROM personal", "only after a redaction"),
    ("UPDATE personal SET data = ''", "is refused"),
    ("INSERT INTO events SELECT log, 9, 'x', NULL, kind, at, recorded_at, appended_at, customer, "
     "subject, attestation, body, hash FROM events WHERE seq = 1", "only ever added at the end"),
    ("INSERT INTO events SELECT log, 4, 'x', NULL, kind, at, recorded_at, appended_at, customer, "
     "subject, attestation, body, hash FROM events WHERE seq = 1", "do not fit the chain"),
    ("INSERT INTO events SELECT log, 4, 'x', NULL, kind, at, recorded_at, appended_at, customer, "
     "subject, attestation, body, sha256('\\x02'::bytea || (SELECT hash FROM events WHERE seq = 3) "
     "|| body) FROM events WHERE seq = 1", "do not agree with the bytes"),
]  # fmt: skip


def test_the_database_refuses_what_is_no_entry_at_the_end(
    invoke: Invoke, query: Query, address: str
) -> None:
    invoke("init", "--timezone", "UTC", "--policy", "renault-zibo-2013")
    with open_register(address) as register, register.writing(lambda: 2**50) as writer:
        writer.add(read_line({"kind": "customer", "customer": "K1", "name": "x"}))
    before = query("SELECT * FROM events")
    assert query("SELECT count(*) FROM personal") == [(1,)]
    for statement, why in TAMPERING:
        with pytest.raises(psycopg.Error, match=re.escape(why)):
            query(statement)
    assert query("SELECT * FROM events") == before


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE events DISABLE TRIGGER events_append",
        "DROP TRIGGER events_change ON events",
        "CREATE OR REPLACE FUNCTION register_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN RETURN NEW; END'",
        "DROP INDEX events_content",
        "ALTER TABLE events DROP CONSTRAINT events_hash",
        "ALTER TABLE events ADD COLUMN x int",
    ],
)
def test_audit_names_what_was_changed_of_the_schema(
    invoke: Invoke, query: Query, change: str
) -> None:
    invoke(*UTC)
    invoke("audit", "verify")
    query(change)
    assert "were changed" in invoke("audit", "verify", code=7).stderr


@pytest.mark.parametrize("number", [1, MANY])
@pytest.mark.parametrize(
    ("odd", "failure"),
    [
        ({}, NotPermitted),  # the bytes do not fit the chain
        ({"customer": "K\0"}, ConflictctlError),
        ({"attestation": 2**63}, InputRejected),
    ],
)
def test_rows_in_bulk_are_refused_like_a_single_one(
    address: str, number: int, odd: dict[str, Any], failure: type[ConflictctlError]
) -> None:
    with create_register(address, zone="UTC", clock=lambda: 0) as register:
        head = register.head()
        wrong = {"log": register.log, "kind": "visit", "content": 1, "body": b"{}", "hash": b"h"}
        times = dict.fromkeys(("at", "recorded_at", "appended_at"), 0)
        rows = [
            tuple(
                {**wrong, **times, "seq": head.seq + place, **odd}.get(column.name)
                for column in events.columns
            )
            for place in range(1, number + 1)
        ]
        with pytest.raises(failure), register.alone():
            register.add_rows(events, rows)
        assert register.head() == head
