"""`report overdue`: the list of the morning as a board, to be printed or forwarded."""

from __future__ import annotations

from typing import Annotated

import typer

from conflictctl.cli.dues import dues
from conflictctl.cli.options import format_option
from conflictctl.cli.output import FORCE, OUTPUT
from conflictctl.cli.overdue import WITHIN
from conflictctl.cli.question import POLICY, SETTINGS, gather
from conflictctl.cli.reporting import (
    OUTLET,
    STAFF,
    asked_in,
    check_outlet,
    check_output,
    check_staff,
    show_report,
)
from conflictctl.cli.session import session_of
from conflictctl.wording import N_

HELP = N_(
    "The morning's board: what is overdue, due today, or soon.\n\n"
    "The numbers of `conflictctl overdue` by consultant, level and kind, and its list, as a page "
    "to be printed or forwarded.\n\n"
    "  conflictctl report overdue --outlet main\n"
    "  conflictctl report overdue --mask --format html --output board.html"
)


def overdue(
    ctx: typer.Context,
    within: Annotated[int, WITHIN] = 1,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of", metavar="TIME", help=N_("As the list was, or will be, then; default now.")
        ),
    ] = None,
    outlet: Annotated[str | None, OUTLET] = None,
    staff: Annotated[str | None, STAFF] = None,
    mask: Annotated[
        bool, typer.Option("--mask", help=N_("Show no more of a customer's name than a letter."))
    ] = False,
    policy: Annotated[str | None, POLICY] = None,
    settings: Annotated[list[str] | None, SETTINGS] = None,
    form: Annotated[str, format_option("table", "json", "csv", "html")] = "table",
    output: Annotated[str | None, OUTPUT] = None,
    force: Annotated[bool, FORCE] = False,
) -> None:
    """Gather the deadlines, count them, show the board."""
    from conflictctl.board import board
    from conflictctl.render.board_report import BoardReport, board_report

    check_output(form, output)
    question = gather(session_of(ctx), as_of, None, policy, settings or [])
    inquiry = asked_in(question)
    check_outlet(inquiry, outlet)
    check_staff(inquiry, staff)
    found = board(dues(question, within, now=as_of is None), outlet, staff)
    report = board_report(
        BoardReport(
            found,
            within,
            outlet,
            staff,
            mask,
            inquiry.register.names(due.customer for due in found.rows if due.customer is not None),
            question.policy,
            question.settings,
            inquiry.as_of,
            inquiry.people,
            inquiry.calendar,
        )
    )
    show_report(report, inquiry, form, output, force=force)
