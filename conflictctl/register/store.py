"""The register: opened, read in short consistent steps, written by one at a time.

Nothing is ever changed or deleted, so that a reader needs no long transaction: `seq` up to
the head at the start is a snapshot, and each step reads a part of it and lets go.
"""

from __future__ import annotations

import secrets
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, cached_property, partial
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from sqlalchemy import (
    BindParameter,
    Connection,
    Select,
    Table,
    and_,
    bindparam,
    func,
    insert,
    literal_column,
    null,
    select,
    tuple_,
)

from conflictctl.calendar import Calendar, Moment
from conflictctl.errors import DamagedRegister, InputRejected, SchemaMismatch
from conflictctl.events import KINDS, Draft, Event
from conflictctl.mending import MENDS, mended
from conflictctl.people import STAFF_KINDS, People
from conflictctl.register import schema
from conflictctl.register.chain import Head, genesis
from conflictctl.register.grouping import groups
from conflictctl.register.places import Find, Place, place_of
from conflictctl.register.rows import CARD_KINDS, VERIFY_HINT, event_of
from conflictctl.register.schema import events, personal, touches
from conflictctl.register.writer import Receipt, Writer
from conflictctl.wording import Sentence

if TYPE_CHECKING:
    from conflictctl.register.redactions import Redactions

__all__ = [
    "CustomerCard",
    "Dossier",
    "Head",
    "KnownAt",
    "Receipt",
    "Register",
    "Writer",
    "create_register",
    "open_register",
]

LOG = "main"
"""A register holds one log, wherever it lives."""

_MOST_PLACES = 2**63 - 1
"""What a database can hold as a place; there is none beyond it."""

_PAGE = 5000
_CHUNK = 500
_FAMILIES = 1000
_AT_ONCE = 2000
"""Events scattered over a file that are read in one go: half a second from a cold disk."""
_REMEMBERED = 500_000
_Name = TypeVar("_Name", str, int)

EVENT = select(
    events.c.seq,
    events.c.at,
    events.c.recorded_at,
    events.c.appended_at,
    events.c.body,
    personal.c.data,
).select_from(
    events.outerjoin(personal, and_(personal.c.log == events.c.log, personal.c.seq == events.c.seq))
)
"""The columns that `rows.event_of` makes an event of; personal data that were erased are None."""


class KnownAt(NamedTuple):
    """What was known: entries up to a `seq`, or recorded up to a moment."""

    seq: int | None = None
    moment: Moment | None = None


class Dossier(NamedTuple):
    """One group of connected customers and all events that concern them, in seq order."""

    members: tuple[str, ...]
    events: list[Event]


class CustomerCard(NamedTuple):
    """A customer as he stands: `lost` is the reason he is gone, None while he is not.

    Where personal data were erased, `name` is the id, there are no phones, and `redacted` is
    the `seq` of the entry that tells of it.
    """

    id: str
    name: str
    phones: tuple[str, ...]
    lost: str | None
    redacted: int | None = None

    @property
    def title(self) -> str:
        """What stands where the name stood: the name, or by which entry it was erased."""
        if self.redacted is None:
            return self.name
        from conflictctl.erasure import words

        return words(f"#{self.redacted}")


def create_register(
    target: str,
    *,
    zone: str,
    clock: Callable[[], Moment],
    policy: str | dict[str, Any] | None = None,
) -> Register:
    """Make a register and record its first settings; the open register.

    It appears whole or not at all.  If another process makes it at the same moment, that
    one is opened.  Raises InputRejected if the target exists or the zone is unknown,
    StorageFailed, Busy.
    """
    place = place_of(target)
    if place.exists():
        raise InputRejected(
            Sentence("{path} exists already", path=place.shown),
            Sentence("`conflictctl status --db {path}` says what it is", path=place.shown),
        )
    calendar = _calendar(zone)
    settings: dict[str, Any] = {"timezone": zone}
    if policy is not None:
        settings["policy"] = policy

    def fill(connection: Connection) -> None:
        origin = secrets.token_hex(16)
        connection.execute(insert(schema.logs), {"name": LOG, "origin": origin})
        writer = Writer(Register(place, connection, origin, calendar), clock())
        for name, value in settings.items():
            writer.add(_setting(name, value), allow_duplicates=True)
        writer.flush()

    place.create(fill)
    return open_register(target)


