"""The figures of cases in words: sections for people, values for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple, Protocol

from conflictctl.calendar import HOUR, Calendar, Moment
from conflictctl.cases.figures import (
    DIMENSIONS,
    Counted,
    Figures,
    Grown,
    Month,
    Satisfaction,
    Selection,
    TimesFigure,
)
from conflictctl.cases.period import Period
from conflictctl.cases.spread import Share
from conflictctl.people import People
from conflictctl.render.language import day_text, person, say, term, tr
from conflictctl.render.report_page import (
    FigureRow,
    KeyFigure,
    Plot,
    Report,
    Section,
    duration,
    in_hours,
    percent,
    rounded,
    share_text,
)
from conflictctl.render.safe import safe
from conflictctl.render.terminal import Column
from conflictctl.wording import N_, Bilingual, Sentence, When

MOST_DRAWN = 12
"""A plot shows so many bars; the table beside it has them all."""
MOST_ROWS = 40
"""A table for people names so many outlets, handlers or customers; JSON and CSV have them all."""
MOST_NAMED = 20
"""So many lessons and repeat customers are named to people."""


class _Titled(Protocol):
    @property
    def title(self) -> Bilingual: ...


class _Level(_Titled, Protocol):
    @property
    def id(self) -> str: ...


class PolicyWords(Protocol):
    """What the report needs of a case policy: who it is, and what it calls causes and levels."""

    @property
    def id(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def digest(self) -> str: ...
    @property
    def causes(self) -> Mapping[str, _Titled]: ...
    @property
    def ladder(self) -> Sequence[_Level]: ...


class CaseReport(NamedTuple):
    """What the report is made of: the figures, what was asked, and who is called what."""

    figures: Figures
    chosen: Selection
    as_of: Moment
    policies: Mapping[str, PolicyWords]
    people: People
    calendar: Calendar


_TITLES = {
    "month": N_("By month of opening"),
    "category": N_("By category"),
    "cause": N_("By cause"),
    "channel": N_("By channel"),
    "outlet": N_("By outlet"),
    "handler": N_("By handler"),
    "customer_type": N_("By type of customer"),
    "severity": N_("By severity"),
    "how": N_("By kind of resolution"),
    "state": N_("By state"),
    "level": N_("By level reached"),
}
_HEADS = {
    "month": N_("month"),
    "category": N_("category"),
    "cause": N_("cause"),
    "channel": N_("came by"),
    "outlet": N_("outlet"),
    "handler": N_("handler"),
    "customer_type": N_("type of customer"),
    "severity": N_("severity"),
    "how": N_("resolution"),
    "state": N_("state"),
    "level": N_("level"),
}
_NOTHING = {
    "cause": N_("not found yet"),
    "channel": N_("none recorded"),
    "outlet": N_("none recorded"),
    "handler": N_("nobody yet"),
    "customer_type": N_("not known"),
    "how": N_("not resolved"),
}


def case_report(made_of: CaseReport) -> Report:
    """The report in the reader's language."""
    words = _Words(made_of)
    found = made_of.figures
    return Report(
        "cases",
        tr("Conflict cases"),
        words.about(),
        words.key_figures(),
        tuple(words.sections()),
        case_values(made_of),
        tuple(_figure_rows(found, made_of.chosen)),
    )


