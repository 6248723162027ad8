"""`timeline`: one customer's history laid out in time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from conflictctl.cli.options import explained, format_option
from conflictctl.cli.output import FORCE, OUTPUT, opened_output
from conflictctl.cli.question import AS_OF, KNOWN_AT, POLICY, SETTINGS, Question, gather, rule
from conflictctl.cli.session import session_of
from conflictctl.errors import WrongUsage
from conflictctl.wording import N_, Sentence

if TYPE_CHECKING:
    from conflictctl.adjudication.ruling import Ruling
    from conflictctl.adjudication.timeline import Timeline
    from conflictctl.events import Event
    from conflictctl.render.timeline_words import Named


@explained(
    N_(
        "Show a customer's history in time: who was in touch, who held, what decided.\n\n"
        "A lane for each person; entries that do not count say why; what the ruling rests on is "
        "marked.\n\n"
        "  conflictctl timeline K7\n"
        "  conflictctl timeline K7 --format html --output k7.html\n"
        "  conflictctl timeline K7 --format svg --output k7.svg"
    )
)
def timeline(
    ctx: typer.Context,
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help=N_("The customer's id."))],
    deal: Annotated[
        str | None,
        typer.Option(
            "--deal",
            metavar="ID",
            help=N_("The deal to rule on, default the latest; `open`: who holds the customer now."),
        ),
    ] = None,
    as_of: Annotated[str | None, AS_OF] = None,
    known_at: Annotated[str | None, KNOWN_AT] = None,
    policy: Annotated[str | None, POLICY] = None,
    settings: Annotated[list[str] | None, SETTINGS] = None,
    form: Annotated[str, format_option("table", "json", "svg", "html")] = "table",
    output: Annotated[str | None, OUTPUT] = None,
    force: Annotated[bool, FORCE] = False,
) -> None:
    """Gather what is known, rule, lay it out, show."""
    if output not in (None, "-") and form == "table":
        raise WrongUsage(
            Sentence("--output goes with --format json, svg or html"),
            Sentence("a table is for reading here; `--format html` makes a page"),
        )
    question = gather(session_of(ctx), as_of, known_at, policy, settings or [])
    show(question, customer, deal=deal, form=form, output=output, force=force)


def show(
    question: Question,
    customer: str,
    *,
    deal: str | None = None,
    form: str = "table",
    output: str | None = None,
    force: bool = False,
) -> None:
    """Lay one customer's history out and print it; raises what `rule` raises."""
    found, events = laid_out(question, customer, deal)
    named = named_for(question, found, events)
    if form == "table":
        from conflictctl.render.terminal import console
        from conflictctl.render.timeline_table import timeline_table

        timeline_table(found, named, console=console(), head=question.head)
        return
    with opened_output(output, force=force) as out:
        if form == "json":
            from conflictctl.render.json_text import write_json
            from conflictctl.render.timeline_json import timeline_json

            shown = timeline_json(found, calendar=question.calendar, head=question.head)
            write_json(shown, out, indent=True)
        elif form == "svg":
            from conflictctl.render.timeline_svg import timeline_svg

            out.write(timeline_svg(found, named))
        else:
            from pathlib import Path

            from conflictctl.render.timeline_page import timeline_page

            name = Path(question.register.target).name
            out.write(timeline_page(found, named, head=question.head, register=name))


def laid_out(
    question: Question, customer: str, deal: str | None = None
) -> tuple[Timeline, list[Event]]:
    """The timeline of one customer, and the events it is made of."""
    ruling, events = rule(question, customer, deal)
    return timeline_for(question, customer, ruling, events), events


def timeline_for(
    question: Question, customer: str, ruling: Ruling, events: list[Event]
) -> Timeline:
    """The history behind a ruling that was made of these events."""
    from conflictctl.adjudication.timeline import timeline_of

    return timeline_of(
        events,
        customer,
        **question.asked(),
        ruling=ruling,
    )


def named_for(question: Question, found: Timeline, events: list[Event]) -> Named:
    """The names and words that a timeline needs."""
    from conflictctl.render.timeline_words import Named

    customers = {mark.customer for mark in found.marks if mark.customer is not None}
    return Named(
        question.people,
        question.calendar,
        question.register.names(customers | {found.ruling.customer}),
        {event.ref: event for event in events},
    )
