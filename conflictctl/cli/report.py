"""`report …`: figures of cases and of disputes about deals, and hints for managers."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from conflictctl.cases.period import Period, compared, month_span
from conflictctl.cli.case_files import CasePolicies, cases_of_claims, opened_case
from conflictctl.cli.options import Command, format_option, new_group, one_of
from conflictctl.cli.session import session_of, staff_hint
from conflictctl.cli.times import read_at
from conflictctl.cli.verdict import AS_OF, POLICY, SETTINGS, gather
from conflictctl.cli.workers import in_order, opened_here, own_register
from conflictctl.errors import InputRejected, WrongUsage
from conflictctl.events import CASE_CATEGORIES
from conflictctl.render.language import say
from conflictctl.wording import N_, Sentence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from conflictctl.calendar import Calendar, Moment
    from conflictctl.cases.disputes import Bench, DisputeTally, Docket
    from conflictctl.cases.figures import Selection, Tally, Timer
    from conflictctl.cases.procedure import Case
    from conflictctl.cli.verdict import Question
    from conflictctl.events import Event
    from conflictctl.people import People
    from conflictctl.register.store import Head, KnownAt, Register
    from conflictctl.render.report_page import Report

CATEGORIES = (*CASE_CATEGORIES, "attribution")

SINCE = typer.Option(
    "--since",
    metavar="DAY|MONTH",
    help=N_("The first day, or month, of those counted: 2026-03-05, 2026-03."),
)
UNTIL = typer.Option(
    "--until", metavar="DAY|MONTH", help=N_("The last day, or month, of those counted.")
)
OUTLET = typer.Option("--outlet", metavar="OUTLET", help=N_("Only those of one outlet."))
OUTPUT = typer.Option(
    "--output",
    metavar="FILE",
    help=N_("Where to write JSON, CSV or HTML; `-` or nothing: standard output."),
)
FORCE = typer.Option("--force", help=N_("Overwrite the file if it exists."))

app = new_group(
    N_(
        "Figures of cases and of disputes, and hints for managers.\n\n"
        "As a table, JSON, CSV, or a page with plots.\n\n"
        "  conflictctl report cases --since 2026-01 --until 2026-03\n"
        "  conflictctl report cases --format html --output cases.html\n"
        "  conflictctl report disputes --since 2026-01\n"
        "  conflictctl report signals --since 2026-01"
    )
)


class Inquiry(NamedTuple):
    """Where and as of when figures are asked for; every process keeps to the same head."""

    register: Register
    people: People
    calendar: Calendar
    as_of: Moment
    head: Head
    known_at: KnownAt


# ----------------------------------------------------------------------------- the cases


@app.command(
    "cases",
    cls=Command,
    help=N_(
        "Figures of the cases opened in a period.\n\n"
        "How many there were and of which kind, how long they took and whether in time, how many "
        "were resolved at the first contact, escalated or reopened, how satisfied customers are, "
        "which causes grow, which lessons are still open.\n\n"
        "  conflictctl report cases\n"
        "  conflictctl report cases --since 2026-01 --until 2026-03 --outlet main\n"
        "  conflictctl report cases --format html --output cases.html"
    ),
)
def cases(
    ctx: typer.Context,
    since: Annotated[str | None, SINCE] = None,
    until: Annotated[str | None, UNTIL] = None,
    outlet: Annotated[str | None, OUTLET] = None,
    category: Annotated[
        str | None,
        typer.Option(
            "--category",
            metavar="|".join(CATEGORIES),
            parser=one_of("--category", *CATEGORIES),
            help=N_("Only cases of one category."),
        ),
    ] = None,
    handler: Annotated[
        str | None,
        typer.Option("--handler", metavar="STAFF", help=N_("Only cases that somebody handles.")),
    ] = None,
    as_of: Annotated[str | None, AS_OF] = None,
    form: Annotated[str, format_option("table", "json", "csv", "html")] = "table",
    output: Annotated[str | None, OUTPUT] = None,
    force: Annotated[bool, FORCE] = False,
) -> None:
    """Gather the cases, count them, show the figures."""
    from conflictctl.cases.figures import Selection

    _check_output(form, output)
    inquiry = inquire(session_of(ctx).clock(), session_of(ctx).open(), as_of)
    period = _period(since, until)
    _check_outlet(inquiry, outlet)
    if handler is not None and handler not in inquiry.people.staff:
        raise InputRejected(
            Sentence("no member of staff {staff}", staff=handler),
            staff_hint(handler, inquiry.people),
        )
    now, before = compared(period, inquiry.calendar.day(inquiry.as_of))
    chosen = Selection(period, now, before, category, outlet, handler)
    _show(report_of_cases(inquiry, chosen), inquiry, form, output, force=force)


def report_of_cases(inquiry: Inquiry, chosen: Selection) -> Report:
    """The figures of the cases chosen, ready to be shown."""
    from conflictctl.cases.figures import figures
    from conflictctl.render.case_report import CaseReport, case_report

    policies = CasePolicies(inquiry.register, inquiry.known_at)
    return case_report(
        CaseReport(
            figures(case_tally(inquiry, chosen, policies)),
            chosen,
            inquiry.as_of,
            {name: policies.of(name) for name in CATEGORIES},
            inquiry.people,
            inquiry.calendar,
        )
    )


def case_tally(inquiry: Inquiry, chosen: Selection, policies: CasePolicies) -> Tally:
    """The counts over all cases, shared out among processes."""
    from conflictctl.cases.figures import Tally

    for name in CATEGORIES:  # read here, so that no other process has to
        policies.time(name)
    opened_here(inquiry.register)
    total = Tally()
    for tally in in_order(partial(_page_tally, inquiry, chosen, policies), _pages(inquiry, chosen)):
        total.merge(tally)
    return total


_Page = tuple[str, "Sequence[Any]"]


def _pages(inquiry: Inquiry, chosen: Selection) -> Iterator[_Page]:
    register, known_at = inquiry.register, inquiry.known_at
    if chosen.category is None and chosen.handler is None:
        yield "surveys", ()
    if chosen.category in (None, "attribution"):
        claimants = {claim.customer for claim in register.claims(known_at)}
        if claimants:
            for families in register.families(known_at):
                disputed = [family for family in families if not claimants.isdisjoint(family)]
                if disputed:
                    yield "families", disputed
    if chosen.category != "attribution":
        yield from (("cases", page) for page in register.case_ids(known_at))


def _page_tally(inquiry: Inquiry, chosen: Selection, policies: CasePolicies, page: _Page) -> Tally:
    from conflictctl.cases.figures import Tally, tally_of

    what, names = page
    register = own_register(inquiry.register)
    if what == "surveys":
        tally = Tally()
        _count_surveys(tally, register, inquiry, chosen, policies)
        return tally
    found = (
        _opened(register, inquiry, policies, names)
        if what == "cases"
        else _claimed(register, inquiry, names)
    )
    return tally_of(found, inquiry.calendar, chosen, _timer(inquiry, policies))


def _opened(
    register: Register, inquiry: Inquiry, policies: CasePolicies, names: Sequence[str]
) -> Iterator[Case]:
    from conflictctl.register.case_pages import entries_of_cases

    as_of = inquiry.as_of
    for start in range(0, len(names), _AT_ONCE):
        part = names[start : start + _AT_ONCE]
        for entries in entries_of_cases(register, part, inquiry.head.seq):
            stood = [entry for entry in entries if entry.at <= as_of]
            case = opened_case(stood, inquiry.people, policies)
            if case is not None:
                yield case


_AT_ONCE = 125
"""So many cases are in memory at once: few enough for the processor's caches to hold them."""


