"""`verdict --what-if` and what somebody could have done otherwise, as the command tells it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .conftest import AS_OF, LAST, Invoke

FOLLOWUP = {
    "kind": "followup",
    "customer": "C-015",
    "by": "chen",
    "at": "2025-03-15T10:00:00+08:00",
}


def ruling(invoke: Invoke, *arguments: str) -> Any:
    return json.loads(invoke("verdict", *arguments, "--as-of", AS_OF, "--format", "json").stdout)


def written(tmp_path: Path, *lines: dict[str, Any] | str) -> str:
    path = tmp_path / "supposed.jsonl"
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return str(path)


def test_explained_the_json_says_what_could_have_been_done_otherwise(
    invoke: Invoke, month: Path
) -> None:
    found = ruling(invoke, "C-015", "--explain")
    assert found["credit"][0]["party"] == "pan"
    (turned,) = [t for t in found["counterfactual"]["turned"] if t["decided_by"] == "6.2"]
    assert turned["credit"] == [{"party": "chen", "kind": "staff", "share": "100"}]
    assert turned["changes"][0] == {
        "do": "add",
        "staff": "chen",
        "kinds": ["followup", "call"],
        "event": None,
        "from": "2025-03-11T00:00:00+08:00",
        "to": "2025-03-18T11:00:00+08:00",
    }
    assert found["counterfactual"]["complete"] is True
    assert "counterfactual" not in ruling(invoke, "C-015")


@pytest.mark.parametrize(
    ("lang", "told"),
    [
        ("en", "one more follow-up / call by 陈思远 (chen), at any full hour from 2025-03-11"),
        (
            "zh",
            "陈思远 (chen) 在 2025-03-11 00:00 至 2025-03-18 11:00 之间任一整点再有一次回访 / 通话",
        ),
    ],
)
def test_explained_the_account_says_it_in_words(
    invoke: Invoke, month: Path, lang: str, told: str
) -> None:
    shown = invoke("verdict", "C-015", "--explain", "--as-of", AS_OF, "--lang", lang).stdout
    assert "".join(told.split()) in "".join(shown.split())


def test_what_the_account_says_comes_true_when_it_is_supposed(
    invoke: Invoke, month: Path, tmp_path: Path
) -> None:
    path = written(tmp_path, FOLLOWUP)
    found = ruling(invoke, "C-015", "--what-if", path)
    assert (found["credit"][0]["party"], found["decided_by"]) == ("chen", "6.2")
    assert found["what_if"]["entries"] == 1
    assert found["what_if"]["without"]["decided_by"] == "6.3"
    assert found["what_if"]["without"]["credit"][0]["party"] == "pan"
    assert any(f"#{LAST + 1}" in f["evidence"] for f in found["findings"])


def test_a_ruling_on_what_is_only_supposed_says_so(
    invoke: Invoke, month: Path, tmp_path: Path
) -> None:
    path = written(tmp_path, FOLLOWUP)
    shown = invoke("verdict", "C-015", "--what-if", path, "--as-of", AS_OF).stdout
    assert "Supposed: 1 entry that is not in the register." in " ".join(shown.split())


def test_supposing_records_nothing(invoke: Invoke, month: Path, tmp_path: Path) -> None:
    before = month.read_bytes()
    invoke("verdict", "C-015", "--what-if", written(tmp_path, FOLLOWUP), "--as-of", AS_OF)
    assert month.read_bytes() == before


def test_somebody_may_be_supposed_to_have_left(invoke: Invoke, month: Path, tmp_path: Path) -> None:
    left = {"kind": "staff_left", "staff": "pan", "at": "2025-03-10T09:00:00+08:00"}
    found = ruling(invoke, "C-015", "--what-if", written(tmp_path, left))
    assert found["what_if"]["entries"] == 1


def test_a_customer_may_be_supposed_to_be_another_one(
    invoke: Invoke, month: Path, tmp_path: Path
) -> None:
    same = {
        "kind": "link",
        "customers": ["C-015", "C-018"],
        "relation": "same",
        "by": "bai",
        "at": "2025-03-10T09:00:00+08:00",
    }
    alone = ruling(invoke, "C-015")
    found = ruling(invoke, "C-015", "--what-if", written(tmp_path, same))
    assert found["what_if"]["without"]["decided_by"] == alone["decided_by"]
    assert found["deal"] != alone["deal"]  # the later deal of what is now one customer


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "line 1: "),
        ({**FOLLOWUP, "kind": "phoned"}, "line 1: unknown kind phoned"),
        ({**FOLLOWUP, "by": "nobody"}, "line 1: no member of staff nobody"),
        ({**FOLLOWUP, "customer": "Z-999"}, "line 1: no customer Z-999"),
        ({**FOLLOWUP, "at": "2025-04-09T10:00:00+08:00"}, "it lies after the time of the ruling"),
        ({"kind": "void", "voids": "e999", "reason": "x", "at": FOLLOWUP["at"]}, "no entry e999"),
        (
            {"kind": "case_closed", "case": "C-2025-0001", "at": FOLLOWUP["at"], "by": "bai"},
            "no policy about deals speaks of entries of kind case_closed",
        ),
    ],
)
def test_a_line_that_no_register_would_take_is_named(
    invoke: Invoke, month: Path, tmp_path: Path, line: Any, told: str
) -> None:
    path = written(tmp_path, line)
    result = invoke("verdict", "C-015", "--what-if", path, "--as-of", AS_OF, code=3)
    assert told in result.stderr
    assert result.stdout == ""


def test_an_empty_file_supposes_nothing(invoke: Invoke, month: Path, tmp_path: Path) -> None:
    result = invoke("verdict", "C-015", "--what-if", written(tmp_path, ""), code=3)
    assert "the file holds no entries" in result.stderr


def test_a_missing_file_is_wrong_usage(invoke: Invoke, month: Path, tmp_path: Path) -> None:
    invoke("verdict", "C-015", "--what-if", str(tmp_path / "none.jsonl"), code=2)


def test_supposing_is_for_one_customer(invoke: Invoke, month: Path, tmp_path: Path) -> None:
    result = invoke("verdict", "--all", "--what-if", written(tmp_path, FOLLOWUP), code=2)
    assert "--what-if asks about one customer" in result.stderr
