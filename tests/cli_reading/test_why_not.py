"""What would turn a ruling, and why a deal is not somebody's, as the commands tell it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .conftest import AS_OF, Invoke


def ruling(invoke: Invoke, *arguments: str) -> Any:
    return json.loads(invoke("verdict", *arguments, "--as-of", AS_OF, "--format", "json").stdout)


def test_the_table_says_that_it_turns_on_one_record_and_on_which(
    invoke: Invoke, month: Path
) -> None:
    told = invoke("verdict", "C-027", "--as-of", AS_OF).stdout
    after = told[told.index("Turns on one record") :]
    assert "v0308-04" in after
    assert "without it: 方敏 (fang), clause 6.2" in after


def test_a_plain_json_ruling_is_as_it_was(invoke: Invoke, month: Path) -> None:
    found = ruling(invoke, "C-027")
    assert "sensitivity" not in found
    assert "why_not" not in found


def test_explained_the_json_says_what_would_turn_it(invoke: Invoke, month: Path) -> None:
    found = ruling(invoke, "C-027", "--explain")["sensitivity"]
    assert (found["badge"], found["complete"]) == ("turns_on_one_record", True)
    fang = [{"party": "fang", "kind": "staff", "share": "100"}]
    turned = {"status": "credited", "credit": fang, "holder": None, "decided_by": "6.2"}
    assert found["records"] == [{"event": "v0308-04", "turns": turned}]
    params = {one["param"]: one for one in found["params"]}
    assert params["level_limit_days.H"] == {
        "param": "level_limit_days.H",
        "value": 3,
        "turns": [{"value": 5, **turned}],
    }
    for setting in ("level_limit_days.H=5", "attempts_count=true"):
        assert ruling(invoke, "C-027", "--set", setting)["credit"] == fang
    assert ruling(invoke, "C-027", "--set", "level_limit_days.H=4")["credit"] != fang


@pytest.mark.parametrize(
    ("lang", "told"),
    [
        (
            "en",
            [
                "Why not 方敏 (fang)?",
                "6.2 (Tracked in the week before the deal)",
                "It is met, but",
                "Measured 1",
                "Entries by 方敏 (fang) that do not count",
                "f0306-02",
                "What alone would give it to 方敏 (fang)",
                "Had v0308-04",
            ],
        ),
        (
            "zh",
            ["为何不归 方敏 (fang)？", "6.2（成交前一星期有跟踪）", "不予计入的记录", "f0306-02"],
        ),
    ],
)
def test_why_not_in_sentences(invoke: Invoke, month: Path, lang: str, told: list[str]) -> None:
    text = invoke("verdict", "C-027", "--as-of", AS_OF, "--why-not", "fang", "--lang", lang).stdout
    place = 0
    for words in told:
        place = text.index(words, place)
    assert "Clauses, in the order tried" not in text


def test_why_not_as_json(invoke: Invoke, month: Path) -> None:
    found = ruling(invoke, "C-027", "--why-not", "fang")["why_not"]
    assert (found["party"], found["has_it"], found["complete"]) == ("fang", False, True)
    assert [(one["clause"], one["outcome"], one["reached"]) for one in found["clauses"]] == [
        ("P2", "not_met", False),
        ("6.2", "awards", False),
    ]
    assert found["clauses"][1]["margin"] == {"measured": "1 d", "limit": "7 d"}
    assert len(found["would_need"]) == 2
    assert found["refused"] == [{"event": "f0306-02", "why": "not_reached"}]
    assert [one["event"] for one in found["records"]] == ["v0308-04"]
    assert "attempts_count" in {one["param"] for one in found["params"]}


def test_who_has_it_already_is_told_so(invoke: Invoke, month: Path) -> None:
    told = invoke("verdict", "C-027", "--as-of", AS_OF, "--why-not", "luo").stdout
    assert "罗嘉怡 (luo) has it already" in told
    assert ruling(invoke, "C-027", "--why-not", "luo")["why_not"]["has_it"] is True


def test_somebody_nobody_knows(invoke: Invoke, month: Path) -> None:
    done = invoke("verdict", "C-027", "--why-not", "fangg", code=3)
    assert done.stderr.startswith("error: no member of staff fangg\nhint: did you mean fang")
    assert done.stdout == ""


def test_of_everybody_it_cannot_be_asked(invoke: Invoke, month: Path) -> None:
    invoke("verdict", "--all", "--why-not", "fang", code=2)
