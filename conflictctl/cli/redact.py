"""`redact CUSTOMER`: personal data erased for good, and put on record that they were."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from conflictctl.cli.options import explained, format_option
from conflictctl.cli.session import session_of
from conflictctl.errors import ConflictctlError, NotPermitted, WrongUsage
from conflictctl.permissions import WHO_ACTS
from conflictctl.render.language import list_joined, say, tr
from conflictctl.render.terminal import key_lines, warning_line
from conflictctl.wording import N_, Sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conflictctl.cli.session import Session
    from conflictctl.people import People
    from conflictctl.register.erasing import Held
    from conflictctl.register.store import Receipt, Register

_NAMED = 10

_SORTS = {
    N_("name"): {"name"},
    N_("telephone numbers"): {"phones"},
    N_("address"): {"address"},
    N_("business card"): {"contact", "title"},
    N_("form of a filing"): {"fields"},
}
_WORDS = N_("notes and what was said")


class Subject(NamedTuple):
    """A customer whose data are to be erased, and which entries hold any."""

    customer: str
    title: str
    held: list[Held]


class Done(NamedTuple):
    """What was done, and what of it is elsewhere yet."""

    receipts: list[tuple[Receipt, Subject]]
    rewritten: bool
    linked: dict[str, str]
    still_said: list[tuple[int, str | None]]
    for_good: list[int]
    copies: list[str]


@explained(
    N_(
        "Erase a customer's personal data for good.\n\n"
        "His names, telephone numbers, address and every note in his entries go from the file; "
        "the entries themselves stay, say by which entry they were redacted, and rulings stay as "
        "they are. It takes a manager, department head or general manager who is no party. It is "
        "shown first, and on a terminal you are asked; --yes answers for scripts. Backups and "
        "exports made before keep the data: the copies known are listed.\n\n"
        '  conflictctl redact K1 --reason "asked for by the customer" --as sun\n'
        "  conflictctl redact K1 --same --yes --as sun"
    )
)
def redact(
    ctx: typer.Context,
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help=N_("The customer's id."))],
    reason: Annotated[
        str | None,
        typer.Option(
            "--reason",
            metavar="TEXT",
            help=N_("Why; it stays in the register, so it names nobody."),
        ),
    ] = None,
    same: Annotated[
        bool,
        typer.Option("--same", help=N_("Also the customers linked with him as the same person.")),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help=N_("Do not ask."))] = False,
    form: Annotated[str, format_option("text", "json")] = "text",
) -> None:
    """Show what would go, ask, erase, write the file anew, say where data are left."""
    session = session_of(ctx)
    register = session.open()
    people = session.people = register.people()
    actor = session.actor(people)
    if actor is None:
        raise NotPermitted(Sentence("nobody acts: the register must know who erases"), WHO_ACTS)
    _check_power(session, people, actor, customer)
    linked = _linked(register, session, customer)
    chosen = [customer, *(one for one, how in linked.items() if same and how == "same")]
    subjects = [_subject(register, one) for one in chosen]
    _check_reason(reason, subjects)
    if any(subject.held for subject in subjects):
        _show(subjects, {one: how for one, how in linked.items() if one not in chosen})
        if not yes and not _agreed():
            return
    done = _erased(session, register, actor, subjects, reason, linked)
    if form == "json":
        _write_json(done)
    else:
        _print(done, register)


# --------------------------------------------------------------------------------- gather


def _check_power(session: Session, people: People, actor: str, customer: str) -> None:
    """Refuse before anything is shown; whether he is a party, shows inside the transaction."""
    from conflictctl.events import Draft
    from conflictctl.permissions import refusal, who_may

    draft = Draft("redaction", None, None, 0, None, actor, actor, customer, {})
    reason = refusal(people, draft, actor, session.clock(), target=None, involved=set)
    if reason is not None:
        raise NotPermitted(reason, who_may(draft))


def _linked(register: Register, session: Session, customer: str) -> dict[str, str]:
    """Who is linked with the customer, by any steps, and how: `same` counts most."""
    from conflictctl.cli.customer import unknown
    from conflictctl.cli.record import standing

    dossier = register.dossier(customer) if register.customer_exists(customer) else None
    if dossier is None:
        raise unknown(customer)
    links = standing(dossier.events, register.people(), register.calendar, session.clock()).links
    edges = {pair: relations for pair, relations in links.edges.items() if relations}
    same = _reach(customer, [pair for pair, relations in edges.items() if "same" in relations])
    found = dict.fromkeys(same, "same")
    for pair, relations in sorted(edges.items()):
        for one, other in (pair, pair[::-1]):
            if one == customer or one in same:
                found.setdefault(other, sorted(relations)[0])
    found.pop(customer, None)
    return found


def _reach(customer: str, pairs: Sequence[tuple[str, str]]) -> list[str]:
    reached = [customer]
    for one in reached:
        for pair in pairs:
            if one in pair:
                reached += [other for other in pair if other not in reached]
    return sorted(reached[1:])


def _subject(register: Register, customer: str) -> Subject:
    from conflictctl.register.erasing import held

    card = register.cards([customer])[customer]
    return Subject(customer, card.title, held(register, customer))


def _check_reason(reason: str | None, subjects: Sequence[Subject]) -> None:
    """Refuse a reason that would keep for good what is to be erased."""
    from conflictctl.register.erasing import words_of

    if reason is None:
        return
    for subject in subjects:
        if any(word in reason for word in words_of(subject.held)):
            raise WrongUsage(
                Sentence("--reason: it names the customer, and a reason is never erased"),
                Sentence("say why without name and number"),
            )


# --------------------------------------------------------------------------------- ask


def _show(subjects: Sequence[Subject], others: dict[str, str]) -> None:
    for subject in subjects:
        lines = {
            tr("Customer"): list_joined([subject.customer, subject.title]),
            tr("Entries"): _places([one.seq for one in subject.held]),
            tr("Erased"): _fields(subject.held),
        }
        print(*key_lines(lines), sep="\n", file=sys.stderr)
    for other, how in others.items():
        print(warning_line(_left_alone(other, how)), file=sys.stderr)


def _left_alone(other: str, how: str) -> Sentence:
    if how == "same":
        return Sentence(
            "{customer} is linked as the same person: his data stay; --same erases them, too",
            customer=other,
        )
    return Sentence("{customer} is linked with him: his data stay", customer=other)


def _places(seqs: Sequence[int]) -> str:
    return _listed([f"#{seq}" for seq in seqs])


def _listed(shown: Sequence[str]) -> str:
    """The first few, and how many more there are."""
    more = len(shown) - _NAMED
    rest = [tr("and {count} more").format(count=more)] if more > 0 else []
    return list_joined([*shown[:_NAMED], *rest])


def _fields(found: Sequence[Held]) -> str:
    """What sort of data goes: `name, telephone numbers, notes and what was said`."""
    names = {
        name.removeprefix("changes.").partition(".")[0] for one in found for name in one.fields
    }
    told = [words for words, of in _SORTS.items() if names & of]
    if names - set().union(*_SORTS.values()):
        told.append(_WORDS)
    return list_joined([tr(words) for words in told])


def _agreed() -> bool:
    from conflictctl.cli.asking import confirmed

    return confirmed(
        tr("Erase it for good?"), Sentence("nobody can be asked here whether to erase it")
    )


# --------------------------------------------------------------------------------- erase


def _erased(
    session: Session,
    register: Register,
    actor: str,
    subjects: Sequence[Subject],
    reason: str | None,
    linked: dict[str, str],
) -> Done:
    from conflictctl.register import erasing

    words = [word for subject in subjects for word in erasing.words_of(subject.held)]
    receipts = _record(session, register, subjects, reason)
    last = erasing.last_redaction(register)
    rewritten = last is not None and not erasing.rewritten(register, last)
    if rewritten:
        try:
            erasing.rewrite(register, actor, session.clock)
        except ConflictctlError as failure:
            raise type(failure)(
                Sentence(
                    "the data are erased (#{seq}), but free parts of the file may hold traces: "
                    "{problem}",
                    seq=last,
                    problem=failure.message,
                ),
                Sentence("run the same command again when nobody else uses the register"),
            ) from failure
    chosen = {subject.customer for subject in subjects}
    return Done(
        receipts,
        rewritten,
        {one: how for one, how in linked.items() if one not in chosen},
        erasing.still_said(register, words),
        [
            seq
            for subject in subjects
            for seq in erasing.said_for_good(register, subject.customer, words)
        ],
        [str(path) for path in erasing.known_copies(register.target)],
    )


def _record(
    session: Session, register: Register, subjects: Sequence[Subject], reason: str | None
) -> list[tuple[Receipt, Subject]]:
    """Record the erasures and erase, in one transaction; nothing for who has no data left."""
    from conflictctl.cli.record import enter
    from conflictctl.events import read_line
    from conflictctl.register.erasing import erase, held

    found = []
    with register.writing(session.clock) as writer:
        actor = session.actor(writer.people)
        for subject in subjects:
            # Read again where nobody else writes: more may have been entered meanwhile.
            there = held(register, subject.customer)
            if not there:
                continue
            line: dict[str, Any] = {
                "kind": "redaction",
                "customer": subject.customer,
                "erased": [{"seq": one.seq, "fields": one.fields} for one in there],
            }
            if reason is not None:
                line["reason"] = reason
            receipt = enter(
                writer, read_line(line), actor, register.calendar, allow_duplicates=True
            )
            writer.flush()
            erase(register, [one.seq for one in there])
            found.append((receipt, subject._replace(held=there)))
    return found


# --------------------------------------------------------------------------------- show


def _print(done: Done, register: Register) -> None:
    from conflictctl.cli.record import receipt_line
    from conflictctl.register.places import on_server

    for receipt, subject in done.receipts:
        print(receipt_line(receipt, register.calendar))
        print(
            say(
                Sentence(
                    "erased: the personal data of {count} entries of {customer}",
                    count=len(subject.held),
                    customer=subject.customer,
                )
            )
        )
    if not done.receipts:
        print(tr("nothing is left to erase"))
    if done.rewritten:
        print(
            tr("the tables were written anew, so that no free part of them holds them")
            if on_server(register.target)
            else tr("the file was written anew, so that no free part of it holds them")
        )
    for sentence in _remains(done):
        print(warning_line(sentence), file=sys.stderr)


def _remains(done: Done) -> list[Sentence]:
    """Where data of the customer are yet, as far as the register knows."""
    found = [_left_alone(other, how) for other, how in done.linked.items()]
    if done.still_said:
        found.append(
            Sentence(
                "entries of others have his name or number yet: {entries}",
                entries=_where(done.still_said),
            )
        )
    if done.for_good:
        found.append(
            Sentence(
                "his name or number stands where nothing is ever erased (an id, a product): "
                "{entries}",
                entries=_places(done.for_good),
            )
        )
    if done.receipts:
        found.append(
            Sentence(
                "copies made before keep the data: {files}; so do exports, printed papers and "
                "copies elsewhere",
                files=done.copies,
            )
            if done.copies
            else Sentence(
                "copies made before keep the data: backups and exports elsewhere, printed papers"
            )
        )
    return found


def _where(found: Sequence[tuple[int, str | None]]) -> str:
    return _listed([f"#{seq}" + (f" ({customer})" if customer else "") for seq, customer in found])


def _write_json(done: Done) -> None:
    from conflictctl.render.json_text import write_json

    write_json(
        {
            "redactions": [
                {
                    "customer": subject.customer,
                    "seq": receipt.seq,
                    "receipt": receipt.text,
                    "erased": [{"seq": one.seq, "fields": one.fields} for one in subject.held],
                }
                for receipt, subject in done.receipts
            ],
            "rewritten": done.rewritten,
            "linked": [
                {"customer": customer, "relation": how} for customer, how in done.linked.items()
            ],
            "still_said": [{"seq": seq, "customer": customer} for seq, customer in done.still_said],
            "never_erased": done.for_good,
            "copies": done.copies,
        },
        sys.stdout,
        indent=True,
    )
