"""What the columns beside an event's body say, and how body and columns become an event.

The body is the record; every column is derived from it, so that `audit verify` can
compute each again.  The store uses these functions to write, the audit to check.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import orjson

from conflictctl.calendar import Moment
from conflictctl.errors import DamagedRegister
from conflictctl.events import KINDS, REFERENCE_FIELDS, Event, merge_personal
from conflictctl.wording import Sentence

_SUBJECT_FIELD = {
    "outlet": "outlet",
    "staff": "staff",
    "staff_left": "staff",
    "staff_returned": "staff",
    "staff_moved": "staff",
    "staff_absent": "staff",
    "setting": "name",
    "survey": "campaign",
    # The entries of one case are found by one look-up, like those of a card.
    **{name: "case" for name, kind in KINDS.items() if "case" in kind.fields},
}
_SUBJECT_CUSTOMER = frozenset(("customer", "lost", "reopened", "redaction"))

CARD_KINDS = ("customer", "lost", "reopened")


WITH_SUBJECT = frozenset((*_SUBJECT_FIELD, *_SUBJECT_CUSTOMER, "attestation"))


def subject_path(kind: str) -> tuple[str, ...] | None:
    """Where in a body the subject of an entry stands; None for a kind that has none, or takes it
    over from another entry."""
    if kind in _SUBJECT_FIELD:
        return ("data", _SUBJECT_FIELD[kind])
    if kind in _SUBJECT_CUSTOMER:
        return ("customer",)
    return ("by",) if kind == "attestation" else None


def subject_of(
    kind: str, by: str | None, customer: str | None, data: Mapping[str, Any]
) -> str | None:
    """Whom or what an entry about staff, outlets, settings, cases or a customer's card concerns.

    A correction or void takes over the subject of its target instead, so that the entries
    that make up a card are found by one look-up.
    """
    field = _SUBJECT_FIELD.get(kind)
    if field is not None:
        named = data.get(field)
        return None if named is None else str(named)
    if kind in _SUBJECT_CUSTOMER:
        return customer
    return by if kind == "attestation" else None


def spoken_of(kind: str, data: Mapping[str, Any]) -> list[str | int]:
    """The entries that an entry speaks of, as it names them: its target, or what it strikes."""
    field = REFERENCE_FIELDS.get(kind)
    if field is not None:
        ref = data.get(field)
        return [] if ref is None else [ref]
    return data.get("strikes") or [] if kind == "finding" else []


def concerned(
    customer: str | None, data: Mapping[str, Any], inherited: Collection[str] = ()
) -> frozenset[str]:
    """Every customer whose history an entry belongs to.

    `inherited` are those of the entry that it speaks of (corrects, voids, confirms, ...).
    """
    changes = data.get("changes")
    named = data.get("customers")
    if not inherited and named is None and changes is None:
        return frozenset((customer,)) if customer is not None else frozenset()
    result = set(inherited)
    if customer is not None:
        result.add(customer)
    if named is not None:
        result.update(named)
    if changes is not None:
        if changes.get("customer") is not None:
            result.add(changes["customer"])
        result.update(changes.get("customers") or ())
    return frozenset(result)


def touched(customer: str | None, everyone: frozenset[str]) -> tuple[str, ...]:
    """Customers that need a row in `touches`: none if the column `customer` says it all."""
    if len(everyone) > 1 or (everyone and customer is None):
        return tuple(sorted(everyone))
    return ()


_offsets: dict[str, int] = {}


def read_offset(text: str) -> int:
    """Minutes east of UTC of `+08:00`."""
    offset = _offsets.get(text)
    if offset is None:
        offset = int(text[1:3]) * 60 + int(text[4:6])
        offset = _offsets[text] = -offset if text[0] == "-" else offset
    return offset


Erased = Callable[[int, Mapping[str, Any]], Mapping[str, Any]]
"""By `seq` and body of an entry: the fields that stand for those that were erased."""


def event_of(
    log: str,
    seq: int,
    at: Moment,
    recorded_at: Moment,
    appended_at: Moment,
    body: bytes,
    personal: bytes | None,
    erased: Erased | None = None,
) -> Event:
    """An event from its row; times come from the columns to spare reading them again.

    Without `erased`, fields that were erased are missing.  Raises DamagedRegister when the
    body cannot be read.
    """
    try:
        record = orjson.loads(body)
        get = record.get
        fields = get("data") or {}
        if personal is not None:
            fields = merge_personal(fields, orjson.loads(personal))
        elif erased is not None and "pii" in record:
            fields = merge_personal(fields, erased(seq, record))
        return Event(
            log,
            seq,
            get("id"),
            record["kind"],
            at,
            read_offset(record["tz"]),
            recorded_at,
            appended_at,
            get("by"),
            get("rby"),
            get("customer"),
            fields,
            get("att"),
        )
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        raise DamagedRegister(
            Sentence("entry #{seq} cannot be read", seq=seq), VERIFY_HINT
        ) from None


VERIFY_HINT = Sentence("`conflictctl audit verify` says more; restore the latest backup")
