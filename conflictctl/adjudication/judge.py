"""From history and policy to a ruling: `rule_on(events, customer, ...) -> Ruling`.

The judge knows no clause.  It chooses the deal and the edition of the policy, has the rules
tried, and puts a ruling by people in their place where one stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from conflictctl.adjudication import side_orders
from conflictctl.adjudication.account import cited
from conflictctl.adjudication.outcome import Outcome, credited, whole
from conflictctl.adjudication.rules import first_applying, try_rules
from conflictctl.adjudication.ruling import (
    Alternative,
    ByRule,
    Contest,
    Credit,
    Finding,
    Needed,
    OpenQuestion,
    PolicyUsed,
    Refused,
    Ruling,
    Scored,
)
from conflictctl.adjudication.ruling import Deal as RuledDeal
from conflictctl.calendar import Calendar, Moment
from conflictctl.errors import InputRejected
from conflictctl.events import Event
from conflictctl.history import CONTACT_KINDS, Deal, Entry, History, deals_of, replay
from conflictctl.people import People
from conflictctl.policy import instances
from conflictctl.policy.case import Case, Need
from conflictctl.policy.language import UNKNOWN
from conflictctl.policy.model import Policy
from conflictctl.policy.program import Program, compiled
from conflictctl.wording import Sentence, Term, Who


class Matter(NamedTuple):
    """What is before the judge: one person's replayed history under one program."""

    program: Program
    history: History
    members: frozenset[str]
    entries: list[Entry]
    deals: list[Deal]
    as_of: Moment


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
    caseloads: Mapping[str, int] | None = None,
) -> Ruling:
    """Rule on one customer.

    `events` are those of the customer and of everyone connected with it, in the order of the
    register.  `deal` is a deal's id, `open` for who holds the customer now, or None for the
    latest deal.  With `explain` every clause is shown and contested readings are tried.
    `caseloads` says how many customers everybody holds, for policies that ask.
    Raises InputRejected for an unknown deal.
    """
    matter = _brought(events, customer, policy, people, calendar, as_of, settings, caseloads)
    return _rule_matter(matter, customer, deal, explain)


def decide_on(
    events: Sequence[Event],
    customer: str,
    *,
    policy: Policy,
    people: People,
    calendar: Calendar,
    as_of: Moment,
    settings: Mapping[str, Any] | None = None,
    deal: str | None = None,
    caseloads: Mapping[str, int] | None = None,
) -> Decision:
    """What `rule_on` gives, without words, for asking many times; raises InputRejected as it."""
    matter = _brought(events, customer, policy, people, calendar, as_of, settings, caseloads)
    chosen = _choose(matter, customer, deal)
    return decide_deal(in_force(matter, chosen), customer, chosen)


def matter_ruled_on(
    events: Sequence[Event],
    customer: str,
    *,
    policy: Policy,
    people: People,
    calendar: Calendar,
    as_of: Moment,
    settings: Mapping[str, Any] | None = None,
    caseloads: Mapping[str, int] | None = None,
    ruling: Ruling,
) -> tuple[Deal | None, Matter]:
    """The deal that `rule_on` ruled on, and what was before it, under the edition then in force."""
    matter = _brought(events, customer, policy, people, calendar, as_of, settings, caseloads)
    ruled = ruling.deal
    deal = next((d for d in matter.deals if ruled is not None and d.id == ruled.id), None)
    return deal, in_force(matter, deal)


def _brought(
    events: Sequence[Event],
    customer: str,
    policy: Policy,
    people: People,
    calendar: Calendar,
    as_of: Moment,
    settings: Mapping[str, Any] | None,
    caseloads: Mapping[str, int] | None,
) -> Matter:
    """One customer's history, replayed, as it comes before the judge."""
    program = compiled(policy, settings or {})
    history = replay(events, people=people, calendar=calendar, as_of=as_of, powers=program.powers)
    history.caseloads = caseloads
    return matter_of(program, history, history.links.component(customer, program.joined), as_of)


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
    caseloads: Mapping[str, int] | None = None,
) -> list[Ruling]:
    """Rule on every person of a group of connected customers, each once.

    A person with several files joined as `same` is ruled once, under the id of the oldest.
    """
    matters = matters_among(
        events,
        members,
        program=compiled(policy, settings or {}),
        people=people,
        calendar=calendar,
        as_of=as_of,
        caseloads=caseloads,
    )
    rulings = [_rule_matter(matter, name_of(matter), None, explain) for matter in matters]
    rulings.sort(key=lambda ruling: ruling.customer)
    return rulings


