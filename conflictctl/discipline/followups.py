"""What one group of customers says of their holders: follow-ups owed, holdings lost, entries.

A *follow-up* is owed by who holds a customer: from each contact that counts, or from the day he
was given the customer, the next contact is due before the end of the last day that the policy
allows.  It is measured by what moves a holding (`policy.holding`), so that what is open here and
past its day stands on the list of `deadlines` too.  Nothing here counts or judges persons.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any, NamedTuple

from conflictctl.adjudication.judge import Matter, case_of, matters_among
from conflictctl.calendar import Calendar, Moment
from conflictctl.events import Event
from conflictctl.history import CONTACT_KINDS, Deal, Entry, Key
from conflictctl.people import People
from conflictctl.policy import holding
from conflictctl.policy.case import Case, is_before
from conflictctl.policy.holding import Tenure
from conflictctl.policy.model import Policy
from conflictctl.policy.program import compiled
from conflictctl.policy.quantity import Quantity

IN_TIME, LATE, MISSED = "in_time", "late", "missed"
OUTCOMES = (IN_TIME, LATE, MISSED)


class FollowUp(NamedTuple):
    """One follow-up whose last day is over, by the one who held the customer on that day.

    `due_day` is that last day; `ended` is the day on which it was made, or until which it stayed
    unmade: the customer went to somebody else, ordered, was lost, or (`open`) it is still owed.
    Days are local, as ordinals.
    """

    staff: str
    outlet: str | None
    level: str | None
    due_day: int
    outcome: str
    ended: int
    open: bool = False

    @property
    def days_late(self) -> int:
        """Whole days after the last day; 0 in time, and for less than a day."""
        return max(self.ended - self.due_day, 0)


class Undated(NamedTuple):
    """A contact after which nothing fell due: no level, or one that the policy does not know."""

    staff: str
    outlet: str | None
    day: int


class Lapse(NamedTuple):
    """A holding that somebody lost because he did not act in time, and the day of it."""

    staff: str
    outlet: str | None
    day: int


class Contact(NamedTuple):
    """A visit, call or follow-up as entered by or for somebody, and what became of the entry.

    `late`: entered on a later local day than the contact.  `refused`: late, and the policy does
    not count it as a contact that keeps a customer.
    """

    staff: str
    outlet: str | None
    day: int
    late: bool
    refused: bool
    voided: bool
    corrected: bool


class Conduct(NamedTuple):
    """All that one group of connected customers says."""

    follow_ups: list[FollowUp]
    undated: list[Undated]
    lapses: list[Lapse]
    contacts: list[Contact]


def conduct(
    events: Sequence[Event],
    members: Sequence[str],
    *,
    policy: Policy,
    people: People,
    calendar: Calendar,
    as_of: Moment,
    settings: Mapping[str, Any] | None = None,
) -> Conduct:
    """What everybody owed these customers up to `as_of`, and what became of it.

    `events` are those of the customers and of everyone connected with them, in the order of the
    register, as `deadlines.outlook` takes them.
    """
    matters = matters_among(
        events,
        members,
        program=compiled(policy, settings or {}),
        people=people,
        calendar=calendar,
        as_of=as_of,
    )
    found = Conduct([], [], [], [])
    for matter in matters:
        refused: set[int] = set()
        late = any(entry.late and entry.kind in CONTACT_KINDS for entry in matter.entries)
        _Stretches(matter, found, refused if late else None).look()
        found.contacts.extend(_contacts(matter, refused))
    return found


def measures(policy: Policy, settings: Mapping[str, Any] | None = None) -> bool:
    """Whether a policy says how long a holder may be silent at all."""
    spec = compiled(policy, settings or {}).holding
    return bool(spec.levels) or spec.idle is not None


def limits(policy: Policy, settings: Mapping[str, Any] | None = None) -> Mapping[str, int]:
    """Days from one contact to the next by level; empty where a policy does not go by levels."""
    spec = compiled(policy, settings or {}).holding
    return spec.limits if spec.levels and spec.idle is None else {}


def _contacts(matter: Matter, refused: set[int]) -> Iterator[Contact]:
    day = matter.history.calendar.day
    for entry in matter.entries:
        if entry.kind in CONTACT_KINDS and entry.by is not None:
            yield Contact(
                entry.by,
                entry.unit,
                day(entry.at),
                entry.late,
                entry.seq in refused,
                entry.voided,
                entry.corrected,
            )


class _Stretches:
    """One person's history, from one deal to the next: between order and delivery nothing is due.

    A later stretch may see again what an earlier one saw, where the policy looks at the whole
    history; each follow-up and each lapse is found once.
    """

    def __init__(self, matter: Matter, found: Conduct, refused: set[int] | None) -> None:
        self.matter, self.found, self.refused = matter, found, refused
        self.people, self.calendar = matter.history.people, matter.history.calendar
        self.spec = matter.program.holding
        self.dated = bool(self.spec.levels) or self.spec.idle is not None
        self.lost = _times_lost(matter.entries)
        self.owed: dict[tuple[str, Key], FollowUp | Undated] = {}
        self.gone: dict[tuple[str, Moment], Lapse] = {}

    def look(self) -> None:
        """Look at every stretch, and at the time since the last one."""
        after: Key | None = None
        for deal, anchor in _sold(self.matter):
            if after is None or anchor.key > after:
                self._stretch(case_of(self.matter, deal), anchor, after)
            if deal.close is None:
                break
            after = max(deal.close.key, after or deal.close.key)
        else:
            self._stretch(case_of(self.matter, None), self.matter.as_of + 1, after)
        for one in self.owed.values():
            if isinstance(one, FollowUp):
                self.found.follow_ups.append(one)
            else:
                self.found.undated.append(one)
        self.found.lapses.extend(self.gone.values())

    def _stretch(self, case: Case, until: Entry | Moment, after: Key | None) -> None:
        keeps = case.pool(self.spec.keeps) if self.spec.keeps else []
        if self.refused is not None and self.spec.keeps:
            refused = case.not_valid(self.spec.keeps)
            self.refused.update(entry.seq for entry, _ in refused if entry.late)
        contacts = sorted((e for e in keeps if is_before(e, until)), key=_by_key)
        from_, now = None if after is None else after[0], not isinstance(until, Entry)
        tenures = holding.timeline(case, until)
        for tenure, following in zip_longest(tenures, tenures[1:]):
            if tenure.staff is None:
                continue
            if following is not None:
                self._lapse(case, tenure, following)
            if self.dated:
                held = _held(case, tenure, following, contacts, holding.moment_of(until), now)
                self._owed(held, from_)

    def _lapse(self, case: Case, tenure: Tenure, following: Tenure) -> None:
        moment, staff = following.since, tenure.staff
        if staff is not None and _lapsed(case, tenure, following) and not self._lost_at(moment):
            self.gone[staff, moment] = Lapse(
                staff, self.people.outlet(staff, moment - 1), self.calendar.day(moment - 1)
            )

    def _owed(self, held: _Held, after: Moment | None) -> None:
        """What was owed while somebody held the customer, so far as it ended later than `after`."""
        day = self.calendar.day
        for opened, contact in zip_longest(held.points, held.points[1:]):
            begun = holding.moment_of(opened)
            made = None if contact is None else holding.moment_of(contact)
            if made is not None and day(made) == day(begun):
                continue  # the time runs from the last contact of a day
            stop, still_open = self._stop(held)
            ended = stop if made is None else made
            if after is not None and ended <= after:
                continue
            key = (held.staff, opened.key if isinstance(opened, Entry) else (begun, begun, -1))
            due, level = held.due(opened, begun)
            if due is None:
                outlet = self.people.outlet(held.staff, begun)
                self.owed[key] = Undated(held.staff, outlet, day(begun))
            elif held.since < due <= self.matter.as_of:
                outcome = self._outcome(due, made, stop)
                if outcome is not None:
                    self.owed[key] = FollowUp(
                        held.staff,
                        self.people.outlet(held.staff, due - 1),
                        level,
                        day(due - 1),
                        outcome,
                        day(ended),
                        still_open and made is None,
                    )

    def _stop(self, held: _Held) -> tuple[Moment, bool]:
        """When the holder's time was over, and whether it is not: he holds the customer now."""
        if not held.now:
            return held.end, False
        if self.lost and self.lost[-1][1] is None:
            return self.lost[-1][0], False
        return self.matter.as_of, True

    def _outcome(self, due: Moment, made: Moment | None, stop: Moment) -> str | None:
        if made is not None and made < due:
            return IN_TIME
        if self._lost_at(due) or (made is None and stop < due):
            return None  # nobody owed anything any more when the day was over
        return MISSED if made is None else LATE

    def _lost_at(self, moment: Moment) -> bool:
        return any(
            since < moment and (until is None or moment <= until) for since, until in self.lost
        )


