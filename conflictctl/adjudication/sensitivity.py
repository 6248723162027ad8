"""Which single record, and which single value of a parameter, would turn a ruling.

Nothing is estimated: the question is ruled again with one thing changed, and only what
really came out otherwise is reported.

**Records.**  Every event about the customers is left out once, except those that say who
and what there is (`NOT_TRIED`) and the order or close that is the deal itself.  What
speaks of it alone (a correction, void, confirmation, decision, withdrawal, appeal) goes
with it, as it could not have been entered.

**Parameters.**  Of a choice or yes/no, every other value.  Of a whole number (and of each
number of a table), the values at which a comparison with this history can change: every
length of time between two moments on record (in the parameter's unit), every number of
entries, every figure the clauses measured, and the neighbours of each and of the value in
force; the nearest one below and above that turns the ruling is reported.  They are tried one
by one, because an effect need not grow with the number.  Free text and decimals are not tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from itertools import combinations
from typing import Any

from conflictctl.adjudication import judge
from conflictctl.adjudication.dossier import dossier_of
from conflictctl.adjudication.ruling import Alternative, Contest, RecordTurn, Ruling, Sensitivity
from conflictctl.calendar import HOUR, MINUTE, Calendar, Moment
from conflictctl.errors import InputRejected
from conflictctl.events import REFERENCE_FIELDS, Event
from conflictctl.people import People
from conflictctl.policy.model import Parameter, Policy
from conflictctl.policy.quantity import is_time

NOT_TRIED = frozenset(
    {
        "outlet",
        "staff",
        "staff_left",
        "staff_returned",
        "staff_moved",
        "staff_absent",
        "customer",
        "card",
        "check",
        "setting",
        "attestation",
        "redaction",
        "notification",
        "checkpoint",
    }
)
"""Kinds that say who and what there is, or that a ruling never looks at."""

LIMIT = 2000
"""Re-rulings for one question; beyond it the answer says that it is not complete."""

Turns = Callable[[Ruling], bool]


class Retrial:
    """One question, asked again with one thing changed: a record less, another value.

    `ruling` is the answer as things are.  After `limit` re-rulings there are no further
    ones, and `complete` is False.
    """

    def __init__(
        self,
        events: Sequence[Event],
        customer: str,
        *,
        policy: Policy,
        people: People,
        calendar: Calendar,
        as_of: Moment,
        settings: Mapping[str, Any] | None = None,
        deal: str | None = None,
        caseloads: Mapping[str, int] | None = None,
        ruling: Ruling,
        limit: int = LIMIT,
    ) -> None:
        self.events = events
        self.customer = customer
        self.policy = policy
        self.people = people
        self.calendar = calendar
        self.as_of = as_of
        self.settings = dict(settings or {})
        self.ruling = ruling
        self.left = limit
        self.complete = True
        self.caseloads = caseloads
        self.case_deal, self.matter = judge.matter_ruled_on(
            events,
            customer,
            policy=policy,
            people=people,
            calendar=calendar,
            as_of=as_of,
            settings=self.settings,
            caseloads=caseloads,
            ruling=ruling,
        )
        # A deal counted, not named, may have another number without a record: its entry
        # names it whatever is left out.
        self.anchor = self._anchor()
        self.deal = deal if self.anchor is None else self.anchor
        self._values: dict[tuple[str, str], Ruling] = {}

    def _anchor(self) -> str | None:
        """The entry that is the deal ruled on, by reference; None where there is no deal."""
        if self.case_deal is None:
            return None
        entry = self.matter.program.moment_entry(self.case_deal)
        return entry.ref if entry is not None else None

    def turned(self, other: Ruling) -> bool:
        """Whether another ruling gives another status, credit or holder."""
        ruling = self.ruling
        return (other.status, other.credit, other.holder) != (
            ruling.status,
            ruling.credit,
            ruling.holder,
        )

    def without(self, event: Event) -> Ruling | None:
        """The ruling had an event not been recorded; None when the limit is reached."""
        gone = {one.seq for one in resting_on(event, self.events)}
        rest = [one for one in self.events if one.seq not in gone]
        if any(one.seq in gone and _connects(one) for one in self.events):
            rest = dossier_of(rest, self.customer)
        return self._rule(rest, self.policy, self.settings)

    def decided(self, events: Sequence[Event]) -> judge.Decision:
        """The ruling on a changed history, without words; whoever asks keeps count himself."""
        try:
            return self._decide_on(events, self.deal)
        except InputRejected:
            return self._decide_on(events, "open")

    def _decide_on(self, events: Sequence[Event], deal: str | None) -> judge.Decision:
        return judge.decide_on(
            events,
            self.customer,
            policy=self.policy,
            people=self.people,
            calendar=self.calendar,
            as_of=self.as_of,
            settings=self.settings,
            deal=deal,
            caseloads=self.caseloads,
        )

    def with_value(self, parameter: str, value: Any) -> Ruling | None:
        """The ruling under another value of a parameter; None when the limit is reached."""
        key = (parameter, repr(value))
        if key not in self._values:
            policy = self.matter.program.policy  # the edition whose parameter it is
            ruling = self._rule(self.events, policy, {**self.settings, parameter: value})
            if ruling is None:
                return None
            self._values[key] = ruling
        return self._values[key]

    def _rule(
        self, events: Sequence[Event], policy: Policy, settings: Mapping[str, Any]
    ) -> Ruling | None:
        if self.left <= 0:
            self.complete = False
            return None
        self.left -= 1
        try:
            return self._rule_on(events, policy, settings, self.deal)
        except InputRejected:
            # Without this record, or read so, there is no such deal: who holds the customer?
            return self._rule_on(events, policy, settings, "open")

    def _rule_on(
        self,
        events: Sequence[Event],
        policy: Policy,
        settings: Mapping[str, Any],
        deal: str | None,
    ) -> Ruling:
        return judge.rule_on(
            events,
            self.customer,
            policy=policy,
            people=self.people,
            calendar=self.calendar,
            as_of=self.as_of,
            settings=settings,
            deal=deal,
            explain=False,
            caseloads=self.caseloads,
        )


def sensitivity(
    events: Sequence[Event],
    customer: str,
    *,
    policy: Policy,
    people: People,
    calendar: Calendar,
    as_of: Moment,
    settings: Mapping[str, Any] | None = None,
    deal: str | None = None,
    caseloads: Mapping[str, int] | None = None,
    ruling: Ruling,
    params: bool = True,
    limit: int = LIMIT,
) -> Sensitivity:
    """What single record and what single value of a parameter would turn a ruling.

    The arguments are those that `rule_on` gave `ruling` for.  With `params` False only the
    records are tried.
    """
    retrial = Retrial(
        events,
        customer,
        policy=policy,
        people=people,
        calendar=calendar,
        as_of=as_of,
        settings=settings,
        deal=deal,
        caseloads=caseloads,
        ruling=ruling,
        limit=limit,
    )
    return sensitivity_of(retrial, params=params)


def sensitivity_of(retrial: Retrial, *, params: bool = True) -> Sensitivity:
    """The same for a question that is asked again for other reasons too."""
    records = turning_records(retrial, retrial.turned)
    contests = turning_params(retrial, retrial.turned) if params else ()
    return Sensitivity(records, contests, retrial.complete)


# -------------------------------------------------------------------------- records


def turning_records(retrial: Retrial, turns: Turns) -> tuple[RecordTurn, ...]:
    """The events without which the ruling turns, in the order of the register."""
    cited = {ref for finding in retrial.ruling.findings for ref in finding.evidence}
    # Where the limit cuts the search short, what the findings rest on has been tried.
    tried = sorted(_tried(retrial), key=lambda event: (event.ref not in cited, -event.seq))
    found = []
    for event in tried:
        other = retrial.without(event)
        if other is None:
            break
        if turns(other):
            turn = RecordTurn(event.ref, other.status, other.credit, other.holder, other.decided_by)
            found.append((event.seq, turn))
    return tuple(turn for _, turn in sorted(found, key=lambda pair: pair[0]))


def _tried(retrial: Retrial) -> Iterator[Event]:
    for event in retrial.events:
        if (
            event.kind not in NOT_TRIED
            and event.at <= retrial.as_of
            and event.ref != retrial.anchor
        ):
            yield event


def resting_on(event: Event, events: Iterable[Event]) -> list[Event]:
    """An event and those that speak of it, or of one that does, in the order of the register."""
    names: set[Any] = {event.seq, event.id} - {None}
    found = []
    for one in events:  # what speaks of an event stands after it
        name = REFERENCE_FIELDS.get(one.kind)
        if one.seq == event.seq or (name is not None and one.fields.get(name) in names):
            found.append(one)
            names |= {one.seq, one.id} - {None}
    return found


def _connects(event: Event) -> bool:
    """Whether an event ties customers together, so that without it there are fewer to look at."""
    return "customers" in event.fields or "customer" in event.fields.get("changes", ())


# ----------------------------------------------------------------------- parameters


def turning_params(retrial: Retrial, turns: Turns) -> tuple[Contest, ...]:
    """The parameters under another value of which the ruling turns, in the policy's order."""
    contests = []
    figures = Figures(retrial)
    for parameter in retrial.matter.program.policy.parameters.values():
        current = retrial.matter.program.values[parameter.name]
        if parameter.type == "table":
            for key, number in (current or {}).items():
                setting = partial(_with_entry, current, key)
                found = _nearest(retrial, turns, parameter, number, figures, setting)
                contests.append(Contest(f"{parameter.name}.{key}", number, found))
            continue
        found = _others(retrial, turns, parameter, current)
        if parameter.type == "integer":
            found += _nearest(retrial, turns, parameter, current, figures, lambda value: value)
        contests.append(Contest(parameter.name, current, found))
    return tuple(contest for contest in contests if contest.turns)


