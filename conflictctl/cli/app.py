"""The Typer application: the table of commands, loaded one by one, behind the error door."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

import typer
from typer.core import TyperCommand

from conflictctl.cli import door
from conflictctl.cli.main import COMMANDS, SECTIONS
from conflictctl.cli.options import Group, command
from conflictctl.cli.session import Session
from conflictctl.errors import ConflictctlError, WrongUsage
from conflictctl.render.language import set_language, tr
from conflictctl.render.terminal import prepare_streams
from conflictctl.wording import N_, Sentence

if TYPE_CHECKING:
    from typer._click.core import Command as AnyCommand
    from typer._click.core import Context
    from typer._click.shell_completion import CompletionItem

    from conflictctl.cli.help import Row


class Root(Group):
    """The program itself.  Commands are imported when they run or explain themselves."""

    def list_commands(self, ctx: Context) -> list[str]:
        """Every name, second names included."""
        return list(COMMANDS)

    def get_command(self, ctx: Context, name: str) -> AnyCommand | None:
        """Import a command, or None if there is none of this name."""
        entry = COMMANDS.get(name)
        return load(name, entry.target, entry.help) if entry is not None else None

    def command_sections(self, ctx: Context) -> list[tuple[str, list[Row]]]:
        """The commands under their headings, from the table alone."""
        return [
            (
                tr(section) + ":",
                [
                    (name, tr(entry.help))
                    for name, entry in COMMANDS.items()
                    if entry.section == section
                ],
            )
            for section in SECTIONS
        ]

    def shell_complete(self, ctx: Context, incomplete: str) -> list[CompletionItem]:
        """Names that begin so, from the table alone."""
        from typer._click.shell_completion import CompletionItem

        if incomplete.startswith("-"):
            return TyperCommand.shell_complete(self, ctx, incomplete)
        return [
            CompletionItem(name, help=tr(entry.help))
            for name, entry in COMMANDS.items()
            if entry.section is not None and name.startswith(incomplete)
        ]

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run one command line and exit with its code."""
        words = list(sys.argv[1:] if args is None else args)
        prog_name = prog_name or "conflictctl"
        session = Session()
        try:
            prepare_streams()
            self._complete_for_shell(session, prog_name, complete_var)
            _choose_language(words, session)
            _prepare_completion(words)
            _refuse_broken_words(words)
            with self.make_context(prog_name, words, obj=session, **extra) as ctx:
                self.invoke(ctx)
            code = 0
        except typer.Exit as stop:
            code = stop.exit_code
        except (Exception, KeyboardInterrupt) as error:
            code = door.code_for(error, session)
        _leave(code, session)

    def _complete_for_shell(
        self, session: Session, prog_name: str, complete_var: str | None
    ) -> None:
        variable = complete_var or f"_{prog_name}_COMPLETE".replace("-", "_").upper()
        if os.environ.get(variable):
            from conflictctl.cli.completion import complete

            with suppress(ConflictctlError):  # a faulty config file is no matter for a TAB
                _choose_language((), session)
            complete(self, session, prog_name, variable)


def _prepare_completion(words: Sequence[str]) -> None:
    if any(word in words for word in ("--install-completion", "--show-completion")):
        from conflictctl.cli.completion import use_our_own

        use_our_own()


def load(name: str, target: str, help: str) -> AnyCommand:
    """Import a command's module and make the command: a function, a group, or a maker of one."""
    module_name, _, attribute = target.partition(":")
    found = getattr(import_module(f"conflictctl.cli.{module_name}"), attribute)
    if isinstance(found, typer.Typer):
        return typer.main.get_command(found)
    made: AnyCommand = (
        found(name) if getattr(found, "makes_command", False) else command(name, found, help)
    )
    return made


def _choose_language(words: Sequence[str], session: Session) -> None:
    """Find the language before anything is parsed: a wrong option, too, is told in it."""
    set_language(None)
    wanted = _lang_on_line(words)
    try:
        set_language(wanted or session.config.get("lang"))
    except ConflictctlError:
        # What is wrong with --lang, its option says; a faulty config file is told here.
        if wanted is None:
            raise


def _lang_on_line(words: Sequence[str]) -> str | None:
    found = None
    for index, word in enumerate(words):
        if word == "--":
            break
        if word.startswith("--lang="):
            found = word.partition("=")[2]
        elif word == "--lang" and index + 1 < len(words):
            found = words[index + 1]
    return found


def _refuse_broken_words(words: Sequence[str]) -> None:
    for word in words:
        try:
            word.encode()
        except UnicodeEncodeError:
            if not os.path.lexists(word):  # a file may have any name
                raise WrongUsage(
                    Sentence("{word} is not valid text in this terminal's encoding", word=word),
                    Sentence(
                        "set LANG to the encoding that the terminal uses, for example zh_CN.UTF-8"
                    ),
                ) from None


def _leave(code: int, session: Session) -> NoReturn:
    """Close and flush; a reader who has gone away, or a full disk, shows only here."""
    try:
        session.close()
        if sys.stdout is not None:
            sys.stdout.flush()
    except Exception as error:
        code = door.code_for(error, session) if code == 0 else code
        _drop_output()
    if code == door.PIPE_CLOSED:
        _drop_output()
    sys.exit(code)


def _drop_output() -> None:
    """Let the interpreter's own last flush go nowhere: its complaint would change the code."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _show_version(value: bool) -> None:
    if value:
        from conflictctl import __version__

        print(f"conflictctl {__version__}")
        raise typer.Exit


app = typer.Typer(
    name="conflictctl",
    cls=Root,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help=N_(
        "Record who met, called and filed which customer, and rule by the written policy "
        "whose deal it is."
    ),
)


@app.callback()
def conflictctl(
    version: bool = typer.Option(
        False,
        "--version",
        callback=_show_version,
        is_eager=True,
        expose_value=False,
        help=N_("Show the version and exit."),
    ),
) -> None:
    """Take the options that stand before the command."""
