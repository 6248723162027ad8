"""Verification names the first entry that does not hold, whatever was done to the file."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from conflictctl.calendar import HOUR, SECOND
from conflictctl.errors import ConflictctlError, DamagedRegister, InputRejected
from conflictctl.events import Event, read_line
from conflictctl.register.audit import Verification, verify
from conflictctl.register.chain import link, receipt_text
from conflictctl.register.store import create_register, open_register
from tests.unguarded import unguarded

from .conftest import EVERY_KIND, Clock


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed register with every kind of entry, each recorded a second after the other."""
    path = tmp_path_factory.mktemp("whole") / "r.db"
    clock = Clock()
    with create_register(str(path), zone="Asia/Shanghai", clock=clock) as register:
        clock.now += HOUR
        for line in EVERY_KIND:
            clock.now += SECOND
            with register.writing(clock) as writer:
                writer.add(read_line(line))
    return path


@pytest.fixture
def copy(whole: Path, path: Path) -> Path:
    shutil.copyfile(whole, path)
    return path


def tamper(path: Path, *statements: str) -> None:
    """Change the file as one who knows SQLite and drops what guards it, and puts it back."""
    with unguarded(path) as raw:
        for statement in statements:
            raw.execute(statement)


def audit(path: Path, receipt: str | None = None) -> Verification:
    with open_register(str(path)) as register:
        return verify(register, receipt=receipt)


def seq_of(path: Path, kind: str) -> int:
    with open_register(str(path)) as register:
        return next(register.events(kind=kind)).seq


def test_an_untouched_register_holds(copy: Path) -> None:
    found = audit(copy)
    assert found.ok
    assert (found.events, found.unsealed) == (1 + len(EVERY_KIND),) * 2
    assert (found.first_bad, found.redacted, found.clock_back) == (None, 0, 0)


def test_dropping_the_guards_and_putting_them_back_changes_nothing(copy: Path) -> None:
    tamper(copy)
    assert audit(copy).ok


# ------------------------------------------------------------------------ edited columns

EDITS = {
    "id": "id = 'other', content = NULL",
    "content": "content = coalesce(content, 0) + 1, id = NULL",
    "kind": "kind = kind || 'x'",
    "at": "at = at - 1",
    "recorded_at": "recorded_at = recorded_at + 1",
    "appended_at": "appended_at = appended_at + 1",
    "at as a float": "at = CAST(at AS REAL) + 0.5",
    "at as text": "at = 'noon'",
    "customer": "customer = coalesce(customer, '') || 'K2'",
    "subject": "subject = coalesce(subject, '') || 'x'",
    "attestation": "attestation = 1",
    "body": "body = replace(CAST(body AS TEXT), '\"app\"', '\"apq\"')",
    "body as text": "body = CAST(body AS TEXT)",
    "body cut": "body = substr(body, 1, 20)",
    "body empty": "body = x''",
    "body spaced": "body = body || ' '",
    "hash": "hash = zeroblob(32)",
    "hash as text": "hash = 'x'",
    "log": "log = 'other'",
}


@pytest.mark.parametrize("seq", [1, 2, 12, 20, 1 + len(EVERY_KIND)])
@pytest.mark.parametrize("column", EDITS)
def test_an_edited_column_is_found_at_its_entry(copy: Path, column: str, seq: int) -> None:
    tamper(copy, f"UPDATE events SET {EDITS[column]} WHERE seq = {seq}")
    found = audit(copy)
    assert not found.ok
    assert found.first_bad == seq, found.problem
    assert found.problem is not None


def test_the_two_times_exchanged_in_body_and_column_break_the_chain(copy: Path) -> None:
    seq = seq_of(copy, "visit")
    tamper(
        copy,
        "UPDATE events SET at = at - 5000000, body = replace(body, "
        f'\'"at":"2013-03-01T02\', \'"at":"2013-03-01T01\') WHERE seq = {seq}',
    )
    assert audit(copy).first_bad == seq


