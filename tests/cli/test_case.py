"""`case …`: steps typed as people type them, what they are told, and what is refused."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from .conftest import Invoke, events_of

YEAR = datetime.now(ZoneInfo("Asia/Shanghai")).year
FIRST = f"C-{YEAR}-0001"


def opened(invoke: Invoke, *more: str) -> str:
    """Open a complaint of K1 and return its id."""
    done = invoke(
        "case", "open", "K1", "--channel", "phone", "--demand", "my money back",
        "--as", "desk", "--format", "json", *more,
    )  # fmt: skip
    assert json.loads(done.stdout)["kind"] == "case_opened"
    return FIRST


def shown(invoke: Invoke, case: str = FIRST) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(invoke("case", "show", case, "--format", "json").stdout)
    return found


def step(invoke: Invoke, name: str, *words: str, by: str = "sun", code: int = 0) -> str:
    done = invoke("case", name, FIRST, *words, "--as", by, code=code)
    return done.output


def accepted(invoke: Invoke) -> None:
    opened(invoke)
    step(invoke, "accept", "--handler", "sun")


def test_a_complaint_from_the_call_to_the_lesson(
    invoke: Invoke, showroom: Path, tmp_path: Path
) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("sorry")
    told = invoke(
        "case", "open", "K1", "--channel", "phone", "--demand", "退款", "--facts", "漆面有划痕",
        "--cause", "product_quality", "--severity", "3", "--customer-type", "domineering",
        "--article", "第十一条", "--as", "desk",
    )  # fmt: skip
    assert f"case {FIRST}: open" in told.stdout
    assert "next deadline: " in told.stderr  # which one is the hour of the day's matter
    assert "case accept" in told.stderr
    assert f"case {FIRST}: accepted" in step(invoke, "accept", "--handler", "sun")
    step(invoke, "respond", "--channel", "phone", "--said", "we look into it")
    step(invoke, "contact", "--person", "李伟", "--channel", "visit", "--said", "saw the car")
    step(invoke, "require", "--requirement", "a new door", "--confirmed")
    step(
        invoke, "change", "--change", "in red", "--impact", "a week", "--cost", "300", "--accepted"
    )
    found = step(
        invoke, "find", "--facts", "scratched in transport", "--evidence", "#2",
        "--file", str(letter),
    )  # fmt: skip
    assert "being investigated" in found
    step(invoke, "propose", "--text", "paint it", "--pros", "quick", "--cons", "the colour")
    step(invoke, "propose", "--text", "a new door")
    step(invoke, "reply", "--proposal", "P1", "--party", "customer", "--reply", "refuse")
    assert "being negotiated" in step(invoke, "reply", "--party", "customer", "--reply", "accept")
    resolved = step(invoke, "resolve", "--how", "settled", "--proposal", "P2", "--text", "new door")
    assert "resolved" in resolved
    step(invoke, "task", "--owner", "wang", "--due", "2030-01-31", "--text", "order it")
    assert "being carried out" in step(invoke, "done", "--text", "arrived")
    step(invoke, "survey", "--score", "5", "--comment", "fine")
    step(
        invoke, "lesson", "--root-cause", "no cover", "--improvement", "cover it", "--owner", "wang"
    )
    step(invoke, "close", "--summary", "a new door")
    step(invoke, "learned")
    case = shown(invoke)
    assert case["state"] == "closed"
    assert case["proposals"][1]["replies"] == {"customer": "accept"}
    assert case["tasks"][0]["done"]
    assert case["lessons"][0]["lesson"] == "L1"
    assert case["satisfaction"][0]["score"] == 5
    assert case["steps"][0]["kind"] == "case_accepted"
    files = next(one["files"] for one in case["steps"] if one["kind"] == "case_finding")
    digest = hashlib.sha256(b"sorry").hexdigest()
    assert files == [{"name": "letter.txt", "digest": f"sha256:{digest}"}]
    assert all(one["refused"] is None for one in case["steps"])
    sheet = invoke("case", "show", FIRST).stdout
    for words in ("客户K1", "退款", "paint it", "+ quick", "- the colour", "order it", "5/5", "L1"):
        assert words in sheet
    chinese = invoke("case", "show", FIRST, "--lang", "zh").stdout
    assert "已结案" in chinese
    assert "处理步骤" in chinese


def test_numbers_go_on_and_a_year_begins_anew(invoke: Invoke, showroom: Path) -> None:
    opened(invoke)
    opened(invoke, "--case", f"C-{YEAR}-0041")
    invoke("case", "open", "K1", "--channel", "chat", "--demand", "x", "--as", "desk")
    cases = json.loads(invoke("case", "list", "--format", "json").stdout)
    assert [case["case"] for case in cases] == [
        FIRST,
        f"C-{YEAR}-0041",
        f"C-{YEAR}-0042",
    ]


def test_an_internal_conflict_is_between_parties(invoke: Invoke, showroom: Path) -> None:
    told = invoke(
        "case", "open", "--party", "li", "--party", "wang", "--demand", "the same bay",
        "--as", "zhao",
    )  # fmt: skip
    assert FIRST in told.stdout
    assert shown(invoke)["category"] == "internal"
    alone = invoke("case", "open", "--party", "li", "--demand", "x", "--as", "zhao", code=3)
    assert "two parties" in alone.stderr


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("accept", "--handler", "nobody"), 3, "nobody"),
        (("accept", "--handler", "sun", "--severity", "5"), 3, "1 (slight) to 4 (grave)"),
        (("find", "--facts", "x"), 3, "case accept"),
        (("resolve", "--how", "settled", "--text", "x"), 3, "case accept"),
        (("close",), 3, "case accept"),
        (("done",), 3, "case accept"),
        (("reply", "--party", "customer", "--reply", "accept"), 3, "no proposal yet"),
        (("update", "--said", "x", "--at", "2001-01-01T00:00:00+08:00"), 3, "was opened at"),
        (("survey", "--score", "4"), 3, "does not come now"),
    ],
)
def test_a_wrong_step_is_refused_with_the_next_right_one(
    invoke: Invoke, showroom: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    opened(invoke)
    before = len(events_of(showroom))
    output = step(invoke, *words, code=code)
    assert said in output
    assert "hint: " in output
    assert len(events_of(showroom)) == before


def test_a_party_does_not_accept_its_own_case(invoke: Invoke, showroom: Path) -> None:
    invoke("case", "open", "--party", "sun", "--party", "wang", "--demand", "x", "--as", "zhao")
    assert "is a party" in step(invoke, "accept", "--handler", "sun", by="gm", code=4)
    assert "is a party" in step(invoke, "accept", "--handler", "zhao", by="sun", code=4)


def test_a_case_with_something_owed_is_not_closed(invoke: Invoke, showroom: Path) -> None:
    accepted(invoke)
    step(invoke, "resolve", "--how", "compensated", "--text", "500 back", "--amount", "500")
    step(invoke, "task", "--owner", "sun", "--due", "2030-01-01", "--text", "pay")
    told = step(invoke, "close", code=3)
    assert "open tasks: T1" in told
    assert "case done" in told
    step(invoke, "done", "--task", "T1")
    assert "survey-waived" in step(invoke, "close", code=3)
    step(invoke, "close", "--survey-waived", "moved abroad")
    assert shown(invoke)["survey_ended"] == "moved abroad"


def test_which_of_several_tasks_must_be_said(invoke: Invoke, showroom: Path) -> None:
    accepted(invoke)
    step(invoke, "resolve", "--how", "settled", "--text", "x")
    for text in ("one", "two"):
        step(invoke, "task", "--owner", "customer", "--due", "2030-01-01", "--text", text)
    assert "which of T1, T2?" in step(invoke, "done", code=3)


def test_a_case_goes_up_the_ladder_one_level_at_a_time_unless_said(
    invoke: Invoke, showroom: Path
) -> None:
    accepted(invoke)
    step(invoke, "escalate", "--reason", "no agreement")
    assert shown(invoke)["level"] == "supervisor"
    step(invoke, "escalate", "--to", "general_manager", "--handler", "gm", "--reason", "grave")
    case = shown(invoke)
    assert (case["level"], case["handler"]) == ("general_manager", "gm")
    assert "no level above" in step(
        invoke, "escalate", "--to", "panel", "--reason", "x", by="gm", code=3
    )
    assert "there is no level moon" in step(
        invoke, "escalate", "--to", "moon", "--reason", "x", by="gm", code=3
    )


def test_a_cause_must_be_one_of_the_taxonomy(invoke: Invoke, showroom: Path) -> None:
    done = invoke(
        "case", "open", "K1", "--channel", "phone", "--demand", "x", "--cause", "bad_luck",
        "--as", "desk", code=3,
    )  # fmt: skip
    assert "no cause bad_luck" in done.stderr
    assert "product_quality" in done.stderr


def test_nobody_knows_the_case(invoke: Invoke, showroom: Path) -> None:
    for words in (("show", "C-1"), ("accept", "C-1", "--handler", "sun"), ("show", "A-#3")):
        done = invoke("case", *words, "--as", "sun", code=3)
        assert "no case" in done.stderr


def test_a_case_follows_from_a_claim(invoke: Invoke, showroom: Path) -> None:
    invoke("log-visit", "K1", "--by", "li", "--as", "li")
    invoke("log-order", "K1", "--by", "wang", "--as", "wang")
    invoke("log-claim", "K1", "--by", "li", "--as", "li", "--id", "c1")
    case = shown(invoke, "A-c1")
    assert (case["category"], case["state"], case["cause"]) == (
        "attribution",
        "open",
        "attribution",
    )
    assert set(case["parties"]) == {"li", "wang"}
    listed = json.loads(invoke("case", "list", "--format", "json").stdout)
    assert [one["case"] for one in listed] == ["A-c1"]
    invoke("case", "accept", "A-c1", "--handler", "zhao", "--as", "zhao")
    assert (
        "is a party"
        in invoke("case", "accept", "A-c1", "--handler", "li", "--as", "sun", code=4).stderr
    )
    invoke("case", "propose", "A-c1", "--text", "half and half", "--as", "zhao")
    told = invoke(
        "case", "resolve", "A-c1", "--how", "ruled", "--text", "x", "--as", "zhao", code=3
    )
    assert "conflictctl rule K1" in told.stderr
    invoke(
        "rule", "K1", "--instance", "sales_manager", "--award", "li=100", "--reason", "first",
        "--id", "r1", "--as", "sun",
    )  # fmt: skip
    case = shown(invoke, "A-c1")
    assert (case["state"], case["how"], case["level"]) == ("resolved", "ruled", "sales_manager")
    invoke("appeal", "r1", "--to", "general_manager", "--as", "wang")
    case = shown(invoke, "A-c1")
    assert (case["state"], case["level"]) == ("reopened", "general_manager")
    invoke("claim", "withdraw", "K1", "--as", "li")
    assert shown(invoke, "A-c1")["state"] == "withdrawn"


def test_several_claims_to_one_deal_are_one_case(invoke: Invoke, showroom: Path) -> None:
    invoke("log-order", "K1", "--by", "wang", "--as", "wang")
    invoke("log-claim", "K1", "--by", "li", "--as", "li", "--id", "c1")
    invoke("log-claim", "K1", "--by", "zhao", "--as", "zhao", "--id", "c2")
    assert shown(invoke, "A-c1")["parties"] == ["li", "wang", "zhao"]
    assert shown(invoke, "A-c2")["case"] == "A-c1"


def test_the_morning_list_has_the_deadlines_of_cases(invoke: Invoke, showroom: Path) -> None:
    opened(invoke)
    later = f"{YEAR + 1}-06-01T09:00:00+08:00"
    rows = json.loads(invoke("overdue", "--as-of", later, "--format", "json").stdout)
    found = {row["what"]: row for row in rows if row["type"] == "case"}
    assert {"first_response", "acceptance", "resolution"} <= set(found)
    assert found["resolution"]["case"] == FIRST
    assert found["resolution"]["customer"] == "K1"
    assert found["resolution"]["proposes"] == "supervisor"
    told = invoke("overdue", "--as-of", later).stdout
    assert "first response" in told
    assert "escalate to sales supervisor?" in told


def test_a_step_sent_twice_is_one(invoke: Invoke, showroom: Path) -> None:
    opened(invoke)
    words = ("case", "accept", FIRST, "--handler", "sun", "--as", "sun", "--id", "a1")
    invoke(*words)
    assert "was already there" in invoke(*words).stdout
    step(invoke, "propose", "--text", "x", "--id", "p1")
    assert "was already there" in step(invoke, "propose", "--text", "x", "--id", "p1")


def test_many_lines_are_held_against_the_procedure_too(invoke: Invoke, showroom: Path) -> None:
    opened(invoke)
    lines = [
        {"kind": "case_finding", "case": FIRST, "facts": "too early"},
        {"kind": "case_accepted", "case": FIRST, "handler": "sun"},
        {"kind": "case_finding", "case": FIRST, "facts": "in time"},
    ]
    done = invoke("log", "-", "--as", "sun", stdin="\n".join(map(json.dumps, lines)) + "\n", code=3)
    answers = done.stdout.splitlines()
    assert answers[0].startswith("rejected 1: ")
    assert [answer.split()[0] for answer in answers[1:3]] == ["recorded", "recorded"]


def test_a_step_taken_back_is_gone(invoke: Invoke, showroom: Path) -> None:
    opened(invoke)
    step(invoke, "accept", "--handler", "sun", "--id", "a1")
    invoke("void", "a1", "--reason", "wrong handler", "--as", "sun")
    assert shown(invoke)["state"] == "open"


def test_lists_are_narrowed(invoke: Invoke, showroom: Path) -> None:
    accepted(invoke)
    invoke("case", "open", "K2", "--channel", "chat", "--demand", "x", "--as", "desk")

    def listed(*options: str) -> list[str]:
        found = json.loads(invoke("case", "list", *options, "--format", "json").stdout)
        return [case["customer"] for case in found]

    assert listed() == ["K1", "K2"]
    assert listed("--handler", "sun") == ["K1"]
    assert listed("--state", "open") == ["K2"]
    assert listed("--customer", "K2") == ["K2"]
    assert listed("--category", "internal") == []
    invoke("case", "withdraw", FIRST, "--as", "desk")
    assert listed() == ["K2"]
    assert listed("--all") == ["K1", "K2"]
    assert "is not one of" in invoke("case", "list", "--state", "asleep", code=2).stderr
    table = invoke("case", "list", "--all").stdout
    assert "withdrawn" in table
    rows = invoke("case", "list", "--all", "--format", "csv").stdout.splitlines()
    assert rows[0].startswith("case,category,state")
    assert len(rows) == 3


def test_hostile_words_are_harmless(invoke: Invoke, showroom: Path) -> None:
    words = "[red]=cmd[/] <script>"
    invoke(
        "case", "open", "K1", "--channel", "phone", "--demand", words, "--as", "desk",
    )  # fmt: skip
    assert words in invoke("case", "show", FIRST).stdout
    refused = invoke(
        "case", "open", "K1", "--channel", "phone", "--demand", "\x1b[31m", "--as", "desk", code=3
    )
    assert "control character" in refused.stderr


def test_a_survey_now_and_then(invoke: Invoke, showroom: Path) -> None:
    invoke("log-close", "K1", "--by", "wang", "--as", "wang")
    later = f"{YEAR + 2}-06-01T09:00:00+08:00"
    due = json.loads(invoke("survey", "due", "--as-of", later, "--format", "json").stdout)
    assert [(row["campaign"], row["customer"]) for row in due] == [("annual", "K1")]
    invoke("survey", "record", "K1", "--campaign", "annual", "--score", "4", "--as", "desk")
    assert json.loads(invoke("survey", "due", "--format", "json").stdout) == []
    assert "no campaign moon" in invoke("survey", "due", "--campaign", "moon", code=3).stderr
    assert "score" in invoke("survey", "record", "K1", "--campaign", "annual", "--as", "desk",
                             code=3).stderr  # fmt: skip


def test_a_measure_follows_from_a_case(invoke: Invoke, showroom: Path) -> None:
    accepted(invoke)
    step(invoke, "obstruct", "--party", "wang", "--how", "delay", "--said", "came late")
    invoke(
        "log-sanction", "--staff", "wang", "--measure", "warning", "--reason", "delay",
        "--case", FIRST, "--as", "gm",
    )  # fmt: skip
    kinds = [one["kind"] for one in shown(invoke)["steps"]]
    assert kinds[-2:] == ["case_obstruction", "sanction"]
    assert "no case C-9" in invoke(
        "log-sanction", "--staff", "wang", "--measure", "warning", "--case", "C-9", "--as", "gm",
        code=3,
    ).stderr  # fmt: skip


# ------------------------------------------------------------------- on a real terminal

pexpect = pytest.importorskip("pexpect", reason="needs a Unix terminal")


def test_what_is_missing_is_asked_for_on_a_terminal(showroom: Path) -> None:
    child = pexpect.spawn(
        sys.executable,
        ["-m", "conflictctl", "case", "open", "K1", "--channel", "phone", "--as", "desk"],
        encoding="utf-8",
        timeout=30,
        dimensions=(30, 100),
        env={**os.environ, "CONFLICTCTL_DB": str(showroom), "LANG": "en_US.UTF-8", "TERM": "xterm"},
    )
    child.expect("demand: ")
    child.sendline("")  # asked again
    child.expect("demand: ")
    child.sendline("-50 % 退款")
    child.expect("recorded #")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    (event,) = events_of(showroom, "case_opened")
    assert event.fields["demand"] == "-50 % 退款"


def test_a_choice_is_asked_for_until_it_is_one(showroom: Path, invoke: Invoke) -> None:
    accepted(invoke)
    child = pexpect.spawn(
        sys.executable,
        ["-m", "conflictctl", "case", "resolve", "--as", "sun"],
        encoding="utf-8",
        timeout=30,
        dimensions=(30, 100),
        env={**os.environ, "CONFLICTCTL_DB": str(showroom), "LANG": "en_US.UTF-8", "TERM": "xterm"},
    )
    child.expect("CASE: ")
    child.sendline(FIRST)
    child.expect("how .settled|ruled|mediated")
    child.sendline("somehow")
    child.expect("is not one of")
    child.expect("how ")
    child.sendline("settled")
    child.expect("text: ")
    child.sendline("done")
    child.expect("resolved")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def test_in_a_script_nothing_is_asked(invoke: Invoke, showroom: Path) -> None:
    done = invoke("case", "open", "K1", "--channel", "phone", "--as", "desk", code=2)
    assert "--demand is missing" in done.stderr
