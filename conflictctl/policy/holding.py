"""Who holds a customer, since when and why: a state moved by files, transfers, departures.

The machine is the same for every policy; what opens a holding, which causes of transfer
need which ground, and what ends a holding stand in the policy file.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from conflictctl.calendar import Moment
from conflictctl.history import Entry
from conflictctl.policy.case import Anchor, Case, is_after, is_before
from conflictctl.policy.language import UNKNOWN
from conflictctl.wording import Sentence, Term, Who


class Tenure(NamedTuple):
    """One stretch of holding: from `since` on; `via` is file, transfer or departure."""

    staff: str | None
    since: Moment
    via: str
    entry: Entry
    previous: str | None


class Lapse(NamedTuple):
    """How long nothing happened before a moment, and what the limit was (None: no level)."""

    days: int
    limit: int | None
    opened_by: Entry | None
    level: str | None


def moment_of(anchor: Anchor) -> Moment:
    """The moment of an entry, or the moment itself."""
    assert anchor is not None
    return anchor if isinstance(anchor, int) else anchor.moment


def timeline(case: Case, until: Anchor, unit_type: str | None = None) -> list[Tenure]:
    """Every change of holder before `until`, oldest first; the last one is in force.

    With `unit_type`, only files of outlets of that type are looked at.
    """
    key = (moment_of(until), unit_type)
    found: list[Tenure] | None = case.timelines.get(key)
    if found is None:
        found = _replay(case, until, unit_type)
        case.timelines[key] = found
    return found


def _replay(case: Case, until: Anchor, unit_type: str | None) -> list[Tenure]:
    holding = case.program.holding
    files = [
        f
        for f in case.pool(holding.opens, anyone=unit_type is not None)
        if is_before(f, until)
        and (unit_type is None or case.history.people.outlet_type(f.unit) == unit_type)
    ]
    transfers = [t for t in case.pool(holding.transfers) if is_before(t, until)]
    if not transfers and not _anyone_departed(case, files):
        return [Tenure(files[0].by, files[0].moment, "file", files[0], None)] if files else []
    steps: list[tuple[Moment, int, Any]] = [
        (case.program.classes[holding.opens].sort_key(f)[0], f.seq, f) for f in files
    ]
    steps += [(t.moment, t.seq, t) for t in transfers]
    staff = {f.by for f in files} | {t.get("to") for t in transfers}
    steps += [
        (d.moment, d.seq, d)
        for person in staff
        if person is not None
        for d in departures(case, person)
        if is_before(d, until)
    ]
    steps.sort(key=lambda step: step[:2])
    tenures: list[Tenure] = []
    opened: list[Entry] = []
    for moment, _, step in steps:
        current = tenures[-1] if tenures else None
        holder = current.staff if current is not None else None
        if step.kind in DEPARTURE_KINDS:
            if step.get("staff") == holder:
                heir = _oldest_still_here(case, opened, step)
                tenures.append(Tenure(heir, moment, "departure", step, holder))
        elif step.kind == "reassign":
            refusal = unjustified(case, step, holder, tenures)
            if refusal is None:
                # With nobody in between, he takes over from the last who held.
                before = next((t.staff for t in reversed(tenures) if t.staff is not None), None)
                tenures.append(Tenure(step.get("to"), moment, "transfer", step, before))
            else:
                case.warn(refusal)
        else:
            opened.append(step)
            if holder is None:
                tenures.append(Tenure(step.by, step.moment, "file", step, None))
    return tenures


def _anyone_departed(case: Case, files: list[Entry]) -> bool:
    people = case.history.people.staff
    return any(f.by is not None and f.by in people and people[f.by].departures for f in files)


DEPARTURE_KINDS = {"staff_left": "left", "staff_moved": "moved"}


def departures(case: Case, staff: str) -> list[Entry]:
    """The departures of somebody that end a holding under this policy and are on record."""
    person = case.history.people.staff.get(staff)
    if person is None or not person.departures:
        return []
    ends = case.program.holding.ends_on
    return [
        Entry(d.event, case.history.people)
        for d in person.departures
        if d.cause in ends and d.event.at <= case.as_of
    ]


def left_after(case: Case, file: Entry, until: Anchor) -> bool:
    """Whether the holder of a file left or moved after opening it, up to a moment."""
    return file.by is not None and any(
        file.key < d.key and not is_after(d, until) for d in departures(case, file.by)
    )


def _oldest_still_here(case: Case, files: list[Entry], departure: Entry) -> str | None:
    """Whose file is the oldest of those who have not left since they opened theirs."""
    return next((file.by for file in files if not left_after(case, file, departure)), None)


def unjustified(
    case: Case, transfer: Entry, holder: str | None, tenures: list[Tenure]
) -> Sentence | None:
    """Why a transfer has no effect; None if it has.  The ground it needs is the policy's."""
    cause = transfer.get("cause")
    ground = case.program.holding.grounds.get(cause, "never")
    if _GROUNDS[ground](case, transfer, holder, tenures):
        return None
    return Sentence(
        "{event}: the transfer to {staff} (cause: {cause}) has no effect: {why}",
        event=transfer.ref,
        staff=Who(transfer.get("to")),
        cause=Term(cause),
        why=_WHY[ground],
    )


