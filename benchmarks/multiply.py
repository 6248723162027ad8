#!/usr/bin/env python3
"""Make a register many times as large as an imported one, in a tenth of the time of an import.

usage: multiply.py [--copies N] REGISTER OUT

OUT holds N copies of the customers of REGISTER, one after the other in time, under other ids.
Whoever is open at the end of a copy but the last is entered as lost there.  Rows are added without
the program's checks; the bytes of each entry and the chain over them are made by the program's own
functions, and `conflictctl audit verify` tells whether the result is a register like any other.
REGISTER must come from one generated file (`generate.py`) that may have been imported in parts.
"""

from __future__ import annotations

import argparse
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson

from conflictctl.calendar import DAY, utc_text
from conflictctl.register.chain import canonical, link

ONCE = ("outlet", "staff", "setting", "attestation")
"""Kinds of entries that all copies share."""
PAGE = 5000
EVENT = "INSERT INTO events VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)"
PERSONAL = "INSERT INTO personal VALUES (?,?,?,?)"
ROWS = (
    "SELECT e.id, e.kind, e.at, e.recorded_at, e.appended_at, e.customer, e.subject, "
    "e.attestation, e.body, p.salt, p.data FROM events AS e LEFT JOIN personal AS p "
    "ON p.log = e.log AND p.seq = e.seq ORDER BY e.log, e.seq"
)


class Copies:
    """The growing register: its last place and hash."""

    def __init__(self, source: sqlite3.Connection, into: sqlite3.Connection) -> None:
        self.source, self.into = source, into
        one = source.execute("SELECT seq, hash, appended_at FROM events ORDER BY seq DESC")
        self.seq, self.hash, self.appended = one.fetchone()
        self.length = self.seq
        at = "SELECT min(at), max(recorded_at) FROM events WHERE customer IS NOT NULL"
        begin, self.end = source.execute(at).fetchone()
        self.span = (self.end - begin) // DAY * DAY
        (self.attestation,) = source.execute(
            "SELECT min(seq) FROM events WHERE kind = 'attestation'"
        ).fetchone()
        names = source.execute("SELECT DISTINCT subject FROM events WHERE kind = 'customer'")
        self.step = max(int(name[1:]) for (name,) in names)
        self.head: dict[str, Any] = orjson.loads(
            source.execute("SELECT body FROM events WHERE seq = ?", (self.seq,)).fetchone()[0]
        )

    def named(self, customer: str, number: int) -> str:
        """The customer of a copy who stands for one of the source."""
        return f"K{int(customer[1:]) + number * self.step}"

    def place(self, body: dict[str, Any]) -> tuple[int, bytes, bytes]:
        """The next place, with the bytes and the hash of the entry there."""
        self.seq += 1
        body["seq"] = self.seq
        content = canonical(body)
        self.hash = link(self.hash, content)
        return self.seq, content, self.hash

    def add(self, number: int) -> None:
        """The entries of one more copy."""
        rows = self.source.execute(ROWS)
        while page := rows.fetchmany(PAGE):
            entries, personal = [], []
            for row in page:
                if row[1] not in ONCE:
                    entry, sealed = self.copied(number, *row)
                    entries.append(entry)
                    personal += sealed
            self.into.executemany(EVENT, entries)
            self.into.executemany(PERSONAL, personal)

    def copied(
        self,
        number: int,
        identity: str,
        kind: str,
        at: int,
        recorded: int,
        appended: int,
        customer: str,
        subject: str | None,
        attestation: int | None,
        body: bytes,
        salt: bytes | None,
        data: bytes | None,
    ) -> tuple[tuple[Any, ...], list[tuple[Any, ...]]]:
        """An entry of a copy as a row, with the row of its personal data."""
        record = orjson.loads(body)
        at += number * self.span
        recorded += number * self.span
        customer = self.named(customer, number)
        identity = f"e{int(identity[1:]) + number * self.length}"
        record |= {"id": identity, "customer": customer}
        record |= {"at": utc_text(at), "rec": utc_text(recorded)}
        seq, content, link_hash = self.place(record)
        subject = None if subject is None else customer
        row = ("main", seq, identity, None, kind, at, recorded, appended, customer, subject)
        sealed = [] if salt is None else [("main", seq, salt, data)]
        return (*row, attestation, content, link_hash), sealed

    def give_up(self, number: int) -> None:
        """Enter as lost who is open at the end of a copy."""
        rows = []
        for place, (customer, by) in enumerate(self.open_at_the_end()):
            at = self.end + number * self.span + place * 1_000_000
            customer = self.named(customer, number)
            record = {name: self.head[name] for name in ("v", "log", "tz", "app")}
            record |= {"id": f"l{number}-{place}", "kind": "lost", "customer": customer, "by": by}
            record |= {"at": utc_text(at), "rec": utc_text(at), "att": self.attestation}
            record["data"] = {"reason": "no_interest"}
            seq, content, link_hash = self.place(record)
            row = ("main", seq, record["id"], None, "lost", at, at, self.appended, customer)
            rows.append((*row, customer, self.attestation, content, link_hash))
        self.into.executemany(EVENT, rows)

    def open_at_the_end(self) -> Iterator[tuple[str, str]]:
        """Customers of the source who are neither lost nor have a deal, and who received them."""
        found: dict[str, str] = {}
        for kind, customer, body in self.source.execute(
            "SELECT kind, customer, body FROM events WHERE kind IN ('visit', 'lost', 'close') "
            "ORDER BY seq"
        ):
            if kind == "visit":
                found.setdefault(customer, orjson.loads(body)["by"])
            else:
                found.pop(customer, None)
        yield from sorted(found.items())


def multiply(source: Path, out: Path, copies: int) -> int:
    """Write the larger register; the number of its entries."""
    half = out.with_suffix(".part")
    shutil.copyfile(source, half)
    with (
        closing(sqlite3.connect(source)) as reading,
        closing(sqlite3.connect(half, isolation_level=None)) as writing,
    ):
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -200000"):
            writing.execute(f"PRAGMA {pragma}")
        guards = writing.execute(
            "SELECT type, name, sql FROM sqlite_master "
            "WHERE sql IS NOT NULL AND type IN ('trigger', 'index')"
        ).fetchall()
        for kind, name, _ in guards:
            writing.execute(f"DROP {kind} {name}")
        writing.execute("BEGIN")
        made = Copies(reading, writing)
        for number in range(copies):
            if number:
                made.add(number)
            if number < copies - 1:
                made.give_up(number)
        writing.execute("COMMIT")
        for _, _, definition in guards:
            writing.execute(definition)
    half.chmod(0o600)
    half.rename(out)
    return made.seq


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--copies", type=int, default=10)
    parser.add_argument("register", type=Path)
    parser.add_argument("out", type=Path)
    chosen = parser.parse_args()
    print(f"{multiply(chosen.register, chosen.out, chosen.copies):,} entries")


if __name__ == "__main__":
    main()
