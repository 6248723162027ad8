"""`policy backtest`: the register ruled on under two policies, and what comes out otherwise."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from conflictctl.cli.options import format_option, whole_number
from conflictctl.cli.output import FORCE, OUTPUT, opened_output
from conflictctl.cli.policy_choice import policy_named, policy_to_rule_by
from conflictctl.cli.progress import customers_bar
from conflictctl.cli.question import AS_OF
from conflictctl.cli.reporting import (
    Inquiry,
    check_outlet,
    check_output,
    inquire,
    period_of,
    show_report,
)
from conflictctl.cli.session import session_of
from conflictctl.cli.workers import in_order, opened_here, own_register
from conflictctl.render.language import tr
from conflictctl.wording import N_

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from conflictctl.adjudication.backtest import Court, Ruler
    from conflictctl.adjudication.flips import Tally
    from conflictctl.policy.model import Policy

SUMMARY = N_(
    "Replay the register under two policies: which rulings flip, for whom, by which clause.\n\n"
    "A and B are ids, editions (ID@EDITION), files or folders; B is A unless it is named, "
    "so that one parameter can be tried.  A single edition is laid over every deal, whatever days "
    "it is for; a policy with several editions goes by the day of each deal.  Nothing is "
    "recorded.\n\n"
    "  conflictctl policy backtest --set-b level_limit_days.H=5\n"
    "  conflictctl policy backtest renault-zibo-2013 our-policy.toml --from 2026-01\n"
    "  conflictctl policy backtest our-policy@2025-01-01 our-policy@2026-01-01 --format html "
    "--output backtest.html"
)
MOST_FLIPS = 200
"""So many flips are listed, unless the user asks for more; all are counted."""


class _Work(NamedTuple):
    """What each process needs for its part."""

    inquiry: Inquiry
    court: Court
    most: int
    lines: bool


def backtest(
    ctx: typer.Context,
    a: Annotated[
        str | None,
        typer.Argument(metavar="A", help=N_("The one policy; the one in use if left out.")),
    ] = None,
    b: Annotated[
        str | None, typer.Argument(metavar="B", help=N_("The other policy; A if left out."))
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--from", metavar="DAY|MONTH", help=N_("Only deals from this day on.")),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option("--to", metavar="DAY|MONTH", help=N_("Only deals up to this day.")),
    ] = None,
    outlet: Annotated[
        str | None,
        typer.Option(
            "--outlet",
            metavar="OUTLET",
            help=N_("Only what took place in an outlet, or went to one of its people."),
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="[A.|B.]PARAM=VALUE",
            help=N_("Read one parameter otherwise, under A, under B, or under both."),
        ),
    ] = None,
    set_a: Annotated[
        list[str] | None,
        typer.Option("--set-a", metavar="PARAM=VALUE", help=N_("The same, under A only.")),
    ] = None,
    set_b: Annotated[
        list[str] | None,
        typer.Option("--set-b", metavar="PARAM=VALUE", help=N_("The same, under B only.")),
    ] = None,
    as_of: Annotated[str | None, AS_OF] = None,
    most: Annotated[
        int,
        typer.Option(
            "--flips",
            metavar="N",
            parser=whole_number("--flips"),
            help=N_("How many flips are listed, the latest first."),
        ),
    ] = MOST_FLIPS,
    form: Annotated[str, format_option("table", "json", "jsonl", "csv", "html")] = "table",
    output: Annotated[str | None, OUTPUT] = None,
    force: Annotated[bool, FORCE] = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help=N_("End with 1 if anything flips."))
    ] = False,
) -> None:
    """Gather both policies, have everything ruled on twice, show what differs."""
    from conflictctl.adjudication.backtest import Court, Selection
    from conflictctl.render.backtest_report import BacktestReport, backtest_report

    check_output(form, output)
    session = session_of(ctx)
    period = period_of(since, until, ("--from", "--to"))
    inquiry = inquire(session.clock(), session.open(), as_of)
    check_outlet(inquiry, outlet)
    first = (
        policy_to_rule_by(inquiry.register, None)
        if a is None
        else policy_named(inquiry.register, a)
    )
    second = first if b is None else policy_named(inquiry.register, b)
    for_a, for_b = _settings(first, second, settings or [], set_a or [], set_b or [])
    court = Court(
        ruler_of(first, for_a, inquiry),
        ruler_of(second, for_b, inquiry),
        inquiry.people,
        inquiry.calendar,
        inquiry.as_of,
        Selection(period.first, period.last, outlet),
    )
    if form == "jsonl":
        with opened_output(output, force=force) as out:
            tally = tallied(inquiry, court, most, out.write)
    else:
        tally = tallied(inquiry, court, most)
        made_of = BacktestReport(tally, court, period, (first.digest, second.digest))
        show_report(backtest_report(made_of), inquiry, form, output, force=force)
    if exit_code and tally.flipped.total():
        raise typer.Exit(1)


def _settings(
    first: Policy, second: Policy, both: Sequence[str], a: Sequence[str], b: Sequence[str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The settings of A and of B.  One for both may be of a parameter that only one has."""
    from conflictctl.policy.model import settings_from

    for_a, for_b = list(a), list(b)
    for text in both:
        if text.startswith("A."):
            for_a.append(text[2:])
        elif text.startswith("B."):
            for_b.append(text[2:])
        else:
            name = text.partition("=")[0].partition(".")[0].strip()
            known = [name in policy.parameters for policy in (first, second)]
            # Where neither has it, the refusal is that of A.
            for_a += [text] if known[0] or not known[1] else []
            for_b += [text] if known[1] else []
    return settings_from(first, for_a), settings_from(second, for_b)


