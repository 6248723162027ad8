"""The entries of a bundle: read as the register wrote them, each in its place in the chain.

What can be told without the register: that every body has the one form the register writes;
that personal data fit their commitments; and, where two entries follow each other, that the
chain leads from the one to the other, as it does from its beginning to the first entry and
from the last entry to the head.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from conflictctl.bundles.form import Bundle, Entry, damaged
from conflictctl.calendar import parse_time, utc_text
from conflictctl.errors import ConflictctlError
from conflictctl.events import KINDS, Event, body_of, read_changes, read_line
from conflictctl.people import STAFF_KINDS
from conflictctl.register.chain import Head, canonical, commitment, genesis, link
from conflictctl.register.rows import event_of, spoken_of
from conflictctl.wording import Sentence

LOG = "main"
"""What events of a bundle call their log; only one log is in a bundle."""

_STAND_IN = "-"
"""Passes for a required text that stands among the personal data, where those were left out."""


def events_in(entries: Iterable[Entry], origin: str) -> list[Event]:
    """The entries as events, in the order of the register.

    Raises DamagedBundle for one that no register of this origin would hold, and for one that
    speaks of another that is not there.
    """
    events: list[Event] = []
    by_ref: dict[str | int, Event] = {}
    for entry in entries:
        event = _event(entry, origin, by_ref)
        if events and event.seq <= events[-1].seq:
            raise damaged(Sentence("#{seq} is out of order", seq=event.seq))
        if event.id is not None and event.id in by_ref:
            raise damaged(Sentence("two entries have the id {id}", id=event.id))
        if event.attestation is not None and not _attests(by_ref.get(event.attestation)):
            raise damaged(Sentence("#{seq} names an attestation that is not there", seq=event.seq))
        events.append(event)
        by_ref[event.seq] = event
        if event.id is not None:
            by_ref[event.id] = event
    return events


def _attests(event: Event | None) -> bool:
    return event is not None and event.kind == "attestation"


def _event(entry: Entry, origin: str, by_ref: Mapping[str | int, Event]) -> Event:
    body = entry.body
    sealed = body.get("pii")
    try:
        at, recorded, appended = (parse_time(body[name])[0] for name in ("at", "rec", "app"))
        event = event_of(
            LOG,
            entry.seq,
            at,
            recorded,
            appended,
            canonical(body),
            None if entry.personal is None else canonical(entry.personal.data),
        )
        if body_of(event, body.get("data") or {}, sealed, origin) != body:
            raise ValueError
        if sealed is not None and not isinstance(sealed, str):
            raise ValueError
        _check_fields(event, by_ref, sealed=sealed is not None)
    except (ConflictctlError, ValueError, TypeError, KeyError, AttributeError, OverflowError):
        raise damaged(
            Sentence("#{seq} is no entry that this version would record", seq=entry.seq)
        ) from None
    if entry.personal is not None and sealed != commitment(
        entry.personal.salt, canonical(entry.personal.data)
    ):
        raise damaged(
            Sentence("the personal data of #{seq} do not fit their commitment", seq=entry.seq)
        )
    return event


def _check_fields(event: Event, by_ref: Mapping[str | int, Event], *, sealed: bool) -> None:
    """Raise ValueError or InputRejected unless the fields are those of a recorded entry."""
    if event.attestation is not None and type(event.attestation) is not int:
        raise ValueError
    kind = KINDS[event.kind]
    fields = dict(event.fields)
    left_out = {
        name: _STAND_IN
        for name, field in kind.fields.items()
        if field.personal and name not in fields and (field.required or name == "third_party")
    }
    line = {
        "kind": event.kind,
        "at": utc_text(event.at),
        "recorded_at": utc_text(event.recorded_at),
        "id": event.id,
        "by": event.by,
        "recorded_by": event.recorded_by,
        "customer": event.customer,
    }
    draft = read_line({**line, **fields, **left_out})
    read = {name: value for name, value in draft.fields.items() if name not in left_out}
    if read != fields or (draft.id, draft.by, draft.recorded_by, draft.customer) != (
        event.id,
        event.by,
        event.recorded_by,
        event.customer,
    ):
        raise ValueError
    for ref in spoken_of(event.kind, event.fields):
        if ref not in by_ref:
            raise ValueError
    # Where all that was changed is personal and was left out, nothing is left to look at.
    if event.kind == "correction" and (fields["changes"] or not sealed):
        target = by_ref[fields["corrects"]]
        if read_changes(target.kind, fields["changes"], target.fields) != fields["changes"]:
            raise ValueError


def links_of(entries: Sequence[Entry]) -> list[bytes]:
    """The chain's hash after each entry: what its receipt was made of."""
    return [link(entry.previous, canonical(entry.body)) for entry in entries]


def check_chain(bundle: Bundle, hashes: Sequence[bytes]) -> None:
    """Raise DamagedBundle where the chain cannot lead from one entry to the next.

    `hashes` are the `links_of` the entries.  Where entries are missing in between nothing can
    be told.
    """
    before: Head = Head(0, genesis(bundle.origin))
    for entry, reached in zip(bundle.entries, hashes, strict=True):
        if entry.seq == before.seq + 1 and entry.previous != before.hash:
            raise damaged(Sentence("#{seq} does not follow what stands before it", seq=entry.seq))
        before = Head(entry.seq, reached)
    if before.seq > bundle.head.seq or (before.seq == bundle.head.seq and before != bundle.head):
        raise damaged(Sentence("the entries do not end in the register's head that it names"))


def apart(events: Sequence[Event]) -> tuple[list[Event], list[Event]]:
    """The entries of the customers' histories, and those about staff, outlets, the register."""
    house: set[str | int] = set()
    history, others = [], []
    for event in events:
        own = KINDS[event.kind].group == "register" and event.kind != "redaction"
        if own or event.kind in STAFF_KINDS or _speaks_of(event, house):
            others.append(event)
            house.add(event.seq)
            if event.id is not None:
                house.add(event.id)
        else:
            history.append(event)
    return history, others


def _speaks_of(event: Event, known: set[str | int]) -> bool:
    return event.customer is None and any(
        ref in known for ref in spoken_of(event.kind, event.fields)
    )
