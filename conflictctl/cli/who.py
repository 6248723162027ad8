"""`who QUERY`: whether a customer is taken, asked before a contact, and put on record."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from conflictctl.cli.options import explained, format_option, help_hint, whole_number
from conflictctl.cli.question import POLICY, Question, gather, rule
from conflictctl.cli.session import Session, session_of
from conflictctl.errors import InputRejected, NotPermitted, WrongUsage
from conflictctl.render.language import list_joined, person, say, term, tr
from conflictctl.wording import N_, Sentence, Term, Who

if TYPE_CHECKING:
    from conflictctl.adjudication.availability import Availability
    from conflictctl.calendar import Calendar
    from conflictctl.people import People
    from conflictctl.register.finding import Hit
    from conflictctl.register.store import Receipt, Register, Writer

DAILY_LIMIT = 30
"""Look-ups that one person has on a local day, where the register does not say otherwise."""

SETTING = "checks_per_day"
_MOST_TOLD = 5


class Answer(NamedTuple):
    """One customer who answers, and what is said of him."""

    hit: Hit
    says: Availability
    decided_by: str | None


@explained(
    N_(
        "Ask whether a customer is taken, before a contact.\n\n"
        "It says whether he is taken, and by whom, free, or disputed, by the policy in use. "
        "Names and numbers are masked, and the look-up is put on record. It takes a whole "
        "number or its last seven digits, a whole name, or an id. Who does not manage has 30 "
        "look-ups a day, unless --daily-limit set another number.\n\n"
        "  conflictctl who 13800138000 --as li\n"
        '  conflictctl who "Wang Fang" --as li --format json\n'
        "  conflictctl who --daily-limit 50 --as sun"
    )
)
def who(
    ctx: typer.Context,
    query: Annotated[
        str | None,
        typer.Argument(
            metavar="QUERY",
            help=N_("A number in any spelling, a whole name, how it is read, or an id."),
        ),
    ] = None,
    policy: Annotated[str | None, POLICY] = None,
    daily_limit: Annotated[
        int | None,
        typer.Option(
            "--daily-limit",
            metavar="NUMBER",
            parser=whole_number("--daily-limit"),
            help=N_("Set how many look-ups a person has on a day; it takes management."),
        ),
    ] = None,
    form: Annotated[str, format_option("table", "json")] = "table",
) -> None:
    """Gather who answers, rule on each, put it on record, show."""
    if (query is None) == (daily_limit is None):
        raise WrongUsage(
            Sentence("name whom you look for, or set --daily-limit"),
            help_hint(ctx),
        )
    session = session_of(ctx)
    if query is None:
        _set_limit(session, daily_limit)
        return
    _actor(session, session.open().people())
    question, answers = _answers(session, query, policy)
    receipts, left = _record(session, query, answers)
    if form == "json":
        _write_json(query, question, answers, receipts, left)
    else:
        _print(query, question, answers, receipts, left)


def _set_limit(session: Session, number: int | None) -> None:
    from conflictctl.cli.record import record, show_receipt

    receipt = record(session, {"kind": "setting", "name": SETTING, "value": number})
    show_receipt(receipt, session.open())


def _actor(session: Session, people: People) -> str:
    """Who asks.  Nobody is told anything before the register knows."""
    from conflictctl.permissions import WHO_ACTS

    session.people = people
    actor = session.actor(people, "check")
    if actor is None:
        raise NotPermitted(
            Sentence("nobody acts: the register must know who looks this up"), WHO_ACTS
        )
    return actor


# ------------------------------------------------------------------------ gather and decide


def _answers(session: Session, text: str, policy: str | None) -> tuple[Question, list[Answer]]:
    """What is said of each customer whom a text names."""
    from conflictctl.adjudication.availability import availability

    question = gather(session, None, None, policy, [])
    answers = []
    for hit in _named(question.register, text):
        ruling, _ = rule(question, hit.card.id, "open", explain=False)
        answers.append(Answer(hit, availability(ruling), ruling.decided_by))
    return question, answers


def _named(register: Register, text: str) -> list[Hit]:
    """The customers whom a text names as a whole.

    Raises InputRejected for a text that is too little to mean one person, or means many.
    """
    from conflictctl.cli.progress import indexing
    from conflictctl.identity import Query, names, names_one
    from conflictctl.register.finding import find

    query = Query(text)
    with indexing(register) as hear:
        found = find(register, query, _MOST_TOLD + 1, hear=hear, by_sound=False)
    hits = [hit for hit in found.hits if names(query, hit.match, hit.card.phones)]
    if not names_one(query):
        hits = [hit for hit in hits if hit.match.by == "id"]
        if not hits:
            raise InputRejected(
                Sentence("{query} is too little to mean one customer", query=_masked(text)),
                Sentence(
                    "give the whole number or at least its last seven digits, the whole name, "
                    "or the id"
                ),
            )
    if len(hits) > _MOST_TOLD:
        raise InputRejected(
            Sentence(
                "more than {most} customers answer to {query}",
                most=_MOST_TOLD,
                query=_masked(text),
            ),
            Sentence("give the number or the id instead"),
        )
    return hits


def _masked(text: str) -> str:
    from conflictctl.identity import masked_text

    return masked_text(text)


# --------------------------------------------------------------------------------- record


def _record(session: Session, text: str, answers: list[Answer]) -> tuple[list[Receipt], int | None]:
    """Put a look-up on record, an entry for each customer told of; how many are left today.

    None left to count: the actor manages.  Raises NotPermitted where none was left.
    """
    from conflictctl.adjudication.availability import FREE
    from conflictctl.cli.record import enter
    from conflictctl.events import read_line

    register = session.open()
    told: list[tuple[str | None, str]] = [(one.hit.card.id, one.says.state) for one in answers]
    with register.writing(session.clock) as writer:
        actor = _actor(session, writer.people)
        left = _left(writer, actor, register.calendar)
        receipts = []
        for customer, state in told or [(None, FREE)]:
            line = {"kind": "check", "query": _masked(text), "result": state}
            if customer is not None:
                line["customer"] = customer
            draft = read_line(line)
            receipts.append(enter(writer, draft, actor, register.calendar, allow_duplicates=True))
    return receipts, left


def _left(writer: Writer, actor: str, calendar: Calendar) -> int | None:
    """How many look-ups the actor has left today after this one, counted where it is written."""
    from conflictctl.permissions import MANAGEMENT
    from conflictctl.register.checks import look_ups

    role = writer.people.role(actor, writer.now)
    if role in MANAGEMENT:
        return None
    limit = _limit(writer.register)
    day = calendar.day(writer.now)
    made = look_ups(writer.register, actor, calendar.start_of(day), calendar.start_of(day + 1))
    if made >= limit:
        raise NotPermitted(
            Sentence(
                "{staff} has made {count} look-ups today, and {limit} are allowed",
                staff=Who(actor),
                count=made,
                limit=limit,
            ),
            Sentence(
                "one of: {roles} looks it up for you, or sets another number with "
                "`conflictctl who --daily-limit NUMBER`",
                roles=tuple(map(Term, MANAGEMENT)),
            ),
        )
    return limit - made - 1


def _limit(register: Register) -> int:
    value = register.settings().get(SETTING)
    # An imported setting may be anything.
    return value if type(value) is int and value >= 0 else DAILY_LIMIT


# ----------------------------------------------------------------------------------- show


def _write_json(
    text: str, question: Question, answers: list[Answer], receipts: list[Receipt], left: int | None
) -> None:
    from conflictctl.adjudication.availability import overall
    from conflictctl.identity import masked_name
    from conflictctl.render.json_text import write_json

    write_json(
        {
            "query": _masked(text),
            "state": overall(one.says.state for one in answers),
            "answers": [
                {
                    "customer": _id(one),
                    "name": masked_name(one.hit.card.name),
                    "phones": _phones(one),
                    "found_by": one.hit.match.by,
                    "lost": one.hit.card.lost,
                    **one.says._asdict(),
                    "decided_by": one.decided_by,
                }
                for one in answers
            ],
            "as_of": question.calendar.iso(question.as_of),
            "policy": {
                "id": question.policy.id,
                "version": question.policy.version,
                "digest": question.policy.digest,
            },
            "recorded": [receipt.seq for receipt in receipts],
            "left_today": left,
        },
        sys.stdout,
        indent=True,
    )


def _print(
    text: str, question: Question, answers: list[Answer], receipts: list[Receipt], left: int | None
) -> None:
    from conflictctl.cli.customer import FOUND_BY
    from conflictctl.identity import masked_name
    from conflictctl.render.terminal import Column, print_table

    if answers:
        titles = (tr("State"), tr("Customer"), tr("Name"), tr("Phones"), tr("Found by"))
        print_table(
            [Column(title) for title in titles],
            (
                (
                    _state(one, question.people, receipts[0].event.by),
                    _id(one),
                    masked_name(one.hit.card.name),
                    list_joined(_phones(one)),
                    FOUND_BY[one.hit.match.by](),
                )
                for one in answers
            ),
        )
    else:
        print(say(Sentence("free: no customer answers to {query}", query=_masked(text))))
    seqs = [f"#{receipt.seq}" for receipt in receipts]
    note = (
        Sentence("recorded as {entries}", entries=seqs)
        if left is None
        else Sentence("recorded as {entries}; look-ups left today: {left}", entries=seqs, left=left)
    )
    print(say(note), file=sys.stderr)


def _state(one: Answer, people: People, asking: str | None) -> str:
    says = one.says
    if says.holder is not None and says.holder == asking:
        state = tr("yours")
    elif says.holder is not None:
        state = tr("taken by {staff}").format(staff=person(says.holder, people))
    elif says.referred_to is not None:
        state = tr("disputed: {instance} decides").format(instance=term(says.referred_to))
    else:
        state = term(says.state)
    lost = one.hit.card.lost
    return state if lost is None else f"{state} ({term(lost)})"


def _id(one: Answer) -> str:
    """The customer's id; masked where it is a number that was not asked for as the id."""
    from conflictctl.identity import masked_text
    from conflictctl.phones import WHOLE_NUMBER, phone_key

    key = phone_key(one.hit.card.id)
    if key is None or len(key) < WHOLE_NUMBER or one.hit.match.by == "id":
        return one.hit.card.id
    return masked_text(one.hit.card.id)


def _phones(one: Answer) -> list[str]:
    from conflictctl.phones import masked_phone, phone_keys

    return [masked_phone(key) for phone in one.hit.card.phones for key in phone_keys(phone)]
