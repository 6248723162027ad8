#!/usr/bin/env python3
"""Finding one customer among a thousand and among a million.

Whole processes: `customer find` by telephone number, by name, by pinyin, by a surname that a
twelfth of all customers bear, and `who` by number.
Goal: with 1,000,000 customers <= 1.2 times as long as with 1,000.

Also the first look-up after an import, which makes the keys, and what they take of the disk.
The registers are made with --folder (default: a temporary one) by `conflictctl import`, and used
again if they are there already.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path

from measure import Report, Run, environment, interleaved, parser, program, run, summary

SMALL, BIG = 1_000, 1_000_000
RATIO = 1.2
ZONE = timezone(timedelta(hours=8))
OPENING = datetime(2019, 1, 7, 9, 0, tzinfo=ZONE)
SURNAMES = "王王李李张张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华小文晓建国红志春秀玉海燕"
PREFIXES = ("130", "135", "138", "139", "150", "158", "177", "186", "188", "199")
POLICY = "renault-zibo-2013"
MANAGER = "gao"
CONSULTANTS = [f"s{number:02d}" for number in range(1, 41)]

PHONE, NAME, PINYIN = "138 6677 8899", "欧阳晓峰", "ouyangxiaofeng"
"""Of the customer K500, who is the only one of that name."""
COMMON = "王"


def lines(customers: int) -> Iterator[str]:
    """Staff, customers, and one visit of every tenth of them; the same number, the same lines."""
    at = OPENING.isoformat()
    yield f'{{"kind":"outlet","outlet":"main","name":"展厅","type":"store","at":"{at}"}}\n'
    for staff, role in [(MANAGER, "manager"), *((one, "consultant") for one in CONSULTANTS)]:
        yield (
            f'{{"kind":"staff","staff":"{staff}","name":"{staff}","role":"{role}",'
            f'"outlet":"main","at":"{at}"}}\n'
        )
    dice = random.Random(20261126)
    for number in range(customers):
        at = (OPENING + timedelta(minutes=2 * number)).isoformat()
        by = CONSULTANTS[number % len(CONSULTANTS)]
        name = dice.choice(SURNAMES) + "".join(dice.sample(GIVEN, dice.choice((1, 2, 2))))
        phone = f"{dice.choice(PREFIXES)}{dice.randrange(10**8):08d}"
        if number == 500:
            name, phone = NAME, PHONE
        yield (
            f'{{"kind":"customer","customer":"K{number}","name":"{name}","phones":["{phone}"],'
            f'"by":"{by}","at":"{at}","recorded_at":"{at}"}}\n'
        )
        if number % 10 == 0:
            yield (
                f'{{"kind":"visit","customer":"K{number}","by":"{by}","level":"A",'
                f'"at":"{at}","recorded_at":"{at}"}}\n'
            )


def source_of(folder: Path, customers: int) -> Path:
    """The generated file of so many customers."""
    path = folder / f"find-{customers}.jsonl"
    if not path.exists():
        half = path.with_suffix(".part")
        with half.open("w", encoding="utf-8") as file:
            file.writelines(lines(customers))
        half.rename(path)
    return path


def register_of(folder: Path, customers: int, report: Report) -> Path:
    """The register of so many customers, its keys made; what that took, where it was done now."""
    path = folder / f"find-{customers}.db"
    if path.exists():
        return path
    half = folder / "unfinished.db"
    half.unlink(missing_ok=True)
    env = environment(CONFLICTCTL_DB=str(half))
    run([program(), "init", "--timezone", "Asia/Shanghai", "--policy", POLICY], env)
    source = str(source_of(folder, customers))
    report.figure(
        f"import of {customers:,} customers",
        summary([run([program(), "import", source, "--attest", MANAGER], env)]),
    )
    before = half.stat().st_size
    report.figure(
        "the first look-up, which makes the keys",
        summary([run([program(), "customer", "find", PHONE], env)]),
    )
    after = half.stat().st_size
    report.figure("the register without and with keys", f"{before / 1e6:.4g}, {after / 1e6:.4g} MB")
    half.rename(path)
    return path


def look_ups(path: Path) -> dict[str, Callable[[], Run]]:
    """The look-ups that are measured, by name."""
    env = environment(CONFLICTCTL_DB=str(path))
    find = [program(), "customer", "find"]
    asked = {
        "find by number": [*find, PHONE],
        "find by name": [*find, NAME],
        "find by pinyin": [*find, PINYIN],
        "find by a common surname": [*find, COMMON],
        "who by number": [program(), "who", PHONE, "--as", MANAGER],
    }
    return {name: partial(run, command, env) for name, command in asked.items()}


def main() -> int:
    options = parser(__doc__ or "")
    options.add_argument("--rounds", type=int, default=9)
    options.add_argument("--folder", type=Path, help="where the registers are kept")
    chosen = options.parse_args()
    report = Report()
    with tempfile.TemporaryDirectory() as name:
        folder = chosen.folder or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        small, big = (look_ups(register_of(folder, size, report)) for size in (SMALL, BIG))
        for what in small:
            pair = {"small": small[what], "big": big[what]}
            found = interleaved(chosen.rounds, pair)
            report.figure(f"{what}, {SMALL:,} customers", found["small"])
            report.figure(f"{what}, {BIG:,} customers", found["big"])
            report.goal(f"{what}, ratio", found["big"].median / found["small"].median, RATIO)
            report.goal(
                f"{what}, ratio of processor time", found["big"].cpu / found["small"].cpu, RATIO
            )
    return report.end()


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
