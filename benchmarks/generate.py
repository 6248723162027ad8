#!/usr/bin/env python3
"""Write a made-up register as interchange JSON Lines: the same arguments, the same bytes.

usage: generate.py [--customers N] [--events M] [--seed S] [--without-ids]
                   [--minutes T] [--looked-after] OUT

M counts every line, staff, outlets and customers included.  A customer's history depends
only on its number and the seed, so customer K100 of a small file is customer K100 of a
large one.  Lines come in the order of entry, with bounded memory.  Import the file with
`--attest gao`; without an attestation every entry would be a late one.

A new customer comes every T minutes (3).  With --looked-after those who have come to no deal
are given up as lost, but for the last ones, as in a register whose overdue list somebody reads;
otherwise all of them stay open for ever.
"""

from __future__ import annotations

import argparse
import heapq
import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

ZONE = timezone(timedelta(hours=8))
OPENING = datetime(2019, 1, 7, 9, 0, tzinfo=ZONE)
MINUTES_BETWEEN_CUSTOMERS = 3
DAY_MINUTES = 600  # an opening day
OPEN_DAYS = 40  # nobody's story takes longer
LINES_LESS_OR_MORE = (-4, 4, -3, 3, -2, 2, -1, 1, 0, 0)

MANAGER = "gao"
CONSULTANTS = [f"s{number:02d}" for number in range(1, 41)]
OUTLET_STAFF = [f"t{number:02d}" for number in range(1, 7)]
LEVELS = "HAABBBCC"
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华"
NOTES = (
    "看了两款车型,下周再来",
    "电话里问了价格",
    "等儿子放假一起来试驾",
    "想要白色,现车",
    "比较了三家的报价",
)

Line = dict[str, Any]
Timed = tuple[datetime, Line]


def setting_up() -> list[Line]:
    """Outlets and staff, entered on the opening day."""
    at = OPENING.isoformat()
    rows: list[Line] = [
        {"kind": "outlet", "outlet": "main", "name": "一店展厅", "type": "store"},
        {"kind": "outlet", "outlet": "east", "name": "东城二级网点", "type": "second_tier"},
        {"kind": "staff", "staff": MANAGER, "name": "高峰", "role": "manager", "outlet": "main"},
    ]
    rows += [
        {
            "kind": "staff",
            "staff": staff,
            "name": f"顾问{staff}",
            "role": "consultant",
            "outlet": "east" if staff in OUTLET_STAFF else "main",
        }
        for staff in CONSULTANTS + OUTLET_STAFF
    ]
    return [{"at": at, "recorded_at": at, **row} for row in rows]


class Story:
    """The lines of one customer, in the order they happen."""

    def __init__(
        self,
        number: int,
        seed: int,
        minutes: int = MINUTES_BETWEEN_CUSTOMERS,
        *,
        given_up: bool = False,
    ) -> None:
        self.dice = random.Random(f"{seed}/{number}")
        self.customer = f"K{number}"
        self.given_up = given_up
        days, minute = divmod(number * minutes, DAY_MINUTES)
        self.begin = OPENING + timedelta(days=days + 1, minutes=minute)
        self.lines: list[Timed] = []

    def add(self, day: int, kind: str, by: str | None, late: int = 0, **fields: Any) -> None:
        """One line `day` days after the first, by day and in opening hours."""
        at = self.begin
        if self.lines:
            last = self.lines[-1][0]
            at = self.begin.replace(hour=9, minute=0) + timedelta(days=day)
            at += timedelta(minutes=self.dice.randrange(540))
            if at <= last:
                at = last + timedelta(minutes=1)
        # The first line is entered at once: the others name the customer it introduces.
        recorded = at + timedelta(days=late, minutes=self.dice.randrange(20) if self.lines else 0)
        line = {
            "kind": kind,
            "at": at.isoformat(),
            "recorded_at": recorded.isoformat(),
            "customer": self.customer,
            **fields,
        }
        if by is not None:
            line["by"] = by
        self.lines.append((at, line))

    def contact(self, day: int, by: str) -> None:
        """A follow-up or a call, now and then entered late or with a note."""
        dice = self.dice
        fields: Line = {}
        if dice.random() < 0.2:
            fields["note"] = dice.choice(NOTES)
        if dice.random() < 0.15:
            fields["level"] = dice.choice(LEVELS)
        if dice.random() < 0.1:
            fields["reached"] = False
        late = dice.choice((1, 2, 3)) if dice.random() < 0.02 else 0
        if dice.random() < 0.7:
            channel = dice.choice(("phone", "wechat", "sms"))
            self.add(day, "followup", by, late, channel=channel, **fields)
        else:
            self.add(day, "call", by, late, direction=dice.choice(("in", "out")), **fields)

    def tell(self, length: int) -> list[Timed]:
        """The whole history, exactly `length` lines of it (at least four)."""
        dice = self.dice
        name = dice.choice(SURNAMES) + "".join(dice.sample(GIVEN, dice.choice((1, 2))))
        phones = [f"13{dice.randrange(10**9):09d}"] if dice.random() < 0.85 else []
        first, second = dice.sample(CONSULTANTS, 2)
        ending = dice.choices((open_end, sale, collision, filed, lost), (45, 20, 22, 8, 5))[0]
        if ending is open_end and self.given_up:
            ending = lost
        least = {open_end: 2, sale: 4, collision: 6, filed: 6, lost: 3}[ending]
        if length < least:
            ending, least = (lost, 3) if self.given_up else (open_end, 2)
        self.add(0, "customer", None, name=name, phones=phones)
        last_day = dice.randrange(4, 40)
        starter = dice.choice(OUTLET_STAFF) if ending is filed else first
        self.add(
            0,
            "visit",
            starter,
            level=dice.choice(LEVELS),
            outlet="east" if ending is filed else "main",
        )
        days = sorted(dice.randrange(1, last_day) for _ in range(length - least))
        for day in days:
            self.contact(day, starter)
        ending(self, last_day, starter, second)
        return self.lines


