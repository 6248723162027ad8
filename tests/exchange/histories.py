"""Random, valid files that use every kind and every field of the vocabulary."""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone
from typing import Any

from conflictctl.events import CASE_STEPS, CUSTOMER_TYPES, KINDS, REFERENCE_FIELDS

Line = dict[str, Any]

ZONE = timezone(timedelta(hours=8))
START = datetime(2013, 3, 1, 9, tzinfo=ZONE)
STAFF = {
    "sun": "manager",
    "wang": "consultant",
    "li": "consultant",
    "zhao": "supervisor",
    "gu": "consultant",
    "mo": "clerk",
}
CUSTOMERS = [f"K{number}" for number in range(1, 7)]
TEXTS = [
    "看车",
    "=1+1",
    "'quoted",
    '"both"',
    "a;b=c",
    "two\nlines",
    "tab\there",
    " spaced ",
    "",
    "[1]",
    "{}",
    "+86 139",
    "-",
    "@home",
    "é̂",
    "𠮷野家",
    "a,b",
    "NULL",
    "none",
    "'",
    "’",
]
OWN_TARGETS = {
    "decision": "filing",
    "cancel_order": "order",
    "withdraw_claim": "claim",
    "appeal": "ruling",
}
FREE_TEXT = frozenset(
    {
        "note",
        "grounds",
        "reason",
        "query",
        "demand",
        "facts",
        "said",
        "requirement",
        "change",
        "impact",
        "text",
        "pros",
        "cons",
        "comment",
        "ended",
        "root_cause",
        "improvement",
        "summary",
        "survey_waived",
    }
)
LIVELY = [
    name
    for name, kind in KINDS.items()
    if not kind.own and name not in ("outlet", "staff", "setting")
]


def valid_lines(seed: int, count: int) -> list[Line]:
    """Outlets, staff and customers, then `count` random entries in the order of recording."""
    chance = random.Random(seed)
    return [*_introductions(chance), *_Story(chance).lines(count)]


def _introductions(chance: random.Random) -> list[Line]:
    moment = START.isoformat()
    lines: list[Line] = [
        {
            "kind": "outlet",
            "id": "o1",
            "at": moment,
            "outlet": "store",
            "name": "主店",
            "type": "store",
        },
        {
            "kind": "outlet",
            "id": "o2",
            "at": moment,
            "outlet": "branch",
            "name": "=网点",
            "type": "second_tier",
        },
    ]
    lines += [
        {
            "kind": "staff",
            "id": f"s-{name}",
            "at": moment,
            "staff": name,
            "name": f"{name} 名",
            "role": role,
            "outlet": "branch" if name == "gu" else "store",
            "login": f"{name}@x",
        }
        for name, role in STAFF.items()
    ]
    for name in CUSTOMERS:
        line: Line = {
            "kind": "customer",
            "at": moment,
            "by": "mo",
            "customer": name,
            "name": f"客户{name}",
            "phones": chance.choice([[], ["+86 1"], ["1", "2;3"]]),
        }
        if chance.random() < 0.5:
            line["id"] = f"c-{name}"
        lines.append(line)
    return [{"recorded_at": moment, **line} for line in lines]


