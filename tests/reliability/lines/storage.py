"""G5 disk full, G6 missing rights, G7 what is no register, G16 a register of another schema."""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout, suppress
from io import StringIO
from pathlib import Path

from conflictctl.events import read_line
from conflictctl.register import sqlite
from conflictctl.register.schema import VERSION
from conflictctl.register.store import open_register
from tests.reliability.frame import Figures, Line, NotHere, Scale
from tests.reliability.processes import Killed, ended, fork, run
from tests.reliability.showroom import call, faults_of, make, now, scratch, text

READING = (
    ("status",),
    ("verdict", "K1"),
    ("verdict", "--all", "--format", "jsonl"),
    ("timeline", "K1"),
    ("overdue",),
    ("customer", "list"),
    ("customer", "find", "K1"),
    ("staff", "list"),
    ("export",),
    ("audit", "verify"),
)
"""Commands that only ask."""

WRITING = (
    ("log-call", "K1", "--direction", "in", "--by", "wang", "--note", "长" * 9000),
    ("customer", "add", "K9", "--name", "长" * 200, "--note", "长" * 9000),
    ("correct", "#10", "--set", "note=" + "长" * 9000),
)


class _Wrong(AssertionError):
    """A command did not do what the line demands."""


def expect(done: Killed, code: int, what: object) -> None:
    """A command ended with this code, with one line of error and one hint, and no traceback."""
    if done.code != code or "Traceback" in done.err or "internal error" in done.err:
        raise _Wrong(f"{what}: exit {done.code}, not {code}: {done.err.strip()[-300:]}")
    if code and not (done.err.startswith("error: ") and "\nhint: " in done.err):
        raise _Wrong(f"{what}: no error and hint: {done.err}")


def read_all(path: Path, folder: Path) -> int:
    """Every reading command works; how many there were."""
    for command in READING:
        expect(run([*command, "--db", str(path)], folder), 0, command)
    return len(READING)


# ------------------------------------------------------------------------- disk full


def _writes_refused(path: Path, folder: Path) -> int:
    """Every writing command ends with 6, and what was there before is there after."""
    before = faults_of(path, {}), _head(path)
    lines = folder / "many.jsonl"
    chance = random.Random(1)
    at = "2013-03-01T10:00:00+08:00"
    lines.write_text(
        text(*(call(f"m{n}", chance, at=at, note="长" * 3000) for n in range(300))), "utf-8"
    )
    commands = [*WRITING, ("import", str(lines), "--attest", "sun")]
    for command in commands:
        more = () if command[0] == "import" else ("--as", "sun")
        expect(run([*command, *more, "--db", str(path)], folder), 6, command[0])
    stdin = text(call("s1", chance, note="长" * 9000))
    expect(run(["log", "-", "--as", "sun", "--db", str(path)], folder, stdin), 6, "log -")
    if (faults_of(path, {}), _head(path)) != before or before[0]:
        raise _Wrong(f"something was written: {before}, {_head(path)}")
    return len(commands) + 1


def _head(path: Path) -> object:
    with open_register(str(path)) as register:
        return register.head()


