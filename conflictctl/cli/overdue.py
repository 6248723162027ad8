"""What is overdue or about to end, for the morning list and for cron."""

from __future__ import annotations

import re
import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from conflictctl.cli.messages import (
    FULL,
    NOTIFY,
    ROUTES,
    Outcome,
    acting,
    notify,
    refuse_as_of,
    routes_file,
    warn_of_failures,
)
from conflictctl.cli.options import explained, format_option
from conflictctl.cli.policy_choice import policy_to_rule_by
from conflictctl.cli.question import POLICY, SETTINGS, Question, gather, rule_among
from conflictctl.cli.session import session_of
from conflictctl.cli.workers import in_order, opened_here, own_register
from conflictctl.errors import ConflictctlError, WrongUsage
from conflictctl.render.language import say
from conflictctl.wording import N_, Sentence, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conflictctl.cases.procedure import Case
    from conflictctl.cli.case_files import CasePolicies
    from conflictctl.deadlines import Due
    from conflictctl.register.store import Dossier
    from conflictctl.register.watching import Plan
    from conflictctl.watch import Watch


def _days(value: str | int) -> int:
    """`1d`, `24h`, `3`: whole days, hours rounded up."""
    match = re.fullmatch(r"([0-9]{1,4})(d|h|)", str(value).strip().lower())
    if match is None:
        raise WrongUsage(
            Sentence("{option}: {value} is no length of time", option="--within", value=str(value)),
            Sentence("write it as 1d, 24h or 3 (days)"),
        )
    amount = int(match[1])
    return -(-amount // 24) if match[2] == "h" else amount


WITHIN = typer.Option(
    "--within",
    metavar="1d|24h|DAYS",
    parser=_days,
    help=N_("Also what falls due within this time; default one day."),
)


@explained(
    N_(
        "List what is overdue or about to end.\n\n"
        "Follow-ups by consultant, the longest overdue first; claim windows and filings about to "
        "end; deadlines of cases.  Lost customers are left out.\n\n"
        "For cron:\n\n"
        "  conflictctl overdue --within 1d --quiet-if-empty\n"
        "  conflictctl overdue --format json --exit-code\n"
        "  conflictctl overdue --notify-routes routes.toml --as bai\n\n"
        "Messages are sent once a day to each address and recorded; customers in them are masked."
    )
)
def overdue(
    ctx: typer.Context,
    within: Annotated[int, WITHIN] = 1,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of", metavar="TIME", help=N_("As the list was, or will be, then; default now.")
        ),
    ] = None,
    policy: Annotated[str | None, POLICY] = None,
    settings: Annotated[list[str] | None, SETTINGS] = None,
    walk: Annotated[
        bool,
        typer.Option(
            "--walk",
            help=N_("Look at every customer, also where nothing can have fallen due since."),
        ),
    ] = False,
    quiet_if_empty: Annotated[
        bool, typer.Option("--quiet-if-empty", help=N_("Print nothing at all if nothing is due."))
    ] = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help=N_("End with 1 if anything is due."))
    ] = False,
    urls: Annotated[list[str] | None, NOTIFY] = None,
    notify_routes: Annotated[str | None, ROUTES] = None,
    full: Annotated[bool, FULL] = False,
    form: Annotated[str, format_option("table", "json", "csv")] = "table",
) -> None:
    """Gather the deadlines, sort, show, send."""
    session = session_of(ctx)
    refuse_as_of(as_of, urls or [], notify_routes)
    question = gather(session, as_of, None, policy, settings or [])
    # Whoever is told today hears of it by name of the one who answers for the sending.
    actor = acting(session, question) if urls or notify_routes else None
    found = list(dues(question, within, now=as_of is None, walk=walk))
    if found or not quiet_if_empty:
        show(question, found, within, form)
    if actor is not None:
        outcome = notify(
            session,
            question,
            found,
            actor,
            urls=urls or [],
            routes=routes_file(session, notify_routes) if notify_routes else None,
            full=full,
        )
        if outcome != Outcome(0, 0, []):
            print(say(Sentence("messages: {told}", told=outcome.told)), file=sys.stderr)
        warn_of_failures(outcome, question)
        session.people = question.people
        failure = outcome.failure()
        if failure is not None:
            raise failure
    if found and exit_code:
        raise typer.Exit(1)


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


def show(question: Question, found: list[Due], within: int, form: str) -> None:
    """Print the list."""
    from conflictctl.render import overdue_table as views

    calendar = question.calendar
    if form == "json":
        from conflictctl.render.json_text import write_json_list

        rows = (views.due_json(due, calendar=calendar, head=question.head) for due in found)
        write_json_list(rows, sys.stdout)
    elif form == "csv":
        views.write_due_csv(found, sys.stdout, calendar=calendar)
    elif not found:
        print(say(Sentence("nothing is overdue or due within {span}", span=Span(within, "d"))))
    else:
        from conflictctl.register.chain import receipt_text
        from conflictctl.render.terminal import console

        head = question.head
        views.overdue_table(
            found,
            names=question.register.names(
                due.customer for due in found if due.customer is not None
            ),
            people=question.people,
            calendar=calendar,
            console=console(),
            as_of=question.as_of,
            upto=(head.seq, receipt_text(head.hash)),
        )
