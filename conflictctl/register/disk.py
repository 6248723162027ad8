"""Room on disks: how much there is, whether it will do, and how it is said."""

from __future__ import annotations

import shutil
from pathlib import Path

from conflictctl.errors import StorageFailed
from conflictctl.wording import Sentence

_UNITS = ("kB", "MB", "GB", "TB")


def amount(size: int) -> str:
    """Bytes for people: `812 B`, `110.6 kB`, `71.2 GB`."""
    if size < 1000:
        return f"{size} B"
    number, place = size / 1000, 0
    while number >= 1000 and place + 1 < len(_UNITS):
        number, place = number / 1000, place + 1
    return f"{number:.1f} {_UNITS[place]}"


def free(folder: Path) -> int:
    """Bytes that may be written to the disk of a folder."""
    return shutil.disk_usage(folder).free


def check_room(folder: Path, needed: int) -> None:
    """Raise StorageFailed where so many bytes would not find room, before anything is done."""
    there = free(folder)
    if there < needed:
        raise StorageFailed(
            Sentence(
                "{folder} has {free} free, and {needed} are needed",
                folder=str(folder),
                free=amount(there),
                needed=amount(needed),
            ),
            Sentence("make room and run the same command again; nothing was changed"),
        )
