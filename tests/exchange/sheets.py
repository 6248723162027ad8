"""A dealership's reception sheet, with what such sheets are full of."""

from __future__ import annotations

import csv
import io
import random
from datetime import date, timedelta
from typing import NamedTuple

HEAD = [
    "序号",
    "日期",
    "到店时间",
    "客户姓名",
    "联系电话",
    "联系电话",
    "销售顾问",
    "接待方式",
    "级别",
    "意向车型",
    "备注",
    "备注",
]
PEOPLE = {"li": "李雷", "han": "韩梅梅", "wang": "王强", "chen": "陈晨"}
CALLED = list(PEOPLE.values())
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧"

MAPPING = """
extends = "reception"
id = "zibo-reception"
[staff]
"小李" = "li"
"雷哥" = "li"
[columns.phones]
headings = ["联系电话", "联系电话.2"]
join = true
[columns.note]
headings = ["备注", "备注.2", "意向车型"]
"""


class Sheet(NamedTuple):
    """The rows under title and header; `good` and `bad` are their numbers, `left_out` the rest."""

    rows: list[list[str]]
    good: list[int]
    bad: dict[int, str]
    left_out: list[int]

    def gbk(self) -> bytes:
        """The file as Excel saves it on a Chinese Windows."""
        block = io.StringIO(newline="")
        csv.writer(block, lineterminator="\r\n").writerows(self.rows)
        return block.getvalue().encode("gbk")


def full_width(text: str) -> str:
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)


def serial(day: date) -> int:
    return (day - date(1899, 12, 30)).days


# What is done to a good row so that it stays good: each takes (row, day, number).
def _mess(kind: int, row: list[str], day: date, phone: str) -> None:
    other = f"139{int(phone[3:]):08d}"
    if kind == 0:
        row[4] = f"{phone}/{other}"
    elif kind == 1:
        row[4] = full_width(phone)
    elif kind == 2:
        row[4] = f"{phone[:3]} {phone[3:7]} {phone[7:]}"
    elif kind == 3:
        row[4] = f"{phone[:3]}-{phone[3:7]}-{phone[7:]}"
    elif kind == 4:
        row[4] = f"+86 {phone}"
    elif kind == 5:
        row[4] = f"0086{phone}"
    elif kind == 6:
        row[4] = f"{phone}，{other}"
    elif kind == 7:
        row[4] = f"{phone}\n{other}"
    elif kind == 8:
        row[4] = f"手机：{phone}"
    elif kind == 9:
        row[4] = f"{phone}（爱人{other}）".replace("（爱人", "、").replace("）", "")
    elif kind == 10:
        row[4], row[5] = "", phone
    elif kind == 11:
        row[5] = other
    elif kind == 12:
        row[4] = f"{phone}.0"
    elif kind == 13:
        row[4] = f"'{phone}"
    elif kind == 14:
        row[4] = f" {phone}　"
    elif kind == 15:
        row[1] = str(serial(day))
    elif kind == 16:
        row[1] = f"{day.year}年{day.month}月{day.day}日"
    elif kind == 17:
        row[1] = f"{day.year}/{day.month}/{day.day}"
    elif kind == 18:
        row[1] = f"{day.year}.{day.month}.{day.day}"
    elif kind == 19:
        row[1] = day.strftime("%Y%m%d")
    elif kind == 20:
        row[1] = f"{day.isoformat()} 星期{'一二三四五六日'[day.weekday()]}"
    elif kind == 21:
        row[1] = full_width(day.isoformat())
    elif kind == 22:
        row[1], row[2] = f"{day.isoformat()} {row[2]}", ""
    elif kind == 23:
        hour, minute = map(int, row[2].split(":"))
        row[2] = str((hour * 60 + minute) / 1440)
    elif kind == 24:
        row[2] = row[2].replace(":", "：")
    elif kind == 25:
        hour, minute = map(int, row[2].split(":"))
        row[2] = f"下午{hour - 12}点{minute:02d}分" if hour > 12 else f"{hour}点{minute:02d}分"
    elif kind == 26:
        row[2] = f"{row[2]}:30"
    elif kind == 27:
        row[8] = f"{row[8]}级"
    elif kind == 28:
        row[8] = full_width(row[8].lower())
    elif kind == 29:
        row[8] = ""
    elif kind == 30:
        row[6] = f" {row[6][0]} {row[6][1:]} "
    elif kind == 31:
        row[6] = "小李"
    elif kind == 32:
        row[7] = "来电"
    elif kind == 33:
        row[7] = "微信"
    elif kind == 34:
        row[7] = ""
    elif kind == 35:
        row[3] = ""
    elif kind == 36:
        row[10] = '问"金卡"优惠，带女儿\n周末再来'
    elif kind == 37:
        row[10] = "=HYPERLINK(1)"
    elif kind == 38:
        row[4] = f"无;{phone}".removeprefix("无;")
        row[5] = "无"
    elif kind == 39:
        row += ["", "", ""]


