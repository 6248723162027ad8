"""The timeline for programs.  Keys, ids and words are never translated; keys are only added."""

from __future__ import annotations

from typing import Any

from conflictctl.adjudication.timeline import Timeline
from conflictctl.calendar import Calendar, Moment
from conflictctl.render.ruling_json import Head


def timeline_json(timeline: Timeline, *, calendar: Calendar, head: Head) -> dict[str, Any]:
    """Lanes, entries and periods; times are ISO 8601 in the register's zone."""

    def iso(moment: Moment | None) -> str | None:
        return None if moment is None else calendar.iso(moment)

    ruling = timeline.ruling
    return {
        "customer": ruling.customer,
        "deal": None if ruling.deal is None else ruling.deal.id,
        "as_of": iso(ruling.as_of),
        "status": ruling.status,
        "decided_by": ruling.decided_by,
        "lanes": [{"party": lane.party, "outlet": lane.outlet} for lane in timeline.lanes],
        "entries": [
            {
                "event": mark.event,
                "kind": mark.kind,
                "customer": mark.customer,
                "party": mark.party,
                "at": iso(mark.at),
                "recorded_at": iso(mark.recorded),
                "counts": mark.why is None,
                "why": mark.why,
                "decisive": mark.decisive,
                "deal": mark.deal,
            }
            for mark in timeline.marks
        ],
        "periods": [
            {
                "kind": period.kind,
                "party": period.party,
                "from": iso(period.since),
                "until": iso(period.until),
                "event": period.event,
                "level": period.level,
                "limit_days": period.limit,
                "exceeded": period.exceeded,
                "name": period.name,
            }
            for period in timeline.periods
        ],
        "register": {"seq": head.seq, "head": head.text},
    }
