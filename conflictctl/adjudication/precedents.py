"""Earlier rulings by people on the same clauses, and whether a new one departs from them.

Two matters are alike where the rules took the same *path*: the same clauses barred, could not be
answered, or decided, in the same order, on what was known when the person ruled.  Who was who is
compared by *roles*: the one whom the rules name, the closer, and everybody whom the policy gives
a name of its own (`original`, `first_filer`, ...).  Where the same roles fell to one person in
both matters, the two rulings can be held against each other: each role had the same share, or
the later ruling departs from the earlier.  Nothing else is compared; reasons are for people.

Only a ruling that stands is a precedent: not one that was void, overruled on appeal, or without
effect.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from conflictctl.adjudication import judge
from conflictctl.adjudication.clashes import Bench
from conflictctl.adjudication.outcome import Outcome, credited
from conflictctl.adjudication.rules import try_rules
from conflictctl.adjudication.ruling import (
    Credit,
    Finding,
    Precedent,
    Precedents,
    Ruling,
    Step,
)
from conflictctl.calendar import Moment
from conflictctl.events import Event
from conflictctl.history import Deal
from conflictctl.policy.case import Case
from conflictctl.policy.instances import Standing

BY_RULE = "by_rule"
"""The role of the one whom the rules name."""
CLOSER = "closer"
"""The role of the one who took the order, or closed; a policy may have its own of that name."""

_TURNS_ON = frozenset({"awards", "refers", "bars", "unknown"})
"""Outcomes of clauses that a ruling by rule turns on; what only supports it does not."""

Group = tuple[Sequence[Event], Sequence[str]]
"""The events of a group of connected customers in the order of the register, and who they are."""

Find = Callable[[str], Group | None]
"""The group that a customer belongs to."""


class _Situation(NamedTuple):
    """What is before a person who rules: the rules' path, whom they name, and who is who."""

    path: tuple[Step, ...]
    given: frozenset[tuple[str, str]]
    roles: Mapping[str, str]

    @property
    def likeness(self) -> tuple[tuple[str, str], ...]:
        """Which roles fell to one person; two situations alike in this can be compared."""
        first: dict[str, str] = {}
        for role in sorted(self.roles):
            first.setdefault(self.roles[role], role)
        return tuple((role, first[self.roles[role]]) for role in sorted(self.roles))

    def shares(self, award: Iterable[tuple[str, str]]) -> dict[str, Decimal]:
        """The share that an award gives each role; under the empty name: to people in none."""
        found = dict.fromkeys((*self.roles, ""), Decimal(0))
        for party, share in award:
            for role in [r for r, holder in self.roles.items() if holder == party] or [""]:
                found[role] += Decimal(share)
        return found


class _Tried(NamedTuple):
    """One deal (None: the open question) of one person, after the rules were tried on it."""

    customer: str
    deal: Deal | None
    case: Case
    outcome: Outcome
    findings: Sequence[Finding]

    @property
    def deal_id(self) -> str | None:
        return None if self.deal is None else self.deal.id

    @property
    def award_by_people(self) -> Standing | None:
        """The ruling by people that gives the deal to somebody."""
        stands = judge.standing_of(self.case, self.outcome)
        return stands if stands is not None and stands.award and not self.outcome.final else None


class _Ruled(NamedTuple):
    """A ruling by people that stands, and what was before those who made it."""

    stands: Standing
    credit: tuple[Credit, ...]
    customer: str
    deal: str | None
    situation: _Situation


def precedents(
    ruling: Ruling,
    group: Group,
    earlier: Iterable[Event],
    find: Find,
    bench: Bench,
    *,
    complete: bool = True,
) -> Precedents:
    """The rulings by people on the path of `ruling`, the latest first.

    `group` is that of the customer ruled on.  `earlier` are rulings of the register, the latest
    first; `find` brings the groups they belong to.  `complete` says whether `earlier` has all of
    them, and is handed on.
    """
    deal = None if ruling.deal is None else ruling.deal.id
    tried = next((t for t in _tried(group, bench, ruling.customer) if t.deal_id == deal), None)
    if tried is None:
        return Precedents((), (), complete)
    own = _ruled(tried, group, bench)
    situation = _situation(tried) if own is None else own.situation
    before = None if own is None else (own.stands.entry.recorded, own.stands.entry.seq)
    found = []
    for event in earlier:
        if before is not None and _place(event) >= before:
            continue
        ruled = _ruled_by(event, find, bench)
        if ruled is None or ruled.situation.path != situation.path:
            continue
        if (ruled.customer, ruled.deal) != (tried.customer, deal):
            found.append(_precedent(ruled, own, situation))
    return Precedents(situation.path, tuple(found), complete)