def ruler_of(policy: Policy, settings: dict[str, Any], inquiry: Inquiry) -> Ruler:
    """A policy as it rules here: laid over every deal, with the caseloads it asks for."""
    from conflictctl.adjudication.backtest import Ruler, laid_over
    from conflictctl.adjudication.caseloads import asks_for_caseloads, caseloads

    policy = laid_over(policy)
    if not asks_for_caseloads(policy):
        return Ruler(policy, settings)
    dossiers = inquiry.register.dossiers(inquiry.known_at)
    held = caseloads(
        ((dossier.events, dossier.members) for dossier in dossiers),
        policy=policy,
        people=inquiry.people,
        calendar=inquiry.calendar,
        as_of=inquiry.as_of,
        settings=settings,
    )
    return Ruler(policy, settings, held)


def tallied(
    inquiry: Inquiry, court: Court, most: int, write: Callable[[str], object] | None = None
) -> Tally:
    """The counts over the whole register, shared out among processes.

    With `write`, every flip goes there as a line of JSON, in the order of the customers.
    """
    from conflictctl.adjudication.flips import Tally

    court.a.program, court.b.program  # noqa: B018  compiled once, before the work is shared out
    opened_here(inquiry.register)
    total = Tally(most)
    work = _Work(inquiry, court, most, write is not None)
    with customers_bar(tr("Ruling twice"), inquiry.register) as tell:
        pages = inquiry.register.families(inquiry.known_at)
        for customers, tally, lines in in_order(partial(_page, work), pages):
            total.merge(tally)
            if write is not None:
                for line in lines:
                    write(line)
            tell(customers)
    return total


def _page(work: _Work, families: Sequence[tuple[str, ...]]) -> tuple[int, Tally, list[str]]:
    from conflictctl.adjudication.backtest import compared
    from conflictctl.adjudication.flips import Tally
    from conflictctl.render.backtest_report import flip_data
    from conflictctl.render.json_text import json_line

    tally, lines = Tally(work.most), []
    register = own_register(work.inquiry.register)
    for dossier in register.dossiers_of(families, work.inquiry.known_at):
        for result in compared(dossier.events, dossier.members, work.court):
            tally.add(result, work.court)
            if work.lines and result.flipped:
                lines.append(json_line(flip_data(result, work.court), sys.stdout.encoding))
    return sum(map(len, families)), tally, lines
