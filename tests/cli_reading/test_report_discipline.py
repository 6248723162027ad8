"""`report discipline` on the dealership's month."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

from .conftest import AS_OF, Invoke

ASK = ("report", "discipline", "--as-of", AS_OF)


def figures(invoke: Invoke, *arguments: str) -> dict[str, Any]:
    return dict(json.loads(invoke(*ASK, "--format", "json", *arguments).stdout))


def test_what_is_owed_is_what_the_list_shows(invoke: Invoke, month: Path) -> None:
    rows = json.loads(invoke("overdue", "--as-of", AS_OF, "--format", "json").stdout)
    listed: dict[str, int] = {}
    for row in rows:
        if row["type"] == "followup" and row["days"] > 0:
            listed[row["staff"]] = listed.get(row["staff"], 0) + 1
    found = figures(invoke)
    owed = {row["staff"]: row["still_owed"] for row in found["by"]["staff"] if row["still_owed"]}
    assert owed == listed
    assert found["total"]["still_owed"] == sum(listed.values())


def test_sums_agree(invoke: Invoke, month: Path) -> None:
    found = figures(invoke)
    total = found["total"]
    assert total["due"] == total["in_time"] + total["late"] + total["missed"] > 0
    for rows in (*found["by"].values(), found["weeks"]):
        for name in ("due", "in_time", "late", "missed", "still_owed"):
            assert sum(row[name] for row in rows) == total[name]
    assert found["policy"]["limits"] == {"A": 7, "B": 15, "C": 30, "H": 3}
    # a week at a time, by either spelling of the period
    week = found["weeks"][2]
    alone = figures(invoke, "--from", "2025-03-03", "--to", "2025-03-09")
    assert week["week"] == "2025-03-03"
    assert alone["total"]["due"] == week["due"]
    assert alone["weeks"] == [week]


def test_one_consultant_beside_the_outlet(invoke: Invoke, month: Path) -> None:
    everybody = {row["staff"]: row for row in figures(invoke)["by"]["staff"]}
    found = figures(invoke, "--staff", "fang")
    (fang,) = found["by"]["staff"]
    assert fang == everybody["fang"]
    assert found["total"]["due"] == fang["due"]
    (outlet,) = found["by"]["outlet"]
    assert outlet["due"] == fang["outlet_in_time"]["whole"] > fang["due"]
    assert figures(invoke, "--outlet", "liuqiao")["by"]["outlet"][0]["outlet"] == "liuqiao"


def test_by_one_thing_alone(invoke: Invoke, month: Path) -> None:
    assert list(figures(invoke, "--by", "level")["by"]) == ["level"]
    told = invoke(*ASK, "--by", "level").stdout
    assert "By level" in told
    assert "By consultant" not in told
    assert "is not one of" in invoke(*ASK, "--by", "customer", code=2).stderr
    assert "no member of staff" in invoke(*ASK, "--staff", "fnag", code=3).stderr


def test_a_stricter_reading_makes_more_of_them_late(invoke: Invoke, month: Path) -> None:
    strict = figures(invoke, "--set", "level_limit_days.A=2")
    assert strict["policy"]["limits"]["A"] == 2
    assert strict["total"]["in_time"] < figures(invoke)["total"]["in_time"]
    other = invoke(*ASK, "--policy", "meiteng-2015").stdout
    assert "sets no time" in other


def test_csv_has_the_same_figures(invoke: Invoke, month: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(invoke(*ASK, "--format", "csv").stdout)))
    found = figures(invoke)
    by_level = {r["key"]: (r["value"], r["of"]) for r in rows if r["figure"] == "late_by_level"}
    assert by_level == {
        row["level"]: (str(row["late"]), str(row["due"])) for row in found["by"]["level"]
    }
    (entered,) = [r for r in rows if r["figure"] == "entered_late" and not r["key"]]
    assert int(entered["value"]) == found["total"]["entries"]["late"] > 0
