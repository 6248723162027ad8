"""Interchange lines to rulings without a register: the pure core alone, fast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from conflictctl.adjudication.dossier import dossier_of, events_of
from conflictctl.adjudication.judge import rule_on
from conflictctl.adjudication.ruling import Credit, Ruling
from conflictctl.calendar import Calendar, moment_of, parse_time
from conflictctl.mending import staff_entries as staff_events
from conflictctl.people import People
from conflictctl.policy.model import Policy, load_policy

SHANGHAI = Calendar("Asia/Shanghai")
RENAULT = load_policy("renault-zibo-2013")
LONG_AFTER = datetime.fromisoformat("2023-01-01T00:00:00+08:00")


def rule(
    lines: Sequence[Mapping[str, Any]],
    customer: str = "K1",
    *,
    as_of: datetime | str = LONG_AFTER,
    deal: str | None = None,
    policy: Policy = RENAULT,
    attested: bool = True,
    explain: bool = True,
    caseloads: Mapping[str, int] | None = None,
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
        caseloads=caseloads,
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
