"""The one door through which failures leave: two lines on stderr and an exit code."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from typer._click.exceptions import (
    BadOptionUsage,
    BadParameter,
    ClickException,
    MissingParameter,
    NoArgsIsHelpError,
    NoSuchOption,
    UsageError,
)

from conflictctl.cli.options import help_hint
from conflictctl.errors import ConflictctlError, StorageFailed, WrongUsage
from conflictctl.render.terminal import error_lines
from conflictctl.wording import Sentence

if TYPE_CHECKING:
    from conflictctl.cli.session import Session

INTERRUPTED = 130
PIPE_CLOSED = 141  # what a shell reports of a tool that SIGPIPE ended


def show_failure(error: ConflictctlError, session: Session | None = None) -> None:
    """Write an error and its hint to stderr; where to read on, if it has none."""
    if error.hint is None:
        command = session.command if session is not None else "conflictctl"
        error.hint = Sentence("`{command} --help` shows how it is called", command=command)
    people = session.people if session is not None else None
    calendar = session.calendar if session is not None else None
    print(*error_lines(error, people, calendar), sep="\n", file=sys.stderr)


def code_for(error: BaseException, session: Session) -> int:
    """Show a failure to people and return its exit code; raises nothing."""
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):
        return PIPE_CLOSED
    if isinstance(error, NoArgsIsHelpError):
        with suppress(OSError):
            print(error.format_message(), file=sys.stderr)
        return 2
    failure = failure_of(error)
    with suppress(OSError, ValueError):
        sys.stdout.flush()  # what was said before the failure stands before it
    with suppress(OSError):  # nobody reads what cannot be written
        show_failure(failure, session)
    return failure.exit_code


def failure_of(error: BaseException) -> ConflictctlError:
    """Any exception as a failure with a message, a hint and an exit code."""
    if isinstance(error, ConflictctlError):
        return error
    if isinstance(error, ClickException):
        return usage_failure(error)
    if isinstance(error, OSError):
        return _system_failure(error)
    return _internal_failure(error)


def usage_failure(error: ClickException) -> WrongUsage:
    """Typer's complaint about the command line, in our words."""
    ctx = error.ctx if isinstance(error, UsageError) else None
    hint = help_hint(ctx) if ctx is not None else None
    if isinstance(error, NoSuchOption):
        if error.possibilities:
            hint = Sentence("did you mean {names}?", names=sorted(error.possibilities))
        return WrongUsage(Sentence("there is no option {option}", option=error.option_name), hint)
    if isinstance(error, MissingParameter):
        return WrongUsage(Sentence("{parameter} is missing", parameter=_named(error)), hint)
    if isinstance(error, BadOptionUsage):
        if "does not take" in error.message:
            message = Sentence("{option} takes no value", option=error.option_name)
        else:
            message = Sentence("{option} needs a value", option=error.option_name)
        return WrongUsage(message, hint)
    if isinstance(error, BadParameter):
        return WrongUsage(
            Sentence("{parameter}: {problem}", parameter=_named(error), problem=error.message), hint
        )
    return WrongUsage(Sentence("{problem}", problem=error.format_message()), hint)


def _named(error: BadParameter) -> str:
    param = error.param
    if param is None:
        return str(error.param_hint or "")
    if param.param_type_name == "argument":
        return param.metavar or (param.name or "").upper()
    return max(param.opts, key=len)


def _system_failure(error: OSError) -> ConflictctlError:
    reason = error.strerror or str(error)
    if error.filename is not None:
        message = Sentence("{path}: {problem}", path=os.fsdecode(error.filename), problem=reason)
    else:
        message = Sentence("the system refuses: {problem}", problem=reason)
    return StorageFailed(message, Sentence("check the disk's space and the file's permissions"))


class _Internal(ConflictctlError):
    exit_code = 70


def _internal_failure(error: BaseException) -> ConflictctlError:
    if os.environ.get("CONFLICTCTL_DEBUG") == "1":
        import traceback

        traceback.print_exception(error)
    return _Internal(
        Sentence(
            "internal error: {type}: {text}",
            type=type(error).__name__,
            text=" ".join(str(error).split())[:300],
        ),
        Sentence(
            "please report it; with CONFLICTCTL_DEBUG=1 the same command shows where it happened"
        ),
    )
