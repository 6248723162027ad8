"""The month of the sample data as a register, and commands run in this process."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest
from typer.testing import CliRunner, Result

from conflictctl.cli.app import app
from conflictctl.exchange.importing import import_file
from conflictctl.register.store import create_register
from conflictctl.render.language import set_language

SAMPLES = Path(__file__).resolve().parent.parent.parent / "sample_data"
AS_OF = "2025-04-03T20:00:00+08:00"
LAST = 628
"""The last entry of the month: two settings, 625 events, one attestation."""


def clock() -> int:
    return time.time_ns() // 1000


class Invoke(Protocol):
    """Runs a command in this process and demands an exit code."""

    def __call__(
        self,
        *arguments: str,
        code: int = 0,
        stdin: str | bytes | None = None,
        env: dict[str, str] | None = None,
    ) -> Result: ...


@pytest.fixture(scope="session")
def month_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("month") / "register.db"
    with create_register(
        str(path), zone="Asia/Shanghai", policy="renault-zibo-2013", clock=clock
    ) as register:
        report = import_file(register, SAMPLES / "dealership.jsonl", clock=clock, attest="bai")
        assert report.last_seq == LAST
    return path


@pytest.fixture
def month(month_file: Path, register_path: Path) -> Path:
    """A register with the dealership's month."""
    shutil.copyfile(month_file, register_path)
    register_path.chmod(0o600)
    return register_path


@pytest.fixture
def invoke(register_path: Path) -> Iterator[Invoke]:
    """`invoke("verdict", "C-020", code=0)` on this test's register."""

    def run(
        *arguments: str,
        code: int = 0,
        stdin: str | bytes | None = None,
        env: dict[str, str] | None = None,
    ) -> Result:
        result = CliRunner().invoke(
            app,
            list(arguments),
            input=stdin,
            env={"CONFLICTCTL_DB": str(register_path), **(env or {})},
        )
        assert result.exit_code == code, (arguments, result.exit_code, result.output)
        assert "Traceback" not in result.output
        assert "internal error" not in result.output
        return result

    yield run
    set_language("en")
