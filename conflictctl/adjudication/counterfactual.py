"""The smallest change of what people did that would have turned a ruling.

Nothing is estimated: one act is added, moved or entered earlier, and the changed history is ruled
on.  What can be changed is declared: by the policy ([counterfactual]), or else every kind of
act that its classes of entries speak of.  Times are full hours; the search is exact because
between two turning points every hour is the same choice (`turning_points`).

**Added**: one entry more by a party, entered when it happened: contacts, filings and word to a
colleague until the deal, a claim until the end.  **Moved**: one entry of a party, some hours
earlier or later, entered as long after as it was.  **Entered**: one entry that was entered late,
entered when it happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from conflictctl.adjudication import judge
from conflictctl.adjudication.ruling import Change, Counterfactual, Credit, Turned
from conflictctl.adjudication.sensitivity import Retrial
from conflictctl.adjudication.turning_points import (
    Stretch,
    hours_between,
    stretches,
    turning_points,
)
from conflictctl.calendar import HOUR, Moment
from conflictctl.events import REFERENCE_FIELDS, Event
from conflictctl.history import involved
from conflictctl.policy.shape import ADDED, MOVED

BEFORE_DAYS, AFTER_DAYS = 90, 30

LIMIT = 20_000
"""Changed histories ruled on for one question; beyond it the answer says it is not complete."""

FIELDS: Mapping[str, Mapping[str, Any]] = {
    "visit": {"direction": "in"},
    "call": {"direction": "out", "reached": True},
    "followup": {"channel": "phone", "reached": True},
}
"""What an added entry says: an ordinary one of its kind."""

T = TypeVar("T")

_UNTIL_THE_DEAL = frozenset({"visit", "call", "followup", "inform", "filing"})
_ORDER = {"enter": 0, "add": 1, "move": 2}
"""Which change is the smaller one: nothing done, only entered; one act more; an act moved."""


class Declared(NamedTuple):
    """What may be changed, and from when to when."""

    add: tuple[str, ...]
    move: frozenset[str]
    first: Moment
    last: Moment
    deal: Moment | None


class Outcome(NamedTuple):
    """What a ruling comes to, for comparing."""

    status: str
    credit: tuple[Credit, ...]
    holder: str | None


def counterfactual(retrial: Retrial, *, limit: int = LIMIT) -> Counterfactual:
    """What somebody could have done otherwise so that the ruling of `retrial` were another one."""
    declared = declared_changes(retrial)
    search = _Search(retrial, declared, limit)
    search.entered()
    search.moved()
    search.added()
    return Counterfactual(search.turned(), declared.first, declared.last, search.complete)


def declared_changes(retrial: Retrial) -> Declared:
    """The changes that the policy declares for this question."""
    program = retrial.matter.program
    given = program.policy.counterfactual
    spoken = {kind for spec in program.policy.classes.values() for kind in spec.kinds}
    add = given.get("add")
    if add is None:
        # A customer's own visit is nobody's act, unless the policy knows no other contact.
        own = spoken & {"followup", "call"}
        add = [kind for kind in ADDED if kind in spoken and not (own and kind == "visit")]
    move = given.get("move", [kind for kind in MOVED if kind in spoken])
    calendar, as_of = retrial.calendar, retrial.as_of
    anchor = program.moment_entry(retrial.case_deal) if retrial.case_deal is not None else None
    deal = anchor.at if anchor is not None else None
    day = calendar.day(as_of if deal is None else deal)
    begun = min((event.at for event in retrial.events if event.customer is not None), default=as_of)
    first = max(begun, calendar.start_of(day - given.get("before_days", BEFORE_DAYS)))
    last = min(as_of, calendar.start_of(day + given.get("after_days", AFTER_DAYS) + 1))
    return Declared(tuple(add), frozenset(move), first, last, deal)


class _Search:
    """Changed histories ruled on, and what came out otherwise."""

    def __init__(self, retrial: Retrial, declared: Declared, limit: int) -> None:
        self.retrial = retrial
        self.declared = declared
        self.left = limit
        self.complete = True
        ruling = retrial.ruling
        self.before = Outcome(ruling.status, ruling.credit, ruling.holder)
        self.found: dict[Outcome, dict[Change, str | None]] = {}
        self.events = list(retrial.events)
        self.parties = sorted(
            party
            for party in involved(self.events, retrial.people)
            if party in retrial.people.staff
        )
        program = retrial.matter.program
        self.points = turning_points(
            self.events,
            retrial.people,
            program,
            retrial.calendar,
            declared.first,
            declared.last,
        )

    def turned(self) -> tuple[Turned, ...]:
        """Every other outcome, in the order of the smallest change that gives it."""
        result = []
        for outcome, changes in self.found.items():
            ordered = tuple(sorted(changes, key=_size))
            result.append(Turned(*outcome, changes[ordered[0]], ordered))
        return tuple(sorted(result, key=lambda one: _size(one.changes[0])))

    # ------------------------------------------------------------------ the changes

    def entered(self) -> None:
        """One late entry, entered when it happened."""
        for event in self._own():
            if event.recorded_at > event.at:
                timely = event._replace(recorded_at=event.at, appended_at=event.at)
                decision = self._ask(self._instead(event, timely))
                if decision is not None and self._turns(decision):
                    change = Change("enter", event.by or "", (event.kind,), event=event.ref)
                    self._keep(decision, change)

    def moved(self) -> None:
        """One entry earlier or later: the least shift each way that turns the ruling."""
        for event in self._own():
            if event.kind in self.declared.move and not self._spoken_of(event):
                first = self.declared.first
                last = self.declared.last - (event.recorded_at - event.at)
                earlier = range(event.at - HOUR, first - 1, -HOUR)
                later = range(event.at + HOUR, last + 1, HOUR)
                self._moved(event, [moment for moment in earlier if moment <= last])
                self._moved(event, [moment for moment in later if moment >= first])

    def _moved(self, event: Event, moments: Sequence[Moment]) -> None:
        """`moments` come nearest first."""
        lag = event.recorded_at - event.at
        points = self.points
        if lag:
            points = sorted({*points, *(point - lag for point in points)})
        possible = sorted(moment for moment in moments if self._may(event.by, moment))
        nearest = list(stretches(possible, points))
        if moments and moments[0] < event.at:
            nearest = [Stretch(last, first) for first, last in reversed(nearest)]
        for moment, _ in nearest:
            moved = event._replace(at=moment, recorded_at=moment + lag, appended_at=moment + lag)
            decision = self._ask(self._instead(event, moved))
            if decision is None:
                return
            if self._turns(decision):
                change = Change(
                    "move",
                    event.by or "",
                    (event.kind,),
                    event=event.ref,
                    shift=moment - event.at,
                )
                self._keep(decision, change)
                return

    def added(self) -> None:
        """One entry more, at every full hour."""
        found: dict[tuple[Outcome, str, str | None, Stretch], dict[str, str | None]] = {}
        for kind in self.declared.add:
            for staff in self.parties:
                for to in self.parties if kind == "inform" else (None,):
                    if to == staff:
                        continue
                    for outcome, clause, span in self._added(kind, staff, to):
                        same = found.setdefault((outcome, staff, to, span), {})
                        same[kind] = clause
        for (outcome, staff, to, span), kinds in found.items():
            change = Change("add", staff, tuple(kinds), to, span.first, span.last)
            self.found.setdefault(outcome, {})[change] = next(iter(kinds.values()))

    def _added(
        self, kind: str, staff: str, to: str | None
    ) -> Iterator[tuple[Outcome, str | None, Stretch]]:
        declared = self.declared
        early = declared.deal is not None and kind in _UNTIL_THE_DEAL
        last = min(declared.last, declared.deal) if early and declared.deal else declared.last
        hours = [
            hour
            for hour in hours_between(declared.first, last, self.retrial.calendar)
            if self._may(staff, hour)
        ]
        seq = max((event.seq for event in self.events), default=0) + 1
        fields = {**FIELDS.get(kind, {}), **({} if to is None else {"to": to})}
        tried: list[tuple[Stretch, tuple[Outcome, str | None] | None]] = []
        for stretch in stretches(hours, self.points):
            at = stretch.first
            event = Event(
                self.events[0].log, seq, None, kind, at, 0, at, at, staff, staff,
                self.retrial.customer, fields,
            )  # fmt: skip
            decision = self._ask([*self.events, event])
            if decision is None:
                break
            turned = self._turns(decision)
            tried.append((stretch, (_outcome(decision), decision.decided_by) if turned else None))
        for result, span in _joined(tried):
            yield *result, span

    # --------------------------------------------------------------------- asking

    def _ask(self, events: Sequence[Event]) -> judge.Decision | None:
        if self.left <= 0:
            self.complete = False
            return None
        self.left -= 1
        return self.retrial.decided(events)

    def _turns(self, decision: judge.Decision) -> bool:
        return _outcome(decision) != self.before

    def _keep(self, decision: judge.Decision, change: Change) -> None:
        self.found.setdefault(_outcome(decision), {})[change] = decision.decided_by

    def _own(self) -> Iterator[Event]:
        """The entries of the parties that had happened, in the order of the register."""
        parties, as_of = set(self.parties), self.retrial.as_of
        for event in self.events:
            if (
                event.by in parties
                and event.at <= as_of
                and event.kind in MOVED
                and event.ref != self.retrial.anchor
            ):
                yield event

    def _spoken_of(self, event: Event) -> bool:
        """Whether another entry speaks of this one: then it is not moved away from under it."""
        names = {event.seq, event.id} - {None}
        for other in self.events:
            field = REFERENCE_FIELDS.get(other.kind)
            if field is not None and other.fields.get(field) in names:
                return True
            if names & set(other.get("strikes", ())):
                return True
        return False

    def _instead(self, event: Event, other: Event) -> list[Event]:
        return [other if one is event else one for one in self.events]

    def _may(self, staff: str | None, moment: Moment) -> bool:
        """Whether somebody worked here at a moment."""
        person = self.retrial.people.staff.get(staff or "")
        return (
            person is not None
            and bool(person.posts)
            and person.posts[0].since <= moment
            and person.employed(moment)
        )


def _outcome(decision: judge.Decision) -> Outcome:
    return Outcome(decision.status, decision.credit, decision.holder)


def _size(change: Change) -> tuple[Any, ...]:
    return (
        _ORDER[change.do],
        abs(change.shift or 0),
        -((change.last or 0) - (change.first or 0)),
        change.staff,
        change.kinds,
        change.first or 0,
        change.event or "",
        change.to or "",
    )


def _joined(tried: Iterable[tuple[Stretch, T | None]]) -> Iterator[tuple[T, Stretch]]:
    """Neighbouring stretches with the same result put together; those without one left out."""
    last: tuple[T, Stretch] | None = None
    for stretch, result in tried:
        if last is not None and result == last[0]:
            last = (last[0], Stretch(last[1].first, stretch.last))
            continue
        if last is not None:
            yield last
        last = None if result is None else (result, stretch)
    if last is not None:
        yield last
