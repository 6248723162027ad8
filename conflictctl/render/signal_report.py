"""Hints for managers in words: by kind, each kind with what innocent reason there may be."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from typing import IO, Any, NamedTuple

from conflictctl.calendar import Calendar
from conflictctl.cases.period import Period
from conflictctl.people import People
from conflictctl.render.language import list_joined, moment_text, person, say, tr
from conflictctl.render.report_page import KeyFigure, Report, Section, days_of, period_text
from conflictctl.render.safe import cell_text, safe
from conflictctl.render.terminal import Column
from conflictctl.signals.values import CODES, Limits, Signal
from conflictctl.wording import N_

CSV_COLUMNS = (
    "code",
    "at",
    "staff",
    "customers",
    "measured",
    "threshold",
    "text",
    "innocent",
    "evidence",
)


class SignalReport(NamedTuple):
    """What the report is made of."""

    signals: tuple[Signal, ...]
    limits: Limits
    period: Period
    staff: str | None
    outlet: str | None
    policy: str
    people: People
    calendar: Calendar


_TITLES = {
    "late_file": N_("A new file just before the close"),
    "other_name": N_("A deal on a relative's file"),
    "changed_phone": N_("Numbers replaced close to the deal"),
    "swapped_phone": N_("A number that differs by a slip"),
    "same_notes": N_("The same note for many customers"),
    "entry_burst": N_("Many follow-ups entered at once, on the last day"),
    "longest_level": N_("Mostly the level with the longest time"),
}
_INNOCENT = {
    "late_file": N_(
        "Innocent reasons: the customer came without an appointment and nobody found the first "
        "file; the two are not one person after all."
    ),
    "other_name": N_(
        "Innocent reasons: two people of a household buy for themselves; the one who signs was "
        "always to be the owner."
    ),
    "changed_phone": N_(
        "Innocent reasons: the customer has a new number, or the contract needed that of the "
        "one who signs."
    ),
    "swapped_phone": N_("Innocent reasons: somebody mistyped, or two people have such numbers."),
    "same_notes": N_(
        "Innocent reasons: a message went to many customers, or a short form was agreed on."
    ),
    "entry_burst": N_(
        "Innocent reasons: calls are made during the day and entered in the evening; many "
        "customers came on one day and are due on one day."
    ),
    "longest_level": N_(
        "Innocent reasons: new staff and those who look after old customers have more of them "
        "who are in no hurry."
    ),
}


def signal_report(made_of: SignalReport) -> Report:
    """The report in the reader's language."""
    counts = Counter(signal.code for signal in made_of.signals)
    return Report(
        "signals",
        tr("Hints for managers"),
        tuple(_about(made_of)),
        tuple(
            KeyFigure(tr(_TITLES[code]), str(counts[code]))
            for code in CODES
            if counts[code] or not made_of.signals
        ),
        tuple(_section(code, made_of) for code in CODES),
        _values(made_of),
        (),
    )


def _about(made_of: SignalReport) -> Iterator[str]:
    if made_of.period != Period():
        yield period_text(made_of.period)
    yield tr(
        "What follows are hints to ask about, and no findings: each may have an innocent reason. "
        "They change no ruling."
    )
    if made_of.staff is not None:
        yield tr("only {those}").format(those=person(made_of.staff, made_of.people))
    if made_of.outlet is not None:
        outlet = person(made_of.outlet, made_of.people)
        yield tr("only {those}").format(those=f"{tr('outlet')}: {outlet}")


def _section(code: str, made_of: SignalReport) -> Section:
    people, calendar = made_of.people, made_of.calendar
    return Section(
        code,
        tr(_TITLES[code]),
        (Column(tr("when")), Column(tr("what")), Column(tr("entries"))),
        tuple(
            (
                moment_text(signal.at, calendar)[:10],
                say(signal.sentence, people, calendar),
                list_joined([safe(ref) for ref in signal.evidence]),
            )
            for signal in made_of.signals
            if signal.code == code
        ),
        tr(_INNOCENT[code]),
    )


def _values(made_of: SignalReport) -> dict[str, Any]:
    people, calendar = made_of.people, made_of.calendar
    return {
        "report": "signals",
        "period": days_of(made_of.period),
        "filters": {"staff": made_of.staff, "outlet": made_of.outlet},
        "policy": made_of.policy,
        "thresholds": made_of.limits._asdict(),
        "signals": [
            {
                "code": signal.code,
                "at": calendar.iso(signal.at),
                "staff": list(signal.staff),
                "customers": list(signal.customers),
                "text": say(signal.sentence, people, calendar),
                "innocent": tr(_INNOCENT[signal.code]),
                "measured": signal.measured.plain(),
                "threshold": signal.limit.plain(),
                "evidence": list(signal.evidence),
            }
            for signal in made_of.signals
        ],
    }


def write_signals_csv(made_of: SignalReport, stream: IO[str]) -> None:
    """Write one row a hint under a heading; no cell can be a formula."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for values in _values(made_of)["signals"]:
        row = (values[name] for name in CSV_COLUMNS)
        cells = (" ".join(cell) if isinstance(cell, list) else cell for cell in row)
        writer.writerow([cell_text(cell) for cell in cells])
