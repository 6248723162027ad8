"""A morning at the desk from a pipe: each line answered, each answer durable."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from conflictctl.cli import directory
from conflictctl.register.store import open_register

from .conftest import Invoke, clock, events_of

LINES = """visit K1 H 00:00 wants a white one
来访 客户K2 今天 00:00 想要白色

call K1 hello
followup K1 wechat price sent
last
quit
visit K1
"""
ANSWER = re.compile(
    r"recorded #(\d+) \w+ \d{4}-\d\d-\d\d \d\d:\d\d \+08:00 receipt [0-9A-Z-]{19}|rejected \d+: .+"
)


def test_each_line_is_answered_in_its_turn(invoke: Invoke, showroom: Path) -> None:
    done = invoke("desk", "--as", "wang", stdin=LINES, code=3)
    answers = done.stdout.splitlines()
    assert [bool(ANSWER.fullmatch(line)) for line in answers] == [True] * 4 + [False] * 3
    assert answers[2] == "rejected 4: call: did the customer call, or we him?"
    assert "1 of 5 lines were rejected" in done.stderr
    events = events_of(showroom)
    assert [(e.kind, e.customer, e.by) for e in events] == [
        ("visit", "K1", "wang"),
        ("visit", "K2", "wang"),
        ("followup", "K1", "wang"),
    ]
    assert events[0].fields["note"] == "wants a white one"


def test_after_each_entry_it_is_told_what_was_understood_and_until_when(
    invoke: Invoke, showroom: Path
) -> None:
    told = invoke("desk", "--as", "wang", stdin="visit K1 H 00:00 white\n").stderr
    assert "客户K1" in told
    assert "reception, level H" in told
    assert re.search(r"K1 is yours until \d{4}-\d\d-\d\d 24:00: 3 days left", told)
    chinese = invoke("desk", "--as", "wang", "--lang", "zh", stdin="跟进 K1\n").stderr
    assert re.search(r"K1 归您，保留至 \d{4}-\d\d-\d\d 24:00，还有 3 天", chinese)


def test_a_second_contact_is_recorded_and_warned_of(invoke: Invoke, showroom: Path) -> None:
    done = invoke("desk", "--as", "wang", stdin="visit K1 A\nfrob K1\n", code=3)
    assert "rejected 2: frob: there is no such line" in done.stdout
    done = invoke("desk", "--as", "li", stdin="visit K1 A\n")
    assert "recorded #" in done.stdout
    assert "warning: K1 is held by Wang [/] (wang) until" in done.stderr


def test_a_clerk_enters_for_a_consultant(invoke: Invoke, showroom: Path) -> None:
    done = invoke("desk", "--as", "desk", stdin="visit K1 A\nvisit K1 A by wang\n", code=3)
    assert "rejected 1: visit: Desk [/] (desk) is clerk" in done.stdout
    (event,) = events_of(showroom)
    assert (event.by, event.recorded_by) == ("wang", "desk")


def test_a_customer_is_new_only_if_said_so(invoke: Invoke, showroom: Path) -> None:
    lines = 'visit K9\nnew K9 "Li Lei" 13800138000\nvisit K9\nvisit 客户\nvisit "li lei"\n'
    done = invoke("desk", "--as", "wang", stdin=lines, code=3)
    assert "rejected 1: no customer K9" in done.stdout
    assert "rejected 4: 客户 may be any of K1 客户K1, K2 客户K2" in done.stdout
    assert "K1, K2 has that number too" in done.stderr
    assert [(e.kind, e.customer) for e in events_of(showroom)] == [
        ("customer", "K9"),
        ("visit", "K9"),
        ("visit", "K9"),
    ]


def test_undo_takes_back_what_was_entered_in_this_sitting(invoke: Invoke, showroom: Path) -> None:
    invoke("desk", "--as", "wang", stdin="visit K1 A\n")
    done = invoke("desk", "--as", "wang", stdin="undo\nvisit K2 A\nundo wrong one\nundo\n", code=3)
    assert "rejected 1: nothing was entered here" in done.stdout
    assert "rejected 4: nothing was entered here" in done.stdout
    (event,) = events_of(showroom, "void")
    assert event.fields == {"voids": events_of(showroom)[1].seq, "reason": "wrong one"}
    assert "K2 is held by nobody" in done.stderr


def test_find_says_who_holds_whom_it_finds(invoke: Invoke, showroom: Path) -> None:
    lines = "visit K1 A\nfind 客户K1\nfind nobody\nfind\n?\n"
    done = invoke("desk", "--as", "wang", stdin=lines, code=3)
    assert re.search(r"客户K1  K1 is yours until [0-9-]+ 24:00: 7 days left", done.stdout)
    assert "no customer answers to nobody" in done.stdout
    assert "rejected 4: find: what?" in done.stdout
    assert "followup K1 wechat" in done.stdout


def test_stored_text_and_broken_bytes_do_no_harm(invoke: Invoke, showroom: Path) -> None:
    done = invoke("desk", "--as", "wang", stdin=b"visit K1 \xff\xfe\n\xef\xbb\xbfvisit\n", code=3)
    assert "rejected 1: the line is not valid text" in done.stdout
    assert events_of(showroom) == []
    done = invoke("desk", "--as", "wang", stdin="visit K1 \x1b[31mred\n", code=3)
    assert "\x1b" not in done.output


def test_nobody_and_an_absent_register(invoke: Invoke, register_path: Path) -> None:
    assert "there is no register" in invoke("desk", stdin="visit K1\n", code=7).stderr
    assert not register_path.exists()


def test_a_busy_register_is_told_and_the_next_line_goes_on(
    invoke: Invoke, showroom: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conflictctl.register.sqlite.PATIENCE", 0.05)
    with open_register(str(showroom)) as other, other.writing(clock):
        done = invoke("desk", "--as", "wang", stdin="visit K1\n", code=3)
    assert "rejected 1: another process is writing" in done.stdout


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_what_was_acknowledged_survives_a_killed_process(showroom: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "conflictctl", "desk", "--as", "wang", "--db", str(showroom)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
    )
    assert child.stdin is not None
    assert child.stdout is not None
    acknowledged = []
    for number in range(5):
        child.stdin.write(f"followup K1 note {number}\n")
        child.stdin.flush()
        acknowledged.append(int(child.stdout.readline().split("#")[1].split()[0]))
    child.stdin.write("followup K1 note 5\n")
    child.stdin.flush()
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdin.close()
    child.stdout.close()
    kept = events_of(showroom, "followup")
    assert [event.seq for event in kept][:5] == acknowledged
    assert [event.fields["note"] for event in kept][:5] == [f"note {n}" for n in range(5)]


def test_of_very_many_customers_ids_are_proposed_all_the_same(
    showroom: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory, "_MOST_KEPT", 1)
    with open_register(str(showroom)) as register:
        proposed = directory.Directory(register).customers_like("K")
        assert {one.value for one in proposed} == {"K1", "K2"}
        assert {one.name for one in proposed} == {"客户K1", "客户K2"}
