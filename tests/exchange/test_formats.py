"""What a line, a cell and a file in some encoding mean."""

from __future__ import annotations

import codecs
from typing import Any

import pytest

from conflictctl.errors import InputRejected, WrongUsage
from conflictctl.events import Problem
from conflictctl.exchange.csvfile import read_cell, write_cell
from conflictctl.exchange.jsonl import DEPTH_LIMIT, parse
from conflictctl.exchange.source import LINE_LIMIT
from conflictctl.register.store import Register

from .conftest import Take
from .malformed import LINES, csv_bytes, csv_rows, jsonl

FILE = jsonl(LINES)

# ------------------------------------------------------------------------------ lines


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ('{"kind":"visit"}', {"kind": "visit"}),
        ('{"kind" : "visit"}\r', {"kind": "visit"}),
        ('{"note":"say \\"a\\": b"}', {"note": 'say "a": b'}),
        ('{"fields":{"kind":1},"kind":"filing"}', {"fields": {"kind": 1}, "kind": "filing"}),
        ('{"note":"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["}', {"note": "[" * 34}),
    ],
)
def test_a_line_is_one_object(line: str, value: dict[str, Any]) -> None:
    assert parse(line.encode()) == value


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"a":1,"a":2}', "the key a stands twice"),
        (b'{"a":1,"\\u0061":2}', "the key a stands twice"),
        (b'{"a" :1,"a":2}', "the key a stands twice"),
        (b'{"a":1, "b":"\\":", "a"\t:2}', "the key a stands twice"),
        (b'{"f":{"x":1,"x":2}}', "the key x stands twice"),
        (b'{"a":NaN}', "the line is broken JSON (at column 6)"),
        (b'{"a":1', "the line is broken JSON (at column 7)"),
        (b"[1]", "the line is no JSON object"),
        (b"[", "one JSON object a line is expected, not a list"),
        (b'{"a":"\xd5\xc5"}', "byte 7 of the line is not UTF-8"),
        (b'{"a":"\0"}', "the line holds a NUL byte"),
        (b'{"a":"\\ud800"}', "the line is broken JSON (at column 7)"),
        (
            b'{"a":' + b"[" * (DEPTH_LIMIT + 1) + b"]" * (DEPTH_LIMIT + 1) + b"}",
            "the line is nested too deeply",
        ),
        (b'{"a":"' + b"x" * LINE_LIMIT + b'"}', f"the line is longer than {LINE_LIMIT} bytes"),
    ],
)
def test_what_is_no_line_says_why(line: bytes, reason: str) -> None:
    with pytest.raises(InputRejected) as caught:
        parse(line)
    assert str(caught.value) == reason


# ------------------------------------------------------------------------------ cells


@pytest.mark.parametrize(
    ("column", "cell", "value"),
    [
        ("asked", "true", True),
        ("asked", "YES", True),
        ("asked", "1", True),
        ("asked", "是", True),
        ("reached", "false", False),
        ("final", "no", False),
        ("asked", "0", False),
        ("asked", "否", False),
        ("asked", "maybe", "maybe"),
        ("customers", "K1; K2", ["K1", "K2"]),
        ("customers", '["K1","K2"]', ["K1", "K2"]),
        ("phones", "13900000001；13900000002", ["13900000001", "13900000002"]),
        ("phones", "'+86 139 0000 0001", ["+86 139 0000 0001"]),
        ("strikes", "#4", ["#4"]),
        (
            "shares",
            "li=60;wang=40",
            [{"party": "li", "share": "60"}, {"party": "wang", "share": "40"}],
        ),
        ("award", '[{"party":"li","share":"100"}]', [{"party": "li", "share": "100"}]),
        ("signers", "li", [{"staff": "li", "share": None}]),
        ("changes", '{"level":"B"}', {"level": "B"}),
        ("rank", "3", 3),
        ("rank", "x", "x"),
        ("by", " li ", "li"),
        ("note", " as it is ", " as it is "),
        ("note", "'=1+1", "=1+1"),
        ("note", "'tis", "'tis"),
        ("note", "'", ""),
        ("attested_by", "none", None),
        ("amount", "120000.50", "120000.50"),
    ],
)
def test_a_cell_means_a_value(column: str, cell: str, value: Any) -> None:
    assert read_cell(column, "visit", cell) == value


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("是", True),
        ("false", False),
        ("1", 1),
        ("-7", -7),
        ('"1"', "1"),
        ("lift", "lift"),
    ],
)
def test_the_answer_of_a_finding_is_a_flag_a_number_or_text(cell: str, value: Any) -> None:
    assert read_cell("answer", "finding", cell) == value


