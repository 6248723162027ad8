"""`customer suggest` and `report signals` on a dealership with planted pairs, in every form."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from .conftest import AS_OF, Invoke

HOSTILE = "=cmd|' /C calc'!A0 [red]<script>"


@pytest.fixture
def planted(invoke: Invoke, month: Path, tmp_path: Path) -> Path:
    """The month, with a customer entered twice, a spouse, and a name that means harm."""
    at = "2025-04-02T10:00:00+08:00"

    def card(customer: str, name: str, *phones: str, **more: Any) -> dict[str, Any]:
        line = {"kind": "customer", "customer": customer, "name": name, "phones": list(phones)}
        return {**line, "by": "chen", "at": at, "recorded_at": at, **more}

    lines = [
        card("P1", "欧阳晓峰", "138 6677 8899"),
        card("P2", "欧阳小峰", "+86 138-6677-8899", id="p2", note="爱人诸葛梅花也来看过"),
        card("P3", "诸葛梅花", "13911112233"),
        card("P4", HOSTILE, "13977778888"),
        card("P5$(x)", HOSTILE, "13977778888"),
    ]
    file = tmp_path / "planted.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    invoke("import", str(file), "--attest", "bai")
    return file


def rows(invoke: Invoke, *arguments: str) -> list[dict[str, Any]]:
    done = invoke("customer", "suggest", "--format", "jsonl", *arguments)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_programs_get_pairs_with_reasons_and_the_command(invoke: Invoke, planted: Path) -> None:
    found = {tuple(row["customers"]): row for row in rows(invoke)}
    assert set(found) == {("P1", "P2"), ("P2", "P3"), ("P4", "P5$(x)")}
    twice = found["P1", "P2"]
    assert set(twice) == {"kind", "score", "customers", "names", "reasons", "evidence", "link"}
    assert (twice["kind"], twice["names"]) == ("same", ["欧阳晓峰", "欧阳小峰"])
    assert {reason["code"] for reason in twice["reasons"]} == {"mobile", "sound"}
    assert twice["link"] == "conflictctl customer link P1 P2 --relation same"
    assert found["P2", "P3"]["kind"] == "household"
    assert "p2" in found["P2", "P3"]["evidence"]
    assert json.loads(invoke("customer", "suggest", "--format", "json").stdout) == rows(invoke)


def test_one_customer_by_a_text_that_finds_him(invoke: Invoke, planted: Path) -> None:
    everybody = rows(invoke)
    assert rows(invoke, "诸葛梅花") == [one for one in everybody if "P3" in one["customers"]]
    assert rows(invoke, "P2", "--kind", "household") == rows(invoke, "P3")
    assert rows(invoke, "P2", "--limit", "1") == rows(invoke, "P2")[:1]
    assert rows(invoke, "--min-score", "99") == [one for one in everybody if one["score"] >= 99]


def test_taking_a_suggestion_undoing_it_and_saying_no(invoke: Invoke, planted: Path) -> None:
    (first,) = (one for one in rows(invoke, "P1") if one["kind"] == "same")
    invoke(*shlex.split(first["link"])[1:], "--as", "chen")
    assert rows(invoke, "P1") == []
    invoke("customer", "unlink", "P1", "P2", "--as", "bai")
    assert rows(invoke, "P1") == []
    # Without a link before, it says that two are not the same.
    invoke("customer", "unlink", "P4", "P5$(x)", "--as", "bai")
    assert rows(invoke, "P4") == []
    assert invoke("customer", "suggest", "P4").stderr.startswith("warning: nobody to suggest")


def test_people_read_it_in_both_languages(invoke: Invoke, planted: Path) -> None:
    english = invoke("customer", "suggest", "P1").stdout
    assert re.search(r"^\d+  one person  P1  欧阳晓峰  138 6677 8899$", english, re.M)
    assert "+ the same number 13866778899" in english
    assert "    conflictctl customer link P1 P2 --relation same\n" in english
    chinese = invoke("customer", "suggest", "P1", "--lang", "zh").stdout
    assert "同一人" in chinese
    assert not re.search(r"\b(the|number|person)\b", chinese)


def test_hostile_text_is_harmless_everywhere(invoke: Invoke, planted: Path) -> None:
    table = invoke("customer", "suggest", "P4").stdout
    assert "'P5$(x)'" in table
    done = invoke("customer", "suggest", "P4", "--format", "csv").stdout
    (row,) = csv.DictReader(io.StringIO(done))
    assert row["name"] == f"'{HOSTILE}"


def test_what_is_left_over_is_said(invoke: Invoke, planted: Path) -> None:
    done = invoke("customer", "suggest", "--limit", "1")
    assert "there are more suggestions than these 1" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("P1", "--all"), 2),
        (("--kind", "group"), 2),
        (("--min-score", "high"), 2),
        (("nobody-of-this-name",), 3),
    ],
)
def test_wrong_questions_are_refused(
    invoke: Invoke, planted: Path, arguments: tuple[str, ...], code: int
) -> None:
    assert invoke("customer", "suggest", *arguments, code=code).stderr.count("\n") == 2


# ------------------------------------------------------------------------------- signals


def signals(invoke: Invoke, *arguments: str) -> list[dict[str, Any]]:
    done = invoke("report", "signals", "--as-of", AS_OF, "--format", "json", *arguments)
    found = json.loads(done.stdout)
    assert found["report"] == "signals"
    return list(found["signals"])


def test_the_month_shows_the_two_stories_planted_in_it(invoke: Invoke, month: Path) -> None:
    late, notes = signals(invoke)
    assert (late["code"], late["staff"]) == ("late_file", ["pan", "chen"])
    assert (late["customers"], late["measured"]) == (["C-070", "C-072"], "0 d")
    assert (notes["code"], notes["staff"], notes["measured"]) == ("same_notes", ["tan"], "5")
    assert len(notes["evidence"]) == 5
    assert all(one["innocent"] for one in (late, notes))


def test_only_some_of_them(invoke: Invoke, month: Path) -> None:
    assert [one["code"] for one in signals(invoke, "--staff", "chen")] == ["late_file"]
    assert signals(invoke, "--since", "2025-04") == []
    assert [one["code"] for one in signals(invoke, "--threshold", "notes=6")] == ["late_file"]


def test_signals_as_table_csv_and_page(invoke: Invoke, month: Path, tmp_path: Path) -> None:
    table = invoke("report", "signals", "--as-of", AS_OF, "--lang", "zh").stdout
    assert "线索" in table
    assert "Innocent" not in table
    done = invoke("report", "signals", "--as-of", AS_OF, "--format", "csv").stdout
    assert [row["code"] for row in csv.DictReader(io.StringIO(done))] == ["late_file", "same_notes"]
    page = tmp_path / "signals.html"
    invoke("report", "signals", "--as-of", AS_OF, "--format", "html", "--output", str(page))
    assert "C-072" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--threshold", "file_day=3"), 2),
        (("--threshold", "notes"), 2),
        (("--threshold", "notes=few"), 2),
        (("--staff", "nobody"), 3),
        (("--outlet", "nowhere"), 3),
    ],
)
def test_wrong_questions_about_signals_are_refused(
    invoke: Invoke, month: Path, arguments: tuple[str, ...], code: int
) -> None:
    assert invoke("report", "signals", *arguments, code=code).stderr.count("\n") == 2
