"""`policy backtest` on the dealership's month: figures checked by hand, every form."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from .conftest import AS_OF, Invoke

WEEK = ("policy", "backtest", "--set-b", "week_days=3", "--as-of", AS_OF)
"""The week before the deal made three days.

Two deals of the month rest on a contact more than three and at most seven days before them:
C-007 (11 March; closed on the 15th) and C-050 (17 March; closed on the 21st).
"""


@pytest.fixture(autouse=True)
def _month(month: Path) -> None:
    """Every test here is about the dealership's month."""


def values(invoke: Invoke, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(invoke(*WEEK, "--format", "json", *arguments).stdout)
    return found


def test_a_shorter_week_flips_the_two_deals_that_rest_on_it(invoke: Invoke) -> None:
    found = values(invoke)
    assert found["deals"] == {"compared": 42, "flipped": 2, "share": 0.0476}
    assert found["customers"] == {"compared": 37, "flipped": 0, "share": 0.0}
    assert [(one["customer"], one["closer"]) for one in found["flips"]] == [
        ("C-050", "pan"),
        ("C-007", "luo"),
    ]
    (pair,) = found["clauses"]
    assert (pair["a"], pair["b"], pair["flips"]) == ("6.2", "6.3", 2)
    net = {one["party"]: one["net"] for one in found["by_consultant"] if one["net"] != "0"}
    assert net == {"luo": "1", "pan": "1", "fang": "-1", "chen": "-1"}
    assert all(one["net"] == "0" for one in found["by_outlet"])
    assert found["referred"] == [{"instance": "panel", "a": 2, "b": 2, "net": 0}]
    assert found["a"]["set"] == {}
    assert found["b"]["set"] == {"week_days": 3}
    assert found["a"]["digest"] == found["b"]["digest"]
    assert "every day" not in found["a"]["digest"]
    # 0.6 of C-068 and the rest whole: credit is exact.
    assert {one["a"] for one in found["by_consultant"] if one["party"] == "luo"} == {"11.6"}


def test_days_and_outlets_narrow_it(invoke: Invoke) -> None:
    first = values(invoke, "--from", "2025-03-16", "--to", "2025-03-31")
    assert [one["customer"] for one in first["flips"]] == ["C-050"]
    assert first["customers"]["compared"] == 0
    assert values(invoke, "--outlet", "nanwan")["deals"]["flipped"] == 0


def test_one_line_for_each_flip(invoke: Invoke) -> None:
    lines = invoke(*WEEK, "--format", "jsonl").stdout.splitlines()
    assert [json.loads(line)["customer"] for line in lines] == ["C-007", "C-050"]


def test_settings_are_for_one_side_or_for_both(invoke: Invoke) -> None:
    form = ("--as-of", AS_OF, "--format", "json")
    for options in (
        ("--set", "B.week_days=3"),
        ("--set", "A.week_days=7", "--set-b", "week_days=3"),
    ):
        found = json.loads(invoke("policy", "backtest", *options, *form).stdout)
        assert found["deals"]["flipped"] == 2
    both = json.loads(invoke("policy", "backtest", "--set", "week_days=3", *form).stdout)
    assert both["deals"]["flipped"] == 0
    assert both["a"]["set"] == both["b"]["set"] == {"week_days": 3}


def test_a_file_an_edition_and_the_registers_own(invoke: Invoke, tmp_path: Path) -> None:
    text = invoke("policy", "show", "renault-zibo-2013", "--format", "toml").stdout
    changed = text.replace(
        "[parameters.week_days]\ndefault = 7", "[parameters.week_days]\ndefault = 3"
    )
    changed = changed.replace("from = 2013-01-27", "from = 2030-01-01")
    file = tmp_path / "next.toml"
    file.write_text(changed, encoding="utf-8")
    form = ("--as-of", AS_OF, "--format", "json")
    here = "renault-zibo-2013@2013-01-27"
    found = json.loads(invoke("policy", "backtest", here, str(file), *form).stdout)
    # An edition that is to come is tried on the deals of the past.
    assert found["deals"]["flipped"] == 2
    assert found["a"]["digest"] != found["b"]["digest"]


def test_the_exit_code_says_whether_anything_flips(invoke: Invoke) -> None:
    invoke(*WEEK, "--exit-code", code=1)
    invoke("policy", "backtest", "--exit-code", code=0)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_table_and_the_page_say_the_same(invoke: Invoke, tmp_path: Path, lang: str) -> None:
    table = invoke(*WEEK, "--lang", lang).stdout
    assert "C-050" in table
    page = tmp_path / "backtest.html"
    invoke(*WEEK, "--lang", lang, "--format", "html", "--output", str(page))
    text = page.read_text(encoding="utf-8")
    for word in ("C-007", "C-050", "6.3", "<svg"):
        assert word in text
    assert not re.search(r"<script|https?://(?!www\.w3\.org)|src=", text)
    if lang == "zh":
        assert not re.search(r"\b(flips|under A|won|lost)\b", table)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nobodys",), "no policy nobodys"),
        (("renault-zibo-2013@2020-01-01",), "has no edition 2020-01-01"),
        (("--set-b", "week=3"), "no parameter week"),
        (("--set", "week=3"), "no parameter week"),
        (("--from", "soon"), "--from: soon is neither a day nor a month"),
        (("--from", "2025-04", "--to", "2025-03"), "--to 2025-03 is before --from 2025-04"),
        (("--outlet", "moon"), "no outlet moon"),
        (("--output", "x.html"), "--output goes with --format"),
        (("--flips", "many"), "--flips: many is no whole number"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    invoke: Invoke, arguments: tuple[str, ...], says: str
) -> None:
    code = 3 if "moon" in arguments else 2
    done = invoke("policy", "backtest", *arguments, code=code)
    assert says in done.stderr
    assert done.stdout == ""
