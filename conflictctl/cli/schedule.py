"""Lines for a scheduler, so that the nightly job runs by itself."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from conflictctl.cli.options import Command, new_group, one_of, whole_number
from conflictctl.cli.session import is_url, login_name, session_of
from conflictctl.errors import WrongUsage
from conflictctl.render.language import language
from conflictctl.render.safe import safe
from conflictctl.wording import N_, Sentence

if TYPE_CHECKING:
    from conflictctl.cli.session import Session

app = new_group(N_("Show lines for cron, systemd or Windows that run the nightly job."))

_KINDS = ("cron", "systemd", "schtasks")


def _time(value: str) -> str:
    """A time of day, `2:30` or `02:30`, as `02:30`."""
    match = re.fullmatch(r"([0-9]{1,2}):([0-9]{2})", value.strip())
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        raise WrongUsage(
            Sentence("{option}: {value} is no time of day", option="--at", value=value),
            Sentence("write it as 02:30"),
        )
    return f"{int(match[1]):02d}:{match[2]}"


@app.command(
    "show",
    cls=Command,
    help=N_(
        "Print what makes a scheduler run `conflictctl nightly` every day.\n\n"
        "Nothing is installed.  The lines name this installation, this register and who acts by "
        "absolute paths, because a scheduler has none of your shell's settings.\n\n"
        "  conflictctl schedule show --kind cron --as bai | crontab -\n"
        "  conflictctl schedule show --kind systemd --at 03:15 --notify-routes routes.toml"
    ),
)
def show(
    ctx: typer.Context,
    kind: Annotated[
        str,
        typer.Option(
            "--kind",
            metavar="|".join(_KINDS),
            parser=one_of("--kind", *_KINDS),
            autocompletion=lambda: list(_KINDS),
            help=N_("The scheduler."),
        ),
    ],
    at: Annotated[
        str,
        typer.Option("--at", metavar="HH:MM", parser=_time, help=N_("The time of day.")),
    ] = "02:30",
    backup_dir: Annotated[
        str | None,
        typer.Option("--backup-dir", metavar="DIR", help=N_("As `nightly` takes it.")),
    ] = None,
    keep: Annotated[
        int | None,
        typer.Option(
            "--keep",
            metavar="N",
            parser=whole_number("--keep", 1),
            help=N_("As `nightly` takes it."),
        ),
    ] = None,
    checkpoint_dir: Annotated[
        str | None,
        typer.Option("--checkpoint-dir", metavar="DIR", help=N_("As `nightly` takes it.")),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option("--key", metavar="FILE", help=N_("As `nightly` takes it.")),
    ] = None,
    notify_routes: Annotated[
        str | None,
        typer.Option("--notify-routes", metavar="FILE", help=N_("As `nightly` takes it.")),
    ] = None,
) -> None:
    """Put the command together, print the lines."""
    from conflictctl.register.places import shown
    from conflictctl.render import schedule_lines as views

    session = session_of(ctx)
    # A schedule is read by others: passwords come from the job's own ~/.pgpass.
    target = shown(session.target.value)
    words = [*program(), "nightly", "--db", _place(target)]
    actor, zone = _actor_and_zone(session)
    words += ["--as", actor] if actor is not None else []
    words += ["--lang", language()]
    words += _handed_on("--backup-dir", backup_dir)
    words += ["--keep", str(keep)] if keep is not None else []
    words += _handed_on("--checkpoint-dir", checkpoint_dir)
    words += _handed_on("--key", key)
    words += _handed_on("--notify-routes", notify_routes or session.config.get("notify_routes"))
    for word in words:
        if safe(word) != word:
            raise WrongUsage(
                Sentence("{word} holds a control character, which no scheduler takes", word=word)
            )
    _say_what_is_wanting(actor, kind, words, hidden=target != session.target.value)
    if kind == "cron":
        lines = views.cron_lines(words, at, zone)
    elif kind == "systemd":
        lines = views.systemd_lines(words, at, zone, login_name())
    else:
        lines = views.schtasks_lines(words, at, zone)
    print(*lines, sep="\n")


def program() -> list[str]:
    """The words that start this very installation, from any folder."""
    for name in ("conflictctl", "conflictctl.exe"):
        script = Path(sys.executable).with_name(name)
        if script.is_file():
            return [str(script)]
    found = shutil.which("conflictctl")
    return [str(Path(found).absolute())] if found else [sys.executable, "-m", "conflictctl"]


def _handed_on(option: str, place: str | None) -> list[str]:
    return [] if place is None else [option, _place(place)]


def _place(target: str) -> str:
    return target if is_url(target) else str(Path(target).expanduser().absolute())


def _actor_and_zone(session: Session) -> tuple[str | None, str | None]:
    """Who acts, and the register's time zone; without a register only what was named."""
    if session.missing():
        named = session.named_actor()
        return (named.value if named is not None else None), None
    register = session.open()
    acting = session.acting_as(register.people())
    return (acting.value if acting is not None else None), register.zone


def _say_what_is_wanting(actor: str | None, kind: str, words: list[str], *, hidden: bool) -> None:
    from conflictctl.render.schedule_lines import LONGEST_TASK, task_length
    from conflictctl.render.terminal import warning_line

    if actor is None:
        print(
            warning_line(Sentence("the job records in somebody's name: --as STAFF says who acts")),
            file=sys.stderr,
        )
    if hidden:
        print(
            warning_line(
                Sentence("the password is left out: put it into ~/.pgpass of the job's user")
            ),
            file=sys.stderr,
        )
    if kind == "schtasks" and task_length(words) > LONGEST_TASK:
        print(
            warning_line(
                Sentence(
                    "the command is {length} characters long; schtasks takes {limit}",
                    length=task_length(words),
                    limit=LONGEST_TASK,
                )
            ),
            file=sys.stderr,
        )
