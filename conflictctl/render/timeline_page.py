"""The timeline as a page that needs nothing else: the picture, and every moment as a list."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from conflictctl.adjudication.timeline import Timeline
from conflictctl.render.language import language, say, tr
from conflictctl.render.pages import harmless_environment
from conflictctl.render.ruling_json import Head
from conflictctl.render.timeline_svg import timeline_svg
from conflictctl.render.timeline_words import Named, rows_of
from conflictctl.wording import Sentence, When


def timeline_page(timeline: Timeline, named: Named, *, head: Head, register: str) -> str:
    """The page in the reader's language."""
    ruling = timeline.ruling
    name = named.names.get(ruling.customer, "")
    return (
        harmless_environment()
        .get_template("timeline.html.j2")
        .render(
            lang="zh-CN" if language() == "zh" else "en",
            title=tr("Timeline of {customer}").format(
                customer=f"{ruling.customer} {name}".rstrip()
            ),
            about=[
                say(Sentence("as of {moment}", moment=When(ruling.as_of)), None, named.calendar),
                say(ruling.reason, named.people, named.calendar),
            ],
            picture=Markup(timeline_svg(timeline, named)),  # its template has escaped all texts
            key=legend(timeline),
            rows=rows_of(timeline, named),
            lane_of=named.lane_of,
            columns=[tr("when"), tr("who"), tr("what"), tr("entry")],
            foot=[
                say(
                    Sentence(
                        "Register {register}, entries #1 to #{seq}, as of {moment} ({zone}).",
                        register=register,
                        seq=head.seq,
                        moment=When(ruling.as_of),
                        zone=named.calendar.zone,
                    ),
                    None,
                    named.calendar,
                )
            ],
            head_label=tr("head"),
            head=head.text,
        )
    )


def key_pictures(timeline: Timeline) -> list[tuple[str, str]]:
    """The same with the shape drawn as SVG instead of its name."""
    parts: Any = harmless_environment().get_template("timeline_parts.html.j2").module
    return [(str(parts.shape(look)), word) for look, word in legend(timeline)]


def legend(timeline: Timeline) -> list[tuple[str, str]]:
    """What the shapes and colours of this picture mean: a look, and a word."""
    kinds = {period.kind for period in timeline.periods}
    entries = {
        "contact": tr("contact"),
        "claim": tr("claim"),
        "mark": tr("another entry"),
        "deal": tr("the deal"),
        "not": tr("does not count"),
        "ring": tr("the ruling rests on it"),
        "holds": tr("holds the customer"),
        "term": tr("time to the next follow-up"),
        "exceeded": tr("time exceeded"),
        "protection": tr("protection"),
        "filing": tr("filing"),
        "window": tr("time to claim"),
    }
    absent = {"holds", "term", "protection", "filing", "window"} - kinds
    if not any(mark.why is not None for mark in timeline.marks):
        absent.add("not")
    if not any(period.exceeded for period in timeline.periods):
        absent.add("exceeded")
    return [(look, word) for look, word in entries.items() if look not in absent]
