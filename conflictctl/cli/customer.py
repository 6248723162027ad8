"""`customer add|edit|list|show|find|suggest|link|unlink|lost|reopen`."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from conflictctl.cli.options import (
    Group,
    command,
    format_option,
    group_of,
    makes_command,
    whole_number,
)
from conflictctl.cli.record import Line, standing
from conflictctl.cli.session import Session, session_of
from conflictctl.cli.write import kind_command, sent_before
from conflictctl.errors import InputRejected
from conflictctl.events import KINDS, Event, line_of
from conflictctl.render.language import list_joined, moment_text, person, term, tr
from conflictctl.wording import N_, Sentence

if TYPE_CHECKING:
    from conflictctl.calendar import Calendar
    from conflictctl.history import History
    from conflictctl.people import People
    from conflictctl.register.store import CustomerCard, Register, Writer

_FORMS = format_option("table", "json")
_MOST_FOUND = 50


@makes_command
def app(name: str) -> Group:
    """The group `customer`."""
    from conflictctl.cli.suggest import suggest

    return group_of(
        name,
        N_("Add, find, link and show customers."),
        [
            kind_command(
                "add",
                KINDS["customer"],
                N_(
                    "Add a customer.\n\n"
                    '  conflictctl customer add K1 --name "Wang Fang" --phone 13800138000'
                ),
                complete=new_customer,
            ),
            kind_command(
                "edit",
                KINDS["customer"],
                N_(
                    "Change what is known of a customer.\n\n"
                    "What is not named stays; --phone replaces all numbers. The old values stay in "
                    "the history."
                ),
                optional=("name",),
                complete=_edited,
            ),
            command("find", find, N_("Find customers by id, name, pinyin or telephone number.")),
            command("suggest", suggest, N_("Suggest who may be one person, or one household.")),
            command("list", list_customers, N_("List the customers.")),
            command("show", show, N_("Show a customer and what was recorded last.")),
            kind_command(
                "link",
                KINDS["link"],
                N_(
                    "Link customers, who stay two records.\n\n"
                    "`same` is one person entered twice, `household` a family, `group` companies "
                    "that belong together. A household is linked by a manager who is no party.\n\n"
                    "  conflictctl customer link K1 K2 --relation same"
                ),
            ),
            kind_command(
                "unlink",
                KINDS["unlink"],
                N_(
                    "Undo the links between customers.\n\n"
                    "Whoever was unlinked, also without a link before, is not suggested again by "
                    "`customer suggest`: that is how to say that two are not the same."
                ),
            ),
            kind_command(
                "lost",
                KINDS["lost"],
                N_(
                    "Record that a customer is gone.\n\n"
                    "He leaves the overdue list and keeps his history."
                ),
            ),
            kind_command("reopen", KINDS["reopened"], N_("Record that a lost customer is back.")),
        ],
    )


# ------------------------------------------------------------------------- add and edit


def new_customer(writer: Writer, line: Line, calendar: Calendar) -> Line:
    """The line of a customer who is not there yet; InputRejected where he is."""
    if writer.customer_known(line["customer"]) and not sent_before(writer, line):
        raise InputRejected(
            Sentence("there is a customer {customer} already", customer=line["customer"]),
            Sentence(
                "`conflictctl customer edit {customer}` changes it; a person met twice may "
                "have two records, joined by `customer link`",
                customer=line["customer"],
            ),
        )
    return line


def _edited(writer: Writer, line: Line, calendar: Calendar) -> Line:
    if not writer.customer_known(line["customer"]):
        raise unknown(line["customer"])
    history = standing(
        writer.involved_events(line["customer"]), writer.people, calendar, writer.now
    )
    return {**_card(history, line["customer"]), **line}


def _card(history: History, customer: str) -> dict[str, Any]:
    """The fields of a customer's card as it stands."""
    cards = [
        entry
        for entry in history.entries
        if entry.kind == "customer" and entry.customer == customer and not entry.voided
    ]
    if not cards:
        return {}
    latest = max(cards, key=lambda entry: entry.seq)
    return {name: value for name, value in latest.fields.items() if name != "note"}