def _setting(name: str, value: str) -> Draft:
    return Draft("setting", None, None, 0, None, None, None, None, {"name": name, "value": value})


def open_register(target: str) -> Register:
    """Open an existing register; never makes one.

    Raises StorageFailed (missing, unreadable), DamagedRegister (no register),
    SchemaMismatch (made by another version of the program), Busy.
    """
    place = place_of(target)
    connection = place.open()
    try:
        with place.failures():
            origin = _check_schema(place, connection)
        return Register(place, connection, origin)
    except BaseException:
        connection.close()
        raise


def _calendar(zone: str) -> Calendar:
    try:
        return Calendar(zone)
    except (ValueError, OSError, KeyError):
        raise InputRejected(
            Sentence("no time zone {zone}", zone=zone),
            Sentence("use an IANA name such as Asia/Shanghai"),
        ) from None


def _check_schema(place: Place, connection: Connection) -> str:
    """The origin of the log, if this program can read the register."""
    version = place.version(connection)
    if version == schema.VERSION:
        rows = connection.execute(_IDENTITY).fetchall()  # of a damaged file none, or several
        if len(rows) == 1 and rows[0][0] == schema.REVISION and isinstance(rows[0][1], str):
            return rows[0][1]
        raise DamagedRegister(
            Sentence("{path} is damaged: its log or revision is missing", path=place.shown),
            VERIFY_HINT,
        )
    if version < schema.VERSION:
        raise SchemaMismatch(
            Sentence(
                "{path} was made by an older version of conflictctl (schema {found}, not {wanted})",
                path=place.shown,
                found=version,
                wanted=schema.VERSION,
            ),
            Sentence("`conflictctl upgrade` brings it up to date and keeps a copy"),
        )
    raise SchemaMismatch(
        Sentence(
            "{path} was made by a newer version of conflictctl (schema {found}, not {wanted})",
            path=place.shown,
            found=version,
            wanted=schema.VERSION,
        ),
        Sentence("install that version: `pip install --upgrade conflictctl`"),
    )


