"""Worked cases: the notation, what is compared, and what is said of a faulty file."""

from __future__ import annotations

import time
from importlib import resources
from typing import Any

import pytest

from conflictctl.adjudication.notation import read_line_of_history
from conflictctl.adjudication.worked_cases import (
    Outcome,
    WorkedCase,
    load_cases,
    parse_cases,
    try_case,
)
from conflictctl.calendar import Calendar
from conflictctl.errors import InputRejected, WrongUsage
from conflictctl.policy.model import load_policy, preset_ids
from tests.in_memory import RENAULT, SHANGHAI

HEAD = """\
policy = "renault-zibo-2013"

[outlets]
shop = "store"

[staff]
wang = "consultant shop"
li = { name = "Li Na", role = "consultant", outlet = "shop" }
sun = "manager shop sales"
"""
CASE = """
[[case]]
id = "P2-1"
title.en = "A silent one-time close goes to the original"
title.zh = "未沟通而一次性成交"
cites = "如未沟通而一次性成交,则该单归属原销售顾问名下"
history = '''
# the original's file
2024-03-01 10:00  wang  visit K1  level=H id=e1

2024-03-03 14:00  li    visit K1
2024-03-03 15:00  li    close K1
2024-03-04 09:00  wang  claim K1
'''
"""
SILENT = 'expect = { status = "credited", credit = { wang = "100" }, decided_by = "P2" }\n'


def outcomes(text: str) -> list[Outcome]:
    return [try_case(case, RENAULT) for case in parse_cases(text, policy=RENAULT, file="mine")]


def outcome(expect: str, **other: str) -> Outcome:
    more = "".join(f"{key} = {value}\n" for key, value in other.items())
    (only,) = outcomes(f"{HEAD}{CASE}{more}expect = {{ {expect} }}\n")
    return only


def rejected(text: str) -> str:
    with pytest.raises(InputRejected) as caught:
        parse_cases(text, policy=RENAULT, file="mine")
    assert caught.value.message.template
    return str(caught.value)


# ------------------------------------------------------------------------------ presets


PRESETS = resources.files("conflictctl.policy").joinpath("presets")


@pytest.mark.parametrize("identity", preset_ids())
def test_every_worked_case_of_a_preset_comes_out_as_written(identity: str) -> None:
    if not PRESETS.joinpath(f"{identity}.cases.toml").is_file():
        pytest.skip("this preset has no worked cases")
    policy = load_policy(identity)
    cases = load_cases(identity, policy)
    told = [(o.case.id, o.differences) for o in (try_case(c, policy) for c in cases)]
    assert [(case, differences) for case, differences in told if differences] == []
    assert [case.id for case in cases if case.title.en == case.title.zh] == []
    # Deciding clauses are shown by at least one case each; rows and sanctions decide nothing,
    # and a ruling that gives to nobody cites no clause.
    deciding = {rule.clause for rule in policy.rules if "nobody" not in rule.then}
    assert deciding - {clause for case in cases for clause in _clauses(case)} == set()


def _clauses(case: WorkedCase) -> list[str]:
    return [case.expect.get("decided_by", ""), *case.expect.get("supports", ())]


def test_a_hundred_cases_take_about_a_second() -> None:
    cases = load_cases("renault-zibo-2013", RENAULT)[:100]
    begin = time.process_time()
    assert all(try_case(case, RENAULT).passed for case in cases)
    assert time.process_time() - begin < 5


# ----------------------------------------------------------------------------- notation


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "2024-03-01 10:00  li  visit K1  level=H reached=false",
            {
                "kind": "visit",
                "at": "2024-03-01T10:00:00+08:00",
                "by": "li",
                "customer": "K1",
                "level": "H",
                "reached": False,
            },
        ),
        (
            "2024-03-01 10:00:30 - staff_left staff=li",
            {"kind": "staff_left", "at": "2024-03-01T10:00:30+08:00", "staff": "li"},
        ),
        (
            '2024-03-01 10:00 li visit K1 note="two words = [x]" amount=199800 level=null',
            {
                "kind": "visit",
                "at": "2024-03-01T10:00:00+08:00",
                "by": "li",
                "customer": "K1",
                "note": "two words = [x]",
                "amount": 199800,
                "level": None,
            },
        ),
        (
            '2024-03-01 10:00 li close K1 signers=[{"staff": "li", "share": "60"}, "wang"]',
            {
                "kind": "close",
                "at": "2024-03-01T10:00:00+08:00",
                "by": "li",
                "customer": "K1",
                "signers": [{"staff": "li", "share": "60"}, "wang"],
            },
        ),
        ('  {"kind": "visit", "x": 1}', {"kind": "visit", "x": 1}),
    ],
)
def test_a_line_stands_for_an_interchange_line(text: str, line: dict[str, Any]) -> None:
    assert read_line_of_history(text, SHANGHAI) == line


