"""The night's work in one command."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from conflictctl.cli.door import failure_of
from conflictctl.cli.dues import dues
from conflictctl.cli.messages import (
    FULL,
    NOTIFY,
    ROUTES,
    acting,
    notify,
    routes_file,
    warn_of_failures,
)
from conflictctl.cli.options import explained, format_option, whole_number
from conflictctl.cli.question import POLICY, SETTINGS, gather
from conflictctl.cli.session import session_of
from conflictctl.cli.workers import over_register
from conflictctl.errors import ConflictctlError
from conflictctl.render.language import list_joined, say, tr
from conflictctl.wording import N_, Sentence, Span

if TYPE_CHECKING:
    from conflictctl.cli.question import Question
    from conflictctl.cli.session import Session
    from conflictctl.deadlines import Due

KEPT = 14
"""Copies: two weeks, so that what is found after a holiday can still be looked up."""

WITHIN = 1
"""Days ahead, as `overdue` looks if nothing is said."""

_NAMES = {
    "backup": N_("backup"),
    "overdue": N_("follow-ups"),
    "windows": N_("windows"),
    "cases": N_("cases"),
    "messages": N_("messages"),
    "checkpoint": N_("checkpoint"),
    "night": N_("night"),
}


class Step(NamedTuple):
    """What became of one piece of work.

    `state`: done, already (nothing was left to do), skipped, failed.  `values` are for programs.
    """

    name: str
    state: str
    told: Sentence
    values: dict[str, Any]
    error: ConflictctlError | None = None


@dataclass(slots=True)
class Night:
    """What the steps share: one day, one question, what was said on the command line."""

    session: Session
    question: Question
    day: int
    actor: str
    folder: Path
    keep: int
    urls: list[str]
    routes: Path | None
    full: bool
    checkpoints: Path
    key: Path | None
    found: list[Due] | None = None
    """What is due; None until the step that looks for it has."""


@explained(
    N_(
        "Do the night's work: copy the register, look for what is due, remind people of it, write "
        "a checkpoint, note that it was done.\n\n"
        "Every step gets one line; one that fails does not keep the others from being tried, and "
        "the exit code is that of the first failure.  Run again on the same day it changes "
        "nothing and says so.  Nights without a complete run since the last one are named.\n\n"
        "  conflictctl nightly --as bai --notify-routes routes.toml\n"
        "  conflictctl schedule show --kind cron --as bai"
    )
)
def nightly(
    ctx: typer.Context,
    backup_dir: Annotated[
        str | None,
        typer.Option(
            "--backup-dir",
            metavar="DIR",
            help=N_("Where the copies go; default the folder `backups` beside the register."),
        ),
    ] = None,
    keep: Annotated[
        int,
        typer.Option(
            "--keep",
            metavar="N",
            parser=whole_number("--keep", 1),
            help=N_("How many nightly copies to keep."),
        ),
    ] = KEPT,
    checkpoint_dir: Annotated[
        str | None,
        typer.Option(
            "--checkpoint-dir",
            metavar="DIR",
            help=N_("Where the checkpoints go; default the folder `checkpoints` beside it."),
        ),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option("--key", metavar="FILE", help=N_("Sign the checkpoint with this key.")),
    ] = None,
    urls: Annotated[list[str] | None, NOTIFY] = None,
    notify_routes: Annotated[str | None, ROUTES] = None,
    full: Annotated[bool, FULL] = False,
    policy: Annotated[str | None, POLICY] = None,
    settings: Annotated[list[str] | None, SETTINGS] = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help=N_("End with 1 if anything is due."))
    ] = False,
    form: Annotated[str, format_option("table", "json")] = "table",
) -> None:
    """Gather, take the steps one by one, show the summary."""
    from conflictctl.register.chain import receipt_text
    from conflictctl.register.nights import default_folder, missed_nights

    session = session_of(ctx)
    question = gather(session, None, None, policy, settings or [])
    register = question.register
    actor = acting(session, question)
    day = question.calendar.day(question.as_of)
    missed = missed_nights(register, day)
    folder = Path(backup_dir) if backup_dir is not None else default_folder(register.target)
    routes = routes_file(session, notify_routes)
    seals = default_folder(register.target, "checkpoints")
    night = Night(
        session,
        question,
        day,
        actor,
        folder,
        keep,
        urls or [],
        routes,
        full,
        Path(checkpoint_dir) if checkpoint_dir is not None else seals,
        Path(key) if key is not None else None,
    )
    session.people = question.people
    steps = list(_taken(night))
    summary = {
        "night": date.fromordinal(day).isoformat(),
        "complete": all(step.error is None for step in steps),
        "changed": any(step.state == "done" and _CHANGES.get(step.name) for step in steps),
        "missed": [date.fromordinal(each).isoformat() for each in missed],
    }
    head = register.head()
    if form == "json":
        from conflictctl.render.json_text import write_json

        shown = [_values(step) for step in steps]
        upto = {"seq": head.seq, "head": head.text}
        write_json({**summary, "steps": shown, "register": upto}, sys.stdout, indent=True)
    else:
        _print(summary, steps)
        upto_text = Sentence(
            "register up to #{seq}, receipt {receipt}",
            seq=head.seq,
            receipt=receipt_text(head.hash),
        )
        print(say(upto_text))
    failed = next((step.error for step in steps if step.error is not None), None)
    if failed is not None:
        raise failed
    if night.found and exit_code:
        raise typer.Exit(1)


# ------------------------------------------------------------------------ the steps


def _copy(night: Night) -> Iterator[Step]:
    from conflictctl.register.nights import nightly_copy

    register = night.question.register
    made = nightly_copy(register, night.folder, night.day, keep=night.keep, spread=over_register)
    values: dict[str, Any] = {
        "path": str(made.path),
        "head": None if made.head is None else made.head.text,
        "removed": [str(path) for path in made.removed],
    }
    if made.head is None and not made.removed:
        told = Sentence("{path} is there already", path=str(made.path))
        yield Step("backup", "already", told, values)
    elif made.head is None:
        told = Sentence(
            "{path} is there already; {count} older copies removed",
            path=str(made.path),
            count=len(made.removed),
        )
        yield Step("backup", "done", told, values)
    else:
        told = Sentence(
            "{path} holds #1 to #{seq} and verifies; {count} older copies removed",
            path=str(made.path),
            seq=made.head.seq,
            count=len(made.removed),
        )
        yield Step("backup", "done", told, values)


def _look(night: Night) -> Iterator[Step]:
    found = night.found = list(dues(night.question, WITHIN))
    followups = [due for due in found if due.type in ("followup", "no_level")]
    late, coming = _counted(followups)
    undated = len(followups) - late - coming
    yield Step(
        "overdue",
        "done",
        Sentence(
            "{late} overdue, {coming} due within {span}, {undated} without a level",
            late=late,
            coming=coming,
            undated=undated,
            span=Span(WITHIN, "d"),
        ),
        {"overdue": late, "coming": coming, "no_level": undated},
    )
    late, coming = _counted([due for due in found if due.type in ("claim_window", "filing")])
    yield Step(
        "windows",
        "done",
        Sentence(
            "{coming} claim windows or filings end within {span}, {late} have ended",
            coming=coming,
            late=late,
            span=Span(WITHIN, "d"),
        ),
        {"ended": late, "coming": coming},
    )
    late, coming = _counted([due for due in found if due.type == "case"])
    yield Step(
        "cases",
        "done",
        Sentence(
            "{late} deadlines passed, {coming} within {span}",
            late=late,
            coming=coming,
            span=Span(WITHIN, "d"),
        ),
        {"overdue": late, "coming": coming},
    )


def _counted(found: Sequence[Due]) -> tuple[int, int]:
    """How many are past their day, and how many have one that is not past."""
    dated = [due.days for due in found if due.days is not None]
    late = sum(1 for days in dated if days > 0)
    return late, len(dated) - late


def _remind(night: Night) -> Iterator[Step]:
    if not night.urls and night.routes is None:
        told = Sentence("none: neither --notify nor --notify-routes says where to")
        yield Step("messages", "skipped", told, {"sent": 0, "earlier": 0, "failed": []})
        return
    if night.found is None:
        told = Sentence("none: what is due is not known")
        yield Step("messages", "skipped", told, {"sent": 0, "earlier": 0, "failed": []})
        return
    outcome = notify(
        night.session,
        night.question,
        night.found,
        night.actor,
        urls=night.urls,
        routes=night.routes,
        full=night.full,
    )
    warn_of_failures(outcome, night.question)
    values = {
        "sent": outcome.sent,
        "earlier": outcome.earlier,
        "failed": [say(reason, night.question.people) for reason in outcome.failed],
    }
    failure = outcome.failure()
    state = "failed" if failure is not None else "done" if outcome.sent else "already"
    yield Step("messages", state, outcome.told, values, failure)


def _seal(night: Night) -> Iterator[Step]:
    from conflictctl.cli.checkpoint import private_key, signed_note
    from conflictctl.exchange.exporting import open_private
    from conflictctl.register.nights import nightly_name
    from conflictctl.register.sealing import seal

    register = night.question.register
    path = night.checkpoints / nightly_name(register.target, night.day, "checkpoint")
    values: dict[str, Any] = {"path": str(path), "size": None, "root": None}
    if path.exists():
        yield Step(
            "checkpoint", "already", Sentence("{path} is there already", path=str(path)), values
        )
        return
    signer = None if night.key is None else private_key(night.key)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open_private(path) as file:
        found = seal(register, night.session.clock, night.actor).checkpoint
        file.write(signed_note(found, signer).encode())
    values |= {"size": found.size, "root": f"sha256:{found.root.hex()}"}
    told = Sentence(
        "{path} vouches for #1 to #{size}: keep a copy where nobody here can change it",
        path=str(path),
        size=found.size,
    )
    yield Step("checkpoint", "done", told, values)


def _note(night: Night) -> Iterator[Step]:
    from conflictctl.register.nights import record_night

    seq = record_night(night.question.register, night.day, night.actor, night.session.clock)
    if seq is None:
        yield Step("night", "already", Sentence("was noted as done before"), {"seq": None})
    else:
        yield Step("night", "done", Sentence("noted as done, #{seq}", seq=seq), {"seq": seq})


_WORK: tuple[tuple[str, Callable[[Night], Iterator[Step]]], ...] = (
    ("backup", _copy),
    ("overdue", _look),
    ("messages", _remind),
    # After all that the night has recorded but the note of the night itself.
    ("checkpoint", _seal),
)
"""The work in its order: the name of a step, and what takes it (and may tell of several)."""

_CHANGES = {"backup": True, "messages": True, "checkpoint": True, "night": True}
"""Steps that leave something behind when they are done; the others only look."""


def _taken(night: Night) -> Iterator[Step]:
    """Every step, tried whatever became of the one before; noted only if all went well."""
    whole = True
    for name, work in _WORK:
        try:
            for step in work(night):
                whole = whole and step.error is None
                yield step
        except Exception as error:  # whatever it is, the other steps must not suffer by it
            failure = failure_of(error)
            whole = False
            yield Step(name, "failed", failure.message, {}, failure)
    if not whole:
        return
    try:
        yield from _note(night)
    except ConflictctlError as failure:
        yield Step("night", "failed", failure.message, {}, failure)


# ------------------------------------------------------------------------- the summary


def _values(step: Step) -> dict[str, Any]:
    return {"step": step.name, "state": step.state, "text": say(step.told), **step.values}


def _print(summary: dict[str, Any], steps: Sequence[Step]) -> None:
    from conflictctl.render.terminal import key_lines

    print(say(Sentence("night of {day}", day=summary["night"])))
    if summary["missed"]:
        print(
            say(
                Sentence(
                    "missed: {count} nights without a complete run: {days}",
                    count=len(summary["missed"]),
                    days=_runs(summary["missed"]),
                )
            )
        )
    lines = {}
    for step in steps:
        text = say(step.told)
        lines[tr(_NAMES[step.name])] = (
            tr("FAILED: {why}").format(why=text) if step.error is not None else text
        )
    for line in key_lines(lines):
        print(line)
    if summary["complete"] and not summary["changed"]:
        print(say(Sentence("nothing was changed: this night's work had been done")))


def _runs(days: Sequence[str]) -> str:
    """Days in a row as `first to last`, so that a long holiday is one entry."""
    numbers = [date.fromisoformat(day).toordinal() for day in days]
    parts: list[str] = []
    start = 0
    for place, number in enumerate(numbers):
        if place + 1 < len(numbers) and numbers[place + 1] == number + 1:
            continue
        first, last = days[start], days[place]
        parts.append(
            first if start == place else tr("{first} to {last}").format(first=first, last=last)
        )
        start = place + 1
    return list_joined(parts)
