"""A case as values: one JSON object, or one row of a list for programs."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from typing import IO, TYPE_CHECKING, Any

from conflictctl.render.language import say
from conflictctl.render.safe import cell_text

if TYPE_CHECKING:
    from conflictctl.calendar import Calendar, Moment
    from conflictctl.cases.due import Deadline
    from conflictctl.cases.procedure import Case
    from conflictctl.events import Event
    from conflictctl.people import People
    from conflictctl.render.ruling_json import Head

LIST_COLUMNS = (
    "case",
    "category",
    "state",
    "level",
    "severity",
    "customer",
    "outlet",
    "handler",
    "cause",
    "opened",
    "resolved",
    "closed",
    "next_deadline",
    "due",
)


def case_values(case: Case, due: Deadline | None, calendar: Calendar) -> dict[str, Any]:
    """What a list says of one case; times as ISO 8601 in the register's zone."""
    return {
        "case": case.id,
        "category": case.category,
        "state": case.state,
        "level": case.level,
        "severity": case.severity,
        "customer": case.customer,
        "outlet": case.outlet,
        "handler": case.handler,
        "cause": case.cause,
        "opened": calendar.iso(case.opened.at),
        "resolved": _at(case.resolved, calendar),
        "closed": _at(case.closed, calendar),
        "next_deadline": due.what if due is not None else None,
        "due": calendar.iso(due.due) if due is not None else None,
    }


def write_cases_csv(
    rows: Iterable[tuple[Case, Deadline | None]], stream: IO[str], calendar: Calendar
) -> None:
    """Write a list of cases as CSV with a heading.  No cell can be a formula."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(LIST_COLUMNS)
    for case, due in rows:
        writer.writerow([cell_text(value) for value in case_values(case, due, calendar).values()])


def case_json(
    case: Case, due: Sequence[Deadline], *, calendar: Calendar, people: People, head: Head
) -> dict[str, Any]:
    """All of one case as a JSON object; only why a step was refused follows the language."""
    opened = case.opened
    still = [one for one in due if one.met is None]
    return {
        **case_values(case, min(still, key=_by_due, default=None), calendar),
        "deal": case.deal,
        "parties": list(case.parties),
        "departments": list(case.departments),
        "channel": case.channel,
        "nature": case.nature,
        "character": case.character,
        "customer_type": case.customer_type,
        "articles": list(case.articles),
        "taken_in_by": opened.by,
        "demand": opened.get("demand"),
        "facts": opened.get("facts"),
        "how": case.how,
        "resolution": case.resolved.get("text") if case.resolved is not None else None,
        "deadlines": [_deadline(one, calendar) for one in due],
        "requirement": case.requirement.get("requirement") if case.requirement else None,
        "changes": [_plain(event, calendar) for event in case.changes],
        "proposals": [
            {
                "proposal": name,
                "by": proposal.event.by,
                "text": proposal.event.get("text"),
                "pros": proposal.event.get("pros"),
                "cons": proposal.event.get("cons"),
                "replies": proposal.replies,
            }
            for name, proposal in case.proposals.items()
        ],
        "tasks": [
            {
                "task": name,
                "owner": task.owner,
                "due": task.due,
                "text": task.event.get("text"),
                "done": _at(task.done, calendar),
            }
            for name, task in case.tasks.items()
        ],
        "satisfaction": [
            {
                "at": calendar.iso(answer.event.at),
                "score": answer.score,
                "comment": answer.event.get("comment"),
            }
            for answer in case.answers
        ],
        "survey_ended": _reason(case.ended, "ended") or _reason(case.waived, "survey_waived"),
        "lessons": [
            {
                "lesson": name,
                "owner": lesson.owner,
                "due": lesson.due,
                "root_cause": lesson.event.get("root_cause"),
                "improvement": lesson.event.get("improvement"),
                "done": _at(lesson.done, calendar),
            }
            for name, lesson in case.lessons.items()
        ],
        "escalations": len(case.escalations),
        "reopenings": len(case.reopenings),
        "obstructions": [_plain(event, calendar) for event in case.obstructions],
        "steps": [
            {
                **_plain(tried.event, calendar),
                "refused": None
                if tried.refusal is None
                else say(tried.refusal.reason, people, calendar),
            }
            for tried in case.tried
        ],
        "register": {"seq": head.seq, "head": head.text},
    }


def _by_due(due: Deadline) -> Moment:
    return due.due


def _deadline(due: Deadline, calendar: Calendar) -> dict[str, Any]:
    return {
        "what": due.what,
        "task": due.task,
        "staff": due.staff,
        "due": calendar.iso(due.due),
        "met": None if due.met is None else calendar.iso(due.met),
        "proposes": due.proposes,
    }


def _plain(event: Event, calendar: Calendar) -> dict[str, Any]:
    return {
        "event": event.ref,
        "kind": event.kind,
        "at": calendar.iso(event.at),
        "by": event.by,
        **{name: value for name, value in event.fields.items() if name != "case"},
    }


def _reason(event: Event | None, field: str) -> str | None:
    return None if event is None else event.get(field)


def _at(event: Event | None, calendar: Calendar) -> str | None:
    return None if event is None else calendar.iso(event.at)
