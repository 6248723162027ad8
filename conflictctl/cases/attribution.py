"""Cases that follow from claims to a deal: no entry opens them, the claim itself does.

A case stands for all claims of one customer to one deal.  Its ladder and its instances are
those of the attribution policy: a ruling, an agreement and an appeal move it, beside the steps
of the procedure that are recorded for it by its id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from conflictctl.calendar import Calendar, Moment
from conflictctl.cases.procedure import (
    CLOSED,
    REOPENED,
    RESOLVED,
    UNRESOLVED,
    WITHDRAWN,
    Case,
    Tried,
    apply,
)
from conflictctl.events import CLAIM_CASE, Event
from conflictctl.history import Deal, Entry, History, Powers, deals_of, replay
from conflictctl.people import People
from conflictctl.permissions import MANAGEMENT

CATEGORY = "attribution"

StepsOf = Callable[[str], Iterable[Event]]
"""The entries that name a case by its id, mended, in the order of entry."""


def attribution_cases(
    events: Sequence[Event],
    *,
    people: People,
    calendar: Calendar,
    as_of: Moment,
    steps_of: StepsOf,
) -> list[Case]:
    """The cases of one dossier, by the entry that opens them; none where nobody claims.

    `events` are those of the dossier in the order of the register, as `replay` takes them.
    """
    if not any(event.kind == "claim" for event in events):
        return []
    history = replay(
        events,
        people=people,
        calendar=calendar,
        as_of=as_of,
        powers=Powers(frozenset(MANAGEMENT)),
    )
    found = [
        _case(group, deal, claims, people, steps_of, as_of)
        for group in _persons(history)
        for deal, claims, group in _disputes(group)
    ]
    return sorted(found, key=lambda case: case.number)


def _persons(history: History) -> Iterator[list[Entry]]:
    """The entries of each customer who claims are about, with those of linked files."""
    seen: set[str] = set()
    for entry in history.entries:
        customer = entry.customer
        if entry.kind == "claim" and customer is not None and customer not in seen:
            members = history.links.component(customer, ("same",))
            seen |= members
            yield history.of(members)


def _disputes(
    entries: list[Entry],
) -> Iterator[tuple[Deal | None, list[Entry], list[Entry]]]:
    """Each deal that is claimed, with its claims and what else was done about it."""
    deals = deals_of(entries)
    groups: dict[str | None, list[Entry]] = {}
    for entry in entries:
        if entry.kind in _MOVES and not (entry.voided or entry.struck):
            deal = _deal_of(entry, deals)
            groups.setdefault(deal.id if deal is not None else entry.get("deal"), []).append(entry)
    by_id = {deal.id: deal for deal in deals}
    for name, group in groups.items():
        group.sort(key=lambda entry: entry.seq)
        claims = [entry for entry in group if entry.kind == "claim"]
        if claims:
            yield by_id.get(name or ""), claims, group


def _deal_of(entry: Entry, deals: Sequence[Deal]) -> Deal | None:
    """The deal that a claim, an agreement, a ruling or an appeal is about.

    The one it names; else the latest that was on record by then.
    """
    named = entry.get("deal")
    if named is not None:
        return next((deal for deal in deals if deal.is_called(named)), None)
    before = [
        deal for deal in deals if any(step.recorded <= entry.recorded for step in _entries_of(deal))
    ]
    return before[-1] if before else (deals[-1] if deals else None)


def _entries_of(deal: Deal) -> list[Entry]:
    return [*deal.orders, *([deal.close] if deal.close is not None else [])]


def _case(
    group: list[Entry],
    deal: Deal | None,
    claims: list[Entry],
    people: People,
    steps_of: StepsOf,
    as_of: Moment,
) -> Case:
    first = claims[0]
    identity = f"{CLAIM_CASE}{first.ref}"
    parties: dict[str | None, None] = {first.by: None}
    for entry in _entries_of(deal) if deal is not None else ():
        parties.update((staff, None) for staff in _signers(entry))
    case = Case(
        first.event, people, identity=identity, category=CATEGORY, parties=[p for p in parties if p]
    )
    if deal is not None:
        case.deal = deal.id
    moves = {entry.seq: entry for entry in group if entry.seq != first.seq}
    steps = {event.seq: event for event in steps_of(identity) if event.at <= as_of}
    standing = {first.seq}
    for seq in sorted({*moves, *steps}):
        if seq in steps:
            event = steps[seq]
            # The rungs of this ladder are the attribution policy's: any name will do here.
            refusal = apply(case, event) if event.kind.startswith("case_") else None
            case.tried.append(Tried(event, refusal))
        else:
            _MOVES[moves[seq].kind](case, moves[seq], standing)
            case.tried.append(Tried(moves[seq].event, None))
    return case


def _signers(entry: Entry) -> Iterator[str | None]:
    yield entry.by
    for row in entry.get("signers") or ():
        yield row["staff"]


# ------------------------------------------------------------- what moves such a case


def _join(case: Case, entry: Entry, standing: set[int]) -> None:
    standing.add(entry.seq)
    if entry.by is not None and entry.by not in case.parties:
        case.parties = (*case.parties, entry.by)
    if case.state == WITHDRAWN:
        _take_up(case, entry.event)


def _take_back(case: Case, entry: Entry, standing: set[int]) -> None:
    on = entry.get("on")
    mine = [
        tried.event
        for tried in case.tried
        if tried.event.kind == "claim" and tried.event.by == entry.by
    ]
    if case.opened.by == entry.by:
        mine.insert(0, case.opened)
    for claim in reversed(mine):
        if claim.seq in standing and (on is None or on in (claim.id, claim.seq)):
            standing.discard(claim.seq)
            break
    if not standing and case.state in UNRESOLVED:
        case.state = WITHDRAWN


def _agree(case: Case, entry: Entry, standing: set[int]) -> None:
    approver = entry.get("approved_by")
    if approver is None or entry.vouched(approver):
        _settle(case, entry.event, "settled")


def _rule(case: Case, entry: Entry, standing: set[int]) -> None:
    case.level = entry.fields["instance"]
    _settle(case, entry.event, "ruled")


def _settle(case: Case, event: Event, how: str) -> None:
    case.resolved, case.how = event, how
    if case.state != CLOSED:
        case.state = RESOLVED


def _appeal(case: Case, entry: Entry, standing: set[int]) -> None:
    case.level = entry.fields["to"]
    case.escalations.append(entry.event)
    _take_up(case, entry.event)


def _take_up(case: Case, event: Event) -> None:
    case.reopenings.append(event)
    case.resolved = case.how = case.verified = case.ended = case.waived = case.closed = None
    case.state = REOPENED


_MOVES: dict[str, Callable[[Case, Entry, set[int]], None]] = {
    "claim": _join,
    "withdraw_claim": _take_back,
    "agreement": _agree,
    "ruling": _rule,
    "appeal": _appeal,
}
