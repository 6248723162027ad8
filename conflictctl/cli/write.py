"""The `log-…` commands: one for each kind, made from the vocabulary of events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from typer._click.globals import get_current_context
from typer.core import TyperOption

from conflictctl.cli.asking import AskingCommand
from conflictctl.cli.fields import common_fields, line_fields, parameters
from conflictctl.cli.holding import holding_option, moves_holding, tell_if_wanted
from conflictctl.cli.main import COMMANDS
from conflictctl.cli.options import Command, makes_command, one_of
from conflictctl.cli.record import Complete, Line, record, show_receipt
from conflictctl.cli.session import session_of
from conflictctl.events import KINDS, Kind
from conflictctl.wording import N_

if TYPE_CHECKING:
    from conflictctl.cli.session import Session
    from conflictctl.register.store import Receipt, Writer

After = Callable[["Session", "Receipt", str], None]

KIND_HELP: dict[str, str] = {
    "visit": N_(
        "Record a visit of, or to, a customer.\n\n"
        "A visit with direction `in` (the default) was received at an outlet and opens "
        "the customer's file; with `out` somebody went to see him.\n\n"
        "  conflictctl log-visit K1 --level A --asked --answer none\n"
        '  conflictctl log-visit K1 --by wang --at "today 14:30"'
    ),
    "call": N_(
        "Record a telephone call.\n\n"
        "An incoming call opens a file as a visit does; a call in which the customer was "
        "not reached is an attempt and no contact.\n\n"
        "  conflictctl log-call K1 --direction out --level B\n"
        "  conflictctl log-call K1 --direction out --not-reached"
    ),
    "followup": N_(
        'Record a follow-up.\n\n  conflictctl log-followup K1 --channel wechat --note "price sent"'
    ),
    "inform": N_(
        "Record that a colleague was told that you serve his customer.\n\n"
        "  conflictctl log-inform K1 --to wang"
    ),
    "accompany": N_("Record that staff of a sister store bring the customer to this one."),
    "together": N_(
        "Record that members of one household came together.\n\n  conflictctl log-together K1 K2"
    ),
    "filing": N_(
        "File a customer with a manager, or with another outlet.\n\n"
        "  conflictctl log-filing K1 --to sun --fields model=X3 --fields budget=200000"
    ),
    "close": N_(
        "Record a closed deal.\n\n"
        "Without --deal it is the deal that was ordered and not yet closed, else the next "
        "one.\n\n"
        "  conflictctl log-close K1 --amount 199800 --currency CNY\n"
        "  conflictctl log-close K1 --signer li:60 --signer wang:40"
    ),
    "claim": N_(
        "Claim a deal that a colleague closed.\n\n`conflictctl claim withdraw` takes it back."
    ),
    "finding": N_(
        "Record a fact that only a person can supply.\n\n"
        "The finding is that of a manager, department head or general manager who is no "
        "party.\n\n"
        "  conflictctl log-finding K1 --question misconduct --subject li --answer true \\\n"
        '      --grounds "two witnesses"'
    ),
    "demand": N_(
        "Record that a customer insists on another consultant.\n\n"
        "A manager, department head or general manager enters it."
    ),
    "notice": N_(
        "Point out to a consultant that a follow-up is overdue.\n\n"
        "After a notice and no contact the customer may be handed to another."
    ),
}


@makes_command
def kind(name: str) -> Command:
    """The command of one kind; `name` is `log-` and the kind with dashes."""
    known = KINDS[name.removeprefix("log-").replace("-", "_")]
    return kind_command(name, known, KIND_HELP.get(known.name, COMMANDS[name].help))


def kind_command(
    name: str,
    kind: Kind,
    help: str,
    *,
    subject: str | None = None,
    fixed: Mapping[str, Any] | None = None,
    optional: Sequence[str] = (),
    without_customer: bool = False,
    may_create: bool = False,
    shape: Callable[[Line], Line] | None = None,
    complete: Complete | None = None,
    more: Sequence[TyperOption] = (),
    command: type[Command] = AskingCommand,
    after: After | None = None,
) -> Command:
    """The command that records one event of a kind.

    `subject` is the field that stands first in place of the customer; `fixed` fields have
    no option; `optional` ones need not be given although the kind demands them, because
    `shape` (outside the register) or `complete` (inside its transaction) supplies them.
    What `more` options say goes into the line under their names, for `shape` to make a
    field of.  `after` shows more than the receipt.
    """
    params = parameters(
        kind,
        subject=subject,
        fixed=fixed or {},
        optional=optional,
        without_customer=without_customer,
    )
    params[-len(common_fields()) : -len(common_fields())] = more
    tells_holding = moves_holding(kind)
    if tells_holding:
        params.append(holding_option())

    def run(**values: Any) -> None:
        session = session_of(get_current_context())  # type: ignore[arg-type]
        form = one_of("--format", "text", "json")(values.pop("form"))
        at = values.pop("at")
        line = {"kind": kind.name, **(fixed or {}), **line_fields(kind.name, values)}
        receipt = record(
            session,
            shape(line) if shape is not None else line,
            at,
            may_create=may_create,
            complete=complete,
        )
        show_receipt(receipt, session.open(), form)
        if tells_holding:
            tell_if_wanted(session, receipt)
        if after is not None:
            after(session, receipt, form)

    made = command(name, params=params, callback=run, help=help, rich_markup_mode=None)
    made.records = kind.name
    return made


def sent_before(writer: Writer, line: Line) -> bool:
    """Whether an entry with the line's id is there: then the same command was sent twice."""
    return "id" in line and writer.target(line["id"]) is not None
