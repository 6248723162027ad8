"""G3: many processes write into one file at the same time."""

from __future__ import annotations

import json
import random
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from conflictctl.events import read_line
from conflictctl.register.store import open_register
from tests.reliability.frame import Figures, Line, Scale
from tests.reliability.processes import Running, acknowledged, ended, fork
from tests.reliability.showroom import call, faults_of, make, now, scratch, text

WRITERS = 32
_TOGETHER = 20


class Crowd(NamedTuple):
    """What many writers at once came to."""

    rate: float
    """Entries a second."""
    waits: list[float]
    """Seconds from the wish to write until it was durable, the shortest first."""
    problem: str | None

    @property
    def longest(self) -> float:
        """The longest wait."""
        return self.waits[-1] if self.waits else 0.0


def _write(target: Path | str, who: int, number: int, gate: Path) -> None:
    """Entries in a transaction each; writes down how long each took, wait included."""
    chance = random.Random(who)
    waits = []
    with open_register(str(target)) as register:
        gate.with_suffix(f".{who}").touch()
        while not gate.exists():
            time.sleep(0.005)
        for index in range(number):
            begin = time.monotonic()
            with register.writing(now) as writer:
                writer.add(read_line(call(f"{who}-{index}", chance)))
            waits.append(time.monotonic() - begin)
    gate.with_name(f"waits-{who}").write_text(json.dumps(waits))


def at_once(target: Path | str, folder: Path, number: int) -> Crowd:
    """32 processes with the register open, `number` entries of each, an entry to a transaction."""
    gate = folder / "gate"
    children = [
        fork(lambda who=who: _write(target, who, number, gate))  # type: ignore[misc]
        for who in range(WRITERS)
    ]
    while len(list(folder.glob("gate.*"))) < WRITERS:
        time.sleep(0.01)
    begin = time.monotonic()
    gate.touch()
    failed = sum(map(bool, ended(children)))
    took = time.monotonic() - begin
    if failed:
        return Crowd(0, [], f"{failed} writers ended with an error")
    waits = sorted(wait for file in folder.glob("waits-*") for wait in json.loads(file.read_text()))
    return Crowd(WRITERS * number / took, waits, _problem(target, WRITERS * number))


def _single(folder: Path, number: int) -> Crowd:
    return at_once(make(scratch(folder) / "register.db"), folder, number)


class _Sender:
    """One `log -`, which is sent its next lines when the last are acknowledged."""

    def __init__(self, path: Path, who: int, number: int) -> None:
        chance = random.Random(who)
        self._lines = [call(f"{who}-{index}", chance) for index in range(number)]
        self._folder = scratch(path.with_name(f"log-{who}"))
        self._child = Running(["log", "-", "--as", "sun", "--db", str(path)], self._folder, env={})
        self._sent = 0
        self._since = 0.0
        self.waits: list[float] = []

    def go_on(self) -> bool:
        """Send more if it is time to; False when all is done."""
        out = (self._folder / "out").read_bytes()
        if out.count(b"\n") < self._sent:
            return True
        if self._sent:
            self.waits.append(time.monotonic() - self._since)
        if self._sent == len(self._lines):
            return False
        self._since = time.monotonic()
        self._child.feed(text(*self._lines[self._sent : self._sent + _TOGETHER]))
        self._sent = min(self._sent + _TOGETHER, len(self._lines))
        return True

    def end(self) -> str | None:
        """What it complained of."""
        end = self._child.wait()
        count = len(list(acknowledged(end.out)))
        if end.code or count != len(self._lines):
            return f"log - ended with {end.code}: {end.err.strip()}"
        return None


def _many(folder: Path, number: int) -> Crowd:
    """32 `log -`, twenty entries at a time."""
    path = make(scratch(folder) / "register.db")
    senders = [_Sender(path, who, number) for who in range(WRITERS)]
    begin = time.monotonic()
    busy = senders
    while busy and time.monotonic() - begin < 120:
        busy = [sender for sender in busy if sender.go_on()]
        time.sleep(0.02)
    took = time.monotonic() - begin
    problems = [problem for sender in senders if (problem := sender.end())]
    waits = sorted(wait for sender in senders for wait in sender.waits)
    problem = problems[0] if problems else _problem(path, WRITERS * number)
    return Crowd(WRITERS * number / took, waits, problem)


def _problem(target: Path | str, total: int) -> str | None:
    with open_register(str(target)) as register:
        entries = list(register.events(kind="call"))
    first = entries[0].seq
    if len({entry.id for entry in entries}) != total or len(entries) != total:
        return f"{len(entries)} of {total} entries are there"
    if [entry.seq for entry in entries] != list(range(first, first + total)):
        return "there are gaps"
    return faults_of(target, {})


def _bare(folder: Path, commits: int) -> float:
    """Commits a second of a bare loop with the same settings: what this disk can do."""
    with closing(sqlite3.connect(folder / "bare.db", isolation_level=None)) as raw:
        raw.execute("PRAGMA journal_mode = TRUNCATE")
        raw.execute("PRAGMA synchronous = EXTRA")
        raw.execute("CREATE TABLE t (x)")
        begin = time.monotonic()
        for _ in range(commits):
            raw.execute("BEGIN IMMEDIATE")
            raw.execute("INSERT INTO t VALUES (?)", ("x" * 500,))
            raw.execute("COMMIT")
        return commits / (time.monotonic() - begin)


def _measure(scale: Scale) -> Figures:
    single = _single(scale.folder / "single", scale.of(8, 60))
    many = _many(scale.folder / "many", scale.of(60, 400))
    bare = _bare(scale.folder, scale.of(50, 300))
    problem = single.problem or many.problem
    # No program commits faster than the disk syncs, four times for each transaction.
    enough = many.rate >= min(300, 4 * bare) and single.rate >= min(300, bare / 4)
    return Figures(
        problem is None and scale.in_time(enough and max(single.longest, many.longest) < 5),
        f"{problem or 'all in, gapless, one chain, no error'}; by log -, {_TOGETHER} lines at a "
        f"time, {many.rate:.0f} events/s, longest wait {many.longest:.2f} s; a transaction for "
        f"each entry {single.rate:.0f} events/s, longest wait {single.longest:.2f} s (one process "
        f"in a bare SQLite loop makes {bare:.0f} commits/s on this disk)",
    )


LINES = (
    Line(
        "G3",
        "32 writer processes on one SQLite file",
        "all in, gapless, one chain, no error, longest wait < 5 s, >= 300 events/s",
        _measure,
    ),
)
