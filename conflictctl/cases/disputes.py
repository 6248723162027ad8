"""Figures over disputes about deals: which clause decides, who decided otherwise, what stood.

A dispute is a deal that somebody claims, or on which somebody ruled.  What the rules alone would
give is the judge's `by_rule`; people's rulings are held against it, and against each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from conflictctl.adjudication.judge import case_of, matter_of, persons_of, rule_on
from conflictctl.adjudication.ruling import Ruling
from conflictctl.calendar import Calendar, Moment
from conflictctl.cases.attribution import StepsOf, attribution_cases
from conflictctl.cases.period import Period, month_of
from conflictctl.cases.procedure import WITHDRAWN, Case
from conflictctl.cases.spread import Share
from conflictctl.errors import InputRejected
from conflictctl.events import INSTANCES, Event
from conflictctl.history import CONTACT_KINDS, Entry, History, replay
from conflictctl.people import People
from conflictctl.policy import holding
from conflictctl.policy.model import Policy
from conflictctl.policy.program import Program, compiled

OUTCOMES = ("rule", "person", "agreement", "referred", "withdrawn")
"""By rule, by people, agreed upon, still to be decided by people, taken back."""


class PersonsRuling(NamedTuple):
    """A ruling by a person, and how it stands beside the rules and the instances above.

    `departs` is None where the rules name nobody, so that there is nothing to depart from.
    `overturned`: a later ruling of a higher instance awards otherwise.
    """

    by: str
    instance: str
    departs: bool | None
    reasoned: bool
    appealed: bool
    overturned: bool


class Dispute(NamedTuple):
    """One deal in dispute.  `clause` is the one that decides by rule, None if none does."""

    case: str | None
    customer: str
    day: int
    outlet: str | None
    clause: str | None
    outcome: str
    parties: tuple[str, ...]
    rulings: tuple[PersonsRuling, ...]


class StandIn(NamedTuple):
    """A contact with a customer by the cover of its holder while he was away."""

    day: int
    cover: str
    holder: str
    outlet: str | None


class Found(NamedTuple):
    """What one dossier holds of disputes and of stand-in service."""

    disputes: tuple[Dispute, ...]
    contacts: tuple[StandIn, ...]


class Bench(NamedTuple):
    """All that disputes depend on but the dossier."""

    policy: Policy
    people: People
    calendar: Calendar
    as_of: Moment
    settings: Mapping[str, Any]
    caseloads: Mapping[str, int] | None = None


def covers_of(people: People) -> frozenset[str]:
    """Everybody who ever was named to stand in for somebody away."""
    return frozenset(
        absence.cover
        for person in people.staff.values()
        for absence in person.absences
        if absence.cover is not None
    )


def found_in(
    events: Sequence[Event],
    members: Sequence[str],
    bench: Bench,
    covers: frozenset[str],
    steps_of: StepsOf,
) -> Found:
    """The disputes of one dossier, and its contacts by stand-ins; `covers` as `covers_of` says."""
    disputed = any(event.kind in ("claim", "ruling") for event in events)
    covered = any(event.by in covers and event.kind in CONTACT_KINDS for event in events)
    if not disputed and not covered:
        return Found((), ())
    program = compiled(bench.policy, bench.settings)
    history = replay(
        events,
        people=bench.people,
        calendar=bench.calendar,
        as_of=bench.as_of,
        powers=program.powers,
    )
    return Found(
        tuple(_disputes(events, history, program, bench, steps_of)) if disputed else (),
        tuple(_stand_ins(history, members, program, bench, covers)) if covered else (),
    )


# ------------------------------------------------------------------------------- disputes


def _disputes(
    events: Sequence[Event],
    history: History,
    program: Program,
    bench: Bench,
    steps_of: StepsOf,
) -> Iterable[Dispute]:
    entries = {entry.seq: entry for entry in history.entries}
    seen: set[int] = set()
    for case in attribution_cases(
        events,
        people=bench.people,
        calendar=bench.calendar,
        as_of=bench.as_of,
        steps_of=steps_of,
    ):
        acts = [entries[tried.event.seq] for tried in case.tried if tried.event.seq in entries]
        seen.update(act.seq for act in acts)
        yield _dispute(events, case, acts, program, bench)
    # Rulings that nobody had claimed before.
    alone: dict[tuple[str, Any], list[Entry]] = {}
    for entry in history.entries:
        if entry.kind == "ruling" and entry.seq not in seen and _stands(entry):
            alone.setdefault((entry.customer or "", entry.get("deal")), []).append(entry)
    for (customer, deal), acts in alone.items():
        ruling = _ruling(events, customer, deal, bench)
        first = min(acts, key=lambda entry: entry.key)
        yield Dispute(
            None,
            customer,
            bench.calendar.day(first.at),
            first.unit,
            _clause(ruling),
            "person" if ruling.by_rule is not None else _by_rule(ruling),
            (),
            _rulings(acts, ruling, program),
        )


def _dispute(
    events: Sequence[Event], case: Case, acts: list[Entry], program: Program, bench: Bench
) -> Dispute:
    assert case.customer is not None
    ruling = _ruling(events, case.customer, case.deal, bench)
    if case.state == WITHDRAWN:
        outcome = "withdrawn"
    elif ruling.by_rule is not None:
        outcome = "person"
    elif case.how == "settled":
        outcome = "agreement"
    else:
        outcome = _by_rule(ruling)
    return Dispute(
        case.id,
        case.customer,
        bench.calendar.day(case.opened.at),
        case.outlet,
        _clause(ruling),
        outcome,
        case.parties,
        _rulings(acts, ruling, program),
    )


def _ruling(events: Sequence[Event], customer: str, deal: str | None, bench: Bench) -> Ruling:
    def rule(wanted: str | None) -> Ruling:
        return rule_on(
            events,
            customer,
            policy=bench.policy,
            people=bench.people,
            calendar=bench.calendar,
            as_of=bench.as_of,
            settings=bench.settings,
            deal=wanted,
            explain=False,
            caseloads=bench.caseloads,
        )

    try:
        return rule(deal)
    except InputRejected:  # the policy knows no such deal: one not yet closed, say
        return rule("open")


def _clause(ruling: Ruling) -> str | None:
    return ruling.by_rule.decided_by if ruling.by_rule is not None else ruling.decided_by


def _by_rule(ruling: Ruling) -> str:
    return "referred" if ruling.status == "referred" else "rule"


def _stands(entry: Entry) -> bool:
    return not (entry.voided or entry.struck)


def _rulings(acts: Sequence[Entry], ruling: Ruling, program: Program) -> tuple[PersonsRuling, ...]:
    rulings = sorted(
        (act for act in acts if act.kind == "ruling" and _stands(act)), key=lambda act: act.key
    )
    appeals = {act.get("against") for act in acts if act.kind == "appeal" and _stands(act)}
    given = _given(ruling)
    return tuple(
        PersonsRuling(
            act.by or "",
            act.fields["instance"],
            None if not given else _award(act) != given,
            bool(act.get("reason")),
            act.event.id in appeals or act.seq in appeals,
            any(
                _rank(later, program) > _rank(act, program) and _award(later) != _award(act)
                for later in rulings[place + 1 :]
            ),
        )
        for place, act in enumerate(rulings)
    )


def _given(ruling: Ruling) -> frozenset[tuple[str, str]]:
    """To whom the rules alone give the deal; empty where they name nobody."""
    if ruling.by_rule is not None:
        return frozenset((one.party, one.share) for one in ruling.by_rule.credit)
    if ruling.status == "referred":
        return frozenset()
    if ruling.holder is not None:
        return frozenset(((ruling.holder, "100"),))
    return frozenset((one.party, one.share) for one in ruling.credit)


def _award(entry: Entry) -> frozenset[tuple[str, str]]:
    return frozenset((row["party"], row["share"]) for row in entry.fields["award"])


def _rank(entry: Entry, program: Program) -> int:
    """How high an instance stands: in the policy's ladder, else in the order of all."""
    instance = entry.fields["instance"]
    ranks = program.instances.ranks
    return ranks.get(instance, -1) if ranks else INSTANCES.index(instance)


