"""What all reports ask, and how they are shown: table, JSON, CSV, or a page."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from conflictctl.cases.period import Period, month_span
from conflictctl.cli.output import opened_output
from conflictctl.cli.session import staff_hint
from conflictctl.cli.times import read_at
from conflictctl.errors import InputRejected, WrongUsage
from conflictctl.wording import N_, Sentence

if TYPE_CHECKING:
    from conflictctl.calendar import Calendar, Moment
    from conflictctl.cli.question import Question
    from conflictctl.people import People
    from conflictctl.register.store import Head, KnownAt, Register
    from conflictctl.render.report_page import Report

SINCE = typer.Option(
    "--since",
    "--from",
    metavar="DAY|MONTH",
    help=N_("The first day, or month, of those counted: 2026-03-05, 2026-03."),
)
UNTIL = typer.Option(
    "--until",
    "--to",
    metavar="DAY|MONTH",
    help=N_("The last day, or month, of those counted."),
)
OUTLET = typer.Option("--outlet", metavar="OUTLET", help=N_("Only those of one outlet."))
STAFF = typer.Option("--staff", metavar="STAFF", help=N_("Only those of one consultant."))


class Inquiry(NamedTuple):
    """Where and as of when figures are asked for; every process keeps to the same head."""

    register: Register
    people: People
    calendar: Calendar
    as_of: Moment
    head: Head
    known_at: KnownAt


def inquire(now: Moment, register: Register, as_of: str | None) -> Inquiry:
    """The register as it stands, asked as of now or of what the user wrote."""
    from conflictctl.register.store import KnownAt

    calendar, head = register.calendar, register.head()
    known_at = KnownAt(head.seq)
    moment = now if as_of is None else read_at(as_of, now, calendar, allow_future=True)
    return Inquiry(register, register.people(known_at), calendar, moment, head, known_at)


def asked_in(question: Question) -> Inquiry:
    """What a question asks, but for its policy; every process keeps to the head it saw."""
    from conflictctl.register.store import KnownAt

    return Inquiry(
        question.register,
        question.people,
        question.calendar,
        question.as_of,
        question.head,
        KnownAt(question.head.seq),
    )


def period_of(
    since: str | None, until: str | None, options: tuple[str, str] = ("--since", "--until")
) -> Period:
    """The days meant by two options, which are both counted; raises WrongUsage."""
    first = None if since is None else _days(options[0], since).first
    last = None if until is None else _days(options[1], until).last
    if first is not None and last is not None and last < first:
        raise WrongUsage(
            Sentence(
                "{last} {until} is before {first} {since}",
                first=options[0],
                since=since,
                last=options[1],
                until=until,
            ),
            Sentence("both days are counted, too"),
        )
    return Period(first, last)


def _days(option: str, text: str) -> Period:
    """`2026-03-05` or `2026-03`: the days meant."""
    try:
        if len(text) == 7:
            return month_span(text)
        if len(text) == 10:
            day = date.fromisoformat(text).toordinal()
            return Period(day, day)
    except ValueError:
        pass
    raise WrongUsage(
        Sentence("{option}: {value} is neither a day nor a month", option=option, value=text),
        Sentence("write it as 2026-03-05 or 2026-03"),
    )


def check_outlet(inquiry: Inquiry, outlet: str | None) -> None:
    """Refuse (InputRejected) an outlet that the register does not know."""
    if outlet is not None and outlet not in inquiry.people.outlet_types:
        raise InputRejected(
            Sentence("no outlet {outlet}", outlet=outlet),
            Sentence("`conflictctl outlet list` shows them"),
        )


def check_staff(inquiry: Inquiry, staff: str | None) -> None:
    """Refuse (InputRejected) somebody whom the register does not know."""
    if staff is not None and staff not in inquiry.people.staff:
        raise InputRejected(
            Sentence("no member of staff {staff}", staff=staff), staff_hint(staff, inquiry.people)
        )


def check_output(form: str, output: str | None) -> None:
    """Refuse (WrongUsage) to write a table into a file."""
    if output not in (None, "-") and form == "table":
        raise WrongUsage(
            Sentence("--output goes with --format json, csv or html"),
            Sentence("a table is for reading here; `--format html` makes a page"),
        )


def show_report(
    report: Report, inquiry: Inquiry, form: str, output: str | None, *, force: bool
) -> None:
    """Show a report in the form asked for, in a file or on standard output."""
    from conflictctl.render import report_page

    if form == "table":
        report_page.print_report(report, sys.stdout)
        return
    with opened_output(output, force=force) as out:
        if form == "json":
            from conflictctl.render.json_text import write_json

            write_json({**report.values, **_origin(inquiry)}, out, indent=True)
        elif form == "csv":
            report_page.write_figures_csv(report, out)
        else:
            from conflictctl.render.case_report_html import report_html

            out.write(
                report_html(
                    report,
                    calendar=inquiry.calendar,
                    as_of=inquiry.as_of,
                    head=inquiry.head,
                    register=Path(inquiry.register.target).name,
                )
            )


def _origin(inquiry: Inquiry) -> dict[str, Any]:
    return {
        "as_of": inquiry.calendar.iso(inquiry.as_of),
        "timezone": inquiry.calendar.zone,
        "register": {"seq": inquiry.head.seq, "head": inquiry.head.text},
    }
