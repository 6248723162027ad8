"""A register in this process, and a short way to import text into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from conflictctl.calendar import parse_time
from conflictctl.exchange.importing import ImportReport, Rejection, import_file
from conflictctl.register.store import Register, create_register

NOW = parse_time("2013-04-01T09:00:00+08:00")[0]


class Taken(NamedTuple):
    """What became of an import."""

    report: ImportReport
    rejections: list[Rejection]

    @property
    def reasons(self) -> list[str]:
        """`LINE: reason` of every rejected row."""
        return [f"{r.line}: {r.reason}" for r in self.rejections]


Take = Callable[..., Taken]


@pytest.fixture
def clock() -> Callable[[], int]:
    """It is always nine o'clock on 1 April 2013."""
    return lambda: NOW


@pytest.fixture
def register(tmp_path: Path, clock: Callable[[], int]) -> Iterator[Register]:
    """An empty register in Shanghai's time."""
    with create_register(str(tmp_path / "r.db"), zone="Asia/Shanghai", clock=clock) as opened:
        yield opened


@pytest.fixture
def take(register: Register, clock: Callable[[], int], tmp_path: Path) -> Take:
    """`take(b"...", suffix=".csv", attest="sun")` imports bytes, text or a path."""

    def run(
        content: bytes | str | Path,
        *,
        into: Register | None = None,
        suffix: str = ".jsonl",
        **options: Any,
    ) -> Taken:
        if isinstance(content, Path):
            path = content
        else:
            path = tmp_path / f"file{suffix}"
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        rejections: list[Rejection] = []
        report = import_file(
            into or register, path, clock=clock, on_rejection=rejections.append, **options
        )
        return Taken(report, rejections)

    return run
