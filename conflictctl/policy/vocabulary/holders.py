"""Words about holding: who holds, since when, who is overdue, who comes next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conflictctl.history import Entry
from conflictctl.policy import holding
from conflictctl.policy.case import Anchor, Case, is_after, is_before
from conflictctl.policy.language import ANY, ENTRY, FLAG, ID, LIST, UNKNOWN, Word


def _refuse(case: Case, kind: str, concerns: Callable[[Entry], bool]) -> None:
    """Where an account is wanted: the flawed entries of a class that would have mattered."""
    if case.explain and kind:
        case.refused += [(e, why) for e, why in case.not_valid(kind) if concerns(e)]


def holder(case: Case, at: Anchor = None, unit_type: str | None = None) -> Any:
    """Who held the customer at a moment, by files, transfers and departures before it."""
    if at is None:
        return None
    _refuse(case, case.program.holding.opens, lambda entry: is_before(entry, at))
    if case.program.has_doubts and holding.in_doubt(case, at, unit_type):
        return UNKNOWN
    tenures = holding.timeline(case, at, unit_type)
    if not tenures:
        return None
    case.evidence.append(tenures[-1].entry)
    return tenures[-1].staff


def in_line(case: Case, at: Anchor = None) -> Any:
    """Everybody whose opening stands at a moment, the oldest first: who holds, and who waits."""
    if at is None:
        return []
    if case.program.has_doubts and holding.in_doubt(case, at):
        return UNKNOWN
    files = holding.in_line(case, at)
    case.evidence.extend(files)
    return list(dict.fromkeys(file.by for file in files if file.by is not None))


def former(case: Case, at: Anchor = None) -> Any:
    """Who held the customer last before whoever held it at a moment; None if nobody did."""
    if at is None:
        return None
    if case.program.has_doubts and holding.in_doubt(case, at):
        return UNKNOWN
    tenures = holding.timeline(case, at)
    now = tenures[-1].staff if tenures else None
    for tenure in reversed(tenures):
        if tenure.staff is not None and tenure.staff != now:
            case.evidence.append(tenure.entry)
            return tenure.staff
    return None


def ended(case: Case, staff: str | None, at: Anchor = None) -> Any:
    """When somebody's holding ended, before a moment; None where it did not, or never was."""
    if staff is None or at is None:
        return None
    if case.program.has_doubts and holding.in_doubt(case, at):
        return UNKNOWN
    tenures = holding.timeline(case, at)
    for number in range(len(tenures) - 1, 0, -1):
        if tenures[number - 1].staff == staff and tenures[number].staff != staff:
            case.evidence.append(tenures[number].entry)
            return tenures[number].since
    return None


def ends(case: Case, staff: str | None, at: Anchor = None) -> Any:
    """When the holding that somebody had at a moment runs out; None where it has no end."""
    if staff is None or at is None:
        return None
    if case.program.has_doubts and holding.in_doubt(case, at):
        return UNKNOWN
    tenures = holding.timeline(case, at)
    if not tenures or tenures[-1].staff != staff:
        return None
    return holding.end_of(case, tenures[-1], holding.moment_of(at))


def clock(case: Case, staff: str | None, at: Anchor = None) -> Any:
    """From when somebody's holding counts: his file, his transfer, or a departure."""
    if staff is None or at is None:
        return None
    if case.program.has_doubts and holding.in_doubt(case, at):
        return UNKNOWN
    tenure = holding.tenure_of(case, staff, at)
    if tenure is None:
        return None
    return tenure.entry if tenure.via == "file" else tenure.since


def overdue(
    case: Case, staff: str | None, at: Any = None, throughout: bool = False, household: bool = False
) -> Any:
    """Whether somebody was overdue at one of some moments (or, `throughout`, ever before it)."""
    if case.explain:
        _refuse(case, case.program.holding.keeps, lambda entry: entry.by == staff)
    if isinstance(at, Entry):
        value = holding.overdue(case, staff, at, household=household, throughout=throughout)
        if value is True:
            case.evidence.append(at)
        return value
    anchors = [one for one in (at if isinstance(at, list) else [at]) if one is not None]
    unknown = False
    start = len(case.evidence)
    for anchor in anchors:
        mark = len(case.evidence)
        value = holding.overdue(case, staff, anchor, household=household, throughout=throughout)
        if value is UNKNOWN:
            unknown = True
        elif value:
            del case.evidence[start:mark]
            if isinstance(anchor, Entry):
                case.evidence.append(anchor)
            return True
    return UNKNOWN if unknown else False


def level(case: Case, at: Anchor = None, by: str | None = None) -> str | None:
    """The level or stage of the customer at a moment: the last one recorded (by somebody)."""
    entry = level_set(case, at, by)
    return None if entry is None else str(entry.get("level"))


def level_set(case: Case, at: Anchor = None, by: str | None = None) -> Entry | None:
    """The entry since which the customer has had its present level or stage."""
    moments = [
        e
        for e in case.pool(case.program.holding.levels)
        if (at is None or is_before(e, at)) and (by is None or e.by == by)
    ]
    if not moments:
        return None
    now = moments[-1].get("level")
    since = moments[-1]
    for entry in reversed(moments):
        if entry.get("level") != now:
            break
        since = entry
    case.evidence.append(since)
    return since


def transfer(
    case: Case, of: str | None = None, after: Anchor = None, before: Anchor = None
) -> Entry | None:
    """The latest transfer between two moments that had its ground against somebody."""
    for entry in reversed(case.pool(case.program.holding.transfers)):
        if is_after(entry, after) and is_before(entry, before):
            refusal = holding.unjustified(case, entry, of, [])
            if refusal is None:
                case.evidence.append(entry)
                return entry
            case.warn(refusal)
    return None


def next_in_line(case: Case) -> str | None:
    """The holder of the next oldest file who is still here and was not displaced before."""
    tenures = holding.timeline(case, case.anchor)
    displaced = {tenure.staff for tenure in tenures} | case.displaced
    for file in case.pool(case.program.holding.opens):
        if (
            is_before(file, case.anchor)
            and file.by not in displaced
            and not holding.left_after(case, file, case.anchor)
        ):
            case.evidence.append(file)
            return file.by
    return None


_AT = {"at": ENTRY}

WORDS: dict[str, Word] = {
    "holder": Word(holder, keywords={"at": ENTRY, "unit_type": ID}, gives=ID),
    "in_line": Word(in_line, keywords=_AT, gives=LIST),
    "former": Word(former, keywords=_AT, gives=ID),
    "ended": Word(ended, takes=(ID,), least=1, keywords=_AT, gives=ENTRY),
    "ends": Word(ends, takes=(ID,), least=1, keywords=_AT, gives=ENTRY),
    "clock": Word(clock, takes=(ID,), least=1, keywords=_AT, gives=ENTRY),
    "overdue": Word(
        overdue,
        takes=(ID,),
        least=1,
        keywords={"at": ANY, "throughout": FLAG, "household": FLAG},
        gives=FLAG,
    ),
    "level": Word(level, keywords={"at": ENTRY, "by": ID}, gives=ID),
    "level_set": Word(level_set, keywords={"at": ENTRY, "by": ID}, gives=ENTRY),
    "transfer": Word(transfer, keywords={"of": ID, "after": ENTRY, "before": ENTRY}, gives=ENTRY),
    "next_in_line": Word(next_in_line, gives=ID),
}