class _Words:
    """One report in one language."""

    def __init__(self, made_of: CaseReport) -> None:
        self.found = made_of.figures
        self.chosen = made_of.chosen
        self.people = made_of.people
        self.calendar = made_of.calendar
        self.as_of = made_of.as_of
        self.causes: dict[str, Bilingual] = {}
        self.levels: dict[str, Bilingual] = {}
        for policy in made_of.policies.values():
            for name, cause in policy.causes.items():
                self.causes.setdefault(name, cause.title)
            for level in policy.ladder:
                self.levels.setdefault(level.id, level.title)

    def key(self, dimension: str, key: str | int | None) -> str:
        """What people call a value that cases are counted by."""
        if key is None:
            return tr(_NOTHING.get(dimension, N_("none recorded")))
        text = str(key)
        if dimension in ("outlet", "handler"):
            return person(text, self.people)
        titles = {"cause": self.causes, "level": self.levels}.get(dimension, {})
        if text in titles:
            return say(titles[text])
        return safe(text) if dimension in ("month", "severity") else term(text)

    # -------------------------------------------------------------------------- beginning

    def about(self) -> tuple[str, ...]:
        chosen = self.chosen
        lines = [
            f"{_opened(chosen.period)}  "
            + say(Sentence("as of {moment}", moment=When(self.as_of)), None, self.calendar)
        ]
        only = [
            f"{tr(_HEADS[name])}: {self.key(name, value)}"
            for name in ("category", "outlet", "handler")
            if (value := getattr(chosen, name)) is not None
        ]
        if only:
            lines.append(tr("only {those}").format(those="  ".join(only)))
        return tuple(lines)

    def key_figures(self) -> tuple[KeyFigure, ...]:
        whole, found = self.found.whole, self.found
        asked = whole.satisfaction
        return (
            KeyFigure(
                tr("cases"),
                str(found.cases),
                tr("{n} resolved").format(n=whole.resolved) if found.cases else "",
            ),
            _kept(tr("first response"), whole.response),
            _kept(tr("resolution"), whole.resolution),
            _share(tr("first-contact resolution"), whole.first_contact),
            _share(tr("escalated"), whole.escalation),
            _share(tr("reopened"), whole.reopening),
            KeyFigure(
                tr("satisfaction"),
                _mean(asked),
                tr("{answered} answers to {asked} attempts to ask").format(
                    answered=asked.answered, asked=asked.asked
                ),
            ),
            _share(tr("repeat customers"), found.repeat.customers),
            KeyFigure(tr("open lessons"), str(found.lessons.open)),
        )

    # --------------------------------------------------------------------------- sections

    def sections(self) -> Iterator[Section]:
        yield self.trend()
        yield self.pace()
        yield self.times()
        yield self.growth()
        for dimension in DIMENSIONS[1:]:
            yield self.count(dimension, self.found.by[dimension])
        yield self.satisfaction()
        yield self.campaigns()
        yield self.repeat()
        yield self.lessons()
        yield self.obstructions()
        yield self.commendations()

    def trend(self) -> Section:
        months = self.found.months
        labels = tuple(one.month for one in months)
        return Section(
            "trend",
            tr("How many, month by month"),
            _columns(
                N_("month"),
                N_("cases"),
                N_("resolved"),
                N_("first contact"),
                N_("escalated"),
                N_("reopened"),
            ),
            tuple(
                (
                    one.month,
                    str(one.cases),
                    str(one.resolved),
                    percent(one.first_contact),
                    percent(one.escalation),
                    percent(one.reopening),
                )
                for one in months
            ),
            tr(
                "Of the cases opened in a month, whatever became of them later. First contact: "
                "resolved, never reopened or escalated, and nobody had to speak more than once "
                "with the customer before."
            ),
            (
                Plot(
                    "standing",
                    tr("Cases by month of opening"),
                    labels,
                    (
                        (tr("opened"), tuple(float(one.cases) for one in months)),
                        (tr("resolved since"), tuple(float(one.resolved) for one in months)),
                    ),
                ),
            ),
        )

    def pace(self) -> Section:
        months = self.found.months
        labels = tuple(one.month for one in months)
        return Section(
            "pace",
            tr("How fast and how well, month by month"),
            _columns(
                N_("month"),
                N_("first response"),
                N_("in time"),
                N_("resolution"),
                N_("in time"),
                N_("satisfaction"),
            ),
            tuple(
                (
                    one.month,
                    duration(one.response.median),
                    percent(one.response.share),
                    duration(one.resolution.median),
                    percent(one.resolution.share),
                    _mean(one.satisfaction),
                )
                for one in months
            ),
            tr("Times are medians by the clock."),
            (
                Plot(
                    "lines",
                    tr("In time by month of opening, percent"),
                    labels,
                    (
                        (tr("first response"), tuple(_percent(m.response.share) for m in months)),
                        (tr("resolution"), tuple(_percent(m.resolution.share) for m in months)),
                    ),
                    "%",
                ),
                Plot(
                    "lines",
                    tr("Satisfaction by month of opening, mean of 1 to 5"),
                    labels,
                    (
                        (
                            tr("satisfaction"),
                            tuple(rounded(m.satisfaction.mean, 2) for m in months),
                        ),
                    ),
                ),
            ),
        )

    def times(self) -> Section:
        whole = self.found.whole
        pairs = (
            (tr("first response"), whole.response),
            (tr("resolution"), whole.resolution),
        )
        return Section(
            "times",
            tr("Times"),
            _columns(
                N_("from opening to"),
                N_("cases"),
                N_("median"),
                N_("90th percentile"),
                N_("in time"),
            ),
            tuple(
                row
                for name, one in pairs
                if one.measured
                for row in (
                    (
                        name,
                        str(one.measured),
                        duration(one.median),
                        duration(one.p90),
                        share_text(one.share),
                    ),
                    (
                        tr("{step}, working time").format(step=name),
                        "",
                        _work(one.work_median),
                        _work(one.work_p90),
                        "",
                    ),
                )
                if row[2] != "–"
            ),
            tr(
                "Percentiles by nearest rank. In time: of the cases whose deadline was kept or "
                "has passed. Working time as the case policy counts it."
            ),
        )

    def growth(self) -> Section:
        grown = self.found.causes
        now, before = period_text(self.chosen.now), period_text(self.chosen.before)
        drawn = [one for one in grown if one.now or one.before][:MOST_DRAWN]
        return Section(
            "growth",
            tr("Causes that grow"),
            _columns(N_("cause"), N_("now"), N_("before"), N_("change")),
            tuple(
                (
                    self.key("cause", one.cause),
                    str(one.now),
                    str(one.before),
                    f"{one.now - one.before:+d}" if one.now != one.before else "0",
                )
                for one in grown
            ),
            tr("Cases opened {now} (now) and {before} (before).").format(now=now, before=before),
            (
                Plot(
                    "lying",
                    tr("Cases by cause, now and before"),
                    tuple(self.key("cause", one.cause) for one in drawn),
                    (
                        (tr("now"), tuple(float(one.now) for one in drawn)),
                        (tr("before"), tuple(float(one.before) for one in drawn)),
                    ),
                ),
            ),
        )

    def count(self, dimension: str, counts: Sequence[Counted]) -> Section:
        drawn = counts[:MOST_DRAWN]
        shown = counts[:MOST_ROWS]
        left = sum(one.cases for one in counts[MOST_ROWS:])
        total = self.found.cases
        rows = [
            (
                self.key(dimension, one.key),
                str(one.cases),
                percent(Share(one.cases, total)),
            )
            for one in shown
        ]
        if left:
            rows.append((tr("others"), str(left), percent(Share(left, total))))
        return Section(
            f"by_{dimension}",
            tr(_TITLES[dimension]),
            _columns(_HEADS[dimension], N_("cases"), N_("of all")),
            tuple(rows),
            plots=(
                Plot(
                    "lying",
                    tr(_TITLES[dimension]),
                    tuple(self.key(dimension, one.key) for one in drawn),
                    ((tr("cases"), tuple(float(one.cases) for one in drawn)),),
                ),
            )
            if len(drawn) > 1
            else (),
        )

    def satisfaction(self) -> Section:
        asked = self.found.whole.satisfaction
        return Section(
            "satisfaction",
            tr("Satisfaction with the handling of cases"),
            _columns(N_("score"), N_("answers"), N_("of all")),
            tuple(
                (str(score), str(count), percent(Share(count, asked.answered)))
                for score, count in enumerate(asked.scores, 1)
            )
            if asked.asked
            else (),
            tr(
                "{answered} of {asked} attempts to ask were answered ({rate}); mean {mean}; "
                "satisfied {satisfied}. 1: very dissatisfied, 5: very satisfied."
            ).format(
                answered=asked.answered,
                asked=asked.asked,
                rate=percent(asked.response),
                mean=_mean(asked),
                satisfied=share_text(asked.satisfied_share),
            ),
            (
                Plot(
                    "standing",
                    tr("Answers by score"),
                    tuple(map(str, range(1, 6))),
                    ((tr("answers"), tuple(map(float, asked.scores))),),
                ),
            )
            if asked.answered
            else (),
        )

    def campaigns(self) -> Section:
        return Section(
            "campaigns",
            tr("Periodic surveys"),
            _columns(N_("campaign"), N_("asked"), N_("response rate"), N_("mean"), N_("satisfied")),
            tuple(
                (
                    safe(name),
                    str(asked.asked),
                    percent(asked.response),
                    _mean(asked),
                    percent(asked.satisfied_share),
                )
                for name, asked in self.found.campaigns
            ),
        )

    def repeat(self) -> Section:
        repeat = self.found.repeat
        return Section(
            "repeat",
            tr("Customers with several complaints"),
            _columns(N_("customer"), N_("complaints")),
            tuple((safe(customer), str(n)) for customer, n in repeat.most[:MOST_NAMED]),
            tr("{share} of the customers who complained did so more than once.").format(
                share=share_text(repeat.customers)
            ),
        )

    def lessons(self) -> Section:
        lessons = self.found.lessons
        today = day_text(self.calendar.day(self.as_of))
        return Section(
            "lessons",
            tr("Open lessons"),
            (
                Column(tr("due")),
                Column(tr("owner")),
                Column(tr("case")),
                Column(tr("lesson")),
            ),
            tuple(
                (
                    (one.due or tr("no day set"))
                    + (f" {tr('overdue')}" if one.due is not None and one.due < today else ""),
                    person(one.owner, self.people),
                    safe(one.case),
                    safe(one.lesson),
                )
                for one in lessons.listed[:MOST_NAMED]
            ),
            tr("{n} open, of whichever period; those due first are listed.").format(n=lessons.open),
        )

    def obstructions(self) -> Section:
        return Section(
            "obstructions",
            tr("Obstructions"),
            (Column(tr("party")), Column(tr("what")), Column(tr("times"), right=True)),
            tuple(
                (
                    term(party) if party == "customer" else person(party, self.people),
                    term(how),
                    str(count),
                )
                for party, how, count in self.found.obstructions[:MOST_ROWS]
            ),
        )

    def commendations(self) -> Section:
        return Section(
            "commendations",
            tr("Commendations in cases"),
            _columns(N_("staff"), N_("times")),
            tuple(
                (person(staff, self.people), str(count))
                for staff, count in self.found.commended[:MOST_ROWS]
            ),
        )


