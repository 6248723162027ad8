#!/usr/bin/env python3
"""How many of the true duplicates and households `customer suggest` finds, and how many it invents.

A made-up dealership is written with the truth beside it: customers entered again with slips of
the keys, names that sound alike, other numbers or none; spouses on files of their own; families
with one land line, firms with a switchboard, many people of one common name.  The generator knows
nothing of the matcher.  The weights of the matcher were adjusted on seed 1 alone; report others:

  suggest.py --people 5000 --seeds 2,3,4
  suggest.py --people 5000 --seeds 2,3,4 --splink     (needs `pip install '.[bench]'`)
  suggest.py --people 200000 --seeds 5                (time and memory of a large one)
"""

from __future__ import annotations

import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NamedTuple

from measure import environment, parser, program, run

ZONE = timezone(timedelta(hours=8))
OPENING = datetime(2024, 1, 8, 9, 0, tzinfo=ZONE)
STAFF = [f"s{number:02d}" for number in range(1, 41)]
# Surnames by how often they are borne, of a thousand people.
_SURNAMES = (
    "王72 李70 张67 刘53 陈45 杨31 黄22 赵21 吴19 周18 徐17 孙15 马13 朱12 "
    "胡12 郭11 何11 林11 高10 罗9 郑8 梁8 谢7 宋7 唐6 许6 韩6 冯6 "
    "邓6 曹6 彭5 曾5 肖5 田5 董5 袁4 潘4 于4 蒋4 蔡4 章2 仇1 "
    "单1 欧阳1 诸葛1"
)
SURNAMES = {
    word.rstrip("0123456789"): int(word.lstrip(word.rstrip("0123456789")))
    for word in _SURNAMES.split()
}
GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华文晓建国红志春秀玉海燕小云梅飞龙波辉鹏斌宇浩凯"
    "健俊帆婷雪琳萍倩莹洁颖佳琪璐欣怡彤嘉诚睿轩博涵梓晨阳旭东升林峰岩松柏成功德福祥瑞安康宁"
)
PAIRED = "伟芳娜敏静丽强磊军勇艳杰娟涛明"
"""Characters that make up the common names of one character."""
_SOUND_ALIKE = (
    "伟玮炜苇 芳方 静婧靖 丽莉俪 磊雷 军君均 洋阳扬 勇永 艳燕彦 杰洁捷 娟涓 涛滔 明铭鸣 兰岚 霞侠 "
    "平萍 刚钢 英瑛 华桦骅 文雯 晓小 建健 红宏虹 志智 春椿 秀绣 玉钰 海亥 飞非 波博 辉晖徽 鹏朋 "
    "斌彬 宇雨羽 浩昊皓 俊峻 婷亭 琳林霖 倩茜 颖影 佳嘉 欣新馨 诚成 晨辰"
)
SOUND_ALIKE = {word[0]: word[1:] for word in _SOUND_ALIKE.split()}
SURNAMES_ALIKE = {
    "张": "章",
    "徐": "许",
    "于": "余",
    "何": "贺",
    "林": "琳",
    "董": "懂",
    "程": "成",
}
OPERATORS = ("130", "131", "135", "136", "137", "138", "139", "150", "151", "158", "159", "177",
             "180", "185", "186", "188", "189", "199")  # fmt: skip
STREETS = ("柳泉路", "人民西路", "华光路", "新村西路", "共青团路", "金晶大道", "联通路", "中心路")
KIN = ("爱人", "太太", "老婆", "老公", "媳妇", "儿子", "女儿")


class Card(NamedTuple):
    """One customer as he was entered; `person` and `home` are the truth."""

    customer: str
    name: str
    phones: tuple[str, ...]
    address: str
    note: str
    person: int
    home: int
    day: int
    staff: str


Pair = tuple[str, str]


