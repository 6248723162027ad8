"""The ruling for programs: the JSON of the command line contract.

Keys, ids and values are never translated; `reason` and `warnings` follow the reader's
language.  Keys are only ever added.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Protocol

from conflictctl.adjudication.ruling import (
    Alternative,
    ByRule,
    Change,
    Contest,
    Counterfactual,
    Credit,
    Finding,
    Margin,
    OpenQuestion,
    Precedents,
    RecordTurn,
    Refused,
    Ruling,
    Sensitivity,
    Supposed,
    Turned,
    WhyNot,
)
from conflictctl.calendar import HOUR, Calendar, Moment, iso_text
from conflictctl.people import People
from conflictctl.render.language import say

# Outcomes with which a clause can have decided.
_DECIDING = frozenset({"awards", "refers", "supports", "bars", "unknown"})


@lru_cache(maxsize=1024)
def _iso_text(moment: Moment, offset: int) -> str:
    return iso_text(moment, offset)


def _iso(calendar: Calendar, moment: Moment) -> str:
    # Thousands of rulings share one `as_of`, and deals are often entered by the day.
    return _iso_text(moment, calendar.offset(moment))


class Head(Protocol):
    """The end of the register's log: how many events, and the hash over all of them."""

    @property
    def seq(self) -> int: ...

    @property
    def text(self) -> str:
        """`sha256:<hex>`"""


def ruling_json(
    ruling: Ruling, *, calendar: Calendar, people: People, head: Head, full: bool
) -> dict[str, Any]:
    """The ruling as a JSON object.

    Times are ISO 8601 in the register's zone.  With `full=False`, as `verdict --all`
    prints it, `contested`, `open_questions` and the findings of clauses that did not decide
    are left out.
    """
    deal = ruling.deal
    policy = ruling.policy
    until = ruling.provisional_until
    by_rule = ruling.by_rule
    findings: Iterable[Finding] = ruling.findings
    if not full:
        decided = ruling.decided_by
        findings = [f for f in findings if f.clause == decided and f.outcome in _DECIDING]
    result: dict[str, Any] = {
        "customer": ruling.customer,
        "deal": None if deal is None else deal.id,
        "deal_moment": (
            None if deal is None or deal.moment is None else _iso(calendar, deal.moment)
        ),
        "closer": None if deal is None else deal.closer,
        "as_of": _iso(calendar, ruling.as_of),
        "policy": {
            "id": policy.id,
            "version": policy.version,
            "digest": policy.digest,
            "set": dict(policy.set),
        },
        "status": ruling.status,
        "provisional_until": None if until is None else _iso(calendar, until),
        "credit": _credit(ruling.credit),
        "holder": ruling.holder,
        "decided_by": ruling.decided_by,
        "reason": say(ruling.reason, people, calendar),
        "referred_to": ruling.referred_to,
        "by_rule": None if by_rule is None else _by_rule(by_rule),
        "findings": [_finding(finding, people, calendar) for finding in findings],
    }
    if full:
        result["contested"] = [_contest(contest) for contest in ruling.contested]
        result["open_questions"] = [_open_question(one) for one in ruling.open_questions]
    if ruling.sensitivity is not None:
        result["sensitivity"] = _sensitivity(ruling.sensitivity)
    if ruling.counterfactual is not None:
        result["counterfactual"] = _counterfactual(ruling.counterfactual, calendar)
    if ruling.precedents is not None:
        result["precedents"] = _precedents(ruling.precedents, calendar)
    if ruling.supposed is not None:
        result["what_if"] = {
            "entries": ruling.supposed.entries,
            "without": _outcome(ruling.supposed),
        }
    if ruling.why_not is not None:
        result["why_not"] = _why_not(ruling.why_not, people, calendar)
    result["scores"] = {
        party: {"total": number(score.total), "rows": {k: number(v) for k, v in score.rows.items()}}
        for party, score in (ruling.scores or {}).items()
    }
    result["sanctions"] = [
        {
            "clause": sanction.clause,
            "staff": sanction.staff,
            "measure": sanction.measure,
            "amount": sanction.amount,
            "evidence": list(sanction.evidence),
        }
        for sanction in ruling.sanctions
    ]
    result["rates"] = [
        {
            "clause": rate.clause,
            "party": rate.party,
            "rate": rate.rate,
            "evidence": list(rate.evidence),
        }
        for rate in ruling.rates
    ]
    result["needs"] = [
        {"question": need.question, "subject": need.subject, "from": need.supplier}
        for need in ruling.needs
    ]
    result["warnings"] = [say(warning, people, calendar) for warning in ruling.warnings]
    result["late"] = list(ruling.late)
    result["void"] = _refused(ruling.void)
    result["register"] = {"seq": head.seq, "head": head.text}
    return result


