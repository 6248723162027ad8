"""A disk that forgets: what was done to it in order, and what may be left when the power goes.

The model is harsher than file systems usually are.  What was not synced is kept or lost write by
write and sector by sector, in any order; a sector a file has grown by may hold zeros or rubbish;
a name made, given or taken away since the last sync of the folder may be lost, too, each by itself.
One thing it grants, as SQLite does by default: a write harms no byte beside it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import NamedTuple

SECTOR = 512

Files = dict[str, bytes]
"""What a folder holds: names and contents."""


class _Op(NamedTuple):
    what: str  # write, truncate, sync, create, remove, link, rename, folder, mark
    name: str = ""
    offset: int = 0
    data: bytes = b""
    other: str = ""


class Tape:
    """What was done to the files of a folder, in order; `mark` says how far the work had come."""

    def __init__(self) -> None:
        self.ops: list[_Op] = []
        self.marks = 0

    def write(self, name: str, offset: int, data: bytes) -> None:
        self.ops.append(_Op("write", name, offset, data))

    def truncate(self, name: str, size: int) -> None:
        self.ops.append(_Op("truncate", name, size))

    def sync(self, name: str) -> None:
        self.ops.append(_Op("sync", name))

    def sync_folder(self) -> None:
        self.ops.append(_Op("folder"))

    def create(self, name: str) -> None:
        self.ops.append(_Op("create", name))

    def remove(self, name: str) -> None:
        self.ops.append(_Op("remove", name))

    def link(self, name: str, other: str) -> None:
        self.ops.append(_Op("link", name, other=other))

    def rename(self, name: str, other: str) -> None:
        self.ops.append(_Op("rename", name, other=other))

    def mark(self) -> None:
        """One more piece of work has been acknowledged."""
        self.marks += 1
        self.ops.append(_Op("mark"))


class Crash(NamedTuple):
    """What may be left after a loss of power: files, and how much work was acknowledged by then."""

    files: Files
    acknowledged: int
    place: int
    """How many operations had been issued."""


class _File:
    """A file's bytes: as synced, and what was done since."""

    def __init__(self, content: bytes = b"") -> None:
        self.synced = bytearray(content)
        self.since: list[_Op] = []

    def sync(self) -> None:
        for op in self.since:
            _apply(self.synced, op)
        self.since.clear()

    def left(self, chance: random.Random, kept: Callable[[], bool]) -> bytes:
        """What a loss of power leaves of it."""
        content = bytearray(self.synced)
        for op in self.since:
            if op.what == "truncate":
                if kept():
                    _apply(content, op)
            else:
                _tear(content, op, chance, kept)
        return bytes(content)


def _apply(content: bytearray, op: _Op) -> None:
    if op.what == "truncate":
        del content[op.offset :]
        content.extend(bytes(op.offset - len(content)))
        return
    end = op.offset + len(op.data)
    if len(content) < op.offset:
        content.extend(bytes(op.offset - len(content)))
    content[op.offset : end] = op.data


def _tear(content: bytearray, op: _Op, chance: random.Random, kept: Callable[[], bool]) -> None:
    """Some sectors of a write; where the file has grown, others may hold zeros or rubbish."""
    start, end = op.offset, op.offset + len(op.data)
    rubbish = chance.random() < 0.3
    while start < end:
        stop = min(end, (start // SECTOR + 1) * SECTOR)
        piece = op.data[start - op.offset : stop - op.offset]
        if kept():
            _apply(content, _Op("write", "", start, piece))
        elif stop > len(content) and kept():  # the size alone was kept
            old = content[start:stop]
            new = chance.randbytes(stop - start) if rubbish else bytes(stop - start)
            _apply(content, _Op("write", "", start, bytes(old) + new[len(old) :]))
        start = stop


class Disk:
    """Files and names as they are, and as they would be after a loss of power."""

    def __init__(self, files: Files | None = None) -> None:
        self.names = {name: _File(content) for name, content in (files or {}).items()}
        self._synced_names = dict(self.names)
        self._since: list[dict[str, _File | None]] = []
        """Names set, or removed (None), since the last sync of the folder; together, if at all."""

    def do(self, op: _Op) -> None:
        """Carry out one operation."""
        if op.what == "create":
            self._name({op.name: _File()})
        elif op.what == "remove":
            self._name({op.name: None})
        elif op.what == "link":
            self._name({op.other: self.names[op.name]})
        elif op.what == "rename":
            self._name({op.other: self.names[op.name], op.name: None})
        elif op.what == "folder":
            self._synced_names = dict(self.names)
            self._since.clear()
        elif op.what == "sync":
            self.names[op.name].sync()
        elif op.what in ("write", "truncate"):
            self.names[op.name].since.append(op)

    def _name(self, changes: dict[str, _File | None]) -> None:
        _rename(self.names, changes)
        self._since.append(changes)

    def left(self, chance: random.Random) -> Files:
        """One of the states in which a loss of power may leave the disk."""
        share = chance.choice((0.0, 0.1, 0.5, 0.9, 1.0))

        def kept() -> bool:
            return chance.random() < share

        names = dict(self._synced_names)
        for changes in self._since:
            if kept():
                _rename(names, changes)
        contents = {id(file): file.left(chance, kept) for file in names.values()}
        return {name: contents[id(file)] for name, file in names.items()}


def _rename(names: dict[str, _File], changes: dict[str, _File | None]) -> None:
    for name, file in changes.items():
        if file is None:
            names.pop(name, None)
        else:
            names[name] = file


def crashes(
    tape: Tape, chance: random.Random, number: int, *, before: Files | None = None
) -> Iterator[Crash]:
    """`number` losses of power, spread evenly over everything that was done.

    `before` are the files that were there, and on the disk, when the tape began.
    """
    disk = Disk(before)
    acknowledged = issued = 0
    for place, op in enumerate(tape.ops, 1):
        disk.do(op)
        acknowledged += op.what == "mark"
        while issued * len(tape.ops) < number * place:
            issued += 1
            yield Crash(disk.left(chance), acknowledged, place)
