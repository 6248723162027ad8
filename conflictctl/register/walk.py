"""One entry after the other checked: each column and index row recomputed from its bytes.

A walk can begin anywhere in the log, with the hash and the clock of the entry before.  So a log can
be walked in stretches, by several processes; `audit` puts together what they found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
from sqlalchemy import and_, bindparam, select, tuple_

from conflictctl.calendar import utc_text
from conflictctl.errors import DamagedRegister
from conflictctl.events import BODY_VERSION, REFERENCE_FIELDS
from conflictctl.mending import MENDS
from conflictctl.register.chain import Head, canonical, commitment, content_number, link
from conflictctl.register.rows import WITH_SUBJECT, concerned, spoken_of, subject_of, touched
from conflictctl.register.schema import events, personal, touches
from conflictctl.wording import Sentence

if TYPE_CHECKING:
    from conflictctl.register.seals import Marks, Seals
    from conflictctl.register.store import Register

_PAGE = 2000
LOWEST = -(2**63)
"""Before every place and every moment."""


class Target(NamedTuple):
    """What is needed of an entry that another one speaks of.

    `everyone` are the customers of its rows in `touches`, if it has any.
    """

    seq: int
    customer: str | None
    subject: str | None
    everyone: frozenset[str]


class Row(NamedTuple):
    """An entry as it stands in the tables; nothing about it is believed."""

    log: Any
    seq: Any
    id: Any
    content: Any
    kind: Any
    at: Any
    recorded_at: Any
    appended_at: Any
    customer: Any
    subject: Any
    attestation: Any
    body: Any
    hash: Any
    salt: Any
    data: Any


class Page(NamedTuple):
    """Some entries in their order, and what the tables say about them and those they speak of.

    `touching` gives the customers of an entry's rows in `touches`, sorted; `targets` the entries
    spoken of, by the reference used; `attestations` those of the attestations named that stand as
    such in the tables.  That they do so rightly is seen where they are checked themselves.
    """

    rows: list[Row]
    touching: dict[Any, list[str]]
    targets: dict[str | int, Target]
    attestations: frozenset[int]


class Walk:
    """The state of a verification after some entries; feed it those that follow in order.

    Entries before `head` are taken for checked: what is wrong with one of them is said when it is
    its turn, and then nothing after it counts.
    """

    def __init__(
        self,
        log: str,
        origin: str,
        redactions: dict[str, int],
        receipt: bytes | None,
        seals: Seals | Marks,
        head: Head,
        clock: int = LOWEST,
    ) -> None:
        self.seals = seals
        self.log = log
        self.origin = origin
        self.redactions = redactions
        self.receipt = receipt
        self.head = head
        self.clock = clock
        """`appended_at` of the entry at `head`."""
        self.redacted = 0
        self.receipt_seq: int | None = None
        self.clock_back = 0

    def check(self, row: Row, page: Page) -> Sentence | None:
        """Check the next entry against all before it; what is wrong with it, or None."""
        seq = self.head.seq + 1
        if row.seq != seq or row.log != self.log:
            return Sentence("entry #{seq} is missing", seq=seq)
        try:
            link_hash = link(self.head.hash, row.body)
            if link_hash != row.hash:
                return Sentence("the bytes of #{seq} do not fit the chain", seq=seq)
            record = orjson.loads(row.body)
            if canonical(record) != row.body:
                return Sentence("the bytes of #{seq} are not in canonical form", seq=seq)
            column = self._columns(row, record, page) or self._derived(row, record, page)
        except (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError):
            return Sentence("entry #{seq} cannot be read", seq=seq)
        if column is not None:
            return Sentence(
                "{column} of #{seq} does not agree with its bytes", column=column, seq=seq
            )
        self.head = Head(seq, link_hash)
        if link_hash[:10] == self.receipt:
            self.receipt_seq = seq
        if self.seals.waiting:
            self.seals.take(row.body, link_hash)
            if self.seals.problem is not None:
                return self.seals.problem
        if row.appended_at < self.clock:
            self.clock_back += 1
        self.clock = row.appended_at
        return None

    def _columns(self, row: Row, record: dict[str, Any], page: Page) -> str | None:
        get = record.get
        if record["v"] != BODY_VERSION or record["log"] != self.origin:
            return "log"
        if record["seq"] != row.seq:
            return "seq"
        if get("id") != row.id:
            return "id"
        if record["kind"] != row.kind:
            return "kind"
        if utc_text(row.at) != record["at"] or type(row.at) is not int:
            return "at"
        if (
            utc_text(row.recorded_at) != record["rec"]
            or row.recorded_at < row.at
            or type(row.recorded_at) is not int
        ):
            return "recorded_at"
        if utc_text(row.appended_at) != record["app"] or type(row.appended_at) is not int:
            return "appended_at"
        if get("customer") != row.customer:
            return "customer"
        attestation = get("att")
        if attestation != row.attestation:
            return "attestation"
        if attestation is not None and (
            attestation not in page.attestations or attestation >= row.seq
        ):
            return "attestation"
        return None

    def _derived(self, row: Row, record: dict[str, Any], page: Page) -> str | None:
        kind, customer, data = record["kind"], record.get("customer"), record.get("data") or {}
        content = None
        if row.id is None:
            content = content_number(
                kind, row.at, record.get("by"), record.get("rby"), customer, data
            )
        if content != row.content:
            return "content"
        subject = (
            subject_of(kind, record.get("by"), customer, data) if kind in WITH_SUBJECT else None
        )
        everyone = None
        if refs := spoken_of(kind, data):
            inherited: set[str] = set()
            for target in map(page.targets.get, refs):
                if target is None or target.seq >= row.seq:
                    return "reference"
                inherited |= target.everyone or concerned(target.customer, {})
                if kind in MENDS:
                    subject = target.subject
            everyone = concerned(customer, data, inherited)
        elif "customers" in data:
            everyone = concerned(customer, data)
        if subject != row.subject:
            return "subject"
        expected = touched(customer, everyone) if everyone is not None else ()
        if expected != tuple(page.touching.get(row.seq, ())):
            return "touches"
        return self._personal(row, record.get("pii"), everyone or concerned(customer, {}))

    def _personal(self, row: Row, sealed: Any, everyone: Iterable[str]) -> str | None:
        if row.salt is not None:
            fits = sealed is not None and commitment(row.salt, row.data) == sealed
            return None if fits else "personal"
        if sealed is None:
            return None
        if not any(self.redactions.get(customer, 0) > row.seq for customer in everyone):
            return "personal"
        self.redacted += 1
        return None


def walk_on(register: Register, walk: Walk, last: int | None = None) -> Sentence | None:
    """Check the entries from where a walk stands up to `last` (None: all there are).

    What is wrong with the first that does not hold, or None.
    """
    count = None if last is None else last - walk.head.seq
    # The first of all sees whatever stands before entry 1 of the log.
    start: tuple[Any, Any] = (walk.log, walk.head.seq) if walk.head.seq else ("", LOWEST)
    for page in _pages(register, start, count):
        if isinstance(page, DamagedRegister):
            return page.message
        for row in page.rows:
            problem = walk.check(row, page)
            if problem is not None:
                return problem
    if last is not None and walk.head.seq < last:
        return Sentence("entry #{seq} is missing", seq=walk.head.seq + 1)
    return None


def _pages(
    register: Register, after: tuple[Any, Any], count: int | None
) -> Iterator[Page | DamagedRegister]:
    """The next `count` entries in pages; the failure itself where the file cannot be read on.

    A page that fails is read again entry by entry, so that the bad one can be named.
    """
    limit = _PAGE
    while count is None or count > 0:
        try:
            page = _page(register, after, limit if count is None else min(limit, count))
        except DamagedRegister as damage:
            if limit == 1:
                yield damage
                return
            limit = 1
            continue
        if not page.rows:
            return
        yield page
        after = (page.rows[-1].log, page.rows[-1].seq)
        if count is not None:
            count -= len(page.rows)


def _page(register: Register, after: tuple[Any, Any], limit: int) -> Page:
    found = register.fetch(_ROWS, {"log": after[0], "seq": after[1], "limit": limit})
    rows = list(map(Row._make, found))
    if not rows:
        return Page(rows, {}, {}, frozenset())
    span = {"log": rows[0].log, "first": rows[0].seq, "last": rows[-1].seq}
    touching: dict[Any, list[str]] = {}
    for seq, customer in register.fetch(_TOUCHING, span):
        touching.setdefault(seq, []).append(customer)
    return Page(rows, touching, _targets(register, rows), _attestations(register, rows))


def _attestations(register: Register, rows: Sequence[Row]) -> frozenset[int]:
    named = {row.attestation for row in rows if type(row.attestation) is int}
    return frozenset(
        row[0]
        for chunk in _chunks(sorted(named))
        for row in register.fetch(_ATTESTATIONS, {"log": register.log, "places": chunk})
    )


def _targets(register: Register, rows: Sequence[Row]) -> dict[str | int, Target]:
    """The entries that those of a page speak of, by the reference used."""
    refs = {ref for row in rows for ref in _references(row)}
    found: dict[str | int, tuple[Any, Any, Any]] = {}
    for column, kind in ((events.c.seq, int), (events.c.id, str)):
        for chunk in _chunks([ref for ref in refs if type(ref) is kind]):
            statement = select(column, events.c.seq, events.c.customer, events.c.subject).where(
                events.c.log == register.log, column.in_(chunk)
            )
            for ref, *target in register.fetch(statement):
                found[ref] = (target[0], target[1], target[2])
    everyone: dict[Any, set[str]] = {}
    for chunk in _chunks(list({target[0] for target in found.values()})):
        for seq, customer in register.fetch(_TOUCHED, {"log": register.log, "places": chunk}):
            everyone.setdefault(seq, set()).add(customer)
    return {
        ref: Target(*target, frozenset(everyone.get(target[0], ())))
        for ref, target in found.items()
    }


def _chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), 500):
        yield values[start : start + 500]


def _references(row: Row) -> list[str | int]:
    if row.kind not in REFERENCE_FIELDS and row.kind != "finding":
        return []
    try:
        return [
            ref
            for ref in spoken_of(row.kind, orjson.loads(row.body)["data"])
            if isinstance(ref, (str, int))
        ]
    except (ValueError, TypeError, KeyError, AttributeError):
        return []  # `check` says what is wrong with it


_ROWS = (
    select(*events.c, personal.c.salt, personal.c.data)
    .select_from(
        events.outerjoin(
            personal, and_(personal.c.log == events.c.log, personal.c.seq == events.c.seq)
        )
    )
    .where(tuple_(events.c.log, events.c.seq) > tuple_(bindparam("log"), bindparam("seq")))
    .order_by(events.c.log, events.c.seq)
    .limit(bindparam("limit"))
)
_TOUCHING = (
    select(touches.c.seq, touches.c.customer)
    .where(
        touches.c.log == bindparam("log"),
        touches.c.seq.between(bindparam("first"), bindparam("last")),
    )
    .order_by(touches.c.customer)
)
_ATTESTATIONS = select(events.c.seq).where(
    events.c.log == bindparam("log"),
    events.c.seq.in_(bindparam("places", expanding=True)),
    events.c.kind == "attestation",
)
_TOUCHED = select(touches.c.seq, touches.c.customer).where(
    touches.c.log == bindparam("log"), touches.c.seq.in_(bindparam("places", expanding=True))
)
