"""One ruling and everybody's, by every option."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .conftest import AS_OF, LAST, Invoke


def ruling(invoke: Invoke, *arguments: str) -> Any:
    return json.loads(invoke("verdict", *arguments, "--format", "json").stdout)


def test_the_table_names_the_winner_and_the_clause(invoke: Invoke, month: Path) -> None:
    told = invoke("verdict", "C-020", "--as-of", AS_OF).stdout
    assert "C-020 邵文斌" in told
    assert "宋立群 (song)" in told
    assert "clause P2" in told


def test_the_json_is_that_of_the_contract(invoke: Invoke, month: Path) -> None:
    found = ruling(invoke, "C-027", "--as-of", AS_OF)
    assert list(found) >= ["customer", "deal"]
    assert found["status"] == "credited"
    assert found["credit"] == [{"party": "luo", "kind": "staff", "share": "100"}]
    assert found["decided_by"] == "P3"
    assert found["as_of"] == AS_OF
    assert found["policy"]["id"] == "renault-zibo-2013"
    assert found["policy"]["set"] == {}
    assert "level_vs_week" in {contest["param"] for contest in found["contested"]}
    assert found["register"]["seq"] == LAST
    assert found["register"]["head"].startswith("sha256:")


def test_one_line_as_jsonl(invoke: Invoke, month: Path) -> None:
    (line,) = invoke("verdict", "C-027", "--format", "jsonl").stdout.splitlines()
    assert json.loads(line)["customer"] == "C-027"


def test_as_of_leaves_out_what_had_not_happened(invoke: Invoke, month: Path) -> None:
    assert ruling(invoke, "C-027", "--as-of", "2025-03-09T20:00:00+08:00")["status"] == "held"
    assert ruling(invoke, "C-027", "--as-of", "2025-03-10T23:00:00+08:00")["status"] == "credited"


def test_known_at_a_place_gives_the_old_ruling_and_its_head(invoke: Invoke, month: Path) -> None:
    before = ruling(invoke, "C-027", "--as-of", AS_OF)
    invoke("policy", "use", "renault-zibo-2013", "--as", "jiang")
    again = ruling(invoke, "C-027", "--as-of", AS_OF, "--known-at", str(LAST))
    assert again == before
    assert ruling(invoke, "C-027", "--known-at", f"#{LAST}", "--as-of", AS_OF) == before


def test_known_at_a_time(invoke: Invoke, month: Path) -> None:
    then = "2025-03-09T12:00:00+08:00"
    assert ruling(invoke, "C-027", "--known-at", then, "--as-of", AS_OF)["status"] == "held"


@pytest.mark.parametrize("text", ["0", str(LAST + 1), "#9999999999", "soon"])
def test_known_at_what_was_never_known(invoke: Invoke, month: Path, text: str) -> None:
    invoke("verdict", "C-027", "--known-at", text, code=3)


def test_a_customer_nobody_knows(invoke: Invoke, month: Path) -> None:
    done = invoke("verdict", "Lee", code=3)
    assert done.stderr == (
        "error: no customer Lee\nhint: `conflictctl customer find Lee` searches by name and phone\n"
    )
    assert "was not known yet" in invoke("verdict", "C-079", "--known-at", "30", code=3).stderr


def test_a_parameter_read_otherwise_turns_the_ruling_and_says_so(
    invoke: Invoke, month: Path
) -> None:
    found = ruling(invoke, "C-027", "--as-of", AS_OF, "--set", "level_vs_week=week_only")
    assert found["credit"][0]["party"] == "fang"
    assert found["policy"]["set"] == {"level_vs_week": "week_only"}
    told = invoke("verdict", "C-027", "--as-of", AS_OF, "--set", "level_limit_days.H=5").stdout
    assert "level_limit_days.H=5" in told


@pytest.mark.parametrize(
    "setting",
    [
        "nonsense=1",
        "level_vs_week=whatever",
        "level_vs_week",
        "week_days=-1",
        "week_days.H=3",
        "=",
        "",
    ],
)
def test_a_setting_that_is_none(invoke: Invoke, month: Path, setting: str) -> None:
    invoke("verdict", "C-027", "--set", setting, code=2)


def test_a_deal_is_picked(invoke: Invoke, month: Path) -> None:
    assert ruling(invoke, "C-004")["deal"] == "D-0319-fan"
    assert ruling(invoke, "C-004", "--deal", "D-0221-fan")["credit"][0]["party"] == "chen"
    assert ruling(invoke, "C-004", "--deal", "open")["deal"] is None
    assert "D-0221-fan" in invoke("verdict", "C-004", "--deal", "D9", code=3).stderr


def test_the_policy_is_named_by_option_environment_or_register(
    invoke: Invoke, month: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own.toml"
    text = invoke("policy", "show", "renault-zibo-2013", "--format", "toml").stdout
    own.write_text(text.replace('id = "renault-zibo-2013"', 'id = "own"', 1), encoding="utf-8")
    assert ruling(invoke, "C-027", "--policy", str(own))["policy"]["id"] == "own"
    named = invoke("verdict", "C-027", "--format", "json", env={"CONFLICTCTL_POLICY": str(own)})
    assert json.loads(named.stdout)["policy"]["id"] == "own"
    invoke("verdict", "C-027", "--policy", "no-such-policy", code=2)
    own.write_text("policy = 1", encoding="utf-8")
    invoke("verdict", "C-027", "--policy", str(own), code=3)


def test_explain_accounts_in_prose(invoke: Invoke, month: Path) -> None:
    short = invoke("verdict", "C-027", "--as-of", AS_OF).stdout
    full = invoke("verdict", "C-027", "--as-of", AS_OF, "--explain").stdout
    assert len(full) > len(short)
    assert "sha256:" in full


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["C-027", "--all"],
        ["--all", "--deal", "open"],
        ["C-027", "--format", "yaml"],
        ["C-027", "C-028"],
    ],
)
def test_wrong_usage(invoke: Invoke, month: Path, arguments: list[str]) -> None:
    invoke("verdict", *arguments, code=2)


# ------------------------------------------------------------------------- everybody


def everybody(invoke: Invoke, *arguments: str) -> list[Any]:
    lines = invoke("verdict", "--all", "--format", "jsonl", "--as-of", AS_OF, *arguments).stdout
    return [json.loads(line) for line in lines.splitlines()]


def test_everybody_is_ruled_once_and_as_alone(invoke: Invoke, month: Path) -> None:
    found = everybody(invoke)
    names = [each["customer"] for each in found]
    assert len(names) == len(set(names)) == 78  # of 79: two are one person
    for each in found[::9]:
        alone = ruling(invoke, each["customer"], "--as-of", AS_OF)
        shared = set(each) - {"findings"}
        assert {key: each[key] for key in shared} == {key: alone[key] for key in shared}
        assert "contested" not in each
        assert {finding["clause"] for finding in each["findings"]} <= {each["decided_by"]}


def test_everybody_explained_has_every_clause(invoke: Invoke, month: Path) -> None:
    found = everybody(invoke, "--explain")
    assert all(len(each["findings"]) > 1 for each in found if each["status"] == "credited")
    assert all("contested" in each for each in found)


def test_everybody_as_one_list(invoke: Invoke, month: Path) -> None:
    done = invoke("verdict", "--all", "--format", "json", "--as-of", AS_OF).stdout
    assert json.loads(done) == everybody(invoke)


def test_nobody_is_an_empty_list(invoke: Invoke, register_path: Path) -> None:
    invoke("init", "--timezone", "Asia/Shanghai")
    assert json.loads(invoke("verdict", "--all", "--format", "json").stdout) == []
    assert invoke("verdict", "--all", "--format", "jsonl").stdout == ""


def test_everybody_at_a_glance(invoke: Invoke, month: Path) -> None:
    told = invoke("verdict", "--all", "--as-of", AS_OF).stdout
    lines = {line.split()[0]: line for line in told.splitlines()}
    assert len(lines) == 79
    assert "罗嘉怡 (luo) 60 %" in lines["C-036"]
    assert "management panel" in lines["C-034"]
    assert "2025-04-06 00:00" in lines["C-074"]


def test_the_same_in_chinese_with_the_same_keys(invoke: Invoke, month: Path) -> None:
    english = ruling(invoke, "C-027", "--as-of", AS_OF)
    chinese = ruling(invoke, "C-027", "--as-of", AS_OF, "--lang", "zh")
    assert english["reason"] != chinese["reason"]
    spoken = ("reason", "warnings", "findings")
    assert {k: v for k, v in english.items() if k not in spoken} == {
        k: v for k, v in chinese.items() if k not in spoken
    }
