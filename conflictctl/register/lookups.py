"""The keys by which customers are found, kept beside the entries they are made of.

They are derived, and lag behind: whoever looks for a customer first makes the keys of the cards
recorded since.  Whoever records one does not wait for that.  A key only proposes a customer,
whose card decides; so keys of values that were changed, corrected or voided do no harm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, delete, func, select, tuple_

from conflictctl.errors import Busy, StorageFailed
from conflictctl.events import REFERENCE_FIELDS, Event
from conflictctl.identity import KEYS_VERSION, Probe, keys_of
from conflictctl.register.rows import event_of
from conflictctl.register.schema import events, lookup_cards, lookup_marks, lookups
from conflictctl.register.store import EVENT, Register

Hear = Callable[[int, int], None]

WORTH_A_MARK = 1_000
"""So many entries without a card are read again by the next look-up rather than noted."""

_IMPATIENCE = 0.2  # seconds


def reach(register: Register) -> int:
    """The `seq` up to which every card has its keys, made as this program makes them."""
    rows = register.fetch(_MARK, {"log": register.log})
    seq, version = rows[0] if rows else (0, KEYS_VERSION)
    return int(seq) if version == KEYS_VERSION else 0


def catch_up(register: Register, hear: Hear | None = None) -> int:
    """Make the keys that are missing; the `seq` up to which none is missing then.

    Each page is a transaction of its own.  Where the register takes none - it may only be
    read, the disk is full, somebody writes for long - the keys reach less far, and what lies
    behind must be walked through (`cards_after`).
    """
    while True:
        reached, head = reach(register), register.head().seq
        if hear is not None:
            hear(reached, head)
        page = _page(register, reached, head)
        if not page.cards and head - reached < WORTH_A_MARK:
            return head
        try:
            _write(register, reached, page)
        except (Busy, StorageFailed):
            return reached


def proposed(register: Register, probe: Probe, size: int) -> Iterator[list[str]]:
    """The ids of the customers among whose keys a probe finds one, in pages, with repetitions.

    In the order of the keys.
    """
    statement = _PROPOSED if probe.like is None else _PROPOSED_LIKE
    values: dict[str, Any] = {"high": probe.high, "size": size, "like": probe.like}
    key, log, seq = probe.low, "", 0
    while True:
        rows = register.fetch(statement, {**values, "key": key, "log": log, "seq": seq})
        if rows:
            yield [row[3] for row in rows]
        if len(rows) < size:
            return
        key, log, seq, _ = rows[-1]


def cards_after(register: Register, seq: int) -> Iterator[list[str]]:
    """The ids of the customers whose cards were written or corrected later, in pages."""
    head = register.head().seq
    while rows := register.fetch(_CUSTOMERS_AFTER, {"log": register.log, "seq": seq, "head": head}):
        # A correction may be of an entry that is no card.
        yield list(dict.fromkeys(row[1] for row in rows if row[1] is not None))
        seq = rows[-1][0]


# ------------------------------------------------------------------------- making keys


class _Page(NamedTuple):
    """The keys of some cards in order, the places of the cards, and how far that reaches."""

    keys: list[tuple[str, str, int]]
    cards: list[tuple[str, int]]
    last: int
    head: int


def _page(register: Register, after: int, head: int) -> _Page:
    log = register.log
    size = register.place.cards_at_once
    rows = register.fetch(_CARDS_AFTER, {"log": log, "seq": after, "head": head, "size": size})
    keys: list[tuple[str, str, int]] = []
    cards: list[tuple[str, int]] = []
    for *row, subject in rows:
        if subject is None or row[-1] is None:  # of something else, or erased
            continue
        found = _keys(register, event_of(log, *row), subject)
        if found:
            seq = row[0]
            cards.append((log, seq))
            keys += [(key, log, seq) for key in found]
    # Neighbours of the table are written one after the other.
    keys.sort(key=itemgetter(0))
    return _Page(keys, cards, rows[-1][0] if len(rows) == size else head, head)


def _keys(register: Register, event: Event, customer: str) -> set[str]:
    if event.kind == "customer":
        return keys_of(customer, event.get("name"), event.get("phones", ()))
    target = register.event(event.fields[REFERENCE_FIELDS[event.kind]])
    if target is None or target.kind != "customer":
        return set()
    changes = event.fields["changes"]
    return keys_of(customer, changes.get("name"), changes.get("phones") or ())


def _write(register: Register, reached: int, page: _Page) -> None:
    """Add a page of keys, unless another process did meanwhile, or data were erased."""
    stored = register.fetch(_MARK, {"log": register.log})
    if stored and stored[0][1] != KEYS_VERSION:
        _empty(register)
    # A few cards are as well walked through as waited for.
    few = page.head - reached < WORTH_A_MARK
    with register.alone(_IMPATIENCE if few else None):
        if reach(register) != reached:
            return
        erased = register.fetch(_LAST_ERASURE)[0][0]
        if erased is not None and erased > page.head:
            return
        with register.place.failures():
            register.place.before_keys(register.connection)
        register.add_rows(lookup_cards, page.cards)
        register.add_rows(lookups, page.keys)
        _mark(register, page.last)


def _empty(register: Register) -> None:
    """Drop the keys that an earlier program made otherwise."""
    connection = register.connection
    with register.place.emptying(connection), register.alone():
        with register.place.failures():
            connection.execute(delete(lookups))
            connection.execute(delete(lookup_cards))
        _mark(register, 0)


def _mark(register: Register, seq: int) -> None:
    """Note how far the keys reach, inside a transaction."""
    mine = lookup_marks.c.log == register.log
    with register.place.failures():
        register.connection.execute(delete(lookup_marks).where(mine))
    register.add_rows(lookup_marks, [(register.log, seq, KEYS_VERSION)])


_MARK = select(lookup_marks.c.seq, lookup_marks.c.version).where(
    lookup_marks.c.log == bindparam("log")
)
_LAST_ERASURE = select(func.max(events.c.seq)).where(
    events.c.kind == "redaction", events.c.subject.is_not(None)
)

# Nothing is said of `subject` here, so that SQLite walks the end of the log by place and not the
# index of subjects, with all cards there are.
_CARD_AFTER = and_(
    events.c.log == bindparam("log"),
    events.c.seq > bindparam("seq"),
    events.c.seq <= bindparam("head"),
    events.c.kind.in_(("customer", "correction")),
)
_CARDS_AFTER = (
    EVENT.add_columns(events.c.subject)
    .where(_CARD_AFTER)
    .order_by(events.c.seq)
    .limit(bindparam("size"))
)
_CUSTOMERS_AFTER = (
    select(events.c.seq, events.c.subject).where(_CARD_AFTER).order_by(events.c.seq).limit(1000)
)
_PROPOSED = (
    select(lookups.c.key, lookups.c.log, lookups.c.seq, events.c.subject)
    .select_from(
        lookups.join(events, and_(events.c.log == lookups.c.log, events.c.seq == lookups.c.seq))
    )
    .where(
        tuple_(lookups.c.key, lookups.c.log, lookups.c.seq)
        > tuple_(bindparam("key"), bindparam("log"), bindparam("seq")),
        lookups.c.key < bindparam("high"),
    )
    .order_by(lookups.c.key, lookups.c.log, lookups.c.seq)
    .limit(bindparam("size"))
)
_PROPOSED_LIKE = _PROPOSED.where(lookups.c.key.like(bindparam("like")))
