"""`report overdue` on the dealership's month: the numbers of `overdue`, and nobody's whole name."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from .conftest import AS_OF, SAMPLES, Invoke

ASK = ("report", "overdue", "--as-of", AS_OF)


@pytest.fixture
def with_cases(invoke: Invoke, month: Path) -> Path:
    """The month with its conflict cases."""
    invoke("import", str(SAMPLES / "cases.jsonl"), "--attest", "bai")
    return month


def listed(invoke: Invoke, *arguments: str) -> list[dict[str, Any]]:
    done = invoke("overdue", "--as-of", AS_OF, "--format", "json", *arguments).stdout
    return [{k: v for k, v in row.items() if k != "register"} for row in json.loads(done)]


def board(invoke: Invoke, *arguments: str) -> dict[str, Any]:
    return dict(json.loads(invoke(*ASK, "--format", "json", *arguments).stdout))


def test_the_numbers_are_those_of_the_list(invoke: Invoke, with_cases: Path) -> None:
    for within in ("1d", "5d"):
        rows = listed(invoke, "--within", within)
        found = board(invoke, "--within", within)
        assert sorted(found["rows"], key=str) == sorted(rows, key=str)
        days = [row["days"] for row in rows]
        assert found["total"] == {
            "overdue": sum(day is not None and day > 0 for day in days),
            "today": days.count(0),
            "soon": sum(day is not None and day < 0 for day in days),
            "no_level": days.count(None),
            "worst_days": max(day for day in days if day is not None),
            "may_be_reassigned": sum(row["may_be_reassigned"] for row in rows),
        }
        for name in ("staff", "type"):
            for one in found["by"][name]:
                assert one["overdue"] == sum(
                    row[name] == one[name] and (row["days"] or 0) > 0 for row in rows
                )


def test_of_one_outlet_or_one_consultant(invoke: Invoke, with_cases: Path) -> None:
    rows = listed(invoke)
    song = board(invoke, "--staff", "song")
    assert song["rows"] == [row for row in song["rows"] if row["staff"] == "song"]
    assert len(song["rows"]) == sum(row["staff"] == "song" for row in rows) == 3
    outlet = board(invoke, "--outlet", "liuqiao")
    assert {row["outlet"] for row in outlet["rows"]} == {"liuqiao"}
    assert "no outlet nowhere" in invoke(*ASK, "--outlet", "nowhere", code=3).stderr
    assert "no member of staff" in invoke(*ASK, "--staff", "sogn", code=3).stderr
    assert "no length of time" in invoke(*ASK, "--within", "soon", code=2).stderr


@pytest.mark.parametrize("form", ["table", "html"])
def test_a_page_that_is_forwarded_can_hide_names(
    invoke: Invoke, with_cases: Path, form: str
) -> None:
    whole = invoke(*ASK, "--format", form).stdout
    masked = invoke(*ASK, "--format", form, "--mask").stdout
    assert "阮青松" in whole
    assert "阮**" in masked
    assert "阮青松" not in masked
    assert "masked" in masked
    assert "宋立群" in masked  # colleagues are named


def test_csv_has_a_row_for_each_figure(invoke: Invoke, with_cases: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(invoke(*ASK, "--format", "csv").stdout)))
    found = board(invoke)
    by_type = {r["key"]: int(r["value"]) for r in rows if r["figure"] == "overdue_by_type"}
    assert by_type == {one["type"]: one["overdue"] for one in found["by"]["type"]}
    assert {r["key"]: r["value"] for r in rows if r["figure"] == "overdue_of"}[
        "song/showroom"
    ] == "3"
