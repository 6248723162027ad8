"""Who is to be reminded of what: a ladder from the consultant upwards.

A pure function of what is due, the people and the day; nothing here sends anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from conflictctl.calendar import Calendar, Moment, parse_time
from conflictctl.deadlines import Due
from conflictctl.people import People

RUNGS = ("consultant", "supervisor", "manager", "department_head", "general_manager")
"""From below upwards; the last two are asked only where a lower rung has nobody."""

ESCALATED = frozenset({"followup", "case"})
"""What is taken to a superior once it is late.  That a window or a filing ends is nobody's fault,
and a level that was never set has no day."""


class Ladder(NamedTuple):
    """Local days after the due day from which each rung is told; negative: before it."""

    consultant: int = 0
    supervisor: int = 2
    manager: int = 5


class Reminder(NamedTuple):
    """Somebody (a staff id) is told of one thing, as the holder of a rung."""

    to: str
    due: Due
    rung: str


def reminders(
    dues: Iterable[Due], people: People, calendar: Calendar, as_of: Moment, ladder: Ladder
) -> tuple[list[Reminder], list[Due]]:
    """Whom to tell of what, once each; and what there is nobody to tell of.

    A rung that has been reached and has nobody (no supervisor in the outlet, a consultant who
    left) passes to the next one above.  A stand-in is told beside the one who is away.
    """
    told: list[Reminder] = []
    nobody: list[Due] = []
    for due in dues:
        reached = _reached(due, ladder)
        if not reached:
            continue
        found: dict[str, str] = {}
        for rung in reached:
            for holder, staff in _from(rung, due, people, calendar, as_of, set(found)):
                found.setdefault(staff, holder)
        told += [Reminder(staff, due, rung) for staff, rung in found.items()]
        if not found:
            nobody.append(due)
    return told, nobody


def _reached(due: Due, ladder: Ladder) -> list[str]:
    if due.days is None:
        return ["consultant"]
    reached = ["consultant"] if due.days >= ladder.consultant else []
    if due.type in ESCALATED:
        reached += [rung for rung in ("supervisor", "manager") if due.days >= getattr(ladder, rung)]
    return reached


def _from(
    rung: str, due: Due, people: People, calendar: Calendar, as_of: Moment, told: set[str]
) -> Iterator[tuple[str, str]]:
    """The people of a rung, else of the next above that has any who are not told already."""
    for each in RUNGS[RUNGS.index(rung) :]:
        found = [
            staff for staff in _holders(each, due, people, calendar, as_of) if staff not in told
        ]
        if found:
            yield from ((each, staff) for staff in found)
            return


def _holders(rung: str, due: Due, people: People, calendar: Calendar, as_of: Moment) -> list[str]:
    if rung == "consultant":
        if due.staff is None or not _here(due.staff, people, as_of):
            return []
        cover = stand_in(due.staff, people, calendar, as_of)
        known = cover is not None and _here(cover, people, as_of)
        return [due.staff, cover] if known and cover is not None else [due.staff]
    found = [
        staff
        for staff, person in sorted(people.staff.items())
        if person.posts
        and person.post(as_of).role == rung
        and person.employed(as_of)
        and (rung == "general_manager" or person.post(as_of).outlet == due.outlet)
    ]
    department = people.department(due.staff, as_of) if due.staff is not None else None
    own = [staff for staff in found if people.department(staff, as_of) == department]
    # A department of its own has its own superiors; where it has none, the outlet's serve.
    return own if department is not None and own and rung != "general_manager" else found


def _here(staff: str, people: People, as_of: Moment) -> bool:
    person = people.staff.get(staff)
    return person is not None and bool(person.posts) and person.employed(as_of)


def stand_in(staff: str, people: People, calendar: Calendar, as_of: Moment) -> str | None:
    """Who stands in for somebody who is away at a moment; None where nobody does."""
    person = people.staff.get(staff)
    if person is None:
        return None
    for absence in reversed(person.absences):
        if absence.since > as_of or absence.cover is None:
            continue
        if absence.until is None or as_of < _end_of(absence.until, calendar):
            cover: str = absence.cover
            return cover
    return None


def _end_of(until: str, calendar: Calendar) -> Moment:
    if len(until) == 10:  # a day: until its 24:00
        return calendar.start_of(date.fromisoformat(until).toordinal() + 1)
    return parse_time(until)[0]