def matters_among(
    events: Sequence[Event],
    members: Sequence[str],
    *,
    program: Program,
    people: People,
    calendar: Calendar,
    as_of: Moment,
    caseloads: Mapping[str, int] | None = None,
) -> Iterator[Matter]:
    """What is before the judge for every person of a group of connected customers, each once."""
    history = replay(events, people=people, calendar=calendar, as_of=as_of, powers=program.powers)
    history.caseloads = caseloads
    for person in persons_of(history, members, program.joined):
        yield matter_of(program, history, person, as_of)


def persons_of(
    history: History, members: Sequence[str], joined: Sequence[str] = ("same",)
) -> list[frozenset[str]]:
    """The persons behind a group of customer files: files that the policy joins are one."""
    if not history.links.edges:
        return [frozenset((member,)) for member in members]
    persons = []
    rest = set(members)
    while rest:
        person = history.links.component(min(rest), joined)
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
    files = case.pool(program.holding.opens, anyone=True) or [
        entry for entry in matter.entries if entry.kind in CONTACT_KINDS
    ]
    return files[0].customer or min(matter.members) if files else min(matter.members)


def _rule_matter(matter: Matter, customer: str, wanted: str | None, explain: bool) -> Ruling:
    deal = _choose(matter, customer, wanted)
    matter = in_force(matter, deal)
    ruling = judge_deal(matter, customer, deal, explain)
    if explain:
        ruling = ruling._replace(
            contested=contested(matter, customer, deal, ruling),
            open_questions=_turning_answers(matter, customer, deal, ruling),
        )
    return ruling


def in_force(matter: Matter, deal: Deal | None) -> Matter:
    """The matter under the edition, and the values of parameters, of the day of the deal.

    Without a deal the day is that of the question.
    """
    policy = matter.program.policy
    if not policy.editions and not any(p.dated for p in policy.parameters.values()):
        return matter
    day = _day_of(matter, deal)
    edition = policy.in_force(day) or policy
    settings = {k: v for k, v in matter.program.overrides.items() if k in edition.parameters}
    return matter._replace(program=compiled(edition, settings, day))


def _day_of(matter: Matter, deal: Deal | None) -> int:
    anchor = matter.program.moment_entry(deal) if deal is not None else None
    return matter.history.calendar.day(anchor.at if anchor is not None else matter.as_of)


def deals_seen(matter: Matter) -> list[Deal]:
    """The deals that the policy sees: those with the order or close that it goes by."""
    return [deal for deal in matter.deals if matter.program.moment_entry(deal) is not None]


def _choose(matter: Matter, customer: str, wanted: str | None) -> Deal | None:
    deals = deals_seen(matter)
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


class Decision(NamedTuple):
    """A ruling without words: what is given, by which clause, resting on which events."""

    status: str
    credit: tuple[Credit, ...]
    holder: str | None
    decided_by: str | None
    referred_to: str | None
    evidence: tuple[str, ...]


def decide_deal(matter: Matter, customer: str, deal: Deal | None) -> Decision:
    """What `judge_deal` gives, for asking many times: no findings, no warnings, no sentence.

    (Where an entry was refused, a finding also cites what its refusal rests on.)
    """
    found = decide_case(case_of(matter, deal))
    return wordless(judge_deal(matter, customer, deal, explain=False)) if found is None else found


def decide_case(case: Case) -> Decision | None:
    """What `judge_case` gives, without words; None where it takes all of that to tell."""
    if "ruling" in case.kinds and _rule_by_people(case):
        return None
    found = first_applying(case)
    if found is None:
        return None
    rule, given, evidence = found
    if not isinstance(given, str):
        return None
    action = rule.action
    if action == "hold":
        return Decision("held", (), given, rule.rule.clause, None, cited(evidence))
    credit = whole(case, given, "outlet" if action == "outlet" else None)
    return Decision("credited", credit, None, rule.rule.clause, None, cited(evidence))


def wordless(ruling: Ruling) -> Decision:
    """What is left of a ruling without its words."""
    found = [f for f in ruling.findings if f.clause == ruling.decided_by]
    return Decision(
        ruling.status,
        ruling.credit,
        ruling.holder,
        ruling.decided_by,
        ruling.referred_to,
        found[-1].evidence if found else (),
    )


