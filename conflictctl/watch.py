"""When a customer of whom nothing is due has to be looked at again.

Most customers of an old register are gone, or have their car: nothing can fall due of them until
somebody records something.  Who knows that need not look at them every morning.  What is said here
is never more than what follows from the entries alone; where it does not follow, the answer is
ALWAYS, which is never wrong.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from typing import Any

from conflictctl.adjudication.judge import Matter, case_of, in_force
from conflictctl.calendar import Moment
from conflictctl.events import Event
from conflictctl.history import REFERRING_KINDS, is_lost
from conflictctl.policy.case import DEAL_WIDE, Case
from conflictctl.policy.model import Policy
from conflictctl.policy.program import Program
from conflictctl.policy.vocabulary.periods import end_of_window


class Watch(IntEnum):
    """What has to happen before anything can fall due of a customer."""

    ALWAYS = 0
    """Nothing: time alone may do it, or something is due already."""
    STAFF = 1
    """An entry about him, or about the staff, who decide what counts of his entries."""
    ENTRY = 2
    """An entry about him."""


def watch_of(events: Iterable[Event], matters: Sequence[Matter], as_of: Moment) -> Watch:
    """When a group of connected customers, of whom nothing is due, is to be looked at again.

    `matters` are those of all persons of the group as of `as_of`.  Claims are left out: the cases
    that follow from them have deadlines of their own.
    """
    kinds = set()
    for event in events:
        if event.at > as_of:
            return Watch.ALWAYS  # it will count when its time has come
        kinds.add(event.kind)
    if not all(map(_at_rest, matters)):
        return Watch.ALWAYS
    # Whether an entry that speaks of another has effect, depends on who made it.
    return Watch.ENTRY if kinds.isdisjoint(REFERRING_KINDS) else Watch.STAFF


VERSION = 1
"""Counts up when what is said here changes: then what an earlier program said is not believed."""


def basis_of(policy: Policy, settings: Mapping[str, Any], day: int) -> str:
    """What a `Watch` rests on beside the entries, as a digest: another one, and it says nothing.

    The policy with its editions, the readings chosen, and the values in force on a day.
    """
    edition = policy.in_force(day) or policy
    parts = [
        VERSION,
        policy.digest,
        [one.digest for one in policy.editions],
        edition.digest,
        settings,
        edition.dated(day),
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def _at_rest(matter: Matter) -> bool:
    """Whether time alone brings nothing of one person: no follow-up, no window, no filing."""
    if is_lost(matter.entries):
        return True
    today = in_force(matter, None)
    case = case_of(today, None)
    if any(entry.kind == "filing" and case.counts(entry) for entry in matter.entries):
        return False
    under_way = any(
        deal.close is None and today.program.moment_entry(deal) is not None for deal in matter.deals
    )
    if not under_way and not _nobody_holds(today.program, case):
        return False
    return all(_windows_are_over(in_force(matter, deal), case) for deal in matter.deals)


def _nobody_holds(program: Program, case: Case) -> bool:
    """Whether nothing that gives a customer to anybody is left since the last deal.

    By the kinds and places of the entries alone, so that neither time nor staff change it.
    """
    spec = program.holding
    kinds = set().union(
        *(
            program.classes[name].kinds
            for name in (spec.opens, spec.transfers, spec.releases)
            if name
        )
    )
    start = None if program.by_stretch else case.start
    return not any(
        entry.kind in kinds and (start is None or entry.key > start or entry.kind in DEAL_WIDE)
        for entry in case.entries
    )


def _windows_are_over(matter: Matter, case: Case) -> bool:
    """Whether every window after a deal is over, from whichever entry it may be counted."""
    latest = max(max(entry.at, entry.recorded) for entry in matter.entries)
    return all(
        end_of_window(case, spec, latest) <= matter.as_of
        for spec in matter.program.windows.values()
    )
