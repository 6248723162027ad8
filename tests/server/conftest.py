"""A real PostgreSQL server, a register of its own for each test, and commands in this process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import psycopg
import pytest
from typer.testing import Result

from tests.invoking import Invoke as AnyRegister
from tests.invoking import invoking
from tests.postgres_server import NoServer, running


class Invoke(Protocol):
    """Runs a command in this process, on another register with `db`, and demands an exit code."""

    def __call__(self, *arguments: str, db: str | None = None, code: int = 0) -> Result: ...


class Query(Protocol):
    """Runs SQL on a server, past the program, and gives the rows."""

    def __call__(self, statement: str, *values: Any, user: str = "owner") -> list[Any]: ...


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Where a server listens that belongs to these tests: `host=...&port=...`."""
    try:
        with running() as where:
            yield where
    except NoServer as why:
        pytest.skip(str(why))


@pytest.fixture(scope="session")
def empty(server: str) -> str:
    """The database of all these tests, each of which finds it empty."""
    _run(server, "postgres", "owner", "CREATE DATABASE test")
    return "test"


@pytest.fixture
def database(server: str, empty: str) -> str:
    """The name of an empty database."""
    schemas = "SELECT quote_ident(nspname) FROM pg_namespace WHERE nspname !~ '^(pg_|information)'"
    for (schema,) in _run(server, empty, "owner", schemas):
        _run(server, empty, "owner", f"DROP SCHEMA {schema} CASCADE")
    _run(server, empty, "owner", "CREATE SCHEMA public")
    return empty


@pytest.fixture
def address(server: str, database: str) -> str:
    """The address of the empty database, as its owner."""
    return address_of(server, database)


def address_of(server: str, database: str, user: str = "owner") -> str:
    return f"postgresql+psycopg://{user}@/{database}?{server}"


def new_user(server: str, database: str, name: str, group: str | None = None) -> str:
    """The address by which somebody new comes, as a member of `writers`, `readers` or of none."""
    _run(server, database, "owner", f"DROP ROLE IF EXISTS {name}")
    member = f"IN ROLE {database}_{group}" if group is not None else ""
    _run(server, database, "owner", f"CREATE ROLE {name} LOGIN {member}")
    return address_of(server, database, name)


@pytest.fixture
def query(server: str, database: str) -> Query:
    """`query("SELECT 1")` in the test's database."""

    def run(statement: str, *values: Any, user: str = "owner") -> list[Any]:
        return _run(server, database, user, statement, values)

    return run


def _run(server: str, database: str, user: str, statement: str, values: Any = ()) -> list[Any]:
    host, port = (part.split("=")[1] for part in server.split("&"))
    with psycopg.connect(
        host=host, port=int(port), user=user, dbname=database, autocommit=True
    ) as connection:
        cursor = connection.execute(statement, values or None)  # type: ignore[call-overload]
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def invoke(address: str) -> Iterator[Invoke]:
    """`invoke("verdict", "C-020", code=0)` on this test's register."""
    for plain in invoking(address):

        def run(
            *arguments: str, db: str | None = None, code: int = 0, plain: AnyRegister = plain
        ) -> Result:
            return plain(*arguments, code=code, env=None if db is None else {"CONFLICTCTL_DB": db})

        yield run
