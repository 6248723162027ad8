"""Two judges of `meiteng-2015`, written apart, must agree on histories that nobody wrote."""

from __future__ import annotations

import random
from typing import Any

import pytest

from conflictctl.policy.model import load_policy
from tests.in_memory import LONG_AFTER, as_answer, rule
from tests.meiteng_histories import (
    deals_named,
    random_history,
    random_settings,
    with_moves,
)
from tests.meiteng_judge import PARAMETERS, judge

Line = dict[str, Any]

MEITENG = load_policy("meiteng-2015")
KEYS = ("status", "credit", "holder", "decided_by", "referred_to", "by_rule", "totals")

NUMBERS_OF_THE_TEXT = {
    "team_limit",
    "cards_to_compare",
    "accompaniment_least",
    "accompaniment_most",
    "first_contact_points",
    "first_visit_points",
    "most_visits_points",
    "card_points",
    "higher_card_points",
    "knowledge_points",
    "succession_points",
    "telephone_only_points",
    "padding_points",
}
"""Parameters because numbers stand beside their clause; the second judge has them written in."""


def product(
    lines: list[Line], customer: str, deal: str | None, params: dict[str, Any], *, explain: bool
) -> dict[str, Any]:
    """The product's answer in the shape of the second judge's."""
    ruling = rule(
        lines,
        customer,
        as_of=LONG_AFTER,
        policy=MEITENG,
        deal=deal,
        explain=explain,
        **params,
    )
    answer = as_answer(ruling)
    answer["totals"] = {party: score.total for party, score in (ruling.scores or {}).items()}
    return {key: answer[key] for key in KEYS}


def both_agree(
    lines: list[Line], params: dict[str, Any], *, explaining: bool = False
) -> list[dict[str, Any]]:
    """The answers of both judges to all that can be asked; fails where they differ."""
    answers = []
    for customer in ("K1", "K2"):
        for deal in deals_named(lines):
            try:
                second = judge(lines, customer, as_of=LONG_AFTER, params=params, deal=deal)
            except LookupError:  # a deal of the other customer, or voided since
                continue
            for explain in (False, True) if explaining else (False,):
                first = product(lines, customer, deal, params, explain=explain)
                assert first == {key: second[key] for key in KEYS}, (customer, deal, params)
            answers.append(second)
    return answers


def agree_on_seeds(seeds: range) -> list[dict[str, Any]]:
    answers = []
    for seed in seeds:
        rng = random.Random(seed)
        lines = random_history(rng)
        params = random_settings(rng) if seed % 2 else {}
        # Explaining tries every open question, which one history in fifty is asked to do.
        answers += both_agree(lines, params, explaining=seed % 50 == 0)
    return answers


def test_both_judges_agree_on_seeded_histories() -> None:
    answers = agree_on_seeds(range(250))
    assert {answer["status"] for answer in answers} == {
        "credited",
        "recommended",
        "referred",
        "held",
        "unheld",
    }


def test_both_judges_agree_where_people_change_post() -> None:
    for seed in range(120):
        rng = random.Random(seed)
        params = random_settings(rng)
        # Of earlier signers the role at the deal counts, which the second judge reads otherwise.
        params.pop("history", None)
        both_agree(with_moves(random_history(rng), rng), params)


@pytest.mark.slow
def test_both_judges_agree_on_five_thousand_seeded_histories() -> None:
    answers = agree_on_seeds(range(1_000, 6_000))
    clauses = {answer["decided_by"] for answer in answers}
    assert clauses == {"I.1", "I.2", "II.1", "II.2", "III", None}


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name, spec in PARAMETERS.items() for value in spec["values"]],
    ids=str,
)
def test_both_judges_agree_under_every_value_of_every_parameter(name: str, value: Any) -> None:
    for seed in range(10):
        both_agree(random_history(random.Random(f"{name}{value}{seed}")), {name: value})


@pytest.mark.parametrize("seed", [904, 1286, 2821])
def test_both_judges_agree_where_a_finding_that_strikes_was_corrected(seed: int) -> None:
    both_agree(random_history(random.Random(seed)), {})


def test_the_second_judge_knows_every_parameter_that_can_turn_a_ruling() -> None:
    assert set(MEITENG.parameters) - NUMBERS_OF_THE_TEXT == set(PARAMETERS)
    assert set(MEITENG.parameters) >= NUMBERS_OF_THE_TEXT
    for name, spec in PARAMETERS.items():
        parameter = MEITENG.parameters[name]
        assert parameter.default == spec["default"]
        if parameter.type in ("choice", "boolean"):
            values = parameter.values or (True, False)
            assert set(values) == set(spec["values"])
