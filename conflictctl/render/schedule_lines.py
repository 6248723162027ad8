"""What makes a scheduler run a command every day: lines for cron, systemd and Windows.

Every function takes the command as words (the program first) and the time of day as `HH:MM`,
and quotes the words as that scheduler reads them.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from conflictctl.render.language import tr

NAME = "conflictctl-nightly"
TASK = "conflictctl nightly"
LONGEST_TASK = 261
"""Characters that `schtasks /TR` takes."""


def cron_lines(words: Sequence[str], at: str, zone: str | None) -> list[str]:
    """A line of a crontab.

    cron cuts the command at a bare `%` and takes away the backslash before one, whatever the
    quotes, before the shell sees anything.
    """
    hour, minute = at.split(":")
    command = " ".join(shlex.quote(word) for word in words).replace("%", "\\%")
    return [*_zone_note("#", zone), f"{int(minute)} {int(hour)} * * *  {command}"]


def systemd_lines(words: Sequence[str], at: str, zone: str | None, user: str | None) -> list[str]:
    """A service and its timer; a line `# /etc/...` heads each file.

    A start that was missed while the machine was off is made up for (`Persistent`).
    """
    when = f"*-*-* {at}:00" + (f" {zone}" if zone is not None else "")
    command = [_systemd_word(words[0], program=True), *map(_systemd_word, words[1:])]
    return [
        f"# /etc/systemd/system/{NAME}.service",
        "[Unit]",
        f"Description={tr('Nightly care of the customer register')}",
        "",
        "[Service]",
        "Type=oneshot",
        *([f"User={user}"] if user is not None else []),
        f"ExecStart={' '.join(command)}",
        "",
        f"# /etc/systemd/system/{NAME}.timer",
        "[Unit]",
        f"Description={tr('Nightly care of the customer register')}",
        "",
        "[Timer]",
        f"OnCalendar={when}",
        "Persistent=true",
        "",
        "[Install]",
        "WantedBy=timers.target",
    ]


def schtasks_lines(words: Sequence[str], at: str, zone: str | None) -> list[str]:
    """A batch file that makes the task.

    A file, because only there can a `%` be written (`%%`) whatever variables there are.
    """
    task = " ".join(_windows_word(word) for word in words)
    command = f'schtasks /Create /F /TN "{TASK}" /SC DAILY /ST {at} /TR {_windows_word(task, True)}'
    return [
        "@echo off",
        f"rem {tr('save this as a .cmd file and run it once')}",
        *_zone_note("rem", zone),
        command.replace("%", "%%"),
    ]


def task_length(words: Sequence[str]) -> int:
    """How long the command of a Windows task would be, in characters."""
    return len(" ".join(_windows_word(word) for word in words))


def _zone_note(mark: str, zone: str | None) -> list[str]:
    if zone is None:
        return []
    note = tr("the hour is that of the machine; the days are those of {zone}")
    return [f"{mark} {note.format(zone=zone)}"]


def _systemd_word(word: str, program: bool = False) -> str:
    """One word of ExecStart: `%` starts a specifier and `$` a variable, quoted or not."""
    text = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    if not program:  # the path of the program is not searched for variables
        text = text.replace("$", "$$")
    plain = text and all(char.isalnum() or char in "/._-:=+,@%$" for char in text)
    return text if plain else f'"{text}"'


def _windows_word(word: str, always: bool = False) -> str:
    """One word as Windows programs take a command line apart.

    Backslashes count only before a quotation mark, and are doubled there.
    """
    if word and not always and not any(char in ' \t"&|<>^();,' for char in word):
        return word
    parts: list[str] = []
    slashes = 0
    for char in word:
        if char == "\\":
            slashes += 1
            continue
        if char == '"':
            slashes = slashes * 2 + 1
        parts.append("\\" * slashes + char)
        slashes = 0
    return '"' + "".join(parts) + "\\" * (slashes * 2) + '"'
