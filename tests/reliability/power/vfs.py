"""What SQLite writes, syncs and removes, recorded on its way to the disk.

The SQLite that Python's `sqlite3` itself uses is given a VFS in between, so that the program under
test runs unchanged.  The VFS is the system's own with three methods of its files and one of its
own replaced; these record and pass on.  Linux only.
"""

from __future__ import annotations

import ctypes
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.reliability.frame import NotHere
from tests.reliability.power.disk import Tape

_OPEN_CREATE = 0x4
# SQLite syncs the folder of a journal made by it at the journal's first sync (os_unix.c:
# UNIXFILE_DIRSYNC); journal, super-journal and write-ahead log.
_JOURNALS = 0x800 | 0x4000 | 0x80000
_FILES = 0x100 | _JOURNALS  # the main database, too; no temporary files

_P = ctypes.c_void_p
# Names are pointers: SQLite keeps more behind the end of the text.
_OPEN = ctypes.CFUNCTYPE(ctypes.c_int, _P, _P, _P, ctypes.c_int, _P)
_DELETE = ctypes.CFUNCTYPE(ctypes.c_int, _P, _P, ctypes.c_int)
_WRITE = ctypes.CFUNCTYPE(ctypes.c_int, _P, _P, ctypes.c_int, ctypes.c_int64)
_TRUNCATE = ctypes.CFUNCTYPE(ctypes.c_int, _P, ctypes.c_int64)
_SYNC = ctypes.CFUNCTYPE(ctypes.c_int, _P, ctypes.c_int)


class _Vfs(ctypes.Structure):
    _fields_ = (
        ("version", ctypes.c_int),
        ("file_size", ctypes.c_int),
        ("max_path", ctypes.c_int),
        ("next", _P),
        ("name", ctypes.c_char_p),
        ("data", _P),
        ("open", _P),
        ("delete", _P),
        ("rest", _P * 13),
    )


class _Methods(ctypes.Structure):
    _fields_ = (
        ("version", ctypes.c_int),
        ("close", _P),
        ("read", _P),
        ("write", _P),
        ("truncate", _P),
        ("sync", _P),
        ("rest", _P * 13),
    )


def _library() -> ctypes.CDLL:
    """The SQLite that the module `sqlite3` is linked with."""
    import _sqlite3

    file = getattr(_sqlite3, "__file__", None)
    if file is None or os.name != "posix":
        raise NotHere("the SQLite of this Python cannot be reached from outside")
    library = ctypes.CDLL(file)
    try:
        library.sqlite3_libversion.restype = ctypes.c_char_p
        version = library.sqlite3_libversion().decode()
    except AttributeError:
        raise NotHere("the SQLite of this Python cannot be reached from outside") from None
    if version != sqlite3.sqlite_version:
        raise NotHere(f"two SQLites in one process: {version}, {sqlite3.sqlite_version}")
    library.sqlite3_vfs_find.restype = _P
    library.sqlite3_vfs_find.argtypes = (ctypes.c_char_p,)
    library.sqlite3_vfs_register.argtypes = (_P, ctypes.c_int)
    library.sqlite3_vfs_unregister.argtypes = (_P,)
    return library


