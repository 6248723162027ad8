"""Words about what people found and ruled, and about points and who is out of the contest."""

from __future__ import annotations

from typing import Any

from conflictctl.history import Entry
from conflictctl.policy import instances
from conflictctl.policy.case import Anchor, Case
from conflictctl.policy.language import ENTRY, ID, LIST, NUMBER, Word


def found(case: Case, name: str, subject: str | None = None, before: Anchor = None) -> Any:
    """What a person found on a question about somebody; else, by the burden of proof."""
    return case.finding_about(name, subject, before)


def score(case: Case, staff: str | None) -> Any:
    """Somebody's total on the scorecard; None for who does not compete."""
    card = case.scores()
    if staff is None or staff not in card:
        return None
    case.evidence.extend(card[staff].evidence)
    return card[staff].total


def ruled(case: Case) -> Entry | None:
    """The ruling by people that stands; None where there is none."""
    stands = instances.standing_ruling(case)
    return stands.entry if stands is not None else None


def instance(case: Case) -> str | None:
    """Who decides between the parties: by whether they belong to one unit or to several."""
    found = instances.instance_for(case)
    return found.instance if found is not None else None


def barred(case: Case) -> list[str]:
    """Everybody whom an earlier rule took out of the contest."""
    return list(case.barred)


WORDS: dict[str, Word] = {
    "found": Word(found, takes=("finding",), least=1, keywords={"subject": ID, "before": ENTRY}),
    "score": Word(score, takes=(ID,), least=1, gives=NUMBER, unit="points"),
    "ruled": Word(ruled, gives=ENTRY),
    "instance": Word(instance, gives=ID),
    "barred": Word(barred, gives=LIST),
}