# ---------------------------------------------------------------------- rows as a whole


def test_a_deleted_entry_is_the_first_bad_one(copy: Path) -> None:
    tamper(copy, "DELETE FROM events WHERE seq = 12")
    found = audit(copy)
    assert found.first_bad == 12
    assert str(found.problem) == "entry #12 is missing"


def test_a_deleted_first_entry(copy: Path) -> None:
    tamper(copy, "DELETE FROM events WHERE seq = 1")
    assert audit(copy).first_bad == 1


def test_renumbering_over_a_gap_does_not_hide_it(copy: Path) -> None:
    tamper(
        copy, "DELETE FROM events WHERE seq = 12", "UPDATE events SET seq = seq - 1 WHERE seq > 12"
    )
    assert audit(copy).first_bad == 12


def test_swapped_entries_are_found_at_the_first(copy: Path) -> None:
    tamper(
        copy,
        "UPDATE events SET seq = 1000 WHERE seq = 10",
        "UPDATE events SET seq = 10 WHERE seq = 20",
        "UPDATE events SET seq = 20 WHERE seq = 1000",
    )
    assert audit(copy).first_bad == 10


@pytest.mark.parametrize("seq", ["0", "-5", "'x'", "1.5"])
def test_an_entry_put_outside_the_numbers_is_found(copy: Path, seq: str) -> None:
    tamper(
        copy,
        f"INSERT INTO events SELECT log, {seq}, 'new', NULL, kind, at, recorded_at, "
        "appended_at, customer, subject, NULL, body, hash FROM events WHERE seq = 12",
    )
    assert audit(copy).problem is not None


def test_an_entry_of_another_log_is_found(copy: Path) -> None:
    for log in ("aaa", "zzz"):
        tamper(
            copy,
            f"INSERT INTO events SELECT '{log}', 1, 'n{log}', NULL, kind, at, "
            "recorded_at, appended_at, NULL, NULL, NULL, body, hash "
            "FROM events WHERE seq = 12",
        )
        assert audit(copy).problem is not None
        tamper(copy, f"DELETE FROM events WHERE log = '{log}'")
    assert audit(copy).ok


def test_an_inserted_entry_with_a_right_hash_still_has_a_false_body(copy: Path) -> None:
    with open_register(str(copy)) as register:
        head = register.head()
        body = register.connection.exec_driver_sql(
            "SELECT body FROM events WHERE seq = 12"
        ).scalar_one()
    with closing(sqlite3.connect(copy)) as raw:
        raw.execute(
            "INSERT INTO events SELECT log, ?, 'new', NULL, kind, at, recorded_at, appended_at, "
            "customer, subject, NULL, body, ? FROM events WHERE seq = 12",
            (head.seq + 1, link(head.hash, body)),
        )
        raw.commit()
    assert audit(copy).first_bad == head.seq + 1


def test_a_changed_origin_is_found_at_the_first_entry(copy: Path) -> None:
    tamper(copy, f"UPDATE logs SET origin = '{'0' * 32}'")
    assert audit(copy).first_bad == 1


def test_a_body_of_another_register_is_found_even_if_it_is_chained_here(
    copy: Path, tmp_path: Path
) -> None:
    clock = Clock()
    with create_register(str(tmp_path / "o.db"), zone="UTC", clock=clock) as other:
        body = other.connection.exec_driver_sql("SELECT body FROM events").scalar_one()
    with open_register(str(copy)) as register:
        first = link(register.head().hash, body)
        seq = register.head().seq + 1
    with closing(sqlite3.connect(copy)) as raw:
        raw.execute(
            "INSERT INTO events SELECT log, ?, 'new', NULL, kind, at, recorded_at, "
            "appended_at, customer, subject, NULL, ?, ? FROM events WHERE seq = 1",
            (seq, body, first),
        )
        raw.commit()
    found = audit(copy)
    assert found.first_bad == seq
    assert "log" in str(found.problem)


