"""What an entry says of somebody else counts once he confirmed it or a file is answered for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conflictctl.register.store import create_register
from tests.invoking import Invoke, invoking
from tests.roles.scene import now

STAFF = {"li": "consultant", "wang": "consultant", "sun": "manager", "he": "department_head"}
STAFF |= {"fu": "department_head", "gm": "general_manager"}


@pytest.fixture
def invoke(register_path: Path) -> Any:
    """A register by Renault's rules: wang filed, ordered and closed K1, li has no part in it."""
    create_register(
        str(register_path), zone="Asia/Shanghai", clock=now, policy="renault-zibo-2013"
    ).close()
    for run in invoking(register_path):
        run("outlet", "add", "shop", "--name", "S", "--type", "store")
        for staff, role in STAFF.items():
            more = ["--as", "sun"] if staff in ("he", "fu", "gm") else []
            run("staff", "add", staff, "--name", staff, "--role", role, "--outlet", "shop", *more)
        run("customer", "add", "K1", "--name", "K", "--as", "wang")
        run("log-visit", "K1", "--as", "wang")
        run("log-order", "K1", "--as", "wang")
        run("log-close", "K1", "--as", "wang")
        yield run


RULING = {
    "instance": "sales_manager",
    "award": [{"party": "li", "share": "100"}],
    "reason": "r",
}
FINDING = {"question": "q", "subject": "wang", "answer": True, "grounds": "g"}


def credit(invoke: Invoke) -> dict[str, str]:
    found = json.loads(invoke("verdict", "K1", "--format", "json").stdout)
    return {row["party"]: row["share"] for row in found["credit"]}


def now_of(invoke: Invoke) -> str:
    """The register's present moment, as a file may give it: nothing is late then."""
    done = invoke("log-check", "--query", "x", "--as", "li", "--format", "json")
    return str(json.loads(done.stdout)["at"])


SPLIT = {"li": "60", "wang": "40"}


def settled(invoke: Invoke) -> str:
    """The agreement entered by a party, who says that sun approved it."""
    shares = ["--share", "li=60", "--share", "wang=40"]
    done = invoke("settle", "K1", *shares, "--approved-by", "sun", "--as", "li")
    return str(done.stdout.split()[1])


def test_an_approval_is_the_approvers_word(invoke: Invoke) -> None:
    entry = settled(invoke)
    assert credit(invoke) == {"wang": "100"}
    for other in ("li", "wang", "gm"):
        invoke("confirm", entry, "--as", other, code=4)
        invoke("confirm", entry, "--by", "sun", "--as", other, code=4)
    assert credit(invoke) == {"wang": "100"}
    invoke("confirm", entry, "--as", "sun")
    assert credit(invoke) == SPLIT


def test_an_approval_is_held_by_a_file_that_somebody_answers_for(
    invoke: Invoke, tmp_path: Path
) -> None:
    line = {
        "kind": "agreement",
        "customer": "K1",
        "by": "li",
        "parties": ["li", "wang"],
        "shares": [{"party": party, "share": share} for party, share in SPLIT.items()],
        "approved_by": "sun",
    }
    for name, more, expected in (
        ("word.jsonl", ["--as", "li"], {"wang": "100"}),
        ("attested.jsonl", ["--attest", "gm"], SPLIT),
    ):
        file = tmp_path / name
        at = json.loads(
            invoke("log-check", "--query", "x", "--as", "li", "--format", "json").stdout
        )
        file.write_text(json.dumps({**line, "at": at["at"], "note": name}))
        invoke("import", str(file), *more)
        assert credit(invoke) == expected


def test_a_joint_decision_is_said_to_be_unconfirmed_until_both_stand_by_it(
    invoke: Invoke,
) -> None:
    def doubts() -> list[str]:
        found = json.loads(invoke("verdict", "K1", "--format", "json").stdout)
        return [warning for warning in found["warnings"] if "fu" in warning.split()]

    given = ["--award", "li=100", "--reason", "r", "--instance", "sales_manager"]
    ruling = invoke("rule", "K1", *given, "--jointly-with", "fu", "--as", "sun").stdout.split()[1]
    assert doubts()
    invoke("confirm", ruling, "--as", "he", code=4)
    assert doubts()
    invoke("confirm", ruling, "--as", "fu")
    assert not doubts()


def test_nobody_rules_or_approves_in_his_own_case(invoke: Invoke) -> None:
    invoke("log-close", "K1", "--signer", "sun:50", "--signer", "wang:50", "--as", "wang")
    own = ["--reason", "r", "--instance", "sales_manager", "--as", "sun"]
    assert "own case" in invoke("rule", "K1", "--award", "li=100", *own, code=4).stderr
    shares = ["--share", "li=60", "--share", "wang=40"]
    failed = invoke("settle", "K1", *shares, "--approved-by", "sun", "--as", "li", code=4)
    assert "own case" in failed.stderr


