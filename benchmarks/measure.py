"""Run a program to its end and say how long it took and how much memory it held."""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple


class Run(NamedTuple):
    seconds: float
    cpu: float  # seconds of processor time, its own and the system's for it
    peak_mb: float  # resident memory of the process at its highest


class Summary(NamedTuple):
    median: float
    least: float
    most: float
    cpu: float
    peak_mb: float
    runs: int

    def __str__(self) -> str:
        unit, factor = ("ms", 1000) if self.median < 1 else ("s", 1)
        median, least, most, cpu = (f"{value * factor:.4g}" for value in self[:4])
        return (
            f"{median} {unit} (min {least}, max {most}, processor {cpu}; {self.runs} runs, "
            f"{self.peak_mb:.0f} MB)"
        )


def program() -> str:
    """The `conflictctl` beside the running Python, else the one on the path."""
    beside = Path(sys.executable).with_name("conflictctl")
    found = str(beside) if beside.exists() else shutil.which("conflictctl")
    if found is None:
        raise SystemExit("install conflictctl first: pip install .")
    return found


def environment(**more: str) -> dict[str, str]:
    """This environment without settings for conflictctl, or for Python itself.

    PYTHONDONTWRITEBYTECODE, for one, would have every start compile a checkout anew.
    """
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("CONFLICTCTL_", "PYTHON"))
    }
    return {**kept, "NO_COLOR": "1", "LC_ALL": "C.UTF-8", **more}


def run(
    command: Sequence[str],
    env: Mapping[str, str],
    *,
    keep: Path | None = None,
    fine: tuple[int, ...] = (0,),
) -> Run:
    """Run once, standard output into `keep` or nowhere; stop the benchmark if it fails.

    The peak is that of this one child (`wait4`), not of all children so far.  A child
    counts at least what its parent held when it was started, so the benchmarks themselves
    keep no data in memory.
    """
    with Path(keep or os.devnull).open("wb") as out:
        begin = time.perf_counter()
        child = subprocess.Popen(
            command, env=dict(env), stdout=out, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        assert child.stderr is not None
        said = child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - begin
        child.stderr.close()
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in fine:
        raise SystemExit(f"{' '.join(command)}\nexit {child.returncode}: {said.decode()[-2000:]}")
    in_kb = 1024 if sys.platform == "darwin" else 1
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / in_kb / 1024)


def summary(runs: Sequence[Run]) -> Summary:
    times = [one.seconds for one in runs]
    return Summary(
        statistics.median(times),
        min(times),
        max(times),
        statistics.median(one.cpu for one in runs),
        max(one.peak_mb for one in runs),
        len(runs),
    )


def interleaved(rounds: int, cases: Mapping[str, Callable[[], Run]]) -> dict[str, Summary]:
    """Every case once a round, in turn, so that a slow spell of the machine meets them all.

    A first round warms the caches and is not counted.
    """
    runs: dict[str, list[Run]] = {name: [] for name in cases}
    for turn in range(rounds + 1):
        for name, case in cases.items():
            one = case()
            if turn:
                runs[name].append(one)
    return {name: summary(found) for name, found in runs.items()}


class Report:
    """Prints each figure beside its goal and remembers whether all were met."""

    def __init__(self) -> None:
        self.missed = 0

    def figure(self, name: str, value: object) -> None:
        print(f"{name:<46} {value}", flush=True)

    def goal(
        self, name: str, value: float, goal: float, unit: str = "", *, at_least: bool = False
    ) -> None:
        met = value >= goal if at_least else value <= goal
        self.missed += not met
        sign = ">=" if at_least else "<="
        verdict = "met" if met else "MISSED"
        number = f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
        print(f"{name:<46} {number}{unit} (goal {sign} {goal:,g}{unit}): {verdict}", flush=True)

    def end(self) -> int:
        return 1 if self.missed else 0


def parser(text: str) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(
        description=text, formatter_class=argparse.RawDescriptionHelpFormatter
    )
