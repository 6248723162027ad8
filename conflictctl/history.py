"""One customer's events replayed into what rules speak about.

Replaying mends the record (corrections, voids, strikes, confirmations), joins linked
customers, and finds the deals.  What an entry is *worth* (late, altered, by whom) is only
marked here; what follows from the marks is the policy's to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from conflictctl.calendar import Calendar, Moment, parse_time
from conflictctl.events import REFERENCE_FIELDS, Event
from conflictctl.people import People
from conflictctl.wording import Sentence, Term, Who

CONTACT_KINDS = frozenset({"visit", "call", "followup"})
# Contacts, orders and closes stand at the time they happened; every other entry counts
# from when it was recorded, so that nobody gains by dating back.
DATED_KINDS = CONTACT_KINDS | {"order", "close"}
SALES_ROLES = frozenset({"consultant", "supervisor"})

Key = tuple[Moment, Moment, int]
Permit = Callable[[str | None, Moment], bool]


class Entry:
    """One event as it stands after all mending, marked with what speaks against it."""

    __slots__ = (
        "_dated",
        "_post",
        "altered",
        "at",
        "by",
        "confirmed",
        "customer",
        "event",
        "fields",
        "key",
        "kind",
        "late",
        "moment",
        "people",
        "recorded",
        "ref",
        "seq",
        "struck",
        "struck_by",
        "voided",
    )

    def __init__(
        self, event: Event, people: People, dated: frozenset[str] | None = DATED_KINDS
    ) -> None:
        self.event = event
        self.people = people
        self.seq = event.seq
        self.ref = event.id if event.id is not None else f"#{event.seq}"
        """How rulings cite it."""
        self.kind = event.kind
        self.at = event.at
        self.recorded = event.recorded_at
        self.by = event.by
        self.customer = event.customer
        self.fields: Mapping[str, Any] = event.fields
        self.late = False
        self.altered = False
        self.voided = False
        self.struck = False
        self.struck_by: tuple[Entry, ...] = ()
        self.confirmed: frozenset[str] = frozenset()
        self._post: Any = None
        self._dated = dated is None or event.kind in dated
        if self._dated:
            self.moment = event.at
            self.key: Key = (event.at, event.recorded_at, event.seq)
        else:
            self.moment = event.recorded_at
            self.key = (event.recorded_at, event.recorded_at, event.seq)

    def settle(self) -> None:
        """Work out the place in time again, after a correction."""
        if self._dated:
            self.moment = self.at
            self.key = (self.at, self.recorded, self.seq)
        else:
            self.moment = self.recorded
            self.key = (self.recorded, self.recorded, self.seq)

    def get(self, name: str) -> Any:
        """The effective value of a field; None if it has none."""
        return self.fields.get(name)

    @property
    def flaw(self) -> str | None:
        """The first thing that speaks against it: voided, struck, altered, late."""
        if self.voided:
            return "voided"
        if self.struck:
            return "struck"
        if self.altered:
            return "altered"
        if self.late:
            return "late"
        return None

    @property
    def corrected(self) -> bool:
        """Whether a correction changed anything about it, late or not."""
        return self.fields is not self.event.fields

    def _author_post(self) -> Any:
        if self._post is None:
            person = self.people.staff.get(self.by) if self.by is not None else None
            known = person is not None and person.posts
            self._post = person.post(self.recorded, self.seq) if person and known else False
        return self._post

    @property
    def role(self) -> str | None:
        """The author's role when it was recorded."""
        post = self._post
        if post is None:
            post = self._author_post()
        return post.role if post else None

    @property
    def unit(self) -> str | None:
        """The outlet its author belonged to when it was recorded."""
        post = self._post
        if post is None:
            post = self._author_post()
        return post.outlet if post else None

    @property
    def department(self) -> str | None:
        """The department its author belonged to when it was recorded."""
        post = self._author_post()
        return post.department if post else None

    @property
    def place(self) -> str | None:
        """The outlet where it took place: as entered, else the author's own."""
        return self.fields.get("outlet") or self.unit

    def vouched(self, staff: str | None) -> bool:
        """Whether what the entry says of `staff` is more than its author's own word."""
        if staff is None:
            return False
        event = self.event
        return (
            event.attestation is not None
            or staff in (self.by, event.recorded_by)
            or staff in self.confirmed
        )


