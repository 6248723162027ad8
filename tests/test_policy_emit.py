"""Conditions written out as Python functions: how deep, how long, and with whose text."""

from __future__ import annotations

from typing import Any

import pytest

from conflictctl.policy import emit, predicates
from conflictctl.policy.expression import (
    Called,
    Choice,
    Combined,
    Compared,
    Named,
    Node,
    Not,
    Static,
    is_certain,
)
from conflictctl.policy.language import ANY, UNKNOWN, Expr, Scope, compile_expression


class Trace:
    """As much of a case as named values need."""

    def __init__(self, **values: Any) -> None:
        self.values = values
        self.evidence: list[str] = []
        self.refused: list[Any] = []
        self.margin: Any = None
        self._memo: dict[str, Any] = {}

    def worked_out(self, name: str) -> Any:
        return self.values[name], name, None, None


def run(text: str, **values: Any) -> tuple[Any, list[str]]:
    def let(name: str) -> Expr | None:
        return Expr(lambda case: None, ANY) if name in values else None

    trace: Any = Trace(**values)
    scope = Scope({}, let, {}, frozenset(), predicates.WORDS, {})
    return compile_expression(text, scope, ("test",)).run(trace), trace.evidence


def test_a_chain_of_sixty_parts_is_one_chain() -> None:
    names = [f"part{number}" for number in range(60)]
    values = dict.fromkeys(names, True)
    assert run(" and ".join(names), **values) == (True, names)
    assert run(" and ".join(names), **values | {"part59": False}) == (False, ["part59"])
    assert run(" and ".join(names), **values | {"part7": UNKNOWN})[0] is UNKNOWN
    assert run(" or ".join(names), **dict.fromkeys(names, False)) == (False, names)


def test_what_nests_deeper_than_python_allows_is_a_function_of_its_own() -> None:
    node: Node = Named("a")
    for _ in range(150):
        node = Choice(Combined((Named("a"), Not(Named("b"))), False), node, Static(None))
    trace: Any = Trace(a=True, b=False)
    assert emit.function_of(node)(trace) is True


def test_nothing_of_the_policys_text_reaches_the_source() -> None:
    evil = "'); import os  # {0}"
    node = Combined(
        (
            Compared("Eq", Named(evil), Static(evil), "n"),
            Called(predicates.WORDS["field"], (Named(evil), Static(evil)), {}),
        ),
        False,
    )
    for text in (
        emit.Writer({}).value(node),
        emit.Writer({}).tried(node),
        emit.Writer({}).kept(node, evil),
    ):
        assert "import" not in text


def test_a_named_value_is_kept_with_what_it_rests_on() -> None:
    trace: Any = Trace(a=1, b=2)
    trace.margin = "of another"
    kept = emit.kept(Compared("Lt", Named("a"), Named("b"), "d"), "c")
    assert kept(trace) == (True, ("a", "b"), (1, 2, "d"), None)
    assert trace._memo == {"c": (True, ("a", "b"), (1, 2, "d"), None)}
    # It joins the trace where the value is asked for, not where it is worked out.
    assert trace.margin == "of another"
    assert trace.evidence == []
    settled = emit.kept(Static(7), "d")
    assert settled(trace) == trace._memo["d"] == (7, None, None, None)


def test_a_condition_is_tried_with_its_grounds() -> None:
    trace: Any = Trace(a=False, b=True, c=True)
    node = Combined((Named("b"), Named("c"), Named("a")), False)
    assert emit.tried(node)(trace) == (False, "a")
    assert emit.tried(Not(node))(trace) == (True, "a")
    assert emit.tried(Combined((Named("a"), Named("c")), True))(trace) == (True, "c")


@pytest.mark.parametrize("value", [None, UNKNOWN])
def test_what_is_missing_is_no_number(value: Any) -> None:
    assert run("a == 'x'", a=value)[0] is (UNKNOWN if value is UNKNOWN else False)
    assert run("a in ['x']", a=value)[0] is (UNKNOWN if value is UNKNOWN else False)


def test_what_rests_on_something_unknown_is_not_certain() -> None:
    open_question = Called(predicates.WORDS["found"], (Static("a question"),), {})
    for node in (
        open_question,
        Compared("Eq", open_question, Static(True), None),
        Not(Compared("Eq", Static(True), open_question, None)),
        Choice(Static(True), Static(1), open_question),
        Combined((Static(True), Named("a", certain=False)), True),
    ):
        assert not is_certain(node)
    assert is_certain(Compared("Eq", Named("a", certain=True), Static(True), None))
    assert is_certain(Called(predicates.WORDS["known"], (open_question,), {}))
