"""One transaction that adds entries: checks, places, seals and buffers them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from conflictctl.calendar import Moment
from conflictctl.errors import InputRejected
from conflictctl.events import (
    CASE_STEPS,
    REFERENCE_FIELDS,
    Draft,
    Event,
    body_of,
    claim_of,
    read_changes,
    split_personal,
)
from conflictctl.mending import MENDS
from conflictctl.people import STAFF_KINDS, People
from conflictctl.register import checking
from conflictctl.register.chain import (
    SALT_LENGTH,
    canonical,
    commitment,
    content_number,
    link,
    receipt_text,
)
from conflictctl.register.rows import (
    WITH_SUBJECT,
    concerned,
    spoken_of,
    subject_of,
    touched,
)
from conflictctl.wording import Sentence

if TYPE_CHECKING:
    from conflictctl.register.store import Register

_BUFFERED = 2000


class Receipt(NamedTuple):
    """What the sender of an entry keeps: its place and 80 bits of the chain there.

    `already`: the entry was there before, and nothing was added.
    """

    seq: int
    hash: bytes
    already: bool
    event: Event

    @property
    def text(self) -> str:
        """The receipt as it is printed: `K7QF-3M2A-9XPD-T6WL`."""
        return receipt_text(self.hash)


class _Pending(NamedTuple):
    """An entry added and not yet in the database, with what later ones may ask of it."""

    event: Event
    hash: bytes
    subject: str | None
    everyone: frozenset[str] | None
    """None: the column `customer` says it all."""


class Writer:
    """Adds entries inside one transaction; made by `Register.writing`."""

    now: Moment
    """Read from the clock once, when the lock was gained."""

    def __init__(self, register: Register, now: Moment) -> None:
        self.now = now
        self._register = register
        self._log = register.log
        self._origin = register.origin
        self._own_prefix = f"{register.origin}#"
        self._seq, self._hash = register.head()
        self._people = register.current_people(self._seq)
        self._people_stale = False
        self._customers = register.known_customers
        self._find_id, self._find_content, self._find_customer = register.finders()
        self._cases: dict[str, str | None] = {}
        """Whose each case is; None: no customer's."""
        self._pending: dict[int, _Pending] = {}
        self._pending_ids: dict[str, int] = {}
        self._pending_contents: dict[int, list[int]] = {}
        self._event_rows: list[tuple[Any, ...]] = []
        self._touch_rows: list[tuple[Any, ...]] = []
        self._personal_rows: list[tuple[Any, ...]] = []

    # ------------------------------------------------------------------ asking

    @property
    def people(self) -> People:
        """Outlets and staff, with what this writer has added."""
        if self._people_stale:
            self.flush()
            self._people = self._register.people()
            self._people_stale = False
        return self._people

    def target(self, ref: str | int) -> Event | None:
        """The event a reference names (id, seq, `#seq`, `origin#seq` of this log)."""
        seq = self._seq_of(ref)
        if seq is None:
            return None
        pending = self._pending.get(seq)
        return pending.event if pending is not None else self._register.event(seq)

    def customer_known(self, customer: str) -> bool:
        """Whether a customer has been introduced."""
        if customer in self._customers:
            return True
        if self._find_customer((customer,)):
            self._register.remember_customer(customer)
            return True
        return False

    def case_known(self, case: str) -> bool:
        """Whether a case was opened, or follows from a claim (`A-` and the claim's reference)."""
        if case in self._cases:
            return True
        opening = self._opening(case)
        if opening is None:
            return False
        self._cases[case] = opening.customer
        return True

    def _opening(self, case: str) -> Event | None:
        """The entry that a case begins with."""
        claim = claim_of(case)
        if claim is not None:
            target = self.target(claim)
            return target if target is not None and target.kind == "claim" else None
        seq = self._register.introduction("case_opened", case)
        return None if seq is None else self._register.event(seq)

    def _of_whom(self, draft: Draft) -> Draft:
        """A step with the customer of its case: it is part of what is known of him.

        Raises InputRejected where the step names another one.
        """
        case = draft.fields["case"]
        customer = self._cases.get(case) if self.case_known(case) else draft.customer
        if draft.customer not in (None, customer):
            raise InputRejected(
                Sentence(
                    "{field}: {problem}",
                    field="customer",
                    problem=Sentence(
                        "{case} does not concern {customer}", case=case, customer=draft.customer
                    ),
                ),
                Sentence("leave the customer out: the case says whose it is"),
            )
        return draft._replace(customer=customer)

    @property
    def register(self) -> Register:
        """The register that is written to."""
        return self._register

    def next_case(self, prefix: str) -> str:
        """The next free case id of the form `C-2026-0017`."""
        self.flush()
        last = self._register.last_case(prefix)
        number = int(last.removeprefix(prefix)) + 1 if last is not None else 1
        return f"{prefix}{number:04d}"

    def case_events(self, case: str) -> list[Event]:
        """The entries about a case, those of this writer included, mended, in seq order."""
        self.flush()
        return self._register.case_events(case)

    def cases_events(self, cases: Sequence[str]) -> Iterator[list[Event]]:
        """The entries of several cases, one after the other, without what people said."""
        self.flush()
        for _, entries in self._register.cases(cases, personal=False):
            yield entries

    def involved_events(self, customer: str) -> list[Event]:
        """The events of the customer's dossier, those of this writer included."""
        self.flush()
        dossier = self._register.dossier(customer)
        return dossier.events if dossier is not None else []

    def target_of(self, draft: Draft) -> Event | None:
        """The entry that a draft names, if it names one that is there."""
        name = REFERENCE_FIELDS.get(draft.kind)
        ref = draft.fields.get(name) if name is not None else None
        return self.target(ref) if ref is not None else None

    def parties(self, draft: Draft, target: Event | None) -> set[str]:
        """The parties of all customers whom a draft, or the entry it speaks of, concerns."""
        from conflictctl.history import involved

        customers = {draft.customer, *draft.fields.get("customers", ())}
        if target is not None:
            customers |= {target.customer, *target.fields.get("customers", ())}
        if draft.kind == "finding" and draft.customer is None:
            struck = [self.target(ref) for ref in draft.fields.get("strikes", ())]
            customers |= {event.customer for event in struck if event is not None}
        return {
            party
            for customer in customers
            if customer is not None
            for party in involved(self.involved_events(customer), self.people)
        }

    def _seq_of(self, ref: str | int) -> int | None:
        if isinstance(ref, str):
            pending = self._pending_ids.get(ref)
            if pending is not None:
                return pending
            place = self._own_place(ref)
            if place is None:
                rows = self._find_id((ref,))
                return rows[0][0] if rows else None
            ref = place
        return ref if 0 < ref <= self._seq else None

    def _own_place(self, ref: str) -> int | None:
        """The seq that `#seq` or `origin#seq` of this log names."""
        text = ref.removeprefix(self._own_prefix) if ref[0] != "#" else ref[1:]
        return int(text) if text != ref and text.isascii() and text.isdigit() else None

    # ------------------------------------------------------------------ adding

    def add(
        self,
        draft: Draft,
        *,
        attestation: int | None = None,
        allow_duplicates: bool = False,
        take_recorded_at: bool = False,
        permit: Callable[[], None] | None = None,
    ) -> Receipt:
        """Check a draft and give it the next place; it is durable once the writer's block ends.

        An entry already there (same id and content; or, without an id and unless
        `allow_duplicates`, the same content) is not added again.  `take_recorded_at`
        believes the draft's `recorded_at`.  `permit` is asked before what is not there yet is
        added, and may raise.  Raises InputRejected, and then has changed nothing.
        """
        draft, target = checking.resolve(draft, self.target)
        kind = draft.kind
        if kind in CASE_STEPS:
            draft = self._of_whom(draft)
        if kind == "correction":
            assert target is not None
            draft = draft._replace(
                fields={**draft.fields, "changes": self._changes(target, draft.fields["changes"])}
            )
        recorded_at = self.now
        if draft.recorded_at is not None:
            if take_recorded_at:
                recorded_at = draft.recorded_at
            else:
                draft = draft._replace(recorded_at=None)
        at, offset = draft.at, draft.offset
        if at is None:
            at = recorded_at
            offset = self._register.calendar.offset(at)
        plain, personal = split_personal(draft, target.kind if target is not None else None)
        content = None
        if draft.id is not None:
            earlier = self._of_same_id(draft, plain)
        else:
            content = content_number(kind, at, draft.by, draft.recorded_by, draft.customer, plain)
            earlier = None if allow_duplicates else self._of_same_content(content, draft, plain)
        if earlier is not None:
            return earlier
        if permit is not None:
            permit()
        checking.check_times(at, recorded_at, self.now)
        checking.check_names(draft, self.people, self.customer_known, self.case_known)
        self._check_kind(draft, target)
        event = Event(
            self._log,
            self._seq + 1,
            draft.id,
            kind,
            at,
            offset,
            recorded_at,
            self.now,
            draft.by,
            draft.recorded_by,
            draft.customer,
            draft.fields,
            attestation if draft.vouched else None,
        )
        return self._append(event, content, plain, personal, target)

    def _changes(self, target: Event, changes: Any) -> dict[str, Any]:
        return checking.check_correction(
            target,
            read_changes(target.kind, changes, target.fields),
            self.people,
            self.customer_known,
            self.case_known,
            self.target,
        )

    def _check_kind(self, draft: Draft, target: Event | None) -> None:
        if draft.kind == "setting" and draft.fields["name"] == "timezone":
            self._register.check_zone(draft.fields["value"])
        if draft.kind == "case_opened":
            self._check_case_is_new(draft.fields["case"])
        if target is None:
            return
        if draft.kind == "void" and self._introduces(target):
            if target.kind == "case_opened":
                raise InputRejected(
                    Sentence(
                        "voids: {event} introduces {case}, which other entries may name",
                        event=target.ref,
                        case=self._subject(target),
                    ),
                    Sentence("correct it instead; `case withdraw` ends the case"),
                )
            raise InputRejected(
                Sentence(
                    "voids: {event} introduces {name}, whom other entries may name",
                    event=target.ref,
                    name=self._subject(target),
                ),
                Sentence("correct it instead; `customer lost` and `staff leave` end a card"),
            )
        everyone = self._concerned(target)
        if draft.customer is None or draft.customer in everyone:
            return
        self.flush()
        if draft.customer not in self._register.members(everyone):
            raise InputRejected(
                Sentence(
                    "{field}: {problem}",
                    field="customer",
                    problem=Sentence(
                        "{event} does not concern {customer}",
                        event=target.ref,
                        customer=draft.customer,
                    ),
                )
            )

    def _check_case_is_new(self, case: str) -> None:
        if claim_of(case) is not None:
            raise InputRejected(
                Sentence("case: {case} would be the case of a claim", case=case),
                Sentence("ids that begin with A- belong to claims; choose another"),
            )
        if self.case_known(case):
            raise InputRejected(
                Sentence("case: there is a case {case} already", case=case),
                Sentence("`conflictctl case show {case}` shows it", case=case),
            )

    def _introduces(self, target: Event) -> bool:
        if target.kind not in ("outlet", "staff", "customer", "case_opened"):
            return False
        self.flush()
        return self._register.introduction(target.kind, self._subject(target)) == target.seq

    def _append(
        self,
        event: Event,
        content: int | None,
        plain: dict[str, Any],
        personal: dict[str, Any],
        target: Event | None,
    ) -> Receipt:
        seq, kind, customer = event.seq, event.kind, event.customer
        sealed = self._seal(seq, personal) if personal else None
        body = canonical(body_of(event, plain, sealed, self._origin))
        link_hash = link(self._hash, body)
        subject = everyone = None
        if target is not None:
            everyone = concerned(customer, plain, self._concerned(target))
            subject = self._subject(target) if kind in MENDS else None
        elif "customers" in plain:
            everyone = concerned(customer, plain)
        elif refs := spoken_of(kind, plain):
            struck = filter(None, map(self.target, refs))
            everyone = concerned(customer, plain, frozenset().union(*map(self._concerned, struck)))
        if kind in WITH_SUBJECT:
            subject = subject_of(kind, event.by, customer, plain)
        if everyone is not None:
            self._touch_rows += [(name, self._log, seq) for name in touched(customer, everyone)]
        if content is not None:
            self._pending_contents.setdefault(content, []).append(seq)
        elif event.id is not None:
            self._pending_ids[event.id] = seq
        self._event_rows.append(
            (
                self._log,
                seq,
                event.id,
                content,
                kind,
                event.at,
                event.recorded_at,
                self.now,
                customer,
                subject,
                event.attestation,
                body,
                link_hash,
            )
        )
        self._pending[seq] = _Pending(event, link_hash, subject, everyone)
        self._seq, self._hash = seq, link_hash
        if subject is not None:
            self._learn(event)
        if len(self._event_rows) >= _BUFFERED:
            self.flush()
        return Receipt(seq, link_hash, False, event)

    def _seal(self, seq: int, personal: Mapping[str, Any]) -> str:
        salt = os.urandom(SALT_LENGTH)
        data = canonical(personal)
        self._personal_rows.append((self._log, seq, salt, data))
        return commitment(salt, data)

    def _learn(self, event: Event) -> None:
        """Keep people and customers up to date with an entry that has a subject."""
        if event.kind == "customer":
            assert event.customer is not None
            self._register.remember_customer(event.customer)
        elif event.kind == "case_opened":
            self._cases[event.fields["case"]] = event.customer
        elif event.kind in STAFF_KINDS:
            self._people.learn(event)
        elif event.kind in MENDS:
            self._people_stale = True

    def _subject(self, target: Event) -> str | None:
        pending = self._pending.get(target.seq)
        if pending is not None:
            return pending.subject
        return self._register.subject(target.seq)

    def _concerned(self, target: Event) -> frozenset[str]:
        pending = self._pending.get(target.seq)
        everyone = (
            pending.everyone if pending is not None else self._register.touched_by(target.seq)
        )
        return everyone or concerned(target.customer, {})

    # ------------------------------------------------------ entries already there

    def _of_same_id(self, draft: Draft, plain: dict[str, Any]) -> Receipt | None:
        """The receipt of the entry with the draft's id; InputRejected if it says otherwise."""
        assert draft.id is not None
        seq = self._pending_ids.get(draft.id) or self._own_place(draft.id)
        if seq is None:
            rows = self._find_id((draft.id,))
            if not rows:
                return None
            seq = rows[0][0]
        if not 0 < seq <= self._seq:
            raise InputRejected(
                Sentence(
                    "id: {id} would be an entry of this register, and there is none", id=draft.id
                )
            )
        event, link_hash, personal_gone = self._stored(seq)
        found = differences(event, draft, plain if personal_gone else draft.fields)
        if found:
            raise InputRejected(
                Sentence(
                    "id {id}: #{seq} has it already with other content: {differences}",
                    id=draft.id,
                    seq=seq,
                    differences="; ".join(found),
                ),
                Sentence(
                    "give the new entry an id of its own, or mend the old one with "
                    "`conflictctl correct`"
                ),
            )
        return Receipt(seq, link_hash, True, event)

    def _of_same_content(self, content: int, draft: Draft, plain: dict[str, Any]) -> Receipt | None:
        """The receipt of an entry without an id that says the same."""
        places = [row[0] for row in self._find_content((content,))]
        for seq in places + self._pending_contents.get(content, []):
            event, link_hash, personal_gone = self._stored(seq)
            if not differences(event, draft, plain if personal_gone else draft.fields):
                return Receipt(seq, link_hash, True, event)
        return None

    def _stored(self, seq: int) -> tuple[Event, bytes, bool]:
        pending = self._pending.get(seq)
        if pending is not None:
            return pending.event, pending.hash, False
        return self._register.stored(seq)

    # ---------------------------------------------------------------- the database

    def flush(self) -> None:
        """Hand the buffered rows to the database, still inside the transaction."""
        if not self._event_rows:
            return
        self._register.insert(self._event_rows, self._touch_rows, self._personal_rows)
        self._event_rows.clear()
        self._touch_rows.clear()
        self._personal_rows.clear()
        self._pending.clear()
        self._pending_ids.clear()
        self._pending_contents.clear()

    def knows(self) -> tuple[int, People] | None:
        """How far this writer has come and the people as of there; None if out of date."""
        return None if self._people_stale else (self._seq, self._people)


