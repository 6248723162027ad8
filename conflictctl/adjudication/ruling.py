"""Rulings and findings: plain values, one shape for the table, the JSON and the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from conflictctl.calendar import Moment
from conflictctl.wording import Bilingual, Sentence, Span

STATUSES = ("credited", "recommended", "referred", "held", "unheld")
OUTCOMES = ("awards", "refers", "supports", "bars", "not_met", "unknown", "not_reached")


class Credit(NamedTuple):
    """One party's part of a deal; `share` is a percentage as a decimal string."""

    party: str
    kind: str  # staff | outlet
    share: str


class Refused(NamedTuple):
    """An event that was looked at and did not count, and why.

    `why` is a stable word: late, altered, voided, struck, own_word, no_power, not_reached,
    left_out, expired, rejected, not_told, void, too_late, too_early, not_valid.
    """

    event: str
    why: str


class Margin(NamedTuple):
    """What was measured against which limit: 8 days, limit 7."""

    measured: Span
    limit: Span


class Finding(NamedTuple):
    """One clause as it was tried."""

    clause: str
    outcome: str
    party: str | None
    reason: Sentence
    margin: Margin | None = None
    evidence: tuple[str, ...] = ()
    refused: tuple[Refused, ...] = ()


class Alternative(NamedTuple):
    """What another value of a parameter, or another answer to a question, would have given."""

    value: Any
    status: str
    credit: tuple[Credit, ...]
    holder: str | None
    decided_by: str | None


class Contest(NamedTuple):
    """A contested parameter the ruling turns on: its value here and what others would give."""

    param: str
    value: Any
    turns: tuple[Alternative, ...]


class RecordTurn(NamedTuple):
    """What the ruling would have been, had one event not been recorded."""

    event: str
    status: str
    credit: tuple[Credit, ...]
    holder: str | None
    decided_by: str | None


class Sensitivity(NamedTuple):
    """What single record, and what single value of a parameter, would turn the ruling.

    `complete` is False where the limit of re-rulings was reached: then there may be more.
    """

    records: tuple[RecordTurn, ...]
    params: tuple[Contest, ...]
    complete: bool = True

    @property
    def badge(self) -> str | None:
        """robust, or turns_on_one_record; None where too few were tried to say so."""
        if self.records:
            return "turns_on_one_record"
        return "robust" if self.complete else None


class Change(NamedTuple):
    """One thing that somebody could have done otherwise.

    `add`: one entry more, of any of the `kinds`, at any full hour from `first` to `last`, and
    entered then (`to`: whom he would have told).  `move`: the entry `event` made `shift`
    earlier (below zero) or later.  `enter`: the entry `event` entered when it happened.
    """

    do: str
    staff: str
    kinds: tuple[str, ...]
    to: str | None = None
    first: Moment | None = None
    last: Moment | None = None
    event: str | None = None
    shift: Moment | None = None


class Turned(NamedTuple):
    """Another outcome, and the changes of which each alone gives it, the smallest first."""

    status: str
    credit: tuple[Credit, ...]
    holder: str | None
    decided_by: str | None
    changes: tuple[Change, ...]


class Counterfactual(NamedTuple):
    """What somebody could have done otherwise so that the ruling were another one.

    The changes were searched from `first` to `last`; within that, and within the kinds of
    change that the policy declares, there are no others unless `complete` is False.
    """

    turned: tuple[Turned, ...]
    first: Moment
    last: Moment
    complete: bool = True


class Supposed(NamedTuple):
    """How many entries were taken for recorded that are not, and the ruling without them."""

    entries: int
    status: str
    credit: tuple[Credit, ...]
    holder: str | None
    decided_by: str | None


class Step(NamedTuple):
    """A clause on which the rules turned, and its outcome: awards, refers, bars or unknown."""

    clause: str
    outcome: str


class Precedent(NamedTuple):
    """An earlier ruling by people where the rules had taken the same path.

    `same_roles`: the same roles fell to one person, so that the two can be compared.
    `follows_rule`: whether it gave what the rules gave; None where they named nobody.
    `agrees`: whether a ruling by people that stands here gives the roles the same shares; None
    where there is none, or where they cannot be compared.
    """

    event: str
    customer: str
    deal: str | None
    at: Moment
    by: str
    instance: str
    credit: tuple[Credit, ...]
    same_roles: bool
    follows_rule: bool | None
    agrees: bool | None


