"""Where output goes: what the stream can carry, how wide it is, and plain tables.

Rich is loaded only for a table on a real terminal.  In a pipe a table is aligned text of
whatever width its values need: nothing is cut, nothing is coloured.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import IO, TYPE_CHECKING, NamedTuple

from conflictctl.render.language import say, tr
from conflictctl.render.layout import cells, pad, pad_left
from conflictctl.render.safe import safe
from conflictctl.wording import Sentence

if TYPE_CHECKING:
    from rich.console import Console

    from conflictctl.calendar import Calendar
    from conflictctl.errors import ConflictctlError
    from conflictctl.people import People

DEFAULT_WIDTH = 80
MOST_ROWS_DRAWN = 2000
"""Longer tables are streamed as plain lines: nobody reads them, and memory stays bounded."""
ROWS_MEASURED = 500
_GAP = "  "


class Column(NamedTuple):
    """A column of a list: its translated heading, and whether it holds numbers."""

    title: str
    right: bool = False


def prepare_streams() -> None:
    """Let no character a terminal cannot carry end a command: it is shown as an escape."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def is_terminal(stream: IO[str] | None = None) -> bool:
    """Whether somebody looks at the stream, and its terminal can do more than print."""
    stream = stream or sys.stdout
    return _is_tty(stream) and os.environ.get("TERM") != "dumb"


def _is_tty(stream: IO[str]) -> bool:
    try:
        return stream.isatty()
    except (AttributeError, ValueError):  # closed, or a stand-in for a stream
        return False


def carries_symbols(stream: IO[str] | None = None) -> bool:
    """Whether lines and ticks can be drawn.

    Only where the encoding is Unicode: GBK knows box-drawing characters too, but its
    terminals draw them two cells wide.
    """
    encoding = getattr(stream or sys.stdout, "encoding", None) or "utf-8"
    return encoding.lower().replace("-", "").replace("_", "").startswith("utf")


def width(stream: IO[str] | None = None) -> int:
    """The width to lay text out for: COLUMNS, else the terminal's, else 80."""
    given = os.environ.get("COLUMNS", "")
    if given.isascii() and given.isdigit() and int(given) > 0:
        return int(given)
    stream = stream or sys.stdout
    if _is_tty(stream):
        try:
            return os.get_terminal_size(stream.fileno()).columns or DEFAULT_WIDTH
        except (OSError, ValueError):
            pass
    return DEFAULT_WIDTH


def console(stream: IO[str] | None = None) -> Console:
    """A Rich console that interprets nothing in the text and obeys NO_COLOR and TERM.

    Without colour no escape code at all is written: bold and underline too would be one.
    A reader who leaves early raises BrokenPipeError.
    """
    from rich.console import Console

    class PipeAwareConsole(Console):
        def on_broken_pipe(self) -> None:
            # Rich would exit with 1, which means findings here; the error door knows better.
            raise BrokenPipeError

    stream = stream or sys.stdout
    styled = is_terminal(stream) and not os.environ.get("NO_COLOR")
    return PipeAwareConsole(
        file=stream,
        width=width(stream),
        color_system="standard" if styled else None,
        force_terminal=is_terminal(stream),
        no_color=not styled,
        markup=False,
        emoji=False,
        highlight=False,
        safe_box=True,
        legacy_windows=None if styled else False,
    )


def print_table(
    columns: Sequence[Column],
    rows: Iterable[Sequence[str]],
    *,
    stream: IO[str] | None = None,
) -> int:
    """Print rows of stored or shown text under headings; return how many there were.

    Cells are made safe here.  On a terminal the table fits it (long values are folded,
    never cut); in a pipe, and for very long lists, lines are as long as they must be.
    """
    stream = stream or sys.stdout
    made_safe = (tuple(safe(cell) for cell in row) for row in rows)
    if not is_terminal(stream):
        return _print_plain(columns, made_safe, stream)
    first = list(islice(made_safe, MOST_ROWS_DRAWN + 1))
    if len(first) > MOST_ROWS_DRAWN:
        return _print_plain(columns, chain(first, made_safe), stream)
    _print_drawn(columns, first, stream)
    return len(first)


def _print_plain(
    columns: Sequence[Column],
    rows: Iterator[Sequence[str]] | Iterable[Sequence[str]],
    stream: IO[str],
) -> int:
    rows = iter(rows)
    measured = list(islice(rows, ROWS_MEASURED))
    titles = tuple(column.title for column in columns)
    widths = [
        max(cells(row[place]) for row in chain([titles], measured)) for place in range(len(columns))
    ]
    stream.write(_line(titles, widths, columns) + "\n")
    count = 0
    for row in chain(measured, rows):
        stream.write(_line(row, widths, columns) + "\n")
        count += 1
    return count


def _line(row: Sequence[str], widths: Sequence[int], columns: Sequence[Column]) -> str:
    parts = [
        pad_left(cell, size) if column.right else pad(cell, size)
        for cell, size, column in zip(row, widths, columns, strict=True)
    ]
    return _GAP.join(parts).rstrip()


def _print_drawn(columns: Sequence[Column], rows: Sequence[Sequence[str]], stream: IO[str]) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    target = console(stream)
    table = Table(
        box=box.SIMPLE_HEAD if carries_symbols(stream) else box.ASCII2,
        header_style="bold",
        pad_edge=False,
    )
    for column in columns:
        table.add_column(
            Text(column.title),
            justify="right" if column.right else "left",
            overflow="fold",
            no_wrap=column.right,
        )
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    target.print(table)


def error_lines(
    error: ConflictctlError, people: People | None = None, calendar: Calendar | None = None
) -> list[str]:
    """One line saying what is wrong and, if there is a hint, one saying what to do."""
    lines = [tr("error: {message}").format(message=say(error.message, people, calendar))]
    if error.hint is not None:
        lines.append(tr("hint: {message}").format(message=say(error.hint, people, calendar)))
    return lines


def warning_line(
    warning: Sentence, people: People | None = None, calendar: Calendar | None = None
) -> str:
    """A warning as one line for standard error."""
    return tr("warning: {message}").format(message=say(warning, people, calendar))


def key_lines(pairs: Mapping[str, str]) -> list[str]:
    """`name  value` lines with the values aligned, for what is shown of one thing."""
    size = max((cells(name) for name in pairs), default=0)
    return [f"{pad(name, size)}{_GAP}{safe(value)}".rstrip() for name, value in pairs.items()]
