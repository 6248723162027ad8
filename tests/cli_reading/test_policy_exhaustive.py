"""`policy check --exhaustive`: what is shown, for people and programs, and what is saved."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.lint_policy import FILER, LATER, policy_text
from tests.policy_frame import a_rule

from .conftest import Invoke

QUICK = ("--exhaustive", "--bound", "2")


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    """A policy whose two rules contradict each other, and which leaves nothing else open."""
    path = tmp_path / "ours.toml"
    anyone = a_rule("2", "closer", 'credit = "closer"')
    path.write_text(policy_text(anyone, FILER), encoding="utf-8")
    return path


def test_what_is_found_is_told_with_the_smallest_history(invoke: Invoke, ours: Path) -> None:
    done = invoke("policy", "check", str(ours), *QUICK)
    text = " ".join(done.stdout.split())
    assert "2 #1 goes before 1 #2, which name another: only because it stands first." in text
    assert "day 0: li visit, wang close > wang (2)" in text
    assert "1 #2 decides nothing: where it applies, 2 #1 has decided." in text
    assert "Every history of a length up to 2" in text
    invoke("policy", "check", str(ours), *QUICK, "--exit-code", code=1)


def test_in_chinese(invoke: Invoke, ours: Path) -> None:
    text = invoke("policy", "check", str(ours), *QUICK, "--lang", "zh").stdout
    assert "2 #1 先于归属不同的 1 #2：仅因排列在前。" in text
    assert "什么都不判定的规则" in text
    assert "Whoever" not in text


def test_for_programs(invoke: Invoke, ours: Path) -> None:
    found = json.loads(invoke("policy", "check", str(ours), *QUICK, "--format", "json").stdout)
    assert found["tried"]["complete"] is True
    (clash,) = [one for one in found["findings"] if one["type"] == "contradictions"]
    (pair,) = clash["pairs"]
    assert (pair["first"]["clause"], pair["second"]["clause"]) == ("2", "1")
    assert pair["settled"] == "order"
    (history,) = clash["histories"]
    assert history["ruling"]["decided_by"] == "2"
    assert len(history["lines"]) == 2


def test_the_histories_are_saved_as_cases_that_pass(
    invoke: Invoke, ours: Path, tmp_path: Path
) -> None:
    ours.write_text(policy_text(FILER, LATER), encoding="utf-8")
    folder = tmp_path / "cases"
    invoke("policy", "check", str(ours), *QUICK, "--save", str(folder))
    files = sorted(folder.iterdir())
    assert {file.name for file in files} >= {"turnings.cases.toml", "parameters.cases.toml"}
    for file in files:
        assert " 0 failed" in invoke("policy", "test", str(ours), str(file)).stdout
    assert "# " in files[0].read_text(encoding="utf-8")
    refused = invoke("policy", "check", str(ours), *QUICK, "--save", str(folder), code=3)
    assert "--force" in refused.stderr
    invoke("policy", "check", str(ours), *QUICK, "--save", str(folder), "--force")


def test_a_policy_with_errors_is_not_tried(invoke: Invoke, ours: Path) -> None:
    text = ours.read_text(encoding="utf-8")
    ours.write_text(text.replace('when = "closer"', 'when = "closr"'), encoding="utf-8")
    done = invoke("policy", "check", str(ours), *QUICK, code=3)
    assert "unknown name closr" in done.stdout
    assert "Tried" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--bound", "2"), "--bound is for --exhaustive"),
        (("--save", "x"), "--save is for --exhaustive"),
        (("--exhaustive", "--bound", "0"), "no number of entries from 1 to 9"),
        (("--exhaustive", "--bound", "12"), "no number of entries from 1 to 9"),
        (("--exhaustive", "--budget", "soon"), "no whole number"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    invoke: Invoke, ours: Path, arguments: tuple[str, ...], says: str
) -> None:
    assert says in invoke("policy", "check", str(ours), *arguments, code=2).stderr
