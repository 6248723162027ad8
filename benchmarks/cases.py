#!/usr/bin/env python3
"""Figures over one million entries about conflict cases.

`report cases --format json`, as a whole process, over 100,000 cases with 1,000,000 entries of
60,000 customers.
Goals: <= 10 s and < 300 MB in each process.

The register is made with --folder (default: a temporary one) and used again if it is there
already.  Making it is not what is measured: it takes some minutes.
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from measure import Report, environment, parser, program, run, summary

CASES, EVENTS, CUSTOMERS = 100_000, 1_000_000, 60_000
MEMORY_MB = 300
ZONE = timezone(timedelta(hours=8))
OPENING = datetime(2023, 1, 2, 9, 0, tzinfo=ZONE)
HANDLERS = [f"h{number:02d}" for number in range(1, 21)]
CAUSES = (
    "product_quality",
    "service_quality",
    "promise_not_kept",
    "misunderstanding",
    "channel_blocked",
    "changed_expectation",
    "unclear_requirement",
)
CHANNELS = ("phone", "email", "chat", "social_media", "visit", "letter")
TYPES = ("highly_emotional", "unclear_needs", "domineering", "hard_to_communicate", None)

Line = dict[str, Any]


def setting_up() -> Iterator[Line]:
    """Outlets, staff and customers."""
    at = OPENING.isoformat()
    for outlet in ("main", "east"):
        yield {"kind": "outlet", "outlet": outlet, "name": outlet, "type": "store", "at": at}
    yield {
        "kind": "staff",
        "staff": "gao",
        "name": "高峰",
        "role": "manager",
        "outlet": "main",
        "at": at,
    }
    for number, staff in enumerate(HANDLERS):
        yield {
            "kind": "staff",
            "staff": staff,
            "name": f"客服{staff}",
            "role": "supervisor",
            "outlet": ("main", "east")[number % 2],
            "at": at,
        }
    for number in range(CUSTOMERS):
        yield {"kind": "customer", "customer": f"K{number}", "name": f"客户{number}", "at": at}


def case_lines(number: int) -> list[Line]:
    """The ten entries about one case; the same number, the same entries."""
    chance = random.Random(number)
    case, handler = f"C-{number:06d}", chance.choice(HANDLERS)
    moment = OPENING + timedelta(minutes=15 * number)

    def step(kind: str, hours: float, **fields: Any) -> Line:
        nonlocal moment
        moment += timedelta(seconds=int(hours * 3600))
        return {"kind": kind, "at": moment.isoformat(), "by": handler, "case": case, **fields}

    opened = step(
        "case_opened",
        0,
        category="complaint",
        customer=f"K{chance.randrange(CUSTOMERS)}",
        channel=chance.choice(CHANNELS),
        demand="第三次维修后仍然漏水,要求更换",
        cause=chance.choice(CAUSES),
        severity=chance.randint(1, 4),
        customer_type=chance.choice(TYPES),
    )
    lines = [
        opened,
        step("case_accepted", chance.random() * 8, handler=handler),
        step("case_response", chance.random() * 12, channel="phone", said="已安排检查"),
        step("case_finding", chance.random() * 48, facts="配件批次有缺陷"),
        step("case_proposal", chance.random() * 24, proposal="P1", text="免费更换总成"),
        step("case_reply", chance.random() * 24, proposal="P1", party="customer", reply="accept"),
        step("case_resolution", chance.random() * 200, how="settled", proposal="P1", text="更换"),
    ]
    course = chance.random()
    if course < 0.5:
        lines += [
            step("case_task", 0.1, task="T1", owner=handler, due="2030-01-01", text="更换"),
            step("case_task_done", chance.random() * 72, task="T1"),
        ]
    elif course < 0.7:
        lines += [
            step("case_escalated", 1, to="supervisor", reason="超过时限"),
            step("case_lesson", 1, lesson="L1", root_cause="批次", improvement="抽检", owner="gao"),
        ]
    elif course < 0.8:
        lines += [
            step("case_reopened", 30, reason="又漏水"),
            step("case_resolution", 60, how="compensated", text="退款"),
        ]
    else:
        lines[2:2] = [step("case_contact", 1, said="询问经过", channel="phone")]
        lines.append(step("case_survey", 80, reached=False))
    lines.append(step("case_survey", 72, score=chance.choice((1, 2, 3, 4, 4, 5, 5, 5))))
    return lines[:10]


def fill(path: Path) -> None:
    """Write the register by the program's own writer, a block of cases at a time."""
    from conflictctl.events import read_line
    from conflictctl.register.store import create_register

    def clock() -> int:
        return time.time_ns() // 1000

    with create_register(str(path), zone="Asia/Shanghai", clock=clock) as register:

        def write(lines: Iterator[Line]) -> int:
            count = 0
            with register.writing(clock) as writer:
                for line in lines:
                    draft = read_line({"recorded_at": line["at"], **line})
                    writer.add(draft, allow_duplicates=True, take_recorded_at=True)
                    count += 1
            return count

        write(setting_up())
        written = 0
        for first in range(0, CASES, 10_000):
            block = range(first, first + 10_000)
            written += write(line for number in block for line in case_lines(number))
        assert written == EVENTS, written


def register_in(folder: Path) -> Path:
    path = folder / f"cases-{EVENTS}.db"
    if not path.exists():
        half = folder / "unfinished.db"
        half.unlink(missing_ok=True)
        # In another process: what it held in memory would count as that of the next.
        script = str(Path(__file__).resolve())
        run([sys.executable, script, "--make", str(half)], environment())
        half.rename(path)
    return path


def main() -> int:
    options = parser(__doc__)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--folder", type=Path, help="where the register is kept")
    options.add_argument("--make", type=Path, help="only make the register, at this path")
    chosen = options.parse_args()
    if chosen.make is not None:
        fill(chosen.make)
        return 0
    report = Report()
    with tempfile.TemporaryDirectory() as name:
        folder = chosen.folder or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        path = register_in(folder)
        out = folder / "figures.json"
        env = environment(CONFLICTCTL_DB=str(path))
        command = [program(), "report", "cases", "--format", "json"]
        found = summary([run(command, env, keep=out) for _ in range(chosen.rounds)])
        counted = json.loads(out.read_text(encoding="utf-8"))["cases"]
        report.figure("cases counted", f"{counted:,}")
        report.figure("report cases, 1,000,000 entries", found)
        report.goal("report cases, 1,000,000 entries", found.median, 10, " s")
        report.goal("report cases, peak memory", found.peak_mb, MEMORY_MB, " MB")
        report.goal("cases counted", counted, CASES, at_least=True)
    return report.end()


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