def _precedent(ruled: _Ruled, own: _Ruled | None, situation: _Situation) -> Precedent:
    entry, award, then = ruled.stands.entry, ruled.stands.award, ruled.situation
    same = then.likeness == situation.likeness
    agrees = None
    if same and own is not None:
        agrees = then.shares(award) == situation.shares(own.stands.award)
    return Precedent(
        event=entry.ref,
        customer=ruled.customer,
        deal=ruled.deal,
        at=entry.at,
        by=entry.by or "",
        instance=ruled.stands.instance,
        credit=ruled.credit,
        same_roles=same,
        follows_rule=frozenset(award) == then.given if then.given else None,
        agrees=agrees,
    )


def _place(event: Event) -> tuple[Moment, int]:
    return (event.recorded_at, event.seq)


def _ruled_by(event: Event, find: Find, bench: Bench) -> _Ruled | None:
    """What stands because of one entry; None where it has no effect (any more)."""
    group = None if event.customer is None else find(event.customer)
    if group is None:
        return None
    for tried in _tried(group, bench):
        stands = tried.award_by_people
        if stands is not None and stands.entry.seq == event.seq:
            return _ruled(tried, group, bench)
    return None


def _ruled(tried: _Tried, group: Group, bench: Bench) -> _Ruled | None:
    """The ruling by people on a deal, with what had been recorded before it was made."""
    stands = tried.award_by_people
    if stands is None:
        return None
    entry = stands.entry
    known = [event for event in group[0] if _place(event) < (entry.recorded, entry.seq)]
    # A deal that was not on record yet was ruled on as the open question that it still was.
    then = {
        t.deal_id: t
        for t in _tried((known, group[1]), bench._replace(as_of=entry.at), tried.customer)
    }
    past = then.get(tried.deal_id) or then.get(None)
    if past is None:
        return None
    credit = credited(tried.case, stands.award)
    return _Ruled(stands, credit, tried.customer, tried.deal_id, _situation(past))


def _tried(group: Group, bench: Bench, wanted: str | None = None) -> Iterator[_Tried]:
    """Each deal, and the open question, of each person of a group.

    With `wanted` only those of the person who has that customer file.
    """
    matters = judge.matters_among(
        *group,
        program=bench.ruler.program,
        people=bench.people,
        calendar=bench.calendar,
        as_of=bench.as_of,
        caseloads=bench.ruler.caseloads,
    )
    for matter in matters:
        if wanted is not None and wanted not in matter.members:
            continue
        name = judge.name_of(matter)
        for deal in (*judge.deals_seen(matter), None):
            case = judge.case_of(judge.in_force(matter, deal), deal)
            yield _Tried(name, deal, case, *try_rules(case))


def _situation(tried: _Tried) -> _Situation:
    outcome, case = tried.outcome, tried.case
    given = outcome.shares
    return _Situation(
        tuple(Step(f.clause, f.outcome) for f in tried.findings if f.outcome in _TURNS_ON),
        given,
        _roles(case, [party for party, _ in given]),
    )


def _roles(case: Case, named: Sequence[str]) -> dict[str, str]:
    """Who is who: role to person."""
    roles: dict[str, str] = {}
    if len(named) == 1:
        roles[BY_RULE] = named[0]
    if case.anchor is not None and case.anchor.by is not None:
        roles[CLOSER] = case.anchor.by
    people = case.history.people
    for name in case.program.lets:
        value = case.constants_or_value(name)
        if isinstance(value, str) and (value in people.staff or value in people.outlet_types):
            roles[name] = value
    return roles