def number(value: Any) -> Any:
    """Points as JSON: whole numbers as they are, others as decimal text; null: not known."""
    return value if value is None or isinstance(value, int) else str(value)


def _credit(credit: Iterable[Credit]) -> list[dict[str, str]]:
    return [{"party": part.party, "kind": part.kind, "share": part.share} for part in credit]


def _by_rule(ruling: ByRule) -> dict[str, Any]:
    return {
        "status": ruling.status,
        "credit": _credit(ruling.credit),
        "decided_by": ruling.decided_by,
    }


def _margin(margin: Margin) -> dict[str, str]:
    return {"measured": margin.measured.plain(), "limit": margin.limit.plain()}


def _refused(refused: Iterable[Refused]) -> list[dict[str, str]]:
    return [{"event": entry.event, "why": entry.why} for entry in refused]


def _finding(finding: Finding, people: People, calendar: Calendar) -> dict[str, Any]:
    return {
        "clause": finding.clause,
        "outcome": finding.outcome,
        "party": finding.party,
        "reason": say(finding.reason, people, calendar),
        "margin": None if finding.margin is None else _margin(finding.margin),
        "evidence": list(finding.evidence),
        "refused": _refused(finding.refused),
    }


def _contest(contest: Contest) -> dict[str, Any]:
    return {
        "param": contest.param,
        "value": contest.value,
        "turns": [_alternative(turn) for turn in contest.turns],
    }


def _open_question(question: OpenQuestion) -> dict[str, Any]:
    return {
        "question": question.question,
        "subject": question.subject,
        "from": question.supplier,
        "clause": question.clause,
        "turns": [_alternative(turn) for turn in question.turns],
    }


def _sensitivity(found: Sensitivity) -> dict[str, Any]:
    return {
        "badge": found.badge,
        "records": [_record(turn) for turn in found.records],
        "params": [_contest(contest) for contest in found.params],
        "complete": found.complete,
    }


def _counterfactual(found: Counterfactual, calendar: Calendar) -> dict[str, Any]:
    return {
        "turned": [
            {**_outcome(turned), "changes": [_change(one, calendar) for one in turned.changes]}
            for turned in found.turned
        ],
        "from": _iso(calendar, found.first),
        "to": _iso(calendar, found.last),
        "complete": found.complete,
    }


def _precedents(found: Precedents, calendar: Calendar) -> dict[str, Any]:
    return {
        "path": [{"clause": step.clause, "outcome": step.outcome} for step in found.path],
        "rulings": [
            {
                "event": one.event,
                "customer": one.customer,
                "deal": one.deal,
                "at": _iso(calendar, one.at),
                "by": one.by,
                "instance": one.instance,
                "credit": _credit(one.credit),
                "follows_rule": one.follows_rule,
                "same_roles": one.same_roles,
                "agrees": one.agrees,
            }
            for one in found.rulings
        ],
        "departs_from": list(found.departs_from),
        "complete": found.complete,
    }


def _change(change: Change, calendar: Calendar) -> dict[str, Any]:
    """`add` with kinds and the hours that do; `move` with the hours moved; `enter`."""
    shown: dict[str, Any] = {
        "do": change.do,
        "staff": change.staff,
        "kinds": list(change.kinds),
        "event": change.event,
    }
    if change.first is not None and change.last is not None:
        shown |= {"from": _iso(calendar, change.first), "to": _iso(calendar, change.last)}
    if change.to is not None:
        shown["told"] = change.to
    if change.shift is not None:
        shown["hours"] = change.shift // HOUR
    return shown


def _why_not(found: WhyNot, people: People, calendar: Calendar) -> dict[str, Any]:
    return {
        "party": found.party,
        "has_it": found.has_it,
        "would_need": [say(sentence, people, calendar) for sentence in found.would_need],
        "clauses": [
            {**_finding(against.finding, people, calendar), "reached": against.reached}
            for against in found.clauses
        ],
        "refused": _refused(found.refused),
        "records": [_record(turn) for turn in found.records],
        "params": [_contest(contest) for contest in found.params],
        "complete": found.complete,
    }


def _record(turn: RecordTurn) -> dict[str, Any]:
    return {"event": turn.event, "turns": _outcome(turn)}


def _outcome(turn: Alternative | RecordTurn | Turned | Supposed) -> dict[str, Any]:
    return {
        "status": turn.status,
        "credit": _credit(turn.credit),
        "holder": turn.holder,
        "decided_by": turn.decided_by,
    }


def _alternative(turn: Alternative) -> dict[str, Any]:
    return {"value": turn.value, **_outcome(turn)}
