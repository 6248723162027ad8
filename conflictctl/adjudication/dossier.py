"""Interchange lines as the events that a register would hand to the judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from conflictctl.errors import InputRejected
from conflictctl.events import REFERENCE_FIELDS, Event, read_changes, read_line
from conflictctl.wording import Sentence


def event_of(
    line: Mapping[str, Any], seq: int, by_ref: Mapping[str | int, Event], *, attested: bool = True
) -> Event:
    """The event of one line at place `seq`, as if it had just been imported.

    `by_ref` holds the events before it, by place and by id.  Raises InputRejected for a
    faulty line and for a correction of an entry that is not there.
    """
    draft = read_line(line)
    if draft.at is None:
        raise InputRejected(Sentence("{field}: {problem}", field="at", problem=_MISSING))
    fields, customer = draft.fields, draft.customer
    name = REFERENCE_FIELDS.get(draft.kind)
    target = by_ref.get(fields.get(name, "")) if name else None
    if target is not None and customer is None:
        customer = target.customer
    if draft.kind == "correction":
        if target is None:
            raise InputRejected(Sentence("no entry {ref}", ref=str(fields["corrects"])))
        fields = {**fields, "changes": read_changes(target.kind, fields["changes"], target.fields)}
    recorded = draft.recorded_at if draft.recorded_at is not None else draft.at
    return Event(
        "main",
        seq,
        draft.id,
        draft.kind,
        draft.at,
        draft.offset,
        recorded,
        recorded,
        draft.by,
        draft.recorded_by,
        customer,
        fields,
        1 if attested and draft.vouched else None,
    )


_MISSING = Sentence("is missing")


def events_of(lines: Sequence[Mapping[str, Any]], *, attested: bool = True) -> list[Event]:
    """Events as a register would hold them after an import of these lines."""
    found: list[Event] = []
    by_ref: dict[str | int, Event] = {}
    for place, line in enumerate(lines, 1):
        event = event_of(line, place, by_ref, attested=attested)
        found.append(event)
        by_ref[place] = event
        if event.id is not None:
            by_ref[event.id] = event
    return found


def dossier_of(events: Sequence[Event], customer: str) -> list[Event]:
    """The events of everyone connected with a customer, by plain repeated search."""
    by_ref: dict[str | int, Event] = {}
    for event in events:
        by_ref[event.seq] = event
        if event.id is not None:
            by_ref[event.id] = event
    concerned = [(event, _concerned(event, by_ref)) for event in events]
    members = {customer}
    while True:
        chosen = [(event, whom) for event, whom in concerned if whom & members]
        found = members.union(*(whom for _, whom in chosen))
        if found == members:
            return [event for event, _ in chosen]
        members = found


def _concerned(event: Event, by_ref: Mapping[str | int, Event]) -> set[str]:
    concerned = set(event.fields.get("customers", ()))
    if event.customer is not None:
        concerned.add(event.customer)
    if event.kind == "correction" and "customer" in event.fields["changes"]:
        concerned.add(event.fields["changes"]["customer"])
    named = [event.fields.get(REFERENCE_FIELDS.get(event.kind, "")), *event.get("strikes", ())]
    for ref in named:
        target = by_ref.get(ref) if ref is not None else None
        if target is not None:
            concerned |= _concerned(target, by_ref)
    return concerned
