"""No file, however spoiled, brings the program down or slips in by half."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from conflictctl.calendar import DAY, parse_time
from conflictctl.cli.app import app
from conflictctl.register.store import create_register

from .books import TOO_LARGE, binary, open_document, open_document_filled_up, whole
from .malformed import ALWAYS_WRONG, LINES, jsonl, spoiled, wrong_jsonl

NOW = parse_time("2013-04-01T09:00:00+08:00")[0]
RUNNER = CliRunner()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A register that nobody manages yet, so that who acts decides nothing here."""
    path = tmp_path_factory.mktemp("malformed") / "register.db"
    create_register(str(path), zone="Asia/Shanghai", clock=lambda: NOW - DAY).close()
    return path


def imported(path: Path, file: Path, *options: str) -> tuple[int, str]:
    done = RUNNER.invoke(app, ["import", str(file), "--db", str(path), *options])
    assert "Traceback" not in done.output
    assert "internal error" not in done.output
    return done.exit_code, done.stderr


@pytest.mark.parametrize("name", sorted(ALWAYS_WRONG))
def test_each_kind_of_wrong_row_is_rejected_by_its_line(
    filled: Path, tmp_path: Path, name: str
) -> None:
    file = tmp_path / "wrong.jsonl"
    file.write_bytes(jsonl([*LINES, ALWAYS_WRONG[name](random.Random(name))]))
    before = filled.read_bytes()
    code, told = imported(filled, file, "--attest", "sun")
    assert (code, filled.read_bytes()) == (3, before)
    assert f"line {len(LINES) + 1}" in told


def rejected(filled: Path, folder: Path, seeds: range) -> int:
    """Import a spoiled file for each seed; how many were rejected."""
    count = 0
    before = filled.read_bytes()
    for seed in seeds:
        chance = random.Random(seed)
        if seed % 3:
            suffix, data = spoiled(chance)
            # What is still good may not be recorded: the register serves the next file too.
            options = ["--dry-run"]
        else:
            suffix, data, options = ".jsonl", wrong_jsonl(chance)[1], []
        file = folder / f"spoiled{suffix}"
        file.write_bytes(data)
        code, told = imported(filled, file, *options)
        assert code in (0, 3), (seed, code, told)
        assert code == 3 or seed % 3, (seed, told)
        assert filled.read_bytes() == before, seed
        count += code == 3
    return count


def test_spoiled_files_are_rejected_and_nothing_is_written(filled: Path, tmp_path: Path) -> None:
    assert rejected(filled, tmp_path, range(330)) >= 300


@pytest.mark.slow
def test_ten_thousand_spoiled_files(filled: Path, tmp_path: Path) -> None:
    assert rejected(filled, tmp_path, range(1000, 11_500)) >= 10_000


@pytest.mark.parametrize("name", sorted(TOO_LARGE))
def test_a_small_workbook_that_would_fill_the_memory_is_refused(
    filled: Path, tmp_path: Path, name: str
) -> None:
    file = tmp_path / "book.xlsx"
    file.write_bytes(TOO_LARGE[name]())
    code, told = imported(filled, file, "--dry-run")
    assert (code, "too large when unpacked" in told) == (3, True)


@pytest.mark.parametrize("book", [whole, open_document, open_document_filled_up, binary])
def test_the_whole_workbook_is_taken(
    filled: Path, tmp_path: Path, book: Callable[[], bytes]
) -> None:
    file = tmp_path / "book.xlsx"
    file.write_bytes(book())
    assert imported(filled, file, "--dry-run")[0] == 0
