"""G9 and G10: somebody who knows SQLite changes the register, with and without hashing it anew."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import orjson

from conflictctl.checkpoint import Checkpoint
from conflictctl.events import read_line
from conflictctl.register.audit import Verification, verify
from conflictctl.register.chain import canonical, genesis, link, receipt_text
from conflictctl.register.sealing import seal
from conflictctl.register.store import open_register
from tests.reliability.frame import Figures, Line, Scale
from tests.reliability.showroom import EVERY_KIND, call, make, now
from tests.unguarded import unguarded

_ENTRIES = 220
_SEALED = 150
_EMPTY = ("id", "content", "customer", "subject", "attestation")
"""Columns that may be NULL."""
_COLUMNS = (*_EMPTY, "kind", "at", "recorded_at", "appended_at", "hash")


# Where a customer was redacted, data recorded before may be gone; that is no alteration.
_NOT_ERASABLE = """SELECT p.seq FROM personal AS p JOIN events AS e ON e.seq = p.seq
WHERE NOT EXISTS (SELECT 1 FROM events AS r WHERE r.kind = 'redaction' AND r.seq > p.seq AND (
  r.subject = e.customer OR r.subject IN (SELECT customer FROM touches WHERE seq = p.seq)))"""


class _Register(NamedTuple):
    """A register, and what others keep of it."""

    path: Path
    last: int
    origin: str
    checkpoint: Checkpoint
    receipts: dict[int, str]
    personal: list[int]


def _sealed(folder: Path) -> _Register:
    """A register sealed by a checkpoint in its middle, with a receipt for every entry."""
    chance = random.Random(0)
    path = make(folder / "whole.db", EVERY_KIND)
    with open_register(str(path)) as register:

        def fill(upto: int) -> None:
            with register.writing(now) as writer:
                for number in range(register.head().seq, upto):
                    writer.add(read_line(call(f"more-{number}", chance)))

        fill(_SEALED)
        checkpoint = seal(register, now, "sun").checkpoint
        fill(_ENTRIES)
        rows = register.connection.exec_driver_sql("SELECT seq, hash FROM events").fetchall()
        held = register.connection.exec_driver_sql(_NOT_ERASABLE).fetchall()
        return _Register(
            path,
            register.head().seq,
            register.origin,
            checkpoint,
            {seq: receipt_text(link_hash) for seq, link_hash in rows},
            [row[0] for row in held],
        )


# ----------------------------------------------------------------------- single changes

_Change = Callable[[sqlite3.Connection, random.Random, _Register], int]
"""Does something to the tables; gives the first `seq` that is wrong afterwards."""


def _body_byte(raw: sqlite3.Connection, chance: random.Random, whole: _Register) -> int:
    seq = chance.randint(1, whole.last)
    (body,) = raw.execute("SELECT body FROM events WHERE seq = ?", (seq,)).fetchone()
    place = chance.randrange(len(body))
    act = chance.choice(("flip", "drop", "insert", "cut", "double"))
    changed = {
        "flip": body[:place] + bytes((body[place] ^ 1 << chance.randrange(8),)) + body[place + 1 :],
        "drop": body[:place] + body[place + 1 :],
        "insert": body[:place] + chance.randbytes(1) + body[place:],
        "cut": body[:place],
        "double": body + body[place:],
    }[act]
    raw.execute("UPDATE events SET body = ? WHERE seq = ?", (changed, seq))
    return seq


def _column(raw: sqlite3.Connection, chance: random.Random, whole: _Register) -> int:
    seq, name = chance.randint(1, whole.last), chance.choice(_COLUMNS)
    (before,) = raw.execute(f"SELECT {name} FROM events WHERE seq = ?", (seq,)).fetchone()
    values = (0, 1, -1, 2.5, "", "x", f"x{seq}", b"", b"x" * 32, 2**62)
    values = (None, *values) if name in _EMPTY else values
    others = [v for v in values if (type(v), v) != (type(before), before)]
    if isinstance(before, int):
        others += [before + 1, before - 1, before + 60_000_000]
    raw.execute(f"UPDATE events SET {name} = ? WHERE seq = ?", (chance.choice(others), seq))
    return seq


def _deleted(raw: sqlite3.Connection, chance: random.Random, whole: _Register) -> int:
    seq = chance.randint(1, whole.last - 1)
    count = chance.choice((1, 1, 1, 5, 30))
    last = min(seq + count - 1, whole.last - 1)
    raw.execute("DELETE FROM events WHERE seq BETWEEN ? AND ?", (seq, last))
    if chance.random() < 0.5:  # close the gap
        gap = last - seq + 1
        for number in range(last + 1, whole.last + 1):
            raw.execute("UPDATE events SET seq = ? WHERE seq = ?", (number - gap, number))
    return seq


def _inserted(raw: sqlite3.Connection, chance: random.Random, whole: _Register) -> int:
    seq, like = chance.randint(1, whole.last), chance.randint(1, whole.last)
    (body,) = raw.execute("SELECT body FROM events WHERE seq = ?", (like,)).fetchone()
    for number in range(whole.last, seq - 1, -1):
        raw.execute("UPDATE events SET seq = ? WHERE seq = ?", (number + 1, number))
    raw.execute(
        "INSERT INTO events SELECT log, ?, ?, NULL, kind, at, recorded_at, appended_at, customer, "
        "subject, attestation, ?, hash FROM events WHERE seq = ?",
        (seq, f"inserted-{seq}", body, like + (like >= seq)),
    )
    return seq


def _swapped(raw: sqlite3.Connection, chance: random.Random, whole: _Register) -> int:
    first, second = sorted(chance.sample(range(1, whole.last + 1), 2))
    for before, after in ((first, -1), (second, first), (-1, second)):
        raw.execute("UPDATE events SET seq = ? WHERE seq = ?", (after, before))
    return first


def _renumbered(raw: sqlite3.Connection, chance: random.Random, whole: _Register) -> int:
    seq = chance.randint(1, whole.last)
    by = chance.choice((1, 7, 1000))
    for number in range(whole.last, seq - 1, -1):
        raw.execute("UPDATE events SET seq = ? WHERE seq = ?", (number + by, number))
    return seq


def _personal(raw: sqlite3.Connection, chance: random.Random, whole: _Register) -> int:
    seq = chance.choice(whole.personal)
    statement = chance.choice(
        (
            "UPDATE personal SET data = replace(CAST(data AS TEXT), '\"', '!') WHERE seq = ?",
            "UPDATE personal SET salt = randomblob(32) WHERE seq = ?",
            "DELETE FROM personal WHERE seq = ?",
        )
    )
    raw.execute(statement, (seq,))
    return seq


_CHANGES: tuple[_Change, ...] = (
    *(_body_byte, _column, _deleted, _inserted, _swapped, _renumbered, _personal),
)


def _changed(
    whole: _Register, folder: Path, chance: random.Random, number: int
) -> Iterator[tuple[str, int, Verification]]:
    """Each change on a copy of its own, with the first `seq` that is wrong and what is found."""
    for index in range(number):
        change = _CHANGES[index % len(_CHANGES)]
        path = Path(shutil.copyfile(whole.path, folder / "changed.db"))
        with unguarded(path) as raw:
            first = change(raw, chance, whole)
        yield change.__name__.strip("_"), first, _audit(path)


def _audit(
    path: Path, receipt: str | None = None, checkpoints: tuple[Checkpoint, ...] = ()
) -> Verification:
    with open_register(str(path)) as register:
        return verify(register, receipt=receipt, checkpoints=checkpoints)


def _measure_changes(scale: Scale) -> Figures:
    chance = random.Random(scale.seed)
    unnoticed, elsewhere = 0, 0
    kinds: Counter[str] = Counter()
    with scale.in_memory() as folder:
        whole = _sealed(folder)
        number = scale.of(210, 7000)
        for kind, first, found in _changed(whole, folder, chance, number):
            kinds[kind] += 1
            unnoticed += found.ok
            elsewhere += not found.ok and found.first_bad != first
    said = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in sorted(kinds.items()))
    return Figures(
        unnoticed == 0 and elsewhere == 0,
        f"{number} changes ({said}): {unnoticed} unnoticed, {elsewhere} at another first entry",
    )


# ------------------------------------------------------------------------ hashed anew


def _rewritten(raw: sqlite3.Connection, chance: random.Random, whole: _Register) -> int:
    """Another body from some entry on, everything hashed anew: the chain alone finds nothing."""
    act = chance.choice(("note", "swap", "cut", "drop"))
    rows = raw.execute(
        "SELECT seq, body FROM events WHERE kind = 'call' AND subject IS NULL ORDER BY seq"
    ).fetchall()
    seq, body = chance.choice(rows)
    if act == "cut":
        raw.execute("DELETE FROM events WHERE seq >= ?", (seq,))
        raw.execute("DELETE FROM personal WHERE seq >= ?", (seq,))
        return int(seq)
    if act == "swap" and len(rows) > 1:
        other, _ = chance.choice(rows)
        if other == seq:
            act = "note"
        else:
            _move(raw, {seq: other, other: seq})
            _hash_anew(raw, whole.origin)
            return int(min(seq, other))
    if act == "drop" and seq < whole.last:
        raw.execute("DELETE FROM personal WHERE seq = ?", (seq,))
        raw.execute("DELETE FROM events WHERE seq = ?", (seq,))
        _move(raw, {number: number - 1 for number in range(seq + 1, whole.last + 1)})
        _hash_anew(raw, whole.origin)
        return int(seq)
    record = orjson.loads(body)
    record["data"] = {**record.get("data", {}), "topic": f"forged {chance.randrange(10**6)}"}
    raw.execute("UPDATE events SET body = ? WHERE seq = ?", (canonical(record), seq))
    _hash_anew(raw, whole.origin)
    return int(seq)


def _move(raw: sqlite3.Connection, places: dict[int, int]) -> None:
    """Give entries other places, in their bodies and side rows too."""
    for table in ("events", "personal", "touches"):
        for before in places:
            raw.execute(f"UPDATE {table} SET seq = -seq WHERE seq = ?", (before,))
        for before, after in places.items():
            raw.execute(f"UPDATE {table} SET seq = ? WHERE seq = ?", (after, -before))
    for after in places.values():
        (body,) = raw.execute("SELECT body FROM events WHERE seq = ?", (after,)).fetchone()
        record = orjson.loads(body)
        record["seq"] = after
        raw.execute("UPDATE events SET body = ? WHERE seq = ?", (canonical(record), after))


def _hash_anew(raw: sqlite3.Connection, origin: str) -> None:
    value = genesis(origin)
    for seq, body in raw.execute("SELECT seq, body FROM events ORDER BY seq").fetchall():
        value = link(value, body)
        raw.execute("UPDATE events SET hash = ? WHERE seq = ?", (value, seq))


def _measure_rewriting(scale: Scale) -> Figures:
    """Held against the checkpoint, and against a receipt of some entry."""
    chance = random.Random(scale.seed)
    by_chain = sealed = receipted = beyond = missed = unsaid = 0
    with scale.in_memory() as folder:
        whole = _sealed(folder)
        number = scale.of(60, 3000)
        for _ in range(number):
            path = Path(shutil.copyfile(whole.path, folder / "changed.db"))
            with unguarded(path) as raw:
                first = _rewritten(raw, chance, whole)
            if not _audit(path).ok:
                by_chain += 1  # some columns speak of other entries
            found = _audit(path, checkpoints=(whole.checkpoint,))
            if first <= whole.checkpoint.size:
                sealed += 1
                inside = found.between is None or found.between[0] <= first <= found.between[1]
                missed += found.ok or not inside
            else:
                beyond += 1
                # What no checkpoint reaches is said to be unsealed, or found by the chain.
                unsaid += found.ok and found.unsealed < found.events - whole.checkpoint.size
            kept = chance.randint(1, whole.last)
            if first <= kept:
                receipted += 1
                missed += _audit(path, whole.receipts[kept]).ok
    return Figures(
        missed == 0 and unsaid == 0,
        f"{number} rewritings of which the chain alone found {by_chain}: {missed} unnoticed of "
        f"{sealed} before the checkpoint and {receipted} before a kept receipt; {beyond} after "
        "the checkpoint, said to be unsealed",
    )


LINES = (
    Line(
        "G9",
        "a byte, column or row edited, deleted, inserted, swapped, renumbered",
        "found, at the first bad entry",
        _measure_changes,
    ),
    Line(
        "G10",
        "entries forged, exchanged, left out or cut off, and all hashed anew",
        "found as far as a checkpoint or receipt reaches; what is not covered is said",
        _measure_rewriting,
    ),
)
