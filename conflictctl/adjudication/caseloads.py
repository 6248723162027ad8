"""How many customers everybody holds: the one fact of a policy that no single history tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from conflictctl.adjudication.judge import case_of, matter_of, persons_of
from conflictctl.calendar import Calendar, Moment
from conflictctl.events import Event
from conflictctl.history import replay
from conflictctl.people import People
from conflictctl.policy import holding
from conflictctl.policy.model import Policy
from conflictctl.policy.program import compiled


def asks_for_caseloads(policy: Policy) -> bool:
    """Whether any edition of a policy looks at how many customers somebody holds."""
    return any("caseload(" in edition.text for edition in policy.editions or (policy,))


def caseloads(
    dossiers: Iterable[tuple[Sequence[Event], Sequence[str]]],
    *,
    policy: Policy,
    people: People,
    calendar: Calendar,
    as_of: Moment,
    settings: Mapping[str, Any],
) -> Counter[str]:
    """Staff to number of customers held at a moment; dossiers are events and their customers."""
    program = compiled(policy, settings)
    held: Counter[str] = Counter()
    for events, members in dossiers:
        history = replay(
            events, people=people, calendar=calendar, as_of=as_of, powers=program.powers
        )
        for person in persons_of(history, members, program.joined):
            case = case_of(matter_of(program, history, person, as_of), None)
            tenures = holding.timeline(case, as_of + 1)
            if tenures and tenures[-1].staff is not None:
                held[tenures[-1].staff] += 1
    return held