def _columns(first: str, *rest: str) -> tuple[Column, ...]:
    return (Column(tr(first)), *(Column(tr(title), right=True) for title in rest))


def _kept(label: str, times: TimesFigure) -> KeyFigure:
    return KeyFigure(
        label,
        tr("{share} in time").format(share=percent(times.share)),
        tr("median {median}, 90th percentile {p90}").format(
            median=duration(times.median), p90=duration(times.p90)
        )
        if times.measured
        else "",
    )


def _share(label: str, share: Share) -> KeyFigure:
    detail = tr("{part} of {whole}").format(part=share.part, whole=share.whole)
    return KeyFigure(label, percent(share), detail if share.whole else "")


def _mean(asked: Satisfaction) -> str:
    return "–" if asked.mean is None else f"{asked.mean:.2f}"


def _percent(share: Share) -> float | None:
    return round(100 * share.part / share.whole, 1) if share.whole else None


def _work(span: int | None) -> str:
    """Working time is counted in hours: a working day has no fixed length."""
    if span is None:
        return "–"
    return tr("{n} h").format(n=f"{span / HOUR:.1f}".removesuffix(".0"))


def _opened(period: Period) -> str:
    if period.first is None and period.last is None:
        return tr("All cases.")
    return tr("Cases opened {period}.").format(period=period_text(period))


