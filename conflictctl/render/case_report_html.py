"""A report as one page that needs nothing else: styles and plots inside, no scripts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from conflictctl.calendar import Calendar, Moment
from conflictctl.render.language import language, say, tr
from conflictctl.render.plots import colours, svg
from conflictctl.render.report_page import Plot, Report, Section
from conflictctl.render.ruling_json import Head
from conflictctl.render.safe import safe
from conflictctl.wording import Sentence, When

_TEMPLATES = Path(__file__).with_name("templates")


def report_html(
    report: Report, *, calendar: Calendar, as_of: Moment, head: Head, register: str
) -> str:
    """The page in the reader's language; empty sections are left out.

    Everything stored is made safe here and escaped by the template; only the plots, whose text
    their maker escapes, go in as they are.
    """
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
        finalize=_harmless,
    )
    return environment.get_template("report.html.j2").render(
        lang="zh-CN" if language() == "zh" else "en",
        title=report.title,
        about=report.about,
        key_figures=report.key_figures,
        sections=[_section(one) for one in report.sections if one.rows],
        foot=[
            say(
                Sentence(
                    "Register {register}, entries #1 to #{seq}, as of {moment} ({zone}).",
                    register=register,
                    seq=head.seq,
                    moment=When(as_of),
                    zone=calendar.zone,
                ),
                None,
                calendar,
            )
        ],
        head_label=tr("head"),
        head=head.text,
    )


def _harmless(value: Any) -> Any:
    """What a template is about to show: text without anything active."""
    return safe(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _section(section: Section) -> dict[str, Any]:
    return {**section._asdict(), "plots": [_plot(one) for one in section.plots if _shows(one)]}


def _shows(plot: Plot) -> bool:
    """Whether there is anything to draw."""
    return any(value for _, values in plot.series for value in values)


def _plot(plot: Plot) -> dict[str, Any]:
    keys = [
        {"name": name, "colour": colour}
        for (name, _), colour in zip(plot.series, colours(plot), strict=True)
    ]
    return {
        "title": plot.title,
        "legend": keys if len(keys) > 1 else [],
        "svg": Markup(svg(plot)),
    }
