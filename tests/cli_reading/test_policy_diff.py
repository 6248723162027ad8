"""`policy diff`: both texts, the history that shows it, and the case that is saved."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import Invoke

PRESET = "renault-zibo-2013"
LONGER = ("--set-b", "level_limit_days.H=5")
QUICK = ("--within", "3", "--histories", "8000")


def test_a_longer_interval_and_the_history_that_shows_it(invoke: Invoke, tmp_path: Path) -> None:
    case = tmp_path / "longer.cases.toml"
    done = invoke("policy", "diff", PRESET, *LONGER, *QUICK, "--save", str(case))
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "level_limit_days = H=5, A=7, B=15, C=30 (P3 Regular follow-up, days)" in lines
    assert lines[-6:] == [
        "2024-01-08 10:00 li visit K1 level=H",
        "2024-01-12 10:10 wang close K1",
        "2024-01-12 10:20 li claim K1",
        "",
        "under A credited wang P3",
        "under B credited li 6.2",
    ]
    assert "1 passed, 0 failed" in invoke("policy", "test", PRESET, str(case)).stdout
    # Without the setting it is what A rules.
    plain = case.read_text(encoding="utf-8").replace("set = ", "# set = ")
    case.write_text(plain, encoding="utf-8")
    invoke("policy", "test", PRESET, str(case), code=1)
    refused = invoke("policy", "diff", PRESET, *LONGER, *QUICK, "--save", str(case), code=3)
    assert "--force" in refused.stderr


def test_for_programs(invoke: Invoke) -> None:
    found = json.loads(invoke("policy", "diff", PRESET, *LONGER, *QUICK, "--format", "json").stdout)
    (change,) = found["changes"]
    assert (change["section"], change["key"], change["change"]) == (
        "parameters",
        "level_limit_days",
        "changed",
    )
    assert change["b"]["default"]["H"] == 5
    assert found["search"]["history"]["entries"] == 3
    assert found["search"]["history"]["b"]["credit"][0]["party"] == "li"
    assert found["search"]["exhausted"] >= 1


@pytest.mark.parametrize(("lang", "word"), [("en", "The two say the same."), ("zh", "内容相同")])
def test_the_same_policy(invoke: Invoke, lang: str, word: str) -> None:
    assert word in invoke("policy", "diff", PRESET, PRESET, "--exit-code", "--lang", lang).stdout


def test_what_no_ruling_shows_is_said_to_be_so(invoke: Invoke) -> None:
    fine = ("--set-b", "fine_amount=200", "--within", "1", "--exit-code")
    out = invoke("policy", "diff", PRESET, *fine, code=1).stdout
    assert "No history on which they differ was found: all of up to 1 entries" in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nobodys",), "no policy nobodys"),
        ((PRESET, "--within", "soon"), "--within: soon is neither entries nor seconds"),
        ((PRESET, "--within", "12"), "--within: 12 is neither entries nor seconds"),
        ((PRESET, "--set-b", "week=3"), "no parameter week"),
        ((PRESET, PRESET, "--save", "x.toml"), "there is no history to be saved"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    invoke: Invoke, arguments: tuple[str, ...], says: str
) -> None:
    assert says in invoke("policy", "diff", *arguments, code=2).stderr