def period_text(period: Period) -> str:
    """`2026-03-01 to 2026-03-31`, open at one end where the period is."""
    first = None if period.first is None else day_text(period.first)
    last = None if period.last is None else day_text(period.last)
    if first is None:
        return tr("up to {last}").format(last=last)
    if last is None:
        return tr("from {first}").format(first=first)
    return tr("{first} to {last}").format(first=first, last=last)


# ---------------------------------------------------------------------------- for programs


def case_values(made_of: CaseReport) -> dict[str, Any]:
    """The figures as JSON values: keys never change, values are ids, counts, fractions, hours.

    Fractions have four places, hours two; null where there is nothing to count.
    """
    found, chosen = made_of.figures, made_of.chosen
    return {
        "report": "cases",
        "period": days_of(chosen.period),
        "filters": {
            "category": chosen.category,
            "outlet": chosen.outlet,
            "handler": chosen.handler,
        },
        "policies": {
            category: {"id": policy.id, "version": policy.version, "digest": policy.digest}
            for category, policy in made_of.policies.items()
        },
        "cases": found.cases,
        **_month_values(found.whole),
        "by": {
            name: [{"key": one.key, "cases": one.cases} for one in counts]
            for name, counts in found.by.items()
        },
        "months": [
            {"month": one.month, "cases": one.cases, **_month_values(one)} for one in found.months
        ],
        "repeat_customers": {
            **_share_values(found.repeat.customers),
            "most": [{"customer": name, "complaints": n} for name, n in found.repeat.most],
        },
        "growth": {
            "now": days_of(chosen.now),
            "before": days_of(chosen.before),
            "causes": [
                {"cause": one.cause, "now": one.now, "before": one.before} for one in found.causes
            ],
        },
        "campaigns": [
            {"campaign": name, **_asked_values(asked)} for name, asked in found.campaigns
        ],
        "open_lessons": {
            "open": found.lessons.open,
            "owners": [{"owner": owner, "open": n} for owner, n in found.lessons.owners],
            "listed": [one._asdict() for one in found.lessons.listed],
        },
        "obstructions": [
            {"party": party, "how": how, "times": n} for party, how, n in found.obstructions
        ],
        "commendations": [{"staff": staff, "times": n} for staff, n in found.commended],
    }