def judge_deal(
    matter: Matter,
    customer: str,
    deal: Deal | None,
    explain: bool,
    supposed: Mapping[Need, Any] | None = None,
) -> Ruling:
    """Rule on one deal of a matter (None: who holds the customer), readings not contested.

    `supposed` are answers to questions of the policy that are taken as found.
    """
    case = case_of(matter, deal, explain=explain)
    case.supposed = supposed
    return judge_case(case, customer)


def judge_case(case: Case, customer: str) -> Ruling:
    """Rule on a case, with all that is said of it; a case is ruled on once."""
    program = case.program
    outcome, findings = try_rules(case)
    by_rule = None
    warnings: list[Sentence] = []
    stands = standing_of(case, outcome)
    if stands is not None:
        warnings += _departure(stands, outcome)
        if not outcome.final:
            if stands.referred_to is None:
                by_rule = ByRule(outcome.status, outcome.credit, outcome.clause)
            outcome, finding = _by_people(case, stands)
            findings.append(finding)
    scores = _scores(case)
    open_questions = _unanswered(case) if case.explain else ()
    sanctions = side_orders.sanctions(case)
    rates = side_orders.rates(case)
    warnings += side_orders.warnings(case, outcome, findings)
    policy = program.policy
    mended = case.history.marked and [
        e for e in case.entries if e.late or e.voided or e.struck or e.altered
    ]
    return Ruling(
        customer=customer,
        deal=_ruled_deal(case),
        as_of=case.as_of,
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
        scores=scores,
        sanctions=sanctions,
        rates=rates,
        needs=_needed(case),
        open_questions=open_questions,
        warnings=tuple(warnings),
        late=tuple([e.ref for e in mended if e.late]) if mended else (),
        void=tuple(
            [Refused(e.ref, e.flaw or "") for e in mended if e.voided or e.struck or e.altered]
        )
        if mended
        else (),
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


def _needed(case: Case) -> tuple[Needed, ...]:
    if not case.needs:
        return ()
    findings = case.program.findings
    return tuple(
        Needed(findings[need.finding].question, need.subject, findings[need.finding].supplier)
        for need in case.needs
    )


def _unanswered(case: Case) -> tuple[OpenQuestion, ...]:
    """What was asked so far and nobody has answered, in the order of the policy's questions."""
    if not case.unanswered:
        return ()
    order = {name: place for place, name in enumerate(case.program.findings)}
    found = []
    for need in sorted(case.unanswered, key=lambda one: order[one.finding]):
        question = case.program.findings[need.finding]
        found.append(
            OpenQuestion(
                need.finding,
                question.question,
                question.text,
                need.subject,
                question.supplier,
                question.clause,
            )
        )
    return tuple(found)


def _scores(case: Case) -> dict[str, Scored] | None:
    if case.program.card is None:
        return None
    return {
        person: Scored(_known(score.total), {row: _known(n) for row, n in score.rows.items()})
        for person, score in case.scores().items()
    }


def _known(value: Any) -> Any:
    return None if value is UNKNOWN else value


# --------------------------------------------------------------------- people's rulings


def standing_of(case: Case, outcome: Outcome) -> instances.Standing | None:
    """What people ruled on a case, where the rules give `outcome`; None if nothing stands."""
    if "ruling" not in case.kinds or not _rule_by_people(case):
        return None
    stands = instances.standing_ruling(case, ever=outcome.final)
    return None if stands is None or _too_low(case, stands, outcome) else stands


def _rule_by_people(case: Case) -> bool:
    """Whether people can rule on what is asked."""
    stage = "open" if case.deal is None else "deal"
    return stage in case.program.instances.stages and has_edition(case)


def has_edition(case: Case) -> bool:
    """Whether the policy speaks of a deal of that day at all; else nobody rules by it."""
    if case.anchor is None or case.program.always:
        return True
    return case.program.policy.in_force(case.history.calendar.day(case.anchor.at)) is not None


def _too_low(case: Case, stands: instances.Standing, outcome: Outcome) -> bool:
    """Whether the matter is one for the final instance, and another ruled."""
    unit = case.program.instances.by_unit
    return (
        unit is not None
        and outcome.status == "referred"
        and outcome.referred_to == unit.final
        and stands.instance != unit.final
    )


def _by_people(case: Case, stands: instances.Standing) -> tuple[Outcome, Finding]:
    """A ruling by people in the place of the rules', or what their disagreement leads to."""
    entry = stands.entry
    if stands.referred_to is not None:
        reason = Sentence(
            "{staff} and those who decide with him ruled differently ({event}): whose is it?",
            staff=Who(entry.by or ""),
            event=entry.ref,
        )
        finding = Finding(stands.clause, "refers", None, reason, evidence=(entry.ref,))
        return Outcome(
            "referred", (), None, stands.clause, reason, referred_to=stands.referred_to
        ), finding
    credit = credited(case, stands.award)
    reason = Sentence(
        "{staff} ruled ({instance}, {event}).",
        staff=Who(entry.by or ""),
        instance=Term(stands.instance),
        event=entry.ref,
    )
    finding = Finding(stands.clause, "awards", credit[0].party, reason, evidence=(entry.ref,))
    return Outcome("credited", credit, None, stands.clause, reason), finding


def _departure(stands: instances.Standing, by_rule: Outcome) -> list[Sentence]:
    """That people ruled otherwise than the rules, and whether they said why."""
    entry = stands.entry
    given = by_rule.shares
    # Where the rules name nobody there is nothing to depart from.
    if stands.referred_to is not None or not given or given == set(stands.award):
        return []
    said = [
        Sentence(
            "The ruling {event} by {staff} departs from the ruling by rule ({clause}).",
            event=entry.ref,
            staff=Who(entry.by or ""),
            clause=by_rule.clause,
        )
    ]
    if by_rule.final:
        said.append(
            Sentence(
                "{event}: what {clause} gives, no ruling takes away.",
                event=entry.ref,
                clause=by_rule.clause,
            )
        )
    if not entry.get("reason"):
        said.append(
            Sentence(
                "{event}: a ruling that departs from the rules needs a reason.", event=entry.ref
            )
        )
    return said


# -------------------------------------------------------------------- contested readings


class Gives(Protocol):
    """What any ruling gives, with or without words."""

    @property
    def status(self) -> str: ...
    @property
    def credit(self) -> tuple[Credit, ...]: ...
    @property
    def holder(self) -> str | None: ...


def contested(
    matter: Matter, customer: str, deal: Deal | None, ruling: Gives
) -> tuple[Contest, ...]:
    """The contested parameters that a ruling turns on; `matter` is that `in_force` of its day."""
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
            if _turned(ruling, other):
                turns.append(_alternative(value, other))
        if turns:
            contests.append(Contest(parameter.name, current, tuple(turns)))
    return tuple(contests)


def _otherwise(matter: Matter, customer: str, deal: Deal | None, name: str, value: Any) -> Decision:
    settings = {**matter.program.overrides, name: value}
    program = compiled(matter.program.policy, settings, _day_of(matter, deal))
    return decide_deal(matter._replace(program=program), customer, deal)


def _turned(ruling: Gives, other: Gives) -> bool:
    return (other.status, other.credit, other.holder) != (
        ruling.status,
        ruling.credit,
        ruling.holder,
    )


def _alternative(value: Any, other: Ruling | Decision) -> Alternative:
    return Alternative(value, other.status, other.credit, other.holder, other.decided_by)


# --------------------------------------------------------------- unanswered questions

MOST_NUMBERS = 100
"""Of a wider range of answers only the ends are tried."""


def _turning_answers(
    matter: Matter, customer: str, deal: Deal | None, ruling: Ruling
) -> tuple[OpenQuestion, ...]:
    """The open questions, each with the answers that would turn the ruling.

    Each is asked by itself: what two answers together would do is not tried.
    """
    found = []
    for question in ruling.open_questions:
        need = Need(question.finding, question.subject)
        turns = []
        for answer in _possible_answers(matter.program, question.finding):
            other = judge_deal(matter, customer, deal, False, {need: answer})
            if _turned(ruling, other):
                turns.append(_alternative(answer, other))
        found.append(question._replace(turns=tuple(turns)))
    return tuple(found)


def _possible_answers(program: Program, finding: str) -> Sequence[Any]:
    """What could be answered and is not already taken for granted without an answer."""
    question = program.findings[finding]
    ends = [program.values[name] for name in (question.minimum, question.maximum) if name]
    numbers = [int(end) for end in ends if end is not None]
    if len(numbers) == 2 and numbers[1] - numbers[0] <= MOST_NUMBERS:
        return range(numbers[0], numbers[1] + 1)
    if numbers:
        return numbers
    return (True,) if question.without == "no" else (True, False)