class Deal:
    """One deal: at most one order that still stands, and at most one delivery."""

    __slots__ = ("close", "explicit", "number", "order", "orders")

    def __init__(self, number: int, explicit: str | None) -> None:
        self.number = number
        self.explicit = explicit
        self.orders: list[Entry] = []
        self.order: Entry | None = None
        self.close: Entry | None = None

    @property
    def id(self) -> str:
        """The id given to the deal, else its number among the customer's deals."""
        return self.explicit if self.explicit is not None else str(self.number)

    def is_called(self, name: str) -> bool:
        """Whether a name means this deal: its id, its number, or one of its entries."""
        entries = [*self.orders, *([self.close] if self.close is not None else [])]
        return name in (self.id, str(self.number), *(entry.ref for entry in entries))


class Links:
    """Which customers are linked, and by which link; undone links are gone."""

    __slots__ = ("edges",)

    def __init__(self) -> None:
        self.edges: dict[tuple[str, str], dict[str, Entry]] = {}

    def tie(self, entry: Entry) -> None:
        """Add the pairs of a `link`; a pair linked already stays linked since then."""
        relation = entry.fields["relation"]
        for pair in _pairs(entry.fields["customers"]):
            self.edges.setdefault(pair, {}).setdefault(relation, entry)

    def untie(self, entry: Entry) -> None:
        """Remove the pairs of an `unlink`, whatever the relation."""
        for pair in _pairs(entry.fields["customers"]):
            self.edges.pop(pair, None)

    def component(
        self, customer: str, relations: Sequence[str], before: Key | None = None
    ) -> frozenset[str]:
        """Everyone joined to a customer by links of these relations, on record before `before`."""
        found = {customer}
        frontier = [customer]
        while frontier:
            one = frontier.pop()
            for (left, right), kinds in self.edges.items():
                if one not in (left, right):
                    continue
                if not any(
                    r in kinds and (before is None or r == "same" or kinds[r].key < before)
                    for r in relations
                ):
                    continue
                other = right if one == left else left
                if other not in found:
                    found.add(other)
                    frontier.append(other)
        return frozenset(found)


def _pairs(customers: Sequence[str]) -> Iterable[tuple[str, str]]:
    ordered = sorted(customers)
    for index, left in enumerate(ordered):
        for right in ordered[index + 1 :]:
            yield left, right


class Powers(NamedTuple):
    """Who may act for the company under a policy: the roles that stand above the parties.

    `strike` says which findings strike the entries they name; without it those of the managing
    roles do.  With `own_only` they strike no entries but those of their subject.
    """

    managing: frozenset[str]
    strike: Callable[[Entry, Asked], bool] | None = None
    own_only: bool = False
    head: tuple[str, str] | None = None
    """Role and unit (`department` or `outlet`): entries are mended by the head of their author's
    unit, instead of by those above the parties."""
    dated: frozenset[str] | None = DATED_KINDS
    """Kinds that stand at the time they happened (None: all); the others, when recorded."""


class Asked(NamedTuple):
    """What a test of an entry can look at while the record is being mended."""

    history: History

    def stays_struck(self, entry: Entry) -> bool:
        """A struck entry is one: whether every strike is in time is not asked yet."""
        return True


