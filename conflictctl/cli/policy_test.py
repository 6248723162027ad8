"""`policy test`: the worked cases beside a policy, each ruled on and compared."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from conflictctl.cli.options import format_option, near_hint
from conflictctl.errors import WrongUsage
from conflictctl.render.language import say, tr
from conflictctl.wording import N_, Sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conflictctl.adjudication.worked_cases import Outcome, WorkedCase
    from conflictctl.policy.model import Policy

SUMMARY = N_(
    "Try a policy on its worked cases: small histories, each with the ruling it must give.\n\n"
    "The cases of NAME.toml stand beside it in NAME.cases.toml; another file may be named.  "
    "Every case that comes out otherwise is listed with what was expected and what the policy "
    "says; the command then ends with 1.\n\n"
    "  conflictctl policy test renault-zibo-2013"
)


def try_policy(
    policy: Annotated[str, typer.Argument(metavar="POLICY", help=N_("A policy's id or file."))],
    cases: Annotated[
        str | None,
        typer.Argument(
            metavar="CASES", help=N_("The file of cases; by default the one beside it.")
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--case", metavar="ID", help=N_("Only this case; may be given again.")),
    ] = None,
    form: Annotated[str, format_option("table", "json")] = "table",
) -> None:
    """Print the cases that fail and how many passed; exit with 1 if any fails."""
    from conflictctl.adjudication.worked_cases import load_cases, try_case
    from conflictctl.policy.model import load_policy

    chosen = load_policy(policy)
    worked = load_cases(policy, chosen, cases)
    outcomes = [try_case(case, chosen) for case in _chosen(worked, only or [])]
    if form == "json":
        from conflictctl.render.json_text import write_json

        write_json(_report(chosen, outcomes), sys.stdout, indent=True)
    else:
        _show(outcomes)
    if not all(outcome.passed for outcome in outcomes):
        raise typer.Exit(1)


def _chosen(cases: Sequence[WorkedCase], ids: Sequence[str]) -> Sequence[WorkedCase]:
    known = [case.id for case in cases]
    for identity in ids:
        if identity not in known:
            raise WrongUsage(
                Sentence("there is no case {id}", id=identity),
                near_hint(identity, known) or Sentence("the cases are {cases}", cases=known),
            )
    return [case for case in cases if not ids or case.id in ids]


def _show(outcomes: Sequence[Outcome]) -> None:
    from conflictctl.render.terminal import Column, print_table

    failed = [outcome for outcome in outcomes if not outcome.passed]
    if failed:
        headings = (tr("case"), tr("title"), tr("expected"), tr("given"), tr("reason"))
        print_table([Column(heading) for heading in headings], map(_row, failed))
    passed = len(outcomes) - len(failed)
    print(say(Sentence("{passed} passed, {failed} failed", passed=passed, failed=len(failed))))


def _row(outcome: Outcome) -> list[str]:
    case = outcome.case
    return [
        case.id,
        say(case.title),
        "; ".join(f"{d.key}: {d.expected}" for d in outcome.differences),
        "; ".join(f"{d.key}: {d.given}" for d in outcome.differences),
        _reason(outcome),
    ]


def _reason(outcome: Outcome) -> str:
    return say(outcome.reason, outcome.case.people, outcome.case.calendar)


def _report(policy: Policy, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    return {
        "policy": {"id": policy.id, "version": policy.version, "digest": policy.digest},
        "passed": sum(outcome.passed for outcome in outcomes),
        "failed": sum(not outcome.passed for outcome in outcomes),
        "cases": [
            {
                "id": outcome.case.id,
                "title": outcome.case.title._asdict(),
                "cites": outcome.case.cites,
                "passed": outcome.passed,
                "differences": [difference._asdict() for difference in outcome.differences],
                "reason": _reason(outcome),
            }
            for outcome in outcomes
        ],
    }
