"""`log -`: many events as JSON Lines, each acknowledged in its turn."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from conflictctl.cli.options import explained
from conflictctl.cli.record import enter
from conflictctl.cli.session import Session, session_of
from conflictctl.errors import ConflictctlError, InputRejected, NotPermitted, WrongUsage
from conflictctl.events import KINDS, read_line
from conflictctl.permissions import WHO_ACTS, has_management
from conflictctl.render.language import say
from conflictctl.wording import N_, Sentence, Term

if TYPE_CHECKING:
    from io import BufferedReader

    from conflictctl.calendar import Calendar
    from conflictctl.register.store import Writer

_CHUNK = 1 << 16


@explained(
    N_(
        "Record many events: one JSON object a line on standard input.\n\n"
        "Each line is answered in its turn: `recorded #SEQ RECEIPT` once it is durable, "
        "or `rejected LINE: reason`; the exit code is 3 if any was rejected. Lines that "
        "arrive together become durable together. A line without `by` is the actor's, "
        "one without `at` happens now; `recorded_at` is always now. A line sent again is "
        "not recorded again.\n\n"
        "  tail -f events.jsonl | conflictctl log -"
    )
)
def log(
    ctx: typer.Context,
    source: Annotated[str, typer.Argument(metavar="-", help=N_("Standard input."))],
) -> None:
    """Read, record and acknowledge line by line."""
    if source != "-":
        raise WrongUsage(
            Sentence("log reads standard input and not {source}", source=source),
            Sentence("write `conflictctl log -`; `conflictctl import` reads a file"),
        )
    session = session_of(ctx)
    total = rejected = 0
    for batch in arriving_lines():
        answers = _record_batch(session, batch)
        total += len(answers)
        rejected += sum(not recorded for recorded, _ in answers)
        print(*(text for _, text in answers), sep="\n", flush=True)
    if rejected:
        raise InputRejected(
            Sentence("{rejected} of {total} lines were rejected", rejected=rejected, total=total),
            Sentence("mend them and send them again; those recorded stay recorded"),
        )


def arriving_lines() -> Iterator[list[tuple[int, bytes]]]:
    """What has arrived on standard input since last asked: whole lines and their numbers.

    Blank lines are counted and left out.  Never waits for more than the next line.
    """
    if sys.stdin is None:  # started without one
        return
    number = 0
    rest = b""
    stream = cast("BufferedReader", sys.stdin.buffer)
    while chunk := stream.read1(_CHUNK):
        *lines, rest = (rest + chunk).split(b"\n")
        numbered = list(enumerate(lines, number + 1))
        number += len(lines)
        batch = [(place, line) for place, line in numbered if line.strip()]
        if batch:
            yield batch
    if rest.strip():
        yield [(number + 1, rest)]


def _record_batch(session: Session, batch: list[tuple[int, bytes]]) -> list[tuple[bool, str]]:
    """Record lines in one transaction; whether each was recorded, and its answer.

    The answers are worth something only now that the transaction has ended.
    """
    # Imported before the lines get their turn: others wait for its end.
    from conflictctl.exchange.jsonl import parse

    register = session.open_or_create()
    calendar = register.calendar
    with register.writing(session.clock) as writer:
        session.people = writer.people
        if has_management(writer.people, writer.now) and session.acting_as(writer.people) is None:
            raise NotPermitted(
                Sentence("nobody acts: the register must know who enters this"), WHO_ACTS
            )
        return [_answer(writer, session, calendar, parse, number, line) for number, line in batch]


def _answer(
    writer: Writer,
    session: Session,
    calendar: Calendar,
    parse: Callable[[bytes], dict[str, Any]],
    number: int,
    line: bytes,
) -> tuple[bool, str]:
    try:
        draft = read_line(parse(line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line))
        if KINDS[draft.kind].own:
            raise InputRejected(
                Sentence("{kind}: the register itself writes such entries", kind=Term(draft.kind))
            )
        # A line that leaves its time open happens anew each time it comes.
        receipt = enter(
            writer,
            draft,
            session.actor(writer.people, draft.kind),
            calendar,
            allow_duplicates=draft.at is None,
        )
    except ConflictctlError as error:
        if not isinstance(error, (InputRejected, NotPermitted)):
            raise
        return False, f"rejected {number}: {say(error.message, writer.people, calendar)}"
    return True, f"recorded #{receipt.seq} {receipt.text}"
