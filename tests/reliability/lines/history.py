"""G8 flipped bytes; G11 to G13 clocks, late entries, mending; G14, G15, G26 others at work."""

from __future__ import annotations

import gzip
import json
import os
import random
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, event

from conflictctl.errors import ConflictctlError, SchemaMismatch
from conflictctl.events import Event, read_line
from conflictctl.register import schema, upgrade
from conflictctl.register.audit import verify
from conflictctl.register.backup import backup, restore
from conflictctl.register.store import open_register
from tests.reliability.frame import ROOT, Figures, Line, Scale, by_tests
from tests.reliability.processes import ended, fork, run
from tests.reliability.showroom import EVERY_KIND, call, faults_of, make, now, scratch, text

# ---------------------------------------------------------------------- G8: flipped bytes


def _everything(path: Path) -> list[Event]:
    with open_register(str(path)) as register:
        return list(register.events())


def _flipped(scale: Scale) -> Figures:
    """Every byte of a register (one in three hundred in the quick form), one bit of it or all."""
    chance = random.Random(scale.seed)
    with scale.in_memory() as folder:
        whole = make(folder / "whole.db", EVERY_KIND)
        expected, content = _everything(whole), bytearray(whole.read_bytes())
        path = folder / "flipped.db"
        places = range(chance.randrange(scale.of(300, 1)), len(content), scale.of(300, 1))
        detected, silent = 0, []
        for place in places:
            was = content[place]
            content[place] ^= chance.choice((1 << chance.randrange(8), 0xFF))
            path.write_bytes(content)
            content[place] = was
            try:
                with open_register(str(path)) as register:
                    found = verify(register)
                if not found.ok:
                    detected += 1
                elif _everything(path) != expected:
                    silent.append(place)
            except ConflictctlError:
                detected += 1
    same = len(places) - detected - len(silent)
    return Figures(
        not silent,
        f"{len(places)} of {len(content)} bytes flipped: {detected} detected, {same} read back the "
        f"same, {len(silent)} silent changes",
    )


# ------------------------------------------------------- G11, G12: clocks and late entries


def _set_back(scale: Scale) -> Figures:
    path = make(scale.folder / "register.db")
    chance = random.Random(scale.seed)
    moment, back = now(), 0
    with open_register(str(path)) as register:
        for number in range(scale.of(100, 1000)):
            step = chance.choice((-3600, -1, 1, 60)) * 1_000_000
            moment += step
            back += step < 0
            with register.writing(lambda at=moment: at) as writer:
                writer.add(read_line(call(f"b{number}", chance)))
        entries = [entry.id for entry in register.events(kind="call")]
        found = verify(register)
    in_order = entries == [f"b{number}" for number in range(len(entries))]
    told = run(["audit", "verify", "--db", str(path)], scale.folder)
    return Figures(
        found.ok and in_order and abs(found.clock_back - back) <= 1 and "clock" in told.out,
        f"clock set back {back} times in {len(entries)} entries: all accepted in their order, "
        f"audit verify counts {found.clock_back}",
    )


# ---------------------------------------------------------------- G13: nothing is changed

_CHANGES = ("update", "delete", "replace", "insert or replace")
_TABLES = ("events", "logs", "touches")


