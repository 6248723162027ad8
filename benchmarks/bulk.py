#!/usr/bin/env python3
"""Large registers: importing, ruling on everybody, one ruling among two million events.

(b) `import` of 175,000 events as JSON Lines into an empty register.
    Goals: >= 25,000 events/s and < 300 MB; also shown: the ratio to bare_import.py.
(c) `verdict --all --format jsonl` over 20,000 customers with 175,000 events.
    Goals: <= 4 s and < 300 MB; with --big: time per customer in the big register at most
    1.2 times that in the small one.
(d) with --big: one `verdict` in a register of 2 million events against the same one in a
    register of 1,750 events.  Goal: ratio of the medians <= 1.2.

Files are made by generate.py in --folder (default: a temporary one) and used again if they
are there already.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from measure import Report, Summary, environment, interleaved, parser, program, run, summary

SMALL = (200, 1_750)
USUAL = (20_000, 175_000)
BIG = (230_000, 2_012_500)
POLICY = "renault-zibo-2013"
CUSTOMER = "K101"
MEMORY_MB = 300


def lines_of(folder: Path, size: tuple[int, int]) -> Path:
    """The generated file of so many customers and events."""
    customers, events = size
    path = folder / f"events-{events}.jsonl"
    if not path.exists():
        half = path.with_suffix(".part")
        script = str(Path(__file__).with_name("generate.py"))
        run(
            [
                sys.executable,
                script,
                "--customers",
                str(customers),
                "--events",
                str(events),
                str(half),
            ],
            environment(),
        )
        half.rename(path)
    return path


def new_register(path: Path) -> dict[str, str]:
    path.unlink(missing_ok=True)
    env = environment(CONFLICTCTL_DB=str(path))
    run([program(), "init", "--timezone", "Asia/Shanghai", "--policy", POLICY], env)
    return env


def imported(folder: Path, size: tuple[int, int], rounds: int = 1) -> tuple[Path, Summary]:
    """A register filled from the generated file, and how long each filling took."""
    lines = lines_of(folder, size)
    path = folder / f"register-{size[1]}.db"
    runs = []
    for _ in range(rounds):
        env = new_register(path)
        runs.append(run([program(), "import", str(lines), "--attest", "gao"], env))
    return path, summary(runs)


def measure_import(report: Report, folder: Path, rounds: int) -> Path:
    path, product = imported(folder, USUAL, rounds)
    lines = lines_of(folder, USUAL)
    bare_file = folder / "bare.db"
    script = str(Path(__file__).with_name("bare_import.py"))
    runs = []
    for _ in range(rounds):
        bare_file.unlink(missing_ok=True)
        runs.append(run([sys.executable, script, str(lines), str(bare_file)], environment()))
    bare = summary(runs)
    report.figure("import of 175,000 events", product)
    report.figure("bare_import.py", bare)
    report.goal("events imported per second", USUAL[1] / product.median, 25_000, at_least=True)
    report.goal("import, peak memory", product.peak_mb, MEMORY_MB, " MB")
    report.figure("import / bare_import.py", f"{product.median / bare.median:.2f}")
    return path


def rule_all(path: Path, out: Path, rounds: int) -> Summary:
    command = [program(), "verdict", "--all", "--format", "jsonl", "--policy", POLICY]
    env = environment(CONFLICTCTL_DB=str(path))
    return summary([run(command, env, keep=out) for _ in range(rounds)])


def measure_rulings(report: Report, folder: Path, path: Path, rounds: int) -> Summary:
    out = folder / "rulings.jsonl"
    usual = rule_all(path, out, rounds)
    with out.open("rb") as file:
        report.figure("rulings written", sum(1 for _ in file))
    report.figure("verdict --all, 20,000 customers", usual)
    report.goal("verdict --all, 20,000 customers", usual.median, 4, " s")
    report.goal("verdict --all, peak memory", usual.peak_mb, MEMORY_MB, " MB")
    return usual


def measure_big(report: Report, folder: Path, usual: Summary, rounds: int) -> None:
    small, _ = imported(folder, SMALL)
    big, filling = imported(folder, BIG)
    report.figure(f"import of {BIG[1]:,} events", filling)
    report.goal(f"import of {BIG[1]:,} events, peak memory", filling.peak_mb, MEMORY_MB, " MB")

    everybody = rule_all(big, folder / "rulings.jsonl", 1)
    report.figure(f"verdict --all, {BIG[0]:,} customers", everybody)
    growth = (everybody.median / BIG[0]) / (usual.median / USUAL[0])
    report.goal("time per customer, big / usual", growth, 1.2)
    report.goal(f"verdict --all, {BIG[0]:,} customers, memory", everybody.peak_mb, MEMORY_MB, " MB")

    command = [program(), "verdict", CUSTOMER, "--format", "json", "--policy", POLICY]
    single = interleaved(
        rounds,
        {
            path.stem: lambda path=path: run(command, environment(CONFLICTCTL_DB=str(path)))
            for path in (small, big)
        },
    )
    for name, figures in single.items():
        report.figure(f"one verdict, {name}", figures)
    ratio = single[big.stem].median / single[small.stem].median
    report.goal("one verdict, big / small", ratio, 1.2)


def main() -> int:
    options = parser(__doc__)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--big", action="store_true", help="also with 2 million events")
    options.add_argument("--folder", type=Path, help="where the files are kept")
    chosen = options.parse_args()
    report = Report()
    with tempfile.TemporaryDirectory() as name:
        folder = chosen.folder or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        path = measure_import(report, folder, chosen.rounds)
        usual = measure_rulings(report, folder, path, chosen.rounds)
        if chosen.big:
            measure_big(report, folder, usual, 21)
    return report.end()


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
