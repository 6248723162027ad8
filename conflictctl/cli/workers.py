"""The same question asked of many, by as many processes as there are processors."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from multiprocessing.pool import Pool

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
    if not _worth(number, first):
        yield from map(task, items)
        return
    with _forked(task, number) as pool:
        waiting = deque(pool.apply_async(_run, (item,)) for item in islice(items, 3 * number))
        while waiting:
            answer = waiting.popleft().get()
            waiting.extend(pool.apply_async(_run, (item,)) for item in islice(items, 1))
            yield answer


def over_register(
    register: Register,
    task: Callable[[Register, _Item], _Answer],
    items: Sequence[_Item],
    *,
    workers: int | None = None,
) -> Iterator[_Answer]:
    """The answers to all items, as they come: `task` is given the register as its process has it.

    For answers that are small: nothing keeps them from running ahead of the reader.
    """
    opened_here(register)
    one = partial(_over_own, register, task)
    number = _processors() if workers is None else workers
    if not _worth(number, items):
        yield from map(one, items)
        return
    with _forked(one, number) as pool:
        yield from pool.imap_unordered(_run, items)


def _over_own(
    register: Register, task: Callable[[Register, _Item], _Answer], item: _Item
) -> _Answer:
    return task(own_register(register), item)


def _worth(number: int, first: Sequence[Any]) -> bool:
    return number > 1 and len(first) > FEW and sys.platform == "linux"


def _forked(task: Callable[[Any], Any], number: int) -> Pool:
    """Processes that do a task, which is forked along: it need not be picklable."""
    from multiprocessing import get_context

    global _task
    _task = task
    sys.stdout.flush()
    return get_context("fork").Pool(number)


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