def days_of(period: Period) -> dict[str, str | None]:
    """The first and the last day of a period as JSON values."""
    return {
        "since": None if period.first is None else date.fromordinal(period.first).isoformat(),
        "until": None if period.last is None else date.fromordinal(period.last).isoformat(),
    }


def _month_values(one: Month) -> dict[str, Any]:
    return {
        "resolved": one.resolved,
        "first_response": _times_values(one.response),
        "resolution": _times_values(one.resolution),
        "first_contact_resolution": _share_values(one.first_contact),
        "escalation": _share_values(one.escalation),
        "reopening": _share_values(one.reopening),
        "satisfaction": _asked_values(one.satisfaction),
    }


def _share_values(share: Share) -> dict[str, Any]:
    return {"part": share.part, "whole": share.whole, "share": rounded(share.value)}


def _times_values(times: TimesFigure) -> dict[str, Any]:
    return {
        "measured": times.measured,
        "median_hours": in_hours(times.median),
        "p90_hours": in_hours(times.p90),
        "median_working_hours": in_hours(times.work_median),
        "p90_working_hours": in_hours(times.work_p90),
        "in_time": _share_values(times.share),
    }


def _asked_values(asked: Satisfaction) -> dict[str, Any]:
    return {
        "asked": asked.asked,
        "answered": asked.answered,
        "response_rate": rounded(asked.response.value),
        "mean": rounded(asked.mean, 2),
        "scores": {str(score): count for score, count in enumerate(asked.scores, 1)},
        "satisfied": _share_values(asked.satisfied_share),
    }


