"""Who is meant: staff, outlets and customers by the words of a sheet."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from conflictctl.events import Problem
from conflictctl.exchange.sheet.mapping import Mapping
from conflictctl.exchange.sheet.phones import key_of
from conflictctl.exchange.sheet.words import folded
from conflictctl.wording import Sentence

if TYPE_CHECKING:
    from conflictctl.people import People
    from conflictctl.register.store import Register

_ID_DIGITS = 16


class Found(NamedTuple):
    """A customer; `new` where he is not in the register, `unlisted` his numbers not on the card."""

    id: str
    new: bool
    unlisted: tuple[str, ...] = ()


def stable_id(*parts: str) -> str:
    """The same id for the same parts, on every machine."""
    text = "\x1f".join(parts)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:_ID_DIGITS]


class Known:
    """Everybody of a register, by the words that sheets use for them."""

    def __init__(self, register: Register, people: People, mapping: Mapping) -> None:
        self._mapping = mapping
        self._people = people
        self._staff: dict[str, set[str]] = defaultdict(set)
        for person in people.staff.values():
            for word in filter(None, (person.name, person.login)):
                self._staff[folded(word)].add(person.id)
        self._outlets: dict[str, set[str]] = defaultdict(set)
        for outlet, name in people.outlet_names.items():
            self._outlets[folded(name)].add(outlet)
        self._by_phone: dict[str, set[str]] = defaultdict(set)
        self._by_name: dict[str, set[str]] = defaultdict(set)
        self._names: dict[str, str] = {}
        self._phones: dict[str, frozenset[str]] = {}
        self._erased = False
        for card in register.customers():
            self._erased = self._erased or card.redacted is not None
            self.learn(card.id, card.name, card.phones)

    def learn(self, customer: str, name: str, phones: Sequence[str]) -> None:
        """Take in one more customer."""
        keys = frozenset(filter(None, map(key_of, phones)))
        for key in keys:
            self._by_phone[key].add(customer)
        self._names[customer] = folded(name)
        self._phones[customer] = keys
        self._by_name[folded(name)].add(customer)

    # ------------------------------------------------------------------ staff, outlets

    def staff(self, text: str) -> str:
        """The id of a member of staff by the mapping's table, id, name or login.

        Raises Problem for somebody unknown, or where several are meant.
        """
        word = folded(text)
        named = self._mapping.staff.get(word)
        if named is not None:
            text = named
        if text in self._people.staff:
            return text
        return _only(self._staff.get(word, set()) if named is None else set(), text, "staff")

    def outlet(self, text: str) -> str:
        """The id of an outlet; as `staff`."""
        word = folded(text)
        named = self._mapping.outlets.get(word)
        if named is not None:
            text = named
        if text in self._people.outlet_names:
            return text
        return _only(self._outlets.get(word, set()) if named is None else set(), text, "outlet")

    # ---------------------------------------------------------------------- customers

    def customer(
        self,
        identity: str | None,
        phones: Sequence[str],
        name: str | None,
        outlet: str | None,
        recorded: Callable[[], str | None],
    ) -> Found:
        """The customer a row means, or a new one with an id made of phone, else name and outlet.

        `recorded` says whom the same row meant when it was recorded before.  Raises Problem
        where several customers may be meant.
        """
        if identity is not None:
            return Found(identity, identity not in self._names)
        keys = [key for phone in phones if (key := key_of(phone)) is not None]
        candidates: set[str] = set().union(*(self._by_phone.get(key, ()) for key in keys))
        word = folded(name) if name else ""
        if not keys and self._mapping.by_name:
            candidates = self._by_name.get(word, set())
        derived = "c-" + (
            stable_id("phone", keys[0]) if keys else stable_id("name", word, outlet or "")
        )
        # Looked up only where it can matter: it costs more than the rest of the row.
        unknown = not candidates and derived not in self._names
        before = recorded() if len(candidates) > 1 or (unknown and self._erased) else None
        if before is not None and (before in candidates or before == derived):
            return self._found(before, keys, phones)
        if unknown and before in self._names:
            return Found(before, False)  # he no longer answers to name or number: they were erased
        if len(candidates) > 1 and word:
            same = {one for one in candidates if self._names[one] == word}
            candidates = same or candidates
        if len(candidates) > 1:
            raise Problem(
                Sentence(
                    "several customers may be meant: {customers}", customers=sorted(candidates)[:5]
                )
            )
        if candidates:
            return self._found(next(iter(candidates)), keys, phones)
        return Found(derived, derived not in self._names)

    def _found(self, customer: str, keys: Sequence[str], phones: Sequence[str]) -> Found:
        if customer not in self._names:
            return Found(customer, True)
        listed = self._phones[customer]
        missing = [
            phone for phone in phones if (key := key_of(phone)) is not None and key not in listed
        ]
        return Found(customer, False, tuple(missing) if listed or keys else ())


def _only(found: set[str], text: str, what: str) -> str:
    if len(found) == 1:
        return next(iter(found))
    if found:
        raise Problem(Sentence("{name} may be any of {ids}", name=text[:40], ids=sorted(found)[:5]))
    if what == "staff":
        raise Problem(Sentence("no member of staff {staff}", staff=text[:40]))
    raise Problem(Sentence("no outlet {outlet}", outlet=text[:40]))
