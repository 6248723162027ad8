"""Interchange lines to rulings without a register: the pure core alone, fast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from conflictctl.adjudication.judge import rule_on
from conflictctl.adjudication.ruling import Credit, Ruling
from conflictctl.calendar import Calendar, moment_of, parse_time
from conflictctl.events import REFERENCE_FIELDS, Event, read_changes, read_line
from conflictctl.people import People
from conflictctl.policy.model import Policy, load_policy
from conflictctl.register.mending import mended

SHANGHAI = Calendar("Asia/Shanghai")
RENAULT = load_policy("renault-zibo-2013")
LONG_AFTER = datetime.fromisoformat("2023-01-01T00:00:00+08:00")
_WHO = ("outlet", "staff", "staff_left", "staff_returned", "staff_moved", "staff_absent")


def events_of(lines: Sequence[Mapping[str, Any]], *, attested: bool = True) -> list[Event]:
    """Events as a register would hold them after an import of these lines."""
    found: list[Event] = []
    by_id: dict[Any, Event] = {}
    for place, line in enumerate(lines, 1):
        draft = read_line(line)
        assert draft.at is not None
        customer, fields = draft.customer, draft.fields
        name = REFERENCE_FIELDS.get(draft.kind)
        target = by_id.get(fields.get(name)) if name else None
        if customer is None and target is not None:
            customer = target.customer
        if draft.kind == "correction":
            assert target is not None
            fields = {**fields, "changes": read_changes(target.kind, fields["changes"])}
        recorded = draft.recorded_at if draft.recorded_at is not None else draft.at
        event = Event(
            "main",
            place,
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
            1 if attested else None,
        )
        found.append(event)
        by_id[place] = event
        if draft.id is not None:
            by_id[draft.id] = event
    return found


def staff_events(events: Sequence[Event]) -> list[Event]:
    """The entries about outlets and staff, with their own corrections and voids applied."""
    who = {e.seq for e in events if e.kind in _WHO}
    who |= {e.id for e in events if e.kind in _WHO and e.id is not None}  # type: ignore[misc]
    chosen = [
        e
        for e in events
        if e.kind in _WHO
        or (e.kind in ("void", "correction") and e.fields[REFERENCE_FIELDS[e.kind]] in who)
    ]
    return mended(chosen)


def dossier_of(events: Sequence[Event], customer: str) -> list[Event]:
    """The events of everyone connected with a customer, by plain repeated search."""
    by_ref: dict[Any, Event] = {}
    for event in events:
        by_ref[event.seq] = event
        if event.id is not None:
            by_ref[event.id] = event
    members = {customer}
    while True:
        chosen = [e for e in events if _concerned(e, by_ref) & members]
        found = members.union(*(_concerned(e, by_ref) for e in chosen)) if chosen else members
        if found == members:
            return chosen
        members = found


def _concerned(event: Event, by_ref: Mapping[Any, Event]) -> set[str]:
    concerned = set(event.fields.get("customers", ()))
    if event.customer is not None:
        concerned.add(event.customer)
    if event.kind == "correction" and "customer" in event.fields["changes"]:
        concerned.add(event.fields["changes"]["customer"])
    target = by_ref.get(event.fields.get(REFERENCE_FIELDS.get(event.kind, ""), None))
    for named in (target, *(by_ref.get(ref) for ref in event.fields.get("strikes", ()))):
        if named is not None:
            concerned |= _concerned(named, by_ref)
    return concerned


def rule(
    lines: Sequence[Mapping[str, Any]],
    customer: str = "K1",
    *,
    as_of: datetime | str = LONG_AFTER,
    deal: str | None = None,
    policy: Policy = RENAULT,
    attested: bool = True,
    explain: bool = True,
    **settings: Any,
) -> Ruling:
    """Rule on interchange lines under a policy; `settings` override its parameters."""
    events = events_of(lines, attested=attested)
    moment = parse_time(as_of)[0] if isinstance(as_of, str) else moment_of(as_of)
    return rule_on(
        dossier_of(events, customer),
        customer,
        policy=policy,
        people=People(staff_events(events)),
        calendar=SHANGHAI,
        as_of=moment,
        settings=settings,
        deal=deal,
        explain=explain,
    )


def as_answer(ruling: Ruling) -> dict[str, Any]:
    """The part of a ruling that the second judge gives too."""
    by_rule = ruling.by_rule
    until = ruling.provisional_until
    return {
        "status": ruling.status,
        "credit": _credit(ruling.credit),
        "holder": ruling.holder,
        "decided_by": ruling.decided_by,
        "referred_to": ruling.referred_to,
        "provisional_until": SHANGHAI.iso(until) if until is not None else None,
        "by_rule": None
        if by_rule is None
        else {
            "status": by_rule.status,
            "credit": _credit(by_rule.credit),
            "decided_by": by_rule.decided_by,
        },
    }


def _credit(credit: Sequence[Credit]) -> list[dict[str, str]]:
    return [{"party": c.party, "kind": c.kind, "share": c.share} for c in credit]