def _notice_ignored(case: Case, transfer: Entry, holder: str | None, tenures: list[Tenure]) -> bool:
    if holder is None:
        return False
    since = tenures[-1].since if tenures else None
    for notice in case.pool(case.program.holding.notices):
        if notice.get("to") != holder or not notice.moment < transfer.moment:
            continue
        if case.day(transfer) <= case.day(notice):
            continue
        if since is not None and notice.moment < since:
            continue
        lapse = lapse_before(case, holder, notice.moment, tenure=tenures[-1] if tenures else None)
        if lapse is None or lapse.limit is None or lapse.days <= lapse.limit:
            continue
        if not any(
            e.by == holder and notice.key < e.key < transfer.key
            for e in case.pool(case.program.holding.keeps)
        ):
            return True
    return False


def _departed(case: Case, transfer: Entry, holder: str | None, tenures: list[Tenure]) -> bool:
    cause = transfer.get("cause")
    # Those who held since somebody was last appointed: the one to be replaced is among them.
    appointed = max((i for i, t in enumerate(tenures) if t.via == "transfer"), default=0)
    held = [(t.staff, t.since) for t in tenures[appointed:] if t.staff is not None]
    if not tenures and holder is not None:
        held = [(holder, case.start[0] if case.start is not None else -(2**62))]
    return any(
        DEPARTURE_KINDS[d.kind] == cause and since <= d.moment and d.key <= transfer.key
        for staff, since in held
        for d in departures(case, staff)
    )


def _on_record(kind: str) -> Any:
    def test(case: Case, transfer: Entry, holder: str | None, tenures: list[Tenure]) -> bool:
        # By time alone: a ruling carries a transfer whichever deal it spoke of.
        spec = case.program.classes[getattr(case.program.holding, kind)]
        return any(
            e.kind in spec.kinds
            and e.moment <= transfer.moment
            and (case.start is None or e.key > case.start)
            and (spec.valid is None or spec.valid(e, case))
            for e in case.entries
        )

    return test


_GROUNDS: dict[str, Any] = {
    "notice": _notice_ignored,
    "departure": _departed,
    "demand": _on_record("demands"),
    "ruling": _on_record("rulings"),
    "always": lambda case, transfer, holder, tenures: True,
    "never": lambda case, transfer, holder, tenures: False,
}
GROUNDS = frozenset(_GROUNDS)
_WHY = {
    "notice": Sentence("no notice to an overdue holder, ignored, is on record from an earlier day"),
    "departure": Sentence("the departure is not on record"),
    "demand": Sentence("the customer's demand is not on record"),
    "ruling": Sentence("the ruling is not on record"),
    "never": Sentence("the policy does not know this cause"),
}


def tenure_of(case: Case, staff: str, until: Anchor) -> Tenure | None:
    """The stretch in force at `until` if it is this person's; else his own first file."""
    tenures = timeline(case, until)
    if tenures and tenures[-1].staff == staff:
        return tenures[-1]
    for file in case.pool(case.program.holding.opens):
        if file.by == staff and is_before(file, until):
            return Tenure(staff, file.moment, "file", file, None)
    return None


