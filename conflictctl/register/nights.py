"""Nightly copies of a register, one for each local day; the register's note of its nights."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import NamedTuple

from conflictctl.calendar import Moment
from conflictctl.errors import InputRejected
from conflictctl.events import Draft
from conflictctl.register import sqlite
from conflictctl.register.audit import Progress, Spread, one_by_one
from conflictctl.register.backup import backup
from conflictctl.register.chain import Head
from conflictctl.register.places import place_of
from conflictctl.register.store import Register

CHANNEL = "nightly"
"""The `channel` of the entry that says that a night's work was done."""

LOOKED_BACK = 400
"""Days; a register that nobody looked after for longer has no nights worth naming."""


class Copied(NamedTuple):
    """What became of tonight's copy: `head` is None where it was there already."""

    path: Path
    head: Head | None
    removed: tuple[Path, ...]


def default_folder(target: str, name: str = "backups") -> Path:
    """Where copies go if nobody says: `backups`, beside the register."""
    return place_of(target).home / name


def nightly_name(target: str, day: int, suffix: str) -> str:
    """What a file of one night is called: `register-2026-11-26.db`."""
    return f"{place_of(target).stem}-{date.fromordinal(day).isoformat()}.{suffix}"


def nightly_copy(
    register: Register,
    folder: Path,
    day: int,
    *,
    keep: int,
    progress: Progress | None = None,
    spread: Spread = one_by_one,
) -> Copied:
    """Make the verified copy of a local day, once; then drop all but the `keep` newest.

    Only files that bear the names of such copies are ever removed, and only once tonight's is
    in place.  Raises what `backup` raises.
    """
    target = folder / nightly_name(register.target, day, "db")
    head = None
    with sqlite.failures(str(target)):
        there = target.exists()
    if not there:
        try:
            head = backup(register, target, progress=progress, spread=spread).head
        except InputRejected:
            # Another run was quicker; its copy was verified before it got its name.
            if not target.exists():
                raise
    with sqlite.failures(str(folder)):
        removed = _drop(copies(folder, register.place.stem), keep)
    return Copied(target, head, removed)


def copies(folder: Path, stem: str) -> list[Path]:
    """The nightly copies of a register in a folder, the oldest first."""
    pattern = re.compile(re.escape(stem) + r"-\d{4}-\d\d-\d\d\.db")
    return sorted(path for path in folder.iterdir() if pattern.fullmatch(path.name))


def _drop(found: list[Path], keep: int) -> tuple[Path, ...]:
    surplus = tuple(found[: max(len(found) - keep, 0)])
    for path in surplus:
        path.unlink(missing_ok=True)
    return surplus


# ----------------------------------------------------------------------- nights


def night_done(register: Register, day: int) -> bool:
    """Whether a run of that local day did all its work."""
    return register.event(_night(day)) is not None


def missed_nights(register: Register, today: int) -> list[int]:
    """The local days since the last complete run on which there was none, the oldest first.

    None before the first run ever: nobody had asked for one.
    """
    missed: list[int] = []
    for day in range(today - 1, today - LOOKED_BACK - 1, -1):
        if night_done(register, day):
            return missed[::-1]
        missed.append(day)
    return []


def last_night(register: Register) -> int | None:
    """The latest local day whose work was done; one look-up, however long the register is."""
    found = register.latest_id(f"{CHANNEL}-", f"{CHANNEL}.")  # the sign after `-`
    return (
        None if found is None else date.fromisoformat(found.removeprefix(f"{CHANNEL}-")).toordinal()
    )


def record_night(
    register: Register, day: int, actor: str | None, clock: Callable[[], Moment]
) -> int | None:
    """Note that the day's work was done; the entry's `seq`, or None if it was noted before."""
    with register.writing(clock) as writer:
        if writer.target(_night(day)) is not None:
            return None
        subject = f"{CHANNEL}:{date.fromordinal(day).isoformat()}"
        fields = {"channel": CHANNEL, "subject": subject}
        draft = Draft("notification", _night(day), None, 0, None, actor, actor, None, fields)
        return writer.add(draft).seq


def _night(day: int) -> str:
    # An id of its own: found by one look-up however long the register is, and never twice.
    return f"{CHANNEL}-{date.fromordinal(day).isoformat()}"
