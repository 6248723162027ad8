"""The tour works for somebody who has just installed the program."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ..conftest import Runner
from .conftest import AS_OF, SAMPLES, Invoke


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_tour_rules_lists_and_leaves_nothing(
    conflictctl: Runner, tmp_path: Path, lang: str
) -> None:
    done = conflictctl("demo", "--lang", lang)
    disputes = json.loads((SAMPLES / "expected.json").read_text(encoding="utf-8"))
    title = "title_zh" if lang == "zh" else "title"
    for dispute in disputes:
        assert dispute[title] in done.stdout
    assert "$ conflictctl verdict C-020" in done.stdout
    assert "$ conflictctl overdue" in done.stdout
    assert "$ conflictctl case list --category complaint" in done.stdout
    assert "$ conflictctl case show C-2025-0004" in done.stdout
    assert "收回代金券，安装原厂记录仪" in done.stdout
    assert "$ conflictctl report cases --category complaint" in done.stdout
    assert done.stderr == ""
    assert [path.name for path in tmp_path.iterdir()] == ["home"]
    assert list((tmp_path / "home").iterdir()) == []


def test_a_register_that_is_kept_can_be_asked(invoke: Invoke, tmp_path: Path) -> None:
    path = tmp_path / "kept.db"
    assert str(path) in invoke("demo", "--keep", str(path)).stdout
    told = invoke("verdict", "C-020", "--as-of", AS_OF, "--db", str(path)).stdout
    assert "宋立群 (song)" in told
    listed = invoke("case", "list", "--all", "--as-of", AS_OF, "--db", str(path)).stdout
    assert "C-2025-0030" in listed
    invoke("demo", "--keep", str(path), code=3)


def test_the_short_figures_are_the_beginning_of_the_report(invoke: Invoke, tmp_path: Path) -> None:
    path = str(tmp_path / "kept.db")
    tour = invoke("demo", "--keep", path).stdout
    options = ("--category", "complaint", "--as-of", AS_OF, "--db", path)
    report = invoke("report", "cases", *options).stdout
    short = report[: report.index("\n\nHow fast")]
    assert short in tour


def test_the_tour_is_of_a_register_of_its_own(invoke: Invoke, month: Path) -> None:
    before = month.read_bytes()
    invoke("demo")
    assert month.read_bytes() == before
    assert "--keep PATH" in invoke("demo", "--db", str(month), code=2).stderr


def test_settings_of_the_user_do_not_change_the_tour(invoke: Invoke) -> None:
    plain = invoke("demo").stdout
    env = {"CONFLICTCTL_POLICY": "nonsense", "CONFLICTCTL_AS": "nobody"}
    assert _without_heads(invoke("demo", env=env).stdout) == _without_heads(plain)


def _without_heads(text: str) -> str:
    """Each tour has a register of its own, and so another head."""
    text = re.sub(r"\b[0-9A-Z]{4}(-[0-9A-Z]{4}){3}\b", "receipt", text)
    return re.sub(r"sha256:[0-9a-f]{64}\b", "sha256:…", text)
