#!/usr/bin/env python3
"""What a register of a million or ten million entries still does, and in what memory.

Goals (G25 of the table of faults): one ruling at most 1.2 times as long as in a register of
10,000 entries, `audit verify` <= 120 s, `overdue` <= 10 s, every process < 300 MB.  Also shown:
the first checkpoint and the next, `audit verify --checkpoint`, `status`, `customer find` (the
first makes the keys), `backup`, `export`, `verdict --all`.

With --night also `nightly` on copies of registers of three sizes, a line through the logarithms,
and what it says of a group of 300 outlets with 3 million customers; --picture writes its curve.

Registers are made with --folder (default: a temporary one) and used again if they are there.  Up
to a million entries are imported; a larger register is `multiply.py` of one of a million.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from curve import fit, picture
from generate import MANAGER
from measure import Report, Run, environment, interleaved, parser, program, run, summary
from multiply import multiply

POLICY = "renault-zibo-2013"
CUSTOMER = "K101"
SMALL, LARGE = 10_000, 1_000_000
PER_CUSTOMER = 8.772
"""Entries: ten million to 1.14 million customers."""
RATIO, VERIFY_SECONDS, OVERDUE_SECONDS, MEMORY_MB = 1.2, 120, 10, 300
GROUP = 3_000_000
NIGHTS = (100_000, 300_000, 1_000_000)


def reference() -> float:
    """Seconds of processor time for ten million additions: how fast the machine is just now."""
    begin, total = time.process_time(), 0
    for number in range(10_000_000):
        total += number
    return time.process_time() - begin


def register_of(folder: Path, entries: int, report: Report) -> Path:
    """The register of so many entries, made now if it is not there."""
    path = folder / f"register-{entries}.db"
    if path.exists():
        return path
    if entries > LARGE:
        multiply(register_of(folder, LARGE, report), path, entries // LARGE)
        return path
    lines, half = folder / f"looked-after-{entries}.jsonl", folder / "unfinished.db"
    half.unlink(missing_ok=True)
    script = str(Path(__file__).with_name("generate.py"))
    size = ["--customers", str(int(entries / PER_CUSTOMER)), "--events", str(entries)]
    run([sys.executable, script, "--minutes", "1", "--looked-after", *size, str(lines)], {})
    env = environment(CONFLICTCTL_DB=str(half))
    run([program(), "init", "--timezone", "Asia/Shanghai", "--policy", POLICY], env)
    made = run([program(), "import", str(lines), "--attest", MANAGER], env)
    report.figure(f"import of {entries:,} entries", summary([made]))
    report.goal("import, peak memory", made.peak_mb, MEMORY_MB, " MB")
    lines.unlink()
    half.rename(path)
    return path


@contextmanager
def watched(report: Report) -> Iterator[None]:
    """The reference loop before and after a measurement."""
    before = reference()
    yield
    report.figure("  reference loop, before and after", f"{before:.2f}, {reference():.2f} s")


def one_ruling(report: Report, small: Path, large: Path, rounds: int) -> None:
    """The same customer in both registers, in turn."""
    command = [program(), "verdict", CUSTOMER, "--format", "json"]
    pair = {
        path.stem: partial(run, command, environment(CONFLICTCTL_DB=str(path)))
        for path in (small, large)
    }
    found = interleaved(rounds, pair)
    for name, figures in found.items():
        report.figure(f"one verdict, {name}", figures)
    few, many = found[small.stem], found[large.stem]
    report.goal("one verdict, ratio", many.median / few.median, RATIO)
    report.goal("one verdict, ratio of processor time", many.cpu / few.cpu, RATIO)


def commands(folder: Path) -> list[tuple[str, list[str]]]:
    """What is measured once, by name, in this order: writing before what looks at it."""
    copy, checkpoint = folder / "copy.db", folder / "first.checkpoint"
    checkpoint.unlink(missing_ok=True)
    return [
        ("status", ["status"]),
        ("audit verify", ["audit", "verify"]),
        ("the first checkpoint", ["audit", "checkpoint", "--output", str(checkpoint)]),
        ("one more entry", ["log-visit", CUSTOMER, "--by", "s01"]),
        ("the next checkpoint", ["audit", "checkpoint"]),
        ("audit verify --checkpoint", ["audit", "verify", "--checkpoint", str(checkpoint)]),
        ("overdue", ["overdue", "--format", "json"]),
        ("customer find, which makes the keys", ["customer", "find", "13800000000"]),
        ("customer find", ["customer", "find", "13800000000"]),
        ("export", ["export"]),
        ("backup", ["backup", str(copy), "--force"]),
        ("verdict --all", ["verdict", "--all", "--format", "jsonl"]),
    ]


GOALS = {"audit verify": VERIFY_SECONDS, "overdue": OVERDUE_SECONDS}


def once(report: Report, folder: Path, path: Path, only: list[str]) -> None:
    """Every command once, each in a process of its own."""
    env = environment(CONFLICTCTL_DB=str(path), CONFLICTCTL_AS=MANAGER)
    for name, arguments in commands(folder):
        if only and name not in only:
            continue
        with watched(report):
            found = run([program(), *arguments], env)
            report.figure(name, summary([found]))
            if name in GOALS:
                report.goal(name, found.seconds, GOALS[name], " s")
            report.goal(f"{name}, peak memory", found.peak_mb, MEMORY_MB, " MB")


def night(report: Report, folder: Path, path: Path) -> Run:
    """The night's work on a copy of a register."""
    place = folder / "night"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    shutil.copyfile(path, place / "register.db")
    env = environment(CONFLICTCTL_DB=str(place / "register.db"), CONFLICTCTL_AS=MANAGER)
    with watched(report):
        found = run([program(), "nightly"], env)
    shutil.rmtree(place)
    return found


