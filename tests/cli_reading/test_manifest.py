"""An export with its manifest: no line can be missing, changed or moved unseen."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import LAST, Invoke

Lines = list[bytes]

CHANGES: dict[str, Callable[[Lines], Lines]] = {
    "the first line left out": lambda lines: lines[1:],
    "a line left out": lambda lines: lines[:300] + lines[301:],
    "the last line left out": lambda lines: lines[:-1],
    "a line changed": lambda lines: [*lines[:9], lines[9].replace(b"2025", b"2024"), *lines[10:]],
    "two lines moved": lambda lines: [*lines[:7], lines[8], lines[7], *lines[9:]],
    "a line twice": lambda lines: [*lines, lines[-1]],
    "a space more": lambda lines: [lines[0] + b" ", *lines[1:]],
}


@pytest.fixture
def exported(invoke: Invoke, month: Path, tmp_path: Path) -> tuple[Path, Path]:
    file, manifest = tmp_path / "all.jsonl", tmp_path / "all.manifest.json"
    invoke("export", str(file), "--manifest", str(manifest))
    return file, manifest


def test_a_manifest_says_how_much_there_is_and_how_far_it_reaches(
    invoke: Invoke, exported: tuple[Path, Path]
) -> None:
    file, manifest = exported
    found = json.loads(manifest.read_bytes())
    assert found["events"] == len(file.read_bytes().splitlines())
    assert (found["register"]["seq"], found["chosen"]) == (LAST, {})
    told = invoke("audit", "verify", "--receipt", found["register"]["receipt"]).stdout
    assert f"that of #{LAST}" in told
    assert {stat.S_IMODE(one.stat().st_mode) for one in exported} == {0o600}
    done = invoke("import", str(file), "--manifest", str(manifest), "--attest", "bai")
    assert f"up to #{LAST}" in done.stderr


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_file_that_is_another_is_refused(
    invoke: Invoke, month: Path, exported: tuple[Path, Path], change: Callable[[Lines], Lines]
) -> None:
    file, manifest = exported
    lines = file.read_bytes().split(b"\n")[:-1]
    changed = change(lines)
    assert changed != lines
    file.write_bytes(b"".join(line + b"\n" for line in changed))
    before = month.read_bytes()
    done = invoke("import", str(file), "--manifest", str(manifest), "--attest", "bai", code=3)
    assert "left out, changed or moved" in done.stderr
    assert month.read_bytes() == before


def test_what_is_no_manifest_is_refused(invoke: Invoke, exported: tuple[Path, Path]) -> None:
    file, manifest = exported
    for content in (b"", b"[]", b"{}", b'{"format": "conflictctl-export/1"}', b"\xff"):
        manifest.write_bytes(content)
        done = invoke("import", str(file), "--manifest", str(manifest), code=3)
        assert "no manifest" in done.stderr
    invoke("import", str(file), "--manifest", str(manifest) + ".none", code=6)
    invoke("import", "-", "--manifest", str(manifest), code=2)


def test_a_manifest_is_not_written_over_unasked(
    invoke: Invoke, exported: tuple[Path, Path], tmp_path: Path
) -> None:
    _, manifest = exported
    before = manifest.read_bytes()
    other = tmp_path / "other.jsonl"
    invoke("export", str(other), "--manifest", str(manifest), code=3)
    assert not other.exists()
    assert manifest.read_bytes() == before
    invoke("export", "-", "--manifest", str(manifest), code=2)
    invoke("export", str(other), "--manifest", str(other), code=2)
