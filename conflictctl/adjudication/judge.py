"""From history and policy to a ruling: `rule_on(events, customer, ...) -> Ruling`.

The judge knows no clause.  It chooses the deal, tries the policy's rules in their order,
and turns what the conditions left behind into findings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from conflictctl.adjudication.ruling import (
    Alternative,
    ByRule,
    Contest,
    Credit,
    Finding,
    Margin,
    PolicyUsed,
    Refused,
    Ruling,
    Sanction,
)
from conflictctl.adjudication.ruling import Deal as RuledDeal
from conflictctl.calendar import Calendar, Moment
from conflictctl.errors import InputRejected
from conflictctl.events import Event
from conflictctl.history import Deal, Entry, History, deals_of, replay
from conflictctl.people import People
from conflictctl.policy.case import Case
from conflictctl.policy.language import UNKNOWN, Thunk
from conflictctl.policy.model import Policy
from conflictctl.policy.predicates import window
from conflictctl.policy.program import CompiledRule, Program, compiled
from conflictctl.wording import Bilingual, Day, Sentence, Span, Term, When, Who


class Matter(NamedTuple):
    """What is before the judge: one person's replayed history under one program."""

    program: Program
    history: History
    members: frozenset[str]
    entries: list[Entry]
    deals: list[Deal]
    as_of: Moment


class _Outcome(NamedTuple):
    """What the rules give: a status and to whom, by which clause, until when."""

    status: str
    credit: tuple[Credit, ...]
    holder: str | None
    clause: str | None
    reason: Sentence
    referred_to: str | None = None
    provisional_until: Moment | None = None


def rule_on(
    events: Sequence[Event],
    customer: str,
    *,
    policy: Policy,
    people: People,
    calendar: Calendar,
    as_of: Moment,
    settings: Mapping[str, Any] | None = None,
    deal: str | None = None,
    explain: bool = True,
) -> Ruling:
    """Rule on one customer.

    `events` are those of the customer and of everyone connected with it, in the order of the
    register.  `deal` is a deal's id, `open` for who holds the customer now, or None for the
    latest deal.  With `explain` every clause is shown and contested readings are tried.
    Raises InputRejected for an unknown deal.
    """
    program = compiled(policy, settings or {})
    history = replay(events, people=people, calendar=calendar, as_of=as_of, powers=program.powers)
    members = history.links.component(customer, ("same",))
    return _rule_matter(matter_of(program, history, members, as_of), customer, deal, explain)


def rule_group(
    events: Sequence[Event],
    members: Sequence[str],
    *,
    policy: Policy,
    people: People,
    calendar: Calendar,
    as_of: Moment,
    settings: Mapping[str, Any] | None = None,
    explain: bool = False,
) -> list[Ruling]:
    """Rule on every person of a group of connected customers, each once.

    A person with several files joined as `same` is ruled once, under the id of the oldest.
    """
    program = compiled(policy, settings or {})
    history = replay(events, people=people, calendar=calendar, as_of=as_of, powers=program.powers)
    rulings = []
    for person in persons_of(history, members):
        matter = matter_of(program, history, person, as_of)
        rulings.append(_rule_matter(matter, name_of(matter), None, explain))
    rulings.sort(key=lambda ruling: ruling.customer)
    return rulings


def persons_of(history: History, members: Sequence[str]) -> list[frozenset[str]]:
    """The persons behind a group of customer files: files joined as `same` are one person."""
    if not history.links.edges:
        return [frozenset((member,)) for member in members]
    persons = []
    rest = set(members)
    while rest:
        person = history.links.component(min(rest), ("same",))
        rest -= person
        persons.append(person)
    return persons


def matter_of(program: Program, history: History, members: frozenset[str], as_of: Moment) -> Matter:
    """What the judge looks at for one person, from a replayed history."""
    entries = history.of(members)
    return Matter(program, history, members, entries, deals_of(entries), as_of)


