"""`report cases` and `report disputes` on the dealership's month: every form, both languages."""

from __future__ import annotations

import csv
import io
import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from conflictctl.events import read_line
from conflictctl.register.store import open_register
from conflictctl.render.layout import cells

from .conftest import AS_OF, LAST, SAMPLES, Invoke

MARCH = ("--since", "2025-03", "--until", "2025-03")


@pytest.fixture
def with_cases(invoke: Invoke, month: Path) -> Path:
    """The month with its conflict cases."""
    invoke("import", str(SAMPLES / "cases.jsonl"), "--attest", "bai")
    return month


def figures(invoke: Invoke, *arguments: str) -> dict[str, Any]:
    done = invoke("report", "cases", "--as-of", AS_OF, "--format", "json", *arguments).stdout
    return dict(json.loads(done))


def test_programs_get_every_figure(invoke: Invoke, with_cases: Path) -> None:
    found = figures(invoke)
    assert set(found) == {
        "report",
        "period",
        "filters",
        "policies",
        "cases",
        "resolved",
        "first_response",
        "resolution",
        "first_contact_resolution",
        "escalation",
        "reopening",
        "satisfaction",
        "by",
        "months",
        "repeat_customers",
        "growth",
        "campaigns",
        "open_lessons",
        "obstructions",
        "commendations",
        "as_of",
        "timezone",
        "register",
    }
    assert found["register"]["seq"] > LAST
    assert found["register"]["head"].startswith("sha256:")
    assert found["as_of"] == AS_OF
    # thirty cases were opened by an entry; the others follow from claims
    by_category = {row["key"]: row["cases"] for row in found["by"]["category"]}
    assert by_category["complaint"] + by_category["internal"] == 30
    assert by_category["attribution"] == len(
        [
            c
            for c in json.loads(
                invoke("case", "list", "--all", "--as-of", AS_OF, "--format", "json").stdout
            )
            if c["case"].startswith("A-")
        ]
    )
    assert sum(row["cases"] for row in found["by"]["month"]) == found["cases"]
    assert sum(month["cases"] for month in found["months"]) == found["cases"]


def test_the_cases_are_those_that_the_list_shows(invoke: Invoke, with_cases: Path) -> None:
    listed = json.loads(
        invoke("case", "list", "--all", "--as-of", AS_OF, "--format", "json").stdout
    )
    found = figures(invoke)
    states = {row["key"]: row["cases"] for row in found["by"]["state"]}
    assert states == {
        state: sum(case["state"] == state for case in listed)
        for state in {case["state"] for case in listed}
    }


def test_the_yearly_survey_stands_apart(invoke: Invoke, with_cases: Path) -> None:
    # eight customers asked on 6 March, two not reached and asked again: ten attempts
    (annual,) = figures(invoke)["campaigns"]
    assert (annual["campaign"], annual["asked"]) == ("annual", 10)
    assert figures(invoke, "--since", "2025-04")["campaigns"] == []
    # a survey belongs to no case, hence to no category and to nobody who handles one
    assert figures(invoke, "--category", "complaint")["campaigns"] == []


def test_a_period_counts_its_own_and_compares_with_the_one_before(
    invoke: Invoke, with_cases: Path
) -> None:
    march = figures(invoke, *MARCH)
    assert march["period"] == {"since": "2025-03-01", "until": "2025-03-31"}
    assert march["growth"]["before"] == {"since": "2025-02-01", "until": "2025-02-28"}
    assert [month["month"] for month in march["months"]] == ["2025-03"]
    day = figures(invoke, "--since", "2025-03-10", "--until", "2025-03-10")
    assert day["growth"]["before"] == {"since": "2025-03-09", "until": "2025-03-09"}
    assert 0 < day["cases"] < march["cases"]


def test_only_those_asked_for(invoke: Invoke, with_cases: Path) -> None:
    everything = figures(invoke)
    complaints = figures(invoke, "--category", "complaint")
    assert [row["key"] for row in complaints["by"]["category"]] == ["complaint"]
    handler = next(row for row in complaints["by"]["handler"] if row["key"])
    his = figures(invoke, "--category", "complaint", "--handler", handler["key"])
    assert his["cases"] == handler["cases"]
    outlet = everything["by"]["outlet"][0]
    assert figures(invoke, "--outlet", outlet["key"])["cases"] == outlet["cases"]
    claims = figures(invoke, "--category", "attribution")
    assert claims["cases"] == everything["cases"] - 30


