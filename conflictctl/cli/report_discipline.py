"""`report discipline`: how consultants kept the times within which customers are followed up."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from conflictctl.cli.options import format_option, one_of
from conflictctl.cli.output import FORCE, OUTPUT
from conflictctl.cli.question import AS_OF, POLICY, SETTINGS, Question, gather
from conflictctl.cli.reporting import (
    OUTLET,
    SINCE,
    STAFF,
    UNTIL,
    asked_in,
    check_outlet,
    check_output,
    check_staff,
    period_of,
    show_report,
)
from conflictctl.cli.session import session_of
from conflictctl.cli.workers import in_order, opened_here, own_register
from conflictctl.wording import N_

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conflictctl.discipline.figures import Selection, Tally

BY = ("staff", "outlet", "level")
HELP = N_(
    "How follow-ups were kept in a period.\n\n"
    "By consultant: follow-ups due, made in time, late and missed, by the policy's limits; days "
    "late; customers lost by lapse; contacts entered late, voided, corrected; week by week, "
    "beside the whole outlet.  Each follow-up counts for who held the customer then.\n\n"
    "  conflictctl report discipline --since 2026-01 --until 2026-03\n"
    "  conflictctl report discipline --by level --outlet main\n"
    "  conflictctl report discipline --staff li --format html --output li.html"
)


def discipline(
    ctx: typer.Context,
    since: Annotated[str | None, SINCE] = None,
    until: Annotated[str | None, UNTIL] = None,
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            metavar="|".join(BY),
            parser=one_of("--by", *BY),
            help=N_("Broken down by this alone; default by all of them."),
        ),
    ] = None,
    outlet: Annotated[str | None, OUTLET] = None,
    staff: Annotated[str | None, STAFF] = None,
    policy: Annotated[str | None, POLICY] = None,
    settings: Annotated[list[str] | None, SETTINGS] = None,
    as_of: Annotated[str | None, AS_OF] = None,
    form: Annotated[str, format_option("table", "json", "csv", "html")] = "table",
    output: Annotated[str | None, OUTPUT] = None,
    force: Annotated[bool, FORCE] = False,
) -> None:
    """Gather what everybody owed, count it, show the figures."""
    from conflictctl.discipline.figures import Selection, figures
    from conflictctl.discipline.followups import limits, measures
    from conflictctl.render.discipline_report import discipline_report
    from conflictctl.render.discipline_values import DisciplineReport

    check_output(form, output)
    question = gather(session_of(ctx), as_of, None, policy, settings or [])
    inquiry = asked_in(question)
    chosen = Selection(period_of(since, until), outlet, staff)
    check_outlet(inquiry, outlet)
    check_staff(inquiry, staff)
    report = discipline_report(
        DisciplineReport(
            figures(discipline_tally(question, chosen), staff),
            chosen,
            by,
            question.policy,
            question.settings,
            measures(question.policy, question.settings),
            limits(question.policy, question.settings),
            inquiry.as_of,
            inquiry.people,
            inquiry.calendar,
        )
    )
    show_report(report, inquiry, form, output, force=force)


def discipline_tally(question: Question, chosen: Selection) -> Tally:
    """The counts over all customers, shared out among processes."""
    from conflictctl.discipline.figures import Tally
    from conflictctl.register.store import KnownAt

    # Every process keeps to the head that this one saw.
    question = question._replace(known_at=KnownAt(question.head.seq))
    opened_here(question.register)
    total = Tally()
    pages = question.register.families(question.known_at)
    for tally in in_order(partial(_page_tally, question, chosen), pages):
        total.merge(tally)
    return total


def _page_tally(
    question: Question, chosen: Selection, families: Sequence[tuple[str, ...]]
) -> Tally:
    from conflictctl.discipline.figures import tally_of
    from conflictctl.discipline.followups import conduct

    register = own_register(question.register)
    return tally_of(
        (
            conduct(
                dossier.events,
                dossier.members,
                policy=question.policy,
                people=question.people,
                calendar=question.calendar,
                as_of=question.as_of,
                settings=question.settings,
            )
            for dossier in register.dossiers_of(families, question.known_at)
        ),
        chosen,
    )
