"""`survey …`: how satisfied customers are, asked now and then beside any case."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from conflictctl.cli.asking import AskingCommand
from conflictctl.cli.case_files import CasePolicies
from conflictctl.cli.options import (
    Group,
    command,
    explained,
    format_option,
    group_of,
    makes_command,
)
from conflictctl.cli.question import AS_OF
from conflictctl.cli.record import moment_at, standing
from conflictctl.cli.session import session_of
from conflictctl.cli.write import kind_command
from conflictctl.errors import InputRejected
from conflictctl.events import KINDS
from conflictctl.render.language import moment_text, say, tr
from conflictctl.wording import N_, Sentence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from conflictctl.calendar import Calendar, Moment
    from conflictctl.cases.policy import Campaign, CasePolicy
    from conflictctl.people import People
    from conflictctl.register.store import Dossier, Register


class ToAsk(NamedTuple):
    """A customer whom a campaign has come to; `last` is when he was asked last, if ever."""

    customer: str
    campaign: str
    last: Moment | None
    since: Moment
    """From when he is to be asked."""


@makes_command
def group(name: str) -> Group:
    """The group `survey`."""
    return group_of(
        name,
        N_(
            "Ask customers now and then how satisfied they are.\n\n"
            "  conflictctl survey due --campaign annual\n"
            "  conflictctl survey record K7 --campaign annual --score 4"
        ),
        [
            kind_command(
                "record",
                KINDS["survey"],
                N_(
                    "Record how satisfied a customer is.\n\n"
                    "  conflictctl survey record K7 --campaign annual --score 4\n"
                    "  conflictctl survey record K7 --campaign annual --not-reached"
                ),
                command=AskingCommand,
            ),
            command("due", due, N_("List whom to ask now.")),
        ],
    )


@explained(
    N_(
        "List whom to ask now.\n\n"
        "The campaigns stand in the case policy: whom each asks, and how often. Lost customers "
        "are left out.\n\n"
        "  conflictctl survey due --campaign annual --format csv"
    )
)
def due(
    ctx: typer.Context,
    campaign: Annotated[
        str | None,
        typer.Option("--campaign", metavar="NAME", help=N_("Only this one; default all.")),
    ] = None,
    as_of: Annotated[str | None, AS_OF] = None,
    form: Annotated[str, format_option("table", "json", "csv")] = "table",
) -> None:
    """Go through the customers, pick those whose time has come, show."""
    session = session_of(ctx)
    register = session.open()
    now = (
        session.clock()
        if as_of is None
        else moment_at(as_of, session, register.calendar, allow_future=True)
    )
    policy = CasePolicies(register).of("complaint")
    chosen = _campaigns(policy, campaign)
    found = [
        one
        for dossier in register.dossiers()
        for one in _to_ask(dossier, chosen, register.people(), register.calendar, now)
    ]
    found.sort(key=lambda one: (one.campaign, one.since, one.customer))
    _show(found, register, form)


def _campaigns(policy: CasePolicy, name: str | None) -> Sequence[Campaign]:
    if name is None:
        return list(policy.campaigns.values())
    if name not in policy.campaigns:
        raise InputRejected(
            Sentence("{policy} has no campaign {campaign}", policy=policy.id, campaign=name),
            Sentence("campaigns are: {campaigns}", campaigns=tuple(policy.campaigns)),
        )
    return [policy.campaigns[name]]


def _to_ask(
    dossier: Dossier,
    campaigns: Sequence[Campaign],
    people: People,
    calendar: Calendar,
    now: Moment,
) -> Iterator[ToAsk]:
    from conflictctl.cases.surveys import begins, to_ask_again
    from conflictctl.history import is_lost

    history = standing(dossier.events, people, calendar, now)
    for customer in dossier.members:
        entries = history.of(frozenset((customer,)))
        if is_lost(entries):
            continue
        for campaign in campaigns:
            start = begins(campaign, entries)
            if start is None:
                continue
            last = max(
                (
                    entry.at
                    for entry in entries
                    if entry.kind == "survey"
                    and not entry.voided
                    and entry.get("campaign") == campaign.id
                ),
                default=None,
            )
            since = to_ask_again(campaign, calendar, start, last)
            if since <= now:
                yield ToAsk(customer, campaign.id, last, since)


def _show(found: list[ToAsk], register: Register, form: str) -> None:
    calendar = register.calendar
    names = register.names(one.customer for one in found)
    rows = [
        {
            "campaign": one.campaign,
            "customer": one.customer,
            "name": names.get(one.customer),
            "last": None if one.last is None else calendar.iso(one.last),
            "due": calendar.iso(one.since),
        }
        for one in found
    ]
    if form == "json":
        from conflictctl.render.json_text import write_json

        write_json(rows, sys.stdout, indent=True)
    elif form == "csv":
        import csv

        from conflictctl.render.safe import cell_text

        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(("campaign", "customer", "name", "last", "due"))
        writer.writerows([cell_text(value) for value in row.values()] for row in rows)
    else:
        from conflictctl.render.terminal import Column, print_table

        count = print_table(
            [
                Column(tr("campaign")),
                Column(tr("customer")),
                Column(tr("name")),
                Column(tr("asked last")),
                Column(tr("due since")),
            ],
            (
                [
                    one.campaign,
                    one.customer,
                    names.get(one.customer, ""),
                    moment_text(one.last, calendar)[:10]
                    if one.last is not None
                    else tr("never asked"),
                    moment_text(one.since, calendar)[:10],
                ]
                for one in found
            ),
        )
        if not count:
            print(say(Sentence("nobody is to be asked now")), file=sys.stderr)
