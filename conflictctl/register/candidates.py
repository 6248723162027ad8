"""Ids that begin so, for a shell that completes a line: quickly, and without SQLAlchemy.

Every look-up walks an index from the prefix on and stops after MOST rows.  It answers from
whatever register is there and is silent about everything else: no file, no register, a
register of another version, one that is being written to.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

MOST = 50
_PATIENCE = 0.2
_AFTER_ALL = "\U0010ffff"


class Candidate(NamedTuple):
    """An id, and the name of whom or what it stands for; empty where there is none."""

    id: str
    name: str


def candidates(target: str, kind: str, prefix: str) -> list[Candidate]:
    """What begins with `prefix`: `kind` is customer, staff, outlet, case_opened or deal.

    Ordered by id, at most MOST.  Never makes a file, never raises for a damaged one.
    """
    try:
        with _reading(target) as connection:
            if kind == "deal":
                return _deals(connection, prefix)
            return _subjects(connection, kind, prefix)
    except (sqlite3.Error, OSError, ValueError):
        return []


@contextmanager
def _reading(target: str) -> Iterator[sqlite3.Connection]:
    path = Path(target.removeprefix("sqlite:///"))
    uri = f"{path.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, timeout=_PATIENCE)) as connection:
        yield connection


def _subjects(connection: sqlite3.Connection, kind: str, prefix: str) -> list[Candidate]:
    rows = connection.execute(
        "SELECT DISTINCT subject FROM events "
        "WHERE kind = ? AND subject >= ? AND subject < ? ORDER BY subject LIMIT ?",
        (kind, prefix, prefix + _AFTER_ALL, MOST),
    ).fetchall()
    return [Candidate(subject, _name(connection, kind, subject)) for (subject,) in rows]


def _name(connection: sqlite3.Connection, kind: str, subject: str) -> str:
    """The name on the latest card; corrections are not looked for."""
    row = connection.execute(
        "SELECT e.body, p.data FROM events AS e "
        "LEFT JOIN personal AS p ON p.log = e.log AND p.seq = e.seq "
        "WHERE e.kind = ? AND e.subject = ? ORDER BY e.seq DESC LIMIT 1",
        (kind, subject),
    ).fetchone()
    fields = {**json.loads(row[0]).get("data", {}), **(json.loads(row[1]) if row[1] else {})}
    name = fields.get("name") or fields.get("customer") or ""
    return name if isinstance(name, str) else ""


def _deals(connection: sqlite3.Connection, prefix: str) -> list[Candidate]:
    """Ids given to the latest deals."""
    rows = connection.execute(
        "SELECT body FROM events WHERE customer = ? AND kind IN ('order', 'close') LIMIT ?",
        (prefix, MOST),
    )
    found = (json.loads(body).get("data", {}).get("deal") for (body,) in rows)
    return [Candidate(deal, "") for deal in dict.fromkeys(found) if isinstance(deal, str)]
