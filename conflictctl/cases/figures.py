"""Figures over many cases: counted one by one, merged in any order, read off at the end.

`row_of` takes from a replayed case what is counted; a `Tally` counts rows and merges with
others, so that several processes may share the work; `figures` gives the values that every
view shows.  A tally holds counts, eight bytes for each time that was measured, and the number of
complaints of each customer: no case stays in memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple

from conflictctl.calendar import Calendar
from conflictctl.cases.period import Period, month_of
from conflictctl.cases.procedure import FINISHED, Case
from conflictctl.cases.spread import Share, Spread
from conflictctl.events import Event

DIMENSIONS = (
    "month",
    "category",
    "cause",
    "channel",
    "outlet",
    "handler",
    "customer_type",
    "severity",
    "how",
    "state",
    "level",
)
"""What cases are counted by: the month (local) of their opening, and what they are now."""

MOST_LISTED = 100
"""So many open lessons, and so many repeat customers, are named; all are counted."""

SATISFIED_FROM = 4


class Timing(NamedTuple):
    """What the case policy says of the times of one case.

    `…_work` are working microseconds until the answer or resolution as the policy counts them;
    `…_in_time` is None where no deadline was set or it is still running.
    """

    response_work: int | None = None
    response_in_time: bool | None = None
    resolution_work: int | None = None
    resolution_in_time: bool | None = None
    satisfied_from: int = SATISFIED_FROM


Timer = Callable[[Case], Timing]


class Took(NamedTuple):
    """How long something took, in microseconds by the clock and of working time."""

    clock: int | None
    work: int | None
    in_time: bool | None


class OpenLesson(NamedTuple):
    """A lesson not yet put to use: of which case, who owns it, until which day (ISO)."""

    case: str
    lesson: str
    owner: str
    due: str | None


class CaseRow(NamedTuple):
    """What is counted of one case.

    `keys` are its values in the order of DIMENSIONS.  `first_contact` is None while it is not
    resolved; `settled` says that it was resolved or finished at least once, and so could be
    reopened.  `scores` are all answers to `asked` attempts to ask, in their order.
    """

    day: int
    keys: tuple[str | int | None, ...]
    complainant: str | None
    response: Took
    resolution: Took
    resolved: bool
    first_contact: bool | None
    escalated: bool
    settled: bool
    reopened: bool
    asked: int
    scores: tuple[int, ...]
    satisfied: int
    lessons: tuple[OpenLesson, ...]
    obstructions: tuple[tuple[str, str], ...]
    commended: tuple[str, ...]


def row_of(case: Case, calendar: Calendar, timing: Timing = Timing()) -> CaseRow:  # noqa: B008
    """What is counted of a case.

    First-contact resolution (首次呼叫解决率, a key figure of the after-sales outline, chapter
    on continuous improvement): the case is resolved, was never reopened or escalated, and
    nobody had to speak more than once with the customer or a party before the resolution.
    The time to the resolution is that to the one in force: a case that was reopened took until
    it was resolved again.
    """
    opened = case.opened
    day = calendar.day(opened.at)
    resolved = case.resolved is not None
    reopened, escalated = bool(case.reopenings), bool(case.escalations)
    scores = tuple([answer.score for answer in case.answers if answer.score is not None])
    return CaseRow(
        day,
        (
            _month(day),
            case.category,
            case.cause,
            case.channel,
            case.outlet,
            case.handler,
            case.customer_type,
            case.severity,
            case.how,
            case.state,
            case.level,
        ),
        case.customer if case.category == "complaint" else None,
        _took(case, case.responded, timing.response_work, timing.response_in_time),
        _took(case, case.resolved, timing.resolution_work, timing.resolution_in_time),
        resolved,
        not (reopened or escalated) and case.interactions <= 1 if resolved else None,
        escalated,
        resolved or reopened or case.state in FINISHED,
        reopened,
        len(case.answers),
        scores,
        sum(score >= timing.satisfied_from for score in scores),
        _open_lessons(case) if case.lessons else (),
        tuple([(event.fields["party"], event.fields["how"]) for event in case.obstructions])
        if case.obstructions
        else (),
        tuple([e.fields["staff"] for e, _ in case.tried if e.kind == "sanction" and _commends(e)]),
    )


_month = lru_cache(maxsize=4096)(month_of)


def _open_lessons(case: Case) -> tuple[OpenLesson, ...]:
    return tuple(
        OpenLesson(case.id, name, lesson.owner, lesson.due)
        for name, lesson in case.lessons.items()
        if lesson.done is None
    )


def _commends(sanction: Event) -> bool:
    return bool(sanction.fields["measure"] == "commendation")


def _took(case: Case, end: Event | None, work: int | None, in_time: bool | None) -> Took:
    clock = max(end.at - case.opened.at, 0) if end is not None else None
    return Took(clock, work, in_time)


# ------------------------------------------------------------------------------ choosing


class Selection(NamedTuple):
    """Which cases are counted: opened in a period, and what they have to be.

    `now` and `before` are the two periods whose causes are compared.
    """

    period: Period
    now: Period
    before: Period
    category: str | None = None
    outlet: str | None = None
    handler: str | None = None

    def takes(self, row: CaseRow) -> bool:
        """Whether a case is one of those asked for, whenever it was opened."""
        keys = row.keys
        return (
            (self.category is None or self.category == keys[_CATEGORY])
            and (self.outlet is None or self.outlet == keys[_OUTLET])
            and (self.handler is None or self.handler == keys[_HANDLER])
        )


_CATEGORY, _CAUSE = DIMENSIONS.index("category"), DIMENSIONS.index("cause")
_OUTLET, _HANDLER = DIMENSIONS.index("outlet"), DIMENSIONS.index("handler")


# ------------------------------------------------------------------------------ counting


class Times:
    """Times to one step of the procedure, and how many were in time of those decided."""

    __slots__ = ("clock", "decided", "in_time", "work")

    def __init__(self) -> None:
        self.clock, self.work = Spread(), Spread()
        self.in_time = self.decided = 0

    def add(self, times: Sequence[Took]) -> None:
        """Count cases in; `in_time` None is neither in time nor late."""
        self.clock.add([took.clock for took in times if took.clock is not None])
        self.work.add([took.work for took in times if took.work is not None])
        decided = [took.in_time for took in times if took.in_time is not None]
        self.decided += len(decided)
        self.in_time += sum(decided)

    def merge(self, other: Times) -> None:
        """Count another's cases in."""
        self.clock.merge(other.clock)
        self.work.merge(other.work)
        self.in_time += other.in_time
        self.decided += other.decided