def _with_entry(table: Mapping[str, int], key: str, value: int) -> dict[str, int]:
    return {**table, key: value}


def _others(
    retrial: Retrial, turns: Turns, parameter: Parameter, current: Any
) -> tuple[Alternative, ...]:
    """Every other value of a choice or yes/no, and `null` where it is allowed."""
    values: list[Any] = list(parameter.values)
    if parameter.type == "boolean":
        values = [True, False]
    if parameter.optional:
        values.append(None)
    found = []
    for value in values:
        if value != current:
            found += _tried_value(retrial, turns, parameter.name, value, value)
    return tuple(found)


def _nearest(
    retrial: Retrial,
    turns: Turns,
    parameter: Parameter,
    current: int | None,
    figures: Figures,
    setting: Callable[[int], Any],
) -> tuple[Alternative, ...]:
    """The nearest number below and the nearest above that turn the ruling.

    No limit at all (null) lies above every number: below it the largest counts.
    """
    low = parameter.minimum
    if low is None and is_time(parameter.unit):
        low = 0  # no length of time is negative
    high = parameter.maximum
    values = sorted(
        value
        for value in figures.of(parameter.unit, current)
        if (low is None or value >= low) and (high is None or value <= high)
    )
    below = [value for value in reversed(values) if current is None or value < current]
    above = [value for value in values if current is not None and value > current]
    found: list[Alternative] = []
    for side in (below, above):
        for value in side:
            turn = _tried_value(retrial, turns, parameter.name, setting(value), value)
            if turn:
                found += turn
                break
    return tuple(sorted(found, key=lambda turn: turn.value))


