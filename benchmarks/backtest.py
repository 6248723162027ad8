#!/usr/bin/env python3
"""Two editions of a policy over whole registers, beside one `verdict --all` of the same.

`policy backtest A B --format json` over 20,000 customers, with --big over 200,000; B is the
preset with another week and another limit for level H.
Goals: at most 2.5 times as long as `verdict --all --format jsonl`, and < 500 MB.

Files are made by generate.py in --folder (default: a temporary one) and used again if they
are there already.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bulk import POLICY, imported
from measure import Report, environment, interleaved, parser, program, run

SMALL = (20_000, 175_000)
BIG = (200_000, 1_750_000)
MEMORY_MB = 500
RATIO = 2.5
CHANGES = (
    ('version = "2013-01-27"', 'version = "2026-01-01"'),
    ("default = { H = 3, A = 7, B = 15, C = 30 }", "default = { H = 5, A = 7, B = 15, C = 30 }"),
    ("[parameters.week_days]\ndefault = 7", "[parameters.week_days]\ndefault = 5"),
)


def other_edition(folder: Path) -> Path:
    """The preset with other numbers, as a file."""
    command = [program(), "policy", "show", POLICY, "--format", "toml"]
    text = subprocess.run(
        command, env=environment(), capture_output=True, text=True, encoding="utf-8", check=True
    ).stdout
    for old, new in CHANGES:
        assert old in text, old
        text = text.replace(old, new)
    path = folder / "other.toml"
    path.write_text(text, encoding="utf-8")
    return path


def measure(report: Report, folder: Path, size: tuple[int, int], rounds: int) -> None:
    register, _ = imported(folder, size)
    env = environment(CONFLICTCTL_DB=str(register))
    out = folder / "backtest.json"
    rulings = [program(), "verdict", "--all", "--format", "jsonl", "--policy", POLICY]
    both = [program(), "policy", "backtest", POLICY, str(other_edition(folder)), "--format", "json"]
    found = interleaved(
        rounds,
        {"verdict --all": lambda: run(rulings, env), "backtest": lambda: run(both, env, keep=out)},
    )
    name = f"{size[0]:,} customers"
    result = json.loads(out.read_text(encoding="utf-8"))
    compared = result["deals"]["compared"] + result["customers"]["compared"]
    report.figure(f"compared, {name}", f"{compared:,}; {result['deals']['flipped']:,} deals flip")
    for what, figures in found.items():
        report.figure(f"{what}, {name}", figures)
    ratio = found["backtest"].median / found["verdict --all"].median
    report.goal(f"backtest / verdict --all, {name}", ratio, RATIO)
    report.goal(f"backtest, peak memory, {name}", found["backtest"].peak_mb, MEMORY_MB, " MB")


def main() -> int:
    options = parser(__doc__)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--big", action="store_true", help="also over 200,000 customers")
    options.add_argument("--folder", type=Path, help="where the files are kept")
    chosen = options.parse_args()
    report = Report()
    with tempfile.TemporaryDirectory() as name:
        folder = chosen.folder or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        measure(report, folder, SMALL, chosen.rounds)
        if chosen.big:
            measure(report, folder, BIG, 1)
    return report.end()


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
