"""Customers who answer a text, the best first: proposed by keys, decided by their cards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from conflictctl.identity import Match, Probe, Query, probes, sound_probes
from conflictctl.register import lookups
from conflictctl.register.store import CustomerCard, Register

_PROPOSED_AT_ONCE = 500
_KEPT = 2_000

Compare = Callable[[CustomerCard], Match | None]


class Hit(NamedTuple):
    """A customer found, and by what."""

    match: Match
    card: CustomerCard


class Found(NamedTuple):
    """The best hits; `more`: others answer as well.

    Whose rank is equal stands in the order of the ids, the lost behind.  Where there are more,
    those shown of the last rank are those whose keys come first.
    """

    hits: list[Hit]
    more: bool


def find(
    register: Register,
    query: Query,
    most: int,
    *,
    walk: bool = False,
    by_sound: bool = True,
    hear: lookups.Hear | None = None,
) -> Found:
    """The `most` customers that best answer a query.

    How names sound is compared where letters were typed, and, `by_sound`, where nothing else
    answers.  With `walk` all cards are compared instead of those that the keys propose.
    """
    search = _Search(register, most, walk)
    if not walk:
        search.catch_up(hear)
    search.run(lambda card: _compared(query, card), probes(query), (query.text,))
    if by_sound and not search.hits and not query.is_spelt:
        search.run(lambda card: query.by_sound(card.name), sound_probes(query.text))
    hits = search.best()
    return Found(hits[:most], len(hits) > most)


def _compared(query: Query, card: CustomerCard) -> Match | None:
    match = query.plainly(card.id, card.name, card.phones)
    if match is None and query.is_spelt:
        match = query.by_sound(card.name)
    return match


class _Search:
    """The hits so far, one for each customer."""

    def __init__(self, register: Register, most: int, walk: bool) -> None:
        self.hits: dict[str, Hit] = {}
        self._register = register
        self._most = most
        self._walk = walk
        self._indexed = 0

    def catch_up(self, hear: lookups.Hear | None) -> None:
        """Make the missing keys, as far as the register takes them."""
        self._indexed = lookups.catch_up(self._register, hear)

    def run(self, compare: Compare, wanted: Iterable[Probe], ids: Sequence[str] = ()) -> None:
        """Compare the cards of some ids and of all whom probes may find."""
        if self._walk:
            for card in self._register.customers():
                self._take(compare, (card,))
            return
        # An id stands in the entries themselves, whatever became of its keys.
        self._look_at(compare, ids)
        for page in lookups.cards_after(self._register, self._indexed):
            self._look_at(compare, page)
        for rank, tier in groupby(wanted, lambda probe: probe.rank):
            for probe in tier:
                self._follow(compare, probe)
            # Whoever is proposed later answers worse.
            if self._as_good_as(rank, self.hits) > self._most:
                return

    def best(self) -> list[Hit]:
        """The hits in order."""
        return sorted(
            self.hits.values(),
            key=lambda hit: (hit.match.rank, hit.card.lost is not None, hit.card.id),
        )

    def _follow(self, compare: Compare, probe: Probe) -> None:
        found: set[str] = set()
        size = min(self._most + 1, _PROPOSED_AT_ONCE)
        for page in lookups.proposed(self._register, probe, size):
            self._look_at(compare, [one for one in page if one not in self.hits])
            found.update(one for one in page if one in self.hits)
            if self._as_good_as(probe.rank, found) > self._most:
                return

    def _as_good_as(self, rank: int, customers: Iterable[str]) -> int:
        found = (self.hits[customer] for customer in customers if customer in self.hits)
        return sum(hit.match.rank <= rank for hit in found)

    def _look_at(self, compare: Compare, customers: Sequence[str]) -> None:
        self._take(compare, self._register.cards(customers).values())

    def _take(self, compare: Compare, cards: Iterable[CustomerCard]) -> None:
        for card in cards:
            match = compare(card)
            if match is not None:
                self.hits[card.id] = Hit(match, card)
        if len(self.hits) > self._most + _KEPT:
            self.hits = {hit.card.id: hit for hit in self.best()[: self._most + 1]}
