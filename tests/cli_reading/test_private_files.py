"""Every file a command writes is its owner's alone, and no link leads it to another's file."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import AS_OF, Invoke

pytestmark = pytest.mark.skipif(os.name != "posix", reason="rights and links of POSIX")

# What writes customers' data, each with FILE where its output goes.
WRITERS = {
    "backup": ["backup", "FILE"],
    "export as lines": ["export", "FILE"],
    "export as CSV": ["export", "FILE", "--format", "csv"],
    "export as a workbook": ["export", "FILE", "--format", "xlsx"],
    "manifest": ["export", "OTHER", "--manifest", "FILE"],
    "ruling as a page": ["verdict", "C-018", "--format", "html", "--output", "FILE"],
    "ruling as PDF": ["verdict", "C-018", "--format", "pdf", "--output", "FILE"],
    "timeline as a picture": ["timeline", "C-018", "--format", "svg", "--output", "FILE"],
    "report of cases": ["report", "cases", "--format", "html", "--output", "FILE"],
    "report of follow-ups": ["report", "discipline", "--format", "html", "--output", "FILE"],
    "report of what is due": ["report", "overdue", "--format", "html", "--output", "FILE"],
}
OVERWRITING = {name: [*words, "--force"] for name, words in WRITERS.items()}


@pytest.fixture
def open_umask() -> Iterator[None]:
    """An umask under which a careless program writes files for everybody."""
    before = os.umask(0)
    yield
    os.umask(before)


def command(words: list[str], tmp_path: Path, file: Path) -> list[str]:
    places = {"FILE": str(file), "OTHER": str(tmp_path / "other.jsonl")}
    timed = ["--as-of", AS_OF] if words[0] in ("verdict", "timeline") else []
    return [places.get(word, word) for word in words] + timed


@pytest.mark.parametrize("name", WRITERS)
def test_what_is_written_is_its_owners_alone(
    invoke: Invoke, month: Path, tmp_path: Path, open_umask: None, name: str
) -> None:
    file = tmp_path / "out"
    invoke(*command(WRITERS[name], tmp_path, file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.stat().st_size


@pytest.mark.parametrize("name", OVERWRITING)
def test_a_link_to_somebody_elses_file_is_refused_even_with_force(
    invoke: Invoke, month: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    precious, link = tmp_path / "precious", tmp_path / "link"
    precious.write_text("precious")
    link.symlink_to(precious)
    stranger = os.getuid() + 1
    monkeypatch.setattr(os, "getuid", lambda: stranger)
    done = invoke(*command(OVERWRITING[name], tmp_path, link), code=6)
    assert "somebody else" in done.stderr
    assert link.is_symlink()
    assert precious.read_text() == "precious"


def test_a_link_to_nothing_yet_is_not_written_over_unasked(
    invoke: Invoke, month: Path, tmp_path: Path
) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "nothing")
    invoke("export", str(link), code=3)
    assert not (tmp_path / "nothing").exists()