class History:
    """The replayed events of one group of connected customers."""

    __slots__ = (
        "calendar",
        "caseloads",
        "entries",
        "links",
        "managing",
        "marked",
        "people",
        "powers",
        "refused",
        "seen",
    )

    def __init__(self, people: People, calendar: Calendar, powers: Powers) -> None:
        self.people = people
        self.calendar = calendar
        self.powers = powers
        self.managing = powers.managing
        self.caseloads: Mapping[str, int] | None = None
        self.entries: list[Entry] = []
        self.links = Links()
        self.marked = False
        """Whether anything speaks against any entry, or ever did."""
        self.seen: Sequence[Event] = ()
        self.refused: list[tuple[Entry, Sentence]] = []

    def manages(self, staff: str | None, act: Entry) -> bool:
        """Whether somebody stood above the parties when he acted, and was none himself."""
        return (
            staff is not None
            and self.people.role(staff, act.recorded) in self.managing
            and not self.is_party(staff, act)
        )

    def is_party(self, staff: str | None, act: Entry) -> bool:
        """Whether somebody was a party, on the record up to and including an act."""
        return staff in involved(
            (e for e in self.seen if (e.recorded_at, e.seq) <= (act.recorded, act.seq)),
            self.people,
        )

    def of(self, members: frozenset[str]) -> list[Entry]:
        """The entries that concern these customers, in the declared order."""
        if len(members) == 1:
            (only,) = members
            found = [e for e in self.entries if e.customer == only]
        else:
            found = [e for e in self.entries if e.customer in members]
        found.sort(key=_by_key)
        return found


def _by_key(entry: Entry) -> Key:
    return entry.key


def involved(events: Iterable[Event], people: People | None = None) -> set[str]:
    """The parties: who holds a file, took an order, closed, claims, was given the customer,
    or is named in an agreement or an award.  Such a person decides nothing in the matter."""
    parties: set[str] = set()
    claims: dict[str, int] = {}
    events = list(events)
    voided = {event.fields["voids"] for event in events if event.kind == "void"}
    for event in events:
        if voided and (event.seq in voided or event.id in voided):
            continue
        kind = event.kind
        if kind in ("claim", "withdraw_claim"):
            by = event.by or ""
            claims[by] = max(claims.get(by, 0) + (1 if kind == "claim" else -1), 0)
        elif kind in ("order", "close"):
            parties.add(event.by or "")
            parties.update(row["staff"] for row in event.fields.get("signers", ()))
        elif kind in ("visit", "call"):
            if (
                event.fields.get("direction") == "in"
                and event.by is not None
                and (people is None or people.role(event.by, event.recorded_at) in SALES_ROLES)
            ):
                parties.add(event.by)
        elif kind == "reassign":
            parties.add(event.fields["to"])
        elif kind == "agreement":
            parties.update(event.fields["parties"])
            parties.update(row["party"] for row in event.fields["shares"])
        elif kind == "ruling":
            parties.update(row["party"] for row in event.fields["award"])
    parties.update(by for by, standing in claims.items() if standing)
    parties.discard("")
    return parties


_MENDING = frozenset({"correction", "void", "confirm", "finding", "link", "unlink"})
# Entries that belong where the entry they speak of belongs.
_FOLLOWING = frozenset({"decision", "cancel_order", "withdraw_claim", "appeal"})
REFERRING_KINDS = _MENDING | _FOLLOWING
"""Kinds of entries that say something about other entries, or about who is whom."""


def replay(
    events: Sequence[Event], *, people: People, calendar: Calendar, as_of: Moment, powers: Powers
) -> History:
    """Replay a dossier's events (in the order of the register) as of a moment.

    Entries later than `as_of` (by `at`) are left out.  Nothing here depends on the order
    of the input except through each event's place.
    """
    history = History(people, calendar, powers)
    day = calendar.day
    dated = powers.dated
    mending: list[Entry] = []
    for event in events:
        if event.at > as_of:
            continue
        entry = Entry(event, people, dated)
        if event.recorded_at != event.at and day(event.recorded_at) > day(event.at):
            entry.late = history.marked = True
        if event.kind in _MENDING or event.kind in _FOLLOWING:
            mending.append(entry)
        history.entries.append(entry)
    history.seen = [entry.event for entry in history.entries]
    if mending:
        history.marked = True
        mending.sort(key=lambda entry: entry.seq)
        _mend(history, mending)
    return history


