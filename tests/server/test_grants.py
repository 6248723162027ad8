"""Members of the two groups: what the program can do for them, and what SQL cannot."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from conflictctl.errors import NotPermitted, StorageFailed
from conflictctl.events import Draft, read_line
from conflictctl.register import grants
from conflictctl.register.store import create_register, open_register

from .conftest import Invoke, Query, _run, address_of, new_user
from .test_many import clock

HOSTILE = "o'b\\'%s$$;--"
"""An id and a login that would end a literal, were it not quoted."""


def make(server: str, database: str, users: dict[str, str]) -> None:
    """A register with its groups, and users who are members of one."""
    person = {"kind": "staff", "outlet": "shop"}
    with (
        create_register(address_of(server, database), zone="UTC", clock=clock) as register,
        register.writing(clock) as writer,
    ):
        for line in (
            {"kind": "outlet", "outlet": "shop", "name": "店", "type": "store"},
            {**person, "staff": "gm", "name": "总", "role": "general_manager"},
            {**person, "staff": "li", "name": "李", "role": "consultant", "login": "li"},
            {**person, "staff": HOSTILE, "name": "x", "role": "clerk", "login": HOSTILE},
        ):
            writer.add(read_line(line))
    with open_register(address_of(server, database)) as register:
        grants.apply(register, clock())
    for user, group in users.items():
        new_user(server, database, user, group)


@pytest.fixture
def granted(server: str, database: str, address: str) -> None:
    """In the test's own database: `li` writes, `looker` reads."""
    make(server, database, {"li": "writers", "looker": "readers"})


@pytest.fixture(scope="module")
def members(server: str) -> str:
    """A database that no test changes, with `writer` and `reader`."""
    _run(server, "postgres", "owner", "CREATE DATABASE members")
    make(server, "members", {"writer": "writers", "reader": "readers"})
    return "members"


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


@pytest.mark.parametrize("user", ["writer", "reader"])
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
        "DELETE FROM database_powers",
        "UPDATE database_people SET role = 'general_manager'",
        "SET SESSION AUTHORIZATION owner",
    ],
)
def test_no_member_changes_what_was_recorded(
    server: str, members: str, user: str, statement: str
) -> None:
    with pytest.raises(psycopg.Error, match=r"permission denied|must be owner"):
        _run(server, members, user, statement)


def test_a_table_in_front_of_the_registers_deceives_no_trigger(server: str, members: str) -> None:
    """Else an entry could be added after a made-up one."""
    with pytest.raises(psycopg.Error, match="only ever added at the end"):
        _run(
            server,
            members,
            "writer",
            "CREATE TEMP TABLE events AS SELECT * FROM public.events WHERE false; "
            "INSERT INTO public.events SELECT log, 1, 'x', NULL, kind, at, recorded_at, "
            "appended_at, customer, subject, attestation, body, hash FROM public.events "
            "WHERE seq = 1",
        )


def test_only_the_owner_writes_tables_anew(server: str, members: str) -> None:
    with (
        open_register(address_of(server, members, "writer")) as register,
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
    invoke: Invoke, server: str, database: str
) -> None:
    chen = new_user(server, database, "chen", "writers")
    line = {"kind": "customer", "customer": "K1", "name": "赵", "by": "chen"}
    invoke("staff", "add", "chen", "--name", "陈", "--role", "consultant", "--outlet", "shop",
           "--login", "chen", "--as", "gm")  # fmt: skip
    with pytest.raises(NotPermitted, match="nobody on the staff has the login chen"):
        enter(chen, line)
    assert "the staff changed since the grants" in " ".join(invoke("status").stdout.split())
    invoke("database", "grants", "--apply")
    enter(chen, line)
    assert "the staff changed" not in invoke("status").stdout


@pytest.mark.usefixtures("granted")
def test_grants_applied_again_wait_for_no_reader(server: str, database: str, address: str) -> None:
    host, port = (part.split("=")[1] for part in server.split("&"))
    with (
        psycopg.connect(host=host, port=int(port), user="owner", dbname=database) as reading,
        open_register(address) as register,
    ):
        reading.execute("SELECT * FROM events")  # and does not end
        grants.apply(register, clock())


@pytest.mark.usefixtures("granted")
def test_an_attestation_covers_nothing_more_once_its_giver_is_no_manager(
    invoke: Invoke, server: str, database: str
) -> None:
    sun = new_user(server, database, "sun", "writers")
    invoke("staff", "add", "sun", "--name", "孙", "--role", "manager", "--outlet", "shop",
           "--login", "sun", "--as", "gm")  # fmt: skip
    invoke("database", "grants", "--apply")
    lines = [
        {"kind": "customer", "customer": f"K{number}", "name": "赵", "by": "li"}
        for number in range(2)
    ]

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
    query(printed)  # again, over what was applied
    assert "test_readers may read" in invoke("database", "grants", "--apply").stdout
    assert query("SELECT role FROM database_people WHERE login = %s", HOSTILE) == [("clerk",)]
    told = " ".join(invoke("status").stdout.split())
    assert "enforced by the database for everybody but owner, who owns its tables" in told
    assert "GRANT INSERT ON public.events" in printed


def test_a_file_knows_no_users(invoke: Invoke, tmp_path: Path) -> None:
    path = str(tmp_path / "r.db")
    invoke("init", "--timezone", "UTC", db=path)
    assert "is a file" in invoke("database", "grants", db=path, code=2).stderr
