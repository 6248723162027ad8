"""The month of the sample data as a register, and commands run in this process."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from conflictctl.exchange.importing import import_file
from conflictctl.register.store import create_register
from tests.invoking import Invoke as Invoke
from tests.invoking import invoking

SAMPLES = Path(__file__).resolve().parent.parent.parent / "sample_data"
AS_OF = "2025-04-03T20:00:00+08:00"
LAST = 628
"""The last entry of the month: two settings, 625 events, one attestation."""


def clock() -> int:
    return time.time_ns() // 1000


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
    yield from invoking(register_path)
