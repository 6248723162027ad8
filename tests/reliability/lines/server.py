"""G4, G23: a PostgreSQL server that many write to, and that plain SQL is sent to."""

from __future__ import annotations

import psycopg

from tests.postgres_server import NoServer, programs, running
from tests.reliability.frame import Figures, Line, NotHere, Scale, by_tests
from tests.reliability.lines.crowd import WRITERS, at_once
from tests.reliability.showroom import make, scratch

_REFUSALS = by_tests(
    "tests/server/test_enforced.py",
    "tests/server/test_grants.py",
    "tests/server/test_failures.py::test_the_database_refuses_what_is_no_entry_at_the_end",
)


def _crowd(scale: Scale) -> Figures:
    """On a server that waits for its disk, as one in use does."""
    number = scale.of(15, 320)
    try:
        with running(durable=True) as where:
            target = f"postgresql+psycopg://owner@/postgres?{where}"
            crowd = at_once(make(target), scratch(scale.folder / "crowd"), number)
            undone = _undone(where)
    except NoServer as why:
        raise NotHere(f"left out, no server: {why}") from why
    late = crowd.waits[int(len(crowd.waits) * 0.99)] if crowd.waits else 0.0
    problem = crowd.problem or ("transactions were undone" if undone else None)
    return Figures(
        problem is None and scale.in_time(late < 1),
        f"{problem or 'all in, gapless, one chain, no error'}; {WRITERS * number} entries, "
        f"{crowd.rate:.0f} events/s, 99 of 100 within {late:.2f} s, longest wait "
        f"{crowd.longest:.2f} s, {undone} transactions undone to be tried again",
    )


def _undone(where: str) -> int:
    """Transactions that the server rolled back, by its own count."""
    host, port = (part.split("=")[1] for part in where.split("&"))
    with psycopg.connect(host=host, port=int(port), user="owner", dbname="postgres") as connection:
        row = connection.execute(
            "SELECT xact_rollback FROM pg_stat_database WHERE datname = current_database()"
        ).fetchone()
    assert row is not None
    return int(row[0])


def _refused(scale: Scale) -> Figures:
    try:
        programs()
    except NoServer as why:
        raise NotHere(f"left out, no server: {why}") from why
    return _REFUSALS(scale)


LINES = (
    Line(
        "G4",
        f"{WRITERS} connections on PostgreSQL",
        "all in, gapless, one chain, no error, no transaction tried again, p99 < 1 s",
        _crowd,
    ),
    Line(
        "G23-sql",
        "plain SQL past the program, on a server",
        "another's name, a role without the power, a change: refused by the database",
        _refused,
    ),
)
