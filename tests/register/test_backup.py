"""Copies: verified, private, never half, never over something else by accident."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from conflictctl.errors import ConflictctlError, DamagedRegister, InputRejected, StorageFailed
from conflictctl.events import read_line
from conflictctl.register import backup as copying
from conflictctl.register import sqlite
from conflictctl.register.audit import verify
from conflictctl.register.backup import backup, restore
from conflictctl.register.store import Register, create_register, open_register

from .conftest import Clock, Log

VISIT = {"kind": "visit", "customer": "K1", "by": "wang", "note": "n"}


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "backups" / "r.db"


def others(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir() if file.is_file()}


def test_a_backup_is_a_register_with_the_same_head(
    register: Register, showroom: Log, target: Path
) -> None:
    showroom(VISIT)
    found = backup(register, target)
    assert found.ok
    with open_register(str(target)) as copy:
        assert copy.head() == register.head() == found.head
        assert list(copy.events()) == list(register.events())
    assert others(target.parent) == {target.name}


@pytest.mark.skipif(os.name != "posix", reason="rights of POSIX systems")
def test_a_backup_is_its_owners_alone(register: Register, target: Path) -> None:
    old = os.umask(0)
    try:
        backup(register, target)
    finally:
        os.umask(old)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_a_backup_does_not_overwrite_by_itself(register: Register, target: Path) -> None:
    target.parent.mkdir()
    target.write_text("something else")
    with pytest.raises(InputRejected, match="exists"):
        backup(register, target)
    assert target.read_text() == "something else"
    backup(register, target, overwrite=True)
    open_register(str(target)).close()


def test_a_register_is_not_backed_up_over_itself(register: Register, path: Path) -> None:
    with pytest.raises(InputRejected, match="itself"):
        backup(register, path, overwrite=True)
    assert verify(register).ok


def test_a_register_that_does_not_verify_gives_no_backup(
    register: Register, showroom: Log, path: Path, target: Path
) -> None:
    showroom(VISIT)
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("DROP TRIGGER events_update")
        raw.execute("UPDATE events SET at = at - 1 WHERE seq = 11")
        raw.commit()
    with pytest.raises(DamagedRegister, match="at of #11"):
        backup(register, target)
    assert others(target.parent) == set()


def test_a_backup_into_a_place_that_is_a_file_fails_cleanly(
    register: Register, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageFailed):
        backup(register, tmp_path / "file" / "r.db")


def test_what_is_written_meanwhile_does_not_stop_a_backup(
    register: Register, showroom: Log, path: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    showroom(*({**VISIT, "note": "n" * 3000, "level": f"L{number}"} for number in range(300)))
    monkeypatch.setattr(copying, "_FIRST_STEP", 8)
    writes = 0
    steps: set[int] = set()
    watch = copying._watch

    def write_between(step: int) -> Any:
        told = watch(step)
        steps.add(step)

        def between(status: int, remaining: int, total: int) -> None:
            nonlocal writes
            if remaining:
                writes += 1
                with open_register(str(path)) as other, other.writing(Clock()) as writer:
                    writer.add(
                        read_line(
                            {**VISIT, "at": "2013-03-01T08:00:00+08:00", "level": f"M{writes}"}
                        )
                    )
            told(status, remaining, total)

        return between

    monkeypatch.setattr(copying, "_watch", write_between)
    with sqlite.failures("r.db"):
        found = backup(register, target)
    assert found.ok
    assert writes > 3
    assert found.events >= 310
    # It gave up copying pages while somebody wrote: no writer waits for ever larger steps.
    assert steps == {8}
    with open_register(str(target)) as copy:
        assert copy.head() == found.head
        assert [copy.stored(seq) for seq in range(1, found.events + 1)] == [
            register.stored(seq) for seq in range(1, found.events + 1)
        ]


def test_a_restored_register_is_the_one_backed_up(
    register: Register, showroom: Log, path: Path, target: Path
) -> None:
    showroom(VISIT)
    backup(register, target)
    head = register.head()
    showroom({**VISIT, "level": "A"})
    register.close()
    with pytest.raises(InputRejected, match="exists"):
        restore(target, str(path))
    kept = restore(target, str(path), force=True)
    assert kept == path.with_name("register.db.replaced")
    with open_register(str(path)) as restored, open_register(str(kept)) as old:
        assert restored.head() == head
        assert old.head().seq == head.seq + 1
        assert verify(restored).ok
        assert verify(old).ok
    assert restore(target, str(path), force=True) == path.with_name("register.db.replaced-2")


def test_a_restore_where_nothing_is(register: Register, tmp_path: Path, target: Path) -> None:
    backup(register, target)
    fresh = tmp_path / "elsewhere" / "r.db"
    assert restore(target, str(fresh)) is None
    with open_register(str(fresh)) as restored:
        assert restored.origin == register.origin


def test_a_restore_over_damage_keeps_the_damaged_file_and_not_its_journal(
    register: Register, path: Path, target: Path
) -> None:
    backup(register, target)
    register.close()
    path.write_bytes(b"garbage" * 1000)
    sqlite.journal_of(path).write_bytes(b"rubbish")
    kept = restore(target, str(path), force=True)
    assert kept is not None
    assert kept.read_bytes() == b"garbage" * 1000
    assert not sqlite.journal_of(path).exists()
    with open_register(str(path)) as restored:
        assert verify(restored).ok


@pytest.mark.parametrize("content", [b"", b"garbage" * 1000, None])
def test_what_is_no_register_is_not_restored(
    register: Register, path: Path, tmp_path: Path, content: bytes | None
) -> None:
    source = tmp_path / "source.db"
    if content is not None:
        source.write_bytes(content)
    register.close()
    before = path.read_bytes()
    with pytest.raises(ConflictctlError) as caught:
        restore(source, str(path), force=True)
    assert caught.value.exit_code == (6 if content is None else 7)
    assert path.read_bytes() == before
    assert {name for name in others(path.parent) if "replaced" in name} == set()


def test_a_backup_that_was_tampered_with_is_not_restored(
    register: Register, showroom: Log, path: Path, target: Path
) -> None:
    showroom(VISIT)
    backup(register, target)
    register.close()
    with closing(sqlite3.connect(target)) as raw:
        raw.execute("DROP TRIGGER personal_update")
        raw.execute("UPDATE personal SET data = x'7b7d'")
        raw.commit()
    with pytest.raises(DamagedRegister, match="personal of #5"):
        restore(target, str(path), force=True)


def test_a_register_is_not_restored_from_itself(register: Register, path: Path) -> None:
    with pytest.raises(InputRejected, match="itself"):
        restore(path, str(path), force=True)


def test_a_crash_before_the_restore_is_undone_in_the_file_that_is_kept(
    register: Register, showroom: Log, path: Path, target: Path, clock: Clock
) -> None:
    """A hot journal must not be played back into the register that takes the place."""
    showroom(VISIT)
    backup(register, target)
    head = register.head()
    register.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        raw.execute("PRAGMA cache_size = 1")
        raw.execute("PRAGMA journal_mode = PERSIST")
        raw.execute("BEGIN IMMEDIATE")
        raw.executemany(
            "INSERT INTO logs VALUES (?, ?)", [(f"l{number}", "0" * 32) for number in range(2000)]
        )
        crashed, journal = path.read_bytes(), sqlite.journal_of(path).read_bytes()
        raw.execute("ROLLBACK")
    path.write_bytes(crashed)
    sqlite.journal_of(path).write_bytes(journal)
    kept = restore(target, str(path), force=True)
    for file in (path, kept):
        with open_register(str(file)) as one:
            assert one.head() == head
            assert verify(one).ok


def test_a_new_register_beside_an_old_backup(tmp_path: Path, clock: Clock) -> None:
    one, other = tmp_path / "one.db", tmp_path / "other.db"
    with (
        create_register(str(one), zone="UTC", clock=clock) as first,
        create_register(str(other), zone="UTC", clock=clock) as second,
    ):
        assert first.origin != second.origin
        assert first.head().hash != second.head().hash