class UnknownCustomer(InputRejected):
    """No customer answers to a text: he may be a new one."""


def unknown(customer: str) -> UnknownCustomer:
    """The failure to find a customer."""
    return UnknownCustomer(
        Sentence("no customer {customer}", customer=customer),
        Sentence(
            "`conflictctl customer find {customer}` searches by name and phone", customer=customer
        ),
    )


# ------------------------------------------------------------------------ list and find


def list_customers(ctx: typer.Context, form: Annotated[str, _FORMS] = "table") -> None:
    """Print all customers."""
    from conflictctl.render.terminal import Column, print_table

    cards = session_of(ctx).open().customers()
    if form == "json":
        _write_list(_as_json(card) for card in cards)
        return
    titles = (tr("Customer"), tr("Name"), tr("Phones"), tr("State"))
    print_table([Column(title) for title in titles], map(_row, cards))


def _row(card: CustomerCard) -> tuple[str, str, str, str]:
    state = term(card.lost) if card.lost is not None else ""
    return card.id, card.title, list_joined(list(card.phones)), state


def _as_json(card: CustomerCard) -> dict[str, Any]:
    return {"customer": card.id, "name": card.title, "phones": list(card.phones), "lost": card.lost}


def _write_list(values: Iterable[dict[str, Any]]) -> None:
    """A JSON list, one object a line, written as it comes."""
    from conflictctl.render.json_text import write_json

    first = True
    for value in values:
        sys.stdout.write("[" if first else ",")
        write_json(value, sys.stdout)
        first = False
    sys.stdout.write("[]\n" if first else "]\n")


def find(
    ctx: typer.Context,
    text: Annotated[
        str,
        typer.Argument(
            metavar="TEXT",
            help=N_("An id, a name, pinyin or its initials, or a number in any spelling."),
        ),
    ],
    most: Annotated[
        int,
        typer.Option(
            "--limit",
            "--most",
            metavar="NUMBER",
            parser=whole_number("--limit", 1),
            help=N_("How many to show at most."),
        ),
    ] = _MOST_FOUND,
    walk: Annotated[
        bool,
        typer.Option(
            "--walk", help=N_("Compare every customer instead of those that the index proposes.")
        ),
    ] = False,
    form: Annotated[str, _FORMS] = "table",
) -> None:
    """Print the customers that a text may mean, the best first."""
    from conflictctl.cli.progress import indexing
    from conflictctl.identity import Query
    from conflictctl.register import finding
    from conflictctl.render.terminal import Column, print_table, warning_line

    register = session_of(ctx).open()
    with indexing(register) as hear:
        hits, more = finding.find(register, Query(text), most, walk=walk, hear=hear)
    if more:
        print(
            warning_line(
                Sentence(
                    "more than {most} answer to {text}; --limit shows more, and more letters or "
                    "digits find fewer",
                    most=most,
                    text=text,
                )
            ),
            file=sys.stderr,
        )
    if form == "json":
        _write_list({**_as_json(hit.card), "found_by": hit.match.by} for hit in hits)
        return
    if not hits:
        print(warning_line(Sentence("no customer answers to {text}", text=text)), file=sys.stderr)
        return
    titles = (tr("Customer"), tr("Name"), tr("Phones"), tr("State"), tr("Found by"))
    print_table(
        [Column(title) for title in titles],
        ((*_row(hit.card), FOUND_BY[hit.match.by]()) for hit in hits),
    )


FOUND_BY = {
    "id": lambda: tr("id"),
    "name": lambda: tr("name"),
    "phone": lambda: tr("phone"),
    "pinyin": lambda: tr("pinyin"),
    "sound": lambda: tr("same sound"),
}
"""What is said of the way in which a customer was found."""


# --------------------------------------------------------------------------------- show