class Asked:
    """Attempts to ask how satisfied somebody is, and the answers from 1 to 5."""

    __slots__ = ("asked", "satisfied", "scores")

    def __init__(self) -> None:
        self.asked = self.satisfied = 0
        self.scores = [0] * 5

    def add(self, asked: int, scores: Iterable[int], satisfied: int) -> None:
        """Count attempts and answers in."""
        self.asked += asked
        self.satisfied += satisfied
        for score in scores:
            self.scores[score - 1] += 1

    def merge(self, other: Asked) -> None:
        """Count another's attempts and answers in."""
        self.asked += other.asked
        self.satisfied += other.satisfied
        self.scores = [mine + more for mine, more in zip(self.scores, other.scores, strict=True)]

    def figure(self) -> Satisfaction:
        """The counts as they are."""
        return Satisfaction(self.asked, tuple(self.scores), self.satisfied)


_RATES = {
    name: attrgetter(name)
    for name in ("resolved", "first_contact", "escalated", "settled", "reopened")
}


class Cohort:
    """What became of the cases opened in one month."""

    __slots__ = ("asked", "counts", "resolution", "response")

    def __init__(self) -> None:
        self.counts = Counter[str]()
        self.response, self.resolution = Times(), Times()
        self.asked = Asked()

    def add(self, rows: Sequence[CaseRow]) -> None:
        """Count cases in."""
        counts = self.counts
        counts["cases"] += len(rows)
        for name, read in _RATES.items():
            counts[name] += sum(map(bool, map(read, rows)))
        self.response.add([row.response for row in rows])
        self.resolution.add([row.resolution for row in rows])
        for row in rows:
            if row.asked:
                self.asked.add(row.asked, row.scores, row.satisfied)

    def merge(self, other: Cohort) -> None:
        """Count another's cases in."""
        self.counts.update(other.counts)
        self.response.merge(other.response)
        self.resolution.merge(other.resolution)
        self.asked.merge(other.asked)


