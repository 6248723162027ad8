"""Policies checked, begun, and described to editors, from the command line."""

from __future__ import annotations

import itertools
import json
import sys
import tomllib
from pathlib import Path

import pytest

from conflictctl.adjudication.worked_cases import load_cases, try_case
from conflictctl.policy.checking import check
from conflictctl.policy.model import load_policy, preset_ids
from conflictctl.policy.shape import SCHEMA
from conflictctl.policy.template import (
    DECIDERS,
    KEEPS,
    OPENINGS,
    TIES,
    Answers,
    cases_text,
    policy_text,
)
from tests.small_policy import SMALL

from .conftest import Invoke

RENAULT = "renault-zibo-2013"


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    """A policy file in which everything is in order."""
    path = tmp_path / "ours.toml"
    path.write_text(SMALL, encoding="utf-8")
    return path


def spoil(path: Path, *edits: tuple[str, str]) -> None:
    text = path.read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")


# ------------------------------------------------------------------------------- check


def test_a_policy_in_order_has_no_problems(invoke: Invoke, ours: Path) -> None:
    assert invoke("policy", "check", str(ours), "--strict").stdout == "no problems\n"
    assert invoke("policy", "check", str(ours), "--lang", "zh").stdout == "没有问题\n"
    assert invoke("policy", "check", RENAULT).stdout == "no problems\n"


def test_a_problem_is_shown_with_its_line_a_caret_and_the_mend(invoke: Invoke, ours: Path) -> None:
    spoil(ours, ("closer == holder and", "closer == holdr and"))
    lines = invoke("policy", "check", str(ours), code=3).stdout.splitlines()
    text = ours.read_text(encoding="utf-8").splitlines()
    number = next(n for n, line in enumerate(text, 1) if "holdr" in line)
    column = text[number - 1].index("holdr") + 1
    assert lines[0] == f"{ours}:{number}:{column}: rule 1, when: unknown name holdr"
    assert lines[1] == "    " + text[number - 1]
    assert lines[2].index("^") == 4 + column - 1
    assert lines[3] == "    hint: did you mean holder?"
    assert lines[-1] == "errors: 1, warnings: 0"
    told = invoke("policy", "check", str(ours), "--lang", "zh", code=3).stdout
    assert "没有名称 holdr" in told
    assert "是否要写 holder？" in told


def test_the_caret_stands_under_the_place_in_a_chinese_line(invoke: Invoke, ours: Path) -> None:
    spoil(ours, ('zh = "作弊" }', 'zh = "作弊", cn = "x" }'))
    lines = invoke("policy", "check", str(ours), code=3).stdout.splitlines()
    before = lines[1][: lines[1].index('"x"')]
    wide = sum(char > "\u2e7f" for char in before)
    assert lines[2].index("^") == len(before) + wide


def test_all_problems_are_listed_in_the_order_of_the_file(invoke: Invoke, ours: Path) -> None:
    spoil(
        ours,
        ("closer == holder and", "closer == holdr and"),
        ('clause = "4"\nen = "A point."', 'clause = "44"\nen = "A point."'),
        ("not exists(claim)", "not exists(clam)"),
        ('measure = "dismissal"', 'measure = "dismisal"'),
    )
    told = json.loads(invoke("policy", "check", str(ours), "--format", "json", code=3).stdout)
    assert told["errors"] == len(told["problems"]) == 4
    places = [(one["line"], one["column"]) for one in told["problems"]]
    assert places == sorted(places)
    first = told["problems"][0]
    assert first["path"] == ["parameters", "point", "clause"]
    assert first["severity"] == "error"
    assert first["where"] == "parameters.point.clause"
    assert first["hint"] == "did you mean 4?"


def test_warnings_alone_count_only_when_strict(invoke: Invoke, ours: Path) -> None:
    spoil(ours, ('zh = "无人申述。"', 'zh = "Nobody."'))
    told = invoke("policy", "check", str(ours)).stdout
    assert ": warning: warning 1, zh: zh is not translated" in told
    assert told.endswith("errors: 0, warnings: 1\n")
    assert invoke("policy", "check", str(ours), "--strict", code=3).stdout == told