def case_of(matter: Matter, deal: Deal | None, *, explain: bool = False) -> Case:
    """A deal of a matter (None: the open question who holds the customer) as a policy sees it."""
    return Case(
        matter.program,
        matter.history,
        matter.members,
        matter.entries,
        matter.deals,
        deal,
        matter.program.moment_entry(deal) if deal is not None else None,
        matter.as_of,
        explain=explain,
    )


def name_of(matter: Matter) -> str:
    """The id under which a person is ruled: that of the oldest of his files."""
    if len(matter.members) == 1:
        return next(iter(matter.members))
    program = matter.program.whole_history()
    case = case_of(matter._replace(program=program), None)
    files = case.pool(program.holding.opens, anyone=True)
    return files[0].customer or min(matter.members) if files else min(matter.members)


def _rule_matter(matter: Matter, customer: str, wanted: str | None, explain: bool) -> Ruling:
    deal = _choose(matter, customer, wanted)
    ruling = judge_deal(matter, customer, deal, explain)
    if explain:
        ruling = ruling._replace(contested=_contested(matter, customer, deal, ruling))
    return ruling


def _choose(matter: Matter, customer: str, wanted: str | None) -> Deal | None:
    deals = [d for d in matter.deals if matter.program.moment_entry(d) is not None]
    if wanted == "open":
        return None
    if wanted is None:
        return max(deals, key=lambda d: matter.program.moment_entry(d).key, default=None)  # type: ignore[union-attr]
    for deal in deals:
        if deal.is_called(wanted):
            return deal
    raise InputRejected(
        Sentence("{customer} has no deal {deal}", customer=customer, deal=wanted),
        Sentence(
            "deals are: {deals}; `open` asks who holds the customer now",
            deals=", ".join(d.id for d in deals) or "-",
        ),
    )


def judge_deal(matter: Matter, customer: str, deal: Deal | None, explain: bool) -> Ruling:
    """Rule on one deal of a matter (None: who holds the customer), readings not contested."""
    program = matter.program
    case = case_of(matter, deal, explain=explain)
    outcome, findings = _try_rules(case)
    sanctions = _sanctions(case)
    by_rule = None
    warnings: list[Sentence] = []
    if deal is not None and outcome.clause is not None:
        ruled = _ruled_by_people(case)
        if ruled is not None:
            by_rule = ByRule(outcome.status, outcome.credit, outcome.clause)
            outcome, finding = _human(case, ruled, outcome)
            findings.append(finding)
            if by_rule.credit != outcome.credit:
                warnings.append(
                    Sentence(
                        "The ruling {event} by {staff} departs from the ruling by rule ({clause}).",
                        event=ruled.ref,
                        staff=Who(ruled.by or ""),
                        clause=by_rule.decided_by,
                    )
                )
    warnings += _warnings(case)
    policy = program.policy
    return Ruling(
        customer=customer,
        deal=_ruled_deal(case),
        as_of=matter.as_of,
        policy=PolicyUsed(policy.id, policy.version, policy.digest, program.overrides),
        status=outcome.status,
        credit=outcome.credit,
        holder=outcome.holder,
        decided_by=outcome.clause,
        reason=outcome.reason,
        referred_to=outcome.referred_to,
        provisional_until=outcome.provisional_until,
        by_rule=by_rule,
        findings=tuple(findings),
        sanctions=sanctions,
        warnings=tuple(warnings),
        late=tuple(e.ref for e in matter.entries if e.late),
        void=tuple(
            Refused(e.ref, flaw)
            for e in matter.entries
            if (flaw := e.flaw) is not None and flaw != "late"
        ),
    )


def _ruled_deal(case: Case) -> RuledDeal | None:
    deal = case.deal
    if deal is None or case.anchor is None:
        return None
    last = deal.close or case.anchor
    closer = deal.order.by if deal.order is not None else case.anchor.by
    return RuledDeal(
        deal.id,
        deal.number,
        case.anchor.at,
        closer,
        last.get("amount") or case.anchor.get("amount"),
        last.get("currency") or case.anchor.get("currency"),
        last.get("product") or case.anchor.get("product"),
    )


