"""Who holds a customer, since when and why: a state moved by files, transfers, departures.

The machine is the same for every policy; what opens a holding, which causes of transfer
need which ground, and what ends a holding stand in the policy file.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any, NamedTuple

from conflictctl.calendar import Moment, parse_time
from conflictctl.history import Entry
from conflictctl.policy.case import Anchor, Case, is_after, is_before
from conflictctl.policy.language import UNKNOWN
from conflictctl.policy.quantity import Quantity
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
    if not transfers and not holding.ends_by_itself and not _anyone_departed(case, files):
        return [Tenure(files[0].by, files[0].moment, "file", files[0], None)] if files else []
    return _run(case, until, files, transfers).tenures


def _run(case: Case, until: Anchor, files: list[Entry], transfers: list[Entry]) -> _Run:
    """All that moves a holding taken in, up to a moment."""
    run = _Run(case, until)
    for moment, _, step in _steps(case, until, files, transfers):
        run.pass_time(moment)
        run.take(moment, step)
    run.pass_time(moment_of(until))
    return run


def _steps(
    case: Case, until: Anchor, files: list[Entry], transfers: list[Entry]
) -> list[tuple[Moment, int, Entry]]:
    """What moves a holding, in the order in which it counts."""
    holding = case.program.holding
    if holding.granted_by:
        steps = [
            (granted.moment, granted.seq, file)
            for file in files
            if (granted := _granted(case, file, until)) is not None
        ]
    else:
        key = case.program.classes[holding.opens].sort_key
        steps = [(key(f)[0], f.seq, f) for f in files]
    steps += [(t.moment, t.seq, t) for t in transfers]
    steps += [(e.moment, e.seq, e) for e in case.pool(holding.releases) if is_before(e, until)]
    staff = {f.by for f in files} | {t.get("to") for t in transfers}
    steps += [
        (d.moment, d.seq, d)
        for person in staff
        if person is not None
        for d in departures(case, person)
        if is_before(d, until)
    ]
    steps.sort(key=lambda step: step[:2])
    return steps


def _granted(case: Case, file: Entry, until: Anchor) -> Entry | None:
    """The decision that grants what a filing asks for; None where there is none by then."""
    for decision in case.pool(case.program.holding.granted_by):
        if decision.get("on") in (file.event.id, file.seq) and is_before(decision, until):
            return decision
    return None


class _Run:
    """One replay of holding: who holds, who waits."""

    def __init__(self, case: Case, until: Anchor) -> None:
        self.case, self.until = case, until
        self.spec = case.program.holding
        self.tenures: list[Tenure] = []
        self.opened: list[Entry] = []
        self.spent: set[int] = set()  # files whose time has run out, by their place

    @property
    def holder(self) -> str | None:
        return self.tenures[-1].staff if self.tenures else None

    def pass_time(self, moment: Moment) -> None:
        """Let holdings run out that end by a moment; the next in the queue follows."""
        if not self.spec.ends_by_itself:
            return
        while self.holder is not None:
            tenure = self.tenures[-1]
            end = end_of(self.case, tenure, moment)
            if end is None or end > moment:
                return
            self._hand_on(end, "lapse", tenure.entry)

    def _hand_on(self, moment: Moment, via: str, entry: Entry) -> None:
        gone = self.tenures[-1]
        if gone.entry in self.opened:
            self.spent.add(gone.entry.seq)
        heir = self._next(gone.staff, moment) if self.spec.queue == "oldest" else None
        if heir is None:
            self.tenures.append(Tenure(None, moment, via, entry, gone.staff))
        else:
            self.tenures.append(Tenure(heir.by, moment, "file", heir, gone.staff))

    def _next(self, gone: str | None, moment: Moment) -> Entry | None:
        """The oldest file of somebody else that has not run out itself."""
        return next((f for f in self.opened if f.by != gone and self.stands(f, moment)), None)

    def stands(self, file: Entry, moment: Moment) -> bool:
        """Whether the time of an opening has not run out."""
        if file.seq in self.spent:
            return False
        if not self.spec.ends_by_itself:
            return True
        end = end_of(self.case, Tenure(file.by, file.moment, "file", file, None), moment)
        return end is None or end > moment

    def take(self, moment: Moment, step: Entry) -> None:
        """Take in one step at its time."""
        holder = self.holder
        if step.kind in DEPARTURE_KINDS:
            if step.get("staff") == holder:
                heir = _oldest_still_here(self.case, self.opened, step)
                if self.spec.queue != "oldest":
                    heir = None
                self.tenures.append(Tenure(heir, moment, "departure", step, holder))
        elif step.kind == "reassign":
            self._transfer(moment, step)
        elif step.kind in self.case.program.classes[self.spec.releases].kinds:
            if holder is not None:
                self._hand_on(moment, "release", step)
        else:
            self._open(moment, step)

    def _transfer(self, moment: Moment, step: Entry) -> None:
        refusal = unjustified(self.case, step, self.holder, self.tenures)
        if refusal is not None:
            self.case.warn(refusal)
            return
        # With nobody in between, he takes over from the last who held.
        before = next((t.staff for t in reversed(self.tenures) if t.staff is not None), None)
        self.tenures.append(Tenure(step.get("to"), moment, "transfer", step, before))

    def _open(self, moment: Moment, file: Entry) -> None:
        self.opened.append(file)
        since = moment if self.spec.granted_by else file.moment
        if self.holder is None:
            self.tenures.append(Tenure(file.by, since, "file", file, None))
        elif self.holder == file.by and self.spec.renews:
            self.tenures.append(Tenure(file.by, since, "file", file, file.by))


def in_doubt(case: Case, until: Anchor, unit_type: str | None = None) -> bool:
    """Whether somebody else would hold, if openings that a person has to judge did count."""
    opens = case.program.holding.opens
    doubtful = [entry for entry in case.doubts(opens, True, False) if is_before(entry, until)]
    if not doubtful:
        return False
    holder = _last_holder(timeline(case, until, unit_type))
    if all(
        _last_holder(timeline(case.supposing(opens, counting), until, unit_type)) == holder
        for counting in _some_of(doubtful)
    ):
        return False
    for entry in doubtful:
        case.evidence.append(entry)
        case.doubt(opens, entry)
    return True


_MOST_DOUBTED = 4


def _some_of(doubtful: list[Entry]) -> Iterator[list[Entry]]:
    """Which of them may turn out to count: a finding is about a person, so all of his or none.

    Every choice among a few persons; of many, each alone and all together.
    """
    persons = list(dict.fromkeys(entry.by for entry in doubtful))
    sizes = range(1, len(persons) + 1)
    if len(persons) > _MOST_DOUBTED:
        sizes = range(1, len(persons) + 1, len(persons) - 1)
    for size in sizes:
        for chosen in combinations(persons, size):
            yield [entry for entry in doubtful if entry.by in chosen]


def _last_holder(tenures: list[Tenure]) -> str | None:
    return tenures[-1].staff if tenures else None


def in_line(case: Case, until: Anchor) -> list[Entry]:
    """The openings that stand at a moment, oldest first: of who holds, and of all who wait."""
    holding = case.program.holding
    files = [f for f in case.pool(holding.opens) if is_before(f, until)]
    transfers = [t for t in case.pool(holding.transfers) if is_before(t, until)]
    run = _run(case, until, files, transfers)
    return [file for file in run.opened if run.stands(file, moment_of(until))]


def end_of(case: Case, tenure: Tenure, until: Moment) -> Moment | None:
    """When a stretch of holding ends by itself, as it looks at a moment; None: it does not.

    Contacts and extensions count that were recorded before it would have ended, and before
    `until`.
    """
    spec = case.program.holding
    ends: list[Moment] = []
    if spec.lasts is not None:
        limit = spec.lasts(tenure.entry, case)
        given = tenure.entry.get("expires_at")
        if given:
            ends.append(parse_time(given)[0])
        elif isinstance(limit, Quantity):
            ends.append(case.deadline(_runs_from(case, tenure, until), limit))
        if ends:
            ends = [_extended(case, tenure, ends[0], until)]
    if spec.idle is not None and spec.releases_on_lapse:
        end = idle_end(case, tenure, until)
        if end is not None:
            ends.append(end)
    return min(ends, default=None)


def _runs_from(case: Case, tenure: Tenure, until: Moment) -> Moment:
    """From when the time of a holding runs: who waited in the queue gains no days by it."""
    if tenure.via != "file":
        return tenure.since
    if not case.program.holding.granted_by:
        return tenure.entry.moment
    granted = _granted(case, tenure.entry, until)
    return tenure.since if granted is None else granted.moment


def _extended(case: Case, tenure: Tenure, end: Moment, until: Moment) -> Moment:
    spec = case.program.holding
    begun = _runs_from(case, tenure, until)
    for extension in case.pool(spec.extends):
        if extension.moment >= min(end, until):
            continue
        on = extension.get("on")
        if on is not None and on not in (tenure.entry.event.id, tenure.entry.seq):
            continue
        if on is None and extension.by != tenure.staff and not spec.anyone_extends:
            continue
        given = extension.get("expires_at")
        if given:
            end = max(end, parse_time(given)[0])
            continue
        limit = spec.extension(extension, case) if spec.extension is not None else None
        if isinstance(limit, Quantity) and extension.moment >= begun:
            end = max(end, case.deadline(extension.moment, limit))
    return end


def idle_end(case: Case, tenure: Tenure, until: Moment) -> Moment | None:
    """When somebody's silence grows too long; each contact before that starts the time anew."""
    spec = case.program.holding
    assert spec.idle is not None
    limit = spec.idle(tenure.entry, case)
    end = case.deadline(tenure.since, limit) if isinstance(limit, Quantity) else None
    for contact in case.pool(spec.keeps):
        if contact.by != tenure.staff or not tenure.since <= contact.moment < until:
            continue
        if end is not None and contact.moment >= end:
            break
        limit = spec.idle(tenure.entry if spec.idle_by_opening else contact, case)
        end = case.deadline(contact.moment, limit) if isinstance(limit, Quantity) else None
    return end


