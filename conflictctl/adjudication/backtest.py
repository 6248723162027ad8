"""The same histories ruled on under two policies: what would have come out otherwise.

A history is replayed once and ruled on twice where both policies mend the record and join
customers alike; where they do not, each has its own, and deals are matched by their entries.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from conflictctl.adjudication import judge
from conflictctl.adjudication.ruling import Credit
from conflictctl.calendar import Calendar, Moment
from conflictctl.events import Event
from conflictctl.history import Deal, Entry, History, replay
from conflictctl.people import People
from conflictctl.policy.model import Policy
from conflictctl.policy.program import Program, compiled

Gives = tuple[str, tuple[Credit, ...], str | None, str | None]
"""What a ruling gives: status, credit, holder, who decides."""


class Ruler(NamedTuple):
    """One of the two policies, with its settings and, where it asks, everybody's caseload."""

    policy: Policy
    settings: Mapping[str, Any]
    caseloads: Mapping[str, int] | None = None

    @property
    def program(self) -> Program:
        """The policy ready to run."""
        return compiled(self.policy, self.settings)


class Selection(NamedTuple):
    """Which rulings are compared: deals of some local days (proleptic ordinals, both
    counted), and what concerns one outlet.  With a first or last day, deals only."""

    first: int | None = None
    last: int | None = None
    outlet: str | None = None

    @property
    def deals_only(self) -> bool:
        """Whether customers without a deal are left out."""
        return self.first is not None or self.last is not None

    def takes(self, day: int | None) -> bool:
        """Whether something of that day, or of none, is asked for."""
        if day is None:
            return not self.deals_only
        return (self.first is None or day >= self.first) and (self.last is None or day <= self.last)


class Court(NamedTuple):
    """Both policies, and what a ruling depends on besides."""

    a: Ruler
    b: Ruler
    people: People
    calendar: Calendar
    as_of: Moment
    selection: Selection = Selection()


class Given(NamedTuple):
    """One policy's ruling without words.

    `by_rule` is what the rules give where a person's ruling stands in their place.
    `contested` are the contested parameters it turns on; only worked out for flips.
    """

    status: str
    credit: tuple[Credit, ...]
    holder: str | None
    decided_by: str | None
    referred_to: str | None
    by_rule: tuple[str, tuple[Credit, ...]] | None = None
    contested: tuple[str, ...] = ()

    @property
    def gives(self) -> Gives:
        """What is compared: to whom it gives what, and who is to decide."""
        return self.status, self.credit, self.holder, self.referred_to

    @property
    def parties(self) -> tuple[str, ...]:
        """Who gets anything."""
        named = tuple(part.party for part in self.credit)
        return named if self.holder is None else (*named, self.holder)


class Compared(NamedTuple):
    """One deal, or one customer without a deal, under both policies.

    `moment` is that of the deal, None without one.  A side is None where that policy sees no
    such deal or customer of its own: it takes it together with another one.
    """

    customer: str
    deal: str | None
    moment: Moment | None
    day: int | None
    closer: str | None
    place: str | None
    a: Given | None
    b: Given | None

    @property
    def flipped(self) -> bool:
        """Whether the two rulings give different things."""
        if self.a is None or self.b is None:
            return self.a is not self.b
        return self.a.gives != self.b.gives

    @property
    def shielded(self) -> bool:
        """Whether only the rules give different things: a person's ruling stands in both."""
        if self.flipped or self.a is None or self.b is None:
            return False
        return _by_rule(self.a) != _by_rule(self.b)


def _by_rule(given: Given) -> tuple[object, ...]:
    return given.by_rule if given.by_rule is not None else given.gives[:2]


def laid_over(policy: Policy) -> Policy:
    """A single edition as if it were in force for deals of every day.

    A policy with several editions is left as it is: each deal has the one of its day.
    """
    if policy.editions or (policy.applies_from is None and policy.applies_to is None):
        return policy
    # Compiled policies are kept by their digest: this one is another.
    return policy._replace(
        applies_from=None, applies_to=None, digest=f"{policy.digest} for every day"
    )


class _Question(NamedTuple):
    """One deal of a person under one policy; without a deal, who holds him."""

    matter: judge.Matter
    deal: Deal | None
    anchor: Entry | None

    @property
    def entries(self) -> set[int]:
        deal = self.deal
        if deal is None:
            return set()
        found = {entry.seq for entry in deal.orders}
        return found if deal.close is None else found | {deal.close.seq}


def compared(events: Sequence[Event], members: Sequence[str], court: Court) -> Iterator[Compared]:
    """Every deal of a group of connected customers, and who holds those without one.

    `events` are those of the whole group, in the order of the register.
    """
    a, b = court.a.program, court.b.program
    history = _replayed(events, court, a)
    if a.powers == b.powers and a.joined == b.joined:
        for person in judge.persons_of(history, members, a.joined):
            matter = judge.matter_of(a, history, person, court.as_of)
            yield from _of_person(matter, b, court)
        return
    ours = _questions(history, members, a, court)
    theirs = _questions(_replayed(events, court, b), members, b, court)
    for question in ours:
        twin = _twin(question, theirs)
        if twin is not None:
            theirs.remove(twin)
        yield from _chosen(question, twin, court)
    for question in theirs:
        yield from _chosen(None, question, court)


