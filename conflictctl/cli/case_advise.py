"""`case advise`: how to approach a kind of customer or a cause, in a case or at large."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from conflictctl.cli.case_policy import case_policy_for
from conflictctl.cli.options import explained, format_option, near_hint
from conflictctl.cli.session import session_of
from conflictctl.errors import WrongUsage
from conflictctl.render.language import say, tr
from conflictctl.wording import N_, Sentence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conflictctl.cases.advice import Card
    from conflictctl.cases.policy import CasePolicy
    from conflictctl.cases.procedure import Case
    from conflictctl.cli.session import Session


@explained(
    N_(
        "Show how to approach a kind of customer or a cause, and what to avoid.\n\n"
        "For a case its kind of customer and its cause; without anything, what there are cards "
        "for.\n\n"
        "  conflictctl case advise C-2026-0017\n"
        "  conflictctl case advise --type ever_changing\n"
        "  conflictctl case advise --cause promise_not_kept"
    )
)
def advise(
    ctx: typer.Context,
    identity: Annotated[str | None, typer.Argument(metavar="CASE", help=N_("The case."))] = None,
    customer_type: Annotated[
        str | None, typer.Option("--type", metavar="TYPE", help=N_("A kind of customer."))
    ] = None,
    cause: Annotated[
        str | None, typer.Option("--cause", metavar="CAUSE", help=N_("A cause of conflicts."))
    ] = None,
    form: Annotated[str, format_option("table", "json")] = "table",
) -> None:
    """Find the cards and show them."""
    from conflictctl.cases.advice import cards

    session = session_of(ctx)
    case = _case(session, identity) if identity is not None else None
    register = None if session.missing() else session.open()
    policy = case_policy_for(register, case.category if case is not None else "complaint")
    if case is not None:
        customer_type = customer_type or case.customer_type or _kind_of(session, case)
        cause = cause or case.cause
    found = [*_of_type(customer_type), *_of_cause(cause, policy)]
    listing = case is None and customer_type is None and cause is None
    if listing:
        found = list(cards().values())
    if form == "json":
        from conflictctl.render.advice_card import card_data
        from conflictctl.render.json_text import write_json

        data = [card_data(card, **_at_hand(case)) for card in found]
        write_json(data, sys.stdout, indent=True)
    elif listing:
        _list(found)
    elif found:
        _show(found, case)
    else:
        print(
            say(
                Sentence(
                    "{case}: neither the kind of customer nor the cause is known", case=identity
                )
            )
        )
        print(tr("`case advise --type` and `--cause` show a card at large"), file=sys.stderr)


def _case(session: Session, identity: str) -> Case:
    from conflictctl.cli.case_files import CasePolicies, load_case

    register = session.open()
    return load_case(register, identity, CasePolicies(register), as_of=session.clock())


def _kind_of(session: Session, case: Case) -> str | None:
    """The kind of customer that his file names, where the case names none."""
    if case.customer is None:
        return None
    kind: str | None = None
    for event in session.open().events(kind="customer", customer=case.customer):
        if event.customer == case.customer and event.get("type"):
            kind = event.fields["type"]
    return kind


def _of_type(customer_type: str | None) -> list[Card]:
    from conflictctl.cases.advice import type_card
    from conflictctl.events import CUSTOMER_TYPES

    if customer_type is None:
        return []
    card = type_card(customer_type)
    if card is None:
        raise WrongUsage(
            Sentence("--type: there is no kind of customer {kind}", kind=customer_type),
            near_hint(customer_type, CUSTOMER_TYPES)
            or Sentence("kinds are: {kinds}", kinds=CUSTOMER_TYPES),
        )
    return [card]


def _of_cause(cause: str | None, policy: CasePolicy) -> list[Card]:
    from conflictctl.cases.advice import CAUSE, cards, cause_card

    if cause is None:
        return []
    card = cause_card(cause, policy)
    if card is not None:
        return [card]
    if cause in policy.causes:  # the company's own, and part of none that has a card
        return []
    known = [*policy.causes, *(name for about, name in cards() if about == CAUSE)]
    raise WrongUsage(
        Sentence("--cause: there is no cause {cause}", cause=cause),
        near_hint(cause, known)
        or Sentence("causes are: {causes}", causes=tuple(dict.fromkeys(known))),
    )


def _at_hand(case: Case | None) -> dict[str, str | None]:
    if case is None:
        return {}
    return {"case": case.id, "customer": case.customer}


def _list(found: Iterable[Card]) -> None:
    from conflictctl.render.terminal import Column, print_table

    print_table(
        [Column(tr("option")), Column(tr("card"))],
        [[f"--{card.about} {card.id}", say(card.title)] for card in found],
    )


def _show(found: Iterable[Card], case: Case | None) -> None:
    from conflictctl.render.advice_card import advice_lines
    from conflictctl.render.terminal import is_terminal, width

    for number, card in enumerate(found):
        if number:
            print()
        for line in advice_lines(card, **_at_hand(case), width=width(), fold=is_terminal()):
            print(line)
