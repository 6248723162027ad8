"""A log checked in stretches, in whatever order: the finding is that of one walk through it all."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from conflictctl.calendar import HOUR, SECOND
from conflictctl.checkpoint import Checkpoint
from conflictctl.cli.workers import over_register
from conflictctl.events import read_line
from conflictctl.merkle import Frontier, leaf_hash
from conflictctl.register import audit
from conflictctl.register.audit import Answer, Piece, Spread, Verification, verify
from conflictctl.register.chain import receipt_text
from conflictctl.register.store import Register, create_register, open_register
from tests.unguarded import unguarded

from .conftest import EVERY_KIND, Clock

CALLS = 30
LENGTHS = (1, 8)
"""Of stretches: powers of two, and all far shorter than the log."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every kind of entry, then an attestation and calls that rest on it; the clock goes back."""
    path = tmp_path_factory.mktemp("whole") / "r.db"
    clock = Clock()
    with create_register(str(path), zone="Asia/Shanghai", clock=clock) as register:
        clock.now += HOUR
        for number, line in enumerate(EVERY_KIND):
            clock.now += SECOND if number % 5 else -SECOND
            with register.writing(clock) as writer:
                writer.add(read_line(line))
        with register.writing(clock) as writer:
            attested = writer.add(
                read_line(
                    {"kind": "attestation", "by": "sun", "file": "f.jsonl", "digest": "sha256:0"}
                )
            ).seq
            for number in range(CALLS):
                line = {"kind": "call", "customer": "K1", "by": "wang", "direction": "in"}
                writer.add(read_line({**line, "id": f"n{number}"}), attestation=attested)
    return path


def in_disorder(seed: int) -> Spread:
    """All pieces in this process, in a random order."""

    def spread(
        register: Register, task: Callable[[Register, Piece], Answer], pieces: Sequence[Piece]
    ) -> Iterator[Answer]:
        chance = random.Random(seed)
        for piece in chance.sample(pieces, len(pieces)):
            yield task(register, piece)

    return spread


def in_processes(
    register: Register, task: Callable[[Register, Piece], Answer], pieces: Sequence[Piece]
) -> Iterator[Answer]:
    return over_register(register, task, pieces, workers=2)


def checkpoints_of(path: Path, *sizes: int) -> list[Checkpoint]:
    """True checkpoints of the first entries, as somebody may have kept them."""
    found = []
    with open_register(str(path)) as register:
        for size in sizes:
            tree = Frontier()
            tree.extend(map(leaf_hash, register.bodies(1, size)))
            head = register.stored(size)[1]
            found.append(Checkpoint(register.origin, size, tree.root(), head, 0))
    return found


def found_by(
    path: Path, length: int, spread: Spread, patch: pytest.MonkeyPatch, **more: object
) -> Verification:
    patch.setattr(audit, "STRETCH", length)
    with open_register(str(path)) as register:
        return verify(register, spread=spread, **more)  # type: ignore[arg-type]


def agree(path: Path, patch: pytest.MonkeyPatch, **more: object) -> Verification:
    """What one walk finds; every way to share it out must find the same."""
    expected = found_by(path, 1 << 20, audit.one_by_one, patch, **more)
    for length in LENGTHS:
        assert found_by(path, length, in_disorder(length), patch, **more) == expected
    return expected


def last_of(path: Path) -> int:
    with open_register(str(path)) as register:
        return register.head().seq


def test_a_whole_log(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = agree(whole, monkeypatch)
    assert found.ok
    assert found.clock_back > 1


def test_receipts_at_every_place(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_register(str(whole)) as register:
        receipts = {seq: receipt_text(register.stored(seq)[1]) for seq in (1, 2, 16, 17, 40)}
    for seq, receipt in receipts.items():
        assert agree(whole, monkeypatch, receipt=receipt).receipt_seq == seq


def test_checkpoints_that_hold(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    last = last_of(whole)
    kept = checkpoints_of(whole, 1, 3, 16, 17, 17, last)
    assert agree(whole, monkeypatch, checkpoints=kept).checkpoint_size == last
    assert agree(whole, monkeypatch, checkpoints=kept[1:3]).checkpoint_size == 16


@pytest.mark.parametrize("false", range(4))
def test_the_first_checkpoint_that_does_not_hold_is_named(
    whole: Path, monkeypatch: pytest.MonkeyPatch, false: int
) -> None:
    kept = checkpoints_of(whole, 3, 16, 21, last_of(whole))
    for change in ({"root": b"x" * 32}, {"head": b"x" * 32}):
        changed = [*kept[:false], kept[false]._replace(**change), *kept[false + 1 :]]  # type: ignore[arg-type]
        found = agree(whole, monkeypatch, checkpoints=changed)
        assert found.between == (kept[false - 1].size + 1 if false else 1, kept[false].size)


def test_a_checkpoint_beyond_the_end(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = checkpoints_of(whole, 16)
    kept.append(kept[0]._replace(size=1000))
    assert "cut off" in str(agree(whole, monkeypatch, checkpoints=kept).problem)


TAMPERED = (
    "UPDATE events SET hash = zeroblob(32) WHERE seq = {seq}",
    "UPDATE events SET appended_at = appended_at + 1 WHERE seq = {seq}",
    "UPDATE events SET customer = 'K2' WHERE seq = {seq}",
    "UPDATE events SET kind = 'visit' WHERE kind = 'attestation'",
    "UPDATE events SET attestation = {seq} WHERE seq = {last}",
    "DELETE FROM events WHERE seq = {seq}",
    "DELETE FROM events WHERE seq BETWEEN {seq} AND {last} - 1",
    "DELETE FROM events WHERE seq >= {seq}",
    "UPDATE events SET seq = seq + 1000 WHERE seq = {seq}",
    "UPDATE events SET seq = 'x' WHERE seq = {seq}",
    "INSERT INTO events SELECT 'aaa', 1, 'new', NULL, kind, at, recorded_at, appended_at, customer,"
    " subject, NULL, body, hash FROM events WHERE seq = {seq}",
    "INSERT INTO events SELECT log, {seq} + 0.5, 'new', NULL, kind, at, recorded_at, appended_at,"
    " customer, subject, NULL, body, hash FROM events WHERE seq = {seq}",
    "UPDATE touches SET customer = 'K9' WHERE rowid = (SELECT min(rowid) FROM touches)",
    "DELETE FROM touches",
    "DELETE FROM personal",
)


@pytest.mark.parametrize("statement", TAMPERED)
def test_the_same_entry_is_the_first_bad_one(
    whole: Path, path: Path, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    last = last_of(whole)
    kept = checkpoints_of(whole, 2, 16, last)
    for seq, checkpoints in ((1, []), (16, kept), (17, []), (last - 1, kept)):
        shutil.copyfile(whole, path)
        with unguarded(path) as raw:
            raw.execute(statement.format(seq=seq, last=last))
        agree(path, monkeypatch, checkpoints=checkpoints)


@pytest.mark.parametrize("statement", [None, TAMPERED[0], TAMPERED[5]])
def test_several_processes(
    whole: Path, path: Path, monkeypatch: pytest.MonkeyPatch, statement: str | None
) -> None:
    shutil.copyfile(whole, path)
    if statement is not None:
        with unguarded(path) as raw:
            raw.execute(statement.format(seq=21))
    kept = checkpoints_of(whole, 3, 16, 50)
    one = found_by(path, 1 << 20, audit.one_by_one, monkeypatch, checkpoints=kept)
    assert found_by(path, 4, in_processes, monkeypatch, checkpoints=kept) == one
    assert one.first_bad == (None if statement is None else 21)
