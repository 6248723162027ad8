"""The rules of a policy tried on a case: which applies, and what follows from it.

Where the rules stand in a declared order, the first that applies decides.  Where only `beats`
counts, every rule is tried, and two that apply, give different things and do not beat each
other refer the matter to people: nobody is picked by the order of a file.

A rule that cannot be answered for want of a fact is passed over only where the answer would
make no difference.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from conflictctl.adjudication.account import finding, merged, needs, not_reached
from conflictctl.adjudication.outcome import (
    Outcome,
    credited,
    divided,
    given_to,
    provisional_until,
    whole,
)
from conflictctl.adjudication.ruling import Finding
from conflictctl.adjudication.written_account import told
from conflictctl.events import INSTANCES
from conflictctl.history import Entry
from conflictctl.policy.case import Case
from conflictctl.policy.deciding import Decided
from conflictctl.policy.grounds import spread
from conflictctl.policy.language import UNKNOWN, Thunk
from conflictctl.policy.parts import Advice, CompiledRule, Split
from conflictctl.policy.scorecard import figure
from conflictctl.wording import Bilingual, Day, Sentence


def try_rules(case: Case) -> tuple[Outcome, list[Finding]]:
    """What the rules give for a case, and what each of them found."""
    program = case.program
    if case.anchor is not None:
        refusal = _no_edition(case)
        if refusal is not None:
            return refusal, []
    tried = _declared if program.declared else _listed
    outcome, findings = tried(
        case, program.rules if case.anchor is not None else program.open_rules
    )
    if case.anchor is not None and (outcome is None or outcome.status == "referred"):
        for rule in program.fallback:
            value = attempt(case, rule)
            if value is not UNKNOWN and value:
                outcome, found = decide(case, rule)
                findings.append(found)
                break
            if case.explain:
                findings.append(finding(case, rule, "not_met", rule.rule.why_not))
    if outcome is None:
        outcome = _nothing_decides(case)
        if case.anchor is not None:
            findings.append(Finding(outcome.clause or "", "refers", None, outcome.reason))
    if case.explain and program.clauses_recur:
        findings = merged(findings)
    return outcome, findings


def first_applying(case: Case) -> Decided | None:
    """The rule of a declared order that decides, what it gives, and what both rest on.

    None where it takes `try_rules` to tell: nothing applies, a fact is missing, no edition
    was in force, or the rule does more than give the deal to somebody.
    """
    program = case.program
    if program.declared:
        return None
    if case.anchor is None:
        return program.deciding_open.first(case)
    if program.always or _no_edition(case) is None:
        return program.deciding.first(case)
    return None


def attempt(case: Case, rule: CompiledRule) -> Any:
    """Whether a rule applies: true, false or UNKNOWN; what it rests on stays in the case."""
    case.evidence.clear()
    case.refused.clear()
    case.margin = None
    value, grounds = rule.when(case)
    spread(grounds, case.evidence)
    return value


# ------------------------------------------------------------------- a declared order


def _listed(case: Case, rules: list[CompiledRule]) -> tuple[Outcome | None, list[Finding]]:
    program, explain = case.program, case.explain
    findings: list[Finding] = []
    outcome: Outcome | None = None
    open_questions: list[CompiledRule] = []
    index = 0
    turns = 0
    at_once = told(case) if explain else None
    if at_once is not None:
        findings, index, outcome = at_once
        if outcome is None and index < len(rules):
            outcome, found = decide(case, rules[index])
            findings.append(found)
            index += 1
    while index < len(rules):
        rule = rules[index]
        index += 1
        action = rule.action
        if outcome is not None and action != "note":
            if explain:
                findings.append(not_reached(rule.rule.clause))
            continue
        value = attempt(case, rule)
        if value is UNKNOWN:
            findings.append(finding(case, rule, "unknown", rule.rule.why_not))
            if action not in ("note", "bar", "replace"):
                open_questions.append(rule)
            elif action != "note":
                outcome = _undecided(case, rule)
        elif not value:
            if explain and action != "note":
                findings.append(finding(case, rule, "not_met", rule.rule.why_not))
        elif action == "note":
            findings.append(finding(case, rule, "supports", rule.rule.why))
        elif action == "bar":
            findings.append(put_out(case, rule))
        elif action == "replace":
            name, by, again = rule.value
            findings.append(finding(case, rule, "bars", rule.rule.why))
            successor = by(case)
            displaced = case.value(name)
            case.displaced |= {displaced, successor}
            case.replace(name, successor)
            turns += 1
            # Everyone is displaced at most once, so this ends; the bound says so in code.
            if turns <= len(case.entries):
                index = program.again[again]
        else:
            given, found = decide(case, rule)
            if case.barred and _all_barred(case, given):
                findings.append(found._replace(outcome="not_met", reason=_OUT))
            else:
                outcome = given
                findings.append(found)
    if open_questions:
        outcome = _with_open_questions(case, outcome, open_questions)
    return outcome, findings


_OUT = Sentence("It would go to somebody who is out of the contest.")


def _all_barred(case: Case, outcome: Outcome) -> bool:
    """Whether nobody whom an outcome names is still in the contest."""
    named = [part.party for part in outcome.credit]
    if outcome.holder is not None:
        named.append(outcome.holder)
    return bool(named) and all(one in case.barred for one in named)


def put_out(case: Case, rule: CompiledRule) -> Finding:
    """Take those whom a rule bars out of the contest."""
    found = finding(case, rule, "bars", rule.rule.why)
    gone = rule.value(case)
    for one in gone if isinstance(gone, list) else [gone]:
        if one is not None and one is not UNKNOWN and one not in case.barred:
            case.barred.append(one)
    case.forget()
    return found


def _with_open_questions(
    case: Case, outcome: Outcome | None, rules: Iterable[CompiledRule]
) -> Outcome | None:
    """The outcome, or that it cannot be told: an open rule would have given something else."""
    for rule in rules:
        attempt(case, rule)
        hypothetical, _ = decide(case, rule)
        if outcome is None or hypothetical.gives != outcome.gives:
            return _undecided(case, rule)
    return outcome


# -------------------------------------------------------------- only `beats` counts


def _declared(case: Case, rules: list[CompiledRule]) -> tuple[Outcome | None, list[Finding]]:
    findings: list[Finding] = []
    applying: list[tuple[CompiledRule, Outcome, Finding]] = []
    unsure: list[CompiledRule] = []
    for rule in rules:
        value = attempt(case, rule)
        if value is UNKNOWN:
            findings.append(finding(case, rule, "unknown", rule.rule.why_not))
            if rule.action != "note":
                unsure.append(rule)
        elif not value:
            if case.explain and rule.action != "note":
                findings.append(finding(case, rule, "not_met", rule.rule.why_not))
        elif rule.action == "note":
            findings.append(finding(case, rule, "supports", rule.rule.why))
        elif rule.action == "bar":
            findings.append(put_out(case, rule))
        else:
            applying.append((rule, *decide(case, rule)))
    rest = [one for one in applying if not beaten(one[0], (other[0] for other in applying))]
    for rule, _, found in applying:
        if not any(rule is one[0] for one in rest):
            findings.append(
                found._replace(
                    outcome="supports",
                    reason=Sentence(
                        "Applies, but another rule goes before it: {why}", why=found.reason
                    ),
                )
            )
    outcome: Outcome | None = None
    if rest:
        if len({one[1].gives for one in rest}) > 1:
            return _clash(case, rest), [*findings, *(one[2] for one in rest)]
        outcome = rest[0][1]
        findings += [one[2] for one in rest]
    open_questions = [rule for rule in unsure if not beaten(rule, (one[0] for one in rest))]
    return (
        _with_open_questions(case, outcome, open_questions) if open_questions else outcome
    ), findings


def beaten(rule: CompiledRule, others: Iterable[CompiledRule]) -> bool:
    """Whether any of some other rules is declared to go before a rule."""
    names = {rule.rule.name, rule.rule.clause}
    return any(not names.isdisjoint(other.rule.beats) for other in others if other is not rule)


def _clash(case: Case, rest: list[tuple[CompiledRule, Outcome, Finding]]) -> Outcome:
    no_rule = case.program.policy.no_rule
    return Outcome(
        "referred",
        (),
        None,
        no_rule.get("clause"),
        Sentence(
            "Rules that name different winners apply, and the policy does not say which goes "
            "first: {rules}",
            rules=[
                Sentence("{clause}: {why}", clause=rule.rule.clause, why=found.reason)
                for rule, _, found in rest
            ],
        ),
        referred_to=no_rule["refer"],
    )


# --------------------------------------------------------------------- what follows


def decide(case: Case, rule: CompiledRule) -> tuple[Outcome, Finding]:
    """What a rule that applies gives, and the finding that says so."""
    if case.flawed and not case.explain:
        # Ruling many customers keeps no account of what was refused; the deciding clause has one.
        case.explain = True
        case.forget()
        attempt(case, rule)
        case.explain = False
    action, value = rule.action, rule.value
    if action == "nobody":
        found = finding(case, rule, "awards", rule.rule.why)
        return Outcome("unheld", (), None, None, found.reason), found
    if action == "refer":
        return _referred(case, rule, rule.rule.why, value(case))
    if action == "best":
        return _best(case, rule)
    if action == "recommend":
        return _recommended(case, rule, value)
    if action == "split":
        return _split(case, rule, value)
    given = value(case)
    if given is UNKNOWN or given is None or given == []:
        return _names_nobody(case, rule, given)
    if action == "shares":
        return _awarded(case, rule, _shares_of(case, given))
    if isinstance(given, list) and action != "hold":
        return _awarded(case, rule, divided(case, given))
    found = finding(case, rule, "awards", rule.rule.why, None if action == "hold" else given)
    return given_to(case, rule, given, found.reason), found


def _awarded(
    case: Case, rule: CompiledRule, credit: tuple[Any, ...], party: str | None = None
) -> tuple[Outcome, Finding]:
    found = finding(case, rule, "awards", rule.rule.why, party)
    return Outcome(
        "credited",
        credit,
        None,
        rule.rule.clause,
        found.reason,
        provisional_until=provisional_until(case, rule),
        final=rule.rule.final,
    ), found


def _shares_of(case: Case, entry: Entry) -> tuple[Any, ...]:
    rows = entry.get("shares") or entry.get("signers") or entry.get("award") or ()
    named = [(row.get("party") or row.get("staff"), row.get("share")) for row in rows]
    if all(share is not None for _, share in named):
        return credited(case, named)
    return divided(case, [party for party, _ in named])


def _referred(case: Case, rule: CompiledRule, text: Bilingual, to: Any) -> tuple[Outcome, Finding]:
    found = finding(case, rule, "refers", text)
    if to is None or to is UNKNOWN:
        to = case.program.policy.no_rule["refer"]
    return Outcome(
        "referred",
        (),
        None,
        rule.rule.clause,
        found.reason,
        referred_to=to,
        provisional_until=provisional_until(case, rule),
    ), found


def _names_nobody(case: Case, rule: CompiledRule, given: Any) -> tuple[Outcome, Finding]:
    """A rule applies, but there is nobody whom it speaks of: people decide.

    Where `given` is UNKNOWN there may be somebody: it takes a fact that nobody has supplied.
    """
    if given is UNKNOWN:
        return _undecided(case, rule), finding(case, rule, "unknown", rule.rule.why_not)
    found = finding(case, rule, "refers", rule.rule.why)
    reason = Sentence(
        "{clause} applies, but the register does not say to whom: whose is it?",
        clause=rule.rule.clause,
    )
    no_rule = case.program.policy.no_rule
    return Outcome(
        "referred", (), None, rule.rule.clause, reason, referred_to=no_rule["refer"]
    ), found._replace(reason=reason)


def _recommended(case: Case, rule: CompiledRule, advice: Advice) -> tuple[Outcome, Finding]:
    party = advice.party(case)
    if party is None or party is UNKNOWN:
        return _names_nobody(case, rule, party)
    to = advice.refer(case)
    found = finding(case, rule, "awards", rule.rule.why, party)
    return Outcome(
        "recommended",
        whole(case, party),
        None,
        rule.rule.clause,
        found.reason,
        referred_to=None if to is UNKNOWN else to,
        provisional_until=provisional_until(case, rule),
    ), found


def _split(case: Case, rule: CompiledRule, split: Split) -> tuple[Outcome, Finding]:
    if split.among is not None:
        among = split.among(case)
        if isinstance(among, list):
            among = list(dict.fromkeys(one for one in among if one is not None))
        if among is UNKNOWN or not among:
            return _names_nobody(case, rule, among)
        weights = split.weights[: len(among)]
        return _awarded(case, rule, divided(case, among, weights))
    shares: dict[str, Any] = {}
    for party, share in split.roles:
        person = party(case)
        if person is UNKNOWN or (person is None and not split.to_others):
            return _names_nobody(case, rule, person)
        if person is None:
            continue
        shares[person] = shares.get(person, 0) + share
    if not shares:
        return _names_nobody(case, rule, None)
    return _awarded(case, rule, divided(case, list(shares), list(shares.values())))


def _best(case: Case, rule: CompiledRule) -> tuple[Outcome, Finding]:
    best = rule.value
    parties = best.of(case)
    if parties is UNKNOWN or not parties:
        return _names_nobody(case, rule, parties)
    if best.unless is not None:
        parties = [p for p in parties if _of(case, p, best.unless) is not True] or parties
    figures = [(_of(case, party, best.by), party) for party in parties]
    if any(value is UNKNOWN for value, _ in figures):
        return _names_nobody(case, rule, UNKNOWN)
    known = [(figure(value), party) for value, party in figures if value is not None]
    if not known:
        return _names_nobody(case, rule, None)
    known.sort(key=lambda one: one[0], reverse=True)
    second = known[1][0] if len(known) > 1 else 0
    if isinstance(known[0][0], int):
        case.margin = (known[0][0], second, "d")
    if len(known) > 1 and known[0][0] == second:
        return _referred(case, rule, rule.rule.tie or _tied(case) or rule.rule.why, best.tie)
    return _awarded(case, rule, whole(case, known[0][1]), known[0][1])


def _tied(case: Case) -> Bilingual | None:
    table = case.program.policy.tie.get("why")
    return Bilingual(table["en"], table["zh"]) if table else None


def _of(case: Case, party: str, thunk: Thunk) -> Any:
    """An expression about one of the compared, who is called `it` there."""
    outer, case.it = case.it, party
    value = thunk(case)
    case.it = outer
    return value


# ------------------------------------------------------------------ nothing decides


def _no_edition(case: Case) -> Outcome | None:
    if case.program.always:
        return None
    policy = case.program.policy
    assert case.anchor is not None
    day = case.history.calendar.day(case.anchor.at)
    if (policy.applies_from is None or day >= policy.applies_from.toordinal()) and (
        policy.applies_to is None or day <= policy.applies_to.toordinal()
    ):
        return None
    return Outcome(
        "referred",
        (),
        None,
        None,
        Sentence(
            "No edition of {policy} was in force on {day}: whose deal is it?",
            policy=policy.title,
            day=Day(day),
        ),
        referred_to=policy.otherwise,
    )


def _undecided(case: Case, rule: CompiledRule) -> Outcome:
    no_rule = case.program.policy.no_rule
    missing = needs(case)
    if missing:
        reason = Sentence(
            "Cannot decide: {clause} needs a fact that nobody has supplied: {needs}",
            clause=rule.rule.clause,
            needs=missing,
        )
    else:
        reason = Sentence(
            "Cannot decide: {clause} needs a fact that nobody has supplied.",
            clause=rule.rule.clause,
        )
    return Outcome("referred", (), None, no_rule.get("clause"), reason, referred_to=_asked(case))


def _asked(case: Case) -> str:
    """Who can supply what is missing, if an instance can; else who decides what no rule does."""
    findings = case.program.findings
    suppliers = [findings[need.finding].supplier for need in case.needs]
    named = next((one for one in suppliers if one in INSTANCES), None)
    return str(named or case.program.policy.no_rule["refer"])


def _nothing_decides(case: Case) -> Outcome:
    if case.anchor is None:
        return Outcome("unheld", (), None, None, Sentence("Nobody holds the customer."))
    no_rule = case.program.policy.no_rule
    return Outcome(
        "referred",
        (),
        None,
        no_rule.get("clause"),
        Sentence(no_rule["why"]),
        referred_to=no_rule["refer"],
    )
