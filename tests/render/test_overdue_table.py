"""The overdue list: grouped for people, row by row for programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest
from rich.cells import cell_len
from rich.console import Console

from conflictctl.deadlines import Due
from conflictctl.render.language import set_language
from conflictctl.render.overdue_table import due_json, overdue_table, write_due_csv

from . import samples

NAMES = {"K1": "刘女士", "K2": "A company with a very long name indeed, of Zibo", "K4": "陈先生"}


def due(
    kind: str, customer: str, staff: str | None, days: int | None, end: str = "", **fields: object
) -> Due:
    moment = samples.moment(end) if end else None
    values: dict[str, object] = {
        "type": kind,
        "customer": customer,
        "staff": staff,
        "outlet": "shop",
        "level": None,
        "last_contact": None,
        "due": moment,
        "due_day": None if moment is None else samples.SHANGHAI.day(moment - 1),
        "days": days,
        "may_be_reassigned": False,
        **fields,
    }
    return Due(**values)  # type: ignore[arg-type]


LAST = samples.moment("2013-03-02 16:00")
DUES = [
    due("followup", "K2", "wang", -5, "2013-03-18 00:00", level="B", last_contact=LAST),
    due(
        "followup",
        "K1",
        "wang",
        3,
        "2013-03-10 00:00",
        level="A",
        last_contact=LAST,
        may_be_reassigned=True,
    ),
    due("no_level", "K3", "wang", None),
    due("claim_window", "K4", "li", 0, "2013-03-13 00:00"),
    due("followup", "K9", "li", 12, "2013-03-06 00:00", level="H"),
    due("filing", "=K5", None, -1, "2013-03-13 17:30", outlet="boshan"),
]


@pytest.fixture(autouse=True)
def _english_afterwards() -> Iterator[None]:
    yield
    set_language("en")


def printed(dues: list[Due], *, width: int = 80, names: dict[str, str] | None = None) -> list[str]:
    out = io.StringIO()
    console = Console(file=out, width=width, color_system=None, force_terminal=True, markup=False)
    count = overdue_table(
        dues,
        names=NAMES if names is None else names,
        people=samples.people(),
        calendar=samples.SHANGHAI,
        console=console,
        as_of=samples.moment("2013-03-12 17:00"),
    )
    assert count == len(dues)
    return out.getvalue().splitlines()


def test_rows_stand_under_their_consultant_the_longest_overdue_first() -> None:
    lines = printed(DUES)
    place = {
        key: next(n for n, line in enumerate(lines) if key in line)
        for key in ("王强 (wang)", "K1 ", "K2 ", "K3", "李娜 (li)", "K9", "K4 ", "博山网点")
    }
    assert place["李娜 (li)"] < place["K9"] < place["K4 "] < place["王强 (wang)"]
    assert place["王强 (wang)"] < place["K1 "] < place["K2 "] < place["K3"]


def test_days_the_due_day_and_may_be_reassigned_are_said() -> None:
    text = "\n".join(printed(DUES, width=120))
    assert "3 days overdue" in text
    assert "2013-03-09" in text  # 24:00 of the due day, not the midnight after it
    assert "may be reassigned" in text
    assert "due today" in text
    assert "in 5 days" in text
    assert "the claim window ends" in text
    assert "2013-03-13 17:30" in text


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("width", [80, 120])
def test_columns_run_down_the_whole_page(lang: str, width: int) -> None:
    set_language(lang)
    lines = printed(DUES, width=width)
    rows = [line for line in lines if any(f" {key}" in line for key in ("K1", "K2", "K3", "K9"))]
    assert len({cell_len(line[: line.index(" K")]) for line in rows}) == 1
    ends = [line for line in lines if "2013-03-0" in line[:60] or "2013-03-17" in line]
    assert len({cell_len(line[: line.index("2013-03-")]) for line in ends}) == 1
    assert all(cell_len(line) <= width for line in lines)


def test_hostile_names_do_nothing() -> None:
    text = "\n".join(printed(DUES, names={"K1": "[/]\x1b[31m\u202e" + "长" * 500}))
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_json_has_the_keys_of_the_contract() -> None:
    row = due_json(DUES[1], calendar=samples.SHANGHAI, head=samples.SampleHead())
    assert row == {
        "type": "followup",
        "customer": "K1",
        "staff": "wang",
        "outlet": "shop",
        "level": "A",
        "last_contact": "2013-03-02T16:00:00+08:00",
        "due": "2013-03-09",
        "days": 3,
        "may_be_reassigned": True,
        "case": None,
        "what": None,
        "task": None,
        "proposes": None,
        "register": {"seq": 812, "head": "sha256:" + "ab" * 32},
    }


def test_csv_keeps_numbers_and_disarms_formulas() -> None:
    out = io.StringIO()
    assert write_due_csv(DUES, out, calendar=samples.SHANGHAI) == len(DUES)
    rows = list(csv.DictReader(io.StringIO(out.getvalue())))
    assert rows[0]["days"] == "-5"
    assert rows[5]["customer"] == "'=K5"
    assert rows[2]["due"] == ""
