"""Earlier rulings on the same clauses, as `verdict` and `rule` tell of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .conftest import Invoke


def ruling(invoke: Invoke, *arguments: str) -> Any:
    return json.loads(invoke("verdict", *arguments, "--format", "json").stdout)


def ruled_otherwise(invoke: Invoke) -> str:
    """C-018 lapsed as C-066 did, where both got something; here the closer gets all of it."""
    said = invoke(
        *("rule", "C-018", "--as", "jiang", "--instance", "sales_manager"),
        *("--award", "qiu=100", "--reason", "as the rules have it"),
    )
    return said.stderr


def test_explained_a_ruling_names_what_people_ruled_on_the_same_clauses(
    invoke: Invoke, month: Path
) -> None:
    found = ruling(invoke, "C-018", "--explain")["precedents"]
    assert found["path"] == [{"clause": "P3", "outcome": "awards"}]
    (one,) = found["rulings"]
    assert (one["event"], one["customer"], one["by"]) == ("rul0403-01", "C-066", "bai")
    assert (one["follows_rule"], one["same_roles"], one["agrees"]) == (False, True, None)
    assert found["departs_from"] == []
    assert found["complete"] is True


def test_where_the_rules_decide_nobody_is_told_unasked(invoke: Invoke, month: Path) -> None:
    assert "precedents" not in ruling(invoke, "C-018")
    assert "precedents" in ruling(invoke, "C-066")


def test_what_was_not_known_yet_is_no_precedent(invoke: Invoke, month: Path) -> None:
    before = ruling(invoke, "C-018", "--explain", "--known-at", "2025-04-01T12:00:00+08:00")
    assert before["precedents"]["rulings"] == []


def test_a_ruling_that_departs_is_warned_of_when_recorded_and_when_read(
    invoke: Invoke, month: Path
) -> None:
    assert "departs from earlier ones" in ruled_otherwise(invoke)
    found = ruling(invoke, "C-018")
    assert found["precedents"]["departs_from"] == ["rul0403-01"]
    assert any("rul0403-01" in warning for warning in found["warnings"])


@pytest.mark.parametrize(
    ("lang", "told"),
    [
        ("en", "This ruling departs from it."),
        ("zh", "本裁定与之不一致。"),
    ],
)
def test_the_table_tells_it_in_words(invoke: Invoke, month: Path, lang: str, told: str) -> None:
    ruled_otherwise(invoke)
    shown = invoke("verdict", "C-018", "--lang", lang).stdout
    assert "".join(told.split()) in "".join(shown.split())
    paper = invoke("verdict", "C-018", "--format", "html", "--lang", lang).stdout
    assert told in paper
