"""How long the customer of an entry is held yet, told after the entry was acknowledged."""

from __future__ import annotations

import sys
from functools import cached_property
from typing import TYPE_CHECKING

from typer.core import TyperOption

from conflictctl.cli.session import Session
from conflictctl.errors import ConflictctlError
from conflictctl.render.language import say
from conflictctl.render.terminal import is_terminal, warning_line
from conflictctl.wording import N_, Sentence

if TYPE_CHECKING:
    from typer._click.core import Context, Parameter

    from conflictctl.calendar import Moment
    from conflictctl.cli.question import Question
    from conflictctl.deadlines import Hold
    from conflictctl.events import Event, Kind
    from conflictctl.people import People
    from conflictctl.register.store import Receipt


def moves_holding(kind: Kind) -> bool:
    """Whether an entry of the kind concerns one customer whom somebody may hold."""
    return kind.group in ("contact", "claim") and kind.customer != "none" and kind.name != "check"


def holding_option() -> TyperOption:
    """`--holding` and `--no-holding`; without them it is told where somebody sits there."""
    return TyperOption(
        param_decls=["holding", "--holding/--no-holding"],
        is_flag=True,
        default=None,
        expose_value=False,
        callback=_remember,
        help=N_("Tell how long the customer is held yet; on a terminal unless said otherwise."),
    )


def _remember(ctx: Context, param: Parameter, value: bool | None) -> None:
    session = ctx.find_object(Session)
    if session is not None:
        session.holding = value


def tell_if_wanted(session: Session, receipt: Receipt) -> None:
    """Say on stderr how long the customer is held yet, if it was asked for or somebody looks.

    Ruling takes three quarters of the time that the entry itself takes, so that scripts are
    spared it.
    """
    wanted = session.holding if session.holding is not None else is_terminal()
    if wanted and receipt.event.customer is not None:
        for line in Holdings(session).lines(receipt.event):
            print(line, file=sys.stderr)


class Holdings:
    """Tells who holds customers of a register; the policy is read and compiled once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._register = session.open()

    @cached_property
    def question(self) -> Question:
        """The policy in use; for one that asks for it everybody's customers counted, once.

        Raises what reading the policy raises.
        """
        from conflictctl.cli.question import gather

        return gather(self._session, None, None, None, [])

    def lines(self, event: Event) -> list[str]:
        """What to tell of the customer of an entry, in the reader's language.

        That somebody else holds him is a warning, and no more: the second contact is evidence.
        """
        if event.customer is None:
            return []
        try:
            hold = self.of(event.customer, event.appended_at)
        except ConflictctlError as error:  # the entry itself is in the register
            return [self._warning(_untold(error))]
        if hold is None:
            return []
        sentence = self._sentence(hold, event.by)
        warn = hold.staff not in (None, event.by)
        return [self._warning(sentence) if warn else self._said(sentence)]

    def told(self, customer: str, reader: str, now: Moment) -> str:
        """Who holds a customer, or why that cannot be told, for a list."""
        try:
            hold = self.of(customer, now)
        except ConflictctlError as error:
            return self._said(_untold(error))
        return self._said(self._sentence(hold, reader)) if hold is not None else ""

    def _sentence(self, hold: Hold, reader: str | None) -> Sentence:
        from conflictctl.render.hold_words import hold_sentence

        return hold_sentence(hold, reader, self._register.calendar)

    def _said(self, sentence: Sentence) -> str:
        return say(sentence, self._people(), self._register.calendar)

    def _warning(self, sentence: Sentence) -> str:
        return warning_line(sentence, self._people(), self._register.calendar)

    def of(self, customer: str, now: Moment) -> Hold | None:
        """Who holds a customer at a moment; None if there is no such customer.

        Raises what reading the policy raises.
        """
        from conflictctl.deadlines import holding_of

        dossier = self._register.dossier(customer)
        if dossier is None:
            return None
        question = self.question
        return holding_of(
            dossier.events,
            customer,
            policy=question.policy,
            people=self._people(),
            calendar=question.calendar,
            as_of=now,
            settings=question.settings,
            caseloads=question.caseloads,
        )

    def _people(self) -> People:
        return self._register.current_people(self._register.head().seq)


def _untold(error: ConflictctlError) -> Sentence:
    return Sentence("who holds the customer cannot be told: {problem}", problem=error.message)
