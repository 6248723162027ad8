"""The file: made whole, private, recognised; and what is refused, with which exit code."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from conflictctl.errors import (
    Busy,
    ConflictctlError,
    DamagedRegister,
    InputRejected,
    SchemaMismatch,
    StorageFailed,
)
from conflictctl.events import read_line
from conflictctl.register import sqlite
from conflictctl.register.audit import verify
from conflictctl.register.places import place_of
from conflictctl.register.store import Register, create_register, open_register

from .conftest import Clock, Log

posix_only = pytest.mark.skipif(os.name != "posix", reason="rights of POSIX systems")


@pytest.fixture
def rights_bind(tmp_path: Path) -> None:
    """Skip where the rights of files do not bind who runs the tests, as they do not root."""
    probe = tmp_path / "probe"
    probe.touch(mode=0o400)
    if os.access(probe, os.W_OK):
        pytest.skip("root may do everything")


VISIT = {"kind": "visit", "customer": "K1", "by": "wang"}
ANOTHER = {**VISIT, "level": "A"}


@pytest.fixture
def closed(register: Register, showroom: Log, path: Path) -> Path:
    """A register with eleven entries that nobody has open."""
    showroom(VISIT)
    register.close()
    return path


def alter(path: Path, *statements: str) -> None:
    with sqlite3.connect(path) as raw:
        for statement in statements:
            raw.execute(statement)
    raw.close()


def refused(path: Path) -> ConflictctlError:
    """Opening fails, and the file stays as it is."""
    before = path.read_bytes()
    with pytest.raises(ConflictctlError) as caught:
        open_register(str(path))
    assert path.read_bytes() == before
    assert caught.value.hint is not None
    return caught.value


# ------------------------------------------------------------------------------- made


def test_a_new_register_holds_its_settings_and_verifies(path: Path, clock: Clock) -> None:
    with create_register(str(path), zone="Europe/Paris", clock=clock) as register:
        assert register.settings() == {"timezone": "Europe/Paris"}
        assert register.head().seq == 1
        assert verify(register).ok
        assert len(bytes.fromhex(register.origin)) == 16


def test_nothing_else_is_left_beside_it(path: Path, clock: Clock) -> None:
    create_register(str(path), zone="UTC", clock=clock).close()
    assert [file.name for file in path.parent.iterdir() if file.is_file()] == [path.name]


def test_folders_are_made(path: Path, clock: Clock) -> None:
    deep = path.parent / "a" / "b" / "r.db"
    create_register(str(deep), zone="UTC", clock=clock).close()
    assert deep.exists()


def test_what_exists_is_not_made_again(closed: Path, clock: Clock) -> None:
    before = closed.read_bytes()
    with pytest.raises(InputRejected, match="exists already"):
        create_register(str(closed), zone="UTC", clock=clock)
    assert closed.read_bytes() == before


def test_an_unknown_zone_makes_nothing(path: Path, clock: Clock) -> None:
    for zone in ("Mars/Base", "../x", ""):
        with pytest.raises(InputRejected, match="no time zone"):
            create_register(str(path), zone=zone, clock=clock)
    assert not path.exists()


def test_an_empty_file_is_no_register_to_read_but_may_become_one(path: Path, clock: Clock) -> None:
    path.touch()
    assert refused(path).exit_code == 7
    with create_register(str(path), zone="UTC", clock=clock) as register:
        assert verify(register).ok


def test_an_url_of_a_file_is_the_file(path: Path, clock: Clock) -> None:
    create_register(f"sqlite:///{path}", zone="UTC", clock=clock).close()
    open_register(str(path)).close()


def test_other_databases_are_refused_by_name_without_the_password() -> None:
    with pytest.raises(InputRejected) as caught:
        open_register("mysql://user:secret@host/db")
    assert "mysql" in str(caught.value)
    assert "secret" not in str(caught.value)


@posix_only
@pytest.mark.parametrize("mask", [0o000, 0o022, 0o777])
def test_file_and_journal_are_their_owners_alone(path: Path, clock: Clock, mask: int) -> None:
    old = os.umask(mask)
    try:
        with (
            create_register(str(path), zone="UTC", clock=clock) as register,
            register.writing(clock) as writer,
        ):
            writer.add(read_line({"kind": "setting", "name": "x", "value": 1}))
    finally:
        os.umask(old)
    for file in (path, sqlite.journal_of(path)):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_settings_that_survive_a_loss_of_power(register: Register) -> None:
    pragmas = [
        register.connection.exec_driver_sql(f"PRAGMA {name}").scalar()
        for name in ("synchronous", "foreign_keys", "busy_timeout")
    ]
    assert pragmas == [3, 1, 5000]
    with register.writing(Clock()):
        mode = register.connection.exec_driver_sql("PRAGMA journal_mode").scalar()
    assert mode == "truncate"


# --------------------------------------------------------------------------- recognised


def test_a_missing_file_is_not_made_by_reading(path: Path) -> None:
    with pytest.raises(StorageFailed, match="no register"):
        open_register(str(path))
    assert not path.exists()


def test_a_folder_is_no_register(tmp_path: Path) -> None:
    with pytest.raises(DamagedRegister):
        open_register(str(tmp_path))


def test_garbage_is_no_register(path: Path) -> None:
    path.write_bytes(os.urandom(8192))
    assert refused(path).exit_code == 7


def test_text_is_no_register(path: Path) -> None:
    path.write_text("kind,customer\n" * 200)
    assert refused(path).exit_code == 7


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_database_of_another_program_stays_as_it_is(path: Path, mode: str) -> None:
    alter(
        path,
        f"PRAGMA journal_mode = {mode}",
        "CREATE TABLE events(x)",
        "INSERT INTO events VALUES (1)",
    )
    error = refused(path)
    assert isinstance(error, DamagedRegister)
    assert "another program" in str(error)


def test_a_cut_register_is_damaged(closed: Path) -> None:
    closed.write_bytes(closed.read_bytes()[:10_000])
    before = closed.read_bytes()
    with pytest.raises(DamagedRegister), open_register(str(closed)) as register:
        list(register.events())
    assert closed.read_bytes() == before


@pytest.mark.parametrize("table", ["alembic_version", "logs"])
def test_a_register_without_its_tables_is_damaged(closed: Path, table: str) -> None:
    alter(closed, f"DROP TABLE {table}")
    assert isinstance(refused(closed), DamagedRegister)


def test_a_register_without_its_log_is_damaged(closed: Path) -> None:
    alter(closed, "DROP TRIGGER logs_delete", "DELETE FROM logs")
    assert isinstance(refused(closed), DamagedRegister)


@pytest.mark.parametrize(
    "change", ["INSERT INTO alembic_version VALUES ('0001')", "DELETE FROM alembic_version"]
)
def test_a_register_of_two_schemas_or_of_none_is_damaged(closed: Path, change: str) -> None:
    alter(closed, change)
    assert isinstance(refused(closed), DamagedRegister)


def test_a_newer_register_says_install_a_newer_program(closed: Path) -> None:
    alter(closed, "PRAGMA user_version = 99", "UPDATE alembic_version SET version_num = '0099'")
    error = refused(closed)
    assert isinstance(error, SchemaMismatch)
    assert "newer version" in str(error)
    assert "pip install" in str(error.hint)


def test_an_older_register_says_upgrade(closed: Path) -> None:
    alter(closed, "PRAGMA user_version = 0", "DELETE FROM alembic_version")
    error = refused(closed)
    assert isinstance(error, SchemaMismatch)
    assert "older version" in str(error)
    assert "conflictctl upgrade" in str(error.hint)


def test_each_failure_has_its_exit_code() -> None:
    codes = {
        error.__name__: error.exit_code
        for error in (InputRejected, Busy, StorageFailed, DamagedRegister, SchemaMismatch)
    }
    assert codes == {
        "InputRejected": 3,
        "Busy": 5,
        "StorageFailed": 6,
        "DamagedRegister": 7,
        "SchemaMismatch": 8,
    }


# ------------------------------------------------------------------------ rights and space


def driver_error(code: int, text: str = "") -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(text)
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        (sqlite3.SQLITE_BUSY, Busy),
        (sqlite3.SQLITE_LOCKED, Busy),
        (sqlite3.SQLITE_FULL, StorageFailed),
        (sqlite3.SQLITE_READONLY, StorageFailed),
        (sqlite3.SQLITE_READONLY | 3 << 8, StorageFailed),
        (sqlite3.SQLITE_CANTOPEN, StorageFailed),
        (sqlite3.SQLITE_IOERR | 3 << 8, StorageFailed),
        (sqlite3.SQLITE_PERM, StorageFailed),
        (sqlite3.SQLITE_IOERR | 2 << 8, DamagedRegister),
        (sqlite3.SQLITE_CORRUPT, DamagedRegister),
        (sqlite3.SQLITE_NOTADB, DamagedRegister),
        (sqlite3.SQLITE_ERROR, DamagedRegister),
        (sqlite3.SQLITE_CONSTRAINT, DamagedRegister),
        (sqlite3.SQLITE_TOOBIG, DamagedRegister),
    ],
)
def test_what_sqlite_reports_becomes_a_failure(code: int, failure: type[ConflictctlError]) -> None:
    with pytest.raises(failure), sqlite.failures("r.db"):
        raise driver_error(code, "reason")


def test_a_full_disk_stops_writing_and_not_reading(
    register: Register, showroom: Log, clock: Clock
) -> None:
    showroom(VISIT)
    before = register.head()
    pages = register.connection.exec_driver_sql("PRAGMA page_count").scalar()
    register.connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    entry = {**VISIT, "note": "n" * 9000}
    with pytest.raises(StorageFailed, match="full"), register.writing(clock) as writer:
        for _ in range(100):
            writer.add(read_line(entry), allow_duplicates=True)
    assert register.head() == before
    assert verify(register).ok


@posix_only
@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_FSIZE as a disk that is full")
def test_a_file_that_may_not_grow_loses_nothing(closed: Path) -> None:
    script = (
        "import resource, signal, sys\n"
        "from conflictctl.errors import StorageFailed\n"
        "from conflictctl.events import read_line\n"
        "from conflictctl.register.store import open_register\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "line = {'kind': 'visit', 'customer': 'K1', 'by': 'wang', 'note': 'n' * 5000}\n"
        "with open_register(sys.argv[1]) as register:\n"
        "    try:\n"
        "        with register.writing(lambda: 2_000_000_000_000_000) as writer:\n"
        "            for _ in range(100):\n"
        "                writer.add(read_line(line), allow_duplicates=True)\n"
        "    except StorageFailed:\n"
        "        print('refused', register.head().seq)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(closed)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout == "refused 11\n", done.stderr
    with open_register(str(closed)) as register:
        assert verify(register).ok
        assert register.head().seq == 11


@posix_only
@pytest.mark.usefixtures("rights_bind")
def test_a_read_only_file_is_read_and_not_written(closed: Path, clock: Clock) -> None:
    closed.chmod(0o400)
    with open_register(str(closed)) as register:
        assert verify(register).ok
        with pytest.raises(StorageFailed), register.writing(clock) as writer:
            writer.add(read_line(ANOTHER))


@posix_only
@pytest.mark.usefixtures("rights_bind")
def test_a_read_only_folder_is_read_and_not_written(closed: Path, clock: Clock) -> None:
    sqlite.journal_of(closed).unlink(missing_ok=True)
    closed.parent.chmod(0o500)
    try:
        with open_register(str(closed)) as register:
            assert verify(register).ok
            with pytest.raises(StorageFailed), register.writing(clock) as writer:
                writer.add(read_line(ANOTHER))
        with pytest.raises(StorageFailed):
            create_register(str(closed.with_name("new.db")), zone="UTC", clock=clock)
    finally:
        closed.parent.chmod(0o700)


@posix_only
@pytest.mark.usefixtures("rights_bind")
def test_an_unreadable_file_is_a_matter_of_rights(closed: Path) -> None:
    closed.chmod(0o000)
    with pytest.raises(StorageFailed):
        open_register(str(closed))


def test_a_connection_that_may_only_read_is_told_apart_from_damage(
    closed: Path, clock: Clock
) -> None:
    # What a read-only file is to others, `mode=ro` is to root.
    connection = sqlite.connect(closed, read_only=True)
    with open_register(str(closed)) as register:
        origin = register.origin
    with Register(place_of(str(closed)), connection, origin) as register:
        assert verify(register).ok
        with pytest.raises(StorageFailed), register.writing(clock) as writer:
            writer.add(read_line(ANOTHER))


@posix_only
def test_a_link_to_ones_own_file_is_followed(closed: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(closed)
    with open_register(str(link)) as register:
        assert verify(register).ok


@posix_only
def test_a_link_to_nothing_yet_becomes_a_register_there(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "real.db")
    create_register(str(tmp_path / "link.db"), zone="UTC", clock=clock).close()
    assert (tmp_path / "link.db").is_symlink()
    open_register(str(tmp_path / "real.db")).close()


@posix_only
def test_a_link_to_somebody_elses_file_is_refused(
    closed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(closed)
    dangling = tmp_path / "dangling.db"
    dangling.symlink_to(tmp_path / "nothing")
    stranger = os.getuid() + 1
    monkeypatch.setattr(os, "getuid", lambda: stranger)
    with pytest.raises(StorageFailed, match="somebody else"):
        open_register(str(link))
    with pytest.raises(StorageFailed, match="somebody else"):
        create_register(str(dangling), zone="UTC", clock=clock)
    open_register(str(closed)).close()


def test_a_register_that_is_replaced_is_not_written_to(closed: Path, clock: Clock) -> None:
    other = closed.with_name("other.db")
    shutil.copyfile(closed, other)
    with open_register(str(closed)) as register:
        other.replace(closed)
        with pytest.raises(StorageFailed), register.writing(clock) as writer:
            writer.add(read_line(ANOTHER))


# ---------------------------------------------------------------------- append-only tables


def insert_like(table: str, where: str) -> str:
    return f"INSERT OR REPLACE INTO {table} SELECT * FROM {table} WHERE {where}"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET kind = 'call' WHERE seq = 11",
        "DELETE FROM events WHERE seq = 11",
        "UPDATE logs SET origin = origin",
        "DELETE FROM logs",
        "UPDATE touches SET customer = 'K3'",
        "DELETE FROM touches",
        "UPDATE personal SET data = x'7b7d'",
        "DELETE FROM personal",
        insert_like("events", "seq = 11"),
        insert_like("logs", "true"),
        insert_like("personal", "seq = 8"),
        "INSERT INTO events SELECT log, 99, 'new', NULL, kind, at, recorded_at, appended_at, "
        "customer, subject, attestation, body, hash FROM events WHERE seq = 8",
        "INSERT OR REPLACE INTO events SELECT log, 13, 'v1', NULL, kind, at, recorded_at, "
        "appended_at, customer, subject, attestation, body, hash FROM events WHERE seq = 8",
    ],
)
def test_the_database_refuses_to_change_what_is_recorded(
    register: Register, showroom: Log, path: Path, statement: str
) -> None:
    showroom(
        {**VISIT, "id": "v1"},
        {"kind": "link", "customers": ["K1", "K2"], "relation": "same", "by": "sun"},
    )
    register.close()
    with pytest.raises(sqlite3.IntegrityError):
        alter(path, statement)
    with open_register(str(path)) as again:
        assert verify(again).ok


@pytest.mark.parametrize(
    "values",
    [
        "'main', 12, NULL, NULL, 'visit', 1, 1, 1, NULL, NULL, NULL, x'00', zeroblob(32)",
        "'main', 12, 'i', 5, 'visit', 1, 1, 1, NULL, NULL, NULL, x'00', zeroblob(32)",
        "'main', 12, 'i', NULL, 'visit', 2, 1, 1, NULL, NULL, NULL, x'00', zeroblob(32)",
        "'main', 12, 'i', NULL, 'visit', 1, 1, 1, NULL, NULL, NULL, x'00', zeroblob(31)",
        "'main', 12, 'i', NULL, 'visit', 1, 1, 1, NULL, NULL, 12, x'00', zeroblob(32)",
        "'other', 1, 'i', NULL, 'visit', 1, 1, 1, NULL, NULL, NULL, x'00', zeroblob(32)",
        "'main', 12, 'i', NULL, NULL, 1, 1, 1, NULL, NULL, NULL, x'00', zeroblob(32)",
    ],
)
def test_the_database_checks_entries_a_second_time(closed: Path, values: str) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        alter(closed, "PRAGMA foreign_keys = ON", f"INSERT INTO events VALUES ({values})")


def test_personal_data_go_only_after_a_redaction_of_that_customer(
    register: Register, showroom: Log, path: Path
) -> None:
    showroom(
        {**VISIT, "note": "n"},
        {**VISIT, "customer": "K2", "note": "n"},
        {"kind": "redaction", "customer": "K1", "by": "sun"},
        {**VISIT, "note": "again"},
    )
    register.close()
    alter(path, "DELETE FROM personal WHERE seq IN (8, 11)")
    for kept in (9, 12, 14, 5):
        with pytest.raises(sqlite3.IntegrityError):
            alter(path, f"DELETE FROM personal WHERE seq = {kept}")
    with open_register(str(path)) as again:
        found = verify(again)
        assert found.problem is None
        assert found.redacted == 2
        assert again.names(["K1", "K2"]) == {"K1": "redacted by #13", "K2": "钱女士"}