def _claimed(
    register: Register, inquiry: Inquiry, families: Sequence[tuple[str, ...]]
) -> Iterator[Case]:
    for dossier in register.dossiers_of(families, inquiry.known_at):
        yield from cases_of_claims(
            register, dossier, inquiry.people, as_of=inquiry.as_of, known_at=inquiry.known_at
        )


def _timer(inquiry: Inquiry, policies: CasePolicies) -> Timer:
    from conflictctl.cases.timing import timing

    as_of = inquiry.as_of
    rules = {name: (policies.of(name), policies.time(name)) for name in CATEGORIES}
    return lambda case: timing(case, *rules[case.category], as_of)


def _count_surveys(
    tally: Tally, register: Register, inquiry: Inquiry, chosen: Selection, policies: CasePolicies
) -> None:
    from conflictctl.register.surveys import surveys

    calendar, people = inquiry.calendar, inquiry.people
    satisfied_from = policies.of("complaint").satisfied_from
    for event in surveys(register, inquiry.head.seq):
        if event.at > inquiry.as_of or not chosen.period.holds(calendar.day(event.at)):
            continue
        if chosen.outlet is None or chosen.outlet == people.outlet(
            event.by or "", event.recorded_at
        ):
            tally.add_survey(event, satisfied_from)


# -------------------------------------------------------------------------- the disputes