def _anyone_departed(case: Case, files: list[Entry]) -> bool:
    people = case.history.people
    if not people.departed:
        return False
    return any(f.by in people.departed for f in files)


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


def only_files(case: Case) -> bool:
    """Whether nothing but files moves this holding, so that no clock ever starts anew."""
    found = case.only_files
    if found is None:
        spec = case.program.holding
        found = case.only_files = not (
            spec.ends_by_itself
            or case.pool(spec.transfers)
            or (case.history.people.departed and _anyone_departed(case, case.pool(spec.opens)))
        )
    return found


def _fresh_clock(
    case: Case, staff: str, until: Anchor, household: bool, tenure: Tenure | None
) -> Tenure | None:
    """The latest stretch of somebody's that did not begin with his own file."""
    clocks = [
        t
        for member in (case.household() if household else [case])
        if (t := tenure or tenure_of(member, staff, until)) is not None
        and t.staff == staff
        and t.via != "file"
        and t.since <= moment_of(until)
    ]
    return max(clocks, key=lambda t: t.since, default=None)


def lapse_before(
    case: Case, staff: str, until: Anchor, household: bool = False, tenure: Tenure | None = None
) -> Lapse | None:
    """The gap from somebody's last valid contact (or fresh clock) to `until`.

    None if he never had a contact nor a clock.  Days are local calendar days.
    """
    spec = case.program.holding
    last = _last_contact(case.pool(spec.keeps, False, household), staff, until)
    clock = None
    if household or tenure is not None or not only_files(case):
        clock = _fresh_clock(case, staff, until, household, tenure)
    if clock is not None and (last is None or clock.since > last.moment):
        opened: Anchor = clock.since
        begun, entry = clock.since, clock.entry
    elif last is not None:
        opened = entry = last
        begun = last.moment
    else:
        return None
    level = level_of(case, staff, opened, household, clock)
    limit = spec.limits.get(level) if level is not None else None
    day = case.history.calendar.day
    end = until.moment if isinstance(until, Entry) else moment_of(until)
    return Lapse(day(end) - day(begun), limit, entry, level)


