"""What a shell offers at TAB: names from the table of commands, ids from the register in use.

Nothing is ever printed but proposals: a line that is being typed is no place for complaints.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typer import _completion_shared
from typer._click.core import Parameter
from typer._click.shell_completion import (
    CompletionItem,
    ShellComplete,
    _resolve_context,
    _resolve_incomplete,
    add_completion_class,
    split_arg_string,
)

from conflictctl.cli.session import Session, is_url
from conflictctl.render.safe import safe

if TYPE_CHECKING:
    from typer._click.core import Context

FILES = ":files:"
"""Tells the shell to offer files."""

_KINDS = {
    "CUSTOMER": ("customer",),
    "STAFF": ("staff",),
    "OUTLET": ("outlet",),
    "PARTY": ("staff", "outlet"),
    "CASE": ("case_opened",),
}
_PARTS = re.compile(r"[|=:\[\]]")


class _Complete(ShellComplete):
    """Reads the line as the shell has it, and proposes; the shells differ in what they print."""

    source_template = ""

    def source_vars(self) -> dict[str, Any]:
        """Nothing: Typer fills the scripts in."""
        return {}

    def source(self) -> str:
        """The script that the shell is to read."""
        return _completion_shared.get_completion_script(
            prog_name=self.prog_name, complete_var=self.complete_var, shell=self.name
        )

    def get_completion_args(self) -> tuple[list[str], str]:
        """The finished words of the line, and the unfinished one."""
        line = os.environ.get("_TYPER_COMPLETE_ARGS")
        if line is None:  # a script that Typer installed
            line = os.environ.get("COMP_WORDS", "")
            words = split_arg_string(line)
            place = int(os.environ.get("COMP_CWORD", "0"))
            return words[1:place], "".join(words[place : place + 1])
        words = split_arg_string(line)[1:]
        if words and not line[-1:].isspace():
            return words[:-1], words[-1]
        return words, ""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
        """The proposals: ids where the command takes one, else what the command line offers."""
        ctx = _resolve_context(self.cli, self.ctx_args, self.prog_name, args)
        wanted, typed = _resolve_incomplete(ctx, args, incomplete)
        if isinstance(wanted, Parameter):
            metavar = (wanted.metavar or "").rstrip(".")
            if {"FILE", "PATH", "DIR", "PATH|URL", "[FILE]"} & {metavar}:
                return [CompletionItem(FILES)]
            found = list(_ids(ctx, metavar, typed))
            if found:
                return found
        items = wanted.shell_complete(ctx, typed)
        return [item for item in items if str(item.value).startswith(typed)]

    def complete(self) -> str:
        """Everything proposed, a line each."""
        args, incomplete = self.get_completion_args()
        items = self.get_completions(args, incomplete)
        return "\n".join(self.lines(items, incomplete))

    def lines(self, items: list[CompletionItem], incomplete: str) -> list[str]:
        """The lines that the shell's script reads."""
        return [self.format_completion(item) for item in items]

    def format_completion(self, item: CompletionItem) -> str:
        """A value and, after a tab, what it is."""
        help = " ".join(safe(item.help or "").split())
        return f"{item.value}\t{help}" if help else str(item.value)


def _ids(ctx: Context, metavar: str, typed: str) -> Iterator[CompletionItem]:
    """Ids of the register, and words, that a parameter takes, by its metavar."""
    parts = _PARTS.split(metavar)
    if metavar in ("ID|FILE", "POLICY", "PRESET"):
        yield from _policies(ctx, typed)
        return
    if metavar == "KIND":
        from conflictctl.events import KINDS

        yield from (CompletionItem(kind) for kind in KINDS if kind.startswith(typed))
        return
    session = ctx.find_object(Session)
    target = session.target.value if session is not None else ""
    if not target or is_url(target.removeprefix("sqlite:///")):
        return
    from conflictctl.register.candidates import candidates

    for part in parts:
        for kind in _KINDS.get(part, ()):
            for candidate in candidates(target, kind, typed):
                yield CompletionItem(candidate.id, help=candidate.name)
    if metavar == "DEAL" or (metavar == "ID" and "deal" in ctx.params):
        customer = str(ctx.params.get("customer") or "")
        for candidate in candidates(target, "deal", customer):
            if candidate.id.startswith(typed):
                yield CompletionItem(candidate.id)
    if any(part in _KINDS for part in parts):
        for part in parts:
            if part.islower() and part.startswith(typed):
                yield CompletionItem(part)


def _policies(ctx: Context, typed: str) -> Iterator[CompletionItem]:
    if "case" in ctx.command_path.split():
        from conflictctl.cases.policy import preset_ids as known
    else:
        from conflictctl.policy.model import preset_ids as known  # type: ignore[assignment]
    for name in known():
        if name.startswith(typed):
            yield CompletionItem(name)


