"""`case policy …` and `case advise`: what is shown, what is recorded, who may."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from conflictctl.cases.policy import case_policy_text
from conflictctl.cli.app import app
from conflictctl.cli.case_policy import case_policy_for
from conflictctl.register.store import create_register, open_register
from conflictctl.render.language import set_language


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    yield
    set_language("en")


@pytest.fixture
def shop(register_path: Path) -> Path:
    create_register(
        str(register_path), zone="Asia/Shanghai", clock=lambda: time.time_ns() // 1000
    ).close()
    for words in (
        ("outlet", "add", "shop", "--name", "店", "--type", "store"),
        ("staff", "add", "sun", "--name", "孙", "--role", "manager", "--outlet", "shop"),
        (
            *("staff", "add", "desk", "--name", "台", "--role", "clerk", "--outlet", "shop"),
            *("--as", "sun"),
        ),
    ):
        run(register_path, *words)
    return register_path


def run(register: Path, *words: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, list(words), env={"CONFLICTCTL_DB": str(register)})
    assert result.exit_code == code, (words, result.output)
    return result


def data(register: Path, *words: str, code: int = 0) -> Any:
    return json.loads(run(register, *words, "--format", "json", code=code).stdout)


def used(register: Path) -> dict[str, str]:
    with open_register(str(register)) as opened:
        return {
            category: case_policy_for(opened, category).id
            for category in ("complaint", "internal", "attribution")
        }


def own(tmp_path: Path, preset: str, *edits: tuple[str, str]) -> Path:
    text = case_policy_text(preset)
    for old, new in ((f'id = "{preset}"', 'id = "ours"'), *edits):
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "ours.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_choice_the_presets_are_in_use(shop: Path) -> None:
    assert used(shop) == {
        "complaint": "customer-conflict",
        "internal": "internal-dispute",
        "attribution": "internal-dispute",
    }
    rows = {row["id"]: row["in_use"] for row in data(shop, "case", "policy", "list")}
    assert rows == {
        "customer-conflict": ["complaint"],
        "internal-dispute": ["internal", "attribution"],
    }


def test_a_register_keeps_a_policy_of_the_company_with_its_text(shop: Path, tmp_path: Path) -> None:
    path = own(tmp_path, "internal-dispute", ('"8 wh"', '"6 wh"'))
    done = run(shop, "case", "policy", "use", str(path), "--as", "sun")
    assert done.stdout.count(" setting ") == 2
    path.unlink()
    assert used(shop) == {
        "complaint": "customer-conflict",
        "internal": "ours",
        "attribution": "ours",
    }
    shown = data(shop, "case", "policy", "show", "ours")
    assert shown["deadlines"]["first_response"]["2"] == "6 wh"
    rows = {row["id"]: row["in_use"] for row in data(shop, "case", "policy", "list")}
    assert rows["ours"] == ["internal", "attribution"]
    run(shop, "case", "policy", "use", "internal-dispute", "--as", "sun")
    assert used(shop)["internal"] == used(shop)["attribution"] == "internal-dispute"


def test_choosing_takes_management_and_a_policy_without_faults(shop: Path, tmp_path: Path) -> None:
    run(shop, "case", "policy", "use", "customer-conflict", "--as", "desk", code=4)
    path = own(tmp_path, "customer-conflict", ('"8 wh"', '"8 hours"'))
    run(shop, "case", "policy", "use", str(path), "--as", "sun", code=3)
    run(shop, "case", "policy", "use", "moon", "--as", "sun", code=2)
    assert used(shop)["complaint"] == "customer-conflict"


def test_check_tells_every_fault_and_ends_with_3(shop: Path, tmp_path: Path) -> None:
    path = own(
        tmp_path,
        "customer-conflict",
        ('"8 wh"', '"8 hours"'),
        ('"13:30-18:00"', '"11:30-18:00"'),
        ('id = "panel"', 'id = "handler"'),
    )
    report = data(shop, "case", "policy", "check", str(path), code=3)
    assert report["errors"] == 3
    assert [problem["where"] for problem in report["problems"]] == [
        "calendar.hours 2",
        "deadlines.first_response.other",
        "level 4, id",
    ]
    shown = run(shop, "case", "policy", "check", str(path), code=3).stdout
    assert "faults: 3" in shown
    assert "no faults" in run(shop, "case", "policy", "check", "customer-conflict").stdout


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_policy_is_shown_in_words(shop: Path, language: str) -> None:
    text = run(shop, "case", "policy", "show", "--lang", language).stdout
    for part in ("customer-conflict", "internal-dispute", "09:00-12:00", "arbitration", "annual"):
        assert part in text
    if language == "en":
        assert "2 working hours" in text
    assert ("总经理" in text) == (language == "zh")


def test_the_file_itself_is_shown_to_be_edited(shop: Path) -> None:
    words = ("case", "policy", "show", "customer-conflict", "--format", "toml")
    assert run(shop, *words).stdout == case_policy_text("customer-conflict")
    run(shop, "case", "policy", "show", "--format", "toml", code=2)


def test_advice_at_large_and_for_a_case(shop: Path) -> None:
    rows = data(shop, "case", "advise")
    assert len(rows) == 15
    card = run(shop, "case", "advise", "--type", "domineering").stdout
    assert card.startswith("Domineering customer")
    run(shop, "case", "advise", "--type", "patient", code=2)
    run(shop, "case", "advise", "--cause", "weather", code=2)
    run(
        shop,
        *("customer", "add", "K1", "--name", "王先生", "--type", "ever_changing", "--as", "desk"),
    )
    run(
        shop,
        *("case", "open", "K1", "--case", "C-7", "--channel", "phone", "--demand", "refund"),
        *("--cause", "promise_not_kept", "--as", "desk"),
    )
    found = data(shop, "case", "advise", "C-7")
    assert [card["id"] for card in found] == ["ever_changing", "promise_not_kept"]
    assert found[0]["steps"][0]["command"] == "conflictctl case require C-7 --confirmed"
    run(shop, "case", "advise", "C-8", code=3)
