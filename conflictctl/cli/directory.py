"""Who is in the register, for whoever types a name: customers and staff, kept while he types."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from conflictctl.cli.customer import unknown
from conflictctl.cli.session import staff_hint
from conflictctl.errors import InputRejected
from conflictctl.identity import Query, folded
from conflictctl.register.candidates import candidates
from conflictctl.register.finding import find
from conflictctl.wording import Sentence

if TYPE_CHECKING:
    from conflictctl.people import People
    from conflictctl.register.store import CustomerCard, Register

MOST_PROPOSED = 20
_CERTAIN = 3
"""Up to this rank a customer was named, not merely found: by id, whole name or whole number."""
_MOST_NAMED = 5
_MOST_KEPT = 5_000
"""Beyond so many customers, further ones are proposed by the beginning of their ids alone."""


class Proposal(NamedTuple):
    """A value that may be meant, and who that is."""

    value: str
    name: str


class Directory:
    """Looks up customers, staff and outlets of an open register."""

    def __init__(self, register: Register) -> None:
        self.register = register
        self._cards: list[CustomerCard] = []
        self._known_at = -1

    @property
    def people(self) -> People:
        """Outlets and staff as they stand."""
        return self.register.current_people(self.register.head().seq)

    # ------------------------------------------------------------------ what is meant

    def meant_by(self, metavar: str) -> Callable[[str], str] | None:
        """How to read the answer to a parameter of this kind; None where it stands for itself."""
        return {"CUSTOMER": self.customer, "STAFF": self.staff, "OUTLET": self.outlet}.get(metavar)

    def customer(self, text: str) -> str:
        """The customer whom a text names: by id, whole name or whole number.

        Raises InputRejected where it names none for certain, with those it may mean.
        """
        if self.register.customer_exists(text):
            return text
        hits = find(self.register, Query(text), _MOST_NAMED).hits
        certain = [hit for hit in hits if hit.match.rank <= _CERTAIN]
        if len(certain) == 1:
            return certain[0].card.id
        if not hits:
            raise unknown(text)
        raise InputRejected(
            Sentence(
                "{text} may be any of {customers}"
                if len(hits) > 1
                else "{text} may mean {customers}",
                text=text,
                customers=[f"{hit.card.id} {hit.card.name}" for hit in hits],
            ),
            Sentence("write the id"),
        )

    def staff(self, text: str) -> str:
        """The member of staff whom an id or a whole name means.  Raises InputRejected."""
        people = self.people
        if text in people.staff:
            return text
        named = [one.id for one in people.staff.values() if folded(one.name) == folded(text)]
        if len(named) == 1:
            return named[0]
        raise InputRejected(
            Sentence("no member of staff {staff}", staff=text), staff_hint(text, people)
        )

    def outlet(self, text: str) -> str:
        """The outlet whom an id means.  Raises InputRejected."""
        if text in self.people.outlet_names:
            return text
        raise InputRejected(
            Sentence("no outlet {outlet}", outlet=text),
            Sentence("`conflictctl outlet list` shows what there is"),
        )

    # -------------------------------------------------------------- what may be meant

    def customers_like(self, text: str) -> list[Proposal]:
        """Customers whose id, name, sound or number goes with what was typed so far."""
        query = Query(text)
        found = []
        for card in self._all():
            match = query.plainly(card.id, card.name, card.phones)
            if match is None and folded(card.id).startswith(folded(text)):
                found.append((3, card))
            elif match is not None:
                found.append((match.rank, card))
            elif query.is_spelt and (sound := query.by_sound(card.name)) is not None:
                found.append((sound.rank, card))
        found.sort(key=lambda one: (one[0], one[1].lost is not None, one[1].id))
        proposals = {card.id: card.name if card.name != card.id else "" for _, card in found}
        if len(self._cards) >= _MOST_KEPT:
            more = candidates(self.register.target, "customer", text)
            proposals = {**dict(more), **proposals}
        return [Proposal(*pair) for pair in list(proposals.items())[:MOST_PROPOSED]]

    def staff_like(self, text: str) -> list[Proposal]:
        """Staff whose id, name or its sound begins with what was typed so far."""
        query = Query(text)
        found = []
        for one in self.people.staff.values():
            match = query.plainly(one.id, one.name, ())
            if match is None and query.is_spelt:
                match = query.by_sound(one.name)
            if match is not None or not text or one.id.startswith(text):
                found.append(Proposal(one.id, one.name))
        return found[:MOST_PROPOSED]

    def outlets_like(self, text: str) -> list[Proposal]:
        """Outlets whose id or name begins with what was typed so far."""
        pairs = self.people.outlet_names.items()
        return [Proposal(*pair) for pair in pairs if any(part.startswith(text) for part in pair)]

    def _all(self) -> Iterator[CustomerCard]:
        """The cards, read again where something was recorded since, as far as memory is bounded."""
        head = self.register.head().seq
        if self._known_at != head:
            self._take_in(head)
        return iter(self._cards)

    def _take_in(self, head: int) -> None:
        if self._known_at < 0:
            for card in self.register.customers():
                self._cards.append(card)
                if len(self._cards) == _MOST_KEPT:
                    break
        else:
            changed = {
                event.customer
                for event in self.register.events(after=self._known_at)
                if event.customer is not None
            }
            if changed:
                fresh = self.register.cards(changed)
                self._cards = [fresh.pop(card.id, card) for card in self._cards]
                self._cards += fresh.values()
        self._known_at = head