def _sold(matter: Matter) -> list[tuple[Deal, Entry]]:
    """The deals with the entry that makes them, oldest first."""
    found = [(deal, matter.program.moment_entry(deal)) for deal in matter.deals]
    return sorted(
        [(deal, anchor) for deal, anchor in found if anchor is not None],
        key=lambda pair: pair[1].key,
    )


def _times_lost(entries: Sequence[Entry]) -> list[tuple[Moment, Moment | None]]:
    """From when until when the customer was gone; None: he still is."""
    found: list[tuple[Moment, Moment | None]] = []
    for entry in entries:
        if entry.kind not in ("lost", "reopened") or entry.flaw in ("voided", "struck"):
            continue
        gone = bool(found) and found[-1][1] is None
        if entry.kind == "lost" and not gone:
            found.append((entry.moment, None))
        elif entry.kind == "reopened" and gone:
            found[-1] = (found[-1][0], entry.moment)
    return found


def _lapsed(case: Case, tenure: Tenure, following: Tenure) -> bool:
    """Whether a holding was lost for silence, or because its time ran out."""
    if following.via == "transfer":
        return bool(following.entry.get("cause") == "overdue")
    if following.via == "file" and following.staff != tenure.staff:
        # The next of a queue follows when a holding runs out, and when it is given up.
        return holding.end_of(case, tenure, following.since) == following.since
    return following.via == "lapse"


