"""The mappings that come with the program, each on a few rows as its system exports them."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from conflictctl.exchange.sheet.mapping import preset_ids, presets
from conflictctl.register.store import Register

from .conftest import Take
from .malformed import jsonl
from .test_sheets import HOUSE, NOW

EXPORTS: dict[str, tuple[list[str], list[list[str]]]] = {
    "espocrm": (
        ["ID", "Name", "Status", "Date Start", "Direction", "Assigned User", "Parent"],
        [
            ["a1", "Call back", "Held", "2025-03-04 14:30", "Outbound", "李雷", "王女士"],
            ["a2", "Later", "Planned", "2025-03-05 14:30", "Outbound", "李雷", "王女士"],
        ],
    ),
    "odoo": (
        ["Date", "Created By", "Customer", "Activity Type", "Summary"],
        [
            ["2025-03-04 14:30:00", "李雷", "王女士", "Call", "price"],
            ["2025-03-04 15:30:00", "李雷", "王女士", "To-Do", "x"],
        ],
    ),
    "salesforce": (
        ["Activity ID", "Subject", "Date", "Status", "Task Subtype", "Assigned", "Contact"],
        [
            ["00T1", "Call", "2025-03-04", "Completed", "Call", "李雷", "王女士"],
            ["00T2", "Call", "2025-03-05", "Not Started", "Call", "李雷", "王女士"],
        ],
    ),
    "hubspot": (
        [
            "Record ID",
            "Activity date",
            "Activity assigned to",
            "Call direction",
            "Associated Contact",
        ],
        [["11", "2025-03-04 14:30", "李雷", "Outbound", "王女士"]],
    ),
    "zoho": (
        ["Record Id", "Call Owner", "Call Type", "Call Start Time", "Contact Name", "Subject"],
        [["z1", "李雷", "Inbound", "2025-03-04 14:30:00", "王女士", "hello"]],
    ),
    "fxiaoke": (
        ["跟进时间", "跟进人", "客户名称", "跟进方式", "跟进内容"],
        [["2025-03-04 14:30", "李雷", "王女士", "电话沟通", "谈价格"]],
    ),
    "reception": (
        ["日期", "到店时间", "客户姓名", "联系电话", "销售顾问", "级别"],
        [["2025-03-04", "14:30", "王女士", "13800138000", "李雷", "H级"]],
    ),
}


@pytest.fixture
def clock() -> Any:
    return lambda: NOW


def sheet(name: str) -> str:
    head, rows = EXPORTS[name]
    block = io.StringIO(newline="")
    csv.writer(block).writerows([head, *rows])
    return block.getvalue()


def test_every_mapping_is_tried() -> None:
    assert set(EXPORTS) == set(preset_ids())


def test_every_mapping_says_where_it_comes_from() -> None:
    for mapping in presets():
        assert mapping.source
        assert mapping.checked.en
        assert mapping.checked.zh
        assert mapping.title.zh


@pytest.mark.parametrize("name", sorted(EXPORTS))
def test_an_export_is_recognised_and_comes_in_once(
    register: Register, take: Take, name: str
) -> None:
    take(jsonl([{**line, "at": "2025-01-01T09:00:00+08:00"} for line in HOUSE]), attest="sun")
    taken = take(sheet(name), suffix=".csv", attest="sun")
    assert taken.reasons == []
    assert taken.report.recorded == 2  # the customer, and the one row that happened
    event = list(register.events())[-1]
    assert (event.by, register.calendar.iso(event.at)[:10]) == ("li", "2025-03-04")
    assert take(sheet(name), suffix=".csv", attest="sun").report.recorded == 0
