"""Counts over many comparisons of two policies: who wins, who loses, by which clauses.

Tallies of parts of a register are merged in any order to the same result, and hold no more
than a few examples and so many flips: their size does not grow with the register.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from fractions import Fraction
from heapq import nsmallest
from typing import NamedTuple

from conflictctl.adjudication.backtest import Compared, Court, Given, outlet_of

EXAMPLES = 3
"""So many examples are kept of each pair of clauses."""

A, B = "a", "b"
Clauses = tuple[str | None, str | None]
"""The clause that decides under A, and under B."""


class Account(NamedTuple):
    """What a consultant or an outlet would win and lose, in deals; shares are exact."""

    party: str | None
    a: Fraction
    b: Fraction
    won: Fraction
    lost: Fraction
    deals_won: int
    deals_lost: int
    customers_won: int
    customers_lost: int

    @property
    def net(self) -> Fraction:
        """Credit under B less that under A, in deals."""
        return self.won - self.lost


class Tally:
    """Counts over some comparisons; `most` flips are kept, the latest deals first."""

    def __init__(self, most: int = 200) -> None:
        self.most = most
        self.compared: Counter[bool] = Counter()
        """Deals (True), and customers without a deal (False)."""
        self.flipped: Counter[bool] = Counter()
        self.shielded = 0
        self.statuses: Counter[tuple[bool, str | None, str | None]] = Counter()
        self.referred: Counter[tuple[str, str]] = Counter()
        self.contested: Counter[str] = Counter()
        self.params: Counter[tuple[str, str]] = Counter()
        self.clauses: Counter[Clauses] = Counter()
        self.days: Counter[tuple[str, bool]] = Counter()
        """Deals by month, and whether they flip."""
        self.credit: dict[str, Counter[tuple[str, str | None, str]]] = {
            "staff": Counter(),
            "outlet": Counter(),
        }
        """Under which policy, of whom, what share: how often."""
        self.moved: dict[str, Counter[tuple[str | None, bool, Fraction]]] = {
            "staff": Counter(),
            "outlet": Counter(),
        }
        """Whose, a deal or a customer, more or less by what share: how often."""
        self.examples: dict[Clauses, list[Compared]] = {}
        self.flips: list[Compared] = []

    def add(self, result: Compared, court: Court) -> None:
        """Count one comparison."""
        is_deal = result.moment is not None
        self.compared[is_deal] += 1
        flips = result.flipped
        if is_deal:
            month = court.calendar.local(result.moment or 0).strftime("%Y-%m")
            self.days[month, flips] += 1
        self.statuses[is_deal, _status(result.a), _status(result.b)] += 1
        for side, given in ((A, result.a), (B, result.b)):
            if given is None:
                continue
            if given.referred_to is not None:
                self.referred[side, given.referred_to] += 1
            for part in given.credit:
                self.credit["staff"][side, part.party, part.share] += 1
                self.credit["outlet"][side, _outlet(part.party, result, court), part.share] += 1
        self.shielded += result.shielded
        if flips:
            self._add_flip(result, court, is_deal)

    def _add_flip(self, result: Compared, court: Court, is_deal: bool) -> None:
        self.flipped[is_deal] += 1
        for side, given in ((A, result.a), (B, result.b)):
            if given is not None and given.contested:
                self.contested[side] += 1
                self.params.update((side, param) for param in given.contested)
        self._count_moved("staff", result, is_deal, _shares(result.a), _shares(result.b))
        self._count_moved(
            "outlet",
            result,
            is_deal,
            _of_outlets(_shares(result.a), result, court),
            _of_outlets(_shares(result.b), result, court),
        )
        clauses = _clause(result.a), _clause(result.b)
        self.clauses[clauses] += 1
        self.examples[clauses] = _first([*self.examples.get(clauses, ()), result], EXAMPLES)
        self.flips.append(result)
        if len(self.flips) > 2 * self.most + EXAMPLES:
            self.flips = _first(self.flips, self.most)

    def _count_moved(
        self,
        whose: str,
        result: Compared,
        is_deal: bool,
        a: Mapping[str | None, Fraction],
        b: Mapping[str | None, Fraction],
    ) -> None:
        for party in a.keys() | b.keys():
            change = b.get(party, Fraction(0)) - a.get(party, Fraction(0))
            if change:
                self.moved[whose][party, is_deal, change] += 1

    def merge(self, other: Tally) -> None:
        """Take in the counts of another part of the register."""
        for mine, theirs in (
            (self.compared, other.compared),
            (self.flipped, other.flipped),
            (self.statuses, other.statuses),
            (self.referred, other.referred),
            (self.contested, other.contested),
            (self.params, other.params),
            (self.clauses, other.clauses),
            (self.days, other.days),
            *((self.credit[whose], other.credit[whose]) for whose in self.credit),
            *((self.moved[whose], other.moved[whose]) for whose in self.moved),
        ):
            mine.update(theirs)  # type: ignore[attr-defined]
        self.shielded += other.shielded
        for clauses, found in other.examples.items():
            both = [*self.examples.get(clauses, ()), *found]
            self.examples[clauses] = _first(both, EXAMPLES)
        self.flips = _first([*self.flips, *other.flips], self.most)

    def accounts(self, whose: str) -> list[Account]:
        """What everybody (`staff`) or every outlet (`outlet`) wins and loses.

        Those whom nothing changes for are there, too; the greatest change comes first.
        """
        totals: dict[tuple[str | None, str], Fraction] = {}
        for (side, party, share), count in self.credit[whose].items():
            before = totals.get((party, side), Fraction(0))
            totals[party, side] = before + Fraction(share) * count / 100
        parties = {party for party, _ in totals} | {party for party, _, _ in self.moved[whose]}
        found = [self._account(whose, party, totals) for party in parties]
        return sorted(found, key=lambda one: (-one.won - one.lost, -one.net, one.party or ""))

    def _account(
        self, whose: str, party: str | None, totals: Mapping[tuple[str | None, str], Fraction]
    ) -> Account:
        won = lost = Fraction(0)
        counts: Counter[tuple[bool, bool]] = Counter()
        for (who, is_deal, change), count in self.moved[whose].items():
            if who != party:
                continue
            counts[is_deal, change > 0] += count
            if is_deal and change > 0:
                won += change * count
            elif is_deal:
                lost -= change * count
        return Account(
            party,
            totals.get((party, A), Fraction(0)),
            totals.get((party, B), Fraction(0)),
            won,
            lost,
            counts[True, True],
            counts[True, False],
            counts[False, True],
            counts[False, False],
        )

    def referrals(self) -> list[tuple[str, int, int]]:
        """Each instance with how many matters come before it under A and under B."""
        names = {name for _, name in self.referred}
        found = [(name, self.referred[A, name], self.referred[B, name]) for name in names]
        return sorted(found, key=lambda one: (-one[1] - one[2], one[0]))

    def pairs(self) -> list[tuple[Clauses, int, list[Compared]]]:
        """Each pair of clauses by which rulings flip, the most frequent first, with examples."""
        return [
            (clauses, count, self.examples[clauses])
            for clauses, count in sorted(
                self.clauses.items(), key=lambda one: (-one[1], str(one[0]))
            )
        ]

    def listed(self) -> list[Compared]:
        """The flips that are kept, the latest deals first, customers without one last."""
        return _first(self.flips, self.most)


def _first(results: Iterable[Compared], number: int) -> list[Compared]:
    return nsmallest(number, results, key=_place)


def _place(result: Compared) -> tuple[bool, int, str, str]:
    """A total order that does not depend on how the work was shared out."""
    moment = result.moment
    return moment is None, -(moment or 0), result.customer, result.deal or ""


def _status(given: Given | None) -> str | None:
    return None if given is None else given.status


def _clause(given: Given | None) -> str | None:
    return None if given is None else given.decided_by


def _shares(given: Given | None) -> dict[str | None, Fraction]:
    """What everybody gets of a deal, or of a customer, as parts of one."""
    if given is None:
        return {}
    shares: dict[str | None, Fraction] = {}
    for part in given.credit:
        shares[part.party] = shares.get(part.party, Fraction(0)) + Fraction(part.share) / 100
    if given.holder is not None:
        shares[given.holder] = Fraction(1)
    return shares


def _of_outlets(
    shares: Mapping[str | None, Fraction], result: Compared, court: Court
) -> dict[str | None, Fraction]:
    found: dict[str | None, Fraction] = {}
    for party, share in shares.items():
        outlet = _outlet(party or "", result, court)
        found[outlet] = found.get(outlet, Fraction(0)) + share
    return found


def _outlet(party: str, result: Compared, court: Court) -> str | None:
    moment = court.as_of if result.moment is None else result.moment
    return outlet_of(party, moment, court.people)
