"""`customer`, `staff` and `outlet`: what is listed, shown and found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .conftest import Invoke, events_of


def found(invoke: Invoke, text: str) -> list[str]:
    shown = invoke("customer", "find", text, "--format", "json").stdout
    return [hit["customer"] for hit in json.loads(shown)]


@pytest.fixture
def people(invoke: Invoke, showroom: Path) -> None:
    for command in (
        ["A1", "--name", "单丽娜", "--phone", "13911112222"],
        ["A2", "--name", "王小明", "--phone", "+86 139-3333-4444", "--phone", "0533-2345678"],
        ["A3", "--name", "曾强", "--phone", "１３９５５５５６６６６"],
        ["A4", "--name", "Lee Smith", "--phone", "+1 415 555 2671"],
        ["A5", "--name", "[/]=cmd|' /C calc'!A0", "--phone", "13977778888/13999990000"],
    ):
        invoke("customer", "add", *command, "--as", "desk")


@pytest.mark.parametrize(
    ("text", "customer"),
    [
        ("A1", "A1"),
        ("单丽娜", "A1"),
        ("丽娜", "A1"),
        ("shanlina", "A1"),
        ("shan li na", "A1"),
        ("Shàn Lìnà", "A1"),
        ("sln", "A1"),
        ("13911112222", "A1"),
        ("139 1111 2222", "A1"),
        ("139-1111-2222", "A1"),
        ("+8613911112222", "A1"),
        ("0086 139 1111 2222", "A1"),
        ("１３９１１１１２２２２", "A1"),
        ("2222", "A1"),
        ("王晓明", "A2"),
        ("wangxiaoming", "A2"),
        ("wangxm", "A2"),
        ("13933334444", "A2"),
        ("(0533) 2345678", "A2"),
        ("+86 533 2345678", "A2"),
        ("zengqiang", "A3"),
        ("13955556666", "A3"),
        ("lee", "A4"),
        ("SMITH", "A4"),
        ("001 415 555 2671", "A4"),
        ("[/]", "A5"),
        ("13999990000", "A5"),
    ],
)
def test_a_customer_is_found_by(invoke: Invoke, people: None, text: str, customer: str) -> None:
    assert found(invoke, text)[:1] == [customer]


@pytest.mark.parametrize("text", ["14155552671", "zzz", "赵六", "13800138001", "%", "' OR 1=1 --"])
def test_nobody_is_found_by(invoke: Invoke, people: None, text: str) -> None:
    assert found(invoke, text) == []
    result = invoke("customer", "find", text)
    assert result.stdout == ""
    assert "no customer answers" in result.stderr


def test_the_best_stands_first_and_the_rest_is_counted(invoke: Invoke, people: None) -> None:
    assert found(invoke, "13800138000") == ["K1", "K2"]
    assert found(invoke, "A2")[0] == "A2"
    cut = invoke("customer", "find", "客户", "--most", "1")
    assert "more than 1 answer to 客户" in cut.stderr


def test_a_table_shows_names_as_they_are(invoke: Invoke, people: None) -> None:
    shown = invoke("customer", "list").stdout
    assert "[/]=cmd|' /C calc'!A0" in shown
    assert "单丽娜" in shown
    assert len(json.loads(invoke("customer", "list", "--format", "json").stdout)) == 7


def test_a_customer_is_shown_with_links_and_latest_events(
    invoke: Invoke,
    people: None,
    showroom: Path,
) -> None:
    for command in (
        "customer link A1 A2 --relation household --as sun",
        "customer link A1 A3 --relation same --as sun",
        "customer unlink A1 A3 --as sun",
        "log-visit A1 --level H --note \x41\x42 --as wang",
        "customer lost A1 --reason no_interest --as wang",
    ):
        invoke(*command.split())
    shown: dict[str, Any] = json.loads(invoke("customer", "show", "A1", "--format", "json").stdout)
    assert shown["name"] == "单丽娜"
    assert shown["links"] == [{"relation": "household", "customer": "A2"}]
    assert shown["lost"] == "no_interest"
    assert [event["kind"] for event in shown["events"]] == [
        "customer",
        "link",
        "link",
        "unlink",
        "visit",
        "lost",
    ]
    table = invoke("customer", "show", "shanlina", "--events", "2").stdout
    assert "A2 (household)" in table
    assert "no interest" in table
    assert table.count("#") == 2
    invoke("customer", "reopen", "A1", "--as", "wang")
    assert json.loads(invoke("customer", "show", "A1", "--format", "json").stdout)["lost"] is None
    assert len(events_of(showroom)) == 11


def test_a_text_that_means_several_is_not_guessed(invoke: Invoke, people: None) -> None:
    assert "K1, K2" in invoke("customer", "show", "13800138000", code=3).stderr
    invoke("customer", "show", "nobody", code=3)


def test_staff_are_listed_and_shown(invoke: Invoke, showroom: Path) -> None:
    for command in (
        "staff leave li",
        "staff move wang --outlet boshan",
        "staff absent wang --until 2030-01-01 --cover zhao",
    ):
        invoke(*command.split(), "--as", "sun")
    listed = json.loads(invoke("staff", "list", "--format", "json").stdout)
    assert "li" not in [one["staff"] for one in listed]
    everyone = json.loads(invoke("staff", "list", "--all", "--format", "json").stdout)
    assert {one["staff"]: one["employed"] for one in everyone}["li"] is False
    shown = invoke("staff", "show", "wang").stdout
    assert "Zhao [/] stands in" in shown
    assert "博山网点" in shown
    assert (
        json.loads(invoke("staff", "show", "wang", "--format", "json").stdout)["outlet"] == "boshan"
    )
    assert "did you mean wang" in invoke("staff", "show", "wnag", code=3).stderr


def test_outlets_are_listed_and_shown(invoke: Invoke, showroom: Path) -> None:
    listed = json.loads(invoke("outlet", "list", "--format", "json").stdout)
    assert [one["outlet"] for one in listed] == ["boshan", "shop"]
    assert "second-tier" in invoke("outlet", "list").stdout
    assert "Sun [/] (sun)" in invoke("outlet", "show", "shop").stdout
    invoke("outlet", "show", "nowhere", code=3)


def test_reading_needs_no_actor_and_creates_nothing(invoke: Invoke, register_path: Path) -> None:
    for command in (
        "customer list",
        "customer find x",
        "customer show K1",
        "staff list",
        "staff show li",
        "outlet list",
        "outlet show shop",
    ):
        assert "conflictctl init" in invoke(*command.split(), code=7).stderr
    assert not register_path.exists()
