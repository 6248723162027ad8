"""One customer's history laid out in time: who did what, who held, what ran, what decided.

A view of what the judge saw, as one plain value.  Every entry of the dossier stands in it once;
an entry that does not count says why, in the word of the ruling.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from conflictctl.adjudication import judge
from conflictctl.adjudication.ruling import Ruling, decisive
from conflictctl.calendar import Calendar, Moment
from conflictctl.events import KINDS, RULED_KINDS, Event
from conflictctl.history import CONTACT_KINDS, Entry
from conflictctl.people import People
from conflictctl.policy import holding
from conflictctl.policy.case import Case
from conflictctl.policy.model import Policy
from conflictctl.policy.vocabulary.periods import filing_end, window

PERIODS = ("holds", "term", "protection", "filing", "window")


class Mark(NamedTuple):
    """One entry: `party` did it (None: nobody is named), at `at`, entered at `recorded`.

    `why` is the word for why it does not count (late, voided, own_word ...), None where nothing
    speaks against it.  `decisive` entries are those the deciding clause rests on; `deal` is the
    entry that is the deal.
    """

    event: str
    kind: str
    customer: str | None
    party: str | None
    at: Moment
    recorded: Moment
    why: str | None
    decisive: bool
    deal: bool


class Period(NamedTuple):
    """Something that ran from `since` to `until` (exclusive; None: it has no end).

    `holds`: the customer was the party's.  `term`: until when the party had to be in touch again,
    by `level`; `exceeded` where he was not.  `protection`: how long a holding lasts by itself.
    `filing`: how long a filing stands.  `window`: a window of the policy (`name`) after the deal.
    """

    kind: str
    party: str | None
    since: Moment
    until: Moment | None
    event: str | None = None
    level: str | None = None
    limit: int | None = None
    exceeded: bool = False
    name: str | None = None


class Lane(NamedTuple):
    """One person's part of the history, and the outlet he belonged to last."""

    party: str | None
    outlet: str | None


class Timeline(NamedTuple):
    """All of it, marks and periods in the order of time."""

    ruling: Ruling
    lanes: tuple[Lane, ...]
    marks: tuple[Mark, ...]
    periods: tuple[Period, ...]


def timeline_of(
    events: Sequence[Event],
    customer: str,
    *,
    policy: Policy,
    people: People,
    calendar: Calendar,
    as_of: Moment,
    settings: Mapping[str, Any] | None = None,
    caseloads: Mapping[str, int] | None = None,
    ruling: Ruling,
) -> Timeline:
    """The history behind `ruling`, which `rule_on` gave for the same arguments."""
    deal, matter = judge.matter_ruled_on(
        events,
        customer,
        policy=policy,
        people=people,
        calendar=calendar,
        as_of=as_of,
        settings=settings,
        caseloads=caseloads,
        ruling=ruling,
    )
    case = judge.case_of(matter, deal)
    marks = tuple(_marks(matter.history.entries, case, ruling))
    periods = tuple(sorted(_periods(case), key=lambda p: (p.since, PERIODS.index(p.kind))))
    return Timeline(ruling, _lanes(marks, periods, people, as_of), marks, periods)


def about_the_deal(timeline: Timeline) -> Timeline:
    """Without what no policy about deals speaks of: introductions, and the steps of cases."""
    marks = tuple(
        mark
        for mark in timeline.marks
        if (mark.kind in RULED_KINDS and KINDS[mark.kind].group != "who" and mark.kind != "check")
        or mark.decisive
    )
    seen = {mark.party for mark in marks} | {p.party for p in timeline.periods}
    lanes = tuple(lane for lane in timeline.lanes if lane.party in seen)
    return timeline._replace(marks=marks, lanes=lanes)


