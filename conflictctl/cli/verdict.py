"""Whose customer or deal it is: one ruling, or everybody's, streamed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from conflictctl.cli.options import explained, format_option
from conflictctl.cli.output import (
    FORCE,
    opened_for_bytes,
    opened_output,
    refuse_terminal,
)
from conflictctl.cli.policy_choice import NOT_CHOSEN, policy_in_use
from conflictctl.cli.question import (
    AS_OF,
    DEAL,
    KNOWN_AT,
    POLICY,
    SETTINGS,
    Question,
    gather,
    rule,
    rule_among,
)
from conflictctl.cli.session import session_of, staff_hint
from conflictctl.cli.verdict_all import show_overview, stream
from conflictctl.errors import InputRejected, WrongUsage
from conflictctl.render.language import say
from conflictctl.wording import N_, Sentence

if TYPE_CHECKING:
    from conflictctl.adjudication.ruling import Ruling
    from conflictctl.events import Event

WITH_PERSONAL = typer.Option(
    "--with-personal",
    help=N_("Put names, phones and notes into the bundle; left out otherwise."),
)

OUTPUT = typer.Option(
    "--output",
    metavar="FILE",
    help=N_("Where to write the page or the PDF; `-` or nothing: standard output."),
)


@explained(
    N_(
        "Rule whose customer or deal it is.\n\n"
        "The ruling names whose it is, the clause that decides, every clause in the order tried "
        "with its evidence, what did not count and why, and what is still open.\n\n"
        "  conflictctl verdict K7\n"
        "  conflictctl verdict K7 --as-of 2013-03-12T17:00:00+08:00 --explain\n"
        "  conflictctl verdict K7 --set level_limit_days.H=5\n"
        "  conflictctl verdict K7 --why-not li\n"
        "  conflictctl verdict K7 --what-if supposed.jsonl\n"
        "  conflictctl verdict K7 --format html --output k7.html\n"
        "  conflictctl verdict K7 --format pdf --output k7.pdf\n"
        "  conflictctl verdict K7 --bundle k7.json\n"
        "  conflictctl verdict --all --format jsonl"
    )
)
def verdict(
    ctx: typer.Context,
    customer: Annotated[
        str | None, typer.Argument(metavar="CUSTOMER", help=N_("The customer's id."))
    ] = None,
    everyone: Annotated[bool, typer.Option("--all", help=N_("Rule on every customer."))] = False,
    deal: Annotated[str | None, DEAL] = None,
    as_of: Annotated[str | None, AS_OF] = None,
    known_at: Annotated[str | None, KNOWN_AT] = None,
    policy: Annotated[str | None, POLICY] = None,
    settings: Annotated[list[str] | None, SETTINGS] = None,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain",
            help=N_(
                "Account for the ruling in full; with --all give every clause and contested "
                "reading."
            ),
        ),
    ] = False,
    why_not: Annotated[
        str | None,
        typer.Option(
            "--why-not",
            metavar="STAFF",
            help=N_("Why it is not somebody's, and what single thing would make it so."),
        ),
    ] = None,
    what_if: Annotated[
        Path | None,
        typer.Option(
            "--what-if",
            metavar="FILE",
            help=N_("Take the entries of this file (JSON Lines) for recorded, this time."),
        ),
    ] = None,
    bundle: Annotated[
        str | None,
        typer.Option(
            "--bundle",
            metavar="FILE",
            help=N_(
                "Also write the ruling with all it rests on; `audit verify-bundle` checks it "
                "without the register."
            ),
        ),
    ] = None,
    with_personal: Annotated[bool, WITH_PERSONAL] = False,
    form: Annotated[str, format_option("table", "json", "jsonl", "html", "pdf")] = "table",
    output: Annotated[str | None, OUTPUT] = None,
    force: Annotated[bool, FORCE] = False,
) -> None:
    """Gather what is known, rule, show."""
    if (customer is None) != everyone:
        raise WrongUsage(
            Sentence("name one customer, or --all"),
            Sentence("`conflictctl customer find TEXT` finds a customer by name or phone"),
        )
    if everyone and deal is not None:
        raise WrongUsage(Sentence("--deal picks a deal of one customer, not of --all"))
    if everyone and why_not is not None:
        raise WrongUsage(Sentence("--why-not asks about one customer, not about --all"))
    if everyone and what_if is not None:
        raise WrongUsage(Sentence("--what-if asks about one customer, not about --all"))
    _check_form(form, everyone, why_not, output)
    _check_bundle(bundle, everyone, what_if, with_personal)
    question = gather(session_of(ctx), as_of, known_at, policy, settings or [])
    if form == "table":
        _say_if_not_chosen(question, policy)
    if bundle is not None and customer is not None:
        from conflictctl.cli.bundles import write_bundle

        write_bundle(
            bundle, question, customer, deal, policy=policy, personal=with_personal, force=force
        )
    if customer is not None and form in _PAPERS:
        _write_paper(question, customer, deal, what_if, form, output, force=force)
    elif customer is not None:
        show_one(
            question,
            customer,
            deal=deal,
            explain=explain,
            why_not=why_not,
            what_if=what_if,
            form=form,
        )
    elif form == "table":
        show_overview(question)
    else:
        stream(question, explain=explain, one_list=form == "json")


_PAPERS = ("html", "pdf")


def _check_form(form: str, everyone: bool, why_not: str | None, output: str | None) -> None:
    if form in _PAPERS and everyone:
        raise WrongUsage(
            Sentence("--format {form} is a paper about one customer, not about --all", form=form),
            Sentence("`conflictctl report disputes --format html` is a page about all disputes"),
        )
    if form in _PAPERS and why_not is not None:
        raise WrongUsage(Sentence("--why-not goes with --format table or json"))
    if output not in (None, "-") and form not in _PAPERS:
        raise WrongUsage(Sentence("--output goes with --format html or pdf"))
    if form == "pdf":
        refuse_terminal(output)


def _check_bundle(
    bundle: str | None, everyone: bool, what_if: Path | None, with_personal: bool
) -> None:
    if bundle is None:
        if with_personal:
            raise WrongUsage(Sentence("--with-personal goes with --bundle"))
        return
    if everyone:
        raise WrongUsage(Sentence("--bundle holds the ruling on one customer, not on --all"))
    if what_if is not None:
        raise WrongUsage(
            Sentence("--bundle holds what was recorded; --what-if only supposes"),
        )
    if bundle == "-":
        raise WrongUsage(Sentence("--bundle takes a file; the ruling goes to standard output"))


def _write_paper(
    question: Question,
    customer: str,
    deal: str | None,
    what_if: Path | None,
    form: str,
    output: str | None,
    *,
    force: bool,
) -> None:
    """The ruling as a paper to print and sign."""
    from conflictctl.cli.paper import page_of, pdf_of
    from conflictctl.cli.precedents import with_precedents

    if what_if is None:
        ruling, events = rule(question, customer, deal)
    else:
        question, ruling, events = _supposing(question, what_if, customer, deal)
    ruling = _probed(question, ruling, events, customer, deal, explain=True, party=None)
    ruling = with_precedents(question, ruling, events, asked=True)
    if form == "pdf":
        content = pdf_of(question, customer, ruling, events)
        with opened_for_bytes(output, force=force) as file:
            file.write(content)
        return
    page = page_of(question, customer, ruling, events)
    with opened_output(output, force=force) as out:
        out.write(page)


def _say_if_not_chosen(question: Question, named: str | None) -> None:
    """A reader should know that nobody decided by which rules he is told this."""
    if policy_in_use(question.register, named).why is NOT_CHOSEN:
        note = Sentence("policy {id}: {why}", id=question.policy.id, why=NOT_CHOSEN)
        print(say(note), file=sys.stderr)


def show_one(
    question: Question,
    customer: str,
    *,
    deal: str | None = None,
    explain: bool = False,
    why_not: str | None = None,
    what_if: Path | None = None,
    form: str = "table",
) -> None:
    """Rule on one customer and print the ruling; raises what `rule` raises.

    With `why_not` (a member of staff or an outlet), why it is not theirs; raises
    InputRejected for somebody unknown.  With `what_if` the entries of that file are taken for
    recorded; raises InputRejected for one that no register would take.
    """
    from conflictctl.cli.precedents import with_precedents

    if what_if is None:
        ruling, events = rule(question, customer, deal)
    else:
        question, ruling, events = _supposing(question, what_if, customer, deal)
    if why_not is not None:
        _known_party(question, why_not)
    if form == "table" or explain or why_not is not None:
        ruling = _probed(question, ruling, events, customer, deal, explain=explain, party=why_not)
    if why_not is None:
        ruling = with_precedents(question, ruling, events, asked=explain)
    if form != "table":
        _write_json(question, ruling, indent=form == "json")
        return
    from conflictctl.render.ruling_table import ruling_table
    from conflictctl.render.terminal import console

    ruling_table(
        ruling,
        people=question.people,
        calendar=question.calendar,
        names=question.register.names({customer, ruling.customer}),
        policy=question.policy,
        console=console(),
        head=question.head,
        explain=explain,
        events={event.ref: event for event in events},
    )


def _supposing(
    question: Question, path: Path, customer: str, deal: str | None
) -> tuple[Question, Ruling, list[Event]]:
    """The question, the ruling and the events as they would be with the entries of a file."""
    from conflictctl.adjudication.ruling import Supposed
    from conflictctl.cli.what_if import read_lines, with_supposed

    lines = read_lines(path)
    before, recorded = rule(question, customer, explain=False)
    people = question.register.people(question.known_at)
    events = with_supposed(
        lines,
        customer,
        recorded,
        register=question.register,
        people=people,
        known_at=question.known_at,
        seq=question.head.seq,
        as_of=question.as_of,
    )
    question = question._replace(people=people)
    ruling = rule_among(question, events, customer, deal)
    supposed = Supposed(len(lines), before.status, before.credit, before.holder, before.decided_by)
    return question, ruling._replace(supposed=supposed), events


_TRIALS_UNASKED = 2_000
"""How many events may be replayed to find the badge that nobody asked for: some 0.05 s."""


def _probed(
    question: Question,
    ruling: Ruling,
    events: list[Event],
    customer: str,
    deal: str | None,
    *,
    explain: bool,
    party: str | None,
) -> Ruling:
    """The ruling with what would turn it: the records, and where it was asked, all the rest."""
    from conflictctl.adjudication.sensitivity import LIMIT, Retrial, sensitivity_of

    asked = explain or party is not None
    retrial = Retrial(
        events,
        customer,
        **question.asked(),
        deal=deal,
        ruling=ruling,
        limit=LIMIT if asked else _TRIALS_UNASKED // max(len(events), 1),
    )
    if explain or party is None:
        ruling = ruling._replace(sensitivity=sensitivity_of(retrial, params=explain))
    if explain:
        from conflictctl.adjudication.counterfactual import counterfactual

        ruling = ruling._replace(counterfactual=counterfactual(retrial))
    if party is not None:
        from conflictctl.adjudication.why_not import why_not

        ruling = ruling._replace(why_not=why_not(retrial, party))
    return ruling


def _known_party(question: Question, party: str) -> None:
    people = question.people
    if party not in people.staff and party not in people.outlet_types:
        raise InputRejected(
            Sentence("no member of staff {staff}", staff=party),
            staff_hint(party, people),
        )


def _write_json(question: Question, ruling: Ruling, *, indent: bool, full: bool = True) -> None:
    from conflictctl.render.json_text import write_json
    from conflictctl.render.ruling_json import ruling_json

    write_json(
        ruling_json(
            ruling,
            calendar=question.calendar,
            people=question.people,
            head=question.head,
            full=full,
        ),
        sys.stdout,
        indent=indent,
    )
