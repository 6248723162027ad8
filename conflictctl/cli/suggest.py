"""`customer suggest`: who may be one person, or one household."""

from __future__ import annotations

import sys
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from conflictctl.cli.options import explained, format_option, one_of, whole_number
from conflictctl.cli.session import session_of
from conflictctl.cli.workers import in_order, opened_here, own_register
from conflictctl.errors import InputRejected, WrongUsage
from conflictctl.wording import N_, Sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from conflictctl.matching.compare import Suggestion
    from conflictctl.matching.profile import Profile
    from conflictctl.people import People
    from conflictctl.register.pairing import LeftOut, Sharer, Wanted
    from conflictctl.register.store import KnownAt, Register

LEAST_SCORE = 50
"""Whoever is suggested is more likely right than wrong."""
_MOST_SHOWN = 50
_MOST_WARNINGS = 5


@explained(
    N_(
        "Suggest who may be one person entered twice, or one household.\n\n"
        "Each suggestion has a score from 1 to 99, its reasons, the entries they rest on, and the "
        "command that links the two. Nothing is linked without a person: read the reasons, ask "
        "the customer. Of a hundred suggestions with score 80 some eighty are right.\n\n"
        "`customer unlink` undoes a link; without one it says that two are not the same, and "
        "they are not suggested again.\n\n"
        "  conflictctl customer suggest\n"
        "  conflictctl customer suggest K7\n"
        "  conflictctl customer suggest --kind household --min-score 80 --format csv"
    )
)
def suggest(
    ctx: typer.Context,
    customer: Annotated[
        str | None,
        typer.Argument(
            metavar="CUSTOMER", help=N_("The customer's id, or a text that finds only him.")
        ),
    ] = None,
    everyone: Annotated[
        bool,
        typer.Option("--all", help=N_("Among all customers; the same without a CUSTOMER.")),
    ] = False,
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind",
            metavar="same|household",
            parser=one_of("--kind", "same", "household"),
            help=N_("Only one person entered twice, or only households."),
        ),
    ] = None,
    least: Annotated[
        int,
        typer.Option(
            "--min-score",
            metavar="1-99",
            parser=whole_number("--min-score", 1),
            help=N_("Only from this score on; fewer are wrong, and more are missed."),
        ),
    ] = LEAST_SCORE,
    most: Annotated[
        int | None,
        typer.Option(
            "--limit",
            metavar="NUMBER",
            parser=whole_number("--limit", 1),
            help=N_("How many to show at most; a table shows 50, other forms all."),
        ),
    ] = None,
    form: Annotated[str, format_option("table", "json", "jsonl", "csv")] = "table",
) -> None:
    """Gather what can be compared, compare, show the best first."""
    from conflictctl.register.pairing import Wanted
    from conflictctl.render import suggestions as views

    if customer is not None and everyone:
        raise WrongUsage(
            Sentence("name one customer, or --all"),
            Sentence("`conflictctl customer suggest` alone looks at all customers"),
        )
    register = session_of(ctx).open()
    people = register.people()
    left_out: list[LeftOut] = []
    wanted = Wanted(least, kind)
    found = (
        _among_all(register, people, wanted, left_out)
        if customer is None
        else iter(_around(register, people, customer, wanted, left_out))
    )
    if most is None and form == "table":
        most = _MOST_SHOWN
    shown = found if most is None else islice(found, most)
    pages = _with_cards(register, shown)
    if form == "table":
        count = views.print_suggestions(pages, people, sys.stdout)
    elif form == "csv":
        count = views.write_suggestions_csv(pages, people, sys.stdout)
    else:
        count = views.write_suggestions_json(pages, people, sys.stdout, lines=form == "jsonl")
    _warn(left_out, more=next(found, None) is not None, count=count, least=least)


def profiles(register: Register, people: People) -> Iterator[list[Profile]]:
    """What can be compared of every customer, in pages, made by several processes."""
    known_at = _here(register)
    task = partial(_page, register, people, known_at)
    return in_order(task, register.families(known_at))


def _among_all(
    register: Register, people: People, wanted: Wanted, left_out: list[LeftOut]
) -> Iterator[Suggestion]:
    from conflictctl.register.pairing import among_all

    every = (profile for page in profiles(register, people) for profile in page)
    return among_all(every, wanted, left_out)


def _around(
    register: Register, people: People, text: str, wanted: Wanted, left_out: list[LeftOut]
) -> list[Suggestion]:
    from conflictctl.cli.customer import meant
    from conflictctl.matching.blocking import keys_of
    from conflictctl.register.pairing import Near, around

    customer = meant(register, text)
    known_at = _here(register)
    family = register.members([customer], known_at)
    own = [one for one in _page(register, people, known_at, [family]) if one.customer == customer]
    if not own:
        raise InputRejected(
            Sentence("the name of {customer} was erased", customer=customer),
            Sentence("`conflictctl customer show {customer}` says what is left", customer=customer),
        )
    keys = frozenset(key for key, _ in keys_of(own[0]))
    near = Near()
    task = partial(_sharers, register, people, known_at, keys)
    for customers, found in in_order(task, register.families(known_at)):
        near.add(customers, found)
    return around(own[0], near, wanted, left_out)


def _here(register: Register) -> KnownAt:
    from conflictctl.register.store import KnownAt

    opened_here(register)
    return KnownAt(register.head().seq)


def _page(
    register: Register, people: People, known_at: KnownAt, families: Sequence[tuple[str, ...]]
) -> list[Profile]:
    from conflictctl.matching.profile import profiles_of
    from conflictctl.mending import mended

    mine = own_register(register)
    return [
        profile
        for dossier in mine.dossiers_of(families, known_at)
        for profile in profiles_of(
            mended(dossier.events, lambda: people), dossier.members, mine.calendar
        )
    ]


def _sharers(
    register: Register,
    people: People,
    known_at: KnownAt,
    keys: frozenset[str],
    families: Sequence[tuple[str, ...]],
) -> tuple[int, list[Sharer]]:
    from conflictctl.register.pairing import sharers

    return sharers(keys, _page(register, people, known_at, families))


def _with_cards(
    register: Register, found: Iterable[Suggestion]
) -> Iterator[tuple[Suggestion, dict[str, tuple[str, tuple[str, ...]]]]]:
    found = iter(found)
    while page := list(islice(found, 200)):
        ids = {customer for one in page for customer in (one.left, one.right)}
        cards = {card.id: (card.name, card.phones) for card in register.cards(ids).values()}
        yield from ((one, cards) for one in page)


def _warn(left_out: Sequence[LeftOut], *, more: bool, count: int, least: int) -> None:
    from conflictctl.matching.blocking import NUMBER
    from conflictctl.phones import national
    from conflictctl.render.terminal import warning_line

    warnings = [
        Sentence(
            "the number {number} is shared by {count} customers: it was left out",
            number=national(one.text),
            count=one.size,
        )
        if one.kind == NUMBER
        else Sentence(
            "the address {address} is shared by {count} customers: it was left out",
            address=one.text,
            count=one.size,
        )
        for one in left_out[:_MOST_WARNINGS]
    ]
    if len(left_out) > _MOST_WARNINGS:
        warnings.append(
            Sentence(
                "{count} more numbers or addresses were left out for the same reason",
                count=len(left_out) - _MOST_WARNINGS,
            )
        )
    if more:
        warnings.append(
            Sentence(
                "there are more suggestions than these {count}; --limit shows more", count=count
            )
        )
    if not count:
        warnings.append(Sentence("nobody to suggest with a score of at least {score}", score=least))
    for warning in warnings:
        print(warning_line(warning), file=sys.stderr)