@app.command(
    "disputes",
    cls=Command,
    help=N_(
        "Figures of the disputes about deals that began in a period.\n\n"
        "Which clauses decide, how many were decided by the rules, by people or by agreement, who "
        "ruled otherwise than the rules, what was overturned, who stood in for whom.\n\n"
        "  conflictctl report disputes --since 2026-01\n"
        "  conflictctl report disputes --format html --output disputes.html"
    ),
)
def disputes(
    ctx: typer.Context,
    since: Annotated[str | None, SINCE] = None,
    until: Annotated[str | None, UNTIL] = None,
    outlet: Annotated[str | None, OUTLET] = None,
    policy: Annotated[str | None, POLICY] = None,
    settings: Annotated[list[str] | None, SETTINGS] = None,
    as_of: Annotated[str | None, AS_OF] = None,
    form: Annotated[str, format_option("table", "json", "csv", "html")] = "table",
    output: Annotated[str | None, OUTPUT] = None,
    force: Annotated[bool, FORCE] = False,
) -> None:
    """Gather the disputes, have them ruled on, show the figures."""
    from conflictctl.cases.disputes import Bench, Docket, dispute_figures
    from conflictctl.render.dispute_report import DisputeReport, dispute_report

    _check_output(form, output)
    question = gather(session_of(ctx), as_of, None, policy, settings or [])
    inquiry = inquiry_of(question)
    docket = Docket(_period(since, until), outlet)
    _check_outlet(inquiry, outlet)
    bench = Bench(
        question.policy,
        question.people,
        question.calendar,
        question.as_of,
        question.settings,
        question.caseloads,
    )
    report = dispute_report(
        DisputeReport(
            dispute_figures(dispute_tally(inquiry, bench, docket)),
            docket,
            question.policy,
            question.settings,
            inquiry.as_of,
            inquiry.people,
            inquiry.calendar,
        )
    )
    _show(report, inquiry, form, output, force=force)


def dispute_tally(inquiry: Inquiry, bench: Bench, docket: Docket) -> DisputeTally:
    """The counts over all disputes, shared out among processes."""
    from conflictctl.cases.disputes import DisputeTally, covers_of

    opened_here(inquiry.register)
    task = partial(_disputes_of, inquiry, bench, docket, covers_of(inquiry.people))
    total = DisputeTally()
    for tally in in_order(task, inquiry.register.families(inquiry.known_at)):
        total.merge(tally)
    return total


def _disputes_of(
    inquiry: Inquiry,
    bench: Bench,
    docket: Docket,
    covers: frozenset[str],
    families: Sequence[tuple[str, ...]],
) -> DisputeTally:
    from conflictctl.cases.disputes import DisputeTally, found_in

    register = own_register(inquiry.register)

    def steps_of(case: str) -> list[Event]:
        return register.case_events(case, inquiry.known_at)

    tally = DisputeTally()
    for dossier in register.dossiers_of(families, inquiry.known_at):
        tally.add(found_in(dossier.events, dossier.members, bench, covers, steps_of), docket)
    return tally


# --------------------------------------------------------------------------- the signals


