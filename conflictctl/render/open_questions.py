"""The questions of a policy that nobody has answered: who could, and what answers would turn."""

from __future__ import annotations

from collections.abc import Iterator

from conflictctl.adjudication.ruling import Alternative, OpenQuestion
from conflictctl.render.language import list_joined, shown, term, tr
from conflictctl.render.ruling_table import alternative_text
from conflictctl.render.safe import safe
from conflictctl.render.sheet import Sheet
from conflictctl.wording import Sentence, Term, Who


def print_turning_questions(sheet: Sheet) -> None:
    """Those alone of which an answer would turn the ruling."""
    _print(sheet, [one for one in sheet.ruling.open_questions if one.turns])


def print_open_questions(sheet: Sheet) -> None:
    """All of them; those that no answer by itself turns are only named."""
    turning = [one for one in sheet.ruling.open_questions if one.turns]
    rest = [one for one in sheet.ruling.open_questions if not one.turns]
    _print(sheet, [*turning, *rest])


def _print(sheet: Sheet, questions: list[OpenQuestion]) -> None:
    if not questions:
        return
    sheet.heading(tr("What people could still find"))
    for question in questions:
        sheet.prose(sheet.say(_asked(question)), 2)
        for text in _turns(sheet, question):
            sheet.prose(text, 4)


def _asked(question: OpenQuestion) -> Sentence:
    """`III.6, Chen: Can he give a full account of the customer? To be found by: department head.`"""
    return Sentence(
        "{clause}, {about}: {question} (to be found by: {supplier})",
        clause=question.clause or "-",
        about=Who(question.subject) if question.subject is not None else "-",
        question=question.text,
        supplier=Term(question.supplier) if question.supplier is not None else "-",
    )


def _turns(sheet: Sheet, question: OpenQuestion) -> Iterator[str]:
    if not question.turns:
        yield tr("No answer turns the ruling by itself.")
    for answers, turn in _together(question):
        yield tr("Answered {answer}, the result would be: {who}, clause {clause}.").format(
            answer=list_joined([_answer(answer) for answer in answers]),
            who=_outcome(sheet, turn),
            clause=safe(turn.decided_by or "-"),
        )


def _answer(value: object) -> str:
    if value is True:
        return tr("yes")
    return tr("no") if value is False else shown(value)


def _outcome(sheet: Sheet, turn: Alternative) -> str:
    who = alternative_text(sheet, turn)
    return f"{term(turn.status)}: {who}" if turn.status == "recommended" else who


def _together(question: OpenQuestion) -> list[tuple[list[object], Alternative]]:
    """Answers that lead to the same, as one."""
    found: dict[tuple[object, ...], tuple[list[object], Alternative]] = {}
    for turn in question.turns:
        key = (turn.status, turn.credit, turn.holder, turn.decided_by)
        found.setdefault(key, ([], turn))[0].append(turn.value)
    return list(found.values())
