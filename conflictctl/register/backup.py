"""Copies of a register: taken while others write, verified, put back.

A copy is made beside its place under another name, verified, and only then given its
name; so there is never half a backup, nor half a restored register.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from conflictctl.errors import DamagedRegister, InputRejected
from conflictctl.register import sqlite
from conflictctl.register.audit import Progress, Spread, Verification, one_by_one, verify
from conflictctl.register.copying import copy, fill, refuse_other_end
from conflictctl.register.in_file import path_of
from conflictctl.register.places import on_server, place_of, shown
from conflictctl.register.store import Register, open_register
from conflictctl.wording import Sentence

_FIRST_STEP = 4096  # pages of 4 KiB: a writer waits for one step at most
_RESTARTS = 3


class _Restarted(Exception):
    """Somebody wrote, and SQLite began the copy anew."""


def backup(
    register: Register,
    target: Path,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
    spread: Spread = one_by_one,
) -> Verification:
    """Write a verified copy of an open register to a file of its owner's alone.

    Of a register on a server it is a register in a file, entry by entry the same.
    Writers go on meanwhile.  Returns what the verification of the copy found, which `spread` may
    share out.  Raises InputRejected if the target exists (without `overwrite`), DamagedRegister
    if the copy does not verify, StorageFailed, Busy.
    """
    if not overwrite:
        _refuse_existing(target)
    server = on_server(register.target)
    if not server:
        _refuse_same(path_of(register.target), target)
    sqlite.check_link(target)
    with sqlite.failures(str(target)), sqlite.aside(target) as draft:
        if not server and copy_pages(path_of(register.target), draft, grow=False):
            found = _verified(draft, progress, spread)
        else:  # entry by entry: where others write all the time, no writer waits for that
            head = register.head()
            fill(register, place_of(str(draft)), head)
            found = _verified(draft, progress, spread)
            refuse_other_end(found, head, register)
        _put(draft, target, overwrite=overwrite)
    return found


def restore(
    source: Path,
    target: str,
    *,
    force: bool = False,
    progress: Progress | None = None,
    spread: Spread = one_by_one,
) -> Path | None:
    """Make the register at `target` a verified copy of `source`.

    An existing register is replaced only with `force`, and kept beside under the name that
    is returned.  Raises InputRejected if the target exists, DamagedRegister if the source
    is no register or does not verify, SchemaMismatch, StorageFailed, Busy.
    """
    if on_server(target):
        _fill_server(source, target, force=force, progress=progress, spread=spread)
        return None
    path = path_of(target)
    if not force:
        _refuse_existing(path)
    _refuse_same(source, path)
    sqlite.check_file(source)
    kept: Path | None = None
    with sqlite.failures(target), sqlite.aside(path) as draft:
        copy_pages(source, draft)
        _verified(draft, progress, spread)
        if sqlite.is_present(path):
            kept = _set_aside(path)
        _put(draft, path, overwrite=True)
    return kept


def _fill_server(
    source: Path, target: str, *, force: bool, progress: Progress | None, spread: Spread
) -> None:
    """Put a backup into an empty database; what is in another one, this program leaves there."""
    if force and place_of(target).exists():
        raise InputRejected(
            Sentence("{path} is a register, which stays where it is", path=shown(target)),
            Sentence("make an empty database with `createdb`, restore into it, and rename the two"),
        )
    with open_register(str(source)) as register:
        copy(register, target, progress=progress, spread=spread)


def keep_copy(path: Path, label: str) -> Path:
    """A copy of the register file beside it, `NAME.LABEL` or with a number behind."""
    with sqlite.aside(path) as draft:
        copy_pages(path, draft)
        return _give_free_name(draft, path, label)


def copy_pages(source: Path, draft: Path, *, grow: bool = True) -> bool:
    """Copy a database into an empty file, in steps between which others may write.

    SQLite begins anew when somebody else wrote.  After some of these the steps `grow`, so that the
    copy ends however busy the register is, while writers wait for a step; or else the file is
    emptied again, and the answer is False.
    """
    with sqlite.connect(source) as reading, sqlite.connect(draft) as writing:
        from_raw: Any = reading.connection.driver_connection
        into_raw: Any = writing.connection.driver_connection
        step, whole = _FIRST_STEP, False
        while not whole:
            try:
                from_raw.backup(into_raw, pages=step, sleep=0.01, progress=_watch(step))
                whole = True
            except _Restarted:
                if not grow:
                    break
                step *= 4
    with draft.open("rb+") as file:
        if not whole:
            file.truncate()
        os.fsync(file.fileno())
    return whole


def _watch(step: int) -> Callable[[int, int, int], None]:
    """A progress callback that gives up when the copy was begun anew too often."""
    left = -1
    restarts = 0

    def watch(status: int, remaining: int, total: int) -> None:
        nonlocal left, restarts
        if status == sqlite3.SQLITE_DONE:
            return
        if 0 <= left <= remaining:
            restarts += 1
            if restarts > _RESTARTS and step < total:
                raise _Restarted
        left = remaining

    return watch


def _verified(draft: Path, progress: Progress | None, spread: Spread) -> Verification:
    try:
        with open_register(str(draft)) as copy:
            found = verify(copy, progress=progress, spread=spread, private=True)
    except DamagedRegister as damage:
        raise _not_good(damage.message) from damage
    if found.problem is not None:
        raise _not_good(found.problem)
    return found


def _not_good(problem: Sentence) -> DamagedRegister:
    return DamagedRegister(
        Sentence("the copy does not verify: {problem}", problem=problem),
        Sentence("nothing was changed; `conflictctl audit verify` says more of the register"),
    )


def _set_aside(path: Path) -> Path:
    """Give the register at `path` a second name, first bringing it to rest if it can be read.

    The file that takes its place then replaces the first name at one stroke.
    """
    sqlite.check_link(path)
    try:
        # A transaction cut off by a crash is undone now: its journal goes by the old name.
        connection = sqlite.connect(path)
        try:
            with sqlite.failures(str(path)):
                sqlite.begin(connection)
                sqlite.commit(connection)
        finally:
            connection.close()
    except DamagedRegister:
        pass  # kept as it is; it may still be of use to somebody
    kept = _give_free_name(path, path, "replaced")
    journal = sqlite.journal_of(path)
    if journal.exists():
        journal.replace(sqlite.journal_of(kept))
    return kept


def _give_free_name(file: Path, path: Path, label: str) -> Path:
    for number in range(1, 10_000):
        name = f"{path.name}.{label}" if number == 1 else f"{path.name}.{label}-{number}"
        if sqlite.publish(file, path.with_name(name)):
            return path.with_name(name)
    raise InputRejected(Sentence("{path} has too many copies beside it", path=str(path)))


def _put(draft: Path, target: Path, *, overwrite: bool) -> None:
    if overwrite:
        draft.replace(target)
        sqlite.sync_folder(target.parent)
    elif not sqlite.publish(draft, target):
        _refuse_existing(target)


def _refuse_existing(path: Path) -> None:
    with sqlite.failures(str(path)):
        if path.exists() or path.is_symlink():
            raise InputRejected(
                Sentence("{path} exists", path=str(path)),
                Sentence("name another file, or overwrite it with --force"),
            )


def _refuse_same(one: Path, other: Path) -> None:
    with sqlite.failures(str(other)):
        if one.exists() and other.exists() and one.samefile(other):
            raise InputRejected(
                Sentence("{path} is the register itself", path=str(other)),
                Sentence("name another file"),
            )
