"""Members of the two groups: what the program can do for them, and what SQL cannot."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from conflictctl.errors import NotPermitted, StorageFailed
from conflictctl.events import Draft, read_line
from conflictctl.register.store import open_register

from .conftest import Invoke, Query, address_of
from .test_many import clock


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


def enter(address: str, line: dict[str, object]) -> None:
    """What a program without any checks of roles would do."""
    with open_register(address) as register, register.writing(clock) as writer:
        writer.add(read_line(line))


@pytest.mark.usefixtures("granted")
def test_a_new_role_counts_at_once_and_who_left_enters_nothing(
    invoke: Invoke, server: str, database: str
) -> None:
    db = address_of(server, database, "li")
    card = {"kind": "customer", "customer": "K1", "name": "赵", "by": "li"}
    visit = {"kind": "visit", "customer": "K1", "by": "li"}
    enter(db, card)
    enter(db, {**visit, "note": "1"})
    invoke("staff", "move", "li", "--role", "clerk", "--as", "gm")
    with pytest.raises(NotPermitted, match="li is clerk and does not enter visit of li"):
        enter(db, {**visit, "note": "2"})
    assert "the staff changed" not in invoke("status").stdout
    invoke("staff", "leave", "li", "--as", "gm")
    with pytest.raises(NotPermitted, match="nobody on the staff has the login li"):
        enter(db, {"kind": "inform", "customer": "K1", "by": "li", "to": "gm"})
    assert "the staff changed" not in invoke("status").stdout


@pytest.mark.usefixtures("granted")
def test_somebody_new_writes_once_the_grants_are_applied_again(
    invoke: Invoke, query: Query, server: str, database: str
) -> None:
    query("DROP ROLE IF EXISTS chen")
    query("CREATE ROLE chen LOGIN IN ROLE test_writers")
    line = {"kind": "customer", "customer": "K1", "name": "赵", "by": "chen"}
    invoke("staff", "add", "chen", "--name", "陈", "--role", "consultant", "--outlet", "shop",
           "--login", "chen", "--as", "gm")  # fmt: skip
    with pytest.raises(NotPermitted, match="nobody on the staff has the login chen"):
        enter(address_of(server, database, "chen"), line)
    assert "the staff changed since the grants" in " ".join(invoke("status").stdout.split())
    invoke("database", "grants", "--apply")
    enter(address_of(server, database, "chen"), line)
    assert "the staff changed" not in invoke("status").stdout


@pytest.mark.usefixtures("granted")
def test_an_attestation_covers_nothing_more_once_its_giver_is_no_manager(
    invoke: Invoke, server: str, database: str, query: Query
) -> None:
    query("DROP ROLE IF EXISTS sun")
    query("CREATE ROLE sun LOGIN IN ROLE test_writers")
    invoke("staff", "add", "sun", "--name", "孙", "--role", "manager", "--outlet", "shop",
           "--login", "sun", "--as", "gm")  # fmt: skip
    invoke("database", "grants", "--apply")
    lines = [
        {"kind": "customer", "customer": f"K{number}", "name": "赵", "by": "li"}
        for number in range(2)
    ]
    sun = address_of(server, database, "sun")

    def attested(line: dict[str, object], place: int | None) -> int:
        with open_register(sun) as register, register.writing(clock) as writer:
            if place is None:
                place = writer.add(_attestation()).seq
            writer.add(read_line(line), attestation=place)
            return place

    place = attested(lines[0], None)
    invoke("staff", "move", "sun", "--role", "consultant", "--as", "gm")
    with pytest.raises(NotPermitted, match="sun is consultant and does not enter attestation"):
        attested(lines[1], place)


def _attestation() -> Draft:
    fields = {"file": "f", "digest": f"sha256:{'0' * 64}"}
    return Draft("attestation", None, None, 0, None, "sun", "sun", None, fields)


@pytest.mark.usefixtures("granted")
def test_what_is_printed_is_what_is_applied(invoke: Invoke, query: Query) -> None:
    printed = invoke("database", "grants").stdout
    query(printed)
    assert "GRANT INSERT ON public.events" in printed


def test_a_file_knows_no_users(invoke: Invoke, tmp_path: Path) -> None:
    path = str(tmp_path / "r.db")
    invoke("init", "--timezone", "UTC", db=path)
    assert "is a file" in invoke("database", "grants", db=path, code=2).stderr