# ----------------------------------------------------------------------- stand-in service


def _stand_ins(
    history: History,
    members: Sequence[str],
    program: Program,
    bench: Bench,
    covers: frozenset[str],
) -> Iterable[StandIn]:
    """Contacts by whoever an entry of absence names as cover, while its author's absence lasts.

    Policies know absence and cover only as words of their conditions; what counts as service of
    a stand-in is said here: a visit, call or follow-up, not voided or struck, by the cover of
    the one who held the customer at that moment under the policy.
    """
    for person in persons_of(history, members, program.joined):
        case = case_of(matter_of(program, history, person, bench.as_of), None)
        for entry in case.entries:
            if entry.kind not in CONTACT_KINDS or entry.by not in covers or not _stands(entry):
                continue
            tenures = holding.timeline(case, entry.at)
            holder = tenures[-1].staff if tenures else None
            absence = case.absence(holder, entry.at) if holder is not None else None
            if holder is None or absence is None or absence.cover != entry.by:
                continue
            yield StandIn(bench.calendar.day(entry.at), absence.cover, holder, entry.unit)


# ------------------------------------------------------------------------------- counting


class Docket(NamedTuple):
    """Which disputes are counted: begun in a period, of one outlet."""

    period: Period
    outlet: str | None = None

    def takes(self, day: int, outlet: str | None) -> bool:
        """Whether something of that day and outlet is asked for."""
        return self.period.holds(day) and self.outlet in (None, outlet)


