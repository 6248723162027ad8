"""The table of faults: its lines, how they are found, measured and shown.

A line is measured by a function.  To add one, put a module into `tests/reliability/lines` with

    LINES = (Line("G99", "what is done to it", "what must hold", measure),)

where `measure(scale)` does the damage and returns `Figures`.  Each line runs in a process of its
own, so that nothing it patches, forks or fills reaches the next: one after the other in the full
form, which judges times, and as many at once as there are processors in the quick form.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import re
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple, TypeVar

from tests.reliability import lines

_T = TypeVar("_T")
ROOT = Path(__file__).resolve().parents[2]


class Scale(NamedTuple):
    """How much is measured, from which seed, and an empty folder to do it in."""

    full: bool
    seed: int
    folder: Path

    def of(self, quick: _T, full: _T) -> _T:
        """The first in the quick form, the second in the full form."""
        return full if self.full else quick

    def in_time(self, met: bool) -> bool:
        """Whether a goal of time is met.  The quick form runs beside other work: it shows the
        time and does not judge it."""
        return met or not self.full

    @contextmanager
    def in_memory(self) -> Iterator[Path]:
        """Another empty folder, in memory where there is such a place: syncing costs nothing."""
        place = Path("/dev/shm")
        with tempfile.TemporaryDirectory(dir=place if os.access(place, os.W_OK) else None) as name:
            yield Path(name)


class Figures(NamedTuple):
    """What was measured: whether the line holds, and the figures in one short sentence.

    `held` is None where this machine lacks what the measurement needs.
    """

    held: bool | None
    measured: str


class Line(NamedTuple):
    """A line of the table: its name, the attack, what must hold, and what measures it."""

    name: str
    attack: str
    goal: str
    measure: Callable[[Scale], Figures]


class Result(NamedTuple):
    """A line that was measured, and how long it took."""

    line: Line
    figures: Figures
    seconds: float


class NotHere(Exception):
    """This machine lacks what the measurement needs; the text says what."""


def all_lines() -> list[Line]:
    """The lines of every module in the folder, by number; those without a number last."""
    found: list[Line] = []
    for module in pkgutil.iter_modules(lines.__path__):
        found += importlib.import_module(f"{lines.__name__}.{module.name}").LINES
    return sorted(found, key=lambda line: (_number(line.name), line.name))


def _number(name: str) -> int:
    digits = re.match(r"G(\d+)", name)
    return int(digits[1]) if digits else 1000


def measured(names: Iterable[str], *, full: bool, seed: int) -> Iterator[Result]:
    """Measure the lines of these names (all, without any); the results come in their order."""
    wanted = set(names)
    chosen = [line for line in all_lines() if not wanted or line.name in wanted]
    unknown = wanted - {line.name for line in chosen}
    if unknown:
        raise SystemExit(f"no line {', '.join(sorted(unknown))}")
    # A fresh process for each; forking from one with threads would be another fault.
    at_once = 1 if full else os.cpu_count()
    with ProcessPoolExecutor(at_once, get_context("spawn"), max_tasks_per_child=1) as pool:
        running = [pool.submit(_timed, line.name, full, seed) for line in chosen]
        for line, told in zip(chosen, running, strict=True):
            yield Result(line, *told.result())


def _timed(name: str, full: bool, seed: int) -> tuple[Figures, float]:
    begin = time.monotonic()
    return _measure(name, full, seed), time.monotonic() - begin


def _measure(name: str, full: bool, seed: int) -> Figures:
    (line,) = (line for line in all_lines() if line.name == name)
    folder = Path(tempfile.mkdtemp(prefix="reliability-"))
    try:
        return line.measure(Scale(full, seed, folder))
    except NotHere as reason:
        return Figures(None, f"not measured here: {reason}")
    except Exception as error:
        traceback.print_exc()
        return Figures(False, f"{type(error).__name__}: {error}".splitlines()[0])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def row(result: Result) -> str:
    """One result as a line of text."""
    held = {True: "holds", False: "FAILS", None: "-    "}[result.figures.held]
    return (
        f"{result.line.name:<10} {held}  {result.seconds:6.1f} s  "
        f"{result.line.attack}: {result.figures.measured}"
    )


def told(measured: str, faults: Sequence[str]) -> str:
    """What was measured and how many faults there were; the first ones go to standard error."""
    for fault in faults[:20]:
        print(f"  {fault}", file=sys.stderr)
    return f"{measured}: {len(faults)} faults"


def by_tests(*nodes: str) -> Callable[[Scale], Figures]:
    """A measurement by tests of the suite; the quick form leaves out those marked `slow`."""

    def measure(scale: Scale) -> Figures:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *nodes]
        if not scale.full:
            command += ["-m", "not slow"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            print(done.stdout, done.stderr, sep="\n", file=sys.stderr)
        found = re.search(r"\d+ (?:passed|failed|skipped|error)[^\n]*?(?= in )", done.stdout)
        places = " ".join(dict.fromkeys(node.partition("::")[0] for node in nodes))
        told = found[0] if found else "nothing ran"
        return Figures(done.returncode == 0, f"{told} ({places})")

    return measure