def _replayed(events: Sequence[Event], court: Court, program: Program) -> History:
    return replay(
        events,
        people=court.people,
        calendar=court.calendar,
        as_of=court.as_of,
        powers=program.powers,
    )


def _of_person(matter: judge.Matter, other: Program, court: Court) -> Iterator[Compared]:
    """One person whom both policies see alike."""
    twin = matter._replace(program=other)
    found = False
    for deal in matter.deals:
        anchor, theirs = matter.program.moment_entry(deal), other.moment_entry(deal)
        if anchor is not None or theirs is not None:
            found = True
            yield from _chosen(
                _Question(matter, deal if anchor else None, anchor),
                _Question(twin, deal if theirs else None, theirs),
                court,
            )
    if not found:
        yield from _chosen(_Question(matter, None, None), _Question(twin, None, None), court)


def _questions(
    history: History, members: Sequence[str], program: Program, court: Court
) -> list[_Question]:
    found = []
    for person in judge.persons_of(history, members, program.joined):
        matter = judge.matter_of(program, history, person, court.as_of)
        deals = [
            _Question(matter, deal, anchor)
            for deal in matter.deals
            if (anchor := program.moment_entry(deal)) is not None
        ]
        found += deals or [_Question(matter, None, None)]
    return found


def _twin(question: _Question, others: Sequence[_Question]) -> _Question | None:
    """The question of the other policy about the same deal, or about the same customer."""
    entries = question.entries
    for other in others:
        if not entries.isdisjoint(other.entries):
            return other
    for other in others:
        together = not question.matter.members.isdisjoint(other.matter.members)
        if together and (question.deal is None or other.deal is None):
            return other
    return None


def _chosen(a: _Question | None, b: _Question | None, court: Court) -> Iterator[Compared]:
    """The comparison, if it is asked for."""
    anchor = next((one.anchor for one in (a, b) if one is not None and one.anchor), None)
    day = None if anchor is None else court.calendar.day(anchor.at)
    if not court.selection.takes(day):
        return
    named = a or b
    assert named is not None
    customer = judge.name_of(named.matter)
    deal = next((one.deal for one in (a, b) if one is not None and one.deal), None)
    result = Compared(
        customer,
        None if deal is None else deal.id,
        None if anchor is None else anchor.at,
        day,
        None if anchor is None else anchor.by,
        None if anchor is None else anchor.place,
        _given(a, customer, court.a),
        _given(b, customer, court.b),
    )
    if court.selection.outlet is not None and court.selection.outlet not in outlets_of(
        result, court
    ):
        return
    if result.flipped:
        result = result._replace(
            a=_with_contested(a, result.a, customer, court.a),
            b=_with_contested(b, result.b, customer, court.b),
        )
    yield result


def _given(question: _Question | None, customer: str, ruler: Ruler) -> Given | None:
    if question is None:
        return None
    question.matter.history.caseloads = ruler.caseloads
    matter = judge.in_force(question.matter, question.deal)
    case = judge.case_of(matter, question.deal)
    found = judge.decide_case(case)
    if found is not None:
        return Given(found.status, found.credit, found.holder, found.decided_by, found.referred_to)
    ruling = judge.judge_deal(matter, customer, question.deal, explain=False)
    by_rule = ruling.by_rule
    return Given(
        ruling.status,
        ruling.credit,
        ruling.holder,
        ruling.decided_by,
        ruling.referred_to,
        None if by_rule is None else (by_rule.status, by_rule.credit),
    )


def _with_contested(
    question: _Question | None, given: Given | None, customer: str, ruler: Ruler
) -> Given | None:
    if question is None or given is None:
        return given
    question.matter.history.caseloads = ruler.caseloads
    matter = judge.in_force(question.matter, question.deal)
    contests = judge.contested(matter, customer, question.deal, given)
    return given._replace(contested=tuple(contest.param for contest in contests))


def outlet_of(party: str, moment: Moment, people: People) -> str | None:
    """The outlet of a party at a moment: an outlet is its own."""
    outlet = people.outlet(party, moment)
    return party if outlet is None and party in people.outlet_types else outlet


def outlets_of(result: Compared, court: Court) -> set[str | None]:
    """Where it took place, and the outlets of all who get anything under either policy."""
    moment = court.as_of if result.moment is None else result.moment
    parties = [party for side in (result.a, result.b) if side is not None for party in side.parties]
    return {result.place, *(outlet_of(party, moment, court.people) for party in parties)}
