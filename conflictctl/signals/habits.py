"""How somebody enters contacts and levels: the same note again and again, much at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from conflictctl.calendar import MINUTE, Calendar, Moment
from conflictctl.erasure import erased_by
from conflictctl.events import Event
from conflictctl.history import CONTACT_KINDS
from conflictctl.identity import folded
from conflictctl.people import People
from conflictctl.signals.values import MOST_EVIDENCE, Limits, Signal
from conflictctl.wording import Sentence, Span, Who


class Contact(NamedTuple):
    """One contact as it was entered by the one who had it."""

    staff: str
    recorded: Moment
    seq: int
    customer: str
    ref: str
    note: str
    outgoing: bool
    last_day: bool
    """Whether it was the last day on which it kept the customer."""
    attested: bool
    """Whether its time of entry was vouched for, and is not that of an import."""


class Pace(NamedTuple):
    """After how many days without contact each level lapses."""

    days: Mapping[str, int]
    default: str | None

    @property
    def longest(self) -> frozenset[str]:
        """The levels with the most time, if they differ at all."""
        most = max(self.days.values(), default=0)
        if len(set(self.days.values())) < 2:
            return frozenset()
        return frozenset(level for level, days in self.days.items() if days == most)


_SHORTEST_PACE = 3
"""Where a customer is due every other day, each contact is one of the last day."""


def contacts_of(events: Sequence[Event], pace: Pace, calendar: Calendar) -> Iterator[Contact]:
    """The contacts of one customer, in the order in which they happened.

    What somebody else typed in, a clerk for instance, says nothing about the one who had them.
    """
    last: dict[str, int] = {}
    level = pace.default
    contacts = (event for event in events if event.kind in CONTACT_KINDS or event.kind == "level")
    for event in sorted(contacts, key=lambda event: (event.at, event.recorded_at, event.seq)):
        day = calendar.day(event.at)
        limit = pace.days.get(level or "")
        if event.kind in CONTACT_KINDS and event.by is not None:
            before = last.get(event.by)
            due = limit is not None and limit >= _SHORTEST_PACE and before is not None
            if event.recorded_by in (None, event.by):
                yield Contact(
                    event.by,
                    event.recorded_at,
                    event.seq,
                    event.customer or "",
                    event.ref,
                    _words(event.get("note", "")),
                    event.kind == "followup" or event.get("direction") == "out",
                    due and limit is not None and before is not None and day - before == limit,
                    event.attestation is not None,
                )
            last[event.by] = day
        level = event.get("level", level)


def _words(note: str) -> str:
    """What two notes are compared by; of erased ones nothing is known."""
    return "" if erased_by(note) is not None else folded(note)


def hasty(contacts: Iterable[Contact], limits: Limits) -> Iterator[Signal]:
    """Bursts of identical notes, and of follow-ups on the last day.

    The contacts come in the order of their staff and time of entry.  What came in one file and
    has its time of entry from there alone, all of it the same, is left out.
    """
    for staff, group in groupby(contacts, lambda contact: contact.staff):
        yield from _same_notes_and_bursts(staff, _entered_singly(group), limits)


def _entered_singly(contacts: Iterable[Contact]) -> Iterator[Contact]:
    for _, group in groupby(contacts, lambda contact: contact.recorded):
        together = list(group)
        if len(together) == 1:
            yield together[0]
        else:
            yield from (contact for contact in together if contact.attested)


def _same_notes_and_bursts(
    staff: str, contacts: Iterable[Contact], limits: Limits
) -> Iterator[Signal]:
    runs: dict[str, list[Contact]] = {}
    burst: list[Contact] = []
    for contact in contacts:
        if len(contact.note) >= limits.note_length:
            run = runs.get(contact.note)
            if run and contact.recorded - run[-1].recorded > limits.notes_minutes * MINUTE:
                yield from _same_notes(staff, runs.pop(contact.note), limits)
            runs.setdefault(contact.note, []).append(contact)
        if len(runs) > _MOST_OPEN:
            stale = [
                note
                for note, run in runs.items()
                if contact.recorded - run[-1].recorded > limits.notes_minutes * MINUTE
            ]
            for note in stale:
                yield from _same_notes(staff, runs.pop(note), limits)
        if contact.outgoing:
            if burst and contact.recorded - burst[-1].recorded > limits.burst_minutes * MINUTE:
                yield from _burst(staff, burst, limits)
                burst = []
            burst.append(contact)
    for run in runs.values():
        yield from _same_notes(staff, run, limits)
    yield from _burst(staff, burst, limits)


_MOST_OPEN = 1000


def _same_notes(staff: str, run: Sequence[Contact], limits: Limits) -> Iterator[Signal]:
    customers = tuple(sorted({contact.customer for contact in run}))
    if len(customers) < limits.notes:
        return
    minutes = -(-(run[-1].recorded - run[0].recorded) // MINUTE)
    yield Signal(
        "same_notes",
        run[0].recorded,
        (staff,),
        customers,
        Sentence(
            'within {span} {staff} entered the same note for {count} customers: "{note}"',
            staff=Who(staff),
            span=Span(minutes, "min"),
            count=len(customers),
            note=_shortened(run[0].note),
        ),
        Span(len(customers), "n"),
        Span(limits.notes, "n"),
        tuple(contact.ref for contact in run[:MOST_EVIDENCE]),
    )


def _shortened(note: str) -> str:
    return note if len(note) <= 40 else f"{note[:39]}…"


def _burst(staff: str, run: Sequence[Contact], limits: Limits) -> Iterator[Signal]:
    customers = tuple(sorted({contact.customer for contact in run}))
    late = sum(contact.last_day for contact in run)
    if len(customers) < limits.burst or 2 * late < len(run):
        return
    minutes = -(-(run[-1].recorded - run[0].recorded) // MINUTE)
    yield Signal(
        "entry_burst",
        run[0].recorded,
        (staff,),
        customers,
        Sentence(
            "within {span} {staff} entered follow-ups for {count} customers, {late} of them on "
            "the last day",
            staff=Who(staff),
            span=Span(minutes, "min"),
            count=len(customers),
            late=late,
        ),
        Span(len(customers), "n"),
        Span(limits.burst, "n"),
        tuple(contact.ref for contact in run[:MOST_EVIDENCE]),
    )


# -------------------------------------------------------------------------------- levels


class Levels:
    """How many customers each has on which level, and some entries that say so."""

    def __init__(self) -> None:
        self.all: Counter[str] = Counter()
        self.longest: Counter[str] = Counter()
        self.entries: dict[str, list[tuple[Moment, str, str]]] = {}

    def add(self, events: Iterable[Event], pace: Pace) -> None:
        """Count the latest level that each gave one customer."""
        latest: dict[str, Event] = {}
        levelled = (e for e in events if e.get("level") in pace.days and e.by is not None)
        for event in sorted(levelled, key=lambda event: (event.at, event.recorded_at, event.seq)):
            latest[event.by or ""] = event
        for staff, event in latest.items():
            self.all[staff] += 1
            if event.get("level") in pace.longest:
                self.longest[staff] += 1
                self._keep(staff, [(event.at, event.ref, event.customer or "")])

    def merge(self, other: Levels) -> None:
        """Add what was counted of other customers."""
        self.all.update(other.all)
        self.longest.update(other.longest)
        for staff, entries in other.entries.items():
            self._keep(staff, entries)

    def _keep(self, staff: str, entries: list[tuple[Moment, str, str]]) -> None:
        kept = self.entries.get(staff, []) + entries
        self.entries[staff] = sorted(kept)[:MOST_EVIDENCE]


def unhurried(levels: Levels, people: People, as_of: Moment, limits: Limits) -> Iterator[Signal]:
    """Who gives the level with the longest time far more often than his colleagues."""
    outlets = {staff: people.outlet(staff, as_of) for staff in levels.all}
    for staff in sorted(levels.all):
        mine = levels.all[staff]
        colleagues = [one for one in levels.all if one != staff and outlets[one] == outlets[staff]]
        theirs = sum(levels.all[one] for one in colleagues)
        if min(mine, theirs) < limits.level_count or staff not in levels.entries:
            continue
        share = 100 * levels.longest[staff] // mine
        usual = 100 * sum(levels.longest[one] for one in colleagues) // theirs
        if share < limits.level_share or share - usual < limits.level_more:
            continue
        entries = levels.entries[staff]
        yield Signal(
            "longest_level",
            entries[-1][0],
            (staff,),
            tuple(sorted({customer for _, _, customer in entries})),
            Sentence(
                "{staff} gave {part} of {whole} customers the level with the longest time "
                "({share} %); colleagues of the outlet {usual} %",
                staff=Who(staff),
                part=levels.longest[staff],
                whole=mine,
                share=share,
                usual=usual,
            ),
            Span(share, "n"),
            Span(max(limits.level_share, usual + limits.level_more), "n"),
            tuple(ref for _, ref, _ in entries),
        )
