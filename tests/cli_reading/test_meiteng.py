"""The media company's scorecard, from entering to the ruling people read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conflictctl.exchange.importing import import_file
from conflictctl.register.store import create_register

from .conftest import Invoke, clock

LONG_AGO = "2015-12-01T09:00:00+08:00"
STAFF = {
    "chen": ("consultant", "d1"),
    "liu": ("consultant", "d1"),
    "he": ("consultant", "d2"),
    "head1": ("department_head", "d1"),
    "head2": ("department_head", "d2"),
    "gm": ("general_manager", None),
}


def line(day: str, kind: str, by: str, **fields: Any) -> dict[str, Any]:
    """An entry of January 2016: `05T09:00`."""
    at = f"2016-01-{day}:00+08:00"
    return {"kind": kind, "by": by, "at": at, "recorded_at": at, "customer": "K1", **fields}


def imported(path: Path, register_path: Path, lines: list[dict[str, Any]]) -> None:
    people: list[dict[str, Any]] = [
        {"kind": "outlet", "outlet": "hq", "name": "成都总部", "type": "store"}
    ]
    for staff, (role, department) in STAFF.items():
        person = {"kind": "staff", "staff": staff, "name": staff, "role": role, "outlet": "hq"}
        people.append(person | ({} if department is None else {"department": department}))
    people.append({"kind": "customer", "customer": "K1", "name": "客户"})
    everything = [{**one, "at": LONG_AGO, "recorded_at": LONG_AGO} for one in people] + lines
    path.write_text("".join(json.dumps(one) + "\n" for one in everything), encoding="utf-8")
    with create_register(
        str(register_path), zone="Asia/Shanghai", policy="meiteng-2015", clock=clock
    ) as register:
        import_file(register, path, clock=clock, attest="gm")


LEVEL = [
    line("05T09:00", "call", "chen", direction="out", id="e1"),
    line("07T14:00", "visit", "liu", id="e2"),
    line("09T14:00", "visit", "chen", id="e3"),
]
AWARD = {"award": [{"party": "liu", "share": "100"}], "instance": "department_head"}


@pytest.fixture
def level(tmp_path: Path, register_path: Path) -> None:
    """chen and liu of one department, with equal totals."""
    imported(tmp_path / "k1.jsonl", register_path, LEVEL)


def ruling(invoke: Invoke, *arguments: str) -> Any:
    return json.loads(invoke("verdict", "K1", *arguments, "--format", "json").stdout)


@pytest.mark.usefixtures("level")
def test_a_tie_says_which_finding_would_settle_it(invoke: Invoke) -> None:
    found = ruling(invoke)
    assert (found["status"], found["referred_to"]) == ("referred", "department_head")
    asked = {(one["question"], one["subject"]): one for one in found["open_questions"]}
    knowledge = asked["knowledge", "chen"]
    assert (knowledge["from"], knowledge["clause"]) == ("department_head", "III.6")
    assert knowledge["turns"] == [
        {
            "value": True,
            "status": "recommended",
            "credit": [{"party": "chen", "kind": "staff", "share": "100"}],
            "holder": None,
            "decided_by": "III",
        }
    ]


@pytest.mark.usefixtures("level")
def test_the_table_tells_people_so_in_both_languages(invoke: Invoke) -> None:
    told = " ".join(invoke("verdict", "K1").stdout.split())
    assert "What people could still find" in told
    assert "III.6: Can he describe the customer" in told
    assert "to be found by: department head" in told
    assert "chen: answered yes, it would be chen, clause III. liu: answered yes" in told
    zh = invoke("verdict", "K1", "--lang", "zh").stdout
    assert "尚可由人认定的事实" in zh
    assert "能否详细描述客户容貌" in "".join(zh.split())
    assert "（由部门经理认定）" in "".join(zh.split())


@pytest.mark.usefixtures("level")
def test_the_account_names_every_open_question(invoke: Invoke) -> None:
    invoke("log-close", "K1", "--as", "liu")
    told = invoke("verdict", "K1", "--explain").stdout
    assert told.count("What people could still find") == 1
    assert "chen, liu: no answer turns the ruling by itself." in told
    assert "What people could still find" not in invoke("verdict", "K1").stdout


@pytest.mark.usefixtures("level")
def test_what_follows_the_latest_contract_is_asked_for_by_open(invoke: Invoke) -> None:
    invoke("log-close", "K1", "--as", "liu")
    assert ruling(invoke)["decided_by"] == "I.2"
    assert ruling(invoke, "--deal", "open")["status"] == "unheld"


@pytest.mark.usefixtures("level")
@pytest.mark.parametrize("answer", ["0", "4", "-4", "true", "much"])
def test_an_assessment_out_of_range_is_refused(invoke: Invoke, answer: str) -> None:
    refused = invoke(
        *("log-finding", "K1", "--question", "accompaniment", "--subject", "chen"),
        *("--answer", answer, "--jointly-with", "head2", "--as", "head1"),
        code=3,
    )
    assert "answer: must be a whole number from -3 to -1 or from 1 to 3" in refused.stderr


@pytest.mark.usefixtures("level")
def test_an_assessment_is_not_corrected_out_of_range(invoke: Invoke) -> None:
    invoke(
        *("log-finding", "K1", "--question", "accompaniment", "--subject", "chen"),
        *("--answer", "3", "--jointly-with", "head2", "--as", "head1"),
    )
    seq = ruling(invoke)["register"]["seq"]
    refused = invoke("correct", f"#{seq}", "--set", "answer=4", "--as", "head1", code=3)
    assert "must be a whole number from -3 to -1 or from 1 to 3" in refused.stderr


@pytest.mark.usefixtures("level")
def test_a_contract_with_partial_shares_is_refused(invoke: Invoke) -> None:
    for signers in (("liu:60", "chen"), ("liu:60", "chen:30")):
        options = [word for one in signers for word in ("--signer", one)]
        refused = invoke("log-close", "K1", *options, "--as", "liu", code=3)
        assert "sum to 100" in refused.stderr


def test_a_late_entry_counts_and_is_marked(
    tmp_path: Path, register_path: Path, invoke: Invoke
) -> None:
    late = {**LEVEL[0], "recorded_at": "2016-01-08T09:00:00+08:00"}
    imported(tmp_path / "k1.jsonl", register_path, [late, *LEVEL[1:]])
    found = ruling(invoke)
    assert found["late"] == ["e1"]
    assert found["scores"]["chen"]["rows"]["III.1"] == 1
    assert "entered late" in invoke("verdict", "K1").stdout


def test_a_departure_without_a_reason_or_an_attempt_is_marked_and_an_appeal_shown(
    tmp_path: Path, register_path: Path, invoke: Invoke
) -> None:
    card = line("10T09:00", "card", "chen", contact="x", title="x", rank=2)
    decided = line("20T09:00", "ruling", "head1", id="r1", **AWARD)
    appeal = line("21T09:00", "appeal", "chen", id="a1", against="r1", to="general_manager")
    imported(tmp_path / "k1.jsonl", register_path, [*LEVEL, card, decided, appeal])
    found = ruling(invoke)
    assert (found["decided_by"], found["credit"][0]["party"]) == ("II.1", "liu")
    assert found["by_rule"]["credit"][0]["party"] == "chen"
    told = " ".join(found["warnings"])
    assert "r1 by head1 departs from the ruling by rule (III)" in told
    assert "a ruling that departs from the rules needs a reason" in told
    assert "no attempt at reconciliation" in told
    assert "a1: chen appealed to general manager" in told
    assert "departing from the rule" in invoke("verdict", "K1").stdout


def test_where_the_rule_named_nobody_a_ruling_departs_from_nothing(
    tmp_path: Path, register_path: Path, invoke: Invoke
) -> None:
    decided = line("20T09:00", "ruling", "head1", id="r1", reason="x", **AWARD)
    imported(tmp_path / "k1.jsonl", register_path, [*LEVEL, decided])
    assert "departs" not in " ".join(ruling(invoke)["warnings"])
    assert "Decided by people. By rule: referred" in invoke("verdict", "K1").stdout