@pytest.mark.parametrize(
    ("written", "recorded"),
    [
        ('"2024-03-09 10:00"', "2024-03-09T10:00:00+08:00"),
        ("2024-03-09T10:00", "2024-03-09T10:00:00+08:00"),
        ("2024-03-09T10:00:00Z", "2024-03-09T10:00:00Z"),
        ("+3h", "2024-03-01T13:00:00+08:00"),
        ("+45m", "2024-03-01T10:45:00+08:00"),
        ("+2d", "2024-03-03T10:00:00+08:00"),
    ],
)
def test_when_a_line_was_recorded(written: str, recorded: str) -> None:
    line = read_line_of_history(f"2024-03-01 10:00 li visit K1 recorded={written}", SHANGHAI)
    assert line["recorded_at"] == recorded


def test_local_times_in_other_fields_and_zones() -> None:
    berlin = Calendar("Europe/Berlin")
    line = read_line_of_history(
        '2024-03-30 10:00 li filing K1 to=sun expires_at="2024-03-31 10:00" recorded=+1d', berlin
    )
    assert line["at"] == "2024-03-30T10:00:00+01:00"
    assert line["expires_at"] == line["recorded_at"] == "2024-03-31T10:00:00+02:00"
    mend = '2024-03-30 11:00 li correction corrects=e1 changes={"at": "2024-03-30 09:00"}'
    assert read_line_of_history(mend, berlin)["changes"] == {"at": "2024-03-30T09:00:00+01:00"}


@pytest.mark.parametrize(
    "text",
    [
        "yesterday li visit K1",
        "2024-02-30 10:00 li visit K1",
        "2024-03-01 25:00 li visit K1",
        "2024-03-01 10:00 li",
        "2024-03-01 10:00 li visit K1 level",
        "2024-03-01 10:00 li visit K1 K2",
        "2024-03-01 10:00 li visit K1 level=",
        '2024-03-01 10:00 li visit K1 note="open',
        '2024-03-01 10:00 li visit K1 note="a"b',
        "2024-03-01 10:00 li visit K1 level=A level=B",
        "2024-03-01 10:00 li visit K1 by=wang",
        "{broken",
        "[1]",
    ],
)
def test_a_line_that_is_none_is_refused_with_a_hint_or_a_place(text: str) -> None:
    with pytest.raises(InputRejected):
        read_line_of_history(text, SHANGHAI)


# ---------------------------------------------------------------------------- comparing


def test_only_what_is_given_is_compared() -> None:
    assert outcome('status = "credited"').passed
    assert outcomes(HEAD + CASE + SILENT)[0].passed


@pytest.mark.parametrize(
    ("expect", "expected", "given"),
    [
        ('status = "held"', "held", "credited"),
        ('credit = { li = "100" }', "li = 100", "wang = 100"),
        ('credit = { wang = 60, li = "40" }', "li = 40, wang = 60", "wang = 100"),
        ("credit = {}", "-", "wang = 100"),
        ('decided_by = "6.2"', "6.2", "P2"),
        ('decided_by = ""', "-", "P2"),
        ('referred_to = "panel"', "panel", "-"),
        ('holder = "wang"', "wang", "-"),
        ("provisional = true", "true", "false"),
        ('provisional = "2024-03-06 00:00"', "2024-03-06 00:00", "-"),
        ('warns = ["nothing of the kind"]', "nothing of the kind", "li closed without telling"),
        ("warns = []", "-", "li closed without telling"),
        ('sanctions = [{ staff = "li", measure = "fine" }]', "staff: li, measure: fine", "-"),
        ('rates = [{ party = "li", rate = "80" }]', "party: li, rate: 80", "-"),
        ('by_rule = { status = "credited" }', "status: credited", "-"),
        ('margin = "8 d / 7 d"', "8 d / 7 d", "-"),
        ('evidence = ["e1", "e9"]', "e1, e9", "e1, #7"),
        ('refused = ["e1"]', "e1", "-"),
        ('needs = ["prior_contact"]', "prior_contact", "-"),
        ('supports = ["K3"]', "K3", "-"),
        ("totals = { li = 3 }", "li = 3", "-"),
    ],
)
def test_a_difference_says_what_was_expected_and_what_was_given(
    expect: str, expected: str, given: str
) -> None:
    result = outcome(expect)
    assert not result.passed
    (difference,) = result.differences
    assert difference.key == expect.partition(" ")[0]
    assert difference.expected == expected
    assert difference.given.startswith(given)
    assert "without telling" in str(result.reason)


def test_what_agrees_passes() -> None:
    assert outcome('evidence = ["e1"], refused = [], warns = ["without telling wang"]').passed
    assert outcome('provisional = "2024-03-06 00:00"', as_of='"2024-03-04 00:00"').passed
    assert outcome("credit = { wang = 100.0 }").passed


def test_settings_deal_and_moment() -> None:
    assert outcome('decided_by = "P3"', set="{ level_limit_days = { H = 1 } }").passed
    assert outcome('decided_by = "P2"', deal='"1"').passed
    assert outcome('holder = "", status = "unheld"', deal='"open"').passed
    assert outcome('credit = { wang = "100" }', set='{ filing_valid_days = "null" }').passed
    assert outcome('decided_by = "6.1"', as_of='"2024-03-03 23:00"').passed