def differences(event: Event, draft: Draft, fields: Mapping[str, Any]) -> list[str]:
    """Where an entry and a draft with these fields differ: `level: A | B`.

    Times that the draft leaves open are not compared.
    """
    pairs: list[tuple[str, Any, Any]] = [
        ("kind", event.kind, draft.kind),
        ("by", event.by, draft.by),
        ("recorded_by", event.recorded_by, draft.recorded_by),
        ("customer", event.customer, draft.customer),
    ]
    if draft.at is not None:
        pairs.append(("at", event.at, draft.at))
    if draft.recorded_at is not None:
        pairs.append(("recorded_at", event.recorded_at, draft.recorded_at))
    pairs += [
        (name, event.fields.get(name), fields.get(name))
        for name in dict.fromkeys((*event.fields, *fields))
    ]
    return [
        f"{name}: {_short(name, before)} | {_short(name, after)}"
        for name, before, after in pairs
        if before != after
    ]


def _short(name: str, value: Any) -> str:
    if value is None:
        return "-"
    if name in ("at", "recorded_at") and isinstance(value, int):
        from conflictctl.calendar import utc_text

        return utc_text(value)
    text = value if isinstance(value, str) else canonical(value).decode()
    return text if len(text) <= 60 else f"{text[:57]}..."
