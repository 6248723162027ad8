"""`desk`: a morning's entries in one process, a short line each, in either language."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING

import typer

from conflictctl.cli.asking import can_ask
from conflictctl.cli.desk_work import Answer, Desk
from conflictctl.cli.options import explained
from conflictctl.cli.session import Session, session_of
from conflictctl.errors import Busy, InputRejected, NotPermitted
from conflictctl.permissions import WHO_ACTS
from conflictctl.render.language import say, tr
from conflictctl.render.terminal import error_lines, is_terminal
from conflictctl.wording import N_, Sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Reader = Callable[[str], str]
    """Reads a line; what is given stands there already, to be repeated."""


@explained(
    N_(
        "Record a morning's entries, a short line each.\n\n"
        "Each line is answered by what was understood, what was recorded and how long the "
        "customer is held yet; `?` shows what may be written, Ctrl-D ends. Whatever is not "
        "certain is refused, with the reason. An entry is durable before it is acknowledged.\n\n"
        "Lines on standard input are answered one by one, and the exit code is 3 if any was "
        "rejected.\n\n"
        "  conflictctl desk --as li\n"
        "  conflictctl desk --as li < lines.txt"
    )
)
def desk(ctx: typer.Context) -> None:
    """Open the register, see who acts, answer line after line."""
    session = session_of(ctx)
    register = session.open()
    session.people = register.people()
    actor = session.actor(session.people)
    if actor is None:
        raise NotPermitted(
            Sentence("nobody acts: the register must know who enters this"), WHO_ACTS
        )
    # The program switches the collector off, as a command is soon over; this one is not.
    gc.enable()
    work = Desk(session, actor)
    if can_ask():
        _converse(work)
    else:
        _answer_all(work, session)


# ------------------------------------------------------------------- on a terminal


def _converse(work: Desk) -> None:
    read = _reader(work)
    print(tr("`?` shows what may be written; Ctrl-D ends"), file=sys.stderr)
    again = ""
    while True:
        try:
            line = read(again)
        except KeyboardInterrupt:
            again = ""
            continue
        except EOFError:
            return
        again = ""
        if not line.strip():
            continue
        if work.ends(line):
            return
        try:
            for answer in work.answers(line, may_ask=True):
                _print(answer)
        except KeyboardInterrupt:
            print(tr("interrupted; `last` shows what is recorded"), file=sys.stderr)
        except (InputRejected, NotPermitted, Busy) as error:
            print(*error_lines(error, work.people, work.calendar), sep="\n", file=sys.stderr)
            again = line if isinstance(error, Busy) else ""


def _reader(work: Desk) -> Reader:
    prompt = f"{work.actor}> "
    if not is_terminal(sys.stderr):
        return lambda again: _plain_line(prompt)
    from conflictctl.cli.completer import Proposing, new_session

    typing = new_session(Proposing(work.proposals, work.last_word))
    return lambda again: typing.prompt(prompt, default=again)


def _plain_line(prompt: str) -> str:
    print(prompt, end="", file=sys.stderr, flush=True)
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line


def _print(answer: Answer) -> None:
    if answer.receipt:
        print(answer.receipt, flush=True)
    for line in answer.remarks:
        print(line, file=sys.stderr, flush=True)


# ------------------------------------------------------------------- from a pipe or file


def _answer_all(work: Desk, session: Session) -> None:
    total = rejected = 0
    for number, line in _lines():
        if not line.strip():
            continue
        if work.ends(line):
            break
        total += 1
        try:
            for answer in work.answers(line, may_ask=False):
                # A look-up has nothing to acknowledge: what it found is the answer.
                _print(answer if answer.receipt else Answer("\n".join(answer.remarks)))
        except (InputRejected, NotPermitted, Busy) as error:
            rejected += 1
            problem = say(error.message, work.people, work.calendar)
            print(f"rejected {number}: {problem}", flush=True)
    if rejected:
        raise InputRejected(
            Sentence("{rejected} of {total} lines were rejected", rejected=rejected, total=total),
            Sentence("mend them and send them again; those recorded stay recorded"),
        )


def _lines() -> Iterator[tuple[int, str]]:
    if sys.stdin is None:  # started without one
        return
    for number, raw in enumerate(sys.stdin.buffer, 1):
        data = raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw
        yield number, data.decode("utf-8", "surrogateescape").rstrip("\r\n")
