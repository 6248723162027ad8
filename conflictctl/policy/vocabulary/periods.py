"""Windows after a deal, and how long a filing stands."""

from __future__ import annotations

from conflictctl.calendar import Moment, parse_time
from conflictctl.history import Entry
from conflictctl.policy import holding
from conflictctl.policy.case import Anchor, Case
from conflictctl.policy.parts import Window


def window(case: Case, name: str, staff: str | None) -> tuple[int, Moment | None, Moment]:
    """A window after the deal: first local day, earliest moment (or None), end (exclusive)."""
    spec = case.program.windows[name]
    anchor = case.anchor
    assert anchor is not None
    start = max(anchor.at, anchor.recorded)
    earliest: Moment | None = None
    if spec.from_knowledge and staff is not None:
        learned = next(
            (e for e in case.pool(spec.knowledge) if e.by == staff and e.moment >= anchor.at), None
        )
        if learned is not None:
            start = max(start, learned.moment)
            earliest = learned.moment
    return case.history.calendar.day(start), earliest, end_of_window(case, spec, start)


def end_of_window(case: Case, spec: Window, start: Moment) -> Moment:
    """The end (exclusive) of a window that begins at a moment; never earlier for a later one."""
    if spec.limit is not None:
        return case.deadline(start, spec.limit) + spec.hours
    if spec.hours:
        return start + spec.length + 1
    calendar = case.history.calendar
    return calendar.start_of(calendar.day(start) + spec.days)


def in_window(case: Case, entry: Entry, name: str) -> bool:
    """Whether an entry was recorded within a window after the deal."""
    if case.anchor is None:
        return False
    first, earliest, end = window(case, name, entry.by)
    return (
        case.day(entry) >= first
        and entry.moment < end
        and (earliest is None or entry.moment >= earliest)
    )


def standing(case: Case, entry: Entry, anchor: Anchor) -> bool:
    """Whether a filing had been neither rejected nor run out at a moment (end exclusive)."""
    if anchor is None:
        return False
    moment = holding.moment_of(anchor)
    granted = not case.program.standing.needs_approval
    for decision in case.decisions_on(entry):
        if decision.get("decision") == "reject":
            case.evidence.append(decision)
            return False
        if decision.get("decision") == "approve" and decision.moment < moment:
            granted = True
            if not case.program.standing.needs_approval:
                continue
            case.evidence.append(decision)
    if not granted:
        return False
    ends = filing_end(case, entry, moment)
    return ends is None or moment < ends


def filing_end(case: Case, filing: Entry, moment: Moment) -> Moment | None:
    """When a filing runs out, extensions recorded before a moment included; None: never."""
    given = filing.get("expires_at")
    ends = _moment(given) if given else None
    limit = case.program.standing.valid
    start = filing.moment
    for decision in case.decisions_on(filing):
        if decision.moment >= moment:
            continue
        until = decision.get("expires_at")
        if decision.get("decision") == "approve" and case.program.standing.needs_approval:
            start = decision.moment
            if until:
                ends = _moment(until)
        if decision.get("decision") == "extend" and until:
            ends = max(ends, _moment(until)) if ends is not None else _moment(until)
    if limit is None:
        return ends
    if ends is None:
        return case.deadline(start, limit)
    return max(ends, case.deadline(start, limit)) if not given else ends


def _moment(text: str) -> Moment:
    return parse_time(text)[0]
