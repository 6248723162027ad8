"""Words about staff and outlets: who he is, where he belongs, whether he is there."""

from __future__ import annotations

from typing import Any

from conflictctl.calendar import Moment
from conflictctl.history import Entry
from conflictctl.policy import holding
from conflictctl.policy.case import Anchor, Case, is_after, is_before
from conflictctl.policy.language import ANY, ENTRY, FLAG, ID, LIST, NUMBER, SPAN, UNKNOWN, Word


def unit(case: Case, what: Entry | str | None, of: str = "id") -> str | None:
    """The outlet of an entry's author, or of a member of staff at the deal; or its `type`."""
    if what is None:
        return None
    people = case.history.people
    if isinstance(what, Entry):
        outlet = what.unit
    else:
        moment = case.anchor.recorded if case.anchor is not None else case.as_of
        outlet = people.outlet(what, moment)
    return people.outlet_type(outlet) if of == "type" else outlet


def units(case: Case, of_type: str, but: str | None = None) -> list[str]:
    """All outlets of a type, but one."""
    return [
        outlet
        for outlet, kind in case.history.people.outlet_types.items()
        if kind == of_type and outlet != but
    ]


def _then(case: Case, at: Anchor) -> Moment:
    if at is not None:
        return holding.moment_of(at)
    return case.anchor.recorded if case.anchor is not None else case.as_of


def role(case: Case, staff: str | None, at: Anchor = None) -> str | None:
    """Somebody's role at a moment, by default at the deal."""
    return case.history.people.role(staff, _then(case, at)) if staff is not None else None


def department(case: Case, staff: str | None, at: Anchor = None) -> str | None:
    """Somebody's department at a moment, by default at the deal."""
    return case.history.people.department(staff, _then(case, at)) if staff is not None else None


def employed(case: Case, staff: str | None, at: Anchor = None) -> bool:
    """Whether somebody had not left, or was back, at a moment."""
    person = case.history.people.staff.get(staff) if staff is not None else None
    if person is None:
        return False
    for departure in person.departures:
        if departure.cause == "left" and departure.moment <= _then(case, at):
            case.evidence.append(Entry(departure.event, case.history.people))
    return person.employed(_then(case, at))


def absent(
    case: Case,
    staff: str | None,
    at: Anchor = None,
    during: tuple[Moment, Moment] | None = None,
) -> bool:
    """Whether somebody was recorded as away at a moment, or all the time of a stretch."""
    if during is not None:
        absences = case.absences_throughout(staff, *during) if staff is not None else []
        case.evidence.extend(Entry(one.event, case.history.people) for one in absences)
        return bool(absences)
    absence = case.absence(staff, _then(case, at)) if staff is not None else None
    if absence is None:
        return False
    case.evidence.append(Entry(absence.event, case.history.people))
    return True


def cover(case: Case, staff: str | None, at: Anchor = None) -> str | None:
    """Who stood in for somebody who was away at a moment; None if nobody was appointed."""
    absence = case.absence(staff, _then(case, at)) if staff is not None else None
    if absence is None:
        return None
    case.evidence.append(Entry(absence.event, case.history.people))
    return absence.cover


def departed(case: Case, staff: str | None, after: Anchor = None, before: Anchor = None) -> bool:
    """Whether somebody left or moved between two moments."""
    if staff is None or after is None or before is None:
        return False
    for departure in holding.departures(case, staff):
        if is_after(departure, after) and is_before(departure, before):
            case.evidence.append(departure)
            return True
    return False


def caseload(case: Case, staff: str | None) -> Any:
    """How many customers somebody holds now; UNKNOWN where nobody counted them."""
    if staff is None:
        return None
    held = case.history.caseloads
    return UNKNOWN if held is None else held.get(staff, 0)


_AT = {"at": ENTRY}

WORDS: dict[str, Word] = {
    "unit": Word(unit, takes=(ANY, ID), least=1, gives=ID, certain=True, free=True),
    "units": Word(
        units, takes=(ID,), least=1, keywords={"but": ID}, gives=LIST, certain=True, free=True
    ),
    "role": Word(role, takes=(ID,), least=1, keywords=_AT, gives=ID, certain=True, free=True),
    "department": Word(
        department, takes=(ID,), least=1, keywords=_AT, gives=ID, certain=True, free=True
    ),
    "employed": Word(employed, takes=(ID,), least=1, keywords=_AT, gives=FLAG),
    "absent": Word(absent, takes=(ID,), least=1, keywords={**_AT, "during": SPAN}, gives=FLAG),
    "cover": Word(cover, takes=(ID,), least=1, keywords=_AT, gives=ID),
    "departed": Word(
        departed, takes=(ID,), least=1, keywords={"after": ENTRY, "before": ENTRY}, gives=FLAG
    ),
    "caseload": Word(caseload, takes=(ID,), least=1, gives=NUMBER, unit="n"),
}
