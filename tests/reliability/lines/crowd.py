"""G3: many processes write into one file at the same time."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from conflictctl.events import read_line
from conflictctl.register.store import open_register
from tests.reliability.frame import Figures, Line, Scale
from tests.reliability.processes import Running, acknowledged, ended, fork
from tests.reliability.showroom import call, faults_of, make, now, scratch, text

WRITERS = 32
_TOGETHER = 10


def _write(path: Path, who: int, number: int, gate: Path) -> None:
    """Entries in a transaction each; writes down how long the longest took, wait included."""
    chance = random.Random(who)
    longest = 0.0
    with open_register(str(path)) as register:
        gate.with_suffix(f".{who}").touch()
        while not gate.exists():
            time.sleep(0.005)
        for index in range(number):
            begin = time.monotonic()
            with register.writing(now) as writer:
                writer.add(read_line(call(f"{who}-{index}", chance)))
            longest = max(longest, time.monotonic() - begin)
    path.with_name(f"longest-{who}").write_text(str(longest))


def _log_many(path: Path, who: int, number: int, gate: Path) -> None:
    """The same by `log -`, ten lines at a time, the next when these are acknowledged."""
    chance = random.Random(who)
    folder = scratch(path.with_name(f"log-{who}"))
    entries = [call(f"{who}-log-{index}", chance) for index in range(number)]
    gate.with_suffix(f".{who}").touch()
    while not gate.exists():
        time.sleep(0.005)
    child = Running(["log", "-", "--as", "sun", "--db", str(path)], folder, env={})
    longest = 0.0
    for start in range(0, number, _TOGETHER):
        begin = time.monotonic()
        child.feed(text(*entries[start : start + _TOGETHER]))
        while len([*acknowledged((folder / "out").read_text())]) < min(start + _TOGETHER, number):
            assert child.running(), (folder / "err").read_text()
            time.sleep(0.002)
        longest = max(longest, time.monotonic() - begin)
    assert child.wait().code == 0
    path.with_name(f"longest-{who}").write_text(str(longest))


class _Crowd(NamedTuple):
    rate: float  # entries a second
    longest: float  # seconds that one entry, or ten together, took
    problem: str | None


def _crowd(work: Callable[[Path, int, int, Path], None], folder: Path, number: int) -> _Crowd:
    """Let 32 processes do the work on a new register at the same moment."""
    path = make(scratch(folder) / "register.db")
    gate = folder / "gate"
    with open_register(str(path)) as register:
        before = register.head().seq
    children = [
        fork(lambda who=who: work(path, who, number, gate))  # type: ignore[misc]
        for who in range(WRITERS)
    ]
    while len(list(folder.glob("gate.*"))) < WRITERS:
        time.sleep(0.01)
    begin = time.monotonic()
    gate.touch()
    failed = sum(map(bool, ended(children)))
    took = time.monotonic() - begin
    if failed:
        return _Crowd(0, 0, f"{failed} writers ended with an error")
    longest = max(float(file.read_text()) for file in folder.glob("longest-*"))
    with open_register(str(path)) as register:
        entries = list(register.events(after=before))
    total = WRITERS * number
    problem = faults_of(path, {})
    if len({entry.id for entry in entries}) != total or len(entries) != total:
        problem = f"{len(entries)} of {total} entries are there"
    elif [entry.seq for entry in entries] != list(range(before + 1, before + 1 + total)):
        problem = "there are gaps"
    return _Crowd(total / took, longest, problem)


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
    single = _crowd(_write, scale.folder / "single", scale.of(10, 60))
    many = _crowd(_log_many, scale.folder / "many", scale.of(30, 200))
    bare = _bare(scale.folder, scale.of(50, 300))
    problem = single.problem or many.problem
    # No program commits faster than the disk syncs: four times for each transaction.
    enough = many.rate >= 300 and single.rate >= min(300, bare / 2)
    return Figures(
        problem is None and enough and max(single.longest, many.longest) < 5,
        f"{problem or 'all in, gapless, one chain, no error'}; a transaction each "
        f"{single.rate:.0f} events/s, longest wait {single.longest:.2f} s (a bare SQLite loop in "
        f"one process makes {bare:.0f} commits/s on this disk); by log -, ten at a time, "
        f"{many.rate:.0f} events/s, longest wait {many.longest:.2f} s",
    )


LINES = (
    Line(
        "G3",
        "32 writer processes on one SQLite file",
        "all in, gapless, one chain, no error, longest wait < 5 s, >= 300 events/s",
        _measure,
    ),
)
