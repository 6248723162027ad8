"""The same question asked of many by several processes: the same answers, in the same order."""

from __future__ import annotations

import os
import pickle
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from conflictctl.calendar import parse_time
from conflictctl.cli import verdict_all, workers
from conflictctl.cli.dues import dues
from conflictctl.cli.question import Question
from conflictctl.cli.workers import in_order, over_register
from conflictctl.errors import InputRejected
from conflictctl.policy.model import load_policy
from conflictctl.register.store import Register, open_register
from conflictctl.wording import Sentence, Who

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks on Linux only")


def slow_first(number: int) -> int:
    time.sleep(0.05 if number % 5 == 0 else 0)
    return number * number


@pytest.mark.parametrize("number", [1, 2, 4])
def test_answers_come_in_the_order_of_the_questions(number: int) -> None:
    answers = in_order(slow_first, iter(range(40)), workers=number)
    assert list(answers) == [n * n for n in range(40)]


def test_few_questions_are_answered_in_this_process() -> None:
    assert set(in_order(lambda _: os.getpid(), range(workers.FEW), workers=4)) == {os.getpid()}
    assert os.getpid() not in set(in_order(lambda _: os.getpid(), range(20), workers=2))


def test_questions_are_drawn_only_a_few_ahead_of_the_reader() -> None:
    drawn = []

    def questions():  # type: ignore[no-untyped-def]
        for number in range(1000):
            drawn.append(number)
            yield number

    answers = in_order(slow_first, questions(), workers=2)
    assert next(answers) == 0
    assert len(drawn) < 20
    answers.close()  # type: ignore[attr-defined]


def refuse(number: int) -> int:
    raise InputRejected(Sentence("no {staff}", staff=Who("li")), Sentence("try another"))


def test_an_error_in_another_process_arrives_whole() -> None:
    with pytest.raises(InputRejected) as caught:
        list(in_order(refuse, range(20), workers=2))
    assert caught.value.message == Sentence("no {staff}", staff=Who("li"))
    assert caught.value.hint == Sentence("try another")
    assert pickle.loads(pickle.dumps(caught.value)).exit_code == 3


@pytest.fixture
def question(month: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Question]:
    """About the month of the sample, which is few customers and shared out all the same."""
    monkeypatch.setattr(workers, "FEW", 0)
    with open_register(str(month)) as register:
        yield Question(
            register,
            register.people(),
            register.calendar,
            load_policy("renault-zibo-2013"),
            {},
            parse_time("2025-04-03T20:00:00+08:00")[0],
            None,
            register.head(),
        )


def test_everybody_is_ruled_alike_by_one_process_and_by_two(question: Question) -> None:
    for explain in (False, True):
        alone, shared = (
            [
                line
                for page in verdict_all.json_lines(question, explain=explain, workers=number)
                for line in page
            ]
            for number in (1, 2)
        )
        assert shared == alone
        assert len(alone) > 70


def test_the_same_is_due_by_one_process_and_by_two(question: Question) -> None:
    alone, shared = (list(dues(question, 30, workers=number)) for number in (1, 2))
    assert shared == alone
    assert {due.type for due in alone} >= {"followup", "case"}


def test_each_process_is_handed_the_register_as_it_opened_it(question: Question) -> None:
    def place(register: Register, seq: int) -> tuple[int, str, bool]:
        found = register.event(seq)
        assert found is not None
        return os.getpid(), found.kind, id(register.connection) != here

    here = id(question.register.connection)
    places = range(1, 21)
    answers = list(over_register(question.register, place, places, workers=2))
    kinds = [question.register.event(seq).kind for seq in places]  # type: ignore[union-attr]
    assert sorted(kind for _, kind, _ in answers) == sorted(kinds)
    assert os.getpid() not in {process for process, _, _ in answers}
    assert all(own for _, _, own in answers)
    alone = over_register(question.register, place, places, workers=1)
    assert {process for process, _, _ in alone} == {os.getpid()}
