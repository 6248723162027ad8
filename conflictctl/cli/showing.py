"""A report where the user wants it: on the terminal, or as JSON, CSV or a page in a file."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol

import typer

from conflictctl.errors import WrongUsage
from conflictctl.render.language import say
from conflictctl.wording import N_, Sentence

if TYPE_CHECKING:
    from conflictctl.calendar import Calendar, Moment
    from conflictctl.register.store import Head, Register
    from conflictctl.render.report_page import Report

OUTPUT = typer.Option(
    "--output",
    metavar="FILE",
    help=N_("Where to write JSON, CSV or HTML; `-` or nothing: standard output."),
)
FORCE = typer.Option("--force", help=N_("Overwrite the file if it exists."))


class Origin(Protocol):
    """Which register a report is from, how far it reached, and as of when it was asked."""

    @property
    def register(self) -> Register: ...
    @property
    def calendar(self) -> Calendar: ...
    @property
    def as_of(self) -> Moment: ...
    @property
    def head(self) -> Head: ...


def check_output(form: str, output: str | None) -> None:
    """Refuse to write a table into a file, before the work is done."""
    if output not in (None, "-") and form == "table":
        raise WrongUsage(
            Sentence("--output goes with --format json, csv or html"),
            Sentence("a table is for reading here; `--format html` makes a page"),
        )


def show_report(
    report: Report, origin: Origin, form: str, output: str | None, *, force: bool
) -> None:
    """Show a report as a table, JSON, CSV or a page; raises what opening a file raises."""
    from conflictctl.render import report_page

    if form == "table":
        report_page.print_report(report, sys.stdout)
        return
    with opened_output(output, force=force) as out:
        if form == "json":
            from conflictctl.render.json_text import write_json

            write_json({**report.values, **origin_data(origin)}, out, indent=True)
        elif form == "csv":
            report_page.write_figures_csv(report, out)
        else:
            from conflictctl.render.case_report_html import report_html

            out.write(
                report_html(
                    report,
                    calendar=origin.calendar,
                    as_of=origin.as_of,
                    head=origin.head,
                    register=Path(origin.register.target).name,
                )
            )
    say_written(output)


def say_written(output: str | None) -> None:
    """Say on standard error where the output went, if into a file."""
    if output not in (None, "-"):
        print(say(Sentence("wrote {path}", path=str(output))), file=sys.stderr)


def origin_data(origin: Origin) -> dict[str, Any]:
    """What a program needs to ask the same again."""
    return {
        "as_of": origin.calendar.iso(origin.as_of),
        "timezone": origin.calendar.zone,
        "register": {"seq": origin.head.seq, "head": origin.head.text},
    }


@contextmanager
def opened_output(output: str | None, *, force: bool) -> Iterator[IO[str]]:
    """Standard output, or a new file that only its owner reads."""
    if output in (None, "-"):
        yield sys.stdout
        return
    import io

    from conflictctl.exchange.exporting import open_private

    with open_private(Path(str(output)), force=force) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", errors="backslashreplace", newline="\n")
        yield text
        text.flush()
        text.detach()
