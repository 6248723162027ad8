"""`who`: taken, free or disputed; masked, counted, on record."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from conflictctl.adjudication.availability import overall
from conflictctl.cli.session import Session
from conflictctl.events import Event
from tests.policy_frame import HEAD

from .conftest import Invoke, clock, events_of

NUMBER = "138 0013 8000"
DAY = 86_400 * 1_000_000
OPEN_TO_ALL = """
[[rule]]
clause = "1"
stage = "open"
when = "exists(contact)"
then.refer = "panel"
why = { en = "Whose is he?", zh = "归谁?" }
"""


def asked(invoke: Invoke, text: str, *more: str, actor: str = "li") -> dict[str, Any]:
    shown = invoke("who", text, "--as", actor, "--format", "json", *more).stdout
    answer: dict[str, Any] = json.loads(shown)
    return answer


def checks(path: Path) -> list[Event]:
    return events_of(path, "check")


@pytest.fixture
def taken(invoke: Invoke, showroom: Path) -> Path:
    """K1 and K2 have one number; wang received K1."""
    invoke("log-visit", "K1", "--as", "wang", "--level", "A")
    return showroom


def test_one_is_taken_and_another_with_the_same_number_is_free(invoke: Invoke, taken: Path) -> None:
    answer = asked(invoke, NUMBER)
    assert answer["state"] == "taken"
    assert [(one["customer"], one["state"], one["holder"]) for one in answer["answers"]] == [
        ("K1", "taken", "wang"),
        ("K2", "free", None),
    ]
    assert [one["found_by"] for one in answer["answers"]] == ["phone", "phone"]
    shown = invoke("who", NUMBER, "--as", "li").stdout
    assert "taken by Wang [/] (wang)" in shown
    assert "yours" in invoke("who", "K1", "--as", "wang").stdout


@pytest.mark.parametrize(
    "text", ["+86 13800138000", "1380013 8000", "0138000", "客户K1", "k1", "K1"]
)
def test_the_whole_of_a_number_a_name_or_an_id_is_asked_for(
    invoke: Invoke, taken: Path, text: str
) -> None:
    assert asked(invoke, text)["answers"][0]["customer"] == "K1"


def test_a_name_may_be_spelt(invoke: Invoke, showroom: Path) -> None:
    invoke("customer", "add", "A1", "--name", "单丽娜", "--as", "desk")
    assert asked(invoke, "shan lina")["answers"][0]["name"] == "单**"
    for part in ("shanli", "丽娜", "山丽娜"):
        assert asked(invoke, part)["answers"] == []


@pytest.mark.parametrize("text", ["王", "1", "8000", "138001", "wan", "", "客", "%", "K9"])
def test_too_little_is_refused_and_leaves_no_trace(
    invoke: Invoke, showroom: Path, text: str
) -> None:
    assert "too little" in invoke("who", text, "--as", "li", code=3).stderr
    assert checks(showroom) == []


def test_a_name_that_many_bear_is_not_listed(invoke: Invoke, showroom: Path) -> None:
    for number in range(6):
        invoke("customer", "add", f"L{number}", "--name", "刘洋", "--as", "desk")
    assert "more than 5" in invoke("who", "刘洋", "--as", "li", code=3).stderr
    assert checks(showroom) == []


def test_a_customer_over_whom_the_policy_refers_is_disputed(
    invoke: Invoke, taken: Path, tmp_path: Path
) -> None:
    policy = tmp_path / "small.toml"
    policy.write_text(HEAD.format(parameters="") + OPEN_TO_ALL, encoding="utf-8")
    answer = asked(invoke, "K1", "--policy", str(policy))
    assert (answer["state"], answer["answers"][0]["referred_to"]) == ("disputed", "panel")
    assert answer["policy"]["id"] == "small"
    shown = invoke("who", "K1", "--as", "li", "--policy", str(policy)).stdout
    assert "disputed: management panel decides" in shown
    assert [check.fields["result"] for check in checks(taken)] == ["disputed", "disputed"]
    assert overall(["free", "disputed", "taken"]) == "disputed"


# --------------------------------------------------------------------------- on record


def test_a_look_up_is_on_record_with_every_customer_told_of(invoke: Invoke, taken: Path) -> None:
    answer = asked(invoke, NUMBER)
    found = checks(taken)
    assert [check.seq for check in found] == answer["recorded"]
    assert [(one.customer, one.by, one.recorded_by, dict(one.fields)) for one in found] == [
        ("K1", "li", "li", {"query": "138****8000", "result": "taken"}),
        ("K2", "li", "li", {"query": "138****8000", "result": "free"}),
    ]


def test_a_look_up_that_finds_nobody_is_on_record_without_a_customer(
    invoke: Invoke, taken: Path
) -> None:
    answer = asked(invoke, "13912345678")
    assert (answer["state"], answer["answers"]) == ("free", [])
    (check,) = checks(taken)
    assert (check.customer, dict(check.fields)) == (
        None,
        {"query": "139****5678", "result": "free"},
    )
    assert (
        "free: no customer answers to 139****5678"
        in invoke("who", "13912345678", "--as", "li").stdout
    )


def test_nothing_personal_is_shown_or_kept(invoke: Invoke, taken: Path) -> None:
    invoke("customer", "add", "13911112222", "--name", "欧阳锋", "--as", "desk")
    invoke("who", "--daily-limit", "4", "--as", "sun")
    outputs = []
    for text, code in (("13800138000", 0), ("欧阳锋", 0), ("客户K1", 0), ("138001", 3), ("欧", 3)):
        for form in ("table", "json"):
            done = invoke("who", text, "--as", "sun", "--format", form, code=code)
            outputs.append(done.output)
    for _ in range(4):
        invoke("who", "K2", "--as", "li")
    outputs.append(invoke("who", "13800138000", "--as", "li", code=4).output)
    outputs += [str(check.fields) for check in checks(taken)]
    for private in ("13800138000", "138 0013 8000", "客户K1", "欧阳锋", "13911112222"):
        assert not [output for output in outputs if private in output]
    # Whoever asks for an id knows it.
    assert asked(invoke, "13911112222", actor="sun")["answers"][0]["customer"] == "13911112222"


def test_nobody_is_told_anything_who_is_not_known(invoke: Invoke, taken: Path) -> None:
    assert "nobody acts" in invoke("who", NUMBER, code=4).stderr
    assert "no staff member nobody" in invoke("who", NUMBER, "--as", "nobody", code=4).stderr
    invoke("staff", "leave", "li", "--as", "sun")
    assert "has left" in invoke("who", NUMBER, "--as", "li", code=4).stderr
    assert checks(taken) == []
    assert asked(invoke, NUMBER, actor="eye")["state"] == "taken"


def test_a_query_or_a_limit_is_given(invoke: Invoke, showroom: Path) -> None:
    invoke("who", "--as", "li", code=2)
    invoke("who", "K1", "--daily-limit", "3", "--as", "sun", code=2)
    invoke("who", "--daily-limit", "-1", "--as", "sun", code=2)


# ----------------------------------------------------------------------------- the limit


def test_the_look_ups_of_a_day_are_limited_and_management_is_not(
    invoke: Invoke, taken: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asked(invoke, NUMBER)["left_today"] == 29
    invoke("who", "--daily-limit", "2", "--as", "li", code=4)
    invoke("who", "--daily-limit", "2", "--as", "sun")
    assert asked(invoke, "K1")["left_today"] == 0
    refused = invoke("who", "K2", "--as", "li", code=4)
    assert refused.stdout == ""
    assert "made 2 look-ups today, and 2 are allowed" in refused.stderr
    assert asked(invoke, "K1", actor="wang")["left_today"] == 1
    for _ in range(3):
        assert asked(invoke, "K1", actor="sun")["left_today"] is None
    # A voided look-up was made; one that was written down for yesterday was not made today.
    invoke("void", f"#{checks(taken)[0].seq}", "--as", "li", "--reason", "slip")
    invoke("who", "K2", "--as", "li", code=4)
    later = clock() + DAY
    monkeypatch.setattr(Session, "clock", staticmethod(lambda: later))
    assert asked(invoke, "K2")["left_today"] == 1


@pytest.mark.parametrize("value", ["many", -3, True, 2.5, [1]])
def test_a_limit_that_is_no_number_is_not_one(invoke: Invoke, showroom: Path, value: Any) -> None:
    line = {"kind": "setting", "name": "checks_per_day", "value": value}
    invoke("log", "-", "--as", "sun", stdin=json.dumps(line) + "\n", code=0)
    assert asked(invoke, "K1")["left_today"] == 29


def test_processes_at_once_do_not_pass_the_limit(invoke: Invoke, taken: Path) -> None:
    invoke("who", "--daily-limit", "2", "--as", "sun")
    command = [sys.executable, "-m", "conflictctl", "who", "K1", "--as", "li", "--db", str(taken)]
    running = [
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(5)
    ]
    assert sorted(one.wait(timeout=120) for one in running) == [0, 0, 4, 4, 4]
    assert len(checks(taken)) == 2
