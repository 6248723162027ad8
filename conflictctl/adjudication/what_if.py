"""Supposed entries: what a register would hold if somebody had entered these lines too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from conflictctl.adjudication.dossier import event_of
from conflictctl.calendar import Moment
from conflictctl.errors import InputRejected
from conflictctl.events import RULED_KINDS, Event, read_line, references
from conflictctl.people import People
from conflictctl.wording import Sentence, Term

_NOBODY: Mapping[str, Callable[[Any], Sentence]] = {
    "staff": lambda name: Sentence("no member of staff {staff}", staff=name),
    "outlet": lambda name: Sentence("no outlet {outlet}", outlet=name),
    "party": lambda name: Sentence("no staff or outlet {party}", party=name),
    "customer": lambda name: Sentence("no customer {customer}", customer=name),
    "event": lambda name: Sentence("no entry {ref}", ref=str(name)),
}


def supposed(
    lines: Iterable[tuple[int, Mapping[str, Any]]],
    *,
    events: Sequence[Event],
    people: People,
    customers: frozenset[str],
    seq: int,
    as_of: Moment,
) -> list[Event]:
    """The events of some lines (each with its number) entered after those of the register.

    `events` are the entries they may speak of, `customers` those the register knows, `seq` the
    last place taken.  Staff and outlets that a line introduces are added to `people`; each entry
    counts as entered when it says, or when it happened.  Raises InputRejected naming the line.
    """
    by_ref: dict[str | int, Event] = {}
    for event in events:
        by_ref[event.seq] = event
        if event.id is not None:
            by_ref[event.id] = event
    known = set(customers)
    found: list[Event] = []
    for number, line in lines:
        try:
            event = _event(line, seq + 1, by_ref, people, known, as_of)
        except InputRejected as fault:
            raise InputRejected(
                Sentence("line {number}: {problem}", number=number, problem=fault.message),
                fault.hint,
            ) from None
        seq += 1
        found.append(event)
        by_ref[seq] = event
        if event.id is not None:
            by_ref[event.id] = event
        if event.kind == "customer" and event.customer is not None:
            known.add(event.customer)
        people.learn(event)
    return found


def _event(
    line: Mapping[str, Any],
    seq: int,
    by_ref: Mapping[str | int, Event],
    people: People,
    customers: set[str],
    as_of: Moment,
) -> Event:
    draft = read_line(line)
    if draft.kind not in RULED_KINDS:
        raise InputRejected(
            Sentence("no policy about deals speaks of entries of kind {kind}", kind=draft.kind)
        )
    if draft.id is not None and draft.id in by_ref:
        raise InputRejected(Sentence("the id {id} stands twice", id=draft.id))
    if draft.at is not None and draft.at > as_of:
        raise InputRejected(
            Sentence("{kind}: it lies after the time of the ruling", kind=Term(draft.kind)),
            Sentence("`--as-of TIME` rules on a later day"),
        )
    known: dict[str, Callable[[Any], bool]] = {
        "staff": lambda name: name in people.staff,
        "outlet": lambda name: name in people.outlet_types,
        "party": lambda name: name in people.staff or name in people.outlet_types,
        "customer": lambda name: name in customers,
        "event": lambda name: name in by_ref,
    }
    for what, name in references(draft):
        if what in known and not known[what](name):
            raise InputRejected(_NOBODY[what](name))
    return event_of(line, seq, by_ref, attested=False)