class _Shim:
    """The VFS in between, and all that must not be collected while it is in use."""

    def __init__(self, library: ctypes.CDLL, tape: Tape) -> None:
        self._tape = tape
        self._base = library.sqlite3_vfs_find(None)
        base = _Vfs.from_address(self._base)
        self.vfs = _Vfs.from_buffer_copy(base)
        self.vfs.name = b"recorder"
        self._real_open, self._real_delete = _OPEN(base.open), _DELETE(base.delete)
        self._kept: list[Any] = [_OPEN(self._open), _DELETE(self._delete)]
        self.vfs.open = ctypes.cast(self._kept[0], _P)
        self.vfs.delete = ctypes.cast(self._kept[1], _P)
        self._tables: dict[int, _Methods] = {}
        self._files: dict[int, tuple[str, bool]] = {}
        """By the address of SQLite's file: its name, and whether the folder is still to sync."""

    def _open(self, _: int, name: int | None, file: int, flags: int, out: int) -> int:
        path = _path(name) if name and flags & _FILES else None
        created = path is not None and flags & _OPEN_CREATE and not path.exists()
        code = self._real_open(self._base, name, file, flags, out)
        if code == 0 and path is not None:
            if created:
                self._tape.create(path.name)
            self._files[file] = path.name, bool(flags & _JOURNALS and flags & _OPEN_CREATE)
            methods = ctypes.cast(file, ctypes.POINTER(_P))
            methods[0] = ctypes.cast(ctypes.pointer(self._table(methods[0])), _P).value
        return int(code)

    def _table(self, real: int) -> _Methods:
        if real not in self._tables:
            self._tables[real] = table = _Methods.from_buffer_copy(_Methods.from_address(real))
            for name, kind, made in (
                ("write", _WRITE, self._write),
                ("truncate", _TRUNCATE, self._truncate),
                ("sync", _SYNC, self._sync),
            ):
                callback = kind(made(kind(getattr(table, name))))
                self._kept.append(callback)
                setattr(table, name, ctypes.cast(callback, _P))
        return self._tables[real]

    def _write(self, real: Callable[..., int]) -> Callable[..., int]:
        def write(file: int, data: int, size: int, offset: int) -> int:
            self._tape.write(self._files[file][0], offset, ctypes.string_at(data, size))
            return real(file, data, size, offset)

        return write

    def _truncate(self, real: Callable[..., int]) -> Callable[..., int]:
        def truncate(file: int, size: int) -> int:
            self._tape.truncate(self._files[file][0], size)
            return real(file, size)

        return truncate

    def _sync(self, real: Callable[..., int]) -> Callable[..., int]:
        def sync(file: int, flags: int) -> int:
            name, folder_too = self._files[file]
            self._tape.sync(name)
            if folder_too:
                self._tape.sync_folder()
                self._files[file] = name, False
            return real(file, flags)

        return sync

    def _delete(self, _: int, name: int, folder_too: int) -> int:
        code = self._real_delete(self._base, name, folder_too)
        if code == 0:
            self._tape.remove(_path(name).name)
            if folder_too:
                self._tape.sync_folder()
        return int(code)


def _path(name: int) -> Path:
    return Path(os.fsdecode(ctypes.string_at(name)))


@contextmanager
def recorded(folder: Path, tape: Tape) -> Iterator[None]:
    """Whatever SQLite, or the program itself, does to files in a folder goes onto the tape."""
    library = _library()
    shim = _Shim(library, tape)
    address = ctypes.addressof(shim.vfs)
    library.sqlite3_vfs_register(address, 1)
    try:
        with _system_calls(folder, tape):
            yield
    finally:
        library.sqlite3_vfs_unregister(address)


@contextmanager
def _system_calls(folder: Path, tape: Tape) -> Iterator[None]:
    """The few calls by which the program itself makes, names and removes files."""
    real = {name: getattr(os, name) for name in ("open", "link", "unlink", "rename", "replace")}

    def ours(path: Any) -> str | None:
        place = Path(os.fsdecode(path)) if not isinstance(path, int) else folder
        return place.name if place.parent == folder else None

    def opened(path: Any, flags: int, mode: int = 0o777, **more: Any) -> int:
        handle: int = real["open"](path, flags, mode, **more)
        if flags & os.O_EXCL and (name := ours(path)):
            tape.create(name)
        return handle

    def linked(source: Any, target: Any, **more: Any) -> None:
        real["link"](source, target, **more)
        if (name := ours(target)) and (was := ours(source)):
            tape.link(was, name)

    def removed(path: Any, **more: Any) -> None:
        real["unlink"](path, **more)
        if name := ours(path):
            tape.remove(name)

    def renamed(source: Any, target: Any, **more: Any) -> None:
        real["replace"](source, target, **more)
        if (name := ours(target)) and (was := ours(source)):
            tape.rename(was, name)

    def synced(handle: int) -> None:
        place = Path(f"/proc/self/fd/{handle}").readlink()
        if place == folder:
            tape.sync_folder()
        elif name := ours(place):
            tape.sync(name)
        os.fdatasync(handle)

    patched = {"open": opened, "link": linked, "unlink": removed, "fsync": synced}
    real["fsync"] = os.fsync
    try:
        for name, function in {**patched, "rename": renamed, "replace": renamed}.items():
            setattr(os, name, function)
        yield
    finally:
        for name, function in real.items():
            setattr(os, name, function)
