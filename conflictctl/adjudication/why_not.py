"""Why a deal is not somebody's: the clauses that could have given it to him, and what it takes."""

from __future__ import annotations

from typing import Any

from conflictctl.adjudication import judge
from conflictctl.adjudication.account import finding
from conflictctl.adjudication.rules import attempt, decide
from conflictctl.adjudication.ruling import Against, Refused, Ruling, WhyNot
from conflictctl.adjudication.sensitivity import Retrial, turning_params, turning_records
from conflictctl.policy.case import Case
from conflictctl.policy.language import UNKNOWN
from conflictctl.policy.parts import CompiledRule
from conflictctl.wording import Sentence, Who


def has(ruling: Ruling, party: str) -> bool:
    """Whether a ruling gives somebody the deal, a share of it, or the customer."""
    return party == ruling.holder or any(part.party == party for part in ruling.credit)


def why_not(retrial: Retrial, party: str) -> WhyNot:
    """Why the ruling is not for a member of staff (or an outlet), and what would make it so.

    The records and the values of parameters are searched as for the sensitivity of the
    ruling, but for this party: each of them alone would make it his.
    """
    ruling = retrial.ruling
    if has(ruling, party):
        return WhyNot(party, has_it=True)
    clauses = _against(retrial, party)
    records = turning_records(retrial, lambda other: has(other, party))
    params = turning_params(retrial, lambda other: has(other, party))
    needs = _people(ruling, party)
    needs += [_need(ruling, one) for one in clauses]
    if not needs:
        needs.append(
            Sentence(
                "On what is recorded, no clause of the policy comes to {party}.", party=Who(party)
            )
        )
    return WhyNot(
        party,
        has_it=False,
        would_need=tuple(needs),
        clauses=tuple(clauses),
        refused=_refused(retrial, party, clauses),
        records=records,
        params=params,
        complete=retrial.complete,
    )


def _people(ruling: Ruling, party: str) -> list[Sentence]:
    """Where a person's ruling stands: what the rule would give."""
    by_rule = ruling.by_rule
    if by_rule is None:
        return []
    if any(part.party == party for part in by_rule.credit):
        return [
            Sentence(
                "By rule (clause {clause}) it is for {party}; people ruled otherwise.",
                clause=by_rule.decided_by,
                party=Who(party),
            )
        ]
    return [Sentence("The ruling of people would have to be another one, or fall away.")]


def _need(ruling: Ruling, against: Against) -> Sentence:
    found = against.finding
    values: dict[str, object] = {"clause": found.clause, "reason": found.reason}
    if against.reached and found.outcome == "awards":
        return Sentence(
            "Clause {clause} decides, and on this history for somebody else. {reason}", **values
        )
    if against.reached:
        return Sentence("Clause {clause} would have to be met. {reason}", **values)
    standing = ruling if ruling.by_rule is None else ruling.by_rule
    values["decided"] = standing.decided_by or "-"
    if found.outcome == "awards":
        return Sentence(
            "Clause {clause} speaks for it, but clause {decided} came first and decided. {reason}",
            **values,
        )
    return Sentence(
        "Clause {clause} would have to be met, and clause {decided}, which came first, not. "
        "{reason}",
        **values,
    )


# -------------------------------------------------------------------------- clauses


def _against(retrial: Retrial, party: str) -> list[Against]:
    """Each clause whose award could be this party's, with what it finds on this history.

    The rules are walked as the judge walks them, and on past the one that decided.
    """
    case = judge.case_of(retrial.matter, retrial.case_deal, explain=True)
    program = case.program
    rules = program.rules if case.anchor is not None else program.open_rules
    found: list[Against] = []
    decided = False
    index = turns = 0
    while index < len(rules):
        rule = rules[index]
        index += 1
        met = attempt(case, rule)
        applies = met is not UNKNOWN and bool(met)
        if applies and rule.action == "replace" and not decided:
            turns += 1
            if turns <= len(case.entries):
                _replace(case, rule)
                index = program.again[rule.value[2]]
            continue
        found += _against_one(case, rule, met, party, reached=not decided)
        decided = decided or (applies and rule.action not in ("note", "bar", "replace"))
    if case.anchor is not None:
        reached = not decided or retrial.ruling.status == "referred"
        for rule in program.fallback:
            found += _against_one(case, rule, attempt(case, rule), party, reached=reached)
    return list(dict.fromkeys(found))


def _against_one(
    case: Case, rule: CompiledRule, met: Any, party: str, *, reached: bool
) -> list[Against]:
    outcome = "unknown" if met is UNKNOWN else "awards" if met else "not_met"
    text = rule.rule.why if outcome == "awards" else rule.rule.why_not
    one = finding(case, rule, outcome, text)
    if not _could_give(case, rule, party):
        return []
    return [Against(one._replace(party=party), reached)]


def _replace(case: Case, rule: CompiledRule) -> None:
    name, by, _ = rule.value
    successor = by(case)
    case.displaced |= {case.value(name), successor}
    case.replace(name, successor)


_AWARDS = frozenset({"credit", "outlet", "shares", "hold", "best", "recommend", "split"})


def _could_give(case: Case, rule: CompiledRule, party: str) -> bool:
    """Whether a rule, were it met, would give this party something, or compares him."""
    if rule.action == "replace":
        return bool(rule.value[1](case) == party)
    if rule.action not in _AWARDS:
        return False
    if rule.action == "best" and party in _listed(rule.value.of(case)):
        return True
    if rule.action == "recommend" and party in case.scores():
        return True
    hypothetical, _ = decide(case, rule)
    return party == hypothetical.holder or any(c.party == party for c in hypothetical.credit)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _refused(retrial: Retrial, party: str, clauses: list[Against]) -> tuple[Refused, ...]:
    """His own entries that did not count: of the whole history, and for these clauses."""
    ruling = retrial.ruling
    his = {event.ref for event in retrial.events if event.by == party}
    every = [
        *(Refused(ref, "late") for ref in ruling.late),
        *ruling.void,
        *(entry for one in clauses for entry in one.finding.refused),
        *(entry for one in ruling.findings for entry in one.refused),
    ]
    return tuple({one.event: one for one in every if one.event in his}.values())
