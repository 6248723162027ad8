"""Past the program, by plain SQL: who enters what, the database decides by the staff and roles."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import psycopg
import pytest

from conflictctl.calendar import MINUTE
from conflictctl.events import INSTANCES, KINDS, ROLES, Draft, Event, body_of, read_line
from conflictctl.people import People
from conflictctl.permissions import refusal
from conflictctl.register import grants
from conflictctl.register.audit import verify
from conflictctl.register.chain import canonical, content_number, link
from conflictctl.register.enforcing import powers
from conflictctl.register.rows import subject_of
from conflictctl.register.schema import events
from conflictctl.register.store import create_register, open_register

from .conftest import Invoke, Query, _run, address_of

DETAILS = {"ruling": ("instance", INSTANCES), "link": ("relation", ("same", "household", "group"))}
"""What is said in the entries of kinds for which it matters."""

CASES = [(kind, detail) for kind in KINDS for detail in DETAILS.get(kind, ("", ("",)))[1]]


def clock() -> int:
    return time.time_ns() // 1000


class Enforced(NamedTuple):
    """A register with somebody of every role twice, each of them a database user."""

    server: str
    people: People
    origin: str
    head: tuple[int, bytes]

    def entry(self, kind: str, by: str | None, recorder: str | None, **change: Any) -> list[Any]:
        """The columns of a well-formed next entry."""
        now, detail = change.pop("now", clock()), change.pop("detail", "")
        fields = {DETAILS[kind][0]: detail} if detail else {}
        seq, before = self.head
        event = Event("main", seq + 1, None, kind, now, 0, now, now, by, recorder, None, fields,
                      change.pop("attestation", None))  # fmt: skip
        body = canonical(body_of(event, fields, None, self.origin))
        subject = subject_of(kind, by, None, fields)
        return ["main", seq + 1, None, 1, kind, now, now, now, None, subject, event.attestation,
                body, link(before, body)]  # fmt: skip

    def attempt(self, connection: psycopg.Connection[Any], values: list[Any]) -> str:
        """Try an entry and take it back: why it is refused, or '' if it is not."""
        marks = ", ".join(["%s"] * len(values))
        connection.execute("SAVEPOINT before")
        try:
            connection.execute(f"INSERT INTO events VALUES ({marks})", values)
        except psycopg.Error as error:
            if error.sqlstate not in ("CF001", "CF002"):
                raise
            return error.diag.message_primary or "?"
        finally:
            connection.execute("ROLLBACK TO before")
        return ""


@pytest.fixture(scope="module")
def enforced(server: str) -> Enforced:
    _run(server, "postgres", "owner", "CREATE DATABASE enforced")
    with create_register(address_of(server, "enforced"), zone="UTC", clock=clock) as register:
        with register.writing(clock) as writer:
            writer.add(read_line({"kind": "outlet", "outlet": "o", "name": "o", "type": "store"}))
            for role in ROLES:
                for staff in (role, f"{role}2"):
                    line = {"kind": "staff", "staff": staff, "name": "x", "role": role}
                    writer.add(read_line({**line, "outlet": "o", "login": f"u_{staff}"}))
        grants.apply(register, clock())
        for role in ROLES:
            _run(
                server, "enforced", "owner", f"CREATE ROLE u_{role} LOGIN IN ROLE enforced_writers"
            )
        _run(server, "enforced", "owner", "CREATE ROLE visitor LOGIN IN ROLE enforced_writers")
        return Enforced(server, register.people(), register.origin, tuple(register.head()))


@pytest.fixture(scope="module")
def connections(enforced: Enforced) -> Iterator[dict[str, psycopg.Connection[Any]]]:
    """A connection of each role's first holder, in a transaction."""
    host, port = (part.split("=")[1] for part in enforced.server.split("&"))
    opened = {
        role: psycopg.connect(host=host, port=int(port), user=f"u_{role}", dbname="enforced")
        for role in ROLES
    }
    yield opened
    for connection in opened.values():
        connection.close()


@pytest.mark.parametrize(("kind", "detail"), CASES)
def test_every_kind_and_role(
    enforced: Enforced, connections: dict[str, psycopg.Connection[Any]], kind: str, detail: str
) -> None:
    """Allowed by SQL exactly where the rules of roles allow it to the program."""
    name, _ = DETAILS.get(kind, ("", ""))
    given = {"award": (), "parties": (), "shares": (), "to": "", name: detail}
    now = clock()
    refused = 0
    for recorder in ROLES:
        for author in (recorder, *(f"{role}2" for role in ROLES)):
            draft = Draft(kind, None, now, 0, None, author, recorder, None, given)
            wanted = refusal(enforced.people, draft, recorder, now, target=None, involved=set)
            values = enforced.entry(kind, author, recorder, detail=detail)
            said = enforced.attempt(connections[recorder], values)
            assert bool(said) == (wanted is not None), (recorder, author, said, wanted)
            refused += bool(said)
        connections[recorder].rollback()  # lets go of the lock
    assert refused > 0 or kind in ("notification", "checkpoint")


def attempt_as(enforced: Enforced, user: str, values: list[Any]) -> str:
    host, port = (part.split("=")[1] for part in enforced.server.split("&"))
    with psycopg.connect(host=host, port=int(port), user=user, dbname="enforced") as connection:
        return enforced.attempt(connection, values)