# ------------------------------------------------------------------------- side tables


def test_missing_personal_data_need_a_redaction(copy: Path) -> None:
    seq = seq_of(copy, "visit")
    tamper(copy, f"DELETE FROM personal WHERE seq = {seq}")
    assert audit(copy).first_bad == seq


def test_erased_data_of_a_redacted_customer_are_counted(copy: Path) -> None:
    with closing(sqlite3.connect(copy)) as raw:
        raw.execute("DELETE FROM personal WHERE seq = 9")  # K3's card; K3 was redacted
        raw.commit()
    found = audit(copy)
    assert (found.ok, found.redacted) == (True, 1)


def test_a_redaction_does_not_excuse_what_was_recorded_after_it(copy: Path) -> None:
    with open_register(str(copy)) as register, register.writing(Clock()) as writer:
        seq = writer.add(
            read_line({"kind": "visit", "customer": "K3", "by": "li", "note": "back"})
        ).seq
    tamper(copy, f"DELETE FROM personal WHERE seq = {seq}")
    assert audit(copy).first_bad == seq


@pytest.mark.parametrize(
    "change",
    [
        'data = \'{"note":"other"}\'',
        "salt = zeroblob(32)",
        "data = x''",
        "seq = seq + 1000",
    ],
)
def test_changed_personal_data_are_found(copy: Path, change: str) -> None:
    seq = seq_of(copy, "visit")
    tamper(copy, f"UPDATE personal SET {change} WHERE seq = {seq}")
    assert audit(copy).first_bad == seq


def test_personal_data_nobody_committed_to_are_found(copy: Path) -> None:
    seq = seq_of(copy, "call")
    tamper(copy, f"INSERT INTO personal VALUES ('main', {seq}, zeroblob(32), x'7b7d')")
    assert audit(copy).first_bad == seq
    tamper(copy, "UPDATE personal SET seq = 4711 WHERE salt = zeroblob(32)")
    assert audit(copy).first_bad == 4711


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE touches SET customer = 'K1' WHERE seq = {seq} AND customer = 'K3'",
        "DELETE FROM touches WHERE seq = {seq} AND customer = 'K3'",
        "DELETE FROM touches WHERE seq = {seq}",
        "INSERT INTO touches VALUES ('K1', 'main', {seq})",
    ],
)
def test_changed_touches_are_found(copy: Path, change: str) -> None:
    seq = seq_of(copy, "link")
    tamper(copy, change.format(seq=seq))
    assert audit(copy).first_bad == seq


def test_a_customer_slipped_under_another_entry_is_found(copy: Path) -> None:
    seq = seq_of(copy, "call")
    tamper(copy, f"INSERT INTO touches VALUES ('K2', 'main', {seq})")
    assert audit(copy).first_bad == seq
    tamper(copy, "UPDATE touches SET seq = 4711 WHERE seq = " + str(seq))
    assert audit(copy).first_bad == 4711


# ------------------------------------------------------------------------ what guards it


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TRIGGER events_update",
        "DROP TRIGGER personal_delete",
        "DROP INDEX events_customer",
        "DROP INDEX events_id",
        "CREATE TABLE extra (x)",
        "CREATE TRIGGER t AFTER INSERT ON events BEGIN DELETE FROM touches; END",
    ],
)
def test_changed_guards_are_named(copy: Path, statement: str) -> None:
    with closing(sqlite3.connect(copy)) as raw:
        raw.execute(statement)
        raw.commit()
    found = audit(copy)
    assert found.first_bad is None
    assert "were changed" in str(found.problem)


