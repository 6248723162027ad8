"""Which entries of a register a ruling rests on: no more than that leaves the house."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from conflictctl.adjudication.ruling import Ruling
from conflictctl.events import KINDS, Event
from conflictctl.mending import MENDS, about_staff
from conflictctl.register.rows import spoken_of


def ruled_entries(dossier: Sequence[Event], ruling: Ruling) -> list[Event]:
    """The entries of a dossier that policies can speak of, and all that the ruling names.

    Without conflict cases, messages sent, and what mends or confirms an entry about those.
    """
    named = {*ruling.late, *(refused.event for refused in ruling.void)}
    left_out: set[str | int] = set()
    chosen = []
    for event in dossier:
        refs = spoken_of(event.kind, event.fields)
        if event.ref not in named and (
            KINDS[event.kind].group == "case"
            or event.kind == "notification"
            or (refs and left_out.issuperset(refs))
        ):
            left_out.add(event.seq)
            if event.id is not None:
                left_out.add(event.id)
        else:
            chosen.append(event)
    return chosen


def concerned_staff(house: Sequence[Event], history: Iterable[Event]) -> list[Event]:
    """The entries about those members of staff and outlets that a history names.

    `house` are all entries about staff and outlets with what mends them.  Whoever mends one of
    the chosen entries, stands in for somebody or is somebody's outlet is among them.
    """
    named = set().union(*(_words(event) for event in history))
    while True:
        known = len(named)
        chosen = about_staff(
            event for event in house if event.kind in MENDS or _about(event) in named
        )
        for event in chosen:
            if event.kind in MENDS:
                named |= _words(event)
            else:
                named |= {event.get(name) for name in ("outlet", "cover")} - {None}
        if len(named) == known:
            return chosen


def _about(event: Event) -> str:
    return str(event.fields["outlet" if event.kind == "outlet" else "staff"])


def _words(event: Event) -> set[str]:
    """Every text in an entry that may be somebody's id."""
    found = {text for text in (event.by, event.recorded_by) if text is not None}
    todo: list[Any] = [dict(event.fields)]
    while todo:
        value = todo.pop()
        if isinstance(value, str):
            found.add(value)
        elif isinstance(value, (dict, list)):
            todo += value.values() if isinstance(value, dict) else value
    return found