def test_as_of_leaves_out_what_came_later(invoke: Invoke, with_cases: Path) -> None:
    early = json.loads(
        invoke("report", "cases", "--as-of", "2025-03-01T00:00:00+08:00", "--format", "json").stdout
    )
    assert early["cases"] < figures(invoke)["cases"]
    assert {row["key"] for row in early["by"]["month"]} == {"2025-02"}


def test_csv_has_a_row_for_each_figure(invoke: Invoke, with_cases: Path) -> None:
    done = invoke("report", "cases", "--as-of", AS_OF, "--format", "csv").stdout
    rows = list(csv.DictReader(io.StringIO(done)))
    assert list(rows[0]) == ["figure", "key", "value", "unit", "of"]
    found = figures(invoke)
    assert {row["key"]: int(row["value"]) for row in rows if row["figure"] == "cases_by_state"} == {
        row["key"]: row["cases"] for row in found["by"]["state"]
    }
    (in_time,) = (r for r in rows if r["figure"] == "first_response_in_time" and not r["key"])
    share = found["first_response"]["in_time"]
    assert (int(in_time["value"]), int(in_time["of"])) == (share["part"], share["whole"])


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("columns", ["80", "120"])
@pytest.mark.parametrize("what", ["cases", "disputes"])
def test_the_table_fits(
    invoke: Invoke, with_cases: Path, what: str, lang: str, columns: str
) -> None:
    told = invoke("report", what, "--as-of", AS_OF, "--lang", lang, env={"COLUMNS": columns}).stdout
    wide = [line for line in told.splitlines() if cells(line) > int(columns)]
    assert wide == []
    assert ("截至" in told) is (lang == "zh")


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("what", ["cases", "disputes"])
def test_the_page_needs_nothing_else(
    invoke: Invoke, with_cases: Path, what: str, lang: str
) -> None:
    page = invoke("report", what, "--as-of", AS_OF, "--format", "html", "--lang", lang).stdout
    assert page.startswith("<!DOCTYPE html>")
    assert f'<html lang="{"zh-CN" if lang == "zh" else "en"}">' in page
    assert "default-src 'none'" in page
    assert "<script" not in page
    assert "<!--" not in page
    # no address but the name of the language that pictures are written in
    assert set(re.findall(r"https?://[^\"' <]+", page)) == {"http://www.w3.org/2000/svg"}
    assert page.count("<svg") == page.count("<figure>") > 3
    assert page.count("<figure>") == page.count('role="img"') == page.count("<desc>")
    head = json.loads(invoke("status", "--format", "json").stdout)["head"]
    assert head in page


def test_the_same_question_gives_the_same_page(invoke: Invoke, with_cases: Path) -> None:
    ask = ("report", "cases", "--as-of", AS_OF, "--format", "html")
    assert invoke(*ask).stdout == invoke(*ask).stdout


def test_a_file_is_written_and_not_overwritten(
    invoke: Invoke, with_cases: Path, tmp_path: Path
) -> None:
    file = tmp_path / "cases.html"
    ask = ("report", "cases", "--as-of", AS_OF, "--format", "html")
    done = invoke(*ask, "--output", str(file))
    assert done.stdout == ""
    assert str(file) in done.stderr
    assert file.read_text(encoding="utf-8") == invoke(*ask, "--output", "-").stdout
    assert "--force" in invoke(*ask, "--output", str(file), code=3).stderr
    invoke(*ask, "--output", str(file), "--force")
    assert file.stat().st_mode & 0o077 == 0  # of its owner alone


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--since", "March"], 2, "2026-03-05 or 2026-03"),
        (["--since", "2025-13"], 2, "neither a day nor a month"),
        (["--until", "2025-02-30"], 2, "neither a day nor a month"),
        (["--since", "2025-03", "--until", "2025-02"], 2, "is before"),
        (["--outlet", "nowhere"], 3, "no outlet nowhere"),
        (["--output", "x.html"], 2, "--format json, csv or html"),
        (["--format", "xlsx"], 2, "is not one of"),
    ],
)
@pytest.mark.parametrize("what", ["cases", "disputes"])
def test_what_cannot_be_asked(
    invoke: Invoke, with_cases: Path, what: str, arguments: list[str], code: int, told: str
) -> None:
    assert told in invoke("report", what, *arguments, code=code).stderr


def test_nobody_of_that_name_handles_cases(invoke: Invoke, with_cases: Path) -> None:
    assert "no member of staff" in invoke("report", "cases", "--handler", "bia", code=3).stderr
    assert "is not one of" in invoke("report", "cases", "--category", "x", code=2).stderr


