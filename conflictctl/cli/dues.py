"""What is due of everybody, looked at by several processes; and whom they need not look at."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from conflictctl.cli.policy_choice import policy_to_rule_by
from conflictctl.cli.question import Question, rule_among
from conflictctl.cli.workers import in_order, opened_here, own_register
from conflictctl.errors import ConflictctlError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conflictctl.cases.procedure import Case
    from conflictctl.cli.case_files import CasePolicies
    from conflictctl.deadlines import Due
    from conflictctl.register.store import Dossier
    from conflictctl.register.watching import Plan
    from conflictctl.watch import Watch


def dues(
    question: Question,
    within: int,
    *,
    workers: int | None = None,
    now: bool = True,
    walk: bool = False,
) -> Iterator[Due]:
    """Everybody's deadlines that are past or at most `within` days ahead.

    Customers are looked at a page at a time, by several processes, which keep to the head that
    the question saw.  Of whom the register knows that nothing can have fallen due since, is left
    out; with `walk` nobody is.  What is found as of `now` the register is told.
    """
    from conflictctl.cli.case_files import CasePolicies, opened_cases
    from conflictctl.register.store import KnownAt

    moment = question.known_at.moment if question.known_at is not None else None
    watching = None if walk else _watching(question)
    question = question._replace(known_at=KnownAt(question.head.seq, moment))
    register, known_at = question.register, question.known_at
    opened_here(register)
    if watching is None or watching.plan.customers is None:
        pages = register.families(known_at)
    else:
        pages = register.families_of(watching.plan.customers, known_at)
    for page in in_order(partial(_of_page, question, within), pages, workers=workers):
        yield from page.due
        if watching is not None:
            watching.take_in(page.watches)
    if watching is not None and now:
        watching.note(question)
    policies = CasePolicies(register, known_at)
    for case in opened_cases(
        register, policies, as_of=question.as_of, known_at=known_at, personal=False
    ):
        yield from _of_case(case, question, policies, within)


class _Page(NamedTuple):
    """What is due of some groups of customers, and when each group is to be looked at again."""

    due: list[Due]
    watches: list[tuple[tuple[str, ...], Watch]]


def _of_page(question: Question, within: int, families: list[tuple[str, ...]]) -> _Page:
    """What is due of some whole groups of connected customers."""
    from conflictctl.cli.case_files import CasePolicies, cases_of_claims, steps_of_claims
    from conflictctl.deadlines import outlook
    from conflictctl.watch import Watch

    register, known_at = own_register(question.register), question.known_at
    question = question._replace(register=register)
    policies = CasePolicies(register, known_at)
    dossiers = list(register.dossiers_of(families, known_at))
    steps = steps_of_claims(register, dossiers, known_at)
    page = _Page([], [])
    for dossier in dossiers:
        found = outlook(
            dossier.events,
            dossier.members,
            policy=question.policy,
            people=question.people,
            calendar=question.calendar,
            as_of=question.as_of,
            settings=question.settings,
            within_days=within,
        )
        page.due.extend(found.rows)
        watch = found.watch
        for case in cases_of_claims(
            register,
            dossier,
            question.people,
            as_of=question.as_of,
            known_at=known_at,
            steps=steps,
        ):
            if _decided_by_rule(case, dossier, question):
                watch = min(watch, Watch.ALWAYS if _moves_on(question) else Watch.STAFF)
            else:
                watch = Watch.ALWAYS
                page.due.extend(_of_case(case, question, policies, within))
        page.watches.append((dossier.members, watch))
    return page


def _decided_by_rule(case: Case, dossier: Dossier, question: Question) -> bool:
    """Whether the policy says whose the claimed deal is, for good: then nobody need decide it.

    Once somebody handles the case, its deadlines hold all the same.
    """
    if case.deal is None or case.customer is None or case.handler is not None:
        return False
    ruling = rule_among(question, dossier.events, case.customer, case.deal, explain=False)
    return ruling.status == "credited" and ruling.provisional_until is None


def _moves_on(question: Question) -> bool:
    """Whether a ruling on a deal may change although nothing is recorded."""
    from conflictctl.policy.program import compiled

    # Of several editions, or values of a parameter, any may be that of the deal.
    policy = question.policy
    if len(policy.editions) > 1 or any(one.dated for one in policy.parameters.values()):
        return True
    return compiled(policy, question.settings).asks_for_now


def _watching(question: Question) -> _Watching | None:
    """What the register knows of whom to look at; None where it is not asked as of its end."""
    from conflictctl.adjudication.caseloads import asks_for_caseloads
    from conflictctl.register.watching import plan
    from conflictctl.watch import basis_of

    if question.known_at is not None or asks_for_caseloads(question.policy):
        return None
    day = question.calendar.day(question.as_of)
    basis = basis_of(question.policy, question.settings, day)
    head = question.head.seq
    return _Watching(basis, plan(question.register, basis, question.as_of, head), {})


class _Watching(NamedTuple):
    """What the register knew of whom to look at, and what was found of them."""

    basis: str
    plan: Plan
    found: dict[str, Watch]

    def take_in(self, watches: list[tuple[tuple[str, ...], Watch]]) -> None:
        """Keep what matters of a page: of everybody, most need not be looked at again."""
        from conflictctl.watch import Watch

        for members, watch in watches:
            if watch is not Watch.ENTRY or self.plan.customers is not None:
                self.found.update(dict.fromkeys(members, watch))

    def note(self, question: Question) -> None:
        """Have the register know, but for a list that goes by another policy than its own."""
        from conflictctl.register.watching import note

        if self.plan.customers is None and not _is_own(question):
            return
        note(
            question.register,
            self.plan,
            self.found,
            self.basis,
            question.as_of,
            question.head.seq,
        )


def _is_own(question: Question) -> bool:
    """Whether the question is asked by the register's own policy, as it stands."""
    try:
        own = policy_to_rule_by(question.register, None, None)
    except ConflictctlError:  # asked by another one, perhaps because this one is faulty
        return False
    return not question.settings and question.policy.digest == own.digest


def _of_case(case: Case, question: Question, policies: CasePolicies, within: int) -> Iterator[Due]:
    from conflictctl.cases.due import open_deadlines
    from conflictctl.deadlines import Due

    day, as_of = question.calendar.day, question.as_of
    policy, time = policies.of(case.category), policies.time(case.category)
    for one in open_deadlines(case, policy, time, as_of):
        last_day = day(one.due - 1)
        days = day(as_of) - last_day
        if days >= -within:
            yield Due(
                "case",
                case.customer,
                one.staff,
                case.outlet,
                None,
                case.told.at if case.told is not None else None,
                one.due,
                last_day,
                days,
                case=case.id,
                what=one.what,
                task=one.task,
                proposes=one.proposes if one.due <= as_of else None,
            )
