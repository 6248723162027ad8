"""A small company, and entries about its cases without a register."""

from __future__ import annotations

from typing import Any

from conflictctl.calendar import MINUTE, parse_time
from conflictctl.cases.procedure import Case, Proposal
from conflictctl.events import Event, read_line
from conflictctl.people import People

MORNING = parse_time("2026-03-02T09:00:00+08:00")[0]

STAFF: dict[str, tuple[str, str]] = {
    "wang": ("consultant", "sales"),
    "li": ("consultant", "sales"),
    "mei": ("consultant", "front"),
    "zhao": ("supervisor", "sales"),
    "qian": ("supervisor", "front"),
    "sun": ("manager", "front"),
    "gao": ("department_head", "sales"),
    "feng": ("department_head", "service"),
    "gm": ("general_manager", "sales"),
    "desk": ("clerk", "front"),
    "ann": ("auditor", "front"),
}

LADDER = (
    "handler",
    "supervisor",
    "department_head",
    "panel",
    "general_manager",
    "mediation",
    "arbitration",
)

COMPLAINT: dict[str, Any] = {
    "category": "complaint",
    "customer": "K1",
    "channel": "phone",
    "demand": "money back",
    "by": "desk",
}
INTERNAL: dict[str, Any] = {
    "category": "internal",
    "parties": ["wang", "li"],
    "demand": "the same share of the floor",
    "by": "wang",
}
BETWEEN_DEPARTMENTS: dict[str, Any] = {
    "category": "internal",
    "departments": ["sales", "service"],
    "demand": "who pays the repair",
    "by": "gao",
}

# What an entry of each kind holds at least, about the case C-1 whose handler is mei.
SAMPLES: dict[str, dict[str, Any]] = {
    "case_opened": COMPLAINT,
    "case_accepted": {"handler": "mei"},
    "case_rejected": {"reason": "no such sale", "by": "sun"},
    "case_withdrawn": {"reason": "made up"},
    "case_contact": {"said": "he waits"},
    "case_response": {"channel": "phone"},
    "case_update": {"channel": "chat"},
    "case_requirement": {"requirement": "by Friday", "confirmed": True},
    "case_change": {"change": "by Monday"},
    "case_finding": {"facts": "a loose screw"},
    "case_proposal": {"proposal": "P1", "text": "mend it"},
    "case_reply": {"proposal": "P1", "party": "customer", "reply": "accept"},
    "case_resolution": {"how": "settled", "text": "it is mended"},
    "case_task": {"task": "T1", "owner": "li", "due": "2026-03-09", "text": "mend it"},
    "case_task_done": {"task": "T1"},
    "case_survey": {"score": 5},
    "case_lesson": {
        "lesson": "L1",
        "root_cause": "no check",
        "improvement": "check",
        "owner": "li",
    },
    "case_lesson_done": {"lesson": "L1"},
    "case_obstruction": {"party": "customer", "how": "no_show", "said": "twice"},
    "case_escalated": {"to": "supervisor", "reason": "too late"},
    "case_reopened": {"reason": "it broke again"},
    "case_closed": {"summary": "done"},
}


def event(seq: int, kind: str, **fields: Any) -> Event:
    """One entry, a minute after the one before it."""
    draft = read_line({"kind": kind, **fields})
    at = MORNING + seq * MINUTE
    return Event(
        "main",
        seq,
        None,
        kind,
        at,
        480,
        at,
        at,
        draft.by,
        draft.recorded_by,
        draft.customer,
        draft.fields,
    )


def company() -> People:
    """Two outlets' worth of staff in three departments."""
    people = People([event(1, "outlet", outlet="shop", name="Shop", type="store")])
    for seq, (name, (role, department)) in enumerate(STAFF.items(), 2):
        people.learn(
            event(
                seq,
                "staff",
                staff=name,
                name=name,
                role=role,
                outlet="shop",
                department=department,
            )
        )
    return people


PEOPLE = company()


class Writing:
    """One case being written: `step("case_accepted", handler="mei")`, one minute apart."""

    def __init__(self, case: str = "C-1", **opened: Any) -> None:
        self.name = case
        self.seq = 100
        self.case = Case(event(self.seq, "case_opened", case=case, **opened), PEOPLE)

    def entry(self, kind: str, **fields: Any) -> Event:
        """The next entry, with what its kind needs where nothing else is said."""
        self.seq += 1
        line = {"by": "mei", "case": self.name, **SAMPLES[kind], **fields}
        return event(self.seq, kind, **{k: v for k, v in line.items() if v is not None})


def snapshot(case: Case) -> dict[str, Any]:
    """All that a case holds, as values that no later step changes."""
    return {name: _frozen(getattr(case, name)) for name in Case.__slots__ if name != "people"}


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _frozen(item) for key, item in value.items()}
    if isinstance(value, Proposal):
        return (value.event, dict(value.replies))
    return list(value) if isinstance(value, list) else value