class Tally:
    """Counts over cases; `merge` of any split in any order gives the same."""

    __slots__ = (
        "before",
        "by",
        "campaigns",
        "commended",
        "customers",
        "lessons",
        "lessons_open",
        "months",
        "now",
        "obstructions",
        "owners",
    )

    def __init__(self) -> None:
        self.by: dict[str, Counter[Any]] = {name: Counter() for name in DIMENSIONS}
        self.months: dict[str, Cohort] = {}
        self.now, self.before = Counter[Any](), Counter[Any]()
        self.customers = Counter[str]()
        self.lessons: list[OpenLesson] = []
        self.lessons_open = 0
        self.owners = Counter[str]()
        self.obstructions = Counter[tuple[str, str]]()
        self.commended = Counter[str]()
        self.campaigns: dict[str, Asked] = {}

    def add(self, rows: Iterable[CaseRow], chosen: Selection) -> None:
        """Count cases in, so far as they were asked for; many at once are counted faster.

        Lessons stay open whatever the period: those of earlier cases count as well.
        """
        taken = [row for row in rows if chosen.takes(row)]
        for row in taken:
            if row.lessons:
                self.lessons_open += len(row.lessons)
                self.owners.update(lesson.owner for lesson in row.lessons)
                self._list(row.lessons)
        self.now.update(row.keys[_CAUSE] for row in taken if chosen.now.holds(row.day))
        self.before.update(row.keys[_CAUSE] for row in taken if chosen.before.holds(row.day))
        taken = [row for row in taken if chosen.period.holds(row.day)]
        columns = (
            zip(*[row.keys for row in taken], strict=True) if taken else [()] * len(DIMENSIONS)
        )
        for name, column in zip(DIMENSIONS, columns, strict=True):
            self.by[name].update(column)
        by_month: dict[str, list[CaseRow]] = {}
        for row in taken:
            by_month.setdefault(str(row.keys[0]), []).append(row)
            self.obstructions.update(row.obstructions)
            self.commended.update(row.commended)
        for month, found in by_month.items():
            self.months.setdefault(month, Cohort()).add(found)
        self.customers.update(row.complainant for row in taken if row.complainant is not None)

    def _list(self, lessons: Iterable[OpenLesson]) -> None:
        self.lessons += lessons
        if len(self.lessons) > 2 * MOST_LISTED:
            self.lessons = sorted(self.lessons, key=_by_due)[:MOST_LISTED]

    def add_survey(self, event: Event, satisfied_from: int = SATISFIED_FROM) -> None:
        """Count one `survey` of a periodic campaign in."""
        asked = self.campaigns.setdefault(event.fields["campaign"], Asked())
        score = event.fields.get("score")
        asked.add(
            1, () if score is None else (score,), score is not None and score >= satisfied_from
        )

    def merge(self, other: Tally) -> None:
        """Count another's cases in."""
        for name, counts in other.by.items():
            self.by[name].update(counts)
        for month, cohort in other.months.items():
            self.months.setdefault(month, Cohort()).merge(cohort)
        self.now.update(other.now)
        self.before.update(other.before)
        self.customers.update(other.customers)
        self.lessons_open += other.lessons_open
        self.owners.update(other.owners)
        self._list(other.lessons)
        self.obstructions.update(other.obstructions)
        self.commended.update(other.commended)
        for campaign, asked in other.campaigns.items():
            self.campaigns.setdefault(campaign, Asked()).merge(asked)


def _by_due(lesson: OpenLesson) -> tuple[Any, ...]:
    return (lesson.due is None, lesson.due or "", lesson.case, lesson.lesson)


def tally_of(
    cases: Iterable[Case], calendar: Calendar, chosen: Selection, timer: Timer | None = None
) -> Tally:
    """The counts over some cases; without a `timer` no deadlines are known."""
    tally = Tally()
    if timer is None:
        tally.add((row_of(case, calendar) for case in cases), chosen)
    else:
        tally.add((row_of(case, calendar, timer(case)) for case in cases), chosen)
    return tally


# ------------------------------------------------------------------------ reading it off


class Counted(NamedTuple):
    """How many cases have a value; `key` is None where none was recorded."""

    key: str | int | None
    cases: int


class TimesFigure(NamedTuple):
    """Median and 90th percentile (nearest rank) in microseconds, and the share in time.

    `share` counts cases whose deadline was kept among those in which it was kept or has
    passed; a deadline still running is neither.
    """

    measured: int
    median: int | None
    p90: int | None
    work_median: int | None
    work_p90: int | None
    share: Share


