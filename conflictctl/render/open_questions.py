"""The questions of a policy that nobody has answered: who could, and what answers would turn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from conflictctl.adjudication.ruling import Alternative, OpenQuestion
from conflictctl.render.language import list_joined, shown, tr
from conflictctl.render.ruling_table import alternative_text
from conflictctl.render.safe import safe
from conflictctl.render.sheet import Sheet
from conflictctl.wording import Sentence, Term


def print_turning_questions(sheet: Sheet) -> None:
    """Those alone of which an answer would turn the ruling."""
    _print(sheet, [one for one in sheet.ruling.open_questions if one.turns])


def print_open_questions(sheet: Sheet) -> None:
    """All of them, also those that no answer by itself turns."""
    _print(sheet, sheet.ruling.open_questions)


def _print(sheet: Sheet, questions: Iterable[OpenQuestion]) -> None:
    headed = False
    for _, same in groupby(questions, key=lambda one: one.finding):
        about = list(same)
        if not headed:
            sheet.heading(tr("What people could still find"))
            headed = True
        sheet.prose(sheet.say(_asked(about[0])), 2)
        for text in _turns(sheet, about):
            sheet.prose(text, 4)


def _asked(question: OpenQuestion) -> Sentence:
    """`III.6: Can he give a full account of the customer? (to be found by: department head)`"""
    return Sentence(
        "{clause}: {question} (to be found by: {supplier})",
        clause=question.clause or "-",
        question=question.text,
        supplier=Term(question.supplier) if question.supplier is not None else "-",
    )


def _turns(sheet: Sheet, questions: list[OpenQuestion]) -> Iterator[str]:
    """What which answers would give, by whom the question is about."""
    for question in questions:
        for answers, turn in _together(question):
            yield tr("{about}: answered {answer}, it would be {who}, clause {clause}.").format(
                about=_about(sheet, question),
                answer=list_joined([_answer(answer) for answer in answers]),
                who=alternative_text(sheet, turn),
                clause=safe(turn.decided_by or "-"),
            )
    rest = [_about(sheet, question) for question in questions if not question.turns]
    if rest:
        yield tr("{about}: no answer turns the ruling by itself.").format(about=list_joined(rest))


def _about(sheet: Sheet, question: OpenQuestion) -> str:
    return sheet.person(question.subject) if question.subject is not None else "-"


def _answer(value: object) -> str:
    if value is True:
        return tr("yes")
    return tr("no") if value is False else shown(value)


def _together(question: OpenQuestion) -> list[tuple[list[object], Alternative]]:
    """Answers that lead to the same, as one."""
    found: dict[tuple[object, ...], tuple[list[object], Alternative]] = {}
    for turn in question.turns:
        key = (turn.status, turn.credit, turn.holder, turn.decided_by)
        found.setdefault(key, ([], turn))[0].append(turn.value)
    return list(found.values())
