"""Commands that ask, on a terminal, for what was not given and must be."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from typer.core import TyperArgument, TyperOption

from conflictctl.cli.options import Command
from conflictctl.cli.session import Session
from conflictctl.errors import ConflictctlError, InputRejected, WrongUsage
from conflictctl.render.language import say, tr
from conflictctl.render.terminal import is_terminal
from conflictctl.wording import Sentence

if TYPE_CHECKING:
    from prompt_toolkit.completion import Completer
    from typer._click.core import Context

    from conflictctl.cli.directory import Directory

Check = Callable[[str], str]


class AskingCommand(Command):
    """A command whose missing required values are asked for where somebody sits there.

    In a script nothing is asked: the missing value is wrong usage, as everywhere.
    """

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Read the arguments, those asked for included."""
        if not ctx.resilient_parsing and not {"--help"} & set(args) and can_ask():
            args = [*args, *self._asked(ctx, args)]
        return super().parse_args(ctx, args)

    def _asked(self, ctx: Context, args: list[str]) -> list[str]:
        given, _, _ = self.make_parser(ctx).parse_args(args=list(args))
        directory = _directory(ctx, given)
        answers: list[str] = []
        words: list[str] = []
        for param in self.get_params(ctx):
            if not param.required or given.get(param.name or "") not in (None, ()):
                continue
            if isinstance(param, TyperArgument):
                words += _asked_for(param.metavar or "", param, (), directory)
            elif isinstance(param, TyperOption):
                metavar = param.metavar or ""
                choices = tuple(metavar.split("|")) if metavar.islower() else ()
                name = param.opts[0].lstrip("-")
                for value in _asked_for(name, param, choices, directory):
                    answers.append(f"{param.opts[0]}={value}")
        # A value may begin with a dash; after `--` nothing is taken for an option.
        return [*answers, *(["--", *words] if words else [])]


def _directory(ctx: Context, given: object) -> Directory | None:
    """The customers and staff of the register in use, where there is one to be read."""
    session = ctx.find_object(Session)
    named = given.get("db") if isinstance(given, dict) else None
    if session is None:
        return None
    if named is not None:
        session.db = str(named)
    try:
        if session.missing():
            return None
        from conflictctl.cli.directory import Directory

        return Directory(session.open())
    except ConflictctlError:
        return None  # what is wrong with it the command itself will say


def _asked_for(
    name: str,
    param: TyperArgument | TyperOption,
    choices: tuple[str, ...],
    directory: Directory | None,
) -> list[str]:
    """The answers to one parameter: one, or for a list as many as there are, one a line."""
    check, completer = None, None
    metavar = (param.metavar or "").rstrip(".")
    if directory is not None:
        from conflictctl.cli.completer import completer_of

        check = directory.meant_by(metavar)
        completer = completer_of(directory, metavar)
    found = [ask(name, tr(param.help or ""), choices, check, completer)]
    if param.nargs == -1:
        found.append(ask(name, tr(param.help or ""), choices, check, completer))
    return found


def can_ask() -> bool:
    """Whether somebody can be asked: all ends of the conversation are a terminal.

    CONFLICTCTL_NO_INPUT says that nobody is there, for scripts that are run by hand.
    """
    if os.environ.get("CONFLICTCTL_NO_INPUT"):
        return False
    try:
        return sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()
    except (AttributeError, ValueError):  # closed, or started without one
        return False


def ask(
    name: str,
    help: str,
    choices: Sequence[str] = (),
    check: Check | None = None,
    completer: Completer | None = None,
) -> str:
    """One value, typed by whoever sits there; asked again until it is one.

    `check` gives the value that an answer means, or raises InputRejected with the reason;
    `completer` proposes values while somebody types.  Raises WrongUsage at the end of the
    input.
    """
    words = f" ({'|'.join(choices)})" if choices else ""
    while True:
        value = _line(f"{name}{words}: {help}\n> ", choices, completer, name).strip()
        if choices and value and value not in choices:
            problem = Sentence("{value} is not one of {values}", value=value, values=tuple(choices))
            print(say(problem), file=sys.stderr)
            continue
        if not value:
            continue
        if check is None:
            return value
        try:
            return check(value)
        except InputRejected as error:
            print(say(error.message), file=sys.stderr)


def _line(prompt: str, choices: Sequence[str], completer: Completer | None, name: str) -> str:
    try:
        if is_terminal(sys.stderr) and (choices or completer is not None):
            from conflictctl.cli.completer import read_line, words_completer

            return read_line(prompt, completer or words_completer(choices))
        print(prompt, end="", file=sys.stderr, flush=True)
        line = sys.stdin.readline()
        if not line:
            raise EOFError
        return line
    except EOFError:
        print(file=sys.stderr)
        raise WrongUsage(Sentence("{parameter} is missing", parameter=name)) from None


def ask_if_any(question: str) -> str:
    """A line that may be left empty."""
    print(f"{question} ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()


def confirmed(question: str, cannot: Sentence) -> bool:
    """Whether somebody says yes; where not, stderr says that nothing was changed.

    Raises WrongUsage, which says `cannot`, where nobody can be asked.
    """
    if not can_ask():
        raise WrongUsage(cannot, Sentence("--yes answers"))
    if agreed(question):
        return True
    print(tr("nothing was changed"), file=sys.stderr)
    return False


def agreed(question: str) -> bool:
    """Whether somebody says yes: `y`, `yes`, `是`, `好`; everything else is no."""
    return ask_if_any(f"{question} [y/N]").lower() in ("y", "yes", "是", "好", "对")
