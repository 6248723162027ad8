"""Two judges of one policy, written apart, must agree on histories that nobody wrote."""

from __future__ import annotations

import random
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from conflictctl.policy.problems import FaultyPolicy
from tests import both_judges
from tests.histories import histories, parameter_settings, random_history, random_settings
from tests.in_memory import LONG_AFTER, RENAULT, as_answer, rule
from tests.second_judge import PARAMETERS

Line = dict[str, Any]


def customers_of(lines: list[Line]) -> list[str]:
    return list(dict.fromkeys(line["customer"] for line in lines if line["kind"] == "customer"))


@settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
@given(histories(), parameter_settings())
def test_both_judges_agree_on_any_history_under_any_reading(
    lines: list[Line], params: dict[str, Any]
) -> None:
    for customer in customers_of(lines):
        for deal in (None, "open"):
            both_judges.judge(lines, customer, as_of=LONG_AFTER, params=params, deal=deal)


@pytest.mark.slow
def test_both_judges_agree_on_five_thousand_seeded_histories() -> None:
    clauses = set()
    for seed in range(5_000):
        rng = random.Random(seed)
        lines, params = random_history(rng), random_settings(rng)
        for customer in customers_of(lines):
            # Explaining tries every contested reading, which one history in ten is asked to do.
            answer = both_judges.judge(
                lines, customer, as_of=LONG_AFTER, params=params, explaining=seed % 10 == 0
            )
            clauses.add(answer["decided_by"])
    # K3 only accompanies a ruling; 6.6 decides under one reading, which few settings draw.
    assert clauses >= set(RENAULT.clauses) - {"K3", "6.6"}


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name, spec in PARAMETERS.items() for value in spec["values"]],
    ids=str,
)
def test_both_judges_agree_under_every_value_of_every_parameter(name: str, value: Any) -> None:
    for seed in range(40):
        lines = random_history(random.Random(f"{name}{value}{seed}"))
        for customer in customers_of(lines):
            both_judges.judge(lines, customer, as_of=LONG_AFTER, params={name: value})


def test_the_second_judge_knows_every_parameter_that_can_turn_a_ruling() -> None:
    # The others only warn, propose a sanction, or fill a list.
    quiet = {"filing_warn_days", "fine_amount", "default_level", "short_max_followups"}
    assert set(RENAULT.parameters) - quiet == set(PARAMETERS) - quiet


def test_the_order_of_input_makes_no_difference() -> None:
    """What counts is each entry's place in the register, not the order it is handed over in."""
    from conflictctl.adjudication.judge import rule_on
    from conflictctl.calendar import moment_of
    from conflictctl.people import People
    from tests.in_memory import SHANGHAI, dossier_of, events_of, staff_events

    for seed in range(150):
        rng = random.Random(seed)
        events = events_of(random_history(rng))
        dossier = dossier_of(events, "K1")
        people = People(staff_events(events))

        def ruled(order: list[Any], people: People = people) -> Any:
            return rule_on(
                order,
                "K1",
                policy=RENAULT,
                people=people,
                calendar=SHANGHAI,
                as_of=moment_of(LONG_AFTER),
            )

        shuffled = dossier[:]
        rng.shuffle(shuffled)
        assert ruled(shuffled) == ruled(dossier)


def answers(lines: list[Line], policy: Any, params: dict[str, Any]) -> list[Any]:
    found = []
    for customer in customers_of(lines):
        for deal in (None, "open"):
            ruling = rule(
                lines, customer, as_of=LONG_AFTER, deal=deal, policy=policy, explain=False, **params
            )
            supports = [f.clause for f in ruling.findings if f.outcome == "supports"]
            found.append((as_answer(ruling), supports, ruling.warnings, ruling.sanctions))
    return found


SETTINGS: list[dict[str, Any]] = [
    {},
    {"named_effect": "credit"},
    {"household_rule": "first_file"},
    {"silent_close": "absolute"},
    {"after_lapse": "next_in_line"},
    {"level_vs_week": "level_only"},
    {"settlement": "only_if_rules_undecided"},
]


def refused_by_the_customer() -> list[Line]:
    """Ordered with Wang; the customer insists on Zhang; Li delivers; nobody reassigns."""
    lines = random_history(random.Random(0))
    known = [line for line in lines if line["kind"] in ("outlet", "staff", "customer")]
    acts = [
        ("2013-03-01T10:00:00+08:00", "visit", "wang", {"direction": "in", "level": "H"}),
        ("2013-03-05T10:00:00+08:00", "order", "wang", {}),
        ("2013-03-08T10:00:00+08:00", "demand", "sun", {"to": "zhang"}),
        ("2013-03-20T11:00:00+08:00", "close", "li", {}),
    ]
    return known + [
        {"kind": kind, "at": at, "recorded_at": at, "by": by, "customer": "K1", **fields}
        for at, kind, by, fields in acts
    ]


def cases() -> list[tuple[list[Line], dict[str, Any]]]:
    return [(refused_by_the_customer(), {})] + [
        (lines, setting)
        for lines in (random_history(random.Random(seed)) for seed in range(400))
        for setting in SETTINGS
    ]


@pytest.mark.slow
def test_deleting_any_rule_from_the_file_changes_a_ruling() -> None:
    corpus = cases()
    today = cache(lambda case: answers(corpus[case][0], RENAULT, corpus[case][1]))
    without_effect = []
    for index, removed in enumerate(RENAULT.rules):
        policy = RENAULT._replace(
            rules=RENAULT.rules[:index] + RENAULT.rules[index + 1 :],
            digest=f"{RENAULT.digest} without rule {index}",
        )
        try:
            noticed = any(
                answers(lines, policy, params) != today(case)
                for case, (lines, params) in enumerate(corpus)
            )
        except FaultyPolicy:  # another rule starts again at this one
            noticed = True
        if not noticed:
            without_effect.append((index, removed.clause, removed.when))
    assert without_effect == []