def _figure_rows(found: Figures, chosen: Selection) -> Iterator[FigureRow]:
    yield FigureRow("cases", "", found.cases, "cases")
    yield from _month_rows("", found.whole)
    for name, counts in found.by.items():
        for one in counts:
            key = "" if one.key is None else str(one.key)
            yield FigureRow(f"cases_by_{name}", key, one.cases, "cases", found.cases)
    for month in found.months:
        yield from _month_rows(month.month, month)
    yield _part("repeat_customers", "", found.repeat.customers, "customers")
    for customer, number in found.repeat.most:
        yield FigureRow("complaints_of_customer", customer, number, "cases")
    yield from _growth_rows(found.causes, chosen)
    for campaign, asked in found.campaigns:
        yield from _asked_rows("campaign", campaign, asked)
    yield FigureRow("open_lessons", "", found.lessons.open, "lessons")
    for owner, number in found.lessons.owners:
        yield FigureRow("open_lessons_of", owner, number, "lessons", found.lessons.open)
    for party, how, number in found.obstructions:
        yield FigureRow("obstructions", f"{party}/{how}", number, "times")
    for staff, number in found.commended:
        yield FigureRow("commendations", staff, number, "times")


def _growth_rows(grown: Iterable[Grown], chosen: Selection) -> Iterator[FigureRow]:
    for name, period in (("now", chosen.now), ("before", chosen.before)):
        for edge, day in days_of(period).items():
            yield FigureRow(f"growth_{name}_{edge}", "", day, "day")
    for one in grown:
        yield FigureRow("cause_now", one.cause or "", one.now, "cases")
        yield FigureRow("cause_before", one.cause or "", one.before, "cases")


def _part(figure: str, key: str, share: Share, unit: str) -> FigureRow:
    return FigureRow(figure, key, share.part, unit, share.whole)


def _month_rows(key: str, one: Month) -> Iterator[FigureRow]:
    yield FigureRow("resolved", key, one.resolved, "cases", one.cases)
    for name, times in (("first_response", one.response), ("resolution", one.resolution)):
        yield FigureRow(f"{name}_measured", key, times.measured, "cases", one.cases)
        yield FigureRow(f"{name}_median", key, in_hours(times.median), "hours")
        yield FigureRow(f"{name}_p90", key, in_hours(times.p90), "hours")
        yield FigureRow(f"{name}_median_working", key, in_hours(times.work_median), "working_hours")
        yield FigureRow(f"{name}_p90_working", key, in_hours(times.work_p90), "working_hours")
        yield _part(f"{name}_in_time", key, times.share, "cases")
    yield _part("first_contact_resolution", key, one.first_contact, "cases")
    yield _part("escalated", key, one.escalation, "cases")
    yield _part("reopened", key, one.reopening, "cases")
    yield from _asked_rows("satisfaction", key, one.satisfaction)


def _asked_rows(figure: str, key: str, asked: Satisfaction) -> Iterator[FigureRow]:
    yield FigureRow(f"{figure}_answered", key, asked.answered, "answers", asked.asked)
    yield FigureRow(f"{figure}_mean", key, rounded(asked.mean, 2), "score")
    yield _part(f"{figure}_satisfied", key, asked.satisfied_share, "answers")
    for score, count in enumerate(asked.scores, 1):
        yield FigureRow(f"{figure}_score_{score}", key, count, "answers", asked.answered)
