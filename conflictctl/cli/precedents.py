"""A ruling with the earlier rulings by people on the same clauses beside it."""

from __future__ import annotations

import sys
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from conflictctl.render.language import say
from conflictctl.wording import Sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conflictctl.adjudication.precedents import Group
    from conflictctl.adjudication.ruling import Precedents, Ruling
    from conflictctl.cli.question import Question
    from conflictctl.cli.session import Session
    from conflictctl.events import Event
    from conflictctl.register.store import Receipt

ASKED = 1000
"""How many rulings by people are looked at, the latest first."""
UNASKED = 50
"""How many where nobody asked for an explanation: some 0.1 s at most."""


def with_precedents(
    question: Question, ruling: Ruling, events: Sequence[Event], *, asked: bool
) -> Ruling:
    """The ruling with its precedents: where asked for, and where people decide.

    `events` are those that were ruled on.
    """
    if not asked and not _people_decide(ruling):
        return ruling
    from conflictctl.adjudication.backtest import Ruler
    from conflictctl.adjudication.clashes import Bench
    from conflictctl.adjudication.precedents import precedents

    find = partial(_group, question)
    members = question.register.members([ruling.customer], question.known_at)
    limit = ASKED if asked else UNASKED
    earlier = list(islice(question.register.rulings(question.known_at), limit + 1))
    bench = Bench(
        Ruler(question.policy, question.settings, question.caseloads),
        question.people,
        question.calendar,
        question.as_of,
    )
    found = precedents(
        ruling, (events, members), earlier[:limit], find, bench, complete=len(earlier) <= limit
    )
    return ruling._replace(precedents=found, warnings=(*ruling.warnings, *_departing(found)))


def _departing(found: Precedents) -> list[Sentence]:
    if not found.departs_from:
        return []
    return [
        Sentence(
            "The ruling departs from earlier ones on the same clauses, among people who stood "
            "alike: {events}.",
            events=", ".join(found.departs_from),
        )
    ]


def tell_departures(session: Session, receipt: Receipt, form: str) -> None:
    """After a ruling was recorded: on stderr, whether it departs from earlier ones."""
    from conflictctl.cli.question import gather, rule

    customer = receipt.event.customer
    if customer is None:
        return
    question = gather(session, None, None, None, [])
    ruling, events = rule(question, customer, receipt.event.get("deal"), explain=False)
    ruling = with_precedents(question, ruling, events, asked=True)
    if ruling.precedents is not None:
        for sentence in _departing(ruling.precedents):
            print(say(sentence), file=sys.stderr)


def _people_decide(ruling: Ruling) -> bool:
    return ruling.by_rule is not None or ruling.status in ("referred", "recommended")


def _group(question: Question, customer: str) -> Group | None:
    dossier = question.register.dossier(customer, question.known_at)
    return None if dossier is None else (dossier.events, dossier.members)