def _mend(history: History, mending: list[Entry]) -> None:
    by_ref: dict[str | int, Entry] = {}
    for entry in history.entries:
        by_ref[entry.seq] = entry
        if entry.event.id is not None:
            by_ref[entry.event.id] = entry
    _void(history, mending, by_ref)
    # Where what a finding says decides whether it strikes, what it was corrected to say counts.
    early = _corrections_of_findings(mending, by_ref) if history.powers.strike is not None else []
    for entry in early:
        _correct(history, entry, by_ref)
    for entry in mending:
        if entry.kind == "finding" and entry.fields.get("strikes") and not entry.voided:
            _strike(history, entry, by_ref)
    for entry in mending:
        if entry.voided or entry.struck or entry in early:
            continue
        if entry.kind == "correction":
            _correct(history, entry, by_ref)
        elif entry.kind == "confirm":
            target = by_ref.get(entry.fields["on"])
            if target is not None and entry.by is not None:
                target.confirmed |= {entry.by}
        elif entry.kind == "link":
            if entry.fields["relation"] == "household" and not history.manages(entry.by, entry):
                _refuse(history, entry)
            else:
                history.links.tie(entry)
        elif entry.kind == "unlink":
            history.links.untie(entry)
    for entry in mending:
        if entry.kind in _FOLLOWING:
            target = by_ref.get(reference(entry) or 0)
            if target is not None:
                entry.customer = target.customer


def _corrections_of_findings(mending: list[Entry], by_ref: dict[str | int, Entry]) -> list[Entry]:
    found = []
    for entry in mending:
        if entry.kind == "correction" and not entry.voided:
            target = by_ref.get(entry.fields["corrects"])
            if target is not None and target.kind == "finding":
                found.append(entry)
    return found


def _refuse(history: History, entry: Entry) -> None:
    if history.powers.head is not None and entry.kind in ("correction", "void"):
        sentence = Sentence(
            "{event}: {kind} by {staff} has no effect: an entry is mended by its author, by who "
            "entered it, or by the head of its author",
            event=entry.ref,
            kind=Term(entry.kind),
            staff=Who(entry.by or "?"),
        )
        history.refused.append((entry, sentence))
        return
    history.refused.append(
        (
            entry,
            Sentence(
                "{event}: {kind} by {staff} has no effect: it needs a manager who is no party",
                event=entry.ref,
                kind=Term(entry.kind),
                staff=Who(entry.by or "?"),
            ),
        )
    )


def _may_mend(history: History, actor: Entry, target: Entry) -> bool:
    event = target.event
    if actor.by in (event.by, event.recorded_by):
        return True
    if history.powers.head is None:
        return history.manages(actor.by, actor)
    role, unit = history.powers.head
    people, moment = history.people, actor.recorded
    look = people.department if unit == "department" else people.outlet
    return (
        actor.by is not None
        and event.by is not None
        and people.role(actor.by, moment) == role
        and look(actor.by, moment) is not None
        and look(actor.by, moment) == look(event.by, moment)
    )


def _void(history: History, mending: list[Entry], by_ref: dict[str | int, Entry]) -> None:
    # From the last to the first, so that a void that was itself voided has no effect.
    for entry in reversed(mending):
        if entry.kind != "void" or entry.voided:
            continue
        target = by_ref.get(entry.fields["voids"])
        if target is None:
            continue
        if _may_mend(history, entry, target):
            target.voided = True
        else:
            _refuse(history, entry)


def _strike(history: History, finding: Entry, by_ref: dict[str | int, Entry]) -> None:
    powers = history.powers
    if powers.strike is None:
        permitted = history.manages(finding.by, finding)
    else:
        permitted = powers.strike(finding, Asked(history))
    if not permitted:
        if finding.fields.get("answer") is not False:
            _refuse(history, finding)
        return
    for ref in finding.fields["strikes"]:
        target = by_ref.get(ref)
        if target is not None and not (
            powers.own_only and target.by != finding.fields.get("subject")
        ):
            target.struck = True
            target.struck_by += (finding,)