def _last_contact(contacts: list[Entry], staff: str, until: Anchor) -> Entry | None:
    """Somebody's last contact before a moment."""
    if isinstance(until, Entry):
        key = until.key
        for entry in reversed(contacts):
            if entry.by == staff and entry.key < key:
                return entry
        return None
    return next((e for e in reversed(contacts) if e.by == staff and is_before(e, until)), None)


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
    case: Case, staff: str, opened: Anchor, household: bool = False, tenure: Tenure | None = None
) -> str | None:
    """The level that counts for somebody at the contact that opens a gap.

    The one he last recorded in a valid entry by then (or his first, if the policy says
    so); a transferee without one of his own inherits the level he took over.
    """
    spec = case.program.holding
    levels = case.pool(spec.levels, False, household)
    if spec.first_level_counts:
        for entry in levels:
            if entry.by == staff:
                return str(entry.get("level"))
    elif isinstance(opened, Entry):
        key = opened.key
        for entry in reversed(levels):
            if entry.by == staff and entry.key <= key:
                return str(entry.get("level"))
    else:
        assert opened is not None
        for entry in reversed(levels):
            if entry.by == staff and entry.moment <= opened:
                return str(entry.get("level"))
    if tenure is not None and tenure.via == "transfer" and tenure.previous is not None:
        before = [t for t in timeline(case, tenure.since) if t.staff == tenure.previous]
        return level_of(case, tenure.previous, tenure.since, tenure=before[-1] if before else None)
    return None


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
    if not throughout:
        if not household and isinstance(until, Entry) and only_files(case):
            return _overdue_by_files(case, staff, until)
        one = lapse_before(case, staff, until, household)
        if one is None:
            return False
        return UNKNOWN if one.limit is None else _exceeded(case, one)
    lapses = gaps_since(case, staff, until)
    known = [lapse for lapse in lapses if lapse.limit is not None]
    if not known:
        return UNKNOWN if lapses else False
    if _exceeded(case, max(known, key=_excess)):
        return True
    return UNKNOWN if len(known) < len(lapses) else False


def _overdue_by_files(case: Case, staff: str, until: Entry) -> Any:
    """The same, in one go, where only files move the holding: a gap begins with a contact."""
    spec = case.program.holding
    key = until.key
    for last in reversed(case.pool(spec.keeps)):
        if last.by == staff and last.key < key:
            break
    else:
        return False
    level = level_of(case, staff, last)
    limit = spec.limits.get(level) if level is not None else None
    if limit is None:
        return UNKNOWN
    day = case.history.calendar.day
    days = day(until.moment) - day(last.moment)
    case.margin = (days, limit, "d")
    case.evidence.append(last)
    return days > limit


def _exceeded(case: Case, lapse: Lapse) -> bool:
    """Whether a gap is longer than its limit, which it is held against."""
    days, limit, opened_by, _ = lapse
    assert limit is not None
    case.margin = (days, limit, "d")
    if opened_by is not None:
        case.evidence.append(opened_by)
    return days > limit


def _excess(lapse: Lapse) -> int:
    return lapse.days - (lapse.limit or 0)
