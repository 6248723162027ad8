"""`case policy …`: which case policies there are, what one says, which ones the register goes by.

A register keeps a policy of the company's own with its whole text, as it does the policies that
say whose a deal is.
"""

from __future__ import annotations

import sys
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, Any

import typer

from conflictctl.cli.options import Command, format_option, new_group
from conflictctl.cli.session import Session, session_of
from conflictctl.errors import InputRejected, WrongUsage
from conflictctl.render.language import list_joined, say, tr
from conflictctl.wording import N_, Sentence

if TYPE_CHECKING:
    from conflictctl.cases.policy import CasePolicy
    from conflictctl.register.store import KnownAt, Receipt, Register

FIRST_POLICIES = {
    "complaint": "customer-conflict",
    "internal": "internal-dispute",
    "attribution": "internal-dispute",
}
"""What a register goes by where nobody has chosen, by category."""

SETTING = "case_policy."

group = new_group(
    N_("List, show and choose case policies: deadlines, working hours, ladder, causes.")
)


def case_policy_for(
    register: Register | None, category: str, known_at: KnownAt | None = None
) -> CasePolicy:
    """The policy that cases of a category go by.

    Raises FaultyPolicy where what the register keeps cannot be used, WrongUsage for a preset
    that this program does not have.
    """
    from conflictctl.cases.policy import case_policy_of_text, load_case_policy, preset_ids

    settings = register.settings(known_at) if register is not None else {}
    kept = settings.get(SETTING + category)
    if kept is None and category == "attribution":
        # A company that has rules of its own for conflicts within it has them for claims, too,
        # if they say so.
        other = settings.get(SETTING + "internal")
        if (
            other is not None
            and category in case_policy_for(register, "internal", known_at).categories
        ):
            kept = other
    if isinstance(kept, dict):
        file = kept["file"]
        return case_policy_of_text(file["text"], file["name"], trusted=True)
    if kept is not None and kept not in preset_ids():
        raise WrongUsage(
            Sentence("no case policy {id}", id=str(kept)),
            Sentence("`conflictctl case policy use` chooses another"),
        )
    return load_case_policy(kept if kept is not None else FIRST_POLICIES[category])


@group.command("list", cls=Command, help=N_("List the case policies that come with the program."))
def list_policies(
    ctx: typer.Context,
    form: Annotated[str, format_option("table", "json")] = "table",
) -> None:
    """Print every preset, and for which cases each is in use."""
    from conflictctl.cases.policy import load_case_policy, preset_ids
    from conflictctl.render.case_policy_sheet import CATEGORIES, categories_text

    used = _in_use(session_of(ctx))
    policies = {policy.digest: policy for policy in map(load_case_policy, preset_ids())}
    policies.update((policy.digest, policy) for policy in used.values())
    in_use = {
        digest: [category for category, policy in used.items() if policy.digest == digest]
        for digest in policies
    }
    if form == "json":
        from conflictctl.render.json_text import write_json

        write_json(
            [
                {
                    "id": policy.id,
                    "version": policy.version,
                    "digest": digest,
                    "title": policy.title._asdict(),
                    "categories": sorted(policy.categories),
                    "in_use": in_use[digest],
                }
                for digest, policy in policies.items()
            ],
            sys.stdout,
            indent=True,
        )
        return
    from conflictctl.render.terminal import Column, print_table

    print_table(
        [
            Column(tr("policy")),
            Column(tr("edition")),
            Column(tr("full title")),
            Column(tr("for")),
            Column(tr("in use for")),
        ],
        [
            [
                policy.id,
                policy.version,
                say(policy.title),
                categories_text(policy),
                list_joined([tr(CATEGORIES[category]) for category in in_use[digest]]),
            ]
            for digest, policy in policies.items()
        ],
    )


@group.command(
    "show",
    cls=Command,
    help=N_(
        "Show a case policy in words: hours, deadlines by severity, ladder, causes.\n\n"
        "As TOML it is where a policy of one's own begins.\n\n"
        "  conflictctl case policy show customer-conflict\n"
        "  conflictctl case policy show customer-conflict --format toml > ours.toml"
    ),
)
def show(
    ctx: typer.Context,
    policy: Annotated[
        str | None,
        typer.Argument(
            metavar="ID|FILE", help=N_("A policy's id or file; those in use if left out.")
        ),
    ] = None,
    form: Annotated[str, format_option("table", "json", "toml")] = "table",
) -> None:
    """Print one policy, or those in use: in words for people, for programs, or the file."""
    from conflictctl.cases.policy import load_case_policy
    from conflictctl.render.case_policy_sheet import policy_data, print_sheet

    session = session_of(ctx)
    if policy is None:
        used = _in_use(session).values()
        shown = list({one.digest: one for one in used}.values())
    else:
        shown = [_kept_as(session, policy) or load_case_policy(policy)]
    if form == "toml":
        if len(shown) > 1:
            raise WrongUsage(
                Sentence("which of {names}?", names=[one.id for one in shown]),
                Sentence("name one: a file holds one policy"),
            )
        sys.stdout.write(shown[0].text)
    elif form == "json":
        from conflictctl.render.json_text import write_json

        data = [policy_data(one) for one in shown]
        write_json(data[0] if policy is not None else data, sys.stdout, indent=True)
    else:
        from conflictctl.render.terminal import is_terminal, width

        for number, one in enumerate(shown):
            if number:
                print()
            print_sheet(one, width=width(), fold=is_terminal())