def _by_key(entry: Entry) -> Key:
    return entry.key


class _Held(NamedTuple):
    """One stretch of holding, and the moments from which the holder's time ran anew.

    `points` are his contacts, and first of all the moment he was given the customer; `end` is
    when his time was over, `now` that it is not.
    """

    case: Case
    tenure: Tenure
    staff: str
    points: list[Entry | Moment]
    end: Moment
    now: bool

    @property
    def since(self) -> Moment:
        return self.tenure.since

    def due(self, opened: Entry | Moment, begun: Moment) -> tuple[Moment | None, str | None]:
        """From when on a follow-up is late, and by which level; None: it never is."""
        case, spec, tenure = self.case, self.case.program.holding, self.tenure
        level = None
        if spec.levels:
            given = tenure if tenure.via != "file" else None
            level = holding.level_of(case, self.staff, opened, tenure=given)
        if spec.idle is not None:
            by_contact = isinstance(opened, Entry) and not spec.idle_by_opening
            limit = spec.idle(opened if by_contact else tenure.entry, case)
            return case.deadline(begun, limit) if isinstance(limit, Quantity) else None, level
        if level is None:
            level = spec.default_level
        days = spec.limits.get(level) if level is not None else None
        if days is None:
            return None, level
        calendar = case.history.calendar
        return calendar.start_of(calendar.day(begun) + days + 1), level


def _held(
    case: Case,
    tenure: Tenure,
    following: Tenure | None,
    contacts: Sequence[Entry],
    until: Moment,
    now: bool,
) -> _Held:
    """`contacts` are everybody's before the end of the stretch, `until`, in the declared order."""
    staff, since = tenure.staff, tenure.since
    assert staff is not None
    end = until if following is None else following.since
    own = [e for e in contacts if e.by == staff]
    if following is not None:
        # Who opens anew what he holds, has made contact by it.
        last = end if following.staff == staff else end - 1
        own = [e for e in own if e.moment <= last]
    given = tenure.via != "file" or case.program.holding.idle is not None
    points: list[Entry | Moment]
    if given:
        points = [since, *(e for e in own if e.moment >= since)]
    else:
        before = [e for e in own if e.moment <= since]
        points = [*before[-1:], *own[len(before) :]]
    return _Held(case, tenure, staff, points, end, now and following is None)
