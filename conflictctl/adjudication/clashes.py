"""Deals to which rules apply that name different winners, and what settles each such pair.

Every rule of a policy is tried on a deal, whatever decided before it.  A rule that does not
name anybody (it refers, notes, bars, or starts again) clashes with none; whoever is barred is
out of the contest before it begins.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from heapq import nsmallest
from itertools import combinations
from typing import NamedTuple

from conflictctl.adjudication import judge
from conflictctl.adjudication.backtest import Ruler
from conflictctl.adjudication.outcome import Outcome
from conflictctl.adjudication.rules import attempt, beaten, decide, put_out
from conflictctl.adjudication.ruling import Credit
from conflictctl.calendar import Calendar, Moment
from conflictctl.events import Event
from conflictctl.history import Deal
from conflictctl.people import People
from conflictctl.policy.case import Case
from conflictctl.policy.language import UNKNOWN
from conflictctl.policy.parts import CompiledRule
from conflictctl.policy.program import Program

EXAMPLES = 3
"""So many examples are kept of each pair of rules."""

_NAMES = frozenset({"credited", "recommended", "held"})


class RuleName(NamedTuple):
    """A rule by its clause and its number among the rules of the file, from 1."""

    clause: str
    number: int


class Pair(NamedTuple):
    """Two rules that name different winners, and what settles it between them.

    `settled` is order (the first listed decides), beats (one is declared to go before the
    other), or referral (nothing does: people decide).
    """

    first: RuleName
    second: RuleName
    settled: str


class Clash(NamedTuple):
    """One deal, or one customer without a deal, with all pairs that clash over it."""

    customer: str
    deal: str | None
    moment: Moment | None
    winners: tuple[tuple[RuleName, tuple[Credit, ...], str | None], ...]
    """Each rule that applies and names somebody, with the credit, or the holder, it gives."""
    pairs: tuple[Pair, ...]


class Bench(NamedTuple):
    """The policy, and what a ruling depends on besides."""

    ruler: Ruler
    people: People
    calendar: Calendar
    as_of: Moment


def examined(events: Sequence[Event], members: Sequence[str], bench: Bench) -> Iterator[Clash]:
    """Every deal of a group of connected customers, and who holds those without one.

    A clash without pairs is a deal over which no rules clash.
    """
    matters = judge.matters_among(
        events,
        members,
        program=bench.ruler.program,
        people=bench.people,
        calendar=bench.calendar,
        as_of=bench.as_of,
        caseloads=bench.ruler.caseloads,
    )
    for matter in matters:
        deals: list[Deal | None] = [*judge.deals_seen(matter)]
        for deal in deals or [None]:
            yield _clash(judge.in_force(matter, deal), judge.name_of(matter), deal)


def _clash(matter: judge.Matter, customer: str, deal: Deal | None) -> Clash:
    case = judge.case_of(matter, deal)
    naming = naming_somebody(tried_on(case)) if judge.has_edition(case) else []
    return Clash(
        customer,
        None if deal is None else deal.id,
        None if case.anchor is None else case.anchor.at,
        tuple((name_of(rule), outcome.credit, outcome.holder) for rule, outcome in naming),
        tuple(pairs_among(case.program, naming)),
    )


class Tried(NamedTuple):
    """What came of trying every rule on a case, in the order of the file.

    `applying`: those that decide something, with what they give; `aside`: those that apply and
    go on (they bar, or start again with somebody else); `unsure`: those that want a fact.
    """

    applying: tuple[tuple[CompiledRule, Outcome], ...]
    aside: tuple[CompiledRule, ...]
    unsure: tuple[CompiledRule, ...]


def tried_on(case: Case) -> Tried:
    """Try every rule on a case, whatever decided before it; whoever is barred stays out."""
    program = case.program
    applying, aside, unsure = [], [], []
    for rule in program.rules if case.anchor is not None else program.open_rules:
        if rule.action == "note":
            continue
        value = attempt(case, rule)
        if value is UNKNOWN:
            unsure.append(rule)
        elif not value:
            continue
        elif rule.action == "replace":
            aside.append(rule)
        elif rule.action == "bar":
            put_out(case, rule)
            aside.append(rule)
        else:
            outcome, _ = decide(case, rule)
            named = [part.party for part in outcome.credit] + [outcome.holder]
            if set(named) == {None} or not set(named) <= {*case.barred, None}:
                applying.append((rule, outcome))
    return Tried(tuple(applying), tuple(aside), tuple(unsure))


def naming_somebody(tried: Tried) -> list[tuple[CompiledRule, Outcome]]:
    """The rules that apply and name somebody."""
    return [(rule, outcome) for rule, outcome in tried.applying if outcome.status in _NAMES]


def pairs_among(program: Program, naming: Sequence[tuple[CompiledRule, Outcome]]) -> Iterator[Pair]:
    """Every two of some rules that name different winners, and what settles it."""
    for (one, first), (other, second) in combinations(naming, 2):
        if (first.credit, first.holder) != (second.credit, second.holder):
            yield Pair(name_of(one), name_of(other), _settled(program, one, other, naming))


def _settled(
    program: Program,
    one: CompiledRule,
    other: CompiledRule,
    naming: Sequence[tuple[CompiledRule, Outcome]],
) -> str:
    if not program.declared:
        return "order"
    if beaten(one, [other]) or beaten(other, [one]):
        return "beats"
    # Nothing is settled between two that a third goes before; the third settles it.
    rules = [rule for rule, _ in naming]
    if beaten(one, rules) or beaten(other, rules):
        return "beats"
    return "referral"


def name_of(rule: CompiledRule) -> RuleName:
    """How a rule is called in a report."""
    place = rule.rule.place
    return RuleName(rule.rule.clause, int(place[1]) + 1 if len(place) > 1 else 0)


class Tally:
    """Counts over many deals, merged in any order; only a few examples are kept."""

    def __init__(self) -> None:
        self.examined: Counter[bool] = Counter()
        """Deals (True), and customers without a deal (False)."""
        self.clashing: Counter[bool] = Counter()
        self.settled: Counter[str] = Counter()
        """Deals and customers by what settles them: referral, where any pair is left to people."""
        self.pairs: Counter[Pair] = Counter()
        self.examples: dict[Pair, list[Clash]] = {}

    def add(self, clash: Clash) -> None:
        """Count one deal."""
        is_deal = clash.moment is not None
        self.examined[is_deal] += 1
        if not clash.pairs:
            return
        self.clashing[is_deal] += 1
        how = {pair.settled for pair in clash.pairs}
        self.settled["referral" if "referral" in how else min(how)] += 1
        for pair in set(clash.pairs):
            self.pairs[pair] += 1
            self.examples[pair] = _first([*self.examples.get(pair, ()), clash])

    def merge(self, other: Tally) -> None:
        """Take in the counts of another part of the register."""
        self.examined.update(other.examined)
        self.clashing.update(other.clashing)
        self.settled.update(other.settled)
        self.pairs.update(other.pairs)
        for pair, found in other.examples.items():
            self.examples[pair] = _first([*self.examples.get(pair, ()), *found])

    def listed(self) -> list[tuple[Pair, int, list[Clash]]]:
        """Each pair of rules, the most frequent first, with examples."""
        ordered = sorted(self.pairs.items(), key=lambda one: (-one[1], one[0]))
        return [(pair, count, self.examples[pair]) for pair, count in ordered]


def _first(clashes: Sequence[Clash]) -> list[Clash]:
    return nsmallest(EXAMPLES, clashes, key=_place)


def _place(clash: Clash) -> tuple[bool, int, str, str]:
    """The latest deals first, whatever the order of the work; customers without one last."""
    return clash.moment is None, -(clash.moment or 0), clash.customer, clash.deal or ""