@group.command(
    "check",
    cls=Command,
    help=N_(
        "Find everything that is wrong in a case policy file.\n\n"
        "Every fault is shown with its place, the line, and what to write instead.  The command "
        "ends with 3 if there is one.\n\n"
        "  conflictctl case policy check ours.toml"
    ),
)
def check(
    policy: Annotated[str, typer.Argument(metavar="ID|FILE", help=N_("A policy's id or file."))],
    form: Annotated[str, format_option("table", "json")] = "table",
) -> None:
    """Print the faults of a file; exit with 3 if there are any."""
    from conflictctl.cases.policy import case_policy_of_text, case_policy_text
    from conflictctl.policy.problems import FaultyPolicy, Problem

    text = case_policy_text(policy)
    problems: tuple[Problem, ...] = ()
    try:
        case_policy_of_text(text, policy)
    except FaultyPolicy as error:
        problems = error.problems
    if form == "json":
        from conflictctl.render.json_text import write_json
        from conflictctl.render.problem_lines import problem_data

        report = {
            "file": policy,
            "errors": len(problems),
            "problems": [problem_data(problem) for problem in problems],
        }
        write_json(report, sys.stdout, indent=True)
    else:
        _show_problems(problems, text, policy)
    if problems:
        raise typer.Exit(InputRejected.exit_code)


@group.command(
    "use",
    cls=Command,
    help=N_(
        "Let the cases that a policy is for go by it.  It takes management; the choice is recorded."
    ),
)
def use(
    ctx: typer.Context,
    policy: Annotated[
        str,
        typer.Argument(
            metavar="ID|FILE", help=N_("A policy's id, or its file: the register keeps it.")
        ),
    ],
) -> None:
    """Record a setting for each category that the policy covers, all or none."""
    from conflictctl.cases.policy import load_case_policy, preset_ids
    from conflictctl.cli.record import show_receipt

    chosen = load_case_policy(policy)
    kept: str | dict[str, Any] = policy
    if policy not in preset_ids():
        kept = {
            "id": chosen.id,
            "version": chosen.version,
            "digest": chosen.digest,
            "file": {"name": PurePath(policy).name, "text": chosen.text},
        }
    session = session_of(ctx)
    lines = [
        {"kind": "setting", "name": SETTING + category, "value": kept}
        for category in FIRST_POLICIES
        if category in chosen.categories
    ]
    for receipt in _record_all(session, lines):
        show_receipt(receipt, session.open())


# -------------------------------------------------------------------------------- parts


def _in_use(session: Session) -> dict[str, CasePolicy]:
    """The policy in use for each category."""
    register = None if session.missing() else session.open()
    return {category: case_policy_for(register, category) for category in FIRST_POLICIES}


def _kept_as(session: Session, named: str) -> CasePolicy | None:
    """A policy of the company's own that the register keeps, by its id."""
    from pathlib import Path

    from conflictctl.cases.policy import preset_ids

    if named in preset_ids() or session.missing() or Path(named).is_file():
        return None
    return next((one for one in _in_use(session).values() if one.id == named), None)


def _record_all(session: Session, lines: list[dict[str, Any]]) -> list[Receipt]:
    """Record several entries in the actor's name in one transaction."""
    from conflictctl.cli.record import enter
    from conflictctl.events import read_line

    drafts = [read_line(line) for line in lines]
    register = session.open()
    with register.writing(session.clock) as writer:
        session.people = writer.people
        actor = session.actor(writer.people, "setting")
        return [
            enter(writer, draft, actor, register.calendar, allow_duplicates=True)
            for draft in drafts
        ]


def _show_problems(problems: tuple[Any, ...], text: str, name: str) -> None:
    from conflictctl.policy.source import Source
    from conflictctl.render.problem_lines import problem_lines

    source = Source(text, name)
    for problem in problems:
        for shown in problem_lines(problem, source.excerpt(problem.line)):
            print(shown)
        print()
    if problems:
        print(say(Sentence("faults: {number}", number=len(problems))))
    else:
        print(tr("no faults"))
