"""`log -`: each line answered in its turn, once it is durable."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from .conftest import Invoke, events_of

RECORDED = re.compile(r"recorded #(\d+) ([0-9A-Z]{4}-){3}[0-9A-Z]{4}\Z")


def lines(*entries: dict[str, Any] | str) -> str:
    return "".join(
        (e if isinstance(e, str) else json.dumps(e, ensure_ascii=False)) + "\n" for e in entries
    )


VISIT = {"kind": "visit", "customer": "K1"}


def test_each_line_is_answered_in_its_order(invoke: Invoke, showroom: Path) -> None:
    result = invoke(
        "log",
        "-",
        "--as",
        "wang",
        code=3,
        stdin=lines(
            VISIT,
            {"kind": "visit", "customer": "K9"},
            "",
            "{broken",
            {"kind": "vist", "customer": "K1"},
            {"kind": "notice", "customer": "K1", "to": "li"},
            {"kind": "call", "customer": "K1", "direction": "in", "at": "2025-03-20T14:30:00"},
            {"kind": "call", "customer": "K1", "direction": "in", "at": "2199-01-01T00:00:00Z"},
            {"kind": "attestation", "file": "f", "digest": "d"},
            {
                "kind": "call",
                "customer": "K1",
                "direction": "in",
                "at": "2025-03-20T14:30:00+08:00",
            },
        ),
    )
    answers = result.stdout.splitlines()
    assert [answer.split(":")[0].split(" ")[:2] for answer in answers] == [
        ["recorded", "#14"],
        ["rejected", "2"],
        ["rejected", "4"],
        ["rejected", "5"],
        ["rejected", "6"],
        ["rejected", "7"],
        ["rejected", "8"],
        ["rejected", "9"],
        ["recorded", "#15"],
    ]
    assert RECORDED.match(answers[0])
    assert "no customer K9" in answers[1]
    assert "vist" in answers[3]
    assert "no power" in answers[4]
    assert "offset" in answers[5]
    assert "future" in answers[6]
    assert result.stderr.startswith("error: 7 of 9 lines were rejected")
    assert [event.kind for event in events_of(showroom)] == ["visit", "call"]


def test_a_line_is_the_actors_and_happens_now(invoke: Invoke, showroom: Path) -> None:
    invoke("log", "-", "--as", "desk", stdin=lines({**VISIT, "by": "wang", "recorded_by": "li"}))
    (event,) = events_of(showroom)
    assert (event.by, event.recorded_by) == ("wang", "desk")
    assert event.at == event.recorded_at == event.appended_at


def test_recorded_at_is_the_machines_clock(invoke: Invoke, showroom: Path) -> None:
    old = "2013-03-01T10:00:00+08:00"
    invoke("log", "-", "--as", "wang", stdin=lines({**VISIT, "at": old, "recorded_at": old}))
    (event,) = events_of(showroom)
    assert event.recorded_at == event.appended_at > event.at


def test_a_line_sent_again_is_acknowledged_and_not_recorded_again(
    invoke: Invoke,
    showroom: Path,
) -> None:
    sent = lines({**VISIT, "id": "v1"}, {**VISIT, "at": "2025-03-20T14:30:00+08:00"})
    first = invoke("log", "-", "--as", "wang", stdin=sent).stdout
    assert invoke("log", "-", "--as", "wang", stdin=sent).stdout == first
    assert len(events_of(showroom)) == 2


def test_the_last_line_may_lack_its_end(invoke: Invoke, showroom: Path) -> None:
    invoke("log", "-", "--as", "wang", stdin=lines(VISIT) + json.dumps(VISIT))
    assert len(events_of(showroom)) == 2


def test_a_byte_order_mark_and_windows_line_ends_are_no_matter(
    invoke: Invoke,
    showroom: Path,
) -> None:
    invoke(
        "log",
        "-",
        "--as",
        "wang",
        stdin=b"\xef\xbb\xbf" + lines(VISIT, VISIT).replace("\n", "\r\n").encode(),
    )
    assert len(events_of(showroom)) == 2


def test_other_bytes_are_rejected_by_line(invoke: Invoke, showroom: Path) -> None:
    result = invoke(
        "log",
        "-",
        "--as",
        "wang",
        code=3,
        stdin='{"kind":"visit","customer":"单"}\n'.encode("gbk") + b"\0\n[1]\n",
    )
    assert [answer[:11] for answer in result.stdout.splitlines()] == [
        "rejected 1:",
        "rejected 2:",
        "rejected 3:",
    ]


def test_nothing_sent_is_nothing_done(invoke: Invoke, showroom: Path) -> None:
    assert invoke("log", "-", "--as", "wang", stdin="").stdout == ""
    assert invoke("log", "-", "--as", "wang", stdin="\n \n").stdout == ""


def test_nobody_and_a_stranger_act_in_vain(invoke: Invoke, showroom: Path) -> None:
    invoke("log", "-", stdin=lines(VISIT), code=4, env={"LOGNAME": "nobody-known"})
    invoke("log", "-", "--as", "wnag", stdin=lines(VISIT), code=4)


def test_a_register_can_be_set_up_by_lines_alone(invoke: Invoke, register_path: Path) -> None:
    result = invoke(
        "log",
        "-",
        "--as",
        "sun",
        stdin=lines(
            {"kind": "outlet", "outlet": "shop", "name": "S", "type": "store"},
            {"kind": "staff", "staff": "sun", "name": "孙", "role": "manager", "outlet": "shop"},
            {"kind": "staff", "staff": "li", "name": "李", "role": "consultant", "outlet": "shop"},
            {"kind": "customer", "customer": "K1", "name": "K"},
            {"kind": "visit", "customer": "K1", "by": "li"},
        ),
    )
    assert "created the register" in result.stderr
    assert register_path.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="reads a pipe with a time limit")
def test_who_waits_for_each_answer_is_not_kept_waiting(showroom: Path) -> None:
    feeder = subprocess.Popen(
        [sys.executable, "-m", "conflictctl", "log", "-", "--as", "wang", "--db", str(showroom)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": ""},
    )
    watchdog = threading.Timer(60, feeder.kill)
    watchdog.start()
    try:
        assert feeder.stdin is not None
        assert feeder.stdout is not None
        for number in range(5):
            feeder.stdin.write(lines(VISIT))
            feeder.stdin.flush()
            assert RECORDED.match(feeder.stdout.readline().rstrip("\n"))
            # What is acknowledged, another process already sees.
            assert len(events_of(showroom)) == number + 1
        feeder.stdin.close()
        assert feeder.wait(60) == 0
    finally:
        watchdog.cancel()
        feeder.kill()


def test_many_lines_at_once(invoke: Invoke, showroom: Path) -> None:
    result = invoke(
        "log",
        "-",
        "--as",
        "wang",
        code=3,
        stdin=lines(
            *({**VISIT, "note": "x" * 500, "id": f"v{number}"} for number in range(2000)), "{"
        ),
    )
    answers = result.stdout.splitlines()
    assert len(answers) == 2001
    assert all(RECORDED.match(answer) for answer in answers[:-1])
    assert len(events_of(showroom)) == 2000


def test_a_file_that_is_no_register_is_left_alone(invoke: Invoke, register_path: Path) -> None:
    register_path.write_bytes(b"not a database\n" * 100)
    invoke("log", "-", "--as", "wang", stdin=lines(VISIT), code=7)
    assert register_path.read_bytes() == b"not a database\n" * 100
