"""One entry after the other checked: each column and index row recomputed from its bytes.

A walk can begin anywhere in the log, with the hash and the clock of the entry before.  So a log can
be walked in stretches, by several processes; `audit` puts together what they found.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
from sqlalchemy import func, select

from conflictctl.calendar import utc_text
from conflictctl.errors import DamagedRegister
from conflictctl.events import BODY_VERSION, REFERENCE_FIELDS
from conflictctl.mending import MENDS
from conflictctl.register.chain import Head, canonical, commitment, content_number, link
from conflictctl.register.rows import WITH_SUBJECT, concerned, spoken_of, subject_of, touched
from conflictctl.register.schema import events
from conflictctl.wording import Sentence

if TYPE_CHECKING:
    from conflictctl.register.seals import Marks, Seals
    from conflictctl.register.store import Register

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


Row = Sequence[Any]
"""An entry as it stands in the tables, its columns as in `_COLUMNS`, then where it lies; nothing of
it is believed."""


@dataclass(slots=True)
class Page:
    """Some entries in their order, and what the tables say about them and those they speak of.

    `personal` gives salt and data by place, `touching` the customers of an entry's rows in
    `touches`, sorted; `targets` the entries spoken of, by the reference used; `attestations` those
    of the attestations named that stand as such in the tables.  That they do so rightly is seen
    where they are checked themselves.
    """

    rows: list[Row]
    personal: dict[Any, tuple[Any, Any]]
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
        self.seq, self.hash = head
        self.clock = clock
        """`appended_at` of the entry at `head`."""
        self.redacted = 0
        self.receipt_seq: int | None = None
        self.clock_back = 0
        self.in_place = True
        """Whether every entry lay at the number that is its `seq`."""

    @property
    def head(self) -> Head:
        """How far everything holds."""
        return Head(self.seq, self.hash)

    def check(self, row: Row, page: Page) -> Sentence | None:
        """Check the next entry against all before it; what is wrong with it, or None."""
        seq = self.seq + 1
        log, place, _, _, _, _, _, appended_at, _, _, _, body, stored, lies = row
        if lies != seq:
            self.in_place = False
        if place != seq or log != self.log:
            return Sentence("entry #{seq} is missing", seq=seq)
        try:
            link_hash = link(self.hash, body)
            if link_hash != stored:
                return Sentence("the bytes of #{seq} do not fit the chain", seq=seq)
            record = orjson.loads(body)
            if canonical(record) != body:
                return Sentence("the bytes of #{seq} are not in canonical form", seq=seq)
            column = self._columns(row, record, page) or self._derived(row, record, page)
        except (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError):
            return Sentence("entry #{seq} cannot be read", seq=seq)
        if column is not None:
            return Sentence(
                "{column} of #{seq} does not agree with its bytes", column=column, seq=seq
            )
        self.seq, self.hash = seq, link_hash
        if link_hash[:10] == self.receipt:
            self.receipt_seq = seq
        if self.seals.waiting:
            self.seals.take(body, link_hash)
            if self.seals.problem is not None:
                return self.seals.problem
        if appended_at < self.clock:
            self.clock_back += 1
        self.clock = appended_at
        return None

    def _columns(self, row: Row, record: dict[str, Any], page: Page) -> str | None:
        get = record.get
        # In full: a starred name takes as long as all the others.
        _, seq, id_, _, kind, at, recorded_at, appended_at, customer, _, attestation, _, _, _ = row
        if record["v"] != BODY_VERSION or record["log"] != self.origin:
            return "log"
        if record["seq"] != seq:
            return "seq"
        if get("id") != id_:
            return "id"
        if record["kind"] != kind:
            return "kind"
        if type(at) is not int or utc_text(at) != record["at"]:
            return "at"
        if (
            type(recorded_at) is not int
            or recorded_at < at
            or utc_text(recorded_at) != record["rec"]
        ):
            return "recorded_at"
        if type(appended_at) is not int or utc_text(appended_at) != record["app"]:
            return "appended_at"
        if get("customer") != customer:
            return "customer"
        if get("att") != attestation:
            return "attestation"
        if attestation is not None and (
            type(attestation) is not int
            or attestation not in page.attestations
            or attestation >= seq
        ):
            return "attestation"
        return None

    def _derived(self, row: Row, record: dict[str, Any], page: Page) -> str | None:
        _, seq, id_, stored, kind, at, _, _, customer, stored_subject, _, _, _, _ = row
        get = record.get
        fields = get("data") or _NOTHING
        content = None
        if id_ is None:
            content = content_number(kind, at, get("by"), get("rby"), customer, fields)
        if content != stored:
            return "content"
        subject = subject_of(kind, get("by"), customer, fields) if kind in WITH_SUBJECT else None
        everyone = None
        if kind in _SPEAKING and (refs := spoken_of(kind, fields)):
            inherited: set[str] = set()
            for target in map(page.targets.get, refs):
                if target is None or target.seq >= seq:
                    return "reference"
                inherited |= target.everyone or concerned(target.customer, {})
                if kind in MENDS:
                    subject = target.subject
            everyone = concerned(customer, fields, inherited)
        elif "customers" in fields:
            everyone = concerned(customer, fields)
        if subject != stored_subject:
            return "subject"
        expected = touched(customer, everyone) if everyone is not None else ()
        if expected != tuple(page.touching.get(seq, ())):
            return "touches"
        sealed, held = get("pii"), page.personal.get(seq)
        if held is not None:
            fits = sealed is not None and commitment(*held) == sealed
            return None if fits else "personal"
        if sealed is not None and not self._erased(seq, everyone or concerned(customer, {})):
            return "personal"
        return None

    def _erased(self, seq: int, everyone: Iterable[str]) -> bool:
        """Whether a later entry tells of the erasure of an entry's personal data; counted then."""
        told = any(self.redactions.get(customer, 0) > seq for customer in everyone)
        self.redacted += told
        return told