# --------------------------------------------------------------------- trying the rules


def _try_rules(case: Case) -> tuple[_Outcome, list[Finding]]:
    program = case.program
    if case.anchor is not None:
        refusal = _no_edition(case)
        if refusal is not None:
            return refusal, []
        rules = program.rules
    else:
        rules = program.open_rules
    findings: list[Finding] = []
    outcome: _Outcome | None = None
    index = 0
    turns = 0
    while index < len(rules):
        rule = rules[index]
        index += 1
        if outcome is not None and rule.action != "note":
            if case.explain:
                findings.append(_not_reached(rule))
            continue
        value = _try(case, rule)
        if value is UNKNOWN:
            findings.append(_finding(case, rule, "unknown", rule.rule.why_not))
            outcome = _undecided(case, rule)
        elif not value:
            if case.explain and rule.action != "note":
                findings.append(_finding(case, rule, "not_met", rule.rule.why_not))
        elif rule.action == "note":
            findings.append(_finding(case, rule, "supports", rule.rule.why))
        elif rule.action == "replace":
            name, by, again = rule.value
            findings.append(_finding(case, rule, "bars", rule.rule.why))
            successor = by(case)
            displaced = case.value(name)
            case.displaced |= {displaced, successor}
            case.replace(name, successor)
            turns += 1
            # Everyone is displaced at most once, so this ends; the bound says so in code.
            if turns <= len(case.entries):
                index = program.again[again]
        else:
            outcome, finding = _decide(case, rule)
            findings.append(finding)
    if case.anchor is not None and (outcome is None or outcome.status == "referred"):
        for rule in program.fallback:
            if _try(case, rule):
                outcome, finding = _decide(case, rule)
                findings.append(finding)
                break
            if case.explain:
                findings.append(_finding(case, rule, "not_met", rule.rule.why_not))
    if outcome is None:
        outcome = _nothing_decides(case)
        if case.anchor is not None:
            findings.append(Finding(outcome.clause or "", "refers", None, outcome.reason))
    return outcome, _merged(findings) if case.explain else findings


