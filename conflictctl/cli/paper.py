"""A ruling as a paper: what it needs beside the ruling itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conflictctl.adjudication.ruling import Ruling
    from conflictctl.adjudication.timeline import Timeline
    from conflictctl.cli.question import Question
    from conflictctl.events import Event
    from conflictctl.render.ruling_paper import Paper
    from conflictctl.render.timeline_words import Named


def page_of(question: Question, customer: str, ruling: Ruling, events: list[Event]) -> str:
    """The paper as a page in the reader's language."""
    from conflictctl.render.ruling_page import ruling_page

    return ruling_page(*_gathered(question, customer, ruling, events))


def pdf_of(question: Question, customer: str, ruling: Ruling, events: list[Event]) -> bytes:
    """The paper as a PDF in the reader's language; raises what `ruling_pdf` raises."""
    from conflictctl.render.ruling_pdf import ruling_pdf

    return ruling_pdf(*_gathered(question, customer, ruling, events))


def _gathered(
    question: Question, customer: str, ruling: Ruling, events: list[Event]
) -> tuple[Paper, Timeline, Named]:
    from conflictctl.adjudication.timeline import about_the_deal
    from conflictctl.cli.timeline import named_for, timeline_for
    from conflictctl.render.ruling_paper import paper_of

    timeline = about_the_deal(timeline_for(question, customer, ruling, events))
    named = named_for(question, timeline, events)
    paper = paper_of(
        timeline,
        named,
        policy=question.policy,
        policy_title=question.policy.title,
        head=question.head,
        register=Path(question.register.target).name,
        receipts=_receipts(question, ruling, events),
    )
    return paper, timeline, named


def _receipts(question: Question, ruling: Ruling, events: list[Event]) -> dict[str, str]:
    """The receipts of the recorded entries that the deciding clause rests on, by reference."""
    from conflictctl.adjudication.ruling import decisive
    from conflictctl.register.chain import receipt_text

    found = decisive(ruling)
    resting = found.evidence if found is not None else ()
    last = question.head.seq
    return {
        event.ref: receipt_text(question.register.stored(event.seq)[1])
        for event in events
        if event.ref in resting and event.seq <= last
    }
