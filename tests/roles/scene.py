"""A register in which everybody of every role meets every kind of entry in every relation.

Each meeting has a customer (or a case, or an entry to speak of) of its own, so that what one
attempt leaves behind does not reach the next.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from conflictctl.events import REFERENCE_FIELDS, ROLES, read_line
from conflictctl.register.store import create_register
from tests.roles.table import RIGHTS, asked

Line = dict[str, Any]

HOUSE = (
    *(
        {"kind": "outlet", "outlet": outlet, "name": outlet, "type": "store"}
        for outlet in ("shop", "boshan")
    ),
    *({"kind": "staff", "staff": r, "name": r, "role": r, "outlet": "shop"} for r in ROLES),
    *(
        {"kind": "staff", "staff": staff, "name": staff, "role": role, "outlet": outlet}
        for staff, role, outlet in (
            ("zhang", "consultant", "shop"),
            ("bo", "consultant", "boshan"),
            ("min", "manager", "shop"),
            ("mei", "manager", "boshan"),
            ("lin", "consultant", "shop"),
            ("chief", "general_manager", "shop"),
            ("temp", "clerk", "shop"),
        )
    ),
)

MANAGERS_ACT = frozenset(
    {"decision", "notice", "reassign", "finding", "sanction", "unlink", "ruling", "setting"}
    | {"outlet", "staff", "staff_left", "staff_returned", "staff_moved", "staff_absent"}
)

# What each kind says, apart from whom it concerns; {n} is the meeting's own name.
FIELDS: dict[str, Line] = {
    "outlet": {"outlet": "new.{n}", "name": "N", "type": "store"},
    "staff": {"staff": "new.{n}", "name": "N", "role": "clerk", "outlet": "shop"},
    "customer": {"name": "N"},
    "lost": {"reason": "other"},
    "reopened": {},
    "staff_left": {"staff": "temp"},
    "staff_returned": {"staff": "temp"},
    "staff_moved": {"staff": "temp", "department": "{n}"},
    "staff_absent": {"staff": "temp"},
    "link": {"relation": "same"},
    "unlink": {},
    "visit": {"direction": "out"},
    "call": {"direction": "out"},
    "followup": {},
    "inform": {"to": "temp"},
    "accompany": {"to_outlet": "boshan"},
    "confirm": {},
    "together": {},
    "level": {"level": "A"},
    "check": {"query": "1**", "result": "taken"},
    "card": {"contact": "C"},
    "filing": {"to": "min"},
    "decision": {"decision": "approve"},
    "notice": {"to": "zhang"},
    "reassign": {"to": "zhang", "cause": "other"},
    "demand": {"to": "zhang"},
    "order": {},
    "cancel_order": {},
    "close": {},
    "learn": {},
    "claim": {},
    "withdraw_claim": {},
    "agreement": {"parties": ["zhang"], "shares": [{"party": "zhang", "share": "100"}]},
    "finding": {"question": "q", "subject": "zhang", "answer": True, "grounds": "g"},
    "ruling": {
        "instance": "panel",
        "award": [{"party": "zhang", "share": "100"}],
        "reason": "r",
    },
    "appeal": {"to": "general_manager"},
    "sanction": {"staff": "zhang", "measure": "warning", "reason": "r"},
    "case_opened": {"category": "internal", "demand": "d"},
    "case_accepted": {"handler": "zhang"},
    "case_rejected": {"reason": "r"},
    "case_withdrawn": {},
    "case_contact": {"said": "s"},
    "case_response": {},
    "case_update": {},
    "case_requirement": {"requirement": "r", "confirmed": True},
    "case_change": {"change": "c"},
    "case_finding": {"facts": "f"},
    "case_proposal": {"proposal": "P1", "text": "t"},
    "case_reply": {"proposal": "P1", "party": "lin", "reply": "accept"},
    "case_resolution": {"how": "settled", "text": "t"},
    "case_task": {"task": "T1", "owner": "zhang", "due": "2030-01-01", "text": "t"},
    "case_task_done": {"task": "T1"},
    "case_survey": {"score": 5},
    "case_lesson": {"lesson": "L1", "root_cause": "r", "improvement": "i", "owner": "zhang"},
    "case_lesson_done": {"lesson": "L1"},
    "case_obstruction": {"party": "lin", "how": "delay", "said": "s"},
    "case_escalated": {"to": "supervisor", "reason": "r"},
    "case_reopened": {"reason": "r"},
    "case_closed": {},
    "survey": {"campaign": "Q1", "score": 5},
    "correction": {"changes": {"note": "n"}},
    "void": {"reason": "r"},
    "setting": {"name": "checks_per_day", "value": 500},
}

BY_THE_PROGRAM = frozenset({"redaction", "attestation", "notification", "checkpoint"})
"""Kinds that no line brings; a command writes them."""

SEVERAL = frozenset({"link", "unlink", "together"})
_WITHOUT_CUSTOMER = frozenset({"outlet", "staff", "setting"})

_ACCEPTED = ("case_accepted",)
_RESOLVED = (*_ACCEPTED, "case_finding", "case_proposal", "case_resolution")
STEPS_BEFORE: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("case_opened", "case_rejected", "case_accepted"), ()),
    "case_change": (*_ACCEPTED, "case_requirement"),
    "case_reply": (*_ACCEPTED, "case_proposal"),
    "case_resolution": (*_ACCEPTED, "case_proposal"),
    **dict.fromkeys(("case_task", "case_survey", "case_reopened"), _RESOLVED),
    "case_task_done": (*_RESOLVED, "case_task"),
    "case_lesson_done": (*_RESOLVED, "case_lesson"),
    "case_closed": (*_RESOLVED, "case_survey"),
}
"""How far a case has come when a step is tried; accepted, unless said otherwise."""


class Meeting(NamedTuple):
    """Somebody of a role is to record a kind in a relation."""

    kind: str
    role: str
    relation: str

    @property
    def name(self) -> str:
        """Its own customer, case and entry are called like this."""
        return f"{self.kind}.{self.role}.{self.relation}"

    @property
    def of_colleague(self) -> str | None:
        """Whose act it is, if not the actor's own."""
        managers = self.kind in MANAGERS_ACT
        return {
            "t": "min" if managers else "zhang",
            "q": "min" if managers else "zhang",
            "x": "mei" if managers else "bo",
        }.get(self.relation)

    @property
    def author(self) -> str:
        """Whose act it is."""
        return self.of_colleague or self.role

    @property
    def is_party(self) -> bool:
        """Whether the actor has a part in the matter."""
        return self.relation in "pq"

    def line(self) -> Line:
        """The line that records it; without `by` where it is the actor's own."""
        line: Line = {"kind": self.kind, **_filled(FIELDS[self.kind], self.name)}
        if self.kind in SEVERAL:
            line["customers"] = [self.name, f"{self.name}+"]
        elif self.kind.startswith("case_"):
            line["case"] = self.name
            if self.kind == "case_opened":
                line["parties"] = self.parties()
        elif not self.kind.startswith("staff") and self.kind not in _WITHOUT_CUSTOMER:
            line["customer"] = self.name
        if self.kind in REFERENCE_FIELDS:
            line[REFERENCE_FIELDS[self.kind]] = f"to.{self.name}"
        # What speaks of an entry is the actor's own word; whose the entry is, the relation says.
        if self.of_colleague is not None and self.kind not in ("correction", "void"):
            line["by"] = self.author
        return line

    def parties(self) -> list[str]:
        """The parties of its case."""
        return [self.role if self.is_party else "temp", "lin"]

    def before(self) -> Iterator[Line]:
        """What the register holds when it is tried."""
        if self.kind.startswith("case_"):
            yield from self._case()
        elif self.kind not in _WITHOUT_CUSTOMER and not self.kind.startswith("staff"):
            yield _line("customer", self.name, by="temp", name="N")
            if self.kind in SEVERAL:
                yield _line("customer", f"{self.name}+", by="temp", name="N")
            if self.is_party:
                yield _line("order", self.name, by=self.role)
            yield from self._spoken_of()

    def _spoken_of(self) -> Iterator[Line]:
        entry = {"id": f"to.{self.name}"}
        match self.kind:
            case "correction" | "void":
                yield _line("inform", self.name, by=self.author, to="temp", **entry)
            case "confirm":
                said = {"direction": "out", "accompanied_by": self.author}
                yield _line("visit", self.name, by="lin", **said, **entry)
            case "withdraw_claim":
                yield _line("claim", self.name, by=self.author, **entry)
            case "decision":
                yield _line("filing", self.name, by="zhang", to="min", **entry)
            case "cancel_order":
                yield _line("order", self.name, by="lin", **entry)
            case "appeal":
                given = {**FIELDS["ruling"], "instance": "general_manager"}
                yield _line("ruling", self.name, by="chief", **given, **entry)
            case "unlink":
                pair = [self.name, f"{self.name}+"]
                yield {"kind": "link", "by": "temp", "customers": pair, "relation": "same"}

    def _case(self) -> Iterator[Line]:
        handler = self.role if self.relation == "h" else "zhang"
        if self.kind == "case_opened":
            return
        about = {"case": self.name, "by": "chief"}
        yield {"kind": "case_opened", **FIELDS["case_opened"], **about, "parties": self.parties()}
        for step in STEPS_BEFORE.get(self.kind, _ACCEPTED):
            given = {"handler": handler} if step == "case_accepted" else {}
            yield {"kind": step, **FIELDS[step], **about, **given}