def test_how_many_customers_everybody_holds_is_told_by_the_case() -> None:
    text = HEAD + CASE + "caseloads = { wang = 2 }\n" + SILENT
    (case,) = parse_cases(text, policy=RENAULT, file="mine")
    assert case.caseloads == {"wang": 2}
    assert try_case(case, RENAULT).passed


def test_own_words_count_only_where_the_history_is_attested() -> None:
    text = HEAD + CASE.replace("li    visit K1\n", "li    visit K1  named=li witness=sun\n")
    assert [o.passed for o in outcomes(text + SILENT)] == [False]
    assert [o.passed for o in outcomes(text + "unattested = true\n" + SILENT)] == [True]


def test_staff_may_join_and_move_within_a_history() -> None:
    text = HEAD + CASE.replace(
        "# the original's file",
        '2024-02-01 09:00 - staff staff=new name="New One" role=consultant outlet=shop\n'
        "2024-03-01 09:00 new visit K1",
    ).replace("wang  claim", "new  claim")
    assert outcomes(text + 'expect = { credit = { new = "100" } }')[0].passed


# ------------------------------------------------------------------------ faulty files


def at(line_with: str, text: str) -> int:
    """The number of the first line that holds a text."""
    return next(n for n, line in enumerate(text.split("\n"), 1) if line_with in line)


GOOD = HEAD + CASE + SILENT


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('policy = "renault-zibo-2013"', 'policy = "other"', "other"),
        ('shop = "store"', 'shop = "kiosk"', "kiosk|one of"),
        ('wang = "consultant shop"', 'wang = "consultant"', "no member of staff"),
        ('wang = "consultant shop"', 'wang = "boss shop"', "one of"),
        ('id = "P2-1"', 'id = ""', "id is missing"),
        ("cites = ", "cite = ", "unknown key cite"),
        ('title.zh = "未沟通而一次性成交"', "", "title"),
        ("10:00  wang  visit", "10:00  wong  visit", "no staff wong"),
        ("10:00  wang  visit K1", "10:00  wang  vist K1", "unknown kind vist"),
        ("level=H id=e1", "levle=H id=e1", "levle"),
        ("level=H id=e1", "level=H outlet=east", "no outlet east"),
        ("2024-03-03 14:00  li", "2024-03-33 14:00  li", "2024-03-33"),
        (
            "2024-03-03 15:00  li    close K1",
            "2024-03-03 15:00  li    void voids=e7",
            "no entry e7",
        ),
        ("wang  claim K1", "wang  claim K1 id=e1", "e1 stands twice"),
        ('decided_by = "P2"', 'decided = "P2"', "unknown key decided"),
        ('status = "credited"', 'status = "won"', "expect.status"),
        ('credit = { wang = "100" }', 'credit = "wang"', "expect.credit"),
    ],
)
def test_a_fault_is_told_with_file_and_line(old: str, new: str, said: str) -> None:
    text = GOOD.replace(old, new)
    assert text != GOOD
    told = rejected(text)
    assert any(one in told for one in said.split("|")), told
    line = at(new, text) if new else at("title.en", text)
    assert told.startswith(f"mine, line {line}:")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("set = { nonsense = 1 }", "no parameter nonsense"),
        ("set = { week_days = 400 }", "400 is not a value of week_days"),
        ('as_of = "tomorrow"', "tomorrow is no time"),
        ('ask = "K9"', "no customer K9"),
        ("unattested = 1", "unattested"),
        ('caseloads = { li = "many" }', "caseloads"),
        ("colour = 1", "unknown key colour"),
    ],
)
def test_a_fault_in_what_is_asked_is_told_with_its_line(more: str, said: str) -> None:
    text = f"{HEAD}{CASE}{more}\n{SILENT}"
    told = rejected(text)
    assert said in told
    assert told.startswith(f"mine, line {at(more, text)}:")


def test_a_case_must_expect_something_and_have_an_id_of_its_own() -> None:
    assert "expects nothing" in rejected(HEAD + CASE)
    assert "stands twice" in rejected(GOOD + CASE + SILENT)
    assert "there is no case" in rejected(HEAD)
    assert "history is empty" in rejected(
        HEAD + '[[case]]\nid = "1"\ntitle = "x"\ncites = "x"\nhistory = "# nobody"\n' + SILENT
    )


def test_a_broken_file_is_told_with_its_line() -> None:
    assert rejected(HEAD + "[[case\n").startswith(f"mine, line {HEAD.count(chr(10)) + 1}:")
    assert "time zone" in rejected('timezone = "Mars/Base"\n' + GOOD)


def test_an_unknown_deal_is_told_with_the_line_of_its_case() -> None:
    (case,) = parse_cases(f'{HEAD}{CASE}deal = "9"\n{SILENT}', policy=RENAULT, file="mine")
    with pytest.raises(InputRejected, match=r"mine, line \d+: K1 has no deal 9"):
        try_case(case, RENAULT)


def test_a_file_that_is_not_there_is_wrong_usage() -> None:
    with pytest.raises(WrongUsage, match="cannot read the worked cases nowhere"):
        load_cases("renault-zibo-2013", RENAULT, "nowhere")
