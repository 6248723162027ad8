"""The simplified policy as a Python function that knows nothing but this policy.

What a program would hold that somebody wrote for one company: no policy file, no parameters,
no mending of the record (these customers have no corrections, voids or decisions).  The ruling
alone; fully explained it is in `by_hand_explained.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from conflictctl.adjudication.ruling import Refused
from conflictctl.calendar import Calendar, Moment
from conflictctl.events import Event
from conflictctl.people import People

SELLING = frozenset({"consultant", "supervisor"})
LIMITS = {"H": 3, "A": 7, "B": 15, "C": 30}
FILING_DAYS = 30
CLAIM_DAYS = 3
WEEK_DAYS = 7

Key = tuple[Moment, Moment, int]
Evidence = tuple[str, ...]


class Contact(NamedTuple):
    """A visit, call or follow-up."""

    key: Key
    by: str
    is_file: bool
    level: str | None
    unit_type: str | None
    outlet: str | None
    """The second-tier outlet that received the customer, if it was a reception of one."""
    event: Event


class Prepared(NamedTuple):
    """One customer's events as the rules below want them."""

    contacts: list[Contact]
    """Those before the deal that count, in order of time."""
    refused: list[tuple[Contact, Refused]]
    """Those that do not count, before the deal or after it, and why."""
    late: tuple[str, ...]
    """Whatever was entered on a later day."""
    filings: list[Event]
    claims: list[Event]
    order: Event | None
    close: Event
    key: Key


class Ruled(NamedTuple):
    """Who is credited, as what, by which clause, resting on which events."""

    winner: str | None
    kind: str
    clause: str
    evidence: Evidence


def prepare(events: Sequence[Event], people: People, calendar: Calendar) -> Prepared:
    """Sort one customer's events out: what counts, in order of time."""
    contacts: list[Contact] = []
    refused: list[tuple[Contact, Refused]] = []
    late: list[Event] = []
    filings: list[Event] = []
    claims: list[Event] = []
    order: Event | None = None
    close: Event | None = None
    day = calendar.day
    for event in events:
        kind = event.kind
        is_late = event.recorded_at != event.at and day(event.recorded_at) > day(event.at)
        if is_late:
            late.append(event)
        if kind in ("visit", "call", "followup"):
            assert event.by is not None
            fields = event.fields
            post = people.staff[event.by].post(event.recorded_at, event.seq)
            outlet = None
            if kind == "visit":
                outlet = fields.get("outlet") or post.outlet
                if people.outlet_types.get(outlet) != "second_tier":
                    outlet = None
            contact = Contact(
                (event.at, event.recorded_at, event.seq),
                event.by,
                kind != "followup" and fields.get("direction") == "in",
                fields.get("level"),
                people.outlet_types.get(post.outlet),
                outlet,
                event,
            )
            if is_late:
                refused.append((contact, Refused(event.ref, "late")))
            elif fields.get("reached") is False:
                refused.append((contact, Refused(event.ref, "not_reached")))
            elif post.role not in SELLING:
                refused.append((contact, Refused(event.ref, "no_power")))
            else:
                contacts.append(contact)
        elif kind == "filing":
            filings.append(event)
        elif kind == "claim":
            claims.append(event)
        elif kind == "order":
            order = event
        elif kind == "cancel_order" and close is None:
            order = None
        elif kind == "close" and close is None:
            close = event
    assert close is not None
    key = (close.at, close.recorded_at, close.seq)
    contacts = [contact for contact in contacts if contact.key < key]
    contacts.sort()
    refused.sort()
    late.sort(key=_place)
    entered_late = tuple([event.ref for event in late])
    return Prepared(contacts, refused, entered_late, filings, claims, order, close, key)


def _place(event: Event) -> Key:
    """Contacts, orders and closes stand where they happened, all else where it was entered."""
    dated = event.kind in ("visit", "call", "followup", "order", "close")
    return (event.at if dated else event.recorded_at, event.recorded_at, event.seq)


