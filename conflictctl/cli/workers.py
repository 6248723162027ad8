"""The same question asked of many, by as many processes as there are processors."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from conflictctl.register.store import Register

_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")

_task: Callable[[Any], Any] | None = None

FEW = 4
"""Up to so many items are not worth a second process."""


def in_order(
    task: Callable[[_Item], _Answer], items: Iterable[_Item], *, workers: int | None = None
) -> Iterator[_Answer]:
    """The answers to all items, in their order, at most a few of them ahead of the reader.

    The work is shared out among forked processes where the system can fork safely and there
    is enough of it; `task` must open its own files there.  Items are drawn and answers
    handed over in this process and thread.
    """
    items = iter(items)
    first = list(islice(items, FEW + 1))
    items = chain(first, items)
    number = _processors() if workers is None else workers
    if number < 2 or len(first) <= FEW or sys.platform != "linux":
        yield from map(task, items)
        return
    from multiprocessing import get_context

    global _task
    _task = task  # forked along: a task need not be picklable
    sys.stdout.flush()
    with get_context("fork").Pool(number) as pool:
        waiting = deque(pool.apply_async(_run, (item,)) for item in islice(items, 3 * number))
        while waiting:
            answer = waiting.popleft().get()
            waiting.extend(pool.apply_async(_run, (item,)) for item in islice(items, 1))
            yield answer


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


def _run(item: Any) -> Any:
    assert _task is not None
    return _task(item)


_registers: dict[int, Register] = {}
"""The register as each process opened it: a connection does not survive a fork."""


def opened_here(register: Register) -> None:
    """Say which register this process has open, before it is asked in several."""
    _registers.clear()
    _registers[os.getpid()] = register


def own_register(register: Register) -> Register:
    """The same register, opened by the very process that asks."""
    from conflictctl.register.store import open_register

    found = _registers.get(os.getpid())
    if found is None:
        found = _registers[os.getpid()] = open_register(register.place.target)
    return found