class Register:
    """An open register; a context manager.  One thread, one transaction at a time."""

    def __init__(
        self, place: Place, connection: Connection, origin: str, calendar: Calendar | None = None
    ) -> None:
        self.place = place
        self.target = place.shown
        self.log = LOG
        self.origin = origin
        self.revision = schema.REVISION
        self.connection = connection
        self.known_customers: set[str] = set()
        self._inserts: dict[str, str] = {}
        if calendar is not None:
            self.__dict__["calendar"] = calendar
        self._people: tuple[int, People] | None = None

    def __enter__(self) -> Register:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; closing twice is harmless."""
        self.connection.close()

    @cached_property
    def calendar(self) -> Calendar:
        """Business time in the register's zone, which is set once and for all."""
        zone = self.settings().get("timezone")
        if not isinstance(zone, str):
            raise DamagedRegister(
                Sentence("{path} holds no time zone", path=self.target), VERIFY_HINT
            )
        return _calendar(zone)

    @cached_property
    def redactions(self) -> Redactions:
        """Which personal data were erased; asked only where an entry lacks its own."""
        from conflictctl.register.redactions import Redactions

        return Redactions(self.fetch, self.log)

    def _erased(self, seq: int, body: Mapping[str, Any]) -> dict[str, Any]:
        return self.redactions.fields(seq, body)

    @property
    def zone(self) -> str:
        """The IANA name of the register's time zone."""
        return self.calendar.zone

    # --------------------------------------------------------------- low-level reading

    def fetch(self, statement: Select[Any], values: dict[str, Any] | None = None) -> Sequence[Any]:
        """All rows of a statement, read in one go; failures as those of conflictctl.errors."""
        with self.place.failures():
            return self.connection.execute(statement, values or {}).fetchall()

    def _events(self, statement: Select[Any], values: dict[str, Any]) -> list[Event]:
        make = partial(event_of, self.log, erased=self._erased)
        return [make(*row) for row in self.fetch(statement, values)]

    # ------------------------------------------------------------------------ reading

    def head(self) -> Head:
        """How far the log reaches."""
        rows = self.fetch(_HEAD, {"log": self.log})
        return Head(*rows[0]) if rows else Head(0, genesis(self.origin))

    def settings(self, known_at: KnownAt | None = None) -> dict[str, Any]:
        """The latest value of each setting by name, as far as known then: `policy`, ..."""
        entries = self.entries_of(["setting"], known_at)
        return {entry.fields["name"]: entry.fields["value"] for entry in entries}

    def people(self, known_at: KnownAt | None = None) -> People:
        """Outlets and staff, corrections applied, as far as known then."""
        return People(mended(self.entries_of([*STAFF_KINDS, *MENDS], known_at)))

    def entries_of(self, kinds: Sequence[str], known_at: KnownAt | None = None) -> list[Event]:
        """The entries of some kinds that are about staff, outlets, settings or cards, by place."""
        return self._events(_known(_OF_KINDS, known_at), {"kinds": list(kinds)})

    def event(self, ref: str | int) -> Event | None:
        """One event by its id, `seq`, `#seq` or `origin#seq` of this log."""
        found = self._events(EVENT.where(*_named(ref, self.log, self.origin)), {})
        return found[0] if found else None

    def events(
        self, *, after: int = 0, kind: str | None = None, customer: str | None = None
    ) -> Iterator[Event]:
        """Events in seq order, read in pages, up to the head at the start.

        With `customer` those that concern him, links with others included.
        """
        if customer is not None:
            own = next(self._dossiers([(customer,)], KnownAt(self.head().seq)))
            yield from (
                event for event in own.events if event.seq > after and kind in (None, event.kind)
            )
            return
        statement = (
            EVENT.where(
                events.c.log == self.log,
                events.c.seq > bindparam("after"),
                events.c.seq <= self.head().seq,
            )
            .order_by(events.c.seq)
            .limit(_PAGE)
        )
        if kind is not None:
            statement = statement.where(events.c.kind == kind)
        while page := self._events(statement, {"after": after}):
            yield from page
            after = page[-1].seq
            if len(page) < _PAGE:
                return

    def bodies(self, first: int, last: int) -> Iterator[bytes]:
        """The stored bytes of the entries from `seq` first to last, both counted, in pages."""
        while first <= last:
            values = {"log": self.log, "first": first, "last": min(last, first + _PAGE - 1)}
            page = self.fetch(_BODIES, values)
            yield from (row[0] for row in page)
            first += _PAGE

    def backwards(self) -> Iterator[Event]:
        """Events from the head back to the first, read in small pages."""
        before = self.head().seq + 1
        while page := self._events(_BACKWARDS, {"log": self.log, "before": before}):
            yield from page
            before = page[-1].seq

    def dossier(self, customer: str, known_at: KnownAt | None = None) -> Dossier | None:
        """The customer with everyone connected to him by links or corrections, ever.

        None if no such customer was known.
        """
        known_at = self._bounded(known_at)
        members = self.members([customer], known_at)
        found = next(self._dossiers([members], known_at))
        return found if found.events else None

    def dossiers(self, known_at: KnownAt | None = None) -> Iterator[Dossier]:
        """Every customer once, in the order of the smallest id of each group.

        Read in pages of customers, so that the memory needed does not grow with the register.
        """
        known_at = self._bounded(known_at)
        for families in self.families(known_at):
            yield from self.dossiers_of(families, known_at)

    def families(self, known_at: KnownAt | None = None) -> Iterator[list[tuple[str, ...]]]:
        """All customers in groups of connected ones, in pages of groups, by smallest id."""
        known_at = self._bounded(known_at)
        linked = groups(self._links(known_at))
        for page in self._customer_pages():
            families = [linked.get(customer, (customer,)) for customer in page]
            yield [
                family
                for family, customer in zip(families, page, strict=True)
                if family[0] == customer
            ]

    def _links(self, known_at: KnownAt) -> Iterator[tuple[int, str]]:
        """Every customer whom an entry concerns among others, with its `seq`, read in pages."""
        statement = _known_touches(_LINKS_AFTER, known_at)
        last: dict[str, Any] = {"customer": "", "log": "", "seq": 0}
        while rows := self.fetch(statement, last):
            yield from ((row[0], row[1]) for row in rows)
            last = dict(zip(("seq", "customer", "log"), rows[-1], strict=True))

    def families_of(
        self, customers: Iterable[str], known_at: KnownAt | None = None
    ) -> Iterator[list[tuple[str, ...]]]:
        """The groups of connected customers that some belong to, as `families` gives them."""
        known_at = self._bounded(known_at)
        wanted = self.members(customers, known_at)
        linked = groups(
            (row[0], row[1])
            for chunk in _chunks(wanted)
            for row in self.fetch(_known_touches(_LINKS_OF, known_at), {"customers": chunk})
        )
        families = sorted({linked.get(customer, (customer,)) for customer in wanted})
        for start in range(0, len(families), _FAMILIES):
            yield families[start : start + _FAMILIES]

    def dossiers_of(
        self, families: Sequence[tuple[str, ...]], known_at: KnownAt | None = None
    ) -> Iterator[Dossier]:
        """The dossiers of some whole groups of connected customers that were known then."""
        for dossier in self._dossiers(families, self._bounded(known_at)):
            if dossier.events:
                yield dossier

    def members(self, customers: Iterable[str], known_at: KnownAt | None = None) -> tuple[str, ...]:
        """The customers and everyone connected to them, sorted."""
        found = set(customers)
        frontier = sorted(found)
        while frontier:
            near: set[str] = set()
            for places in _chunks(list(self._links_of(frontier, known_at))):
                values = {"log": self.log, "places": places}
                near.update(row[0] for row in self.fetch(_TOUCHED, values))
            frontier = sorted(near - found)
            found |= near
        return tuple(sorted(found))

    def _links_of(self, customers: Sequence[str], known_at: KnownAt | None) -> dict[int, str]:
        """The `seq` of every entry that concerns one of the customers among others.

        Each with one of the customers it concerns.
        """
        statement = _known_touches(_LINKS_OF, known_at)
        found: dict[int, str] = {}
        for chunk in _chunks(customers):
            found.update((row[0], row[1]) for row in self.fetch(statement, {"customers": chunk}))
        return found

    def _bounded(self, known_at: KnownAt | None) -> KnownAt:
        # The head at the start is the snapshot that all steps of one answer keep to.
        head = self.head().seq
        if known_at is None:
            return KnownAt(head)
        return KnownAt(head if known_at.seq is None else min(head, known_at.seq), known_at.moment)

    def _dossiers(
        self, families: Sequence[tuple[str, ...]], known_at: KnownAt
    ) -> Iterator[Dossier]:
        """The dossiers of some whole groups of connected customers."""
        home = {member: family for family in families for member in family}
        found: dict[tuple[str, ...], list[Event]] = {family: [] for family in families}
        for event in self._own_events(sorted(home), known_at):
            found[home[event.customer or ""]].append(event)
        links = self._links_of(list(home), known_at)
        for places in _chunks(list(links)):
            for event in self._events(_AT_PLACES, {"log": self.log, "places": places}):
                if event.customer not in home:
                    found[home[links[event.seq]]].append(event)
        for family, entries in found.items():
            entries.sort(key=_seq)
            yield Dossier(family, entries)

    def _own_events(self, customers: list[str], known_at: KnownAt) -> Iterator[Event]:
        """The events that name one of some customers (sorted), by customer and `seq`.

        Read in pages: of one customer there may be very many, and who writes waits for a page.
        """
        statement = _known(_OF_CUSTOMERS, known_at)
        for rest in _chunks(customers):
            customer, seq = "", 0
            while rest:
                page = self._events(
                    statement, {"customers": rest, "customer": customer, "seq": seq}
                )
                yield from page
                if len(page) < _AT_ONCE:
                    break
                customer, seq = page[-1].customer or "", page[-1].seq
                rest = rest[bisect_left(rest, customer) :]

    # -------------------------------------------------------------------------- cases

    def case_opened(self, case: str) -> bool:
        """Whether an entry opens a case of this id."""
        return self.introduction("case_opened", case) is not None

    def case_events(self, case: str, known_at: KnownAt | None = None) -> list[Event]:
        """The entries about one case, corrections and voids applied, in seq order."""
        return next(self.cases([case], known_at))[1]

    def case_ids(self, known_at: KnownAt | None = None) -> Iterator[list[str]]:
        """The ids of all cases that were opened by an entry, sorted, in pages."""
        last = ""
        statement = _known(_CASE_IDS, known_at)
        while page := [row[0] for row in self.fetch(statement, {"last": last})]:
            yield page
            last = page[-1]

    def cases(
        self, page: Sequence[str], known_at: KnownAt | None = None, *, personal: bool = True
    ) -> Iterator[tuple[str, list[Event]]]:
        """The mended entries of some cases, case by case, each in seq order.

        Without `personal` the words that people said are left out, and not read.
        """
        statement = _known(_OF_CASE if personal else _OF_CASE_BARE, known_at)
        found: dict[str, list[Event]] = {case: [] for case in page}
        make = partial(event_of, self.log, erased=self._erased if personal else None)
        for chunk in _chunks(page):
            for *row, case in self.fetch(statement, {"cases": chunk, "kinds": CASE_LOOKUP}):
                found[case].append(make(*row))
        people = cache(self.people)
        for case, entries in found.items():
            entries.sort(key=_seq)
            yield case, mended(entries, people)

    def last_case(self, prefix: str) -> str | None:
        """The highest of the case ids that are `prefix` and digits, by number."""
        rows = self.fetch(_LAST_CASE, {"low": prefix, "high": prefix + "\u0100"})
        numbered = [row[0] for row in rows if row[0].removeprefix(prefix).isdecimal()]
        return max(numbered, key=lambda case: int(case.removeprefix(prefix)), default=None)

    def claims(self, known_at: KnownAt | None = None) -> Iterator[Event]:
        """Every claim, in seq order."""
        yield from self._events(_known(_CLAIMS, known_at), {})

    def rulings(self, known_at: KnownAt | None = None) -> Iterator[Event]:
        """Every ruling by people, from the head back to the first, read in small pages."""
        before = self.head().seq + 1
        statement = _known(_RULINGS, known_at)
        while page := self._events(statement, {"log": self.log, "before": before}):
            yield from page
            before = page[-1].seq

    # ------------------------------------------------------------------- customers' cards

    def customer_ids(self) -> Iterator[str]:
        """The ids of all customers, sorted, read in pages."""
        for page in self._customer_pages():
            yield from page

    def _customer_pages(self) -> Iterator[list[str]]:
        last = ""
        while page := [row[0] for row in self.fetch(_CUSTOMER_IDS, {"last": last})]:
            yield page
            last = page[-1]

    def customer_exists(self, customer: str) -> bool:
        """Whether a customer has been introduced."""
        return self.introduction("customer", customer) is not None

    def names(self, ids: Iterable[str]) -> dict[str, str]:
        """The latest name of each customer that has one, or by what it was erased."""
        return {card.id: card.title for card in self.cards(ids).values() if card.title != card.id}

    def cards(self, ids: Iterable[str]) -> dict[str, CustomerCard]:
        """The cards of some customers as they stand, by id."""
        return {
            card.id: card
            for chunk in _chunks(sorted(set(ids)))
            for card in self._cards(events.c.subject.in_(chunk))
        }

    def customers(self) -> Iterator[CustomerCard]:
        """Every customer's card as it stands, by id, read in pages."""
        for page in self._customer_pages():
            yield from self._cards(events.c.subject.between(page[0], page[-1]))

    def _cards(self, which: Any) -> Iterator[CustomerCard]:
        statement = (
            EVENT.add_columns(events.c.subject)
            .where(events.c.kind.in_([*CARD_KINDS, *MENDS]), which)
            .order_by(events.c.subject, events.c.seq)
        )
        for customer, rows in groupby(self.fetch(statement), _last):
            entries = mended([event_of(self.log, *row[:-1]) for row in rows], self.people)
            if any(entry.kind == "customer" for entry in entries):
                yield self._card_with_erasure(_card(customer, entries), entries)

    def _card_with_erasure(self, card: CustomerCard, entries: list[Event]) -> CustomerCard:
        if any("name" in entry.fields for entry in entries):
            return card
        found = self.redactions.of_customer(card.id)
        return card._replace(redacted=found[-1].seq) if found else card

    def latest_id(self, first: str, after: str) -> str | None:
        """The greatest id of an entry from `first` on and before `after`, as texts sort."""
        rows = self.fetch(_LATEST_ID, {"first": first, "after": after})
        found: str | None = rows[0][0]
        return found

    def attesters(self) -> dict[int, str]:
        """Who answers for imported files: attestation `seq` to staff."""
        return dict(map(tuple, self.fetch(_ATTESTERS)))

    # ------------------------------------------------------------------------- writing

    @contextmanager
    def writing(self, clock: Callable[[], Moment]) -> Iterator[Writer]:
        """A transaction to add entries in: durable when the block ends, undone if it raises.

        Other writers wait.  Raises Busy after 5 seconds of waiting, StorageFailed.
        """
        if self._people is None:
            self._prepare()
        try:
            with self.alone():
                writer = Writer(self, clock())
                yield writer
                writer.flush()
        except BaseException:
            self.known_customers.clear()
            self._people = None
            raise
        self._people = writer.knows()

    def _prepare(self) -> None:
        """Do before one's turn what can be done before it, so that others wait less.

        To put the first statements together takes five times as long as to run them.
        """
        for table in (events, touches, personal):
            self._insertion(table)
        self.current_people(self.head().seq)

    @contextmanager
    def alone(self, patience: float | None = None) -> Iterator[None]:
        """A transaction in which nobody else writes; durable when it ends, undone if it raises.

        Raises Busy after `patience` seconds of waiting (5 if not given), StorageFailed.
        """
        with self.place.alone(self.connection, patience):
            yield

    def insert(
        self,
        event_rows: Sequence[tuple[Any, ...]],
        touch_rows: Sequence[tuple[Any, ...]],
        personal_rows: Sequence[tuple[Any, ...]],
    ) -> None:
        """Add rows (tuples in the order of the tables' columns) within a transaction."""
        for table, rows in ((events, event_rows), (touches, touch_rows), (personal, personal_rows)):
            self.add_rows(table, rows)

    def add_rows(self, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
        """Add rows (tuples in the order of the table's columns) within a transaction."""
        if not rows:
            return
        self.place.insert(self.connection, table, self._insertion(table), rows)

    def _insertion(self, table: Table) -> str:
        # Compiled by Core, run by the driver: Core's own executemany takes 4 microseconds a
        # row more, which for an import is a tenth of the whole.
        if table.name not in self._inserts:
            statement = insert(table).inline().compile(dialect=self.connection.dialect)
            self._inserts[table.name] = str(statement)
        return self._inserts[table.name]

    @cached_property
    def _find(self) -> tuple[Find, ...]:
        return tuple(self.place.finder(self.connection, statement) for statement in _LOOK_UPS)

    def finders(self) -> tuple[Find, ...]:
        """Look-ups of the writer: seq by id, seqs by content number, a customer."""
        return self._find

    @cached_property
    def _find_people(self) -> Find:
        return self.place.finder(self.connection, _PEOPLE_BETWEEN)

    def current_people(self, seq: int) -> People:
        """The people as of the head, which is at `seq`; from memory where nothing changed them.

        What was read a moment ago may be from a little later than it says, never from earlier.
        """
        if self._people is not None and self._people[0] < seq:
            changed = self._find_people((self.log, self._people[0], seq))
            self._people = None if changed else (seq, self._people[1])
        if self._people is None or self._people[0] != seq:
            self._people = (seq, self.people())
        return self._people[1]

    def remember_customer(self, customer: str) -> None:
        """Spare the next look-up of a customer who exists; the memory is bounded."""
        if len(self.known_customers) >= _REMEMBERED:
            self.known_customers.clear()
        self.known_customers.add(customer)

    def check_zone(self, zone: Any) -> None:
        """Refuse a time zone other than the register's own."""
        if zone != self.zone:
            raise InputRejected(
                Sentence("the register's time zone is {zone} and stays so", zone=self.zone),
                Sentence("`conflictctl init --timezone` sets it once, for a new register"),
            )

    def introduction(self, kind: str, subject: str | None) -> int | None:
        """The `seq` of the first entry of a kind about a subject."""
        rows = self.fetch(_INTRODUCTION, {"kind": kind, "subject": subject})
        seq: int | None = rows[0][0]
        return seq

    def subject(self, seq: int) -> str | None:
        """The column `subject` of an entry."""
        rows = self.fetch(_SUBJECT, {"log": self.log, "seq": seq})
        subject: str | None = rows[0][0]
        return subject

    def touched_by(self, seq: int) -> frozenset[str]:
        """The customers that an entry has rows in `touches` for."""
        return frozenset(row[0] for row in self.fetch(_TOUCHED, {"log": self.log, "places": [seq]}))

    def body(self, seq: int) -> bytes:
        """The canonical bytes of an entry."""
        [body] = self.bodies(seq, seq)
        return body

    def stored(self, seq: int) -> tuple[Event, bytes, bool]:
        """An entry, its chain hash, and whether its personal data were erased."""
        rows = self.fetch(_STORED, {"log": self.log, "seq": seq})
        *row, link_hash = rows[0]
        event = event_of(self.log, *row)
        return event, link_hash, row[-1] is None and b'"pii":' in row[-2]


def _seq(event: Event) -> int:
    return event.seq


def _last(row: Sequence[Any]) -> Any:
    return row[-1]


def _card(customer: str, entries: list[Event]) -> CustomerCard:
    name, phones, lost = customer, (), None
    card = CustomerCard(customer, name, phones, lost)
    for entry in entries:
        if entry.kind == "customer":
            card = card._replace(
                name=entry.get("name", card.name), phones=tuple(entry.get("phones", card.phones))
            )
        else:
            card = card._replace(lost=entry.fields["reason"] if entry.kind == "lost" else None)
    return card


def _chunks(names: Sequence[_Name]) -> Iterator[list[_Name]]:
    for start in range(0, len(names), _CHUNK):
        yield list(names[start : start + _CHUNK])


def _named(ref: str | int, log: str, origin: str) -> tuple[Any, ...]:
    if isinstance(ref, str):
        text = ref[1:] if ref.startswith("#") else ref.removeprefix(f"{origin}#")
        if text == ref or not (text.isascii() and text.isdigit()):
            return (events.c.id == ref,)
        ref = int(text) if len(text) < len(str(_MOST_PLACES)) else 0
    return (events.c.log == log, events.c.seq == (ref if ref <= _MOST_PLACES else 0))


def _known(statement: Select[Any], known_at: KnownAt | None) -> Select[Any]:
    if known_at is None:
        return statement
    if known_at.seq is not None:
        statement = statement.where(events.c.seq <= known_at.seq)
    if known_at.moment is not None:
        statement = statement.where(events.c.recorded_at <= known_at.moment)
    return statement


# Only what goes by `seq` names the log: a customer's entries are his in whichever log they
# stand, and SQLite would walk the log instead of the index of customers.
_LOG = events.c.log == bindparam("log")
_CUSTOMERS: BindParameter[Any] = bindparam("customers", expanding=True)
_PLACES: BindParameter[Any] = bindparam("places", expanding=True)

_IDENTITY = select(
    schema.revision_table.c.version_num,
    select(schema.logs.c.origin).where(schema.logs.c.name == LOG).scalar_subquery(),
)
_LOOK_UPS = (
    "SELECT seq FROM events WHERE id = ?",
    "SELECT seq FROM events WHERE content = ?",
    "SELECT 1 FROM events WHERE kind = 'customer' AND subject = ? LIMIT 1",
)
_HEAD = select(events.c.seq, events.c.hash).where(_LOG).order_by(events.c.seq.desc()).limit(1)
_BODIES = (
    select(events.c.body)
    .where(_LOG, events.c.seq.between(bindparam("first"), bindparam("last")))
    .order_by(events.c.seq)
)
_BACKWARDS = (
    EVENT.where(_LOG, events.c.seq < bindparam("before")).order_by(events.c.seq.desc()).limit(50)
)
# By place, however many entries about people there are: most come from others, one by one.
_PEOPLE_BETWEEN = (
    "SELECT 1 FROM events WHERE log = ? AND seq > ? AND seq <= ? AND kind IN ({}) LIMIT 1"
).format(", ".join(f"'{kind}'" for kind in sorted({*STAFF_KINDS, *MENDS})))
_OF_KINDS = EVENT.where(
    events.c.kind.in_(bindparam("kinds", expanding=True)),
    events.c.subject.is_not(None),
).order_by(events.c.seq)
CASE_LOOKUP = [name for name, kind in KINDS.items() if "case" in kind.fields] + list(MENDS)
_CASES: BindParameter[Any] = bindparam("cases", expanding=True)
_OF_CASE = EVENT.add_columns(events.c.subject).where(
    events.c.kind.in_(bindparam("kinds", expanding=True)), events.c.subject.in_(_CASES)
)
_OF_CASE_BARE = select(
    events.c.seq,
    events.c.at,
    events.c.recorded_at,
    events.c.appended_at,
    events.c.body,
    null(),
    events.c.subject,
).where(events.c.kind.in_(bindparam("kinds", expanding=True)), events.c.subject.in_(_CASES))
_CASE_IDS = (
    select(events.c.subject)
    .where(events.c.kind == "case_opened", events.c.subject > bindparam("last"))
    .distinct()
    .order_by(events.c.subject)
    .limit(1000)
)
_LAST_CASE = select(events.c.subject).where(
    events.c.kind == "case_opened", events.c.subject.between(bindparam("low"), bindparam("high"))
)
# Written out, so that SQLite sees that the index of claims serves.
_CLAIMS = EVENT.where(events.c.kind == literal_column("'claim'")).order_by(
    events.c.log, events.c.seq
)
_RULINGS = (
    EVENT.where(
        _LOG, events.c.seq < bindparam("before"), events.c.kind == literal_column("'ruling'")
    )
    .order_by(events.c.seq.desc())
    .limit(50)
)
_OF_CUSTOMERS = (
    EVENT.where(
        events.c.customer.in_(_CUSTOMERS),
        tuple_(events.c.customer, events.c.seq) > tuple_(bindparam("customer"), bindparam("seq")),
    )
    .order_by(events.c.customer, events.c.seq)
    .limit(_AT_ONCE)
)
_AT_PLACES = EVENT.where(_LOG, events.c.seq.in_(_PLACES))
_CUSTOMER_IDS = (
    select(events.c.subject)
    .where(events.c.kind == "customer", events.c.subject > bindparam("last"))
    .distinct()
    .order_by(events.c.subject)
    .limit(1000)
)
_LATEST_ID = select(func.max(events.c.id)).where(
    events.c.id >= bindparam("first"), events.c.id < bindparam("after")
)
_ATTESTERS = select(events.c.seq, events.c.subject).where(
    events.c.kind == "attestation", events.c.subject.is_not(None)
)
_INTRODUCTION = select(func.min(events.c.seq)).where(
    events.c.kind == bindparam("kind"), events.c.subject == bindparam("subject")
)
_SUBJECT = select(events.c.subject).where(_LOG, events.c.seq == bindparam("seq"))
_TOUCHED = select(touches.c.customer).where(
    touches.c.log == bindparam("log"), touches.c.seq.in_(_PLACES)
)
_LINKS = select(touches.c.seq, touches.c.customer)
_LINKS_AFTER = (
    _LINKS.add_columns(touches.c.log)
    .where(
        tuple_(touches.c.customer, touches.c.log, touches.c.seq)
        > tuple_(bindparam("customer"), bindparam("log"), bindparam("seq"))
    )
    .order_by(touches.c.customer, touches.c.log, touches.c.seq)
    .limit(_PAGE)
)
_LINKS_OF = _LINKS.where(touches.c.customer.in_(_CUSTOMERS))
_STORED = EVENT.add_columns(events.c.hash).where(_LOG, events.c.seq == bindparam("seq"))


def _known_touches(statement: Select[Any], known_at: KnownAt | None) -> Select[Any]:
    if known_at is None:
        return statement
    if known_at.seq is not None:
        statement = statement.where(touches.c.seq <= known_at.seq)
    if known_at.moment is not None:
        statement = statement.where(
            select(events.c.seq)
            .where(
                events.c.log == touches.c.log,
                events.c.seq == touches.c.seq,
                events.c.recorded_at <= known_at.moment,
            )
            .exists()
        )
    return statement