KINDS_OF_MESS = 40

# What makes a row bad, and a word of the reason.
BAD = (
    (lambda row: row.__setitem__(1, "3/4/2025"), "day and month"),
    (lambda row: row.__setitem__(1, "2025-02-30"), "there is no day"),
    (lambda row: row.__setitem__(1, "上周"), "no date"),
    (lambda row: row.__setitem__(2, "25:70"), "no time"),
    (lambda row: row.__setitem__(4, "1.38E+10"), "rounded"),
    (lambda row: row.__setitem__(4, "1380013800"), "digits"),
    (lambda row: row.__setitem__(4, "138****8000"), "no telephone number"),
    (lambda row: row.__setitem__(6, "李梅"), "no member of staff"),
    (lambda row: row.__setitem__(6, ""), "is missing"),
    (lambda row: row.__setitem__(8, "很好"), "does not know"),
    (lambda row: (row.__setitem__(3, ""), row.__setitem__(4, "")), "neither"),
    (lambda row: row.__setitem__(1, "2035-01-01"), "future"),
    (lambda row: row.__setitem__(7, "路过"), "does not know"),
)


def reception(count: int = 5_000, seed: int = 7) -> Sheet:
    """A sheet of `count` lines of reception, some of them bad."""
    chance = random.Random(seed)
    rows: list[list[str]] = [["淄博××汽车销售有限公司　展厅前台接待登记表", *[""] * 11], HEAD]
    good: list[int] = []
    bad: dict[int, str] = {}
    left_out: list[int] = []
    day = date(2025, 1, 2)
    line = 3  # as an editor counts: a cell with a line break takes two

    def add(row: list[str]) -> int:
        nonlocal line
        rows.append(row)
        here = line
        line += 1 + sum(cell.count("\n") for cell in row)
        return here

    previous = None
    for number in range(count):
        if number and number % 60 == 0:
            left_out.append(add(["小计", "", "", "60批", *[""] * 8]))
        if number and number % 500 == 0:
            left_out.append(add(list(HEAD)))
        if number and number % 700 == 0:
            add([""] * 12)
        if number % 60 == 0:
            day += timedelta(days=1)
            previous = None
        phone = f"138{number:08d}"
        row = [
            str(number + 1),
            day.isoformat(),
            f"{9 + number % 60 // 7}:{number % 7 * 8 + 1:02d}",
            chance.choice(SURNAMES) + chance.choice(["先生", "女士", "伟", "丽娜"]),
            phone,
            "",
            chance.choice(CALLED),
            "到店",
            chance.choice("HABC"),
            chance.choice(["", "科雷傲", "梅甘娜"]),
            chance.choice(["", "首次看车", "试驾", "比价"]),
            "",
        ]
        if number % 25 == 24:
            spoil, reason = BAD[number // 25 % len(BAD)]
            spoil(row)
            bad[add(row)] = reason
            previous = None
            continue
        _mess(number % KINDS_OF_MESS, row, day, phone)
        if previous == row[1] and chance.random() < 0.3:
            row[1] = ""  # merged with the one above
        else:
            previous = row[1] if row[1] == day.isoformat() else None
        good.append(add(row))
    left_out.append(add(["合计", "", "", f"共{count}批", *[""] * 8]))
    left_out.append(add(["总计：5000", *[""] * 11]))
    return Sheet(rows, good, bad, left_out)
