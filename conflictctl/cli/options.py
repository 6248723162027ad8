"""What every command shares: its options, its help page, its way of reading values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from conflictctl.cli.session import Session
from conflictctl.errors import WrongUsage
from conflictctl.render.language import set_language, tr
from conflictctl.wording import N_, Sentence

if TYPE_CHECKING:
    from typer._click.core import Context, Parameter
    from typer._click.formatting import HelpFormatter

    from conflictctl.cli.help import Row

Function = TypeVar("Function", bound=Callable[..., None])

_COMMON = ("db", "acting", "lang")

# Typer's own words for the options it adds, listed so that the catalogue has them.
_OF_TYPER = (
    N_("Show this message and exit."),
    N_("Install completion for the current shell."),
    N_("Show completion for the current shell, to copy it or customize the installation."),
)


def _remember(ctx: Context, param: Parameter, value: str | None) -> None:
    # While a shell completes a line there is no session to tell.
    session = ctx.find_object(Session)
    if value is not None and session is not None:
        if param.name == "lang":
            set_language(value)
        else:
            setattr(session, param.name or "", value)


def common_options() -> list[TyperOption]:
    """`--db`, `--as` and `--lang`: the last one on the line counts."""
    return [
        TyperOption(
            param_decls=["db", "--db"],
            metavar="PATH|URL",
            expose_value=False,
            callback=_remember,
            help=N_("The register to use."),
        ),
        TyperOption(
            param_decls=["acting", "--as"],
            metavar="STAFF",
            expose_value=False,
            callback=_remember,
            help=N_("Who acts."),
        ),
        TyperOption(
            param_decls=["lang", "--lang"],
            metavar="en|zh",
            expose_value=False,
            callback=_remember,
            help=N_("The language of everything people read."),
            autocompletion=offering("en", "zh"),
        ),
    ]


def offering(*values: str) -> Callable[[object, object, str], list[str]]:
    """What a shell offers for an option that takes one of a few words."""

    def complete(ctx: object, words: object, incomplete: str) -> list[str]:
        return list(values)

    return complete


class Command(TyperCommand):
    """A command with the common options and a translated help page."""

    allow_extra_args = True  # so that the refusal below is ours, in the reader's language

    records: str | None = None
    """The kind of entry that the command is made for; the page on roles is made from it."""

    def __init__(self, name: str | None, **kwargs: Any) -> None:
        super().__init__(name, **kwargs)
        self.help = kwargs.get("help")  # with the indent of its examples, which Typer takes away
        self.params += common_options()

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Read the arguments; refuse what is left over."""
        session = ctx.find_object(Session)
        if session is not None:
            session.command = ctx.command_path
        rest = super().parse_args(ctx, args)
        if rest and not ctx.resilient_parsing:
            raise WrongUsage(
                Sentence("too many arguments: {rest}", rest=" ".join(map(str, rest))),
                help_hint(ctx),
            )
        return rest

    def format_help(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the help page."""
        from conflictctl.cli import help as helping

        params = self.get_params(ctx)
        formatter.write(
            helping.page(
                helping.usage_line(ctx, params),  # type: ignore[arg-type]
                tr(self.help or ""),
                _parameter_sections(params),
                formatter.width,
            )
        )


class Group(TyperGroup):
    """A group of commands, likewise."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.help = kwargs.get("help")
        self.no_args_is_help = True
        self.params += common_options()

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Find the command; one that does not exist may be a slip of the finger."""
        name = args[0]
        command = self.get_command(ctx, name)
        if command is None and not ctx.resilient_parsing:
            raise WrongUsage(
                Sentence(
                    "there is no command {command}",
                    command=f"{ctx.command_path} {name}".partition(" ")[2],
                ),
                near_hint(name, self.list_commands(ctx)) or help_hint(ctx),
            )
        return (name if command else None), command, args[1:]

    def command_sections(self, ctx: Context) -> list[tuple[str, list[Row]]]:
        """The commands under their headings."""
        from conflictctl.cli import help as helping

        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        return [
            (
                tr("Commands:"),
                [
                    (name, helping.first_paragraph(tr(command.help or "")))
                    for name, command in commands
                    if command is not None and not command.hidden
                ],
            )
        ]

    def format_help(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the help page."""
        from conflictctl.cli import help as helping

        params = self.get_params(ctx)
        formatter.write(
            helping.page(
                helping.usage_line(ctx, params, "COMMAND ..."),  # type: ignore[arg-type]
                tr(self.help or ""),
                [*self.command_sections(ctx), *_parameter_sections(params)],
                formatter.width,
            )
        )


def _parameter_sections(params: Sequence[Parameter]) -> list[tuple[str, list[Row]]]:
    from conflictctl.cli import help as helping

    arguments = [
        helping.argument_row(p) for p in params if isinstance(p, TyperArgument) and not p.hidden
    ]
    options = [p for p in params if isinstance(p, TyperOption) and not p.hidden]
    own = [helping.option_row(p) for p in options if p.name not in (*_COMMON, "help")]
    common = [helping.option_row(p) for p in options if p.name in (*_COMMON, "help")]
    return [
        (tr("Arguments:"), arguments),
        (tr("Options:"), own),
        (tr("Options of every command:"), common),
    ]


def help_hint(ctx: Context) -> Sentence:
    """Where the right usage is to be read."""
    return Sentence("`{command} --help` shows how it is called", command=ctx.command_path)


def near_hint(name: str, names: Sequence[str]) -> Sentence | None:
    """What may have been meant, if anything is near."""
    from difflib import get_close_matches

    near = get_close_matches(name, names, n=3)
    return Sentence("did you mean {names}?", names=near) if near else None


def group_of(name: str, help: str, commands: Iterable[Any]) -> Group:
    """A group of commands already made."""
    return Group(
        name=name, help=help, commands={each.name: each for each in commands}, rich_markup_mode=None
    )


def new_group(help: str) -> typer.Typer:
    """The Typer app of a command group; register its commands with `cls=Command`."""
    group = typer.Typer(
        cls=Group, help=help, rich_markup_mode=None, add_completion=False, no_args_is_help=True
    )
    # Without a callback Typer would turn a group of one command into that command.
    group.callback()(_nothing)
    return group


def _nothing() -> None:
    return None


def explained(text: str) -> Callable[[Function], Function]:
    """Give a command a longer help text than its line in the table: paragraphs, examples."""

    def mark(function: Function) -> Function:
        function.explained = text  # type: ignore[attr-defined]
        return function

    return mark


def makes_command(maker: Callable[[str], Any]) -> Callable[[str], Any]:
    """Mark what makes the command itself, given its name, and is not the command's function."""
    maker.makes_command = True  # type: ignore[attr-defined]
    return maker


def command(name: str, function: Callable[..., None], help: str) -> Any:
    """The command of a function with Typer's annotations."""
    single = typer.Typer(rich_markup_mode=None, add_completion=False)
    text = getattr(function, "explained", help)
    single.command(name, cls=Command, help=text)(function)
    made = typer.main.get_command(single)
    made.help = text  # Typer takes the indent of examples away, where nothing else follows
    return made


def one_of(option: str, *values: str) -> Callable[[str], str]:
    """A parser for an option that takes one of a few words: `parser=one_of("--format", ...)`."""

    def parse(value: str) -> str:
        if value not in values:
            raise WrongUsage(
                Sentence(
                    "{option}: {value} is not one of {values}",
                    option=option,
                    value=value,
                    values=values,
                ),
                near_hint(value, values)
                or Sentence("write {option} {value}", option=option, value=values[0]),
            )
        return value

    return parse


def format_option(*values: str) -> Any:
    """The `--format` option of a command: its values, the first being the default."""
    return typer.Option(
        "--format",
        metavar="|".join(values),
        parser=one_of("--format", *values),
        autocompletion=lambda: list(values),
        help=N_("The form of the output."),
    )


def whole_number(option: str, least: int = 0) -> Callable[[str], int]:
    """A parser for an option that takes a whole number."""

    def parse(value: str | int) -> int:
        try:
            number = int(str(value))
        except ValueError:
            number = least - 1
        if number < least:
            raise WrongUsage(
                Sentence(
                    "{option}: {value} is no whole number of at least {least}",
                    option=option,
                    value=str(value),
                    least=least,
                ),
                Sentence("write {option} {value}", option=option, value=str(max(least, 1))),
            )
        return number

    return parse
