"""Whose name a login may act in: anybody's, or where the register says so its owner's alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conflictctl.cli import session
from conflictctl.register.store import open_register
from tests.cli.conftest import events_of
from tests.invoking import Invoke

REFUSED = "the login lina is that of Li [/] (li), who does not act as Sun [/] (sun)"
VISIT = '{"kind":"visit","customer":"K1","by":"wang"}\n'


@pytest.fixture
def lina(invoke: Invoke, showroom: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`lina` is the login of the consultant li, logins are binding, and lina is at work."""
    monkeypatch.setattr(session, "account_name", lambda: None)
    invoke("staff", "edit", "li", "--login", "lina", "--as", "sun")
    invoke("staff", "act-as", "own_login", "--as", "sun")
    monkeypatch.setenv("LOGNAME", "lina")
    return showroom


def head(path: Path) -> object:
    with open_register(str(path)) as register:
        return register.head()


def test_without_the_rule_as_names_anybody(
    invoke: Invoke, showroom: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert invoke("staff", "act-as").stdout == "anyone\n"
    invoke("staff", "edit", "li", "--login", "lina", "--as", "sun")
    monkeypatch.setenv("LOGNAME", "lina")
    invoke("log-visit", "K1", "--as", "wang")
    assert events_of(showroom)[-1].by == "wang"


def test_a_login_of_somebody_acts_as_nobody_else(invoke: Invoke, lina: Path) -> None:
    invoke("log-visit", "K1")
    invoke("log-visit", "K1", "--as", "li")
    before = head(lina)
    failed = invoke("log-visit", "K1", "--by", "wang", "--as", "sun", code=4).stderr
    assert failed.splitlines() == [
        f"error: {REFUSED}",
        "hint: leave --as out: --by sun enters what others did, where one may; "
        "`conflictctl staff act-as` shows the rule",
    ]
    assert head(lina) == before


def test_it_is_said_in_chinese(invoke: Invoke, lina: Path) -> None:
    failed = invoke("log-visit", "K1", "--as", "sun", "--lang", "zh", code=4).stderr
    assert "登录名 lina 属于 Li [/] (li)，不能以 Sun [/] (sun) 的身份操作" in failed
    assert "conflictctl staff act-as" in failed


@pytest.mark.parametrize(
    "command",
    [
        "customer add K9 --name N",
        "who 13800138000",
        "staff act-as anyone",
        "policy use meiteng-2015",
        "undo --yes",
        "desk",
        "log -",
        "import {file}",
        "redact K1 --yes",
        "audit checkpoint",
        "case open K1 --channel phone --demand d",
        "case policy use {file}",
        "overdue --notify json://localhost:9",
        "nightly",
    ],
)
def test_every_command_that_acts_keeps_to_it(
    invoke: Invoke, lina: Path, tmp_path: Path, command: str
) -> None:
    file = tmp_path / "lines.jsonl"
    file.write_text('{"kind":"lost","customer":"K1","reason":"other","at":"2025-03-01T09:00:00Z"}')
    if command.startswith("case policy"):
        file.write_text(
            invoke("case", "policy", "show", "customer-conflict", "--format", "toml").stdout
        )
    before = head(lina)
    arguments = command.format(file=file).split()
    failed = invoke(*arguments, "--as", "sun", code=4, stdin=VISIT).stderr
    assert f"error: {REFUSED}" in failed
    assert head(lina) == before


def test_the_environment_and_the_config_file_are_held_to_it(
    invoke: Invoke, lina: Path, tmp_path: Path
) -> None:
    assert REFUSED in invoke("log-visit", "K1", code=4, env={"CONFLICTCTL_AS": "sun"}).stderr
    config = tmp_path / "config.toml"
    config.write_text('as = "sun"')
    assert (
        REFUSED in invoke("log-visit", "K1", code=4, env={"CONFLICTCTL_CONFIG": str(config)}).stderr
    )


def test_nobody_answers_for_a_file_under_anothers_login(
    invoke: Invoke, lina: Path, tmp_path: Path
) -> None:
    file = tmp_path / "lines.jsonl"
    file.write_text('{"kind":"lost","customer":"K1","reason":"other","at":"2025-03-01T09:00:00Z"}')
    assert REFUSED in invoke("import", str(file), "--attest", "sun", code=4).stderr
    invoke("import", str(file), "--attest", "sun", env={"LOGNAME": "root"})


def test_a_login_that_nobody_has_is_free(invoke: Invoke, lina: Path) -> None:
    for login in ("root", "cron"):
        invoke("log-visit", "K1", "--by", "wang", "--as", "sun", env={"LOGNAME": login})


def test_a_shared_login_acts_as_each_of_its_people(
    invoke: Invoke, showroom: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "account_name", lambda: None)
    for staff in ("li", "wang"):
        invoke("staff", "edit", staff, "--login", "counter", "--as", "sun")
    invoke("staff", "act-as", "own_login", "--as", "sun")
    counter = {"LOGNAME": "counter"}
    invoke("log-visit", "K1", "--as", "li", env=counter)
    invoke("log-visit", "K1", "--as", "wang", env=counter)
    invoke("log-visit", "K1", "--as", "zhao", env=counter, code=4)


def test_the_account_goes_before_what_the_environment_says(
    invoke: Invoke, lina: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "account_name", lambda: "lina")
    invoke("staff", "edit", "sun", "--login", "sunmin", "--as", "sun", code=4, env={"LOGNAME": "x"})
    assert REFUSED in invoke("log-visit", "K1", "--as", "sun", env={"LOGNAME": "x"}, code=4).stderr
    invoke("log-visit", "K1", "--as", "li", env={"LOGNAME": "x"})


def test_the_environment_lends_no_login(
    invoke: Invoke, lina: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoke("staff", "edit", "sun", "--login", "sunmin", "--as", "sun", env={"LOGNAME": "root"})
    monkeypatch.setattr(session, "account_name", lambda: "lina")
    assert REFUSED in invoke("log-visit", "K1", env={"LOGNAME": "sunmin"}, code=4).stderr


def test_reading_asks_for_nobody_and_status_says_what_holds(invoke: Invoke, lina: Path) -> None:
    invoke("verdict", "K1", "--as", "sun")
    shown = invoke("status", "--as", "sun")
    assert "advice only" in shown.stdout
    assert "under a known login one acts as oneself" in shown.stdout
    assert "the login lina is that of li, who does not act as sun" in shown.stderr
    found = json.loads(invoke("status", "--format", "json").stdout)
    assert (found["act_as"], found["enforced"], found["acting"]) == ("own_login", False, "li")


def test_management_sets_and_lifts_it(invoke: Invoke, lina: Path) -> None:
    root = {"LOGNAME": "root"}
    assert invoke("staff", "act-as").stdout == "own_login\n"
    invoke("staff", "act-as", "anyone", code=4)
    invoke("staff", "act-as", "nobody", "--as", "sun", env=root, code=2)
    invoke("staff", "act-as", "anyone", "--as", "sun", env=root)
    invoke("log-visit", "K1", "--as", "wang")


def test_line_by_line_it_holds_from_the_moment_it_is_set(invoke: Invoke, lina: Path) -> None:
    """What one hands to `log -` under another's name leaves nothing behind."""
    before = head(lina)
    assert not invoke("log", "-", "--as", "sun", code=4, stdin=VISIT * 3).stdout
    assert head(lina) == before
    assert "recorded" in invoke("log", "-", stdin=VISIT.replace("wang", "li")).stdout