def _tried_value(
    retrial: Retrial, turns: Turns, parameter: str, setting: Any, value: Any
) -> list[Alternative]:
    other = retrial.with_value(parameter, setting)
    if other is None or not turns(other):
        return []
    return [Alternative(value, other.status, other.credit, other.holder, other.decided_by)]


class Figures:
    """The numbers with which a parameter can be compared in one history, by its unit."""

    def __init__(self, retrial: Retrial) -> None:
        entries = retrial.matter.history.entries
        self.counts = range(len(entries) + 2)
        moments = {moment for e in entries for moment in (e.at, e.recorded)}
        self.moments = sorted({*moments, retrial.as_of})
        self.days = sorted({retrial.calendar.day(moment) for moment in self.moments})
        self.measured = {
            int(Decimal(figure.amount))
            for finding in retrial.ruling.findings
            if finding.margin is not None
            for figure in finding.margin
        }
        self._known: dict[str | None, frozenset[int]] = {}

    def of(self, unit: str | None, current: int | None) -> set[int]:
        """The numbers of a unit with their neighbours, and those of the value in force."""
        if unit not in self._known:
            found = {*self.measured, *self._of(unit)}
            self._known[unit] = frozenset(n + step for n in found for step in (-1, 0, 1))
        near = set() if current is None else {current - 1, current + 1}
        return {*self._known[unit], *near}

    def _of(self, unit: str | None) -> Iterable[int]:
        if unit in ("hours", "minutes"):
            size = HOUR if unit == "hours" else MINUTE
            return {(later - one) // size for one, later in combinations(self.moments, 2)}
        gaps = {later - one for one, later in combinations(self.days, 2)} | {0}
        if unit == "days":
            return gaps
        if unit == "working_days":  # never more than the days, and every number may occur
            return range(max(gaps) + 1)
        if unit == "months":
            return {gap // 28 for gap in gaps} | {gap // 31 for gap in gaps}
        return self.counts
