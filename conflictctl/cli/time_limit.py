"""Work on what a stranger made up ends after a time, whatever stands in it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from conflictctl.errors import ConflictctlError


@contextmanager
def ends_within(seconds: float, failure: Callable[[], ConflictctlError]) -> Iterator[None]:
    """Raise the failure if the block runs for longer.

    On systems without interval timers (Windows) the block runs as long as it likes.
    """
    if not hasattr(signal, "setitimer"):
        yield
        return

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        raise failure()

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