def _unchanged(scale: Scale) -> Figures:
    """Statements of a whole run of commands, and the guards of the database."""
    path = make(scale.folder / "register.db", EVERY_KIND)
    issued: list[str] = []
    sqlite_connect = sqlite3.connect

    def connect(*arguments: object, **more: object) -> sqlite3.Connection:
        raw = sqlite_connect(*arguments, **more)  # type: ignore[call-overload]
        raw.set_trace_callback(issued.append)
        return raw  # type: ignore[no-any-return]

    sqlite3.connect = connect  # type: ignore[assignment]
    try:
        with open_register(str(path)) as register:
            before = list(register.events())
            for line in (
                {"kind": "correction", "by": "wang", "corrects": "v1", "changes": {"level": "B"}},
                {"kind": "void", "by": "sun", "voids": "f1", "reason": "x"},
                {"kind": "staff_left", "staff": "li", "by": "sun"},
                {"kind": "redaction", "customer": "K2", "by": "sun", "reason": "asked"},
            ):
                with register.writing(now) as writer:
                    writer.add(read_line(line))
            verify(register)
        backup_to = scale.folder / "copy.db"
        with open_register(str(path)) as register:
            backup(register, backup_to)
    finally:
        sqlite3.connect = sqlite_connect
    after = _everything(path)
    wrong = [
        statement
        for statement in issued
        if statement.lower().startswith(_CHANGES)
        and any(f" {table}" in statement.lower().partition("where")[0] for table in _TABLES)
    ]
    refused = 0
    with closing(sqlite3.connect(path)) as raw:
        guarded = ("events", "logs", "touches", "personal")
        for table in guarded:
            for statement in (
                f"DELETE FROM {table} WHERE rowid = (SELECT min(rowid) FROM {table})",
                f"UPDATE {table} SET rowid = rowid",
                # All of a row of `touches` is its key: to replace it changes nothing.
                f"INSERT OR REPLACE INTO {table} SELECT * FROM {table} LIMIT 1"
                if table != "touches"
                else "DELETE FROM touches",
            ):
                try:
                    raw.execute(statement)
                except sqlite3.IntegrityError:
                    refused += 1
    held = not wrong and after[: len(before)] == before and refused == 3 * len(guarded)
    return Figures(
        held,
        f"{len(issued)} statements traced, {len(wrong)} UPDATE or DELETE on entries; {len(before)} "
        f"originals the same after correction, void and redaction; the database refused {refused} "
        f"of {3 * len(guarded)} changes by hand",
    )


# --------------------------------------------------- G14, G26: others write meanwhile


def _write_until(path: Path, stop: Path, out: Path) -> None:
    """One entry after another; writes down the longest time that one took."""
    chance = random.Random(1)
    longest, number = 0.0, 0
    with open_register(str(path)) as register:
        first = register.head().seq
        while not stop.exists():
            begin = time.monotonic()
            with register.writing(now) as writer:
                writer.add(read_line(call(f"w{first}-{number}", chance)))
            longest = max(longest, time.monotonic() - begin)
            number += 1
            time.sleep(0.01)
    out.write_text(json.dumps([longest, number]))


def _meanwhile(path: Path, work: Callable[[], None], folder: Path) -> tuple[float, int]:
    """The longest time an entry took while some work was done, and how many there were."""
    stop, out = folder / "stop", folder / "longest"
    child = fork(lambda: _write_until(path, stop, out))
    try:
        work()
    finally:
        stop.touch()
        codes = ended([child])
    if codes != [0]:
        raise AssertionError("the writer ended with an error")
    longest, number = json.loads(out.read_text())
    return longest, number


def _large(folder: Path, number: int) -> Path:
    chance = random.Random(7)
    at = "2013-03-01T10:00:00+08:00"
    path = make(folder / "register.db")
    file = folder / "many.jsonl"
    file.write_text(text(*(call(f"m{n}", chance, at=at) for n in range(number))), "utf-8")
    done = run(["import", str(file), "--attest", "sun", "--db", str(path)], folder)
    assert done.code == 0, done.err
    return path


def _copied(scale: Scale) -> Figures:
    path = _large(scale.folder, scale.of(20_000, 200_000))
    copies = [scale.folder / f"copy-{number}.db" for number in range(scale.of(2, 10))]

    def copy() -> None:
        for target in copies:
            with open_register(str(path)) as register:
                assert backup(register, target).ok

    longest, number = _meanwhile(path, copy, scale.folder)
    back = scale.folder / "back.db"
    for target in copies:
        restore(target, str(back), force=True)
        fault = faults_of(back, {})
        if fault:
            return Figures(False, fault)
    size = path.stat().st_size / 1e6
    return Figures(
        scale.in_time(longest < 1),
        f"{len(copies)} backups of {size:.0f} MB while {number} entries were written: each "
        f"restored and verified; the longest that an entry took was {longest:.2f} s",
    )