def nights(report: Report, folder: Path, rounds: int, target: Path | None) -> None:
    """`nightly` at three sizes, and by its curve at the size of a group."""
    runs: dict[int, list[float]] = {}
    for turn in range(rounds):
        for entries in NIGHTS:
            found = night(report, folder, register_of(folder, entries, report))
            customers = int(entries / PER_CUSTOMER)
            runs.setdefault(customers, []).append(found.cpu)
            report.figure(f"nightly, {customers:,} customers, run {turn + 1}", summary([found]))
            report.goal("nightly, peak memory", found.peak_mb, MEMORY_MB, " MB")
    line = fit(runs)
    middle, least, most = line.at(GROUP)
    report.figure("processor time grows by the power", f"{line.power:.2f}")
    report.figure(
        f"EXTRAPOLATED to {GROUP:,} customers",
        f"{middle:,.0f} s of processor time ({least:,.0f} to {most:,.0f})",
    )
    if target is not None:
        title = f"nightly: {line.power:.2f} is the power; the ring is extrapolated"
        unit = "customers; seconds of processor time"
        target.write_text(picture(runs, line, GROUP, title=title, unit=unit), "utf-8")


def main() -> int:
    options = parser(__doc__ or "")
    options.add_argument("sizes", nargs="*", type=int, metavar="ENTRIES", help="default 1000000")
    options.add_argument("--rounds", type=int, default=5, help="of the ruling and of the nights")
    options.add_argument("--only", action="append", default=[], metavar="NAME")
    options.add_argument("--night", action="store_true")
    options.add_argument("--picture", type=Path, metavar="FILE.svg")
    options.add_argument("--folder", type=Path, help="where the registers are kept")
    chosen = options.parse_args()
    report = Report()
    with tempfile.TemporaryDirectory() as name:
        folder = chosen.folder or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        measured(report, folder, chosen)
    return report.end()


def measured(report: Report, folder: Path, chosen: Namespace) -> None:
    if chosen.night:
        nights(report, folder, chosen.rounds, chosen.picture)
        return
    for entries in chosen.sizes or [LARGE]:
        small, large = (register_of(folder, size, report) for size in (SMALL, entries))
        if not chosen.only or "one verdict" in chosen.only:
            one_ruling(report, small, large, chosen.rounds)
        once(report, folder, large, chosen.only)


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
