"""`policy clashes`: on the real register, which rules apply at once and name different winners."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from conflictctl.cli.options import format_option
from conflictctl.cli.output import FORCE, OUTPUT
from conflictctl.cli.policy_choice import policy_named, policy_to_rule_by
from conflictctl.cli.progress import customers_bar
from conflictctl.cli.question import AS_OF, POLICY, SETTINGS
from conflictctl.cli.reporting import Inquiry, check_output, inquire, show_report
from conflictctl.cli.session import session_of
from conflictctl.cli.workers import in_order, opened_here, own_register
from conflictctl.render.language import tr
from conflictctl.wording import N_

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conflictctl.adjudication.clashes import Bench, Tally

SUMMARY = N_(
    "Over which deals rules apply that name different winners, and what settles it.\n\n"
    "Every rule is tried on every deal of the register, whatever decided before it: by the order "
    "of the rules alone, or because one is declared to go before the other, or not at all.  Pairs "
    "that only their order settles are where a text contradicts itself.\n\n"
    "  conflictctl policy clashes\n"
    "  conflictctl policy clashes --policy our-policy.toml --format json"
)


def clashes(
    ctx: typer.Context,
    policy: Annotated[str | None, POLICY] = None,
    settings: Annotated[list[str] | None, SETTINGS] = None,
    as_of: Annotated[str | None, AS_OF] = None,
    form: Annotated[str, format_option("table", "json", "csv", "html")] = "table",
    output: Annotated[str | None, OUTPUT] = None,
    force: Annotated[bool, FORCE] = False,
) -> None:
    """Gather the policy, try all its rules on everything, show which clash."""
    from conflictctl.adjudication.clashes import Bench
    from conflictctl.cli.policy_backtest import ruler_of
    from conflictctl.policy.model import settings_from
    from conflictctl.render.clash_report import ClashReport, clash_report

    check_output(form, output)
    session = session_of(ctx)
    inquiry = inquire(session.clock(), session.open(), as_of)
    chosen = (
        policy_to_rule_by(inquiry.register, None)
        if policy is None
        else policy_named(inquiry.register, policy)
    )
    ruler = ruler_of(chosen, settings_from(chosen, settings or []), inquiry)
    bench = Bench(ruler, inquiry.people, inquiry.calendar, inquiry.as_of)
    report = clash_report(ClashReport(tallied(inquiry, bench), bench, chosen.digest))
    show_report(report, inquiry, form, output, force=force)


def tallied(inquiry: Inquiry, bench: Bench) -> Tally:
    """The counts over the whole register, shared out among processes."""
    from conflictctl.adjudication.clashes import Tally

    opened_here(inquiry.register)
    total = Tally()
    with customers_bar(tr("Trying every rule"), inquiry.register) as tell:
        pages = inquiry.register.families(inquiry.known_at)
        for customers, tally in in_order(partial(_page, inquiry, bench), pages):
            total.merge(tally)
            tell(customers)
    return total


def _page(inquiry: Inquiry, bench: Bench, families: Sequence[tuple[str, ...]]) -> tuple[int, Tally]:
    from conflictctl.adjudication.clashes import Tally, examined

    tally = Tally()
    register = own_register(inquiry.register)
    for dossier in register.dossiers_of(families, inquiry.known_at):
        for clash in examined(dossier.events, dossier.members, bench):
            tally.add(clash)
    return sum(map(len, families)), tally
