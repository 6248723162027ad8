"""Policies: which there are, what one says, which one the register goes by."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from conflictctl.cli import policy_author, policy_backtest, policy_clashes, policy_diff, policy_test
from conflictctl.cli.options import Command, format_option, new_group
from conflictctl.cli.policy_choice import policy_in_use, policy_to_rule_by, to_keep
from conflictctl.cli.session import Session, session_of
from conflictctl.errors import WrongUsage
from conflictctl.render.language import say, tr
from conflictctl.wording import N_

if TYPE_CHECKING:
    from conflictctl.policy.model import Parameter, Policy, Rule

app = new_group(N_("List, show and choose policies."))


@app.command("list", cls=Command, help=N_("List the policies that come with the program."))
def list_policies(
    ctx: typer.Context,
    form: Annotated[str, format_option("table", "json")] = "table",
) -> None:
    """Print every preset, and which one rulings go by."""
    from conflictctl.policy.model import load_policy, preset_ids

    known = preset_ids()
    policies = [load_policy(identity) for identity in known]
    try:
        in_use = _in_use(session_of(ctx))
    except WrongUsage:
        in_use = ""
    if in_use and in_use not in known:  # one of the company's own
        policies.append(_chosen(session_of(ctx), None))
    if form == "json":
        from conflictctl.render.json_text import write_json

        write_json(
            [{**_head(policy), "in_use": policy.id == in_use} for policy in policies],
            sys.stdout,
            indent=True,
        )
        return
    from conflictctl.render.terminal import Column, print_table

    print_table(
        [Column(tr("policy")), Column(tr("edition")), Column(tr("full title")), Column("")],
        [
            [
                policy.id,
                policy.version,
                say(policy.title),
                tr("in use") if policy.id == in_use else "",
            ]
            for policy in policies
        ],
    )


@app.command(
    "show",
    cls=Command,
    help=N_("Show a policy in words: who decides, every parameter, and every rule in order."),
)
def show(
    ctx: typer.Context,
    policy: Annotated[
        str | None,
        typer.Argument(metavar="ID", help=N_("A policy's id or file; the one in use if left out.")),
    ] = None,
    form: Annotated[str, format_option("table", "json", "toml")] = "table",
    code: Annotated[
        bool, typer.Option("--code", help=N_("Show each condition as it is written, too."))
    ] = False,
) -> None:
    """Print one policy: in words for people, for programs, or the file itself."""
    chosen = _chosen(session_of(ctx), policy)
    if form == "toml":
        sys.stdout.write(chosen.text)
    elif form == "json":
        from conflictctl.render.json_text import write_json

        write_json(
            {
                **_head(chosen),
                "parameters": [_parameter(p) for p in chosen.parameters.values()],
                "rules": [_rule(chosen, rule) for rule in chosen.rules],
            },
            sys.stdout,
            indent=True,
        )
    else:
        _show(chosen, code=code)


@app.command(
    "use",
    cls=Command,
    help=N_("Make a policy the register's default.  It takes management; the choice is recorded."),
)
def use(
    ctx: typer.Context,
    policy: Annotated[
        str,
        typer.Argument(metavar="ID", help=N_("A policy's id, or its file: the register keeps it.")),
    ],
) -> None:
    """Record the setting `policy`."""
    from conflictctl.cli.record import record, show_receipt

    kept = to_keep(policy)
    session = session_of(ctx)
    receipt = record(session, {"kind": "setting", "name": "policy", "value": kept})
    show_receipt(receipt, session.open())


app.command("check", cls=Command, help=policy_author.CHECK)(policy_author.check_policy)
app.command("new", cls=Command, help=policy_author.NEW)(policy_author.new_policy)
app.command("schema", cls=Command, help=policy_author.SCHEMA)(policy_author.print_schema)
app.command("backtest", cls=Command, help=policy_backtest.SUMMARY)(policy_backtest.backtest)
app.command("clashes", cls=Command, help=policy_clashes.SUMMARY)(policy_clashes.clashes)
app.command("diff", cls=Command, help=policy_diff.SUMMARY)(policy_diff.diff)
app.command("test", cls=Command, help=policy_test.SUMMARY)(policy_test.try_policy)


# ------------------------------------------------------------------------- showing


def _in_use(session: Session) -> str:
    return policy_in_use(None if session.missing() else session.open(), None).value


def _chosen(session: Session, named: str | None) -> Policy:
    return policy_to_rule_by(None if session.missing() else session.open(), named)


def _head(policy: Policy) -> dict[str, object]:
    return {
        "id": policy.id,
        "version": policy.version,
        "digest": policy.digest,
        "title": policy.title._asdict(),
        "source": policy.source,
        "applies_from": policy.applies_from and policy.applies_from.isoformat(),
        "applies_to": policy.applies_to and policy.applies_to.isoformat(),
    }


def _parameter(parameter: Parameter) -> dict[str, object]:
    return {
        "name": parameter.name,
        "type": parameter.type,
        "default": parameter.default,
        "values": list(parameter.values),
        "minimum": parameter.minimum,
        "maximum": parameter.maximum,
        "unit": parameter.unit,
        "optional": parameter.optional,
        "clause": parameter.clause,
        "contested": parameter.contested,
        "text": parameter.text._asdict(),
    }


def _rule(policy: Policy, rule: Rule) -> dict[str, object]:
    title = policy.clause_title(rule.clause)
    return {
        "clause": rule.clause,
        "title": title._asdict() if title is not None else None,
        "stage": rule.stage,
        "if": rule.guard,
        "when": rule.when,
        "then": dict(rule.then),
        "why": rule.why._asdict(),
    }


def _show(policy: Policy, *, code: bool) -> None:
    from conflictctl.render.policy_sheet import policy_sheet
    from conflictctl.render.terminal import is_terminal, width

    for line in policy_sheet(policy, width=width(), fold=is_terminal(), code=code):
        print(line)