@pytest.mark.parametrize(
    "line",
    [
        {"kind": "ruling", **RULING, "by": "sun"},
        {"kind": "ruling", **RULING, "by": "sun", "recorded_by": "sun"},
        {"kind": "reassign", "to": "li", "cause": "other", "by": "sun"},
        {"kind": "demand", "to": "li", "by": "sun"},
        {"kind": "finding", **FINDING, "by": "sun"},
        {"kind": "sanction", "staff": "wang", "measure": "warning", "reason": "r", "by": "gm"},
    ],
    ids=lambda line: str(line["kind"]),
)
def test_a_file_decides_nothing_in_the_name_of_others_unless_somebody_answers_for_it(
    invoke: Invoke, tmp_path: Path, register_path: Path, line: dict[str, Any]
) -> None:
    file = tmp_path / "lines.jsonl"
    file.write_text(json.dumps({"customer": "K1", "at": now_of(invoke), **line}))
    before = register_path.read_bytes()
    told = invoke("import", str(file), "--as", "li", code=3).stderr
    assert "--attest STAFF answers for a file" in told
    assert register_path.read_bytes() == before
    assert credit(invoke) == {"wang": "100"}
    # Who may enter it imports it, too; and a manager who is no party answers for any.
    invoke("import", str(file), "--as", line["by"])


def test_a_file_confirms_and_takes_back_nothing_in_the_name_of_others(
    invoke: Invoke, tmp_path: Path
) -> None:
    entry = settled(invoke)
    file = tmp_path / "lines.jsonl"
    about = {"customer": "K1", "at": now_of(invoke), "by": "sun"}
    for line in (
        {"kind": "confirm", "on": entry},
        {"kind": "void", "voids": "#11", "reason": "r"},
        {"kind": "correction", "corrects": "#11", "changes": {"level": "A"}},
    ):
        file.write_text(json.dumps({**line, **about}))
        assert "--attest" in invoke("import", str(file), "--as", "li", code=3).stderr
    assert credit(invoke) == {"wang": "100"}


def test_a_file_that_somebody_answers_for_may_hold_the_rulings_of_others(
    invoke: Invoke, tmp_path: Path
) -> None:
    file = tmp_path / "lines.jsonl"
    ruling = {"kind": "ruling", **RULING, "by": "sun", "customer": "K1"}
    file.write_text(json.dumps({**ruling, "at": now_of(invoke)}))
    invoke("import", str(file), "--as", "gm", code=3)
    invoke("import", str(file), "--attest", "gm")
    assert credit(invoke) == {"li": "100"}


def test_what_its_author_had_no_right_to_stays_in_a_file_without_effect(
    invoke: Invoke, tmp_path: Path
) -> None:
    file = tmp_path / "lines.jsonl"
    ruling = {"kind": "ruling", **RULING, "by": "li", "customer": "K1"}
    file.write_text(json.dumps({**ruling, "at": now_of(invoke)}))
    told = invoke("import", str(file), "--as", "li")
    assert "warning" in told.stdout + told.stderr
    assert credit(invoke) == {"wang": "100"}


@pytest.mark.parametrize("name", ["by", "recorded_by"])
def test_a_file_gives_nobodys_word_for_him(invoke: Invoke, tmp_path: Path, name: str) -> None:
    file = tmp_path / "lines.jsonl"
    agreement = {
        "kind": "agreement",
        "customer": "K1",
        "at": now_of(invoke),
        "by": "li",
        "parties": ["li", "wang"],
        "shares": [{"party": who, "share": share} for who, share in SPLIT.items()],
        "approved_by": "sun",
        name: "sun",
    }
    file.write_text(json.dumps(agreement))
    assert "--attest" in invoke("import", str(file), "--as", "li", code=3).stderr
    assert credit(invoke) == {"wang": "100"}
    invoke("import", str(file), "--as", "sun")
    assert credit(invoke) == SPLIT
    # What is there already is asked nothing.
    assert "already there: 1" in invoke("import", str(file), "--as", "li").stdout


def test_a_party_to_what_a_finding_strikes_brings_no_such_finding(
    invoke: Invoke, tmp_path: Path
) -> None:
    invoke("customer", "add", "K2", "--name", "K", "--as", "li")
    invoke("log-visit", "K2", "--as", "li")
    struck = invoke("log-close", "K2", "--as", "sun").stdout.split()[1]
    file = tmp_path / "lines.jsonl"
    finding = {"kind": "finding", **FINDING, "strikes": [struck], "by": "sun"}
    file.write_text(json.dumps({**finding, "at": now_of(invoke)}))
    assert "party" in invoke("import", str(file), "--as", "sun", code=3).stderr
    invoke("import", str(file), "--attest", "gm")