def _correct(history: History, correction: Entry, by_ref: dict[str | int, Entry]) -> None:
    target = by_ref.get(correction.fields["corrects"])
    if target is None:
        return
    if not _may_mend(history, correction, target):
        _refuse(history, correction)
        return
    changes: Mapping[str, Any] = correction.fields["changes"]
    fields = dict(target.fields)
    for name, value in changes.items():
        if name == "at":
            target.at = parse_time(value)[0]
        elif name == "by":
            target.by = value
            target._post = None
        elif name == "customer":
            target.customer = value
        elif value is None:
            fields.pop(name, None)
        else:
            fields[name] = value
    target.fields = fields
    # Where the words were erased, nothing is left of a change of the note.
    if set(changes) - {"note"}:
        day = history.calendar.day
        first, now = day(target.event.recorded_at), day(correction.recorded)
        if target._dated and target.kind not in ("order", "close"):
            target.altered = target.altered or now > first
        else:
            target.recorded = max(target.recorded, correction.recorded)
        target.late = day(target.event.recorded_at) > day(target.at)
        target.settle()


def is_lost(entries: Iterable[Entry]) -> bool:
    """Whether a customer is gone, by his entries in their order."""
    lost = False
    for entry in entries:
        if entry.kind in ("lost", "reopened") and entry.flaw not in ("voided", "struck"):
            lost = entry.kind == "lost"
    return lost


def reference(entry: Entry) -> str | int | None:
    """The event that an entry speaks of, as it names it; None where it names none."""
    name = REFERENCE_FIELDS.get(entry.kind)
    return entry.fields.get(name) if name else None


def deals_of(entries: Sequence[Entry]) -> list[Deal]:
    """The deals of one customer, oldest first.

    An order or close that names a deal belongs to it.  One that names none belongs to the deal
    ordered and not yet closed, or opens the next.  An order stands unless cancelled before the
    close was recorded, and counts only if it was recorded before the close was.
    """
    steps = [e for e in entries if e.kind in ("order", "close") and not (e.voided or e.struck)]
    if not steps:
        return []
    deals: list[Deal] = []
    named: dict[str, Deal] = {}
    current: Deal | None = None
    for entry in steps:
        explicit = entry.get("deal")
        deal = current if explicit is None else named.get(explicit)
        if deal is None:
            deal = Deal(len(deals) + 1, explicit)
            deals.append(deal)
            # A deal without an id of its own can be named by its number.
            named[deal.id] = deal
        if entry.kind == "order":
            deal.orders.append(entry)
            if deal.close is None:
                current = deal
        else:
            if deal.close is None:
                deal.close = entry
            if current is deal:
                current = None
    cancellations = [e for e in entries if e.kind == "cancel_order" and not (e.voided or e.struck)]
    for deal in deals:
        deal.order = _standing_order(deal, cancellations, steps)
    return [deal for deal in deals if deal.order is not None or deal.close is not None]


def _standing_order(
    deal: Deal, cancellations: Sequence[Entry], steps: Sequence[Entry]
) -> Entry | None:
    close = deal.close
    for order in deal.orders:
        if close is not None and _entered(order) > _entered(close):
            continue
        if not any(
            cancels(cancel, order, steps)
            for cancel in cancellations
            if close is None or _entered(cancel) < _entered(close)
        ):
            return order
    return None


def _entered(entry: Entry) -> tuple[Moment, int]:
    """The order of entry: when it was recorded, then its place."""
    return (entry.recorded, entry.seq)


def cancels(cancel: Entry, order: Entry, steps: Sequence[Entry]) -> bool:
    """Whether a cancellation is of an order, among a customer's orders and closes."""
    named = cancel.get("on")
    if named is not None:
        return named in (order.event.id, order.seq)
    # Without a name it means the latest order on record by then.
    latest = max(
        (e for e in steps if e.kind == "order" and _entered(e) < _entered(cancel)),
        key=_entered,
        default=None,
    )
    return latest is order