def _line(kind: str, customer: str, **fields: Any) -> Line:
    return {"kind": kind, "customer": customer, **fields}


def _filled(fields: Line, name: str) -> Line:
    return {
        key: value.format(n=name) if isinstance(value, str) else value
        for key, value in fields.items()
    }


def meetings(kinds: Iterator[str] | tuple[str, ...] | None = None) -> list[Meeting]:
    """Every role with every kind in every relation that can occur."""
    return [
        Meeting(kind, role, relation)
        for kind in (kinds if kinds is not None else RIGHTS)
        for role in ROLES
        for relation in asked(kind)
    ]


def now() -> int:
    """The machine's clock, in microseconds."""
    return time.time_ns() // 1000


def build(path: Path, all_meetings: list[Meeting]) -> Path:
    """A register in which all of them can be tried."""
    with (
        create_register(str(path), zone="Asia/Shanghai", clock=now) as register,
        register.writing(now) as writer,
    ):
        for line in HOUSE:
            writer.add(read_line(line))
        for meeting in all_meetings:
            for line in meeting.before():
                writer.add(read_line(line))
    return path


class Entered(NamedTuple):
    """An entry of the register: its kind, whose act it is, and who entered it."""

    kind: str
    by: str | None
    recorded_by: str | None


def entries(path: Path) -> list[Entered]:
    """Every entry, in its place."""
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("SELECT body FROM events ORDER BY seq").fetchall()
    bodies = [json.loads(body) for (body,) in rows]
    return [Entered(b["kind"], b.get("by"), b.get("rby", b.get("by"))) for b in bodies]
