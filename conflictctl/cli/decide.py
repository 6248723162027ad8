"""Human acts about a deal: agreements, rulings, appeals, transfers, decisions on filings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conflictctl.cli.options import Command, Group, group_of, makes_command
from conflictctl.cli.record import Line
from conflictctl.cli.write import kind_command
from conflictctl.events import KINDS
from conflictctl.wording import N_

if TYPE_CHECKING:
    from conflictctl.cli.session import Session
    from conflictctl.register.store import Receipt


@makes_command
def settle(name: str) -> Command:
    """`settle CUSTOMER --share A=60 --share B=40`: an agreement of the parties."""
    return kind_command(
        name,
        KINDS["agreement"],
        N_(
            "Record an agreement on a deal.\n\n"
            "Who has a share is a party; --party names further ones. The agreement has "
            "effect once the manager named by --approved-by has entered or confirmed it.\n\n"
            "  conflictctl settle K1 --share li=60 --share wang=40 --approved-by sun"
        ),
        optional=("parties",),
        shape=_with_parties,
    )


def _with_parties(line: Line) -> Line:
    shares: list[dict[str, Any]] = line.get("shares", [])
    named = [*line.get("parties", ()), *(row.get("party", "") for row in shares)]
    return {**line, "parties": list(dict.fromkeys(named))}


@makes_command
def rule(name: str) -> Command:
    """`rule CUSTOMER --instance sales_manager --award li=100 --reason ...`."""
    return kind_command(
        name,
        KINDS["ruling"],
        N_(
            "Record a ruling made by a person.\n\n"
            "It is entered by the person who rules, who is no party and whose role fits the "
            "instance.\n\n"
            "  conflictctl rule K1 --instance sales_manager --award li=70 --award wang=30 \\\n"
            '      --reason "both worked on it"'
        ),
        after=_tell_departures,
    )


def _tell_departures(session: Session, receipt: Receipt, form: str) -> None:
    from conflictctl.cli.precedents import tell_departures

    tell_departures(session, receipt, form)


@makes_command
def appeal(name: str) -> Command:
    """`appeal RULING --to general_manager`."""
    return kind_command(
        name,
        KINDS["appeal"],
        N_("Appeal against a ruling.\n\n  conflictctl appeal '#42' --to general_manager"),
        subject="against",
    )


@makes_command
def reassign(name: str) -> Command:
    """`reassign CUSTOMER --to li --cause overdue`."""
    return kind_command(
        name,
        KINDS["reassign"],
        N_(
            "Hand a customer to another consultant.\n\n"
            "A manager, department head or general manager who is no party does it. With "
            "cause `overdue` it has effect if a notice on an earlier day brought no contact.\n\n"
            "  conflictctl reassign K1 --to li --cause overdue"
        ),
    )


@makes_command
def claim(name: str) -> Group:
    """`claim withdraw CUSTOMER`."""
    withdraw = kind_command(
        "withdraw",
        KINDS["withdraw_claim"],
        N_("Withdraw a claim.\n\n  conflictctl claim withdraw K1"),
    )
    return group_of(name, N_("Withdraw a claim; `log-claim` makes one."), [withdraw])


_DECISIONS = {
    "approve": N_("Approve a filing."),
    "reject": N_("Reject a filing, which makes it void."),
    "return": N_("Return a filing for completion."),
    "extend": N_("Extend a filing; --expires-at says until when."),
}


@makes_command
def filing(name: str) -> Group:
    """`filing approve REF` and its likes."""
    return group_of(
        name,
        N_("Approve, reject, return or extend a filing."),
        [
            kind_command(
                decision, KINDS["decision"], help, subject="on", fixed={"decision": decision}
            )
            for decision, help in _DECISIONS.items()
        ],
    )
