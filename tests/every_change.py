"""Every declared change of a history, one by one, each ruled on in full: slow, and plain to see.

The search for counterfactuals (`adjudication/counterfactual.py`) leaves out what it knows to be
the same choice; this leaves out nothing.  It changes lines, not events, and reckons with
datetimes, so that it shares with the search only the judge.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from conflictctl.adjudication.counterfactual import counterfactual
from conflictctl.adjudication.dossier import dossier_of, event_of, events_of
from conflictctl.adjudication.judge import rule_on
from conflictctl.adjudication.ruling import Counterfactual, Ruling
from conflictctl.adjudication.sensitivity import Retrial
from conflictctl.calendar import moment_of
from conflictctl.errors import InputRejected
from conflictctl.history import involved
from conflictctl.mending import staff_entries
from conflictctl.people import People
from conflictctl.policy.model import Policy, parse_policy
from tests.histories import SHANGHAI as ZONE
from tests.histories import random_history
from tests.in_memory import LONG_AFTER, RENAULT, SHANGHAI

Line = dict[str, Any]
Outcome = tuple[Any, ...]
Found = set[tuple[Any, ...]]

HOUR = timedelta(hours=1)
BEFORE, AFTER = 5, 2
ADD = ("followup", "inform", "claim")
MOVE = ("visit", "call", "followup", "inform", "claim")
NARROW = parse_policy(
    RENAULT.text + f"\n[counterfactual]\nadd = {list(ADD)}\nmove = {list(MOVE)}\n"
    f"before_days = {BEFORE}\nafter_days = {AFTER}\n"
)
"""The Renault policy with a set of changes small enough to try them all."""

SAID: dict[str, Line] = {"followup": {"channel": "phone", "reached": True}, "inform": {}}
SPEAKS = ("on", "against", "corrects", "voids")


def outcome(ruling: Ruling) -> Outcome:
    return (ruling.status, ruling.credit, ruling.holder)


class Dispute:
    """One customer's history, and its ruling."""

    def __init__(self, lines: list[Line], customer: str = "K1", policy: Policy = NARROW) -> None:
        self.lines = lines
        self.customer = customer
        self.people = People(staff_entries(events_of(lines)))
        self.asked: dict[str, Any] = {
            "policy": policy,
            "people": self.people,
            "calendar": SHANGHAI,
            "as_of": moment_of(LONG_AFTER),
        }
        self.events = dossier_of(events_of(lines), customer)
        self.ruling = rule_on(self.events, customer, **self.asked)
        self.retrial = Retrial(self.events, customer, **self.asked, ruling=self.ruling)

    def found(self) -> Counterfactual:
        return counterfactual(self.retrial)

    def ruled(self, place: int | None, line: Line) -> Ruling:
        """The ruling with a line more, or with another one in place of what stands there."""
        made = event_of(line, len(self.lines) + 1 if place is None else place + 1, {})
        events = [made if event.seq == made.seq else event for event in self.events]
        if place is None:
            events.append(made)
        try:
            return rule_on(
                events, self.customer, **self.asked, deal=self.retrial.anchor, explain=False
            )
        except InputRejected:
            return rule_on(events, self.customer, **self.asked, deal="open", explain=False)

    # ------------------------------------------------------------- every single change

    def times(self) -> tuple[datetime, datetime, datetime | None]:
        """From when to when changes are tried, and the moment of the deal."""
        anchor = next((e for e in self.events if e.ref == self.retrial.anchor), None)
        deal = None if anchor is None else self._deal_time()
        day = (LONG_AFTER if deal is None else deal).astimezone(ZONE).date()
        midnight = datetime(day.year, day.month, day.day, tzinfo=ZONE)
        begun = min(_time(e.at) for e in self.events if e.customer is not None)
        first = max(begun, midnight - timedelta(days=BEFORE))
        return first, min(LONG_AFTER, midnight + timedelta(days=AFTER + 1)), deal

    def _deal_time(self) -> datetime:
        moment = self.ruling.deal.moment if self.ruling.deal is not None else None
        assert moment is not None
        return _time(moment)

    def parties(self) -> list[str]:
        return sorted(p for p in involved(self.events, self.people) if p in self.people.staff)

    def changed(
        self, enough: set[tuple[Any, ...]]
    ) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...], int | None, Line]]:
        """Every change: what it is, how far, in place of which line, and the line.

        Of what is put into `enough` meanwhile no more is made: entries are moved no farther.
        """
        first, last, deal = self.times()
        parties = self.parties()
        hours = [h for h in _hours(first) if h <= last]
        for kind in ADD:
            for staff in parties:
                for to in parties if kind == "inform" else [None]:
                    for hour in hours if to != staff else ():
                        if kind != "claim" and deal is not None and hour > deal:
                            continue
                        if not self._works(staff, hour):
                            continue
                        line = {"kind": kind, "customer": self.customer, "by": staff}
                        line |= {"at": hour.isoformat(), "recorded_by": staff}
                        line |= SAID.get(kind, {}) | ({} if to is None else {"to": to})
                        yield ("add", kind, staff, to, hour), (), None, line
        about = {event.id for event in self.events}
        for place, line in enumerate(self.lines):
            if line.get("by") not in parties or line.get("id") not in about:
                continue
            yield from self._entered(place, line)
            if line["kind"] in MOVE and not self._spoken_of(line):
                yield from self._moved(place, line, first, last, enough)

    def _entered(self, place: int, line: Line) -> Iterator[Any]:
        movable = (*MOVE, "filing", "notice", "demand", "card", "accompany", "level")
        if line["kind"] in movable and line["recorded_at"] != line["at"]:
            timely = {**line, "recorded_at": line["at"]}
            yield ("enter", line["id"]), (), place, timely

    def _moved(
        self,
        place: int,
        line: Line,
        first: datetime,
        last: datetime,
        enough: set[tuple[Any, ...]],
    ) -> Iterator[Any]:
        at, recorded = (datetime.fromisoformat(line[key]) for key in ("at", "recorded_at"))
        least, most = -((at - first) // HOUR), (last - recorded) // HOUR
        backward, forward = range(min(most, -1), least - 1, -1), range(max(least, 1), most + 1)
        for sign, hours in ((-1, backward), (1, forward)):
            what = ("move", line["id"], sign)
            for number in hours:
                if what in enough:
                    break
                shift = number * HOUR
                if not self._works(line["by"], at + shift):
                    continue
                moved = {
                    **line,
                    "at": (at + shift).isoformat(),
                    "recorded_at": (recorded + shift).isoformat(),
                }
                yield what, (abs(shift),), place, moved

    def _spoken_of(self, line: Line) -> bool:
        return any(
            line["id"] in (*(other.get(key) for key in SPEAKS), *other.get("strikes", ()))
            for other in self.lines
        )

    def _works(self, staff: str, moment: datetime) -> bool:
        return self.people.staff[staff].employed(moment_of(moment))

    def every(self) -> Found:
        """All changes that turn the ruling; of one entry's moves each way only the least."""
        before = outcome(self.ruling)
        found: Found = set()
        nearest: set[tuple[Any, ...]] = set()
        for what, size, place, line in self.changed(nearest):
            after = outcome(self.ruled(place, line))
            if after != before:
                found.add((*what, *size, after))
                if what[0] == "move":
                    nearest.add(what)
        return found

    def reported(self) -> Found:
        """What the search reports, in the same form."""
        result = self.found()
        assert result.complete
        found: Found = set()
        for turned in result.turned:
            after = (turned.status, turned.credit, turned.holder)
            for change in turned.changes:
                if change.do == "enter":
                    found.add(("enter", change.event, after))
                elif change.do == "move":
                    assert change.shift is not None
                    shift = timedelta(microseconds=change.shift)
                    sign = 1 if change.shift > 0 else -1
                    found.add(("move", change.event, sign, abs(shift), after))
                else:
                    assert change.first is not None
                    assert change.last is not None
                    for hour in _hours(_time(change.first)):
                        if hour > _time(change.last):
                            break
                        for kind in change.kinds:
                            found.add(("add", kind, change.staff, change.to, hour, after))
        return found


def _time(moment: int) -> datetime:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=moment)).astimezone(ZONE)


def _hours(first: datetime) -> Iterator[datetime]:
    hour = first.astimezone(ZONE).replace(minute=0, second=0, microsecond=0)
    if hour < first:
        hour += HOUR
    while hour.year < LONG_AFTER.year + 1:
        yield hour
        hour += HOUR


def difference(seed: int) -> tuple[int, Found]:
    """How many changes turn one random dispute, and those on which the two do not agree."""
    dispute = Dispute(random_history(Random(seed)))
    every = dispute.every()
    return len(every), every ^ dispute.reported()


def main() -> None:
    first, last = int(sys.argv[1]), int(sys.argv[2])
    turning = wrong = 0
    for seed in range(first, last):
        number, unlike = difference(seed)
        turning += bool(number)
        wrong += bool(unlike)
        if unlike:
            print(seed, sorted(unlike, key=str)[:3], flush=True)
    print(f"{last - first} disputes, {turning} can be turned, {wrong} not the same")


if __name__ == "__main__":
    main()
