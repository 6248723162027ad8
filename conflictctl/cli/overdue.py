"""What is overdue or about to end, for the morning list and for cron."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from conflictctl.cli.dues import dues
from conflictctl.cli.messages import (
    FULL,
    NOTIFY,
    ROUTES,
    Outcome,
    acting,
    notify,
    refuse_as_of,
    routes_file,
    warn_of_failures,
)
from conflictctl.cli.options import explained, format_option
from conflictctl.cli.question import POLICY, SETTINGS, Question, gather
from conflictctl.cli.session import session_of
from conflictctl.errors import WrongUsage
from conflictctl.render.language import say
from conflictctl.wording import N_, Sentence, Span

if TYPE_CHECKING:
    from conflictctl.deadlines import Due


def _days(value: str | int) -> int:
    """`1d`, `24h`, `3`: whole days, hours rounded up."""
    match = re.fullmatch(r"([0-9]{1,4})(d|h|)", str(value).strip().lower())
    if match is None:
        raise WrongUsage(
            Sentence("{option}: {value} is no length of time", option="--within", value=str(value)),
            Sentence("write it as 1d, 24h or 3 (days)"),
        )
    amount = int(match[1])
    return -(-amount // 24) if match[2] == "h" else amount


WITHIN = typer.Option(
    "--within",
    metavar="1d|24h|DAYS",
    parser=_days,
    help=N_("Also what falls due within this time; default one day."),
)


@explained(
    N_(
        "List what is overdue or about to end.\n\n"
        "Follow-ups by consultant, the longest overdue first; claim windows and filings about to "
        "end; deadlines of cases.  Lost customers are left out.\n\n"
        "For cron:\n\n"
        "  conflictctl overdue --within 1d --quiet-if-empty\n"
        "  conflictctl overdue --format json --exit-code\n"
        "  conflictctl overdue --notify-routes routes.toml --as bai\n\n"
        "Messages are sent once a day to each address and recorded; customers in them are masked."
    )
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
    policy: Annotated[str | None, POLICY] = None,
    settings: Annotated[list[str] | None, SETTINGS] = None,
    walk: Annotated[
        bool,
        typer.Option(
            "--walk",
            help=N_("Look at every customer, also where nothing can have fallen due since."),
        ),
    ] = False,
    quiet_if_empty: Annotated[
        bool, typer.Option("--quiet-if-empty", help=N_("Print nothing at all if nothing is due."))
    ] = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help=N_("End with 1 if anything is due."))
    ] = False,
    urls: Annotated[list[str] | None, NOTIFY] = None,
    notify_routes: Annotated[str | None, ROUTES] = None,
    full: Annotated[bool, FULL] = False,
    form: Annotated[str, format_option("table", "json", "csv")] = "table",
) -> None:
    """Gather the deadlines, sort, show, send."""
    session = session_of(ctx)
    refuse_as_of(as_of, urls or [], notify_routes)
    question = gather(session, as_of, None, policy, settings or [])
    # Whoever is told today hears of it by name of the one who answers for the sending.
    actor = acting(session, question) if urls or notify_routes else None
    found = list(dues(question, within, now=as_of is None, walk=walk))
    if found or not quiet_if_empty:
        show(question, found, within, form)
    if actor is not None:
        outcome = notify(
            session,
            question,
            found,
            actor,
            urls=urls or [],
            routes=routes_file(session, notify_routes) if notify_routes else None,
            full=full,
        )
        if outcome != Outcome(0, 0, []):
            print(say(Sentence("messages: {told}", told=outcome.told)), file=sys.stderr)
        warn_of_failures(outcome, question)
        session.people = question.people
        failure = outcome.failure()
        if failure is not None:
            raise failure
    if found and exit_code:
        raise typer.Exit(1)


def show(question: Question, found: list[Due], within: int, form: str) -> None:
    """Print the list."""
    from conflictctl.render import overdue_table as views

    calendar = question.calendar
    if form == "json":
        from conflictctl.render.json_text import write_json_list

        rows = (views.due_json(due, calendar=calendar, head=question.head) for due in found)
        write_json_list(rows, sys.stdout)
    elif form == "csv":
        views.write_due_csv(found, sys.stdout, calendar=calendar)
    elif not found:
        print(say(Sentence("nothing is overdue or due within {span}", span=Span(within, "d"))))
    else:
        from conflictctl.register.chain import receipt_text
        from conflictctl.render.terminal import console

        head = question.head
        views.overdue_table(
            found,
            names=question.register.names(
                due.customer for due in found if due.customer is not None
            ),
            people=question.people,
            calendar=calendar,
            console=console(),
            as_of=question.as_of,
            upto=(head.seq, receipt_text(head.hash)),
        )
