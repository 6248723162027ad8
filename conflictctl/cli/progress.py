"""A progress bar on standard error, where somebody looks and it is worth it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from conflictctl.render.language import tr

if TYPE_CHECKING:
    from conflictctl.register.store import Register

Hear = Callable[[int, int], None]

WORTH_A_BAR = 50_000
"""Entries whose reading takes long enough to be watched."""


@contextmanager
def progress_bar(title: str, *, worth: bool = True) -> Iterator[Hear | None]:
    """Yield what is to be told `done` of `total`; None where there is no terminal."""
    from conflictctl.render.terminal import console, is_terminal

    if not (worth and is_terminal(sys.stderr)):
        yield None
        return
    from rich.progress import Progress

    with Progress(console=console(sys.stderr), transient=True) as bar:
        task = bar.add_task(title)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def indexing(register: Register) -> Iterator[Hear | None]:
    """A bar for the look-up that first makes the keys of many cards."""
    from conflictctl.register.lookups import reach

    missing = register.head().seq - reach(register)
    with progress_bar(tr("indexing"), worth=missing > WORTH_A_BAR) as hear:
        yield hear


MANY_CUSTOMERS = 2_000
"""Customers whose rulings take long enough to be watched."""


@contextmanager
def customers_bar(title: str, register: Register) -> Iterator[Callable[[int], None]]:
    """Yield what is to be told how many more customers are done."""
    from conflictctl.render.terminal import is_terminal

    if not is_terminal(sys.stderr):
        yield lambda more: None
        return
    total, done = sum(1 for _ in register.customer_ids()), 0
    with progress_bar(title, worth=total >= MANY_CUSTOMERS) as hear:

        def tell(more: int) -> None:
            nonlocal done
            done += more
            if hear is not None:
                hear(done, total)

        yield tell