class Judged(NamedTuple):
    """How somebody ruled: `departures` of `comparable`, the rules having named somebody."""

    by: str
    rulings: int
    comparable: int
    departures: int
    unexplained: int
    appealed: int
    overturned: int


_RULED = ("rulings", "comparable", "departures", "unexplained", "appealed", "overturned")


class DisputeTally:
    """Counts over disputes; `merge` of any split in any order gives the same."""

    __slots__ = ("by", "disputes", "ruled", "stand_ins")

    def __init__(self) -> None:
        self.disputes = 0
        self.by: dict[str, Counter[Any]] = {
            name: Counter() for name in ("month", "clause", "outcome", "party", "outlet")
        }
        self.ruled: dict[str, Counter[str]] = {}
        self.stand_ins = Counter[tuple[str, str]]()

    def add(self, found: Found, docket: Docket) -> None:
        """Count what a dossier holds in, so far as it was asked for."""
        for dispute in found.disputes:
            if docket.takes(dispute.day, dispute.outlet):
                self._add(dispute)
        for contact in found.contacts:
            if docket.takes(contact.day, contact.outlet):
                self.stand_ins[contact.cover, contact.holder] += 1

    def _add(self, dispute: Dispute) -> None:
        self.disputes += 1
        by = self.by
        by["month"][month_of(dispute.day)] += 1
        by["clause"][dispute.clause] += 1
        by["outcome"][dispute.outcome] += 1
        by["outlet"][dispute.outlet] += 1
        by["party"].update(dispute.parties)
        for ruling in dispute.rulings:
            counts = self.ruled.setdefault(ruling.by, Counter())
            counts["rulings"] += 1
            counts["comparable"] += ruling.departs is not None
            counts["departures"] += bool(ruling.departs)
            counts["unexplained"] += bool(ruling.departs) and not ruling.reasoned
            counts["appealed"] += ruling.appealed
            counts["overturned"] += ruling.overturned

    def merge(self, other: DisputeTally) -> None:
        """Count another's disputes in."""
        self.disputes += other.disputes
        for name, counts in other.by.items():
            self.by[name].update(counts)
        for by, counts in other.ruled.items():
            self.ruled.setdefault(by, Counter()).update(counts)
        self.stand_ins.update(other.stand_ins)


class DisputeFigures(NamedTuple):
    """All figures over some disputes; counts in falling order, months in theirs."""

    disputes: int
    by: dict[str, tuple[tuple[str | None, int], ...]]
    judged: tuple[Judged, ...]
    departures: Share
    overturned: Share
    appealed: Share
    stand_ins: tuple[tuple[str, str, int], ...]


def dispute_figures(tally: DisputeTally) -> DisputeFigures:
    """What the counts say."""
    judged = tuple(
        Judged(by, *(tally.ruled[by][name] for name in _RULED)) for by in sorted(tally.ruled)
    )
    rulings = sum(one.rulings for one in judged)
    return DisputeFigures(
        tally.disputes,
        {name: _sorted(name, counts) for name, counts in tally.by.items()},
        judged,
        Share(sum(one.departures for one in judged), sum(one.comparable for one in judged)),
        Share(sum(one.overturned for one in judged), rulings),
        Share(sum(one.appealed for one in judged), rulings),
        tuple(
            (cover, holder, count)
            for (cover, holder), count in sorted(
                tally.stand_ins.items(), key=lambda item: (-item[1], item[0])
            )
        ),
    )


def _sorted(name: str, counts: Counter[Any]) -> tuple[tuple[str | None, int], ...]:
    def order(item: tuple[Any, int]) -> tuple[Any, ...]:
        key = "\uffff" if item[0] is None else item[0]
        return (key,) if name == "month" else (-item[1], key)

    return tuple(sorted(counts.items(), key=order))