def _no_edition(case: Case) -> _Outcome | None:
    policy = case.program.policy
    assert case.anchor is not None
    day = case.history.calendar.day(case.anchor.at)
    if (policy.applies_from is not None and day < policy.applies_from.toordinal()) or (
        policy.applies_to is not None and day > policy.applies_to.toordinal()
    ):
        return _Outcome(
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
    return None


def _try(case: Case, rule: CompiledRule) -> Any:
    case.evidence.clear()
    case.refused.clear()
    case.margin = None
    return rule.when(case)


def _decide(case: Case, rule: CompiledRule) -> tuple[_Outcome, Finding]:
    if case.flawed and not case.explain:
        # Ruling many customers keeps no account of what was refused; the deciding clause has one.
        case.explain = True
        case.forget()
        _try(case, rule)
        case.explain = False
    action, value = rule.action, rule.value
    clause = rule.rule.clause
    if action == "refer":
        finding = _finding(case, rule, "refers", rule.rule.why)
        return _Outcome("referred", (), None, clause, finding.reason, referred_to=value), finding
    if action == "best":
        return _best(case, rule)
    if action == "shares":
        entry = value(case)
        credit = tuple(
            Credit(row["party"], _kind(case, row["party"]), row["share"])
            for row in entry.get("shares")
        )
        finding = _finding(case, rule, "awards", rule.rule.why)
        return _Outcome("credited", credit, None, clause, finding.reason), finding
    party = value(case)
    if action == "hold":
        finding = _finding(case, rule, "awards", rule.rule.why)
        return _Outcome("held", (), party, clause, finding.reason), finding
    credit = (Credit(party, "outlet" if action == "outlet" else _kind(case, party), "100"),)
    finding = _finding(case, rule, "awards", rule.rule.why, party)
    return _Outcome(
        "credited", credit, None, clause, finding.reason, provisional_until=_provisional(case, rule)
    ), finding


def _best(case: Case, rule: CompiledRule) -> tuple[_Outcome, Finding]:
    best = rule.value
    parties = best.of(case)
    if best.unless is not None:
        parties = [p for p in parties if _of(case, p, best.unless) is not True] or parties
    figures: list[tuple[int, str]] = [(_of(case, party, best.by), party) for party in parties]
    figures.sort(key=lambda figure: -figure[0])
    clause = rule.rule.clause
    second = figures[1][0] if len(figures) > 1 else 0
    case.margin = (figures[0][0], second, "d")
    if len(figures) > 1 and figures[0][0] == second:
        finding = _finding(case, rule, "refers", rule.rule.tie or rule.rule.why)
        return _Outcome(
            "referred",
            (),
            None,
            clause,
            finding.reason,
            referred_to=best.tie,
            provisional_until=_provisional(case, rule),
        ), finding
    party = figures[0][1]
    finding = _finding(case, rule, "awards", rule.rule.why, party)
    return _Outcome(
        "credited",
        (Credit(party, _kind(case, party), "100"),),
        None,
        clause,
        finding.reason,
        provisional_until=_provisional(case, rule),
    ), finding


def _of(case: Case, party: str, thunk: Thunk) -> Any:
    """An expression about one of the compared, who is called `it` there."""
    case.overrides["it"] = party
    value = thunk(case)
    del case.overrides["it"]
    return value


def _provisional(case: Case, rule: CompiledRule) -> Moment | None:
    if rule.provisional_window is None:
        return None
    if rule.provisional_when is not None and not rule.provisional_when(case):
        return None
    end = _window_end(case, rule.provisional_window)
    return end if case.as_of < end else None


def _window_end(case: Case, name: str) -> Moment:
    claimant = case.value("original") if "original" in case.program.lets else None
    _, _, end = window(case, name, claimant)
    return end - 1 if case.program.windows[name].hours else end


def _end_in_words(case: Case, name: str) -> Sentence | When:
    """A window of days ends at 24:00 of its last day, one of hours at its hour."""
    end = _window_end(case, name)
    if case.program.windows[name].hours:
        return When(end)
    return Sentence("24:00 on {day}", day=Day(case.history.calendar.day(end - 1)))


def _undecided(case: Case, rule: CompiledRule) -> _Outcome:
    no_rule = case.program.policy.no_rule
    return _Outcome(
        "referred",
        (),
        None,
        no_rule["clause"],
        Sentence(
            "Cannot decide: {clause} needs a fact that nobody has supplied.",
            clause=rule.rule.clause,
        ),
        referred_to=no_rule["refer"],
    )


def _nothing_decides(case: Case) -> _Outcome:
    if case.anchor is None:
        return _Outcome("unheld", (), None, None, Sentence("Nobody holds the customer."))
    no_rule = case.program.policy.no_rule
    return _Outcome(
        "referred",
        (),
        None,
        no_rule["clause"],
        Sentence(no_rule["why"]),
        referred_to=no_rule["refer"],
    )


# --------------------------------------------------------------------- people's rulings


def _ruled_by_people(case: Case) -> Entry | None:
    rank = case.program.rank
    pool = case.pool(case.program.holding.rulings, anyone=True)
    return max(pool, key=lambda e: (rank[e.get("instance")], e.moment, e.seq), default=None)


def _human(case: Case, ruled: Entry, by_rule: _Outcome) -> tuple[_Outcome, Finding]:
    clause = case.program.policy.instances.get("clause", "")
    credit = tuple(
        Credit(row["party"], _kind(case, row["party"]), row["share"]) for row in ruled.get("award")
    )
    reason = Sentence(
        "{staff} ruled ({instance}, {event}).",
        staff=Who(ruled.by or ""),
        instance=Term(ruled.get("instance")),
        event=ruled.ref,
    )
    finding = Finding(clause, "awards", credit[0].party, reason, evidence=(ruled.ref,))
    return _Outcome("credited", credit, None, clause, reason), finding


def _kind(case: Case, party: str) -> str:
    people = case.history.people
    return "outlet" if party in people.outlet_types and party not in people.staff else "staff"


# ------------------------------------------------------------------------- explanations


def _finding(
    case: Case, rule: CompiledRule, outcome: str, text: Bilingual, party: str | None = None
) -> Finding:
    evidence, refused, margin = list(case.evidence), list(case.refused), case.margin
    case.evidence = []
    if party is None and rule.party is not None:
        value = rule.party(case)
        party = value if isinstance(value, str) else None
    values = _values(case, rule, text, party, margin)
    case.evidence = []
    return Finding(
        rule.rule.clause,
        outcome,
        party,
        Sentence(text, **values),
        _margin(margin),
        tuple(dict.fromkeys(entry.ref for entry in sorted(evidence, key=_time))),
        tuple({entry.ref: Refused(entry.ref, why) for entry, why in refused}.values()),
    )


def _time(entry: Entry) -> tuple[int, int]:
    return (entry.at, entry.seq)


def _margin(margin: tuple[int, int, str] | None) -> Margin | None:
    if margin is None:
        return None
    measured, limit, unit = margin
    return Margin(Span(measured, unit), Span(limit, unit))


def _values(
    case: Case,
    rule: CompiledRule,
    text: Bilingual,
    party: str | None,
    margin: tuple[int, int, str] | None,
) -> dict[str, object]:
    values: dict[str, object] = {}
    for name in rule.names:
        value = case.constants_or_value(name)
        values[name] = Who(value) if isinstance(value, str) else value if value is not None else "-"
    template = text.en
    if "{party}" in template:
        values["party"] = Who(party) if party is not None else "-"
    if "{measured}" in template or "{limit}" in template:
        values["measured"] = Span(margin[0], margin[2]) if margin is not None else "-"
        values["limit"] = Span(margin[1], margin[2]) if margin is not None else "-"
    if "{window_end}" in template:
        values["window_end"] = _end_in_words(case, rule.provisional_window or "claim")
    return values


def _not_reached(rule: CompiledRule) -> Finding:
    return Finding(
        rule.rule.clause, "not_reached", None, Sentence("Decided before this was reached.")
    )


def _merged(findings: list[Finding]) -> list[Finding]:
    """One line for neighbouring findings of one clause that say the same: not met, not reached."""
    merged: list[Finding] = []
    for finding in findings:
        last = merged[-1] if merged else None
        if (
            last is not None
            and finding.clause == last.clause
            and finding.outcome == last.outcome
            and finding.outcome in ("not_met", "not_reached")
        ):
            merged[-1] = last._replace(
                evidence=tuple(dict.fromkeys(last.evidence + finding.evidence)),
                refused=tuple(dict.fromkeys(last.refused + finding.refused)),
            )
        else:
            merged.append(finding)
    return merged


def _contested(
    matter: Matter, customer: str, deal: Deal | None, ruling: Ruling
) -> tuple[Contest, ...]:
    policy = matter.program.policy
    contests = []
    for parameter in policy.parameters.values():
        if not parameter.contested:
            continue
        turns = []
        current = matter.program.values[parameter.name]
        for value in parameter.values or (True, False):
            if value == current:
                continue
            other = _otherwise(matter, customer, deal, parameter.name, value)
            if (other.status, other.credit, other.holder) != (
                ruling.status,
                ruling.credit,
                ruling.holder,
            ):
                turns.append(
                    Alternative(value, other.status, other.credit, other.holder, other.decided_by)
                )
        if turns:
            contests.append(Contest(parameter.name, current, tuple(turns)))
    return tuple(contests)


def _otherwise(matter: Matter, customer: str, deal: Deal | None, name: str, value: Any) -> Ruling:
    program = compiled(matter.program.policy, {**matter.program.overrides, name: value})
    return judge_deal(matter._replace(program=program), customer, deal, False)


# ------------------------------------------------------------------ warnings, sanctions


def _sanctions(case: Case) -> tuple[Sanction, ...]:
    policy = case.program.policy
    if not policy.sanctions or "finding" not in case.program.classes:
        return ()
    proposed: list[Sanction] = []
    seen: dict[tuple[str, str], int] = {}
    for entry in case.pool("finding", anyone=True):
        if entry.get("answer") is not True:
            continue
        key = (entry.get("question"), entry.get("subject"))
        again = seen.get(key, 0)
        seen[key] = again + 1
        for rule in policy.sanctions:
            if rule["question"] == key[0] and rule.get("time", "first") == (
                "again" if again else "first"
            ):
                amount = case.program.values.get(rule["amount"]) if "amount" in rule else None
                proposed.append(
                    Sanction(rule["clause"], key[1], rule["measure"], amount, (entry.ref,))
                )
    return tuple(proposed)


def _warnings(case: Case) -> list[Sentence]:
    program = case.program
    warnings: list[Sentence] = []
    for condition, text in program.warnings if case.anchor is not None else ():
        case.evidence.clear()
        value = condition(case)
        if value is not UNKNOWN and value:
            warnings.append(Sentence(text, **_warning_values(case, text)))
    case.evidence.clear()
    warnings += [
        sentence
        for entry, sentence in case.history.refused
        if entry.customer in case.members or entry.customer is None
    ]
    warnings += case.warnings
    warnings += _without_effect(case)
    warnings += _own_words(case)
    warnings += _place_alone(case)
    return warnings


def _warning_values(case: Case, text: Bilingual) -> dict[str, object]:
    import string

    values: dict[str, object] = {}
    for _, name, _, _ in string.Formatter().parse(text.en):
        if name:
            value = case.constants_or_value(name)
            values[name] = Who(value) if isinstance(value, str) else value
    return values


_MANAGERIAL = frozenset({"notice", "reassign", "decision", "finding", "ruling", "demand"})


def _without_effect(case: Case) -> list[Sentence]:
    kinds = case.kinds & _MANAGERIAL
    if not kinds:
        return []
    sentences = []
    for name, spec in case.program.classes.items():
        if spec.parent is None and spec.kinds & kinds:
            sentences += [
                Sentence(
                    "{event}: {kind} by {staff} has no effect: no power, or a party.",
                    event=entry.ref,
                    kind=Term(entry.kind),
                    staff=Who(entry.by or ""),
                )
                for entry, _ in case.not_valid(name)
                if entry.flaw in (None, "late", "altered")
            ]
    return sentences


_OWN_WORD = ("witness", "approved_by", "accompanied_by", "jointly_with", "answer")


def _own_words(case: Case) -> list[Sentence]:
    sentences = []
    for entry in case.entries:
        if entry.event.attestation is not None:
            continue
        for name in _OWN_WORD:
            value = entry.fields.get(name)
            if (
                isinstance(value, str)
                and value != "none"
                and value in case.history.people.staff
                and not entry.vouched(value)
            ):
                sentences.append(
                    Sentence(
                        "{event}: {field} {staff} is the author's own word.",
                        event=entry.ref,
                        field=name,
                        staff=Who(value),
                    )
                )
    return sentences


def _place_alone(case: Case) -> list[Sentence]:
    spec = case.program.classes[case.program.holding.opens]
    files = case.pool(case.program.holding.opens)
    if len(files) < 2 or files[0].by == files[1].by:
        return []
    if spec.sort_key(files[0])[:-1] == spec.sort_key(files[1])[:-1]:
        return [
            Sentence(
                "{first} and {second} are equal in time; their place in the register alone "
                "decides which is first.",
                first=files[0].ref,
                second=files[1].ref,
            )
        ]
    return []