@contextmanager
def _small_disk(folder: Path) -> Iterator[Path]:
    """A file system of 1 MiB."""
    place = scratch(folder / "small")
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(place)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        yield place / "none"
        return
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def _fill(path: Path) -> None:
    """Take what room the file system of a path has left, the last byte too."""
    with path.with_name("ballast").open("wb", buffering=0) as file:
        for size in (65536, 512, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue


def _limited(path: Path, folder: Path) -> int:
    """Files that may not grow: what a quota does."""

    def work() -> None:
        size = path.stat().st_size
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        child_folder = scratch(folder / "limited")
        for command in WRITING:
            expect(run([*command, "--as", "sun", "--db", str(path)], child_folder), 6, command[0])
        read_all(path, child_folder)

    if ended([fork(work)]) != [0]:
        raise _Wrong("with files that may not grow")
    return len(WRITING)


def _pages(path: Path) -> int:
    """SQLite itself says FULL at every page that an import would still have needed."""
    chance = random.Random(2)
    refused = 0
    with open_register(str(path)) as register:
        raw = register.connection
        pages = raw.exec_driver_sql("PRAGMA page_count").scalar_one()
        before = register.head()
        for more in range(0, 24):
            raw.exec_driver_sql(f"PRAGMA max_page_count = {pages + more}")
            try:
                with register.writing(now) as writer:
                    for number in range(60):
                        line = call(f"p{more}-{number}", chance, note="长" * 900)
                        writer.add(read_line(line))
                raise _Wrong("an import fits into too few pages")
            except sqlite.StorageFailed:
                refused += 1
            if register.head() != before:
                raise _Wrong("a refused import left entries")
    return refused


def _full(scale: Scale) -> Figures:
    path = make(scale.folder / "register.db")
    refused = _limited(path, scale.folder) + _pages(path)
    how = "RLIMIT_FSIZE, max_page_count"
    with _small_disk(scale.folder) as place:
        if place.exists():
            full = make(place / "register.db")
            _fill(full)
            refused += _writes_refused(full, scale.folder)
            read_all(full, scale.folder)
            how += ", a full tmpfs"
            full.with_name("ballast").unlink()
            expect(
                run([*WRITING[0], "--as", "sun", "--db", str(full)], scale.folder), 0, "room again"
            )
    fault = faults_of(path, {})
    return Figures(
        fault is None,
        f"{refused} writes refused with exit 6 ({how}), {fault or 'no half event'}; "
        f"{len(READING)} reading commands work",
    )


# ---------------------------------------------------------------------- missing rights

NOBODY = 65534


def _as_nobody(work: Callable[[], object]) -> None:
    def alone() -> None:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        work()

    if ended([fork(alone)]) != [0]:
        raise _Wrong("as somebody without rights")


def _import_all(path: Path) -> None:
    """Have what the commands need imported: the other user may not read this Python's folder."""
    from conflictctl.cli.app import app

    other = path.with_name("other.db")
    shutil.copyfile(path, other)
    for command in (*READING, *WRITING):
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()), suppress(SystemExit):
            app([*command, "--db", str(other)], prog_name="conflictctl")
    for file in path.parent.glob("other.db*"):
        file.unlink()


def _rights(scale: Scale) -> Figures:
    if os.getuid() != 0:
        raise NotHere("needs root, to become somebody without rights")
    scale.folder.chmod(0o755)
    open_to_all = scratch(scale.folder / "for-all")
    out = scratch(scale.folder / "out")
    out.chmod(0o777)
    closed = make(open_to_all / "register.db")
    sqlite.journal_of(closed).unlink(missing_ok=True)
    closed.chmod(0o644)

    def read_only_folder() -> None:
        read_all(closed, out)
        for command in WRITING:
            expect(run([*command, "--as", "sun", "--db", str(closed)], out), 6, command[0])
        new = str(open_to_all / "new.db")
        expect(run(["init", "--timezone", "UTC", "--db", new], out), 6, "init")
        expect(run(["backup", str(open_to_all / "b.db"), "--db", str(closed)], out), 6, "backup")

    def nothing_at_all() -> None:
        for command in (*READING, *WRITING):
            expect(run([*command, "--as", "sun", "--db", str(closed)], out), 6, command)

    def writable_folder_read_only_file() -> None:
        for command in WRITING:
            expect(run([*command, "--as", "sun", "--db", str(closed)], out), 6, command)
        read_all(closed, out)

    _import_all(closed)
    before = closed.read_bytes()
    _as_nobody(read_only_folder)
    open_to_all.chmod(0o777)
    _as_nobody(writable_folder_read_only_file)
    closed.chmod(0o600)
    _as_nobody(nothing_at_all)
    open_to_all.chmod(0o755)
    closed.chmod(0o666)
    _as_nobody(
        lambda: [
            read_all(closed, out),
            *(
                expect(run([*command, "--as", "sun", "--db", str(closed)], out), 6, command)
                for command in WRITING
            ),
        ]
    )
    same = closed.read_bytes() == before
    return Figures(
        same,
        f"as another user: read-only folder, read-only file, a file he may not read, a folder he "
        f"may not write: {4 * len(WRITING) + len(READING) + 2} commands refused with exit 6, "
        f"{3 * len(READING)} reading ones work, no traceback, file {'un' if same else ''}changed",
    )