def last_contact(
    contacts: list[Contact], by: str | None, before: Key
) -> tuple[Contact | None, str | None]:
    """Somebody's last contact before a place in time, and the level he last recorded by then."""
    last: Contact | None = None
    for contact in reversed(contacts):
        if contact.by == by and contact.key < before:
            if last is None:
                last = contact
            if contact.level is not None:
                return last, contact.level
    return last, None


def standing_filing(
    p: Prepared, outlet: str | None, people: People, calendar: Calendar
) -> Event | None:
    """The last filing of an outlet with a manager before the deal that had not run out.

    It stands to the end of its last day.
    """
    day = calendar.day
    for event in reversed(p.filings):
        manager = people.role(event.fields.get("to", ""), event.recorded_at) == "manager"
        if (
            outlet is not None
            and manager
            and event.by is not None
            and people.staff[event.by].post(event.recorded_at, event.seq).outlet == outlet
            and (event.recorded_at, event.recorded_at, event.seq) < p.key
            and day(p.close.at) - day(event.recorded_at) <= FILING_DAYS
        ):
            return event
    return None


def claim_of(p: Prepared, staff: str | None, calendar: Calendar) -> Event | None:
    """Somebody's last claim within the days to claim; the day of the deal is the first."""
    first = calendar.day(max(p.close.at, p.close.recorded_at))
    for event in reversed(p.claims):
        if event.by == staff and 0 <= calendar.day(event.recorded_at) - first < CLAIM_DAYS:
            return event
    return None


def rule(p: Prepared, people: People, calendar: Calendar) -> Ruled:
    """The ruling alone."""
    day = calendar.day
    contacts, close = p.contacts, p.close
    closer = close.by
    if p.filings:
        reception = next((c for c in contacts if c.outlet is not None), None)
        if reception is not None:
            filing = standing_filing(p, reception.outlet, people, calendar)
            if filing is not None:
                against = _against(contacts, reception, day(reception.event.at), calendar)
                if against is not None:
                    return Ruled(
                        reception.outlet,
                        "outlet",
                        "a",
                        refs(reception.event, filing, *against),
                    )
    if p.order is not None and p.order.by != closer:
        return Ruled(p.order.by, "staff", "b", refs(p.order))
    file = next((c for c in contacts if c.is_file), None)
    original = file.by if file is not None else None
    first = [file.event] if file is not None else []
    if original is not None and original == closer:
        return Ruled(closer, "staff", "c", refs(*first))
    last, level = last_contact(contacts, original, p.key)
    limit = LIMITS.get(level or "")
    gap = day(close.at) - day(last.event.at) if last is not None else None
    if gap is not None and limit is not None and gap > limit:
        assert last is not None
        return Ruled(closer, "staff", "d", refs(*first, last.event, close))
    if claim_of(p, original, calendar) is None:
        return Ruled(closer, "staff", "e", refs(*first) if p.claims else ())
    contact = [last.event] if last is not None else []
    if gap is not None and gap <= WEEK_DAYS:
        return Ruled(original, "staff", "f", refs(*first, *contact))
    return Ruled(closer, "staff", "g", refs(*first, *contact))


def _against(
    contacts: list[Contact], reception: Contact, day: int, calendar: Calendar
) -> list[Event] | None:
    """What shows that no older file of the store was live at a reception; None if one was."""
    file = next((c for c in contacts if c.is_file and c.unit_type == "store"), None)
    if file is None:
        return []
    if not file.key < reception.key:
        return [file.event]
    last, level = last_contact(contacts, file.by, reception.key)
    limit = LIMITS.get(level or "")
    if last is None or limit is None or day - calendar.day(last.event.at) <= limit:
        return None
    return [file.event, last.event]


def refs(*events: Event) -> Evidence:
    """The ids of some events in order of time, each once."""
    if len(events) == 1:
        return (events[0].ref,)
    return tuple({e.ref: None for e in sorted(events, key=lambda e: (e.at, e.seq))})
