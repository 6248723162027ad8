"""Words about the customer and about whoever is linked with him."""

from __future__ import annotations

from typing import Any

from conflictctl.history import Entry
from conflictctl.policy import holding
from conflictctl.policy.case import Anchor, Case, is_after, is_before
from conflictctl.policy.grounds import spread
from conflictctl.policy.language import ENTRY, FLAG, LIST, UNKNOWN, Word


def attribute(case: Case, name: str, at: Anchor = None) -> Any:
    """What the customer's card says of something (`segment`, `type`) at a moment."""
    moment = case.anchor if at is None else at
    return case.attribute(name, case.as_of + 1 if moment is None else holding.moment_of(moment) + 1)


def present(case: Case, on_day: Anchor = None, linked_before: Entry | None = None) -> list[Case]:
    """The persons of this customer's household who were together on a day.

    With `linked_before`, only those whose link was on record before that entry.
    """
    family = case.household()
    if len(family) < 2 or on_day is None:
        return []
    if linked_before is not None:
        linked = case.history.links.component(
            min(case.members), case.program.household, linked_before.key
        )
        family = [one for one in family if one.members & linked]
    day = case.day(on_day)
    found: list[Case] = []
    for entry in case.history.entries:
        if entry.kind != "together" or entry.voided or entry.struck or case.day(entry) != day:
            continue
        there = [one for one in family if one.members & set(entry.fields["customers"])]
        if len(there) > 1:
            case.evidence.append(entry)
            found += [one for one in there if one not in found]
    return found


def together(
    case: Case, after: Anchor = None, before: Anchor = None, household: bool = False
) -> Entry | None:
    """The latest record, between two moments, that several were there together.

    Several of the files that the policy takes for this one customer; with `household`, of
    everyone linked to him as a household.
    """
    family = case.members
    if household:
        family = frozenset().union(*(one.members for one in case.household()))
    found: Entry | None = None
    for entry in case.history.entries if len(family) > 1 else ():
        if (
            entry.kind == "together"
            and entry.flaw not in ("voided", "struck")
            and len(family & set(entry.fields["customers"])) > 1
            and (after is None or is_after(entry, after))
            and (before is None or is_before(entry, before))
            and (found is None or found.key < entry.key)
        ):
            found = entry
    if found is not None:
        case.evidence.append(found)
    return found


def each(case: Case, name: str, of: list[Case] | None = None) -> Any:
    """A named value worked out for each of several persons of a household."""
    values = []
    for one in of or ():
        if one is case:
            value = case.value(name)
        else:
            value, grounds, _, _ = one.kept(name)
            spread(grounds, case.evidence)
        if value is UNKNOWN:
            return UNKNOWN
        if value is not None:
            values.append(value)
    return values


WORDS: dict[str, Word] = {
    "attribute": Word(attribute, takes=("card",), least=1, keywords={"at": ENTRY}),
    "present": Word(present, keywords={"on_day": ENTRY, "linked_before": ENTRY}, gives=LIST),
    "together": Word(
        together, keywords={"after": ENTRY, "before": ENTRY, "household": FLAG}, gives=ENTRY
    ),
    "each": Word(each, takes=("let",), least=1, keywords={"of": LIST}, gives=LIST),
}
