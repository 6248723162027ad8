"""What is due in a case, by whom, until when, and to whom a passed deadline is to be taken.

A clock starts when something happened (`at`); whether an entry made on a later day stops one at
its `at` or when it was entered, the policy says.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from conflictctl.calendar import Moment
from conflictctl.cases.policy import CasePolicy
from conflictctl.cases.procedure import CLOSED, EXECUTING, FINISHED, RESOLVED, UNRESOLVED, Case
from conflictctl.cases.worktime import Limit, WorkingTime
from conflictctl.events import Event

FIRST_RESPONSE, ACCEPTANCE, UPDATE = "first_response", "acceptance", "update"
RESOLUTION, TASK, EXECUTION, FOLLOW_UP = "resolution", "task", "execution", "follow_up"

KINDS_OF_DEADLINE = (
    FIRST_RESPONSE,
    ACCEPTANCE,
    UPDATE,
    RESOLUTION,
    TASK,
    EXECUTION,
    FOLLOW_UP,
)


class Deadline(NamedTuple):
    """Something that is owed until a moment.

    `staff` owes it: a member of staff, `customer`, or None for nobody in particular.  `met` is
    the moment at which it was done, None while it is open.  `proposes` is the level of the
    ladder to which the case is to be taken because the deadline has passed; a person confirms.
    """

    what: str
    due: Moment
    task: str | None
    staff: str | None
    met: Moment | None
    proposes: str | None

    def is_past(self, as_of: Moment) -> bool:
        """Whether it is open and its moment has gone by."""
        return self.met is None and self.due < as_of

    @property
    def in_time(self) -> bool | None:
        """Whether it was done in time; None while it is open."""
        return None if self.met is None else self.met <= self.due


def deadlines(case: Case, policy: CasePolicy, time: WorkingTime, as_of: Moment) -> list[Deadline]:
    """Everything that was or is due in a case as of a moment, by its due moment.

    What a finished case never did is left out; only the question after closing is still open.
    Of updates only the next one is told.
    """
    clocks = Clocks(case, policy, time, as_of)
    found = [
        deadline
        for deadline in clocks.all()
        if deadline.met is not None or case.state not in FINISHED or deadline.what == FOLLOW_UP
    ]
    return sorted(found, key=lambda one: (one.due, KINDS_OF_DEADLINE.index(one.what)))


def open_deadlines(
    case: Case, policy: CasePolicy, time: WorkingTime, as_of: Moment
) -> list[Deadline]:
    """What is still to be done, the most urgent first."""
    return [one for one in deadlines(case, policy, time, as_of) if one.met is None]


class Clocks:
    """The clocks of one case."""

    def __init__(self, case: Case, policy: CasePolicy, time: WorkingTime, as_of: Moment) -> None:
        self.case = case
        self.policy = policy
        self.time = time
        self.as_of = as_of

    def all(self) -> Iterator[Deadline]:
        yield from self.first_response()
        yield from self._acceptance()
        yield from self._update()
        yield from self.resolution()
        yield from self._tasks()
        yield from self._follow_ups()

    # ------------------------------------------------------------------ the single ones

    def first_response(self) -> Iterator[Deadline]:
        """Met by the first answer to the customer."""
        yield from self._limited(
            FIRST_RESPONSE, self.case.opened, self.case.responded, self._contact()
        )

    def _acceptance(self) -> Iterator[Deadline]:
        """Met by whatever decides it: accepted, rejected, withdrawn, or ruled on at once."""
        case = self.case
        start = case.opened
        done = case.accepted
        if done is None and case.reopenings and case.handler is None:
            start = case.reopenings[-1]
        if done is None:
            done = case.resolved or _decided(case, start)
        yield from self._limited(ACCEPTANCE, start, done, None)

    def _update(self) -> Iterator[Deadline]:
        case = self.case
        if case.state in UNRESOLVED:
            latest = [event for event in (self._start(), case.told) if event is not None]
            start = max(latest, key=lambda event: event.at)
            yield from self._limited(UPDATE, start, None, self._contact())

    def resolution(self) -> Iterator[Deadline]:
        """Met by the resolution in force."""
        yield from self._limited(RESOLUTION, self._start(), self.case.resolved, self.case.handler)

    def _tasks(self) -> Iterator[Deadline]:
        """The owner has until the end of the day; after that the handler sees to it."""
        case = self.case
        grace = self._limit(EXECUTION)
        for name, task in case.tasks.items():
            day = date.fromisoformat(task.due).toordinal()
            due = self.time.calendar.start_of(day + 1)
            met = self._counted(task.done)
            # The handler's check comes in between, where there is one.
            yield self._made(TASK, due, name, task.owner, met, None if grace else Limit(1, "wd"))
            if grace is not None and due < (self.as_of if met is None else met):
                check = self.time.end(due - 1, grace)
                yield self._made(EXECUTION, check, name, case.handler, met, grace)

    # -------------------------------------------------------------------- the follow-up

    def _follow_ups(self) -> Iterator[Deadline]:
        """After closing, and after each answer that does not satisfy, until one does.

        Each party who is asked by name has to be satisfied; an answer in nobody's name is the
        customer's.
        """
        case = self.case
        if case.state not in (RESOLVED, EXECUTING, CLOSED):
            return
        since = case.reopenings[-1].seq if case.reopenings else 0
        steps = [answer.event for answer in case.answers if answer.score is not None]
        steps = [event for event in steps if event.seq > since]
        if case.closed is not None:
            steps.append(case.closed)
        waiting: dict[str | None, Moment] = {}
        satisfied = False
        for event in sorted(steps, key=lambda event: event.seq):
            if event is case.closed:
                self._wait_after_closing(waiting, satisfied=satisfied)
                continue
            party: str | None = event.fields.get("party")
            due = waiting.pop(party, None)
            if due is None:
                due = waiting.pop(None, None)
            if due is not None:
                yield self._made(FOLLOW_UP, due, None, case.handler, self._counted(event), None)
            satisfied = event.fields["score"] >= self.policy.satisfied_from
            again = self._limit("follow_up_again")
            if not satisfied and again is not None:
                waiting[party] = self.time.end(event.at, again)
        if case.ended is None and case.waived is None and waiting:
            due = min(waiting.values())
            yield self._made(FOLLOW_UP, due, None, case.handler, None, None)

    def _wait_after_closing(self, waiting: dict[str | None, Moment], *, satisfied: bool) -> None:
        limit = self._limit(FOLLOW_UP)
        closed = self.case.closed
        if limit is None or closed is None or (satisfied and not self.policy.ask_again):
            return
        due = self.time.end(closed.at, limit)
        if waiting:  # asked again anyway, and now perhaps earlier
            for party, other in waiting.items():
                waiting[party] = min(due, other)
        else:
            waiting[None] = due

    # ------------------------------------------------------------------------- helpers

    def _limit(self, name: str) -> Limit | None:
        return self.policy.limit(name, self.case.severity, self.case.category)

    def _start(self) -> Event:
        """What the present run at the case began with."""
        return self.case.reopenings[-1] if self.case.reopenings else self.case.opened

    def _contact(self) -> str | None:
        """Who owes the customer a word: the handler, before that who took the case in."""
        case = self.case
        if case.handler is not None:
            return case.handler
        by = case.opened.by
        return None if by is None or case.is_party(by) else by

    def _limited(
        self, what: str, start: Event, done: Event | None, staff: str | None
    ) -> Iterator[Deadline]:
        limit = self._limit(what)
        if limit is not None:
            due = self.time.end(start.at, limit)
            yield self._made(what, due, None, staff, self._counted(done), limit)

    def _made(
        self,
        what: str,
        due: Moment,
        task: str | None,
        staff: str | None,
        met: Moment | None,
        limit: Limit | None,
    ) -> Deadline:
        """The deadline; with `limit` it proposes an escalation once it has passed."""
        proposes = None
        if limit is not None and met is None and due < self.as_of:
            proposes = self._proposed(due, limit)
        return Deadline(what, due, task, staff, met, proposes)

    def _proposed(self, due: Moment, limit: Limit) -> str | None:
        """The next level; once taken there, that level first has the same time itself."""
        case = self.case
        if case.category == "attribution":
            return None  # its instances are those of the attribution policy: `appeal`
        if case.escalations:
            latest = max(event.at for event in case.escalations)
            if latest >= due and self.as_of <= self.time.end(latest, limit):
                return None
        above = self.policy.next_level(case.level)
        return above.id if above is not None else None

    def _counted(self, event: Event | None) -> Moment | None:
        """The moment at which an entry stops a clock; None if that is still to come."""
        if event is None:
            return None
        moment = event.at
        if self.policy.late == "entered":
            day = self.time.calendar.day
            if day(event.recorded_at) > day(event.at):
                moment = event.recorded_at
        return moment if moment <= self.as_of else None


def _decided(case: Case, start: Event) -> Event | None:
    """The entry that rejects or withdraws a case nobody had accepted, where it is at hand."""
    for tried in case.tried:
        if (
            tried.refusal is None
            and tried.event.kind in ("case_rejected", "case_withdrawn")
            and tried.event.seq > start.seq
        ):
            return tried.event
    return None
