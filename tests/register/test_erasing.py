"""Erasure: nothing of it is found in the file's bytes, and everything else holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conflictctl.errors import Busy, StorageFailed
from conflictctl.events import KINDS, read_line
from conflictctl.identity import Query
from conflictctl.register import disk, erasing, in_file, lookups, sqlite
from conflictctl.register.audit import verify
from conflictctl.register.finding import find
from conflictctl.register.store import Register, open_register

from .conftest import EVERY_KIND, Clock, Log

VISIT = {"kind": "visit", "customer": "K1", "by": "wang", "level": "A"}
LONG = "他要白色的，太太做主。" * 2000
"""A note that fills many pages of its own."""


def redact(register: Register, clock: Clock, customer: str, by: str = "sun") -> int:
    """Erase as the command does; the place of the erasure."""
    with register.writing(clock) as writer:
        found = erasing.held(register, customer)
        rows = [{"seq": one.seq, "fields": one.fields} for one in found]
        receipt = writer.add(
            read_line({"kind": "redaction", "customer": customer, "by": by, "erased": rows})
        )
        writer.flush()
        erasing.erase(register, [one.seq for one in found])
    return receipt.seq


def left(path: Path, *texts: str) -> list[str]:
    """Which of the texts are in the bytes of the register, its journal, or any file beside it."""
    content = b"".join(file.read_bytes() for file in path.parent.iterdir() if file.is_file())
    return [text for text in texts if text.encode() in content]


def test_no_byte_of_it_is_left_in_any_file(
    showroom: Log, register: Register, clock: Clock, path: Path
) -> None:
    """Names and keys lie in pages that were split; long notes in pages of their own."""
    names = [f"欧阳{chr(0x4E00 + number)}" for number in range(400)]
    showroom(
        *(
            {
                "kind": "customer",
                "customer": f"X{number}",
                "name": name,
                "phones": [f"139{number:08d}"],
                "by": "li",
            }
            for number, name in enumerate(names)
        )
    )
    showroom({**VISIT, "customer": "X7", "note": LONG}, {**VISIT, "customer": "X7", "note": "秘密"})
    lookups.catch_up(register)
    gone = (names[7], "13900000007", "秘密", LONG[:60])
    assert left(path, *gone) == list(gone)
    redact(register, clock, "X7")
    erasing.rewrite(register, "sun", clock)
    assert left(path, *gone) == []
    assert left(path, names[8], "13900000008") == [names[8], "13900000008"]
    found = verify(register)
    assert (found.problem, found.redacted) == (None, 3)
    hits = find(register, Query(names[7]), 400, walk=True).hits
    assert "X7" not in [hit.card.id for hit in hits]
    assert [hit.card.id for hit in find(register, Query(names[8]), 5).hits] == ["X8"]


def test_the_file_written_anew_is_a_register_as_before(
    showroom: Log, register: Register, clock: Clock, path: Path
) -> None:
    redact(register, clock, "K1")
    before = register.head()
    assert not erasing.rewritten(register, before.seq)
    erasing.rewrite(register, "sun", clock)
    assert erasing.rewritten(register, before.seq)
    register.close()
    with open_register(str(path)) as again:
        assert again.head().seq == before.seq + 1
        assert [event.fields["channel"] for event in again.events(after=before.seq)] == [
            "redaction"
        ]
        assert verify(again).ok
        with again.writing(clock) as writer:
            writer.add(read_line({**VISIT, "note": "new"}))
        assert verify(again).ok


@pytest.mark.parametrize("customer", ["K1", "K2", "K3"])
def test_what_stood_there_is_said_to_be_redacted(
    register: Register, clock: Clock, customer: str
) -> None:
    with register.writing(clock) as writer:
        for line in EVERY_KIND[:-1]:
            writer.add(read_line(line))
    before = {event.seq: event for event in register.events()}
    touching = {event.seq for event in register.events(customer=customer)}
    seq = redact(register, clock, customer)
    said = f"redacted by #{seq}"
    for event in register.events():
        if event.seq >= seq:
            continue
        was = before[event.seq]
        personal = KINDS[event.kind].personal & was.fields.keys()
        if event.seq not in touching or not personal:
            if event.kind != "correction":
                assert event == was
            continue
        plain = {name for name in was.fields if name not in personal}
        assert {name: event.fields[name] for name in plain} == {
            name: was.fields[name] for name in plain
        }
        for name in personal - {"phones", "files"}:
            held = event.fields[name]
            if isinstance(was.fields[name], dict):
                assert held == dict.fromkeys(was.fields[name], said)
            else:
                assert held in (said, [said])
    assert verify(register).ok
    card = register.cards([customer])[customer]
    assert (card.name, card.title, card.phones, card.redacted) == (customer, said, (), seq)


def test_the_first_erasure_after_an_entry_is_the_one_that_erased_it(
    showroom: Log, register: Register, clock: Clock
) -> None:
    (first,) = showroom({**VISIT, "note": "one"})
    one = redact(register, clock, "K1")
    (second,) = showroom({**VISIT, "note": "two"})
    other = redact(register, clock, "K1")
    notes = {event.seq: event.get("note") for event in register.events(kind="visit")}
    assert notes == {first.seq: f"redacted by #{one}", second.seq: f"redacted by #{other}"}


def test_an_entry_that_came_while_nobody_looked_is_erased_as_well(
    showroom: Log, register: Register, clock: Clock, path: Path
) -> None:
    """Another process erases while this one reads on."""
    showroom({**VISIT, "note": "one"})
    assert [event.get("note") for event in register.events(kind="visit")] == ["one"]
    with open_register(str(path)) as other:
        seq = redact(other, clock, "K1")
    assert [event.get("note") for event in register.events(kind="visit")] == [f"redacted by #{seq}"]
    (again,) = showroom({**VISIT, "note": "two"})
    with open_register(str(path)) as other:
        later = redact(other, clock, "K1")
    assert register.event(again.seq).get("note") == f"redacted by #{later}"  # type: ignore[union-attr]


def test_what_is_imported_again_is_there_already_and_brings_nothing_back(
    showroom: Log, register: Register, clock: Clock, path: Path
) -> None:
    line = {**VISIT, "id": "v1", "note": "秘密", "at": "2013-03-01T09:30:00+08:00"}
    without_id = {**VISIT, "note": "秘密二", "at": "2013-03-01T09:40:00+08:00"}
    showroom(line, without_id)
    redact(register, clock, "K1")
    head = register.head()
    again = showroom(line, without_id)
    assert [receipt.already for receipt in again] == [True, True]
    assert register.head() == head
    erasing.rewrite(register, "sun", clock)
    assert left(path, "秘密") == []


def test_data_of_customers_beside_him_stay(showroom: Log, register: Register, clock: Clock) -> None:
    showroom(
        {
            "kind": "link",
            "customers": ["K1", "K2"],
            "relation": "same",
            "note": "beide",
            "by": "li",
        },
        {**VISIT, "customer": "K2", "note": "ihrs"},
    )
    redact(register, clock, "K1")
    notes = [event.get("note") for event in register.events() if event.get("note")]
    assert notes == [f"redacted by #{register.head().seq}", "ihrs"]
    assert register.names(["K2"]) == {"K2": "钱女士"}


def test_names_in_the_entries_of_others_are_told(
    showroom: Log, register: Register, clock: Clock
) -> None:
    (receipt,) = showroom({**VISIT, "customer": "K2", "note": "赵先生介绍，13800138000"})
    words = erasing.words_of(erasing.held(register, "K1"))
    assert words == ["赵先生", "13800138000"]
    redact(register, clock, "K1")
    assert erasing.still_said(register, words) == [(receipt.seq, "K2")]
    assert erasing.still_said(register, []) == []


def test_words_where_nothing_is_ever_erased_are_told(
    showroom: Log, register: Register, clock: Clock
) -> None:
    (receipt,) = showroom(
        {"kind": "order", "customer": "K1", "by": "wang", "product": "赵先生定制"}
    )
    assert erasing.said_for_good(register, "K1", ["赵先生"]) == [receipt.seq]


def test_copies_made_by_the_program_are_known(register: Register, path: Path) -> None:
    folder = path.parent / "backups"
    folder.mkdir()
    for name in ("register-2013-03-01.db", "notes.txt"):
        (folder / name).touch()
    for name in ("register.db.schema-2", "register.db.replaced-2", "register.db-journal"):
        (path.parent / name).touch()
    assert [file.name for file in erasing.known_copies(str(path))] == [
        "register.db.schema-2",
        "register.db.replaced-2",
        "register-2013-03-01.db",
    ]


def test_it_takes_room_on_the_disk(
    showroom: Log, register: Register, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    redact(register, clock, "K1")
    monkeypatch.setattr(disk, "free", lambda folder: 10)
    with pytest.raises(StorageFailed, match="10 B free"):
        erasing.rewrite(register, "sun", clock)
    assert verify(register).ok


def test_who_reads_for_long_is_not_thrown_out(
    showroom: Log,
    register: Register,
    clock: Clock,
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    redact(register, clock, "K1")
    register.connection.exec_driver_sql("PRAGMA busy_timeout = 50")
    with open_register(str(path)) as reader:
        reader.connection.exec_driver_sql("BEGIN")
        reader.fetch(erasing._LAST)
        with pytest.raises(Busy):
            erasing.rewrite(register, "sun", clock)
        reader.connection.exec_driver_sql("COMMIT")
    erasing.rewrite(register, "sun", clock)
    assert verify(register).ok


def test_a_large_register_is_written_anew_by_way_of_a_file(
    showroom: Log, register: Register, clock: Clock, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_file, "IN_MEMORY", 1)
    stores: list[bool] = []
    vacuum: Callable[..., Any] = sqlite.vacuum

    def watched(connection: Any, *, in_memory: bool) -> None:
        stores.append(in_memory)
        vacuum(connection, in_memory=in_memory)

    monkeypatch.setattr(sqlite, "vacuum", watched)
    redact(register, clock, "K1")
    erasing.rewrite(register, "sun", clock)
    assert stores == [False]
    assert left(path, "赵先生", "13800138000") == []
    assert verify(register).ok