def _marks(entries: Sequence[Entry], case: Case, ruling: Ruling) -> Iterator[Mark]:
    refused = {one.event: one.why for finding in ruling.findings for one in finding.refused}
    found = decisive(ruling)
    resting = set(found.evidence) if found is not None else set()
    anchor = case.anchor.ref if case.anchor is not None else None
    for entry in sorted(entries, key=lambda entry: entry.key):
        yield Mark(
            entry.ref,
            entry.kind,
            entry.customer,
            entry.by,
            entry.at,
            entry.recorded,
            _why_not(entry, refused, resting),
            entry.ref in resting,
            entry.ref == anchor,
        )


def _why_not(entry: Entry, refused: Mapping[str, str], resting: set[str]) -> str | None:
    if entry.voided or entry.struck:
        return entry.flaw
    if entry.ref in resting:
        return None  # one clause may rest on what another one passes over
    return refused.get(entry.ref)


# -------------------------------------------------------------------------- what ran


def _periods(case: Case) -> Iterator[Period]:
    until = case.anchor.moment if case.anchor is not None else case.as_of + 1
    if case.program.holding.opens:
        tenures = holding.timeline(case, case.anchor if case.anchor is not None else until)
        yield from _held(tenures, until)
        yield from _terms(case, tenures, until)
    yield from _filings(case)
    if case.anchor is not None:
        for name in case.program.windows:
            yield Period("window", None, case.anchor.at, window(case, name, None)[2], name=name)


def _held(tenures: Sequence[holding.Tenure], until: Moment) -> Iterator[Period]:
    ends = [*(tenure.since for tenure in tenures[1:]), until]
    for tenure, end in zip(tenures, ends, strict=False):  # nobody held: no end either
        if tenure.staff is not None:
            yield Period("holds", tenure.staff, tenure.since, end, tenure.entry.ref)


def _terms(case: Case, tenures: Sequence[holding.Tenure], until: Moment) -> Iterator[Period]:
    """Until when each contact held: by the level then, or by the time that the policy gives."""
    spec = case.program.holding
    if spec.levels and spec.limits:
        staff = dict.fromkeys(e.by for e in case.pool(spec.keeps) if e.by is not None)
        for party in staff:
            anchor = case.anchor if case.anchor is not None else until
            for lapse in holding.gaps_since(case, party, anchor):
                if lapse.limit is None or lapse.opened_by is None:
                    continue
                opened = lapse.opened_by
                end = case.history.calendar.start_of(case.day(opened) + lapse.limit + 1)
                yield Period(
                    "term", party, opened.moment, end, opened.ref, lapse.level, lapse.limit,
                    lapse.days > lapse.limit,
                )  # fmt: skip
        return
    for tenure in tenures:
        if tenure.staff is None:
            continue
        if spec.idle is not None:
            silent = holding.idle_end(case, tenure, until)
            if silent is not None:
                yield Period(
                    "term",
                    tenure.staff,
                    tenure.since,
                    silent,
                    tenure.entry.ref,
                    exceeded=silent < until,
                )
        if spec.lasts is not None:
            over = holding.end_of(case, tenure, until)
            if over is not None:
                yield Period("protection", tenure.staff, tenure.since, over, tenure.entry.ref)


def _filings(case: Case) -> Iterator[Period]:
    for entry in case.entries:
        if entry.kind == "filing" and not entry.voided and not entry.struck:
            end = filing_end(case, entry, case.as_of + 1)
            yield Period("filing", entry.by, entry.moment, end, entry.ref)


# ------------------------------------------------------------------------------ lanes


def _lanes(
    marks: Sequence[Mark], periods: Sequence[Period], people: People, as_of: Moment
) -> tuple[Lane, ...]:
    """Those who were in touch first, in the order in which they came; then all others."""
    touched = [m.party for m in marks if m.kind in CONTACT_KINDS]
    others = [*(p.party for p in periods if p.kind != "window"), *(m.party for m in marks)]
    named = dict.fromkeys(party for party in [*touched, *others] if party is not None)
    lanes = [Lane(party, people.outlet(party, as_of)) for party in named]
    if any(mark.party is None for mark in marks):
        lanes.append(Lane(None, None))
    return tuple(lanes)
