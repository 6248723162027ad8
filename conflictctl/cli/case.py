"""`case …`: conflict cases opened, taken step by step to their end, shown and listed."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperOption

from conflictctl.cli.asking import AskingCommand
from conflictctl.cli.case_files import CasePolicies, all_cases, case_in, load_case
from conflictctl.cli.options import (
    Command,
    Group,
    command,
    explained,
    format_option,
    group_of,
    makes_command,
)
from conflictctl.cli.question import AS_OF
from conflictctl.cli.record import Line
from conflictctl.cli.session import Session, session_of
from conflictctl.cli.write import kind_command, sent_before
from conflictctl.errors import InputRejected, WrongUsage
from conflictctl.events import CASE_CATEGORIES, KINDS
from conflictctl.render.language import say, term, tr
from conflictctl.wording import N_, Sentence

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from conflictctl.calendar import Calendar, Moment
    from conflictctl.cases.due import Deadline
    from conflictctl.cases.procedure import Case
    from conflictctl.register.store import Receipt, Register, Writer

STEPS: dict[str, tuple[str, str]] = {
    "accept": (
        "case_accepted",
        N_(
            "Accept a case: name who handles it.\n\n"
            "The handler is no party. Accepting it again with another handler hands it over.\n\n"
            "  conflictctl case accept C-2026-0017 --handler sun --severity 3"
        ),
    ),
    "reject": ("case_rejected", N_("Reject a case before it is accepted, with the reason.")),
    "contact": (
        "case_contact",
        N_(
            "Record that somebody spoke with a party.\n\n"
            '  conflictctl case contact C-2026-0017 --channel phone --person "Mr Li" \\\n'
            '      --said "wants his money back"'
        ),
    ),
    "respond": (
        "case_response",
        N_(
            "Record that the customer got an answer.\n\n"
            "The first answer stops the clock of the first response."
        ),
    ),
    "update": ("case_update", N_("Record that the customer was told how things stand.")),
    "require": (
        "case_requirement",
        N_(
            "Fix what was agreed that the customer gets.\n\n"
            "For customers with unclear or ever-changing wishes: --confirmed once he has agreed."
        ),
    ),
    "change": (
        "case_change",
        N_("Record a change of the agreed requirement, with its impact and cost."),
    ),
    "find": (
        "case_finding",
        N_(
            "Record what the investigation found.\n\n"
            '  conflictctl case find C-2026-0017 --facts "the part was not ordered" \\\n'
            "      --cause promise_not_kept --evidence '#812' --file order.pdf"
        ),
    ),
    "propose": (
        "case_proposal",
        N_(
            "Put a way out forward; several proposals are several options.\n\n"
            '  conflictctl case propose C-2026-0017 --text "replace it" --pros … --cons …'
        ),
    ),
    "reply": (
        "case_reply",
        N_(
            "Record what a party says to a proposal.\n\n"
            "  conflictctl case reply C-2026-0017 --party customer --reply accept"
        ),
    ),
    "resolve": (
        "case_resolution",
        N_(
            "Record the resolution in writing.\n\n"
            "A ruling needs a try at reconciliation before: a proposal on record. What is owed "
            "stands in tasks: `case task`.\n\n"
            '  conflictctl case resolve C-2026-0017 --how settled --text "replaced for free"'
        ),
    ),
    "task": (
        "case_task",
        N_(
            "Record who owes what by when.\n\n"
            "  conflictctl case task C-2026-0017 --owner sun --due 2026-03-31 \\\n"
            '      --text "order the part"'
        ),
    ),
    "done": ("case_task_done", N_("Record that a task is done.")),
    "survey": (
        "case_survey",
        N_(
            "Record how satisfied the customer is.\n\n"
            "Who is not satisfied is asked again after a week, until he is or --ended says why "
            "nobody asks any more.\n\n"
            "  conflictctl case survey C-2026-0017 --score 4\n"
            "  conflictctl case survey C-2026-0017 --not-reached"
        ),
    ),
    "lesson": ("case_lesson", N_("Record what was learned, and who sees to it.")),
    "learned": ("case_lesson_done", N_("Record that a lesson was put to use.")),
    "obstruct": (
        "case_obstruction",
        N_(
            "Record that a party hinders or delays the procedure.\n\n"
            "`log-sanction --case` records what follows from it."
        ),
    ),
    "escalate": (
        "case_escalated",
        N_("Take a case to a higher level of the ladder, with the reason."),
    ),
    "reopen": ("case_reopened", N_("Take a case up again that was resolved or closed.")),
    "withdraw": ("case_withdrawn", N_("Record that the case is withdrawn by who brought it.")),
    "close": (
        "case_closed",
        N_(
            "Close a case: nothing is owed any more, and the customer was asked how satisfied "
            "he is.\n\n"
            "  conflictctl case close C-2026-0017\n"
            '  conflictctl case close C-2026-0017 --survey-waived "moved abroad"'
        ),
    ),
}
"""The commands that take a case one step on: the kind each records, and its help."""


@makes_command
def group(name: str) -> Group:
    """The group `case`."""
    from conflictctl.cli.case_advise import advise
    from conflictctl.cli.case_policy import group as policies

    policy = typer.main.get_command(policies)
    policy.name = "policy"
    return group_of(
        name,
        N_(
            "Conflict cases: complaints of customers, conflicts between staff, claims to deals.\n\n"
            '  conflictctl case open K7 --channel phone --demand "my money back"\n'
            "  conflictctl case list\n"
            "  conflictctl case show C-2026-0017"
        ),
        [
            opening("open"),
            *(_step(name, kind, help) for name, (kind, help) in STEPS.items()),
            command("show", show, N_("Show a case: its state, deadlines, and every step.")),
            command("list", list_cases, N_("List the cases that are not finished.")),
            command("advise", advise, N_("Show how to approach a kind of customer or cause.")),
            policy,
        ],
    )


def opening(name: str) -> Command:
    """`case open [CUSTOMER]`."""
    return kind_command(
        name,
        KINDS["case_opened"],
        N_(
            "Open a case.\n\n"
            "A complaint is a customer's and came by some channel; an internal conflict has "
            "parties. A claim to a deal opens its case of itself: `log-claim`.\n\n"
            '  conflictctl case open K7 --channel phone --demand "my money back" --severity 3\n'
            "  conflictctl case open --category internal --party li --party wang \\\n"
            '      --demand "both were promised the same bay"'
        ),
        optional=("case", "category"),
        shape=_of_customer,
        complete=_numbered,
        more=[
            TyperOption(
                param_decls=["named_customer", "--customer"],
                metavar="CUSTOMER",
                help=N_("The customer, if not named first."),
            )
        ],
        command=AskingCommand,
        after=_show_case,
    )


def _step(name: str, kind: str, help: str) -> Command:
    optional = tuple(field for of, field in _SUPPLIED if of == kind)
    return kind_command(
        name,
        KINDS[kind],
        help,
        subject="case",
        optional=optional,
        complete=_supplied if optional else None,
        command=AskingCommand,
        after=_show_case,
    )


def _of_customer(line: Line) -> Line:
    """The customer stands first or after `--customer`; both may name the same one."""
    named = line.pop("named_customer", None)
    if named is not None and line.setdefault("customer", named) != named:
        raise WrongUsage(Sentence("name one customer"))
    return line


# ------------------------------------------------------------- what the register supplies


def _numbered(writer: Writer, line: Line, calendar: Calendar) -> Line:
    """The category that follows from whether there is a customer, and the next number."""
    if sent_before(writer, line):
        event = writer.target(line["id"])
        known = event.fields if event is not None else {}
        return {**{k: known[k] for k in ("case", "category") if k in known}, **line}
    line = {"category": CASE_CATEGORIES["customer" not in line], **line}
    if "case" not in line:
        year = calendar.local(writer.now).year
        line["case"] = writer.next_case(f"C-{year}-")
    return line


_SUPPLIED = {
    ("case_proposal", "proposal"): "P",
    ("case_task", "task"): "T",
    ("case_lesson", "lesson"): "L",
    ("case_reply", "proposal"): None,
    ("case_task_done", "task"): None,
    ("case_lesson_done", "lesson"): None,
    ("case_escalated", "to"): None,
}
"""Names that need not be given: a new one from its letter, or the one that can be meant."""


def _supplied(writer: Writer, line: Line, calendar: Calendar) -> Line:
    """Fill in the name that was left out; where none can be meant the step says so itself."""
    if sent_before(writer, line):
        event = writer.target(line["id"])
        return {**(event.fields if event is not None else {}), **line}
    field = next(name for kind, name in _SUPPLIED if kind == line["kind"])
    if field in line:
        return line
    policies = CasePolicies(writer.register)
    case = case_in(writer, line["case"], policies, calendar)
    letter = _SUPPLIED[line["kind"], field]
    if letter is not None:
        named: dict[str, Mapping[str, object]] = {
            "P": case.proposals,
            "T": case.tasks,
            "L": case.lessons,
        }
        taken = named[letter]
        number = len(taken) + 1
        while f"{letter}{number}" in taken:
            number += 1
        return {**line, field: f"{letter}{number}"}
    return {**line, field: _meant(case, line["kind"], policies)}


def _meant(case: Case, kind: str, policies: CasePolicies) -> str:
    """What a step is about that names nothing: the latest proposal, the only open task …"""
    if kind == "case_escalated":
        levels = policies.levels(case.category)
        if levels is None:
            raise InputRejected(
                Sentence("{case} follows from a claim to a deal", case=case.id),
                Sentence("`conflictctl appeal RULING --to INSTANCE` takes it higher"),
            )
        place = levels.index(case.level) + 1 if case.level in levels else 0
        return levels[min(place, len(levels) - 1)]
    if kind == "case_reply":
        return next(reversed(case.proposals), "P1")
    known = case.tasks if kind == "case_task_done" else case.lessons
    still = [name for name, one in known.items() if one.done is None]
    if len(still) > 1:
        option = "--task" if kind == "case_task_done" else "--lesson"
        raise InputRejected(
            Sentence("{case}: which of {names}?", case=case.id, names=tuple(still)),
            Sentence("{option} names it", option=option),
        )
    return still[0] if still else ("T1" if kind == "case_task_done" else "L1")


def _show_case(session: Session, receipt: Receipt, form: str) -> None:
    """Where the case stands now, for who entered the step."""
    from conflictctl.cases.procedure import next_step

    register = session.open()
    identity = receipt.event.fields["case"]
    policies = CasePolicies(register)
    now = session.clock()
    case = load_case(register, identity, policies, as_of=now)
    if form != "text":
        return
    print(say(Sentence("case {case}: {state}", case=case.id, state=term(case.state))))
    due = next(iter(_open_deadlines(case, policies, now)), None)
    if due is not None:
        from conflictctl.render.case_sheet import deadline_line

        print(deadline_line(due, register.calendar), file=sys.stderr)
    print(say(next_step(case)), file=sys.stderr)


def _open_deadlines(case: Case, policies: CasePolicies, as_of: Moment) -> list[Deadline]:
    from conflictctl.cases.due import open_deadlines

    policy = policies.of(case.category)
    return list(open_deadlines(case, policy, policies.time(case.category), as_of))


# ------------------------------------------------------------------------------- showing


@explained(
    N_(
        "Show a case: its state, deadlines, and every step.\n\n"
        "The case of a claim is named A- and the claim's reference.\n\n"
        "  conflictctl case show C-2026-0017\n"
        "  conflictctl case show 'A-#812' --format json"
    )
)
def show(
    ctx: typer.Context,
    identity: Annotated[str, typer.Argument(metavar="CASE", help=N_("The case."))],
    as_of: Annotated[str | None, AS_OF] = None,
    form: Annotated[str, format_option("table", "json")] = "table",
) -> None:
    """Load the case, work out its deadlines, show."""
    from conflictctl.cases.due import deadlines
    from conflictctl.cli.record import moment_at

    session = session_of(ctx)
    register = session.open()
    calendar = register.calendar
    now = (
        session.clock() if as_of is None else moment_at(as_of, session, calendar, allow_future=True)
    )
    policies = CasePolicies(register)
    case = load_case(register, identity, policies, as_of=now)
    policy = policies.of(case.category)
    due = deadlines(case, policy, policies.time(case.category), now)
    head = register.head()
    if form == "json":
        from conflictctl.render.case_json import case_json
        from conflictctl.render.json_text import write_json

        write_json(
            case_json(case, due, calendar=calendar, people=case.people, head=head),
            sys.stdout,
            indent=True,
        )
        return
    from conflictctl.render.case_sheet import case_sheet

    names = register.names({case.customer} if case.customer is not None else ())
    case_sheet(
        case,
        due,
        policy=policy,
        calendar=calendar,
        people=case.people,
        names=names,
        as_of=now,
        head=head,
    )


@explained(
    N_(
        "List the cases that are not finished.\n\n"
        "  conflictctl case list --handler sun\n"
        "  conflictctl case list --all --category complaint --format json"
    )
)
def list_cases(
    ctx: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help=N_("Finished cases as well."))] = False,
    state: Annotated[
        str | None, typer.Option("--state", metavar="STATE", help=N_("Only those in this state."))
    ] = None,
    category: Annotated[
        str | None,
        typer.Option(
            "--category",
            metavar="complaint|internal|attribution",
            help=N_("Only those of this category."),
        ),
    ] = None,
    handler: Annotated[
        str | None,
        typer.Option("--handler", metavar="STAFF", help=N_("Only those somebody handles.")),
    ] = None,
    customer: Annotated[
        str | None,
        typer.Option("--customer", metavar="CUSTOMER", help=N_("Only those of one customer.")),
    ] = None,
    outlet: Annotated[
        str | None, typer.Option("--outlet", metavar="OUTLET", help=N_("Only those of an outlet."))
    ] = None,
    as_of: Annotated[str | None, AS_OF] = None,
    form: Annotated[str, format_option("table", "json", "csv")] = "table",
) -> None:
    """Stream the cases, pick, show."""
    from conflictctl.cases.procedure import FINISHED, STATES
    from conflictctl.cli.options import one_of
    from conflictctl.cli.record import moment_at

    if state is not None:
        one_of("--state", *STATES)(state)
    if category is not None:
        one_of("--category", *CASE_CATEGORIES, "attribution")(category)
    session = session_of(ctx)
    register = session.open()
    now = (
        session.clock()
        if as_of is None
        else moment_at(as_of, session, register.calendar, allow_future=True)
    )
    policies = CasePolicies(register)
    found = (
        case
        for case in all_cases(register, policies, as_of=now, personal=False)
        if (everything or state is not None or case.state not in FINISHED)
        and state in (None, case.state)
        and category in (None, case.category)
        and handler in (None, case.handler)
        and customer in (None, case.customer)
        and outlet in (None, case.outlet)
    )
    _print_cases(found, partial(_next_due, policies, now), register, policies, form)


def _next_due(policies: CasePolicies, now: Moment, case: Case) -> Deadline | None:
    return next(iter(_open_deadlines(case, policies, now)), None)


def _print_cases(
    found: Iterator[Case], next_due: Any, register: Register, policies: CasePolicies, form: str
) -> None:
    from conflictctl.render import case_json as values
    from conflictctl.render.case_sheet import list_columns, list_row

    calendar = register.calendar
    if form == "json":
        from conflictctl.render.json_text import write_json

        write_json(
            [values.case_values(case, next_due(case), calendar) for case in found],
            sys.stdout,
            indent=True,
        )
    elif form == "csv":
        values.write_cases_csv(((case, next_due(case)) for case in found), sys.stdout, calendar)
    else:
        from conflictctl.render.terminal import print_table

        people = register.people()
        cases = list(found)
        names = register.names(case.customer for case in cases if case.customer is not None)
        count = print_table(
            list_columns(),
            (
                list_row(case, next_due(case), calendar, people, names, policies.of(case.category))
                for case in cases
            ),
        )
        if not count:
            print(tr("no case"), file=sys.stderr)
