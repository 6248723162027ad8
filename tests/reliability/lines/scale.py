"""G25 a register of very many entries: the same answers, in bounded memory.

Ten million entries are measured by `benchmarks/scale.py`.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.reliability.frame import ROOT, Figures, Line, NotHere, Scale

_CUSTOMER = "K101"  # of the small register, too
_LATER = "2026-01-01T00:00:00+08:00"
_DECIDED = ("status", "credit", "holder", "decided_by", "referred_to", "provisional_until")
_MEMORY_MB = 300
_EVERYBODY = (
    ("audit", "verify", "--format", "json"),
    ("overdue", "--format", "json", "--as-of", _LATER),
    ("verdict", "--all", "--format", "jsonl", "--as-of", _LATER),
)


class _Told(NamedTuple):
    """What a command printed; the processor time and the peak memory of its largest process."""

    out: str
    seconds: float
    peak_mb: float


def _tell(path: Path, command: Sequence[str], *, alone: bool = False) -> _Told:
    """A command as a process of its own; `alone` on one processor, where it does not fork."""
    program = "import os, runpy, sys; "
    if alone:
        program += "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); "
    program += "sys.argv[0] = 'conflictctl'; runpy.run_module('conflictctl', run_name='__main__')"
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen(
            [sys.executable, "-c", program, *command, "--db", str(path)], cwd=ROOT, stdout=out
        )
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise AssertionError(f"{' '.join(command)} ended with {child.returncode}")
        out.seek(0)
        text = out.read().decode()
    return _Told(text, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def _register(folder: Path, entries: int) -> tuple[Path, float]:
    """A generated register, and the peak memory of its import."""
    lines, path = folder / "lines.jsonl", folder / f"r{entries}.db"
    script = str(ROOT / "benchmarks" / "generate.py")
    size = ["--customers", str(entries // 9), "--events", str(entries)]
    subprocess.run([sys.executable, script, "--minutes", "1", *size, str(lines)], check=True)
    _tell(path, ["init", "--timezone", "Asia/Shanghai", "--policy", "renault-zibo-2013"])
    made = _tell(path, ["import", str(lines), "--attest", "gao"])
    lines.unlink()
    return path, made.peak_mb


def _ruling(path: Path, rounds: int) -> tuple[dict[str, Any], float]:
    """What is decided about one customer, and the median of the processor time it takes."""
    command = ["verdict", _CUSTOMER, "--format", "json", "--as-of", _LATER]
    runs = [_tell(path, command) for _ in range(rounds)]
    ruling = json.loads(runs[0].out)
    return {key: ruling[key] for key in _DECIDED}, statistics.median(run.seconds for run in runs)


def _many(scale: Scale) -> Figures:
    if not hasattr(os, "sched_setaffinity"):
        raise NotHere("processes cannot be bound to one processor")
    few, many = scale.of(2_000, 10_000), scale.of(20_000, 1_000_000)
    (small, _), (large, peak) = (_register(scale.folder, entries) for entries in (few, many))
    rounds = scale.of(1, 11)
    (one, quick), (other, slow) = _ruling(small, rounds), _ruling(large, rounds)
    if one != other:
        return Figures(
            False, f"{_CUSTOMER} is ruled otherwise among {many} entries: {one}, {other}"
        )
    times = []
    for command in _EVERYBODY:
        shared, alone = _tell(large, command), _tell(large, command, alone=True)
        if shared.out != alone.out:
            return Figures(False, f"{command[0]} says something else where it is shared out")
        peak = max(peak, shared.peak_mb, alone.peak_mb)
        times.append(f"{' '.join(command[:2])} {shared.seconds:.1f} s")
    ratio = slow / quick
    return Figures(
        peak < _MEMORY_MB and scale.in_time(ratio <= 1.2),
        f"among {many:,} entries one customer is ruled as among {few:,}, in {ratio:.2f} of the "
        f"processor time; {', '.join(times)} of processor time, the same on one processor as on "
        f"{len(os.sched_getaffinity(0))}; at most {peak:.0f} MB",
    )


LINES = (
    Line(
        "G25",
        "very many entries",
        "the same ruling, as fast as in a small register; < 300 MB",
        _many,
    ),
)