def walk_on(register: Register, walk: Walk, last: int | None = None) -> Sentence | None:
    """Check the entries from where a walk stands up to `last` (None: all there are).

    What is wrong with the first that does not hold, or None.
    """
    count = None if last is None else last - walk.seq
    # The first of all sees whatever stands before entry 1 of the log.
    start: tuple[Any, Any] = (walk.log, walk.seq) if walk.seq else ("", LOWEST)
    for page in _pages(register, start, count):
        if isinstance(page, DamagedRegister):
            return page.message
        for row in page.rows:
            problem = walk.check(row, page)
            if problem is not None and _erased_since(register, walk):
                problem = walk.check(row, page)
            if problem is not None:
                return problem
    if last is not None and walk.seq < last:
        return Sentence("entry #{seq} is missing", seq=walk.seq + 1)
    return None


def erasures(register: Register) -> dict[str, int]:
    """The place of the last redaction of each customer of whom there is one."""
    return {row[0]: row[1] for row in register.fetch(_REDACTIONS)}


def _erased_since(register: Register, walk: Walk) -> bool:
    """Whether data were erased that were there when the walk began; it then knows of it.

    The entry that tells of an erasure comes with it, so whoever misses data finds it.
    """
    known, walk.redactions = walk.redactions, erasures(register)
    return known != walk.redactions


def _pages(
    register: Register, after: tuple[Any, Any], count: int | None
) -> Iterator[Page | DamagedRegister]:
    """The next `count` entries in pages; the failure itself where the file cannot be read on.

    A page that fails is read again entry by entry, so that the bad one can be named.
    """
    limit, known = register.place.entries_at_once, frozenset[int]()
    while count is None or count > 0:
        try:
            page = _page(register, after, limit if count is None else min(limit, count), known)
        except DamagedRegister as damage:
            if limit == 1:
                yield damage
                return
            limit = 1
            continue
        if not page.rows:
            return
        yield page
        known = page.attestations
        after = (page.rows[-1][_LOG], page.rows[-1][_SEQ])
        if count is not None:
            count -= len(page.rows)


def _page(register: Register, after: tuple[Any, Any], limit: int, known: frozenset[int]) -> Page:
    rows = _find(register, _ROWS.format(*register.place.entries), (*after, limit))
    if not rows:
        return Page(rows, {}, {}, {}, frozenset())
    span = (rows[0][_LOG], rows[0][_SEQ], rows[-1][_SEQ])
    # Not by a join, which asks for every entry: one in five has personal data.
    personal = {seq: (salt, data) for seq, salt, data in _find(register, _PERSONAL, span)}
    touching: dict[Any, list[str]] = {}
    for seq, customer in _find(register, _TOUCHING, span):
        touching.setdefault(seq, []).append(customer)
    attestations = _attestations(register, rows, known)
    return Page(rows, personal, touching, _targets(register, rows), attestations)


