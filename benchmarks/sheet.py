"""A workbook of 100,000 rows of reception, imported: time, and memory at its peak.

    python benchmarks/sheet.py [ROWS]

The goal: at most 60 s and less than 500 MB.  Every fourth row is a new customer's.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

import xlsxwriter

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
STAFF = 40
COMMAND = [sys.executable, "-m", "conflictctl"]


def write_book(path: Path) -> None:
    """The sheet: date, time, name, phone (as a number), consultant, kind, level, note."""
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    sheet = book.add_worksheet()
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    clock = book.add_format({"num_format": "hh:mm"})
    head = ("日期", "到店时间", "客户姓名", "联系电话", "销售顾问", "接待方式", "级别", "备注")
    sheet.write_row(0, 0, head)
    for row in range(ROWS):
        customer = row // 4
        moment = datetime(2024, 1, 2, 9) + timedelta(minutes=5 * row)
        sheet.write_datetime(row + 1, 0, datetime(moment.year, moment.month, moment.day), day)
        sheet.write_datetime(row + 1, 1, moment.time(), clock)
        sheet.write_string(row + 1, 2, f"客户{customer}")
        sheet.write_number(row + 1, 3, 13_800_000_000 + customer)
        sheet.write_string(row + 1, 4, f"顾问{row % STAFF}")
        sheet.write_string(row + 1, 5, ("到店", "来电", "微信", "到店")[row % 4])
        sheet.write_string(row + 1, 6, "HABC"[row % 4])
        sheet.write_string(row + 1, 7, f"第{row}批，看车试驾")
    book.close()


def main() -> None:
    """Write the book and a house, import, and say how long it took."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        write_book(place / "reception.xlsx")
        at = "2024-01-01T09:00:00+08:00"
        house = [
            {"kind": "outlet", "at": at, "outlet": "shop", "name": "Shop", "type": "store"},
            *(
                {
                    "kind": "staff",
                    "at": at,
                    "staff": f"s{n}",
                    "name": f"顾问{n}",
                    "role": "consultant" if n else "manager",
                    "outlet": "shop",
                }
                for n in range(STAFF)
            ),
        ]
        (place / "house.jsonl").write_text("\n".join(map(json.dumps, house)), encoding="utf-8")
        db = ["--db", str(place / "register.db")]
        subprocess.run([*COMMAND, "init", "--timezone", "Asia/Shanghai", *db], check=True)
        subprocess.run(
            [*COMMAND, "import", str(place / "house.jsonl"), "--attest", "s0", *db], check=True
        )
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        for what in ("import", "again"):
            start, cpu = time.perf_counter(), _cpu()
            subprocess.run(
                [*COMMAND, "import", str(place / "reception.xlsx"), "--attest", "s0", *db],
                check=True,
            )
            took = time.perf_counter() - start
            peak = max(before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
            cpu = _cpu() - cpu
            print(
                f"{what}: {ROWS} rows in {took:.1f} s, cpu {cpu:.1f} s, {peak // 1024} MB at peak"
            )


def _cpu() -> float:
    """Processor time of the processes that ended, in seconds."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