def test_an_index_that_disagrees_with_its_table_is_found(copy: Path) -> None:
    with closing(sqlite3.connect(copy)) as raw:
        raw.execute("PRAGMA writable_schema = ON")
        (definition,) = raw.execute(
            "SELECT sql FROM sqlite_master WHERE name = 'events_customer'"
        ).fetchone()
        raw.execute(
            "UPDATE sqlite_master SET sql = ? WHERE name = 'events_customer'",
            (definition.replace("customer IS NOT NULL", "customer = 'K1'"),),
        )
        raw.commit()
    with closing(sqlite3.connect(copy)) as raw:
        raw.execute("REINDEX events_customer")
        raw.execute("PRAGMA writable_schema = ON")
        raw.execute(
            "UPDATE sqlite_master SET sql = ? WHERE name = 'events_customer'", (definition,)
        )
        raw.commit()
    assert "damaged" in str(audit(copy).problem)


# ---------------------------------------------------------------------------- receipts


def test_a_receipt_is_found_and_says_how_far_it_reaches(copy: Path) -> None:
    with open_register(str(copy)) as register:
        receipt = receipt_text(register.stored(20)[1])
    found = audit(copy, receipt.lower())
    assert (found.ok, found.receipt_seq) == (True, 20)
    assert found.unsealed == found.events - 20


def test_a_cut_tail_is_found_by_a_receipt_alone(copy: Path) -> None:
    with open_register(str(copy)) as register:
        receipt = receipt_text(register.head().hash)
        last = register.head().seq
    tamper(copy, f"DELETE FROM events WHERE seq = {last}")
    assert audit(copy).ok
    found = audit(copy, receipt)
    assert not found.ok
    assert "no entry bears the receipt" in str(found.problem)


def test_what_is_no_receipt_is_refused(copy: Path) -> None:
    with pytest.raises(InputRejected, match="no receipt"):
        audit(copy, "tomorrow")


def test_progress_is_told(copy: Path) -> None:
    told: list[tuple[int, int]] = []
    with open_register(str(copy)) as register:
        verify(register, progress=lambda done, total: told.append((done, total)))
    assert told == [(1 + len(EVERY_KIND),) * 2]


# ------------------------------------------------------------------------- flipped bytes


def everything(path: Path) -> list[Event]:
    with open_register(str(path)) as register:
        return list(register.events())


def flips(content: bytes, number: int) -> Iterator[tuple[int, bytes]]:
    rnd = random.Random(number)
    for _ in range(number):
        place = rnd.randrange(len(content))
        yield (
            place,
            (
                content[:place]
                + bytes([content[place] ^ 1 << rnd.randrange(8)])
                + content[place + 1 :]
            ),
        )


def silent(whole: Path, path: Path, number: int) -> list[int]:
    """Places where a flipped bit is not reported and changes what is read."""
    expected = everything(whole)
    missed = []
    for place, content in flips(whole.read_bytes(), number):
        path.write_bytes(content)
        try:
            found = audit(path)
        except ConflictctlError:
            continue
        if found.ok and everything(path) != expected:
            missed.append(place)
    return missed


def test_a_flipped_bit_is_reported_or_changes_nothing(whole: Path, path: Path) -> None:
    assert silent(whole, path, 150) == []


@pytest.mark.slow
def test_thousands_of_flipped_bits_are_reported_or_change_nothing(whole: Path, path: Path) -> None:
    assert silent(whole, path, 4000) == []


def test_an_unreadable_page_is_reported_not_raised(whole: Path, path: Path) -> None:
    content = bytearray(whole.read_bytes())
    for start in range(4096, len(content), 4096):
        path.write_bytes(bytes(content[:start]) + b"\xa5" * 4096 + bytes(content[start + 4096 :]))
        with suppress(DamagedRegister):  # opening it may fail already
            assert not audit(path).ok


def test_text_that_is_no_utf8_is_reported_at_its_entry(copy: Path) -> None:
    tamper(copy, "UPDATE events SET customer = CAST(x'ff41' AS TEXT) WHERE seq = 17")
    assert audit(copy).first_bad == 17
