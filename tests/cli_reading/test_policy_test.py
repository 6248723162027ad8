"""`policy test`: worked cases tried from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conflictctl.policy.model import load_policy

from .conftest import Invoke

RENAULT = "renault-zibo-2013"
CASES = """\
policy = "renault-zibo-2013"
outlets = { shop = "store" }
staff = { wang = "consultant shop", li = "consultant shop" }

[[case]]
id = "own-file"
title.en = "Who filed and closes has the deal"
title.zh = "自己留档自己成交"
cites = "谁第一个接待留档"
history = '''
2024-03-01 10:00  li  visit K1  level=A
2024-03-05 15:00  li  close K1
'''
expect = { credit = { li = "100" } }

[[case]]
id = "silent"
title.en = "A silent close goes to the closer"
title.zh = "未沟通的成交归成交者"
cites = "如未沟通而一次性成交"
history = '''
2024-03-01 10:00  wang  visit K1  level=A
2024-03-03 14:00  li    visit K1
2024-03-03 15:00  li    close K1
2024-03-04 09:00  wang  claim K1
'''
expect = { credit = { li = "100" }, decided_by = "P2" }
"""


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    """One case that comes out as written, and one that does not."""
    path = tmp_path / "mine.toml"
    path.write_text(CASES, encoding="utf-8")
    return path


def test_a_preset_passes_its_own_cases_and_needs_no_register(
    invoke: Invoke, register_path: Path
) -> None:
    told = invoke("policy", "test", RENAULT).stdout
    assert told.endswith(" passed, 0 failed\n")
    assert len(told.splitlines()) == 1
    assert not register_path.exists()


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", ("A silent close goes to the closer", "expected", "1 passed, 1 failed")),
        ("zh", ("未沟通的成交归成交者", "预期", "1 例通过，1 例未通过")),
    ],
)
def test_a_failing_case_is_one_line_that_says_what_and_why(
    invoke: Invoke, cases: Path, lang: str, words: tuple[str, ...]
) -> None:
    told = invoke("policy", "test", RENAULT, str(cases), "--lang", lang, code=1).stdout
    assert all(word in told for word in words)
    (line,) = [line for line in told.splitlines() if "silent" in line and "li = 100" in line]
    assert line.index("credit: li = 100") < line.index("credit: wang = 100")
    assert ("without telling wang" if lang == "en" else "未与 wang 沟通") in line
    assert "own-file" not in told
    assert told.splitlines()[-1] == words[-1]


def test_one_case_alone(invoke: Invoke, cases: Path) -> None:
    named = ("policy", "test", RENAULT, str(cases), "--case")
    assert invoke(*named, "own-file").stdout == "1 passed, 0 failed\n"
    assert "0 passed, 1 failed" in invoke(*named, "silent", code=1).stdout
    assert "did you mean" in invoke(*named, "silnt", code=2).stderr


def test_as_json(invoke: Invoke, cases: Path) -> None:
    told = json.loads(
        invoke("policy", "test", RENAULT, str(cases), "--format", "json", code=1).stdout
    )
    assert told["policy"]["digest"] == load_policy(RENAULT).digest
    assert (told["passed"], told["failed"]) == (1, 1)
    good, bad = told["cases"]
    assert (good["id"], good["passed"], good["differences"]) == ("own-file", True, [])
    assert bad["differences"] == [{"key": "credit", "expected": "li = 100", "given": "wang = 100"}]
    assert bad["cites"] == "如未沟通而一次性成交"
    assert bad["title"]["zh"] == "未沟通的成交归成交者"


def test_the_cases_beside_a_policy_file(invoke: Invoke, tmp_path: Path) -> None:
    policy = tmp_path / "ours.toml"
    policy.write_text(load_policy(RENAULT).text, encoding="utf-8")
    told = invoke("policy", "test", str(policy), code=2).stderr
    assert "ours.cases.toml" in told
    policy.with_suffix(".cases.toml").write_text(
        CASES.replace('{ li = "100" }, decided_by', '{ wang = "100" }, decided_by'),
        encoding="utf-8",
    )
    assert invoke("policy", "test", str(policy)).stdout == "2 passed, 0 failed\n"


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [("2024-03-03 14:00", "2024-03-32 14:00", 23), ("expect = { credit", "expcet = { credit", 14)],
)
def test_a_faulty_file_is_told_with_its_line(
    invoke: Invoke, cases: Path, old: str, new: str, line: int
) -> None:
    cases.write_text(CASES.replace(old, new, 1), encoding="utf-8")
    for lang, said in (("en", f"mine.toml, line {line}: "), ("zh", f"mine.toml 第{line}行：")):
        told = invoke("policy", "test", RENAULT, str(cases), "--lang", lang, code=3).stderr
        assert said in told


def test_no_such_policy_and_no_such_file(invoke: Invoke, tmp_path: Path) -> None:
    invoke("policy", "test", "nonsense", code=2)
    invoke("policy", "test", RENAULT, str(tmp_path / "none.toml"), code=2)
