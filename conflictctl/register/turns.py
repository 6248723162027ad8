"""A queue of writers, first come first served.

SQLite lets one process write and tells the others only that it is busy; asking again and
again is a lottery that somebody loses for seconds.  Whoever wants to write therefore waits
for a lock that the system hands on in order.  The queue is a courtesy: SQLite's own lock
decides who writes, and where there is no queue to be had, the lottery serves.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


def take(journal: Path, patience: float) -> int | None:
    """Wait for one's turn, at most `patience` seconds; the handle to `end` it with.

    The lock is on the journal, which SQLite keeps between transactions and does not lock
    itself.  None: no turn was gained in time, or there is no queue here.
    """
    if fcntl is None:
        return None
    try:
        handle = os.open(journal, os.O_RDWR)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        waiting = threading.Thread(target=_wait, args=(handle,), daemon=True)
        waiting.start()
        waiting.join(patience)
        if not waiting.is_alive():
            return handle
        # Once nobody has the file open any more, the system drops the place in the queue.
        end(handle)
        return None
    except OSError:
        end(handle)
        return None
    return handle


def _wait(handle: int) -> None:
    # A system that cannot queue leaves the lottery: the turn is only a courtesy.
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
    except OSError:
        return


def end(handle: int | None) -> None:
    """Hand the turn on."""
    if handle is not None:
        os.close(handle)
