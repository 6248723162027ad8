"""How much memory a workbook would take, before its reader asks for it.

The reader lays all cells between the first and the last of a sheet out side by side.  Two cells in
opposite corners are enough: where memory ends, the process is gone.  So a process of its own reads
first, with no more memory than is sensible, where the system can do that; what XML says of itself
is looked at everywhere.
"""

from __future__ import annotations

import os
import re
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from conflictctl.errors import InputRejected
from conflictctl.exchange.source import BLOCK
from conflictctl.wording import Sentence

ROOM = 1 << 30
"""Bytes that a reader may take."""
PATIENCE = 300
"""Seconds of processor time."""
_UNPACKED_LIMIT = 1 << 30
_CELLS_LIMIT = 32_000_000  # 24 bytes each: a full sheet of 30 columns
_ROWS_LIMIT = 1 << 20  # and no sheet has more
# Rows, and of cells what is beyond column Z or row 99,999: the others are within what rows say.
_PLACE = re.compile(rb"\br\s*=\s*[\"'](?=\d|[A-Za-z]{2}|[A-Za-z]\d{6})([A-Za-z]*)(\d+)")
_REPEATED = re.compile(rb"number-(?:rows|columns)-repeated\s*=\s*[\"'](\d+)")


def read_apart(read: Callable[[], object]) -> None:
    """Read in a process of its own, with bounded memory and time; nothing comes of it here.

    Raises InputRejected if it did not come to an end.  What is wrong with the workbook otherwise,
    whoever reads it here is told.
    """
    if sys.platform != "linux":
        return
    from multiprocessing import get_context

    child = get_context("fork").Process(target=_bounded, args=(read,))
    try:
        child.start()
    except OSError:  # no more processes
        return
    child.join()
    if child.exitcode != 0:
        raise _too_large()


def _bounded(read: Callable[[], object]) -> None:
    import faulthandler
    import resource

    # The reader's own last words, when memory ends, are none for the user.
    faulthandler.disable()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    pages = int(Path("/proc/self/statm").read_bytes().split()[0])
    room = pages * resource.getpagesize() + ROOM
    for what, most in (
        (resource.RLIMIT_AS, room),
        (resource.RLIMIT_CPU, PATIENCE),
        (resource.RLIMIT_CORE, 0),
    ):
        _, highest = resource.getrlimit(what)
        allowed = most if highest == resource.RLIM_INFINITY else min(most, highest)
        resource.setrlimit(what, (allowed, allowed))
    try:
        read()
    except MemoryError:
        os._exit(1)
    except BaseException:
        pass
    os._exit(0)


def check_extent(packed: zipfile.ZipFile) -> None:
    """Raise InputRejected for a workbook whose XML says that it takes more room than is sensible.

    Of a damaged one, whatever zipfile raises.
    """
    if sum(item.file_size for item in packed.infolist()) > _UNPACKED_LIMIT:
        raise _too_large()
    for name in packed.namelist():
        if name.startswith("xl/worksheets/") and name.endswith(".xml"):
            rows, columns = 1, 26
            for letters, row in _matches(packed, name, _PLACE):
                rows = max(rows, int(row[:9] or 1))
                columns = max(columns, _column(letters))
            if rows * columns > _CELLS_LIMIT:
                raise _too_large()
        elif name == "content.xml":
            found = (int(times[:12]) for (times,) in _matches(packed, name, _REPEATED))
            if max(found, default=0) > _ROWS_LIMIT:
                raise _too_large()


def _too_large() -> InputRejected:
    return InputRejected(
        Sentence("the workbook is too large when unpacked"),
        Sentence("save the sheet as CSV UTF-8 and import that"),
    )


def _matches(
    packed: zipfile.ZipFile, name: str, pattern: re.Pattern[bytes]
) -> Iterator[tuple[bytes, ...]]:
    """The groups of every match in a part of a workbook, in bounded memory."""
    tail = b""
    with packed.open(name) as file:
        while block := file.read(BLOCK):
            block = tail + block
            end = block.rfind(b"<")  # no attribute is cut in two
            cut = end if end > 0 else len(block)
            for match in pattern.finditer(block, 0, cut):
                yield tuple(group or b"" for group in match.groups())
            tail = block[cut:][-BLOCK:]
        for match in pattern.finditer(tail):
            yield tuple(group or b"" for group in match.groups())


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters[:6].upper():
        number = 26 * number + letter - 64
    return number
