"""What somebody at a terminal of 80 columns is asked, and what is proposed to him."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from .conftest import Invoke, events_of

pexpect = pytest.importorskip("pexpect", reason="needs a Unix terminal")

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@contextmanager
def terminal(
    showroom: Path, *arguments: str, lang: str = "en_US.UTF-8", **env: str
) -> Iterator[Any]:
    """The program on a terminal; it must end by itself and well."""
    child = pexpect.spawn(
        sys.executable,
        ["-m", "conflictctl", *arguments],
        encoding="utf-8",
        timeout=60,
        dimensions=(24, 80),
        env={
            **os.environ,
            "CONFLICTCTL_DB": str(showroom),
            "LANG": lang,
            "TERM": "xterm",
            # pexpect's terminal does not say where its cursor is.
            "PROMPT_TOOLKIT_NO_CPR": "1",
            **env,
        },
    )
    yield child
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def proposed(child: Any, typed: str, expected: str) -> None:
    """Type something, wait for a proposal, take it."""
    child.send(typed)
    child.expect(expected)
    child.send("\t")


def test_a_customer_is_proposed_by_name_and_the_holding_told(showroom: Path) -> None:
    with terminal(showroom, "log-visit", "--level", "A", "--as", "wang") as child:
        child.expect("CUSTOMER: The customer's id")
        proposed(child, "客户K2", "K2")
        child.send("\r")
        child.expect("recorded #")
        child.expect(r"K2 is yours until \d{4}-\d\d-\d\d 24:00: 7 days left")
    (event,) = events_of(showroom)
    assert event.customer == "K2"


def test_a_name_means_its_customer_and_a_part_of_one_is_asked_again(showroom: Path) -> None:
    with terminal(showroom, "log-call", "--as", "wang", lang="zh_CN.UTF-8") as child:
        child.expect("CUSTOMER")
        child.send("客户\r")
        child.expect("可能是其中任何一位")
        child.expect("CUSTOMER")
        child.send("客户K1\r")
        child.expect("direction .in.out")
        child.send("sideways\r")
        child.expect("sideways 不在")
        child.expect("direction .in.out")
        child.send("out\r")
        child.expect("recorded #")
    (event,) = events_of(showroom)
    assert (event.customer, event.fields["direction"]) == ("K1", "out")


def test_nothing_is_asked_where_output_goes_elsewhere(showroom: Path, tmp_path: Path) -> None:
    child = pexpect.spawn(
        "/bin/sh",
        [
            "-c",
            f"{sys.executable} -m conflictctl log-visit --as wang --db {showroom} >{tmp_path}/out",
        ],
        encoding="utf-8",
        timeout=60,
        env={**os.environ, "LANG": "en_US.UTF-8"},
    )
    child.expect("CUSTOMER is missing")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 2


def test_a_script_run_by_hand_says_that_nobody_answers(showroom: Path) -> None:
    child = pexpect.spawn(
        sys.executable,
        ["-m", "conflictctl", "log-visit", "--as", "wang"],
        encoding="utf-8",
        timeout=60,
        env={**os.environ, "CONFLICTCTL_DB": str(showroom), "CONFLICTCTL_NO_INPUT": "1"},
    )
    child.expect("CUSTOMER is missing")
    child.expect(pexpect.EOF)


@pytest.mark.parametrize("yes", [True, False])
def test_undo_asks(showroom: Path, invoke: Invoke, yes: bool) -> None:
    invoke("log-visit", "K1", "--as", "wang")
    with terminal(showroom, "undo", "--as", "wang") as child:
        child.expect("reception")
        child.expect("Take it back.*N")
        child.sendline("y" if yes else "")
        child.expect("recorded #" if yes else "nothing was changed")
    assert len(events_of(showroom, "void")) == yes


def test_a_morning_at_the_desk(showroom: Path) -> None:
    with terminal(showroom, "desk", "--as", "wang", lang="zh_CN.UTF-8") as child:
        child.expect("Ctrl-D 结束")
        child.expect("wang>")
        proposed(child, "来访 客户K", "客户K1")
        child.send(" H 00:00 想要白色\r")
        child.expect("recorded #")
        child.expect("归您，保留至")
        child.expect("wang>")
        child.send("visit K1 nothing")
        child.expect("nothing")
        child.send("\x03")  # the line is dropped, the desk goes on
        child.expect("wang>")
        child.send("来访 王小明 A\r")
        child.expect("是新客户吗")
        child.send("y\r")
        child.expect("电话")
        child.send("13700137000\r")
        child.expect("recorded #")
        child.expect("recorded #")
        child.expect("wang>")
        child.send("visit K1 9点\r")
        child.expect("有两种读法")
        child.expect("wang>")
        child.send("undo wrong\r")
        child.expect("已作废")
        child.expect("wang>")
        child.send("\x04")
    events = events_of(showroom)
    assert [event.kind for event in events] == ["visit", "customer", "visit", "void"]
    _, customer, visit, _ = events
    assert customer.customer == visit.customer
    assert customer.fields["name"] == "王小明"
    assert "王" not in str(customer.customer)


def test_the_desk_says_no_to_an_unknown_customer_in_english(showroom: Path) -> None:
    with terminal(showroom, "desk", "--as", "wang") as child:
        child.expect("wang>")
        child.send("visit K99\r")
        child.expect("Is it a new one.*N")
        child.send("n\r")
        child.expect("error: no customer K99")
        child.expect("wang>")
        child.send("?\r")
        child.expect("A customer is named by id")
        child.expect("wang>")
        child.send("quit\r")
    assert events_of(showroom) == []


def test_the_desk_on_a_dumb_terminal_is_plain(showroom: Path) -> None:
    with terminal(showroom, "desk", "--as", "wang", TERM="dumb") as child:
        child.expect("wang> ")
        child.sendline("visit K1 A")
        child.expect("recorded #")
        child.expect("wang> ")
        said = child.before
        child.sendline("quit")
    assert _ESCAPES.search(said) is None
    assert [e.kind for e in events_of(showroom)] == ["visit"]