def test_the_answer_of_a_visit_is_a_person() -> None:
    assert read_cell("answer", "visit", "1") == "1"


def test_a_phone_that_a_spreadsheet_rounded_is_refused() -> None:
    with pytest.raises(Problem, match="rounded the number"):
        read_cell("phones", "customer", "1.39E+10")


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+86 139",
        "-5",
        "@x",
        "\tx",
        "\rx",
        "'",
        "'=1",
        "''",
        "",
        "'x",
        "plain",
        '"quoted"',
        "[1]",
        "{}",
        "true",
        "12",
        " ",
        "a;b",
        "none",
    ],
)
@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("note", "visit"),
        ("grounds", "finding"),
        ("answer", "finding"),
        ("value", "setting"),
    ],
)
def test_what_is_written_is_read_back_and_no_formula(column: str, kind: str, text: str) -> None:
    cell = write_cell(column, kind, text)
    assert read_cell(column, kind, cell) == text
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("phones", []),
        ("phones", ["a;b"]),
        ("phones", ["[x", "y"]),
        ("phones", ["=1", "2"]),
        ("strikes", ["x#4", "e1"]),
        ("changes", {"note": "=1"}),
        ("fields", {}),
        ("rank", -3),
        ("departments", ["售后;部", "sales"]),
        ("articles", ["第五条"]),
        ("people", ["=x", "王;先生"]),
        ("evidence", ["x#4", "v1"]),
        ("files", [{"name": "a;b.pdf", "digest": "sha256:" + "0" * 64}]),
        ("severity", 4),
        ("score", 5),
        ("confirmed", True),
        ("accepted", False),
        ("shares", [{"party": "a;b", "share": "100"}]),
        ("signers", [{"staff": "li"}]),
        ("shares", [{"party": "=x", "share": "33.34"}, {"party": "y", "share": "66.66"}]),
    ],
)
def test_lists_and_objects_are_read_back(column: str, value: Any) -> None:
    back = read_cell(column, "visit", write_cell(column, "visit", value))
    if column == "signers":
        back = [{name: part for name, part in row.items() if part is not None} for row in back]
    assert back == value


# ------------------------------------------------------------------------- CSV files


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_a_table_gives_the_events_that_lines_give(
    register: Register, take: Take, delimiter: str
) -> None:
    rows = csv_rows()
    if delimiter == ";":
        rows = [[cell.replace(";", "；") for cell in row] for row in rows]
    text = csv_bytes(rows).decode()
    if delimiter != ",":
        import csv
        import io

        out = io.StringIO(newline="")
        csv.writer(out, delimiter=delimiter).writerows(rows)
        text = out.getvalue()
    take(text, suffix=".csv", attest="sun")
    again = take(FILE, attest="sun").report
    assert (again.recorded, again.already) == (0, len(LINES))


def test_an_unknown_column_is_named_and_guessed(take: Take) -> None:
    with pytest.raises(InputRejected) as caught:
        take("kind,at,custmer\n", suffix=".csv")
    assert "custmer" in str(caught.value)
    assert str(caught.value.hint) == "did you mean customer?"


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("", "the file is empty"),
        ("kind,by", "the header has no column at"),
        ("kind,at,at", "the header names the column at twice"),
        ("kind,at\x00", "unknown column"),
    ],
)
def test_a_header_must_do(take: Take, header: str, reason: str) -> None:
    with pytest.raises(InputRejected, match=reason):
        take(header, suffix=".csv")


HEAD = "kind,id,at,by,customer,note\n"
ROW = "visit,{id},2013-03-05T10:00:00+08:00,li,K1,{note}\n"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ('visit,v2,2013-03-05T10:00:00+08:00,li,K1,"never closed\n', "2: the quotes of the line"),
        ('visit,v2,2013-03-05T10:00:00+08:00,li,K1,"a"b\n', "2: the quotes of the line"),
        ("visit,v2,2013-03-05T10:00:00+08:00,li,K1,note,more\n", "2: the row has 7 cells under 6"),
        ("visit,v2,2013-03-05T10:00:00+08:00,li,K1,a\rb\n", "2: a line end within the line"),
        ("visit,v2,,li,K1,x\n", "2: at: is missing"),
        (",v2,2013-03-05T10:00:00+08:00,li,K1,x\n", "2: the line has no kind"),
    ],
)
def test_a_row_that_cannot_be_read_is_told_by_its_line(take: Take, row: str, reason: str) -> None:
    taken = take(HEAD + row, suffix=".csv")
    assert taken.reasons[0].startswith(reason)
    assert taken.report.undone