class Bash(_Complete):
    """bash: splits words at `=` and `:`, and inserts a value as it comes, so it comes quoted."""

    name = "bash"

    def lines(self, items: list[CompletionItem], incomplete: str) -> list[str]:
        """The values, quoted, without what bash holds for a word of its own."""
        mark = _open_quote(os.environ.get("_TYPER_COMPLETE_ARGS", ""))
        option = incomplete.startswith("--") and "=" in incomplete
        broken = 0 if mark or option else incomplete.rfind(":") + 1
        values = (str(item.value)[broken:] for item in items)
        return [value if value == FILES else _QUOTED[mark](value) for value in values]


def _open_quote(line: str) -> str:
    """The quotation mark that is still open at the end of a line, if one is."""
    mark = ""
    characters = iter(line)
    for char in characters:
        if char == "\\" and mark != "'":
            next(characters, "")
        elif char == mark:
            mark = ""
        elif not mark and char in "'\"":
            mark = char
    return mark


_QUOTED: dict[str, Callable[[str], str]] = {
    "": lambda text: re.sub(r"([^\w.,@%+/:=-])", r"\\\1", text),
    "'": lambda text: text.replace("'", "'\\''"),
    '"': lambda text: re.sub(r'(["$`\\!])', r"\\\1", text),
}
"""A value inside no quotation marks, or inside those that are open."""


class Zsh(_Complete):
    """zsh: takes values as they are and quotes them."""

    name = "zsh"


class Fish(_Complete):
    """fish: holds `--option=value` for one word."""

    name = "fish"

    def lines(self, items: list[CompletionItem], incomplete: str) -> list[str]:
        """The lines, with the option before its value where both are one word."""
        option, joined, _ = incomplete.partition("=")
        before = f"{option}=" if joined and option.startswith("--") else ""
        return [before + self.format_completion(item) for item in items]

    def complete(self) -> str:
        """The lines; a script that Typer installed asks before whether there are any."""
        found = super().complete()
        if os.environ.get("_TYPER_COMPLETE_FISH_ACTION") == "is-args":
            sys.exit(0 if found else 1)
        return found


SCRIPTS = {
    "bash": r"""
%(complete_func)s() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
        "") ;;
        :files:) compopt -o default ;;
        *) COMPREPLY+=("$line") ;;
        esac
    done < <(_TYPER_COMPLETE_ARGS="${COMP_LINE:0:COMP_POINT}" \
        %(autocomplete_var)s=complete_bash "$1" 2>/dev/null)
}

complete -F %(complete_func)s %(prog_name)s
""",
    "zsh": r"""
#compdef %(prog_name)s

%(complete_func)s() {
    local line
    local -a values shown
    for line in "${(@f)$(_TYPER_COMPLETE_ARGS="${(j: :)words[1,CURRENT]}" \
        %(autocomplete_var)s=complete_zsh ${words[1]} 2>/dev/null)}"; do
        [[ -n $line ]] || continue
        if [[ $line == :files: ]]; then
            _files
            return
        fi
        values+=("${line%%%%$'\t'*}")
        shown+=("${line/$'\t'/  -- }")
    done
    (( $#values )) || return 1
    [[ $PREFIX == --*=* ]] && compset -P '*='
    compadd -l -d shown -a values
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    %(complete_func)s "$@"
else
    compdef %(complete_func)s %(prog_name)s
fi
""",
    "fish": r"""
function %(complete_func)s
    set -l line (commandline -cp | string collect)
    set -l lines (env _TYPER_COMPLETE_ARGS="$line" _TYPER_COMPLETE_FISH_ACTION=get-args \
        %(autocomplete_var)s=complete_fish %(prog_name)s 2>/dev/null)
    if test "$lines[1]" = ":files:"
        __fish_complete_path (commandline -ct)
        return
    end
    string match --regex '.+' -- $lines
end

complete --command %(prog_name)s --no-files --arguments "(%(complete_func)s)"
""",
}
"""What a shell runs at TAB: it evaluates nothing that the program prints."""


def use_our_own() -> None:
    """Let Typer install, show and run these in the place of its own."""
    for shell in (Bash, Zsh, Fish):
        add_completion_class(shell, shell.name)
    _completion_shared._completion_scripts.update(SCRIPTS)


def complete(cli: Any, session: Session, prog_name: str, variable: str) -> None:
    """Answer a shell, if one asks, and exit; whatever goes wrong, there are no proposals."""
    try:
        use_our_own()
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
        cli._main_shell_completion({"obj": session}, prog_name, variable)
    except Exception:
        sys.exit(1)
