"""Several real processes at once, and processes killed in the middle of writing."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from conflictctl.errors import Busy
from conflictctl.events import read_line
from conflictctl.register import sqlite
from conflictctl.register.audit import verify
from conflictctl.register.backup import backup
from conflictctl.register.chain import receipt_text
from conflictctl.register.store import Register, create_register, open_register
from tests.reliability.processes import fork

from .conftest import SHOWROOM

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

ROUNDS = random.Random(4711)


def now() -> int:
    return time.time_ns() // 1000


def visit(identity: str) -> dict[str, str]:
    return {
        "kind": "visit",
        "id": identity,
        "customer": "K1",
        "by": "wang",
        "note": "n" * ROUNDS.randrange(400),
    }


@pytest.fixture
def shared(path: Path) -> Path:
    """A register with the showroom in it that this process does not have open."""
    with (
        create_register(str(path), zone="Asia/Shanghai", clock=now) as register,
        register.writing(now) as writer,
    ):
        for line in SHOWROOM:
            writer.add(read_line(line))
    return path


def exit_code(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def write_each(path: Path, who: str, number: int) -> float:
    """Record entries in a transaction each; the longest wait for one, in seconds."""
    longest = 0.0
    for index in range(number):
        started = time.monotonic()
        with open_register(str(path)) as register, register.writing(now) as writer:
            longest = max(longest, time.monotonic() - started)
            writer.add(read_line(visit(f"{who}-{index}")))
    return longest


def write_at_once(path: Path, writers: int, number: int) -> list[float]:
    """Let processes write at the same time; the longest wait of each."""
    waits = [path.with_name(f"wait-{who}") for who in range(writers)]

    def work(who: int) -> Callable[[], None]:
        return lambda: waits[who].write_text(str(write_each(path, str(who), number))) and None

    children = [fork(work(who)) for who in range(writers)]
    assert [exit_code(child) for child in children] == [0] * writers
    return [float(file.read_text()) for file in waits]


@pytest.mark.parametrize(
    ("writers", "number"), [(16, 4), pytest.param(32, 20, marks=pytest.mark.slow)]
)
def test_all_entries_of_many_writers_are_in_and_gapless(
    shared: Path, writers: int, number: int
) -> None:
    waits = write_at_once(shared, writers, number)
    with open_register(str(shared)) as register:
        events = list(register.events(kind="visit"))
        found = verify(register)
    assert {event.id for event in events} == {
        f"{who}-{index}" for who in range(writers) for index in range(number)
    }
    assert [event.seq for event in events] == list(range(10, 10 + writers * number))
    assert found.problem is None
    print(f"{writers} writers: longest wait {max(waits):.2f} s")
    assert max(waits) < 5


def test_sixteen_processes_begin_the_register_at_once(path: Path) -> None:
    def work() -> None:
        if not sqlite.is_present(path):
            try:
                create_register(str(path), zone="UTC", clock=now).close()
            except Exception:
                assert sqlite.is_present(path)
        with open_register(str(path)) as register, register.writing(now) as writer:
            writer.add(read_line({"kind": "setting", "name": f"p{os.getpid()}", "value": 1}))

    children = [fork(work) for _ in range(16)]
    assert [exit_code(child) for child in children] == [0] * 16
    with open_register(str(path)) as register:
        assert register.head().seq == 17
        assert verify(register).ok
    assert not list(path.parent.glob(f".{path.name}.*"))


def test_a_writer_that_cannot_wait_any_longer_is_told(
    shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "PATIENCE", 0.2)
    with open_register(str(shared)) as one, open_register(str(shared)) as other:
        with one.writing(now) as writer:
            writer.add(read_line(visit("first")))
            started = time.monotonic()
            with pytest.raises(Busy), other.writing(now):
                pytest.fail("two writers at once")
            assert 0.2 <= time.monotonic() - started < 2
            assert other.head().seq == 9  # it still reads
        with other.writing(now) as writer:
            assert writer.add(read_line(visit("second"))).seq == 11


def test_readers_read_on_while_somebody_writes(shared: Path) -> None:
    with open_register(str(shared)) as one, open_register(str(shared)) as other:
        before = other.head()
        with one.writing(now) as writer:
            writer.add(read_line(visit("first")))
            writer.flush()
            assert other.head() == before
            assert len(list(other.events())) == before.seq
        assert other.head().seq == before.seq + 1


def test_readers_read_on_during_a_large_import(shared: Path) -> None:
    with open_register(str(shared)) as one, open_register(str(shared)) as other:
        with one.writing(now) as writer:
            for number in range(4000):
                line = visit(f"v{number}")
                line["note"] = f"{number:05}" * 2500
                writer.add(read_line(line))
            writer.flush()  # some 50 MB, more than the cache
            started = time.monotonic()
            assert other.head().seq == 9
            assert time.monotonic() - started < 1
        assert other.head().seq == 4009


def test_a_long_reading_lets_writers_in(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conflictctl.register.store._PAGE", 2)
    with open_register(str(shared)) as reading, open_register(str(shared)) as writing:
        seen = 0
        for _ in reading.events():
            seen += 1
            started = time.monotonic()
            with writing.writing(now) as writer:
                writer.add(read_line(visit(f"v{seen}")))
            assert time.monotonic() - started < 1
        assert seen == 9  # what came meanwhile is not part of the answer


def test_a_backup_while_others_write(shared: Path, tmp_path: Path) -> None:
    target = tmp_path / "copies" / "r.db"
    children = [fork(lambda who=who: write_each(shared, who, 25) and None) for who in "ab"]
    copies = 0
    with open_register(str(shared)) as register:
        while copies < 3:
            assert backup(register, target, overwrite=True).ok
            copies += 1
    assert [exit_code(child) for child in children] == [0, 0]
    with open_register(str(shared)) as register, open_register(str(target)) as copy:
        whole = list(register.events())
        assert whole[: copy.head().seq] == list(copy.events())


# ------------------------------------------------------------------------------- kill -9


def write_and_tell(path: Path, who: str, tell: int) -> None:
    """Record batches without end, and tell each place and receipt once it is durable."""
    number = 0
    while True:
        with open_register(str(path)) as register:
            for _ in range(5):
                receipts = []
                with register.writing(now) as writer:
                    for _ in range(ROUNDS.choice((1, 1, 2, 40))):
                        number += 1
                        receipts.append(writer.add(read_line(visit(f"{who}-{number}"))))
                lines = "".join(f"{receipt.seq} {receipt.text}\n" for receipt in receipts)
                os.write(tell, lines.encode())


def kill_in_the_middle(path: Path, who: str) -> dict[int, str]:
    """Start a writer, kill it at a random moment; what it had acknowledged by then."""
    hear, tell = os.pipe()
    child = fork(lambda: write_and_tell(path, who, tell))
    os.close(tell)
    time.sleep(ROUNDS.uniform(0.001, 0.12))
    os.kill(child, signal.SIGKILL)
    assert exit_code(child) == -signal.SIGKILL
    with os.fdopen(hear, encoding="ascii") as told:
        lines = [line for line in told if line.endswith("\n")]
    return {int(seq): text for seq, text in (line.split() for line in lines)}


def receipts_of(register: Register) -> dict[int, str]:
    rows = register.connection.exec_driver_sql("SELECT seq, hash FROM events")
    return {seq: receipt_text(link_hash) for seq, link_hash in rows}


@pytest.mark.parametrize("kills", [25, pytest.param(400, marks=pytest.mark.slow)])
def test_no_acknowledged_entry_is_lost_by_kill_9(shared: Path, kills: int) -> None:
    acknowledged: dict[int, str] = {}
    for number in range(kills):
        acknowledged |= kill_in_the_middle(shared, f"r{number}")
        if number % 20 == 0:
            with open_register(str(shared)) as register:
                assert acknowledged.items() <= receipts_of(register).items()
                assert verify(register).problem is None
    with open_register(str(shared)) as register:
        assert acknowledged.items() <= receipts_of(register).items()
        assert verify(register).problem is None
    print(f"{kills} kills, {len(acknowledged)} entries acknowledged, none lost")
    assert acknowledged


def test_a_writer_killed_while_others_write_costs_them_nothing(shared: Path) -> None:
    hear, tell = os.pipe()
    victim = fork(lambda: write_and_tell(shared, "victim", tell))
    others = [fork(lambda who=who: write_each(shared, who, 10) and None) for who in "abc"]
    time.sleep(0.15)
    os.kill(victim, signal.SIGKILL)
    exit_code(victim)
    assert [exit_code(child) for child in others] == [0, 0, 0]
    os.close(hear)
    os.close(tell)
    with open_register(str(shared)) as register:
        assert verify(register).problem is None
        assert len([e for e in register.events(kind="visit") if e.id and e.id[0] in "abc"]) == 30


# ------------------------------------------------------------------------------ start-up


def test_recording_loads_neither_alembic_nor_what_rulings_need(shared: Path) -> None:
    script = (
        "import sys, time\n"
        "from conflictctl.events import read_line\n"
        "from conflictctl.register.store import open_register\n"
        "with open_register(sys.argv[1]) as register:\n"
        "    with register.writing(lambda: time.time_ns() // 1000) as writer:\n"
        "        writer.add(read_line({'kind': 'visit', 'customer': 'K1', 'by': 'wang'}))\n"
        "unwanted = ('alembic', 'mako', 'rich', 'pypinyin', 'sqlalchemy.orm',\n"
        "            'sqlalchemy.dialects.postgresql', 'conflictctl.policy',\n"
        "            'conflictctl.history', 'conflictctl.adjudication',\n"
        "            'conflictctl.register.audit', 'conflictctl.register.upgrade')\n"
        "print([name for name in unwanted if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(shared)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout == "[]\n", done.stderr
