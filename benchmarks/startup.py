#!/usr/bin/env python3
"""How long a person waits for one command.

(a) `log-visit`, the whole process, against bare_insert.py, which imports SQLAlchemy Core
    and inserts one row with SQLite's usual settings; both run in turn.  Goal: ratio of the
    medians <= 1.25.
(b) `--help`, the help of a command and shell completion, against `python -c pass`.
    Goal: ratio <= 8, without importing SQLAlchemy.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import Report, environment, interleaved, parser, program, run


def prepare(folder: Path) -> dict[str, str]:
    """A register of one consultant and one customer, and a table for the bare script."""
    nobody = environment(CONFLICTCTL_DB=str(folder / "register.db"))
    manager = {**nobody, "CONFLICTCTL_AS": "gao"}
    main = ["--outlet", "main"]
    for who, arguments in (
        (nobody, ["init", "--timezone", "Asia/Shanghai"]),
        # Until there is a manager, anybody may enter outlets and staff.
        (nobody, ["outlet", "add", "main", "--name", "展厅", "--type", "store"]),
        (nobody, ["staff", "add", "gao", "--name", "高峰", "--role", "manager", *main]),
        (manager, ["staff", "add", "li", "--name", "李雷", "--role", "consultant", *main]),
        (manager, ["customer", "add", "K1", "--name", "王芳", "--phone", "13800138000"]),
    ):
        run([program(), *arguments], who)
    with sqlite3.connect(folder / "bare.db") as connection:
        connection.execute("CREATE TABLE events (seq INTEGER PRIMARY KEY, body TEXT)")
    return manager


def imports_sqlalchemy(command: list[str], env: dict[str, str]) -> bool:
    traced = subprocess.run(
        command,
        env={**env, "PYTHONPROFILEIMPORTTIME": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return "sqlalchemy" in traced.stderr


def main() -> int:
    options = parser(__doc__)
    options.add_argument("--rounds", type=int, default=21)
    rounds = options.parse_args().rounds
    report = Report()
    here = Path(__file__).parent
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        env = prepare(folder)
        conflictctl = program()
        visit = [conflictctl, "log-visit", "K1", "--by", "li", "--as", "li", "--level", "A"]
        bare = [sys.executable, str(here / "bare_insert.py"), str(folder / "bare.db")]
        writing = interleaved(
            rounds,
            {
                "bare_insert.py": lambda: run(bare, env),
                "log-visit": lambda: run(visit, env),
            },
        )
        for case, figures in writing.items():
            report.figure(case, figures)
        ratio = writing["log-visit"].median / writing["bare_insert.py"].median
        report.goal("log-visit / bare_insert.py", ratio, 1.25)

        complete = {
            **env,
            "_CONFLICTCTL_COMPLETE": "complete_bash",
            "COMP_WORDS": "conflictctl log-",
            "COMP_CWORD": "1",
        }
        looking = {
            "--help": ([conflictctl, "--help"], env),
            "completion": ([conflictctl], complete),
            "log-visit --help": ([conflictctl, "log-visit", "--help"], env),
        }
        cases = {"python -c pass": lambda: run([sys.executable, "-c", "pass"], env)}
        for case, (command, where) in looking.items():
            cases[case] = lambda command=command, where=where: run(command, where, fine=(0, 1))
        reading = interleaved(rounds, cases)
        for case, figures in reading.items():
            report.figure(case, figures)
        nothing = reading["python -c pass"].median
        for case in ("--help", "completion"):
            report.goal(f"{case} / python -c pass", reading[case].median / nothing, 8)
        for case, (command, where) in looking.items():
            report.goal(f"{case} imports SQLAlchemy", imports_sqlalchemy(command, where), 0)
    return report.end()


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
