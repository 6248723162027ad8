"""A tour of a throw-away register made from the sample data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from conflictctl.cli import overdue as overdue_list
from conflictctl.cli import timeline
from conflictctl.cli.dues import dues
from conflictctl.cli.options import explained
from conflictctl.cli.question import Question, gather, rule
from conflictctl.cli.session import Session, session_of
from conflictctl.cli.verdict import show_one
from conflictctl.errors import StorageFailed, WrongUsage
from conflictctl.render.language import language, say, tr
from conflictctl.render.whose import whose
from conflictctl.wording import N_, Sentence

ZONE = "Asia/Shanghai"
POLICY = "renault-zibo-2013"
FILES = (
    ("dealership.jsonl", "bai"),
    ("reception-2025-03-20.csv", "jiang"),
    ("cases.jsonl", "bai"),
)
"""What is imported, and who answers for it."""

SHOWN = ("C-020", "C-027", "C-034", "C-074")
"""Disputes ruled on in full: a silent close, a lapse, a tie for the panel, an open window."""

CASE = "C-2025-0004"
"""The case that is shown in full: compensated, dissatisfied, taken up again, satisfied."""
CATEGORY = "complaint"


@explained(
    N_(
        "Tour a throw-away register of sample data.\n\n"
        "One month of a car dealership with a second-tier outlet and a sister store; all persons "
        "are invented.\n\n"
        "  conflictctl demo --keep demo.db"
    )
)
def demo(
    ctx: typer.Context,
    keep: Annotated[
        str | None,
        typer.Option(
            "--keep", metavar="PATH", help=N_("Leave the register there, to try things out on it.")
        ),
    ] = None,
) -> None:
    """Make the register, show what it says, remove it."""
    session = session_of(ctx)
    if session.db is not None:
        raise WrongUsage(
            Sentence("demo makes a register of its own"),
            Sentence("--keep PATH leaves it there"),
        )
    with _place(keep) as target:
        session.db = target
        try:
            _fill(session, target)
            _tour(ctx, session, keep)
        finally:
            session.close()


@contextmanager
def _place(keep: str | None) -> Iterator[str]:
    if keep is not None:
        yield keep
        return
    with TemporaryDirectory(prefix="conflictctl-demo-") as folder:
        yield str(Path(folder) / "demo.db")


def sample_folder() -> Path:
    """The sample data: inside an installed package, or beside a checkout's.

    Raises StorageFailed where they are missing.
    """
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "_sample_data", package.parent / "sample_data"):
        if (folder / "expected.json").is_file():
            return folder
    raise StorageFailed(
        Sentence("the sample data are missing from this installation"),
        Sentence("install conflictctl again"),
    )


def _fill(session: Session, target: str) -> None:
    from conflictctl.exchange.importing import import_file
    from conflictctl.register.store import create_register

    with create_register(target, zone=ZONE, policy=POLICY, clock=session.clock) as register:
        for name, attester in FILES:
            report = import_file(
                register, sample_folder() / name, clock=session.clock, attest=attester
            )
            _say(
                Sentence(
                    "{file}: {count} events recorded, {staff} answers for them",
                    file=name,
                    count=report.recorded,
                    staff=attester,
                )
            )


def _tour(ctx: typer.Context, session: Session, keep: str | None) -> None:
    disputes = json.loads((sample_folder() / "expected.json").read_text(encoding="utf-8"))
    by_customer = {dispute["customer"]: dispute for dispute in disputes}
    question = gather(session, disputes[0]["as_of"], None, POLICY, [])
    _heading(tr("The disputes of the month"))
    _list_disputes(disputes, question)
    for customer in SHOWN:
        dispute = by_customer[customer]
        _heading(f"{customer}: {_in_language(dispute, 'title')}")
        _command(f"verdict {customer}", dispute["as_of"])
        show_one(question, customer)
    _heading(tr("The history behind one of them"))
    _command(f"timeline {SHOWN[1]}", disputes[0]["as_of"])
    timeline.show(question, SHOWN[1])
    _heading(tr("The morning list"))
    _command("overdue", disputes[0]["as_of"])
    overdue_list.show(question, list(dues(question, 1, now=False)), 1, "table")
    _cases(ctx, session, disputes[0]["as_of"])
    _heading(tr("Where to go next"))
    _next_steps(question, keep)


def _cases(ctx: typer.Context, session: Session, as_of: str) -> None:
    """The complaints that are not finished, one of them told in full, and what the figures say."""
    from conflictctl.cli import case

    _heading(tr("Conflict cases: complaints not finished"))
    _command(f"case list --category {CATEGORY}", as_of)
    case.list_cases(ctx, category=CATEGORY, as_of=as_of)
    _heading(tr("One case in full"))
    _command(f"case show {CASE}", as_of)
    case.show(ctx, CASE, as_of=as_of)
    _heading(tr("The figures of the complaints, in short"))
    _command(f"report cases --category {CATEGORY}", as_of)
    _key_figures(session, as_of)


def _key_figures(session: Session, as_of: str) -> None:
    """The report up to its table of months."""
    import sys

    from conflictctl.cases.figures import Selection
    from conflictctl.cases.period import Period, compared
    from conflictctl.cli.report import report_of_cases
    from conflictctl.cli.reporting import inquire
    from conflictctl.render.report_page import print_report

    inquiry = inquire(session.clock(), session.open(), as_of)
    today = inquiry.calendar.day(inquiry.as_of)
    report = report_of_cases(inquiry, Selection(Period(), *compared(Period(), today), CATEGORY))
    print_report(report._replace(sections=report.sections[:1]), sys.stdout)


def _list_disputes(disputes: list[dict[str, Any]], question: Question) -> None:
    from conflictctl.render.terminal import Column, print_table

    rows = []
    for dispute in disputes:
        ruling, _ = rule(question, dispute["customer"], dispute.get("deal"), explain=False)
        rows.append(
            [
                ruling.customer,
                ruling.decided_by or "",
                whose(ruling, question.people),
                _in_language(dispute, "title"),
            ]
        )
    print_table(
        [Column(tr("customer")), Column(tr("clause")), Column(tr("whose")), Column(tr("dispute"))],
        rows,
    )


def _in_language(dispute: dict[str, Any], name: str) -> str:
    return str(dispute[f"{name}_zh" if language() == "zh" else name])


def _heading(text: str) -> None:
    print(f"\n\n== {text} ==\n")


def _command(words: str, as_of: str) -> None:
    print(f"$ conflictctl {words} --as-of {as_of}\n", flush=True)


def _next_steps(question: Question, keep: str | None) -> None:
    if keep is None:
        _say(
            Sentence(
                "This register is gone now. `conflictctl demo --keep demo.db` makes one "
                "that stays: --db demo.db or CONFLICTCTL_DB=demo.db uses it."
            )
        )
    else:
        from conflictctl.register.places import shown

        _say(
            Sentence(
                "The register stays at {path}: --db {path} or CONFLICTCTL_DB={path} uses it.",
                path=shown(keep),
            )
        )
    _say(Sentence("A register of your own:"))
    for line in (
        "conflictctl init --timezone Asia/Shanghai",
        "conflictctl import FILE --attest STAFF",
        "conflictctl log-visit CUSTOMER --by STAFF --level A",
        "conflictctl verdict CUSTOMER",
        "conflictctl case open CUSTOMER --channel phone --demand TEXT",
        "conflictctl policy show",
        "conflictctl --help",
    ):
        print(f"  {line}")


def _say(sentence: Sentence) -> None:
    from conflictctl.render.layout import wrap
    from conflictctl.render.terminal import is_terminal, width

    for line in wrap(say(sentence), width(), fold=is_terminal()):
        print(line, flush=True)
