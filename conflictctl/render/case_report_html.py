"""A report as one page that needs nothing else: styles and plots inside, no scripts."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from conflictctl.calendar import Calendar, Moment
from conflictctl.render.language import language, say, tr
from conflictctl.render.pages import harmless_environment
from conflictctl.render.plots import colours, svg
from conflictctl.render.report_page import Plot, Report, Section
from conflictctl.render.ruling_json import Head
from conflictctl.wording import Sentence, When


def report_html(
    report: Report, *, calendar: Calendar, as_of: Moment, head: Head, register: str
) -> str:
    """The page in the reader's language; empty sections are left out.

    Everything stored is made safe here and escaped by the template; only the plots, whose text
    their maker escapes, go in as they are.
    """
    return (
        harmless_environment()
        .get_template("report.html.j2")
        .render(
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
    )


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