@app.command(
    "signals",
    cls=Command,
    help=N_(
        "Hints that somebody may be getting round the rules.\n\n"
        "A second file opened just before a deal, a deal on a relative's file, a number replaced "
        "or off by a slip, the same note for many customers, many follow-ups entered at once on "
        "the last day, mostly the level with the longest time. Each hint names the entries it "
        "rests on and what innocent reason there may be. It proves nothing and changes no ruling: "
        "it is for a manager to ask.\n\n"
        "  conflictctl report signals --since 2026-03\n"
        "  conflictctl report signals --staff li --format json\n"
        "  conflictctl report signals --threshold file_days=7 --threshold notes=10"
    ),
)
def signals(
    ctx: typer.Context,
    since: Annotated[str | None, SINCE] = None,
    until: Annotated[str | None, UNTIL] = None,
    staff: Annotated[
        str | None,
        typer.Option("--staff", metavar="STAFF", help=N_("Only hints that concern somebody.")),
    ] = None,
    outlet: Annotated[str | None, OUTLET] = None,
    limits: Annotated[
        list[str] | None,
        typer.Option(
            "--threshold",
            metavar="NAME=NUMBER",
            help=N_(
                "From where on something is a hint, this time, for example file_days=7; may be "
                "repeated. docs/duplicates.md lists them."
            ),
        ),
    ] = None,
    policy: Annotated[str | None, POLICY] = None,
    settings: Annotated[list[str] | None, SETTINGS] = None,
    as_of: Annotated[str | None, AS_OF] = None,
    form: Annotated[str, format_option("table", "json", "csv", "html")] = "table",
    output: Annotated[str | None, OUTPUT] = None,
    force: Annotated[bool, FORCE] = False,
) -> None:
    """Gather the hints, show them."""
    from conflictctl.cli.signals import found_signals, limits_from
    from conflictctl.render.signal_report import (
        SignalReport,
        signal_report,
        write_signals_csv,
    )

    _check_output(form, output)
    chosen = limits_from(limits or [])
    question = gather(session_of(ctx), as_of, None, policy, settings or [])
    inquiry = inquiry_of(question)
    _check_outlet(inquiry, outlet)
    if staff is not None and staff not in inquiry.people.staff:
        raise InputRejected(
            Sentence("no member of staff {staff}", staff=staff), staff_hint(staff, inquiry.people)
        )
    period = _period(since, until)
    made_of = SignalReport(
        tuple(found_signals(question, period, chosen, staff=staff, outlet=outlet)),
        chosen,
        period,
        staff,
        outlet,
        question.policy.id,
        inquiry.people,
        inquiry.calendar,
    )
    if form == "csv":
        with _opened_output(output, force=force) as out:
            write_signals_csv(made_of, out)
        _say_written(output)
    else:
        _show(signal_report(made_of), inquiry, form, output, force=force)


# ------------------------------------------------------------------- what both reports ask


def inquiry_of(question: Question) -> Inquiry:
    """The same register and moment, for a report that rules as well."""
    from conflictctl.register.store import KnownAt

    return Inquiry(
        question.register,
        question.people,
        question.calendar,
        question.as_of,
        question.head,
        KnownAt(question.head.seq),
    )


def inquire(now: Moment, register: Register, as_of: str | None) -> Inquiry:
    """The register as it stands, asked as of now or of what the user wrote."""
    from conflictctl.register.store import KnownAt

    calendar, head = register.calendar, register.head()
    known_at = KnownAt(head.seq)
    moment = now if as_of is None else read_at(as_of, now, calendar, allow_future=True)
    return Inquiry(register, register.people(known_at), calendar, moment, head, known_at)


def _period(since: str | None, until: str | None) -> Period:
    first = None if since is None else _days("--since", since).first
    last = None if until is None else _days("--until", until).last
    if first is not None and last is not None and last < first:
        raise WrongUsage(
            Sentence("--until {until} is before --since {since}", until=until, since=since),
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


def _check_outlet(inquiry: Inquiry, outlet: str | None) -> None:
    if outlet is not None and outlet not in inquiry.people.outlet_types:
        raise InputRejected(
            Sentence("no outlet {outlet}", outlet=outlet),
            Sentence("`conflictctl outlet list` shows them"),
        )


# ------------------------------------------------------------------------------- showing


def _check_output(form: str, output: str | None) -> None:
    if output not in (None, "-") and form == "table":
        raise WrongUsage(
            Sentence("--output goes with --format json, csv or html"),
            Sentence("a table is for reading here; `--format html` makes a page"),
        )


def _show(report: Report, inquiry: Inquiry, form: str, output: str | None, *, force: bool) -> None:
    from conflictctl.render import report_page

    if form == "table":
        report_page.print_report(report, sys.stdout)
        return
    with _opened_output(output, force=force) as out:
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
    _say_written(output)


def _say_written(output: str | None) -> None:
    if output not in (None, "-"):
        print(say(Sentence("wrote {path}", path=str(output))), file=sys.stderr)


def _origin(inquiry: Inquiry) -> dict[str, Any]:
    return {
        "as_of": inquiry.calendar.iso(inquiry.as_of),
        "timezone": inquiry.calendar.zone,
        "register": {"seq": inquiry.head.seq, "head": inquiry.head.text},
    }


@contextmanager
def _opened_output(output: str | None, *, force: bool) -> Iterator[IO[str]]:
    if output in (None, "-"):
        yield sys.stdout
        return
    import io

    from conflictctl.exchange.exporting import open_private

    with open_private(Path(str(output)), force=force) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", errors="backslashreplace", newline="\n")
        yield text
        text.flush()
        text.detach()
