"""What tests of several parts need: an isolated environment and a way to run the program."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Generator, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import pytest

from conflictctl.cli import app
from conflictctl.render.language import language

_SCRIPT = Path(sys.executable).with_name("conflictctl")
_COMMAND = (
    [str(_SCRIPT)]
    if _SCRIPT.exists()
    else [sys.executable, "-c", "from conflictctl.cli.main import main; main()"]
)


class Runner(Protocol):
    """Runs `conflictctl` as its own process and demands an exit code."""

    def __call__(
        self, *arguments: str, code: int = 0, stdin: str = "", **environment: str
    ) -> subprocess.CompletedProcess[str]: ...


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is made while thousands of tests are collected stays: nothing to look for meanwhile."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow ones first: at the end no worker waits for another's last long test.

    Whole files, since some share what takes long to make.
    """
    slow = {item.path for item in items if item.get_closest_marker("slow") is not None}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session", autouse=True)
def commands_made_once() -> Iterator[None]:
    """A process that runs thousands of commands makes each but once in a language."""
    load = app.load

    @cache
    def made(language: str, *entry: str) -> Any:
        return load(*entry)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "load", lambda *entry: made(language(), *entry))
        yield


@pytest.fixture(autouse=True)
def isolated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of the person who runs the tests: no register, no settings, no language."""
    for name in list(os.environ):
        if name.startswith(("CONFLICTCTL_", "LC_")) or name in ("LANGUAGE", "COLUMNS"):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.fixture
def register_path(tmp_path: Path) -> Path:
    """Where this test's register is to lie; nothing is there yet."""
    return tmp_path / "register.db"


@pytest.fixture
def conflictctl(register_path: Path) -> Runner:
    """`conflictctl("verdict", "K1", code=3)` on this test's register."""

    def run(
        *arguments: str, code: int = 0, stdin: str = "", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*_COMMAND, *arguments],
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            env={**os.environ, "CONFLICTCTL_DB": str(register_path), **environment},
            timeout=120,
            check=False,
        )
        assert done.returncode == code, (arguments, done.returncode, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
        return done

    return run
