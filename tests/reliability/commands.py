"""Every command of the program, from its own table, so that a new one is not forgotten."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

from typer._click.core import Context
from typer.testing import CliRunner

from conflictctl.cli.app import app, load
from conflictctl.cli.main import COMMANDS

ALLOWED = frozenset((0, 1, 2, 3, 4, 5, 6, 7, 8))
"""Exit codes of the contract; 70 is an internal error, and no command may end with it."""


class Command(NamedTuple):
    """One command: its words, and its parameters as the command line knows them."""

    path: str
    parameters: tuple[Any, ...]

    @property
    def formats(self) -> tuple[str, ...]:
        """The values of `--format`."""
        for parameter in self.parameters:
            if "--format" in parameter.opts:
                return tuple((parameter.metavar or "").split("|"))
        return ()

    @property
    def records(self) -> bool:
        """Whether it records an event and acknowledges it."""
        return "text" in self.formats and not self.path.startswith("audit")


def every_command() -> Iterator[Command]:
    """Every listed command and subcommand.  Loads them all."""
    for name, entry in COMMANDS.items():
        if entry.section is not None:
            yield from _below((name,), load(name, entry.target, entry.help))


def _below(path: tuple[str, ...], command: Any) -> Iterator[Command]:
    if not hasattr(command, "list_commands"):
        yield Command(" ".join(path), tuple(command.params))
        return
    ctx = Context(command)
    for name in command.list_commands(ctx):
        yield from _below((*path, name), command.get_command(ctx, name))


class Done(NamedTuple):
    """What a command printed, and its exit code."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        """Standard output as text."""
        return self.out.decode("utf-8")


def invoke(words: Sequence[str], stdin: str | bytes | None = None, **env: str | None) -> Done:
    """A command in this process; NO_COLOR, and as wide as anything, unless `env` says else."""
    given = {"NO_COLOR": "1", "COLUMNS": "9999", "LANG": "C.UTF-8", **env}
    result = CliRunner().invoke(app, list(words), input=stdin, env=given)
    return Done(result.exit_code, result.stdout_bytes, result.stderr_bytes.decode("utf-8"))


def fault_of(done: Done, codes: Sequence[int] | frozenset[int] = ALLOWED) -> str | None:
    """What is wrong with how a command ended: its code, a traceback, no word about it."""
    if done.code not in codes:
        return f"exit {done.code}: {done.err.strip()[-300:]}"
    if "Traceback" in done.err or b"Traceback (" in done.out or "internal error" in done.err:
        return done.err.strip()[-300:]
    if done.code > 1 and not (done.err.strip() or done.out.strip()):
        return f"exit {done.code} without a word"
    return None


@contextmanager
def on_a_terminal() -> Iterator[None]:
    """What is printed is drawn as for somebody who looks at it; nobody is asked anything."""
    with patch("conflictctl.render.terminal._is_tty", lambda stream: True):
        yield


@contextmanager
def nobody(folder: Path) -> Iterator[None]:
    """Nothing of the person who measures: no settings, no register, no language."""
    names = [name for name in os.environ if name.startswith(("CONFLICTCTL_", "LC_", "XDG_"))]
    with patch.dict(os.environ, {"HOME": str(folder), "CONFLICTCTL_NO_INPUT": "1"}):
        for name in names:
            del os.environ[name]
        yield


# What a parameter takes that is not being tried, by its name; `K1` and the like are ids of the
# register that is tried.
_USUAL: Mapping[str, str] = {
    "customer": "K1",
    "customers": "K1",
    "staff": "li",
    "outlet": "shop",
    "on": "v1",
    "ref": "v1",
    "voids": "v1",
    "against": "r1",
    "case": "C-2013-0001",
    "direction": "in",
    "level": "A",
    "to": "li",
    "to_outlet": "boshan",
    "shares": "li=100",
    "award": "li=100",
    "instance": "sales_manager",
    "cause": "overdue",
    "question": "misconduct",
    "subject": "li",
    "answer": "true",
    "measure": "warning",
    "decision": "approve",
    "changes": "note=x",
    "set": "note=x",
    "name": "王",
    "relation": "same",
    "role": "consultant",
    "type": "store",
    "handler": "sun",
    "owner": "wang",
    "due": "2030-01-01",
    "party": "customer",
    "reply": "accept",
    "how": "settled",
    "kind": "cron",
    "policy": "renault-zibo-2013",
    "source": "-",
}
_USUAL_OF: Mapping[str, Mapping[str, str]] = {
    "appeal": {"to": "general_manager"},
    "case escalate": {"to": "supervisor"},
    "customer lost": {"reason": "other"},
    "case obstruct": {"how": "delay", "party": "li"},
    "log-decision": {"on": "f1"},
    "confirm": {"on": "v1"},
    **{f"filing {act}": {"on": "f1"} for act in ("approve", "reject", "return", "extend")},
}


def call(command: Command, tried: Any, text: str, called: Mapping[str, str]) -> list[str]:
    """The command with what it needs, and with the text for one of its parameters.

    `called` gives the ids of `_USUAL` as the register has them.
    """
    words = command.path.split()
    options: list[str] = []
    usual = {**_USUAL, **_USUAL_OF.get(command.path, {})}
    for parameter in command.parameters:
        name = parameter.name
        if parameter is tried:
            value = text
        elif parameter.required or (name == "customer" and parameter.param_type_name == "argument"):
            value = usual.get(name, "x")
            value = called.get(value, value)
        else:
            continue
        if parameter.param_type_name == "argument":
            many = parameter.nargs != 1
            words += [value, *([called.get("K2", "K2")] if many else [])]
        else:
            options.append(f"{max(parameter.opts, key=len)}={value}")
    return [*words, *options]


def takes_text(parameter: Any) -> bool:
    """Whether somebody types a text for it."""
    return not getattr(parameter, "is_flag", False) and parameter.name not in ("help", "lang", "db")