def _reported(scale: Scale) -> Figures:
    entries = scale.of(20_000, 200_000)
    path = _large(scale.folder, entries)
    commands = (["verdict", "--all", "--format", "jsonl"], ["export"], ["audit", "verify"])
    waits: dict[str, float] = {}
    written = 0
    for command in commands:

        def report(command: list[str] = command) -> None:
            done = run([*command, "--db", str(path)], scratch(scale.folder / "answers"))
            assert done.code == 0, done.err

        name = " ".join(command[:2]) if len(command) > 1 else command[0]
        waits[name], number = _meanwhile(path, report, scale.folder)
        (scale.folder / "stop").unlink()
        written += number
    each = ", ".join(f"{name} {longest:.2f} s" for name, longest in waits.items())
    return Figures(
        scale.in_time(max(waits.values()) < 1),
        f"over {entries:,} entries while {written:,} were written: the longest that one took was "
        f"{max(waits.values()):.2f} s (beside {each})",
    )


# ---------------------------------------------------------------- G15: upgrades killed


def _bodies(path: Path) -> list[tuple[int, bytes, bytes]]:
    with closing(sqlite3.connect(path)) as raw:
        return raw.execute("SELECT seq, body, hash FROM events ORDER BY seq").fetchall()


def _upgrade_until(path: Path, last: int, count: Path) -> None:
    """The upgrade as shipped, ended without a word before its statement number `last`."""
    done = 0

    def watch(*_: object) -> None:
        nonlocal done
        if done == last:
            os._exit(9)
        done += 1

    def migrate(connection: Connection) -> None:
        event.listen(connection, "before_cursor_execute", watch)
        upgrade.run_scripts(connection, upgrade.scripts())
        watch()

    upgrade.upgrade(str(path), migrate=migrate)
    count.write_text(str(done))


def _upgraded(scale: Scale) -> Figures:
    kept = sorted((ROOT / "tests/register/registers").glob("schema-*.db.gz"))
    kills = 0
    with scale.in_memory() as folder:
        for file in kept:
            old = folder / "old.db"
            old.write_bytes(gzip.decompress(file.read_bytes()))
            before, last = _bodies(old), 0
            while True:
                path = scratch(folder / "now") / "r.db"
                shutil.copyfile(old, path)
                code = ended([fork(lambda: _upgrade_until(path, last, folder / "count"))])[0]  # noqa: B023
                if _bodies(path) != before:
                    return Figures(False, f"{file.name}: entries differ after statement {last}")
                if code == 0:
                    break
                if code != 9:
                    return Figures(False, f"{file.name}: the upgrade fails at statement {last}")
                kills += 1
                try:
                    open_register(str(path)).close()
                    return Figures(False, f"{file.name}: half an upgrade at statement {last}")
                except SchemaMismatch:
                    last += 1
                shutil.rmtree(path.parent)
            fault = faults_of(path, {})
            if fault:
                return Figures(False, f"{file.name}: {fault}")
    return Figures(
        kills > 0,
        f"{len(kept)} registers of earlier schemas, killed before each of {kills} statements of "
        f"the upgrade to schema {schema.VERSION}: wholly old each time, then wholly new, entries "
        "byte-identical",
    )


LINES = (
    Line("G8", "any byte flipped", "detected, or every event reads back the same", _flipped),
    Line("G11", "clock set back", "accepted, flagged; order rests on seq", _set_back),
    Line(
        "G12",
        "back-dated entry",
        "late, visible, never wins a first file",
        by_tests("tests/register/test_append.py", "tests/test_worked_cases.py"),
    ),
    Line(
        "G13",
        "correction, void, change by hand",
        "originals unchanged; no UPDATE or DELETE on events issued; the database refuses them",
        _unchanged,
    ),
    Line(
        "G14",
        "backup while writing, restore",
        "the restored register verifies; a writer stalls < 1 s",
        _copied,
    ),
    Line(
        "G15",
        "upgrade killed at any statement",
        "wholly old or wholly new, events byte-identical",
        _upgraded,
    ),
    Line(
        "G26",
        "long report while others write",
        "a writer never waits > 1 s",
        _reported,
    ),
)
