"""A register moves between a file and a server, and comes back from a backup."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from conflictctl.errors import DamagedRegister
from conflictctl.register import copying
from conflictctl.register.audit import verify
from conflictctl.register.copying import copy
from conflictctl.register.places import place_of
from conflictctl.register.schema import events, logs, personal, touches
from conflictctl.register.store import open_register
from tests.register.conftest import EVERY_KIND

from .conftest import Invoke, Query


@pytest.fixture
def file(tmp_path: Path, invoke: Invoke) -> Path:
    """A register in a file that holds every kind."""
    from conflictctl.calendar import parse_time
    from conflictctl.events import read_line
    from conflictctl.register.store import create_register

    path = tmp_path / "register.db"
    now = parse_time("2013-03-01T09:00:00+08:00")[0]
    with (
        create_register(str(path), zone="Asia/Shanghai", clock=lambda: now) as register,
        register.writing(lambda: now) as writer,
    ):
        for line in EVERY_KIND:
            writer.add(read_line(line))
    return path


def rows(target: str) -> list[list[tuple[object, ...]]]:
    """All that a register holds that is not derived."""
    with open_register(target) as register:
        return [
            [tuple(row) for row in register.fetch(select(table).order_by(*table.primary_key))]
            for table in (logs, events, touches, personal)
        ]


def test_there_and_back_it_is_the_same_register(
    file: Path, address: str, invoke: Invoke, tmp_path: Path
) -> None:
    told = invoke("copy", str(file), address).stdout
    assert "both verify" in told
    assert rows(address) == rows(str(file))
    invoke("copy", address, str(tmp_path / "back.db"))
    assert rows(str(tmp_path / "back.db")) == rows(str(file))
    assert (tmp_path / "back.db").stat().st_mode & 0o777 == 0o600


def test_its_progress_is_told_in_three_rounds(file: Path, address: str) -> None:
    told: list[tuple[int, int]] = []
    with open_register(str(file)) as register:
        last = copy(register, address, progress=lambda *both: told.append(both)).copy.head.seq
    assert told == [(last, 3 * last), (2 * last, 3 * last), (3 * last, 3 * last)]


def test_a_copy_goes_only_to_an_empty_place(file: Path, address: str, invoke: Invoke) -> None:
    invoke("copy", str(file), address)
    assert "exists already" in invoke("copy", str(file), address, code=3).stderr
    assert "exists already" in invoke("copy", address, str(file), code=3).stderr


def copy_slowly(source: str, target: str) -> None:
    """What a child does: copy, and say after the first entries that it is half-way."""
    copying._PAGE = 5
    with open_register(source) as register:
        fetch, pages = register.fetch, 0

        def slow(*arguments: Any) -> Any:
            nonlocal pages
            pages += "BETWEEN" in str(arguments[0])
            if pages > 6:
                print("half-way", flush=True)
                time.sleep(60)
            return fetch(*arguments)

        register.fetch = slow  # type: ignore[method-assign]
        # Verified in its own pages before, and not after: only the copying goes by BETWEEN.
        copying.fill(register, place_of(target), register.head())


@pytest.mark.parametrize("back", [False, True], ids=["to the server", "to a file"])
def test_a_copy_killed_half_way_leaves_nothing(
    file: Path, address: str, invoke: Invoke, query: Query, tmp_path: Path, back: bool
) -> None:
    source, target = str(file), address
    if back:
        invoke("copy", source, target)
        source, target = address, str(tmp_path / "back.db")
    work = f"from {__name__} import copy_slowly; copy_slowly(*{source, target})"
    child = subprocess.Popen(
        [sys.executable, "-c", work],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "half-way\n"
    child.kill()
    child.wait()
    if back:
        assert not Path(target).exists()
    else:
        assert query("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]
    invoke("copy", source, target)
    assert rows(target) == rows(source)


def test_a_copy_that_cannot_begin_says_why_and_makes_nothing(
    file: Path, address: str, invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing, nowhere = str(tmp_path / "missing.db"), "postgresql://owner@/test?host=/nowhere"
    for words, code, said in (
        ((missing, address), 6, "there is no register"),
        ((str(file), nowhere), 6, "cannot be reached"),
        ((nowhere, missing), 6, "cannot be reached"),
        ((address, missing), 7, "there is no register"),
        ((str(file), "mysql://me@h/d"), 3, "SQLite file or on a PostgreSQL server"),
        ((str(file), "postgresql://h:p:p/d"), 3, "no address of a database"),
        ((str(file), str(file)), 3, "exists already"),
    ):
        told = invoke("copy", *words, code=code).stderr
        assert said in told
        assert "hint: " in told
    monkeypatch.setitem(sys.modules, "psycopg", None)
    told = invoke("copy", str(file), address, code=2).stderr
    assert "needs psycopg" in told
    assert "pip install 'conflictctl[postgres]'" in told
    assert not Path(missing).exists()


def test_what_does_not_verify_is_not_copied(file: Path, address: str, query: Query) -> None:
    import sqlite3

    raw = sqlite3.connect(file)
    raw.execute("DROP TRIGGER events_update")
    raw.execute("UPDATE events SET kind = 'call' WHERE seq = 9")
    raw.commit()
    raw.close()
    with open_register(str(file)) as register, pytest.raises(DamagedRegister, match="not verify"):
        copy(register, address)
    assert query("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]


def test_a_backup_of_a_server_is_a_register_in_a_file(
    file: Path, address: str, invoke: Invoke, tmp_path: Path, query: Query
) -> None:
    invoke("copy", str(file), address)
    copy = tmp_path / "backup.db"
    assert "and verifies" in invoke("backup", str(copy)).stdout
    assert rows(str(copy)) == rows(address)
    assert "stays where it is" in invoke("restore", str(copy), "--force", code=3).stderr
    query("DROP SCHEMA public CASCADE")
    query("CREATE SCHEMA public")
    invoke("restore", str(copy))
    assert rows(str(copy)) == rows(address)


def test_erased_is_erased_on_a_server_too(
    file: Path, address: str, invoke: Invoke, query: Query
) -> None:
    invoke("copy", str(file), address)
    assert (
        query("SELECT count(*) FROM personal WHERE position('13800138000' IN data) > 0")[0][0] > 0
    )
    invoke("redact", "K1", "--as", "sun", "--reason", "请求删除", "--yes")
    assert query("SELECT count(*) FROM personal WHERE position('13800138000' IN data) > 0") == [
        (0,)
    ]
    with open_register(address) as register:
        assert verify(register).redacted > 0
