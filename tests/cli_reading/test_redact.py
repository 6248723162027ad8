"""`redact`: who may, what is shown, what is left elsewhere."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from conflictctl.cli import asking
from conflictctl.exchange.importing import import_file
from conflictctl.register.store import create_register, open_register

from .conftest import AS_OF, LAST, SAMPLES, Invoke, clock

ORIGINAL = {"credit", "decided_by", "status", "holder", "provisional_until", "referred_to"}


def card(path: Path) -> tuple[str, str]:
    with open_register(str(path)) as register:
        found = register.cards(["C-018"])["C-018"]
        return found.name, found.phones[0]


def rulings(invoke: Invoke) -> list[dict[str, object]]:
    done = invoke("verdict", "--all", "--format", "jsonl", "--as-of", AS_OF)
    return [
        {key: value for key, value in json.loads(line).items() if key in ORIGINAL}
        for line in done.stdout.splitlines()
    ]


def test_it_is_gone_from_the_file_and_said_wherever_it_stood(invoke: Invoke, month: Path) -> None:
    name, phone = card(month)
    before = rulings(invoke)
    assert name.encode() in month.read_bytes()
    done = invoke("redact", "C-018", "--yes", "--reason", "asked for", "--as", "bai")
    assert f"recorded #{LAST + 1} redaction" in done.stdout
    assert "written anew" in done.stdout
    assert "copies made before keep the data" in done.stderr
    said = f"redacted by #{LAST + 1}"
    for command in (
        ["customer", "show", "C-018"],
        ["customer", "list"],
        ["timeline", "C-018", "--as-of", AS_OF],
        ["verdict", "C-018", "--as-of", AS_OF],
        ["verdict", "C-018", "--as-of", AS_OF, "--format", "html"],
        ["timeline", "C-018", "--as-of", AS_OF, "--format", "html"],
        ["export", "-", "--customer", "C-018", "--format", "csv"],
    ):
        shown = invoke(*command).stdout
        assert name not in shown, command
        assert phone not in shown, command
        assert said in shown or f"#{LAST + 1}" in shown, command
    with open_register(str(month)) as register:
        ref = f"{register.origin}#{LAST + 1}"
    exported = invoke("export", "-", "--customer", "C-018").stdout
    assert f'"name":"redacted by {ref}"' in exported
    assert f"由 #{LAST + 1} 删除" in invoke("customer", "show", "C-018", "--lang", "zh").stdout
    for file in month.parent.iterdir():
        if file.is_file():
            assert name.encode() not in file.read_bytes()
            assert phone.encode() not in file.read_bytes()
    assert rulings(invoke) == before
    assert "personal data erased from" in invoke("audit", "verify").stdout


def test_the_same_file_imported_again_brings_nothing_back(invoke: Invoke, month: Path) -> None:
    name, _ = card(month)
    invoke("redact", "C-018", "--yes", "--as", "bai")
    invoke("import", str(SAMPLES / "dealership.jsonl"), "--attest", "bai")
    assert name.encode() not in month.read_bytes()
    with open_register(str(month)) as register:
        assert register.cards(["C-018"])["C-018"].redacted == LAST + 1


def test_an_export_after_it_goes_into_an_empty_register_and_rules_the_same(
    invoke: Invoke, month: Path, tmp_path: Path
) -> None:
    invoke("redact", "C-018", "--yes", "--as", "bai")
    before = rulings(invoke)
    file, other = tmp_path / "all.jsonl", tmp_path / "other.db"
    invoke("export", str(file))
    with create_register(
        str(other), zone="Asia/Shanghai", policy="renault-zibo-2013", clock=clock
    ) as register:
        assert import_file(register, file, clock=clock, attest="bai").rejected == 0
    shutil.move(other, month)
    assert rulings(invoke) == before


def test_a_second_time_nothing_is_left(invoke: Invoke, month: Path) -> None:
    invoke("redact", "C-018", "--yes", "--as", "bai")
    content = month.read_bytes()
    done = invoke("redact", "C-018", "--yes", "--as", "bai")
    assert "nothing is left to erase" in done.stdout
    assert month.read_bytes() == content


def test_for_programs(invoke: Invoke, month: Path) -> None:
    done = json.loads(invoke("redact", "C-018", "--yes", "--as", "bai", "--format", "json").stdout)
    (one,) = done["redactions"]
    assert (one["customer"], one["seq"], done["rewritten"]) == ("C-018", LAST + 1, True)
    assert ["name", "phones"] in [row["fields"] for row in one["erased"]]
    assert done["copies"] == []


@pytest.mark.parametrize("acting", [["--as", "chen"], []])
def test_only_management_erases(invoke: Invoke, month: Path, acting: list[str]) -> None:
    content = month.read_bytes()
    refused = invoke("redact", "C-018", "--yes", *acting, code=4)
    assert card(month)[0] not in refused.stderr
    assert month.read_bytes() == content


def test_a_party_does_not_erase_what_speaks_against_him(invoke: Invoke, month: Path) -> None:
    invoke("reassign", "C-018", "--to", "jiang", "--cause", "other", "--as", "bai")
    content = month.read_bytes()
    refused = invoke("redact", "C-018", "--yes", "--as", "jiang", code=4)
    assert "is a party" in refused.stderr
    assert month.read_bytes() == content


def test_nobody_is_surprised(invoke: Invoke, month: Path) -> None:
    content = month.read_bytes()
    done = invoke("redact", "C-018", "--as", "bai", code=2)
    assert "--yes" in done.stderr
    assert "C-018" in done.stderr
    name, phone = card(month)
    assert (
        "names the customer"
        in invoke(
            "redact", "C-018", "--yes", "--as", "bai", "--reason", f"{phone} asked", code=2
        ).stderr
    )
    assert "no customer" in invoke("redact", name, "--yes", "--as", "bai", code=3).stderr
    assert month.read_bytes() == content


@pytest.mark.parametrize(("answer", "erased"), [("y\n", True), ("n\n", False), ("\n", False)])
def test_on_a_terminal_it_asks(
    invoke: Invoke, month: Path, monkeypatch: pytest.MonkeyPatch, answer: str, erased: bool
) -> None:
    monkeypatch.setattr(asking, "can_ask", lambda: True)
    invoke("redact", "C-018", "--as", "bai", stdin=answer)
    with open_register(str(month)) as register:
        assert (register.head().seq > LAST) is erased


def test_who_is_linked_as_the_same_person_is_told_of_or_erased_as_well(
    invoke: Invoke, month: Path
) -> None:
    invoke("customer", "link", "C-018", "C-019", "--relation", "same", "--as", "bai")
    invoke("customer", "link", "C-018", "C-020", "--relation", "household", "--as", "bai")
    done = invoke("redact", "C-018", "--yes", "--as", "bai")
    assert "C-019 is linked as the same person" in done.stderr
    assert "C-020 is linked with him" in done.stderr
    invoke("redact", "C-018", "--same", "--yes", "--as", "bai")
    with open_register(str(month)) as register:
        cards = register.cards(["C-018", "C-019", "C-020"])
        assert [card.redacted is None for card in cards.values()] == [False, False, True]


def test_a_file_that_could_not_be_written_anew_is_said_and_done_later(
    invoke: Invoke, month: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from conflictctl.register import disk

    with monkeypatch.context() as patch:
        patch.setattr(disk, "free", lambda folder: 10)
        done = invoke("redact", "C-018", "--yes", "--as", "bai", code=6)
    assert f"erased (#{LAST + 1})" in done.stderr
    assert "run the same command again" in done.stderr
    assert "written anew" in invoke("redact", "C-018", "--yes", "--as", "bai").stdout
