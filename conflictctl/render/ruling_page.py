"""A ruling as one page to be printed on A4 and signed; it needs nothing else."""

from __future__ import annotations

from markupsafe import Markup

from conflictctl.adjudication.timeline import Timeline
from conflictctl.render.language import language, tr
from conflictctl.render.pages import harmless_environment
from conflictctl.render.ruling_paper import Paper
from conflictctl.render.timeline_page import legend
from conflictctl.render.timeline_svg import timeline_svg
from conflictctl.render.timeline_words import Named


def ruling_page(paper: Paper, timeline: Timeline, named: Named) -> str:
    """The page in the reader's language."""
    return (
        harmless_environment()
        .get_template("ruling.html.j2")
        .render(
            lang="zh-CN" if language() == "zh" else "en",
            title=paper.title,
            about=paper.about,
            paper=paper,
            words=headings(),
            picture=Markup(timeline_svg(timeline, named)),  # its template has escaped all texts
            key=legend(timeline),
            lane_of=named.lane_of,
        )
    )


def headings() -> dict[str, str]:
    """The headings of the paper."""
    return {
        "parties": tr("Parties"),
        "facts": tr("What the register says"),
        "clauses": tr("Clauses"),
        "turning": tr("What would have turned it"),
        "notes": tr("Notes"),
        "origin": tr("How it can be had again"),
        "receipts": tr("Receipts of the entries it rests on"),
        "signatures": tr("Signatures"),
    }