class _Story:
    """One entry after the other; later ones may speak of earlier ones."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.told: list[Line] = []

    def lines(self, count: int) -> list[Line]:
        now = START
        while len(self.told) < count:
            now += timedelta(
                minutes=self.chance.randint(1, 600),
                microseconds=self.chance.choice([0, 0, 1, 999999]),
            )
            line = self._line(self.chance.choice(LIVELY))
            if line is not None:
                late = timedelta(days=self.chance.choice([0, 0, 0, 1, 3]))
                line |= {"at": (now - late).isoformat(), "recorded_at": now.isoformat()}
                self.told.append(line)
        return self.told

    def _line(self, name: str) -> Line | None:
        kind = KINDS[name]
        # Only what has an id of the file's own can be spoken of in the file.
        line: Line = {"kind": name, "id": f"e{len(self.told)}", "by": self._staff()}
        if self.chance.random() < 0.3:
            line["recorded_by"] = "mo"
        reference = REFERENCE_FIELDS.get(name)
        target = self._target(name) if reference else None
        if reference and target is None:
            return None
        if target is not None and reference:
            line[reference] = target["id"]
            customer = target.get("customer")
        else:
            customer = self.chance.choice(CUSTOMERS)
        if kind.customer == "required" or (kind.customer == "optional" and target is None):
            line["customer"] = customer
        for field_name, field in kind.fields.items():
            if field_name != reference and (field.required or self.chance.random() < 0.4):
                line[field_name] = self._value(name, field_name)
        if "case" in line and name != "case_opened":
            line["case"] = self._case()
            if line["case"] is None:
                return None
        if name in CASE_STEPS:
            line.pop("customer", None)  # the case says whose it is
        if name == "correction":
            assert target is not None
            line["changes"] = {"note": self._text()}
        if name == "filing":
            line["to"] = "sun"
        if kind.group == "case":
            # What somebody said of a case is not nothing.
            line |= {name: "无" for name, value in line.items() if value == ""}
            self._about_case(line)
        return {key: value for key, value in line.items() if value is not None}

    def _about_case(self, line: Line) -> None:
        """What must fit together in an entry about a case."""
        if line["kind"] == "case_opened":
            line["case"] = f"C-{len(self.told)}"
            line["channel"] = "phone"
            line["customer"] = self.chance.choice(CUSTOMERS)
            line["parties"] = self._two()
        elif line["kind"] in ("case_survey", "survey"):
            if line.setdefault("reached", True):
                line["score"] = self.chance.randint(1, 5)
            else:
                line.pop("score", None)
        elif line["kind"] == "case_resolution":
            line["third_party"] = "消协"

    def _case(self) -> str | None:
        """A case that was opened, or that follows from a claim of the file."""
        able = [line["case"] for line in self.told if line["kind"] == "case_opened"]
        able += [f"A-{line['id']}" for line in self.told if line["kind"] == "claim"]
        return self.chance.choice(able) if able else None

    def _target(self, name: str) -> Line | None:
        wanted = OWN_TARGETS.get(name)
        able = [
            line
            for line in self.told
            if (line["kind"] == wanted if wanted else line["kind"] in ("visit", "call"))
        ]
        return self.chance.choice(able) if able else None

    def _staff(self) -> str:
        return self.chance.choice(list(STAFF))

    def _text(self) -> str:
        return self.chance.choice(TEXTS)

    def _two(self) -> list[str]:
        return self.chance.sample(list(STAFF), 2)

    def _value(self, kind: str, name: str) -> Any:
        field = KINDS[kind].fields[name]
        if field.choices:
            return self.chance.choice(field.choices)
        one, two = self._two()
        if field.refers == "case_party":
            return self.chance.choice([one, "customer"])
        values: dict[str, Any] = {
            "outlet": "store",
            "to_outlet": "branch",
            "department": "sales",
            "segment": "fleet",
            "name": "改名",
            "login": "x",
            "phones": ["13900000001"],
            "address": "县城",
            "type": self.chance.choice(CUSTOMER_TYPES),
            "customers": self.chance.sample(CUSTOMERS, 2),
            "level": self.chance.choice("HABC"),
            "answer": one,
            "named": one,
            "witness": two,
            "until": "2013-05-01",
            "expires_at": "2013-05-01T00:00:00Z",
            "result": "taken",
            "contact": "王",
            "title": "经理",
            "rank": -3,
            "fields": {"a": [1, None, {"b": "=x"}]},
            "amount": "199800.50",
            "currency": "CNY",
            "cost": "0.50",
            "severity": self.chance.randint(1, 4),
            "departments": self.chance.choice([["sales", "售后"], ["a;b", "[c"]]),
            "articles": ["第五条", "=7"],
            "people": [self.chance.choice(["王;先生", "Ms Li", "=x"]), "赵"],
            "cause": "service_quality",
            "evidence": [line["id"] for line in self.told[-2:]],
            "files": [{"name": "照片;1.jpg", "digest": "sha256:" + "0f" * 32}],
            "third_party": "消协",
            "due": "2013-05-01",
            "party": "customer" if kind == "case_reply" else one,
            "campaign": "2013-Q1",
            "product": "X",
            "deal": "D1",
            "signers": [{"staff": one}],
            "parties": [one, two],
            "strikes": [],
            "shares": [{"party": one, "share": "33.34"}, {"party": two, "share": "66.66"}],
            "award": [{"party": one, "share": "100"}],
            "jointly_with": [two],
            "question": "misconduct",
        }
        if name == "answer" and kind == "finding":
            return self.chance.choice([True, False, 7, "7", "true", "by the lift"])
        if name in ("asked", "reached", "final", "confirmed", "accepted"):
            return self.chance.random() < 0.5
        if name in FREE_TEXT:
            return self._text()
        if name in ("case", "proposal", "task", "lesson"):
            return self.chance.choice(["N1", "N2"])
        if kind == "case_escalated" and name == "to":
            return "supervisor"
        if kind.startswith("staff") and name == "staff":
            return "gu"  # the others keep their posts, so that the attester stays one
        return values.get(name, one if field.refers == "staff" else None)
