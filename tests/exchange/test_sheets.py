"""Sheets as people keep them: what of them comes in, and what is said of the rest."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import datetime, time
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from conflictctl.calendar import Calendar, parse_time
from conflictctl.errors import InputRejected, WrongUsage
from conflictctl.events import Problem
from conflictctl.exchange.importing import import_file
from conflictctl.exchange.sheet.dates import Rules, read_stamp
from conflictctl.exchange.sheet.phones import read_phones
from conflictctl.register.store import Register, create_register

from .conftest import Take, Taken
from .malformed import jsonl
from .sheets import HEAD, MAPPING, PEOPLE, reception

NOW = parse_time("2026-01-05T09:00:00+08:00")[0]
HOUSE: list[dict[str, Any]] = [
    {"kind": "outlet", "outlet": "shop", "name": "展厅", "type": "store"},
    {"kind": "staff", "staff": "sun", "name": "孙经理", "role": "manager", "outlet": "shop"},
    *(
        {"kind": "staff", "staff": staff, "name": name, "role": "consultant", "outlet": "shop"}
        for staff, name in PEOPLE.items()
    ),
]
SHANGHAI = Calendar("Asia/Shanghai")


@pytest.fixture
def clock() -> Any:
    return lambda: NOW


@pytest.fixture
def house(register: Register, take: Take) -> Register:
    """A register that knows the staff."""
    take(jsonl([{**line, "at": "2025-01-01T09:00:00+08:00"} for line in HOUSE]), attest="sun")
    return register


def sheet(*rows: list[Any], head: list[str] | None = None) -> str:
    block = io.StringIO(newline="")
    csv.writer(block).writerows([head or PLAIN, *rows])
    return block.getvalue()


PLAIN = ["日期", "时间", "姓名", "电话", "销售顾问", "级别", "备注"]
ROW = ["2025-03-04", "14:30", "王女士", "13800138000", "李雷", "A", "看车"]


def changed(**cells: Any) -> list[Any]:
    names = dict(
        zip(("day", "time", "name", "phone", "by", "level", "note"), range(7), strict=True)
    )
    row: list[Any] = list(ROW)
    for name, value in cells.items():
        row[names[name]] = value
    return row


# -------------------------------------------------------------------- the whole mess


def test_five_thousand_lines_with_forty_kinds_of_mess(
    house: Register, take: Take, tmp_path: Path
) -> None:
    made = reception()
    mapping = tmp_path / "zibo.toml"
    mapping.write_text(MAPPING, encoding="utf-8")
    options = {"suffix": ".csv", "attest": "sun", "partial": True, "mapping": str(mapping)}
    before = house.head().seq
    taken = take(made.gbk(), **options)
    assert len(made.good) + len(made.bad) == 5_000
    assert {one.line for one in taken.rejections} == set(made.bad)
    for one in taken.rejections:
        assert made.bad[one.line] in str(one.reason)
    kinds = Counter(event.kind for event in house.events() if event.seq > before)
    contacts = kinds["visit"] + kinds["call"] + kinds["followup"]
    assert contacts == len(made.good)
    assert kinds["customer"] == len(made.good)
    said = " ".join(map(str, taken.report.remarks))
    assert f"{len(made.left_out) - 9} rows are totals" in said
    assert "9 rows repeat the headings" in said
    head = house.head().seq
    again = take(made.gbk(), **options)
    assert (again.report.recorded, again.report.already) == (0, len(made.good))
    assert {one.line for one in again.rejections} == set(made.bad)
    assert house.head().seq == head


def test_rejects_are_mended_and_imported(house: Register, take: Take, tmp_path: Path) -> None:
    rows = [
        ROW,
        changed(day="3/4/2025", phone="13800138001"),
        changed(by="李梅", phone="13800138002"),
    ]
    taken = take(sheet(*rows), suffix=".csv", attest="sun", partial=True)
    assert taken.report.recorded == 2
    path = taken.report.rejects_path
    assert path is not None
    text = path.read_text(encoding="utf-8-sig")
    assert text.splitlines()[0] == ",".join(PLAIN) + ",拒绝原因 / reason"
    path.write_text(
        text.replace("3/4/2025,", "2025/4/3,").replace("李梅,", "李雷,"), encoding="utf-8"
    )
    mended = take(path, attest="sun")
    assert (mended.report.recorded, mended.reasons) == (4, [])
    assert take(path, attest="sun").report.recorded == 0


def test_a_changed_row_is_a_contradiction(house: Register, take: Take) -> None:
    take(sheet(ROW), suffix=".csv", attest="sun")
    reasons = take(sheet(changed(level="B")), suffix=".csv", attest="sun").reasons
    assert len(reasons) == 1
    assert "already with other content: level: A | B" in reasons[0]


def test_a_bad_row_undoes_the_import_and_introduces_nobody(house: Register, take: Take) -> None:
    head = house.head().seq
    future = changed(day="2035-01-01", phone="13800138009")
    assert take(sheet(ROW, future), suffix=".csv", attest="sun").report.undone
    assert house.head().seq == head
    take(sheet(ROW, future), suffix=".csv", attest="sun", partial=True)
    assert [card.phones for card in house.customers()] == [("13800138000",)]


# ------------------------------------------------------------------------- encodings


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"]
)
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_encodings_are_found(house: Register, take: Take, encoding: str, mark: str) -> None:
    data = sheet(ROW).replace(",", mark).encode(encoding)
    assert take(data, suffix=".csv", attest="sun").report.recorded == 2


def test_big5_is_asked_for(house: Register, take: Take) -> None:
    head = ["日期", "時間", "姓名", "電話", "銷售顧問", "級別", "備註"]
    with pytest.raises(InputRejected) as caught:
        take(
            sheet(ROW, head=head)
            .replace("李雷", "李雷")
            .replace("王女士", "王")
            .replace("看车", "")
            .encode("big5"),
            suffix=".csv",
            attest="sun",
        )
    assert "--encoding" in str(caught.value.hint)


def test_a_damaged_byte_costs_its_row_alone(house: Register, take: Take) -> None:
    data = sheet(ROW, changed(phone="13800138001", note="坏")).encode("gb18030")
    broken = data.replace("坏".encode("gb18030"), b"\xff\xff")
    taken = take(broken, suffix=".csv", attest="sun", partial=True)
    assert (taken.report.recorded, len(taken.reasons)) == (2, 1)


def test_a_quote_left_open_costs_its_row_alone(house: Register, take: Take) -> None:
    text = (
        sheet(ROW)
        + '2025-03-05,9:00,"张三,13800138001,李雷,A,\n'
        + ",".join(changed(phone="13800138002"))
    )
    taken = take(text + "\n", suffix=".csv", attest="sun", partial=True)
    assert taken.report.recorded == 4
    assert "quotes" in taken.reasons[0]


# -------------------------------------------------------------------------- headings


def test_a_heading_that_stands_twice_is_refused(house: Register, take: Take) -> None:
    head = [*PLAIN, "电话"]
    with pytest.raises(InputRejected, match="stands twice"):
        take(sheet([*ROW, "13900139000"], head=head), suffix=".csv", attest="sun")


def test_a_mapping_is_named_where_none_fits(house: Register, take: Take, tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text('[fixed]\nkind="visit"\n[columns]\nat="Wann"\nby="Wer"\nname="Wen"\n', "utf-8")
    text = "Wann;Wer;Wen\n2025-03-04 10:00;li;Frau Wang\n"
    with pytest.raises(InputRejected):
        take(text, suffix=".csv", attest="sun")
    assert take(text, suffix=".csv", attest="sun", mapping=str(path)).report.recorded == 2


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[columns", "no TOML"),
        ("[fixed]\nkind='visit'", "columns: is missing"),
        ("[columns]\nat='x'", "fixed.kind"),
        ("[fixed]\nkind='visit'\n[columns]\nfoo='x'", "no field"),
        ("[fixed]\nkind='visit'\n[columns.at]\nheadings=['x']\nfil='y'", "not known"),
        ("extends='own.toml'", "extends itself"),
    ],
)
def test_a_faulty_mapping_says_where(take: Take, tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(InputRejected, match=problem):
        take(sheet(ROW), suffix=".csv", mapping=str(path))
    with pytest.raises(WrongUsage):
        take(sheet(ROW), suffix=".csv", mapping="nonesuch")


# --------------------------------------------------------------------- dates, phones


@pytest.mark.parametrize(
    ("day", "clock", "iso"),
    [
        ("2025-03-04", "14:30", "2025-03-04T14:30"),
        ("2025年3月4日", "下午2点半", "2025-03-04T14:30"),
        ("20250304", "2:30 PM", "2025-03-04T14:30"),
        ("45720", "0.604166667", "2025-03-04T14:30"),
        (45720.604166667, None, "2025-03-04T14:30"),
        (datetime(2025, 3, 4, 14, 29, 59, 999_900), None, "2025-03-04T14:30"),
        (datetime(2025, 3, 4), time(14, 30), "2025-03-04T14:30"),
        (datetime(2025, 3, 4), datetime(1899, 12, 30, 14, 30), "2025-03-04T14:30"),
        ("04-Mar-2025 14:30", None, "2025-03-04T14:30"),
        ("Mar 4, 2025 2:30 pm", None, "2025-03-04T14:30"),
        ("2025-03-04T06:30:00.000+0000", None, "2025-03-04T14:30"),
        ("2025-03-04T06:30:00Z", None, "2025-03-04T14:30"),
        ("13/4/2025", "9:00", "2025-04-13T09:00"),
    ],
)
def test_dates_that_are_read(day: Any, clock: Any, iso: str) -> None:
    stamp = read_stamp(day, clock, Rules(), SHANGHAI)
    assert SHANGHAI.iso(stamp.moment)[:16] == iso


def test_the_system_of_1904() -> None:
    stamp = read_stamp(44258.5, None, Rules(date1904=True), SHANGHAI)
    assert SHANGHAI.iso(stamp.moment)[:16] == "2025-03-04T12:00"


@pytest.mark.parametrize(
    "text",
    ["3/4/2025", "25/3/4", "3月4日", "2025-13-01", "昨天", "7", "99999999", "2025-03-04 25:00"],
)
def test_dates_that_are_refused(text: str) -> None:
    with pytest.raises(Problem):
        read_stamp(text, "9:00", Rules(), SHANGHAI)


def test_the_mapping_says_the_order() -> None:
    for order, iso in (("dmy", "2025-04-03"), ("mdy", "2025-03-04")):
        stamp = read_stamp("3/4/2025", "9:00", Rules(order=order), SHANGHAI)
        assert SHANGHAI.iso(stamp.moment)[:10] == iso


def test_a_time_that_clocks_skip_is_refused() -> None:
    with pytest.raises(Problem, match="clocks"):
        read_stamp("2025-03-30", "02:30", Rules(), Calendar("Europe/Berlin"))


@pytest.mark.parametrize(
    ("cell", "phones"),
    [
        (13800138000.0, ["13800138000"]),
        ("13800138000/13900139000", ["13800138000", "13900139000"]),
        ("13800138000 13900139000", ["13800138000", "13900139000"]),
        ("1380013800013900139000", ["13800138000", "13900139000"]),
        ("138 0013 8000", ["13800138000"]),
        ("0533-2345678 转 801", ["05332345678"]),
        ("+49 30 1234567", ["+49301234567"]),
        ("13800138000或13900139000", ["13800138000", "13900139000"]),
        ("13800138000（本人）", ["13800138000"]),
    ],
)
def test_phones_that_are_read(cell: Any, phones: list[str]) -> None:
    assert read_phones(cell) == phones


# -------------------------------------------------------------------------- workbooks


def book(path: Path, *rows: list[Any], date1904: bool = False, merge: bool = False) -> Path:
    made = xlsxwriter.Workbook(str(path), {"date_1904": date1904})
    page = made.add_worksheet("前台")
    stamp = made.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    page.write_row(2, 1, PLAIN)
    for number, row in enumerate(rows):
        for place, cell in enumerate(row):
            if isinstance(cell, (datetime, time)):
                page.write_datetime(3 + number, 1 + place, cell, stamp)
            elif cell != "":
                page.write(3 + number, 1 + place, cell)
    if merge:
        page.merge_range(3, 5, 4, 5, rows[0][4])
    made.add_worksheet("其他").write(0, 0, "x")
    made.close()
    return path


@pytest.mark.parametrize("date1904", [False, True])
def test_a_workbook(house: Register, take: Take, tmp_path: Path, date1904: bool) -> None:
    rows = [
        changed(day=datetime(2025, 3, 4), time=time(14, 30), phone=13800138000),
        changed(day=45720 - 1462 * date1904, time=0.625, phone=13800138001),
    ]
    taken = take(book(tmp_path / "a.xlsx", *rows, date1904=date1904), attest="sun")
    assert taken.reasons == []
    times = [SHANGHAI.iso(event.at)[:16] for event in house.events() if event.kind == "visit"]
    assert times == ["2025-03-04T14:30", "2025-03-04T15:00"]


def test_blanks_under_merged_cells(house: Register, take: Take, tmp_path: Path) -> None:
    rows = [ROW, changed(by="", phone="13800138001"), changed(by="", phone="13800138002")]
    taken: Taken = take(book(tmp_path / "a.xlsx", *rows, merge=True), attest="sun", partial=True)
    assert taken.report.recorded == 4
    assert [one.line for one in taken.rejections] == [6]


def test_a_workbook_that_is_none(take: Take, tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", ROW)
    for end in (200, 3000):
        broken = tmp_path / f"b{end}.xlsx"
        broken.write_bytes(path.read_bytes()[:end])
        with pytest.raises(InputRejected):
            take(broken)


def test_an_exported_workbook_comes_back(
    house: Register, take: Take, tmp_path: Path, clock: Any
) -> None:
    from conflictctl.exchange.exporting import export

    note = "=1+1 _x0041_ '@x"
    take(
        sheet(changed(note=note), changed(phone="13900139000", note="'=2")),
        suffix=".csv",
        attest="sun",
    )
    path = tmp_path / "all.xlsx"
    with path.open("wb") as out:
        count = export(house, out, format="xlsx")
    with create_register(str(tmp_path / "c.db"), zone="Asia/Shanghai", clock=clock) as copy:
        report = import_file(copy, path, clock=clock, attest="sun")
        assert (report.recorded, report.rejected) == (count, 0)
        notes = [event.get("note") for event in copy.events() if event.kind == "visit"]
        assert notes == [e.get("note") for e in house.events() if e.kind == "visit"]


assert len(HEAD) == 12
