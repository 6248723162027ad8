"""`report signals`: hints for managers that somebody may be getting round the rules."""

from __future__ import annotations

from typing import Annotated

import typer

from conflictctl.cli.options import format_option
from conflictctl.cli.output import FORCE, OUTPUT, opened_output
from conflictctl.cli.question import AS_OF, POLICY, SETTINGS, gather
from conflictctl.cli.reporting import (
    OUTLET,
    SINCE,
    UNTIL,
    asked_in,
    check_outlet,
    check_output,
    check_staff,
    period_of,
    show_report,
)
from conflictctl.cli.session import session_of
from conflictctl.wording import N_

HELP = N_(
    "Hints that somebody may be getting round the rules.\n\n"
    "A second file opened just before a deal, a deal on a relative's file, a number replaced "
    "or off by a slip, the same note for many customers, many follow-ups entered at once on "
    "the last day, mostly the level with the longest time. Each hint names the entries it "
    "rests on and what innocent reason there may be. It proves nothing and changes no ruling: "
    "it is for a manager to ask.\n\n"
    "  conflictctl report signals --since 2026-03\n"
    "  conflictctl report signals --staff li --format json\n"
    "  conflictctl report signals --threshold file_days=7 --threshold notes=10"
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
    from conflictctl.render.signal_report import SignalReport, signal_report, write_signals_csv

    check_output(form, output)
    chosen = limits_from(limits or [])
    question = gather(session_of(ctx), as_of, None, policy, settings or [])
    inquiry = asked_in(question)
    check_outlet(inquiry, outlet)
    check_staff(inquiry, staff)
    period = period_of(since, until)
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
        with opened_output(output, force=force) as out:
            write_signals_csv(made_of, out)
    else:
        show_report(signal_report(made_of), inquiry, form, output, force=force)
