"""What a policy does with one small history: every rule tried, and the ruling without words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from conflictctl.adjudication import judge, small_histories
from conflictctl.adjudication.backtest import Given, Gives
from conflictctl.adjudication.clashes import (
    Pair,
    RuleName,
    Tried,
    name_of,
    naming_somebody,
    pairs_among,
    tried_on,
)
from conflictctl.adjudication.lint_space import Space, exchanged_name
from conflictctl.adjudication.small_histories import WORD, SmallHistory
from conflictctl.adjudication.smallest_difference import words_of
from conflictctl.events import Event
from conflictctl.history import Deal, replay
from conflictctl.policy.case import Case
from conflictctl.policy.program import Program, compiled

_WINNING = frozenset({"credited", "recommended", "held"})


class Seen(NamedTuple):
    """A ruling, with what each rule had to say.

    `rule` is the one that decides; `applying` are all that apply with what they give, in the
    order of the file, `went_on` those that bar or start again, `unsure` those that want a fact.
    """

    given: Given
    rule: RuleName | None
    applying: tuple[tuple[RuleName, Gives], ...]
    pairs: tuple[Pair, ...]
    went_on: tuple[RuleName, ...]
    unsure: tuple[RuleName, ...]
    is_deal: bool
    scores: tuple[str, ...] = ()
    """What each row of the scorecard gives to everybody, as text."""

    def exchanged(self) -> Seen:
        """As far as who wins goes: the same of the history in which the two consultants have
        changed places."""
        given = self.given
        credit = tuple(part._replace(party=exchanged_name(part.party)) for part in given.credit)
        holder = given.holder and exchanged_name(given.holder)
        return self._replace(given=given._replace(credit=credit, holder=holder))

    @property
    def no_rule(self) -> bool:
        """Whether there is a deal and no rule speaks of it."""
        return self.is_deal and not (self.applying or self.unsure or self.went_on)

    @property
    def waits(self) -> bool:
        """Whether a deal is left to people because a rule wants a fact that nobody supplied."""
        return self.is_deal and bool(self.unsure) and self.given.status == "referred"


class Trial:
    """A policy under its settings, before which small histories are brought."""

    def __init__(self, space: Space, settings: Mapping[str, Any]) -> None:
        self.space = space
        self.settings = dict(settings)
        self.program = compiled(space.policy, self.settings)
        self._rules = {
            name_of(rule): rule
            for rule in (*self.program.rules, *self.program.open_rules)
            if rule.action != "note"
        }
        self.rules = tuple(self._rules)
        """The rules that can decide, in the order of the file."""
        self.tried = 0

    def own_words_of(self, name: RuleName) -> frozenset[str]:
        """The words of a rule's conditions themselves."""
        rule = self._rules[name].rule
        return frozenset(WORD.findall(" ".join(filter(None, (rule.when, rule.unless)))))

    def words_of(self, name: RuleName) -> frozenset[str]:
        """The words of a rule's conditions, and of what they name."""
        rule = self._rules[name].rule
        return frozenset(words_of(self.space.policy, [rule.when, rule.unless, rule.guard]))

    def under(self, name: str, value: Any) -> Program:
        """The program with one parameter read otherwise."""
        return compiled(self.space.policy, {**self.settings, name: value})

    def see(self, history: SmallHistory, program: Program | None = None) -> Seen:
        """Rule on a history and say what every rule would have given, under another reading of
        the policy if one is given."""
        self.tried += 1
        matter, deal = self._brought(history, program or self.program)
        case = judge.case_of(matter, deal)
        tried = tried_on(case)
        naming = naming_somebody(tried)
        given = _plainly(matter.program, tried) or self._given(matter, deal)
        applying = tuple(
            (
                name_of(rule),
                (outcome.status, outcome.credit, outcome.holder, outcome.referred_to),
            )
            for rule, outcome in tried.applying
        )
        return Seen(
            given,
            _deciding(given, applying),
            applying,
            tuple(pairs_among(case.program, naming)),
            tuple(name_of(rule) for rule in tried.aside),
            tuple(name_of(rule) for rule in tried.unsure),
            deal is not None,
            _scores(case),
        )

    def given(self, history: SmallHistory, program: Program | None = None) -> Given:
        """The ruling alone, under another reading of the policy if one is given."""
        matter, deal = self._brought(history, program or self.program)
        return self._given(matter, deal)

    def _brought(self, history: SmallHistory, program: Program) -> tuple[judge.Matter, Deal | None]:
        events = small_histories.events_of_small(history, self.space.stage)
        return self._matter(events, history, program)

    def _matter(
        self, events: list[Event], history: SmallHistory, program: Program
    ) -> tuple[judge.Matter, Deal | None]:
        stage = self.space.stage
        as_of = small_histories.asked_at(history, stage)
        replayed = replay(
            events,
            people=small_histories.people_of(history, events, stage),
            calendar=stage.calendar,
            as_of=as_of,
            powers=program.powers,
        )
        customer = frozenset((small_histories.CUSTOMER,))
        matter = judge.matter_of(program, replayed, customer, as_of)
        deals = [deal for deal in matter.deals if program.moment_entry(deal) is not None]
        deal = deals[-1] if deals else None
        return judge.in_force(matter, deal), deal

    def _given(self, matter: judge.Matter, deal: Deal | None) -> Given:
        found = judge.decide_deal(matter, small_histories.CUSTOMER, deal)
        return Given(found.status, found.credit, found.holder, found.decided_by, found.referred_to)


def _scores(case: Case) -> tuple[str, ...]:
    if case.program.card is None:
        return ()
    return tuple(f"{person} {score.rows}" for person, score in sorted(case.scores().items()))


def _plainly(program: Program, tried: Tried) -> Given | None:
    """The ruling where the first rule that applies simply decides; None: it takes more to tell."""
    if program.declared or tried.aside or tried.unsure or not tried.applying:
        return None
    outcome = tried.applying[0][1]
    if outcome.status not in ("credited", "held"):
        return None
    return Given(outcome.status, outcome.credit, outcome.holder, outcome.clause, None)


def _deciding(given: Given, applying: tuple[tuple[RuleName, Gives], ...]) -> RuleName | None:
    """Which rule decides: the first of the clause that gives what was given."""
    of_clause = [(name, gives) for name, gives in applying if name.clause == given.decided_by]
    for name, gives in of_clause:
        if gives == given.gives:
            return name
    if given.decided_by is None and applying and given.status == "unheld":
        return applying[0][0]
    return of_clause[0][0] if of_clause else None


def winners(given: Given) -> frozenset[str]:
    """Who has the deal or the customer, or part of it."""
    return frozenset(given.parties) if given.status in _WINNING else frozenset()
