#!/usr/bin/env python3
"""How long one more entry takes in a sitting of `desk`, and what telling the holding costs.

(a) `desk` with 1 line and with --lines lines on standard input, the whole process; the
    difference, a line, is one more entry: read, recorded, on the disk, acknowledged, and how
    long the customer is held yet told.  Goal: <= 20 ms of processor time; by the clock the
    disk's own time to make an entry durable comes to that.
(b) `log-visit` without and with `--holding`, and bare_insert.py, in turn: processor time.
    What the holding costs is why only a terminal is told it unasked.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measure import Report, Run, interleaved, parser, program, run
from startup import prepare


def sitting(lines: int, env: dict[str, str]) -> Run:
    """`desk` with so many follow-ups of one customer, as a run of the whole process."""
    text = "".join(f"followup K1 note {number}\n" for number in range(lines))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.perf_counter()
    done = subprocess.run(
        [program(), "desk", "--as", "li"],
        input=text,
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    seconds = time.perf_counter() - begin
    if done.stdout.count("recorded #") != lines:
        raise SystemExit(done.stdout[-2000:] + done.stderr[-2000:])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return Run(seconds, cpu, 0)


def main() -> int:
    options = parser(__doc__)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--lines", type=int, default=200)
    given = options.parse_args()
    report = Report()
    here = Path(__file__).parent
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        env = prepare(folder)
        visit = [program(), "log-visit", "K1", "--by", "li", "--as", "li", "--level", "A"]
        bare = [sys.executable, str(here / "bare_insert.py"), str(folder / "bare.db")]
        single = interleaved(
            given.rounds,
            {
                "bare_insert.py": lambda: run(bare, env),
                "log-visit": lambda: run(visit, env),
                "log-visit --holding": lambda: run([*visit, "--holding"], env),
            },
        )
        for case, figures in single.items():
            report.figure(case, figures)
        for case in ("log-visit", "log-visit --holding"):
            ratio = single[case].cpu / single["bare_insert.py"].cpu
            report.figure(f"{case} / bare_insert.py, processor time", f"{ratio:.2f}")
        sittings = interleaved(
            given.rounds,
            {
                "desk, 1 line": lambda: sitting(1, env),
                f"desk, {given.lines} lines": lambda: sitting(given.lines, env),
            },
        )
        first, many = sittings.values()
        for case, figures in sittings.items():
            report.figure(case, f"{figures.median:.3f} s, processor {figures.cpu:.3f} s")
        more = given.lines - 1
        each = (many.median - first.median) / more
        report.goal("one more entry, processor", (many.cpu - first.cpu) / more * 1000, 20, " ms")
        report.figure("one more entry, by the clock", f"{each * 1000:.0f} ms")
        report.figure("entries a second", f"{1 / each:.0f}")
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