class Town:
    """The people of a made-up town, and how a dealership wrote them down."""

    def __init__(self, people: int, seed: int) -> None:
        self.dice = random.Random(f"town/{seed}")
        self.cards: list[Card] = []
        self._homes = 0
        self._person = 0
        switchboards = [self._line() for _ in range(max(people // 400, 1))]
        reception = self._mobile()
        while self._person < people:
            fate = self.dice.random()
            if fate < 0.72:
                self._single()
            elif fate < 0.92:
                self._family()
            else:
                self._employees(self.dice.choice(switchboards))
            if self.dice.random() < 0.004:  # entered with the number of the outlet itself
                self._person += 1
                self._write(self._name(), (reception,), "", "", self._home())

    # ------------------------------------------------------------------------ people

    def _single(self) -> None:
        self._person += 1
        name, phones, home = self._name(), self._phones(), self._home()
        address = self._address() if self.dice.random() < 0.25 else ""
        self._write(name, phones, address, self._small_talk(), home)
        self._again(name, phones, address, home)

    def _family(self) -> None:
        home, line, address = self._home(), self._line(), self._address()
        has_line = self.dice.random() < 0.4
        surname = self._surname()
        members: list[tuple[str, tuple[str, ...]]] = []
        for place in range(self.dice.choice((2, 2, 2, 3))):
            # A spouse has a surname of her own, a child its father's.
            name = self._name(surname if place != 1 else None)
            phones = self._phones() if self.dice.random() < 0.9 else ()
            if has_line and self.dice.random() < 0.8:
                phones = (*phones, line)
            members.append((name, phones))
        for place, (name, phones) in enumerate(members):
            self._person += 1
            note = self._small_talk()
            if self.dice.random() < 0.5:
                note = self._spouse_note(*members[place - 1])
            if place and self.dice.random() < 0.25:  # filed with the spouse's number
                phones = (members[0][1] or phones)[:1]
            where = address if self.dice.random() < 0.5 else ""
            self._write(name, phones, where, note, home)
            self._again(name, phones, where, home)

    def _employees(self, switchboard: str) -> None:
        self._person += 1
        name, phones, home = self._name(), self._phones(), self._home()
        number = switchboard
        if self.dice.random() < 0.6:
            number += f" 转 {self.dice.randrange(100, 999)}"
        phones = (number,) if self.dice.random() < 0.4 else (*phones, number)
        self._write(name, phones, "", self._small_talk(), home)
        self._again(name, phones, "", home)

    def _again(self, name: str, phones: tuple[str, ...], address: str, home: int) -> None:
        """Entered a second time, seldom a third, by somebody who did not look first."""
        for chance in (0.12, 0.1):
            if self.dice.random() > chance:
                return
            name_now = self._slip_of_name(name)
            self._write(
                name_now,
                self._slip_of_phones(phones),
                address if self.dice.random() < 0.6 else "",
                self._small_talk(),
                home,
            )

    def _write(self, name: str, phones: Sequence[str], address: str, note: str, home: int) -> None:
        self.cards.append(
            Card(
                f"K{len(self.cards):07d}",
                name,
                tuple(self._spelling(phone) for phone in phones),
                address,
                note,
                self._person,
                home,
                self.dice.randrange(500),
                self.dice.choice(STAFF),
            )
        )

    # ------------------------------------------------------------------------- slips

    def _slip_of_name(self, name: str) -> str:
        dice, fate = self.dice, self.dice.random()
        if fate < 0.60:
            return name
        if fate < 0.80:
            place = dice.randrange(len(name))
            char = name[place]
            options = SURNAMES_ALIKE.get(char, "") if place == 0 else SOUND_ALIKE.get(char, "")
            return name[:place] + dice.choice(options or char) + name[place + 1 :]
        if fate < 0.90:
            surname = name[:2] if name[:2] in SURNAMES else name[0]
            return surname + dice.choice(("先生", "女士", "总"))
        if len(name) > 2:
            return name[:-1] + dice.choice(GIVEN)
        return name

    def _slip_of_phones(self, phones: tuple[str, ...]) -> tuple[str, ...]:
        dice, fate = self.dice, self.dice.random()
        if not phones or fate < 0.12:
            return ()
        if fate < 0.60:
            return phones[:1]
        if fate < 0.72:
            return (*self._phones(), phones[0])
        if fate < 0.80:
            return self._phones()  # a new number altogether
        digits = list(phones[0])
        places = [place for place, char in enumerate(digits) if char.isdigit()][3:11]
        if len(places) < 4:
            return phones
        if fate < 0.90:
            place = dice.choice(places[:-1])
            digits[place], digits[place + 1] = digits[place + 1], digits[place]
        else:
            digits[dice.choice(places)] = str(dice.randrange(10))
        return ("".join(digits), *phones[1:])

    def _spelling(self, phone: str) -> str:
        dice = self.dice
        if not phone.isdigit() or len(phone) != 11:
            return phone
        form = dice.random()
        if form < 0.6:
            return phone
        if form < 0.75:
            return f"{phone[:3]}-{phone[3:7]}-{phone[7:]}"
        if form < 0.85:
            return f"+86 {phone}"
        if form < 0.95:
            return f"{phone[:3]} {phone[3:7]} {phone[7:]}"
        return phone.translate({ord("0") + n: 0xFF10 + n for n in range(10)})

    def _spouse_note(self, name: str, phones: tuple[str, ...]) -> str:
        dice, kin = self.dice, self.dice.choice(KIN)
        form = dice.random()
        if form < 0.3:
            return f"{name}的{kin}"
        if form < 0.55:
            return f"{kin}{name}也来看过"
        if form < 0.75 and phones:
            return f"{kin}电话{phones[0]}"
        if form < 0.9:
            return f"等{kin}有空一起来"
        return f"和{kin}商量"

    def _small_talk(self) -> str:
        dice = self.dice
        if dice.random() < 0.08:
            return f"等{dice.choice(KIN)}有空一起来"
        return dice.choice(("", "", "看了两款车型", "要白色现车", "比较了三家的报价"))

    # ------------------------------------------------------------------------- parts

    def _home(self) -> int:
        self._homes += 1
        return self._homes

    def _surname(self) -> str:
        return self.dice.choices(list(SURNAMES), list(SURNAMES.values()))[0]

    def _name(self, surname: str | None = None) -> str:
        dice = self.dice
        surname = surname or self._surname()
        if dice.random() < 0.25:
            return surname + dice.choice(PAIRED)
        return surname + dice.choice(GIVEN) + dice.choice(GIVEN)

    def _mobile(self) -> str:
        return f"{self.dice.choice(OPERATORS)}{self.dice.randrange(10**8):08d}"

    def _line(self) -> str:
        return f"0533-{self.dice.choice('23678')}{self.dice.randrange(10**6):06d}"

    def _phones(self) -> tuple[str, ...]:
        fate = self.dice.random()
        if fate < 0.06:
            return ()
        return (self._mobile(), self._mobile()) if fate > 0.9 else (self._mobile(),)

    def _address(self) -> str:
        dice = self.dice
        street, house = dice.choice(STREETS), dice.randrange(1, 200)
        return f"{street}{house}号{dice.randrange(1, 30)}号楼{dice.randrange(101, 1800)}"


def truth(cards: Iterable[Card]) -> dict[str, set[Pair]]:
    """All true pairs: one person twice; two people of one home."""
    homes: dict[int, list[Card]] = {}
    for card in cards:
        homes.setdefault(card.home, []).append(card)
    found: dict[str, set[Pair]] = {"same": set(), "household": set()}
    for home in homes.values():
        for place, one in enumerate(home):
            for other in home[place + 1 :]:
                kind = "same" if one.person == other.person else "household"
                found[kind].add(_pair(one.customer, other.customer))
    return found


def _pair(one: str, other: str) -> Pair:
    return (one, other) if one < other else (other, one)


def lines(cards: Sequence[Card]) -> Iterator[str]:
    """The dealership as interchange JSON Lines."""
    at = OPENING.isoformat()
    yield json.dumps(
        {"kind": "outlet", "outlet": "main", "name": "展厅", "type": "store", "at": at}
    )
    roles = [("gao", "manager"), *((staff, "consultant") for staff in STAFF)]
    for staff, role in roles:
        line = {"kind": "staff", "staff": staff, "name": staff, "role": role}
        yield json.dumps({**line, "outlet": "main", "at": at})
    for card in sorted(cards, key=lambda card: card.day):
        moment = (OPENING + timedelta(days=card.day + 1)).isoformat()
        line: dict[str, Any] = {
            "kind": "customer",
            "customer": card.customer,
            "name": card.name,
            "at": moment,
            "by": card.staff,
        }
        if card.phones:
            line["phones"] = card.phones
        if card.address:
            line["address"] = card.address
        yield json.dumps(line, ensure_ascii=False)
        visit = {"kind": "visit", "customer": card.customer, "at": moment, "by": card.staff}
        if card.note:
            visit["note"] = card.note
        yield json.dumps(visit, ensure_ascii=False)


# ----------------------------------------------------------------------------- measuring

Scored = tuple[str, str, str, float]
"""Kind, two customers, score from 0 to 100."""


def by_command(cards: Sequence[Card], folder: Path) -> tuple[list[Scored], str]:
    """What `customer suggest` answers, from score 1; and what it took."""
    file, register, out = folder / "town.jsonl", folder / "town.db", folder / "out.jsonl"
    file.write_text("".join(f"{line}\n" for line in lines(cards)), encoding="utf-8")
    env = environment(CONFLICTCTL_DB=str(register))
    run([program(), "init", "--timezone", "Asia/Shanghai"], env)
    run([program(), "import", str(file), "--attest", "gao"], env)
    command = [program(), "customer", "suggest", "--format", "jsonl", "--min-score", "10"]
    took = run(command, env, keep=out)
    found = []
    with out.open(encoding="utf-8") as text:
        for line in text:
            row = json.loads(line)
            found.append((row["kind"], *row["customers"], float(row["score"])))
    return found, f"{took.seconds:.1f} s, {took.peak_mb:.0f} MB"


def report(name: str, found: Sequence[Scored], true: dict[str, set[Pair]]) -> None:
    """Precision, recall and F1 by kind and threshold."""
    print(f"  {name}")
    for kind in ("same", "household"):
        for least in (30, 50, 60, 70, 80, 90):
            chosen = {_pair(a, b) for k, a, b, score in found if k == kind and score >= least}
            right = len(chosen & true[kind])
            precision = right / len(chosen) if chosen else 1.0
            recall = right / len(true[kind]) if true[kind] else 1.0
            f1 = 2 * precision * recall / (precision + recall) if right else 0.0
            print(
                f"    {kind:9} from {least}: precision {precision:.3f}  recall {recall:.3f}  "
                f"F1 {f1:.3f}  ({right} of {len(chosen)}, {len(true[kind])} true)"
            )


def calibration(found: Sequence[Scored], true: dict[str, set[Pair]]) -> None:
    """Whether of pairs with score 80 some eighty of a hundred are true."""
    total, right = Counter[int](), Counter[int]()
    for kind, one, other, score in found:
        band = int(score) // 10 * 10
        total[band] += 1
        right[band] += _pair(one, other) in true[kind]
    shares = (f"{band}-{band + 9}: {right[band] / total[band]:.2f}" for band in sorted(total))
    print("    true of all, by score  " + "  ".join(shares))


def main() -> int:
    asked = parser(__doc__ or "")
    asked.add_argument("--people", type=int, default=5000)
    asked.add_argument("--seeds", default="2,3,4")
    asked.add_argument("--splink", action="store_true")
    options = asked.parse_args()
    for seed in map(int, options.seeds.split(",")):
        cards = Town(options.people, seed).cards
        true = truth(cards)
        print(f"seed {seed}: {len(cards)} cards of {options.people} people")
        with tempfile.TemporaryDirectory() as folder:
            found, took = by_command(cards, Path(folder))
        report(f"conflictctl customer suggest ({took})", found, true)
        calibration(found, true)
        if options.splink:
            from peers.splink_pairs import pairs

            started = time.monotonic()
            rivals = pairs(cards)
            report(f"Splink on DuckDB ({time.monotonic() - started:.1f} s)", rivals, true)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