def test_an_empty_register_has_empty_figures(invoke: Invoke, register_path: Path) -> None:
    invoke("init", "--timezone", "Asia/Shanghai", "--policy", "renault-zibo-2013")
    assert json.loads(invoke("report", "cases", "--format", "json").stdout)["cases"] == 0
    assert json.loads(invoke("report", "disputes", "--format", "json").stdout)["disputes"] == 0
    for what in ("cases", "disputes"):
        assert invoke("report", what).stdout
        assert "<svg" not in invoke("report", what, "--format", "html").stdout


def hostile(path: Path) -> None:
    """A complaint with names that would act in a page, a terminal or a spreadsheet.

    They get in by files of other registers: what is typed is refused in part.
    """
    at = "2025-03-20T10:00:00+08:00"
    name = "<script>alert(1)</script>\"&'="
    lines: list[dict[str, Any]] = [
        {"kind": "outlet", "outlet": "=cmd|x", "name": name, "type": "store"},
        {"kind": "staff", "staff": "+evil", "name": name, "role": "manager", "outlet": "=cmd|x"},
        {"kind": "customer", "customer": "@SUM(1)", "name": name},
        *(
            {
                "kind": "case_opened",
                "by": "+evil",
                "case": f"=HYPERLINK({number})",
                "category": "complaint",
                "customer": "@SUM(1)",
                "channel": "phone",
                "demand": name,
                "cause": "<img/src=x>",
                "outlet": "=cmd|x",
            }
            for number in range(2)
        ),
        {
            "kind": "case_accepted",
            "by": "+evil",
            "case": "=HYPERLINK(0)",
            "handler": "+evil",
        },
        {
            "kind": "survey",
            "by": "+evil",
            "customer": "@SUM(1)",
            "campaign": "<b>x\u200b",
            "score": 1,
        },
    ]
    with (
        open_register(str(path)) as register,
        register.writing(lambda: time.time_ns() // 1000) as writer,
    ):
        for line in lines:
            draft = read_line({"at": at, "recorded_at": at, **line})
            writer.add(draft, take_recorded_at=True, allow_duplicates=True)


def test_what_would_act_is_shown_harmlessly(invoke: Invoke, month: Path) -> None:
    hostile(month)
    ask = ("report", "cases", "--as-of", AS_OF, "--category", "complaint")
    page = invoke(*ask, "--format", "html").stdout
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page
    assert "&lt;img/src=x&gt;" in page
    for row in csv.reader(io.StringIO(invoke(*ask, "--format", "csv").stdout)):
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row)
    surveyed = ("report", "cases", "--as-of", AS_OF)
    assert "\u200b" not in invoke(*surveyed).stdout
    assert "\u200b" not in invoke(*surveyed, "--format", "html").stdout


# ------------------------------------------------------------------------------- disputes


def test_disputes_of_the_month(invoke: Invoke, month: Path) -> None:
    found = json.loads(invoke("report", "disputes", "--as-of", AS_OF, "--format", "json").stdout)
    assert found["disputes"] == sum(found["outcomes"].values())
    assert found["outcomes"]["person"] == 1
    assert found["outcomes"]["agreement"] == 1
    assert found["outcomes"]["withdrawn"] == 1
    assert [one["by"] for one in found["rulings"]] == ["bai", "jiang"]
    assert found["overturned"] == {"part": 1, "whole": 2, "share": 0.5}
    assert found["stand_ins"] == [{"stand_in": "luo", "holder": "fang", "contacts": 1}]
    assert found["policy"]["id"] == "renault-zibo-2013"
    march = json.loads(
        invoke("report", "disputes", "--as-of", AS_OF, *MARCH, "--format", "json").stdout
    )
    assert {row["key"] for row in march["by"]["month"]} == {"2025-03"}


def test_disputes_under_another_reading(invoke: Invoke, month: Path) -> None:
    ask = ("report", "disputes", "--as-of", AS_OF, "--format", "json")
    one = json.loads(invoke(*ask).stdout)
    other = json.loads(invoke(*ask, "--set", "week_days=30").stdout)
    assert one["policy"]["set"] == {}
    assert other["policy"]["set"] == {"week_days": 30}


def test_disputes_as_csv(invoke: Invoke, month: Path) -> None:
    done = invoke("report", "disputes", "--as-of", AS_OF, "--format", "csv").stdout
    rows = list(csv.DictReader(io.StringIO(done)))
    departures = {r["key"]: (r["value"], r["of"]) for r in rows if r["figure"] == "departures_by"}
    assert departures == {"bai": ("1", "1"), "jiang": ("1", "1")}
