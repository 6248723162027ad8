"""The figures of follow-up discipline for programs: JSON values, and rows for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from conflictctl.calendar import Calendar, Moment
from conflictctl.discipline.figures import Discipline, Figures, Named, Selection
from conflictctl.people import People
from conflictctl.render.language import day_text
from conflictctl.render.report_page import (
    FigureRow,
    PolicyNamed,
    days_of,
    policy_values,
    share_values,
)


class DisciplineReport(NamedTuple):
    """What the report is made of: the figures, what was asked, and by which rules.

    `measured` says whether the policy has any interval at all; `limits` are days by level, empty
    where it counts otherwise.  `by` is what the figures are broken down by; None: by everything.
    """

    figures: Figures
    chosen: Selection
    by: str | None
    policy: PolicyNamed
    settings: Mapping[str, Any]
    measured: bool
    limits: Mapping[str, int]
    as_of: Moment
    people: People
    calendar: Calendar


def discipline_values(made_of: DisciplineReport) -> dict[str, Any]:
    """The figures as JSON values: keys never change, values are ids, counts, days, fractions."""
    found, chosen = made_of.figures, made_of.chosen
    return {
        "report": "discipline",
        "period": days_of(chosen.period),
        "filters": {"outlet": chosen.outlet, "staff": chosen.staff},
        "policy": {
            **policy_values(made_of.policy, made_of.settings),
            "measured": made_of.measured,
            "limits": dict(made_of.limits),
        },
        "total": _with_entries(found.whole),
        "by": {name: rows for name, rows in _broken_down(found) if made_of.by in (None, name)},
        "weeks": [{"week": week_of(one), **_kept(one.figures)} for one in found.weeks],
    }


def _broken_down(found: Figures) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    yield (
        "staff",
        [
            {
                "staff": one.staff,
                "outlet": one.outlet,
                **_with_entries(one.figures),
                "outlet_in_time": share_values(one.outlet_kept),
            }
            for one in found.people
        ],
    )
    yield "outlet", [{"outlet": one.key, **_with_entries(one.figures)} for one in found.outlets]
    yield "level", [{"level": one.key, **_kept(one.figures)} for one in found.levels]


def _kept(found: Discipline) -> dict[str, Any]:
    return {
        "due": found.due,
        "in_time": found.in_time,
        "late": found.late,
        "missed": found.missed,
        "still_owed": found.open,
        "in_time_share": share_values(found.kept)["share"],
        "days_late": {"median": found.median, "worst": found.worst},
        "longest_missed": found.longest,
    }


def _with_entries(found: Discipline) -> dict[str, Any]:
    return {
        **_kept(found),
        "without_limit": found.undated,
        "lapsed": found.lapses,
        "entries": {
            "contacts": found.entered,
            "late": found.late_entries,
            "refused": found.refused_entries,
            "voided": found.voided_entries,
            "corrected": found.corrected_entries,
        },
    }


def figure_rows(made_of: DisciplineReport) -> Iterator[FigureRow]:
    """The figures one by one, for a spreadsheet."""
    found, by = made_of.figures, made_of.by
    yield from _kept_rows("", "", found.whole)
    yield from _entry_rows("", "", found.whole)
    if by in (None, "staff"):
        for one in found.people:
            key = f"{one.staff}/{one.outlet or ''}"
            yield from _kept_rows("_of", key, one.figures)
            yield from _entry_rows("_of", key, one.figures)
    if by in (None, "outlet"):
        for outlet in found.outlets:
            yield from _kept_rows("_by_outlet", str(outlet.key or ""), outlet.figures)
            yield from _entry_rows("_by_outlet", str(outlet.key or ""), outlet.figures)
    if by in (None, "level"):
        for level in found.levels:
            yield from _kept_rows("_by_level", str(level.key or ""), level.figures)
    for week in found.weeks:
        yield from _kept_rows("_by_week", week_of(week), week.figures)


def _kept_rows(what: str, key: str, found: Discipline) -> Iterator[FigureRow]:
    yield FigureRow(f"due{what}", key, found.due, "follow-ups")
    for name, value in (
        ("in_time", found.in_time),
        ("late", found.late),
        ("missed", found.missed),
        ("still_owed", found.open),
    ):
        yield FigureRow(f"{name}{what}", key, value, "follow-ups", found.due)
    yield FigureRow(f"days_late_median{what}", key, found.median, "days")
    yield FigureRow(f"days_late_worst{what}", key, found.worst, "days")
    yield FigureRow(f"longest_missed{what}", key, found.longest, "days")


def _entry_rows(what: str, key: str, found: Discipline) -> Iterator[FigureRow]:
    yield FigureRow(f"without_limit{what}", key, found.undated, "contacts")
    yield FigureRow(f"lapsed{what}", key, found.lapses, "customers")
    yield FigureRow(f"contacts{what}", key, found.entered, "contacts")
    for name, value in (
        ("entered_late", found.late_entries),
        ("refused", found.refused_entries),
        ("voided", found.voided_entries),
        ("corrected", found.corrected_entries),
    ):
        yield FigureRow(f"{name}{what}", key, value, "contacts", found.entered)


def week_of(one: Named) -> str:
    """The Monday of a week as an ISO date."""
    assert isinstance(one.key, int)
    return day_text(one.key)
