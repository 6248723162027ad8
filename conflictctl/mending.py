"""Corrections and voids applied to the entries about outlets, staff and customers' cards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from conflictctl.calendar import parse_time
from conflictctl.events import REFERENCE_FIELDS, Event
from conflictctl.people import STAFF_KINDS, People

MENDS = frozenset(("correction", "void"))
_MANAGING = frozenset(("manager", "department_head", "general_manager"))


def staff_entries(events: Iterable[Event]) -> list[Event]:
    """The entries about outlets and staff as they stand, from those of a whole register.

    Their own corrections and voids are applied; those of other entries are left out.
    """
    return mended(about_staff(events))


def about_staff(events: Iterable[Event]) -> list[Event]:
    """The entries about outlets and staff, with the corrections and voids of these alone."""
    about = [event for event in events if event.kind in STAFF_KINDS or event.kind in MENDS]
    refs: set[str | int] = set()
    chosen = []
    for event in about:
        if event.kind in MENDS and event.fields[REFERENCE_FIELDS[event.kind]] not in refs:
            continue
        chosen.append(event)
        refs.add(event.seq)
        if event.id is not None:
            refs.add(event.id)
    return chosen


def mended(events: Sequence[Event], people: Callable[[], People] | None = None) -> list[Event]:
    """The entries as they stand after the corrections and voids among them, in seq order.

    `events` are in seq order; a correction or void whose target is not among them concerns
    others.  A void undoes a correction or another void as well.  Like everywhere, an entry is
    mended by its author or its recorder; somebody else's takes the power to manage.
    `people` gives the staff; without it they are read off the events.
    """
    if not any(event.kind in MENDS for event in events):
        return list(events)
    place = {event.id: event.seq for event in events if event.id is not None}
    at_place = {event.seq: event for event in events}
    roles = (
        people()
        if people is not None
        else People(event for event in events if event.kind not in MENDS)
    )
    voided: set[int] = set()
    corrections: dict[int, list[Event]] = {}
    # From the last to the first: whether a mend holds depends on later ones only.
    for event in reversed(events):
        if event.kind not in MENDS or event.seq in voided:
            continue
        ref = event.fields[REFERENCE_FIELDS[event.kind]]
        seq = ref if isinstance(ref, int) else place.get(ref, 0)
        target = at_place.get(seq)
        if target is None or (
            event.by not in (target.by, target.recorded_by)
            and roles.role(event.by or "", event.recorded_at) not in _MANAGING
        ):
            continue
        if event.kind == "void":
            voided.add(seq)
        else:
            corrections.setdefault(seq, []).append(event)
    return [
        _corrected(event, reversed(corrections.get(event.seq, ())))
        for event in events
        if event.kind not in MENDS and event.seq not in voided
    ]


def _corrected(event: Event, corrections: Iterable[Event]) -> Event:
    for correction in corrections:
        fields = dict(event.fields)
        common: dict[str, Any] = {}
        for name, value in correction.fields["changes"].items():
            if name == "at":
                common["at"] = parse_time(value)[0]
            elif name in ("by", "customer"):
                common[name] = value
            elif value is None:
                fields.pop(name, None)
            else:
                fields[name] = value
        event = event._replace(fields=fields, **common)
    return event