def test_rows_are_numbered_by_the_line_they_begin_on(register: Register, take: Take) -> None:
    take(FILE, attest="sun")
    text = HEAD + ROW.format(id="v2", note='"two\nlines"') + "\n" + ROW.format(id="v 3", note="")
    taken = take(text, suffix=".csv", actor="sun", partial=True)
    assert [r.line for r in taken.rejections] == [5]
    event = register.event("v2")
    assert event is not None
    assert event.get("note") == "two\nlines"


def test_empty_rows_and_emptied_columns_are_passed_over(register: Register, take: Take) -> None:
    take(FILE, attest="sun")
    text = "kind,id,at,by,customer,,\n,,,,,,\nvisit,v2,2013-03-05T10:00:00+08:00,li,K1,,\n ,,\n"
    report = take(text, suffix=".csv", actor="sun").report
    assert (report.read, report.recorded) == (1, 1)


# ------------------------------------------------------------------------- encodings


def encoded(name: str, suffix: str) -> bytes:
    data = FILE if suffix == ".jsonl" else csv_bytes(csv_rows())
    return data.decode("utf-8").encode(name)


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
@pytest.mark.parametrize("name", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-32"])
def test_encodings_that_can_be_told_are_read_right(
    register: Register, take: Take, name: str, suffix: str
) -> None:
    take(encoded(name, suffix), suffix=suffix, attest="sun")
    assert register.names(["K1", "K2"]) == {"K1": "张先生", "K2": "张太太"}
    assert register.people().name("sun") == "孙经理"


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_utf16_without_a_mark_is_asked_for(register: Register, take: Take, suffix: str) -> None:
    data = encoded("utf-16-le", suffix)
    with pytest.raises(InputRejected, match="NUL bytes") as caught:
        take(data, suffix=suffix)
    assert "--encoding" in str(caught.value.hint)
    take(data, suffix=suffix, attest="sun", encoding="utf-16-le")
    assert register.people().name("sun") == "孙经理"


def big5() -> bytes:
    rows = csv_rows()
    name = rows[0].index("name")
    for row in rows[1:]:
        row[name] = "張曉華先生" if row[name] else ""
        row[rows[0].index("note")] = ""
    return csv_bytes(rows, "big5")


def test_big5_is_asked_for_and_never_stored_garbled(register: Register, take: Take) -> None:
    with pytest.raises(InputRejected, match="cannot be told"):
        take(big5(), suffix=".csv")
    take(big5(), suffix=".csv", attest="sun", encoding="big5")
    assert register.people().name("sun") == "張曉華先生"


def test_a_line_of_damaged_utf8_is_refused_alone(register: Register, take: Take) -> None:
    lines = FILE.split(b"\n")
    lines[6] = lines[6].replace("看".encode(), "看".encode()[:2])
    taken = take(b"\n".join(lines), attest="sun", partial=True)
    assert taken.reasons[0].startswith("7: byte ")
    assert [r.line for r in taken.rejections] == [7, 10]  # the correction of line 7 with it
    path = taken.report.rejects_path
    assert path is not None
    assert path.read_bytes() == lines[6] + b"\n" + lines[9] + b"\n"


def test_two_encodings_in_one_file_are_not_guessed_at(take: Take) -> None:
    note = "客户来店看车，预算十五万左右"
    mixed = (
        HEAD.encode()
        + ROW.format(id="v2", note=note).encode("gb18030")
        + ROW.format(id="v3", note=note).encode("utf-8")
    )
    with pytest.raises(InputRejected, match="line 2 is not UTF-8"):
        take(mixed, suffix=".csv")


def test_a_forced_encoding_that_does_not_fit_names_the_line(take: Take) -> None:
    with pytest.raises(InputRejected, match="line 2 is not utf-16"):
        take(codecs.BOM_UTF16_LE + "kind,at\n".encode("utf-16-le") + b"\0\xd8x\0", suffix=".csv")


def test_an_encoding_nobody_knows(take: Take) -> None:
    for name in ("klingon", "rot13", "base64", "\x00"):
        with pytest.raises(WrongUsage):
            take(FILE, encoding=name)


def test_a_workbook_is_told_apart(take: Take) -> None:
    with pytest.raises(InputRejected, match="workbook is damaged"):
        take(b"PK\x03\x04rest", suffix=".csv")


def test_the_form_is_told_by_the_first_character_where_the_name_does_not(
    register: Register, take: Take
) -> None:
    assert take(FILE, suffix=".dat", attest="sun").report.recorded == len(LINES)
    assert take(csv_bytes(csv_rows()), suffix="", attest="sun").report.already == len(LINES)