def show(
    ctx: typer.Context,
    customer: Annotated[
        str,
        typer.Argument(
            metavar="CUSTOMER", help=N_("The customer's id, or a text that finds only him.")
        ),
    ],
    entries: Annotated[
        int,
        typer.Option(
            "--events",
            metavar="NUMBER",
            parser=whole_number("--events"),
            help=N_("How many of the latest events to show."),
        ),
    ] = 10,
    form: Annotated[str, _FORMS] = "table",
) -> None:
    """Print one customer with the latest events."""
    session = session_of(ctx)
    register = session.open()
    customer = meant(register, customer)
    dossier = register.dossier(customer)
    if dossier is None:
        raise unknown(customer)
    people = register.people()
    history = standing(dossier.events, people, register.calendar, session.clock())
    latest: deque[Event] = deque(register.events(customer=customer), maxlen=entries)
    facts = {
        "customer": customer,
        **_card(history, customer),
        "lost": _lost(history, customer),
        "links": _links(history, customer),
    }
    if form == "json":
        _show_json(facts, latest, register)
    else:
        _show_table(facts, latest, people, session)


def meant(register: Register, text: str) -> str:
    """The id that a text means: itself, or the one customer whom it finds."""
    if register.customer_exists(text):
        return text
    from conflictctl.cli.progress import indexing
    from conflictctl.identity import Query
    from conflictctl.register import finding

    with indexing(register) as hear:
        hits, _ = finding.find(register, Query(text), 5, hear=hear)
    if len(hits) == 1:
        return hits[0].card.id
    if hits:
        raise InputRejected(
            Sentence(
                "{text} may be any of {customers}",
                text=text,
                customers=[hit.card.id for hit in hits],
            ),
            Sentence("`conflictctl customer find {text}` shows them", text=text),
        )
    raise unknown(text)


def _lost(history: History, customer: str) -> str | None:
    """Why the customer is gone, if he is."""
    steps = [
        entry
        for entry in history.entries
        if entry.kind in ("lost", "reopened") and entry.customer == customer and not entry.voided
    ]
    return max(steps, key=lambda entry: entry.seq).get("reason") if steps else None


def _links(history: History, customer: str) -> list[dict[str, str]]:
    """To whom the customer is linked, and how."""
    return [
        {"relation": relation, "customer": left if right == customer else right}
        for (left, right), relations in sorted(history.links.edges.items())
        if customer in (left, right)
        for relation in sorted(relations)
    ]


def _show_json(facts: dict[str, Any], latest: Iterable[Event], register: Register) -> None:
    from conflictctl.render.json_text import write_json

    attesters = register.attesters()
    lines = [
        {"seq": event.seq, **line_of(event, register.origin, attesters.get(event.attestation or 0))}
        for event in latest
    ]
    write_json({**facts, "events": lines}, sys.stdout, indent=True)


def _show_table(
    facts: dict[str, Any], latest: Iterable[Event], people: People, session: Session
) -> None:
    from conflictctl.render.entry_words import entry_text
    from conflictctl.render.terminal import Column, key_lines, print_table

    kind = facts.get("type")
    lines = {
        tr("Customer"): facts["customer"],
        tr("Name"): facts.get("name", ""),
        tr("Phones"): list_joined(facts.get("phones", [])),
        tr("Type"): term(kind) if kind else "",
        tr("Segment"): facts.get("segment", ""),
        tr("Address"): facts.get("address", ""),
        tr("Linked with"): list_joined(
            [f"{link['customer']} ({term(link['relation'])})" for link in facts["links"]]
        ),
        tr("State"): term(facts["lost"]) if facts["lost"] else "",
    }
    print(*key_lines({name: value for name, value in lines.items() if value}), sep="\n")
    print()
    titles = (tr("When"), tr("Entry"), tr("Who"), tr("What"), tr("Note"))
    print_table(
        [Column(title) for title in titles],
        (
            (
                moment_text(event.at, session.calendar),
                event.ref,
                person(event.by, people) if event.by else "",
                entry_text(event, people),
                event.get("note", ""),
            )
            for event in latest
        ),
    )
