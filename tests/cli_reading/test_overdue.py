"""The morning list, for people and for cron."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from .conftest import AS_OF, LAST, Invoke


def listed(invoke: Invoke, *arguments: str) -> list[dict[str, Any]]:
    done = invoke("overdue", "--as-of", AS_OF, "--format", "json", *arguments).stdout
    return list(json.loads(done))


def test_people_get_it_by_consultant(invoke: Invoke, month: Path) -> None:
    told = invoke("overdue", "--as-of", AS_OF).stdout
    assert told.index("陈思远 (chen)") < told.index("宋立群 (song)")
    assert "8 days overdue" in told
    assert "may be reassigned" in told


def test_programs_get_every_key(invoke: Invoke, month: Path) -> None:
    rows = listed(invoke)
    assert set(rows[0]) == {
        "type",
        "customer",
        "staff",
        "outlet",
        "level",
        "last_contact",
        "due",
        "days",
        "may_be_reassigned",
        "case",
        "what",
        "task",
        "proposes",
        "register",
    }
    assert rows[0]["register"]["seq"] == LAST
    late = next(row for row in rows if row["customer"] == "C-037")
    assert (late["staff"], late["days"], late["type"]) == ("chen", 8, "followup")


def test_within_looks_ahead(invoke: Invoke, month: Path) -> None:
    def ahead(*options: str) -> list[int]:
        return sorted(
            {
                -row["days"]
                for row in listed(invoke, *options)
                if row["days"] is not None and row["days"] < 0
            }
        )

    assert ahead() == ahead("--within", "1d") == ahead("--within", "24h") == [1]
    assert ahead("--within", "0") == []
    assert max(ahead("--within", "7")) > 1


@pytest.mark.parametrize("text", ["", "x", "-1", "1w", "1.5d", "99999"])
def test_within_what_is_no_time(invoke: Invoke, month: Path, text: str) -> None:
    assert "1d, 24h or 3" in invoke("overdue", "--within", text, code=2).stderr


def test_csv_has_a_row_for_each(invoke: Invoke, month: Path) -> None:
    done = invoke("overdue", "--as-of", AS_OF, "--format", "csv").stdout
    rows = list(csv.DictReader(io.StringIO(done)))
    assert [row["customer"] for row in rows] == [row["customer"] for row in listed(invoke)]


def test_lost_customers_are_left_out(invoke: Invoke, month: Path) -> None:
    assert "C-037" in {row["customer"] for row in listed(invoke)}
    invoke("customer", "lost", "C-037", "--reason", "no_interest", "--as", "chen")
    done = invoke("overdue", "--format", "json").stdout
    assert "C-037" not in {row["customer"] for row in json.loads(done)}


def test_the_exit_code_tells_only_when_asked(invoke: Invoke, month: Path) -> None:
    invoke("overdue", "--as-of", AS_OF)
    invoke("overdue", "--as-of", AS_OF, "--exit-code", code=1)


def test_an_empty_list_says_so_or_keeps_quiet(invoke: Invoke, register_path: Path) -> None:
    invoke("init", "--timezone", "Asia/Shanghai")
    assert "nothing is overdue" in invoke("overdue").stdout
    assert json.loads(invoke("overdue", "--format", "json").stdout) == []
    for form in ("table", "json", "csv"):
        done = invoke("overdue", "--quiet-if-empty", "--exit-code", "--format", form)
        assert (done.stdout, done.stderr) == ("", "")


def test_another_reading_of_the_policy(invoke: Invoke, month: Path) -> None:
    slow = listed(invoke, "--set", "level_limit_days.A=365", "--set", "level_limit_days.H=365")
    assert len(slow) < len(listed(invoke))
