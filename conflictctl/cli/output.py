"""Where a command writes what is no table: a file that is not overwritten unasked, or stdout."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import typer

from conflictctl.errors import WrongUsage
from conflictctl.render.language import say
from conflictctl.render.safe import safe
from conflictctl.wording import N_, Sentence

OUTPUT = typer.Option(
    "--output",
    metavar="FILE",
    help=N_("Where to write JSON, CSV or HTML; `-` or nothing: standard output."),
)
FORCE = typer.Option("--force", help=N_("Overwrite the file if it exists."))


@contextmanager
def opened_output(output: str | None, *, force: bool) -> Iterator[IO[str]]:
    """The file named, readable by its owner alone, or standard output; says what it wrote.

    Raises what `open_private` raises: for a file that exists already, or may not be written.
    """
    if output in (None, "-"):
        yield sys.stdout
        return
    import io

    with opened_for_bytes(output, force=force) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", errors="backslashreplace", newline="\n")
        yield text
        text.flush()
        text.detach()


@contextmanager
def opened_for_bytes(output: str | None, *, force: bool) -> Iterator[IO[bytes]]:
    """The same for what is no text."""
    if output is None or output == "-":
        yield sys.stdout.buffer
        return
    from conflictctl.exchange.exporting import open_private

    with open_private(Path(output), force=force) as file:
        yield file
    print(say(Sentence("wrote {path}", path=output)), file=sys.stderr)


def refuse_terminal(output: str | None) -> None:
    """Raise WrongUsage where bytes would land on a terminal."""
    if output in (None, "-") and sys.stdout.isatty():
        raise WrongUsage(
            Sentence("a PDF is not for a terminal"),
            Sentence("--output FILE names the file to write"),
        )


class HarmlessJson:
    """Whole lines of JSON on their way out, with nothing left in them that acts on a terminal.

    To a program that is given them they mean the same.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def write(self, data: bytes | bytearray) -> int:
        """Write some lines; how many bytes they were."""
        from conflictctl.render.json_text import harmless

        self._stream.write(harmless(bytes(data)))
        return len(data)


class LinesToTerminal:
    """Whole lines of UTF-8 on their way to a terminal, in its encoding and with nothing active."""

    def write(self, data: bytes | bytearray) -> int:
        """Write some lines; how many bytes they were."""
        lines = data.decode().removeprefix("\ufeff").split("\n")
        sys.stdout.write("\n".join(safe(line.removesuffix("\r")) for line in lines))
        return len(data)