# ----------------------------------------------------------------- what is no register


def _foreign(path: Path) -> dict[str, bytes]:
    """Files that are no register, or no longer one."""
    whole = path.read_bytes()
    chance = random.Random(3)
    other = path.with_name("other.db")
    for mode in ("delete", "wal"):
        with closing(sqlite3.connect(other)) as raw:
            raw.execute(f"PRAGMA journal_mode = {mode}")
            raw.execute("CREATE TABLE IF NOT EXISTS events (seq, body)")
            raw.commit()
    return {
        "garbage": chance.randbytes(20_000),
        "one byte": b"x",
        "text": "客户,电话\n".encode() * 500,
        "zeros": bytes(8192),
        "another program's database": other.read_bytes(),
        "a zip archive": b"PK\x03\x04" + chance.randbytes(5000),
        "a header and nothing": whole[:100],
        "half a page": whole[:2048],
        "one page of many": whole[:4096],
        "half the file": whole[: len(whole) // 8192 * 4096],
        "pages exchanged": whole[:4096] + whole[8192:12288] + whole[4096:8192] + whole[12288:],
        "no schema": whole[:4096].ljust(len(whole), b"\0"),
        "schema overwritten": whole[:100] + chance.randbytes(3996) + whole[4096:],
        "application id of another": whole[:68] + b"ABCD" + whole[72:],
    }


_PARTLY = ("one page of many", "half the file", "pages exchanged")

_ASKED = (
    ("status",),
    ("verdict", "--all"),
    ("audit", "verify"),
    ("export",),
    ("upgrade",),
    ("log-call", "K1", "--direction", "in", "--by", "wang", "--as", "sun"),
)


def _no_register(scale: Scale) -> Figures:
    path = make(scale.folder / "register.db")
    files = _foreign(path)
    tried = 0
    for name, content in files.items():
        folder = scratch(scale.folder / name.replace(" ", "-"))
        target = folder / "r.db"
        target.write_bytes(content)
        for command in _ASKED:
            done = run([*command, "--db", str(target)], scale.folder)
            if done.code == 0 and name in _PARTLY and command[0] in ("status", "upgrade"):
                pass  # they do not look at the pages that are damaged
            else:
                expect(done, 7, f"{command[0]} on {name}")
            if target.read_bytes() != content:
                raise _Wrong(f"{command[0]} changed {name}")
            tried += 1
        left = sorted(file.name for file in folder.iterdir())
        if left != ["r.db"]:
            raise _Wrong(f"{name}: left {left}")
    return Figures(
        True,
        f"{len(files)} files that are none, or damaged, {tried} commands: exit 7, file unchanged",
    )


# ----------------------------------------------------------------------- other schemas


def _other_schemas(scale: Scale) -> Figures:
    path = make(scale.folder / "register.db")
    sqlite.journal_of(path).unlink(missing_ok=True)
    whole = path.read_bytes()
    tried = 0
    for version in (0, 1, 2, VERSION - 1, VERSION + 1, 99, 2**31 - 1):
        content = whole[:60] + version.to_bytes(4, "big") + whole[64:]
        path.write_bytes(content)
        for command in (*READING, *WRITING):
            done = run([*command, "--as", "sun", "--db", str(path)], scale.folder)
            expect(done, 8, command[0])
            way_out = "conflictctl upgrade" if version < VERSION else "pip install"
            if way_out not in done.err:
                raise _Wrong(f"schema {version}: {done.err}")
            tried += 1
        if path.read_bytes() != content or sqlite.journal_of(path).exists():
            raise _Wrong(f"schema {version}: something was written")
    return Figures(True, f"{tried} commands on 7 other schema versions: exit 8, file unchanged")


LINES = (
    Line("G5", "disk full", "exit 6, no half event, reads still work", _full),
    Line(
        "G6",
        "read-only folder, missing rights",
        "writes exit 6, reads work, no traceback",
        _rights,
    ),
    Line("G7", "garbage, corrupt or foreign file", "exit 7, file unchanged", _no_register),
    Line(
        "G16",
        "register newer or older than the program",
        "exit 8 before any write, says which way out",
        _other_schemas,
    ),
)