def test_nobody_enters_in_anothers_name(enforced: Enforced) -> None:
    said = attempt_as(enforced, "u_consultant", enforced.entry("visit", "supervisor", "supervisor"))
    assert said == ("supervisor enters this, and the login u_consultant is that of consultant")
    said = attempt_as(enforced, "u_manager", enforced.entry("visit", "consultant", None))
    assert "consultant enters this" in said
    assert "nobody enters this" in attempt_as(
        enforced, "u_manager", enforced.entry("visit", None, None)
    )


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("seq", "only ever added at the end"),
        ("hash", "do not fit the chain"),
        ("body", "do not fit the chain"),
        ("id", "do not agree"),
        ("kind", "do not agree"),
        ("at", "do not agree"),
        ("recorded_at", "do not agree"),
        ("appended_at", "do not agree"),
        ("customer", "do not agree"),
        ("subject", "do not agree"),
        ("attestation", "do not agree"),
    ],
)
def test_a_column_that_says_otherwise_is_refused(
    enforced: Enforced, column: str, said: str
) -> None:
    others = {"seq": 999, "hash": b"x" * 32, "body": b"{}", "kind": "call", "attestation": 1}
    values = dict(
        zip(events.c.keys(), enforced.entry("visit", "consultant", "consultant"), strict=True)
    )
    values[column] = others.get(column, clock() if column.endswith("at") else "other")
    assert said in attempt_as(enforced, "u_consultant", list(values.values()))


def test_nothing_is_hung_on_another_entry(enforced: Enforced) -> None:
    """Neither a customer's history gets longer, nor comes back what was erased."""
    host, port = (part.split("=")[1] for part in enforced.server.split("&"))
    for statement in (
        "INSERT INTO touches VALUES ('other', 'main', 3)",
        "INSERT INTO personal VALUES ('main', 1, sha256('salt'), 'x')",
    ):
        with (
            psycopg.connect(
                host=host, port=int(port), user="u_consultant", dbname="enforced"
            ) as connection,
            pytest.raises(psycopg.Error, match="only together with their entry"),
        ):
            connection.execute(statement)


def test_a_login_of_nobody_enters_nothing(enforced: Enforced) -> None:
    said = attempt_as(enforced, "visitor", enforced.entry("visit", "consultant", "consultant"))
    assert said == "nobody on the staff has the login visitor"


def test_somebody_elses_attestation_covers_nothing(enforced: Enforced) -> None:
    values = enforced.entry("visit", "consultant", "consultant", attestation=1)
    assert "nobody enters this" in attempt_as(enforced, "u_consultant", values)


def test_a_clock_far_off_is_refused(enforced: Enforced) -> None:
    for moment in (clock() - 10 * MINUTE, clock() + 10 * MINUTE):
        values = enforced.entry("visit", "consultant", "consultant", now=moment)
        assert "clock differs" in attempt_as(enforced, "u_consultant", values)
    values = enforced.entry("visit", "consultant", "consultant")
    assert attempt_as(enforced, "u_consultant", values) == ""


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, None),
        ({"body": lambda body: body.replace(b'","', b'", "')}, "not in canonical form"),
        ({"body": lambda body: body.replace(b'"v":1', b'"v":2')}, "log of #"),
        ({"content": lambda _: 2}, "content of #"),
    ],
)
def test_what_the_database_does_not_look_at_the_audit_finds(
    address: str, query: Query, change: dict[str, Any], found: str | None
) -> None:
    """Bytes otherwise written that say the same, and what only the program makes of them."""
    with create_register(address, zone="UTC", clock=clock) as register:
        state = Enforced("", register.people(), register.origin, tuple(register.head()))
        names = events.c.keys()
        values = dict(zip(names, state.entry("close", None, None), strict=True))
        content = content_number("close", values["at"], None, None, None, {})
        values |= {"content": content} | {name: made(values[name]) for name, made in change.items()}
        values["hash"] = link(register.head().hash, values["body"])
        query(f"INSERT INTO events VALUES ({', '.join(['%s'] * len(names))})", *values.values())
        problem = verify(register).problem
    assert problem is None if found is None else found in str(problem)


def test_the_program_works_as_each_of_them_and_says_what_is_refused(
    enforced: Enforced, invoke: Invoke
) -> None:
    db = address_of(enforced.server, "enforced", "u_consultant")
    invoke("customer", "add", "K1", "--name", "赵", "--as", "consultant", db=db)
    assert "recorded #" in invoke("log-visit", "K1", "--as", "consultant", db=db).stdout
    refused = invoke("log-visit", "K1", "--as", "consultant2", db=db, code=4)
    assert "the database refuses it: consultant2 enters this" in refused.stderr
    assert "enforced by the database" in " ".join(invoke("status", db=db).stdout.split())
    with open_register(address_of(enforced.server, "enforced")) as register:
        assert verify(register).ok


def test_the_table_knows_right_from_wrong() -> None:
    """Some lines of it, read off the rule book by hand."""
    told = {(one.kind, one.detail, one.author, one.recorder, one.own) for one in powers()}
    assert ("visit", "", "consultant", "consultant", True) in told
    assert ("visit", "", "consultant", "clerk", False) in told
    assert ("visit", "", "consultant", "consultant", False) not in told
    assert ("visit", "", "auditor", "auditor", True) not in told
    assert ("check", "", "auditor", "auditor", True) in told
    assert ("claim", "", "consultant", "supervisor", False) not in told
    assert ("finding", "", "consultant", "consultant", True) not in told
    assert ("ruling", "department_head", "department_head", "department_head", True) in told
    assert ("ruling", "department_head", "manager", "manager", True) not in told
    assert ("staff", "", "manager", "manager", True) in told
    assert ("staff", "", "clerk", "clerk", True) not in told
    assert ("link", "household", "consultant", "consultant", True) not in told
    assert ("link", "same", "consultant", "consultant", True) in told
