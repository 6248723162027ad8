"""What is overdue, or about to end: follow-ups, claim windows, filings.

Nothing here acts.  A row says until when somebody should have done something, and whether
the policy would let a manager reassign the customer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from conflictctl.adjudication.judge import (
    Matter,
    case_of,
    decide_deal,
    in_force,
    judge_deal,
    matter_of,
    matters_among,
    name_of,
)
from conflictctl.calendar import Calendar, Moment
from conflictctl.events import Event
from conflictctl.history import Deal, is_lost, replay
from conflictctl.people import People
from conflictctl.policy import holding
from conflictctl.policy.case import Case
from conflictctl.policy.model import Policy
from conflictctl.policy.program import compiled
from conflictctl.policy.vocabulary.periods import filing_end, standing, window
from conflictctl.watch import Watch, watch_of


class Due(NamedTuple):
    """One thing with a day on which it is, or was, due.

    `due` is the moment at which it is too late (24:00 of the last day, or the end itself);
    `days` counts local days since the last good day, negative before it.
    """

    type: str  # followup | no_level | claim_window | filing | case
    customer: str | None
    """None only for a case that is no customer's."""
    staff: str | None
    outlet: str | None
    level: str | None
    last_contact: Moment | None
    due: Moment | None
    due_day: int | None
    days: int | None
    may_be_reassigned: bool = False
    case: str | None = None
    what: str | None = None
    """Which of a case's deadlines: first_response, acceptance, update, resolution, task …"""
    task: str | None = None
    proposes: str | None = None
    """The level of the ladder that a case might go to, as its deadline has passed."""


class Outlook(NamedTuple):
    """What is due of a group of customers, and what brings the next change of it."""

    rows: list[Due]
    watch: Watch


class Hold(NamedTuple):
    """Who holds a customer at a moment, and until when if nothing more is recorded.

    `until` is the moment at which it is too late; `days` counts the local days to the last
    good one, 0 on that day itself, negative after it.
    """

    customer: str
    status: str
    """held | unheld | referred, as a ruling has it."""
    staff: str | None
    """The holder; in the other states nobody."""
    clause: str | None
    """The clause that decides."""
    referred_to: str | None
    ends: str | None = None
    """followup: a contact is due by then | filing: the term ends | no_level: no day can be told."""
    until: Moment | None = None
    last_day: int | None = None
    days: int | None = None


def holding_of(
    events: Sequence[Event],
    customer: str,
    *,
    policy: Policy,
    people: People,
    calendar: Calendar,
    as_of: Moment,
    settings: Mapping[str, Any] | None = None,
    caseloads: Mapping[str, int] | None = None,
) -> Hold:
    """Who holds a customer, by which clause, and for how many days yet.

    `events` are those of the customer and of everyone connected with it.  The question is who
    may go on serving him, whatever deals there were; of a lost customer nothing is due.
    """
    program = compiled(policy, settings or {})
    history = replay(events, people=people, calendar=calendar, as_of=as_of, powers=program.powers)
    history.caseloads = caseloads
    members = history.links.component(customer, program.joined)
    matter = in_force(matter_of(program, history, members, as_of), None)
    decision = decide_deal(matter, customer, None)
    hold = Hold(
        customer, decision.status, decision.holder, decision.decided_by, decision.referred_to
    )
    if hold.staff is None or is_lost(matter.entries):
        return hold
    rows = [row for row in _followup(matter, customer) if row.staff == hold.staff]
    dated = [row for row in rows if row.due is not None]
    if not dated:
        return hold._replace(ends=rows[0].type) if rows else hold
    first = min(dated, key=lambda row: row.due or 0)
    return hold._replace(
        ends=first.type,
        until=first.due,
        last_day=first.due_day,
        days=None if first.days is None else -first.days,
    )


def outlook(
    events: Sequence[Event],
    members: Sequence[str],
    *,
    policy: Policy,
    people: People,
    calendar: Calendar,
    as_of: Moment,
    settings: Mapping[str, Any] | None = None,
    within_days: int = 0,
) -> Outlook:
    """Everything overdue, or due within `within_days` days, for a group of connected customers.

    With `within_days` 0 what is due on the very day is included.  Also said is when the group has
    to be looked at again.
    """
    matters = list(
        matters_among(
            events,
            members,
            program=compiled(policy, settings or {}),
            people=people,
            calendar=calendar,
            as_of=as_of,
        )
    )
    rows: list[Due] = []
    for matter in matters:
        if is_lost(matter.entries):
            continue
        customer = name_of(matter)
        rows += _followup(in_force(matter, None), customer)
        rows += _claims(matter, customer)
        rows += _filings(in_force(matter, None), customer)
    watch = Watch.ALWAYS if rows else watch_of(events, matters, as_of)
    return Outlook(
        [row for row in rows if row.days is None or row.days >= -within_days],
        watch,
    )


