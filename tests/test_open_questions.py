"""What nobody has found yet: who could find it, and whether it would turn the ruling."""

from __future__ import annotations

from typing import Any

from conflictctl.adjudication.judge import _possible_answers
from conflictctl.adjudication.ruling import OpenQuestion, Ruling
from conflictctl.policy.model import load_policy, parse_policy
from conflictctl.policy.program import compiled
from tests.in_memory import rule
from tests.test_meiteng_judge import history

MEITENG = load_policy("meiteng-2015")

LEAD_OF_ONE = """
    2  9:00  chen visit
    3  9:00  liu  visit
    4  9:00  liu  visit
    5  10:00 chen card rank=2
    """
"""chen 3, liu 1: first contact, first visit, card against most visits."""
LEVEL = """
    2  9:00  chen call
    3  9:00  liu  visit
    4  9:00  chen visit
    """


def ruled(table: str, **asked: Any) -> Ruling:
    return rule(history(table), policy=MEITENG, **asked)


def open_question(ruling: Ruling, question: str, subject: str) -> OpenQuestion:
    (found,) = [
        one for one in ruling.open_questions if (one.question, one.subject) == (question, subject)
    ]
    return found


def turns(ruling: Ruling, question: str, subject: str) -> dict[Any, tuple[str, list[str]]]:
    found = open_question(ruling, question, subject).turns
    return {turn.value: (turn.status, [c.party for c in turn.credit]) for turn in found}


def test_who_could_supply_what_of_whom() -> None:
    ruling = ruled(LEVEL)
    assert [(q.clause, q.question, q.subject, q.supplier) for q in ruling.open_questions] == [
        ("III.6", "knowledge", "chen", "department_head"),
        ("III.6", "knowledge", "liu", "department_head"),
        ("III.7", "succession", "chen", "department_head"),
        ("III.7", "succession", "liu", "department_head"),
        ("III.9", "padding", "chen", "department_head"),
        ("III.9", "padding", "liu", "department_head"),
    ]


def test_an_answer_that_turns_the_ruling_says_what_it_would_be() -> None:
    ruling = ruled(LEVEL)
    assert ruling.status == "referred"
    assert turns(ruling, "knowledge", "chen") == {True: ("recommended", ["chen"])}
    assert turns(ruling, "padding", "chen") == {True: ("recommended", ["liu"])}


def test_an_answer_that_turns_nothing() -> None:
    ruling = ruled(LEAD_OF_ONE)
    assert turns(ruling, "knowledge", "liu") == {}
    assert turns(ruling, "padding", "chen") == {True: ("referred", [])}


def test_padding_counts_once_where_every_finding_counts() -> None:
    ruling = ruled(LEAD_OF_ONE, row9="per_finding")
    assert turns(ruling, "padding", "chen") == {True: ("referred", [])}


def test_every_number_of_the_range_is_tried() -> None:
    ruling = ruled(LEVEL.replace("liu ", "he  "))
    assert open_question(ruling, "accompaniment", "chen").supplier == "both_heads"
    assert turns(ruling, "accompaniment", "chen") == {
        **{n: ("recommended", ["he"]) for n in (-3, -2, -1)},
        **{n: ("recommended", ["chen"]) for n in (1, 2, 3)},
    }


def test_row_10_is_no_question_within_one_department() -> None:
    assert "accompaniment" not in {q.question for q in ruled(LEVEL).open_questions}


def test_what_is_answered_is_open_no_more() -> None:
    ruling = ruled(LEVEL + "\n 5 9:00 head1 finding question=knowledge subject=chen answer=false")
    assert ("knowledge", "chen") not in {(q.question, q.subject) for q in ruling.open_questions}


def test_nothing_turns_a_signature() -> None:
    ruling = ruled(LEVEL + "\n 9 9:00 liu close")
    assert ruling.decided_by == "I.2"
    assert ruling.open_questions
    assert not any(q.turns for q in ruling.open_questions)


def test_only_where_it_is_explained() -> None:
    assert ruled(LEVEL, explain=False).open_questions == ()


def test_where_nothing_is_taken_for_granted_yes_and_no_are_tried() -> None:
    question = '[findings.knowledge]\nwithout = "{}"'
    assert question.format("no") in MEITENG.text
    text = MEITENG.text.replace(question.format("no"), question.format("unknown"))
    program = compiled(parse_policy(text), {})
    assert list(_possible_answers(program, "knowledge")) == [True, False]
