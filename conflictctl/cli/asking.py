"""Commands that ask, on a terminal, for what was not given and must be."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from typer.core import TyperArgument, TyperOption

from conflictctl.cli.options import Command
from conflictctl.errors import WrongUsage
from conflictctl.render.language import say, tr
from conflictctl.wording import Sentence

if TYPE_CHECKING:
    from typer._click.core import Context


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
        answers: list[str] = []
        words: list[str] = []
        for param in self.get_params(ctx):
            if not param.required or given.get(param.name or "") is not None:
                continue
            if isinstance(param, TyperArgument):
                words.append(ask(param.metavar or "", tr(param.help or ""), ()))
            elif isinstance(param, TyperOption):
                metavar = param.metavar or ""
                choices = tuple(metavar.split("|")) if metavar.islower() else ()
                value = ask(param.opts[0].lstrip("-"), tr(param.help or ""), choices)
                answers.append(f"{param.opts[0]}={value}")
        # A value may begin with a dash; after `--` nothing is taken for an option.
        return [*answers, *(["--", *words] if words else [])]


def can_ask() -> bool:
    """Whether somebody can be asked: both ends of the conversation are a terminal."""
    try:
        return sys.stdin.isatty() and sys.stderr.isatty()
    except (AttributeError, ValueError):  # closed, or started without one
        return False


def ask(name: str, help: str, choices: tuple[str, ...]) -> str:
    """One value, typed by whoever sits there; asked again until it is one.

    Raises WrongUsage at the end of the input.
    """
    words = f" ({'|'.join(choices)})" if choices else ""
    while True:
        print(f"{name}{words}: {help} ", end="", file=sys.stderr, flush=True)
        line = sys.stdin.readline()
        if not line:
            print(file=sys.stderr)
            raise WrongUsage(Sentence("{parameter} is missing", parameter=name))
        value = line.strip()
        if value and (not choices or value in choices):
            return value
        if choices and value:
            print(
                say(Sentence("{value} is not one of {values}", value=value, values=choices)),
                file=sys.stderr,
            )
