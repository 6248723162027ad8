"""Losses of power tried out: is what is left a state that was there, and no promise broken?"""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from conflictctl.errors import ConflictctlError
from conflictctl.events import read_line
from conflictctl.register.audit import verify
from conflictctl.register.store import open_register
from tests.reliability.power.disk import Crash, Files, Tape, crashes
from tests.reliability.power.vfs import recorded
from tests.reliability.power.work import NAME, Told, digest
from tests.reliability.showroom import call, now

_AGAIN = 10
"""Of how many losses of power one strikes again while SQLite mends the file."""


class Losses(NamedTuple):
    """How many states were tried, and in how many entries were lost or the file was corrupt."""

    states: int = 0
    lost: int = 0
    corrupt: int = 0
    again: int = 0
    """States that came from a second loss of power, during the recovery from the first."""

    def __add__(self, other: Losses) -> Losses:  # type: ignore[override]
        return Losses(*(a + b for a, b in zip(self, other, strict=True)))


def tried(work: Told, chance: random.Random, number: int, folder: Path) -> Losses:
    """Lose the power `number` times in the course of the work."""
    total = Losses()
    for count, crash in enumerate(crashes(work.tape, chance, number)):
        total += _judged(work, crash, folder, thorough=count % 40 == 0)
        if count % _AGAIN == 0:
            for second in _while_mending(crash, chance, folder):
                total += _judged(work, second, folder, thorough=False)._replace(again=1)
    return total


def _judged(work: Told, crash: Crash, folder: Path, *, thorough: bool) -> Losses:
    """Put the files there, open the register, compare."""
    path = _put(crash.files, folder)
    try:
        state = digest(path) if path.exists() and path.stat().st_size else None
    except (sqlite3.Error, UnicodeDecodeError):  # it cannot even be said what is wrong
        return Losses(1, corrupt=1)
    # The next transaction may have become durable without being acknowledged; nothing else may.
    allowed = work.states[crash.acknowledged : crash.acknowledged + 2]
    if state not in allowed:
        earlier = state in work.states[: crash.acknowledged]
        return Losses(1, lost=earlier, corrupt=not earlier)
    if thorough and state is not None:
        _use(path)
    return Losses(1)


def _put(files: Files, folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder / NAME


def _use(path: Path) -> None:
    """The program itself finds nothing wrong, and goes on."""
    with open_register(str(path)) as register:
        assert verify(register).problem is None
        with register.writing(now) as writer, suppress(ConflictctlError):
            writer.add(read_line(call("after", random.Random(0))))
        assert verify(register).problem is None


def _while_mending(crash: Crash, chance: random.Random, folder: Path) -> Iterable[Crash]:
    """The recovery from a loss of power, itself struck by three more."""
    path = _put(crash.files, folder)
    if not path.exists() or not path.stat().st_size:
        return []
    tape = Tape()
    with recorded(folder, tape), suppress(sqlite3.Error, UnicodeDecodeError):
        digest(path)
    return [
        second._replace(acknowledged=crash.acknowledged)
        for second in crashes(tape, chance, 3, before=crash.files)
    ]
