"""Verification of a register: every entry recomputed from its bytes.

What holds afterwards: anything changed at or before an entry whose receipt, or a checkpoint of
which, somebody else keeps is found.  A register rewritten as a whole, by one who can compute the
chain anew, is found only by these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import orjson
from sqlalchemy import and_, bindparam, func, select, tuple_

from conflictctl.calendar import utc_text
from conflictctl.checkpoint import Checkpoint
from conflictctl.errors import DamagedRegister
from conflictctl.events import BODY_VERSION, REFERENCE_FIELDS
from conflictctl.mending import MENDS
from conflictctl.register.chain import (
    Head,
    canonical,
    commitment,
    content_number,
    genesis,
    link,
    receipt_bytes,
)
from conflictctl.register.rows import (
    WITH_SUBJECT,
    concerned,
    spoken_of,
    subject_of,
    touched,
)
from conflictctl.register.schema import events, personal, touches
from conflictctl.register.seals import Seals
from conflictctl.register.store import Register
from conflictctl.wording import Sentence

_PAGE = 2000
_LOWEST = -(2**63)

Progress = Callable[[int, int], None]


class Verification(NamedTuple):
    """What a verification found.

    `events` entries were checked, up to `head`.  `first_bad` is the first `seq` that does
    not hold, where one can be named, and `problem` says why.  `redacted` entries have had
    their personal data erased.  `receipt_seq` is the entry that bears the receipt asked
    for, `checkpoint_size` how many entries the largest checkpoint that holds vouches for;
    `unsealed` entries come after both (all, without either), and for them only the file itself
    speaks.  Where a checkpoint does not hold, `between` are the first and the last `seq` among
    which an entry was changed, as far as checkpoints tell.  `clock_back` counts entries
    appended by a clock that stood earlier than for the entry before.
    """

    ok: bool
    events: int
    head: Head
    first_bad: int | None
    problem: Sentence | None
    redacted: int
    receipt_seq: int | None
    checkpoint_size: int | None
    unsealed: int
    clock_back: int
    between: tuple[int, int] | None = None


class Target(NamedTuple):
    """What is needed of an entry that another one speaks of."""

    seq: int
    customer: str | None
    subject: str | None


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


class Walk:
    """The state of a verification after some entries; feed it all entries in order."""

    def __init__(
        self,
        log: str,
        origin: str,
        redactions: dict[str, int],
        receipt: bytes | None = None,
        checkpoints: Sequence[Checkpoint] = (),
    ) -> None:
        self.seals = Seals(checkpoints)
        self.log = log
        self.origin = origin
        self.redactions = redactions
        self.receipt = receipt
        self.head = Head(0, genesis(origin))
        self.redacted = 0
        self.receipt_seq: int | None = None
        self.clock_back = 0
        self._attestations: set[int] = set()
        self._groups: dict[int, frozenset[str]] = {}
        self._clock = _LOWEST

    def check(
        self, row: Row, touching: Sequence[str], find: Callable[[str | int], Target | None]
    ) -> Sentence | None:
        """Check the next entry against all before it; what is wrong with it, or None.

        `touching` are the customers of its rows in `touches`, sorted.
        """
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
            column = self._columns(row, record) or self._derived(row, record, touching, find)
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
        if row.appended_at < self._clock:
            self.clock_back += 1
        self._clock = row.appended_at
        return None

    def _columns(self, row: Row, record: dict[str, Any]) -> str | None:
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
        if attestation is not None and attestation not in self._attestations:
            return "attestation"
        return None

    def _derived(
        self,
        row: Row,
        record: dict[str, Any],
        touching: Sequence[str],
        find: Callable[[str | int], Target | None],
    ) -> str | None:
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
            for target in map(find, refs):
                if target is None or target.seq >= row.seq:
                    return "reference"
                inherited |= self._groups.get(target.seq) or concerned(target.customer, {})
                if kind in MENDS:
                    subject = target.subject
            everyone = concerned(customer, data, inherited)
        elif "customers" in data:
            everyone = concerned(customer, data)
        if subject != row.subject:
            return "subject"
        expected = touched(customer, everyone) if everyone is not None else ()
        if expected != tuple(touching):
            return "touches"
        if expected and everyone is not None:
            self._groups[row.seq] = everyone
        if kind == "attestation":
            self._attestations.add(row.seq)
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


def verify(
    register: Register,
    *,
    receipt: str | None = None,
    checkpoints: Sequence[Checkpoint] = (),
    progress: Progress | None = None,
) -> Verification:
    """Check every entry, column and index of a register.

    With `receipt` also look for the entry that bears it; not finding it is a finding.  So is a
    checkpoint that the entries do not lead to, or that is of another log.
    `progress` is told how many entries of how many are done.  Raises InputRejected for a
    text that is no receipt; never raises for damage, which is what it reports.
    """
    wanted = None if receipt is None else receipt_bytes(receipt)
    try:
        redactions = {row[0]: row[1] for row in register.fetch(_REDACTIONS)}
        total = register.head().seq
    except DamagedRegister as damage:
        return _verification(Walk(register.log, register.origin, {}), None, damage.message, None)
    walk = Walk(register.log, register.origin, redactions, wanted, checkpoints)
    foreign = _foreign(register, checkpoints)
    if foreign is not None:
        return _verification(walk, None, foreign, receipt)
    problem = _walk(register, walk, total, progress)
    if walk.seals.problem is not None:
        found = _verification(walk, None, problem, receipt)
        return found._replace(between=(walk.seals.first_doubted, walk.seals.tree.size))
    if problem is not None:
        return _verification(walk, walk.head.seq + 1, problem, receipt)
    problem = walk.seals.cut_off(walk.head.seq)
    if problem is not None:
        return _verification(walk, walk.head.seq + 1, problem, receipt)
    try:
        first_bad, problem = _surroundings(register)
    except DamagedRegister as damage:
        first_bad, problem = None, damage.message
    if problem is None and wanted is not None and walk.receipt_seq is None:
        problem = Sentence(
            "no entry bears the receipt {receipt}: what it vouched for was changed or cut off",
            receipt=receipt,
        )
    return _verification(walk, first_bad, problem, receipt)


def _verification(
    walk: Walk, first_bad: int | None, problem: Sentence | None, receipt: str | None
) -> Verification:
    count = walk.head.seq
    return Verification(
        problem is None,
        count,
        walk.head,
        first_bad,
        problem,
        walk.redacted,
        walk.receipt_seq,
        walk.seals.held,
        count - max(walk.receipt_seq or 0, walk.seals.held or 0),
        walk.clock_back,
    )


def _foreign(register: Register, checkpoints: Sequence[Checkpoint]) -> Sentence | None:
    if all(checkpoint.origin == register.origin for checkpoint in checkpoints):
        return None
    return Sentence(
        "a checkpoint is of another register: either it was not made of this one, or this one was "
        "put in its place"
    )


def _walk(register: Register, walk: Walk, total: Any, progress: Progress | None) -> Sentence | None:
    for page in _pages(register):
        if isinstance(page, DamagedRegister):
            return page.message
        rows, touching, find = page
        for row in rows:
            problem = walk.check(row, touching.get(row.seq, ()), find)
            if problem is not None:
                return problem
        if progress is not None:
            progress(walk.head.seq, max(walk.head.seq, total))
    return None


_Page = tuple[list[Row], dict[Any, list[str]], Callable[[str | int], Target | None]]


def _pages(register: Register) -> Iterator[_Page | DamagedRegister]:
    """The entries in pages; the failure itself where the file cannot be read on.

    A page that fails is read again entry by entry, so that the bad one can be named.
    """
    after: tuple[Any, Any] = ("", _LOWEST)
    limit = _PAGE
    while True:
        try:
            page = _page(register, after, limit)
        except DamagedRegister as damage:
            if limit == 1:
                yield damage
                return
            limit = 1
            continue
        rows = page[0]
        if not rows:
            return
        yield page
        after = (rows[-1].log, rows[-1].seq)


def _page(register: Register, after: tuple[Any, Any], limit: int) -> _Page:
    rows = [
        Row(*row)
        for row in register.fetch(_ROWS, {"log": after[0], "seq": after[1], "limit": limit})
    ]
    if not rows:
        return rows, {}, lambda ref: None
    touching: dict[Any, list[str]] = {}
    span = {"log": rows[0].log, "first": rows[0].seq, "last": rows[-1].seq}
    for seq, customer in register.fetch(_TOUCHING, span):
        touching.setdefault(seq, []).append(customer)
    found = _targets(register, rows)
    return rows, touching, found.get


def _targets(register: Register, rows: Sequence[Row]) -> dict[str | int, Target]:
    """The entries that those of a page speak of, by the reference used."""
    refs = {ref for row in rows for ref in _references(row)}
    found: dict[str | int, Target] = {}
    for column, kind in ((events.c.seq, int), (events.c.id, str)):
        wanted = [ref for ref in refs if type(ref) is kind]
        for start in range(0, len(wanted), 500):
            statement = select(
                column,
                events.c.seq,
                events.c.customer,
                events.c.subject,
            ).where(events.c.log == register.log, column.in_(wanted[start : start + 500]))
            for ref, *target in register.fetch(statement):
                found[ref] = Target(*target)
    return found


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


def _surroundings(register: Register) -> tuple[int | None, Sentence | None]:
    """What surrounds the entries: rows without one, schema, indexes, pages of the file."""
    for table in (touches, personal):
        orphans = register.fetch(
            select(func.min(table.c.seq)).where(
                ~select(events.c.seq)
                .where(events.c.log == table.c.log, events.c.seq == table.c.seq)
                .exists()
            )
        )
        if orphans[0][0] is not None:
            return orphans[0][0], Sentence(
                "{table} holds data of an entry #{seq} that is not there",
                table=table.name,
                seq=orphans[0][0],
            )
    with register.place.failures():
        differing = register.place.differences(register.connection)
        if differing:
            return None, Sentence(
                "tables, indexes or triggers were changed: {names}", names=differing
            )
        damage = register.place.self_check(register.connection)
    if damage is not None:
        return None, Sentence("the file is damaged: {reason}", reason=damage)
    return None, None


_REDACTIONS = (
    select(events.c.subject, func.max(events.c.seq))
    .where(events.c.kind == "redaction", events.c.subject.is_not(None))
    .group_by(events.c.subject)
)
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
