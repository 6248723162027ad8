"""`report …`: figures of cases and of disputes about deals; the other reports stand apart."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from conflictctl.cases.period import compared
from conflictctl.cli import report_discipline, report_overdue, report_signals
from conflictctl.cli.case_files import CasePolicies, cases_of_claims, opened_case
from conflictctl.cli.options import Command, format_option, new_group, one_of
from conflictctl.cli.output import FORCE, OUTPUT
from conflictctl.cli.question import AS_OF, POLICY, SETTINGS, gather
from conflictctl.cli.reporting import (
    OUTLET,
    SINCE,
    UNTIL,
    Inquiry,
    asked_in,
    check_outlet,
    check_output,
    check_staff,
    inquire,
    period_of,
    show_report,
)
from conflictctl.cli.session import session_of
from conflictctl.cli.workers import in_order, opened_here, own_register
from conflictctl.events import CASE_CATEGORIES
from conflictctl.wording import N_

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from conflictctl.cases.disputes import Bench, DisputeTally, Docket
    from conflictctl.cases.figures import Selection, Tally, Timer
    from conflictctl.cases.procedure import Case
    from conflictctl.events import Event
    from conflictctl.register.store import Register
    from conflictctl.render.report_page import Report

CATEGORIES = (*CASE_CATEGORIES, "attribution")

app = new_group(
    N_(
        "Figures of cases, disputes and follow-ups, and hints for managers.\n\n"
        "As a table, JSON, CSV, or a page with plots.\n\n"
        "  conflictctl report cases --since 2026-01 --until 2026-03\n"
        "  conflictctl report cases --format html --output cases.html\n"
        "  conflictctl report disputes --since 2026-01\n"
        "  conflictctl report discipline --since 2026-03 --until 2026-03\n"
        "  conflictctl report signals --since 2026-01"
    )
)
app.command("overdue", cls=Command, help=report_overdue.HELP)(report_overdue.overdue)
app.command("signals", cls=Command, help=report_signals.HELP)(report_signals.signals)
app.command("discipline", cls=Command, help=report_discipline.HELP)(report_discipline.discipline)


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

    check_output(form, output)
    inquiry = inquire(session_of(ctx).clock(), session_of(ctx).open(), as_of)
    period = period_of(since, until)
    check_outlet(inquiry, outlet)
    check_staff(inquiry, handler)
    now, before = compared(period, inquiry.calendar.day(inquiry.as_of))
    chosen = Selection(period, now, before, category, outlet, handler)
    show_report(report_of_cases(inquiry, chosen), inquiry, form, output, force=force)


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

    check_output(form, output)
    question = gather(session_of(ctx), as_of, None, policy, settings or [])
    inquiry = asked_in(question)
    docket = Docket(period_of(since, until), outlet)
    check_outlet(inquiry, outlet)
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
    show_report(report, inquiry, form, output, force=force)


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