class Satisfaction(NamedTuple):
    """Attempts to ask and the answers, by score from 1 to 5; every attempt counts as one."""

    asked: int
    scores: tuple[int, ...]
    satisfied: int

    @property
    def answered(self) -> int:
        """How many attempts were answered with a score."""
        return sum(self.scores)

    @property
    def response(self) -> Share:
        """Answers among the attempts to ask."""
        return Share(self.answered, self.asked)

    @property
    def satisfied_share(self) -> Share:
        """Answers that satisfy by the policy, among all answers."""
        return Share(self.satisfied, self.answered)

    @property
    def mean(self) -> float | None:
        """The mean score; None without an answer."""
        total = sum(score * count for score, count in enumerate(self.scores, 1))
        return total / self.answered if self.answered else None


class Month(NamedTuple):
    """What became of the cases opened in one month."""

    month: str
    cases: int
    resolved: int
    first_contact: Share
    escalation: Share
    reopening: Share
    response: TimesFigure
    resolution: TimesFigure
    satisfaction: Satisfaction


class Grown(NamedTuple):
    """How many cases a cause had in the present period and in the one before."""

    cause: str | None
    now: int
    before: int


class Repeat(NamedTuple):
    """Customers who complained, those of them who did so more than once, and the most frequent."""

    customers: Share
    most: tuple[tuple[str, int], ...]


class Lessons(NamedTuple):
    """How many lessons are open and overdue on a day, by owner, and those due first."""

    open: int
    listed: tuple[OpenLesson, ...]
    owners: tuple[tuple[str, int], ...]


class Figures(NamedTuple):
    """All figures over some cases."""

    cases: int
    by: dict[str, tuple[Counted, ...]]
    whole: Month
    """The figures of a month, over the whole period; its `month` is empty."""
    months: tuple[Month, ...]
    causes: tuple[Grown, ...]
    repeat: Repeat
    lessons: Lessons
    obstructions: tuple[tuple[str, str, int], ...]
    commended: tuple[tuple[str, int], ...]
    campaigns: tuple[tuple[str, Satisfaction], ...]


_BY_KEY = frozenset(("month", "severity"))


def figures(tally: Tally) -> Figures:
    """What the counts say."""
    whole = Cohort()
    for cohort in tally.months.values():
        whole.merge(cohort)
    repeated = _most({name: n for name, n in tally.customers.items() if n > 1})
    return Figures(
        whole.counts["cases"],
        {name: _counts(name, counts) for name, counts in tally.by.items()},
        _month_figure("", whole),
        tuple(_month_figure(month, tally.months[month]) for month in sorted(tally.months)),
        tuple(
            sorted(
                (
                    Grown(cause, tally.now[cause], tally.before[cause])
                    for cause in {*tally.now, *tally.before}
                ),
                key=lambda one: (one.before - one.now, -one.now, one.cause or "\uffff"),
            )
        ),
        Repeat(Share(len(repeated), len(tally.customers)), repeated[:MOST_LISTED]),
        Lessons(
            tally.lessons_open,
            tuple(sorted(tally.lessons, key=_by_due)[:MOST_LISTED]),
            _most(tally.owners),
        ),
        tuple(
            (party, how, count)
            for (party, how), count in sorted(
                tally.obstructions.items(), key=lambda item: (-item[1], item[0])
            )
        ),
        _most(tally.commended),
        tuple((name, tally.campaigns[name].figure()) for name in sorted(tally.campaigns)),
    )


def _most(counts: dict[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _counts(name: str, counts: Counter[Any]) -> tuple[Counted, ...]:
    def order(item: tuple[Any, int]) -> tuple[Any, ...]:
        key, count = item
        text = "\uffff" if key is None else str(key)
        return (text,) if name in _BY_KEY else (-count, text)

    return tuple(Counted(key, count) for key, count in sorted(counts.items(), key=order))


def _month_figure(month: str, cohort: Cohort) -> Month:
    counts = cohort.counts
    return Month(
        month,
        counts["cases"],
        counts["resolved"],
        Share(counts["first_contact"], counts["resolved"]),
        Share(counts["escalated"], counts["cases"]),
        Share(counts["reopened"], counts["settled"]),
        _times(cohort.response),
        _times(cohort.resolution),
        cohort.asked.figure(),
    )


def _times(times: Times) -> TimesFigure:
    median, p90 = times.clock.percentiles(50, 90)
    work_median, work_p90 = times.work.percentiles(50, 90)
    return TimesFigure(
        len(times.clock), median, p90, work_median, work_p90, Share(times.in_time, times.decided)
    )
