"""The commands by name, and the entry point.

Every command lives in a module that is imported only when the command runs, or when its
own help is asked for: the root help and shell completion read this table alone.
"""

from __future__ import annotations

import gc
from typing import NamedTuple

from conflictctl.wording import N_


class Entry(NamedTuple):
    """Where a command is defined, under which heading it is listed, and its one line."""

    target: str
    """`module:name` below `conflictctl.cli`: a function, or the Typer app of a group."""

    section: str | None
    """The heading in the root help; None: a second name, not listed."""

    help: str


START = N_("Getting started")
RECORD = N_("Record what happened")
DEAL = N_("Deals and disputes")
DECIDE = N_("Decide")
MEND = N_("Mend the record")
WHO = N_("Who and where")
ASK = N_("Ask")
MOVE = N_("In and out")
CASES = N_("Conflict cases")
CARE = N_("Care of the register")

COMMANDS: dict[str, Entry] = {
    "init": Entry("care:init", START, N_("Create the register.")),
    "demo": Entry("demo:demo", START, N_("Tour a throw-away register of sample data.")),
    "status": Entry("status:status", START, N_("Show which register is in use, and why.")),
    "verdict": Entry("verdict:verdict", ASK, N_("Rule whose customer or deal it is.")),
    "timeline": Entry("timeline:timeline", ASK, N_("Show a customer's history in time.")),
    "who": Entry("who:who", ASK, N_("Ask whether a customer is taken, before a contact.")),
    "overdue": Entry("overdue:overdue", ASK, N_("List what is overdue or about to end.")),
    "log-visit": Entry("write:kind", RECORD, N_("Record a visit of, or to, a customer.")),
    "log-call": Entry("write:kind", RECORD, N_("Record a telephone call.")),
    "log-followup": Entry("write:kind", RECORD, N_("Record a follow-up.")),
    "log-inform": Entry("write:kind", RECORD, N_("Record that a colleague was told.")),
    "log-accompany": Entry(
        "write:kind", RECORD, N_("Record that a sister store's customer was brought in.")
    ),
    "log-together": Entry("write:kind", RECORD, N_("Record that several customers came together.")),
    "log-level": Entry("write:kind", RECORD, N_("Set a customer's level without a contact.")),
    "log-card": Entry("write:kind", RECORD, N_("Record a business card obtained.")),
    "log-check": Entry("write:kind", RECORD, N_("Record a look-up made before a contact.")),
    "log-filing": Entry("write:kind", RECORD, N_("File a customer with a manager or outlet.")),
    "desk": Entry("desk:desk", RECORD, N_("Record a morning's entries, a short line each.")),
    "log": Entry("log_lines:log", RECORD, N_("Record many events: `log -` reads JSON Lines.")),
    "confirm": Entry("mend:confirm", RECORD, N_("Confirm what another's entry says of you.")),
    "log-order": Entry("write:kind", DEAL, N_("Record an order with deposit.")),
    "log-cancel-order": Entry("write:kind", DEAL, N_("Record that an order was cancelled.")),
    "log-close": Entry("write:kind", DEAL, N_("Record a closed deal.")),
    "log-learn": Entry("write:kind", DEAL, N_("Record that somebody learned of the close.")),
    "log-claim": Entry("write:kind", DEAL, N_("Claim a deal.")),
    "claim": Entry("decide:claim", DEAL, N_("Withdraw a claim.")),
    "settle": Entry("decide:settle", DEAL, N_("Record an agreement on a deal.")),
    "appeal": Entry("decide:appeal", DEAL, N_("Appeal against a ruling.")),
    "filing": Entry("decide:filing", DECIDE, N_("Approve, reject, return or extend a filing.")),
    "log-notice": Entry("write:kind", DECIDE, N_("Point out an overdue follow-up.")),
    "log-demand": Entry("write:kind", DECIDE, N_("Record that a customer wants another.")),
    "reassign": Entry("decide:reassign", DECIDE, N_("Hand a customer to another consultant.")),
    "rule": Entry("decide:rule", DECIDE, N_("Record a ruling made by a person.")),
    "log-finding": Entry("write:kind", DECIDE, N_("Record a fact only a person can find.")),
    "log-sanction": Entry("write:kind", DECIDE, N_("Record a sanction or a commendation.")),
    "log-decision": Entry("write:kind", DECIDE, N_("Record a decision on a filing.")),
    "correct": Entry("mend:correct", MEND, N_("Correct an entry by a new one.")),
    "undo": Entry("undo:undo", MEND, N_("Take your own last entry back.")),
    "void": Entry("mend:void", MEND, N_("Declare an entry void.")),
    "customer": Entry("customer:app", WHO, N_("Add, find, link and show customers.")),
    "staff": Entry("staff:app", WHO, N_("Add, move and list staff.")),
    "outlet": Entry("outlet:app", WHO, N_("Add and list outlets.")),
    "policy": Entry("policy:app", ASK, N_("List, show and choose policies.")),
    "case": Entry("case:group", CASES, N_("Open, handle, show and list conflict cases.")),
    "survey": Entry("survey:group", CASES, N_("Ask customers how satisfied they are.")),
    "report": Entry("report:app", CASES, N_("Figures of cases, disputes and follow-ups; hints.")),
    "import": Entry("exchange:import_file", MOVE, N_("Read events from JSON Lines, CSV or Excel.")),
    "export": Entry("exchange:export", MOVE, N_("Write events as JSON Lines, CSV or Excel.")),
    "audit": Entry("audit:app", CARE, N_("Check that nothing was altered.")),
    "backup": Entry("care:backup", CARE, N_("Copy the register while it is in use.")),
    "nightly": Entry("nightly:nightly", CARE, N_("Do the night's work: copy, look, remind.")),
    "schedule": Entry("schedule:app", CARE, N_("Show lines that run the nightly job.")),
    "copy": Entry("copy:copy", CARE, N_("Move the register to a server, or back to a file.")),
    "restore": Entry("care:restore", CARE, N_("Bring a backup back.")),
    "redact": Entry("redact:redact", CARE, N_("Erase a customer's personal data for good.")),
    "database": Entry("database:app", CARE, N_("Say who may read and write on a server.")),
    "upgrade": Entry("care:upgrade", CARE, N_("Bring the register to this version's schema.")),
    "log-agreement": Entry("decide:settle", None, N_("Record an agreement on a deal.")),
    "log-ruling": Entry("decide:rule", None, N_("Record a ruling made by a person.")),
    "log-appeal": Entry("decide:appeal", None, N_("Appeal against a ruling.")),
    "log-reassign": Entry("decide:reassign", None, N_("Hand a customer to another consultant.")),
    "log-withdraw-claim": Entry("write:kind", None, N_("Withdraw a claim.")),
    "log-confirm": Entry("mend:confirm", None, N_("Confirm what another's entry says of you.")),
    "log-correction": Entry("mend:correct", None, N_("Correct an entry by a new one.")),
    "log-void": Entry("mend:void", None, N_("Declare an entry void.")),
}

SECTIONS = (START, ASK, RECORD, DEAL, DECIDE, CASES, MEND, WHO, MOVE, CARE)


def main() -> None:
    """Run the command line.  Exits; never returns."""
    # A command is over before the collector would find anything worth its time, and
    # without it the imports that follow take a tenth less.
    gc.disable()
    from conflictctl.cli.app import app

    app(prog_name="conflictctl")


if __name__ == "__main__":
    main()