def _find(register: Register, statement: str, values: Sequence[Any]) -> list[Any]:
    with register.place.failures():
        return register.place.finder(register.connection, statement)(values)


def _find_among(
    register: Register, statement: str, values: Collection[Any]
) -> Iterator[tuple[Any, ...]]:
    """The rows of all values, of which the statement takes as many as it has marks for."""
    for chunk in _chunks(list(values)):
        marks = ", ".join("?" * len(chunk))
        yield from _find(register, statement.format(marks), (register.log, *chunk))


def _attestations(register: Register, rows: Sequence[Row], known: frozenset[int]) -> frozenset[int]:
    """Those of the attestations named by a page that stand as such; `known` are some already."""
    named = {row[_ATTESTATION] for row in rows}
    named.discard(None)
    if named <= known:
        return known
    places = [seq for seq in named if type(seq) is int]
    return frozenset(row[0] for row in _find_among(register, _ATTESTED, places))


def _targets(register: Register, rows: Sequence[Row]) -> dict[str | int, Target]:
    """The entries that those of a page speak of, by the reference used."""
    refs = {ref for row in rows if row[_KIND] in _SPEAKING for ref in _references(row)}
    if not refs:
        return {}
    found: dict[str | int, tuple[Any, Any, Any]] = {}
    for statement, kind in ((_BY_PLACE, int), (_BY_ID, str)):
        mine = [ref for ref in refs if type(ref) is kind]
        for ref, *target in _find_among(register, statement, mine):
            found[ref] = (target[0], target[1], target[2])
    everyone: dict[Any, set[str]] = {}
    places = {target[0] for target in found.values()}
    for seq, customer in _find_among(register, _TOUCHED, places):
        everyone.setdefault(seq, set()).add(customer)
    return {
        ref: Target(*target, frozenset(everyone.get(target[0], ())))
        for ref, target in found.items()
    }


def _chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), 500):
        yield values[start : start + 500]


def _references(row: Row) -> list[str | int]:
    try:
        return [
            ref
            for ref in spoken_of(row[_KIND], orjson.loads(row[_BODY])["data"])
            if isinstance(ref, str) or (type(ref) is int and 0 < ref < -LOWEST)
        ]
    except (ValueError, TypeError, KeyError, AttributeError):
        return []  # `check` says what is wrong with it


_REDACTIONS = (
    select(events.c.subject, func.max(events.c.seq))
    .where(events.c.kind == "redaction", events.c.subject.is_not(None))
    .group_by(events.c.subject)
)
_COLUMNS = (
    *("log", "seq", "id", "content", "kind", "at", "recorded_at", "appended_at", "customer"),
    *("subject", "attestation", "body", "hash"),
)
_LOG, _SEQ, _KIND, _ATTESTATION, _BODY = map(
    _COLUMNS.index, ("log", "seq", "kind", "attestation", "body")
)
_SPEAKING = frozenset((*REFERENCE_FIELDS, "finding"))
_NOTHING: dict[str, Any] = {}

# Written out, and read by the driver: put together by Core, a page of this size takes a fifth more.
_ROWS = (
    f"SELECT {', '.join(f'e.{name}' for name in _COLUMNS)}, {{}} FROM {{}} "
    "WHERE (e.log, e.seq) > (?, ?) ORDER BY e.log, e.seq LIMIT ?"
)
_PERSONAL = "SELECT seq, salt, data FROM personal WHERE log = ? AND seq BETWEEN ? AND ?"
_TOUCHING = (
    "SELECT seq, customer FROM touches WHERE log = ? AND seq BETWEEN ? AND ? ORDER BY customer"
)
_ATTESTED = "SELECT seq FROM events WHERE log = ? AND seq IN ({}) AND kind = 'attestation'"
_BY_PLACE = "SELECT seq, seq, customer, subject FROM events WHERE log = ? AND seq IN ({})"
_BY_ID = "SELECT id, seq, customer, subject FROM events WHERE log = ? AND id IN ({})"
_TOUCHED = "SELECT seq, customer FROM touches WHERE log = ? AND seq IN ({})"
