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


def credit(invoke: Invoke) -> dict[str, str]:
    found = json.loads(invoke("verdict", "K1", "--format", "json").stdout)
    return {row["party"]: row["share"] for row in found["credit"]}


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