def _followup(matter: Matter, customer: str) -> list[Due]:
    if any(
        matter.program.moment_entry(deal) is not None and deal.close is None
        for deal in matter.deals
    ):
        return []  # ordered and not yet delivered: there is a deal
    case = case_of(matter, None)
    now = matter.as_of + 1
    tenures = holding.timeline(case, now)
    staff = tenures[-1].staff if tenures else None
    if staff is None:
        return []
    spec = matter.program.holding
    if spec.idle is not None or spec.lasts is not None:
        return _running_out(matter, customer, case, tenures[-1], now)
    lapse = holding.lapse_before(case, staff, now)
    if lapse is None or not spec.levels:
        return []
    calendar = matter.history.calendar
    today = calendar.day(matter.as_of)
    opened = today - lapse.days
    last = lapse.opened_by
    contact = last.at if last is not None and last.kind in ("visit", "call", "followup") else None
    level, limit = lapse.level, lapse.limit
    if limit is None and level is None and spec.default_level is not None:
        level = spec.default_level
        limit = spec.limits.get(level)
    outlet = matter.history.people.outlet(staff, matter.as_of)
    if limit is None:
        return [Due("no_level", customer, staff, outlet, level, contact, None, None, None)]
    due_day = opened + limit
    return [
        Due(
            "followup",
            customer,
            staff,
            outlet,
            level,
            contact,
            calendar.start_of(due_day + 1),
            due_day,
            today - due_day,
            today > due_day and _noticed(case, staff, due_day),
        )
    ]


def _running_out(
    matter: Matter, customer: str, case: Case, tenure: holding.Tenure, now: Moment
) -> list[Due]:
    """When a holding that has a time of its own runs out: by silence, or at its term."""
    spec = matter.program.holding
    calendar = matter.history.calendar
    staff = tenure.staff
    assert staff is not None
    outlet = matter.history.people.outlet(staff, matter.as_of)
    contacts = [e for e in case.pool(spec.keeps) if e.by == staff and e.moment < now]
    contact = contacts[-1].at if contacts else None
    level = holding.level_of(case, staff, now) if spec.levels else None
    today = calendar.day(matter.as_of)
    rows = []
    if spec.idle is not None:
        end = holding.idle_end(case, tenure, now)
        if end is not None:
            last = calendar.day(end - 1)
            noticed = today > last and _noticed(case, staff, last)
            rows.append(
                Due(
                    "followup",
                    customer,
                    staff,
                    outlet,
                    level,
                    contact,
                    end,
                    last,
                    today - last,
                    noticed,
                )
            )
    if spec.lasts is not None:
        end = holding.end_of(case, tenure, now)
        if end is not None:
            last = calendar.day(end - 1)
            rows.append(
                Due("filing", customer, staff, outlet, level, contact, end, last, today - last)
            )
    return rows


def _noticed(case: Case, staff: str, due_day: int) -> bool:
    """Whether a notice while he was overdue is on record, and no valid contact since."""
    for notice in case.pool(case.program.holding.notices):
        if (
            notice.get("to") == staff
            and case.day(notice) > due_day
            and not any(
                e.by == staff and e.key > notice.key for e in case.pool(case.program.holding.keeps)
            )
        ):
            return True
    return False


def _claims(matter: Matter, customer: str) -> list[Due]:
    rows = []
    calendar = matter.history.calendar
    for deal in matter.deals:
        of_deal = in_force(matter, deal)
        anchor = of_deal.program.moment_entry(deal)
        if anchor is None or not _window_open(of_deal, deal):
            continue
        ruling = judge_deal(of_deal, customer, deal, explain=False)
        if ruling.provisional_until is None:
            continue
        case = case_of(of_deal, deal)
        staff = case.value("original") if "original" in case.program.lets else None
        end = ruling.provisional_until
        last_day = calendar.day(end - 1)
        rows.append(
            Due(
                "claim_window",
                customer,
                staff,
                matter.history.people.outlet(staff, matter.as_of) if staff else None,
                None,
                None,
                end,
                last_day,
                calendar.day(matter.as_of) - last_day,
            )
        )
    return rows


def _window_open(matter: Matter, deal: Deal) -> bool:
    case = case_of(matter, deal)
    return any(
        matter.as_of < window(case, name, None)[2] or matter.program.windows[name].from_knowledge
        for name in matter.program.windows
    )


def _filings(matter: Matter, customer: str) -> list[Due]:
    case = case_of(matter, None)
    calendar = matter.history.calendar
    rows = []
    for entry in matter.entries:
        if entry.kind != "filing" or entry.flaw in ("voided", "struck") or not case.counts(entry):
            continue
        end = filing_end(case, entry, matter.as_of + 1)
        if end is None or not standing(case, entry, matter.as_of):
            continue
        last_day = calendar.day(end - 1)
        rows.append(
            Due(
                "filing",
                customer,
                entry.by,
                entry.unit,
                None,
                None,
                end,
                last_day,
                calendar.day(matter.as_of) - last_day,
            )
        )
    return rows