def test_what_is_no_policy_is_said_in_one_line_each(invoke: Invoke, tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_bytes(b"\x1b[31m = 1\n")
    told = invoke("policy", "check", str(path), code=3).stdout
    assert "\x1b" not in told
    path.write_bytes(b"\xff\xfe")
    invoke("policy", "check", str(path), code=2)
    invoke("policy", "check", str(tmp_path / "none.toml"), code=2)
    invoke("policy", "check", "nonsense", code=2)


def test_a_faulty_policy_rules_on_nothing(invoke: Invoke, month: Path, ours: Path) -> None:
    spoil(ours, ("closer == holder and", "closer == holdr and"))
    told = invoke("verdict", "C-020", "--policy", str(ours), code=3).stderr
    assert "unknown name holdr" in told
    assert "did you mean holder?" in told
    assert (
        "unknown name holdr" in invoke("policy", "use", str(ours), "--as", "jiang", code=3).stderr
    )


def test_two_editions_of_one_day_are_told(invoke: Invoke, tmp_path: Path) -> None:
    folder = tmp_path / "editions"
    folder.mkdir()
    for name in ("one.toml", "two.toml"):
        (folder / name).write_text(SMALL, encoding="utf-8")
    told = invoke("policy", "check", str(folder), code=3).stdout
    assert "two editions begin on the same day" in told


# ------------------------------------------------------------------------------ schema


def test_the_schema_is_printed_or_written_in_either_language(
    invoke: Invoke, tmp_path: Path
) -> None:
    assert json.loads(invoke("policy", "schema").stdout) == SCHEMA
    path = tmp_path / "schema.json"
    assert invoke("policy", "schema", "--out", str(path), "--lang", "zh").stdout == ""
    told = json.loads(path.read_text(encoding="utf-8"))
    assert told["properties"]["tie"]["description"] == "多人相同时如何处理。"
    assert told["required"] == SCHEMA["required"]


# --------------------------------------------------------------------------------- new


def test_a_new_policy_is_in_order_and_passes_its_cases(invoke: Invoke, tmp_path: Path) -> None:
    path = tmp_path / "fresh.toml"
    told = invoke("policy", "new", str(path)).stdout
    assert str(path) in told
    assert invoke("policy", "check", str(path), "--strict").stdout == "no problems\n"
    assert invoke("policy", "test", str(path)).stdout.endswith(" passed, 0 failed\n")
    assert load_policy(str(path)).id == "fresh"


def test_options_answer_the_questions(invoke: Invoke, tmp_path: Path) -> None:
    path = tmp_path / "fresh.toml"
    answers = {
        "id": "acme",
        "title-en": 'The "Acme" policy \\ draft',
        "title-zh": "爱可美客户办法",
        "opens": "filing",
        "days": "30",
        "keeps": "visit",
        "idle-days": "10",
        "claim-days": "0",
        "ties": "refer",
        "decides": "panel",
    }
    options = [part for name, value in answers.items() for part in (f"--{name}", value)]
    invoke("policy", "new", str(path), "--no-input", *options)
    policy = load_policy(str(path))
    assert (policy.id, policy.title.en, policy.title.zh) == (
        "acme",
        answers["title-en"],
        answers["title-zh"],
    )
    assert policy.parameters["holding_days"].default == 30
    assert "claim_days" not in policy.parameters
    assert policy.no_rule["refer"] == "panel"
    invoke("policy", "check", str(path), "--strict")
    invoke("policy", "test", str(path))


ANSWERS = [
    Answers(
        "our", "2024-01-01", "Ours", "我们的办法", opens, days, keeps, idle, claim, ties, decides
    )
    for opens, days, keeps, (idle, claim), ties, decides in itertools.product(
        OPENINGS, (0, 30), KEEPS, ((14, 3), (1, 0)), TIES, ("sales_manager",)
    )
] + [
    Answers("our", "2024-01-01", "Ours", "我们的办法", ties="refer", decides=decides)
    for decides in DECIDERS
]


def test_whatever_is_answered_the_policy_is_in_order_and_passes_its_cases(tmp_path: Path) -> None:
    path = tmp_path / "our.toml"
    for answers in ANSWERS:
        path.write_text(policy_text(answers), encoding="utf-8")
        path.with_suffix(".cases.toml").write_text(cases_text(answers), encoding="utf-8")
        policy, problems = check(policy_text(answers), "our.toml")
        assert policy is not None
        assert problems == (), answers
        cases = load_cases(str(path), policy, None)
        assert [case.id for case in cases if not try_case(case, policy).passed] == [], answers


@pytest.mark.parametrize("identity", preset_ids())
def test_a_preset_is_copied_under_another_id(invoke: Invoke, tmp_path: Path, identity: str) -> None:
    path = tmp_path / "copy.toml"
    invoke("policy", "new", str(path), "--from", identity, "--id", "our-copy")
    copied, original = load_policy(str(path)), load_policy(identity)
    assert copied.id == "our-copy"
    assert tomllib.loads(copied.text)["rule"] == tomllib.loads(original.text)["rule"]
    if path.with_suffix(".cases.toml").exists():
        assert invoke("policy", "test", str(path)).stdout.endswith(" passed, 0 failed\n")


def test_nothing_is_overwritten_unless_forced(invoke: Invoke, ours: Path) -> None:
    before = ours.read_bytes()
    told = invoke("policy", "new", str(ours), code=2).stderr
    assert "--force" in told
    assert ours.read_bytes() == before
    assert not ours.with_suffix(".cases.toml").exists()
    invoke("policy", "new", str(ours), "--force")
    assert ours.read_bytes() != before
    ours.unlink()
    assert ".cases.toml" in invoke("policy", "new", str(ours), code=2).stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--id", "two words"), "--id: two words is no name"),
        (("--id", RENAULT), "comes with the program"),
        (("--title-en", "中文"), "is no English title"),
        (("--title-zh", "English"), "is no Chinese title"),
        (("--opens", "magic"), "--opens: magic is not one of visit, filing, assignment"),
        (("--days", "many"), "--days: many is no whole number from 0 to 3650"),
        (("--idle-days", "0"), "--idle-days: 0 is no whole number from 1 to 3650"),
        (("--claim-days", "-1"), "--claim-days: -1 is no whole number"),
        (("--decides", "boss"), "--decides: boss is not one of"),
        (("--from", "nonsense"), "no policy nonsense"),
        (("--from", RENAULT, "--ties", "split"), "--ties answers a question"),
    ],
)
def test_an_answer_that_is_none_is_refused(
    invoke: Invoke, tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    path = tmp_path / "fresh.toml"
    assert said in invoke("policy", "new", str(path), *options, code=2).stderr
    assert not path.exists()


def test_a_policy_file_ends_in_toml(invoke: Invoke, tmp_path: Path) -> None:
    assert "ours.toml" in invoke("policy", "new", str(tmp_path / "ours.txt"), code=2).stderr
    invoke("policy", "new", str(tmp_path / "ours.cases.toml"), code=2)


# ------------------------------------------------------------------- at a real terminal

pexpect = pytest.importorskip("pexpect", reason="needs a Unix terminal")


@pytest.mark.parametrize(
    ("lang", "questions", "wrong"),
    [
        (
            "en",
            ("The id of the policy", "What opens a holding", "visit: the first visit"),
            "is not one of",
        ),
        ("zh", ("制度编号", "何种记录取得归属", "visit: 首次接待或拜访客户"), "不在"),
    ],
)
def test_the_questions_are_asked_at_a_terminal(
    tmp_path: Path, lang: str, questions: tuple[str, ...], wrong: str
) -> None:
    path = tmp_path / "asked.toml"
    child = pexpect.spawn(
        sys.executable,
        ["-m", "conflictctl", "policy", "new", str(path), "--lang", lang, "--days", "60"],
        encoding="utf-8",
        timeout=60,
        dimensions=(40, 120),
    )
    identity, opens, about = questions
    child.expect_exact(f"{identity} [asked]: ")
    child.sendline("")
    for _ in range(2):  # the titles
        child.expect(r"\]: ")
        child.sendline("")
    child.expect_exact(about)
    child.expect_exact(f"{opens} [visit]: ")
    child.sendline("magic")
    child.expect_exact(wrong)
    child.expect_exact(f"{opens} [visit]: ")
    child.sendline("assignment")
    for answer in ("nothing", "5", "closer", ""):  # keeps, claim, ties, who decides
        child.expect(r"\]: ")
        child.sendline(answer)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0, child.before
    policy = load_policy(str(path))
    assert policy.parameters["holding_days"].default == 60
    assert policy.parameters["claim_days"].default == 5
    assert "opens" not in policy.holding
    assert check(policy.text, "asked.toml")[1] == ()


def test_leaving_in_the_middle_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "left.toml"
    child = pexpect.spawn(
        sys.executable,
        ["-m", "conflictctl", "policy", "new", str(path)],
        encoding="utf-8",
        timeout=60,
    )
    child.expect(r"\]: ")
    child.sendeof()
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 2
    assert "--no-input" in child.before
    assert not path.exists()