class Precedents(NamedTuple):
    """The path that the rules took here, and earlier rulings by people on it, the latest first.

    `complete` is False where older rulings were not looked at.
    """

    path: tuple[Step, ...]
    rulings: tuple[Precedent, ...]
    complete: bool = True

    @property
    def departs_from(self) -> tuple[str, ...]:
        """Those from which the ruling by people that stands here departs."""
        return tuple(one.event for one in self.rulings if one.agrees is False)


class Against(NamedTuple):
    """A clause that could have given it to somebody, and what it found instead.

    `reached` is False where another clause had decided before: then `finding` is what this
    one would have found.
    """

    finding: Finding
    reached: bool


class WhyNot(NamedTuple):
    """Why a deal or a customer is not somebody's, and what single thing would make it so."""

    party: str
    has_it: bool
    would_need: tuple[Sentence, ...] = ()
    """What stands above the clauses, if anything; then one sentence for each clause."""
    clauses: tuple[Against, ...] = ()
    refused: tuple[Refused, ...] = ()
    """His own entries that did not count."""
    records: tuple[RecordTurn, ...] = ()
    params: tuple[Contest, ...] = ()
    complete: bool = True


class Sanction(NamedTuple):
    """A measure the policy proposes; a person decides."""

    clause: str
    staff: str
    measure: str
    amount: str | None
    evidence: tuple[str, ...]


class Rate(NamedTuple):
    """What part of the usual commission a party gets, in percent, beside the shares."""

    clause: str
    party: str
    rate: str
    evidence: tuple[str, ...]


class Needed(NamedTuple):
    """A fact that nobody has supplied: the question, about whom, and who could answer."""

    question: str
    subject: str | None
    supplier: str | None


class OpenQuestion(NamedTuple):
    """A question of the policy that was asked and that nobody has answered.

    `supplier` is who could answer it, `text` the question in words.  `turns` are the answers
    under which the ruling would be another one.
    """

    finding: str
    question: str
    text: Bilingual
    subject: str | None
    supplier: str | None
    clause: str | None
    turns: tuple[Alternative, ...] = ()


class Scored(NamedTuple):
    """A contender's total and the rows that gave points; None where a fact is missing."""

    total: Any
    rows: Mapping[str, Any]


class ByRule(NamedTuple):
    """The ruling by rule where a person's ruling stands instead."""

    status: str
    credit: tuple[Credit, ...]
    decided_by: str | None


class PolicyUsed(NamedTuple):
    """Which edition ruled, with the parameters overridden for this run."""

    id: str
    version: str
    digest: str
    set: Mapping[str, Any]


class Deal(NamedTuple):
    """The deal ruled on: its id (given or counted), its moment, who closed, who delivered."""

    id: str
    number: int
    moment: Moment | None
    closer: str | None
    amount: str | None = None
    currency: str | None = None
    product: str | None = None


class Ruling(NamedTuple):
    """What the policy says of one customer's deal at one moment."""

    customer: str
    deal: Deal | None
    as_of: Moment
    policy: PolicyUsed
    status: str
    credit: tuple[Credit, ...]
    holder: str | None
    decided_by: str | None
    reason: Sentence
    referred_to: str | None = None
    provisional_until: Moment | None = None
    by_rule: ByRule | None = None
    findings: tuple[Finding, ...] = ()
    contested: tuple[Contest, ...] = ()
    scores: Mapping[str, Scored] | None = None
    sanctions: tuple[Sanction, ...] = ()
    warnings: tuple[Sentence, ...] = ()
    late: tuple[str, ...] = ()
    """Events of the history entered on a later day, by reference."""
    void: tuple[Refused, ...] = ()
    """Events that are void, struck or altered, by reference, and why."""
    rates: tuple[Rate, ...] = ()
    needs: tuple[Needed, ...] = ()
    """Facts that somebody would have to supply for a clause to be answered."""
    open_questions: tuple[OpenQuestion, ...] = ()
    """Only where the ruling is explained."""
    sensitivity: Sensitivity | None = None
    """Only where it was asked for."""
    why_not: WhyNot | None = None
    """Only where it was asked for."""
    counterfactual: Counterfactual | None = None
    """Only where it was asked for."""
    precedents: Precedents | None = None
    """Only where it was asked for."""
    supposed: Supposed | None = None
    """Only where entries are taken for recorded that are not."""


_DECIDING = ("awards", "refers", "supports", "bars", "unknown")


def decisive(ruling: Ruling) -> Finding | None:
    """The finding that decided; None if nothing did."""
    found = [f for f in ruling.findings if f.clause == ruling.decided_by and f.outcome in _DECIDING]
    return found[-1] if found else None