def open_end(story: Story, day: int, first: str, second: str) -> None:
    """No deal yet."""


def sale(story: Story, day: int, first: str, second: str) -> None:
    """The consultant of the first file takes the order and delivers."""
    amount = f"{story.dice.randrange(80, 260)}000"
    story.add(day, "order", first, amount="5000", currency="CNY")
    story.add(day + 7, "close", first, amount=amount, currency="CNY")


def collision(story: Story, day: int, first: str, second: str) -> None:
    """A colleague receives the customer later and closes; the first one claims."""
    story.add(day, "visit", second, outlet="main", level="A")
    story.add(day, "inform", second, to=first)
    story.add(day + story.dice.randrange(3), "close", second, amount="129800", currency="CNY")
    story.add(day + story.dice.randrange(2, 6), "claim", first)


def filed(story: Story, day: int, first: str, second: str) -> None:
    """A second-tier outlet receives and files the customer, who buys at the store."""
    story.add(1, "filing", first, to=MANAGER)
    story.add(day, "visit", second, outlet="main", level="H")
    story.add(day, "inform", second, to=first)
    story.add(day + 1, "close", second, amount="142000", currency="CNY")


def lost(story: Story, day: int, first: str, second: str) -> None:
    """The customer bought elsewhere."""
    story.add(day, "lost", first, reason="bought_elsewhere")


def lengths(customers: int, lines: int) -> Iterator[int]:
    """How many lines each customer gets: they sum to `lines` and vary by four."""
    cycle = len(LINES_LESS_OR_MORE)
    whole = customers - customers % cycle
    for number in range(customers):
        share = (number + 1) * lines // customers - number * lines // customers
        yield share + (LINES_LESS_OR_MORE[number % cycle] if number < whole else 0)


def register(
    customers: int, events: int, seed: int, minutes: int, *, looked_after: bool
) -> Iterator[Line]:
    """All lines in the order of entry."""
    opening = setting_up()
    yield from opening
    if events - len(opening) < 8 * customers:
        least = 8 * customers + len(opening)
        raise SystemExit(f"too few events: {customers} customers need {least}")
    waiting: list[tuple[str, int, Line]] = []
    place = 0
    for number, length in enumerate(lengths(customers, events - len(opening)), 1):
        given_up = looked_after and (customers - number) * minutes > OPEN_DAYS * DAY_MINUTES
        story = Story(number, seed, minutes, given_up=given_up)
        begin = story.begin.isoformat()
        while waiting and waiting[0][0] < begin:
            yield heapq.heappop(waiting)[2]
        for _, line in story.tell(length):
            place += 1
            heapq.heappush(waiting, (line["recorded_at"], place, line))
    while waiting:
        yield heapq.heappop(waiting)[2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--events", type=int, default=175_000)
    parser.add_argument("--seed", type=int, default=2013)
    parser.add_argument("--without-ids", action="store_true")
    parser.add_argument("--minutes", type=int, default=MINUTES_BETWEEN_CUSTOMERS)
    parser.add_argument("--looked-after", action="store_true")
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    with options.out.open("w", encoding="utf-8") as file:
        lines = register(
            options.customers,
            options.events,
            options.seed,
            options.minutes,
            looked_after=options.looked_after,
        )
        for number, line in enumerate(lines, 1):
            row = line if options.without_ids else {"id": f"e{number}", **line}
            file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
