"""A report of figures as all views take it: sections of rows, key figures, values."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import date
from typing import IO, Any, NamedTuple, Protocol

from conflictctl.calendar import HOUR, MINUTE
from conflictctl.cases.period import Period
from conflictctl.cases.spread import Share
from conflictctl.render.language import day_text, tr
from conflictctl.render.layout import cells, pad, wrap
from conflictctl.render.safe import cell_text, safe
from conflictctl.render.terminal import Column, carries_symbols, is_terminal, print_table, width

WIDEST = 100
"""Longer lines of prose are hard to read."""

CSV_COLUMNS = ("figure", "key", "value", "unit", "of")


class Plot(NamedTuple):
    """What is drawn beside a table: bars lying down, bars standing, or lines.

    `series` are a name and a value for each label; None: nothing to show.  `unit` is written
    behind values.
    """

    kind: str  # lying | standing | lines
    title: str
    labels: tuple[str, ...]
    series: tuple[tuple[str, tuple[float | None, ...]], ...]
    unit: str = ""


class Section(NamedTuple):
    """A table under a heading, what it says in a sentence, and its plots."""

    id: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    plots: tuple[Plot, ...] = ()


class KeyFigure(NamedTuple):
    """One of the few figures to be seen first."""

    label: str
    value: str
    detail: str = ""


class PolicyNamed(Protocol):
    """What a report says of the policy it rests on."""

    @property
    def id(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def digest(self) -> str: ...


class FigureRow(NamedTuple):
    """One figure for a spreadsheet; `of` is the whole that it is a part of."""

    figure: str
    key: str
    value: int | float | str | None
    unit: str
    of: int | None = None


class Report(NamedTuple):
    """All that the views show; `values` are those for programs, with stable English keys."""

    id: str
    title: str
    about: tuple[str, ...]
    key_figures: tuple[KeyFigure, ...]
    sections: tuple[Section, ...]
    values: Mapping[str, Any]
    figures: tuple[FigureRow, ...]


# ------------------------------------------------------------------------------ in words


def share_text(share: Share) -> str:
    """`83 % (5 of 6)`; a dash where there is nothing to count."""
    return (
        tr("{percent} ({part} of {whole})").format(
            percent=percent(share), part=share.part, whole=share.whole
        )
        if share.whole
        else "–"
    )


def percent(share: Share) -> str:
    """`83 %`; a dash where there is nothing to count."""
    return f"{100 * share.part / share.whole:.0f} %" if share.whole else "–"


def duration(span: int | None) -> str:
    """Microseconds as people say them: minutes, hours up to three days, then days."""
    if span is None:
        return "–"
    if span < HOUR:
        return tr("{n} min").format(n=round(span / MINUTE))
    hours = span / HOUR
    if hours < 72:
        return tr("{n} h").format(n=f"{hours:.1f}".removesuffix(".0"))
    return tr("{n} d").format(n=f"{hours / 24:.1f}".removesuffix(".0"))


def in_hours(span: int | None) -> float | None:
    """Microseconds as hours with two places, for programs."""
    return None if span is None else round(span / HOUR, 2)


def rounded(value: float | None, places: int = 4) -> float | None:
    """A fraction or mean with so many places, for programs."""
    return None if value is None else round(value, places)


def period_text(period: Period) -> str:
    """`2026-03-01 to 2026-03-31`, open at one end where the period is."""
    first = None if period.first is None else day_text(period.first)
    last = None if period.last is None else day_text(period.last)
    if first is None:
        return tr("up to {last}").format(last=last)
    if last is None:
        return tr("from {first}").format(first=first)
    return tr("{first} to {last}").format(first=first, last=last)


def columns(first: str, *rest: str) -> tuple[Column, ...]:
    """The first column in words, the others in numbers, under translated headings."""
    return (Column(tr(first)), *(Column(tr(title), right=True) for title in rest))


# ---------------------------------------------------------------------------- for programs


def days_of(period: Period) -> dict[str, str | None]:
    """The first and the last day of a period as JSON values."""
    return {
        "since": None if period.first is None else date.fromordinal(period.first).isoformat(),
        "until": None if period.last is None else date.fromordinal(period.last).isoformat(),
    }


def policy_values(policy: PolicyNamed, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Which policy, and with which parameters read otherwise, as JSON values."""
    return {
        "id": policy.id,
        "version": policy.version,
        "digest": policy.digest,
        "set": dict(settings),
    }


def share_values(share: Share) -> dict[str, Any]:
    """A share as JSON values: the fraction has four places, and is null of nothing."""
    return {"part": share.part, "whole": share.whole, "share": rounded(share.value)}


def in_percent(share: Share) -> float | None:
    """A share in percent with one place, to be drawn; None of nothing."""
    return round(100 * share.part / share.whole, 1) if share.whole else None


# ---------------------------------------------------------------------------- on a terminal


def print_report(report: Report, stream: IO[str]) -> None:
    """Print it from the key figures to the last table; empty tables are left out."""
    room = min(width(stream), WIDEST)
    fold = is_terminal(stream)

    def prose(text: str) -> None:
        for line in wrap(safe(text), room, fold=fold):
            stream.write(line + "\n")

    heavy, light = ("━", "─") if carries_symbols(stream) else ("=", "-")
    prose(report.title)
    stream.write(heavy * room + "\n")
    for text in report.about:
        prose(text)
    stream.write("\n")
    _print_key_figures(report.key_figures, stream, room, fold)
    for section in report.sections:
        if not section.rows:
            continue
        stream.write("\n")
        prose(section.title)
        stream.write(light * min(cells(section.title), room) + "\n")
        if section.note:
            prose(section.note)
        print_table(section.columns, section.rows, stream=stream)


def _print_key_figures(found: Sequence[KeyFigure], stream: IO[str], room: int, fold: bool) -> None:
    size = max((cells(one.label) for one in found), default=0)
    for one in found:
        text = f"{one.value}  {one.detail}".rstrip()
        lines = wrap(safe(text), max(room - size - 2, 20), fold=fold)
        for number, line in enumerate(lines):
            stream.write(pad(one.label if number == 0 else "", size) + "  " + line + "\n")


# ------------------------------------------------------------------------------------ CSV


def write_figures_csv(report: Report, stream: IO[str]) -> None:
    """Write one row a figure under a heading; no cell can be a formula."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for row in report.figures:
        writer.writerow([cell_text(value) for value in row])
