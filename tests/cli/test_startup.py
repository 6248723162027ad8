"""What a command loads: nobody should wait for what he does not use."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {
    "alembic",
    "rich",
    "pydantic",
    "phonenumbers",
    "pypinyin",
    "platformdirs",
    "tomllib",
    "sqlalchemy.orm",
    "sqlalchemy.dialects.postgresql",
    "conflictctl.adjudication",
    "conflictctl.adjudication.judge",
    "conflictctl.adjudication.counterfactual",
    "conflictctl.adjudication.timeline",
    "conflictctl.board",
    "conflictctl.bundles",
    "conflictctl.cases",
    "conflictctl.discipline",
    "conflictctl.policy",
    "conflictctl.policy.model",
    "conflictctl.exchange",
    "conflictctl.identity",
    "conflictctl.register.finding",
    "conflictctl.register.lookups",
    "conflictctl.register.pairing",
    "conflictctl.matching",
    "conflictctl.signals",
    "apprise",
    "psycopg",
    "jinja2",
    "prompt_toolkit",
    "pygal",
    "requests",
    "typst",
    "conflictctl.notify",
    "conflictctl.reminders",
    "conflictctl.exchange.sheet",
    "python_calamine",
    "xlsxwriter",
    "conflictctl.render.ruling_table",
    "conflictctl.cli.question",
    "conflictctl.cli.verdict",
    "conflictctl.cli.verdict_all",
    "conflictctl.cli.bundles",
    "conflictctl.cli.directory",
    "conflictctl.cli.completer",
    "conflictctl.cli.completion",
    "conflictctl.deadlines",
    "conflictctl.cli.policy_backtest",
    "conflictctl.adjudication.backtest",
    "conflictctl.adjudication.small_histories",
}

# Help may measure Chinese letters, for which Rich has a small module of its own.
FOR_HELP = (HEAVY - {"rich"}) | {"rich.console", "sqlalchemy", "sqlite3"}

# Writes the names of all loaded modules to the file named by LOADED when the program ends.
_SCRIPT = """
import atexit, os, sys
from pathlib import Path
atexit.register(lambda: Path(os.environ["LOADED"]).write_text("\\n".join(sys.modules)))
from conflictctl.cli.main import main
main()
"""


def loaded(tmp_path: Path, *arguments: str, code: int = 0, **env: str) -> set[str]:
    """The modules in memory when a command has run."""
    report = tmp_path / "loaded.txt"
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "LOADED": str(report), **env},
        check=False,
    )
    assert done.returncode == code, done.stderr
    return set(report.read_text().split())


def test_log_visit_loads_little(tmp_path: Path, showroom: Path) -> None:
    modules = loaded(
        tmp_path,
        "log-visit",
        "K1",
        "--by",
        "wang",
        "--as",
        "desk",
        "--at",
        "today 00:00",
        "--level",
        "A",
        "--note",
        "x",
        "--db",
        str(showroom),
    )
    assert "sqlalchemy" in modules
    assert modules & HEAVY == set()


def test_the_morning_list_loads_nothing_that_sends(tmp_path: Path, showroom: Path) -> None:
    modules = loaded(tmp_path, "overdue", "--db", str(showroom))
    assert modules & {"apprise", "requests", "conflictctl.notify"} == set()


@pytest.mark.parametrize(
    "arguments",
    [
        ["log-claim", "K1", "--as", "wang"],
        ["customer", "add", "K9", "--name", "单", "--as", "wang"],
        ["staff", "absent", "li", "--as", "sun"],
    ],
)
def test_other_entries_load_little_too(
    tmp_path: Path,
    showroom: Path,
    arguments: list[str],
) -> None:
    assert loaded(tmp_path, *arguments, "--db", str(showroom)) & HEAVY == set()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["log-visit", "--help"],
        ["staff", "--help"],
        ["customer", "find", "--help"],
    ],
)
def test_help_loads_no_database(tmp_path: Path, arguments: list[str]) -> None:
    modules = loaded(tmp_path, *arguments)
    assert modules & FOR_HELP == set()
    if arguments == ["--help"]:
        assert "conflictctl.events" not in modules
        assert {name for name in modules if name.startswith("conflictctl.cli.")} == {
            "conflictctl.cli.app",
            "conflictctl.cli.door",
            "conflictctl.cli.help",
            "conflictctl.cli.main",
            "conflictctl.cli.options",
            "conflictctl.cli.session",
        }


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize(
    "words", ["conflictctl log-", "conflictctl log-visit K1 --", "conflictctl customer "]
)
def test_completion_loads_no_database(tmp_path: Path, words: str, shell: str) -> None:
    modules = loaded(
        tmp_path,
        _CONFLICTCTL_COMPLETE=f"complete_{shell}",
        COMP_WORDS=words,
        COMP_CWORD=str(len(words.split(" ")) - 1),
        _TYPER_COMPLETE_ARGS=words,
        _TYPER_COMPLETE_FISH_ACTION="get-args",
    )
    assert modules & FOR_HELP == {"conflictctl.cli.completion"}


def test_completion_of_ids_asks_the_database_without_sqlalchemy(
    tmp_path: Path, showroom: Path
) -> None:
    modules = loaded(
        tmp_path,
        _CONFLICTCTL_COMPLETE="complete_zsh",
        _TYPER_COMPLETE_ARGS=f"conflictctl log-visit --db {showroom} K",
    )
    assert modules & FOR_HELP == {"conflictctl.cli.completion", "sqlite3"}


def test_usage_errors_load_no_database(tmp_path: Path) -> None:
    assert "sqlalchemy" not in loaded(tmp_path, "log-visit", code=2)
    assert "sqlalchemy" not in loaded(tmp_path, "frob", code=2)