def lapse_before(
    case: Case, staff: str, until: Anchor, *, household: bool = False, tenure: Tenure | None = None
) -> Lapse | None:
    """The gap from somebody's last valid contact (or fresh clock) to `until`.

    None if he never had a contact nor a clock.  Days are local calendar days.
    """
    contacts = [
        e
        for e in case.pool(case.program.holding.keeps, household=household)
        if e.by == staff and is_before(e, until)
    ]
    last = contacts[-1] if contacts else None
    clocks = [
        t
        for member in (case.household() if household else [case])
        if (t := tenure or tenure_of(member, staff, until)) is not None
        and t.staff == staff
        and t.via != "file"
        and t.since <= moment_of(until)
    ]
    clock = max(clocks, key=lambda t: t.since, default=None)
    if clock is not None and (last is None or clock.since > last.moment):
        opened: Anchor = clock.since
        entry = clock.entry
    elif last is not None:
        opened = last
        entry = last
    else:
        return None
    level = level_of(case, staff, opened, household=household, tenure=clock)
    limit = case.program.holding.limits.get(level) if level is not None else None
    return Lapse(case.day(until) - case.day(opened), limit, entry, level)


def gaps_since(case: Case, staff: str, until: Anchor) -> list[Lapse]:
    """Every gap between somebody's contacts from his file (or fresh clock) to `until`."""
    tenure = tenure_of(case, staff, until)
    if tenure is None:
        return []
    points: list[Anchor] = [tenure.entry if tenure.via == "file" else tenure.since]
    points += [
        e
        for e in case.pool(case.program.holding.keeps)
        if e.by == staff
        and e.moment >= tenure.since
        and e is not tenure.entry
        and is_before(e, until)
    ]
    result = []
    for opened, ended in zip(points, [*points[1:], until], strict=True):
        level = level_of(case, staff, opened, tenure=tenure if tenure.via != "file" else None)
        limit = case.program.holding.limits.get(level) if level is not None else None
        result.append(
            Lapse(
                case.day(ended) - case.day(opened),
                limit,
                opened if isinstance(opened, Entry) else tenure.entry,
                level,
            )
        )
    return result


def level_of(
    case: Case, staff: str, opened: Anchor, *, household: bool = False, tenure: Tenure | None = None
) -> str | None:
    """The level that counts for somebody at the contact that opens a gap.

    The one he last recorded in a valid entry by then (or his first, if the policy says
    so); a transferee without one of his own inherits the level he took over.
    """
    levels = [
        e for e in case.pool(case.program.holding.levels, household=household) if e.by == staff
    ]
    if case.program.holding.first_level_counts:
        if levels:
            return str(levels[0].get("level"))
    else:
        for entry in reversed(levels):
            if entry is opened or not _is_later(entry, opened):
                return str(entry.get("level"))
    if tenure is not None and tenure.via == "transfer" and tenure.previous is not None:
        before = [t for t in timeline(case, tenure.since) if t.staff == tenure.previous]
        return level_of(case, tenure.previous, tenure.since, tenure=before[-1] if before else None)
    return None


def _is_later(entry: Entry, opened: Anchor) -> bool:
    if isinstance(opened, int):
        return entry.moment > opened
    assert opened is not None
    return (entry.moment, entry.recorded, entry.seq) > (opened.moment, opened.recorded, opened.seq)


def overdue(
    case: Case,
    staff: str | None,
    until: Anchor,
    *,
    household: bool = False,
    throughout: bool = False,
) -> Any:
    """Whether somebody let a gap grow beyond his limit before `until`; UNKNOWN without a level."""
    if staff is None or until is None:
        return False
    if throughout:
        lapses = gaps_since(case, staff, until)
    else:
        one = lapse_before(case, staff, until, household=household)
        lapses = [one] if one is not None else []
    known = [lapse for lapse in lapses if lapse.limit is not None]
    if not known:
        return UNKNOWN if lapses else False
    worst = max(known, key=lambda lapse: lapse.days - (lapse.limit or 0))
    assert worst.limit is not None
    case.margin = (worst.days, worst.limit, "d")
    if worst.opened_by is not None:
        case.evidence.append(worst.opened_by)
    if worst.days > worst.limit:
        return True
    return UNKNOWN if len(known) < len(lapses) else False
