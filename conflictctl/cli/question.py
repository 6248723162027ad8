"""What a ruling is asked about: register, policy, moment, and the entries themselves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict

import typer

from conflictctl.cli.policy_choice import policy_to_rule_by
from conflictctl.cli.times import read_at
from conflictctl.errors import InputRejected
from conflictctl.wording import N_, Sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from conflictctl.adjudication.ruling import Ruling
    from conflictctl.calendar import Calendar, Moment
    from conflictctl.cli.session import Session
    from conflictctl.events import Event
    from conflictctl.people import People
    from conflictctl.policy.model import Policy
    from conflictctl.register.store import Dossier, Head, KnownAt, Register

DEAL = typer.Option(
    "--deal",
    metavar="ID",
    help=N_("The deal to rule on, default the latest; `open`: who holds the customer now."),
)
AS_OF = typer.Option(
    "--as-of", metavar="TIME", help=N_("Only what had happened by then; default now.")
)
KNOWN_AT = typer.Option(
    "--known-at", metavar="SEQ|TIME", help=N_("Only what had been recorded by then.")
)
POLICY = typer.Option(
    "--policy", metavar="ID|FILE", help=N_("Rule by this policy instead of the register's.")
)
SETTINGS = typer.Option(
    "--set",
    metavar="PARAM=VALUE",
    help=N_("Read one parameter of the policy otherwise, this time; may be repeated."),
)


class Asked(TypedDict):
    """What the core is told of a question, under the names that it has there."""

    policy: Policy
    people: People
    calendar: Calendar
    as_of: Moment
    settings: dict[str, Any]
    caseloads: Mapping[str, int] | None


class Question(NamedTuple):
    """All that a ruling depends on but the customer."""

    register: Register
    people: People
    calendar: Calendar
    policy: Policy
    settings: dict[str, Any]
    as_of: Moment
    known_at: KnownAt | None
    head: Head
    caseloads: Mapping[str, int] | None = None
    """How many customers everybody holds; counted only for a policy that asks."""

    def asked(self) -> Asked:
        """What rulings, trials and timelines take by keyword."""
        return {
            "policy": self.policy,
            "people": self.people,
            "calendar": self.calendar,
            "as_of": self.as_of,
            "settings": self.settings,
            "caseloads": self.caseloads,
        }


def gather(
    session: Session,
    as_of: str | None,
    known_at: str | None,
    policy: str | None,
    settings: list[str],
) -> Question:
    """Open the register, read the options' times, load the policy."""
    from conflictctl.policy.model import settings_from

    register = session.open()
    calendar = register.calendar
    now = session.clock()
    cutoff = _cutoff(known_at, now, register)
    chosen = policy_to_rule_by(register, policy, cutoff)
    return with_caseloads(
        Question(
            register,
            register.people(cutoff),
            calendar,
            chosen,
            settings_from(chosen, settings),
            now if as_of is None else read_at(as_of, now, calendar, allow_future=True),
            cutoff,
            _head(register, cutoff),
        )
    )


def with_caseloads(question: Question) -> Question:
    """The question, with everybody's customers counted if its policy looks at that."""
    from conflictctl.adjudication.caseloads import asks_for_caseloads, caseloads

    if not asks_for_caseloads(question.policy):
        return question
    dossiers = question.register.dossiers(question.known_at)
    return question._replace(
        caseloads=caseloads(
            ((dossier.events, dossier.members) for dossier in dossiers),
            policy=question.policy,
            people=question.people,
            calendar=question.calendar,
            as_of=question.as_of,
            settings=question.settings,
        )
    )


def rule(
    question: Question, customer: str, deal: str | None = None, *, explain: bool = True
) -> tuple[Ruling, list[Event]]:
    """The ruling on one customer, and the events it looked at.

    Raises InputRejected for a customer or deal nobody knows.
    """
    events = events_about(question, customer)
    return rule_among(question, events, customer, deal, explain=explain), events


def rule_among(
    question: Question,
    events: list[Event],
    customer: str,
    deal: str | None = None,
    *,
    explain: bool = True,
) -> Ruling:
    """The ruling on one customer among the events of his dossier."""
    from conflictctl.adjudication.judge import rule_on

    return rule_on(
        events,
        customer,
        **question.asked(),
        deal=deal,
        explain=explain,
    )


def rulings(
    question: Question, dossiers: Iterable[Dossier], *, explain: bool = False
) -> Iterator[Ruling]:
    """The rulings on everybody in some dossiers, one after the other, in bounded memory."""
    from conflictctl.adjudication.judge import rule_group

    for dossier in dossiers:
        yield from rule_group(
            dossier.events,
            dossier.members,
            **question.asked(),
            explain=explain,
        )


def _cutoff(text: str | None, now: Moment, register: Register) -> KnownAt | None:
    from conflictctl.register.store import KnownAt

    if text is None:
        return None
    if re.fullmatch("#?[0-9]{1,15}", text):
        seq, last = int(text.removeprefix("#")), register.head().seq
        if not 0 < seq <= last:
            raise InputRejected(
                Sentence("there is no entry #{seq}", seq=seq),
                Sentence("the register holds #1 to #{last}", last=last),
            )
        return KnownAt(seq=seq)
    return KnownAt(moment=read_at(text, now, register.calendar, allow_future=True))


def _head(register: Register, cutoff: KnownAt | None) -> Head:
    """How far the register reached for this question: the ruling can be had again by it."""
    from conflictctl.register.store import Head

    if cutoff is None or cutoff.seq is None:
        return register.head()
    return Head(cutoff.seq, register.stored(cutoff.seq)[1])


def events_about(question: Question, customer: str) -> list[Event]:
    dossier = question.register.dossier(customer, question.known_at)
    if dossier is None:
        known_now = question.known_at is not None and question.register.customer_exists(customer)
        raise InputRejected(
            Sentence("customer {customer} was not known yet", customer=customer)
            if known_now
            else Sentence("no customer {customer}", customer=customer),
            Sentence(
                "`conflictctl customer find {customer}` searches by name and phone",
                customer=customer,
            ),
        )
    return dossier.events
