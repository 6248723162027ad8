"""Sheets as users meet them: dry run, mappings, template, Excel, LibreOffice."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import python_calamine

from .conftest import Invoke

SHEET = (
    "日期,到店时间,客户姓名,联系电话,销售顾问,级别\n"
    "2025-03-20,14:30,测试先生,13700137000,chen,A\n"
    "2025-03-20,15:30,测试女士,13700137001,没这人,A\n"
)


@pytest.fixture
def reception(tmp_path: Path) -> Path:
    path = tmp_path / "reception.csv"
    path.write_bytes(SHEET.encode("gb18030"))
    return path


def test_a_dry_run_shows_rows_as_understood(invoke: Invoke, month: Path, reception: Path) -> None:
    done = invoke("import", str(reception), "--attest", "bai", "--dry-run", code=3)
    assert "line 2 is understood as" in done.stdout
    assert "phones=13700137000" in done.stdout
    assert "at=2025-03-20T14:30:00+08:00" in done.stdout
    assert "read by the mapping reception" in done.stderr
    assert "line 3: 销售顾问 (column E): no member of staff 没这人" in done.stderr


def test_reasons_stand_in_the_rejects(invoke: Invoke, month: Path, reception: Path) -> None:
    invoke("import", str(reception), "--attest", "bai", "--partial", code=3)
    rejects = reception.with_name("reception.rejects.csv").read_text(encoding="utf-8-sig")
    assert "没这人,A,销售顾问 (column E): no member of staff 没这人" in rejects


def test_the_mappings_are_listed(invoke: Invoke) -> None:
    told = invoke("import", "--list-mappings").stdout
    for name in ("reception", "salesforce", "hubspot", "zoho", "odoo", "espocrm", "fxiaoke"):
        assert name in told
    invoke("import", code=2)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_template_is_filled_in_and_read(
    invoke: Invoke, month: Path, tmp_path: Path, lang: str
) -> None:
    path = tmp_path / "reception.xlsx"
    invoke("import", "--template", str(path), "--lang", lang)
    book = python_calamine.CalamineWorkbook.from_path(path)
    head = [str(cell) for cell in book.get_sheet_by_index(0).to_python()[0]]
    assert ("日期" in head) is (lang == "zh")
    offered = {str(cell) for row in book.get_sheet_by_name("lists").to_python() for cell in row}
    assert offered & {"H", "H级"}
    assert "到店" in offered if lang == "zh" else "visit" in offered
    filled = tmp_path / "filled.csv"
    cells = dict.fromkeys(head, "")
    words = iter(("2025-03-20", "14:30", "", "chen", "", "测试", "13700137000"))
    for name in head[:7]:
        cells[name] = next(words)
    filled.write_text(f"{','.join(head)}\n{','.join(cells.values())}\n", encoding="utf-8")
    assert "recorded: 2 " in invoke("import", str(filled), "--attest", "bai").stdout


def test_an_exported_workbook_is_there_already(invoke: Invoke, month: Path, tmp_path: Path) -> None:
    path = tmp_path / "all.xlsx"
    assert "wrote 625 events" in invoke("export", str(path)).stderr
    again = invoke("import", str(path), "--attest", "bai").stdout
    assert again == "nothing new; already there: 625, rejected: 0\n"


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_opens_an_export(invoke: Invoke, month: Path, tmp_path: Path) -> None:
    path = tmp_path / "all.xlsx"
    invoke("log-visit", "C-020", "--as", "chen", "--note", '=HYPERLINK("http://x")', "--lang", "en")
    invoke("export", str(path))
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    # 44,34,76: commas, double quotes, UTF-8.
    subprocess.run(
        [
            "soffice",
            profile,
            "--headless",
            "--convert-to",
            "csv:Text - txt - csv (StarCalc):44,34,76",
            "--outdir",
            str(tmp_path / "out"),
            str(path),
        ],
        check=True,
        capture_output=True,
        timeout=240,
    )
    text = (tmp_path / "out" / "all.csv").read_text(encoding="utf-8")
    assert "'=HYPERLINK(" in text
    (tmp_path / "all.csv").write_text(text, encoding="utf-8")
    again = invoke("import", str(tmp_path / "all.csv"), "--attest", "bai").stdout
    assert again == "nothing new; already there: 626, rejected: 0\n"
